//! What became of the cases of a suite.

#![allow(dead_code)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Kept for the case that panicked.
pub fn remember_panic(text: &str) {
    PANIC.with(|p| text.clone_into(&mut p.borrow_mut()));
}

/// What is asked for on the command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How many failures to print.
    pub show: usize,
    /// Run this case only, and print all about it.
    pub id: Option<String>,
}

/// Passed, failed and skipped of one suite.
#[derive(Debug)]
pub struct Tally {
    options: Options,
    /// How many passed.
    pub passed: usize,
    /// Case and what was wrong.
    pub failures: Vec<(String, String)>,
    /// Case and why it was not run.
    pub skipped: Vec<(String, String)>,
}

impl Tally {
    /// Nothing ran yet.
    pub fn new(options: Options) -> Self {
        Self { options, passed: 0, failures: Vec::new(), skipped: Vec::new() }
    }

    /// Whether one case is looked at closely: then a suite prints what it has.
    pub fn is_close(&self) -> bool {
        self.options.id.is_some()
    }

    /// Runs a case, unless another one is asked for. A panic is a failure.
    pub fn case(&mut self, id: &str, run: impl FnOnce() -> Result<(), String>) {
        if self.options.id.as_deref().is_some_and(|wanted| wanted != id) {
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(run))
            .unwrap_or_else(|_| Err(PANIC.with(|p| format!("panicked: {}", p.borrow()))));
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => self.failures.push((id.to_owned(), why)),
        }
    }

    /// Counts a case that cannot be run.
    pub fn skip(&mut self, id: &str, why: &str) {
        self.skipped.push((id.to_owned(), why.to_owned()));
    }

    /// The failures that were asked for.
    pub fn print(&self) {
        let show = if self.is_close() { usize::MAX } else { self.options.show };
        for (id, why) in self.failures.iter().take(show) {
            println!("  {id}: {why}");
        }
        for (id, why) in self.skipped.iter().take(show) {
            println!("  {id}: skipped, {why}");
        }
    }
}
