//! What the command line accepts.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Prices carts by promotion rules, to the minor unit, and says why.
///
/// Exit status: 0 when all is well, 1 when `validate`, `audit` or `fuzz` found something, `choose --exactly` cannot use all
/// coupons or `simulate` passed a limit, 2 when the input cannot be used.
#[derive(Debug, Parser)]
#[command(name = "dealproof", version, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to colour diagnostics; `auto` follows the terminal and NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists every problem of a rule file.
    Validate {
        /// The rule file (JSON).
        rules: PathBuf,
        /// Prints the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prices a cart and prints the receipt.
    Price {
        /// The rule file (JSON).
        rules: PathBuf,
        /// The cart with its context and usage (JSON); `-` reads standard input.
        cart: PathBuf,
        /// Prints the quote as JSON.
        #[arg(long)]
        json: bool,
        /// Writes the receipt of a settled order, its rules included, for `refund`.
        #[arg(long, value_name = "FILE")]
        receipt: Option<PathBuf>,
    },
    /// Refunds a part of a receipt, by the rules it was priced by.
    Refund {
        /// The receipt (JSON); `-` reads standard input.
        receipt: PathBuf,
        #[command(flatten)]
        options: RefundOptions,
    },
    /// Finds the set of the codes entered that costs least, and says why each other one lost.
    Choose {
        /// The rule file (JSON).
        rules: PathBuf,
        /// The cart with its context and usage (JSON); `-` reads standard input.
        cart: PathBuf,
        /// At most so many coupons.
        #[arg(long, value_name = "COUPONS", conflicts_with = "exactly")]
        at_most: Option<u32>,
        /// All of the codes entered or none.
        #[arg(long)]
        exactly: bool,
        /// How many nodes the search may look at.
        #[arg(long, value_name = "NODES")]
        nodes: Option<u64>,
        /// Prints the choice and its quote as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says for each rule, or for one, why it did or did not apply.
    Explain {
        /// The rule file (JSON).
        rules: PathBuf,
        /// The cart with its context and usage (JSON); `-` reads standard input.
        cart: PathBuf,
        /// The id of a rule; all rules, if left out.
        rule: Option<String>,
    },
    /// Runs concurrent checkouts over the limits of a rule file: crashes, lost answers, late payments, cancellations and
    /// returns included.
    Simulate {
        /// The rule file (JSON).
        rules: PathBuf,
        /// Checkouts in all.
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        checkouts: u64,
        /// Threads that make them at once.
        #[arg(long, value_name = "T", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64))]
        threads: u64,
        /// What carts and shoppers are drawn from.
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
    },
    /// Looks for orders that break what the shop relies on, or proves that there are none.
    Audit {
        /// The rule file (JSON).
        rules: PathBuf,
        /// The catalogue: products, shoppers and shipping (JSON).
        catalogue: PathBuf,
        #[command(flatten)]
        options: AuditOptions,
        /// Orders the search may price.
        #[arg(long, default_value_t = 200_000, value_name = "N")]
        orders: u64,
    },
    /// Looks for such orders by buying at random.
    Fuzz {
        /// The rule file (JSON).
        rules: PathBuf,
        /// The catalogue: products, shoppers and shipping (JSON); made up from what the rules name, if left out.
        catalogue: Option<PathBuf>,
        #[command(flatten)]
        options: AuditOptions,
        /// Baskets drawn.
        #[arg(long, default_value_t = 10_000, value_name = "N")]
        runs: u64,
        /// The same seed draws the same baskets.
        #[arg(long, default_value_t = 1, value_name = "S")]
        seed: u64,
    },
}

/// What goes back, and how.
#[derive(Debug, clap::Args)]
pub struct RefundOptions {
    /// Units that are sent back, by product or line; gifts too.
    #[arg(long = "return", value_name = "SKU=QTY", num_args = 1..)]
    pub returned: Vec<String>,
    /// Units that are cancelled before they are shipped.
    #[arg(long = "cancel", value_name = "SKU=QTY", num_args = 1..)]
    pub cancelled: Vec<String>,
    /// Units that the shop does not deliver.
    #[arg(long, value_name = "SKU=QTY", num_args = 1..)]
    pub undelivered: Vec<String>,
    /// All that is left.
    #[arg(long, conflicts_with_all = ["returned", "cancelled", "undelivered"])]
    pub everything: bool,
    /// What sending it back cost.
    #[arg(long, value_name = "AMOUNT")]
    pub freight: Option<String>,
    /// How many of the coupons or balances that a rule granted are spent by now.
    #[arg(long, value_name = "RULE=PIECES", num_args = 1..)]
    pub spent: Vec<String>,
    /// Points in the shopper's wallet now, for rules that charge points that were spent.
    #[arg(long, value_name = "POINTS")]
    pub points_held: Option<u64>,
    /// When; the moment of delivery or of the quote, if left out.
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    /// The id of the refund; numbered, if left out.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The rule file, where the receipt holds none.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Writes the receipt with the refund in its history, for the next one.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Prints the refund as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What `audit` and `fuzz` have in common.
#[derive(Debug, clap::Args)]
pub struct AuditOptions {
    /// Which promises to look at, and their thresholds (JSON).
    #[arg(long, value_name = "FILE")]
    pub promises: Option<PathBuf>,
    /// The rules before (JSON): looks for orders that cost less than under them.
    #[arg(long, value_name = "RULES")]
    pub before: Option<PathBuf>,
    /// Prints the report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Says nothing of its progress on standard error.
    #[arg(long)]
    pub quiet: bool,
    /// Writes the report as a page that needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Ends with status 1 when there is a finding as bad as this.
    #[arg(long, value_enum, default_value_t = Deny::Warning, value_name = "SEVERITY")]
    pub deny: Deny,
}

/// How bad a finding must be to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Any finding.
    Notice,
    /// A warning or worse.
    Warning,
    /// Only the worst.
    Severe,
}

/// When to colour diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When the terminal shows colours and NO_COLOR is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
