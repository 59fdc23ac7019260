//! A choice of coupons for people and for machines.

use std::collections::BTreeMap;

use dealproof::choose::{Choice, Chosen, Coupon, Explained, Lost, Proof, Refused, Why};
use dealproof::money::{Currency, Money};
use dealproof::rules::{Rule, RuleId, RuleSet};
use dealproof::shop::Unusable;
use serde_json::{Map, Value, json};

use crate::reasons::reason_in_words;
use crate::text::{Columns, Lean, count, shown};

/// What was chosen, the runner-up, and why each other coupon lost.
pub fn choice_in_words(rule_set: &RuleSet, explained: &Explained) -> String {
    let choice = &explained.choice;
    let currency = choice.quote.currency;
    let money = |amount: Money| amount.display(currency).to_string();
    let mut out = format!("payable {}\n", money(choice.quote.totals.payable));
    out.push_str(&format!(
        "{}, {} looked at\n",
        proof_in_words(choice, currency),
        count(choice.nodes, "node")
    ));
    out.push_str(&format!("\nchosen: {}\n", names(&choice.chosen)));
    let mut table = Columns::bare(&[Lean::Left, Lean::Right]);
    for chosen in &choice.chosen {
        let granted = choice.quote.rules.iter().find(|total| Some(&total.rule) == chosen.rule.as_ref());
        let granted = granted.map_or_else(String::new, |total| format!("-{}", money(total.granted)));
        table.row([format!("  {}", titled(&chosen.coupon, chosen.rule.as_ref())), granted]);
    }
    table.print(&mut out);
    if !choice.context.set_aside.is_empty() {
        let aside: Vec<String> = choice.context.set_aside.iter().map(|rule| shown(rule)).collect();
        out.push_str(&format!("set aside for them: {}\n", aside.join(", ")));
    }
    if let Some(second) = &explained.runner_up {
        out.push_str(&format!("runner-up: {}, payable {}\n", names(&second.coupons), money(second.payable)));
    }
    if !explained.lost.is_empty() {
        out.push_str("\nnot chosen\n");
        let rules: BTreeMap<&str, &Rule> =
            rule_set.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
        let mut table = Columns::bare(&[Lean::Left, Lean::Left, Lean::Left]);
        for lost in &explained.lost {
            let rule = lost.rule.as_ref().and_then(|rule| rules.get(rule.as_str())).copied();
            let alone = format!("saves {} alone", money(lost.saves_alone));
            let coupon = format!("  {}", titled(&lost.coupon, lost.rule.as_ref()));
            table.row([coupon, alone, lost_in_words(lost, rule, currency)]);
        }
        table.print(&mut out);
    }
    out
}

/// The same for machines.
pub fn choice_as_json(rule_set: &RuleSet, explained: &Explained) -> Result<Value, String> {
    let choice = &explained.choice;
    let currency = choice.quote.currency;
    let money = |amount: Money| amount.display(currency).to_string();
    let proof = match choice.proof {
        Proof::Optimal => json!("optimal"),
        Proof::Bounded { gap } => json!({ "bounded": { "gap": money(gap) } }),
        // The library may learn proofs that this command does not know yet.
        _ => Value::Null,
    };
    let coupons = |chosen: &[Chosen]| -> Vec<Map<String, Value>> {
        chosen.iter().map(|chosen| coupon_as_json(&chosen.coupon, chosen.rule.as_ref())).collect()
    };
    let lost = explained.lost.iter().map(|lost| {
        let rule = rule_set.rules.iter().find(|rule| Some(&rule.id) == lost.rule.as_ref());
        let mut fields = coupon_as_json(&lost.coupon, lost.rule.as_ref());
        fields.insert("saves_alone".to_owned(), json!(money(lost.saves_alone)));
        fields.insert("why".to_owned(), json!(why_as_word(&lost.why)));
        fields.insert("beaten_by".to_owned(), json!(coupons(&lost.beaten_by)));
        fields.insert("message".to_owned(), json!(lost_in_words(lost, rule, currency)));
        Value::Object(fields)
    });
    let runner_up = explained
        .runner_up
        .as_ref()
        .map(|second| json!({ "coupons": coupons(&second.coupons), "payable": money(second.payable) }));
    Ok(json!({
        "payable": money(choice.quote.totals.payable),
        "chosen": coupons(&choice.chosen),
        "proof": proof,
        "nodes": choice.nodes,
        "runner_up": runner_up,
        "lost": lost.collect::<Vec<Value>>(),
        "context": serde_json::to_value(&choice.context).map_err(|problem| problem.to_string())?,
        "quote": serde_json::to_value(&choice.quote).map_err(|problem| problem.to_string())?,
    }))
}

