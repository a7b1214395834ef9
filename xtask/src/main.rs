//! The project's own commands; `cargo xtask --help` lists them.

mod bench;
mod context;
mod fuzz;
mod house;
mod interrupt;
mod phase;
mod process;
mod report;
mod setup;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::context::Context;
use crate::report::Tally;

/// Installs, checks, runs and measures the Palisade workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs what the checks need: Debian packages, and cargo tools under target/tools.
    Setup,
    /// Proves everything: installs what is missing, then runs every phase.
    Test {
        /// Runs only this phase; repeatable.
        #[arg(long, value_name = "PHASE")]
        only: Vec<String>,
        /// Lists the phases and what each proves.
        #[arg(long)]
        list: bool,
    },
    /// Runs the exam portal; what follows `--` goes to it.
    Run {
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Measures ours, a peer and a hand-written floor side by side, and writes docs/PERFORMANCE.md.
    Bench {
        /// The benches to run, by package name (all without one).
        names: Vec<String>,
    },
    /// Fuzzes one target; a crash becomes a file under `fuzz/regressions`.
    Fuzz {
        /// The target, a file of `fuzz/fuzz_targets` without its ending.
        target: String,
        /// How long, in seconds.
        seconds: u64,
    },
}

fn main() -> ExitCode {
    match interrupt::watch().and_then(|()| run(Cli::parse())) {
        Ok(tally) if tally.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            report::error(&error);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<Tally> {
    let context = Context::find()?;
    match cli.command {
        Command::Setup => setup::run(&context).map(|()| Tally::default()),
        Command::Test { list: true, .. } => {
            phase::list();
            Ok(Tally::default())
        }
        Command::Test { only, .. } => phase::run(&context, &only),
        Command::Run { arguments } => process::portal(&context, &arguments),
        Command::Bench { names } => {
            setup::run(&context).and_then(|()| bench::run(&context, &names))
        }
        Command::Fuzz { target, seconds } => {
            setup::run(&context).and_then(|()| fuzz::one(&context, &target, seconds))
        }
    }
}
