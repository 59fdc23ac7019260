//! What a campaign costs, and what of it nobody says the worth of.

use super::world::World;
use crate::rules::{Gives, Rule};

/// Rules of each kind that are named.
const NAMED_MAX: usize = 5;

/// Why it is not proved that a campaign costs no more than it may: besides that nothing bounds it, what its cost leaves out.
pub(super) fn unproved(world: &World<'_>) -> String {
    let mut why = "some rules could break it, and no order was found that does".to_owned();
    for (unvalued, says) in [
        (
            Unvalued::Points,
            "points of {}, which no rule redeems, and policies.point_value does not say what one is worth",
        ),
        (Unvalued::Coupons, "coupons given by {}, of which nobody knows what they take off"),
        (Unvalued::Gifts, "gifts of {}, some of which have no cost in the catalogue"),
    ] {
        // Without a limit of what it may cost in all, only coupons are asked about.
        let is_asked = |rule: &&Rule| world.thresholds.exposure.is_some() || rule.coupon.is_some();
        let rules = world.rules.rules.iter().filter(|rule| rule.enabled).filter(is_asked);
        let named: Vec<&str> =
            rules.filter(|rule| of(world, rule) == Some(unvalued)).map(|rule| rule.id.as_str()).collect();
        if named.is_empty() {
            continue;
        }
        let shown = named.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
        let more = named.len().saturating_sub(NAMED_MAX);
        let shown = if more == 0 { shown } else { format!("{shown} and {more} more") };
        why.push_str("; not counted are ");
        why.push_str(&says.replace("{}", &shown));
    }
    why
}

/// What costs nothing only because nobody says what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unvalued {
    Points,
    Coupons,
    Gifts,
}

fn of(world: &World<'_>, rule: &Rule) -> Option<Unvalued> {
    match rule.benefit.gives() {
        Gives::Points(_) => world.later.point().is_none().then_some(Unvalued::Points),
        Gives::Grant(grant) => (!world.later.is_valued(grant)).then_some(Unvalued::Coupons),
        Gives::Gift(gift) => {
            let mut options = gift.options.iter();
            let is_unknown = options.any(|option| world.catalogue.cost_of(&option.sku).is_none());
            is_unknown.then_some(Unvalued::Gifts)
        }
        // What comes off, or is paid out of the wallet, is what it costs.
        Gives::Off | Gives::Shipping | Gives::Redeem(_) | Gives::Presale | Gives::Balance(_) => None,
    }
}
