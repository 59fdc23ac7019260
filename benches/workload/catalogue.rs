//! The promotions and carts of the reference generator.
//!
//! Every call draws from the generator's random numbers in its order: a draw more, or another order, and all that
//! follows differs.

use super::python::Random;
use super::reference::price;
use super::{Basket, BasketLine, CARTS, Kind, Promotion, Workload};

/// Categories that promotions and carts share.
const HOT: u32 = 6;
const SKUS_PER_CATEGORY: u32 = 40;

pub fn workload(seed: u32, line_count: u32, rule_count: u32) -> Workload {
    let mut random = Random::new(&format!("{seed}/rules/{rule_count}"));
    let promotions = promotions(&mut random, rule_count);
    let mut random = Random::new(&format!("{seed}/carts/{line_count}"));
    let carts = (0..CARTS).map(|index| basket(&mut random, index, line_count));
    let mut carts: Vec<Basket> = carts.collect();
    for basket in &mut carts {
        basket.expected = price(&promotions, basket);
    }
    Workload { schema: "promo-workload/1", seed, line_count, rule_count, currency: "USD", carts, promotions }
}

impl Promotion {
    /// A promotion for everybody; its id comes with its place.
    fn new(priority: u32, kind: Kind) -> Self {
        Self {
            id: String::new(),
            kind,
            priority: i32::try_from(priority).expect("priorities are below 100"),
            exclusive: false,
            coupon: None,
            segment: None,
        }
    }

    fn coupon(mut self, code: impl Into<String>) -> Self {
        self.coupon = Some(code.into());
        self
    }

    fn segment(mut self, segment: impl Into<String>) -> Self {
        self.segment = Some(segment.into());
        self
    }

    const fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }
}

fn percent_category(category: &str, percent_bp: u32) -> Kind {
    let category = category.to_owned();
    Kind::PercentCategory { category, percent_bp }
}

fn buy_x_get_y(category: &str, buy: u32, percent_bp: u32) -> Kind {
    let category = category.to_owned();
    Kind::BuyXGetY { category, buy, get: 1, percent_bp }
}

fn n_for_price(category: &str, n: u32, price: u32) -> Kind {
    let category = category.to_owned();
    Kind::NForPrice { category, n, price }
}

/// The promotions a cart really meets, best known first.
fn hot_promotions() -> Vec<Promotion> {
    let sku = "HC0-S000".to_owned();
    let tiers = vec![(5_000, 300), (20_000, 500), (80_000, 800)];
    vec![
        Promotion::new(50, percent_category("HC0", 1_000)),
        Promotion::new(60, Kind::FixedSku { sku, amount: 75 }),
        Promotion::new(30, Kind::OrderTiers { tiers }),
        Promotion::new(20, Kind::OrderPercent { percent_bp: 500 }).coupon("SAVE5"),
        Promotion::new(10, Kind::OrderFixed { amount: 1_000 }).coupon("TAKE10"),
        Promotion::new(45, buy_x_get_y("HC1", 2, 5_000)),
        Promotion::new(44, n_for_price("HC2", 3, 2_999)),
        Promotion::new(90, percent_category("HC3", 1_500)).exclusive(),
        Promotion::new(40, percent_category("HC4", 500)),
    ]
}

/// Promotions that any index by category finds and a condition stops.
fn near_misses() -> [Promotion; 4] {
    [
        Promotion::new(55, percent_category("HC0", 2_500)).segment("wholesale"),
        Promotion::new(43, n_for_price("HC4", 5_000, 100)),
        Promotion::new(42, buy_x_get_y("HC2", 5_000, 10_000)),
        Promotion::new(95, percent_category("HC3", 3_000)).coupon("NOTGIVEN"),
    ]
}

/// A promotion that no generated cart meets: of another category or product, with a code nobody enters, for another
/// segment, or with a threshold out of reach.
fn cold_promotion(random: &mut Random, index: usize) -> Promotion {
    let kind = random.random();
    let category = format!("CC{:05}", random.below(20_000));
    let percent_bp = random.range(2, 60) * 50;
    let priority = random.range(1, 100);
    let promotion = |kind| Promotion::new(priority, kind);
    if kind < 0.34 {
        promotion(percent_category(&category, percent_bp))
    } else if kind < 0.60 {
        let sku = format!("{category}-S{:03}", random.below(SKUS_PER_CATEGORY));
        let amount = random.range(10, 400);
        promotion(Kind::FixedSku { sku, amount })
    } else if kind < 0.74 {
        let buy = random.range(1, 4);
        let percent_bp = [5_000, 10_000][random.below(2) as usize];
        promotion(buy_x_get_y(&category, buy, percent_bp))
    } else if kind < 0.84 {
        let n = random.range(2, 6);
        promotion(n_for_price(&category, n, random.range(999, 9_999)))
    } else if kind < 0.90 {
        promotion(Kind::OrderPercent { percent_bp }).coupon(format!("CODE{index:06}"))
    } else if kind < 0.94 {
        let amount = random.range(100, 5_000);
        promotion(Kind::OrderFixed { amount }).coupon(format!("CODE{index:06}"))
    } else if kind < 0.99 {
        let tiers = vec![(10_000, percent_bp), (50_000, percent_bp + 300)];
        promotion(Kind::OrderTiers { tiers }).segment(format!("seg{}", random.below(50)))
    } else {
        let threshold = 90_000_000 + random.below(10_000_000);
        let tiers = vec![(threshold, percent_bp)];
        promotion(Kind::OrderTiers { tiers })
    }
}

fn promotions(random: &mut Random, count: u32) -> Vec<Promotion> {
    let mut promotions = hot_promotions();
    promotions.truncate(count as usize);
    if count >= 100 {
        promotions.extend(near_misses());
    }
    for index in promotions.len()..count as usize {
        promotions.push(cold_promotion(random, index));
    }
    random.shuffle(&mut promotions);
    for (place, promotion) in promotions.iter_mut().enumerate() {
        promotion.id = format!("P{place:05}");
    }
    promotions
}

fn basket(random: &mut Random, index: u32, line_count: u32) -> Basket {
    Basket {
        id: format!("cart{index}"),
        segment: "retail".to_owned(),
        coupons: vec!["SAVE5".to_owned(), "TAKE10".to_owned()],
        lines: (0..line_count).map(|number| line(random, number)).collect(),
        expected: super::reference::Expected::default(),
    }
}

/// The first lines are of the hot categories, one each; then every other line is of any hot category, and the rest are of
/// categories no promotion targets.
fn line(random: &mut Random, number: u32) -> BasketLine {
    let (category, sku, quantity) = if number == 0 {
        ("HC0".to_owned(), 0, random.range(2, 5))
    } else if number < 5 {
        let sku = random.below(SKUS_PER_CATEGORY);
        (format!("HC{number}"), sku, random.range(3, 7))
    } else if number % 2 == 1 {
        let category = format!("HC{}", random.below(HOT));
        let sku = random.range(1, SKUS_PER_CATEGORY);
        (category, sku, random.range(1, 5))
    } else {
        let category = format!("NC{:04}", random.below(500));
        let sku = random.below(SKUS_PER_CATEGORY);
        (category, sku, random.range(1, 5))
    };
    BasketLine {
        id: format!("L{number:03}"),
        sku: format!("{category}-S{sku:03}"),
        category,
        unit_price: random.range(499, 4_999),
        quantity,
    }
}
