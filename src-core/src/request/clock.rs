//! The clocks of a request, and what moves them. A clock that must not run because nobody can work (the resident is away, a
//! part is missing) is paused, with a reason; resolving ends the pause. All of it is made of the record alone, so a tablet
//! without signal says what the server says.

use serde::{Deserialize, Serialize};

use super::{Mode, Request, RequestState, Severity, field, steps};
use crate::{
    clock::Millis,
    ids::PersonId,
    record::{Held, Record},
};

/// Promised time to the first answer.
pub const ANSWER_MS: Millis = 5 * 60_000;
/// Promised time to solve a small problem.
pub const SMALL_MS: Millis = 20 * 60_000;
/// Promised time to solve a major fault.
pub const MAJOR_MS: Millis = 8 * 3_600_000;
/// What can be done today does not wait for tomorrow. Only an appointment with the resident moves it.
pub const DAY_MS: Millis = 24 * 3_600_000;
/// Promised time from the solution to the call-back.
pub const CALL_BACK_MS: Millis = 24 * 3_600_000;

/// When this share of a promise is left, the crew lead is told: before the limit, not after it.
const LEAD_SHARE: f64 = 0.25;
/// Two clocks that were set right differ by less.
const SLACK_MS: Millis = 60_000;
/// 2024-01-01: no request is older than Huce, a clock that says so fell back to its factory's date.
const FIRST_MS: Millis = 1_704_067_200_000;

/// What a clock measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// 应答, 5 minutes
    Answer,
    /// 解决, 20 minutes or 8 hours
    Solve,
    /// 日清, a day
    Day,
    /// 回访, a day from the solution
    CallBack,
}

/// A clock that runs, stands still, or has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SlaClock {
    /// What it measures.
    pub kind: ClockKind,
    /// When it started.
    pub from_ms: Millis,
    /// When the promise breaks; pauses that have ended have moved it.
    pub due_ms: Millis,
    /// When it stopped.
    pub stopped_ms: Option<Millis>,
    /// Since when it stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_ms: Option<Millis>,
}

impl SlaClock {
    /// Milliseconds left at `now_ms` (or when it stopped, or stood still); negative when overdue. Never more than the
    /// promise, also on a tablet whose clock is behind.
    pub fn left_ms(&self, now_ms: Millis) -> Millis {
        self.due_ms.saturating_sub(self.stopped_ms.or(self.paused_ms).unwrap_or(now_ms).max(self.from_ms))
    }

    /// What is left, from 1 (just started) to 0 (due or overdue).
    pub fn left_share(&self, now_ms: Millis) -> f64 {
        (self.left_ms(now_ms) as f64 / self.due_ms.saturating_sub(self.from_ms).max(1) as f64).clamp(0.0, 1.0)
    }

    /// Was the promise kept? None while the clock runs (or stands still) and is not overdue.
    pub fn kept(&self, now_ms: Millis) -> Option<bool> {
        match self.stopped_ms {
            Some(at) => Some(at <= self.due_ms),
            None if self.left_ms(now_ms) < 0 => Some(false),
            None => None,
        }
    }
}

/// Why a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// 住户约定时间, the resident wants another time. The only one that moves the day as well.
    Appointment,
    /// 无人在家
    NobodyHome,
    /// 等配件
    Parts,
    /// 等其他单位
    Others,
    /// 停水停电、天气
    Conditions,
    /// A reason of a newer version.
    #[serde(other)]
    Other,
}

impl PauseReason {
    /// Those that are offered.
    pub const ALL: [Self; 5] = [Self::Appointment, Self::NobodyHome, Self::Parts, Self::Others, Self::Conditions];
}

/// A time in which the clock stood still.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Since when.
    pub from_ms: Millis,
    /// Until when; none: still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<Millis>,
    /// Who stopped it.
    pub by: PersonId,
}

/// What the field `pause/N` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Paused {
    pub(crate) reason: PauseReason,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
    pub(crate) ms: Millis,
}

pub(super) fn pauses(record: &Record) -> Vec<Pause> {
    let read = |(n, held): (i64, &Held)| {
        let paused: Paused = serde_json::from_value(held.value.clone()).ok()?;
        Some(Pause {
            reason: paused.reason,
            note: paused.note,
            from_ms: paused.ms,
            until_ms: record.integer(&field::step(field::RESUME, n)),
            by: held.person.clone(),
        })
    };
    steps(record, field::PAUSE).into_iter().filter_map(read).collect()
}

