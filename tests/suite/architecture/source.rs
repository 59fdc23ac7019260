//! A source file as tokens, with the module it is.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One file.
pub struct Source {
    /// Where it stands, for messages.
    pub name: String,
    /// The module it is, from the crate's root: `["evaluate", "state"]`; empty for `lib.rs` and for tests.
    pub module: Vec<String>,
    pub tokens: TokenStream,
}

impl Source {
    /// A file's text as a module.
    pub fn new(name: &str, module: &[&str], text: &str) -> Self {
        let tokens = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), module: module.iter().map(|part| (*part).to_owned()).collect(), tokens }
    }

    /// All files below a folder, by name.
    pub fn all_in(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        collect(folder, &mut files);
        files.sort();
        let read = |path: &String| {
            let text = std::fs::read_to_string(path).unwrap();
            let inside = path.strip_prefix(folder.to_str().unwrap()).unwrap();
            let module: Vec<&str> = inside
                .trim_end_matches(".rs")
                .split('/')
                .filter(|part| !matches!(*part, "" | "lib" | "mod" | "main"))
                .collect();
            Self::new(path, &module, &text)
        };
        files.iter().map(read).collect()
    }

    /// The names of its tests, those in `proptest!` too.
    pub fn tests(&self) -> Vec<String> {
        let mut tests = Vec::new();
        collect_tests(self.tokens.clone(), &mut tests);
        tests
    }
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path.to_str().unwrap().to_owned());
        }
    }
}

/// Functions with `#[test]` somewhere before them, after the function before.
fn collect_tests(tokens: TokenStream, tests: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut marked = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let inside = group.stream().to_string();
                marked |= group.delimiter() == Delimiter::Bracket && inside == "test";
                collect_tests(group.stream(), tests);
            }
            TokenTree::Ident(word) if word == "fn" => {
                if let (true, Some(TokenTree::Ident(name))) = (marked, tokens.get(at + 1)) {
                    tests.push(name.to_string());
                }
                marked = false;
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[test]
fn tests_are_found_in_modules_and_in_proptest_and_other_functions_are_not() {
    let text = r#"
        fn helper() {}
        #[test] #[should_panic] fn one() { let text = "fn not_this() {}"; }
        mod inner { #[cfg(test)] fn not_that() {} proptest! { #[test] fn m1_two(x in any::<u8>()) {} } }
    "#;
    assert_eq!(Source::new("x.rs", &[], text).tests(), ["one", "m1_two"]);
}
