//! The figures of requests: one definition each, for the tablet, the console and the reports.
//!
//! - **closing rate** 办结率: came to their end (called back, content), of those taken down;
//! - **on-time rate** 按时率: solved within 20 minutes or 8 hours (less what was paused), of those of which that is known;
//!   one that was re-opened is not solved;
//! - **satisfaction** 满意率: content, of those who said whether they are;
//! - **repeat requests** 重复诉求: asked again within seven days ([`super::same_matter`]).
//!
//! What is handled in another request counts there, and here only as a repeat. What a wrong clock made doubtful counts for no
//! promise.

use serde::{Deserialize, Serialize};

use super::{Request, RequestState, same};
use crate::clock::Millis;

/// Counts of requests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestFigures {
    /// Taken down.
    pub taken: u32,
    /// Of which came to their end.
    pub closed: u32,
    /// Of which it is known whether the answer came in time.
    pub answers: u32,
    /// Of which it did.
    pub answered_on_time: u32,
    /// Of which it is known whether they were solved in time.
    pub solutions: u32,
    /// Of which they were.
    pub solved_on_time: u32,
    /// Of which it is known whether the call-back came in time.
    pub call_backs: u32,
    /// Of which it did.
    pub called_back_on_time: u32,
    /// Who said whether they are content.
    pub asked: u32,
    /// Of which are.
    pub satisfied: u32,
    /// Asked again.
    pub repeats: u32,
    /// Handed over at least once.
    pub handed_over: u32,
    /// Wait for the dispatcher's decision.
    pub undecided: u32,
    /// Whose times cannot be.
    pub doubtful: u32,
}

fn share(part: u32, all: u32) -> Option<f64> {
    (all > 0).then(|| f64::from(part) / f64::from(all))
}

impl RequestFigures {
    /// 办结率, 0 to 1.
    pub fn closing_rate(&self) -> Option<f64> {
        share(self.closed, self.taken)
    }

    /// 应答及时率, 0 to 1.
    pub fn answer_rate(&self) -> Option<f64> {
        share(self.answered_on_time, self.answers)
    }

    /// 按时率, 0 to 1.
    pub fn on_time_rate(&self) -> Option<f64> {
        share(self.solved_on_time, self.solutions)
    }

    /// 回访及时率, 0 to 1.
    pub fn call_back_rate(&self) -> Option<f64> {
        share(self.called_back_on_time, self.call_backs)
    }

    /// 满意率, 0 to 1.
    pub fn satisfaction(&self) -> Option<f64> {
        share(self.satisfied, self.asked)
    }
}

/// Counts requests, each with what the resident said last of its newest resolution and when.
pub fn figures<'a>(
    requests: impl Iterator<Item = (&'a Request, Option<(Millis, bool)>)>,
    now_ms: Millis,
) -> RequestFigures {
    let all: Vec<_> = requests.collect();
    let mut sum = RequestFigures { repeats: same::repeats(all.iter().map(|(r, _)| *r)), ..RequestFigures::default() };
    for (request, said) in all.iter().filter(|(request, _)| request.joined.is_none()) {
        let satisfied = said.map(|(_, satisfied)| satisfied);
        sum.taken += 1;
        sum.closed += u32::from(request.state(satisfied) == RequestState::Closed);
        sum.asked += u32::from(satisfied.is_some());
        sum.satisfied += u32::from(satisfied == Some(true));
        sum.handed_over += u32::from(request.route.count() > 0);
        sum.undecided += u32::from(request.route.needs_decision());
        sum.doubtful += u32::from(request.doubtful);
        if request.doubtful {
            continue;
        }
        let [answer, solve] = request.clocks();
        let solved = if request.is_reopened(satisfied) { Some(false) } else { solve.kept(now_ms) };
        let called_back = request.call_back_clock(said.map(|(ms, _)| ms)).and_then(|clock| clock.kept(now_ms));
        for (kept, known, on_time) in [
            (answer.kept(now_ms), &mut sum.answers, &mut sum.answered_on_time),
            (solved, &mut sum.solutions, &mut sum.solved_on_time),
            (called_back, &mut sum.call_backs, &mut sum.called_back_on_time),
        ] {
            *known += u32::from(kept.is_some());
            *on_time += u32::from(kept == Some(true));
        }
    }
    sum
}
