//! Shoppers made up from the rules, when a catalogue lists none.

use std::collections::BTreeMap;

use super::favours::{Bargained, Purse, Wallet, bargain, favour, fill, groups, others_of, pick};
use super::levels::each_leaf;
use super::settings::SHOPPERS_MAX;
use crate::rules::{Condition, Rule, RuleSet, Weekly};
use crate::shop::{Catalogue, Context, CouponCode, Customer, Moment, Shopper, WalletCoupon};

const MINUTES_PER_DAY: u32 = 24 * 60;
/// Coupons in the wallet of a made-up shopper.
const HELD_MAX: usize = 64;

/// The catalogue's own shoppers, or some made up from the rules: at every moment at which the rules change one who meets all that
/// can be met together, then those whom conditions and benefits tell apart from that one, then one for every rule that asks for
/// something else.
pub(super) fn shoppers(rules: &RuleSet, catalogue: &Catalogue) -> Vec<Shopper> {
    if !catalogue.shoppers().is_empty() {
        return catalogue.shoppers().to_vec();
    }
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let moments = moments(&enabled);
    let mut contexts = Contexts::default();
    // Latest first: what is meant to run side by side has begun by then.
    let mut latest = moments.iter().rev().map(|moment| everything(&enabled, *moment));
    latest.by_ref().take(MOMENTS_FIRST).for_each(|context| contexts.add(context));
    let last = moments.last().copied().unwrap_or_default();
    let told_apart = told_apart(&enabled, catalogue, &everything(&enabled, last));
    let (first, more) = told_apart.split_at(told_apart.len().min(APART_FIRST));
    first.iter().for_each(|context| contexts.add(context.clone()));
    // Rules of one moment, and offset, have the same to begin with; there are no more of them than contexts here.
    let mut at_moment: BTreeMap<String, Context> = BTreeMap::new();
    for condition in enabled.iter().filter_map(|rule| rule.condition.as_ref()) {
        if contexts.is_full() {
            break;
        }
        let mut own = Vec::new();
        collect_moments(condition, &mut own);
        let moment = in_week(own.first().copied().unwrap_or(last), condition);
        let mut context =
            at_moment.entry(moment.to_string()).or_insert_with(|| everything(&enabled, moment)).clone();
        favour(&mut context, condition);
        context.now = moment;
        contexts.add(context);
    }
    while let Some(context) = latest.next().filter(|_| !contexts.is_full()) {
        contexts.add(context);
    }
    more.iter().for_each(|context| contexts.add(context.clone()));
    let codes = codes(&enabled);
    let named = contexts.list.into_iter().map(|context| {
        let mut shopper = Shopper::new(format!("a shopper at {}", context.now), context);
        shopper.codes = codes.iter().map(|code| (code.clone(), u32::MAX)).collect();
        shopper
    });
    named.collect()
}

/// Moments looked at before shoppers who differ in something else.
const MOMENTS_FIRST: usize = 6;
/// Shoppers who differ in something else that come before those of single rules.
const APART_FIRST: usize = 14;

/// Different contexts, so many at most.
#[derive(Default)]
struct Contexts {
    list: Vec<Context>,
}

impl Contexts {
    fn add(&mut self, context: Context) {
        if !self.is_full() && !self.list.contains(&context) {
            self.list.push(context);
        }
    }

    fn is_full(&self) -> bool {
        self.list.len() >= SHOPPERS_MAX
    }
}

/// The moments at which windows open, or end that never open; one at least.
fn moments(rules: &[&Rule]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for condition in rules.iter().filter_map(|rule| rule.condition.as_ref()) {
        collect_moments(condition, &mut moments);
    }
    moments.sort_by(|a, b| a.cmp_instant(*b));
    moments.dedup();
    if moments.is_empty() {
        moments.push(Moment::default());
    }
    moments
}

