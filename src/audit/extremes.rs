//! How far orders can go: the furthest one found, and a share that is proved to be passed by none.
//!
//! The search keeps the order with the largest share by each measure. Whether that is the most is asked of the prover: first
//! for the share found itself, then, where that fails, for larger ones, by halving what is open. So the answer is exact, or an
//! interval whose lower end was bought and whose upper end is proved.

use std::fmt;

use serde::Serialize;

use super::basket::Basket;
use super::certificate::{Certificate, Depth};
use super::earned::proof_of_depth;
use super::later::Counting;
use super::market::Market;
use super::prove::Prover;
use super::rates::rates;
use super::relax::relax;
use super::search::Search;
use super::settings::AuditBounds;
use super::witness::Witness;
use super::world::World;
use crate::bounds::PPM;
use crate::money::{Currency, DisplayMoney, Money, Percent};
use crate::record::Quote;
use crate::rules::Promise;

/// Shares that are asked of the prover: enough to halve a whole down to a hundredth of a percent.
const ATTEMPTS_MAX: u64 = 14;
/// Shares closer than this, in parts per million, are not told apart: a hundredth of a percent.
const APART_MIN: i64 = 100;

/// What is measured on an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Measure {
    /// What is off goods, of their list value.
    Depth,
    /// What an order gives for later, of what is paid.
    Earned,
}

impl Measure {
    /// All measures, in the order in which reports list them.
    pub const ALL: [Self; 2] = [Self::Depth, Self::Earned];

    /// The promise that is about it.
    #[must_use]
    pub const fn promise(self) -> Promise {
        match self {
            Self::Depth => Promise::Depth,
            Self::Earned => Promise::EarnShare,
        }
    }

    /// What it is, in words.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Depth => "off the list value of an order",
            Self::Earned => "of what is paid given for later",
        }
    }

    /// The part and the whole of it in an order, in minor units.
    fn of(self, world: &World<'_>, quote: &Quote) -> (i64, i64) {
        match self {
            Self::Earned => world.earned(quote),
            Self::Depth => (quote.totals.goods_discount.minor(), quote.totals.list.minor()),
        }
    }
}

/// How far orders can go by a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Extreme {
    /// What is measured.
    pub measure: Measure,
    /// The order that goes furthest, of those priced; `None` when none goes anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Peak>,
    /// What no order passes; `None` when nothing is proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Ceiling>,
    /// Why the ceiling is not lower, where it is not reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// An order that goes far: replayed through the real pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peak {
    /// What is measured, in minor units.
    pub part: Money,
    /// What it is a share of, in minor units.
    pub whole: Money,
    /// The currency of both.
    pub currency: Currency,
    /// The order.
    pub witness: Witness,
}

/// A share that no order passes, but for rounding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ceiling {
    /// The share.
    pub percent: Percent,
    /// Why: [`check`](super::check) verifies it as one of the measure's promise with this share for its threshold.
    pub certificate: Certificate,
}

#[derive(Serialize)]
struct PeakDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<Percent>,
    part: DisplayMoney,
    whole: DisplayMoney,
    script: &'a Witness,
}

impl Serialize for Peak {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = PeakDocument {
            percent: self.share_ppm().and_then(percent_of),
            part: self.part.display(self.currency),
            whole: self.whole.display(self.currency),
            script: &self.witness,
        };
        document.serialize(serializer)
    }
}

impl Peak {
    /// The share, in parts per million, rounded up; `None` of nothing.
    #[must_use]
    pub fn share_ppm(&self) -> Option<i64> {
        let (part, whole) = (i128::from(self.part.minor()), i128::from(self.whole.minor()));
        let up = (part * i128::from(PPM)).checked_add(whole - 1)?.checked_div(whole)?;
        i64::try_from(up).ok()
    }
}

