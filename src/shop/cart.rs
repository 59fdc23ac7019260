//! The cart: checked once, in canonical order for ever after.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::cart_check::{CartError, at_most, check_charges, check_lines};
use super::cart_json::CartDocument;
use super::marks::CartMarks;
use super::{
    AttributeKey, AttributeValue, Attributes, CategoryPath, LineId, ShippingMethod, ShopId, Sku, Tag,
    TaxClass,
};
use crate::bounds::Limits;
use crate::money::{Currency, Money};

/// One product in a cart, in a quantity, with what the host trusts about it (C-1).
///
/// ```
/// use dealproof::money::Money;
/// use dealproof::shop::Line;
///
/// let line = Line::new("1", "PHONE-X", 2, Money::from_minor(599_900)).category("phone/5g").shop("tmall-a");
/// assert_eq!(line.list_value(), Some(Money::from_minor(1_199_800)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// Names the line in quotes and refunds.
    pub id: LineId,
    /// The product.
    pub sku: Sku,
    /// Pieces, at least one; never expanded into units.
    pub quantity: u32,
    /// Price of one piece before any rule, in minor units.
    pub list_price: Money,
    /// Who sells it; empty in a cart of one shop.
    pub shop: ShopId,
    /// Its places in the category tree.
    pub categories: BTreeSet<CategoryPath>,
    /// Its labels.
    pub tags: BTreeSet<Tag>,
    /// Other facts selectors may ask for.
    pub attributes: Attributes,
    /// What a piece costs the shop; only the audit reads it.
    pub cost: Option<Money>,
    /// No rule takes a piece below this (B-2).
    pub floor_price: Option<Money>,
    /// The earlier, higher price a sale is announced against.
    pub reference_price: Option<Money>,
    /// The quote sums by it (C-4).
    pub tax_class: Option<TaxClass>,
    /// Cash-like goods: in no selector that does not name gift cards.
    pub gift_card: bool,
    /// Never discounted, never counted by a condition.
    pub no_discount: bool,
}

impl Line {
    /// `quantity` pieces of `sku` at `list_price` minor units each.
    pub fn new(id: impl AsRef<str>, sku: impl AsRef<str>, quantity: u32, list_price: Money) -> Self {
        Self {
            id: LineId::new(id),
            sku: Sku::new(sku),
            quantity,
            list_price,
            shop: ShopId::default(),
            categories: BTreeSet::new(),
            tags: BTreeSet::new(),
            attributes: Attributes::new(),
            cost: None,
            floor_price: None,
            reference_price: None,
            tax_class: None,
            gift_card: false,
            no_discount: false,
        }
    }

    /// Sets the shop.
    #[must_use]
    pub fn shop(mut self, shop: impl AsRef<str>) -> Self {
        self.shop = ShopId::new(shop);
        self
    }

