//! What each command does.

use std::fmt::Display;
use std::path::Path;

use dealproof::bounds::Limits;
use dealproof::choose::{ChooseError, Chooser, Mode, Terms};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::load;
use dealproof::record::{self, Checkout, Quote, Trace};
use dealproof::rules::RuleSet;
use dealproof::validate::{Code, Report};
use serde::Serialize;

use crate::args::{Args, Color, Command};
use crate::audit::{Way, audit};
use crate::choices::{choice_as_json, choice_in_words, refused_in_words};
use crate::diagnostics::{Problem, render_report};
use crate::input::{Document, read};
use crate::receipt::Receipt;
use crate::refund;
use crate::simulate::{self, Size, Verdict};
use crate::text::shown;

/// How a command ends.
pub struct Ending {
    /// What goes to standard output.
    pub out: String,
    /// What goes to standard error.
    pub errors: String,
    /// The exit status.
    pub status: Status,
}

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All is well: 0.
    Fine,
    /// `validate`, `audit` or `fuzz` found something, the coupons do not all apply together, or `simulate` passed a limit: 1.
    Findings,
    /// The input cannot be used: 2.
    BadInput,
}

impl Ending {
    /// An ending without errors.
    pub const fn new(out: String, status: Status) -> Self {
        let errors = String::new();
        Self { out, errors, status }
    }
}

/// What stops a command: the text for standard error.
pub type Stop = String;

/// Runs a command.
pub fn run(args: &Args) -> Ending {
    let ending = match &args.command {
        Command::Validate { rules, json } => validate(rules, Output::of(*json), args.color),
        Command::Price { rules, cart, json, receipt } => {
            price(rules, cart, Output::of(*json), receipt.as_deref(), args.color)
        }
        Command::Refund { receipt, options } => refund::refund(receipt, options, args.color),
        Command::Choose { rules, cart, at_most, exactly, nodes, json } => {
            choose(rules, cart, terms(*at_most, *exactly, *nodes), Output::of(*json), args.color)
        }
        Command::Explain { rules, cart, rule } => explain(rules, cart, rule.as_deref(), args.color),
        Command::Simulate { rules, checkouts, threads, seed } => {
            let size = Size { checkouts: *checkouts, threads: *threads, seed: *seed };
            simulate(rules, size, args.color)
        }
        Command::Audit { rules, catalogue, options, orders } => {
            let way = Way::Search { orders: *orders };
            audit(rules, Some(catalogue), options, way, args.color)
        }
        Command::Fuzz { rules, catalogue, options, runs, seed } => {
            let way = Way::Wander { runs: *runs, seed: *seed };
            audit(rules, catalogue.as_deref(), options, way, args.color)
        }
    };
    ending.unwrap_or_else(|errors| Ending { errors, ..Ending::new(String::new(), Status::BadInput) })
}

/// For whom the output is.
pub enum Output {
    /// Words.
    People,
    /// JSON.
    Machines,
}

impl Output {
    /// By the flag `--json`.
    pub const fn of(json: bool) -> Self {
        if json { Self::Machines } else { Self::People }
    }
}

fn validate(rules: &Path, output: Output, color: Color) -> Result<Ending, Stop> {
    let limits = Limits::default();
    let document = open(rules, &limits, color)?;
    let report = load::check_rules(&document.bytes, &limits);
    let text = match output {
        Output::Machines => json(&report)?,
        Output::People => render_report(&report, &document, color),
    };
    let status = if !report.has_errors() {
        Status::Fine
    } else if is_unreadable(&report) {
        Status::BadInput
    } else {
        Status::Findings
    };
    Ok(Ending::new(text, status))
}

fn price(
    rules: &Path,
    cart: &Path,
    output: Output,
    settled: Option<&Path>,
    color: Color,
) -> Result<Ending, Stop> {
    let case = Case::open(rules, cart, color)?;
    let (mut quote, mut trace) = (Quote::new(), Trace::default());
    let mut scratch = Scratch::default();
    let Checkout { cart, context, usage } = &case.checkout;
    let plan = &case.plan;
    let priced = plan.price_traced(&mut scratch, cart, context, usage, &mut quote, &mut trace);
    priced.map_err(|problem| case.unpriced(&problem, color))?;
    let near_misses = plan.near_misses(&mut scratch, cart, context, usage);
    quote.near_misses = near_misses.map_err(|problem| case.unpriced(&problem, color))?;
    let out = match output {
        Output::Machines => json(&quote)?,
        Output::People => Receipt::new(&case.rules, &quote).print(&trace),
    };
    if let Some(path) = settled {
        let receipt = record::Receipt::new(case.checkout.clone(), quote);
        let receipt = receipt.map_err(|problem| stop(problem, color))?.rules(case.rules);
        refund::write(path, &receipt, color)?;
    }
    Ok(Ending::new(out, Status::Fine))
}

const fn terms(at_most: Option<u32>, exactly: bool, nodes: Option<u64>) -> Terms {
    let mode = match (at_most, exactly) {
        (Some(most), _) => Mode::AtMost(most),
        (None, true) => Mode::Exactly,
        (None, false) => Mode::Best,
    };
    let nodes = match nodes {
        Some(nodes) => nodes,
        None => Terms::NODES_DEFAULT,
    };
    Terms::of(mode).nodes(nodes)
}

