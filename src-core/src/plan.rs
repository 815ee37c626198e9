//! A plan 一户一策: diagnosis → measures → consent → before and after → done → follow-ups.
//! A typed view of a [`Record`]; every measure's every property is a field of its own, so that two people who
//! work on different measures never conflict.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Millis,
    household::STANDARD_C,
    ids::{GridId, HouseholdId, MeasureId, PersonId, PlanId},
    record::Record,
};

/// Names of the record's fields. A measure's are made by [`measure`], a follow-up's by [`follow_up`].
pub mod field {
    use crate::ids::MeasureId;

    /// What is wrong, in words.
    pub const DIAGNOSIS: &str = "diagnosis";
    /// The resident agreed: true or false.
    pub const CONSENT: &str = "consent";
    /// Lowest room temperature before, °C.
    pub const BEFORE_C: &str = "before_c";
    /// Lowest room temperature after, °C.
    pub const AFTER_C: &str = "after_c";
    /// True when the plan was closed.
    pub const CLOSED: &str = "closed";

    /// The parts of a measure: `title`, `who`, `until` (YYYY-MM-DD), `state`, `priority`, `why`.
    pub fn measure(id: &MeasureId, part: &str) -> String {
        format!("measure/{id}/{part}")
    }

    /// The parts of the follow-up `days` after the work: `due` (YYYY-MM-DD), `done_c` (°C measured).
    pub fn follow_up(days: u32, part: &str) -> String {
        format!("follow/{days}/{part}")
    }
}

/// How far a measure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureState {
    /// 待办
    Open,
    /// 完成
    Done,
    /// 取消
    Dropped,
}

/// How far a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// 待签字: waits for the resident's consent.
    Consent,
    /// 执行中: measures are open.
    Working,
    /// 回访: all measures done, follow-ups are open.
    FollowUp,
    /// 完成
    Closed,
}

/// One measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Its identifier within the plan.
    pub id: MeasureId,
    /// What is done, in words.
    pub title: String,
    /// Who does it.
    pub who: Option<PersonId>,
    /// Until when, YYYY-MM-DD.
    pub until: Option<String>,
    /// How far it is.
    pub state: MeasureState,
    /// 1 is the most urgent.
    pub priority: Option<i64>,
    /// Why it was suggested.
    pub why: Option<String>,
    /// When and by whom its state was set last.
    pub state_by: Option<(Millis, PersonId)>,
}

/// One follow-up 回访.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Days after the work.
    pub days: u32,
    /// YYYY-MM-DD.
    pub due: String,
    /// The temperature measured then, °C.
    pub done_c: Option<f64>,
}

/// A plan as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its identifier.
    pub id: PlanId,
    /// Its door.
    pub household: HouseholdId,
    /// Its grid.
    pub grid: GridId,
    /// What is wrong.
    pub diagnosis: String,
    /// Did the resident agree?
    pub consent: Option<bool>,
    /// °C before.
    pub before_c: Option<f64>,
    /// °C after.
    pub after_c: Option<f64>,
    /// In the order of their identifiers.
    pub measures: Vec<Measure>,
    /// In the order of days.
    pub follow_ups: Vec<FollowUp>,
    /// How far it is.
    pub state: PlanState,
    /// When it was opened, by the server's clock.
    pub opened_ms: Millis,
    /// When it was changed last, device time.
    pub changed_ms: Millis,
}

impl Plan {
    /// Reads the record; none when it belongs to no door.
    pub fn from_record(record: &Record) -> Option<Self> {
        let mut plan = Self {
            id: PlanId::new(record.id.clone()).ok()?,
            household: record.household.clone()?,
            grid: record.grid.clone(),
            diagnosis: record.text(field::DIAGNOSIS).unwrap_or_default().to_owned(),
            consent: record.value(field::CONSENT).and_then(serde_json::Value::as_bool),
            before_c: record.number(field::BEFORE_C),
            after_c: record.number(field::AFTER_C),
            measures: measures(record),
            follow_ups: follow_ups(record),
            state: PlanState::Working,
            opened_ms: record.opened_ms(),
            changed_ms: record.newest.0.ms,
        };
        plan.state = plan.derive_state(record.read(field::CLOSED).unwrap_or(false));
        Some(plan)
    }

    /// What the work brought, °C: after minus before.
    pub fn effect_c(&self) -> Option<f64> {
        Some(self.after_c? - self.before_c?)
    }

    /// Is the temperature after the work at the standard?
    pub fn reaches_standard(&self) -> Option<bool> {
        self.after_c.map(|c| c >= STANDARD_C)
    }

    /// Measures done, and measures that are not dropped.
    pub fn progress(&self) -> (usize, usize) {
        let of = |s: MeasureState| self.measures.iter().filter(|m| m.state == s).count();
        (of(MeasureState::Done), of(MeasureState::Done) + of(MeasureState::Open))
    }

    /// The next date by which something is to be done, YYYY-MM-DD.
    pub fn due(&self) -> Option<&str> {
        let measures =
            self.measures.iter().filter(|m| m.state == MeasureState::Open).filter_map(|m| m.until.as_deref());
        let follow_ups = self.follow_ups.iter().filter(|f| f.done_c.is_none()).map(|f| f.due.as_str());
        match self.state {
            PlanState::Closed => None,
            PlanState::FollowUp => follow_ups.min(),
            _ => measures.chain(follow_ups).min(),
        }
    }

    /// Has everything been done that it wants? Such a plan is closed without anybody closing it.
    pub fn is_worked_off(&self) -> bool {
        let (done, all) = self.progress();
        all > 0 && done == all && self.follow_ups.iter().all(|f| f.done_c.is_some())
    }

    fn derive_state(&self, closed: bool) -> PlanState {
        let (done, all) = self.progress();
        if closed || self.is_worked_off() {
            PlanState::Closed
        } else if all > 0 && done == all {
            PlanState::FollowUp
        } else if self.consent.is_none() {
            PlanState::Consent
        } else {
            PlanState::Working
        }
    }
}

fn measures(record: &Record) -> Vec<Measure> {
    let titles = record.fields.keys().filter_map(|name| name.strip_prefix("measure/")?.strip_suffix("/title"));
    titles
        .filter_map(|id| {
            let id = MeasureId::new(id).ok()?;
            let name = |part: &str| field::measure(&id, part);
            let state = record.held(&name("state"));
            Some(Measure {
                title: record.text(&name("title"))?.to_owned(),
                who: record.read(&name("who")),
                until: record.text(&name("until")).map(str::to_owned),
                state: record.read(&name("state")).unwrap_or(MeasureState::Open),
                priority: record.integer(&name("priority")),
                why: record.text(&name("why")).map(str::to_owned),
                state_by: state.map(|held| (held.when_ms, held.person.clone())),
                id,
            })
        })
        .collect()
}

fn follow_ups(record: &Record) -> Vec<FollowUp> {
    let days =
        record.fields.keys().filter_map(|name| name.strip_prefix("follow/")?.strip_suffix("/due")?.parse::<u32>().ok());
    let mut all: Vec<_> = days
        .filter_map(|days| {
            let due = record.text(&field::follow_up(days, "due"))?.to_owned();
            Some(FollowUp { days, due, done_c: record.number(&field::follow_up(days, "done_c")) })
        })
        .collect();
    crate::order::sort_by_key(&mut all, |f| f.days);
    all
}