    /// Adds a place in the category tree.
    #[must_use]
    pub fn category(mut self, path: impl AsRef<str>) -> Self {
        self.categories.insert(CategoryPath::new(path));
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn tag(mut self, tag: impl AsRef<str>) -> Self {
        self.tags.insert(Tag::new(tag));
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<AttributeKey>, value: impl Into<AttributeValue>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }

    /// Sets what a piece costs the shop.
    #[must_use]
    pub const fn cost(mut self, cost: Money) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Sets the price no rule may go below.
    #[must_use]
    pub const fn floor_price(mut self, floor: Money) -> Self {
        self.floor_price = Some(floor);
        self
    }

    /// Sets the earlier, higher price.
    #[must_use]
    pub const fn reference_price(mut self, reference: Money) -> Self {
        self.reference_price = Some(reference);
        self
    }

    /// Sets the tax class.
    #[must_use]
    pub fn tax_class(mut self, class: impl AsRef<str>) -> Self {
        self.tax_class = Some(TaxClass::new(class));
        self
    }

    /// Marks the line as cash-like.
    #[must_use]
    pub const fn gift_card(mut self) -> Self {
        self.gift_card = true;
        self
    }

    /// Keeps every rule off the line.
    #[must_use]
    pub const fn no_discount(mut self) -> Self {
        self.no_discount = true;
        self
    }

    /// List price times quantity, or `None` beyond [`AMOUNT_MAX`](crate::bounds::AMOUNT_MAX).
    #[must_use]
    pub const fn list_value(&self) -> Option<Money> {
        self.list_price.checked_mul(self.quantity as i64)
    }

    /// True when the list price is below the reference price.
    #[must_use]
    pub fn is_on_sale(&self) -> bool {
        self.reference_price.is_some_and(|reference| reference > self.list_price)
    }

    /// Orders lines by all a rule can see of them: sku, list price, then the other facts. Lines that compare equal
    /// are alike to every rule and are priced as one [`Item`].
    fn cmp_facts(&self, other: &Self) -> Ordering {
        let product = self.cmp_product(other);
        product.then_with(|| {
            let facts = |line: &Self| {
                (line.floor_price, line.reference_price, line.cost, line.gift_card, line.no_discount)
            };
            self.shop
                .cmp(&other.shop)
                .then_with(|| self.categories.cmp(&other.categories))
                .then_with(|| self.tags.cmp(&other.tags))
                .then_with(|| self.attributes.cmp(&other.attributes))
                .then_with(|| self.tax_class.cmp(&other.tax_class))
                .then_with(|| facts(self).cmp(&facts(other)))
        })
    }

    /// Orders lines by sku and list price: what "per line" means in a rule (C-2).
    fn cmp_product(&self, other: &Self) -> Ordering {
        self.sku.cmp(&other.sku).then(self.list_price.cmp(&other.list_price))
    }
}

/// A shipping charge of one shop by one method.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charge {
    /// The shop; empty in a cart of one shop.
    pub shop: ShopId,
    /// The method; may be empty.
    pub method: ShippingMethod,
    /// The fee in minor units.
    pub amount: Money,
}

impl Charge {
    /// A fee in minor units.
    #[must_use]
    pub fn new(amount: Money) -> Self {
        Self { shop: ShopId::default(), method: ShippingMethod::default(), amount }
    }

    /// Sets the shop.
    #[must_use]
    pub fn shop(mut self, shop: impl AsRef<str>) -> Self {
        self.shop = ShopId::new(shop);
        self
    }

    /// Sets the method.
    #[must_use]
    pub fn method(mut self, method: impl AsRef<str>) -> Self {
        self.method = ShippingMethod::new(method);
        self
    }
}

/// Lines that no rule can tell apart, priced as one; splitting a line in two therefore moves nothing (C-2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// Its lines, as positions in [`Cart::lines`].
    pub lines: Range<usize>,
    /// Pieces of all its lines.
    pub units: u32,
    /// Numbers the sku and list price: items with the same number are one line to a rule that works per line.
    pub product: u32,
    /// Its shop, as a position in [`Cart::shops`].
    pub shop: u32,
    /// What its lines say, in minor units.
    pub(crate) price: i64,
    pub(crate) floor: i64,
    /// The reference price, or -1.
    pub(crate) reference: i64,
    pub(crate) card: Card,
}

/// Whether goods are cash-like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    Goods,
    CashLike,
    /// In no selector at all.
    Untouchable,
}

/// What a shopper wants to buy: lines in canonical order, and shipping charges.
///
/// Canonical order is sku, list price, the other facts a rule can see, then line id; the order lines were given in is
/// forgotten. In JSON a cart is an object with `currency`, `lines` and `shipping`, amounts as strings.
///
/// ```
/// use dealproof::money::{Currency, Money};
/// use dealproof::shop::{Cart, Charge, Line};
///
/// let lines = vec![
///     Line::new("b", "TEA", 1, Money::from_minor(4_900)),
///     Line::new("a", "MUG", 2, Money::from_minor(2_900)),
/// ];
/// let cart = Cart::new(Currency::CNY, lines, vec![Charge::new(Money::from_minor(800))])?;
/// assert_eq!(cart.lines()[0].sku.as_str(), "MUG");
/// assert_eq!(cart.list_total(), Money::from_minor(10_700));
/// # Ok::<(), dealproof::shop::CartError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CartDocument", into = "CartDocument")]
pub struct Cart {
    currency: Currency,
    lines: Vec<Line>,
    items: Vec<Item>,
    shops: Vec<ShopId>,
    charges: Vec<Charge>,
    list_total: Money,
    marks: CartMarks,
    /// Every item is goods that rules may take; some item has a floor.
    ordinary: bool,
    floored: bool,
}

