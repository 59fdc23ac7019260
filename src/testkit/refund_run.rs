//! Random returns of random orders, watched by an account that knows nothing of how refunds are worked out.

use std::collections::{BTreeMap, BTreeSet};

use super::Scenario;
use super::generate::bytes::Bytes;
use super::oracle;
use super::refund_ops::{Order, RefundEvent, RefundTotals, compare};
use crate::bounds::Limits;
use crate::compile::compile;
use crate::evaluate::Scratch;
use crate::load;
use crate::money::{Amount, Money};
use crate::record::{
    On, PointsBack, PointsDirection, Quote, QuotePoints, Receipt, RefundKind, RefundNote, RefundOf, Way,
};
use crate::refund::{Protect, RefundError, Refunder, Return};
use crate::rules::{
    AmountOff, Benefit, Condition, RefundPolicy, Rule, RuleSet, Selector, Spend, SpentPoints,
};
use crate::shop::{BalanceId, Cart, Charge, Line, LineId, Wallet};

/// Settles the order that some bytes stand for, returns parts of it, lets prices fall in between, and at last returns the rest.
/// After each step it checks what every order of steps must keep: what is due is what the oracle says, nobody gets more
/// back than they paid or keeps goods for less than they cost alone (under `safest`), a receipt reads back as it was
/// written, and everything returned is everything paid back.
///
/// # Errors
/// The first promise that was broken, in words.
pub fn refund_ops(bytes: &[u8]) -> Result<BTreeSet<RefundEvent>, String> {
    let (script, scenario) = bytes.split_at(bytes.len().min(40));
    let mut scenario = Scenario::from_bytes(scenario);
    let mut prices = Bytes::new(script);
    // What holds under `safest` alone must be looked at often.
    if prices.byte() % 2 == 1 {
        scenario.rules.refunds.policy = RefundPolicy::Safest;
        scenario.rules.rules.iter_mut().for_each(|rule| rule.refund = None);
    }
    let order = Order::of(&scenario)?;
    // What the host knows besides comes from the same bytes, read from their end.
    let turned: Vec<u8> = script.iter().rev().copied().collect();
    let mut run = Run {
        receipt: order.receipt.clone(),
        order: &order,
        refunder: Refunder::default(),
        events: BTreeSet::new(),
        prices,
        facts: Bytes::new(&turned),
        spent: order.receipt.paid.minor(),
        now: None,
    };
    for returned in order.returns(script) {
        let returned = run.with_facts(returned);
        if run.prices.in_16(4) {
            run.protect()?;
        }
        if run.prices.in_16(3) {
            run.exchange(&returned)?;
        } else {
            run.refund(&returned)?;
        }
    }
    let rest = Return::everything("rest", order.receipt.quote.priced_at, &run.receipt);
    if !rest.units.is_empty() || !rest.pieces.is_empty() {
        run.refund(&rest)?;
    }
    run.end()
}

struct Run<'a> {
    order: &'a Order,
    receipt: Receipt,
    refunder: Refunder,
    events: BTreeSet<RefundEvent>,
    /// By how much prices fall.
    prices: Bytes<'a>,
    /// What the host knows of returns besides.
    facts: Bytes<'a>,
    /// Money that has left the shopper's pocket and not come back.
    spent: i64,
    /// What the goods kept cost when their price last fell, as long as the shopper gives up none of them.
    now: Option<i128>,
}

