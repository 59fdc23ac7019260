//! From the document to the quote: whatever the quote promises is computed anew and compared.

use std::collections::{BTreeMap, BTreeSet};

use super::quote_json::{
    AdjustmentDocument, ChargeDocument, LineDocument, QuoteDocument, RuleDocument, RunDocument, Sum,
};
use super::{Adjustment, On, Quote, QuoteCharge, QuoteError, QuoteLine, RuleTotal, Share, Totals, UnitRun};
use crate::bounds::{AMOUNT_MAX, QUANTITY_MAX};
use crate::money::{Amount, Currency, Money};
use crate::rules::{RuleId, StageId};
use crate::shop::{Bearer, LineId};

impl QuoteDocument {
    /// Rebuilds the quote.
    ///
    /// # Errors
    /// The first thing that does not add up, in the order of the document; last, a digest that does not match.
    pub(crate) fn into_quote(self) -> Result<Quote, QuoteError> {
        let mut reading = Reading::new(self.currency);
        reading.quote.plan = self.plan;
        reading.quote.priced_at = self.priced_at;
        reading.rules(&self.rules)?;
        reading.lines(&self.lines)?;
        reading.charges(&self.shipping)?;
        reading.adjustments()?;
        reading.gifts(&self.gifts)?;
        reading.points(&self.points)?;
        reading.groups(&self.groups)?;
        reading.grants(&self.grants)?;
        reading.deposits(&self.deposits)?;
        reading.nothing_for_nothing()?;
        reading.codes(self.codes)?;
        reading.draws(&self.draws)?;
        reading.claims(self.claims)?;
        reading.unproven(self.unproven)?;
        reading.totals()?;
        reading.payments(&self.payments)?;
        reading.near_misses(self.near_misses)?;
        let quote = reading.quote;
        same("/totals", quote.totals_document() == self.totals)?;
        same("/stages", quote.stage_documents() == self.stages)?;
        same("/tax_classes", quote.tax_documents() == self.tax_classes)?;
        let computed = quote.digest();
        if self.digest != Some(computed) {
            let given = self.digest;
            return Err(QuoteError::WrongDigest { given, computed });
        }
        Ok(quote)
    }
}

/// A part that follows from the rest must be what it follows to.
pub(super) fn same(path: &str, holds: bool) -> Result<(), QuoteError> {
    if holds {
        Ok(())
    } else {
        let path = path.to_owned();
        Err(QuoteError::Contradiction { path })
    }
}

pub(super) fn in_order(path: impl FnOnce() -> String, holds: bool) -> Result<(), QuoteError> {
    if holds { Ok(()) } else { Err(QuoteError::OutOfOrder { path: path() }) }
}

/// A sum must be what its parts come to.
pub(super) fn adds_up(
    path: impl FnOnce() -> String,
    given: impl Into<i128>,
    expected: i128,
) -> Result<(), QuoteError> {
    let given = given.into();
    if given == expected { Ok(()) } else { Err(QuoteError::DoesNotAddUp { path: path(), given, expected }) }
}

/// A number must lie between two others.
pub(super) fn within(
    path: impl FnOnce() -> String,
    given: impl Into<i128>,
    least: impl Into<i128>,
    most: impl Into<i128>,
) -> Result<(), QuoteError> {
    let (given, least, most) = (given.into(), least.into(), most.into());
    if (least..=most).contains(&given) {
        Ok(())
    } else {
        Err(QuoteError::OutOfRange { path: path(), given, least, most })
    }
}

/// A quote while it is rebuilt.
pub(super) struct Reading {
    pub(super) quote: Quote,
    /// Positions of the rules by id.
    pub(super) rules: BTreeMap<RuleId, u32>,
    /// Adjustments with their bearers' shares, not yet in the quote's order.
    pending: Vec<(Adjustment, Vec<(Bearer, Money)>)>,
}

