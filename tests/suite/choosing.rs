//! Choosing coupons: loopholes that stacking must close, wallets, and what hostile shoppers type.

use dealproof::bounds::Limits;
use dealproof::choose::{Choice, ChooseError, Chooser, Coupon, Explained, Mode, Terms, Why};
use dealproof::evaluate::PriceError;
use dealproof::money::{Currency, Money};
use dealproof::record::{Reason, ResourceKind};
use dealproof::shop::{Cart, Context, Customer, Line, Unusable, Wallet, WalletCoupon};
use dealproof::validate::Code;
use dealproof::{compile, load};
use serde_json::{Value, json};

/// A rule set in CNY; stages stack and compute from their start.
pub fn rules(rules: Value) -> Value {
    json!({ "format": 1, "currency": "CNY", "stages": [{ "id": "order" }, { "id": "coupon" }], "rules": rules })
}

pub fn amount_off(id: &str, stage: &str, amount: &str, least: &str) -> Value {
    json!({
        "id": id, "stage": stage,
        "condition": { "spend": { "at_least": least } },
        "benefit": { "amount_off": { "amount": amount, "each": "once" } }
    })
}

pub fn coupon(mut rule: Value, code: &str) -> Value {
    rule["coupon"] = json!({ "codes": [code] });
    rule
}

pub fn with(mut rule: Value, field: &str, value: Value) -> Value {
    rule[field] = value;
    rule
}

pub fn cart(minor: i64) -> Cart {
    Cart::new(Currency::CNY, vec![Line::new("1", "GOODS", 1, Money::from_minor(minor))], vec![])
        .expect("a cart")
}

pub fn context(codes: &[&str]) -> Context {
    let context = Context::new("2026-11-11T10:00:00+08:00".parse().expect("an instant"));
    codes.iter().fold(context.customer(Customer::new("c-1")), |context, code| context.code(*code))
}

pub fn explained(
    document: &Value,
    cart: &Cart,
    context: &Context,
    terms: &Terms,
) -> Result<Explained, ChooseError> {
    let rules = load::rules(document.to_string(), &Limits::default()).expect("a sound rule set");
    let plan = compile(&rules).expect("what validates compiles");
    plan.choose_explained(&mut Chooser::default(), cart, context, &dealproof::record::Usage::default(), terms)
}

pub fn best(document: &Value, cart: &Cart, context: &Context) -> Explained {
    explained(document, cart, context, &Terms::default()).expect("a choice")
}

pub fn payable(choice: &Choice) -> i64 {
    choice.quote.totals.payable.minor()
}

pub fn codes(choice: &Choice) -> Vec<String> {
    let chosen = choice.chosen.iter().map(|chosen| match &chosen.coupon {
        Coupon::Code(code) => code.to_string(),
        Coupon::Wallet(id) => id.to_string(),
        Coupon::Payment(rule) => rule.to_string(),
        other => panic!("{other:?}"),
    });
    chosen.collect()
}

#[test]
fn abuse_a1_layers_that_would_stack_to_nothing_are_refused_as_declared() {
    // 400 less 380 and 50: together nothing would be left to pay.
    let shop = coupon(amount_off("shop", "coupon", "380.00", "400.00"), "SHOP");
    let cross = coupon(amount_off("cross", "coupon", "50.00", "400.00"), "CROSS");
    let declared = with(cross.clone(), "stacking", json!({ "excludes": { "rules": ["shop"] } }));
    let both = context(&["SHOP", "CROSS"]);
    assert_eq!(payable(&best(&rules(json!([shop, cross])), &cart(40_000), &both).choice), 0);

    let apart = rules(json!([shop, declared]));
    let answer = best(&apart, &cart(40_000), &both);
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (2_000, vec!["SHOP".to_owned()]));
    let lost = answer.lost.first().expect("the other one lost");
    assert_eq!(lost.why, Why::Excluded { by: vec!["shop".into()] });
    assert_eq!(lost.beaten_by, answer.choice.chosen);
    assert_eq!(lost.saves_alone, Money::from_minor(5_000));
    let refused = explained(&apart, &cart(40_000), &both, &Terms::of(Mode::Exactly));
    let Err(ChooseError::NotTogether { refused }) = refused else { panic!("both were used") };
    assert!(matches!(refused[..], [ref one] if matches!(one.why, Why::GivesNothing(Reason::Blocked { .. }))));
}

