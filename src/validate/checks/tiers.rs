//! Neighbouring tiers: the higher one gives more (M-5), in every cart that a rule may meet.

use super::required::looks_at_prices;
use crate::money::{Money, Rate, RoundMode};
use crate::rules::{Base, Basis, Rule, Select, Selector};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::Scope;

const WHOLE_PPM: i64 = 1_000_000;

/// What a tier gives, in numbers.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    Rate(Rate),
    Amount(Money),
    UnitPrice(Money),
}

/// What a ladder counts, as far as it bears on what its tiers take off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// The value that is reduced.
    Value,
    /// What the goods that are reduced were worth before other rules: at least what they are worth when they are reduced.
    ValueBefore,
    /// The value of other goods.
    OtherValue,
    /// Units, which may be worth anything.
    Units,
}

impl Counts {
    /// What a ladder by spend counts.
    pub(super) fn of(
        scope: &Scope<'_>,
        qualifier: Option<&Selector>,
        target: &Selector,
        base: Option<&Base>,
    ) -> Self {
        if qualifier.is_some_and(|qualifier| qualifier != target) {
            return Self::OtherValue;
        }
        let stage = scope.stage.and_then(|position| scope.stages.get(position));
        let basis = stage.map_or(Basis::Entry, |stage| match stage.select {
            Select::All | Select::BestCombination => stage.basis,
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => Basis::Entry,
        });
        let untouched_since = |position: Option<usize>| {
            let none_between = scope.stage.is_some() && scope.nothing_between(position, scope.stage);
            match basis {
                Basis::Entry if none_between => Self::Value,
                Basis::Entry | Basis::Running => Self::ValueBefore,
            }
        };
        match (base, basis) {
            (None, _) | (Some(Base::Entry), Basis::Entry) => Self::Value,
            (Some(Base::Running | Base::Cash), Basis::Running) => Self::Value,
            (Some(Base::Entry), Basis::Running) => Self::ValueBefore,
            // The value now may be less than the value reduced.
            (Some(Base::Running | Base::Cash), Basis::Entry) => Self::OtherValue,
            (Some(Base::List), _) => untouched_since(Some(0)),
            (Some(Base::Stage(id)), _) => untouched_since(scope.stage_position(id.as_str())),
        }
    }
}

/// A ladder, as far as its tiers are compared.
#[derive(Clone, Copy)]
pub(super) struct Ladder<'r> {
    pub(super) rule: &'r Rule,
    pub(super) target: &'r Selector,
    pub(super) counts: Counts,
}

/// How two neighbouring tiers compare.
enum Verdict {
    More,
    /// Whatever the cart, the higher one gives no more.
    NoMore,
    /// Some cart gets less off from the higher one.
    Falls,
    /// That depends on what carts there are.
    Depends,
}

