//! Ladders: the highest tier reached gives the percentage, or the amount per line.

use dealproof::money::{Amount, Currency, Money, Percent};
use dealproof::rules::{
    AmountOff, Base, Benefit, Condition, Per, Quantity, QuantityTier, QuantityTiers, Selector, Spend,
    SpendTier, SpendTiers, TierOff, Within,
};
use serde_json::Value;

use super::{Draft, Level, Reader, some_percent};
use crate::conformance::form::{Fields, SetAside};
use crate::conformance::translate::CART_START;

/// What decides the tier.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Metric {
    OrderSubtotal,
    LineAmount,
    EligibleQuantity,
}

/// A tier, reached from so many minor units or pieces on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tier<T> {
    from: i64,
    off: T,
}

impl Reader<'_> {
    pub(super) fn tiered_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let base: Option<Percent> = self.fields.take("base_percent")?;
        let metric = self.metric()?;
        let tiers = self.tiers(metric, base, "percent")?;
        let tiers = rising(tiers, |percent| percent)?;
        let tiers: Result<Vec<Tier<TierOff>>, SetAside> = tiers
            .into_iter()
            .filter_map(|tier| {
                let some = some_percent(tier.off).transpose()?;
                Some(some.map(|percent| Tier { from: tier.from, off: TierOff::Percent(percent) }))
            })
            .collect();
        let (target, _) = self.selector("applies_to")?;
        Ok(self
            .ladder(metric, &tiers?, target)?
            .map(|benefit| {
                let draft = Draft::new(benefit, Level::Item, self.item_rounding());
                draft.per(match metric {
                    Metric::LineAmount => Per::Line,
                    Metric::OrderSubtotal | Metric::EligibleQuantity => Per::Order,
                })
            })
            .into_iter()
            .collect())
    }

    pub(super) fn tiered_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let base: Option<Amount> = self.fields.take("base_amount")?;
        let metric = self.metric()?;
        let tiers = self.tiers(metric, base, "amount")?;
        let mut tiers = rising(tiers, |amount| amount)?;
        let mut some = Vec::new();
        for tier in tiers.drain(..) {
            if let Some(off) = self.some_amount(tier.off)? {
                some.push(Tier { from: tier.from, off });
            }
        }
        let (target, _) = self.selector("applies_to")?;
        match metric {
            Metric::LineAmount => {
                let tiers: Vec<Tier<TierOff>> = some
                    .into_iter()
                    .map(|tier| Tier { from: tier.from, off: TierOff::Amount(tier.off) })
                    .collect();
                let benefit = self.ladder(metric, &tiers, target)?;
                Ok(benefit
                    .map(|benefit| Draft::new(benefit, Level::Item, self.once()).per(Per::Line))
                    .into_iter()
                    .collect())
            }
            Metric::OrderSubtotal | Metric::EligibleQuantity => {
                Ok(self.amounts_per_line(metric, &some, &target))
            }
        }
    }

    fn metric(&mut self) -> Result<Metric, SetAside> {
        let name: String = self.fields.need("metric")?;
        match name.as_str() {
            "order_subtotal" => Ok(Metric::OrderSubtotal),
            "line_amount" => Ok(Metric::LineAmount),
            "eligible_quantity" => Ok(Metric::EligibleQuantity),
            _ => Err(SetAside::new(format!("metric {name} is not known"))),
        }
    }

    /// The tiers by rising threshold, the base one reached by anything at all.
    fn tiers<T: serde::de::DeserializeOwned>(
        &mut self,
        metric: Metric,
        base: Option<T>,
        key: &str,
    ) -> Result<Vec<Tier<T>>, SetAside> {
        let mut tiers: Vec<Tier<T>> = Vec::new();
        // One minor unit or piece is as good as none: what is worth nothing cannot be reduced.
        tiers.extend(base.map(|off| Tier { from: 1, off }));
        for form in self.fields.take::<Vec<Value>>("tiers")?.unwrap_or_default() {
            let mut fields = Fields::new("tier", &form)?;
            let from = match metric {
                Metric::EligibleQuantity => fields.need::<u32>("from")?.into(),
                Metric::OrderSubtotal | Metric::LineAmount => {
                    self.adapter.money(fields.need("from")?)?.minor()
                }
            };
            let off = fields.need(key)?;
            fields.end()?;
            tiers.push(Tier { from: from.max(1), off });
        }
        tiers.sort_by_key(|tier| tier.from);
        Ok(tiers)
    }

    /// The benefit of a ladder; `None` without tiers.
    fn ladder(
        &self,
        metric: Metric,
        tiers: &[Tier<TierOff>],
        target: Selector,
    ) -> Result<Option<Benefit>, SetAside> {
        if tiers.is_empty() {
            return Ok(None);
        }
        if metric == Metric::EligibleQuantity {
            let tiers: Result<Vec<QuantityTier>, SetAside> =
                tiers.iter().map(|tier| Ok(QuantityTier { at: pieces(tier.from)?, off: tier.off })).collect();
            return Ok(Some(Benefit::QuantityTiers(QuantityTiers::new(tiers?).target(target))));
        }
        let currency = self.adapter.currency;
        let ladder = SpendTiers::new(
            tiers.iter().map(|tier| SpendTier { at: amount(tier.from, currency), off: tier.off }),
        )
        .base(Base::Stage(CART_START.into()))
        .target(target);
        Ok(Some(Benefit::SpendTiers(match metric {
            Metric::OrderSubtotal => ladder.qualifier(Selector::all()),
            Metric::LineAmount | Metric::EligibleQuantity => ladder,
        })))
    }

    /// An amount off each line by what the order comes to: a rule for each tier, which holds up to the next one.
    fn amounts_per_line(&self, metric: Metric, tiers: &[Tier<Amount>], target: &Selector) -> Vec<Draft> {
        let ends = tiers.iter().skip(1).map(|next| Some(next.from - 1));
        let ends = ends.chain([None]);
        tiers
            .iter()
            .zip(ends)
            .map(|(tier, end)| {
                let off = AmountOff::once(tier.off).target(target.clone());
                let currency = self.adapter.currency;
                let when = match metric {
                    Metric::EligibleQuantity => {
                        let end = end.and_then(|end| u32::try_from(end).ok());
                        let least = u32::try_from(tier.from).ok();
                        let quantity = Quantity::between(target.clone(), least, end);
                        Condition::Quantity(quantity.within(Within::Order))
                    }
                    Metric::OrderSubtotal | Metric::LineAmount => {
                        let least = Some(amount(tier.from, currency));
                        let most = end.map(|end| amount(end, currency));
                        let spend = Spend::between(Selector::all(), least, most)
                            .base(Base::Stage(CART_START.into()))
                            .within(Within::Order);
                        Condition::Spend(spend)
                    }
                };
                Draft::new(Benefit::AmountOff(off), Level::Item, self.once()).per(Per::Line).when(when)
            })
            .collect()
    }
}

fn amount(minor: i64, currency: Currency) -> Amount {
    Amount::from_money(Money::from_minor(minor), currency)
}

fn pieces(from: i64) -> Result<u32, SetAside> {
    u32::try_from(from).map_err(|_| SetAside::new(format!("a tier from {from} pieces")))
}

/// Leaves out tiers that give as much as the one below; one that gives less has no place in a ladder (M-5).
fn rising<T: Copy, K: PartialOrd>(
    tiers: Vec<Tier<T>>,
    size: impl Fn(T) -> K,
) -> Result<Vec<Tier<T>>, SetAside> {
    let mut kept: Vec<Tier<T>> = Vec::new();
    for tier in tiers {
        if let Some(below) = kept.last_mut() {
            if size(tier.off) < size(below.off) {
                return Err(SetAside::new("a tier that gives less than the one below"));
            }
            if tier.from == below.from {
                *below = tier;
                continue;
            }
            if size(tier.off) == size(below.off) {
                continue;
            }
        }
        kept.push(tier);
    }
    Ok(kept)
}
