//! The quote: items back to lines, sums, shares, claims.

use super::Pricing;
use super::scratch::{Applied, GiftTaken, Scratch};
use super::state::{NONE, Run, State};
use crate::compile::index::Key;
use crate::compile::plan::{PlanBenefit, PlanLimits, PlanRule};
use crate::money::{Money, Shares, share_up_to};
use crate::record::{
    Adjustment, Claim, GiftStatus, On, Quote, QuoteCharge, QuoteGift, QuoteLine, Resource, ResourceKind,
    RuleTotal, Share, UnitRun,
};
use crate::rules::{RuleId, StageId};
use crate::shop::{CustomerId, Line, WalletCoupon};

/// Buffers for items of several lines.
#[derive(Debug, Default)]
pub(super) struct LineWork {
    /// By item: where its lines begin in `deficits`; [`NONE`] for an item of one line.
    starts: Vec<u32>,
    /// By line of such an item: what its adjustments still have to explain.
    deficits: Vec<i64>,
}

impl Pricing<'_> {
    /// Whether an item's position is its line's.
    fn one_line_each(self) -> bool {
        self.cart.items().len() == self.cart.lines().len()
    }

    /// Lets the rules write into the quote's own buffer where what they write can stay as it is; it goes back in
    /// [`write`]. Swapped once only, the scratch's buffer and the quote's would both have to grow.
    pub(super) fn lend_adjustments(self, scratch: &mut Scratch, quote: &mut Quote) {
        if self.one_line_each() {
            std::mem::swap(&mut quote.adjustments, &mut scratch.adjustments);
        }
        scratch.adjustments.clear();
    }
}

/// Writes everything the pipeline worked out into an empty quote.
pub(super) fn write(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    let Pricing { plan, cart, context, .. } = pricing;
    quote.currency = plan.currency;
    quote.plan = plan.fingerprint;
    quote.priced_at = context.now;
    write_lines(pricing, scratch, quote);
    write_charges(pricing, scratch, quote);
    write_rules(pricing, scratch, quote);
    write_gifts(pricing, scratch, quote);
    super::rewards::write(pricing, scratch, quote);
    super::codes::write(pricing, scratch, quote);
    write_claims(pricing, scratch, quote);
    quote.unproven.extend(scratch.unproven.iter().map(|own| own.in_quote(plan)));

    let totals = &mut quote.totals;
    totals.list = cart.list_total();
    totals.goods = Money::from_minor(scratch.state.total);
    // Everything below is between zero and four times AMOUNT_MAX, which fits.
    let minor = |money: Money| money.minor();
    totals.goods_discount = Money::from_minor(minor(totals.list) - minor(totals.goods));
    totals.shipping_list = Money::from_minor(scratch.state.charges.iter().map(|charge| charge.list).sum());
    totals.shipping = Money::from_minor(scratch.state.charges.iter().map(|charge| charge.value).sum());
    totals.shipping_discount = Money::from_minor(minor(totals.shipping_list) - minor(totals.shipping));
    totals.payable = Money::from_minor(minor(totals.goods) + minor(totals.shipping) + minor(totals.add_ons));
    super::payment::write_payments(pricing, scratch, quote);
}

fn write_lines(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    let Scratch { state, lines: work, .. } = scratch;
    if pricing.one_line_each() && state.runs.len() == state.items.len() {
        // One run for each line, in order.
        let runs = || (0_u32..).zip(&state.runs);
        quote.runs.extend(runs().map(|(line, run)| UnitRun {
            line,
            units: run.units,
            payable: Money::from_minor(run.value),
        }));
        quote.lines.extend(
            pricing.cart.lines().iter().zip(&state.runs).map(|(line, run)| quote_line(line, run.value)),
        );
        return;
    }
    if pricing.one_line_each() {
        let Quote { lines, runs, .. } = quote;
        lines.extend((0_u32..).zip(pricing.cart.lines()).map(|(at, line)| {
            let mut payable = 0;
            each_run(state, at, |run| {
                payable += run.value;
                runs.push(UnitRun { line: at, units: run.units, payable: Money::from_minor(run.value) });
            });
            quote_line(line, payable)
        }));
        return;
    }
    work.starts.clear();
    work.deficits.clear();
    for (at, item) in (0_u32..).zip(pricing.cart.items()) {
        if item.lines.len() > 1 {
            work.starts.push(work.deficits.len() as u32);
            write_item_lines(pricing, state, &mut work.deficits, item, at, quote);
            continue;
        }
        work.starts.push(NONE);
        let number = item.lines.start;
        let mut payable = 0;
        each_run(state, at, |run| {
            payable += run.value;
            push_run(quote, number, run.units, run.value);
        });
        write_line(pricing, quote, number, payable);
    }
}