/// A shopper who meets what the rules ask of a customer, and holds every kind of coupon, but has nothing in the wallet to pay
/// with: what points and balances pay hides what rules do.
fn everything(rules: &[&Rule], moment: Moment) -> Context {
    let mut context = Context::new(moment).customer(Customer::new("shopper"));
    rules.iter().filter_map(|rule| rule.condition.as_ref()).for_each(|one| favour(&mut context, one));
    let held =
        |rule: &&&Rule| rule.coupon.as_ref().is_some_and(|coupon| coupon.wallet && coupon.codes.is_empty());
    let coupons = rules
        .iter()
        .filter(held)
        .map(|rule| WalletCoupon::new(format!("{} held", rule.id), rule.id.as_str()));
    context.coupons = coupons.take(HELD_MAX).collect();
    context.now = moment;
    context
}

/// Shoppers who differ from one in a single way that some rule can see: what is in the wallet, bargains, groups, picks, nothing
/// known of them at all, and the other values of what conditions look at. Values that no rule tells apart have one shopper.
fn told_apart(rules: &[&Rule], catalogue: &Catalogue, from: &Context) -> Vec<Context> {
    let mut list: Vec<Context> = Vec::new();
    let mut with = |change: &dyn Fn(&mut Context)| {
        if list.len() >= APART_MAX {
            return;
        }
        let mut context = from.clone();
        change(&mut context);
        if context != *from && !list.contains(&context) {
            list.push(context);
        }
    };
    let purse = Purse::of(catalogue);
    for how in [Wallet::Full, Wallet::Least] {
        with(&|context| rules.iter().for_each(|rule| fill(context, rule, &purse, how)));
    }
    for how in [Bargained::ToTheFloor, Bargained::Halfway] {
        with(&|context| rules.iter().for_each(|rule| bargain(context, rule, catalogue, how)));
    }
    with(&|context| rules.iter().for_each(|rule| pick(context, rule)));
    with(&|context| *context = Context::new(context.now).customer(Customer::new("shopper")));
    for rule in rules {
        groups(rule).into_iter().for_each(|group| with(&|context| context.group = Some(group)));
    }
    for condition in rules.iter().filter_map(|rule| rule.condition.as_ref()) {
        each_leaf(condition, &mut |leaf| {
            others_of(leaf).iter().for_each(|change| with(&|context| change(context)));
        });
    }
    list
}

/// Shoppers that differ from one in a single way.
const APART_MAX: usize = 64;

/// The first moment from one on at which the weekly hours of a condition hold.
fn in_week(moment: Moment, condition: &Condition) -> Moment {
    let mut weekly: Vec<&Weekly> = Vec::new();
    each_leaf(condition, &mut |leaf| {
        if let Some(hours) = leaf.of_week() {
            weekly.push(hours);
        }
    });
    let Some(hours) = weekly.first() else { return moment };
    let (_, minute) = moment.local(hours.offset);
    // To the minute at which the hours begin, then day by day.
    let begin = (MINUTES_PER_DAY + u32::from(hours.from.minute()) - u32::from(minute)) % MINUTES_PER_DAY;
    let mut moments = (0..=7).filter_map(|day| moment.after_minutes(begin + day * MINUTES_PER_DAY));
    let holds = |one: &Moment| hours.days.is_empty() || hours.days.contains(&one.local(hours.offset).0);
    moments.find(holds).unwrap_or(moment)
}

/// Every code a rule knows.
fn codes(rules: &[&Rule]) -> Vec<CouponCode> {
    let mut codes: Vec<CouponCode> = Vec::new();
    for rule in rules {
        codes.extend(rule.coupon.iter().filter_map(|coupon| coupon.codes.first().cloned()));
        if let Some(condition) = &rule.condition {
            collect_codes(condition, &mut codes);
        }
    }
    codes.sort();
    codes.dedup();
    codes
}

fn collect_codes(condition: &Condition, codes: &mut Vec<CouponCode>) {
    each_leaf(condition, &mut |leaf| {
        if let Some(known) = leaf.of_codes() {
            codes.extend(known.any_of.iter().cloned());
        }
    });
}

fn collect_moments(condition: &Condition, moments: &mut Vec<Moment>) {
    each_leaf(condition, &mut |leaf| {
        if let Some(window) = leaf.of_window() {
            moments.extend(window.from.or(window.until));
        }
    });
}