impl Reading {
    fn new(currency: Currency) -> Self {
        Self { quote: Quote { currency, ..Quote::default() }, rules: BTreeMap::new(), pending: Vec::new() }
    }

    /// An amount of the quote's currency, not below zero.
    pub(super) fn money(&self, sum: Sum, path: impl Fn() -> String) -> Result<Money, QuoteError> {
        let money = Amount::new(sum.0).to_money(self.quote.currency);
        let money = money.map_err(|problem| QuoteError::BadAmount { path: path(), problem })?;
        within(path, money.minor(), 0, AMOUNT_MAX)?;
        Ok(money)
    }

    /// The position of a rule.
    pub(super) fn rule(&self, id: &RuleId, path: impl FnOnce() -> String) -> Result<u32, QuoteError> {
        let position = self.rules.get(id).copied();
        position.ok_or_else(|| QuoteError::NotThere { path: path(), given: id.as_str().to_owned() })
    }

    /// Rules stand in pipeline order, so those of a stage stand together.
    fn rules(&mut self, documents: &[RuleDocument]) -> Result<(), QuoteError> {
        let mut totals: Vec<RuleTotal> = Vec::with_capacity(documents.len());
        let mut stages: BTreeSet<&StageId> = BTreeSet::new();
        for (position, document) in (0_u32..).zip(documents) {
            let path = |field: &str| format!("/rules/{position}/{field}");
            let asked = self.money(document.asked, || path("asked"))?;
            let granted = self.money(document.granted, || path("granted"))?;
            within(|| path("granted"), granted.minor(), 0, asked.minor())?;
            let earlier = self.rules.insert(document.rule.clone(), position);
            in_order(|| path("rule"), earlier.is_none())?;
            let goes_on = totals.last().is_some_and(|last| last.stage == document.stage);
            let starts = stages.insert(&document.stage);
            in_order(|| path("stage"), goes_on || starts)?;
            totals.push(RuleTotal {
                rule: document.rule.clone(),
                stage: document.stage.clone(),
                asked,
                granted,
                short_units: document.short_units,
            });
        }
        self.quote.rules = totals.into_iter().collect();
        Ok(())
    }

    /// Lines stand in canonical order, as far as a quote shows it: sku, list price, shop.
    fn lines(&mut self, documents: &[LineDocument]) -> Result<(), QuoteError> {
        let mut lines: Vec<QuoteLine> = Vec::with_capacity(documents.len());
        let mut runs: Vec<UnitRun> = Vec::new();
        let mut ids: BTreeSet<&LineId> = BTreeSet::new();
        let mut before = None;
        for (position, document) in (0_u32..).zip(documents) {
            let path = |field: &str| format!("/lines/{position}/{field}");
            let quantity = document.quantity;
            within(|| path("quantity"), quantity, 1, QUANTITY_MAX)?;
            let list = self.money(document.list, || path("list"))?;
            let payable = self.money(document.payable, || path("payable"))?;
            let price = list.minor().checked_div(i64::from(quantity)).unwrap_or(0);
            let product = i128::from(price) * i128::from(quantity);
            adds_up(|| path("list"), list.minor(), product)?;
            self.runs(&mut runs, position, payable, document)?;
            let granted = self.taken_off(On::Line(position), quantity, &document.adjustments, &|| {
                format!("/lines/{position}")
            })?;
            adds_up(|| path("payable"), payable.minor(), i128::from(list.minor()) - granted)?;
            let key = Some((&document.sku, price, &document.shop));
            in_order(|| path("sku"), before <= key)?;
            before = key;
            let first = ids.insert(&document.line);
            in_order(|| path("line"), first)?;
            lines.push(QuoteLine {
                line: document.line.clone(),
                sku: document.sku.clone(),
                shop: document.shop.clone(),
                quantity,
                tax_class: document.tax_class.clone(),
                list,
                payable,
            });
        }
        self.quote.lines = lines.into_iter().collect();
        self.quote.runs = runs.into_iter().collect();
        Ok(())
    }

