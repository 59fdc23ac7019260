//! A price curve as SVG: what an order costs against what it is worth.

use std::collections::BTreeMap;

use dealproof::audit::{Order, Threshold};
use dealproof::compile::Plan;
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::money::Currency;
use dealproof::record::Usage;
use dealproof::shop::{Cart, Line};

/// Most orders priced for a curve.
const POINTS_MAX: u32 = 240;
const WIDTH: i64 = 640;
const HEIGHT: i64 = 260;
const MARGIN: i64 = 56;

/// A point of a curve: list value and price in minor units.
#[derive(Clone, Copy, Debug)]
struct Point {
    list: i64,
    paid: i64,
}

/// Thresholds that get a mark of their own; more are counted below the curve.
const MARKS_MAX: usize = 60;
/// Most pieces of the product whose number rises.
const PIECES_MAX: u32 = 100_000;

/// The curve of an order: the product it has most of, by value, in rising numbers, everything else as it is. The order is
/// marked, and so is every spend at which some rule gives more.
///
/// # Errors
/// When an order cannot be priced.
pub fn curve(plan: &Plan, order: &Order, thresholds: &[Threshold]) -> Result<String, PriceError> {
    // The line that is worth most: the others stay below the thresholds for the longest.
    let worth = |line: &&Line| line.list_price.minor().saturating_mul(i64::from(line.quantity));
    let Some(first) = order.cart.lines().iter().max_by_key(worth) else { return Ok(String::new()) };
    let axis = Axis::new(order, first);
    let reached = thresholds.iter().filter_map(|one| axis.place(one));
    let furthest = reached.map(|place| place.pieces).filter(|pieces| *pieces <= PIECES_MAX).max();
    // Far enough for twice the order, and for the last threshold that more of the product reaches.
    let most = first.quantity.saturating_mul(2).max(furthest.unwrap_or(0)).clamp(8, PIECES_MAX);
    let step = most.div_ceil(POINTS_MAX);
    let mut points = Vec::new();
    let mut scratch = Scratch::default();
    for count in (1..=most.div_ceil(step)).map(|index| index * step) {
        points.extend(price(plan, &mut scratch, order, first, count)?);
    }
    let marked = price(plan, &mut scratch, order, first, first.quantity)?;
    let marks = Marks::new(&axis, thresholds);
    Ok(draw(&points, marked, &marks, order.cart.currency(), first.sku.as_str()))
}

/// The list value of an order in which one line grows.
struct Axis<'o> {
    order: &'o Order,
    varied: &'o Line,
}

/// Where a threshold is reached: by how many pieces, and what the order is then worth.
struct Place {
    pieces: u32,
    list: i64,
}

impl<'o> Axis<'o> {
    const fn new(order: &'o Order, varied: &'o Line) -> Self {
        Self { order, varied }
    }

    /// What the other lines are worth, those that count.
    fn beside(&self, counts: impl Fn(&Line) -> bool) -> i64 {
        let others = self.order.cart.lines().iter().filter(|line| line.id != self.varied.id && counts(line));
        others.fold(0, |sum, line| {
            sum.saturating_add(line.list_price.minor().saturating_mul(i64::from(line.quantity)))
        })
    }

    /// `None` where more of the product does not reach it.
    fn place(&self, threshold: &Threshold) -> Option<Place> {
        let counts = |line: &Line| threshold.of.takes(line) != Some(false);
        let (each, missing) = (self.varied.list_price.minor(), threshold.at.minor() - self.beside(counts));
        if !counts(self.varied) || each <= 0 || missing <= 0 {
            return None;
        }
        let whole = missing.checked_div(each)?;
        let pieces = u32::try_from(if whole * each < missing { whole + 1 } else { whole }).ok()?;
        // The axis is even: a threshold between two pieces stands between them.
        Some(Place { pieces, list: self.beside(|_| true).saturating_add(missing) })
    }
}

/// The thresholds of all rules: on the axis by list value, and those that are not on it.
struct Marks {
    on_axis: BTreeMap<i64, Vec<String>>,
    beside: Vec<String>,
}

impl Marks {
    fn new(axis: &Axis<'_>, thresholds: &[Threshold]) -> Self {
        let mut marks = Self { on_axis: BTreeMap::new(), beside: Vec::new() };
        let currency = axis.order.cart.currency();
        for threshold in thresholds {
            let name = format!("{} from {}", threshold.rule, money(threshold.at.minor(), currency));
            match axis.place(threshold).filter(|place| place.pieces <= PIECES_MAX) {
                Some(place) => marks.on_axis.entry(place.list).or_default().push(name),
                None => marks.beside.push(name),
            }
        }
        marks
    }
}

