//! `refund`: a receipt and what goes back, to a note for people or machines.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dealproof::bounds::Limits;
use dealproof::compile::{Plan, compile};
use dealproof::load;
use dealproof::money::Money;
use dealproof::record::{
    CouponBack, GiftStatus, QuoteGift, Receipt, RefundBasis, RefundNote, RefundOf, ResourceKind, Reward, Way,
};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::RefundPolicy;
use dealproof::shop::Moment;

use crate::args::{Color, RefundOptions};
use crate::commands::{Ending, Output, Status, Stop, json, open, open_rules, stop};
use crate::diagnostics::Problem;
use crate::receipt::section;
use crate::text::{Columns, Lean, count, shown};

/// Refunds a part of a receipt.
pub fn refund(path: &Path, options: &RefundOptions, color: Color) -> Result<Ending, Stop> {
    let document = open(path, &Limits::default(), color)?;
    let receipt = load::receipt(&document.bytes, &Limits::default());
    let receipt = receipt.map_err(|error| Problem::refused(&error, &document).render(color))?;
    let plan = plan_of(&receipt, options, color)?;
    let returned = wanted(&receipt, options).map_err(|problem| stop(problem, color))?;
    let note = plan.refund(&mut Refunder::default(), &receipt, &returned);
    let note = note.map_err(|problem| stop(problem, color))?;
    let out = match Output::of(options.json) {
        Output::Machines => json(&note)?,
        Output::People => in_words(&receipt, &note),
    };
    if let Some(path) = &options.out {
        let receipt = receipt.with(note).map_err(|problem| stop(problem, color))?;
        write(path, &receipt, color)?;
    }
    Ok(Ending::new(out, Status::Fine))
}

/// Writes a receipt.
pub fn write(path: &Path, receipt: &Receipt, color: Color) -> Result<(), Stop> {
    let text = json(receipt)?;
    fs::write(path, text)
        .map_err(|problem| stop(format!("cannot write {}: {problem}", path.display()), color))
}

/// The rules are the receipt's own, or a file; the library compares them with what the receipt pins.
fn plan_of(receipt: &Receipt, options: &RefundOptions, color: Color) -> Result<Plan, Stop> {
    match (&options.rules, &receipt.rules) {
        (Some(path), _) => open_rules(path, color).map(|(_, plan)| plan),
        (None, Some(rules)) => compile(rules).map_err(|problem| stop(problem, color)),
        (None, None) => {
            let help = "name the file it was priced by with --rules";
            Err(Problem::new("the receipt holds no rules").help(help).render(color))
        }
    }
}

fn wanted(receipt: &Receipt, options: &RefundOptions) -> Result<Return, String> {
    let at = match &options.at {
        Some(text) => text.parse::<Moment>().map_err(|error| error.to_string())?,
        None => receipt.delivered.unwrap_or(receipt.quote.priced_at),
    };
    let id = options.id.clone().unwrap_or_else(|| format!("refund-{}", receipt.refunds.len() + 1));
    let mut returned =
        if options.everything { Return::everything(id, at, receipt) } else { Return::new(id, at) };
    let ways = [
        (&options.returned, Way::Returned),
        (&options.cancelled, Way::Cancelled),
        (&options.undelivered, Way::Undelivered),
    ];
    for (list, way) in ways {
        for text in list {
            returned = add(returned, receipt, text, way)?;
        }
    }
    for text in &options.spent {
        let parts = text.rsplit_once('=').map(|(rule, pieces)| (rule, pieces.parse::<u64>()));
        let Some((rule, Ok(pieces))) = parts else {
            return Err(format!("{} is not a rule with a number of pieces, such as welcome=1", shown(text)));
        };
        returned = returned.spent(rule, pieces);
    }
    if let Some(points) = options.points_held {
        returned = returned.points_held(points);
    }
    if let Some(cost) = &options.freight {
        let amount: dealproof::money::Amount = cost.parse().map_err(|error| format!("{error}"))?;
        returned = returned.freight(amount.to_money(receipt.currency()).map_err(|error| error.to_string())?);
    }
    Ok(returned)
}

