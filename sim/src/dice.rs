//! All chance of a history, from its seed.

/// Dice that fall the same way for the same seed.
#[derive(Debug)]
pub struct Dice(fastrand::Rng);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number from 0 to `n` - 1; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.usize(..n) }
    }

    /// True in `n` of `of` cases.
    pub fn in_of(&mut self, n: usize, of: usize) -> bool {
        self.below(of) < n
    }

    /// One of these.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let n = self.below(of.len());
        of.get(n)
    }

    /// A number between two, the first included.
    pub fn between(&mut self, from: i64, until: i64) -> i64 {
        if from >= until { from } else { self.0.i64(from..until) }
    }

    /// So many bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.0.u8(..)).collect()
    }
}
