//! Conditions in words.

use std::fmt::Display;

use dealproof::rules::{
    AnyOf, AttributeTest, BirthdayWhen, Condition, OrderNumber, Quantity, Range, Rule, Spend, Weekly, Window,
};

use crate::text::{count, shown};

/// What a rule asks for at a place in it, such as `/condition/all/1/region`, as a sentence; `None` when no condition is
/// there.
pub fn asked_at(rule: &Rule, pointer: &str) -> Option<String> {
    let document = serde_json::to_value(rule).ok()?;
    // The pointer may name the condition or what is in it; a condition is an object of one key.
    let above = pointer.rsplit_once('/').map(|(above, _)| above);
    let places = [Some(pointer), above];
    let found = places.into_iter().flatten().find_map(|place| {
        let value = document.pointer(place)?.clone();
        serde_json::from_value::<Condition>(value).ok()
    })?;
    let negations = pointer.split('/').filter(|step| *step == "not").count();
    let asked = in_words(&found);
    Some(if negations.is_multiple_of(2) {
        format!("it asks that {asked}")
    } else {
        format!("it does not apply when {asked}")
    })
}

/// A condition as a statement that holds when it does.
pub fn in_words(condition: &Condition) -> String {
    match condition {
        Condition::All(members) => joined(members, " and "),
        Condition::Any(members) => joined(members, " or "),
        Condition::Not(member) => format!("not: {}", in_words(member)),
        Condition::Window(window) => window_in_words(window),
        Condition::Weekly(weekly) => weekly_in_words(weekly),
        Condition::Spend(spend) => spend_in_words(spend),
        Condition::Quantity(quantity) => quantity_in_words(quantity),
        Condition::DistinctSkus(skus) => {
            let skus = count(u64::from(skus.at_least), "different sku");
            format!("the selected goods are of at least {skus}")
        }
        Condition::Contains(_) => "the cart holds one of the selected goods".to_owned(),
        Condition::Segment(any) => format!("the customer is in segment {}", members(any)),
        Condition::Level(range) => format!("the customer's level is {}", range_in_words(range)),
        Condition::FirstOrder {} => "the order is the customer's first".to_owned(),
        Condition::OrderNumber(number) => order_number_in_words(number),
        Condition::Birthday(BirthdayWhen::Month) => "it is the month of the customer's birthday".to_owned(),
        Condition::Birthday(BirthdayWhen::Day) => "it is the customer's birthday".to_owned(),
        Condition::Channel(any) => format!("the channel is {}", members(any)),
        Condition::Region(any) => format!("the order goes to {}", members(any)),
        Condition::PaymentMethod(any) => format!("the order is paid by {}", members(any)),
        Condition::ShippingMethod(any) => format!("something ships by {}", members(any)),
        Condition::Currency(any) => format!("the currency is {}", members(any)),
        Condition::Code(any) => format!("the code {} was entered", members(any)),
        Condition::GroupSize(range) => format!("the group's size is {}", range_in_words(range)),
        Condition::Experiment(part) => format!(
            "the customer falls into {} % to {} % of experiment {}",
            part.from,
            part.until,
            shown(part.id.as_str())
        ),
        Condition::Attribute(test) => attribute_in_words(test),
        // The library may learn conditions that this command does not know yet.
        _ => "its condition holds".to_owned(),
    }
}

fn joined(conditions: &[Condition], by: &str) -> String {
    let words: Vec<String> = conditions.iter().map(in_words).collect();
    words.join(by)
}

fn members<T: Display>(any: &AnyOf<T>) -> String {
    let members: Vec<String> = any.any_of.iter().map(|member| shown(&member.to_string())).collect();
    members.join(" or ")
}

fn range_in_words(range: &Range) -> String {
    between(range.at_least, range.at_most)
}

fn between<T: Display>(at_least: Option<T>, at_most: Option<T>) -> String {
    match (at_least, at_most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "known".to_owned(),
    }
}

fn window_in_words(window: &Window) -> String {
    match (window.from, window.until) {
        (Some(from), Some(until)) => format!("the time is from {from} until {until}"),
        (Some(from), None) => format!("the time is {from} or later"),
        (None, Some(until)) => format!("the time is before {until}"),
        (None, None) => "any time".to_owned(),
    }
}

fn weekly_in_words(weekly: &Weekly) -> String {
    let hours = format!("from {} until {} at {}", weekly.from, weekly.until, weekly.offset);
    if weekly.days.is_empty() {
        return format!("the time is daily {hours}");
    }
    let days: Vec<String> = weekly.days.iter().map(|day| format!("{day:?}")).collect();
    format!("the time is {} {hours}", days.join(", "))
}

fn spend_in_words(spend: &Spend) -> String {
    let range = between(spend.at_least, spend.at_most);
    format!("the selected goods are worth {range}")
}

fn quantity_in_words(quantity: &Quantity) -> String {
    let range = between(quantity.at_least, quantity.at_most);
    format!("the number of selected units is {range}")
}

fn order_number_in_words(number: &OrderNumber) -> String {
    let range = between(number.at_least, number.at_most);
    match number.every {
        Some(every) => {
            format!("the number of the customer's order is {range} and a multiple of {every}")
        }
        None => format!("the number of the customer's order is {range}"),
    }
}

fn attribute_in_words(test: &AttributeTest) -> String {
    let key = shown(test.key.as_str());
    if test.any_of.is_empty() {
        return format!("{key} is {}", between(test.at_least, test.at_most));
    }
    let values: Vec<String> = test.any_of.iter().map(|value| shown(&value.to_string())).collect();
    format!("{key} is {}", values.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dealproof::rules::{AmountOff, Benefit};

    fn rule() -> Rule {
        let plus = Condition::Segment(AnyOf::new(["plus"]));
        let remote = Condition::Region(AnyOf::new(["CN/XJ", "CN/XZ"]));
        let both = Condition::All(vec![plus, Condition::Not(Box::new(remote))]);
        let off = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
        Rule::new("five", "order", off).condition(both)
    }

    #[test]
    fn a_condition_is_found_by_its_place_with_or_without_its_kind() {
        let plus = Some("it asks that the customer is in segment plus".to_owned());
        assert_eq!(asked_at(&rule(), "/condition/all/0"), plus);
        assert_eq!(asked_at(&rule(), "/condition/all/0/segment"), plus);
        assert_eq!(asked_at(&rule(), "/condition/all/7"), None);
    }

    #[test]
    fn what_stands_under_not_is_said_to_be_refused() {
        let refused = Some("it does not apply when the order goes to CN/XJ or CN/XZ".to_owned());
        assert_eq!(asked_at(&rule(), "/condition/all/1/not/region"), refused);
    }
}
