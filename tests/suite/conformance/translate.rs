//! From a case to what the crate prices.

use std::collections::BTreeMap;

use dealproof::money::{Amount, Currency, Money};
use dealproof::record::Usage;
use dealproof::rules::{Base, Pick, RuleId, RuleSet, Selector};
use dealproof::shop::{Balance, Cart, Context, CouponCode, Wallet};

use super::form::{Action, Case, Promotion, SetAside};
use super::kinds::{self, Draft, Funds, Level};
use super::policy::{BaseOf, Order, Policy, StackingOf};
use super::selectors::SelectorForm;
use super::shop::{self, Names};
use super::{rules, set_aside, stages};

/// The stage of catalogue promotions.
pub(super) const CATALOGUE: &str = "catalogue";
/// The first stage of cart promotions: its start is the cart after the catalogue.
pub(super) const CART_START: &str = "cart";
/// The stage in which points are redeemed.
pub(super) const REDEMPTION: &str = "redemption";
/// The stage in which stored value pays.
pub(super) const PAYMENT: &str = "payment";
/// The stage in which points are earned.
pub(super) const EARNING: &str = "earning";

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
    /// What the shopper's balances hold.
    pub(super) stored_value: Money,
}

impl Translation {
    /// The rules without those by which stored value pays, if there are any: a payment changes nothing of what is sold,
    /// nor for how much.
    pub(super) fn rules_before_payment(&self) -> Option<RuleSet> {
        let pays = |id: &RuleId| self.origins.get(id).is_some_and(|origin| origin.realm == Realm::Payment);
        let mut rules = self.rules.clone();
        rules.rules.retain(|rule| !pays(&rule.id));
        (rules.rules.len() < self.rules.rules.len()).then_some(rules)
    }
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) promotion: String,
    pub(super) realm: Realm,
}

/// What a promotion works on. Realms come one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Realm {
    /// It reprices units.
    Catalogue,
    /// It takes something off the cart.
    Cart,
    /// Points are redeemed, which is a discount, too.
    Redemption,
    /// Stored value pays.
    Payment,
    /// Points are earned.
    Earning,
}

impl Realm {
    fn of(action: &Action) -> Self {
        match action.kind.as_str() {
            "loyalty_redeem" => Self::Redemption,
            "stored_value" => Self::Payment,
            "loyalty_earn" => Self::Earning,
            _ if action.is_catalogue() => Self::Catalogue,
            _ => Self::Cart,
        }
    }
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
    let funds: Vec<Funds> = members.iter().filter_map(|member| member.draft.funds.clone()).collect();
    let plan = stages::plan(&adapter, members)?;
    let made = rules::assemble(&adapter, &plan)?;
    let (wallet, stored_value) = adapter.wallet(funds)?;
    Ok(Translation {
        rules: made.rules,
        cart: shop::cart(case, adapter.currency, &adapter.names)?,
        context: shop::context(case)?.wallet(wallet),
        usage: made.usage,
        origins: made.origins,
        units_per_reward: units_per_reward.unwrap_or(1),
        stored_value,
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
                let place = self.place(&members, promotion, action, number);
                for draft in kinds::drafts(self, promotion, action, place)? {
                    members.push(Member { promotion, place, draft, number, has_siblings: false });
                    number += 1;
                }
            }
            for member in members.iter_mut().rev().take(number) {
                member.has_siblings = number > 1;
            }
        }
        set_aside::check_redemption(&members)?;
        members.sort_by_key(|member| member.place.realm);
        Ok(members)
    }

    /// Where the next member stands: `number` are of its promotion already.
    fn place(&self, earlier: &[Member], promotion: &Promotion, action: &Action, number: usize) -> Place {
        let realm = Realm::of(action);
        let is_first = earlier.iter().all(|one| one.place.realm != realm || one.promotion.id == promotion.id);
        let from_start = is_first && number == 0 || self.computes_from_start(action.is_item_level());
        let seen = match realm {
            Realm::Catalogue | Realm::Cart if from_start => Seen::Start,
            Realm::Catalogue | Realm::Cart | Realm::Redemption | Realm::Payment | Realm::Earning => {
                Seen::Later
            }
        };
        Place { realm, seen }
    }

    /// What the shopper holds, and the money in it.
    fn wallet(&self, funds: Vec<Funds>) -> Result<(Wallet, Money), SetAside> {
        let (mut wallet, mut stored_value) = (Wallet::default(), Money::ZERO);
        for funds in funds {
            match funds {
                Funds::Points(points) => wallet = wallet.points(points).redeem(points),
                Funds::Balance { class, amount } => {
                    stored_value = Money::from_minor(stored_value.minor() + self.money(amount)?.minor());
                    wallet = wallet.balance(&class, Balance::new(&class, amount));
                }
            }
        }
        Ok((wallet, stored_value))
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
            Level::Catalogue | Level::Order | Level::Shipping | Level::Gift | Level::Wallet => false,
        }
    }
}
