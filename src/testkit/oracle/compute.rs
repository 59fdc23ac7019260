//! What a rule comes to at a state: part by part, nothing put into force.

use std::collections::BTreeSet;

use super::asks::{Ask, Target};
use super::conditions::Place;
use super::effects::{Computed, Effect, On};
use super::gifts::GiftEntry;
use super::rewards::Earner;
use super::selectors::Part;
use super::state::{Run, State};
use super::{Event, World};
use crate::money::Rounding;
use crate::rules::{Base, Benefit, Rule, Selector};

/// One application of a rule: to one part, at one state.
#[derive(Clone)]
pub(super) struct Job<'a> {
    pub world: &'a World<'a>,
    pub state: &'a State,
    pub rule: &'a Rule,
    pub part: Part,
    /// What the rule computes from, [`Base::Entry`] or [`Base::Running`]; also any base left out.
    pub basis: Base,
    /// What unit limits leave, after the parts before.
    pub units_left: Option<i128>,
    /// What limits of points leave, after the parts before.
    pub points_left: Option<i128>,
}

/// What one application comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Application {
    pub asked: i128,
    pub effects: Vec<Effect>,
    pub gifts: Vec<GiftEntry>,
    /// Points given or taken.
    pub points: i128,
    /// Who earns them.
    pub earned: Vec<(Earner, i128)>,
    /// Pieces for a later order, or deposits.
    pub pieces: i128,
    /// Units or pieces that unit limits kept it from.
    pub short: i128,
    pub events: BTreeSet<Event>,
}

impl<'a> World<'a> {
    /// Computes a rule in all parts whose condition holds.
    pub fn compute(&self, state: &State, rule: &'a Rule, basis: &Base) -> Computed<'a> {
        let mut units_left = self.units_left(state, rule);
        let mut points_left = self.points_left(rule);
        let mut all = Application::default();
        for part in self.eligible_parts(state, rule, basis) {
            let basis = basis.clone();
            let job = Job { world: self, state, rule, part, basis, units_left, points_left };
            let application = job.apply();
            let units = units_asked(&application);
            units_left = units_left.map(|left| (left - units).max(0));
            points_left = points_left.map(|left| left - application.points);
            all.points += application.points;
            all.earned.extend(application.earned);
            all.pieces += application.pieces;
            all.short += application.short;
            all.asked += application.asked;
            all.effects.extend(application.effects);
            all.gifts.extend(application.gifts);
            all.events.extend(application.events);
        }
        self.computed(rule, all)
    }

    /// A rule's effects as they were computed, charges last.
    pub fn computed(&self, rule: &'a Rule, all: Application) -> Computed<'a> {
        let is_goods = |effect: &Effect| matches!(effect.on, On::Units { .. });
        let (goods, charges): (Vec<_>, Vec<_>) = all.effects.into_iter().partition(is_goods);
        Computed {
            rule,
            asked: all.asked,
            effects: [goods, charges].concat(),
            uses_units: is_multi_buy(&rule.benefit),
            gifts: all.gifts,
            points: all.points,
            earned: all.earned,
            pieces: all.pieces,
            short: all.short,
            events: all.events,
        }
    }

    pub fn eligible_parts(&self, state: &State, rule: &Rule, basis: &Base) -> Vec<Part> {
        let holds = |part: &Part| {
            let place = Place { state, part: *part, default: basis };
            rule.condition.as_ref().is_none_or(|condition| self.holds(condition, place))
        };
        self.parts(rule.per).into_iter().filter(holds).collect()
    }
}

/// What an application uses up of the rule's unit limits: units it asks something of, and gift pieces.
fn units_asked(application: &Application) -> i128 {
    let units = application.effects.iter().map(|effect| match effect.on {
        On::Units { units, .. } if effect.asked > 0 => units,
        On::Units { .. } | On::Charge(_) => 0,
    });
    let pieces = application.gifts.iter().filter(|gift| gift.is_part_of_order());
    units.sum::<i128>() + pieces.map(|gift| gift.quantity).sum::<i128>() + application.pieces
}

fn is_multi_buy(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_) => true,
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Grant(_) => false,
    }
}