/// Lines of one item: each covers the units behind those of the line before.
fn write_item_lines(
    pricing: Pricing<'_>,
    state: &State,
    deficits: &mut Vec<i64>,
    item: &crate::shop::Item,
    at: u32,
    quote: &mut Quote,
) {
    let mut begin = 0;
    for number in item.lines.clone() {
        let Some(line) = pricing.cart.lines().get(number) else {
            continue;
        };
        let end = begin + line.quantity;
        let (mut payable, mut behind) = (0, 0);
        each_run(state, at, |run| {
            let (from, until) = (begin.max(behind), end.min(behind + run.units));
            if from < until {
                let upto =
                    |place: u32| share_up_to(run.value, i64::from(place - behind), i64::from(run.units));
                let value = upto(until) - upto(from);
                payable += value;
                push_run(quote, number, until - from, value);
            }
            behind += run.units;
        });
        write_line(pricing, quote, number, payable);
        deficits.push(line.list_price.minor() * i64::from(line.quantity) - payable);
        begin = end;
    }
}

fn each_run(state: &State, item: u32, mut visit: impl FnMut(&Run)) {
    let mut at = item;
    while at != NONE {
        let run = &state.runs[at as usize];
        visit(run);
        at = run.next;
    }
}

/// Appends a run of a line.
fn push_run(quote: &mut Quote, line: usize, units: u32, payable: i64) {
    quote.runs.push(UnitRun { line: line as u32, units, payable: Money::from_minor(payable) });
}

fn write_line(pricing: Pricing<'_>, quote: &mut Quote, number: usize, payable: i64) {
    quote.lines.extend(pricing.cart.lines().get(number).map(|line| quote_line(line, payable)));
}

#[inline(always)]
fn quote_line(line: &Line, payable: i64) -> QuoteLine {
    QuoteLine {
        line: line.id.clone(),
        sku: line.sku.clone(),
        shop: line.shop.clone(),
        quantity: line.quantity,
        tax_class: line.tax_class.clone().unwrap_or_default(),
        list: Money::from_minor(line.list_price.minor() * i64::from(line.quantity)),
        payable: Money::from_minor(payable),
    }
}

fn write_charges(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote) {
    for (charge, state) in pricing.cart.charges().iter().zip(&scratch.state.charges) {
        quote.charges.push(QuoteCharge {
            shop: charge.shop.clone(),
            method: charge.method.clone(),
            list: Money::from_minor(state.list),
            payable: Money::from_minor(state.value),
        });
    }
}

fn write_rules(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    let Scratch { applied, adjustments, lines: work, .. } = scratch;
    let first = quote.rules.len();
    // Named where they stay, as claims are.
    quote.rules.extend(applied.iter().map(|applied| RuleTotal {
        rule: RuleId::default(),
        stage: StageId::default(),
        asked: Money::from_minor(applied.asked),
        granted: Money::from_minor(applied.granted),
        short_units: applied.short,
    }));
    for (total, applied) in quote.rules[first..].iter_mut().zip(&*applied) {
        let rule = &pricing.plan.rules[applied.rule as usize];
        total.rule.clone_from(&rule.id);
        total.stage.clone_from(&pricing.plan.stages[rule.stage as usize].id);
    }
    let one_line_each = pricing.one_line_each();
    if one_line_each {
        std::mem::swap(&mut quote.adjustments, adjustments);
    }
    let (mut from, mut read) = (0, 0);
    for applied in &*applied {
        let mut until = applied.adjustments_end as usize;
        if !one_line_each {
            for adjustment in &adjustments[read..until] {
                write_adjustment(pricing, work, quote, *adjustment);
            }
            (read, until) = (until, quote.adjustments.len());
        }
        let funding = &pricing.plan.rules[applied.rule as usize].funding;
        if !funding.is_empty() {
            write_shares(quote, from..until, funding);
        }
        from = until;
    }
}