#[test]
fn abuse_a2_coupons_stop_at_the_floors_of_a_low_margin_basket() {
    // Ten bags of rice at 19.90 that cost 17.50 each: 199.00 less 30 and 50 would be 119.00.
    let rice = Line::new("1", "RICE", 10, Money::from_minor(1_990)).floor_price(Money::from_minor(1_750));
    let cart = Cart::new(Currency::CNY, vec![rice], vec![]).expect("a cart");
    let set = rules(json!([
        coupon(amount_off("shop", "order", "30.00", "99.00"), "SHOP"),
        coupon(amount_off("platform", "coupon", "50.00", "100.00"), "PLATFORM")
    ]));
    let answer = best(&set, &cart, &context(&["SHOP", "PLATFORM"]));
    // Either alone takes all that the floors leave, 199.00 - 175.00; fewer coupons win the tie, then the smaller code.
    // The one that takes 24.00 of its 30.00 leaves nothing for the other.
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (17_500, vec!["PLATFORM".to_owned()]));
}

#[test]
fn abuse_a3_a_campaign_that_is_live_twice_saves_once_where_pairs_must_be_declared() {
    let first = coupon(amount_off("one", "coupon", "1000.00", "1000.00"), "ONE");
    let second = coupon(amount_off("two", "coupon", "1000.00", "1000.00"), "TWO");
    let mut set = rules(json!([first, second]));
    let both = context(&["ONE", "TWO"]);
    assert_eq!(payable(&best(&set, &cart(200_000), &both).choice), 0);
    set["undeclared"] = json!("apart");
    assert_eq!(payable(&best(&set, &cart(200_000), &both).choice), 100_000);
}

#[test]
fn abuse_a11_a_code_typed_in_two_spellings_counts_once() {
    let ten = json!({
        "id": "ten", "stage": "coupon", "coupon": { "codes": ["TEST"] },
        "condition": { "spend": { "at_least": "1.00" } },
        "benefit": { "percent_off": { "percent": "10" } }
    });
    let answer = best(&rules(json!([ten])), &cart(10_000), &context(&["test ", "TEST", "te-st", "ｔｅｓｔ"]));
    assert_eq!((payable(&answer.choice), answer.choice.chosen.len()), (9_000, 1));
    assert!(answer.lost.iter().all(|lost| lost.why == Why::Repeated));
    assert_eq!(answer.lost.len(), 3);
}

#[test]
fn abuse_a12_a_pair_nobody_declared_costs_nothing_where_pairs_must_be_declared() {
    // A flash price of 60 for 100, a coupon of 20, one of the platform of 15: only flash and coupon are declared.
    let flash = json!({
        "id": "flash", "stage": "order", "stacking": { "goes_with": { "rules": ["shop"] } },
        "benefit": { "unit_price": { "price": "60.00", "target": {} } }
    });
    let shop = coupon(amount_off("shop", "coupon", "20.00", "1.00"), "SHOP");
    let platform = coupon(amount_off("platform", "coupon", "15.00", "1.00"), "PLATFORM");
    let mut set = rules(json!([flash, shop, platform]));
    let both = context(&["SHOP", "PLATFORM"]);
    assert_eq!(payable(&best(&set, &cart(10_000), &both).choice), 2_500);
    set["undeclared"] = json!("apart");
    let answer = best(&set, &cart(10_000), &both);
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (4_000, vec!["SHOP".to_owned()]));
}

#[test]
fn abuse_a16_a_coupon_leaves_liquid_goods_alone_when_its_scope_says_so() {
    let credit = Line::new("1", "CREDIT", 1, Money::from_minor(10_000)).gift_card();
    let cart = Cart::new(Currency::CNY, vec![credit], vec![]).expect("a cart");
    let free = json!({
        "id": "hundred", "stage": "coupon", "coupon": { "codes": ["HUNDRED"] },
        "benefit": { "amount_off": { "amount": "100.00", "each": "once" } }
    });
    let set = rules(json!([free]));
    let answer = best(&set, &cart, &context(&["HUNDRED"]));
    assert_eq!((payable(&answer.choice), answer.choice.chosen.len()), (10_000, 0));
    let report = load::check_rules(set.to_string().as_bytes(), &Limits::default());
    assert!(report.diagnostics.iter().any(|problem| problem.code == Code::UnlimitedCoupon));
}

