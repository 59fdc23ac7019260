//! One folder for each class of loophole: a rule file that has it, what it loses, and a repaired twin.
//!
//! `case.toml` says what is expected. `found`: the audit of `rules.json` and `catalogue.json` breaks the promise by at
//! least the loss, and that of `fixed.json` does not break it. `safe`: the engine leaves no room for the class, and
//! prices `cart.json` as it should. `returned` and `protected`: likewise, and pays back what it should when goods come
//! back, or when their price falls to that of `now.json`. `refused` and `cart_refused`: the document does not come in at all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

mod accounts;
mod brute;
mod brute_scripts;
mod brute_shares;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dealproof::audit::{
    AuditBounds, AuditReport, Certificate, Order, Promise, Promises, Severity, Verdict, audit, check,
};
use dealproof::bounds::Limits;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::load;
use dealproof::money::{Amount, Currency, Money};
use dealproof::record::{Checkout, GiftStatus, PointsLot, Receipt, Usage};
use dealproof::refund::{Protect, Refunder, Return};
use dealproof::rules::RuleSet;
use dealproof::shop::{Cart, Catalogue, Context, Line, Moment};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
enum Expected {
    Found {
        #[allow(dead_code, reason = "for the reader of the file")]
        what: String,
        promise: String,
        loss: Amount,
        #[serde(default)]
        promises: BTreeMap<String, String>,
    },
    Safe {
        #[allow(dead_code, reason = "for the reader of the file")]
        what: String,
        payable: String,
        #[serde(default)]
        lines: Vec<String>,
        gifts: Option<u32>,
    },
    Returned {
        #[allow(dead_code, reason = "for the reader of the file")]
        what: String,
        money: String,
        back: BTreeMap<String, u32>,
        freight: Option<Amount>,
        points_held: Option<u64>,
        points_taken_back: Option<i64>,
        lot_until: Option<Moment>,
        coupons: Option<usize>,
    },
    Protected {
        #[allow(dead_code, reason = "for the reader of the file")]
        what: String,
        paid_out: String,
        money: String,
    },
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

struct Class {
    name: String,
    folder: PathBuf,
}

impl Class {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/loopholes");
        let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
        let mut classes: Vec<Self> = entries
            .filter(|path| path.is_dir())
            .map(|folder| Self { name: folder.file_name().unwrap().to_str().unwrap().to_owned(), folder })
            .collect();
        classes.sort_by(|a, b| a.name.cmp(&b.name));
        classes
    }

    fn read(&self, file: &str) -> String {
        let path = self.folder.join(file);
        fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
    }

    fn expected(&self) -> Expected {
        toml::from_str(&self.read("case.toml")).unwrap_or_else(|problem| panic!("{}: {problem}", self.name))
    }

    fn rules(&self, file: &str) -> RuleSet {
        let rules = load::rules(self.read(file), &Limits::default());
        rules.unwrap_or_else(|report| panic!("{}/{file}: {report}", self.name))
    }

    fn catalogue(&self, file: &str) -> Catalogue {
        let catalogue = load::catalogue(self.read(file), &Limits::default());
        catalogue.unwrap_or_else(|problem| panic!("{}/{file}: {problem}", self.name))
    }

    fn fixed_catalogue(&self) -> Catalogue {
        let fixed = "fixed-catalogue.json";
        self.catalogue(if self.folder.join(fixed).exists() { fixed } else { "catalogue.json" })
    }
}

fn promises(thresholds: &BTreeMap<String, String>) -> Promises {
    load::promises(serde_json::to_string(thresholds).unwrap(), &Limits::default()).unwrap()
}

fn promise(name: &str) -> Promise {
    Promise::ALL.into_iter().find(|promise| promise.name() == name).unwrap()
}

fn bounds(promises: &Promises) -> AuditBounds {
    AuditBounds::default().promises(promises.clone()).orders(20_000)
}