/// An adjustment on an item, shared out to its lines.
fn write_adjustment(pricing: Pricing<'_>, work: &mut LineWork, quote: &mut Quote, adjustment: Adjustment) {
    let On::Line(item) = adjustment.on else {
        quote.adjustments.push(adjustment);
        return;
    };
    let (start, item) = (work.starts[item as usize], &pricing.cart.items()[item as usize]);
    if start == NONE {
        quote.adjustments.push(Adjustment { on: On::Line(item.lines.start as u32), ..adjustment });
        return;
    }
    // The rule's grant goes to the lines by what they have still to explain; units and asked follow the shares.
    let deficits = &mut work.deficits[start as usize..start as usize + item.lines.len()];
    let (asked, granted) = (adjustment.asked.minor(), adjustment.granted.minor());
    let mut shares = Shares::new(granted, deficits.iter().sum());
    let mut unit_shares = Shares::new(i64::from(adjustment.units), granted);
    let mut asked_shares = Shares::new(asked, granted);
    for (deficit, number) in deficits.iter_mut().zip(item.lines.clone()) {
        let share = shares.next(*deficit);
        *deficit -= share;
        let quantity = pricing.cart.lines()[number].quantity;
        let units = u32::try_from(unit_shares.next(share)).map_or(quantity, |units| units.min(quantity));
        let asked = Money::from_minor(asked_shares.next(share));
        if share > 0 {
            let (on, granted) = (On::Line(number as u32), Money::from_minor(share));
            quote.adjustments.push(Adjustment { on, units, asked, granted, ..adjustment });
        }
    }
}

/// Splits a rule's adjustments over its bearers.
///
/// Of every sum of adjustments from the first on, each bearer pays its percentage of what the bearers before it left. So no
/// share is negative, and many adjustments round no further than one: a bearer is off by less than a unit for each bearer up
/// to it.
fn write_shares(
    quote: &mut Quote,
    adjustments: std::ops::Range<usize>,
    funding: &[(crate::shop::Bearer, i64)],
) {
    let mut sum = 0_i64;
    for adjustment in adjustments {
        let mut before = sum;
        // The sum of a rule's adjustments was granted, so it fits.
        sum = sum.wrapping_add(quote.adjustments[adjustment].granted.minor());
        let (mut after, mut rate) = (sum, crate::bounds::PPM);
        for (bearer, ppm) in funding {
            // A bearer of nothing may come when all is paid: nothing of nothing.
            let of = rate.max(1);
            let (paid, pays) = (share_up_to(before, *ppm, of), share_up_to(after, *ppm, of));
            (before, after, rate) =
                (before.wrapping_sub(paid), after.wrapping_sub(pays), rate.wrapping_sub(*ppm));
            let known = quote.bearers.iter().position(|known| known == bearer);
            let bearer = known.unwrap_or_else(|| {
                quote.bearers.push(bearer.clone());
                quote.bearers.len() - 1
            });
            quote.shares.push(Share {
                adjustment: adjustment as u32,
                bearer: bearer as u32,
                amount: Money::from_minor(pays.wrapping_sub(paid)),
            });
        }
    }
}

fn write_gifts(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    let mut add_ons = 0_i64;
    for gift in &scratch.gifts {
        let GiftTaken { rule, option, pieces, status } = *gift;
        let rule = &pricing.plan.rules[rule as usize];
        let PlanBenefit::Gift(terms) = &rule.benefit else {
            continue;
        };
        let option = &terms.options[option as usize];
        quote.gifts.push(QuoteGift {
            rule: rule.id.clone(),
            sku: option.sku.clone(),
            quantity: pieces,
            unit_price: Money::from_minor(option.price_minor),
            status,
        });
        if status == GiftStatus::Taken {
            let sum = option
                .price_minor
                .checked_mul(i64::from(pieces))
                .and_then(|price| add_ons.checked_add(price));
            add_ons = scratch.state.checked(sum);
        }
    }
    quote.totals.add_ons = Money::from_minor(add_ons);
}

/// One claim for each limit that is set on a rule that applied (L-1), sorted.
fn write_claims(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    super::rewards::write_wallet_claims(pricing, scratch, quote);
    super::payment::write_draws(pricing, scratch, quote);
    write_quota_claims(pricing, scratch, quote);
    let Scratch { applied, work, codes, .. } = scratch;
    let rules = &pricing.plan.rules;
    let context = pricing.context;
    let wallet = !context.coupons.is_empty();
    if !wallet && !pricing.plan.asks.limits {
        return;
    }
    let claims = |applied: &&Applied| {
        let rule = &rules[applied.rule as usize];
        rule.limits.is_some() || (wallet && rule.coupon.is_some())
    };
    let by_id = |applied: &&Applied| rules[applied.rule as usize].by_id;
    let nobody = CustomerId::default();
    let customer = context.customer.id.as_ref().unwrap_or(&nobody);
    // Mostly they have applied by id.
    if applied.iter().filter(claims).is_sorted_by_key(|applied| by_id(&applied)) {
        for applied in applied.iter().filter(claims) {
            write_claims_of(pricing, codes, applied, customer, quote);
        }
        return;
    }
    work.order.clear();
    work.order.extend((0..).zip(&*applied).filter(|(_, applied)| claims(applied)).map(|(at, _)| at));
    work.order.sort_unstable_by_key(|at| by_id(&&applied[*at as usize]));
    for at in &work.order {
        write_claims_of(pricing, codes, &applied[*at as usize], customer, quote);
    }
}

