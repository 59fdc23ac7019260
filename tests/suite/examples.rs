//! The campaigns in `examples/` price to the receipts that were worked by hand beside them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use dealproof::bounds::Limits;
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::load;
use dealproof::money::Money;
use dealproof::record::{
    Checkout, CodeStatus, GiftStatus, GroupOutcome, On, PointsDirection, Quote, ResourceKind,
};
use dealproof::rules::RuleSet;
use dealproof::testkit::oracle;
use serde::Deserialize;

/// A receipt as `cart-N.expected.json` has it; amounts are decimal strings.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipt {
    payable: String,
    totals: BTreeMap<String, String>,
    lines: BTreeMap<String, String>,
    charges: Vec<ChargePaid>,
    /// Rules that granted money, in the order they applied.
    rules: Vec<RuleGrant>,
    /// What each bearer pays of a rule.
    shares: BTreeMap<String, BTreeMap<String, String>>,
    gifts: Vec<GiftLine>,
    codes: Vec<CodeLine>,
    claims: BTreeSet<ClaimLine>,
    /// Points by rule; those redeemed are below zero.
    #[serde(default)]
    points: BTreeMap<String, i128>,
    /// Pieces for later orders by rule.
    #[serde(default)]
    grants: BTreeMap<String, u64>,
    #[serde(default)]
    groups: Vec<GroupLine>,
    /// What each balance pays.
    #[serde(default)]
    draws: BTreeMap<String, String>,
    /// What is paid now and later.
    #[serde(default)]
    payments: Vec<String>,
    /// Near misses worked by hand; there may be others.
    #[serde(default)]
    within_reach: Vec<Reach>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reach {
    rule: String,
    added: String,
    payable_then: String,
    net_gain: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargePaid {
    shop: String,
    method: String,
    payable: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleGrant {
    rule: String,
    asked: String,
    granted: String,
    /// By line id, or `shop/method` for a shipping charge.
    on: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct GiftLine {
    rule: String,
    sku: String,
    quantity: u32,
    unit_price: String,
    status: GiftStatus,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeLine {
    code: String,
    status: CodeStatus,
    #[serde(default)]
    rule: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimLine {
    limit: ResourceKind,
    rule: String,
    amount: u64,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupLine {
    rule: String,
    members: u32,
    size: u32,
    unit_price: String,
    next_size: u32,
    next_unit_price: String,
}

impl Receipt {
    fn of(quote: &Quote) -> Self {
        let money = |amount: Money| amount.display(quote.currency).to_string();
        let totals = &quote.totals;
        let sums = [
            ("list", totals.list),
            ("goods_discount", totals.goods_discount),
            ("goods", totals.goods),
            ("shipping_list", totals.shipping_list),
            ("shipping_discount", totals.shipping_discount),
            ("shipping", totals.shipping),
            ("add_ons", totals.add_ons),
        ];
        let lines = quote.lines.iter();
        let charges = quote.charges.iter().map(|charge| ChargePaid {
            shop: charge.shop.as_str().to_owned(),
            method: charge.method.as_str().to_owned(),
            payable: money(charge.payable),
        });
        let gifts = quote.gifts.iter().map(|gift| GiftLine {
            rule: gift.rule.as_str().to_owned(),
            sku: gift.sku.as_str().to_owned(),
            quantity: gift.quantity,
            unit_price: money(gift.unit_price),
            status: gift.status,
        });
        Self {
            payable: money(totals.payable),
            totals: sums.map(|(name, sum)| (name.to_owned(), money(sum))).into(),
            lines: lines.map(|line| (line.line.as_str().to_owned(), money(line.payable))).collect(),
            charges: charges.collect(),
            rules: grants(quote),
            shares: shares(quote),
            gifts: gifts.collect(),
            codes: codes(quote),
            claims: claims(quote),
            points: points(quote),
            grants: quote.grants.iter().map(|grant| (rule_id(quote, grant.rule), grant.quantity)).collect(),
            groups: groups(quote),
            draws: quote
                .draws
                .iter()
                .map(|draw| (draw.balance.as_str().to_owned(), money(draw.amount)))
                .collect(),
            payments: quote.payments.iter().map(|payment| money(payment.amount)).collect(),
            within_reach: Vec::new(),
        }
    }
}

fn grants(quote: &Quote) -> Vec<RuleGrant> {
    let money = |amount: Money| amount.display(quote.currency).to_string();
    let on = |on: On| match on {
        On::Line(line) => quote.lines[line as usize].line.as_str().to_owned(),
        On::Charge(charge) => {
            let charge = &quote.charges[charge as usize];
            format!("{}/{}", charge.shop, charge.method)
        }
    };
    let mut grants = Vec::new();
    for (position, rule) in (0..).zip(&quote.rules) {
        if rule.granted == Money::ZERO {
            continue;
        }
        let adjustments = quote.adjustments.iter().filter(|one| one.rule == position);
        grants.push(RuleGrant {
            rule: rule.rule.as_str().to_owned(),
            asked: money(rule.asked),
            granted: money(rule.granted),
            on: adjustments.map(|one| (on(one.on), money(one.granted))).collect(),
        });
    }
    grants
}

fn shares(quote: &Quote) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for share in &quote.shares {
        let adjustment = &quote.adjustments[share.adjustment as usize];
        let rule = &quote.rules[adjustment.rule as usize].rule;
        let bearer = &quote.bearers[share.bearer as usize];
        let key = (rule.as_str().to_owned(), bearer.as_str().to_owned());
        *sums.entry(key).or_default() += share.amount.minor();
    }
    let mut shares: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for ((rule, bearer), sum) in sums {
        let amount = Money::from_minor(sum).display(quote.currency).to_string();
        // Shipping discounts and goods discounts of one rule count together.
        shares.entry(rule).or_default().insert(bearer, amount);
    }
    shares
}

fn codes(quote: &Quote) -> Vec<CodeLine> {
    let codes = quote.codes.iter().map(|code| CodeLine {
        code: code.code.as_str().to_owned(),
        status: code.status,
        rule: code.rule.as_str().to_owned(),
    });
    codes.collect()
}

fn claims(quote: &Quote) -> BTreeSet<ClaimLine> {
    let claims = quote.claims.iter().map(|claim| ClaimLine {
        limit: claim.resource.kind(),
        rule: claim.resource.rule().as_str().to_owned(),
        amount: claim.amount,
    });
    claims.collect()
}

fn rule_id(quote: &Quote, position: u32) -> String {
    quote.rules[position as usize].rule.as_str().to_owned()
}

fn points(quote: &Quote) -> BTreeMap<String, i128> {
    let moved = quote.points.iter().map(|moved| {
        let points = i128::from(moved.points);
        let signed = match moved.direction {
            PointsDirection::Earned => points,
            PointsDirection::Redeemed => -points,
        };
        (rule_id(quote, moved.rule), signed)
    });
    moved.collect()
}

fn groups(quote: &Quote) -> Vec<GroupLine> {
    let money = |amount: Money| amount.display(quote.currency).to_string();
    let groups = quote.groups.iter().map(|group| GroupLine {
        rule: rule_id(quote, group.rule),
        members: group.members,
        size: group.size,
        unit_price: money(group.unit_price),
        next_size: group.next_size,
        next_unit_price: money(group.next_unit_price),
    });
    groups.collect()
}

fn text(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{path}: {problem}"))
}

fn rules(example: &str) -> RuleSet {
    let text = text(&format!("examples/{example}/rules.json"));
    load::rules(&text, &Limits::default()).unwrap_or_else(|report| panic!("{report}"))
}

fn plan(example: &str) -> Plan {
    compile(&rules(example)).unwrap_or_else(|problem| panic!("{problem}"))
}

fn checkout(example: &str, cart: &str) -> Checkout {
    let text = text(&format!("examples/{example}/{cart}.json"));
    load::checkout(&text, &Limits::default()).unwrap_or_else(|problem| panic!("{problem}"))
}

fn worked(example: &str, cart: &str) -> Receipt {
    let worked = text(&format!("examples/{example}/{cart}.expected.json"));
    serde_json::from_str(&worked).unwrap()
}

fn prices_as_worked_by_hand(example: &str, cart: &str) {
    let mut worked = worked(example, cart);
    worked.within_reach.clear();
    let order = checkout(example, cart);
    let mut scratch = Scratch::default();
    let priced = plan(example).price(&mut scratch, &order.cart, &order.context, &order.usage);
    let quote = priced.unwrap();
    assert_eq!(Receipt::of(&quote), worked, "{example}/{cart}");
    // Three ways to one receipt: by hand, by the library, by the plain evaluator.
    let rules = rules(example);
    let plain = oracle::price(&rules, &order.cart, &order.context, &order.usage);
    assert_eq!(oracle::compare(&plain, &quote), Ok(()), "{example}/{cart}");
}

#[test]
fn double_11_cart_1_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("double-11", "cart-1");
}

#[test]
fn double_11_cart_2_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("double-11", "cart-2");
}

#[test]
fn double_11_cart_3_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("double-11", "cart-3");
}

#[test]
fn western_cart_1_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("western", "cart-1");
}

#[test]
fn western_cart_2_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("western", "cart-2");
}