    /// The runs of a line cover its units and cost what it costs.
    fn runs(
        &self,
        runs: &mut Vec<UnitRun>,
        line: u32,
        line_payable: Money,
        document: &LineDocument,
    ) -> Result<(), QuoteError> {
        let (mut units_sum, mut payable_sum) = (0_i128, 0_i128);
        for (index, run) in document.units.iter().enumerate() {
            let path = |field: &str| format!("/lines/{line}/units/{index}/{field}");
            let RunDocument { units, payable } = *run;
            within(|| path("units"), units, 1, QUANTITY_MAX)?;
            let payable = self.money(payable, || path("payable"))?;
            units_sum += i128::from(units);
            payable_sum += i128::from(payable.minor());
            runs.push(UnitRun { line, units, payable });
        }
        let path = || format!("/lines/{line}/units");
        adds_up(path, document.quantity, units_sum)?;
        adds_up(path, line_payable.minor(), payable_sum)
    }

    /// Charges stand by shop and method.
    fn charges(&mut self, documents: &[ChargeDocument]) -> Result<(), QuoteError> {
        let mut charges: Vec<QuoteCharge> = Vec::with_capacity(documents.len());
        for (position, document) in (0_u32..).zip(documents) {
            let path = |field: &str| format!("/shipping/{position}/{field}");
            let list = self.money(document.list, || path("list"))?;
            let payable = self.money(document.payable, || path("payable"))?;
            let granted = self.taken_off(On::Charge(position), 0, &document.adjustments, &|| {
                format!("/shipping/{position}")
            })?;
            adds_up(|| path("payable"), payable.minor(), i128::from(list.minor()) - granted)?;
            let rises = charges
                .last()
                .is_none_or(|last| (&last.shop, &last.method) < (&document.shop, &document.method));
            in_order(|| path("method"), rises)?;
            charges.push(QuoteCharge {
                shop: document.shop.clone(),
                method: document.method.clone(),
                list,
                payable,
            });
        }
        self.quote.charges = charges.into_iter().collect();
        Ok(())
    }

    /// Reads the adjustments of a line or charge; what they take off it together.
    fn taken_off(
        &mut self,
        on: On,
        units_max: u32,
        documents: &[AdjustmentDocument],
        above: &dyn Fn() -> String,
    ) -> Result<i128, QuoteError> {
        let mut sum = 0_i128;
        let mut before = None;
        for (index, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("{}/adjustments/{index}/{field}", above());
            let rule = self.rule(&document.rule, || path("rule"))?;
            in_order(|| path("rule"), before < Some(rule))?;
            before = Some(rule);
            let has_units = match on {
                On::Line(_) => true,
                On::Charge(_) => false,
            };
            same(&path("units"), document.units.is_some() == has_units)?;
            let units = document.units.unwrap_or(0);
            within(|| path("units"), units, 0, units_max)?;
            let asked = self.money(document.asked, || path("asked"))?;
            let granted = self.money(document.granted, || path("granted"))?;
            within(|| path("granted"), granted.minor(), 1, asked.minor())?;
            sum += i128::from(granted.minor());
            let shares = self.shares(document, granted, &path)?;
            let adjustment = Adjustment { rule, on, units, asked, granted };
            self.pending.push((adjustment, shares));
        }
        Ok(sum)
    }

    fn shares(
        &self,
        document: &AdjustmentDocument,
        granted: Money,
        path: &impl Fn(&str) -> String,
    ) -> Result<Vec<(Bearer, Money)>, QuoteError> {
        let mut shares = Vec::with_capacity(document.funding.len());
        let mut sum = 0_i128;
        for (bearer, amount) in &document.funding {
            let amount = self.money(*amount, || path("funding"))?;
            sum += i128::from(amount.minor());
            shares.push((bearer.clone(), amount));
        }
        if !shares.is_empty() {
            adds_up(|| path("funding"), granted.minor(), sum)?;
        }
        Ok(shares)
    }

