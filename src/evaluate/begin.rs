//! The start of pricing: bounds, tables, items with their keys, candidates.

use super::scratch::{Bar, Entered, Scratch};
use super::state::{ChargeState, Floors, Head, ItemState, Locked, NONE, Run, State, Used};
use super::verdict::Verdict;
use super::{PriceError, Pricing, Reach};
use crate::bounds::CEILINGS;
use crate::money::{Money, Rate, RoundMode};
use crate::shop::{Cart, Context, for_each_prefix};

impl Pricing<'_> {
    /// Checks the facts and sets everything to the start; the only step that refuses.
    pub(super) fn begin(self, scratch: &mut Scratch) -> Result<(), PriceError> {
        let Self { plan, cart, context, .. } = self;
        if cart.currency() != plan.currency {
            return Err(PriceError::OtherCurrency { cart: cart.currency(), plan: plan.currency });
        }
        check_context(context)?;
        scratch.fit(self);
        self.set_items(scratch);
        self.set_charges(scratch);
        self.read_context(scratch);
        Ok(())
    }

    fn set_items(self, scratch: &mut Scratch) {
        let Self { plan, cart, .. } = self;
        let state = &mut scratch.state;
        state.items.extend(cart.items().iter().map(|item| ItemState {
            price: item.price,
            floor: item.floor,
            reference: item.reference,
            product: item.product,
            shop: item.shop,
            line: item.lines.start as u32,
            card: item.card,
            locked: Locked::No,
        }));
        state.runs.extend((0_u32..).zip(cart.items()).map(|(at, item)| {
            // The list total of the cart was checked, so this is at most AMOUNT_MAX.
            let value = item.price * i64::from(item.units);
            Run { value, entry: value, units: item.units, item: at, next: NONE, used: Used::No }
        }));
        state.ordinary = cart.is_ordinary();
        state.floors = if cart.has_floors() { Floors::Some } else { Floors::None };
        if let Some(rate) = plan.caps.line_rate {
            state.raise_floors(rate);
        }
        self.find_keys(state);
        let list = cart.list_total().minor();
        (state.total, state.entry_total, state.list_total) = (list, list, list);
        let share =
            plan.caps.order_rate.map_or(i64::MAX, |rate| rate.of(cart.list_total(), RoundMode::Down).minor());
        scratch.order_cap_left = share.min(plan.caps.order_minor);
    }

    /// Looks up the marks of the cart that some rule asks for.
    fn find_keys(self, state: &mut State) {
        let (marks, epoch) = (self.cart.marks(), state.epoch);
        state.mark_keys.resize(marks.all().len(), NONE);
        self.plan.keys.marks.find(marks, |at, key| {
            state.mark_keys[at as usize] = key;
            state.heads[key as usize] = Head { epoch, mark: at };
            state.keys_seen.push(key);
        });
    }

    fn set_charges(self, scratch: &mut Scratch) {
        let (cart, state) = (self.cart, &mut scratch.state);
        for charge in cart.charges() {
            let value = charge.amount.minor();
            let shop = cart.shops().binary_search(&charge.shop).unwrap_or_default() as u32;
            state.charges.push(ChargeState { value, entry: value, list: value, shop });
        }
        if self.plan.asks.shop_parts {
            state.sort_by_shop(cart);
        }
    }

    /// Looks up the codes and the facts of the context that some rule asks for.
    fn read_context(self, scratch: &mut Scratch) {
        let (keys, context) = (&self.plan.keys, self.context);
        for (typed, code) in (0_u32..).zip(&context.codes) {
            let key = code.folded().and_then(|folded| keys.codes.get(folded.as_bytes()));
            scratch.codes.extend(key);
            scratch.entered.push(Entered { key, typed });
        }
        let held = context.coupons.iter().filter(|coupon| coupon.unusable(context).is_none());
        scratch.codes.extend(held.filter_map(|coupon| keys.wallet.get(coupon.rule.as_bytes())));
        scratch.codes.sort_unstable();
        scratch.codes.dedup();
        let found = &mut scratch.context_keys;
        found.extend(
            context
                .customer
                .segments
                .iter()
                .filter_map(|segment| keys.segments.get(segment.as_str().as_bytes())),
        );
        found.extend(
            context.channel.as_ref().and_then(|channel| keys.channels.get(channel.as_str().as_bytes())),
        );
        found.extend(
            context
                .payment_method
                .as_ref()
                .and_then(|method| keys.payment_methods.get(method.as_str().as_bytes())),
        );
        if let Some(region) = &context.region {
            for_each_prefix(region.as_str(), |prefix| found.extend(keys.regions.get(prefix.as_bytes())));
        }
        found.sort_unstable();
    }

    /// Finds the rules that could give anything, in pipeline order.
    pub(super) fn find_candidates(self, scratch: &mut Scratch, reach: Reach) {
        let plan = self.plan;
        if reach == Reach::Every {
            scratch.candidates.extend(0..plan.rules.len() as u32);
            return;
        }
        let epoch = scratch.state.epoch;
        let (seen, candidates) = (&mut scratch.rule_seen, &mut scratch.candidates);
        let mut add = |rule: u32| {
            if std::mem::replace(&mut seen[rule as usize], epoch) != epoch {
                candidates.push(rule);
            }
        };
        for key in scratch.codes.iter().chain(&scratch.context_keys) {
            plan.anchors.at(*key).iter().for_each(|rule| add(*rule));
        }
        for key in &scratch.state.keys_seen {
            plan.anchors.at(*key).iter().for_each(|rule| add(*rule));
        }
        plan.anchors.open(scratch.state.list_total).for_each(&mut add);
        candidates.sort_unstable();
    }

    /// Keeps out the rules that the context sets aside.
    pub(super) fn set_aside(self, scratch: &mut Scratch) {
        if self.context.set_aside.is_empty() {
            return;
        }
        scratch.bars.resize(self.plan.rules.len(), Bar::Up);
        for number in &scratch.candidates {
            if self.context.set_aside.contains(self.plan.rules[*number as usize].id.as_str()) {
                scratch.bars[*number as usize] = Bar::Down(Verdict::SetAside);
            }
        }
    }
}