/// The claims of a rule that applied: on its limits, and on the coupon of the wallet that it uses.
#[inline(always)]
fn write_claims_of(
    pricing: Pricing<'_>,
    codes: &[Key],
    applied: &Applied,
    customer: &CustomerId,
    quote: &mut Quote,
) {
    let rule = &pricing.plan.rules[applied.rule as usize];
    if let Some(limits) = &rule.limits {
        write_limits(rule, limits, applied, customer, quote);
    }
    if !pricing.context.coupons.is_empty()
        && let Some(coupon) = pricing.coupon_used(codes, rule)
    {
        let resource = Resource::coupon_of(rule.id.clone(), coupon.id.clone());
        quote.claims.push(Claim { resource, amount: 1 });
    }
}

/// Claims on what several rules share, by quota.
fn write_quota_claims(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote) {
    for (number, quota) in (0_u32..).zip(&pricing.plan.quotas) {
        let amount = pricing.drawn(number, &scratch.applied);
        if amount == 0 {
            continue;
        }
        if quota.units != u64::MAX {
            let resource = Resource::quota(quota.id.clone(), ResourceKind::Units);
            quote.claims.push(Claim { resource, amount });
        }
        if quota.customer_units != u64::MAX {
            let customer = pricing.context.customer.id.clone().unwrap_or_default();
            let resource = Resource::quota(quota.id.clone(), ResourceKind::CustomerUnits).of(customer);
            quote.claims.push(Claim { resource, amount });
        }
    }
}

/// One claim for each limit of a rule; the plan lists them in order.
#[inline(always)]
fn write_limits(
    rule: &PlanRule,
    limits: &PlanLimits,
    applied: &Applied,
    customer: &CustomerId,
    quote: &mut Quote,
) {
    let mut all_of_something = true;
    let from = quote.claims.len();
    // Room for all of them is made first, and each is named where it stays: a named one would be taken to pieces on its way, and
    // reading what was just written in other pieces makes a processor wait.
    quote.claims.extend(limits.claims.iter().map(|kind| {
        let (kind, amount) = (*kind, claimed(*kind, applied));
        all_of_something &= amount > 0;
        Claim { resource: Resource::new(RuleId::default(), kind), amount }
    }));
    for claim in quote.claims.iter_mut().skip(from) {
        claim.resource.set_rule(&rule.id);
        if limits.of_customer && claim.resource.kind().is_per_customer() {
            claim.resource.set_customer(customer);
        }
    }
    if !all_of_something {
        quote.claims.retain(|claim| claim.amount > 0);
    }
}

/// How much of a limit a rule that applied uses up.
const fn claimed(kind: ResourceKind, applied: &Applied) -> u64 {
    match kind {
        ResourceKind::Uses | ResourceKind::CustomerUses => 1,
        ResourceKind::Units | ResourceKind::CustomerUnits => applied.units,
        ResourceKind::Budget => applied.granted.unsigned_abs(),
        ResourceKind::Points | ResourceKind::CustomerPoints => applied.points,
        // No rule's limits.
        ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => 0,
    }
}

impl<'a> Pricing<'a> {
    /// The coupon of a wallet that a rule that applied uses up: none when a code unlocked it, else the usable one that
    /// expires first, then by id.
    fn coupon_used(self, codes: &[Key], rule: &PlanRule) -> Option<&'a WalletCoupon> {
        let held = self.plan.keys.wallet.get(rule.id.as_str().as_bytes())?;
        let unlocks = |key: &&Key| **key != held && codes.binary_search(key).is_ok();
        if rule.coupon.as_ref()?.iter().find(unlocks).is_some() {
            return None;
        }
        let of_rule = self.context.coupons.iter().filter(|coupon| coupon.rule == rule.id.as_str());
        let usable = of_rule.filter(|coupon| coupon.unusable(self.context).is_none());
        usable.min_by_key(|coupon| coupon.preference())
    }
}
