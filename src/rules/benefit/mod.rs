//! What a rule gives.

mod gift;
mod grant;
mod ladder;
mod multi;
mod off;
mod payment;
mod points;
mod price;
mod shipping;

pub use gift::{Gift, GiftOption};
pub use grant::{Given, GivenBalance, Grant};
pub use ladder::{Every, QuantityTier, QuantityTiers, SpendTier, SpendTiers, TierOff, UnitLadder, UnitStep};
pub use multi::{Bundle, BuyGet, GroupOff, NFor, NthUnit, Pool, Take, UnitOff};
pub use off::{AmountOff, Each, PercentOf, PercentOff, TotalPrice, UnitLimit, UnitPrice};
pub use payment::{BalanceStep, Missed, Presale, UseBalance};
pub use points::{Multiplier, PointsEarn, PointsRedeem};
pub use price::{BargainPrice, GroupPrice, GroupTier, Join};
pub use shipping::{Shipping, ShippingOff};

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::money::Amount;

/// What a rule gives (design §4.5). Percentages are always **off**: `"20"` leaves 80 %.
///
/// In JSON a benefit is an object with one key: `{"percent_off": {"percent": "20"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Benefit {
    /// A percentage off.
    PercentOff(PercentOff),
    /// An amount off, per unit or once.
    AmountOff(AmountOff),
    /// A fixed price per unit: flash sale, member price, clearance.
    UnitPrice(UnitPrice),
    /// A fixed price for all selected units together.
    TotalPrice(TotalPrice),
    /// A ladder by spend: 满减, 满折.
    SpendTiers(SpendTiers),
    /// An amount off for every so much: 每满减.
    Every(Every),
    /// A ladder by count: 满件折.
    QuantityTiers(QuantityTiers),
    /// Buy some, get others cheaper: 买一赠一.
    BuyGet(BuyGet),
    /// Every n-th unit cheaper: 第N件M折.
    NthUnit(NthUnit),
    /// The first unit so much off, the second so much, and so on.
    UnitLadder(UnitLadder),
    /// Any n units for a sum: N元任选M件.
    NFor(NFor),
    /// One of each for a sum.
    Bundle(Bundle),
    /// A gift or an add-on from a choice list: 满赠, 加价购.
    Gift(Gift),
    /// Something off shipping; it never pays for goods.
    Shipping(Shipping),
    /// A price for those who buy together: 拼团.
    GroupPrice(GroupPrice),
    /// A price the shopper bargained for: 砍价.
    BargainPrice(BargainPrice),
    /// Points for money spent: 返积分.
    PointsEarn(PointsEarn),
    /// Points against money: 积分抵现.
    PointsRedeem(PointsRedeem),
    /// A deposit, which may count as worth more: 定金, 定金膨胀.
    Presale(Presale),
    /// Money of the wallet against what is left to pay: 红包, 津贴.
    UseBalance(UseBalance),
    /// A coupon or a balance for a later order: 满返.
    Grant(Grant),
}

/// The cheapest or the dearest units come first. Ties go by canonical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// By rising value.
    Cheapest,
    /// By falling value.
    Dearest,
}

impl Pick {
    const fn cheapest() -> Self {
        Self::Cheapest
    }
    const fn dearest() -> Self {
        Self::Dearest
    }
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_cheapest(&self) -> bool {
        matches!(self, Self::Cheapest)
    }
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_dearest(&self) -> bool {
        matches!(self, Self::Dearest)
    }
}

/// How often a benefit may repeat: a number, or `"uncapped"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Times {
    /// At most so often.
    Max(u32),
    /// As often as the cart allows.
    #[default]
    Uncapped,
}

impl Times {
    /// The smaller of this and a count.
    #[must_use]
    pub fn at_most(self, count: u32) -> u32 {
        match self {
            Self::Max(times) => times.min(count),
            Self::Uncapped => count,
        }
    }
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Max(times) => serializer.serialize_u32(*times),
            Self::Uncapped => serializer.serialize_str("uncapped"),
        }
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl de::Visitor<'_> for Count {
            type Value = Times;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count or \"uncapped\"")
            }
            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Times, E> {
                let times = u32::try_from(count);
                times.map(Times::Max).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(count), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Times, E> {
                match text {
                    "uncapped" => Ok(Times::Uncapped),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Count)
    }
}

/// How much makes one step of a repeating benefit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// So much spend.
    Spend(Amount),
    /// So many units.
    Quantity(u32),
}

const fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_one(value: &u32) -> bool {
    *value == 1
}
