//! What a return comes to (the refunds page of the guide), worked out plainly from rules and carts: the order is priced, what is
//! kept is priced, and the rest is long division. It knows no receipt and no history: what is due depends on what has gone, not on
//! how it went.

use std::collections::BTreeMap;

use super::{OracleQuote, price};
use crate::record::{On, Usage};
use crate::rules::{RefundPolicy, RuleId, RuleSet, ShippingBack};
use crate::shop::{BalanceId, Cart, Charge, Context, Line, LineId, ShopId};

/// Units of a line that have gone: returned, cancelled, undelivered.
pub type OracleGone = BTreeMap<LineId, (u32, u32, u32)>;

/// What is due for all that has gone. All amounts are in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OracleRefund {
    /// What was paid for goods and shipping, in money and from the wallet.
    pub paid: i128,
    /// What what is kept costs alone, shipping included; nothing when nothing is.
    pub alone: i128,
    /// What it costs by the policies.
    pub kept_cost: i128,
    /// What is paid back, in money and to the wallet.
    pub back: i128,
    /// What of it is shipping.
    pub shipping: i128,
    /// What of it is money.
    pub cash: i128,
    /// Redeemed points that come back.
    pub points: i128,
    /// What balances get back.
    pub balances: BTreeMap<BalanceId, i128>,
    /// Earned points taken back.
    pub points_taken: i128,
    /// Pieces of gifts and add-ons that are not due to those who keep what is kept, by rule and product.
    pub gifts_due: BTreeMap<(RuleId, String), i128>,
    /// How much more what is kept costs than was paid for everything.
    pub residue: i128,
}

/// Works out what is due once so much has gone.
#[must_use]
pub fn refund(
    rules: &RuleSet,
    cart: &Cart,
    context: &Context,
    usage: &Usage,
    gone: &OracleGone,
) -> OracleRefund {
    let order = price(rules, cart, context, usage);
    let lines = lines(cart, gone);
    let asked = asked(cart, &lines);
    let alone = asked.as_ref().map(|cart| price(rules, cart, context, usage));
    Case { rules, cart, context, order: &order, alone: alone.as_ref(), lines: &lines }.refund()
}

/// A line with its units: all, given up by the shopper, gone, sent back.
struct Units<'a> {
    line: &'a Line,
    all: i128,
    given_up: i128,
    gone: i128,
    sent_back: i128,
}

fn lines<'a>(cart: &'a Cart, gone: &OracleGone) -> Vec<Units<'a>> {
    let units = |line: &'a Line| {
        let (returned, cancelled, undelivered) = gone.get(&line.id).copied().unwrap_or_default();
        let (returned, cancelled) = (i128::from(returned), i128::from(cancelled));
        let given_up = returned + cancelled;
        let gone = given_up + i128::from(undelivered);
        Units { line, all: line.quantity.into(), given_up, gone, sent_back: returned }
    };
    cart.lines().iter().map(units).collect()
}

/// The cart that the rules are asked with: without what the shopper gave up.
fn asked(cart: &Cart, lines: &[Units<'_>]) -> Option<Cart> {
    let left = lines.iter().filter(|units| units.given_up < units.all);
    let left = left.map(|units| {
        let mut line = units.line.clone();
        line.quantity = u32::try_from(units.all - units.given_up).unwrap_or(0);
        line
    });
    let left: Vec<Line> = left.collect();
    let charges = cart.charges().iter().filter(|charge| {
        let of_shop = |line: &Line| line.shop == charge.shop;
        left.iter().any(of_shop) || !cart.lines().iter().any(of_shop)
    });
    let charges: Vec<Charge> = charges.cloned().collect();
    if left.is_empty() { None } else { Cart::new(cart.currency(), left, charges).ok() }
}

/// `amount · part / whole`, halves up.
fn share(amount: i128, part: i128, whole: i128) -> i128 {
    if whole == 0 { 0 } else { (2 * amount * part + whole).div_euclid(2 * whole) }
}

/// Splits an amount over weights by cumulative rounding.
fn split(amount: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    let upto = |count: usize| share(amount, weights.iter().take(count).sum(), sum);
    (0..weights.len()).map(|at| upto(at + 1) - upto(at)).collect()
}

struct Case<'a> {
    rules: &'a RuleSet,
    cart: &'a Cart,
    context: &'a Context,
    order: &'a OracleQuote,
    alone: Option<&'a OracleQuote>,
    lines: &'a [Units<'a>],
}