#[test]
fn a_coupon_that_finds_its_threshold_missed_names_the_chosen_one_that_took_it_there() {
    // 100.00: fifty off come first and leave 50.00; ten off need 60.00 of what is left, five off need nothing.
    let needs = |rule: Value| {
        let mut rule = rule;
        rule["condition"]["spend"]["base"] = json!("running");
        rule
    };
    let mut set = rules(json!([
        with(coupon(amount_off("fifty", "coupon", "50.00", "1.00"), "FIFTY"), "rank", json!(1)),
        with(needs(coupon(amount_off("ten", "coupon", "10.00", "60.00"), "TEN")), "rank", json!(2)),
        with(coupon(amount_off("five", "coupon", "5.00", "1.00"), "FIVE"), "rank", json!(3)),
    ]));
    set["stages"][1]["basis"] = json!("running");
    let answer = best(&set, &cart(10_000), &context(&["FIFTY", "TEN", "FIVE"]));
    assert_eq!(
        (payable(&answer.choice), codes(&answer.choice)),
        (4_500, vec!["FIFTY".into(), "FIVE".into()])
    );
    let [lost] = &answer.lost[..] else { panic!("{:?}", answer.lost) };
    assert_eq!(lost.why, Why::GivesNothing(Reason::SpendShort { missing: Money::from_minor(1_000) }));
    let by: Vec<&Coupon> = lost.beaten_by.iter().map(|chosen| &chosen.coupon).collect();
    assert_eq!((lost.saves_alone, by), (Money::from_minor(1_000), vec![&Coupon::Code("FIFTY".into())]));
}

#[test]
fn points_are_weighed_against_a_coupon_that_excludes_them() {
    // 500 points are worth 5.00, 3,000 are worth 30.00; the coupon takes 20.00 off and tolerates no points.
    let points = json!({
        "id": "redeem", "stage": "points",
        "benefit": { "points_redeem": { "step": 100, "value": "1.00" } }
    });
    let coupon = with(
        coupon(amount_off("twenty", "coupon", "20.00", "1.00"), "TWENTY"),
        "stacking",
        json!({ "excludes": { "rules": ["redeem"] } }),
    );
    let mut set = rules(json!([coupon, points]));
    set["stages"] = json!([{ "id": "coupon" }, { "id": "points" }]);
    let with_points = |points| context(&["TWENTY"]).wallet(Wallet::default().points(points).redeem(points));
    let few = best(&set, &cart(10_000), &with_points(500));
    assert_eq!((payable(&few.choice), codes(&few.choice)), (8_000, vec!["TWENTY".into()]));
    assert!(few.choice.context.set_aside.contains("redeem"));
    let many = best(&set, &cart(10_000), &with_points(3_000));
    assert_eq!((payable(&many.choice), codes(&many.choice)), (7_000, vec!["redeem".into()]));
    assert_eq!(many.choice.chosen[0].coupon, Coupon::Payment("redeem".into()));
    // What the shopper insists on is priced as it comes: the coupon applies first and keeps the points out.
    let both = explained(&set, &cart(10_000), &with_points(3_000), &Terms::of(Mode::Exactly));
    assert_eq!(payable(&both.expect("the coupon applies").choice), 8_000);
}

#[test]
fn a_coupon_takes_precedence_over_an_automatic_rule_when_it_is_worth_more() {
    // Ten off comes by itself and excludes coupons; thirty off is worth more, five off is not.
    let auto = with(
        amount_off("auto", "order", "10.00", "1.00"),
        "stacking",
        json!({ "excludes": { "stages": ["coupon"] } }),
    );
    let more = coupon(amount_off("more", "coupon", "30.00", "1.00"), "MORE");
    let less = coupon(amount_off("less", "coupon", "5.00", "1.00"), "LESS");
    let answer = best(&rules(json!([auto, more])), &cart(10_000), &context(&["MORE"]));
    assert_eq!(payable(&answer.choice), 7_000);
    assert!(answer.choice.context.set_aside.contains("auto"));
    let answer = best(&rules(json!([auto, less])), &cart(10_000), &context(&["LESS"]));
    assert_eq!((payable(&answer.choice), answer.choice.chosen.len()), (9_000, 0));
    assert!(answer.choice.context.set_aside.is_empty());
}