impl Cart {
    /// Checks and orders a cart under the default [`Limits`].
    ///
    /// # Errors
    /// The first [`CartError`], in the order the lines and charges were given.
    pub fn new(currency: Currency, lines: Vec<Line>, charges: Vec<Charge>) -> Result<Self, CartError> {
        Self::with_limits(currency, lines, charges, &Limits::default())
    }

    /// Checks and orders a cart.
    ///
    /// # Errors
    /// The first [`CartError`], in the order the lines and charges were given.
    pub fn with_limits(
        currency: Currency,
        mut lines: Vec<Line>,
        mut charges: Vec<Charge>,
        limits: &Limits,
    ) -> Result<Self, CartError> {
        at_most("/lines", lines.len(), limits.lines)?;
        at_most("/shipping", charges.len(), limits.shipping_charges)?;
        let list_total = check_lines(&lines, currency, limits)?;
        check_charges(&charges, list_total, currency, limits)?;

        lines.sort_by(|a, b| a.cmp_facts(b).then_with(|| a.id.cmp(&b.id)));
        charges.sort_by(|a, b| (&a.shop, &a.method).cmp(&(&b.shop, &b.method)));
        let mut shops: Vec<ShopId> = lines.iter().map(|line| line.shop.clone()).collect();
        shops.extend(charges.iter().map(|charge| charge.shop.clone()));
        shops.sort();
        shops.dedup();
        let items = group_items(&lines, &shops);
        let marks = CartMarks::new(items.iter().map(|item| {
            let line = lines.get(item.lines.start);
            line.filter(|_| item.card != Card::Untouchable)
        }));
        let ordinary = items.iter().all(|item| item.card == Card::Goods);
        let floored = items.iter().any(|item| item.floor > 0);
        Ok(Self { currency, lines, items, shops, charges, list_total, marks, ordinary, floored })
    }

    /// The cart with so many units of each line, in the cart's order, at most as many as there are. Lines that keep none are
    /// left out, and so are the charges of shops that had goods and keep none. What is in order stays in order, so nothing is
    /// checked, sorted or hashed again.
    pub(crate) fn kept(&self, units: &[u32]) -> Self {
        let kept_of = |at: usize| units.get(at).copied().unwrap_or(0);
        let keeps = |item: &Item| item.lines.clone().any(|at| kept_of(at) > 0);
        let of_shop = |shop: usize| self.items.iter().filter(move |item| item.shop as usize == shop);
        let number = |shop: &ShopId| self.shops.binary_search(shop).unwrap_or_default();
        let ships = |charge: &&Charge| {
            let shop = number(&charge.shop);
            of_shop(shop).next().is_none() || of_shop(shop).any(keeps)
        };
        let charges: Vec<Charge> = self.charges.iter().filter(ships).cloned().collect();
        let has_part = |shop: usize| {
            of_shop(shop).any(keeps) || charges.iter().any(|charge| number(&charge.shop) == shop)
        };
        let parts: Vec<usize> = (0..self.shops.len()).filter(|shop| has_part(*shop)).collect();
        let pick = |shop: &usize| self.shops.get(*shop).cloned();
        let mut kept = Self {
            currency: self.currency,
            lines: Vec::with_capacity(self.lines.len()),
            items: Vec::with_capacity(self.items.len()),
            shops: parts.iter().filter_map(pick).collect(),
            charges,
            list_total: Money::ZERO,
            marks: CartMarks::default(),
            ordinary: true,
            floored: false,
        };
        let mut places = Vec::with_capacity(self.items.len());
        for item in &self.items {
            // At most LINES_MAX items and shops.
            places.push(u32::try_from(kept.items.len()).ok().filter(|_| keeps(item)));
            if keeps(item) {
                let shop = parts.binary_search(&(item.shop as usize)).unwrap_or_default();
                kept.take_item(self, item, u32::try_from(shop).unwrap_or_default(), &kept_of);
            }
        }
        kept.marks = self.marks.kept(&places);
        kept
    }

