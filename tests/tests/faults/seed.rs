//! Numbers that look random and come again from the same seed.

/// SplitMix64.
#[derive(Debug, Clone, Copy)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed of its own for one thing under a seed for all.
    pub fn of(seed: u64, thing: u64) -> Self {
        Self(seed ^ thing.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// From `HUCE_SEED`, else another one each time. Printed, so that a failure can be repeated.
    pub fn of_this_run(test: &str) -> Self {
        let given = std::env::var("HUCE_SEED").ok().and_then(|s| s.parse().ok());
        let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_nanos() as u64);
        let seed = given.unwrap_or_else(now);
        println!("{test}: HUCE_SEED={seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next().checked_rem(n).unwrap_or(0)
    }
}
