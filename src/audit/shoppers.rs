//! Shoppers made up from the rules, when a catalogue lists none.

use super::levels::each_leaf;
use super::settings::SHOPPERS_MAX;

use crate::rules::{Condition, Rule, RuleSet, Weekly};
use crate::shop::{BuyingGroup, Context, CouponCode, Customer, GroupRole, Moment, Shopper, WalletCoupon};

const MINUTES_PER_DAY: u32 = 24 * 60;
/// Coupons in the wallet of a made-up shopper.
const HELD_MAX: usize = 64;

/// The catalogue's own shoppers, or one for every moment at which the rules change, who meets all that can be met
/// together, and one for every rule that asks for something else.
pub(super) fn shoppers(rules: &RuleSet, given: &[Shopper]) -> Vec<Shopper> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let mut moments: Vec<Moment> = Vec::new();
    for condition in enabled.iter().filter_map(|rule| rule.condition.as_ref()) {
        collect_moments(condition, &mut moments);
    }
    moments.sort_by(|a, b| a.cmp_instant(*b));
    moments.dedup();
    if moments.is_empty() {
        moments.push(Moment::default());
    }
    let mut contexts: Vec<Context> = Vec::new();
    let mut add = |context: Context| {
        if !contexts.contains(&context) && contexts.len() < SHOPPERS_MAX {
            contexts.push(context);
        }
    };
    let everything = |moment: &Moment| {
        let mut context = Context::new(*moment).customer(Customer::new("shopper"));
        enabled.iter().filter_map(|rule| rule.condition.as_ref()).for_each(|one| favour(&mut context, one));
        let held = |rule: &&&Rule| {
            rule.coupon.as_ref().is_some_and(|coupon| coupon.wallet && coupon.codes.is_empty())
        };
        let coupons = enabled
            .iter()
            .filter(held)
            .map(|rule| WalletCoupon::new(format!("{} held", rule.id), rule.id.as_str()));
        context.coupons = coupons.take(HELD_MAX).collect();
        context.now = *moment;
        context
    };
    // Latest first: what is meant to run side by side has begun by then.
    moments.iter().rev().for_each(|moment| add(everything(moment)));
    for condition in enabled.iter().filter_map(|rule| rule.condition.as_ref()) {
        let mut own = Vec::new();
        collect_moments(condition, &mut own);
        if let Some(moment) = own.first().or(moments.last()) {
            let moment = in_week(*moment, condition);
            let mut context = everything(&moment);
            favour(&mut context, condition);
            context.now = moment;
            add(context);
        }
    }
    let codes = codes(&enabled);
    let named = contexts.into_iter().map(|context| {
        let mut shopper = Shopper::new(format!("a shopper at {}", context.now), context);
        shopper.codes = codes.iter().map(|code| (code.clone(), u32::MAX)).collect();
        shopper
    });
    named.collect()
}

/// The first moment from one on at which the weekly hours of a condition hold.
fn in_week(moment: Moment, condition: &Condition) -> Moment {
    let mut weekly: Vec<&Weekly> = Vec::new();
    each_leaf(condition, &mut |leaf| {
        if let Condition::Weekly(hours) = leaf {
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
        if let Condition::Code(known) = leaf {
            codes.extend(known.any_of.iter().cloned());
        }
    });
}

fn collect_moments(condition: &Condition, moments: &mut Vec<Moment>) {
    each_leaf(condition, &mut |leaf| {
        if let Condition::Window(window) = leaf {
            moments.extend(window.from.or(window.until));
        }
    });
}

/// Changes a context so that it meets a condition, as far as facts of the customer can.
fn favour(context: &mut Context, condition: &Condition) {
    match condition {
        Condition::All(nested) => nested.iter().for_each(|one| favour(context, one)),
        Condition::Any(nested) => nested.iter().take(1).for_each(|one| favour(context, one)),
        Condition::Segment(of) => context.customer.segments.extend(of.any_of.iter().cloned()),
        Condition::Level(range) => {
            let wanted = range.at_least.or(range.at_most);
            context.customer.level = context.customer.level.max(wanted);
        }
        Condition::FirstOrder {} => context.customer.order_number = Some(1),
        Condition::OrderNumber(number) => {
            context.customer.order_number = number.at_least.or(number.every).or(Some(1));
        }
        Condition::Birthday(_) => {
            let (month, day) = context.now.month_and_day();
            let fits = |part: u32| u8::try_from(part).unwrap_or(1);
            context.customer.birthday = Some(crate::shop::Birthday { month: fits(month), day: fits(day) });
        }
        Condition::Channel(of) => context.channel = of.any_of.first().cloned(),
        Condition::Region(of) => context.region = of.any_of.first().cloned(),
        Condition::PaymentMethod(of) => context.payment_method = of.any_of.first().cloned(),
        Condition::GroupSize(range) => {
            let size = context.group.map(|group| group.size).max(range.at_least.or(range.at_most));
            context.group = size.map(|size| BuyingGroup::new(size).role(GroupRole::Leader));
        }
        Condition::Attribute(test) => {
            let number = test.at_least.or(test.at_most).map(crate::shop::AttributeValue::Number);
            if let Some(value) = test.any_of.first().cloned().or(number) {
                context.attributes.insert(test.key.clone(), value);
            }
        }
        Condition::Not(_)
        | Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Spend(_)
        | Condition::Quantity(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::Code(_)
        | Condition::Experiment(_) => {}
    }
}