impl Extreme {
    /// Whether the ceiling is reached: the share found is the largest there is, but for rounding.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let found = self.found.as_ref().map_or(Some(0), Peak::share_ppm);
        let ceiling = self.ceiling.as_ref().and_then(|ceiling| ceiling.percent.to_rate().ok());
        found.zip(ceiling).is_some_and(|(found, ceiling)| ceiling.ppm() <= found)
    }
}

impl fmt::Display for Extreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_ref().map_or(Some(0), Peak::share_ppm).and_then(percent_of);
        let what = self.measure.says();
        let proved = self.ceiling.as_ref().map(|ceiling| ceiling.percent);
        match (found, proved) {
            (Some(found), Some(_)) if self.is_exact() => write!(f, "{found} % {what}: no order has more"),
            (Some(found), Some(proved)) => {
                write!(f, "between {found} and {proved} % {what}: the first was found, the second is proved")
            }
            (None, Some(proved)) => write!(f, "{proved} % {what}"),
            (Some(found), None) => write!(f, "{found} % {what} was found, and nothing is proved"),
            (None, None) => write!(f, "any share {what}"),
        }
    }
}

/// For each measure the basket that goes furthest.
#[derive(Debug, Default)]
pub(super) struct Peaks {
    list: Vec<(Measure, Summit)>,
}

/// A basket, and how far it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summit {
    part: i64,
    whole: i64,
    pub basket: Basket,
}

impl Peaks {
    /// Keeps a basket that goes further than all before; the first of equal ones stays.
    pub(super) fn note(&mut self, world: &World<'_>, basket: &Basket, quote: &Quote) {
        for measure in Measure::ALL {
            let (part, whole) = measure.of(world, quote);
            let known = self.list.iter_mut().find(|(of, _)| *of == measure).map(|(_, summit)| summit);
            let is_higher = known.as_ref().is_none_or(|summit| {
                let (left, right) = (i128::from(part) * i128::from(summit.whole), i128::from(summit.part));
                left > right * i128::from(whole)
            });
            if part <= 0 || !is_higher {
                continue;
            }
            let summit = Summit { part, whole, basket: basket.clone() };
            match known {
                Some(known) => *known = summit,
                None => self.list.push((measure, summit)),
            }
        }
    }

    pub(super) fn of(&self, measure: Measure) -> Option<&Summit> {
        self.list.iter().find(|(of, _)| *of == measure).map(|(_, summit)| summit)
    }
}

/// How far orders can go by each measure whose promise is looked at.
pub(super) fn extremes(search: &mut Search<'_, '_>, market: &Market, bounds: &AuditBounds) -> Vec<Extreme> {
    let wanted = Measure::ALL.into_iter().filter(|measure| bounds.promises.wants(measure.promise()));
    let wanted: Vec<Measure> = wanted.collect();
    wanted.into_iter().map(|measure| extreme(search, market, bounds, measure)).collect()
}

fn extreme(search: &mut Search<'_, '_>, market: &Market, bounds: &AuditBounds, measure: Measure) -> Extreme {
    let found = search.peaks.of(measure).cloned().and_then(|summit| peak(search, measure, &summit.basket));
    let asked = Asked { world: search.world, market, bounds };
    let (ceiling, open) = match (found.as_ref().map_or(Some(0), Peak::share_ppm), measure) {
        (Some(from), Measure::Depth) => asked.depth(from),
        (Some(_), Measure::Earned) => asked.earned(),
        (None, Measure::Depth | Measure::Earned) => {
            (None, Some("an order gives some of it for nothing".to_owned()))
        }
    };
    let extreme = Extreme { measure, found, ceiling, open };
    if extreme.is_exact() { Extreme { open: None, ..extreme } } else { extreme }
}

/// The basket as an order that was priced just now.
fn peak(search: &mut Search<'_, '_>, measure: Measure, basket: &Basket) -> Option<Peak> {
    let world = search.world;
    let witness = Witness::of(basket.order(world)?);
    let replay = search.replay(&witness)?;
    let (part, whole) = measure.of(world, replay.quotes.first()?);
    let (part, whole) = (Money::from_minor(part), Money::from_minor(whole));
    Some(Peak { part, whole, currency: world.rules.currency, witness })
}

