//! From a case to what the crate prices.

use std::collections::BTreeMap;

use dealproof::money::{Amount, Currency, Money};
use dealproof::record::Usage;
use dealproof::rules::{Base, Pick, RuleId, RuleSet, Selector};
use dealproof::shop::{Cart, Context, CouponCode};

use super::form::{Case, Promotion, SetAside};
use super::kinds::{self, Draft, Level};
use super::policy::{BaseOf, Order, Policy, StackingOf};
use super::selectors::SelectorForm;
use super::shop::{self, Names};
use super::{rules, set_aside, stages};

/// The stage of catalogue promotions.
pub(super) const CATALOGUE: &str = "catalogue";
/// The first stage of cart promotions: its start is the cart after the catalogue.
pub(super) const CART_START: &str = "cart";

/// A case, ready to be priced.
pub(super) struct Translation {
    pub(super) rules: RuleSet,
    pub(super) cart: Cart,
    pub(super) context: Context,
    pub(super) usage: Usage,
    /// The promotion each rule comes from.
    pub(super) origins: BTreeMap<RuleId, Origin>,
    /// Units that take part in a promotion for each one it rewards, where a source counts them all as discounted.
    pub(super) units_per_reward: u32,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) promotion: String,
    pub(super) realm: Realm,
}

/// Whether a promotion reprices units or works on the cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Realm {
    Catalogue,
    Cart,
}

/// What a rule computes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Its realm's start.
    Start,
    /// What other promotions left.
    Later,
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) realm: Realm,
    pub(super) seen: Seen,
}

/// What the translation of every part of a case needs.
pub(super) struct Adapter<'a> {
    pub(super) case: &'a Case,
    pub(super) policy: Policy,
    pub(super) currency: Currency,
    pub(super) names: Names,
}

/// A benefit of a promotion, in the order in which they run.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) promotion: &'a Promotion,
    pub(super) place: Place,
    pub(super) draft: Draft,
    /// Its number among those of its promotion.
    pub(super) number: usize,
    /// Whether the promotion has others.
    pub(super) has_siblings: bool,
}

/// Translates a case, or says why it is set aside.
pub(super) fn translate(case: &Case) -> Result<Translation, SetAside> {
    let policy = Policy::read(&case.semantics)?;
    set_aside::check(case, &policy)?;
    let adapter = Adapter { case, policy, currency: shop::currency(case)?, names: Names::new(case) };
    let members = adapter.members()?;
    let units_per_reward = members.iter().map(|member| member.draft.units_per_reward).max();
    let plan = stages::plan(&adapter, members)?;
    let made = rules::assemble(&adapter, &plan)?;
    Ok(Translation {
        rules: made.rules,
        cart: shop::cart(case, adapter.currency, &adapter.names)?,
        context: shop::context(case)?,
        usage: made.usage,
        origins: made.origins,
        units_per_reward: units_per_reward.unwrap_or(1),
    })
}

impl<'a> Adapter<'a> {
    /// An amount in minor units; one with more decimals than the currency has sets the case aside.
    pub(super) fn money(&self, amount: Amount) -> Result<Money, SetAside> {
        shop::money(amount, self.currency)
    }

