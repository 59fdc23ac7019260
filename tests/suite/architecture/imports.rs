//! Paths that leave a module, found in its tokens: `crate::…`, `super::…`, and use trees below them.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::Source;
use super::{OUT_OF_REACH, TABLE};

/// A path as written, resolved from the crate's root, and where it stands.
struct Found {
    path: Vec<String>,
    line: usize,
}

/// Paths into modules that the table does not allow to this source.
pub fn forbidden(source: &Source) -> Vec<String> {
    let Some(own) = owner(&source.module) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    scan(source.tokens.clone(), &source.module, &mut found);
    let allowed = TABLE.iter().find(|(name, _)| *name == own).map_or(&[][..], |(_, allowed)| *allowed);
    let crosses = |path: &[String]| match owner(path) {
        Some(other) => other != own && !allowed.contains(&other),
        // The root itself, or a module that is not in the table.
        None => true,
    };
    // The command is a crate of its own; its `crate` is not the library.
    let outside = own == "cli";
    found
        .into_iter()
        .filter(|found| !outside && crosses(&found.path))
        .map(|found| format!("{}:{}: {own} imports {}", source.name, found.line, found.path.join("::")))
        .collect()
}

/// Uses of what no library source may use.
pub fn out_of_reach(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    standard(source.tokens.clone(), &mut found);
    let bad = |found: &Found| found.path.first().is_some_and(|first| OUT_OF_REACH.contains(&first.as_str()));
    let message = |found: Found| format!("{}:{}: std::{}", source.name, found.line, found.path.join("::"));
    found.into_iter().filter(bad).map(message).collect()
}

/// The module of the table that a path is in: the one with most parts.
fn owner(path: &[String]) -> Option<&'static str> {
    let is_in = |name: &str| {
        let parts: Vec<&str> = name.split("::").collect();
        parts.len() <= path.len() && parts.iter().zip(path).all(|(part, of_path)| part == of_path)
    };
    let names = TABLE.iter().map(|(name, _)| *name).filter(|name| is_in(name));
    names.max_by_key(|name| name.len())
}

/// Collects `crate::…` and `super::…` paths of tokens that stand in `module`.
fn scan(tokens: TokenStream, module: &[String], found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let here = match &tokens[at] {
            TokenTree::Ident(word) if word == "crate" => Some((Vec::new(), at + 1)),
            TokenTree::Ident(word) if word == "super" => Some(above(&tokens, at, module)),
            TokenTree::Group(group) => {
                scan(group.stream(), &inner_module(&tokens, at, module), found);
                None
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        };
        at += 1;
        if let Some((base, after)) = here {
            at = after.max(at);
            // `pub(crate)` and `pub(super)` name no path.
            if is_colons(&tokens, after) {
                members(&tokens, after + 2, &base, found);
            } else if matches!(tokens.get(after), Some(TokenTree::Ident(word)) if word == "as") {
                let line = tokens[after].span().start().line;
                found.push(Found { path: base, line });
            }
        }
    }
}

/// Where `super::super…` from `at` on leads, and the position after it.
fn above(tokens: &[TokenTree], mut at: usize, module: &[String]) -> (Vec<String>, usize) {
    let mut base = module.to_vec();
    base.pop();
    while is_colons(tokens, at + 1)
        && matches!(tokens.get(at + 3), Some(TokenTree::Ident(word)) if word == "super")
    {
        base.pop();
        at += 3;
    }
    (base, at + 1)
}