/// Ceilings asked of the prover.
struct Asked<'s, 'a> {
    world: &'s World<'a>,
    market: &'s Market,
    bounds: &'s AuditBounds,
}

impl Asked<'_, '_> {
    /// What no order has off, and why it is not less, from a share that is had.
    fn depth(&self, from: i64) -> (Option<Ceiling>, Option<String>) {
        let World { rules, catalogue, .. } = self.world;
        let relaxed = relax(rules, catalogue, self.market, Promise::Depth, &self.world.thresholds);
        let mut relaxed = match relaxed {
            Ok(relaxed) => relaxed,
            Err(problem) => return (None, Some(problem.0)),
        };
        let tolerance_minor = relaxed.rounding;
        lowest(from, |share| {
            relaxed.margins.fill(i128::from(share));
            let tree = Prover::new(&relaxed, self.bounds.nodes / ATTEMPTS_MAX).prove(tolerance_minor)?;
            self.checked(Measure::Depth, share, Certificate::Bound { tree, tolerance_minor })
        })
    }

    /// What no order gives for later of what is paid, and why it is not less.
    fn earned(&self) -> (Option<Ceiling>, Option<String>) {
        let World { rules, catalogue, .. } = self.world;
        let Some(rates) = rates(rules, catalogue, Counting::FreeCoupons) else {
            return (None, Some("some rule gives for later without a bound in what is paid".to_owned()));
        };
        let at_depth = |depth: Option<Depth>| {
            let off = depth.as_ref().map_or(0, |depth| i128::from(depth.share_ppm));
            let share = rates.together(off).and_then(|share| i64::try_from(share).ok());
            let share = share.ok_or("nothing need be paid")?;
            self.checked(Measure::Earned, share, Certificate::Earned { depth })
        };
        if rates.of_list == 0 {
            return match at_depth(None) {
                Ok(ceiling) => (Some(ceiling), None),
                Err(problem) => (None, Some(problem)),
            };
        }
        lowest(0, |share| {
            let nodes = self.bounds.nodes / ATTEMPTS_MAX;
            at_depth(Some(proof_of_depth(self.world, self.market, nodes, share)?))
        })
    }

    /// Only what the checker accepts is a ceiling.
    fn checked(&self, measure: Measure, share: i64, certificate: Certificate) -> Result<Ceiling, String> {
        let percent = percent_of(share).ok_or("no such percentage")?;
        let promises = self.bounds.promises.clone();
        let promises = match measure {
            Measure::Depth => promises.depth_percent(percent),
            Measure::Earned => promises.earned_percent(percent),
        };
        match self.world.checker.check(&promises, measure.promise(), &certificate) {
            Ok(()) => Ok(Ceiling { percent, certificate }),
            Err(problem) => Err(problem.to_string()),
        }
    }
}

/// The lowest share found by halving that is proved, from one that is had; and why it is no lower.
fn lowest(
    from: i64,
    mut prove: impl FnMut(i64) -> Result<Ceiling, String>,
) -> (Option<Ceiling>, Option<String>) {
    let (mut known, mut open) = (None, None);
    // What is had, and what is proved; nothing is more than all of it.
    let (mut low, mut high) = (from.clamp(0, PPM), PPM);
    let mut share = low;
    for _ in 0..ATTEMPTS_MAX {
        match prove(share) {
            Ok(ceiling) => (known, high) = (Some(ceiling), share),
            Err(problem) => (open, low) = (Some(problem), share),
        }
        if high - low < APART_MIN || high <= from {
            break;
        }
        share = low + (high - low) / 2;
    }
    (known, open)
}

fn percent_of(ppm: i64) -> Option<Percent> {
    let decimal = rust_decimal::Decimal::try_from_i128_with_scale(i128::from(ppm), 4).ok()?;
    decimal.normalize().to_string().parse().ok()
}
