//! What makes a shopper meet a condition, and what benefits ask a shopper to have: wallet, group, bargains, picks.

use crate::money::{Amount, Currency, Money};
use crate::rules::{Condition, Experiment, Gives, PointsRedeem, Rule, UseBalance};
use crate::shop::{
    AttributeValue, Balance, Birthday, BuyingGroup, Catalogue, Context, CustomerId, GroupRole, Product,
};

/// Products that a made-up shopper has bargained for.
const BARGAINS_MAX: usize = 8;
/// Names tried until one falls into the arm of an experiment.
const NAMES_MAX: u32 = 256;
/// Of the dearest product a full wallet pays so many pieces.
const PIECES_PAID: i64 = 10;

/// Changes a context so that it meets a condition, as far as facts of the customer can.
pub(super) fn favour(context: &mut Context, condition: &Condition) {
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
            context.customer.birthday = Some(Birthday { month: fits(month), day: fits(day) });
        }
        Condition::Channel(of) => context.channel = of.any_of.first().cloned(),
        Condition::Region(of) => context.region = of.any_of.first().cloned(),
        Condition::PaymentMethod(of) => context.payment_method = of.any_of.first().cloned(),
        Condition::GroupSize(range) => {
            let size = context.group.map(|group| group.size).max(range.at_least.or(range.at_most));
            context.group = size.map(|size| BuyingGroup::new(size).role(GroupRole::Leader));
        }
        Condition::Attribute(test) => {
            let number = test.at_least.or(test.at_most).map(AttributeValue::Number);
            if let Some(value) = test.any_of.first().cloned().or(number) {
                context.attributes.insert(test.key.clone(), value);
            }
        }
        Condition::Experiment(experiment) => {
            context.customer.id = named_for(experiment).or(context.customer.id.take());
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
        | Condition::Code(_) => {}
    }
}

/// A customer who falls into an arm.
fn named_for(experiment: &Experiment) -> Option<CustomerId> {
    let (from, until) = (experiment.from.to_rate().ok()?.ppm(), experiment.until.to_rate().ok()?.ppm());
    let mut names = (0..NAMES_MAX).map(|number| format!("shopper {number}"));
    let falls_in = |name: &String| {
        let place = crate::evaluate::place_in(experiment.id.as_str(), name);
        from <= place && place < until
    };
    names.find(falls_in).map(CustomerId::new)
}

/// A change of one fact.
pub(super) type Other<'c> = Box<dyn Fn(&mut Context) + 'c>;

/// The values of one fact that a condition tells apart from what [`favour`] takes, each as a change of a context: the bounds of
/// ranges and the value beyond, and every other member of a list.
pub(super) fn others_of(condition: &Condition) -> Vec<Other<'_>> {
    let mut list: Vec<Other<'_>> = Vec::new();
    match condition {
        Condition::Level(range) => {
            for level in around(range.at_least, range.at_most) {
                list.push(Box::new(move |context| context.customer.level = Some(level)));
            }
        }
        Condition::FirstOrder {} => {
            list.push(Box::new(|context| context.customer.order_number = Some(1)));
            list.push(Box::new(|context| context.customer.order_number = Some(2)));
        }
        Condition::OrderNumber(number) => {
            let every = number.every.into_iter().flat_map(|every| [every, every.saturating_add(1)]);
            for number in around(number.at_least, number.at_most).chain(every) {
                list.push(Box::new(move |context| context.customer.order_number = Some(number.max(1))));
            }
        }
        Condition::Birthday(_) => list.push(Box::new(|context| context.customer.birthday = None)),
        Condition::GroupSize(range) => {
            for size in around(range.at_least, range.at_most).filter(|size| *size > 0) {
                list.push(Box::new(move |context| context.group = Some(BuyingGroup::new(size))));
            }
        }
        Condition::Segment(of) => list.push(Box::new(move |context| {
            context.customer.segments.retain(|segment| !of.any_of.contains(segment));
        })),
        Condition::Channel(of) => list.extend(of.any_of.iter().skip(1).map(|other| {
            Box::new(move |context: &mut Context| context.channel = Some(other.clone())) as Box<_>
        })),
        Condition::Region(of) => list.extend(of.any_of.iter().skip(1).map(|other| {
            Box::new(move |context: &mut Context| context.region = Some(other.clone())) as Box<_>
        })),
        Condition::PaymentMethod(of) => list.extend(of.any_of.iter().skip(1).map(|other| {
            Box::new(move |context: &mut Context| context.payment_method = Some(other.clone())) as Box<_>
        })),
        Condition::Attribute(test) => list.extend(test.any_of.iter().skip(1).map(|other| {
            let change = move |context: &mut Context| {
                context.attributes.insert(test.key.clone(), other.clone());
            };
            Box::new(change) as Box<_>
        })),
        // Leaves are handed in one by one.
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => {}
        Condition::Experiment(_)
        | Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Spend(_)
        | Condition::Quantity(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::Code(_) => {}
    }
    list
}

