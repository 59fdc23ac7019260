//! Conformance: what the promotion engines of other shop systems assert, run against this crate.
//!
//! `tests/cases/conformance.jsonl` holds one case a line, in a neutral form that `tests/cases/CONFORMANCE.md` describes.
//! `form` reads it; `policy` the choices it was made under; `kinds`, `conditions` and `selectors` turn promotions into
//! benefits and conditions, `stages` and `rules` those into a rule set; `set_aside` says what the language does not
//! offer; `check` compares a quote with what the source asserts; `runner` counts.

mod check;
mod conditions;
mod form;
mod kinds;
mod policy;
mod rules;
mod runner;
mod selectors;
mod set_aside;
mod shop;
mod stages;
#[cfg(test)]
mod tests;
mod translate;
