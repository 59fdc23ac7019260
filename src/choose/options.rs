//! What there is to choose from.

use super::choice::{Chosen, Coupon};
use crate::bounds::CEILINGS;
use crate::compile::Plan;
use crate::compile::index::Key;
use crate::evaluate::search::model::Model;
use crate::evaluate::search::options::{self, Mask, bit, names};
use crate::evaluate::walk::Walk;
use crate::shop::Context;

// Codes entered, and as many coupons of the wallet.
const _: () = assert!(2 * CEILINGS.codes <= options::OPTIONS_MAX);

/// Where an option comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// A code, by its position in the context.
    Code(u32),
    /// A coupon of the wallet, by its position there.
    Wallet(u32),
    /// Points or balances that an automatic rule takes as payment.
    Payment,
}

/// Whether what the wallet can pay with is weighed too, or comes as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payments {
    Weighed,
    AsTheyCome,
}

/// Something the shopper may use or leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choosable {
    pub carrier: Carrier,
    /// What a rule knows it by; none for a payment.
    key: Option<Key>,
    /// The rule whose coupon it is, or that takes the payment; none when it only matters to conditions.
    pub rule: Option<u32>,
    /// Its key, when some condition asks for it.
    pub asked: Option<Key>,
    /// The rule it is a coupon of but not used for: it is entered for the conditions that ask for it, that rule is set aside.
    pub unused: Option<u32>,
    /// When it expires, in milliseconds.
    pub until_ms: i64,
}

/// The options of a search.
#[derive(Debug, Default)]
pub(super) struct Options {
    list: Vec<Choosable>,
    /// The same, as the search sees them.
    pub table: options::Options,
}

impl Options {
    /// Collects what the context offers, by preference: what expires first, then by id (design §4.9).
    pub fn collect(&mut self, plan: &Plan, walk: &Walk<'_>, context: &Context, payments: Payments) {
        self.list.clear();
        let code = |typed: u32| &context.codes[typed as usize];
        for (key, typed) in walk.entered() {
            // The same code typed twice counts once, as the first in the order of what was typed.
            match self.list.iter_mut().find(|known| known.key == Some(key)) {
                Some(Choosable { carrier: Carrier::Code(first), .. }) => {
                    if code(typed) < code(*first) {
                        *first = typed;
                    }
                }
                Some(_) | None => self.list.push(choosable(plan, key, Carrier::Code(typed))),
            }
        }
        for (at, coupon) in (0_u32..).zip(&context.coupons) {
            let key = plan.keys.wallet.get(coupon.rule.as_bytes());
            let Some(key) = key.filter(|_| coupon.unusable(context).is_none()) else { continue };
            // Of several coupons of one rule the one that expires first counts.
            match self.list.iter_mut().find(|known| known.key == Some(key)) {
                Some(Choosable { carrier: Carrier::Wallet(first), .. }) => {
                    if coupon.preference() < context.coupons[*first as usize].preference() {
                        *first = at;
                    }
                }
                Some(_) | None => self.list.push(choosable(plan, key, Carrier::Wallet(at))),
            }
        }
        for option in &mut self.list {
            if let Carrier::Wallet(at) = option.carrier {
                option.until_ms = option.until_ms.min(context.coupons[at as usize].preference().0);
            }
        }
        self.add_for_conditions(plan);
        if payments == Payments::Weighed {
            // A context has at most so many codes and coupons; payments there is no room for come as they come.
            let room = options::OPTIONS_MAX.saturating_sub(self.list.len());
            let payments = walk.candidates().iter().filter_map(|number| payment(plan, walk, *number));
            self.list.extend(payments.take(room));
        }
        let id = |option: &Choosable| match option.carrier {
            Carrier::Code(typed) => code(typed).as_str(),
            Carrier::Wallet(at) => context.coupons[at as usize].id.as_str(),
            Carrier::Payment => option.rule.map_or("", |rule| plan.rules[rule as usize].id.as_str()),
        };
        let order = |a: &Choosable, b: &Choosable| {
            (a.until_ms, id(a), a.key, a.unused).cmp(&(b.until_ms, id(b), b.key, b.unused))
        };
        self.list.sort_unstable_by(order);
        let seen = |own: &Choosable| options::Choosable { rule: own.rule, asked: own.asked };
        self.table.set(self.list.iter().map(seen));
    }

    /// A code that has a rule of its own and that other rules ask for is an option for those alone as well, as long as there is
    /// room.
    fn add_for_conditions(&mut self, plan: &Plan) {
        let mut more = Vec::new();
        for option in &self.list {
            let (Some(own), Some(key)) = (option.rule, option.asked) else { continue };
            let mut others = plan.code_rules.at(key).iter().filter(|rule| **rule != own);
            if others.any(|rule| names(&plan.rules[*rule as usize], key)) {
                more.push(Choosable { rule: None, unused: Some(own), until_ms: i64::MAX, ..*option });
            }
        }
        more.sort_unstable_by_key(|option| option.key);
        more.truncate(options::OPTIONS_MAX.saturating_sub(self.list.len()));
        self.list.append(&mut more);
    }