impl Ladder<'_> {
    /// Checks that a tier gives more than the one before, which ends where this one starts; `at` is that spend.
    pub(super) fn rises(
        self,
        scope: &mut Scope<'_>,
        (gave, gives): (Gives, Gives),
        start: Option<Money>,
        at: &At<'_>,
    ) {
        match self.compare(scope, gave, gives, start) {
            Verdict::More => above_cap(scope, self.rule, gives, at),
            Verdict::NoMore => {
                scope.report(Code::TierGivesNoMore, at, "it gives no more than the tier before it");
            }
            Verdict::Falls => {
                let message = "there are carts that get less off from it than from the tier before it";
                scope.report(Code::TierGivesNoMore, at, message);
            }
            Verdict::Depends => {
                let message = "whether it gives more than the tier before it depends on the cart";
                scope.report(Code::MixedTiers, at, message);
            }
        }
    }

    fn compare(self, scope: &Scope<'_>, gave: Gives, gives: Gives, start: Option<Money>) -> Verdict {
        let cap = scope.cap(self.rule);
        let more = |more: bool| if more { Verdict::More } else { Verdict::NoMore };
        let border = start.map(|start| Border { start: start.minor(), mode: scope.mode(self.rule) });
        let border = border.filter(|_| self.counts == Counts::Value);
        let all_gone = border.is_some_and(|border| border.before(gave) >= cap);
        match (gave, gives) {
            (Gives::Rate(gave), Gives::Rate(gives)) => more(gives > gave && !all_gone),
            (Gives::Amount(gave), Gives::Amount(gives)) => {
                more(gives.minor().min(cap) > gave.minor().min(cap))
            }
            (Gives::UnitPrice(gave), Gives::UnitPrice(gives)) => more(gives < gave),
            (Gives::Rate(_), Gives::Amount(_) | Gives::UnitPrice(_))
            | (Gives::Amount(_), Gives::Rate(_) | Gives::UnitPrice(_))
            | (Gives::UnitPrice(_), Gives::Rate(_) | Gives::Amount(_)) => {
                self.mixed(scope, gave, gives, start)
            }
        }
    }

    /// Compares kinds that are measured in different things.
    fn mixed(self, scope: &Scope<'_>, gave: Gives, gives: Gives, start: Option<Money>) -> Verdict {
        let cap = scope.cap(self.rule).min(scope.order_cap());
        let Some(start) = start.filter(|_| self.counts != Counts::OtherValue) else {
            return if self.counts == Counts::Units {
                self.by_unit(scope, gave, gives, cap)
            } else {
                Verdict::Depends
            };
        };
        let border = Border { start: start.minor(), mode: scope.mode(self.rule) };
        let (before, after) = (border.before(gave).min(cap), border.after(gives).min(cap));
        let by_price = matches!(gives, Gives::UnitPrice(_)) && looks_at_prices(scope, self.rule, self.target);
        match (gave, gives) {
            _ if after < before && (by_price || scope.caps_lines()) => Verdict::Depends,
            _ if after < before => Verdict::Falls,
            _ if before >= scope.cap(self.rule) && self.counts == Counts::Value => Verdict::NoMore,
            // What is reduced may be worth far less than what is counted: nearly nothing but the amount.
            (Gives::Amount(_), Gives::Rate(rate))
                if self.counts == Counts::ValueBefore && rate.ppm() < WHOLE_PPM =>
            {
                Verdict::Depends
            }
            _ => Verdict::More,
        }
    }

    /// Compares where the goods may be worth anything: dear enough for a flat amount to be less, or cheap enough.
    fn by_unit(self, scope: &Scope<'_>, gave: Gives, gives: Gives, cap: i64) -> Verdict {
        let mode = scope.mode(self.rule);
        let falls = match (gave, gives) {
            (Gives::Rate(rate), Gives::Amount(amount)) => rate.ppm() > 0 && cap > amount.minor(),
            (Gives::UnitPrice(_), Gives::Amount(amount)) => cap > amount.minor(),
            // Goods worth as much as the amount were free.
            (Gives::Amount(amount), Gives::Rate(rate)) => {
                let worth = amount.minor().min(cap);
                rate.of(Money::from_minor(worth), mode).minor() < worth
            }
            (Gives::UnitPrice(_), Gives::Rate(rate)) => {
                if rate.ppm() < WHOLE_PPM && cap < i64::MAX {
                    return Verdict::Depends;
                }
                rate.ppm() < WHOLE_PPM
            }
            // Units that cost no more than the price.
            (Gives::Rate(rate), Gives::UnitPrice(price)) => rate.of(price, mode).minor() > 0,
            (Gives::Amount(amount), Gives::UnitPrice(price)) => amount > Money::ZERO && price > Money::ZERO,
            (Gives::Rate(_), Gives::Rate(_))
            | (Gives::Amount(_), Gives::Amount(_))
            | (Gives::UnitPrice(_), Gives::UnitPrice(_)) => false,
        };
        match falls {
            true if scope.caps_lines() || looks_at_prices(scope, self.rule, self.target) => Verdict::Depends,
            true => Verdict::Falls,
            false => Verdict::More,
        }
    }
}

/// Where one tier ends and the next begins, when the spend counted is the value reduced.
#[derive(Clone, Copy)]
struct Border {
    /// The first spend of the higher tier, in minor units.
    start: i64,
    mode: RoundMode,
}

impl Border {
    /// The most the lower tier gives: at its last spend, in one unit where units matter.
    fn before(self, gives: Gives) -> i64 {
        let spend = self.start.saturating_sub(1);
        match gives {
            Gives::Rate(rate) => rate.of(Money::from_minor(spend), self.mode).minor(),
            Gives::Amount(amount) => amount.minor().min(spend),
            Gives::UnitPrice(price) => spend.saturating_sub(price.minor()).max(0),
        }
    }

    /// The least the higher tier gives: at its first spend, in units that cost no more than the price.
    fn after(self, gives: Gives) -> i64 {
        match gives {
            Gives::Rate(rate) => rate.of(Money::from_minor(self.start), self.mode).minor(),
            Gives::Amount(amount) => amount.minor().min(self.start),
            Gives::UnitPrice(price) if price == Money::ZERO => self.start,
            Gives::UnitPrice(_) => 0,
        }
    }
}

/// Warns of an amount that a cap never lets through in full.
pub(super) fn above_cap(scope: &mut Scope<'_>, rule: &Rule, gives: Gives, at: &At<'_>) {
    let cap = scope.cap(rule).min(scope.order_cap());
    match gives {
        Gives::Amount(amount) if amount.minor() > cap => {
            scope.report(Code::BeyondReach, at, "a cap lets less than this through");
        }
        Gives::Rate(_) | Gives::Amount(_) | Gives::UnitPrice(_) => {}
    }
}
