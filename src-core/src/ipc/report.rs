//! Reports: the figures of a day, week or month, and the facts behind each of them.

use serde::{Deserialize, Serialize};

use super::{CallError, Code, calls};
use crate::{
    clock::{Millis, china_date, parse_day},
    figures::{Figure, Period, PeriodKind, Report, report::TraceLine},
    ids::GridId,
};

/// The most facts of one list; the newest come first.
pub const MAX_TRACES: usize = 1_000;

/// Which days, and whose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// How long.
    pub kind: PeriodKind,
    /// A day that lies in it, YYYY-MM-DD; none: today.
    #[serde(default)]
    pub day: Option<String>,
    /// A grid with those below it; none: everything that the person sees.
    #[serde(default)]
    pub grid: Option<GridId>,
}

impl Scope {
    /// The period that is meant.
    ///
    /// # Errors
    /// When the day is none.
    pub fn period(&self, now_ms: Millis) -> Result<Period, CallError> {
        let bad = || CallError::new(Code::BadInput).with("field", "day").with("why", "format");
        let day = match &self.day {
            Some(text) => parse_day(text).ok_or_else(bad)?,
            None => china_date(now_ms),
        };
        Ok(Period::of(self.kind, day))
    }
}

/// A report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadReport {
    /// Which one.
    pub scope: Scope,
}

/// The facts behind a figure of a report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadTraces {
    /// Of which report.
    pub scope: Scope,
    /// Which figure.
    pub figure: Figure,
}

/// Reply to [`ReadTraces`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracesReply {
    /// The report's period.
    pub period: Period,
    /// Whose clock made it.
    pub now_ms: Millis,
    /// How many there are: the figure.
    pub total: u32,
    /// The newest first, at most [`MAX_TRACES`].
    pub lines: Vec<TraceLine>,
}

calls! {
    ReadReport => "read_report" -> Report;
    ReadTraces => "read_traces" -> TracesReply;
}
