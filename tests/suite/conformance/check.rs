//! What a source asserts, against a quote.
//!
//! Totals must be equal. A line, or the part of a discount that falls on shipping, may be one minor unit off as long as
//! what it is a part of was compared and agrees: there is one way to place leftover minor units (M-4), and sources have
//! others. Where a source asserts nothing that such a part would add up to, it has to be equal, too.

use std::collections::{BTreeMap, BTreeSet};

use dealproof::money::{Amount, Currency, Money};
use dealproof::record::{Adjustment, GiftStatus, On, Quote, UnitRun};

use super::form::{Case, Expect, ExpectLine, SetAside};
use super::shop::{line_id, money};
use super::translate::{Realm, Translation};

/// How a quote compares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// What differs.
    pub(super) mismatches: Vec<String>,
    /// Lines that are one minor unit off while their sum agrees.
    pub(super) leftovers: u32,
}

/// A case, priced.
#[derive(Clone, Copy)]
pub(super) struct Priced<'a> {
    /// With everything in it.
    pub(super) paid: &'a Quote,
    /// Before stored value pays: what goods and shipping cost.
    pub(super) sold: &'a Quote,
}

struct Check<'a> {
    case: &'a Case,
    expect: &'a Expect,
    translation: &'a Translation,
    /// With what stored value pays.
    paid: &'a Quote,
    /// What goods and shipping cost.
    quote: &'a Quote,
    currency: Currency,
    findings: Findings,
    /// Parts that are one minor unit off.
    off_by_one: Vec<String>,
    /// Whether a total that they are parts of was compared.
    total_is_known: bool,
}

/// Compares a priced case with what it expects.
pub(super) fn check(case: &Case, translation: &Translation, priced: Priced) -> Result<Findings, SetAside> {
    let mut check = Check {
        case,
        expect: &case.expect,
        translation,
        paid: priced.paid,
        quote: priced.sold,
        currency: translation.rules.currency,
        findings: Findings::default(),
        off_by_one: Vec::new(),
        total_is_known: false,
    };
    check.totals()?;
    check.lines()?;
    check.promotions()?;
    check.units();
    check.gifts();
    check.wallet()?;
    Ok(check.settled())
}

