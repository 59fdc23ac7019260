//! Conditions by kind, for whoever looks at a few kinds of them. Which kind each is is said here alone, so a new condition stops
//! the build here, and nobody passes over it without having said what it is. What asks for one kind alone needs no list of the
//! others: a new one is not it.

use super::{
    AnyOf, Condition, Contains, DistinctSkus, OrderNumber, Quantity, Selector, Spend, Weekly, Window,
};
use crate::shop::{CouponCode, ShippingMethod};

/// A condition: made of others, or a single test.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'c> {
    /// All of them hold.
    All(&'c [Condition]),
    /// One of them holds.
    Any(&'c [Condition]),
    /// It does not hold.
    Not(&'c Condition),
    /// A single test.
    Test(Test<'c>),
}

/// A single test.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Test<'c> {
    /// Of the goods in the cart.
    Goods(Goods<'c>),
    /// Of how the cart is shipped.
    Shipping(&'c AnyOf<ShippingMethod>),
    /// Of the moment.
    Window(&'c Window),
    /// Of the moment in its week.
    Weekly(&'c Weekly),
    /// Of the codes entered.
    Code(&'c AnyOf<CouponCode>),
    /// Of the order's number among the customer's.
    FirstOrder,
    /// Of the order's number among the customer's.
    OrderNumber(&'c OrderNumber),
    /// Of any other fact about the customer or the order: one that goods, moment, codes and earlier orders do not change.
    Fact,
}

/// A test of the goods in the cart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goods<'c> {
    /// What they are worth.
    Spend(&'c Spend),
    /// How many there are.
    Quantity(&'c Quantity),
    /// How many products there are.
    DistinctSkus(&'c DistinctSkus),
    /// Whether there is one.
    Contains(&'c Contains),
}

impl<'c> Goods<'c> {
    /// The goods that count.
    pub(crate) const fn of(self) -> &'c Selector {
        match self {
            Self::Spend(spend) => &spend.of,
            Self::Quantity(quantity) => &quantity.of,
            Self::DistinctSkus(distinct) => &distinct.of,
            Self::Contains(contains) => &contains.of,
        }
    }

    /// Whether it tells two products from more of one.
    pub(crate) const fn counts_products(self) -> bool {
        match self {
            Self::DistinctSkus(_) => true,
            Self::Spend(_) | Self::Quantity(_) | Self::Contains(_) => false,
        }
    }

    /// The test without an end above; `None` where nothing else is asked for.
    fn without_most(self) -> Option<Condition> {
        match self {
            Self::Spend(spend) => {
                let spend = Spend { at_most: None, ..spend.clone() };
                spend.at_least.is_some().then_some(Condition::Spend(spend))
            }
            Self::Quantity(quantity) => {
                let quantity = Quantity { at_most: None, ..quantity.clone() };
                quantity.at_least.is_some().then_some(Condition::Quantity(quantity))
            }
            // More goods never keep these from holding.
            Self::DistinctSkus(distinct) => Some(Condition::DistinctSkus(distinct.clone())),
            Self::Contains(contains) => Some(Condition::Contains(contains.clone())),
        }
    }

    /// Whether it asks for so many goods at least. Where some have to be in the cart at all it is no matter of how many: a rule that
    /// refuses them means to.
    const fn asks_for_more(self) -> bool {
        match self {
            Self::Spend(spend) => spend.at_least.is_some(),
            Self::Quantity(quantity) => quantity.at_least.is_some(),
            Self::DistinctSkus(_) => true,
            Self::Contains(_) => false,
        }
    }

    /// The most pieces it asks for, where it does.
    pub(crate) const fn pieces_max(self) -> Option<u32> {
        match self {
            Self::Quantity(quantity) => quantity.at_most,
            Self::Spend(_) | Self::DistinctSkus(_) | Self::Contains(_) => None,
        }
    }

    /// The test of what they are worth, where it is one.
    pub(crate) const fn spend(self) -> Option<&'c Spend> {
        match self {
            Self::Spend(spend) => Some(spend),
            Self::Quantity(_) | Self::DistinctSkus(_) | Self::Contains(_) => None,
        }
    }
}

impl Condition {
    /// What it is made of, or which test it is.
    pub(crate) fn view(&self) -> View<'_> {
        View::Test(match self {
            Self::All(nested) => return View::All(nested),
            Self::Any(nested) => return View::Any(nested),
            Self::Not(nested) => return View::Not(nested),
            Self::Spend(spend) => Test::Goods(Goods::Spend(spend)),
            Self::Quantity(quantity) => Test::Goods(Goods::Quantity(quantity)),
            Self::DistinctSkus(distinct) => Test::Goods(Goods::DistinctSkus(distinct)),
            Self::Contains(contains) => Test::Goods(Goods::Contains(contains)),
            Self::ShippingMethod(methods) => Test::Shipping(methods),
            Self::Window(window) => Test::Window(window),
            Self::Weekly(weekly) => Test::Weekly(weekly),
            Self::Code(codes) => Test::Code(codes),
            Self::FirstOrder {} => Test::FirstOrder,
            Self::OrderNumber(number) => Test::OrderNumber(number),
            Self::Segment(_)
            | Self::Level(_)
            | Self::Birthday(_)
            | Self::Channel(_)
            | Self::Region(_)
            | Self::PaymentMethod(_)
            | Self::Currency(_)
            | Self::GroupSize(_)
            | Self::Experiment(_)
            | Self::Attribute(_) => Test::Fact,
        })
    }

    /// The single test of goods that it is; `None` where it is another test, or made of several.
    pub(crate) fn of_goods(&self) -> Option<Goods<'_>> {
        if let View::Test(Test::Goods(goods)) = self.view() { Some(goods) } else { None }
    }

    /// The single test of a spend that it is.
    pub(crate) fn of_spend(&self) -> Option<&Spend> {
        self.of_goods().and_then(Goods::spend)
    }

    /// The condition without what more goods in the cart keep from holding; `None` where nothing else is asked for. The nesting
    /// is bounded by validation.
    pub(crate) fn without_most(&self) -> Option<Self> {
        match self.view() {
            View::All(nested) => {
                let left: Vec<Self> = nested.iter().filter_map(Self::without_most).collect();
                (nested.is_empty() || !left.is_empty()).then_some(Self::All(left))
            }
            // Where one of them always holds, so does the whole.
            View::Any(nested) => {
                nested.iter().map(Self::without_most).collect::<Option<Vec<Self>>>().map(Self::Any)
            }
            View::Not(nested) => match nested.view() {
                View::All(_) | View::Any(_) | View::Not(_) => {
                    let opened = nested.opposite();
                    let left = opened.without_most();
                    // As it is written, where there is nothing to take out.
                    if left.as_ref() == Some(&opened) { Some(self.clone()) } else { left }
                }
                View::Test(_) => {
                    let ends = nested.of_goods().is_some_and(Goods::asks_for_more);
                    (!ends).then(|| self.clone())
                }
            },
            View::Test(Test::Goods(goods)) => goods.without_most(),
            View::Test(
                Test::Shipping(_)
                | Test::Window(_)
                | Test::Weekly(_)
                | Test::Code(_)
                | Test::FirstOrder
                | Test::OrderNumber(_)
                | Test::Fact,
            ) => Some(self.clone()),
        }
    }

    /// What holds where it does not, with `not` one step further inside.
    fn opposite(&self) -> Self {
        let not = |one: &Self| Self::Not(Box::new(one.clone()));
        match self.view() {
            View::All(nested) => Self::Any(nested.iter().map(not).collect()),
            View::Any(nested) => Self::All(nested.iter().map(not).collect()),
            View::Not(nested) => nested.clone(),
            View::Test(_) => not(self),
        }
    }

    /// Whether it is a single test of the order's number.
    pub(crate) fn is_of_number(&self) -> bool {
        matches!(self.view(), View::Test(Test::FirstOrder | Test::OrderNumber(_)))
    }

    /// The single test of weekly hours that it is.
    pub(crate) fn of_week(&self) -> Option<&Weekly> {
        if let View::Test(Test::Weekly(hours)) = self.view() { Some(hours) } else { None }
    }

    /// The single test of how the cart is shipped that it is.
    pub(crate) fn of_shipping(&self) -> Option<&AnyOf<ShippingMethod>> {
        if let View::Test(Test::Shipping(methods)) = self.view() { Some(methods) } else { None }
    }

    /// The single window that it is.
    pub(crate) fn of_window(&self) -> Option<&Window> {
        if let View::Test(Test::Window(window)) = self.view() { Some(window) } else { None }
    }

    /// The single test of codes that it is.
    pub(crate) fn of_codes(&self) -> Option<&AnyOf<CouponCode>> {
        if let View::Test(Test::Code(codes)) = self.view() { Some(codes) } else { None }
    }
}