fn choose(rules: &Path, cart: &Path, terms: Terms, output: Output, color: Color) -> Result<Ending, Stop> {
    let case = Case::open(rules, cart, color)?;
    let Checkout { cart, context, usage } = &case.checkout;
    let chosen = case.plan.choose_explained(&mut Chooser::default(), cart, context, usage, &terms);
    let explained = match chosen {
        Ok(explained) => explained,
        Err(ChooseError::NotTogether { refused }) => {
            let currency = case.rules.currency;
            let reasons = refused.iter().map(|one| refused_in_words(one, &case.rules, currency) + "\n");
            return Ok(Ending::new(reasons.collect(), Status::Findings));
        }
        Err(ChooseError::Price(problem)) => return Err(case.unpriced(&problem, color)),
        Err(problem) => return Err(stop(problem, color)),
    };
    let out = match output {
        Output::Machines => json(&choice_as_json(&case.rules, &explained)?)?,
        Output::People => choice_in_words(&case.rules, &explained),
    };
    Ok(Ending::new(out, Status::Fine))
}

fn explain(rules: &Path, cart: &Path, wanted: Option<&str>, color: Color) -> Result<Ending, Stop> {
    let case = Case::open(rules, cart, color)?;
    let known = |id: &str| case.rules.rules.iter().any(|rule| rule.id.as_str() == id);
    if let Some(id) = wanted.filter(|id| !known(id)) {
        let help = "`dealproof explain RULES CART` without a rule lists them all";
        let problem = Problem::new(format!("there is no rule {}", shown(id))).help(help);
        return Err(problem.render(color));
    }
    let (mut quote, mut trace) = (Quote::new(), Trace::default());
    let Checkout { cart, context, usage } = &case.checkout;
    let scratch = &mut Scratch::default();
    let priced = case.plan.price_explained(scratch, cart, context, usage, &mut quote, &mut trace);
    priced.map_err(|problem| case.unpriced(&problem, color))?;

    let receipt = Receipt::new(&case.rules, &quote);
    let out = match wanted {
        Some(id) => receipt.outcome_of(id, &trace),
        None => receipt.outcomes(&trace),
    };
    Ok(Ending::new(out, Status::Fine))
}

fn simulate(rules: &Path, size: Size, color: Color) -> Result<Ending, Stop> {
    let (rules, plan) = open_rules(rules, color)?;
    let simulated = simulate::run(&rules, &plan, size).map_err(|problem| stop(problem, color))?;
    let status = match simulated.verdict {
        Verdict::Kept => Status::Fine,
        Verdict::Passed => Status::Findings,
    };
    Ok(Ending::new(simulated.report, status))
}

/// Rules and a checkout, ready to be priced.
struct Case {
    rules: RuleSet,
    plan: Plan,
    checkout: Checkout,
    /// The checkout as it was written.
    document: Document,
}

impl Case {
    fn open(rules: &Path, cart: &Path, color: Color) -> Result<Self, Stop> {
        if [rules, cart].iter().all(|path| path.as_os_str() == "-") {
            return Err(stop("standard input can be the rules or the cart, not both", color));
        }
        let limits = Limits::default();
        let (rules, plan) = open_rules(rules, color)?;
        let document = open(cart, &limits, color)?;
        let checkout = load::checkout(&document.bytes, &limits);
        let checkout = checkout.map_err(|error| Problem::refused(&error, &document).render(color))?;
        Ok(Self { rules, plan, checkout, document })
    }

    /// Why it cannot be priced, with the place in the cart.
    fn unpriced(&self, problem: &PriceError, color: Color) -> Stop {
        Problem::unpriced(problem, &self.document).render(color)
    }
}

/// Reads and compiles a rule file.
pub fn open_rules(path: &Path, color: Color) -> Result<(RuleSet, Plan), Stop> {
    let limits = Limits::default();
    let document = open(path, &limits, color)?;
    let rules = load::rules(&document.bytes, &limits);
    let rules = rules.map_err(|report| render_report(&report, &document, color))?;
    let plan = compile(&rules).map_err(|problem| stop(problem, color))?;
    Ok((rules, plan))
}

/// Reads a document.
pub fn open(path: &Path, limits: &Limits, color: Color) -> Result<Document, Stop> {
    read(path, limits).map_err(|problem| stop(problem, color))
}

/// A problem as text for standard error.
pub fn stop(problem: impl Display, color: Color) -> Stop {
    Problem::new(problem).render(color)
}

/// A document as JSON.
pub fn json(document: &impl Serialize) -> Result<String, Stop> {
    let text = serde_json::to_string_pretty(document).map_err(|problem| problem.to_string())?;
    Ok(text + "\n")
}

/// True when the document could not be read at all, so that nothing is known of its rules.
fn is_unreadable(report: &Report) -> bool {
    report.diagnostics.iter().any(|diagnostic| {
        matches!(
            diagnostic.code,
            Code::DocumentTooLarge
                | Code::NotUtf8
                | Code::ByteOrderMark
                | Code::NotJson
                | Code::TooDeep
                | Code::TooManyValues
        )
    })
}
