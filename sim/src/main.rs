//! `./x soak`: plays histories as long as asked, or one again.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use huce_sim::{
    Settings, play,
    soak::{Until, soak},
};

/// Plays histories of tablets, server and a hostile network · 同步模拟：长跑与复现
#[derive(Debug, Parser)]
#[command(name = "./x soak", version, about)]
struct Args {
    /// How long, minutes
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// So many histories instead
    #[arg(long)]
    histories: Option<u64>,
    /// Plays this one history and prints it
    #[arg(long, conflicts_with_all = ["histories", "from"])]
    seed: Option<u64>,
    /// The first seed; by default the clock says
    #[arg(long)]
    from: Option<u64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(seed) = args.seed {
        let outcome = play(seed, Settings { keep_log: true, ..Settings::default() });
        outcome.log.iter().for_each(|line| println!("{line}"));
        println!("seed {seed}: {} events saved, faults {:?}", outcome.events, outcome.faults);
        println!("trace {}", outcome.trace);
        outcome.failures.iter().for_each(|failure| println!("FAILED {failure}"));
        return if outcome.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let first = args.from.unwrap_or(clock.wrapping_mul(1_000_000));
    let until = match args.histories {
        Some(n) => Until::Histories(n),
        None => Until::Time(Duration::from_secs_f64(args.minutes.max(0.0) * 60.0)),
    };
    println!("seeds from {first} on");
    let sum = soak(first, until, Settings::default(), |outcome| {
        if !outcome.failures.is_empty() {
            let seed = outcome.seed;
            println!("FAILED seed {seed}: {} (again: ./x soak --seed {seed})", outcome.failures.join("; "));
        }
    });
    println!("{sum}");
    if sum.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
