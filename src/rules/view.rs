//! Conditions and benefits by kind, for whoever looks at a few kinds of them. Which kind each is is said here alone, so a new
//! condition or benefit stops the build here, and nobody passes over it without having said what it is.

use super::{
    AnyOf, BargainPrice, Benefit, Condition, Contains, DistinctSkus, Gift, Grant, GroupPrice, OrderNumber,
    PointsEarn, PointsRedeem, Quantity, Selector, Spend, SpendTiers, UnitLadder, UseBalance, Weekly, Window,
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
        match self.view() {
            View::Test(Test::Goods(goods)) => Some(goods),
            View::All(_)
            | View::Any(_)
            | View::Not(_)
            | View::Test(
                Test::Shipping(_)
                | Test::Window(_)
                | Test::Weekly(_)
                | Test::Code(_)
                | Test::FirstOrder
                | Test::OrderNumber(_)
                | Test::Fact,
            ) => None,
        }
    }

    /// The single test of a spend that it is.
    pub(crate) fn of_spend(&self) -> Option<&Spend> {
        self.of_goods().and_then(Goods::spend)
    }

    /// Whether it is a single test of the order's number.
    pub(crate) fn is_of_number(&self) -> bool {
        match self.view() {
            View::Test(Test::FirstOrder | Test::OrderNumber(_)) => true,
            View::All(_)
            | View::Any(_)
            | View::Not(_)
            | View::Test(
                Test::Goods(_)
                | Test::Shipping(_)
                | Test::Window(_)
                | Test::Weekly(_)
                | Test::Code(_)
                | Test::Fact,
            ) => false,
        }
    }

    /// The single test of weekly hours that it is.
    pub(crate) fn of_week(&self) -> Option<&Weekly> {
        match self.view() {
            View::Test(Test::Weekly(hours)) => Some(hours),
            View::All(_)
            | View::Any(_)
            | View::Not(_)
            | View::Test(
                Test::Goods(_)
                | Test::Shipping(_)
                | Test::Window(_)
                | Test::Code(_)
                | Test::FirstOrder
                | Test::OrderNumber(_)
                | Test::Fact,
            ) => None,
        }
    }

    /// The single test of how the cart is shipped that it is.
    pub(crate) fn of_shipping(&self) -> Option<&AnyOf<ShippingMethod>> {
        match self.view() {
            View::Test(Test::Shipping(methods)) => Some(methods),
            View::All(_)
            | View::Any(_)
            | View::Not(_)
            | View::Test(
                Test::Goods(_)
                | Test::Window(_)
                | Test::Weekly(_)
                | Test::Code(_)
                | Test::FirstOrder
                | Test::OrderNumber(_)
                | Test::Fact,
            ) => None,
        }
    }

    /// The single window that it is.
    pub(crate) fn of_window(&self) -> Option<&Window> {
        match self.view() {
            View::Test(Test::Window(window)) => Some(window),
            View::All(_)
            | View::Any(_)
            | View::Not(_)
            | View::Test(
                Test::Goods(_)
                | Test::Shipping(_)
                | Test::Weekly(_)
                | Test::Code(_)
                | Test::FirstOrder
                | Test::OrderNumber(_)
                | Test::Fact,
            ) => None,
        }
    }

    /// The single test of codes that it is.
    pub(crate) fn of_codes(&self) -> Option<&AnyOf<CouponCode>> {
        match self.view() {
            View::Test(Test::Code(codes)) => Some(codes),
            View::All(_)
            | View::Any(_)
            | View::Not(_)
            | View::Test(
                Test::Goods(_)
                | Test::Shipping(_)
                | Test::Window(_)
                | Test::Weekly(_)
                | Test::FirstOrder
                | Test::OrderNumber(_)
                | Test::Fact,
            ) => None,
        }
    }
}