impl Scratch {
    /// Empties every buffer and sizes the tables for the plan.
    fn fit(&mut self, pricing: Pricing<'_>) {
        let plan = pricing.plan;
        let state = &mut self.state;
        if self.plan != Some(plan.fingerprint) || state.epoch == u32::MAX {
            self.plan = Some(plan.fingerprint);
            state.epoch = 0;
            state.heads.clear();
            state.heads.resize(plan.keys.len(), Head::default());
            self.rule_seen.clear();
            self.rule_seen.resize(plan.rules.len(), 0);
            state.snapshots.resize_with(plan.snapshots, Vec::new);
            state.charge_snapshots.resize_with(plan.snapshots, Vec::new);
            self.stacking.fit(plan);
        }
        state.epoch += 1;
        state.items.clear();
        state.runs.clear();
        state.charges.clear();
        state.mark_keys.clear();
        state.keys_seen.clear();
        state.locked = 0;
        (state.changed, state.rule, state.out_of_runs, state.overflowed) = (false, NONE, None, None);
        state.selecting = 0;
        state.snapshots.iter_mut().for_each(Vec::clear);
        state.charge_snapshots.iter_mut().for_each(Vec::clear);
        if self.stacking.applied() > 0 {
            self.stacking.rewind(plan, 0);
        }
        self.candidates.clear();
        self.bars.clear();
        self.codes.clear();
        self.entered.clear();
        self.context_keys.clear();
        self.applied.clear();
        self.gifts.clear();
        self.point_shares.clear();
        self.verdicts.clear();
        self.unproven.clear();
        (self.nodes, self.presumed) = (0, 0);
    }
}

impl State {
    /// Raises the floors to what the line cap leaves: the list price less the share rounded down.
    fn raise_floors(&mut self, rate: Rate) {
        for item in &mut self.items {
            let off = rate.of(Money::from_minor(item.price), RoundMode::Down).minor();
            item.floor = item.floor.max(item.price - off);
            if item.floor > 0 {
                self.floors = Floors::Some;
            }
        }
    }

    /// Lists the items of each shop, in canonical order.
    fn sort_by_shop(&mut self, cart: &Cart) {
        let shops = cart.shops().len();
        self.shop_starts.clear();
        self.shop_starts.resize(shops + 1, 0);
        for item in &self.items {
            self.shop_starts[item.shop as usize + 1] += 1;
        }
        for shop in 0..shops {
            self.shop_starts[shop + 1] += self.shop_starts[shop];
        }
        self.shop_items.clear();
        self.shop_items.resize(self.items.len(), 0);
        // Fills from the back of each range, so the ends move down to the starts and serve as such afterwards.
        for (at, item) in self.items.iter().enumerate().rev() {
            let end = &mut self.shop_starts[item.shop as usize + 1];
            *end -= 1;
            self.shop_items[*end as usize] = at as u32;
        }
        self.shop_starts.remove(0);
        self.shop_starts.push(self.items.len() as u32);
    }
}

fn check_context(context: &Context) -> Result<(), PriceError> {
    let counts = [
        ("/codes", context.codes.len(), CEILINGS.codes),
        ("/customer/segments", context.customer.segments.len(), CEILINGS.facts),
        ("/gifts", context.gifts.len(), CEILINGS.facts),
        ("/coupons", context.coupons.len(), CEILINGS.codes),
        ("/set_aside", context.set_aside.len(), CEILINGS.rules),
        ("/attributes", context.attributes.len(), CEILINGS.facts),
    ];
    // Asked of all at once, which is cheaper than one by one.
    if counts.iter().fold(false, |over, (_, given, limit)| over | (given > limit))
        && let Some(&(path, given, limit)) = counts.iter().find(|(_, given, limit)| given > limit)
    {
        return Err(PriceError::TooMany { path, given, limit });
    }
    // Looking up a code and walking a region's levels cost their length; everything else is only compared.
    let limit = CEILINGS.id_bytes;
    let code = context.codes.iter().map(|code| code.as_str().len()).find(|given| *given > limit);
    if let Some(given) = code {
        return Err(PriceError::TextTooLong { path: "/codes", given, limit });
    }
    match &context.region {
        Some(region) if region.as_str().len() > limit => {
            Err(PriceError::TextTooLong { path: "/region", given: region.as_str().len(), limit })
        }
        Some(_) | None => Ok(()),
    }
}
