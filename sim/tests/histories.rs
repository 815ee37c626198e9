//! Some thousand histories: a fixed part that is the same everywhere, and one that nobody has seen before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::time::{SystemTime, UNIX_EPOCH};

use huce_sim::{
    Plant, Settings, play,
    soak::{Until, soak},
};

/// Histories of the fixed part and of the other.
const FIXED: u64 = 500;
const FRESH: u64 = 500;

fn must_hold(first: u64, n: u64) {
    println!("{n} histories from seed {first} on");
    let sum = soak(first, Until::Histories(n), Settings::default(), |_| {});
    println!("{sum}");
    assert!(sum.failed.is_empty(), "{sum}");
}

#[test]
fn nothing_that_must_never_happen_happens_in_known_histories() {
    must_hold(0, FIXED);
}

#[test]
fn nor_in_histories_that_nobody_has_seen() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    must_hold(since.as_secs().wrapping_mul(1_000_000), FRESH);
}

#[test]
fn a_seed_gives_the_same_history_every_time() {
    for seed in [3, 1_415, 92_653] {
        let keep = Settings { keep_log: true, ..Settings::default() };
        let (once, again) = (play(seed, keep), play(seed, keep));
        let differs = once.log.iter().zip(&again.log).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed}");
        assert!(!once.trace.is_empty() || !once.failures.is_empty());
        assert_eq!((once.trace, once.failures), (again.trace, again.failures), "seed {seed}");
    }
}

/// Every bug that is planted on purpose is seen within so many histories.
#[test]
fn planted_bugs_are_seen() {
    for plant in Plant::ALL {
        let settings = Settings { plant: Some(plant), ..Settings::default() };
        let found = (0..300).map(|seed| play(seed, settings)).find(|outcome| !outcome.failures.is_empty());
        let found = found.unwrap_or_else(|| panic!("{plant:?} was not seen in 300 histories"));
        println!("{plant:?}: seed {}: {}", found.seed, found.failures[0]);
    }
}
