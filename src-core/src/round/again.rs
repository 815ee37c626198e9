//! When to knock again where nobody answered: at a part of the day at which nobody has knocked yet. Whoever is not at home
//! in the morning is at work, and at home in the evening.

use chrono::Timelike;
use serde::{Deserialize, Serialize};

use crate::{
    body::Outcome,
    clock::{Millis, china_time},
    door::Door,
    ids::RoundId,
};

/// A part of the day in Zhengzhou.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayPart {
    /// 上午: before 12:00
    Morning,
    /// 下午: 12:00 to 16:59
    Afternoon,
    /// 晚上: from 17:00, when people come home
    Evening,
}

impl DayPart {
    /// All, in the order of the day.
    pub const ALL: [Self; 3] = [Self::Morning, Self::Afternoon, Self::Evening];

    /// That of an instant.
    pub fn of(when_ms: Millis) -> Self {
        match china_time(when_ms).hour() {
            0..12 => Self::Morning,
            12..17 => Self::Afternoon,
            _ => Self::Evening,
        }
    }

    /// The one after it; after the evening comes the next morning.
    fn next(self) -> Self {
        match self {
            Self::Morning => Self::Afternoon,
            Self::Afternoon => Self::Evening,
            Self::Evening => Self::Morning,
        }
    }
}

/// A door where nobody has answered in a round so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// How often somebody knocked since it was last open, or ever.
    pub times: u32,
    /// At which parts of the day, in their order.
    pub tried: Vec<DayPart>,
    /// At which part to come again.
    pub at: DayPart,
    /// Is it time now?
    pub now: bool,
}

/// When to come again; none where nobody knocked in this round yet, or somebody answered last.
///
/// It is time when nobody has knocked at this part of the day yet. Once all three were tried, it is time at every part but
/// the one that was tried last.
pub fn again(door: &Door, round: &RoundId, now_ms: Millis) -> Option<Again> {
    let visits = door.valid_visits();
    let of_round = visits.iter().rev().map(|(_, visit)| visit).filter(|v| v.is_of(round));
    let knocks: Vec<Millis> = of_round.take_while(|v| v.outcome == Outcome::NoAnswer).map(|v| v.when_ms).collect();
    let last_ms = *knocks.first()?;
    let tried: Vec<DayPart> =
        DayPart::ALL.into_iter().filter(|part| knocks.iter().any(|ms| DayPart::of(*ms) == *part)).collect();
    let (last, part) = (DayPart::of(last_ms), DayPart::of(now_ms));
    let is_new = |part: &DayPart| !tried.contains(part);
    let following = [last.next(), last.next().next()];
    let at = following.into_iter().find(is_new).unwrap_or(last.next());
    let now = if tried.len() == DayPart::ALL.len() { part != last } else { is_new(&part) };
    Some(Again { times: u32::try_from(knocks.len()).unwrap_or(u32::MAX), tried, at, now })
}
