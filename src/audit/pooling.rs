//! Orders of different customers put into one: what they save by it.

use super::moves::Then;
use super::witness::{Replay, Witness};
use super::world::{SILENT, is_all_of};
use crate::record::Quote;

/// What goods cost less in one order than in one of each customer. Shipping does not count: one parcel costs less than two.
pub(super) fn saved(witness: &Witness, replay: &Replay) -> i64 {
    let is_pooled = matches!(witness.then, Some(Then::Pooled {}));
    let [whole] = witness.orders.as_slice() else { return SILENT };
    if !is_pooled || !is_all_of(whole, &witness.instead_of) {
        return SILENT;
    }
    let goods = |quotes: &[Quote]| {
        quotes.iter().fold(0_i64, |sum, quote| sum.saturating_add(quote.totals.goods.minor()))
    };
    goods(&replay.instead_of).saturating_sub(goods(&replay.quotes))
}