#[test]
fn group_buy_cart_1_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("group-buy", "cart-1");
}

#[test]
fn group_buy_cart_2_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("group-buy", "cart-2");
}

#[test]
fn group_buy_cart_3_prices_as_worked_by_hand() {
    prices_as_worked_by_hand("group-buy", "cart-3");
}

#[test]
fn what_a_group_comes_to_at_each_size_is_as_worked_by_hand() {
    let order = checkout("group-buy", "cart-1");
    let mut scratch = Scratch::default();
    let plan = plan("group-buy");
    let outcomes = plan.group_outcomes(&mut scratch, &order.cart, &order.context, &order.usage).unwrap();
    let minor = |(size, member, leader)| {
        GroupOutcome::new(size, Money::from_minor(member)).leader(Money::from_minor(leader))
    };
    assert_eq!(outcomes, [(3, 18_600, 18_600), (5, 16_600, 13_600)].map(minor));
}

#[test]
fn what_is_within_reach_of_cart_1_is_as_worked_by_hand() {
    let order = checkout("double-11", "cart-1");
    let near_misses = plan("double-11")
        .near_misses(&mut Scratch::default(), &order.cart, &order.context, &order.usage)
        .unwrap();
    let money = |amount: Money| amount.display(order.cart.currency()).to_string();
    let found: Vec<Reach> = near_misses
        .iter()
        .map(|near| Reach {
            rule: near.rule.as_str().to_owned(),
            added: money(near.added),
            payable_then: money(near.payable_then),
            net_gain: money(near.net_gain),
        })
        .collect();
    let expected = worked("double-11", "cart-1").within_reach;
    assert_eq!(expected.len(), 6);
    assert_eq!(found, expected);
}

