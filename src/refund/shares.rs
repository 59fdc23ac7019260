//! What each unit that has gone was worth, by its shares of the discounts.

use super::deposits;
use super::gone::{Gone, GoneLine};
use crate::compile::Plan;
use crate::money::share_up_to;
use crate::record::{Adjustment, On, PointsDirection, Quote, Receipt};
use crate::rules::{DepositBack, RefundPolicy, ShippingBack};
use crate::shop::ShopId;

/// What becomes of what a rule took off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is no discount: points or balances paid.
    Wallet,
    /// A discount.
    Discount(RefundPolicy),
}

/// What becomes of a shipping fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fee {
    /// Goods it is for are kept.
    Kept,
    /// None is left, but the shop did not deliver some: it is paid back, and the rules are asked as if it were not.
    NotDelivered,
    /// None is left, and it is paid back.
    PaidBack,
    /// None is left, and the shop keeps it.
    Retained,
}

impl Fee {
    /// Whether the rules are asked with it.
    pub const fn is_asked(self) -> bool {
        matches!(self, Self::Kept | Self::NotDelivered)
    }

    pub const fn is_back(self) -> bool {
        matches!(self, Self::NotDelivered | Self::PaidBack)
    }
}

/// A line's shares, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineShare {
    unit: i64,
    /// What all of it was worth: list less discounts.
    pub paid: i64,
    /// The same of the units that have gone.
    pub back: i64,
    /// The same of the units the shopper gave up.
    pub given_up: i64,
    /// What of `paid` was paid in money.
    pub cash: i64,
    /// What of `back` was.
    pub cash_back: i64,
    /// What adjustments took off so far, and what of it went with units given up, and with all units gone.
    off: i64,
    off_given_up: i64,
    off_gone: i64,
}

/// Shares of everything, reused from refund to refund.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// By rule of the quote.
    pub kinds: Vec<Kind>,
    pub lines: Vec<LineShare>,
    /// By charge.
    pub fees: Vec<Fee>,
    /// By charge: what the wallet paid of it.
    pub fee_wallet: Vec<i64>,
    /// By rule: what it gave that is on goods the rules are asked with, and their fees.
    pub kept: Vec<i64>,
    /// By rule: what it gave that has gone.
    pub back: Vec<i64>,
    /// By rule: units it discounted that have gone.
    pub units_back: Vec<u64>,
    /// By adjustment: how much of it has gone.
    pub gone: Vec<i64>,
    /// Some rule asks what is kept alone.
    asks_alone: bool,
    /// The shop keeps deposits that stand on no line.
    asks_deposits: bool,
}

impl Shared {
    /// Whether what is kept has to be priced: some rule minds, and the shopper gave a part up.
    pub fn must_price_alone(&self, gone: &Gone) -> bool {
        self.asks_alone && gone.some_given_up() && !gone.nothing_kept()
    }

    /// Whether what is not given up is priced, for that or to see which deposits are for it.
    pub fn prices_alone(&self, gone: &Gone) -> bool {
        let asks_deposits = || self.asks_deposits && gone.some_given_up() && gone.some_asked();
        self.must_price_alone(gone) || asks_deposits()
    }

    /// Works out all shares.
    pub fn find(&mut self, plan: &Plan, receipt: &Receipt, gone: &Gone) {
        let quote = &receipt.quote;
        self.asks_alone = plan.refunds.asks_alone();
        self.asks_deposits = match plan.refunds.deposit {
            DepositBack::Refund => false,
            DepositBack::Keep => quote.deposits.iter().any(|asked| deposits::is_plain(quote, asked)),
        };
        self.kinds.clear();
        self.kinds.extend((0..).zip(&quote.rules).map(|(at, rule)| {
            if pays_from_wallet(quote, at) {
                Kind::Wallet
            } else {
                Kind::Discount(plan.refunds.policy_of(&rule.rule))
            }
        }));
        self.lines.clear();
        self.lines.extend(
            receipt
                .checkout
                .cart
                .lines()
                .iter()
                .map(|line| LineShare { unit: line.list_price.minor(), ..LineShare::default() }),
        );
        self.fees.clear();
        self.fees
            .extend(quote.charges.iter().map(|charge| fee(plan.refunds.shipping, quote, gone, &charge.shop)));
        self.fee_wallet.clear();
        self.fee_wallet.resize(quote.charges.len(), 0);
        for by_rule in [&mut self.kept, &mut self.back] {
            by_rule.clear();
            by_rule.resize(quote.rules.len(), 0);
        }
        self.units_back.clear();
        self.units_back.resize(quote.rules.len(), 0);
        self.gone.clear();
        self.gone.resize(quote.adjustments.len(), 0);
        self.take_off(quote, gone, |kind| kind != Kind::Wallet);
        for (share, line) in self.lines.iter_mut().zip(&gone.lines) {
            let list = |units: u32| share.unit.saturating_mul(i64::from(units));
            share.paid = list(line.quantity).saturating_sub(share.off);
            share.back = list(line.all()).saturating_sub(share.off_gone);
            share.given_up = list(line.given_up()).saturating_sub(share.off_given_up);
        }
        self.take_off(quote, gone, |kind| kind == Kind::Wallet);
        for (share, line) in self.lines.iter_mut().zip(&gone.lines) {
            let list = |units: u32| share.unit.saturating_mul(i64::from(units));
            share.cash = list(line.quantity).saturating_sub(share.off);
            share.cash_back = list(line.all()).saturating_sub(share.off_gone);
        }
    }