#[test]
fn a_wallet_gives_its_first_coupon_to_expire_and_claims_it() {
    let mut rule = amount_off("ten", "coupon", "10.00", "50.00");
    rule["coupon"] = json!({ "wallet": true });
    let at = |text: &str| text.parse().expect("an instant");
    let coupon = |id: &str| WalletCoupon::new(id, "ten");
    let context = context(&[])
        .held_coupon(coupon("w-late").until(at("2026-12-31T00:00:00+08:00")))
        .held_coupon(coupon("w-soon").until(at("2026-11-12T00:00:00+08:00")).owner("c-1"))
        .held_coupon(coupon("w-foreign").owner("c-2"))
        .held_coupon(coupon("w-over").until(at("2026-11-11T10:00:00+08:00")))
        .held_coupon(coupon("w-used").uses_left(0))
        .held_coupon(WalletCoupon::new("w-strange", "nobodys"));
    let answer = best(&rules(json!([rule])), &cart(10_000), &context);
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (9_000, vec!["w-soon".to_owned()]));
    let claims: Vec<_> = answer.choice.quote.claims.iter().collect();
    let [claim] = claims[..] else { panic!("{claims:?}") };
    assert_eq!(
        (claim.resource.kind(), claim.resource.coupon().as_str(), claim.amount),
        (ResourceKind::Coupon, "w-soon", 1)
    );

    let why = |id: &str| {
        let lost = answer.lost.iter().find(|lost| lost.coupon == Coupon::Wallet(id.into()));
        &lost.expect("it was not chosen").why
    };
    assert_eq!(why("w-late"), &Why::Repeated);
    assert_eq!(why("w-foreign"), &Why::Unusable(Unusable::Foreign));
    assert_eq!(why("w-over"), &Why::Unusable(Unusable::Expired { until: at("2026-11-11T10:00:00+08:00") }));
    assert_eq!(why("w-used"), &Why::Unusable(Unusable::UsedUp));
    assert_eq!(why("w-strange"), &Why::Unknown);
    // Three of them look the same to the shopper.
    for hidden in ["w-foreign", "w-over", "w-strange"] {
        assert_eq!(why(hidden).public(), None, "{hidden}");
    }
    assert!(why("w-used").public().is_some());
}

#[test]
fn coupons_of_one_rule_are_used_one_at_a_time() {
    // Ten off by either code or by a coupon held; nobody has it twice.
    let mut ten = amount_off("ten", "coupon", "10.00", "1.00");
    ten["coupon"] = json!({ "codes": ["ONE", "TWO"], "wallet": true });
    let set = rules(json!([ten]));
    let held = |context: Context, ids: &[&str]| {
        ids.iter().fold(context, |context, id| context.held_coupon(WalletCoupon::new(id, "ten")))
    };
    let all = held(context(&["ONE", "TWO"]), &["w-1", "w-2"]);
    let answer = best(&set, &cart(10_000), &all);
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (9_000, vec!["ONE".to_owned()]));
    assert_eq!(answer.lost.len(), 3);
    assert!(answer.lost.iter().all(|lost| lost.why == Why::Repeated), "{:?}", answer.lost);

    // So who insists on two is refused, however they come by them; a second spelling is the same code.
    let exactly = |context: &Context| explained(&set, &cart(10_000), context, &Terms::of(Mode::Exactly));
    let two = [
        (context(&["ONE", "TWO"]), Coupon::Code("TWO".into())),
        (held(context(&["ONE"]), &["w-1"]), Coupon::Wallet("w-1".into())),
        (held(context(&[]), &["w-1", "w-2"]), Coupon::Wallet("w-2".into())),
    ];
    for (context, second) in two {
        let Err(ChooseError::NotTogether { refused }) = exactly(&context) else { panic!("two were used") };
        let refused: Vec<_> = refused.into_iter().map(|one| (one.coupon, one.why)).collect();
        assert_eq!(refused, [(second, Why::Repeated)]);
    }
    let spelt_twice = exactly(&context(&["ONE", "o-n-e"])).expect("one code");
    assert_eq!(payable(&spelt_twice.choice), 9_000);
}

