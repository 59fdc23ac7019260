//! What has gone from an order, by now and with the return at hand.

use std::collections::BTreeMap;

use super::{RefundError, Return};
use crate::bounds::{AMOUNT_MAX, REFUNDS_MAX};
use crate::record::{
    GiftStatus, GonePieces, GoneUnits, Quote, QuoteLine, Receipt, RefundId, SpentPieces, Way,
};
use crate::shop::LineId;

/// Units of a line that have gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GoneLine {
    pub quantity: u32,
    pub returned: u32,
    pub cancelled: u32,
    pub undelivered: u32,
}

impl GoneLine {
    /// What the shopper gave up.
    pub const fn given_up(self) -> u32 {
        self.returned.saturating_add(self.cancelled)
    }

    pub const fn all(self) -> u32 {
        self.given_up().saturating_add(self.undelivered)
    }

    pub const fn kept(self) -> u32 {
        self.quantity.saturating_sub(self.all())
    }

    fn add(&mut self, way: Way, units: u32) {
        let of_way = match way {
            Way::Returned => &mut self.returned,
            Way::Cancelled => &mut self.cancelled,
            Way::Undelivered => &mut self.undelivered,
        };
        *of_way = of_way.saturating_add(units);
    }
}

/// Everything that has gone, the return at hand included.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// By line.
    pub lines: Vec<GoneLine>,
    /// By line: units that are kept, and those the shop does not deliver: the rules are asked as if it did.
    not_given_up: Vec<u32>,
    /// By gift of the quote: pieces that came back.
    pub pieces: Vec<u32>,
    /// By grant of the quote: pieces spent.
    pub spent: Vec<u64>,
    /// What sending things back cost in all.
    pub freight: i64,
    /// What the return at hand adds, for its note.
    pub new_units: Vec<GoneUnits>,
    pub new_pieces: Vec<GonePieces>,
    pub new_spent: Vec<SpentPieces>,
}

impl Gone {
    /// Adds up the history and the return, and refuses what cannot be.
    pub fn find(&mut self, receipt: &Receipt, returned: &Return) -> Result<(), RefundError> {
        check_id(receipt, &returned.id)?;
        self.history(receipt);
        self.units(receipt, returned)?;
        self.gifts(receipt, returned)?;
        self.grants(receipt, returned)?;
        if returned.freight.minor() < 0 || returned.freight.minor() > AMOUNT_MAX {
            return Err(RefundError::FreightOutOfRange { given: returned.freight.minor() });
        }
        self.freight = self.freight.saturating_add(returned.freight.minor());
        let sent_back =
            self.lines.iter().any(|line| line.returned > 0) || self.pieces.iter().any(|back| *back > 0);
        if returned.freight.minor() > 0 && !sent_back {
            return Err(RefundError::FreightForNothing { given: returned.freight.minor() });
        }
        let nothing = self.new_units.is_empty() && self.new_pieces.is_empty() && self.new_spent.is_empty();
        if nothing && returned.freight.minor() == 0 {
            return Err(RefundError::Nothing);
        }
        self.count_left();
        Ok(())
    }

    fn count_left(&mut self) {
        let left = self.lines.iter().map(|line| line.quantity.saturating_sub(line.given_up()));
        self.not_given_up.clear();
        self.not_given_up.extend(left);
    }

    pub fn not_given_up(&self) -> &[u32] {
        &self.not_given_up
    }

    /// True when the shopper did not give everything up.
    pub fn some_asked(&self) -> bool {
        self.not_given_up.iter().any(|units| *units > 0)
    }

    /// True when no unit is kept.
    pub fn nothing_kept(&self) -> bool {
        self.lines.iter().all(|line| line.kept() == 0)
    }

    /// True when no unit has gone.
    pub fn nothing_gone(&self) -> bool {
        self.lines.iter().all(|line| line.all() == 0)
    }

    /// True when the shopper gave some unit up.
    pub fn some_given_up(&self) -> bool {
        self.lines.iter().any(|line| line.given_up() > 0)
    }

