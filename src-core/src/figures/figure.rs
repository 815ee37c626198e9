//! The figures, and what is added up for each grid. What a figure means is written at its variant here and, for the
//! people who read reports, in [`super::words`].

use serde::{Deserialize, Serialize};

use super::facts::standard_tenths;

/// A figure that counts something. "In the period" is said of every one that is not a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Stock: households of the grid.
    Households,
    /// Stock: households at which a visit ended (done or refused) since the heating year began (1 April).
    Covered,
    /// Visits, also "no answer" and "refused", at households and facilities.
    Visits,
    /// Visits at which nobody opened.
    NoAnswer,
    /// Visits at which somebody opened and said no.
    Refused,
    /// Visits at facilities at which a form was filled in.
    Inspections,
    /// Households at which a visit ended (done or refused).
    Seen,
    /// Households at which a temperature was taken.
    Measured,
    /// Of those, households whose lowest room was below 18.0 °C at the newest visit that measured.
    Cold,
    /// Plans drawn up.
    PlansOpened,
    /// Plans that came to their end: closed by somebody, or with everything done and followed up.
    PlansClosed,
    /// Plans whose temperature after the work was written down, beside the one before.
    PlansMeasured,
    /// Stock: plans that had not come to their end.
    PlansOpen,
    /// Stock: of those, plans whose next date had passed.
    PlansOverdue,
    /// Requests taken.
    Taken,
    /// Requests taken, whose answer was promised and came or is late: what [`Figure::AnsweredInTime`] is a part of.
    AnswerDue,
    /// Of those, answered within 5 minutes (a solution answers as well).
    AnsweredInTime,
    /// Requests taken, whose solution was promised and came or is late: what [`Figure::SolvedInTime`] is a part of.
    SolveDue,
    /// Of those, solved within 20 minutes (small) or 8 hours (major).
    SolvedInTime,
    /// Requests taken in the period that are at their end: solved, called back, satisfied.
    Closed,
    /// Requests taken in the period whose residents were reached after the solution.
    CalledBack,
    /// Of those, satisfied.
    Satisfied,
    /// Requests taken about the same matter at the same place within 7 days after another.
    Repeated,
    /// Solutions, whenever the request was taken.
    Solved,
    /// Stock: requests that had not come to their end.
    RequestsOpen,
    /// Stock: of those, requests that were not solved and whose promise had broken.
    RequestsOverdue,
    /// What the grid's people found themselves: requests found on visits, and plans drawn up.
    Found,
}

impl Figure {
    /// All, in the order of display.
    pub const ALL: [Self; 27] = [
        Self::Households,
        Self::Covered,
        Self::Visits,
        Self::NoAnswer,
        Self::Refused,
        Self::Inspections,
        Self::Seen,
        Self::Measured,
        Self::Cold,
        Self::PlansOpened,
        Self::PlansClosed,
        Self::PlansMeasured,
        Self::PlansOpen,
        Self::PlansOverdue,
        Self::Taken,
        Self::AnswerDue,
        Self::AnsweredInTime,
        Self::SolveDue,
        Self::SolvedInTime,
        Self::Closed,
        Self::CalledBack,
        Self::Satisfied,
        Self::Repeated,
        Self::Solved,
        Self::RequestsOpen,
        Self::RequestsOverdue,
        Self::Found,
    ];

    /// Does it speak of the end of the period instead of the period?
    pub fn is_stock(self) -> bool {
        matches!(
            self,
            Self::Households
                | Self::Covered
                | Self::PlansOpen
                | Self::PlansOverdue
                | Self::RequestsOpen
                | Self::RequestsOverdue
        )
    }

    /// Are there facts behind it that can be listed? Households are a register.
    pub fn is_traced(self) -> bool {
        self != Self::Households
    }
}

/// A figure that is a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// 覆盖率: covered of all households.
    Coverage,
    /// 低温占比: cold of those measured.
    Cold,
    /// 应答及时率
    AnsweredInTime,
    /// 解决及时率
    SolvedInTime,
    /// 办结率: closed of those taken.
    Closed,
    /// 满意率: satisfied of those called back.
    Satisfied,
    /// 重复诉求率: repeated of those taken.
    Repeated,
}

impl Rate {
    /// All, in the order of display.
    pub const ALL: [Self; 7] = [
        Self::Coverage,
        Self::Cold,
        Self::AnsweredInTime,
        Self::SolvedInTime,
        Self::Closed,
        Self::Satisfied,
        Self::Repeated,
    ];

