//! What a wrong PIN costs: time, more each time, and nothing else. The count survives a restart, and a clock that was
//! set back or forward does not shorten it by more than one wait.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use huce_core::clock::Millis;

use crate::disk;

const FILE: &str = "vault.attempts";
/// Tries that cost nothing: fingers in gloves.
const FREE: u32 = 3;
/// The first wait; it doubles.
const FIRST_MS: Millis = 5_000;
/// The longest wait.
const LONGEST_MS: Millis = 15 * 60_000;

/// Failures since the last success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many.
    pub failures: u32,
    /// When the last one was, device time.
    pub last_ms: Millis,
}

impl Attempts {
    /// After one more failure.
    pub fn after_a_failure(self, now_ms: Millis) -> Self {
        Self { failures: self.failures.saturating_add(1), last_ms: now_ms }
    }

    /// Milliseconds until the next try; 0 for now.
    pub fn wait_ms(self, now_ms: Millis) -> Millis {
        let Some(paid) = self.failures.checked_sub(FREE) else { return 0 };
        let whole = FIRST_MS.saturating_mul(1 << paid.min(20)).min(LONGEST_MS);
        // A clock that was set back: the wait begins anew, it is not as long as the clock is wrong.
        let passed = now_ms.saturating_sub(self.last_ms);
        if passed < 0 { whole } else { (whole - passed).max(0) }
    }
}

/// Reads them; a file that is damaged counts as the longest wait's worth of failures, not as none.
pub(super) fn read(folder: &Path) -> Attempts {
    match disk::read_if_there(&folder.join(FILE)) {
        Ok(None) => Attempts::default(),
        Ok(Some(bytes)) => parse(&bytes).unwrap_or(Attempts { failures: FREE + 2, last_ms: Millis::MIN / 2 }),
        Err(_) => Attempts { failures: FREE, last_ms: 0 },
    }
}

fn parse(bytes: &[u8]) -> Option<Attempts> {
    let (failures, last) = std::str::from_utf8(bytes).ok()?.trim().split_once(' ')?;
    Some(Attempts { failures: failures.parse().ok()?, last_ms: last.parse().ok()? })
}

/// Writes them, durably.
pub(super) fn write(folder: &Path, attempts: &Attempts) -> std::io::Result<()> {
    // Always as long: on a full disk it can be written over.
    let text = format!("{:<60}\n", format!("{} {}", attempts.failures, attempts.last_ms));
    let path = folder.join(FILE);
    match disk::write_whole(&path, text.as_bytes(), true) {
        Err(e) if e.kind() == io::ErrorKind::StorageFull => {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        }
        written => written,
    }
}