impl Case<'_> {
    fn refund(&self) -> OracleRefund {
        let nothing_kept = self.lines.iter().all(|units| units.gone == units.all);
        let given_up = self.lines.iter().any(|units| units.given_up > 0);
        let paid = self.paid();
        let fees = self.fees();
        let (retained, fees_back): (i128, i128) =
            (fees.iter().map(|fee| fee.1).sum(), fees.iter().map(|fee| fee.2).sum());
        let charges = (0_u32..).zip(self.cart.charges()).map(|(at, _)| self.wallet_on(at, None));
        let all_fees = self.order.shipping + charges.sum::<i128>();
        let retained_now: i128 = if nothing_kept { all_fees - fees_back } else { retained };
        let not_delivered = self.not_delivered(&fees);
        let kept_cost = self.kept_cost() + retained;
        let back = if nothing_kept {
            paid - retained_now
        } else if given_up {
            ((paid - kept_cost).max(0) + not_delivered).min(paid - retained_now)
        } else {
            not_delivered
        };
        let shipping = fees_back.min(back);
        let alone =
            self.alone.map_or(0, |alone| alone.goods + alone.shipping + Self::paid_from_wallet(alone));
        let mut refund = OracleRefund { paid, alone, kept_cost, back, shipping, ..OracleRefund::default() };
        if !nothing_kept {
            refund.residue = (kept_cost - paid).max(0);
        }
        self.in_kind(&mut refund, fees_back);
        refund.points_taken = self.points_taken(nothing_kept, given_up);
        refund.gifts_due = self.gifts_due(nothing_kept, given_up);
        refund
    }

    fn policy(&self, rule: &RuleId) -> RefundPolicy {
        let rule = self.rules.rules.iter().find(|known| known.id == *rule);
        rule.and_then(|rule| rule.refund).unwrap_or(self.rules.refunds.policy)
    }

    /// Whether a rule of a quote pays from the wallet.
    fn pays(quote: &OracleQuote, rule: &RuleId) -> bool {
        quote.payments.draws.keys().any(|(of, _)| of == rule)
            || quote.points.iter().any(|points| points.rule == *rule && points.direction == "redeemed")
    }

    fn paid_from_wallet(quote: &OracleQuote) -> i128 {
        let wallet = quote.rules.iter().filter(|rule| Self::pays(quote, &rule.rule));
        wallet.map(|rule| rule.granted).sum()
    }

    fn paid(&self) -> i128 {
        self.order.goods + self.order.shipping + Self::paid_from_wallet(self.order)
    }

    /// What rules, in the order they applied, took off a line; discounts first, then what the wallet paid.
    fn taken(&self, line: usize) -> Vec<(&RuleId, i128, bool)> {
        let number = u32::try_from(line).unwrap_or(u32::MAX);
        let of_line = self.order.rules.iter().flat_map(|rule| {
            let own = rule.adjustments.iter().filter(move |one| one.on == On::Line(number));
            own.map(|one| (&rule.rule, one.granted, Self::pays(self.order, &rule.rule)))
        });
        let mut taken: Vec<(&RuleId, i128, bool)> = of_line.collect();
        taken.sort_by_key(|(_, _, wallet)| *wallet);
        taken
    }

    /// What of each of these goes with so many units of a line.
    fn taken_with(&self, line: usize, units: i128) -> Vec<(&RuleId, i128, bool)> {
        let all = self.lines[line].all;
        let mut upto = 0;
        let mut given = 0;
        let parts = self.taken(line).into_iter().map(|(rule, granted, wallet)| {
            upto += granted;
            let part = share(upto, units, all) - given;
            given += part;
            (rule, part, wallet)
        });
        parts.collect()
    }

    /// What so many units of a line were worth.
    fn worth(&self, line: usize, units: i128) -> i128 {
        let list = i128::from(self.lines[line].line.list_price.minor()) * units;
        let off = self.taken_with(line, units).into_iter().filter(|(_, _, wallet)| !wallet);
        list - off.map(|(_, part, _)| part).sum::<i128>()
    }

    /// By charge: whether the rules are asked with it, what the shop keeps of it although its goods are gone, what comes back.
    fn fees(&self) -> Vec<(bool, i128, i128)> {
        let has_goods = |shop: &ShopId| self.lines.iter().any(|units| units.line.shop == *shop);
        let charges = (0_u32..).zip(self.cart.charges()).zip(&self.order.charges);
        let fee = |((at, charge), left): ((u32, &Charge), &i128)| {
            let payable = &(left + self.wallet_on(at, None));
            let whole_order = !has_goods(&charge.shop);
            let goods = || self.lines.iter().filter(|units| whole_order || units.line.shop == charge.shop);
            let kept = goods().any(|units| units.gone < units.all);
            let asked = goods().any(|units| units.given_up < units.all);
            let shipped = goods().any(|units| units.sent_back > 0);
            let refundable = match self.rules.refunds.shipping {
                ShippingBack::WithGoods => true,
                ShippingBack::Never => !shipped,
            };
            let back = !kept && refundable;
            let retained = if !asked && !refundable { *payable } else { 0 };
            (asked, retained, if back { *payable } else { 0 })
        };
        charges.map(fee).collect()
    }

    /// What the wallet paid of a fee, by all rules or one.
    fn wallet_on(&self, charge: u32, by: Option<&RuleId>) -> i128 {
        let rules = self.order.rules.iter().filter(|rule| Self::pays(self.order, &rule.rule));
        let rules = rules.filter(|rule| by.is_none_or(|by| *by == rule.rule));
        let on = rules.flat_map(|rule| &rule.adjustments).filter(|one| one.on == On::Charge(charge));
        on.map(|one| one.granted).sum()
    }

    fn not_delivered(&self, fees: &[(bool, i128, i128)]) -> i128 {
        let goods: i128 = (0..self.lines.len())
            .map(|at| self.worth(at, self.lines[at].gone) - self.worth(at, self.lines[at].given_up))
            .sum();
        let fees: i128 = fees.iter().filter(|(asked, _, _)| *asked).map(|(_, _, back)| back).sum();
        goods + fees
    }

    /// What the rules' goods cost, without fees the shop keeps anyway.
    fn kept_cost(&self) -> i128 {
        let fees = self.fees();
        let mut list = 0;
        let mut share_by: BTreeMap<RefundPolicy, i128> = BTreeMap::new();
        for (at, units) in self.lines.iter().enumerate() {
            list += i128::from(units.line.list_price.minor()) * (units.all - units.given_up);
            let gone = self.taken_with(at, units.given_up);
            for ((rule, granted, wallet), (_, part, _)) in self.taken(at).into_iter().zip(gone) {
                if !wallet {
                    *share_by.entry(self.policy(rule)).or_default() += granted - part;
                }
            }
        }
        for ((at, charge), (asked, _, _)) in (0_u32..).zip(self.cart.charges()).zip(&fees) {
            if !asked {
                continue;
            }
            list += i128::from(charge.amount.minor());
            for rule in self.order.rules.iter().filter(|rule| !Self::pays(self.order, &rule.rule)) {
                let own = rule.adjustments.iter().filter(|one| one.on == On::Charge(at));
                *share_by.entry(self.policy(&rule.rule)).or_default() +=
                    own.map(|one| one.granted).sum::<i128>();
            }
        }
        let given_up = self.lines.iter().any(|units| units.given_up > 0);
        let Some(alone) = self.alone.filter(|_| given_up) else {
            return (list - share_by.values().sum::<i128>()).max(0);
        };
        let mut alone_by: BTreeMap<RefundPolicy, i128> = BTreeMap::new();
        for rule in alone.rules.iter().filter(|rule| !Self::pays(alone, &rule.rule)) {
            *alone_by.entry(self.policy(&rule.rule)).or_default() += rule.granted;
        }
        let of = |by: &BTreeMap<RefundPolicy, i128>, policy| by.get(&policy).copied().unwrap_or(0);
        let off = of(&share_by, RefundPolicy::Proportional)
            + of(&alone_by, RefundPolicy::Reprice)
            + of(&share_by, RefundPolicy::Safest).min(of(&alone_by, RefundPolicy::Safest));
        (list - off).max(0)
    }

    /// Money, points and balances.
    fn in_kind(&self, refund: &mut OracleRefund, fees_back: i128) {
        let wallet: Vec<&RuleId> = self
            .order
            .rules
            .iter()
            .map(|rule| &rule.rule)
            .filter(|rule| Self::pays(self.order, rule))
            .collect();
        let of = |rule: &RuleId, units: fn(&Units<'_>) -> i128| -> i128 {
            let lines = (0..self.lines.len()).flat_map(|at| self.taken_with(at, units(&self.lines[at])));
            lines.filter(|(of, _, _)| *of == rule).map(|(_, part, _)| part).sum()
        };
        let fees = self.fees();
        let of_fees = |rule: &RuleId, all: bool| -> i128 {
            let fees = (0_u32..).zip(&fees).filter(|(_, (_, _, back))| all || *back > 0);
            fees.map(|(at, _)| self.wallet_on(at, Some(rule))).sum()
        };
        let gone = wallet.iter().map(|rule| of(rule, |units| units.gone) + of_fees(rule, false));
        let mut gone: Vec<i128> = gone.collect();
        let all = wallet.iter().map(|rule| of(rule, |units| units.all) + of_fees(rule, true));
        let mut all: Vec<i128> = all.collect();
        let worth: i128 = (0..self.lines.len()).map(|at| self.worth(at, self.lines[at].gone)).sum();
        gone.push(worth + fees_back - gone.iter().sum::<i128>());
        all.push(refund.paid - all.iter().sum::<i128>());
        let within = refund.back.min(gone.iter().sum());
        let rest: Vec<i128> = all.iter().zip(&gone).map(|(all, gone)| all - gone).collect();
        let inner = split(within, &gone);
        let outer = split(refund.back - within, &rest);
        let kinds: Vec<i128> = inner.iter().zip(&outer).map(|(inner, outer)| inner + outer).collect();
        refund.cash = kinds.last().copied().unwrap_or(0);
        for ((rule, value), all) in wallet.into_iter().zip(&kinds).zip(&all) {
            let points = self.order.points.iter();
            let points = points.filter(|one| one.rule == *rule && one.direction == "redeemed");
            refund.points += points.map(|one| one.points * value / all).sum::<i128>();
            let draws: Vec<(&BalanceId, i128)> = self.draws(rule);
            let weights: Vec<i128> = draws.iter().map(|(_, amount)| *amount).collect();
            for ((balance, _), part) in draws.into_iter().zip(split(*value, &weights)) {
                *refund.balances.entry(balance.clone()).or_default() += part;
            }
        }
        refund.balances.retain(|_, amount| *amount != 0);
    }

    /// What a rule draws: what ends first was used first.
    fn draws(&self, rule: &RuleId) -> Vec<(&BalanceId, i128)> {
        let draws = self.order.payments.draws.iter().filter(|((of, _), _)| of == rule);
        let mut draws: Vec<(&BalanceId, i128)> = draws.map(|((_, id), amount)| (id, *amount)).collect();
        draws.sort_by_key(|(id, _)| (self.ends(id), (*id).clone()));
        draws
    }

    fn ends(&self, balance: &BalanceId) -> i64 {
        let held = self.context.wallet.balances.get(balance);
        held.and_then(|held| held.until).map_or(i64::MAX, crate::shop::Moment::unix_ms)
    }
}

