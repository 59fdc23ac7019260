//! The kill switch: a rule or stage off at run time, with the reason in the trace.

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::money::{Currency, Money};
use dealproof::record::{Outcome, Quote, Reason, Switch, Trace, Usage};
use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet};
use dealproof::shop::{Cart, Context, Line};

/// A cart of 100.00 with 30.00 off in stage `order` and 5.00 off in stage `item`; what it costs, and why.
fn price(usage: &Usage) -> (Money, Trace) {
    let off = |id: &str, stage: &str, amount: &str| {
        Rule::new(id, stage, Benefit::AmountOff(AmountOff::once(amount.parse().unwrap())))
    };
    let rules = RuleSet::new(Currency::CNY).rule(off("thirty", "order", "30")).rule(off("five", "item", "5"));
    let plan = compile(&rules).unwrap();
    let lines = vec![Line::new("1", "TEA", 1, Money::from_minor(10_000))];
    let cart = Cart::new(Currency::CNY, lines, vec![]).unwrap();
    let (mut quote, mut trace) = (Quote::new(), Trace::default());
    let scratch = &mut Scratch::default();
    plan.price_traced(scratch, &cart, &Context::default(), usage, &mut quote, &mut trace).unwrap();
    (quote.totals.payable, trace)
}

fn outcome(trace: &Trace, rule: &str) -> Outcome {
    trace.of(rule).unwrap().outcome.clone()
}

#[test]
fn a_rule_switched_off_gives_nothing_and_the_trace_says_so() {
    assert_eq!(price(&Usage::default()).0, Money::from_minor(10_000 - 3_000 - 500));
    let mut usage = Usage::default();
    usage.off.rules.insert("thirty".into());
    let (payable, trace) = price(&usage);
    assert_eq!(payable, Money::from_minor(10_000 - 500));
    let off = Outcome::NotApplied(Reason::SwitchedOff { by: Switch::Rule });
    assert_eq!(outcome(&trace, "thirty"), off);
}

#[test]
fn a_stage_switched_off_takes_all_its_rules_with_it() {
    let mut usage = Usage::default();
    usage.off.stages.insert("item".into());
    let (payable, trace) = price(&usage);
    assert_eq!(payable, Money::from_minor(10_000 - 3_000));
    let off = Outcome::NotApplied(Reason::SwitchedOff { by: Switch::Stage });
    assert_eq!(outcome(&trace, "five"), off);
}