    /// Every code and coupon for the rule it is of, where it is of one.
    pub fn for_own_rules(&self) -> Mask {
        self.iter().filter(|(_, option)| option.unused.is_none()).fold(0, |all, (bit, _)| all | bit)
    }

    /// The same set with some codes used for conditions alone, where any ask for them.
    pub fn for_conditions(&self, mut set: Mask, is_meant: impl Fn(&Choosable) -> bool) -> Mask {
        for (bit, option) in self.iter().filter(|(_, option)| option.unused.is_some() && is_meant(option)) {
            set = set & !option.asked.map_or(0, |key| self.table.entering(key)) | bit;
        }
        set
    }

    /// All options, with their bits.
    pub fn iter(&self) -> impl Iterator<Item = (Mask, &Choosable)> {
        self.list.iter().enumerate().map(|(at, option)| (bit(at), option))
    }
}

fn choosable(plan: &Plan, key: Key, carrier: Carrier) -> Choosable {
    let mut rule = None;
    let mut asked = None;
    for number in plan.code_rules.at(key) {
        let own = &plan.rules[*number as usize];
        if own.coupon.as_ref().is_some_and(|codes| codes.contains(&key)) {
            rule = Some(*number);
        }
        if names(own, key) {
            asked = Some(key);
        }
    }
    let until_ms = rule.map_or(i64::MAX, |rule| plan.rules[rule as usize].until_ms);
    Choosable { carrier, key: Some(key), rule, asked, unused: None, until_ms }
}

/// What an automatic rule takes as payment, where the wallet holds something for it.
fn payment(plan: &Plan, walk: &Walk<'_>, number: u32) -> Option<Choosable> {
    let rule = &plan.rules[number as usize];
    let held = walk.held_for(number).filter(|_| rule.coupon.is_none())?;
    let until_ms = held.until_ms.min(rule.until_ms);
    Some(Choosable {
        carrier: Carrier::Payment,
        key: None,
        rule: Some(number),
        asked: None,
        unused: None,
        until_ms,
    })
}

impl Options {
    /// The context with only the options of a set. Automatic rules that they exclude are set aside, and so are those
    /// that take payments not in the set, and those of codes that are used for conditions alone.
    pub fn context(&self, plan: &Plan, model: &Model, given: &Context, set: Mask) -> Context {
        let mut context = given.clone();
        context.codes.clear();
        context.coupons.clear();
        for (_, option) in self.iter().filter(|(bit, _)| set & bit != 0) {
            match option.carrier {
                Carrier::Code(typed) => context.codes.push(given.codes[typed as usize].clone()),
                Carrier::Wallet(at) => context.coupons.push(given.coupons[at as usize].clone()),
                Carrier::Payment => {}
            }
        }
        let left = self.iter().filter(|(bit, option)| set & bit == 0 && option.carrier == Carrier::Payment);
        let excluded = model.steps.iter().filter(|step| step.unlocked_by == 0 && step.foes & set != 0);
        let unused = self.iter().filter(|(bit, _)| set & bit != 0).filter_map(|(_, option)| option.unused);
        let unused = unused.filter(|rule| self.table.unlocking(*rule) & set == 0);
        let aside = left.filter_map(|(_, option)| option.rule).chain(excluded.map(|step| step.rule));
        let aside = aside.chain(unused);
        context.set_aside.extend(aside.map(|rule| plan.rules[rule as usize].id.to_string()));
        context
    }

    /// The options of a set, as the caller knows them.
    pub fn chosen(&self, plan: &Plan, given: &Context, set: Mask) -> Vec<Chosen> {
        let of_set = self.iter().filter(|(bit, _)| set & bit != 0);
        let chosen = of_set.map(|(_, option)| Chosen {
            coupon: option.coupon(plan, given),
            rule: option.rule.map(|rule| plan.rules[rule as usize].id.clone()),
        });
        chosen.collect()
    }
}

impl Choosable {
    /// Whether it is the same code, used in whichever way.
    pub fn is_same_code(&self, other: &Self) -> bool {
        self.key.is_some() && self.key == other.key
    }

    /// The coupon as the caller knows it.
    pub fn coupon(&self, plan: &Plan, given: &Context) -> Coupon {
        match self.carrier {
            Carrier::Code(typed) => Coupon::Code(given.codes[typed as usize].clone()),
            Carrier::Wallet(at) => Coupon::Wallet(given.coupons[at as usize].id.clone()),
            Carrier::Payment => Coupon::Payment(
                self.rule.map(|rule| plan.rules[rule as usize].id.clone()).unwrap_or_default(),
            ),
        }
    }
}