/// Can these times not be? An answer before the question, a question before there was Huce.
pub(super) fn is_doubtful(taken_ms: Millis, later: &[Option<Millis>]) -> bool {
    taken_ms < FIRST_MS || later.iter().flatten().any(|ms| *ms < taken_ms.saturating_sub(SLACK_MS))
}

/// Who has to be told, before a promise breaks and when it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    /// 班长
    Lead,
    /// 网格办
    Dispatcher,
}

impl Request {
    /// Its two clocks.
    pub fn clocks(&self) -> [SlaClock; 2] {
        let promise = match self.severity {
            Severity::Small => SMALL_MS,
            Severity::Major => MAJOR_MS,
        };
        // Whoever resolves without having answered has answered by resolving.
        let answered = self.answered_ms.or(self.resolved_ms);
        let answer = SlaClock {
            kind: ClockKind::Answer,
            from_ms: self.taken_ms,
            due_ms: self.taken_ms.saturating_add(ANSWER_MS),
            stopped_ms: answered,
            paused_ms: None,
        };
        [answer, self.run(ClockKind::Solve, promise, |_| true)]
    }

    /// The day within which it must end.
    pub fn day_clock(&self) -> SlaClock {
        self.run(ClockKind::Day, DAY_MS, |pause| pause.reason == PauseReason::Appointment)
    }

    /// From the solution to the call-back; none before the solution. `said_ms`: when the resident said whether they are
    /// content with it.
    pub fn call_back_clock(&self, said_ms: Option<Millis>) -> Option<SlaClock> {
        let from_ms = self.resolved_ms.filter(|_| self.joined.is_none())?;
        Some(SlaClock {
            kind: ClockKind::CallBack,
            from_ms,
            due_ms: from_ms.saturating_add(CALL_BACK_MS),
            stopped_ms: said_ms,
            paused_ms: None,
        })
    }

    /// The clock to look at now: the answer until there is one, then the solution.
    pub fn clock(&self) -> SlaClock {
        let [answer, solve] = self.clocks();
        if answer.stopped_ms.is_none() { answer } else { solve }
    }

    /// The pause that has not ended.
    pub fn paused(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.until_ms.is_none() && self.resolved_ms.is_none())
    }

    /// A clock from taking down to resolving that stands still in the pauses that count for it. One that begins after the
    /// promise broke does not mend it; pauses that overlap count once.
    fn run(&self, kind: ClockKind, promise_ms: Millis, counts: impl Fn(&Pause) -> bool) -> SlaClock {
        let from_ms = self.taken_ms;
        let (mut due_ms, mut paused_ms, mut counted_to) = (from_ms.saturating_add(promise_ms), None, from_ms);
        for pause in self.pauses.iter().filter(|pause| counts(pause)) {
            let begins = pause.from_ms.max(counted_to);
            if begins > due_ms {
                break;
            }
            let ends = [pause.until_ms, self.resolved_ms].into_iter().flatten().min();
            match ends {
                Some(ends) => {
                    due_ms = due_ms.saturating_add(ends.saturating_sub(begins).max(0));
                    counted_to = counted_to.max(ends);
                }
                None => paused_ms = Some(begins),
            }
        }
        SlaClock { kind, from_ms, due_ms, stopped_ms: self.resolved_ms, paused_ms }
    }

    /// Who must look at it now, given whether the last call-back was satisfied. It is made of the clocks alone: every tablet
    /// of the crew shows it, with signal or without.
    pub fn escalation(&self, satisfied: Option<bool>, now_ms: Millis) -> Option<Escalation> {
        let state = self.state(satisfied);
        if !matches!(state, RequestState::New | RequestState::Answered) {
            return None;
        }
        let [answer, solve] = self.clocks();
        let mut clocks = [answer, solve, self.day_clock()];
        if self.is_reopened(satisfied) {
            // What did not help has not stopped the clocks.
            clocks.iter_mut().filter(|clock| clock.kind != ClockKind::Answer).for_each(|clock| clock.stopped_ms = None);
        }
        let broken = clocks.iter().any(|clock| clock.stopped_ms.is_none() && clock.kept(now_ms) == Some(false));
        if broken || self.mode == Mode::Escalated || self.route.needs_decision() {
            return Some(Escalation::Dispatcher);
        }
        let runs = |clock: &&SlaClock| clock.stopped_ms.is_none() && clock.paused_ms.is_none();
        let soon = clocks.iter().filter(runs).any(|clock| clock.left_share(now_ms) <= LEAD_SHARE);
        (soon || self.is_reopened(satisfied)).then_some(Escalation::Lead)
    }
}
