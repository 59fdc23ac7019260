//! A quote as a receipt for people.

use std::collections::BTreeMap;

use dealproof::money::Money;
use dealproof::record::{CodeStatus, GiftStatus, Missing, NearMiss, On, Outcome, Quote, RuleTotal, Trace};
use dealproof::rules::{Rule, RuleSet};

use crate::reasons::outcome_in_words;
use crate::text::{Columns, Lean, count, shown};

/// Parts of an adjustment shown side by side before a new row starts.
const PARTS_PER_ROW: usize = 4;

/// All that a receipt shows.
pub struct Receipt<'a> {
    rule_set: &'a RuleSet,
    /// The rules by id.
    pub rules: BTreeMap<&'a str, &'a Rule>,
    /// The quote.
    pub quote: &'a Quote,
}

impl<'a> Receipt<'a> {
    /// A receipt of a quote under the rules it was priced by.
    pub fn new(rule_set: &'a RuleSet, quote: &'a Quote) -> Self {
        let rules = rule_set.rules.iter();
        Self { rule_set, rules: rules.map(|rule| (rule.id.as_str(), rule)).collect(), quote }
    }

    /// The whole receipt.
    pub fn print(&self, trace: &Trace) -> String {
        let mut out = String::new();
        self.heading(&mut out);
        self.lines(&mut out);
        self.adjustments(&mut out);
        self.totals(&mut out);
        self.gifts(&mut out);
        self.extras(&mut out);
        self.codes(&mut out);
        self.within_reach(&mut out);
        self.not_applied(trace, &mut out);
        out
    }

    fn heading(&self, out: &mut String) {
        let name = self.rule_set.name.as_deref().unwrap_or("Receipt");
        let (currency, at) = (self.quote.currency, self.quote.priced_at);
        out.push_str(&format!("{} ({currency}, {at})\n\n", shown(name)));
    }

    fn lines(&self, out: &mut String) {
        let mut table = Columns::new(&[
            ("line", Lean::Left),
            ("sku", Lean::Left),
            ("shop", Lean::Left),
            ("quantity", Lean::Right),
            ("list", Lean::Right),
            ("payable", Lean::Right),
        ]);
        for line in &self.quote.lines {
            table.row([
                shown(line.line.as_str()),
                shown(line.sku.as_str()),
                shown(line.shop.as_str()),
                line.quantity.to_string(),
                self.money(line.list),
                self.money(line.payable),
            ]);
        }
        for charge in &self.quote.charges {
            table.row([
                "shipping".to_owned(),
                shown(charge.method.as_str()),
                shown(charge.shop.as_str()),
                String::new(),
                self.money(charge.list),
                self.money(charge.payable),
            ]);
        }
        table.print(out);
    }

    fn adjustments(&self, out: &mut String) {
        let mut table = Columns::new(&[
            ("stage", Lean::Left),
            ("rule", Lean::Left),
            ("off", Lean::Right),
            ("on", Lean::Left),
        ]);
        for (position, rule) in (0_u32..).zip(&self.quote.rules) {
            if rule.granted == Money::ZERO {
                continue;
            }
            let parts = self.parts_of(position);
            let mut rows = parts.chunks(PARTS_PER_ROW).map(|parts| parts.join(", "));
            table.row([
                shown(rule.stage.as_str()),
                self.named(rule.rule.as_str()),
                self.money(rule.granted),
                rows.next().unwrap_or_default(),
            ]);
            for more in rows.chain(self.remarks_on(position, rule)) {
                table.row([String::new(), String::new(), String::new(), more]);
            }
        }
        section(out, "Discounts", &table);
    }

    /// What a rule took off each line and charge.
    pub fn parts_of(&self, rule: u32) -> Vec<String> {
        let of_rule = run_of(&self.quote.adjustments, rule, |one| one.rule).1.iter();
        of_rule
            .map(|adjustment| {
                let name = match adjustment.on {
                    On::Line(line) => {
                        let line = self.quote.lines.get(line as usize);
                        line.map_or("?", |line| line.line.as_str()).to_owned()
                    }
                    On::Charge(charge) => {
                        let charge = self.quote.charges.get(charge as usize);
                        let names = charge.map(|charge| (charge.shop.as_str(), charge.method.as_str()));
                        let (shop, method) = names.unwrap_or(("?", "?"));
                        format!("{shop} {method} shipping").trim_start().to_owned()
                    }
                };
                format!("{} {}", shown(&name), self.money(adjustment.granted))
            })
            .collect()
    }

    /// What a rule asked for beyond what it got, and who pays for it.
    fn remarks_on(&self, position: u32, rule: &RuleTotal) -> Vec<String> {
        let mut remarks = Vec::new();
        if rule.granted < rule.asked {
            let asked = self.money(rule.asked);
            remarks.push(format!("(of {asked}: the rest met a floor, cap or limit)"));
        }
        if rule.short_units > 0 {
            let units = count(rule.short_units, "more unit");
            remarks.push(format!("(its limits left none for {units})"));
        }
        let borne = self.borne_by(position);
        if !borne.is_empty() {
            remarks.push(format!("(paid for by {})", borne.join(", ")));
        }
        remarks
    }

