//! Quotas that several rules share.

use std::collections::BTreeMap;

use super::bytes::Bytes;
use super::rules::{may_limit_units, near};
use crate::record::QuotaUsage;
use crate::rules::{Quota, QuotaId, Rule, Select, Stage};

/// Makes a campaign's quota, and now and then a slot's, and lets rules that count units draw on them.
pub(super) fn share(bytes: &mut Bytes, rules: &mut [Rule], stages: &[Stage]) -> Vec<Quota> {
    if !bytes.in_16(7) {
        return Vec::new();
    }
    let mut quotas = Vec::new();
    for id in ["slot", "campaign"].into_iter().take(bytes.one_of([1, 2])) {
        let quota = Quota::new(id);
        let few = bytes.one_of([3, 2, 5, 1]);
        quotas.push(match bytes.below(4) {
            0 => quota.units_per_customer(few),
            1 => quota.units(few).units_per_customer(few),
            _ => quota.units(few),
        });
    }
    // A stage that selects by product cannot share a quota out.
    let by_product = |rule: &Rule| {
        stages.iter().any(|stage| stage.id == rule.stage && stage.select == Select::BestPerLine)
    };
    for rule in rules.iter_mut().filter(|rule| may_limit_units(&rule.benefit) && !by_product(rule)) {
        for quota in &quotas {
            if bytes.in_16(11) {
                *rule = rule.clone().quota(quota.id.as_str());
            }
        }
    }
    quotas
}

/// What is used of quotas.
pub(super) fn usage(bytes: &mut Bytes, quotas: &[Quota]) -> BTreeMap<QuotaId, QuotaUsage> {
    let mut usage = BTreeMap::new();
    for quota in quotas {
        let units = near(bytes, quota.units);
        let used = QuotaUsage { units, customer_units: near(bytes, quota.units_per_customer) };
        if used != QuotaUsage::default() {
            usage.insert(quota.id.clone(), used);
        }
    }
    usage
}
