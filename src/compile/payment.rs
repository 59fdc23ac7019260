//! Deposits and balances to their lowered forms.

use super::benefit::Lowered;
use super::lower::Lowering;
use super::plan::{PlanBenefit, PlanPresale, PlanUseBalance, Value, WithShipping};
use super::selector::{Lowered as Select, lower_selector};
use crate::rules::{Presale, UseBalance};

pub(super) fn lower_presale(lowering: &mut Lowering<'_>, presale: &Presale, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &presale.target, own);
    lowering.asks.quoted = true;
    let benefit = PlanPresale {
        target,
        deposit: lowering.minor(presale.deposit),
        worth: lowering.minor(presale.worth.unwrap_or(presale.deposit)),
        deposit_minutes: presale.deposit_minutes,
        missed: presale.missed,
        from: presale.balance.from,
        until: presale.balance.until,
    };
    Lowered::new(PlanBenefit::Presale(Box::new(benefit)), anchor)
}

pub(super) fn use_balance(lowering: &mut Lowering<'_>, balance: &UseBalance, own: Value) -> Lowered {
    // A balance pays for what is left when its turn comes, whatever the stage computes from.
    let Select { selector: target, anchor } = lower_selector(lowering, &balance.target, Value::Now);
    lowering.asks.quoted = true;
    let benefit = PlanUseBalance {
        target,
        class: balance.class.clone(),
        value: lowering.value(balance.base.as_ref(), own),
        every: balance.every.map(|step| (lowering.minor(step.spend), lowering.minor(step.amount))),
        share: balance.percent_max.map(|percent| lowering.rate(percent)),
        with_shipping: WithShipping::of(balance.with_shipping),
    };
    // Where shipping takes part, no goods have to be there.
    Lowered::new(PlanBenefit::UseBalance(Box::new(benefit)), anchor.filter(|_| !balance.with_shipping))
}