/// What a benefit gives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gives<'b> {
    /// Something off goods in the cart, and off fees with them where it says so; nothing else.
    Off,
    /// Goods beside those in the cart, for nothing or for a price.
    Gift(&'b Gift),
    /// Something off shipping, and nothing else.
    Shipping,
    /// Points for a later order, and nothing now.
    Points(&'b PointsEarn),
    /// Coupons or money of the wallet for a later order, and nothing now.
    Grant(&'b Grant),
    /// Money for points of the wallet.
    Redeem(&'b PointsRedeem),
    /// What a deposit counts for.
    Presale,
    /// Money of the wallet.
    Balance(&'b UseBalance),
}

impl Benefit {
    /// What it gives.
    pub(crate) const fn gives(&self) -> Gives<'_> {
        match self {
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::SpendTiers(_)
            | Self::Every(_)
            | Self::QuantityTiers(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::UnitLadder(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::GroupPrice(_)
            | Self::BargainPrice(_) => Gives::Off,
            Self::Gift(gift) => Gives::Gift(gift),
            Self::Shipping(_) => Gives::Shipping,
            Self::PointsEarn(earn) => Gives::Points(earn),
            Self::Grant(grant) => Gives::Grant(grant),
            Self::PointsRedeem(redeem) => Gives::Redeem(redeem),
            Self::Presale(_) => Gives::Presale,
            Self::UseBalance(using) => Gives::Balance(using),
        }
    }

    /// The gifts it gives, where it gives some.
    pub(crate) const fn gift(&self) -> Option<&Gift> {
        match self.gives() {
            Gives::Gift(gift) => Some(gift),
            Gives::Off
            | Gives::Shipping
            | Gives::Points(_)
            | Gives::Grant(_)
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_) => None,
        }
    }

    /// The points it gives for a later order, where it gives some.
    pub(crate) const fn points(&self) -> Option<&PointsEarn> {
        match self.gives() {
            Gives::Points(earn) => Some(earn),
            Gives::Off
            | Gives::Gift(_)
            | Gives::Shipping
            | Gives::Grant(_)
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_) => None,
        }
    }

    /// The coupons or balances it gives for a later order, where it gives some.
    pub(crate) const fn grant(&self) -> Option<&Grant> {
        match self.gives() {
            Gives::Grant(grant) => Some(grant),
            Gives::Off
            | Gives::Gift(_)
            | Gives::Shipping
            | Gives::Points(_)
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_) => None,
        }
    }

    /// The conditions on which it gives more: those of factors on points.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let factors = self.points().map_or(&[][..], |earn| earn.multipliers.as_slice());
        factors.iter().filter_map(|factor| factor.when.as_ref())
    }

    /// The points it takes for money, where it takes some.
    pub(crate) const fn redeems(&self) -> Option<&PointsRedeem> {
        match self.gives() {
            Gives::Redeem(redeem) => Some(redeem),
            Gives::Off
            | Gives::Gift(_)
            | Gives::Shipping
            | Gives::Points(_)
            | Gives::Grant(_)
            | Gives::Presale
            | Gives::Balance(_) => None,
        }
    }

    /// The price it gives to those who buy together, where it gives one.
    pub(crate) const fn group_price(&self) -> Option<&GroupPrice> {
        match self {
            Self::GroupPrice(price) => Some(price),
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::SpendTiers(_)
            | Self::Every(_)
            | Self::QuantityTiers(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::UnitLadder(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::BargainPrice(_)
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::PointsEarn(_)
            | Self::Grant(_)
            | Self::PointsRedeem(_)
            | Self::Presale(_)
            | Self::UseBalance(_) => None,
        }
    }

    /// The price that shoppers bargain for, where it gives one.
    pub(crate) const fn bargain_price(&self) -> Option<&BargainPrice> {
        match self {
            Self::BargainPrice(price) => Some(price),
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::SpendTiers(_)
            | Self::Every(_)
            | Self::QuantityTiers(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::UnitLadder(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::GroupPrice(_)
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::PointsEarn(_)
            | Self::Grant(_)
            | Self::PointsRedeem(_)
            | Self::Presale(_)
            | Self::UseBalance(_) => None,
        }
    }

    /// The ladder by spend that it is.
    pub(crate) const fn spend_tiers(&self) -> Option<&SpendTiers> {
        match self {
            Self::SpendTiers(own) => Some(own),
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::Every(_)
            | Self::QuantityTiers(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::UnitLadder(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::GroupPrice(_)
            | Self::BargainPrice(_)
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::PointsEarn(_)
            | Self::Grant(_)
            | Self::PointsRedeem(_)
            | Self::Presale(_)
            | Self::UseBalance(_) => None,
        }
    }

    /// The ladder by places that it is.
    pub(crate) const fn unit_ladder(&self) -> Option<&UnitLadder> {
        match self {
            Self::UnitLadder(own) => Some(own),
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::SpendTiers(_)
            | Self::Every(_)
            | Self::QuantityTiers(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::GroupPrice(_)
            | Self::BargainPrice(_)
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::PointsEarn(_)
            | Self::Grant(_)
            | Self::PointsRedeem(_)
            | Self::Presale(_)
            | Self::UseBalance(_) => None,
        }
    }

    /// Whether it gives something for a later order, and nothing now.
    pub(crate) const fn is_for_later(&self) -> bool {
        self.points().is_some() || self.grant().is_some()
    }

    /// Whether it gives something off shipping alone.
    pub(crate) const fn is_off_shipping(&self) -> bool {
        match self.gives() {
            Gives::Shipping => true,
            Gives::Off
            | Gives::Gift(_)
            | Gives::Points(_)
            | Gives::Grant(_)
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_) => false,
        }
    }

    /// Whether it is paid for out of the wallet.
    pub(crate) const fn is_from_wallet(&self) -> bool {
        match self.gives() {
            Gives::Redeem(_) | Gives::Balance(_) => true,
            Gives::Off
            | Gives::Gift(_)
            | Gives::Shipping
            | Gives::Points(_)
            | Gives::Grant(_)
            | Gives::Presale => false,
        }
    }

    /// How many tiers or steps its ladder has; none where it is no ladder.
    pub(crate) const fn tiers(&self) -> usize {
        match self {
            Self::SpendTiers(off) => off.tiers.len(),
            Self::QuantityTiers(off) => off.tiers.len(),
            Self::UnitLadder(off) => off.steps.len(),
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::Every(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::GroupPrice(_)
            | Self::BargainPrice(_)
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::PointsEarn(_)
            | Self::Grant(_)
            | Self::PointsRedeem(_)
            | Self::Presale(_)
            | Self::UseBalance(_) => 0,
        }
    }

    /// Takes a tier or step off its ladder, counted from 0; `None` where there is none such.
    pub(crate) fn drop_tier(&mut self, tier: usize) -> Option<()> {
        if tier >= self.tiers() {
            return None;
        }
        match self {
            Self::SpendTiers(off) => drop(off.tiers.remove(tier)),
            Self::QuantityTiers(off) => drop(off.tiers.remove(tier)),
            Self::UnitLadder(off) => drop(off.steps.remove(tier)),
            Self::PercentOff(_)
            | Self::AmountOff(_)
            | Self::UnitPrice(_)
            | Self::TotalPrice(_)
            | Self::Every(_)
            | Self::BuyGet(_)
            | Self::NthUnit(_)
            | Self::NFor(_)
            | Self::Bundle(_)
            | Self::GroupPrice(_)
            | Self::BargainPrice(_)
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::PointsEarn(_)
            | Self::Grant(_)
            | Self::PointsRedeem(_)
            | Self::Presale(_)
            | Self::UseBalance(_) => {}
        }
        Some(())
    }
}