/// The module inside the braces at `at`: `mod name { … }` opens one.
fn inner_module(tokens: &[TokenTree], at: usize, module: &[String]) -> Vec<String> {
    let mut inner = module.to_vec();
    if let Some([TokenTree::Ident(word), TokenTree::Ident(name)]) =
        at.checked_sub(2).map(|from| &tokens[from..at])
        && word == "mod"
    {
        inner.push(name.to_string());
    }
    inner
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// The paths that a path or use tree stands for below `base`: two parts are enough for the table.
fn members(tokens: &[TokenTree], at: usize, base: &[String], found: &mut Vec<Found>) {
    let mut path = base.to_vec();
    match tokens.get(at) {
        Some(TokenTree::Ident(name)) => {
            let line = name.span().start().line;
            path.push(name.to_string());
            match tokens.get(at + 3) {
                // Two parts of the table may be one below the other.
                Some(TokenTree::Ident(_) | TokenTree::Group(_))
                    if path.len() < 2 && is_colons(tokens, at + 1) =>
                {
                    members(tokens, at + 3, &path, found);
                }
                _ => found.push(Found { path, line }),
            }
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let tree: Vec<TokenTree> = group.stream().into_iter().collect();
            let is_comma =
                |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
            for branch in tree.split(is_comma).filter(|branch| !branch.is_empty()) {
                members(branch, 0, base, found);
            }
        }
        // A star, or anything else: the base as a whole.
        Some(token) => found.push(Found { path, line: token.span().start().line }),
        None => {}
    }
}

/// Collects what follows `std::`.
fn standard(tokens: TokenStream, found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "std" && is_colons(&tokens, at + 1) => {
                members(&tokens, at + 3, &[], found);
            }
            TokenTree::Group(group) => standard(group.stream(), found),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(module: &[&str], text: &str) -> Vec<String> {
        let found = forbidden(&Source::new("x.rs", module, text));
        found.iter().map(|message| message.rsplit_once(' ').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn a_path_across_a_border_is_found_however_it_is_written() {
        let wrong = [
            ("use crate::ledger::Ledger;", "ledger::Ledger"),
            ("use crate::{money::Money, ledger::Ledger};", "ledger::Ledger"),
            ("use crate::{\n    record::{Quote, Usage},\n    ledger,\n};", "ledger"),
            ("fn f() -> crate::choose::Choice { todo() }", "choose::Choice"),
            ("fn f() { g::<crate::refund::Policy>(); }", "refund::Policy"),
            ("use super::super::audit::Finding;", "audit::Finding"),
            ("mod tests { use super::super::super::audit; }", "audit"),
            ("macro_rules! m { () => { $crate::choose::best() } }", "choose::best"),
            ("use crate::somewhere::Else;", "somewhere::Else"),
        ];
        for (text, path) in wrong {
            assert_eq!(imports(&["evaluate", "state"], text), [path], "{text}");
        }
        // The root as a whole would be a way round the table.
        for text in ["use crate::*;", "use crate as dealproof;"] {
            assert_eq!(forbidden(&Source::new("x.rs", &["evaluate"], text)).len(), 1, "{text}");
        }
    }

    #[test]
    fn what_the_table_allows_and_what_is_no_path_is_not_found() {
        let fine = "
            //! Not [`Ledger`](crate::ledger::Ledger) in a comment, nor in text.
            use crate::{bounds::RUNS_MAX, compile::{Plan, program::Op}, money, record::*};
            use super::{force::Force, scratch::Scratch};
            pub(crate) fn f() -> &'static str { \"crate::ledger::Ledger\" }
            pub(super) struct Inner;
            mod tests { use super::super::near::reach; use super::*; }
        ";
        assert_eq!(imports(&["evaluate", "state"], fine), Vec::<String>::new());
    }

    #[test]
    fn the_oracle_sees_the_nouns_alone() {
        assert_eq!(
            imports(&["testkit", "oracle", "state"], "use crate::evaluate::Scratch;"),
            ["evaluate::Scratch"]
        );
        assert_eq!(imports(&["testkit", "oracle"], "use super::Scenario;"), ["testkit::Scenario"]);
        assert_eq!(imports(&["testkit", "oracle"], "use crate::rules::Rule;"), Vec::<String>::new());
        assert_eq!(
            imports(&["testkit", "generate"], "use super::oracle::{self, Event};"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_checker_of_proofs_sees_nothing_of_search_and_prover() {
        let checker = &["audit", "check", "tree"];
        let wrong = [
            ("use crate::audit::farm::comes_to_an_end;", "audit::farm"),
            ("use super::super::later::Later;", "audit::later"),
            ("fn f() { super::super::relax::relax() }", "audit::relax"),
            ("use crate::audit::witness::Witness;", "audit::witness"),
            ("use crate::audit::{certificate::Tree, levels::target};", "audit::levels"),
            ("use crate::audit::*;", "audit"),
            ("use crate::choose::Choice;", "choose::Choice"),
        ];
        for (text, path) in wrong {
            assert_eq!(imports(checker, text), [path], "{text}");
        }
        let fine = "
            use super::{shelf::Shelf, CheckError};
            use crate::audit::{certificate::{Form, Tree}, order::Order};
            use crate::{compile::Plan, evaluate::Scratch, ledger::Ledger, rules::Rule};
        ";
        assert_eq!(imports(checker, fine), Vec::<String>::new());
        // Nor does the data it reads.
        assert_eq!(imports(&["audit", "certificate"], "use super::search::Search;"), ["audit::search"]);
    }

    #[test]
    fn a_clock_and_a_file_are_found() {
        let text = "use std::{fmt, time::Instant}; fn f() { std::fs::read(\"x\"); std::mem::take(x); }";
        let found = out_of_reach(&Source::new("x.rs", &["money"], text));
        assert_eq!(found, ["x.rs:1: std::time::Instant", "x.rs:1: std::fs::read"]);
    }
}
