//! Benefits by kind, for whoever looks at a few kinds of them. Which kind each is is said here alone, so a new benefit stops the
//! build here, and nobody passes over it without having said what it gives. What asks for one kind alone needs no list of the
//! others: a new one is not it.

use super::{
    BargainPrice, Benefit, Condition, Gift, Grant, GroupPrice, PointsEarn, PointsRedeem, Selector,
    SpendTiers, UnitLadder, UseBalance,
};

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
        if let Gives::Gift(gift) = self.gives() { Some(gift) } else { None }
    }

    /// The points it gives for a later order, where it gives some.
    pub(crate) const fn points(&self) -> Option<&PointsEarn> {
        if let Gives::Points(earn) = self.gives() { Some(earn) } else { None }
    }

    /// The coupons or balances it gives for a later order, where it gives some.
    pub(crate) const fn grant(&self) -> Option<&Grant> {
        if let Gives::Grant(grant) = self.gives() { Some(grant) } else { None }
    }

    /// Every selector in it, but those of conditions.
    pub(crate) fn selectors_mut(&mut self) -> Vec<&mut Selector> {
        match self {
            Self::PercentOff(off) => vec![&mut off.target],
            Self::AmountOff(off) => vec![&mut off.target],
            Self::UnitPrice(off) => vec![&mut off.target],
            Self::TotalPrice(off) => vec![&mut off.target],
            Self::SpendTiers(off) => off.qualifier.iter_mut().chain([&mut off.target]).collect(),
            Self::Every(off) => off.qualifier.iter_mut().chain([&mut off.target]).collect(),
            Self::QuantityTiers(off) => off.qualifier.iter_mut().chain([&mut off.target]).collect(),
            Self::BuyGet(off) => vec![&mut off.qualifier.selector, &mut off.target.selector],
            Self::NthUnit(off) => vec![&mut off.target],
            Self::UnitLadder(off) => vec![&mut off.target],
            Self::NFor(off) => vec![&mut off.target],
            Self::Bundle(off) => off.parts.iter_mut().map(|part| &mut part.selector).collect(),
            Self::GroupPrice(price) => vec![&mut price.target],
            Self::BargainPrice(price) => vec![&mut price.target],
            Self::Gift(gift) => vec![&mut gift.qualifier],
            Self::Shipping(_) => Vec::new(),
            Self::PointsEarn(earn) => {
                let factors = earn.multipliers.iter_mut().map(|factor| &mut factor.of);
                factors.chain([&mut earn.of]).collect()
            }
            Self::Grant(grant) => vec![&mut grant.qualifier],
            Self::PointsRedeem(redeem) => vec![&mut redeem.target],
            Self::Presale(presale) => vec![&mut presale.target],
            Self::UseBalance(using) => vec![&mut using.target],
        }
    }

    /// The conditions on which it gives more: those of factors on points.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let factors = self.points().map_or(&[][..], |earn| earn.multipliers.as_slice());
        factors.iter().filter_map(|factor| factor.when.as_ref())
    }

    /// The points it takes for money, where it takes some.
    pub(crate) const fn redeems(&self) -> Option<&PointsRedeem> {
        if let Gives::Redeem(redeem) = self.gives() { Some(redeem) } else { None }
    }

    /// The price it gives to those who buy together, where it gives one.
    pub(crate) const fn group_price(&self) -> Option<&GroupPrice> {
        if let Self::GroupPrice(price) = self { Some(price) } else { None }
    }

    /// The price that shoppers bargain for, where it gives one.
    pub(crate) const fn bargain_price(&self) -> Option<&BargainPrice> {
        if let Self::BargainPrice(price) = self { Some(price) } else { None }
    }

    /// The ladder by spend that it is.
    pub(crate) const fn spend_tiers(&self) -> Option<&SpendTiers> {
        if let Self::SpendTiers(own) = self { Some(own) } else { None }
    }

    /// The ladder by places that it is.
    pub(crate) const fn unit_ladder(&self) -> Option<&UnitLadder> {
        if let Self::UnitLadder(own) = self { Some(own) } else { None }
    }

    /// Whether it gives something for a later order, and nothing now.
    pub(crate) const fn is_for_later(&self) -> bool {
        self.points().is_some() || self.grant().is_some()
    }

    /// Whether it gives something off shipping alone.
    pub(crate) const fn is_off_shipping(&self) -> bool {
        matches!(self.gives(), Gives::Shipping)
    }

    /// Whether it is paid for out of the wallet.
    pub(crate) const fn is_from_wallet(&self) -> bool {
        matches!(self.gives(), Gives::Redeem(_) | Gives::Balance(_))
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
