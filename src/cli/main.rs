//! The command `dealproof`: a thin face of the library. It alone reads files and prints; it sees the public API only.
//!
//! Read next: `args` (what it accepts), `commands` (what it does), `receipt` (what `price` prints).

mod args;
mod audit;
mod chart;
mod choices;
mod commands;
mod conditions;
mod diagnostics;
mod excerpt;
mod extras;
mod input;
mod outcomes;
mod page;
mod reasons;
mod receipt;
mod refund;
mod simulate;
mod text;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::commands::{Ending, Status, run};

fn main() -> ExitCode {
    let ending = run(&Args::parse());
    match print(&ending) {
        Ok(()) => ending.status.into(),
        // A reader that has seen enough, such as `head`, is no failure.
        Err(problem) if problem.kind() == io::ErrorKind::BrokenPipe => ending.status.into(),
        Err(_) => Status::BadInput.into(),
    }
}

fn print(ending: &Ending) -> io::Result<()> {
    io::stderr().lock().write_all(ending.errors.as_bytes())?;
    let mut out = io::stdout().lock();
    out.write_all(ending.out.as_bytes())?;
    out.flush()
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Fine => 0,
            Status::Findings => 1,
            Status::BadInput => 2,
        })
    }
}