    /// Which part of what.
    pub fn parts(self) -> (Figure, Figure) {
        match self {
            Self::Coverage => (Figure::Covered, Figure::Households),
            Self::Cold => (Figure::Cold, Figure::Measured),
            Self::AnsweredInTime => (Figure::AnsweredInTime, Figure::AnswerDue),
            Self::SolvedInTime => (Figure::SolvedInTime, Figure::SolveDue),
            Self::Closed => (Figure::Closed, Figure::Taken),
            Self::Satisfied => (Figure::Satisfied, Figure::CalledBack),
            Self::Repeated => (Figure::Repeated, Figure::Taken),
        }
    }

    /// Is more of it worse?
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Cold | Self::Repeated)
    }
}

/// What was counted in one grid or, added up, in several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// Counts, in the order of the figures; those that are 0 are left out.
    pub counts: Vec<(Figure, u64)>,
    /// Households measured in the period by the lowest room at the newest visit that measured: tenths of a degree, ascending.
    pub tenths: Vec<(i32, u32)>,
    /// What plans brought ([`Figure::PlansMeasured`] of them), added up, tenths of a degree.
    pub effect_tenths: i64,
}

impl Sums {
    /// A count.
    pub fn get(&self, figure: Figure) -> u64 {
        self.counts.iter().find(|(of, _)| *of == figure).map_or(0, |(_, n)| *n)
    }

    /// Counts some more.
    pub fn count(&mut self, figure: Figure, n: u64) {
        if n > 0 {
            let place = self.counts.partition_point(|(of, _)| *of < figure);
            match self.counts.get_mut(place) {
                Some((of, known)) if *of == figure => *known = known.saturating_add(n),
                _ => self.counts.insert(place, (figure, n)),
            }
        }
    }

    /// Counts a household's temperature.
    pub fn measure(&mut self, tenths: i32, n: u32) {
        let place = self.tenths.partition_point(|(of, _)| *of < tenths);
        match self.tenths.get_mut(place) {
            Some((of, known)) if *of == tenths => *known = known.saturating_add(n),
            _ => self.tenths.insert(place, (tenths, n)),
        }
    }

    /// Adds another grid's.
    pub fn add(&mut self, other: &Self) {
        other.counts.iter().for_each(|(figure, n)| self.count(*figure, *n));
        other.tenths.iter().for_each(|(tenths, n)| self.measure(*tenths, *n));
        self.effect_tenths += other.effect_tenths;
    }

    /// A share: the part and the whole; none of nothing.
    pub fn rate(&self, rate: Rate) -> Option<(u64, u64)> {
        let (part, whole) = rate.parts();
        let whole = self.get(whole);
        (whole > 0).then(|| (self.get(part), whole))
    }

    /// A share in thousandths, rounded half up.
    pub fn permille(&self, rate: Rate) -> Option<u64> {
        self.rate(rate).map(|(part, whole)| rounded(part.saturating_mul(1_000), whole))
    }

    /// The median temperature in tenths of a degree: of an even number of households, the lower of the two in the middle,
    /// so that it is one that was measured.
    pub fn median_tenths(&self) -> Option<i32> {
        let all: u64 = self.tenths.iter().map(|(_, n)| u64::from(*n)).sum();
        let middle = all.div_ceil(2);
        let mut below = 0;
        let at = self.tenths.iter().find(|(_, n)| {
            below += u64::from(*n);
            below >= middle
        });
        at.map(|(tenths, _)| *tenths)
    }

    /// What a plan brought on average, tenths of a degree, rounded half away from zero.
    pub fn mean_effect_tenths(&self) -> Option<i64> {
        let plans = self.get(Figure::PlansMeasured);
        let size = (plans > 0).then(|| rounded(self.effect_tenths.unsigned_abs(), plans))?;
        Some(i64::try_from(size).unwrap_or(i64::MAX) * self.effect_tenths.signum())
    }

    /// Households by whole degree, for a chart; 17.9 counts as 17.
    pub fn degrees(&self) -> Vec<(i32, u32)> {
        let mut degrees: Vec<(i32, u32)> = Vec::new();
        for (tenths, n) in &self.tenths {
            let degree = tenths.div_euclid(10);
            match degrees.last_mut() {
                Some((last, known)) if *last == degree => *known = known.saturating_add(*n),
                _ => degrees.push((degree, *n)),
            }
        }
        degrees
    }
}

/// Is it below the standard?
pub(super) fn is_cold(tenths: i32) -> bool {
    tenths < standard_tenths()
}

/// `part / whole`, rounded half up; 0 of nothing.
pub(super) fn rounded(part: u64, whole: u64) -> u64 {
    if whole == 0 { 0 } else { (part.saturating_mul(2).saturating_add(whole)) / whole.saturating_mul(2) }
}