/// Whether the class is caught as its file says; else why not.
fn judge(class: &Class) -> Result<(), String> {
    match class.expected() {
        Expected::Found { promise: name, loss, promises: thresholds, .. } => {
            let promises = promises(&thresholds).only([promise(&name)]);
            let (rules, catalogue) = (class.rules("rules.json"), class.catalogue("catalogue.json"));
            let report =
                audit(&rules, &catalogue, &bounds(&promises)).map_err(|problem| problem.to_string())?;
            let worst = report.of(promise(&name)).map(|finding| finding.loss).max();
            let loss = loss.to_money(rules.currency).unwrap();
            if worst.is_none_or(|worst| worst < loss) {
                return Err(format!("a loss of {worst:?} was found, {loss:?} is there\n{report}"));
            }
            let twin = audit(&class.rules("fixed.json"), &class.fixed_catalogue(), &bounds(&promises));
            let twin = twin.map_err(|problem| problem.to_string())?;
            if twin.findings.is_empty() { Ok(()) } else { Err(format!("the twin is not clean\n{twin}")) }
        }
        Expected::Safe { payable, lines, gifts, .. } => {
            let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
            let order = load::checkout(class.read("cart.json"), &Limits::default()).unwrap();
            let quote =
                plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage).unwrap();
            let shown = quote.totals.payable.display(Currency::CNY).to_string();
            let each: Vec<String> =
                quote.lines.iter().map(|line| line.payable.display(Currency::CNY).to_string()).collect();
            let given = quote.gifts.iter().filter(|gift| gift.status == GiftStatus::Given);
            let given: u32 = given.map(|gift| gift.quantity).sum();
            if shown != payable
                || !lines.is_empty() && each != lines
                || quote.lines.iter().any(|line| line.payable.minor() < 0)
                || gifts.is_some_and(|gifts| gifts != given)
            {
                return Err(format!("priced at {shown}, lines {each:?}, {given} gifts"));
            }
            Ok(())
        }
        Expected::Returned {
            money,
            back,
            freight,
            points_held,
            points_taken_back,
            lot_until,
            coupons,
            ..
        } => {
            let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
            let order = load::checkout(class.read("cart.json"), &Limits::default()).unwrap();
            let quote =
                plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage).unwrap();
            let redeemed: u64 = quote.points_redeemed();
            let lot = lot_until.map(|until| PointsLot::new(redeemed.cast_signed()).until(until));
            let mut receipt = Receipt::new(order, quote).unwrap();
            receipt.points_lots.extend(lot);
            let mut parcel = Return::new("parcel", "2026-11-13T12:00:00+08:00".parse().unwrap());
            for (line, units) in &back {
                parcel = parcel.line(line, *units);
            }
            parcel.freight = freight.map_or(Money::ZERO, |freight| freight.to_money(Currency::CNY).unwrap());
            parcel.points_held = points_held;
            let note = plan.refund(&mut Refunder::default(), &receipt, &parcel).unwrap();
            let shown = note.money.display(Currency::CNY).to_string();
            if shown != money
                || points_taken_back.is_some_and(|points| points != note.points.taken_back)
                || coupons.is_some_and(|coupons| coupons != note.coupons.len())
                || lot.is_some_and(|lot| note.points.lots != [lot])
            {
                return Err(format!("{shown} come back: {note:?}"));
            }
            Ok(())
        }
        Expected::Protected { paid_out, money, .. } => {
            let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
            let order = |file: &str| load::checkout(class.read(file), &Limits::default()).unwrap();
            let price = |order: &Checkout| {
                plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage).unwrap()
            };
            let (bought, now) = (order("cart.json"), order("now.json"));
            let (quote, quote_now) = (price(&bought), price(&now));
            let receipt = Receipt::new(bought, quote).unwrap();
            let (mut refunder, at) = (Refunder::default(), now.context.now);
            let claim = Protect::new("claim", at, &quote_now);
            let claim = plan.protect(&mut refunder, &receipt, &claim).unwrap();
            let show = |money: Money| money.display(Currency::CNY).to_string();
            let shown = show(claim.money);
            let receipt = receipt.with(claim).unwrap();
            let parcel = Return::everything("parcel", at, &receipt);
            let back = show(plan.refund(&mut refunder, &receipt, &parcel).unwrap().money);
            if (&shown, &back) == (&paid_out, &money) {
                Ok(())
            } else {
                Err(format!("{shown} are paid out, and {back} come back"))
            }
        }
        Expected::Refused { code, .. } => {
            let report = load::check_rules(class.read("rules.json"), &Limits::default());
            let fixed = load::check_rules(class.read("fixed.json"), &Limits::default());
            let found = report.has_errors() && report.diagnostics.iter().any(|one| one.code.name() == code);
            if found && !fixed.has_errors() { Ok(()) } else { Err(format!("{report}\n{fixed}")) }
        }
        Expected::CartRefused { problem, .. } => {
            let plan = dealproof::compile(&class.rules("rules.json")).unwrap();
            let refusal = match load::checkout(class.read("cart.json"), &Limits::default()) {
                Err(refusal) => refusal.to_string(),
                Ok(order) => {
                    let priced =
                        plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage);
                    priced.err().map(|refusal| refusal.to_string()).unwrap_or_default()
                }
            };
            if refusal.contains(&problem) { Ok(()) } else { Err(format!("refused with {refusal:?}")) }
        }
    }
}