    /// Appends what is kept of an item of another cart; its product has a number of its own unless the item before had it.
    fn take_item(&mut self, from: &Self, item: &Item, shop: u32, kept_of: &impl Fn(usize) -> u32) {
        let first = self.lines.len();
        let mut units = 0;
        for (at, line) in item.lines.clone().zip(from.lines.get(item.lines.clone()).unwrap_or_default()) {
            let quantity = kept_of(at).min(line.quantity);
            if quantity > 0 {
                self.lines.push(Line { quantity, ..line.clone() });
                // No more than in the whole cart, which is within the bounds; so is what they are worth.
                units += quantity;
                let more = line.list_price.minor() * i64::from(quantity);
                self.list_total = Money::from_minor(self.list_total.minor() + more);
            }
        }
        let last = self.items.last().map(|last| (last.product, self.lines.get(last.lines.start)));
        let product = match (last, self.lines.get(first)) {
            (Some((product, Some(last))), Some(line)) if last.cmp_product(line) == Ordering::Equal => product,
            (Some((product, _)), _) => product + 1,
            (None, _) => 0,
        };
        self.ordinary &= item.card == Card::Goods;
        self.floored |= item.floor > 0;
        self.items.push(Item { lines: first..self.lines.len(), units, product, shop, ..item.clone() });
    }

    /// The currency of every amount in the cart.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The lines in canonical order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Lines alike to every rule, grouped; in canonical order.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The first line of an item: all its lines have these facts.
    #[must_use]
    pub fn facts(&self, item: &Item) -> Option<&Line> {
        self.lines.get(item.lines.start)
    }

    /// What rules know the items by.
    pub(crate) const fn marks(&self) -> &CartMarks {
        &self.marks
    }

    /// Whether every item is goods that rules may take.
    pub(crate) const fn is_ordinary(&self) -> bool {
        self.ordinary
    }

    /// Whether some item has a floor above zero.
    pub(crate) const fn has_floors(&self) -> bool {
        self.floored
    }

    /// The shops of the lines and charges, sorted.
    #[must_use]
    pub fn shops(&self) -> &[ShopId] {
        &self.shops
    }

    /// The shipping charges, by shop and method.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// List value of all lines, in minor units; at most [`AMOUNT_MAX`](crate::bounds::AMOUNT_MAX).
    #[must_use]
    pub const fn list_total(&self) -> Money {
        self.list_total
    }
}

/// Groups sorted lines: equal facts make an item, equal sku and list price share a product number.
fn group_items(lines: &[Line], shops: &[ShopId]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::with_capacity(lines.len());
    let mut previous: Option<&Line> = None;
    for (at, line) in lines.iter().enumerate() {
        let alike = previous.is_some_and(|previous| previous.cmp_facts(line) == Ordering::Equal);
        match items.last_mut() {
            Some(item) if alike => {
                item.lines.end = at + 1;
                // The sum over the whole cart is at most UNITS_MAX.
                item.units += line.quantity;
            }
            last => {
                let same_product =
                    previous.is_some_and(|previous| previous.cmp_product(line) == Ordering::Equal);
                let product = last.map_or(0, |item| item.product + u32::from(!same_product));
                let shop = shops.binary_search(&line.shop).unwrap_or_default();
                // At most LINES_MAX shops.
                let shop = u32::try_from(shop).unwrap_or_default();
                items.push(Item {
                    lines: at..at + 1,
                    units: line.quantity,
                    product,
                    shop,
                    price: line.list_price.minor(),
                    floor: line.floor_price.map_or(0, Money::minor),
                    reference: line.reference_price.map_or(-1, Money::minor),
                    card: card(line),
                });
            }
        }
        previous = Some(line);
    }
    items
}

