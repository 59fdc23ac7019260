//! What follows from conditions, for rules that work on whole orders.
//!
//! Read leaf by leaf: a test follows from one that asks for the same of fewer goods, or for more of them; a spend from so many
//! pieces at the lowest price, where values are list values; a number of pieces from a spend at the highest. What is not seen to
//! follow is taken not to.

use std::collections::BTreeSet;

use super::reads::tests;
use super::shelf::Shelf;
use crate::money::{Amount, Currency};
use crate::rules::{Base, Condition, Goods, Quantity, Range, Selector, Spend, View, Window, Within};

/// What conclusions are drawn from besides the premises.
pub(super) struct Implied<'s> {
    pub shelf: &'s Shelf<'s>,
    pub currency: Currency,
    /// Whether the values that the conclusion sees are list values.
    pub at_list: bool,
    /// Whether premises and conclusion see the same values; if not, the conclusion sees earlier ones, which are no less.
    pub same_values: bool,
    /// Whether nothing is taken off between the two, so that values of now are the same too.
    pub same_moment: bool,
}

impl Implied<'_> {
    /// Whether a condition holds where all of some others do. The nesting is bounded by validation.
    pub(super) fn follows(&self, premises: &[&Condition], wanted: &Condition) -> bool {
        if premises.contains(&wanted) && self.sees_the_same(wanted) {
            return true;
        }
        match wanted.view() {
            View::All(nested) => nested.iter().all(|one| self.follows(premises, one)),
            View::Any(nested) if nested.iter().any(|one| self.follows(premises, one)) => true,
            View::Any(_) | View::Not(_) | View::Test(_) => {
                premises.iter().any(|premise| self.follows_from(premise, wanted))
            }
        }
    }

    /// Whether a condition that holds for the rule does so for the other, whose turn comes first.
    fn sees_the_same(&self, wanted: &Condition) -> bool {
        !looks_at_values(wanted) || self.same_values && (self.same_moment || !looks_at_now(wanted))
    }

    /// Whether a condition follows from another. The nesting is bounded by validation.
    fn follows_from(&self, premise: &Condition, wanted: &Condition) -> bool {
        match premise.view() {
            View::All(nested) => {
                let all: Vec<&Condition> = nested.iter().collect();
                self.follows(&all, wanted)
            }
            // Whichever of them holds.
            View::Any(nested) => !nested.is_empty() && nested.iter().all(|one| self.follows(&[one], wanted)),
            View::Not(_) | View::Test(_) => self.leaf(premise, wanted),
        }
    }

    fn leaf(&self, premise: &Condition, wanted: &Condition) -> bool {
        match (premise, wanted) {
            (Condition::Window(own), Condition::Window(wanted)) => is_within(own, wanted),
            (Condition::Segment(own), Condition::Segment(wanted)) => is_some_of(&own.any_of, &wanted.any_of),
            (Condition::Channel(own), Condition::Channel(wanted)) => is_some_of(&own.any_of, &wanted.any_of),
            (Condition::Region(own), Condition::Region(wanted)) => is_some_of(&own.any_of, &wanted.any_of),
            (Condition::PaymentMethod(own), Condition::PaymentMethod(wanted)) => {
                is_some_of(&own.any_of, &wanted.any_of)
            }
            (Condition::Code(own), Condition::Code(wanted)) => is_some_of(&own.any_of, &wanted.any_of),
            (Condition::Level(own), Condition::Level(wanted))
            | (Condition::GroupSize(own), Condition::GroupSize(wanted)) => is_inside(*own, *wanted),
            (Condition::Spend(own), Condition::Spend(most)) => {
                self.spend(own, most, self.sees_the_same(wanted))
            }
            (Condition::Quantity(own), Condition::Quantity(most)) => {
                self.quantity(own, most, self.sees_the_same(wanted))
            }
            (Condition::Quantity(own), Condition::Spend(wanted)) => self.spend_of_pieces(own, wanted),
            (Condition::Spend(own), Condition::Quantity(wanted)) => self.pieces_of_spend(own, wanted),
            (Condition::Quantity(own), Condition::Contains(wanted)) => {
                own.at_least.is_some_and(|least| least > 0)
                    && self.is_among(&own.of, &wanted.of, own.within, wanted.within)
            }
            (Condition::Contains(own), Condition::Contains(wanted)) => {
                self.is_among(&own.of, &wanted.of, own.within, wanted.within)
            }
            (Condition::DistinctSkus(own), Condition::DistinctSkus(wanted)) => {
                own.at_least >= wanted.at_least
                    && self.is_among(&own.of, &wanted.of, own.within, wanted.within)
            }
            // Any other test follows from itself alone.
            (own, wanted) => own == wanted && !looks_at_values(wanted),
        }
    }

    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.currency).unwrap_or_default().minor())
    }

    /// Whether all that counts for one test counts for another. One product that meets a test is in the order.
    fn is_among(&self, own: &Selector, wanted: &Selector, within: Within, wanted_within: Within) -> bool {
        let (own, wanted) = (self.shelf.taken(own), self.shelf.surely_taken(wanted));
        let inside = own.iter().zip(&wanted).all(|(own, wanted)| *wanted || !*own);
        inside && (within == Within::AnyLine || wanted_within != Within::AnyLine)
    }

    fn is_same(&self, own: &Selector, wanted: &Selector, within: Within, wanted_within: Within) -> bool {
        let by_line = |within| within == Within::AnyLine;
        own == wanted && !by_line(within) && !by_line(wanted_within)
    }

    fn spend(&self, own: &Spend, wanted: &Spend, sees_the_same: bool) -> bool {
        let same_base = own.base == wanted.base && own.with_shipping == wanted.with_shipping;
        let is_enough = wanted.at_least.is_none_or(|least| {
            own.at_least.is_some_and(|own| self.minor(own) >= self.minor(least))
                && self.is_among(&own.of, &wanted.of, own.within, wanted.within)
        });
        let is_little = wanted.at_most.is_none_or(|most| {
            own.at_most.is_some_and(|own| self.minor(own) <= self.minor(most))
                && self.is_same(&own.of, &wanted.of, own.within, wanted.within)
                && self.same_values
                && sees_the_same
        });
        same_base && is_enough && is_little
    }

    fn quantity(&self, own: &Quantity, wanted: &Quantity, sees_the_same: bool) -> bool {
        let is_enough = wanted.at_least.is_none_or(|least| {
            own.at_least.is_some_and(|own| own >= least)
                && self.is_among(&own.of, &wanted.of, own.within, wanted.within)
        });
        let is_little = wanted.at_most.is_none_or(|most| {
            own.at_most.is_some_and(|own| own <= most)
                && self.is_same(&own.of, &wanted.of, own.within, wanted.within)
                && self.same_values
                && sees_the_same
        });
        is_enough && is_little
    }

    /// So many pieces are worth the lowest price each.
    fn spend_of_pieces(&self, own: &Quantity, wanted: &Spend) -> bool {
        let (Some(pieces), Some(least), None) = (own.at_least, wanted.at_least, wanted.at_most) else {
            return false;
        };
        let of = self.shelf.taken(&own.of);
        let worth = i128::from(self.shelf.cheapest(&of)) * i128::from(pieces);
        wanted.base.is_none()
            && self.at_list
            && !self.shelf.gives_away(&of)
            && worth >= self.minor(least)
            && self.is_among(&own.of, &wanted.of, own.within, wanted.within)
    }

    /// So much is at least as many pieces as of the dearest.
    fn pieces_of_spend(&self, own: &Spend, wanted: &Quantity) -> bool {
        let (Some(spent), Some(pieces), None) = (own.at_least, wanted.at_least, wanted.at_most) else {
            return false;
        };
        let dearest = i128::from(self.shelf.dearest(&self.shelf.taken(&own.of)));
        !own.with_shipping
            && self.minor(spent) > dearest * (i128::from(pieces) - 1)
            && self.is_among(&own.of, &wanted.of, own.within, wanted.within)
    }
}

