//! Every figure that a report shows, each defined here and nowhere else. What is counted are facts: what records and
//! doors say, which is a function of the set of events; so a tablet and the server that have the same events show the
//! same figures. Whole numbers only (temperatures in tenths of a degree), so that sums are exact wherever they are made.
//!
//! A fact that is counted goes through one place ([`count::Counting`]), which can also name the facts behind a figure:
//! no figure is without its events.
//!
//! Read in this order: [`period`] (days, weeks, months) → [`facts`] (what is counted) → [`figure`] (what each figure
//! means) → [`count`] → [`league`] → [`report`] → [`words`].
//!
//! What holds for all of them:
//! - A period begins and ends at midnight in Zhengzhou. One that runs ends now: stocks (open, overdue, covered) are those
//!   of its end, or of now where it runs. What comes late (a tablet that syncs next week) changes the figures of its day.
//! - A visit that a later one corrects does not count; the correction counts on its own day.
//! - What lies at a household or facility counts in the grid where that lies now; after a grid was split, its past is in
//!   the parts. Requests without a place count in the grid that took them.
//! - Promises are judged by what is known now, over the requests taken in the period, whenever they were solved.

pub mod count;
pub mod facts;
pub mod figure;
pub mod league;
pub mod period;
pub mod report;
#[cfg(test)]
mod tests;
pub mod words;

pub use count::{Counting, Source, Trace};
pub use facts::{PlanFact, RequestFact, VisitFact};
pub use figure::{Figure, Rate, Sums};
pub use league::{LeagueLine, league};
pub use period::{Period, PeriodKind};
pub use report::{GridLine, Report};
