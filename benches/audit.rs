//! `audit/double-11/10000`: the Double 11 example against a catalogue of 10,000 products, all promises.
//! `lints/double-11`: reading and validating its rule file, all that an author waits for while writing.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark whose answer is wrong must stop"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dealproof::audit::{AuditBounds, audit};
use dealproof::bounds::Limits;
use dealproof::load;
use dealproof::money::{Currency, Money};
use dealproof::shop::{Catalogue, Charge, Line, Product};

const PLACES: [(&str, &str); 8] = [
    ("star-digital", "digital/phone"),
    ("star-digital", "digital/audio"),
    ("star-digital", "digital/accessory"),
    ("green-living", "food/snack"),
    ("green-living", "food/staple"),
    ("green-living", "food/drink"),
    ("green-living", "home/care"),
    ("green-living", "home/textile"),
];
const TAGS: [Option<&str>; 4] = [None, Some("clearance"), None, Some("pick-3")];
/// What is bought by name, and what rules give: a gift without a known cost would leave open what it costs to give it.
const NAMED: [(&str, i64, usize); 11] = [
    ("OIL-5L", 9_990, 4),
    ("BUDS-1", 89_900, 1),
    ("NUTS-MIX", 8_900, 3),
    ("CASE-A", 5_900, 2),
    ("MILK-12", 5_990, 5),
    ("TOWEL", 3_990, 7),
    ("TUMBLER", 8_900, 7),
    ("TOTE", 4_900, 7),
    ("SAMPLER", 990, 3),
    ("UMBRELLA", 2_990, 6),
    ("HAND-CREAM", 1_990, 6),
];

/// Prices spread over two decimal orders, costs between 40 and 79 percent of them.
fn products(count: usize) -> Vec<Product> {
    let line = |sku: &str, price: i64, place: usize, at: i64| {
        let (shop, category) = PLACES[place % PLACES.len()];
        let cost = Money::from_minor(price * (40 + at % 40) / 100);
        Line::new(sku, sku, 1, Money::from_minor(price)).cost(cost).shop(shop).category(category)
    };
    let mut products: Vec<Product> =
        NAMED.iter().map(|(sku, price, place)| Product::new(line(sku, *price, *place, 7))).collect();
    for at in 0..count - NAMED.len() {
        let number = i64::try_from(at).unwrap_or(0);
        let price = 990 + number * 7_919 % 200_000;
        let mut piece = line(&format!("P{at:05}"), price, at, number);
        if let Some(tag) = TAGS[at / PLACES.len() % TAGS.len()] {
            piece = piece.tag(tag);
        }
        products.push(Product::new(piece));
    }
    products
}

/// The rule file of the Double 11 example.
fn rule_file() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/double-11/rules.json");
    std::fs::read(path).expect("the example")
}

fn lints(criterion: &mut Criterion) {
    let (bytes, limits) = (rule_file(), Limits::default());
    assert!(!load::check_rules(&bytes, &limits).has_errors(), "a sound example");
    criterion.bench_function("lints/double-11", |bencher| {
        bencher.iter(|| load::check_rules(black_box(&bytes), &limits));
    });
}

fn double_11(criterion: &mut Criterion) {
    let rules = load::rules(rule_file(), &Limits::default()).expect("sound rules");
    let charge = |shop: &str| Charge::new(Money::from_minor(800)).shop(shop).method("standard");
    let charges = vec![charge("star-digital"), charge("green-living")];
    let catalogue =
        Catalogue::with_limits(Currency::CNY, products(10_000), vec![], charges, &Limits::default());
    let catalogue = catalogue.expect("a sound catalogue");
    let bounds = AuditBounds::default();

    let report = audit(&rules, &catalogue, &bounds).expect("an audit");
    let open = report
        .answers
        .iter()
        .filter(|answer| matches!(answer.verdict, dealproof::audit::Verdict::Unknown { .. }));
    let open: Vec<&str> = open.map(|answer| answer.promise.name()).collect();
    println!(
        "{} findings, {} of {} undecided: {open:?}",
        report.findings.len(),
        open.len(),
        report.answers.len()
    );
    assert!(open.len() * 5 <= report.answers.len(), "at least four of five promises are decided");
    assert!(!report.findings.is_empty(), "stacked tiers over thin margins lose money");

    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10);
    group.bench_function("double-11/10000", |bencher| {
        bencher.iter(|| audit(black_box(&rules), black_box(&catalogue), &bounds));
    });
    group.finish();
}

criterion_group!(benches, lints, double_11);
criterion_main!(benches);
