//! Runs a folder of cases shaped like /work/shared/conformance and prints passed, failed and skipped for each suite.
//!
//!     cargo run -p huce-core --features workbook --example conformance -- DIR [--only SUITE] [--show N] [--id ID]
//!
//! A suite is a function that reads its file and hands each case to [`Tally::case`].

#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod scenarios;
mod tally;
mod xlsform;
mod xpath;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tally::{Options, Tally};

/// Reads the cases in the folder; fails when they cannot be read at all.
type Run = fn(&Path, &mut Tally) -> Result<(), String>;

const SUITES: &[(&str, Run)] = &[
    ("xpath", |dir, tally| xpath::run(&dir.join("xpath.json"), tally)),
    ("xpath-exotic", |dir, tally| xpath::run(&dir.join("xpath-exotic.json"), tally)),
    ("xlsform", xlsform::run),
    ("scenarios", scenarios::run),
    ("scenarios-xlsx", scenarios::run_workbooks),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut dir, mut only, mut options) = (None, None, Options::default());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--only" => only = arguments.next(),
            "--show" => options.show = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(10),
            "--id" => options.id = arguments.next(),
            _ => dir = Some(PathBuf::from(argument)),
        }
    }
    let Some(dir) = dir else {
        eprintln!("conformance DIR [--only SUITE] [--show N] [--id ID]");
        return ExitCode::from(2);
    };
    // A panic is a failed case; where it happened is told with it.
    std::panic::set_hook(Box::new(|info| tally::remember_panic(&info.to_string())));
    println!("{:<16} {:>7} {:>7} {:>7}", "suite", "passed", "failed", "skipped");
    let mut failed = 0;
    for (name, run) in SUITES.iter().filter(|(name, _)| only.as_deref().is_none_or(|o| o == *name)) {
        let mut tally = Tally::new(options.clone());
        if let Err(error) = run(&dir, &mut tally) {
            println!("{name}: {error}");
            failed += 1;
            continue;
        }
        println!("{name:<16} {:>7} {:>7} {:>7}", tally.passed, tally.failures.len(), tally.skipped.len());
        tally.print();
        failed += tally.failures.len();
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
