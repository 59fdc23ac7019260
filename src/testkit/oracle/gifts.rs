//! Gifts and add-ons.

use super::Event;
use super::compute::{Application, Job};
use crate::record::GiftStatus;
use crate::rules::{Gift, GiftOption, RuleId, Short};
use crate::shop::Sku;

/// A gift or add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GiftEntry {
    pub rule: RuleId,
    pub sku: Sku,
    pub quantity: i128,
    pub unit_price: i128,
    pub status: GiftStatus,
}

impl GiftEntry {
    pub fn is_part_of_order(&self) -> bool {
        match self.status {
            GiftStatus::Given | GiftStatus::Taken => true,
            GiftStatus::Offered => false,
        }
    }
}

impl Job<'_> {
    pub fn gift(&self, benefit: &Gift) -> Application {
        let counted = self.counted(&benefit.qualifier);
        let is_triggered = counted.iter().any(|run| self.run_worth(*run) > 0);
        let steps = benefit.every.map_or(1, |step| {
            let spend = self.worth(&counted, benefit.base.as_ref());
            self.steps(step, benefit.times, spend, self.units(&counted))
        });
        if !is_triggered || steps == 0 {
            return Application::default();
        }
        let picked = |option: &&GiftOption| self.world.context.gifts.contains(&option.sku);
        let first = benefit.options.iter().filter(picked);
        let others = benefit.options.iter().filter(|option| !picked(option));
        let free = others.clone().filter(|option| is_free(option));
        let taken = first.chain(free).take(benefit.choose as usize);
        let taken: Vec<GiftEntry> =
            taken.map(|option| self.entry(option, steps, GiftStatus::Given)).collect();
        let wanted: i128 = taken.iter().map(|gift| gift.quantity).sum();
        if self.units_left.is_some_and(|left| left < wanted) && self.rule.limits.short == Short::Refuse {
            return Application { events: [Event::UnitsRefused].into(), ..Application::default() };
        }
        let short = self.units_left.map_or(0, |left| (wanted - left).max(0));
        let (mut gifts, event) = self.within_limits(taken);
        for option in others.filter(|option| !is_free(option)) {
            let mut offer = self.entry(option, steps, GiftStatus::Offered);
            offer.quantity = self.units_left.map_or(offer.quantity, |left| offer.quantity.min(left));
            gifts.extend((offer.quantity > 0).then_some(offer));
        }
        Application { gifts, short, events: event.into_iter().collect(), ..Application::default() }
    }

    fn entry(&self, option: &GiftOption, steps: i128, status: GiftStatus) -> GiftEntry {
        GiftEntry {
            rule: self.rule.id.clone(),
            sku: option.sku.clone(),
            quantity: steps * i128::from(option.quantity),
            unit_price: option.price.map_or(0, |price| self.world.money(price)),
            status: match status {
                GiftStatus::Given if !is_free(option) => GiftStatus::Taken,
                GiftStatus::Given | GiftStatus::Taken | GiftStatus::Offered => status,
            },
        }
    }

    /// Gives pieces in listed order until the unit limits are reached.
    fn within_limits(&self, mut taken: Vec<GiftEntry>) -> (Vec<GiftEntry>, Option<Event>) {
        let wanted: i128 = taken.iter().map(|gift| gift.quantity).sum();
        let Some(mut left) = self.units_left.filter(|left| *left < wanted) else {
            return (taken, None);
        };
        for gift in &mut taken {
            gift.quantity = gift.quantity.min(left);
            left -= gift.quantity;
        }
        taken.retain(|gift| gift.quantity > 0);
        (taken, Some(Event::UnitsPartial))
    }
}

/// True for a gift that costs nothing.
fn is_free(option: &GiftOption) -> bool {
    option.price.is_none_or(|price| price.decimal().is_zero())
}
