//! A price curve as SVG: what an order costs against what it is worth.

use dealproof::audit::{Finding, Order};
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

/// The curve of the order of a finding: its first product in rising numbers, everything else as it is.
///
/// # Errors
/// When an order cannot be priced.
pub fn curve(plan: &Plan, finding: &Finding) -> Result<String, PriceError> {
    let Some(order) = finding.worst.witness.orders.first() else { return Ok(String::new()) };
    let Some(first) = order.cart.lines().first() else { return Ok(String::new()) };
    let most = first.quantity.saturating_mul(2).clamp(8, 100_000);
    let step = most.div_ceil(POINTS_MAX);
    let mut points = Vec::new();
    let mut scratch = Scratch::default();
    for count in (1..=most / step).map(|index| index * step) {
        points.extend(price(plan, &mut scratch, order, first, count)?);
    }
    let marked = price(plan, &mut scratch, order, first, first.quantity)?;
    Ok(draw(&points, marked, finding.currency, first.sku.as_str()))
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

/// Draws a curve; falls of the price are thresholds and get a dashed line.
fn draw(points: &[Point], marked: Option<Point>, currency: Currency, sku: &str) -> String {
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
    )
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