    /// What every promotion gives, in the order in which promotions run, catalogue first.
    fn members(&self) -> Result<Vec<Member<'a>>, SetAside> {
        let mut members: Vec<Member<'a>> = Vec::new();
        for promotion in self.order() {
            let mut number = 0;
            for action in kinds::actions_that_count(promotion, &self.policy)? {
                let realm = if action.is_catalogue() { Realm::Catalogue } else { Realm::Cart };
                let is_first = members
                    .iter()
                    .all(|earlier| earlier.place.realm != realm || earlier.promotion.id == promotion.id);
                let seen = if is_first && number == 0 || self.computes_from_start(action.is_item_level()) {
                    Seen::Start
                } else {
                    Seen::Later
                };
                let place = Place { realm, seen };
                for draft in kinds::drafts(self, promotion, action, place)? {
                    members.push(Member { promotion, place, draft, number, has_siblings: false });
                    number += 1;
                }
            }
            for member in members.iter_mut().rev().take(number) {
                member.has_siblings = number > 1;
            }
        }
        members.sort_by_key(|member| member.place.realm == Realm::Cart);
        Ok(members)
    }

    /// Whether promotions of a level compute from the start of the cart, whatever ran before.
    fn computes_from_start(&self, item_level: bool) -> bool {
        let from_entry = match self.policy.base_for(item_level) {
            BaseOf::Original | BaseOf::AfterCatalogue => true,
            BaseOf::Running | BaseOf::AfterItemDiscounts => false,
        };
        match self.policy.stacking {
            StackingOf::BestOnly | StackingOf::FirstOnly => true,
            StackingOf::BestPerLine => !self.has_lanes(),
            StackingOf::All
            | StackingOf::ExclusiveWins
            | StackingOf::LastCodeOnly
            | StackingOf::CompatibleOnly
            | StackingOf::OneOrderPercent(_) => from_entry,
        }
    }

    pub(super) fn has_lanes(&self) -> bool {
        let promotions = self.case.promotions.iter();
        self.policy.order == Order::Lanes
            && promotions.filter_map(|promotion| promotion.lane.as_deref()).any(|lane| lane != "default")
    }

    /// The promotions in the order in which they run.
    fn order(&self) -> Vec<&'a Promotion> {
        let mut promotions: Vec<&Promotion> = self.case.promotions.iter().collect();
        match self.policy.order {
            Order::Listed => {}
            Order::HighPriorityFirst => {
                promotions.sort_by_key(|promotion| std::cmp::Reverse(promotion.priority));
            }
            Order::LowPriorityFirst => promotions.sort_by_key(|promotion| promotion.priority),
            Order::AsCodesWereEntered => {
                promotions.sort_by_key(|promotion| self.entry_of(promotion));
            }
            Order::Lanes => promotions.sort_by_key(|promotion| lane_number(promotion)),
        }
        match self.policy.stacking {
            StackingOf::ExclusiveWins => promotions.sort_by_key(|promotion| !promotion.exclusive),
            // The last code is asked first, and keeps the others out.
            StackingOf::LastCodeOnly => {
                promotions.sort_by_key(|promotion| {
                    let entered = std::cmp::Reverse(self.entry_of(promotion));
                    (promotion.coupon_code.is_some(), entered)
                });
            }
            StackingOf::All
            | StackingOf::BestPerLine
            | StackingOf::BestOnly
            | StackingOf::FirstOnly
            | StackingOf::CompatibleOnly
            | StackingOf::OneOrderPercent(_) => {}
        }
        promotions
    }

    /// The place of a promotion's code among those entered; automatic promotions come before all codes.
    fn entry_of(&self, promotion: &Promotion) -> usize {
        let folded = |code: &str| CouponCode::new(code).folded().map(str::to_owned);
        match &promotion.coupon_code {
            None => 0,
            Some(code) => {
                let codes = &self.case.codes;
                let at = codes.iter().position(|entered| folded(entered) == folded(code));
                at.unwrap_or(codes.len()) + 1
            }
        }
    }

    /// Leaves out what the catalogue has repriced.
    pub(super) fn without_catalogue_discount(
        &self,
        selector: Selector,
        place: Place,
    ) -> Result<Selector, SetAside> {
        if place.seen == Seen::Start {
            return Ok(selector.untouched_since(Base::List));
        }
        // Other cart promotions may have touched the unit since, which does not matter here.
        let mut selector = selector;
        for promotion in self.case.promotions.iter().filter(|one| one.is_enabled()) {
            for action in promotion.actions().filter(|action| action.is_catalogue()) {
                if promotion.conditions.is_some() || promotion.coupon_code.is_some() {
                    return Err(SetAside::new(
                        "goods a conditional catalogue promotion left alone, after cart promotions",
                    ));
                }
                let reached = SelectorForm::read(action.params.get("applies_to").cloned())?;
                let start = Place { realm: Realm::Catalogue, seen: Seen::Start };
                let reached = reached.translate(self, start)?;
                if reached == Selector::all() {
                    // All goods are repriced.
                    return Ok(Selector::sku(self.names.of("")));
                }
                selector = selector.except(reached);
            }
        }
        Ok(selector)
    }

    /// The order limited promotions take units in.
    pub(super) const fn unit_pick(&self) -> Pick {
        self.policy.unit_pick
    }
}

/// Lanes run pre, default, post.
pub(super) fn lane_number(promotion: &Promotion) -> usize {
    match promotion.lane.as_deref() {
        Some("pre") => 0,
        Some("post") => 2,
        _ => 1,
    }
}

impl Member<'_> {
    /// Whether it is one of the kinds that take an amount off matching units.
    pub(super) fn is_item_level(&self) -> bool {
        match self.draft.level {
            Level::Item => true,
            Level::Catalogue | Level::Order | Level::Shipping | Level::Gift => false,
        }
    }
}
