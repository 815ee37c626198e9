//! Locking by itself: a tablet that nobody touched for a while asks for the PIN again. A pure state machine: whoever
//! drives it says what time it is and what happened, and does what it answers. A visit that is being filled in is kept answer
//! by answer, so locking costs nobody anything.

use huce_core::clock::Millis;

/// Untouched so long, it locks.
pub const AFTER_MS: Millis = 5 * 60_000;

/// Is it locked, and what locks it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoLock {
    /// None: it does not lock by itself (no PIN was set).
    after_ms: Option<Millis>,
    state: State,
}

/// Open or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Calls are answered.
    Open {
        /// When somebody touched it last, device time.
        used_ms: Millis,
    },
    /// Only the PIN is asked for.
    Locked,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody touched it, or a call came.
    Used,
    /// Time passed.
    Tick,
    /// The lock button, or the screen went off.
    Lock,
    /// The right PIN.
    Unlocked,
    /// A PIN was set: from here on it locks by itself.
    PinSet,
}

impl AutoLock {
    /// At the start: locked where there is a PIN and it was not given, else open.
    pub fn new(has_pin: bool, unlocked: bool, now_ms: Millis) -> Self {
        let state = if has_pin && !unlocked { State::Locked } else { State::Open { used_ms: now_ms } };
        Self { after_ms: has_pin.then_some(AFTER_MS), state }
    }

    /// The state after this.
    #[must_use]
    pub fn after(self, event: Event, now_ms: Millis) -> Self {
        let state = match (self.state, event) {
            (_, Event::Unlocked) | (State::Open { .. }, Event::PinSet) => State::Open { used_ms: now_ms },
            (State::Open { .. }, Event::Lock) if self.after_ms.is_some() => State::Locked,
            (State::Open { used_ms }, event) => match self.after_ms {
                // A clock that was set back says nothing about how long nobody was there: it locks.
                Some(after) if now_ms - used_ms >= after || now_ms < used_ms => State::Locked,
                _ if event == Event::Used => State::Open { used_ms: now_ms },
                _ => self.state,
            },
            (State::Locked, _) => State::Locked,
        };
        let after_ms = if event == Event::PinSet { Some(AFTER_MS) } else { self.after_ms };
        Self { after_ms, state }
    }

    /// Are calls refused?
    pub fn is_locked(&self) -> bool {
        self.state == State::Locked
    }
}