/// Whether a test depends on values that rules change, so that it may hold at one time and not at another.
fn looks_at_values(condition: &Condition) -> bool {
    let looks = |goods: Goods<'_>| {
        goods.of().is_by_value() || goods.spend().is_some_and(|spend| spend.at_most.is_some())
    };
    // Under a negation it is the other end that moves.
    tests(condition).into_iter().filter_map(Condition::of_goods).any(looks) || is_negated(condition)
}

/// Whether a test looks at values of now, which fall from rule to rule even where rules compute from their stage's start.
fn looks_at_now(condition: &Condition) -> bool {
    let looks = |goods: Goods<'_>| {
        selects_by_now(goods.of()) || goods.spend().is_some_and(|spend| is_of_now(spend.base.as_ref()))
    };
    tests(condition).into_iter().filter_map(Condition::of_goods).any(looks)
}

fn is_of_now(base: Option<&Base>) -> bool {
    match base {
        Some(Base::Running | Base::Cash) => true,
        None | Some(Base::List | Base::Entry | Base::Stage(_)) => false,
    }
}

/// The nesting is bounded by validation.
fn selects_by_now(selector: &Selector) -> bool {
    selector.unit_price.as_ref().is_some_and(|range| is_of_now(range.base.as_ref()))
        || is_of_now(selector.untouched_since.as_ref())
        || selector.any.iter().chain(&selector.except).any(selects_by_now)
}

/// The nesting is bounded by validation.
fn is_negated(condition: &Condition) -> bool {
    match condition.view() {
        View::Not(_) => true,
        View::All(nested) | View::Any(nested) => nested.iter().any(is_negated),
        View::Test(_) => false,
    }
}

fn is_some_of<T: Ord>(own: &BTreeSet<T>, wanted: &BTreeSet<T>) -> bool {
    own.is_subset(wanted)
}

fn is_within(own: &Window, wanted: &Window) -> bool {
    let begins = wanted.from.is_none_or(|from| own.from.is_some_and(|own| own.unix_ms() >= from.unix_ms()));
    let ends = wanted.until.is_none_or(|until| own.until.is_some_and(|own| own.unix_ms() <= until.unix_ms()));
    begins && ends
}

fn is_inside(own: Range, wanted: Range) -> bool {
    let least = wanted.at_least.is_none_or(|least| own.at_least.is_some_and(|own| own >= least));
    let most = wanted.at_most.is_none_or(|most| own.at_most.is_some_and(|own| own <= most));
    least && most
}