#[test]
fn every_class_is_found_and_its_twin_is_clean() {
    let classes = Class::all();
    let mut problems = Vec::new();
    for class in &classes {
        if let Err(problem) = judge(class) {
            problems.push(format!("{}: {problem}", class.name));
        }
    }
    println!("loopholes: {} of {} found, twins clean", classes.len() - problems.len(), classes.len());
    // All classes that can be decided from rules, catalogue and declared policies, or bounded by them.
    assert_eq!(classes.len(), 70);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn reports() -> Vec<(Class, RuleSet, Catalogue, Promises, AuditReport)> {
    let mut reports = Vec::new();
    for class in Class::all() {
        let Expected::Found { promises: thresholds, .. } = class.expected() else { continue };
        let promises = promises(&thresholds);
        for (rules, catalogue) in [
            (class.rules("rules.json"), class.catalogue("catalogue.json")),
            (class.rules("fixed.json"), class.fixed_catalogue()),
        ] {
            let report = audit(&rules, &catalogue, &bounds(&promises).orders(4_000)).unwrap();
            let name = class.name.clone();
            let class = Class { name, folder: class.folder.clone() };
            reports.push((class, rules, catalogue, promises.clone(), report));
        }
    }
    reports
}

#[test]
fn a1_every_script_replays_to_what_its_finding_says() {
    for (class, rules, _, _, report) in reports() {
        let (plan, mut scratch) = (dealproof::compile(&rules).unwrap(), Scratch::default());
        for finding in &report.findings {
            let replay = finding.worst.witness.replay(&plan, &mut scratch).unwrap();
            assert_eq!(replay.paid(), finding.worst.paid.minor(), "{}", class.name);
            assert!(finding.severity >= Severity::Notice && finding.loss == finding.worst.loss);
            let Some(smallest) = &finding.smallest else { continue };
            let replay = smallest.witness.replay(&plan, &mut scratch).unwrap();
            assert_eq!(replay.paid(), smallest.paid.minor(), "{}", class.name);
        }
    }
}

/// What an order brings less than its cost, measured apart from the audit.
fn below_cost(plan: &Plan, order: &Order) -> i64 {
    let usage = Usage::default();
    let quote = plan.price(&mut Scratch::default(), &order.cart, &order.context, &usage).unwrap();
    let lines = order.cart.lines().iter();
    let cost: i64 = lines.filter_map(|line| Some(line.cost?.minor() * i64::from(line.quantity))).sum();
    cost - quote.totals.goods.minor()
}

/// The order without a product, without one of its pieces, without a code.
fn parts_less(order: &Order) -> Vec<Order> {
    let mut smaller = Vec::new();
    let with = |lines: Vec<Line>, context: &Context| {
        let cart = Cart::new(order.cart.currency(), lines, order.cart.charges().to_vec()).unwrap();
        Order::new(cart, context.clone())
    };
    for at in 0..order.cart.lines().len() {
        let mut lines = order.cart.lines().to_vec();
        if lines[at].quantity > 1 {
            let mut fewer = lines.clone();
            fewer[at].quantity -= 1;
            smaller.push(with(fewer, &order.context));
        }
        lines.remove(at);
        smaller.push(with(lines, &order.context));
    }
    for at in 0..order.context.codes.len() {
        let mut context = order.context.clone();
        context.codes.remove(at);
        smaller.push(with(order.cart.lines().to_vec(), &context));
    }
    smaller
}

#[test]
fn a2_dropping_any_part_of_a_smallest_order_mends_it() {
    let mut looked_at = 0;
    for (class, rules, _, promises, report) in reports() {
        let plan = dealproof::compile(&rules).unwrap();
        let allowed = promises.loss_max.to_money(rules.currency).unwrap().minor();
        for finding in report.of(Promise::AboveCost) {
            // A further finding may be too hard to shrink within the budget.
            let Some(smallest) = &finding.smallest else { continue };
            let smallest = &smallest.witness.orders[0];
            assert!(below_cost(&plan, smallest) > allowed, "{}", class.name);
            for less in parts_less(smallest) {
                assert!(below_cost(&plan, &less) <= allowed, "{}: {less:?}", class.name);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 10, "{looked_at}");
}

#[test]
fn a3_every_promise_is_answered_and_every_proof_checks() {
    for (class, rules, catalogue, promises, report) in reports() {
        let wanted = Promise::ALL.into_iter().filter(|promise| promises.wants(*promise));
        assert_eq!(report.answers.len(), wanted.count(), "{}", class.name);
        for answer in &report.answers {
            match &answer.verdict {
                Verdict::Found { findings } => assert!(*findings > 0),
                Verdict::Proved { certificate } => {
                    let checked = check(&rules, &catalogue, &promises, answer.promise, certificate);
                    assert_eq!(checked, Ok(()), "{}: {:?}", class.name, answer.promise);
                    // The same certificate shows nothing about a promise that the twin breaks.
                    assert!(report.of(answer.promise).next().is_none(), "{}", class.name);
                    let _: &Certificate = certificate;
                }
                Verdict::Unknown { unproved, .. } => assert!(!unproved.is_empty(), "{}", class.name),
                other => panic!("{other:?}"),
            }
        }
        assert!(report.reach.orders > 0, "{}", class.name);
    }
}

#[test]
fn the_same_audit_gives_the_same_bytes() {
    let class = Class::all().into_iter().find(|class| class.name == "A2").unwrap();
    let (rules, catalogue) = (class.rules("rules.json"), class.catalogue("catalogue.json"));
    let report = || serde_json::to_string(&audit(&rules, &catalogue, &bounds(&Promises::default())).unwrap());
    assert_eq!(report().unwrap(), report().unwrap());
}