fn price(
    plan: &Plan,
    scratch: &mut Scratch,
    order: &Order,
    varied: &Line,
    count: u32,
) -> Result<Option<Point>, PriceError> {
    let mut lines = order.cart.lines().to_vec();
    for line in lines.iter_mut().filter(|line| line.id == varied.id) {
        line.quantity = count;
    }
    let Ok(cart) = Cart::new(order.cart.currency(), lines, order.cart.charges().to_vec()) else {
        return Ok(None);
    };
    let quote = plan.price(scratch, &cart, &order.context, &Usage::default())?;
    Ok(Some(Point { list: quote.totals.list.minor(), paid: quote.totals.payable.minor() }))
}

/// Draws a curve: thresholds get a mark on the axis, and where the price falls a dashed line.
fn draw(points: &[Point], marked: Option<Point>, marks: &Marks, currency: Currency, sku: &str) -> String {
    let most = |of: fn(&Point) -> i64| points.iter().chain(&marked).map(of).max().unwrap_or(1).max(1);
    let (list_most, paid_most) = (most(|point| point.list), most(|point| point.paid));
    let scale = |value: i64, most: i64, size: i64| {
        i64::try_from(i128::from(value) * i128::from(size) / i128::from(most)).unwrap_or(0)
    };
    let x = |point: &Point| MARGIN + scale(point.list, list_most, WIDTH - 2 * MARGIN);
    let y = |point: &Point| HEIGHT - MARGIN - scale(point.paid, paid_most, HEIGHT - 2 * MARGIN);
    let mut shapes = String::new();
    for (before, after) in points.iter().zip(points.iter().skip(1)) {
        if after.paid < before.paid {
            let (at, top, foot) = (x(after), MARGIN, HEIGHT - MARGIN);
            shapes.push_str(&format!(
                "<line class=\"threshold\" x1=\"{at}\" y1=\"{top}\" x2=\"{at}\" y2=\"{foot}\">\
                 <title>the price falls at {}</title></line>\n",
                money(after.list, currency)
            ));
        }
    }
    for (list, names) in marks.on_axis.iter().take(MARKS_MAX) {
        let (at, top, foot) = (MARGIN + scale(*list, list_most, WIDTH - 2 * MARGIN), MARGIN, HEIGHT - MARGIN);
        shapes.push_str(&format!(
            "<g class=\"mark\"><title>{}</title><line class=\"from\" x1=\"{at}\" y1=\"{top}\" x2=\"{at}\" y2=\"{foot}\"/>\
             <path d=\"M{at},{foot} l-4,8 h8 z\"/></g>\n",
            escape(&names.join("; "))
        ));
    }
    let path: Vec<String> = points.iter().map(|point| format!("{},{}", x(point), y(point))).collect();
    shapes.push_str(&format!("<polyline class=\"curve\" points=\"{}\"/>\n", path.join(" ")));
    if let Some(point) = marked {
        shapes.push_str(&format!(
            "<circle class=\"worst\" cx=\"{}\" cy=\"{}\" r=\"5\"><title>worth {}, costs {}</title></circle>\n",
            x(&point),
            y(&point),
            money(point.list, currency),
            money(point.paid, currency)
        ));
    }
    let (right, foot, left) = (WIDTH - MARGIN, HEIGHT - MARGIN, MARGIN);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"price of an order with more and more of a product\">\n\
         <line class=\"axis\" x1=\"{left}\" y1=\"{foot}\" x2=\"{right}\" y2=\"{foot}\"/>\
         <line class=\"axis\" x1=\"{left}\" y1=\"{MARGIN}\" x2=\"{left}\" y2=\"{foot}\"/>\n{shapes}\
         <text x=\"{right}\" y=\"{}\" text-anchor=\"end\">list value, more and more {}: up to {}</text>\n\
         <text x=\"{left}\" y=\"{}\">price, up to {}</text>\n</svg>\n",
        foot + 24,
        escape(sku),
        money(list_most, currency),
        MARGIN - 14,
        money(paid_most, currency),
    ) + &legend(marks, currency)
}

/// The thresholds in words.
fn legend(marks: &Marks, currency: Currency) -> String {
    let mut text = String::new();
    for (list, names) in marks.on_axis.iter().take(MARKS_MAX) {
        let item = format!("order worth {}: {}", money(*list, currency), names.join("; "));
        text.push_str(&format!("<li>{}</li>\n", escape(&item)));
    }
    let unmarked = marks.on_axis.values().skip(MARKS_MAX).flatten().chain(&marks.beside);
    let beside: Vec<&str> = unmarked.map(String::as_str).collect();
    if !beside.is_empty() {
        let shown = beside.iter().take(MARKS_MAX).copied().collect::<Vec<_>>().join("; ");
        let more = match beside.len().saturating_sub(MARKS_MAX) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        text.push_str(&format!("<li>not marked: {}{more}</li>\n", escape(&shown)));
    }
    if text.is_empty() {
        text
    } else {
        format!("<details><summary>thresholds</summary><ul>\n{text}</ul></details>\n")
    }
}

fn money(minor: i64, currency: Currency) -> String {
    dealproof::money::Money::from_minor(minor).display(currency).to_string()
}

/// Text for a page.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_document_can_become_part_of_the_page() {
        assert_eq!(escape("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }
}
