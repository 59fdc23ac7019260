//! What a class's file expects, and whether it is so.

use std::collections::BTreeMap;

use dealproof::audit::{Promise, Promises, audit};
use dealproof::bounds::Limits;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::load;
use dealproof::money::{Amount, Currency, Money};
use dealproof::record::{Checkout, GiftStatus, PointsLot, Quote, Receipt};
use dealproof::refund::{Protect, Refunder, Return};
use dealproof::shop::Moment;
use serde::Deserialize;

use super::{Class, bounds, promise, promises};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Expected {
    Found(Found),
    Safe(Safe),
    Returned(Returned),
    Protected(Protected),
    Refused {
        #[allow(dead_code, reason = "for the reader of the file")]
        what: String,
        code: String,
    },
    CartRefused {
        #[allow(dead_code, reason = "for the reader of the file")]
        what: String,
        problem: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    #[allow(dead_code, reason = "for the reader of the file")]
    what: String,
    promise: String,
    loss: Amount,
    #[serde(default)]
    promises: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safe {
    #[allow(dead_code, reason = "for the reader of the file")]
    what: String,
    payable: String,
    #[serde(default)]
    lines: Vec<String>,
    gifts: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    #[allow(dead_code, reason = "for the reader of the file")]
    what: String,
    money: String,
    back: BTreeMap<String, u32>,
    freight: Option<Amount>,
    points_held: Option<u64>,
    points_taken_back: Option<i64>,
    lot_until: Option<Moment>,
    coupons: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    #[allow(dead_code, reason = "for the reader of the file")]
    what: String,
    paid_out: String,
    money: String,
}

/// Whether the class is caught as its file says; else why not.
pub fn judge(class: &Class) -> Result<(), String> {
    match class.expected() {
        Expected::Found(found) => found.judge(class),
        Expected::Safe(safe) => safe.judge(class),
        Expected::Returned(returned) => returned.judge(class),
        Expected::Protected(protected) => protected.judge(class),
        Expected::Refused { code, .. } => refused(class, &code),
        Expected::CartRefused { problem, .. } => cart_refused(class, &problem),
    }
}

fn order(class: &Class, file: &str) -> Checkout {
    load::checkout(class.read(file), &Limits::default()).unwrap()
}

fn price(plan: &Plan, order: &Checkout) -> Quote {
    plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage).unwrap()
}

fn shown(money: Money) -> String {
    money.display(Currency::CNY).to_string()
}

fn told(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

impl Found {
    pub fn promise(&self) -> Promise {
        promise(&self.promise)
    }

    pub fn thresholds(&self) -> Promises {
        promises(&self.promises)
    }

    fn judge(&self, class: &Class) -> Result<(), String> {
        let promise = self.promise();
        let promises = self.thresholds().only([promise]);
        let (rules, catalogue) = (class.rules("rules.json"), class.catalogue("catalogue.json"));
        let report = audit(&rules, &catalogue, &bounds(&promises)).map_err(|problem| problem.to_string())?;
        let worst = report.of(promise).map(|finding| finding.loss).max();
        let loss = self.loss.to_money(rules.currency).unwrap();
        if worst.is_none_or(|worst| worst < loss) {
            return Err(format!("a loss of {worst:?} was found, {loss:?} is there\n{report}"));
        }
        let twin = audit(&class.rules("fixed.json"), &class.fixed_catalogue(), &bounds(&promises));
        let twin = twin.map_err(|problem| problem.to_string())?;
        told(twin.findings.is_empty(), || format!("the twin is not clean\n{twin}"))
    }
}

impl Safe {
    fn judge(&self, class: &Class) -> Result<(), String> {
        let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
        let quote = price(&plan, &order(class, "cart.json"));
        let payable = shown(quote.totals.payable);
        let each: Vec<String> = quote.lines.iter().map(|line| shown(line.payable)).collect();
        let given = quote.gifts.iter().filter(|gift| gift.status == GiftStatus::Given);
        let given: u32 = given.map(|gift| gift.quantity).sum();
        let holds = payable == self.payable
            && (self.lines.is_empty() || each == self.lines)
            && quote.lines.iter().all(|line| line.payable.minor() >= 0)
            && self.gifts.is_none_or(|gifts| gifts == given);
        told(holds, || format!("priced at {payable}, lines {each:?}, {given} gifts"))
    }
}

impl Returned {
    fn judge(&self, class: &Class) -> Result<(), String> {
        let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
        let order = order(class, "cart.json");
        let quote = price(&plan, &order);
        let redeemed: u64 = quote.points_redeemed();
        let lot = self.lot_until.map(|until| PointsLot::new(redeemed.cast_signed()).until(until));
        let mut receipt = Receipt::new(order, quote).unwrap();
        receipt.points_lots.extend(lot);
        let mut parcel = Return::new("parcel", "2026-11-13T12:00:00+08:00".parse().unwrap());
        for (line, units) in &self.back {
            parcel = parcel.line(line, *units);
        }
        parcel.freight = self.freight.map_or(Money::ZERO, |freight| freight.to_money(Currency::CNY).unwrap());
        parcel.points_held = self.points_held;
        let note = plan.refund(&mut Refunder::default(), &receipt, &parcel).unwrap();
        let money = shown(note.money);
        let holds = money == self.money
            && self.points_taken_back.is_none_or(|points| points == note.points.taken_back)
            && self.coupons.is_none_or(|coupons| coupons == note.coupons.len())
            && lot.is_none_or(|lot| note.points.lots == [lot]);
        told(holds, || format!("{money} come back: {note:?}"))
    }
}

impl Protected {
    fn judge(&self, class: &Class) -> Result<(), String> {
        let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
        let (bought, now) = (order(class, "cart.json"), order(class, "now.json"));
        let (quote, quote_now) = (price(&plan, &bought), price(&plan, &now));
        let receipt = Receipt::new(bought, quote).unwrap();
        let (mut refunder, at) = (Refunder::default(), now.context.now);
        let claim = Protect::new("claim", at, &quote_now);
        let claim = plan.protect(&mut refunder, &receipt, &claim).unwrap();
        let paid_out = shown(claim.money);
        let receipt = receipt.with(claim).unwrap();
        let parcel = Return::everything("parcel", at, &receipt);
        let back = shown(plan.refund(&mut refunder, &receipt, &parcel).unwrap().money);
        let holds = paid_out == self.paid_out && back == self.money;
        told(holds, || format!("{paid_out} are paid out, and {back} come back"))
    }
}

fn refused(class: &Class, code: &str) -> Result<(), String> {
    let report = load::check_rules(class.read("rules.json"), &Limits::default());
    let fixed = load::check_rules(class.read("fixed.json"), &Limits::default());
    let found = report.has_errors() && report.diagnostics.iter().any(|one| one.code.name() == code);
    told(found && !fixed.has_errors(), || format!("{report}\n{fixed}"))
}

fn cart_refused(class: &Class, problem: &str) -> Result<(), String> {
    let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
    let refusal = match load::checkout(class.read("cart.json"), &Limits::default()) {
        Err(refusal) => refusal.to_string(),
        Ok(order) => {
            let priced = plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage);
            priced.err().map(|refusal| refusal.to_string()).unwrap_or_default()
        }
    };
    told(refusal.contains(problem), || format!("refused with {refusal:?}"))
}
