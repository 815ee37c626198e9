//! The league table 擂台赛: which grid works best, whatever its size. Four parts of 25 points, in tenths of a point:
//!
//! - **found** (自查发现): requests found on visits and plans drawn up, by 1,000 households, beside the same of all grids
//!   together: as much as all 12.5 points, twice as much or more 25.
//! - **solved** (办结): closed of those taken.
//! - **on time** (及时): solved in time of those due.
//! - **satisfied** (满意): satisfied of those called back.
//!
//! It is corrected for workload twice. What is found is counted by households, so that a large grid has no head start.
//! And a share of few cases says little: each grid's share is that of its own cases and of [`PRIOR`] more that went as
//! they do in all grids together. With one request of one solved, a grid does not stand above one with 95 of 100.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::figure::{Figure, Rate, Sums, rounded};
use crate::ids::GridId;

/// Cases of the average that every share has besides its own.
pub const PRIOR: u64 = 5;
/// Tenths of a point that each part has.
pub const PART: u64 = 250;
/// How exactly the share of all grids is known when it is mixed into that of one.
const FINE: u64 = 1_000_000;

/// A grid's place in the league.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeagueLine {
    /// Which.
    pub grid: GridId,
    /// Its place, from 1; equal points share one.
    pub place: u32,
    /// Tenths of a point for found, solved, on time, satisfied.
    pub parts: [u64; 4],
    /// Their sum, at most 1,000.
    pub tenths: u64,
}

/// The table, the best first. Grids without households take no part.
pub fn league(grids: &BTreeMap<GridId, Sums>) -> Vec<LeagueLine> {
    let mut all = Sums::default();
    let playing = || grids.iter().filter(|(_, sums)| sums.get(Figure::Households) > 0);
    playing().for_each(|(_, sums)| all.add(sums));
    let mut lines: Vec<LeagueLine> = playing()
        .map(|(grid, own)| {
            let share = |rate| share(own, &all, rate);
            let parts = [found(own, &all), share(Rate::Closed), share(Rate::SolvedInTime), share(Rate::Satisfied)];
            LeagueLine { grid: grid.clone(), place: 0, tenths: parts.iter().sum(), parts }
        })
        .collect();
    crate::order::sort_by_key(&mut lines, |line| (std::cmp::Reverse(line.tenths), line.grid.clone()));
    let points: Vec<u64> = lines.iter().map(|line| line.tenths).collect();
    for line in &mut lines {
        let before = points.iter().filter(|tenths| **tenths > line.tenths).count();
        line.place = u32::try_from(before + 1).unwrap_or(u32::MAX);
    }
    lines
}

/// Found by households, beside all grids. Where nobody found anything everybody did as well as the others.
fn found(own: &Sums, all: &Sums) -> u64 {
    let [own_found, all_found] = [own, all].map(|sums| sums.get(Figure::Found));
    let [own_doors, all_doors] = [own, all].map(|sums| sums.get(Figure::Households));
    if all_found == 0 {
        return PART / 2;
    }
    // own_found / own_doors beside all_found / all_doors; half of the part for as much.
    let ratio = own_found.saturating_mul(all_doors).saturating_mul(PART / 2);
    rounded(ratio, own_doors.saturating_mul(all_found)).min(PART)
}

/// A share with what all grids lend to it. Where nothing was to be done anywhere, everybody has the whole part.
fn share(own: &Sums, all: &Sums, rate: Rate) -> u64 {
    let Some((all_part, all_whole)) = all.rate(rate) else { return PART };
    let (part, whole) = own.rate(rate).unwrap_or((0, 0));
    let lent = rounded(all_part.saturating_mul(PRIOR).saturating_mul(FINE), all_whole);
    let part = part.saturating_mul(FINE).saturating_add(lent);
    rounded(part.saturating_mul(PART), whole.saturating_add(PRIOR).saturating_mul(FINE))
}