#[test]
fn the_worked_pages_end_in_the_numbers_the_test_reads() {
    let carts = [
        ("double-11", "cart-1"),
        ("double-11", "cart-2"),
        ("double-11", "cart-3"),
        ("western", "cart-1"),
        ("western", "cart-2"),
        ("group-buy", "cart-1"),
        ("group-buy", "cart-2"),
        ("group-buy", "cart-3"),
    ];
    for (example, cart) in carts {
        let path = format!("examples/{example}/{cart}.expected");
        let page = text(&format!("{path}.md"));
        let (_, page) = page.split_once("## The receipt").unwrap();
        let worked = worked(example, cart);
        assert!(page.contains(&format!("| **{}** |", worked.payable)), "{path}");
        for (line, payable) in &worked.lines {
            let row = page.lines().find(|row| row.starts_with(&format!("| `{line}` |")));
            assert!(row.unwrap().ends_with(&format!(" {payable} |")), "{path}: {line}");
        }
        for rule in &worked.rules {
            let row = page.lines().find(|row| row.starts_with(&format!("| `{}` |", rule.rule)));
            let sums = format!("| {} | {} |", rule.asked, rule.granted);
            assert!(row.unwrap().contains(&sums), "{path}: {}", rule.rule);
        }
    }
}

#[test]
fn every_rule_of_the_readme_table_is_in_the_example_with_the_benefit_named() {
    let mut all = BTreeSet::new();
    for (example, heading) in [("double-11", "| Mechanism |"), ("group-buy", "| Beyond the order |")] {
        all.append(&mut table_of(example, heading));
    }
    let kinds =
        ["group_price", "bargain_price", "presale", "points_earn", "points_redeem", "use_balance", "grant"];
    assert!(kinds.iter().all(|kind| all.contains(*kind)));
}

/// Compares a table of the README with an example; the kinds of benefits in it.
fn table_of(example: &str, heading: &str) -> BTreeSet<String> {
    let rules = rules(example);
    let document = serde_json::to_value(&rules).unwrap();
    let kind_of = |id: &str| {
        let rules = document["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["id"] == id)?;
        rule["benefit"].as_object()?.keys().next().cloned()
    };
    let readme = text("README.md");
    let (_, table) = readme.split_once(heading).unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut kinds = BTreeSet::new();
    for row in table.lines().skip(2) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (kind, id) = (cells[3], cells[4]);
        assert_eq!(kind_of(id).as_deref(), Some(kind), "{row}");
        kinds.insert(kind.to_owned());
    }
    let in_file = document["rules"].as_array().unwrap().iter();
    let in_file: BTreeSet<String> =
        in_file.filter_map(|rule| rule["benefit"].as_object()?.keys().next().cloned()).collect();
    assert_eq!(kinds, in_file);
    kinds
}
