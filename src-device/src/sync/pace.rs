//! When to sync: a pure rule over a clock that only goes forward. Something waits: every 30 s. Nothing waits: every
//! 2 minutes. A save: 2 s after the last one of a row, and never more than 10 s after the first. A person: now. After
//! failures the pauses grow to the 2 minutes.

/// Between two syncs while something waits, ms.
pub const WAITING_MS: u64 = 30_000;
/// Between two syncs while nothing waits, ms.
pub const IDLE_MS: u64 = 120_000;
/// After a save, ms: several saves of one act go together.
pub const SAVED_MS: u64 = 2_000;
/// A row of saves does not put the sync off longer than this, ms.
pub const SAVED_MOST_MS: u64 = 10_000;
/// The first pause after a failure, ms; it doubles.
pub const FAILED_MS: u64 = 5_000;

/// Between two questions whether the tablet is let in, ms: at first, …
pub const NOT_APPROVED_MS: u64 = 5_000;
/// … and after so many.
pub const WAITED_LONG: u32 = 60;
/// Then, ms.
pub const NOT_APPROVED_LONG_MS: u64 = 60_000;

/// When the next sync is due.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    due: u64,
    saved_since: Option<u64>,
    failures: u32,
}

impl Pace {
    /// Something was saved.
    pub fn saved(&mut self, now: u64) {
        let since = *self.saved_since.get_or_insert(now);
        let at = (now + SAVED_MS).min(since + SAVED_MOST_MS);
        // A save never puts a sync off that is due sooner anyway, except by its own row.
        self.due = if since == now { self.due.min(at) } else { at };
    }

    /// A person asked.
    pub fn asked(&mut self, now: u64) {
        self.due = now;
    }

    /// A sync begins: what is saved from now on is a new row.
    pub fn began(&mut self) {
        self.saved_since = None;
        self.due = u64::MAX;
    }

    /// A sync ended. `waiting`: does something wait still?
    pub fn ended(&mut self, now: u64, well: bool, waiting: bool) {
        let pause = if well {
            self.failures = 0;
            if waiting { WAITING_MS } else { IDLE_MS }
        } else {
            self.failures = self.failures.saturating_add(1);
            let most = if waiting { WAITING_MS } else { IDLE_MS };
            (FAILED_MS << (self.failures - 1).min(6)).min(most)
        };
        // A save while it ran has set its own time.
        self.due = if self.saved_since.is_some() { self.due.min(now + pause) } else { now + pause };
    }

    /// The tablet waits to be let in: somebody may be doing so at this moment, or only tomorrow.
    pub fn not_approved(&mut self, now: u64) {
        self.failures = self.failures.saturating_add(1);
        let pause = if self.failures <= WAITED_LONG { NOT_APPROVED_MS } else { NOT_APPROVED_LONG_MS };
        self.due = now + pause;
    }

    /// The server asks for patience: not before so many seconds.
    pub fn slow_down(&mut self, now: u64, seconds: u64) {
        self.ended(now, false, true);
        self.due = self.due.max(now + seconds.saturating_mul(1000));
    }

    /// Milliseconds until the next sync.
    pub fn wait(&self, now: u64) -> u64 {
        self.due.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_things_go_every_half_minute_and_nothing_every_two() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(7), 0, "at once after the start");
        pace.began();
        pace.ended(1_000, true, true);
        assert_eq!(pace.wait(1_000), WAITING_MS);
        pace.began();
        pace.ended(2_000, true, false);
        assert_eq!(pace.wait(2_000), IDLE_MS);
    }

    #[test]
    fn a_row_of_saves_goes_together_but_not_for_ever() {
        let mut pace = Pace::default();
        pace.began();
        pace.ended(0, true, false);
        pace.saved(1_000);
        assert_eq!(pace.wait(1_000), SAVED_MS);
        pace.saved(2_500);
        assert_eq!(pace.wait(2_500), SAVED_MS);
        for at in [4_000, 5_500, 7_000, 8_500, 10_000] {
            pace.saved(at);
        }
        assert_eq!(pace.wait(10_000), 1_000, "10 s after the first save of the row");
    }

    #[test]
    fn a_save_while_a_sync_runs_is_not_forgotten() {
        let mut pace = Pace::default();
        pace.began();
        pace.saved(500);
        pace.ended(1_000, true, false);
        assert_eq!(pace.wait(1_000), 1_500);
    }

    #[test]
    fn whoever_waits_to_be_let_in_asks_gently() {
        let mut pace = Pace::default();
        let mut ask = |times: u32| {
            (0..times).for_each(|_| {
                pace.began();
                pace.not_approved(0);
            });
            pace.wait(0)
        };
        assert_eq!(ask(WAITED_LONG), NOT_APPROVED_MS);
        assert_eq!(ask(1), NOT_APPROVED_LONG_MS);
    }

    #[test]
    fn a_server_that_asks_for_patience_gets_it() {
        let mut pace = Pace::default();
        pace.began();
        pace.saved(0);
        pace.slow_down(0, 90);
        assert_eq!(pace.wait(0), 90_000);
    }

    #[test]
    fn failures_make_the_pauses_grow_to_a_limit_and_a_success_ends_that() {
        let mut pace = Pace::default();
        let mut pauses = Vec::new();
        for _ in 0..5 {
            pace.began();
            pace.ended(0, false, true);
            pauses.push(pace.wait(0));
        }
        assert_eq!(pauses, [5_000, 10_000, 20_000, 30_000, 30_000]);
        pace.ended(0, true, true);
        pace.ended(0, false, false);
        assert_eq!(pace.wait(0), FAILED_MS);
    }
}