impl Check<'_> {
    fn money(&self, amount: Amount) -> Result<i64, SetAside> {
        money(amount, self.currency).map(Money::minor)
    }

    fn differ(
        &mut self,
        what: impl std::fmt::Display,
        expected: impl std::fmt::Debug,
        found: impl std::fmt::Debug,
    ) {
        let text = format!("{what}: expected {expected:?}, found {found:?}");
        self.findings.mismatches.push(text);
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: &T, found: &T) {
        if expected != found {
            self.differ(what, expected, found);
        }
    }

    /// A part of something: one minor unit is a leftover, if the whole agrees.
    fn part(&mut self, what: impl std::fmt::Display, expected: i64, found: i64) {
        match expected.abs_diff(found) {
            0 => {}
            1 => self.off_by_one.push(format!("{what}: expected {expected}, found {found}")),
            _ => self.differ(what, expected, found),
        }
    }

    /// A part is a leftover only beside a total that was compared; that agrees, or is a mismatch already.
    fn settled(self) -> Findings {
        let mut findings = self.findings;
        if self.total_is_known {
            findings.leftovers += u32::try_from(self.off_by_one.len()).unwrap_or(u32::MAX);
        } else {
            let unsupported = self.off_by_one.into_iter();
            findings.mismatches.extend(unsupported.map(|part| format!("{part}, and no total is expected")));
        }
        findings
    }

    /// Whether a rule, by its place in the quote, is of one of these realms.
    fn is_of(&self, rule: u32, realms: [Realm; 2]) -> bool {
        let total = self.quote.rules.get(rule as usize);
        total
            .and_then(|total| self.translation.origins.get(&total.rule))
            .is_some_and(|origin| realms.contains(&origin.realm))
    }

    /// What cart promotions and points took off, where `of` says.
    fn cart_discount(&self, of: impl Fn(On) -> bool) -> i64 {
        let adjustments = self.quote.adjustments.iter();
        adjustments
            .filter(|one| self.is_of(one.rule, [Realm::Cart, Realm::Redemption]) && of(one.on))
            .map(|one| one.granted.minor())
            .sum()
    }

    fn totals(&mut self) -> Result<(), SetAside> {
        let totals = &self.quote.totals;
        let whole = [
            ("total", self.expect.total, self.paid.totals.payable.minor()),
            ("discount_total", self.expect.discount_total, self.cart_discount(|_| true)),
        ];
        let goods = |on: On| matches!(on, On::Line(_));
        let parts = [
            ("subtotal", self.expect.subtotal, totals.goods.minor()),
            ("shipping", self.expect.shipping, totals.shipping.minor()),
            ("goods_discount", self.expect.goods_discount, self.cart_discount(goods)),
            ("shipping_discount", self.expect.shipping_discount, self.cart_discount(|on| !goods(on))),
        ];
        for (what, expected, found) in whole {
            if let Some(expected) = expected {
                self.equal(what, &self.money(expected)?, &found);
                self.total_is_known = true;
            }
        }
        let mut actions = self.case.promotions.iter().flat_map(|one| one.actions());
        let over_both = actions.any(|action| action.kind.starts_with("total_"));
        for (what, expected, found) in parts {
            let Some(expected) = expected else { continue };
            let expected = self.money(expected)?;
            if over_both && self.expect.total.is_some() {
                self.part(what, expected, found);
            } else {
                self.equal(what, &expected, &found);
            }
        }
        Ok(())
    }

    fn lines(&mut self) -> Result<(), SetAside> {
        if self.expect.lines_any_order {
            return self.lines_in_any_order();
        }
        let before = self.off_by_one.len();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut expected_sum, mut found_sum, mut known) = (0, 0, BTreeSet::new());
        for line in &self.expect.lines {
            let nth = seen.entry(line.sku.as_str()).or_default();
            let Some(at) = self.line_of(&line.sku, *nth) else {
                self.differ("lines", &line.sku, "no such line");
                continue;
            };
            *nth += 1;
            let (list, payable) = (self.line(at).0, self.line(at).1);
            if let Some(total) = self.line_total(line, list)? {
                self.part(format!("line {}", line.sku), total, payable);
                expected_sum += total;
                found_sum += payable;
                known.insert(at);
            }
            if let Some(units) = &line.unit_discounts {
                let units: Result<Vec<i64>, SetAside> = units.iter().map(|unit| self.money(*unit)).collect();
                self.unit_discounts(&line.sku, at, units?);
            }
        }
        // Where all lines are known, their sum is a total of theirs like any other.
        if known.len() == self.case.lines.len() {
            self.equal("sum of lines", &expected_sum, &found_sum);
            self.findings.leftovers += u32::try_from(self.off_by_one.len() - before).unwrap_or(u32::MAX);
            self.off_by_one.truncate(before);
        }
        for fee in &self.expect.shipping_lines {
            let expected = self.money(fee.discount)?;
            let charges = self.quote.charges.iter();
            let mut own = charges.filter(|charge| charge.method.as_str() == fee.id);
            let found = own.next().map(|charge| charge.list.minor() - charge.payable.minor());
            match found {
                Some(found) => self.part(format!("fee {}", fee.id), expected, found),
                None => self.differ("fees", &fee.id, "no such fee"),
            }
        }
        Ok(())
    }

    /// The place, in the case, of the n-th line of a sku.
    fn line_of(&self, sku: &str, nth: usize) -> Option<usize> {
        let lines = self.case.lines.iter().enumerate();
        let mut own = lines.filter(|(_, line)| line.sku == sku);
        own.nth(nth).map(|(at, _)| at)
    }

    /// List value, payable and place in the quote of a line of the case.
    fn line(&self, at: usize) -> (i64, i64, u32) {
        let id = line_id(at);
        let mut lines = (0_u32..).zip(self.quote.lines.iter());
        lines
            .find(|(_, line)| line.line.as_str() == id)
            .map_or((0, 0, u32::MAX), |(place, line)| (line.list.minor(), line.payable.minor(), place))
    }

    /// What a line costs by the source, which names that or the discount.
    fn line_total(&mut self, line: &ExpectLine, list: i64) -> Result<Option<i64>, SetAside> {
        let total = line.line_total.map(|total| self.money(total)).transpose()?;
        let discount = line.discount.map(|off| self.money(off)).transpose()?;
        let rest = discount.map(|discount| list - discount);
        if let (Some(total), Some(rest)) = (total, rest)
            && total != rest
        {
            self.differ(format!("line {} less its discount", line.sku), total, rest);
        }
        Ok(total.or(rest))
    }

    fn lines_in_any_order(&mut self) -> Result<(), SetAside> {
        let mut expected: Vec<i64> = Vec::new();
        let mut found: Vec<i64> = Vec::new();
        for (at, line) in self.expect.lines.iter().enumerate() {
            let (list, payable, _) = self.line(at);
            if let Some(total) = self.line_total(line, list)? {
                expected.push(total);
                found.push(payable);
            }
        }
        expected.sort_unstable();
        found.sort_unstable();
        self.equal("lines in any order", &expected, &found);
        Ok(())
    }

    fn unit_discounts(&mut self, sku: &str, at: usize, mut expected: Vec<i64>) {
        let (list, _, place) = self.line(at);
        let mut found = Vec::new();
        let list_price = list / i64::from(self.case.lines.get(at).map_or(1, |line| line.pieces()));
        for run in self.runs_of(place) {
            let units = (0..run.units).filter_map(|unit| run.unit_payable(unit));
            found.extend(units.map(|unit| list_price - unit.minor()));
        }
        // The units of a line are alike: which of them got the odd unit is no fact.
        expected.sort_unstable();
        found.sort_unstable();
        let sum = |units: &[i64]| units.iter().sum::<i64>();
        if expected.len() != found.len() || sum(&expected) != sum(&found) {
            self.differ(format!("units of {sku}"), &expected, &found);
            return;
        }
        for (expected, found) in expected.into_iter().zip(found) {
            match expected.abs_diff(found) {
                0 => {}
                // Their sum is known: it was compared just now.
                1 => self.findings.leftovers += 1,
                _ => self.differ(format!("a unit of {sku}"), expected, found),
            }
        }
    }

    fn runs_of(&self, place: u32) -> impl Iterator<Item = &UnitRun> {
        self.quote.runs.iter().filter(move |run| run.line == place)
    }

    fn promotions(&mut self) -> Result<(), SetAside> {
        let mut given: BTreeMap<&str, i64> = BTreeMap::new();
        for rule in &self.paid.rules {
            if let Some(origin) = self.translation.origins.get(&rule.rule) {
                *given.entry(origin.promotion.as_str()).or_default() += rule.granted.minor();
            }
        }
        for gift in self.quote.gifts.iter().filter(|gift| gift.status == GiftStatus::Given) {
            if let Some(origin) = self.translation.origins.get(&gift.rule) {
                given.entry(origin.promotion.as_str()).or_default();
            }
        }
        for one in &self.expect.promotions {
            let expected = self.money(one.discount)?;
            let found = given.get(one.id.as_str()).copied().unwrap_or(0);
            self.equal(&format!("discount of {}", one.id), &expected, &found);
        }
        let found: BTreeSet<&str> = given.keys().copied().collect();
        if let Some(applied) = &self.expect.applied {
            let expected: BTreeSet<&str> = applied.iter().map(String::as_str).collect();
            self.equal("applied", &expected, &found);
        }
        if let Some(count) = self.expect.applied_count {
            self.equal("applied_count", &count, &found.len());
        }
        for rejected in &self.expect.rejected {
            if found.contains(rejected.id.as_str()) {
                self.differ("rejected", &rejected.id, "applied");
            }
        }
        self.touched();
        Ok(())
    }

    /// Which promotions touched which lines.
    fn touched(&mut self) {
        let mut by_sku: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (at, line) in self.case.lines.iter().enumerate() {
            let entry = by_sku.entry(line.sku.as_str()).or_default();
            for adjustment in self.adjustments_on(self.line(at).2) {
                let rule = self.quote.rules.get(adjustment.rule as usize);
                let origin = rule.and_then(|rule| self.translation.origins.get(&rule.rule));
                entry.extend(origin.map(|origin| origin.promotion.as_str()));
            }
        }
        for (sku, expected) in &self.expect.line_promotions {
            let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
            let found = by_sku.get(sku.as_str()).cloned().unwrap_or_default();
            self.equal(&format!("promotions on {sku}"), &expected, &found);
        }
        if let Some(skus) = &self.expect.discounted_skus {
            let expected: BTreeSet<&str> = skus.iter().map(String::as_str).collect();
            by_sku.retain(|_, promotions| !promotions.is_empty());
            let found: BTreeSet<&str> = by_sku.keys().copied().collect();
            self.equal("discounted_skus", &expected, &found);
        }
    }

    fn adjustments_on(&self, place: u32) -> impl Iterator<Item = &Adjustment> {
        let adjustments = self.quote.adjustments.iter();
        adjustments.filter(move |one| one.on == On::Line(place))
    }

    fn units(&mut self) {
        let all: u32 = self.case.lines.iter().map(|line| line.pieces()).sum();
        let discounted: u32 = (0..self.case.lines.len())
            .map(|at| self.units_discounted(at))
            .sum::<u32>()
            .saturating_mul(self.translation.units_per_reward);
        if let Some(expected) = self.expect.units_discounted {
            self.equal("units_discounted", &expected, &discounted);
        }
        if let Some(expected) = self.expect.units_undiscounted {
            self.equal("units_undiscounted", &expected, &all.saturating_sub(discounted));
        }
    }

    /// Units of a line that cost less than listed.
    fn units_discounted(&self, at: usize) -> u32 {
        let (list, _, place) = self.line(at);
        let mut adjustments = self.adjustments_on(place);
        match (adjustments.next(), adjustments.next()) {
            (None, _) => 0,
            // An adjustment knows its units even where they share less than a minor unit each.
            (Some(only), None) => only.units,
            (Some(_), Some(_)) => {
                let pieces = i64::from(self.case.lines.get(at).map_or(1, |line| line.pieces()));
                let reduced = |run: &UnitRun| {
                    let listed = list / pieces;
                    let units = (0..run.units).filter_map(|unit| run.unit_payable(unit));
                    units.filter(|unit| unit.minor() < listed).count()
                };
                let count: usize = self.runs_of(place).map(reduced).sum();
                u32::try_from(count).unwrap_or(u32::MAX)
            }
        }
    }

    fn gifts(&mut self) {
        let Some(added) = &self.expect.added else {
            return;
        };
        let mut expected: BTreeMap<&str, u32> = BTreeMap::new();
        for gift in added {
            *expected.entry(gift.sku.as_str()).or_default() += gift.quantity;
        }
        let mut found: BTreeMap<&str, u32> = BTreeMap::new();
        for gift in self.quote.gifts.iter().filter(|gift| gift.status == GiftStatus::Given) {
            *found.entry(gift.sku.as_str()).or_default() += gift.quantity;
        }
        self.equal("added", &expected, &found);
    }

    /// Points, and what stored value pays.
    fn wallet(&mut self) -> Result<(), SetAside> {
        let points = [
            ("points_earned", &self.expect.points_earned, self.paid.points_earned()),
            ("points_spent", &self.expect.points_spent, self.paid.points_redeemed()),
        ];
        for (what, expected, found) in points {
            if let Some(expected) = expected {
                self.equal(what, &expected.whole(), &Some(found));
            }
        }
        let used = self.quote.totals.payable.minor() - self.paid.totals.payable.minor();
        let left = self.translation.stored_value.minor() - used;
        let values = [
            ("stored_value_used", self.expect.stored_value_used, used),
            ("stored_value_left", self.expect.stored_value_left, left),
        ];
        for (what, expected, found) in values {
            if let Some(expected) = expected {
                self.equal(what, &self.money(expected)?, &found);
            }
        }
        Ok(())
    }
}