    fn borne_by(&self, rule: u32) -> Vec<String> {
        let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
        let (first, of_rule) = run_of(&self.quote.adjustments, rule, |one| one.rule);
        for (adjustment, _) in (first..).zip(of_rule) {
            for share in run_of(&self.quote.shares, adjustment, |one| one.adjustment).1 {
                let sum = sums.entry(share.bearer).or_default();
                *sum = sum.saturating_add(share.amount.minor());
            }
        }
        let name = |bearer: u32| {
            let bearer = self.quote.bearers.get(bearer as usize);
            shown(bearer.map_or("?", |bearer| bearer.as_str()))
        };
        let sums = sums.into_iter();
        sums.map(|(bearer, sum)| format!("{} {}", name(bearer), self.money(Money::from_minor(sum)))).collect()
    }

    fn totals(&self, out: &mut String) {
        let totals = &self.quote.totals;
        let mut table = Columns::bare(&[Lean::Left, Lean::Right]);
        let mut row = |name: &str, sign: &str, amount: Money| {
            let sign = if amount == Money::ZERO { "" } else { sign };
            table.row([name.to_owned(), format!("{sign}{}", self.money(amount))]);
        };
        row("goods at list price", "", totals.list);
        row("discounts on goods", "-", totals.goods_discount);
        row("shipping", "", totals.shipping_list);
        row("discounts on shipping", "-", totals.shipping_discount);
        row("add-ons", "", totals.add_ons);
        row("to pay", "", totals.payable);
        section(out, "Totals", &table);
    }

    fn gifts(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left, Lean::Right, Lean::Left]);
        for gift in &self.quote.gifts {
            let status = match gift.status {
                GiftStatus::Given => "with the order",
                GiftStatus::Taken => "taken",
                GiftStatus::Offered => "on offer",
            };
            table.row([
                status.to_owned(),
                format!("{} {}", gift.quantity, shown(gift.sku.as_str())),
                format!("at {}", self.money(gift.unit_price)),
                self.named(gift.rule.as_str()),
            ]);
        }
        section(out, "Gifts and add-ons", &table);
    }

    fn codes(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left]);
        for code in &self.quote.codes {
            let rule = self.named(code.rule.as_str());
            let became = match code.status {
                CodeStatus::Applied => format!("applied: {rule}"),
                CodeStatus::NoEffect => format!("no effect: {rule}, see below"),
                CodeStatus::Repeated => "entered before".to_owned(),
                CodeStatus::Unknown => "no rule has this code".to_owned(),
            };
            table.row([shown(code.code.as_str()), became]);
        }
        section(out, "Codes", &table);
    }

    fn within_reach(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left]);
        for near in &self.quote.near_misses {
            let like = shown(near.like.as_str());
            let added = match near.missing {
                Missing::Spend(missing) => format!("{} more, like {like}", self.money(missing)),
                Missing::Units(units) => {
                    let units = count(u64::from(units), "unit");
                    format!("{units} more of {like}, {}", self.money(near.added))
                }
                // The library may learn what else can be missing.
                _ => format!("more of {like}"),
            };
            table.row([self.named(near.rule.as_str()), format!("{added}: {}", self.then(near))]);
        }
        section(out, "Within reach", &table);
    }

    /// What the order would cost, and how that compares with its cost now.
    fn then(&self, near: &NearMiss) -> String {
        let (now, then) = (self.quote.totals.payable, near.payable_then);
        let (apart, compared) = if then < now {
            (now.checked_sub(then), "less than now")
        } else {
            (then.checked_sub(now), "more than now")
        };
        let apart = self.money(apart.unwrap_or_default());
        format!("{} to pay, {apart} {compared}", self.money(then))
    }

    fn not_applied(&self, trace: &Trace, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left]);
        for entry in &trace.entries {
            let id = entry.rule.as_str();
            if let (Outcome::NotApplied(_), Some(rule)) = (&entry.outcome, self.rules.get(id)) {
                table.row([self.named(id), outcome_in_words(&entry.outcome, rule, self.quote.currency)]);
            }
        }
        section(out, "Did not apply", &table);
    }

    /// A rule's id with its title.
    pub fn named(&self, id: &str) -> String {
        let title = self.rules.get(id).and_then(|rule| rule.title.as_deref());
        match title {
            Some(title) => format!("{} {}", shown(id), shown(title)),
            None => shown(id),
        }
    }

    pub fn money(&self, amount: Money) -> String {
        amount.display(self.quote.currency).to_string()
    }
}

/// A heading and a table; nothing when the table is empty.
pub fn section(out: &mut String, heading: &str, table: &Columns) {
    if !table.is_empty() {
        out.push_str(&format!("\n{heading}\n"));
        table.print(out);
    }
}

/// The entries of a list that belong to a position, and where they begin. A quote lists adjustments by rule and shares
/// by adjustment, so they stand together.
fn run_of<T>(entries: &[T], position: u32, of: impl Fn(&T) -> u32) -> (u32, &[T]) {
    let first = entries.partition_point(|entry| of(entry) < position);
    let rest = entries.get(first..).unwrap_or_default();
    let run = rest.partition_point(|entry| of(entry) == position);
    let first = u32::try_from(first).unwrap_or(u32::MAX);
    (first, rest.get(..run).unwrap_or_default())
}