/// A coupon with its rule.
fn titled(coupon: &Coupon, rule: Option<&RuleId>) -> String {
    match rule {
        Some(rule) if matches!(coupon, Coupon::Payment(_)) => format!("wallet ({})", shown(rule.as_str())),
        Some(rule) => format!("{} ({})", name(coupon), shown(rule.as_str())),
        None => name(coupon),
    }
}

/// Why a coupon cannot be used with the rest, in words.
pub fn refused_in_words(refused: &Refused, rule_set: &RuleSet, currency: Currency) -> String {
    let rule = rule_set.rules.iter().find(|rule| Some(&rule.id) == refused.rule.as_ref());
    format!(
        "{}: {}",
        titled(&refused.coupon, refused.rule.as_ref()),
        why_in_words(&refused.why, rule, currency)
    )
}

fn name(coupon: &Coupon) -> String {
    match coupon {
        Coupon::Code(code) => shown(code.as_str()),
        Coupon::Wallet(id) => shown(id.as_str()),
        Coupon::Payment(rule) => shown(rule.as_str()),
        // The library may learn coupons that this command does not know yet.
        _ => "a coupon this version cannot name".to_owned(),
    }
}

fn names(coupons: &[Chosen]) -> String {
    if coupons.is_empty() {
        return "none".to_owned();
    }
    coupons.iter().map(|chosen| name(&chosen.coupon)).collect::<Vec<_>>().join(" + ")
}

fn coupon_as_json(coupon: &Coupon, rule: Option<&RuleId>) -> Map<String, Value> {
    let mut fields = Map::new();
    match coupon {
        Coupon::Code(code) => fields.insert("code".to_owned(), json!(code.as_str())),
        Coupon::Wallet(id) => fields.insert("coupon".to_owned(), json!(id.as_str())),
        Coupon::Payment(rule) => fields.insert("payment".to_owned(), json!(rule.as_str())),
        // The library may learn coupons that this command does not know yet.
        _ => None,
    };
    if let Some(rule) = rule {
        fields.insert("rule".to_owned(), json!(rule.as_str()));
    }
    fields
}

fn proof_in_words(choice: &Choice, currency: Currency) -> String {
    match choice.proof {
        Proof::Optimal => "no set of coupons costs less".to_owned(),
        Proof::Bounded { gap } => {
            format!("the search was cut off: another set may cost up to {} less", gap.display(currency))
        }
        // The library may learn proofs that this command does not know yet.
        _ => "the proof is of a kind this version cannot name".to_owned(),
    }
}

const fn why_as_word(why: &Why) -> &'static str {
    match why {
        Why::Unknown => "unknown",
        Why::Repeated => "repeated",
        Why::Unusable(_) => "unusable",
        Why::Excluded { .. } => "excluded",
        Why::GivesNothing(_) => "gives_nothing",
        Why::SavesNothing { .. } => "saves_nothing",
        Why::CannotBePriced(_) => "cannot_be_priced",
        Why::NoRoom { .. } => "no_room",
        // The library may learn reasons that this command does not know yet.
        _ => "other",
    }
}

/// Why a coupon lost, and to which of those chosen.
fn lost_in_words(lost: &Lost, rule: Option<&Rule>, currency: Currency) -> String {
    let why = why_in_words(&lost.why, rule, currency);
    match (&lost.why, &lost.beaten_by[..]) {
        // These name what stands in the way themselves.
        (Why::Excluded { .. }, _) | (_, []) => why,
        (_, by) => {
            format!("{why}; it would save something without {}", names(by).replace(" + ", " or without "))
        }
    }
}

fn why_in_words(why: &Why, rule: Option<&Rule>, currency: Currency) -> String {
    match why {
        Why::Unknown => "no rule has this code".to_owned(),
        Why::Unusable(Unusable::Foreign) => "it is another customer's".to_owned(),
        Why::Unusable(Unusable::NotYet { from }) => format!("it may be used from {from}"),
        Why::Unusable(Unusable::Expired { until }) => format!("it expired at {until}"),
        Why::Unusable(Unusable::UsedUp) => "all its uses are used".to_owned(),
        Why::Repeated => "it was given before, or another one of its rule is used".to_owned(),
        Why::Excluded { by } => {
            let by: Vec<String> = by.iter().map(|rule| shown(rule.as_str())).collect();
            format!("it does not go together with {}, which saves more here", by.join(", "))
        }
        Why::GivesNothing(reason) => match rule {
            Some(rule) => format!("beside the others: {}", reason_in_words(reason, rule, currency)),
            None => "no rule that asks for it gives anything".to_owned(),
        },
        Why::SavesNothing { payable } => format!("with it the cart costs {}", payable.display(currency)),
        Why::CannotBePriced(problem) => format!("with it the cart cannot be priced: {problem}"),
        Why::NoRoom { payable } => {
            format!("with it the cart would cost {}, but no more may be used", payable.display(currency))
        }
        // The library may learn reasons that this command does not know yet.
        _ => "it has a reason this version cannot name".to_owned(),
    }
}