impl Job<'_> {
    fn apply(&self) -> Application {
        match &self.rule.benefit {
            Benefit::PercentOff(benefit) => self.percent_off(benefit),
            Benefit::AmountOff(benefit) => self.amount_off(benefit),
            Benefit::UnitPrice(benefit) => self.unit_price(benefit),
            Benefit::TotalPrice(benefit) => self.total_price(benefit),
            Benefit::SpendTiers(benefit) => self.spend_tiers(benefit),
            Benefit::Every(benefit) => self.every(benefit),
            Benefit::QuantityTiers(benefit) => self.quantity_tiers(benefit),
            Benefit::BuyGet(benefit) => self.buy_get(benefit),
            Benefit::NthUnit(benefit) => self.nth_unit(benefit),
            Benefit::UnitLadder(benefit) => self.unit_ladder(benefit),
            Benefit::NFor(benefit) => self.n_for(benefit),
            Benefit::Bundle(benefit) => self.bundle(benefit),
            Benefit::Gift(benefit) => self.gift(benefit),
            Benefit::Shipping(benefit) => self.shipping(benefit),
            Benefit::GroupPrice(benefit) => self.group_price(benefit),
            Benefit::BargainPrice(benefit) => self.bargain_price(benefit),
            Benefit::Presale(benefit) => self.presale(benefit),
            Benefit::UseBalance(benefit) => self.use_balance(benefit),
            Benefit::PointsEarn(benefit) => self.points_earn(benefit),
            Benefit::PointsRedeem(benefit) => self.points_redeem(benefit),
            Benefit::Grant(benefit) => self.grant(benefit),
        }
    }

    /// The part's runs that a selector takes, whoever else discounts them.
    pub fn counted(&self, selector: &Selector) -> Vec<usize> {
        self.world.selected(self.state, self.part, selector, &self.basis)
    }

    /// The part's runs that a selector takes and no rule has locked.
    pub fn open(&self, selector: &Selector) -> Vec<usize> {
        let runs = self.counted(selector).into_iter();
        runs.filter(|run| !self.state.is_locked(*run)).collect()
    }

    /// What runs are worth at a base; the basis, if it is left out.
    pub fn worth(&self, runs: &[usize], base: Option<&Base>) -> i128 {
        self.world.worth(self.state, runs, base.unwrap_or(&self.basis))
    }

    pub fn units(&self, runs: &[usize]) -> i128 {
        runs.iter().map(|run| self.state.runs[*run].count()).sum()
    }

    /// What a whole run is worth at the basis.
    pub fn run_worth(&self, run: usize) -> i128 {
        self.worth(&[run], None)
    }

    /// A piece that would be cut off a run, as a target.
    pub fn target(&self, run: usize, piece: &Run) -> Target {
        let (worth, units) = (self.world.run_value(piece, &self.basis), piece.count());
        let reference = self.world.line(piece.item).reference_price;
        Target {
            on: On::Units { run, units },
            product: Some(self.world.cart.items()[piece.item].product),
            units,
            worth,
            capacity: (worth - units * self.world.floor(piece.item)).max(0),
            reference_price: reference.map(|reference| reference.minor().into()),
        }
    }

    /// The last `units` of a run.
    pub fn last(&self, run: usize, units: i128) -> Target {
        self.target(run, &self.state.runs[run].cut_last(units).1)
    }

    pub fn whole(&self, runs: &[usize]) -> Vec<Target> {
        runs.iter().map(|run| self.target(*run, &self.state.runs[*run])).collect()
    }

    pub fn charge(&self, charge: usize) -> Target {
        let worth = self.world.value(&self.state.charges[charge], &self.basis);
        Target {
            on: On::Charge(charge),
            product: None,
            units: 1,
            worth,
            capacity: worth,
            reference_price: None,
        }
    }

    /// The part's charges.
    pub fn charges(&self) -> Vec<usize> {
        let all = 0..self.state.charges.len();
        all.filter(|charge| self.part.has_charge(self.world, *charge)).collect()
    }

    pub fn rounding(&self) -> Rounding {
        self.rule.rounding.unwrap_or(self.world.rules.rounding)
    }

    pub fn cap(&self) -> Option<i128> {
        self.rule.cap.map(|cap| self.world.money(cap))
    }

    /// Asks it of the targets, within the rule's cap. Without a target nothing is asked.
    pub fn ask(&self, ask: Ask, targets: &[Target]) -> Application {
        if targets.is_empty() {
            return Application::default();
        }
        let (asked, parts) = ask.settle(self.cap(), targets);
        let effect = |(target, asked): (&Target, i128)| Effect { on: target.on, asked };
        Application {
            asked,
            effects: targets.iter().zip(parts).map(effect).collect(),
            ..Application::default()
        }
    }
}