/// `SKU=QTY`, or `LINE=QTY`: the units of a product are taken off its lines in their order, and what is no line is a gift.
fn add(mut returned: Return, receipt: &Receipt, text: &str, way: Way) -> Result<Return, String> {
    let parts = text.rsplit_once('=').map(|(name, units)| (name, units.parse::<u32>()));
    let Some((name, Ok(units))) = parts else {
        return Err(format!("{} is not a product with a quantity, such as TEA=2", shown(text)));
    };
    let lines = &receipt.quote.lines;
    let of_sku: Vec<_> = lines.iter().filter(|line| line.sku.as_str() == name).collect();
    let Some(last) = of_sku.last() else {
        let is_gift = receipt.quote.gifts.iter().any(|gift| gift.sku.as_str() == name);
        let is_line = lines.iter().any(|line| line.line.as_str() == name);
        return Ok(if is_gift && !is_line {
            returned.gift(name, units)
        } else {
            returned.way(name, way, units)
        });
    };
    let is_gift = |gift: &QuoteGift| gift.sku.as_str() == name && gift.status != GiftStatus::Offered;
    let has_gift = receipt.quote.gifts.iter().any(is_gift);
    let mut rest = units;
    for line in &of_sku {
        let named = returned.units.iter().filter(|(of, _, _)| *of == line.line).map(|(_, _, units)| units);
        let gone = receipt.gone(&line.line).saturating_add(named.sum());
        let units = rest.min(line.quantity.saturating_sub(gone));
        rest -= units;
        // What is left over may be gifts of the same product; else it is for the library to refuse.
        let units = if line.line == last.line && !has_gift { units + rest } else { units };
        if units > 0 {
            returned = returned.way(line.line.as_str(), way, units);
        }
    }
    Ok(if has_gift && rest > 0 { returned.gift(name, rest) } else { returned })
}

fn in_words(receipt: &Receipt, note: &RefundNote) -> String {
    let page = Page { receipt, note };
    let mut out = format!("Refund {} ({}, {})\n", shown(note.id.as_str()), note.currency, note.at);
    page.gone(&mut out);
    page.money(&mut out);
    page.bearers(&mut out);
    page.wallet(&mut out);
    page.rewards(&mut out);
    page.ledger(&mut out);
    page.calculation(&mut out);
    out
}

struct Page<'a> {
    receipt: &'a Receipt,
    note: &'a RefundNote,
}