    /// Takes the adjustments of some kinds off the lines, in the order of the rules, by cumulative rounding over them: what
    /// all rules up to one took off `k` of `n` units is the exact share rounded, so the rules' shares add up.
    fn take_off(&mut self, quote: &Quote, gone: &Gone, takes: impl Fn(Kind) -> bool) {
        for (adjustment, has_gone) in quote.adjustments.iter().zip(&mut self.gone) {
            let rule = adjustment.rule as usize;
            let Some(kind) = self.kinds.get(rule).filter(|kind| takes(**kind)) else { continue };
            let granted = adjustment.granted.minor();
            let (given_up, all) = match adjustment.on {
                On::Line(line) => {
                    let (share, line) = (self.lines.get_mut(line as usize), gone.lines.get(line as usize));
                    let (Some(share), Some(line)) = (share, line) else { continue };
                    let units = &mut self.units_back;
                    if let Some(units) = units.get_mut(rule) {
                        *units = units.saturating_add(units_gone(adjustment, *line));
                    }
                    share.take(granted, *line)
                }
                On::Charge(charge) => {
                    let fee = self.fees.get(charge as usize).copied().unwrap_or(Fee::Kept);
                    let asked = if fee.is_asked() { 0 } else { granted };
                    let gone = match kind {
                        Kind::Wallet => fee.is_back(),
                        Kind::Discount(_) => fee != Fee::Kept,
                    };
                    if *kind == Kind::Wallet
                        && let Some(paid) = self.fee_wallet.get_mut(charge as usize)
                    {
                        *paid = paid.saturating_add(granted);
                    }
                    (asked, if gone { granted } else { 0 })
                }
            };
            *has_gone = all;
            if let Some(kept) = self.kept.get_mut(rule).filter(|_| *kind != Kind::Wallet) {
                *kept = kept.saturating_add(granted.saturating_sub(given_up));
            }
            if let Some(back) = self.back.get_mut(rule) {
                *back = back.saturating_add(all);
            }
        }
    }
}

impl LineShare {
    /// Takes a further adjustment off; how much of it went with units given up, and with all units gone.
    fn take(&mut self, granted: i64, line: GoneLine) -> (i64, i64) {
        self.off = self.off.saturating_add(granted);
        let share = |units: u32, before: &mut i64| {
            let upto = part(self.off, units, line.quantity);
            let more = upto.saturating_sub(*before);
            *before = upto;
            more
        };
        let given_up = share(line.given_up(), &mut self.off_given_up);
        if line.undelivered == 0 {
            self.off_gone = self.off_given_up;
            return (given_up, given_up);
        }
        (given_up, share(line.all(), &mut self.off_gone))
    }
}

/// The share of `units` of `quantity` alike units in an amount, rounded half up.
pub(super) fn part(amount: i64, units: u32, quantity: u32) -> i64 {
    match units {
        0 => 0,
        _ if units >= quantity => amount,
        _ => share_up_to(amount, i64::from(units), i64::from(quantity)),
    }
}

/// How many of the units that a rule discounted on a line have gone.
fn units_gone(adjustment: &Adjustment, line: GoneLine) -> u64 {
    u64::try_from(part(i64::from(adjustment.units), line.all(), line.quantity)).unwrap_or(0)
}

/// Points and balances are no discounts: what they paid was paid.
pub(super) fn pays_from_wallet(quote: &Quote, rule: u32) -> bool {
    quote.draws.iter().any(|draw| draw.rule == rule)
        || quote.points.iter().any(|one| one.rule == rule && one.direction == PointsDirection::Redeemed)
}

fn fee(shipping: ShippingBack, quote: &Quote, gone: &Gone, shop: &ShopId) -> Fee {
    let goods = || quote.lines.iter().zip(&gone.lines);
    let has_goods = goods().any(|(line, _)| line.shop == *shop);
    let mut of_shop = goods().filter(|(line, _)| !has_goods || line.shop == *shop).map(|(_, line)| line);
    let (mut kept, mut asked, mut shipped) = (false, false, false);
    of_shop.by_ref().for_each(|line| {
        kept |= line.kept() > 0;
        asked |= line.given_up() < line.quantity;
        shipped |= line.returned > 0;
    });
    let back = match shipping {
        ShippingBack::WithGoods => true,
        ShippingBack::Never => !shipped,
    };
    match (kept, asked, back) {
        (true, _, _) | (false, true, false) => Fee::Kept,
        (false, true, true) => Fee::NotDelivered,
        (false, false, true) => Fee::PaidBack,
        (false, false, false) => Fee::Retained,
    }
}
