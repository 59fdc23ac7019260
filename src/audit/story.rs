//! The report in words.

use std::fmt;

use super::moves::Then;
use super::report::{AuditReport, Finding, Played, Verdict};
use super::witness::Order;
use crate::money::{Currency, Money};

pub(super) fn write(report: &AuditReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (number, finding) in (1..).zip(&report.findings) {
        write_finding(number, finding, f)?;
    }
    if report.findings.is_empty() {
        f.write_str("No broken promise found.\n\n")?;
    }
    for (title, wanted) in [("Proved", true), ("Unknown", false)] {
        let mut lines = Vec::new();
        for answer in &report.answers {
            let line = match &answer.verdict {
                Verdict::Proved { certificate } if wanted => certificate.to_string(),
                Verdict::Unknown { unproved, .. } if !wanted => unproved.clone(),
                Verdict::Found { .. } | Verdict::Proved { .. } | Verdict::Unknown { .. } => continue,
            };
            lines.push(format!("  {:<18} {}: {line}\n", answer.promise.name(), answer.promise.says()));
        }
        if !lines.is_empty() {
            write!(f, "{title}\n{}", lines.concat())?;
        }
    }
    if !report.extremes.is_empty() {
        f.write_str("At most\n")?;
    }
    for extreme in &report.extremes {
        writeln!(f, "  {extreme}")?;
        if let Some(peak) = &extreme.found {
            let orders = peak.witness.orders.iter().map(|order| goods(order, report.currency));
            writeln!(f, "    reached by {}", orders.collect::<Vec<_>>().join(", then "))?;
        }
    }
    let reach = &report.reach;
    writeln!(
        f,
        "Looked at {} products in {} classes, buying {} of them, as {} shoppers, in {} orders.",
        reach.products, reach.classes, reach.bought, reach.shoppers, reach.orders
    )?;
    reach.left_out().into_iter().try_for_each(|sentence| writeln!(f, "{sentence}"))
}

fn write_finding(number: u32, finding: &Finding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let show = |money: Money| money.display(finding.currency);
    let by = if finding.loss == Money::ZERO { String::new() } else { format!(" by {}", show(finding.loss)) };
    let (severity, promise, says) = (finding.severity, finding.promise.name(), finding.promise.says());
    writeln!(f, "{number}. {severity} {promise}: broken{by} ({says})")?;
    write_played(&finding.worst, finding.currency, f)?;
    let smallest = &finding.smallest;
    if smallest.witness != finding.worst.witness {
        writeln!(f, "   the smallest such order loses {}:", show(smallest.loss))?;
        write_played(smallest, finding.currency, f)?;
    }
    if !finding.minimal {
        writeln!(f, "   (it may have parts to spare: the work for making it small ended)")?;
    }
    let rules: Vec<&str> = finding.rules.iter().map(|rule| rule.as_str()).collect();
    writeln!(f, "   rules: {}", rules.join(", "))?;
    if let Some(tier) = finding.tier {
        writeln!(f, "   tier {tier} gives no more than without it")?;
    }
    if let Some(why) = &finding.why {
        writeln!(f, "   because {why}")?;
    }
    match finding.times {
        Some(times) => writeln!(f, "   can be had in {times} orders")?,
        None => writeln!(f, "   can be had in any number of orders")?,
    }
    match (&finding.repair, &finding.unrepaired) {
        (Some(change), _) => {
            writeln!(f, "   repair: {change} (audited again: mended, and no other promise newly broken)\n")
        }
        (None, Some(reason)) => writeln!(f, "   repair: {reason}\n"),
        (None, None) => writeln!(f, "   repair: not looked for\n"),
    }
}

fn write_played(played: &Played, currency: Currency, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for order in &played.witness.orders {
        writeln!(f, "   buys {}", goods(order, currency))?;
    }
    let then = match &played.witness.then {
        None => None,
        Some(Then::EarningsUsed { .. }) => Some("using in each order what those before earned".to_owned()),
        Some(Then::GroupLeft { members, stay, window_days, .. }) => Some(format!(
            "as a group of {members}, of which {stay} stay: the others return the goods within {window_days} days"
        )),
        Some(Then::Returned { pieces }) => {
            let pieces: Vec<String> = pieces.iter().map(|(sku, count)| format!("{count} {sku}")).collect();
            Some(format!("and returns {}", pieces.join(", ")))
        }
        Some(Then::Pooled {}) => {
            Some("as one order of customers who would each have placed their own".to_owned())
        }
        Some(Then::PriceFell {}) => Some("and asks for the difference when the price falls".to_owned()),
        Some(Then::PriceFellAndReturned {}) => {
            Some("asks for the difference when the price falls, and returns the goods".to_owned())
        }
    };
    if let Some(then) = then {
        writeln!(f, "   {then}")?;
    }
    write!(f, "   pays {}", played.paid.display(currency))?;
    if played.witness.instead_of.is_empty() {
        return writeln!(f, " for goods of {}", played.instead_of.display(currency));
    }
    let instead: Vec<String> = played.witness.instead_of.iter().map(|order| goods(order, currency)).collect();
    writeln!(f, " instead of {} for {}", played.instead_of.display(currency), instead.join(" and "))
}

/// The goods of an order, when, and the codes entered.
fn goods(order: &Order, currency: Currency) -> String {
    let lines = order.cart.lines().iter();
    let lines: Vec<String> = lines
        .map(|line| format!("{} {} at {}", line.quantity, line.sku, line.list_price.display(currency)))
        .collect();
    let mut text = lines.join(", ");
    let codes: Vec<&str> = order.context.codes.iter().map(|code| code.as_str()).collect();
    if !codes.is_empty() {
        text.push_str(&format!(" with {}", codes.join(", ")));
    }
    text.push_str(&format!(" at {}", order.context.now));
    text
}
