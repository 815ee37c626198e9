//! Many histories, one after another on every processor, and what they came to.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Outcome, Settings, play};

/// How long.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// So many histories.
    Histories(u64),
    /// So long; a history that runs is ended.
    Time(Duration),
}

/// What many histories came to.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    /// Histories played.
    pub histories: u64,
    /// Events that somebody was told are saved.
    pub events: u64,
    /// Requests that the server answered.
    pub requests: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Histories with failures: the seed and what went wrong.
    pub failed: Vec<(u64, Vec<String>)>,
}

impl Sum {
    fn add(&mut self, outcome: Outcome) {
        self.histories += 1;
        self.events += outcome.events;
        self.requests += outcome.requests;
        for (kind, n) in outcome.faults {
            *self.faults.entry(kind).or_default() += n;
        }
        if !outcome.failures.is_empty() {
            self.failed.push((outcome.seed, outcome.failures));
        }
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let faults: u64 = self.faults.values().sum();
        let Self { histories, events, requests, .. } = self;
        writeln!(f, "{histories} histories, {events} events saved, {requests} requests answered, {faults} faults:")?;
        for (kind, n) in &self.faults {
            writeln!(f, "  {n:>9} {kind}")?;
        }
        for (seed, failures) in self.failed.iter().take(20) {
            writeln!(f, "FAILED seed {seed}: again with ./x soak --seed {seed}")?;
            for failure in failures.iter().take(6) {
                writeln!(f, "  {failure}")?;
            }
        }
        write!(f, "{} failed", self.failed.len())
    }
}

/// Plays the seeds from `first` on, on every processor; `each` hears of every outcome, from any thread.
pub fn soak(first: u64, until: Until, settings: Settings, each: impl Fn(&Outcome) + Sync) -> Sum {
    let next = AtomicU64::new(0);
    let sum = Mutex::new(Sum::default());
    let began = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let over = match until {
                        Until::Histories(all) => n >= all,
                        Until::Time(all) => began.elapsed() >= all,
                    };
                    if over {
                        return;
                    }
                    let outcome = play(first.wrapping_add(n), settings);
                    each(&outcome);
                    sum.lock().unwrap_or_else(PoisonError::into_inner).add(outcome);
                }
            });
        }
    });
    let mut sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.failed.sort();
    sum
}
