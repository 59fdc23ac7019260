//! Why each coupon that was not chosen lost, by pricing it alone and beside what was chosen.

use super::choice::{Choice, Coupon, Explained, Lost, Refused, RunnerUp, Why};
use super::options::{Choosable, Options};
use super::{Chooser, Request};
use crate::evaluate::PriceError;
use crate::evaluate::search::Set;
use crate::evaluate::search::options::Mask;
use crate::money::Money;
use crate::record::{CodeStatus, Outcome, Quote, Reason, Trace};
use crate::rules::RuleId;

/// What the cart costs with the sets around the best one; nothing for those with which it cannot be priced.
struct Around {
    best: Mask,
    nothing: Option<Money>,
    /// With the best set less one of it, each in turn.
    less_one: Vec<(Mask, Option<Money>)>,
}

impl Around {
    fn of(request: Request<'_>, chooser: &mut Chooser, best: Mask) -> Self {
        let nothing = request.payable(chooser, 0);
        let chosen: Vec<Mask> =
            chooser.options.iter().map(|(bit, _)| bit).filter(|bit| best & bit != 0).collect();
        let mut less_one = Vec::with_capacity(chosen.len());
        for bit in chosen {
            less_one.push((bit, request.payable(chooser, best & !bit)));
        }
        Self { best, nothing, less_one }
    }
}

/// The options that a set does not use, in whichever way.
fn unused(options: &Options, set: Mask) -> Vec<(Mask, Choosable)> {
    let is_used =
        |own: &Choosable| options.iter().any(|(bit, other)| set & bit != 0 && other.is_same_code(own));
    let left = options.iter().filter(|(bit, own)| set & bit == 0 && !is_used(own));
    left.map(|(bit, own)| (bit, *own)).collect()
}

