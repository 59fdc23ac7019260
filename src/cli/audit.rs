//! What `audit` and `fuzz` do.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use dealproof::audit::{self, AuditBounds, Progress, Promises, Severity};
use dealproof::bounds::Limits;
use dealproof::load;
use dealproof::rules::RuleSet;
use dealproof::shop::Catalogue;

use crate::args::{AuditOptions, Color, Deny};
use crate::commands::{Ending, Output, Status, Stop, json, open, stop};
use crate::diagnostics::{Problem, render_report};
use crate::page::page;
use crate::text::shown;

/// How to look.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// At thresholds, then around them.
    Search {
        /// Orders that may be priced.
        orders: u64,
    },
    /// At random.
    Wander {
        /// Baskets drawn.
        runs: u64,
        /// The seed they are drawn from.
        seed: u64,
    },
}

/// The promises of a file, or those that everybody makes.
fn read_promises(options: &AuditOptions, limits: &Limits, color: Color) -> Result<Promises, Stop> {
    let Some(path) = &options.promises else { return Ok(Promises::default()) };
    let document = open(path, limits, color)?;
    let promises = load::promises(&document.bytes, limits);
    promises.map_err(|error| Problem::refused(&error, &document).render(color))
}

/// The goods to buy.
struct Goods {
    catalogue: Catalogue,
    /// What is to be said of them on standard error.
    note: String,
}

impl Goods {
    fn open(rules: &RuleSet, path: Option<&Path>, limits: &Limits, color: Color) -> Result<Self, Stop> {
        let Some(path) = path else {
            let catalogue = audit::goods_named(rules).map_err(|problem| stop(problem, color))?;
            let note = format!(
                "no catalogue: {} products made up from what the rules name; what they cost is not known, so nothing is said \
                 about cost\n",
                catalogue.products().len()
            );
            return Ok(Self { catalogue, note });
        };
        let document = open(path, limits, color)?;
        let catalogue = load::catalogue(&document.bytes, limits);
        let catalogue = catalogue.map_err(|error| Problem::refused(&error, &document).render(color))?;
        Ok(Self { catalogue, note: String::new() })
    }
}

fn read_rules(path: &Path, limits: &Limits, color: Color) -> Result<RuleSet, Stop> {
    let document = open(path, limits, color)?;
    let rules = load::rules(&document.bytes, limits);
    rules.map_err(|report| render_report(&report, &document, color))
}

/// What is told of progress on standard error.
enum Telling {
    /// Everything, for whoever sits and waits.
    All,
    /// A line when another part of the work begins, for a log; and the part that was told of last.
    Parts(Option<std::mem::Discriminant<Progress>>),
    Nothing,
}

impl Telling {
    fn new(options: &AuditOptions) -> Self {
        if options.quiet {
            Self::Nothing
        } else if io::stderr().is_terminal() {
            Self::All
        } else {
            Self::Parts(None)
        }
    }

    fn tell(&mut self, progress: Progress) {
        let line = match self {
            Self::Nothing => return,
            Self::All => progress.to_string(),
            Self::Parts(last) => {
                let part = std::mem::discriminant(&progress);
                let is_known = last.replace(part) == Some(part);
                match progress {
                    Progress::Searching { .. } => progress.to_string(),
                    _ if is_known => return,
                    Progress::Confirming { .. } => {
                        "making small what was found, and looking for repairs".to_owned()
                    }
                    Progress::Proving { .. } => "looking for proofs of what was not found".to_owned(),
                    _ => return,
                }
            }
        };
        eprintln!("{line}");
    }
}

/// Audits a rule file against a catalogue, or against goods made up from what it names.
pub fn audit(
    rules: &Path,
    catalogue: Option<&Path>,
    options: &AuditOptions,
    way: Way,
    color: Color,
) -> Result<Ending, Stop> {
    // A catalogue is larger than a cart.
    let limits = Limits::default().document_bytes(64 << 20).nodes(8_000_000);
    let rules = read_rules(rules, &limits, color)?;
    let Goods { catalogue, note: mut errors } = Goods::open(&rules, catalogue, &limits, color)?;
    let mut promises = read_promises(options, &limits, color)?;
    if let Some(before) = &options.before {
        promises = promises.before(read_rules(before, &limits, color)?);
    }
    let bounds = AuditBounds::default().promises(promises);
    let report = match way {
        Way::Search { orders } => {
            let mut telling = Telling::new(options);
            let mut watch = |progress| telling.tell(progress);
            audit::audit_watched(&rules, &catalogue, &bounds.orders(orders), &mut watch)
        }
        Way::Wander { runs, seed } => {
            audit::fuzz(&rules, &catalogue, &bounds.orders(runs.saturating_mul(16)), runs, seed)
        }
    };
    let report = report.map_err(|problem| stop(problem, color))?;

    if let Some(path) = &options.html {
        let text = page(&rules, &report).map_err(|problem| stop(problem, color))?;
        let name = path.display();
        fs::write(path, text).map_err(|problem| stop(format!("cannot write {name}: {problem}"), color))?;
        errors.push_str(&format!("wrote {name}\n"));
    }
    let out = match Output::of(options.json) {
        Output::Machines => json(&report)?,
        // Line by line: `shown` spells line ends out too.
        Output::People => report.to_string().lines().map(|line| shown(line) + "\n").collect(),
    };
    let denied = match options.deny {
        Deny::Notice => Severity::Notice,
        Deny::Warning => Severity::Warning,
        Deny::Severe => Severity::Severe,
    };
    let status =
        if report.worst().is_some_and(|worst| worst >= denied) { Status::Findings } else { Status::Fine };
    Ok(Ending { errors, ..Ending::new(out, status) })
}