const fn card(line: &Line) -> Card {
    if line.no_discount {
        Card::Untouchable
    } else if line.gift_card {
        Card::CashLike
    } else {
        Card::Goods
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, sku: &str, quantity: u32, price: i64) -> Line {
        Line::new(id, sku, quantity, Money::from_minor(price))
    }

    fn cart(lines: Vec<Line>) -> Result<Cart, CartError> {
        Cart::new(Currency::CNY, lines, vec![])
    }

    #[test]
    fn the_order_lines_were_given_in_is_forgotten() {
        let lines = [line("2", "B", 1, 100), line("1", "A", 1, 300), line("3", "A", 1, 200)];
        let forward = cart(lines.to_vec()).unwrap();
        let backward = cart(lines.into_iter().rev().collect()).unwrap();
        assert_eq!(forward, backward);
        let order: Vec<&str> = forward.lines().iter().map(|line| line.id.as_str()).collect();
        assert_eq!(order, ["3", "1", "2"]);
    }

    #[test]
    fn alike_lines_are_one_item_and_other_facts_keep_them_apart() {
        let lines = vec![
            line("1", "A", 1, 100),
            line("2", "A", 2, 100),
            line("3", "A", 4, 100).tag("engraved"),
            line("4", "A", 8, 101),
        ];
        let cart = cart(lines).unwrap();
        let seen: Vec<(Range<usize>, u32, u32)> =
            cart.items().iter().map(|item| (item.lines.clone(), item.units, item.product)).collect();
        // Two alike lines make one item; the engraved one is an item of its own but the same product.
        assert_eq!(seen, [(0..2, 3, 0), (2..3, 4, 0), (3..4, 8, 1)]);
    }

    #[test]
    fn a_part_of_a_cart_is_the_cart_of_that_part() {
        let lines = || {
            vec![
                line("1", "A", 2, 100).shop("s1").category("x/y"),
                line("2", "A", 3, 100).shop("s1").category("x/y"),
                line("3", "A", 4, 100).shop("s2").tag("engraved"),
                line("4", "B", 1, 300).shop("s2").category("x"),
                line("5", "C", 2, 300).shop("s3").no_discount(),
            ]
        };
        let charges = |shops: &[&str]| -> Vec<Charge> {
            shops.iter().map(|shop| Charge::new(Money::from_minor(800)).shop(shop)).collect()
        };
        let all = ["s1", "s2", "s3", "s4"];
        let whole = Cart::new(Currency::CNY, lines(), charges(&all)).unwrap();
        for kept in [[2, 3, 4, 1, 2], [1, 0, 2, 0, 2], [0, 3, 0, 1, 0], [0, 0, 0, 0, 1]] {
            let mut left = lines();
            for line in &mut left {
                let at = whole.lines().iter().position(|known| known.id == line.id).unwrap();
                line.quantity = kept[at];
            }
            left.retain(|line| line.quantity > 0);
            // The fourth shop has a charge and no goods: it stays.
            let mut shops = all.to_vec();
            shops.retain(|shop| *shop == "s4" || left.iter().any(|line| line.shop.as_str() == *shop));
            let expected = Cart::new(Currency::CNY, left, charges(&shops)).unwrap();
            assert_eq!(whole.kept(&kept), expected);
        }
    }

    #[test]
    fn no_quantity_and_no_negative_price_come_in() {
        let error = cart(vec![line("1", "A", 0, 100)]).unwrap_err();
        assert_eq!(error.to_string(), "/lines/0/quantity: a quantity of 0; 1 to 1000000 are allowed");
        assert!(matches!(cart(vec![line("1", "A", 1, -1)]), Err(CartError::PriceOutOfRange { .. })));
        assert!(matches!(
            cart(vec![line("1", "A", 1_000_001, 1)]),
            Err(CartError::QuantityOutOfRange { .. })
        ));
        let floor = line("1", "A", 1, 100).floor_price(Money::from_minor(101));
        assert!(matches!(cart(vec![floor]), Err(CartError::FloorAboveList { .. })));
    }

    #[test]
    fn a_cart_worth_more_than_the_bound_is_refused_not_wrapped() {
        let most = Limits::default().unit_price_minor(i64::MAX).unit_price_minor;
        let lines: Vec<Line> = (0..3).map(|i| line(&i.to_string(), "A", 1_000_000, most)).collect();
        let limits = Limits::default().unit_price_minor(most);
        let error = Cart::with_limits(Currency::CNY, lines, vec![], &limits).unwrap_err();
        assert!(matches!(error, CartError::TotalTooLarge { .. }), "{error}");
    }

    #[test]
    fn ids_are_checked_and_unique() {
        assert!(matches!(cart(vec![line("", "A", 1, 1)]), Err(CartError::BadId { .. })));
        assert!(matches!(cart(vec![line("1", "A\0", 1, 1)]), Err(CartError::BadId { .. })));
        assert!(matches!(cart(vec![line("1", &"A".repeat(65), 1, 1)]), Err(CartError::TextTooLong { .. })));
        assert!(matches!(
            cart(vec![line("1", "A", 1, 1).category("food//wine")]),
            Err(CartError::BadId { .. })
        ));
        let twice = vec![line("1", "A", 1, 1), line("2", "A", 1, 1), line("1", "B", 1, 1)];
        assert!(matches!(cart(twice), Err(CartError::DuplicateLine { .. })));
    }
}
