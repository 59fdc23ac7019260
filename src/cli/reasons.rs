//! Why a rule gave nothing, as a sentence for people.

use dealproof::money::{Currency, Money};
use dealproof::record::{BlockReason, Outcome, Reason, Switch};
use dealproof::rules::Rule;

use crate::conditions::asked_at;
use crate::text::{count, shown};

/// What became of a rule, in words.
pub fn outcome_in_words(outcome: &Outcome, rule: &Rule, currency: Currency) -> String {
    match outcome {
        Outcome::Applied { asked, granted } => applied_in_words(*asked, *granted, currency),
        Outcome::NotApplied(reason) => {
            let words = reason_in_words(reason, rule, currency);
            // Plain pricing weighs nothing (K-3).
            let weighed = matches!(reason, Reason::Blocked { .. }) && rule.coupon.is_some();
            if weighed { format!("{words}; `dealproof choose` weighs the two") } else { words }
        }
        Outcome::NotReached => "nothing in the cart or context reaches it".to_owned(),
        // The library may learn outcomes that this command does not know yet.
        _ => "it has an outcome this version cannot name".to_owned(),
    }
}

fn applied_in_words(asked: Money, granted: Money, currency: Currency) -> String {
    let (off, benefit) = (granted.display(currency), asked.display(currency));
    if asked == Money::ZERO {
        "applied: it gave something other than money".to_owned()
    } else if granted < asked {
        format!("applied: {off} off; its benefit came to {benefit}, the rest met a floor, cap or limit")
    } else {
        format!("applied: {off} off")
    }
}

/// Why a rule gave nothing, in words.
pub fn reason_in_words(reason: &Reason, rule: &Rule, currency: Currency) -> String {
    match reason {
        Reason::Disabled => "it is switched off".to_owned(),
        Reason::SwitchedOff { by: Switch::Rule } => "it is switched off at run time".to_owned(),
        Reason::SwitchedOff { by: Switch::Stage } => "its stage is switched off at run time".to_owned(),
        Reason::CodeNotEntered => code_not_entered(rule),
        Reason::NotYet { from } => format!("it starts at {from}"),
        Reason::Over { until } => format!("it ended at {until}"),
        Reason::OutsideHours => "it is outside its days and hours".to_owned(),
        Reason::SpendShort { missing } => {
            format!("the goods it counts are {} short of what it asks for", missing.display(currency))
        }
        Reason::UnitsShort { missing } => {
            let units = count(u64::from(*missing), "unit");
            format!("the goods it counts are {units} short of what it asks for")
        }
        Reason::ConditionFailed { at } => match asked_at(rule, at) {
            Some(asked) => asked,
            None => format!("its condition at {} does not hold", shown(at)),
        },
        Reason::NothingToTake => "no goods match it, or those that do have nothing left to give".to_owned(),
        Reason::NothingPicked { from } => {
            let from: Vec<String> = from.iter().map(|sku| shown(sku.as_str())).collect();
            format!("the shopper picked none of what it offers ({})", from.join(", "))
        }
        Reason::NoGroup => "the customer is in no buying group".to_owned(),
        Reason::NewcomersOnly => "only customers whose first order it is may join the group".to_owned(),
        Reason::GroupTooSmall { missing } => {
            format!("the group closed {} short", count(u64::from(*missing), "member"))
        }
        Reason::NotAskedFor => "the shopper did not ask to pay this way".to_owned(),
        Reason::PointsShort => "fewer points can be redeemed than it takes at least".to_owned(),
        Reason::Exhausted { limit } => format!("its limit `{limit}` is used up"),
        Reason::QuotaExhausted { quota, limit } => {
            format!("`{limit}` of the quota {} that it shares is used up", shown(quota.as_str()))
        }
        Reason::CustomerUnknown => "it has limits per customer, and the customer is not known".to_owned(),
        Reason::Blocked { by, why } => format!("{} {}", block_in_words(why), shown(by.as_str())),
        Reason::StageFull { limit } => {
            let rules = count(u64::from(*limit), "rule");
            format!("its stage lets only {rules} apply")
        }
        Reason::SetAside => "it makes way for a coupon that was chosen".to_owned(),
        Reason::NotSelected { winner: Some(winner) } => {
            format!("{} gave more, or came first", shown(winner.as_str()))
        }
        Reason::NotSelected { winner: None } => "other rules of its stage gave more".to_owned(),
        // The library may learn reasons that this command does not know yet.
        _ => "it has a reason this version cannot name".to_owned(),
    }
}

fn code_not_entered(rule: &Rule) -> String {
    let codes = rule.coupon.iter().flat_map(|coupon| &coupon.codes);
    let codes: Vec<String> = codes.take(3).map(|code| shown(code.as_str())).collect();
    format!("its code was not entered ({})", codes.join(", "))
}

fn block_in_words(why: &BlockReason) -> String {
    match why {
        BlockReason::Group(group) => format!("of group {} there is already", shown(group.as_str())),
        BlockReason::Excluded => "it does not go together with".to_owned(),
        BlockReason::Undeclared => "neither says that it goes with the other: it or".to_owned(),
        BlockReason::ExclusiveInStage => "only one of them may apply in the stage: it or".to_owned(),
        BlockReason::ExclusiveInOrder => "only one of them may apply in the order: it or".to_owned(),
        // The library may learn reasons that this command does not know yet.
        _ => "it is blocked by".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dealproof::rules::{AmountOff, Benefit, RuleId};

    fn say(reason: &Reason) -> String {
        let off = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
        let rule = Rule::new("five", "order", off).codes(["FIVE"]);
        reason_in_words(reason, &rule, Currency::CNY)
    }

    #[test]
    fn what_is_missing_is_said_in_the_currency_of_the_cart() {
        let missing = Money::from_minor(1230);
        assert_eq!(
            say(&Reason::SpendShort { missing }),
            "the goods it counts are 12.30 short of what it asks for"
        );
        assert_eq!(
            say(&Reason::UnitsShort { missing: 1 }),
            "the goods it counts are 1 unit short of what it asks for"
        );
    }

    #[test]
    fn the_rule_in_the_way_is_named() {
        let blocked = Reason::Blocked { by: RuleId::new("ten"), why: BlockReason::Excluded };
        assert_eq!(say(&blocked), "it does not go together with ten");
        assert_eq!(say(&Reason::CodeNotEntered), "its code was not entered (FIVE)");
    }

    #[test]
    fn a_coupon_that_is_kept_out_is_told_who_weighs_it() {
        let off = Benefit::AmountOff(AmountOff::once("50".parse().unwrap()));
        let blocked = Reason::Blocked { by: RuleId::new("ten"), why: BlockReason::Excluded };
        let said = |rule: &Rule| outcome_in_words(&Outcome::NotApplied(blocked.clone()), rule, Currency::CNY);
        let automatic = Rule::new("fifty", "coupon", off);
        assert_eq!(said(&automatic), "it does not go together with ten");
        let coupon = automatic.codes(["FIFTY"]);
        assert_eq!(said(&coupon), "it does not go together with ten; `dealproof choose` weighs the two");
    }

    #[test]
    fn a_partial_grant_says_what_the_benefit_came_to() {
        let words = applied_in_words(Money::from_minor(2000), Money::from_minor(1550), Currency::CNY);
        assert_eq!(
            words,
            "applied: 15.50 off; its benefit came to 20.00, the rest met a floor, cap or limit"
        );
    }
}