#[test]
fn a_coupon_that_only_asks_for_a_deposit_may_unlock_what_saves() {
    // The deposit counts as itself and the phone is at its floor: the coupon takes no money off. Who has its code gets
    // five off the case.
    let deposit = json!({
        "id": "deposit", "stage": "order", "coupon": { "codes": ["EARLY"] },
        "benefit": { "presale": { "deposit": "10.00", "target": { "skus": ["PHONE"] } } }
    });
    let case = json!({
        "id": "case", "stage": "coupon", "condition": { "code": { "any_of": ["EARLY"] } },
        "benefit": { "amount_off": { "amount": "5.00", "each": "once", "target": { "skus": ["CASE"] } } }
    });
    let phone = Line::new("1", "PHONE", 1, Money::from_minor(10_000)).floor_price(Money::from_minor(10_000));
    let lines = vec![phone, Line::new("2", "CASE", 1, Money::from_minor(5_000))];
    let cart = Cart::new(Currency::CNY, lines, vec![]).expect("a cart");
    let answer = best(&rules(json!([deposit, case])), &cart, &context(&["EARLY"]));
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (14_500, vec!["EARLY".to_owned()]));
}

#[test]
fn a_coupon_beside_which_a_chosen_one_gives_nothing_is_named_as_excluded_by_it() {
    // 100.00. `first` takes 1.00, so that `half` misses its 100.00. KEY keeps `first` out and takes 0.50 where 40.00 are left:
    // 100.00 - 50.00 - 0.50. With FAT before it 30.00 would be left, KEY would give nothing, and so keeps nothing out: not admissible.
    let running = |mut rule: Value| {
        rule["condition"]["spend"]["base"] = json!("running");
        rule
    };
    let mut set = rules(json!([
        with(amount_off("first", "order", "1.00", "1.00"), "rank", json!(1)),
        with(running(amount_off("half", "order", "50.00", "100.00")), "rank", json!(2)),
        with(coupon(amount_off("fat", "coupon", "20.00", "1.00"), "FAT"), "rank", json!(1)),
        with(
            with(running(coupon(amount_off("key", "coupon", "0.50", "40.00"), "KEY")), "rank", json!(2)),
            "stacking",
            json!({ "excludes": { "rules": ["first"] } })
        ),
    ]));
    set["stages"] = json!([{ "id": "order", "basis": "running" }, { "id": "coupon", "basis": "running" }]);
    let answer = best(&set, &cart(10_000), &context(&["FAT", "KEY"]));
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (4_950, vec!["KEY".to_owned()]));
    let [lost] = &answer.lost[..] else { panic!("{:?}", answer.lost) };
    assert_eq!(lost.why, Why::Excluded { by: vec!["key".into()] });
    // Alone it finds 99.00.
    assert_eq!(lost.saves_alone, Money::from_minor(2_000));
}

#[test]
fn a_set_that_cannot_be_priced_is_not_chosen() {
    // HUGE asks 10^16 of each of two units, more than an amount can be; the floor sees to it that the other line gives all the same.
    let huge = json!({
        "id": "huge", "stage": "coupon", "rank": 1, "coupon": { "codes": ["HUGE"] },
        "benefit": { "amount_off": { "amount": "10000000000000000.00", "each": "unit" } }
    });
    let one = with(coupon(amount_off("one", "coupon", "1.00", "1.00"), "ONE"), "rank", json!(2));
    let floored = Line::new("1", "A", 2, Money::from_minor(5_000)).floor_price(Money::from_minor(1_000));
    let lines = vec![floored, Line::new("2", "B", 1, Money::from_minor(5_000))];
    let cart = Cart::new(Currency::CNY, lines, vec![]).expect("a cart");
    let answer = best(&rules(json!([huge, one])), &cart, &context(&["HUGE", "ONE"]));
    assert_eq!((payable(&answer.choice), codes(&answer.choice)), (14_900, vec!["ONE".to_owned()]));
    let [lost] = &answer.lost[..] else { panic!("{:?}", answer.lost) };
    assert!(matches!(lost.why, Why::CannotBePriced(PriceError::AmountOutOfRange { .. })), "{:?}", lost.why);
    assert_eq!((lost.saves_alone, lost.beaten_by.len()), (Money::ZERO, 0));
}