impl Case<'_> {
    /// Earned points that go: those that what is kept does not earn.
    fn points_taken(&self, nothing_kept: bool, given_up: bool) -> i128 {
        if self.lines.iter().all(|units| units.gone == 0) {
            return 0;
        }
        let earned = self.order.points.iter().filter(|points| points.direction == "earned");
        let taken = earned.map(|points| {
            if nothing_kept {
                return points.points;
            }
            let by_share = self.points_by_share(points.points);
            let kept = match self.policy(&points.rule) {
                RefundPolicy::Reprice | RefundPolicy::Safest if given_up => {
                    let alone = self.alone.into_iter().flat_map(|alone| &alone.points);
                    let same = alone.filter(|one| one.rule == points.rule && one.direction == "earned");
                    let alone = same.map(|one| one.points).sum::<i128>().min(points.points);
                    let delivered = self.lines.iter().all(|units| units.gone == units.given_up);
                    if delivered { alone } else { alone.min(by_share) }
                }
                RefundPolicy::Proportional | RefundPolicy::Reprice | RefundPolicy::Safest => by_share,
            };
            points.points - kept
        });
        taken.sum()
    }

    fn points_by_share(&self, points: i128) -> i128 {
        let cash = |at: usize, units: i128| {
            let wallet = self.taken_with(at, units).into_iter().filter(|(_, _, wallet)| *wallet);
            self.worth(at, units) - wallet.map(|(_, part, _)| part).sum::<i128>()
        };
        let mut all: i128 = 0;
        let mut kept: i128 = 0;
        for (at, units) in self.lines.iter().enumerate() {
            all += cash(at, units.all);
            kept += cash(at, units.all) - cash(at, units.gone);
        }
        if all == 0 {
            let list = |units: fn(&Units<'_>) -> i128| -> i128 {
                self.lines.iter().map(|one| i128::from(one.line.list_price.minor()) * units(one)).sum()
            };
            (all, kept) = (list(|one| one.all), list(|one| one.all - one.gone));
        }
        if all == 0 { 0 } else { points * kept / all }
    }

    /// Gift and add-on pieces that go with what the shopper gave up.
    fn gifts_due(&self, nothing_kept: bool, given_up: bool) -> BTreeMap<(RuleId, String), i128> {
        let mut due = BTreeMap::new();
        let pieces = |quote: Option<&OracleQuote>| {
            let mut pieces: BTreeMap<(RuleId, String), i128> = BTreeMap::new();
            let gifts = quote.into_iter().flat_map(|quote| &quote.gifts);
            for gift in gifts.filter(|gift| gift.status != "offered") {
                *pieces.entry((gift.rule.clone(), gift.sku.to_string())).or_default() += gift.quantity;
            }
            pieces
        };
        let alone = pieces(self.alone);
        for (key, given) in pieces(Some(self.order)) {
            let kept = match self.policy(&key.0) {
                _ if nothing_kept => 0,
                RefundPolicy::Reprice | RefundPolicy::Safest if given_up => {
                    alone.get(&key).copied().unwrap_or(0).min(given)
                }
                RefundPolicy::Proportional | RefundPolicy::Reprice | RefundPolicy::Safest => given,
            };
            if kept < given {
                due.insert(key, given - kept);
            }
        }
        due
    }
}