impl Run<'_> {
    /// Sends parcels at a cost, spends what was granted, and looks into the wallet.
    fn with_facts(&mut self, mut returned: Return) -> Return {
        let sends = returned.units.iter().any(|(_, way, units)| *way == Way::Returned && *units > 0);
        if sends && self.facts.in_16(4) {
            returned = returned.freight(Money::from_minor(i64::from(self.facts.byte()) * 10));
        }
        let quote = &self.order.receipt.quote;
        for grant in &quote.grants {
            if let Some(rule) = quote.rules.get(grant.rule as usize).filter(|_| self.facts.in_16(4)) {
                returned = returned.spent(rule.rule.as_str(), grant.quantity);
            }
        }
        // Mostly fewer than orders earn.
        match self.facts.maybe(8, |bytes| bytes.one_of([0, 1, 7, 100])) {
            Some(points) => returned.points_held(points),
            None => returned,
        }
    }

    fn refund(&mut self, returned: &Return) -> Result<(), String> {
        let note = self.order.plan.refund(&mut self.refunder, &self.receipt, returned);
        let note = note.map_err(|error| format!("{returned:?} is refused: {error}"))?;
        self.note(&note);
        self.check_points(returned, &note)?;
        self.spent += returned.freight.minor() - note.money.minor();
        self.take(note)?;
        let again = self.order.plan.refund(&mut self.refunder, &self.receipt, returned);
        told(matches!(again, Err(RefundError::Repeated { .. })), "a refund was made twice")
    }

    /// What goes back is exchanged for the whole order once more; that goes back too, with everything that came with it.
    fn exchange(&mut self, returned: &Return) -> Result<(), String> {
        let plan = &self.order.plan;
        let new = self.order.receipt.clone();
        let exchange = plan.exchange(&mut self.refunder, &self.receipt, returned, &new.quote);
        let exchange = exchange.map_err(|error| error.to_string())?;
        self.events.insert(RefundEvent::Exchanged);
        self.note(&exchange.note);
        self.spent += returned.freight.minor() + exchange.difference.minor();
        let all = Return::everything("all", new.quote.priced_at, &new);
        let back = plan.refund(&mut self.refunder, &new, &all).map_err(|error| error.to_string())?;
        told(back.money <= new.paid, "an exchange paid more back than it cost")?;
        self.spent -= back.money.minor();
        self.take(exchange.note)
    }

    fn take(&mut self, note: RefundNote) -> Result<(), String> {
        if note.units.iter().any(|units| units.way != Way::Undelivered) {
            self.now = None;
        }
        let receipt = std::mem::replace(&mut self.receipt, self.order.receipt.clone());
        self.receipt = receipt.with(note).map_err(|error| error.to_string())?;
        let text = serde_json::to_string(&self.receipt).map_err(|error| error.to_string())?;
        let read = load::receipt(&text, &Limits::default()).map_err(|error| format!("{error}: {text}"))?;
        told(read == self.receipt, "the receipt does not read back")?;
        self.check()
    }

    fn note(&mut self, note: &RefundNote) {
        use crate::record::RefundBasis as Basis;
        let trace = &note.trace;
        let seen = [
            (RefundEvent::JudgedAlone, trace.basis == Basis::Alone),
            (RefundEvent::JudgedByShare, trace.basis == Basis::Share && trace.kept_alone.is_some()),
            (RefundEvent::Owed, note.money < Money::ZERO),
            (RefundEvent::Residue, note.residue > Money::ZERO),
            (RefundEvent::Wallet, note.points.given_back > 0 || !note.balances.is_empty()),
            (RefundEvent::PointsTaken, note.points.taken_back > 0),
            (RefundEvent::PointsLacking, note.points.lacking > 0),
            (RefundEvent::PointsCharged, note.points.charged > 0),
            (RefundEvent::Reward, !note.rewards.is_empty()),
            (RefundEvent::Coupon, !note.coupons.is_empty()),
            (RefundEvent::Claims, !note.claims.is_empty()),
            (RefundEvent::Bearer, !note.bearers.is_empty()),
            (RefundEvent::Undelivered, note.units.iter().any(|units| units.way == Way::Undelivered)),
            (RefundEvent::Protected, !note.protected.is_empty()),
            (RefundEvent::All, trace.basis == Basis::NothingKept),
        ];
        self.events.extend(seen.into_iter().filter(|(_, seen)| *seen).map(|(event, _)| event));
    }

    /// What is taken back, charged and lacking is what the rule set says of points that are spent: no wallet goes below zero
    /// unless it says so.
    fn check_points(&self, returned: &Return, note: &RefundNote) -> Result<(), String> {
        let PointsBack { taken_back, charged, lacking, .. } = note.points;
        let held = returned.points_held.map_or(i64::MAX, |held| i64::try_from(held).unwrap_or(i64::MAX));
        let most = taken_back <= held;
        let rules = &self.order.rules;
        let redeems = |rule: &Rule| rule.enabled && matches!(rule.benefit, Benefit::PointsRedeem(_));
        let is_right = match rules.refunds.spent_points {
            None if !rules.rules.iter().any(redeems) => {
                charged == 0 && most && (lacking == 0 || taken_back == held)
            }
            Some(SpentPoints::Owe) => (charged, lacking) == (0, 0),
            None | Some(SpentPoints::Charge(_)) => {
                lacking == 0 && most && (charged == 0 || taken_back == held)
            }
        };
        told(is_right && charged >= 0 && lacking >= 0, "points that were spent are not what was agreed")
    }

    fn check(&self) -> Result<(), String> {
        let receipt = &self.receipt;
        let (totals, due) = (RefundTotals::of(receipt), self.order.due(receipt));
        compare(receipt, &totals, &due)?;
        // What the shop charges for things kept, and pays for parcels, is apart from what the goods cost.
        let apart = [RefundOf::Gifts, RefundOf::Grants, RefundOf::SpentPoints, RefundOf::ReturnFreight];
        let apart: i64 = apart.iter().filter_map(|of| totals.parts.get(of)).sum();
        told(totals.money - apart <= receipt.paid.minor(), "more money came back than was paid")?;
        let charged = -totals.parts.get(&RefundOf::SpentPoints).copied().unwrap_or(0);
        told(
            i128::from(charged) == self.cost_of_points(totals.points.2),
            "spent points cost something else",
        )?;
        let pure = self.order.rules.refunds.policy == RefundPolicy::Safest
            && self.order.rules.rules.iter().all(|rule| rule.refund.is_none());
        told(self.spent >= 0, "the shopper is ahead")?;
        let delivered = totals.units.keys().all(|(_, way)| *way != Way::Undelivered);
        let kept = due.paid - due.back;
        told(
            !(pure && delivered) || kept >= due.paid.min(due.alone),
            "what is kept cost less than it does alone",
        )?;
        if pure && delivered && self.order.rules.refunds.price_protection.is_some() {
            let paid = totals.parts.get(&RefundOf::PriceProtection).copied().unwrap_or(0);
            let least = due.paid.min(due.alone).min(self.alone_at_lowest()?);
            let least = self.now.map_or(least, |now| least.min(now));
            told(kept - i128::from(paid) >= least, "what is kept cost less than it ever did")?;
        }
        told(kept >= 0 && due.back >= 0, "more came back than was paid")
    }

    /// What so many spent points cost: what the rule set says, else what the dearest of its rules that redeem points gives for
    /// them; rounded up once.
    fn cost_of_points(&self, charged: i64) -> i128 {
        let rules = &self.order.rules;
        let redeemed =
            rules.rules.iter().filter(|rule| rule.enabled).filter_map(|rule| match &rule.benefit {
                Benefit::PointsRedeem(redeem) => Some((redeem.step, redeem.value)),
                _other => None,
            });
        let rates: Vec<(u32, Amount)> = match rules.refunds.spent_points {
            None => redeemed.collect(),
            Some(SpentPoints::Owe) => Vec::new(),
            Some(SpentPoints::Charge(worth)) => vec![(worth.points, worth.value)],
        };
        let cost = |(points, value): (u32, Amount)| {
            let minor = value.to_money(rules.currency).map_or(0, Money::minor);
            (i128::from(charged) * i128::from(minor) + i128::from(points) - 1) / i128::from(points)
        };
        rates.into_iter().map(cost).max().unwrap_or(0)
    }

    /// What the goods kept cost alone at the lowest prices that were protected: nothing when none are kept, beyond all prices when none
    /// fell.
    fn alone_at_lowest(&self) -> Result<i128, String> {
        let mut lowest: BTreeMap<&LineId, Money> = BTreeMap::new();
        for one in self.receipt.refunds.iter().flat_map(|note| &note.protected) {
            let list = lowest.entry(&one.line).or_insert(one.list);
            *list = one.list.min(*list);
        }
        if lowest.is_empty() {
            return Ok(i128::MAX);
        }
        let cart = self.kept(|line| lowest.get(&line.id).copied().unwrap_or(line.list_price))?;
        let (rules, checkout) = (&self.order.rules, &self.receipt.checkout);
        Ok(cart.map_or(0, |cart| {
            oracle::worth(&oracle::price(rules, &cart, &checkout.context, &checkout.usage))
        }))
    }

    /// The cart of what is kept, at other list prices; none when nothing is.
    fn kept(&self, list: impl Fn(&Line) -> Money) -> Result<Option<Cart>, String> {
        let cart = &self.receipt.checkout.cart;
        let left = |line: &Line| line.quantity - self.receipt.gone(&line.id);
        let lines = cart.lines().iter().filter(|line| left(line) > 0).map(|line| {
            let mut now = Line { quantity: left(line), list_price: list(line), ..line.clone() };
            now.floor_price = now.floor_price.map(|floor| floor.min(now.list_price));
            now
        });
        let lines: Vec<Line> = lines.collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let has_goods = |charge: &Charge| cart.lines().iter().any(|line| line.shop == charge.shop);
        let ships = |charge: &Charge| lines.iter().any(|line| line.shop == charge.shop);
        let charges = cart.charges().iter().filter(|charge| ships(charge) || !has_goods(charge)).cloned();
        let charges: Vec<Charge> = charges.collect();
        Cart::new(cart.currency(), lines, charges).map(Some).map_err(|error| error.to_string())
    }

    /// What the goods kept cost now: by the rules of the order or by others, with the wallet of the order or an empty one.
    fn quote_of_now(&mut self) -> Result<Option<Quote>, String> {
        let percent = i64::from(self.prices.byte() % 101);
        let now = self.kept(|line| Money::from_minor(line.list_price.minor() * percent / 100))?;
        let Some(cart) = now else { return Ok(None) };
        let (mut context, usage) = (self.receipt.checkout.context.clone(), &self.receipt.checkout.usage);
        if self.facts.in_16(6) {
            context.wallet = Wallet::default();
        }
        let price = |plan: &crate::compile::Plan| {
            let now = plan.price(&mut Scratch::default(), &cart, &context, usage);
            now.map(Some).map_err(|error| error.to_string())
        };
        if self.facts.in_16(6) {
            // Just what is kept reaches the threshold of a new rule.
            let list =
                cart.lines().iter().map(|line| line.list_price.minor() * i64::from(line.quantity)).sum();
            let amount = |minor: i64| Amount::from_money(Money::from_minor(minor), cart.currency());
            let half = i128::from(list) * i128::from(self.facts.byte()) / 512;
            let half = i64::try_from(half).map_err(|error| error.to_string())?;
            let off = Benefit::AmountOff(AmountOff::once(amount(half + 1)));
            let from = Condition::Spend(Spend::at_least(Selector::all(), amount(list)));
            let rules = RuleSet::new(cart.currency()).rule(Rule::new("new", "order", off).condition(from));
            return match compile(&rules) {
                Ok(plan) => price(&plan),
                // Goods that cost nothing reach no threshold.
                Err(_) => price(&self.order.plan),
            };
        }
        price(&self.order.plan)
    }

    /// The price of everything kept falls, and the shopper asks for the difference; once more brings nothing.
    fn protect(&mut self) -> Result<(), String> {
        let Some(now) = self.quote_of_now()? else { return Ok(()) };
        let claim =
            |id: &str| Protect::new(format!("{id}{}", self.receipt.refunds.len()), now.priced_at, &now);
        let note = self.order.plan.protect(&mut self.refunder, &self.receipt, &claim("p"));
        let note = note.map_err(|error| error.to_string())?;
        told(note.money >= Money::ZERO, "a fallen price was charged")?;
        if note.money > Money::ZERO {
            let goods = i128::from(now.totals.goods.minor() + paid_from_wallet(&now, |at| pays(&now, at)));
            self.now = Some(self.now.map_or(goods, |before| before.min(goods)));
        }
        self.spent -= note.money.minor();
        self.note(&note);
        self.take(note)?;
        let claim = Protect::new(format!("q{}", self.receipt.refunds.len()), now.priced_at, &now);
        let again = self.order.plan.protect(&mut self.refunder, &self.receipt, &claim);
        let again = again.map_err(|error| error.to_string())?;
        told(again.money == Money::ZERO, "one drop was paid twice")
    }

    /// Everything has gone back: so has everything that was paid, but for fees that the rules keep.
    fn end(self) -> Result<BTreeSet<RefundEvent>, String> {
        let receipt = &self.receipt;
        let totals = RefundTotals::of(receipt);
        let quote = &receipt.quote;
        let part = |of: &RefundOf| totals.parts.get(of).copied().unwrap_or(0);
        let pays = |rule: u32| pays(quote, rule);
        let on_fees =
            quote.adjustments.iter().filter(|one| matches!(one.on, On::Charge(_)) && pays(one.rule));
        let from_wallet: i64 = on_fees.map(|one| one.granted.minor()).sum();
        let fees = quote.totals.shipping.minor() + from_wallet - part(&RefundOf::Shipping);
        let kept = -part(&RefundOf::Deposit) - part(&RefundOf::Grants) - part(&RefundOf::SpentPoints);
        let freight = part(&RefundOf::ReturnFreight);
        told(
            freight <= receipt.refunds.iter().map(|note| note.freight.minor()).sum(),
            "freight paid a profit",
        )?;
        let money = totals.money - freight;
        told(fees >= 0, "more shipping came back than was paid")?;
        told(self.spent >= 0, "the shopper is ahead in the end")?;
        if fees > 0 && from_wallet > 0 {
            // A fee that the shop keeps was paid from the wallet, too, and the rest of it comes back.
            let back = money - part(&RefundOf::Wallet);
            let paid = receipt.paid.minor() + paid_from_wallet(quote, pays);
            return told(back == paid - fees - kept, "not all that was paid came back").map(|()| self.events);
        }
        told(money == receipt.paid.minor() - fees - kept, "not all that was paid came back")?;
        told(u64::try_from(totals.points.0) == Ok(quote.points_redeemed()), "not all points came back")?;
        let earned = i64::try_from(quote.points_earned()).map_err(|error| error.to_string())?;
        let last = receipt.refunds.iter().rfind(|note| note.kind == RefundKind::Return);
        let lacking = last.map_or(0, |note| note.points.lacking);
        told(totals.points.1 + totals.points.2 + lacking == earned, "earned points stayed")?;
        let redeemed = quote.points.iter().filter(|one| one.direction == PointsDirection::Redeemed);
        let lots: i64 = totals.lots.values().sum();
        told(redeemed.count() == 0 || lots == totals.points.0, "points came back to no lot")?;
        let mut drawn: BTreeMap<BalanceId, i64> = BTreeMap::new();
        for draw in &quote.draws {
            *drawn.entry(draw.balance.clone()).or_default() += draw.amount.minor();
        }
        told(totals.balances == drawn, "not all that balances paid came back")?;
        Ok(self.events)
    }
}

/// Whether a rule of a quote takes points or balances.
fn pays(quote: &Quote, rule: u32) -> bool {
    let redeems = |one: &QuotePoints| one.rule == rule && one.direction == PointsDirection::Redeemed;
    quote.points.iter().any(redeems) || quote.draws.iter().any(|draw| draw.rule == rule)
}

/// What points and balances paid, as money.
fn paid_from_wallet(quote: &Quote, pays: impl Fn(u32) -> bool) -> i64 {
    let rules = (0..).zip(&quote.rules).filter(|(at, _)| pays(*at));
    rules.map(|(_, rule)| rule.granted.minor()).sum()
}

fn told(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}