impl Request<'_> {
    /// The coupons of a set that gave nothing in its quote, with the reason for each, and the codes no rule has.
    pub(super) fn refused(self, options: &Options, set: Mask, quote: &Quote, trace: &Trace) -> Vec<Refused> {
        let mut refused = Vec::new();
        let mut used: Vec<u32> = Vec::new();
        for (_, option) in options.iter().filter(|(bit, _)| set & bit != 0) {
            let rule = self.rule_of(option);
            if let Some(number) = option.rule {
                if used.contains(&number) {
                    let coupon = option.coupon(self.plan, self.context);
                    refused.push(Refused { coupon, rule, why: Why::Repeated });
                    continue;
                }
                used.push(number);
            }
            let reason = match &rule {
                Some(rule) => self.reason_of(trace, rule),
                None if self.is_applied(option, quote) => None,
                None => Some(Reason::NothingToTake),
            };
            if let Some(reason) = reason {
                let coupon = option.coupon(self.plan, self.context);
                refused.push(Refused { coupon, rule, why: Why::GivesNothing(reason) });
            }
        }
        // A code spelt otherwise was given once (P-1).
        let is_spelling =
            |coupon: &Coupon, why: &Why| *why == Why::Repeated && matches!(coupon, Coupon::Code(_));
        let strange = self.strangers(options).into_iter().filter(|(coupon, why)| !is_spelling(coupon, why));
        refused.extend(strange.map(|(coupon, why)| Refused { coupon, rule: None, why }));
        refused
    }

    /// Adds the reasons to a choice: of a best set, with the second best, or of all that was given.
    pub(super) fn explain(
        self,
        chooser: &mut Chooser,
        choice: Choice,
        searched: Option<(Mask, Option<Set>)>,
    ) -> Explained {
        let (mut runner_up, mut lost) = (None, Vec::new());
        if let Some((best, second)) = searched {
            runner_up = second.map(|set| RunnerUp {
                coupons: chooser.options.chosen(self.plan, self.context, set.taken),
                payable: Money::from_minor(set.payable),
            });
            let around = Around::of(self, chooser, best);
            for (bit, option) in unused(&chooser.options, best) {
                let answer = self.lost(chooser, &choice, &around, bit, &option);
                match lost.iter_mut().find(|known: &&mut Lost| known.coupon == answer.coupon) {
                    // Of the two ways to use a code, the one that saves more alone answers for it.
                    Some(known) if answer.saves_alone > known.saves_alone => *known = answer,
                    Some(_) => {}
                    None => lost.push(answer),
                }
            }
        }
        lost.extend(self.strangers(&chooser.options).into_iter().map(|(coupon, why)| Lost {
            coupon,
            rule: None,
            saves_alone: Money::ZERO,
            beaten_by: Vec::new(),
            why,
        }));
        Explained { choice, runner_up, lost }
    }

    fn lost(
        self,
        chooser: &mut Chooser,
        choice: &Choice,
        around: &Around,
        bit: Mask,
        option: &Choosable,
    ) -> Lost {
        let best = around.best;
        let rule = self.rule_of(option);
        let alone = around.nothing.zip(self.payable(chooser, bit));
        let saved = alone.map_or(0, |(nothing, alone)| nothing.minor() - alone.minor());
        let mut beaten_by = 0;
        for (chosen, payable) in &around.less_one {
            let beside = payable.zip(self.payable(chooser, best & !chosen | bit));
            if beside.is_some_and(|(payable, beside)| beside < payable) {
                beaten_by |= chosen;
            }
        }
        let beaten_by = chooser.options.chosen(self.plan, self.context, beaten_by);
        let lost = |why| Lost {
            coupon: option.coupon(self.plan, self.context),
            rule: rule.clone(),
            saves_alone: Money::from_minor(saved.max(0)),
            beaten_by: beaten_by.clone(),
            why,
        };
        let is_used = |other: &Choosable| option.rule.is_some() && other.rule == option.rule;
        if chooser.options.iter().any(|(other, own)| best & other != 0 && is_used(own)) {
            return lost(Why::Repeated);
        }
        let by = self.excluded_by(chooser, best, bit, option);
        if !by.is_empty() {
            return lost(Why::Excluded { by });
        }
        let (beside, trace) = match self.price(chooser, best | bit) {
            Ok(priced) => priced,
            Err(problem) => return lost(Why::CannotBePriced(problem)),
        };
        let payable = beside.totals.payable;
        let reason = match &rule {
            Some(rule) => self.reason_of(&trace, rule),
            None if self.is_applied(option, &beside) => None,
            None => Some(Reason::NothingToTake),
        };
        // With it some of those chosen may find nothing to give any more.
        let chosen = choice.chosen.iter().filter_map(|chosen| chosen.rule.as_ref());
        let spoilt = chosen.filter(|rule| self.reason_of(&trace, rule).is_some()).cloned();
        lost(match (reason, spoilt.collect::<Vec<RuleId>>()) {
            (Some(reason), _) => Why::GivesNothing(reason),
            (None, by) if !by.is_empty() => Why::Excluded { by },
            (None, _) if payable < choice.quote.totals.payable => Why::NoRoom { payable },
            (None, _) => Why::SavesNothing { payable },
        })
    }

    /// The rules of chosen coupons that an option does not go together with.
    fn excluded_by(self, chooser: &Chooser, best: Mask, bit: Mask, option: &Choosable) -> Vec<RuleId> {
        let model = &chooser.search.model;
        let own = model.steps.iter().find(|step| Some(step.rule) == option.rule);
        let Some(own) = own else { return Vec::new() };
        let rivals = own.foes & best & !bit;
        let of_rivals = chooser.options.iter().filter(|(bit, _)| rivals & bit != 0);
        of_rivals.filter_map(|(_, rival)| self.rule_of(rival)).collect()
    }

    /// Prices the cart with a set of options.
    fn price(self, chooser: &mut Chooser, set: Mask) -> Result<(Quote, Trace), PriceError> {
        let Chooser { scratch, options, search } = chooser;
        let context = options.context(self.plan, &search.model, self.context, set);
        let (mut quote, mut trace) = (Quote::new(), Trace::default());
        self.plan.price_traced(scratch, self.cart, &context, self.usage, &mut quote, &mut trace)?;
        Ok((quote, trace))
    }

    /// What the cart costs with a set of options, when it can be priced.
    fn payable(self, chooser: &mut Chooser, set: Mask) -> Option<Money> {
        self.price(chooser, set).ok().map(|(quote, _)| quote.totals.payable)
    }

    /// Why a rule gave nothing; none when it gave something.
    fn reason_of(self, trace: &Trace, rule: &RuleId) -> Option<Reason> {
        match trace.of(rule.as_str()).map(|entry| &entry.outcome) {
            Some(Outcome::Applied { .. }) => None,
            Some(Outcome::NotApplied(reason)) => Some(reason.clone()),
            Some(Outcome::NotReached) | None => Some(Reason::NothingToTake),
        }
    }

    fn rule_of(self, option: &Choosable) -> Option<RuleId> {
        option.rule.map(|rule| self.plan.rules[rule as usize].id.clone())
    }

    /// Whether some rule that asks for an option gave something.
    fn is_applied(self, option: &Choosable, quote: &Quote) -> bool {
        match option.coupon(self.plan, self.context) {
            Coupon::Code(code) => {
                quote.codes.iter().any(|own| own.code == code && own.status == CodeStatus::Applied)
            }
            // Conditions ask for codes only.
            Coupon::Wallet(_) | Coupon::Payment(_) => false,
        }
    }

    /// Coupons given that are no options: unknown ones, other spellings, others of the same rule, unusable ones.
    fn strangers(self, options: &Options) -> Vec<(Coupon, Why)> {
        let of_options: Vec<Coupon> =
            options.iter().map(|(_, own)| own.coupon(self.plan, self.context)).collect();
        let mut strangers = Vec::new();
        let mut codes: Vec<_> = self.context.codes.iter().collect();
        codes.sort();
        let mut last = None;
        for code in codes {
            let coupon = Coupon::Code(code.clone());
            let twice = last.replace(code) == Some(code);
            if twice || !of_options.contains(&coupon) {
                let folded = code.folded();
                let alike = |known: &Coupon| match known {
                    Coupon::Code(known) => known.folded() == folded,
                    Coupon::Wallet(_) | Coupon::Payment(_) => false,
                };
                let known = folded.is_some() && of_options.iter().any(alike);
                strangers.push((coupon, if known || twice { Why::Repeated } else { Why::Unknown }));
            }
        }
        for held in &self.context.coupons {
            let coupon = Coupon::Wallet(held.id.clone());
            if !of_options.contains(&coupon) {
                let known = self.plan.keys.wallet.get(held.rule.as_bytes()).is_some();
                let why = match held.unusable(self.context) {
                    _ if !known => Why::Unknown,
                    Some(unusable) => Why::Unusable(unusable),
                    None => Why::Repeated,
                };
                strangers.push((coupon, why));
            }
        }
        strangers
    }
}