impl Page<'_> {
    fn amount(&self, amount: Money) -> String {
        amount.display(self.note.currency).to_string()
    }

    fn gone(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right, Lean::Left, Lean::Left]);
        for gone in &self.note.units {
            let line = self.receipt.quote.lines.iter().find(|line| line.line == gone.line);
            let way = match gone.way {
                Way::Returned => "returned",
                Way::Cancelled => "cancelled",
                Way::Undelivered => "not delivered",
            };
            let sku = line.map_or("?", |line| line.sku.as_str());
            table.row([way.to_owned(), gone.units.to_string(), shown(sku), shown(gone.line.as_str())]);
        }
        for gone in &self.note.pieces {
            let (sku, rule) = (shown(gone.sku.as_str()), shown(gone.rule.as_str()));
            table.row(["returned".to_owned(), gone.pieces.to_string(), sku, rule]);
        }
        section(out, "Gone", &table);
    }

    fn money(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right]);
        for part in &self.note.parts {
            table.row([words_for(&part.of), self.amount(part.amount)]);
        }
        let heading = if self.note.money < Money::ZERO { "to be paid by the shopper" } else { "paid back" };
        let owed = Money::from_minor(self.note.money.minor().abs());
        table.row([heading.to_owned(), self.amount(owed)]);
        section(out, "Money", &table);
        if self.note.residue > Money::ZERO {
            let residue = self.amount(self.note.residue);
            let _ = writeln!(
                out,
                "(alone, what is kept costs {residue} more than was paid: nobody charges that)"
            );
        }
    }

    fn bearers(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right]);
        for back in &self.note.bearers {
            table.row([format!("{} funds less by", shown(back.bearer.as_str())), self.amount(back.amount)]);
        }
        section(out, "Who paid for the discounts", &table);
    }

    fn wallet(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right, Lean::Left]);
        let until = |until: Option<Moment>| until.map_or_else(String::new, |until| format!("until {until}"));
        for back in &self.note.balances {
            let balance = format!("balance {}", shown(back.balance.as_str()));
            table.row([balance, self.amount(back.amount), until(back.until)]);
        }
        let points = &self.note.points;
        if points.lots.is_empty() && points.given_back != 0 {
            table.row(["points given back".to_owned(), points.given_back.to_string(), String::new()]);
        }
        for lot in &points.lots {
            table.row(["points given back".to_owned(), lot.points.to_string(), until(lot.until)]);
        }
        let counts = [
            ("points taken back", points.taken_back),
            ("points charged", points.charged),
            ("points lacking", points.lacking),
        ];
        for (what, points) in counts {
            if points != 0 {
                table.row([what.to_owned(), points.to_string(), String::new()]);
            }
        }
        section(out, "Wallet", &table);
    }

    fn rewards(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left]);
        for one in &self.note.rewards {
            let what = match &one.what {
                Reward::Gift(sku) => shown(sku.as_str()),
                Reward::Coupon(template) => format!("coupon {}", shown(template.as_str())),
                Reward::Balance(class) => format!("balance {}", shown(class.as_str())),
            };
            let mut became = Vec::new();
            if one.due != 0 {
                became.push(format!("{} to come back", one.due));
            }
            if one.charged != 0 {
                became.push(format!("{} charged", one.charged));
            }
            table.row([what, became.join(", ")]);
        }
        for coupon in &self.note.coupons {
            let name = match coupon {
                CouponBack::Code(code) => format!("code {}", shown(code.as_str())),
                CouponBack::Held(id) => format!("coupon {}", shown(id.as_str())),
            };
            table.row([name, "may be used again".to_owned()]);
        }
        section(out, "Gifts and coupons", &table);
    }

    fn ledger(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right]);
        for claim in &self.note.claims {
            let amount = match claim.resource.kind() {
                ResourceKind::Budget | ResourceKind::WalletBalance => {
                    self.amount(Money::from_minor(i64::try_from(claim.amount).unwrap_or(i64::MAX)))
                }
                _ => claim.amount.to_string(),
            };
            table.row([shown(&claim.resource.to_string()), amount]);
        }
        section(out, "Back to the ledger", &table);
    }

    fn calculation(&self, out: &mut String) {
        let trace = &self.note.trace;
        let mut table = Columns::bare(&[Lean::Left, Lean::Right]);
        let mut row = |words: &str, amount: Money| table.row([words.to_owned(), self.amount(amount)]);
        row("paid for goods and shipping", trace.paid);
        row("what is kept costs by its shares", trace.kept_share);
        if let Some(alone) = trace.kept_alone {
            row("what is kept costs alone", alone);
        }
        row(
            match trace.basis {
                RefundBasis::NothingGone => "nothing has gone",
                RefundBasis::NothingKept => "nothing is kept, so it costs",
                RefundBasis::Share => "its shares decide: it costs",
                RefundBasis::Alone => "its price alone decides: it costs",
            },
            trace.kept_cost,
        );
        row("so in all there comes back", trace.back);
        section(out, "Calculation, for all that has gone so far", &table);
        let mut rules = Columns::new(&[
            ("rule", Lean::Left),
            ("policy", Lean::Left),
            ("gave", Lean::Right),
            ("kept by share", Lean::Right),
            ("kept alone", Lean::Right),
        ]);
        for step in &trace.rules {
            let policy = match step.policy {
                RefundPolicy::Proportional => "proportional",
                RefundPolicy::Reprice => "reprice",
                RefundPolicy::Safest => "safest",
            };
            rules.row([
                shown(step.rule.as_str()),
                policy.to_owned(),
                self.amount(step.gave),
                self.amount(step.share),
                self.amount(step.alone),
            ]);
        }
        section(out, &count(trace.rules.len() as u64, "rule"), &rules);
    }
}

fn words_for(of: &RefundOf) -> String {
    match of {
        RefundOf::Line(line) => format!("line {}", shown(line.as_str())),
        RefundOf::Shipping => "shipping".to_owned(),
        RefundOf::Wallet => "of that as points and balances".to_owned(),
        RefundOf::AddOns => "add-ons".to_owned(),
        RefundOf::Deposit => "deposits the shop keeps".to_owned(),
        RefundOf::Unpaid => "not paid yet".to_owned(),
        RefundOf::Gifts => "gifts kept".to_owned(),
        RefundOf::Grants => "coupons and balances spent".to_owned(),
        RefundOf::SpentPoints => "points spent".to_owned(),
        RefundOf::PriceProtection => "price protection".to_owned(),
        RefundOf::ReturnFreight => "sending it back".to_owned(),
    }
}
