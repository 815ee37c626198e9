//! A digest of a set of events: two sides that have the same events have the same digest, in whatever order
//! they came. The sum of the hashes, so that it can be kept up to date event by event.

use serde::{Deserialize, Serialize};

/// How many events, and the sum of their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest {
    /// How many.
    pub count: u64,
    /// The first 16 hexadecimal digits of each hash, added modulo 2^64.
    pub sum: u64,
}

impl Digest {
    /// Takes one more event in, by its hash (hexadecimal).
    pub fn add(&mut self, hash: &str) {
        let head = hash.get(..16).and_then(|h| u64::from_str_radix(h, 16).ok()).unwrap_or_default();
        self.count += 1;
        self.sum = self.sum.wrapping_add(head);
    }
}
