//! Refunds: test vectors, classes of abuse with their numbers, documents and bad input.

mod abuse;
mod documents;
mod kinds;
mod ledger;
mod points;
mod protection;
mod refused;
mod terms;
mod vectors;

use dealproof::bounds::Limits;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::money::{Currency, Money};
use dealproof::record::{Checkout, Quote, Receipt, RefundNote, Usage};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::RuleSet;
use dealproof::shop::{Cart, Charge, Context, Customer, Line, Moment};
use dealproof::{compile, load};
use serde_json::{Value, json};

/// Rules, and a receipt priced by them.
struct Sale {
    rules: RuleSet,
    plan: Plan,
    receipt: Receipt,
}

/// A rule file with a way to pay returns back.
fn rules(refunds: Value, rules: Value) -> RuleSet {
    let file = json!({"format": 1, "currency": "CNY", "refunds": refunds, "rules": rules});
    load::rules(file.to_string(), &Limits::default()).unwrap_or_else(|report| panic!("{report}"))
}

fn policy(name: &str) -> Value {
    json!({ "policy": name })
}

fn now() -> Moment {
    "2026-11-11T10:00:00+08:00".parse().unwrap()
}

fn context() -> Context {
    Context::new(now()).customer(Customer::new("ann"))
}

fn line(id: &str, units: u32, minor: i64) -> Line {
    Line::new(id, format!("SKU-{id}"), units, Money::from_minor(minor))
}

fn sale(rules: RuleSet, lines: Vec<Line>, charges: Vec<Charge>, context: Context) -> Sale {
    let plan = compile(&rules).unwrap();
    let cart = Cart::new(Currency::CNY, lines, charges).unwrap();
    let checkout = Checkout { cart, context, usage: Usage::default() };
    let quote = price(&plan, &checkout);
    let receipt = Receipt::new(checkout, quote).unwrap().rules(rules.clone());
    Sale { rules, plan, receipt }
}

fn price(plan: &Plan, checkout: &Checkout) -> Quote {
    let Checkout { cart, context, usage } = checkout;
    plan.price(&mut Scratch::default(), cart, context, usage).unwrap()
}

impl Sale {
    fn paid(&self) -> i64 {
        self.receipt.paid.minor()
    }

    fn refund(&self, returned: &Return) -> RefundNote {
        self.plan.refund(&mut Refunder::default(), &self.receipt, returned).unwrap()
    }

    /// Returns something; what it pays in money.
    fn back(&mut self, returned: &Return) -> i64 {
        let note = self.refund(returned);
        let money = note.money.minor();
        self.receipt = self.receipt.clone().with(note).unwrap();
        money
    }

    fn everything(&self) -> Return {
        Return::everything("everything", now(), &self.receipt)
    }
}

fn back(id: &str) -> Return {
    Return::new(id, now())
}

/// 满300减50.
fn off_50_from_300() -> Value {
    json!([{
        "id": "300-50", "stage": "order",
        "condition": {"spend": {"at_least": "300.00"}},
        "benefit": {"amount_off": {"amount": "50.00", "each": "once"}}
    }])
}