    /// Puts the adjustments into the quote's order, rule by rule, and adds them up by rule.
    fn adjustments(&mut self) -> Result<(), QuoteError> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by_key(|(adjustment, _)| (adjustment.rule, adjustment.on));
        for (position, total) in (0_u32..).zip(&self.quote.rules) {
            let start = pending.partition_point(|(one, _)| one.rule < position);
            let rest = pending.get(start..).unwrap_or_default();
            let len = rest.partition_point(|(one, _)| one.rule == position);
            let own = rest.get(..len).unwrap_or_default();
            let sum = |money: fn(&Adjustment) -> Money| -> i128 {
                own.iter().map(|(one, _)| i128::from(money(one).minor())).sum()
            };
            let path = |field: &str| format!("/rules/{position}/{field}");
            adds_up(|| path("granted"), total.granted.minor(), sum(|one| one.granted))?;
            let asked = sum(|one| one.asked);
            within(|| path("asked"), total.asked.minor(), asked, AMOUNT_MAX)?;
            let bearers = |shares: &[(Bearer, Money)]| -> Vec<Bearer> {
                shares.iter().map(|(bearer, _)| bearer.clone()).collect()
            };
            let mut funded = own.iter().map(|(_, shares)| bearers(shares));
            let first = funded.next();
            let alike = funded.all(|other| first.as_ref() == Some(&other));
            same(&format!("/rules/{position}"), alike)?;
        }
        self.put(pending);
        Ok(())
    }

    /// Bearers stand in the order in which they first pay.
    fn put(&mut self, pending: Vec<(Adjustment, Vec<(Bearer, Money)>)>) {
        let mut bearers: Vec<Bearer> = Vec::new();
        let mut numbers: BTreeMap<Bearer, u32> = BTreeMap::new();
        let (mut adjustments, mut all_shares) = (Vec::new(), Vec::new());
        for (position, (adjustment, shares)) in (0_u32..).zip(pending) {
            adjustments.push(adjustment);
            for (bearer, amount) in shares {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(bearer.clone()).or_insert(next);
                if number == next {
                    bearers.push(bearer);
                }
                all_shares.push(Share { adjustment: position, bearer: number, amount });
            }
        }
        self.quote.adjustments = adjustments.into_iter().collect();
        self.quote.bearers = bearers.into_iter().collect();
        self.quote.shares = all_shares.into_iter().collect();
    }

    /// The sums of what was read.
    fn totals(&mut self) -> Result<(), QuoteError> {
        let quote = &self.quote;
        let path = || "/totals".to_owned();
        let sum = |amounts: &mut dyn Iterator<Item = Money>| -> Result<Money, QuoteError> {
            let sum: i128 = amounts.map(|money| i128::from(money.minor())).sum();
            within(path, sum, 0, AMOUNT_MAX)?;
            Ok(Money::from_minor(i64::try_from(sum).unwrap_or(AMOUNT_MAX)))
        };
        let list = sum(&mut quote.lines.iter().map(|line| line.list))?;
        let goods = sum(&mut quote.lines.iter().map(|line| line.payable))?;
        let shipping_list = sum(&mut quote.charges.iter().map(|charge| charge.list))?;
        let shipping = sum(&mut quote.charges.iter().map(|charge| charge.payable))?;
        let add_ons = quote.totals.add_ons;
        // What is paid is no more than what is listed, line by line and charge by charge.
        let less = |from: Money, rest: Money| Money::from_minor(from.minor() - rest.minor());
        self.quote.totals = Totals {
            list,
            goods_discount: less(list, goods),
            goods,
            shipping_list,
            shipping_discount: less(shipping_list, shipping),
            shipping,
            add_ons,
            payable: sum(&mut [goods, shipping, add_ons].into_iter())?,
        };
        Ok(())
    }
}