#[test]
fn a_wallet_that_names_a_coupon_twice_is_refused() {
    let checkout = |second: &str| {
        json!({
            "cart": { "currency": "CNY", "lines": [{ "line": "1", "sku": "A", "quantity": 1, "list_price": "1.00" }] },
            "context": {
                "now": "2026-11-11T10:00:00+08:00",
                "coupons": [{ "id": "w-1", "rule": "ten" }, { "id": second, "rule": "five" }]
            }
        })
    };
    let load = |second: &str| load::checkout(checkout(second).to_string(), &Limits::default());
    let refused = load("w-1").expect_err("one coupon cannot be of two rules");
    let refused = refused.to_string();
    assert!(refused.starts_with("/context/coupons/1/id "), "{refused}");
    assert!(refused.ends_with("\"w-1\" is there twice"), "{refused}");
    assert!(load("w-2").is_ok());
}

#[test]
fn stacking_that_says_too_much_or_too_little_is_reported_with_both_rules() {
    let one = amount_off("one", "order", "1.00", "9.00");
    let two = amount_off("two", "order", "1.00", "9.00");
    let excludes = json!({ "excludes": { "rules": ["two"] } });
    let report = |rule: Value, other: Value| {
        let document = rules(json!([rule, other, amount_off("c", "coupon", "1.00", "9.00")]));
        load::check_rules(document.to_string().as_bytes(), &Limits::default())
    };
    let about = |report: &dealproof::validate::Report, code: Code| {
        let found = report.diagnostics.iter().find(|problem| problem.code == code);
        found.map(|problem| problem.rules.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let both = Some(vec!["one".to_owned(), "two".to_owned()]);
    let one_way = report(with(one.clone(), "stacking", excludes.clone()), two.clone());
    assert_eq!(about(&one_way, Code::OneWayExclusion), both);
    let mutual = report(
        with(one.clone(), "stacking", excludes.clone()),
        with(two.clone(), "stacking", json!({ "excludes": { "rules": ["one"] } })),
    );
    assert_eq!(about(&mutual, Code::OneWayExclusion), None);
    let shadowed = report(
        with(one.clone(), "stacking", json!({ "group": "g", "excludes": { "rules": ["two"] } })),
        with(two.clone(), "stacking", json!({ "group": "g" })),
    );
    assert_eq!(about(&shadowed, Code::ShadowedExclusion), both);
    let kept_out = |one: Value, two: Value| {
        let goes_with = with(one, "stacking", json!({ "goes_with": { "rules": ["two"] } }));
        about(&report(goes_with, two), Code::GoesWithExcluded)
    };
    assert_eq!(kept_out(one.clone(), two.clone()), None);
    for stacking in [
        json!({ "excludes": { "rules": ["one"] } }),
        json!({ "exclusive": "stage" }),
        json!({ "exclusive": "order" }),
    ] {
        assert_eq!(kept_out(one.clone(), with(two.clone(), "stacking", stacking)), both);
    }
    let grouped = report(
        with(one.clone(), "stacking", json!({ "group": "g", "goes_with": { "rules": ["two"] } })),
        with(two.clone(), "stacking", json!({ "group": "g" })),
    );
    assert_eq!(about(&grouped, Code::GoesWithExcluded), both);
    // Where all pairs may stack, saying so does nothing.
    assert_eq!(about(&grouped, Code::NoEffect), Some(vec!["one".to_owned()]));

    // In a stage with one winner nothing more has to be said.
    let mut single =
        rules(json!([with(one, "stacking", excludes), two, amount_off("c", "coupon", "1.00", "9.00")]));
    for stage in [json!({ "id": "order", "select": "best" }), json!({ "id": "order", "max_rules": 1 })] {
        single["stages"][0] = stage;
        let report = load::check_rules(single.to_string().as_bytes(), &Limits::default());
        assert_eq!(about(&report, Code::ShadowedExclusion), both);
    }
}

#[test]
fn a_rule_that_the_context_sets_aside_is_not_counted_on() {
    // 5.00 by the coupon, or 10.00 by the rule it excludes; with the rule set aside only the coupon is left.
    let five = with(
        coupon(amount_off("five", "coupon", "5.00", "1.00"), "FIVE"),
        "stacking",
        json!({ "excludes": { "rules": ["ten"] } }),
    );
    let set = rules(json!([amount_off("ten", "order", "10.00", "1.00"), five]));
    let mut given = context(&["FIVE"]);
    assert_eq!(payable(&best(&set, &cart(10_000), &given).choice), 9_000);
    given.set_aside.insert("ten".to_owned());
    let choice = best(&set, &cart(10_000), &given).choice;
    assert_eq!((payable(&choice), codes(&choice)), (9_500, vec!["FIVE".to_owned()]));
}

/// `own` is the coupon of SAVE; `asking` takes 10.00 by itself when SAVE is entered.
fn asked_for(own: Value) -> Value {
    let asking = json!({
        "id": "asking", "stage": "coupon", "condition": { "code": { "any_of": ["SAVE"] } },
        "benefit": { "amount_off": { "amount": "10.00", "each": "once" } }
    });
    rules(json!([amount_off("auto", "order", "20.00", "1.00"), coupon(own, "SAVE"), asking]))
}

#[test]
fn a_code_whose_own_rule_gives_nothing_is_chosen_for_a_rule_that_asks_for_it() {
    // 100.00 less 20.00 by itself. `own` needs 500.00 and excludes `auto`; where it gives nothing it keeps nothing out.
    let excludes = json!({ "excludes": { "rules": ["auto"] } });
    let set = asked_for(with(amount_off("own", "order", "5.00", "500.00"), "stacking", excludes));
    let answer = best(&set, &cart(10_000), &context(&["SAVE"]));
    assert_eq!(payable(&answer.choice), 10_000 - 2_000 - 1_000);
    assert_eq!(
        (codes(&answer.choice), answer.choice.chosen[0].rule.as_ref()),
        (vec!["SAVE".to_owned()], None)
    );
    assert_eq!(answer.choice.context.set_aside.iter().collect::<Vec<_>>(), ["own"]);
    assert!(answer.lost.is_empty(), "{:?}", answer.lost);
    // Who insists on the code has the same.
    let exactly = explained(&set, &cart(10_000), &context(&["SAVE"]), &Terms::of(Mode::Exactly));
    assert_eq!(exactly.expect("a rule asks for it").choice.quote, answer.choice.quote);
}

#[test]
fn a_code_is_used_for_its_own_rule_as_well_where_that_saves_more() {
    // Both take theirs: 100.00 - 20.00 - 5.00 - 10.00.
    let both =
        best(&asked_for(amount_off("own", "order", "5.00", "1.00")), &cart(10_000), &context(&["SAVE"]));
    assert_eq!((payable(&both.choice), both.choice.chosen[0].rule.as_ref()), (6_500, Some(&"own".into())));
    assert!(both.choice.context.set_aside.is_empty());
    // Where `own` excludes `auto`, 100.00 - 5.00 - 10.00 is more than 100.00 - 20.00 - 10.00.
    let excludes = json!({ "excludes": { "rules": ["auto"] } });
    let own = with(amount_off("own", "order", "5.00", "1.00"), "stacking", excludes);
    let one = best(&asked_for(own), &cart(10_000), &context(&["SAVE"]));
    assert_eq!((payable(&one.choice), one.choice.chosen[0].rule.as_ref()), (7_000, None));
    // The next best is no code at all, and the code did not lose.
    let second = one.runner_up.expect("there are other ways");
    assert_eq!((second.payable, one.lost.len()), (Money::from_minor(8_000), 0));
}

#[test]
fn a_code_that_neither_way_gives_anything_is_refused_for_what_its_own_rule_says() {
    // `asking` is in the group of `auto`, which comes first; `own` misses 400.00 of its 500.00.
    let mut set = asked_for(amount_off("own", "order", "5.00", "500.00"));
    for rule in [0, 2] {
        set["rules"][rule]["stacking"] = json!({ "group": "one" });
    }
    let answer = best(&set, &cart(10_000), &context(&["SAVE"]));
    assert_eq!((payable(&answer.choice), answer.choice.chosen.len()), (8_000, 0));
    let [lost] = &answer.lost[..] else { panic!("{:?}", answer.lost) };
    let short = Why::GivesNothing(Reason::SpendShort { missing: Money::from_minor(40_000) });
    assert_eq!((&lost.why, lost.saves_alone), (&short, Money::ZERO));
    let exactly = explained(&set, &cart(10_000), &context(&["SAVE"]), &Terms::of(Mode::Exactly));
    let Err(ChooseError::NotTogether { refused }) = exactly else { panic!("it was used") };
    let [refused] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!((&refused.why, &refused.coupon), (&short, &Coupon::Code("SAVE".into())));
}