    /// How many units the shopper gave up.
    pub fn units_given_up(&self) -> u64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(u64::from(line.given_up())))
    }

    /// True when the shop did not deliver some unit.
    pub fn some_undelivered(&self) -> bool {
        self.lines.iter().any(|line| line.undelivered > 0)
    }

    /// What had gone before.
    pub fn history(&mut self, receipt: &Receipt) {
        let quote = &receipt.quote;
        self.lines.clear();
        self.lines.extend(
            quote.lines.iter().map(|line| GoneLine { quantity: line.quantity, ..GoneLine::default() }),
        );
        self.pieces.clear();
        self.pieces.resize(quote.gifts.len(), 0);
        self.spent.clear();
        self.spent.resize(quote.grants.len(), 0);
        self.freight = 0;
        let places = Places::of(quote, receipt.refunds.iter().map(|note| note.units.len()).sum());
        for note in &receipt.refunds {
            for units in &note.units {
                if let Some(line) = places.find(&units.line).and_then(|at| self.lines.get_mut(at)) {
                    line.add(units.way, units.units);
                }
            }
            for gone in &note.pieces {
                // A rule that works on each shop apart may list a gift more than once.
                let of = quote.gifts.iter().zip(&mut self.pieces).filter(|(gift, _)| {
                    gift.rule == gone.rule && gift.sku == gone.sku && gift.status != GiftStatus::Offered
                });
                let mut rest = gone.pieces;
                for (gift, pieces) in of {
                    let more = rest.min(gift.quantity.saturating_sub(*pieces));
                    *pieces = pieces.saturating_add(more);
                    rest = rest.saturating_sub(more);
                }
            }
            for spent in &note.spent {
                if let Some(pieces) = self.spent_of(receipt, |rule| *rule == spent.rule) {
                    *pieces = (*pieces).max(spent.pieces);
                }
            }
            self.freight = self.freight.saturating_add(note.freight.minor());
        }
        self.count_left();
    }

    fn units(&mut self, receipt: &Receipt, returned: &Return) -> Result<(), RefundError> {
        self.new_units.clear();
        let places = Places::of(&receipt.quote, returned.units.len());
        for (line, way, units) in &returned.units {
            let gone = places.find(line).and_then(|at| self.lines.get_mut(at));
            let gone = gone.ok_or_else(|| RefundError::UnknownLine { line: line.clone() })?;
            if *units > gone.kept() {
                return Err(RefundError::TooManyUnits {
                    line: line.clone(),
                    given: *units,
                    left: gone.kept(),
                });
            }
            if *units > 0 {
                gone.add(*way, *units);
                self.new_units.push(GoneUnits { line: line.clone(), way: *way, units: *units });
            }
        }
        Ok(())
    }

    /// Pieces of a product are taken off its gifts in the order of the quote.
    fn gifts(&mut self, receipt: &Receipt, returned: &Return) -> Result<(), RefundError> {
        self.new_pieces.clear();
        for (sku, given) in &returned.pieces {
            let mut rest = *given;
            let mut known = false;
            for (gift, gone) in receipt.quote.gifts.iter().zip(&mut self.pieces) {
                if gift.sku != *sku || gift.status == GiftStatus::Offered {
                    continue;
                }
                known = true;
                let pieces = rest.min(gift.quantity.saturating_sub(*gone));
                if pieces > 0 {
                    *gone = gone.saturating_add(pieces);
                    rest = rest.saturating_sub(pieces);
                    self.new_pieces.push(GonePieces { rule: gift.rule.clone(), sku: sku.clone(), pieces });
                }
            }
            if !known {
                return Err(RefundError::UnknownGift { sku: sku.clone() });
            }
            if rest > 0 {
                let left = given.saturating_sub(rest);
                return Err(RefundError::TooManyPieces { sku: sku.clone(), given: *given, left });
            }
        }
        Ok(())
    }

    fn grants(&mut self, receipt: &Receipt, returned: &Return) -> Result<(), RefundError> {
        self.new_spent.clear();
        for (rule, given) in &returned.spent {
            let granted = receipt.quote.grants.iter().find(|grant| {
                receipt.quote.rules.get(grant.rule as usize).is_some_and(|known| known.rule == *rule)
            });
            let most = granted.map_or(0, |grant| grant.quantity);
            let known = self.spent_of(receipt, |of| of == rule);
            let least = known.as_ref().map_or(0, |spent| **spent);
            let range_error = RefundError::SpentOutOfRange { rule: rule.clone(), given: *given, least, most };
            match known {
                Some(spent) if (least..=most).contains(given) => *spent = *given,
                Some(_) | None => return Err(range_error),
            }
            if *given > least {
                self.new_spent.push(SpentPieces { rule: rule.clone(), pieces: *given });
            }
        }
        Ok(())
    }

    fn spent_of(
        &mut self,
        receipt: &Receipt,
        is: impl Fn(&crate::rules::RuleId) -> bool,
    ) -> Option<&mut u64> {
        let quote = &receipt.quote;
        let of_rule = |rule: u32| quote.rules.get(rule as usize).is_some_and(|rule| is(&rule.rule));
        let at = quote.grants.iter().position(|grant| of_rule(grant.rule));
        at.and_then(|at| self.spent.get_mut(at))
    }
}

pub(super) fn check_id(receipt: &Receipt, id: &RefundId) -> Result<(), RefundError> {
    if receipt.refunds.iter().any(|note| note.id == *id) {
        return Err(RefundError::Repeated { id: id.clone() });
    }
    if receipt.refunds.len() >= REFUNDS_MAX {
        return Err(RefundError::TooManyRefunds);
    }
    Ok(())
}

/// Where lines stand in a quote: looked for one by one while few are, else through an index.
enum Places<'q> {
    Few(&'q [QuoteLine]),
    Many(BTreeMap<&'q LineId, usize>),
}

impl<'q> Places<'q> {
    fn of(quote: &'q Quote, lookups: usize) -> Self {
        if lookups <= 8 {
            return Self::Few(&quote.lines);
        }
        Self::Many(quote.lines.iter().enumerate().map(|(at, line)| (&line.line, at)).collect())
    }

    fn find(&self, line: &LineId) -> Option<usize> {
        match self {
            Self::Few(lines) => lines.iter().position(|known| known.line == *line),
            Self::Many(places) => places.get(line).copied(),
        }
    }
}

/// Adds all that is left of an order to a return, gifts and add-ons that have not come back included.
pub(super) fn add_left(all: &mut Return, receipt: &Receipt) {
    let mut gone = Gone::default();
    gone.history(receipt);
    let lines = receipt.quote.lines.iter().zip(&gone.lines).filter(|(_, gone)| gone.kept() > 0);
    all.units.extend(lines.map(|(line, gone)| (line.line.clone(), Way::Returned, gone.kept())));
    let gifts = receipt.quote.gifts.iter().zip(&gone.pieces);
    let left = gifts.filter(|(gift, _)| gift.status != GiftStatus::Offered);
    let left = left.map(|(gift, gone)| (gift.sku.clone(), gift.quantity.saturating_sub(*gone)));
    all.pieces.extend(left.filter(|(_, pieces)| *pieces > 0));
}
