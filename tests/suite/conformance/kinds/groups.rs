//! Kinds that look at several units together.

use dealproof::money::{Amount, Percent};
use dealproof::rules::{
    AmountOff, Benefit, BuyGet, Condition, GroupOff, NFor, NthUnit, Per, Pick, Pool, Quantity, Selector,
    Take, Times, UnitLadder, UnitOff, UnitStep, Within,
};
use serde_json::Value;

use super::{Draft, Level, Needs, Reader, Units, multiplied, some_percent};
use crate::conformance::form::{Fields, Line, SetAside};
use crate::conformance::policy::pick;
use crate::conformance::selectors::SelectorForm;
use crate::conformance::set_aside;

/// Most rules one set of groups is spelled out in.
const SET_RULES_MAX: u32 = 200;

/// A reward as written.
enum Reward {
    Percent(Percent),
    /// An amount, and what it is given for.
    Amount(Amount, Option<String>),
    Price(Amount),
    UnitPrice(Amount),
    /// Nothing.
    None,
}

impl Reader<'_> {
    fn reward(&mut self) -> Result<Reward, SetAside> {
        let value: Value = self.fields.need("reward")?;
        let mut fields = Fields::new("reward", &value)?;
        let percent: Option<Percent> = fields.take("percent")?;
        let amount: Option<Amount> = fields.take("amount")?;
        let per: Option<String> = fields.take("per")?;
        let price: Option<Amount> = fields.take("price")?;
        let unit_price: Option<Amount> = fields.take("unit_price")?;
        fields.end()?;
        for price in [price, unit_price].into_iter().flatten() {
            self.adapter.money(price)?;
        }
        match (percent, amount, price, unit_price) {
            (Some(percent), None, None, None) => Ok(match some_percent(percent)? {
                Some(percent) => Reward::Percent(percent),
                None => Reward::None,
            }),
            (None, Some(amount), None, None) => Ok(match self.some_amount(amount)? {
                Some(amount) => Reward::Amount(amount, per),
                None => Reward::None,
            }),
            (None, None, Some(price), None) => Ok(Reward::Price(price)),
            (None, None, None, Some(price)) => Ok(Reward::UnitPrice(price)),
            _ => Err(SetAside::new("a reward of several parts")),
        }
    }

    /// Sets aside percentages that the source rounds in other parts than one.
    fn rounds_alike(&self, reward: &Reward, form: &SelectorForm, per: Per) -> Result<(), SetAside> {
        match reward {
            Reward::Percent(percent) => set_aside::rounded_once(self.adapter, form, *percent, per),
            Reward::Amount(..) | Reward::Price(_) | Reward::UnitPrice(_) | Reward::None => Ok(()),
        }
    }

    /// How often a kind that repeats may do so.
    fn times(&self, own: Option<u32>) -> Times {
        let both = [own, self.promotion.max_applications];
        both.into_iter().flatten().min().map_or(Times::Uncapped, Times::Max)
    }

    fn item(&self, benefit: Benefit) -> Draft {
        Draft::new(benefit, Level::Item, self.once())
    }

    pub(super) fn group_discount(&mut self) -> Result<Vec<Draft>, SetAside> {
        let size: u32 = self.fields.need("group_size")?;
        let order = pick(self.fields.take("group_sort")?)?.unwrap_or(Pick::Cheapest);
        let form = self.selector_form("pool")?;
        let target = form.translate(self.adapter, self.place)?;
        let times = {
            let own = self.fields.take("max_groups")?;
            self.times(own)
        };
        let reward = self.reward()?;
        let set: Option<String> = self.fields.take("set")?;
        let picker: Option<String> = self.fields.take("picker")?;
        if matches!(reward, Reward::None) {
            return Err(SetAside::new("a group reward of nothing"));
        }
        self.rounds_alike(&reward, &form, Per::Order)?;
        let benefit = match picker {
            None => {
                set_aside::unlike_groups(self.adapter.case, &form, size, times)?;
                if let (Reward::Price(price), Pick::Cheapest) = (&reward, order) {
                    let case = self.adapter.case;
                    set_aside::groups_cheaper_already(case, &form, size, *price, times)?;
                }
                Some(group(size, reward, target, order, times)?)
            }
            Some(picker) => {
                let take = match picker.as_str() {
                    "per_group" => Take::EachGroup,
                    "pooled" if set.is_some() => {
                        return Err(SetAside::new("groups of a set, put together again"));
                    }
                    "pooled" => Take::Pooled,
                    _ => return Err(SetAside::new(format!("picker {picker} is not known"))),
                };
                self.picked(size, unit_off(reward)?, target, order, take, times)?
            }
        };
        match (benefit, set) {
            (None, _) => Ok(Vec::new()),
            // Each promotion cuts its groups from all units of its pool.
            (Some(benefit), None) => Ok(vec![self.item(benefit).units(Units::UsedAgain)]),
            (Some(benefit), Some(set)) => self.set(&set, &form, size, benefit),
        }
    }

    /// One unit of each group.
    fn picked(
        &mut self,
        size: u32,
        off: UnitOff,
        target: Selector,
        order: Pick,
        take: Take,
        times: Times,
    ) -> Result<Option<Benefit>, SetAside> {
        let sort = pick(self.fields.take("sort")?)?.unwrap_or(Pick::Cheapest);
        let position: u32 = self.fields.take("position")?.unwrap_or(1);
        let units_max = self.fields.take("max_units")?;
        if position > size {
            // No group has such a unit, and no block starts there.
            return Ok(None);
        }
        let mut nth =
            NthUnit::new(size, off).target(target).order(order).take(take, sort, position).times(times);
        nth.units_max = units_max;
        Ok(Some(Benefit::NthUnit(nth)))
    }

    /// Groups of a set: the j-th group of a kind counts when every kind of the set has j groups.
    fn set(
        &self,
        set: &str,
        form: &SelectorForm,
        size: u32,
        benefit: Benefit,
    ) -> Result<Vec<Draft>, SetAside> {
        let pools = self.pools_of_set(set)?;
        set_aside::overlapping_pools(self.adapter.case, &pools)?;
        let lines = self.adapter.case.lines.iter();
        let reached = lines.filter(|line| form.reaches(line));
        let units: u32 = reached.map(Line::pieces).sum();
        let (once, most) = once_only(benefit)?;
        let rounds = units.checked_div(size).unwrap_or(0).min(most);
        if rounds > SET_RULES_MAX {
            return Err(SetAside::new(format!("a set of {rounds} groups")));
        }
        (1..=rounds)
            .map(|round| {
                let mut enough = Vec::new();
                for (pool, size) in &pools {
                    let of = pool.translate(self.adapter, self.place)?;
                    let units = size.saturating_mul(round);
                    let quantity = Quantity::at_least(of, units).within(Within::Order);
                    enough.push(Condition::Quantity(quantity));
                }
                Ok(self.item(once.clone()).when(Condition::All(enough)))
            })
            .collect()
    }

    /// The pools and group sizes of all promotions with a set id.
    fn pools_of_set(&self, set: &str) -> Result<Vec<(SelectorForm, u32)>, SetAside> {
        let mut pools = Vec::new();
        for promotion in &self.adapter.case.promotions {
            for action in promotion.actions() {
                if action.params.get("set").and_then(Value::as_str) == Some(set) {
                    let mut fields = Fields::new(action.kind.as_str(), &action.params)?;
                    let pool = SelectorForm::read(fields.take("pool")?)?;
                    pools.push((pool, fields.need("group_size")?));
                }
            }
        }
        Ok(pools)
    }

    pub(super) fn buy_x_get_y(&mut self) -> Result<Vec<Draft>, SetAside> {
        let buy_form = self.selector_form("buy")?;
        let buy = buy_form.translate(self.adapter, self.place)?;
        let bought: u32 = self.fields.need("buy_quantity")?;
        let got: u32 = self.fields.need("get_quantity")?;
        let get: Option<Value> = self.fields.take("get")?;
        let reward = self.reward()?;
        let repeat: bool = self.fields.take("repeat")?.unwrap_or(true);
        let order = pick(self.fields.take("pick")?)?;
        let partial: bool = self.fields.take("partial_reward")?.unwrap_or(false);
        let guarded: bool = self.fields.take("reject_if_get_exceeds_buy")?.unwrap_or(false);
        if matches!(reward, Reward::None) || guarded && got > bought {
            return Ok(Vec::new());
        }
        let (target, per) = if get == Some(Value::from("same_line")) {
            self.rounds_alike(&reward, &buy_form, Per::Line)?;
            (buy.clone(), Per::Line)
        } else {
            let form = SelectorForm::read(get)?;
            set_aside::qualifiers_first(self.adapter, order, &buy_form, &form)?;
            self.rounds_alike(&reward, &form, Per::Order)?;
            (form.translate(self.adapter, self.place)?, Per::Order)
        };
        let times = self.times((!repeat).then_some(1));
        let mut benefit = BuyGet::new(Pool::new(bought, buy), Pool::new(got, target), unit_off(reward)?)
            .pick(order.unwrap_or(Pick::Cheapest))
            .times(times);
        benefit.partial = partial;
        // Where a reward may be partial each promotion counts anew; all or nothing uses units up.
        let units = if partial { Units::UsedAgain } else { Units::UsedOnce };
        Ok(vec![self.item(Benefit::BuyGet(benefit)).per(per).units(units)])
    }

    pub(super) fn quantity_step(&mut self) -> Result<Vec<Draft>, SetAside> {
        let step: u32 = self.fields.need("step")?;
        let scope: Option<String> = self.fields.take("scope")?;
        let form = self.selector_form("applies_to")?;
        let target = form.translate(self.adapter, self.place)?;
        let reward = self.reward()?;
        let (per, order) = match scope.as_deref() {
            Some("line") => (Per::Line, Pick::Dearest),
            None | Some("cart") => (Per::Order, set_aside::cart_order(self.adapter.case, &form)?),
            Some(scope) => return Err(SetAside::new(format!("scope {scope} is not known"))),
        };
        self.rounds_alike(&reward, &form, per)?;
        let times = self.times(None);
        let benefit = match reward {
            Reward::None => return Ok(Vec::new()),
            Reward::Amount(amount, given_for) if given_for.as_deref() == Some("unit") => {
                if step == 1 && times == Times::Uncapped {
                    let off = AmountOff::per_unit(amount).target(target);
                    let draft = self.item(Benefit::AmountOff(off)).per(per);
                    return Ok(vec![draft.needs(Needs::AnyBase)]);
                }
                if per == Per::Order {
                    set_aside::unequal_prices(self.adapter.case, &form)?;
                }
                let off = GroupOff::Amount(multiplied(amount, step));
                Benefit::NFor(NFor::new(step, off).target(target).pick(order).times(times))
            }
            reward => group(step, reward, target, order, times)?,
        };
        Ok(vec![self.item(benefit).per(per).units(Units::UsedAgain)])
    }

    pub(super) fn bundle_fixed_price(&mut self) -> Result<Vec<Draft>, SetAside> {
        let units: u32 = self.fields.need("units")?;
        let price: Amount = self.fields.need("price")?;
        self.adapter.money(price)?;
        let form = self.selector_form("applies_to")?;
        let target = form.translate(self.adapter, self.place)?;
        let times = self.times(None);
        set_aside::unlike_groups(self.adapter.case, &form, units, times)?;
        if self.adapter.unit_pick() == Pick::Cheapest {
            set_aside::groups_cheaper_already(self.adapter.case, &form, units, price, times)?;
        }
        let benefit = NFor::new(units, GroupOff::Price(price))
            .target(target)
            .pick(self.adapter.unit_pick())
            .times(times);
        Ok(vec![self.item(Benefit::NFor(benefit))])
    }

    pub(super) fn progressive_unit_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let first = self.amount("first")?;
        let additional = self.amount("additional")?;
        let (target, _) = self.selector("applies_to")?;
        let most: Option<u32> = self.fields.take("max_units")?;
        // Where further units get nothing, the first is the last; a step of nothing is left out.
        let most = match additional {
            Some(_) => most,
            None => Some(most.unwrap_or(1).min(1)),
        };
        let steps: Vec<UnitStep> = [(1, first), (2, additional)]
            .into_iter()
            .filter(|(from, _)| most.is_none_or(|most| *from <= most))
            .filter_map(|(from, amount)| {
                let off = UnitOff::Amount(amount?);
                Some(UnitStep { from, off })
            })
            .collect();
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut ladder = UnitLadder::new(steps).target(target);
        ladder.units_max = most;
        Ok(vec![self.item(Benefit::UnitLadder(ladder)).per(Per::Line)])
    }
}