/// The bounds of a range, and the numbers just outside.
fn around(at_least: Option<u32>, at_most: Option<u32>) -> impl Iterator<Item = u32> {
    let low = at_least.into_iter().flat_map(|least| [least, least.saturating_sub(1)]);
    low.chain(at_most.into_iter().flat_map(|most| [most, most.saturating_add(1)]))
}

/// How much of what rules let a shopper use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wallet {
    /// More than any few orders can use.
    Full,
    /// As little as the rule takes at all.
    Least,
}

/// Puts points and balances for a rule into the wallet.
pub(super) fn fill(context: &mut Context, rule: &Rule, purse: &Purse, how: Wallet) {
    match rule.benefit.gives() {
        Gives::Redeem(redeem) => {
            let points = points(redeem, purse, how).max(context.wallet.points);
            (context.wallet.points, context.wallet.redeem_points) = (points, points);
        }
        Gives::Balance(using) => {
            let amount = balance(using, purse, how);
            let balance = Balance::new(using.class.as_str(), amount);
            context.wallet.balances.insert(using.class.as_str().into(), balance);
        }
        Gives::Off
        | Gives::Gift(_)
        | Gives::Shipping
        | Gives::Points(_)
        | Gives::Grant(_)
        | Gives::Presale => {}
    }
}

/// What a few orders can cost.
pub(super) struct Purse {
    currency: Currency,
    /// What the dearest goods cost in a few pieces, in minor units.
    few_orders: i64,
}

impl Purse {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let dearest = catalogue.products().iter().map(|product| product.piece.list_price.minor()).max();
        let few_orders = dearest.unwrap_or(1).max(1).saturating_mul(PIECES_PAID);
        Self { currency: catalogue.currency(), few_orders }
    }
}

fn points(redeem: &PointsRedeem, purse: &Purse, how: Wallet) -> u64 {
    let step = u64::from(redeem.step.max(1));
    let least = step.max(redeem.points_min.map_or(0, u64::from));
    match how {
        Wallet::Least => least,
        Wallet::Full => {
            let value = redeem.value.to_money(purse.currency).map_or(1, Money::minor).max(1);
            let steps = purse.few_orders.checked_div(value).unwrap_or(0).saturating_add(1);
            let enough = step.saturating_mul(u64::try_from(steps).unwrap_or(1));
            let most = redeem.points_max.map_or(u64::MAX, u64::from);
            enough.min(most).max(least)
        }
    }
}

fn balance(using: &UseBalance, purse: &Purse, how: Wallet) -> Amount {
    let full = || Amount::from_money(Money::from_minor(purse.few_orders), purse.currency);
    match how {
        Wallet::Full => full(),
        Wallet::Least => using.every.map_or_else(full, |every| every.amount),
    }
}

/// How far a shopper has bargained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bargained {
    ToTheFloor,
    Halfway,
}

/// Lets a shopper have bargained for some of the products of a rule, the costliest for the shop first.
pub(super) fn bargain(context: &mut Context, rule: &Rule, catalogue: &Catalogue, how: Bargained) {
    let Some(terms) = rule.benefit.bargain_price() else { return };
    let Ok(floor) = terms.floor.to_money(catalogue.currency()) else { return };
    let is_taken = |product: &&Product| {
        terms.target.takes(&product.piece) != Some(false) && product.piece.list_price > floor
    };
    let mut taken: Vec<&Product> = catalogue.products().iter().filter(is_taken).collect();
    taken.sort_by_key(|product| {
        let worth = product.least_worth().unwrap_or(product.piece.list_price);
        (std::cmp::Reverse(worth), product.piece.sku.clone())
    });
    for product in taken.into_iter().take(BARGAINS_MAX) {
        let half = product.piece.list_price.minor().saturating_add(floor.minor()) / 2;
        let price = match how {
            Bargained::ToTheFloor => floor,
            Bargained::Halfway => Money::from_minor(half),
        };
        let price = Amount::from_money(price, catalogue.currency());
        context.bargains.insert(product.piece.sku.clone(), price);
    }
}

/// The groups that a rule gives a price to, the largest first: as leader and as member.
pub(super) fn groups(rule: &Rule) -> Vec<BuyingGroup> {
    let Some(terms) = rule.benefit.group_price() else { return Vec::new() };
    let sizes = terms.tiers.iter().rev().map(|tier| tier.size);
    sizes.flat_map(|size| [BuyingGroup::new(size).role(GroupRole::Leader), BuyingGroup::new(size)]).collect()
}

/// Lets a shopper pick what is to be paid for among the gifts of a rule.
pub(super) fn pick(context: &mut Context, rule: &Rule) {
    if let Some(gift) = rule.benefit.gift() {
        let paid = gift.options.iter().filter(|option| option.price.is_some());
        context.gifts.extend(paid.map(|option| option.sku.clone()));
    }
}