/// A reward for whole groups.
fn group(
    size: u32,
    reward: Reward,
    target: Selector,
    order: Pick,
    times: Times,
) -> Result<Benefit, SetAside> {
    let off = match reward {
        Reward::Percent(percent) => GroupOff::Percent(percent),
        Reward::Amount(amount, None) => GroupOff::Amount(amount),
        Reward::Amount(amount, Some(per)) if per == "group" => GroupOff::Amount(amount),
        Reward::Amount(_, Some(per)) => {
            return Err(SetAside::new(format!("a group reward per {per}")));
        }
        Reward::Price(price) => GroupOff::Price(price),
        Reward::UnitPrice(price) => GroupOff::UnitPrice(price),
        Reward::None => return Err(SetAside::new("a group reward of nothing")),
    };
    let groups = NFor::new(size, off).target(target).pick(order).times(times);
    Ok(Benefit::NFor(groups))
}

/// A reward for single units.
fn unit_off(reward: Reward) -> Result<UnitOff, SetAside> {
    match reward {
        Reward::Percent(percent) => Ok(UnitOff::Percent(percent)),
        Reward::Amount(amount, None) => Ok(UnitOff::Amount(amount)),
        Reward::Amount(amount, Some(per)) if per == "unit" => Ok(UnitOff::Amount(amount)),
        Reward::Amount(_, Some(per)) => Err(SetAside::new(format!("a unit reward per {per}"))),
        Reward::Price(price) | Reward::UnitPrice(price) => Ok(UnitOff::Price(price)),
        Reward::None => Err(SetAside::new("a unit reward of nothing")),
    }
}

/// A group benefit for one group, and how often it might have been given.
fn once_only(benefit: Benefit) -> Result<(Benefit, u32), SetAside> {
    let most = |times: Times| times.at_most(u32::MAX);
    match benefit {
        Benefit::NFor(groups) => {
            let given = most(groups.times);
            Ok((Benefit::NFor(groups.times(Times::Max(1))), given))
        }
        Benefit::NthUnit(nth) if nth.units_max.is_none() => {
            let given = most(nth.times);
            Ok((Benefit::NthUnit(nth.times(Times::Max(1))), given))
        }
        _ => Err(SetAside::new("a set with a limit of units")),
    }
}
