//! A request 诉求 and its clocks: an answer in 5 minutes, a small problem solved in 20 minutes, a major fault in
//! 8 hours. These are the company's public promises; the times are by the server's clock (device time plus offset).

use serde::{Deserialize, Serialize};

use crate::{
    clock::Millis,
    ids::{FacilityId, GridId, HouseholdId, PersonId, RequestId},
    record::Record,
    site::Site,
};

/// Promised time to the first answer.
pub const ANSWER_MS: Millis = 5 * 60_000;
/// Promised time to solve a small problem.
pub const SMALL_MS: Millis = 20 * 60_000;
/// Promised time to solve a major fault.
pub const MAJOR_MS: Millis = 8 * 3_600_000;

/// Names of the record's fields.
pub mod field {
    /// A [`super::Channel`].
    pub const CHANNEL: &str = "channel";
    /// A [`super::Category`].
    pub const CATEGORY: &str = "category";
    /// A [`super::Severity`].
    pub const SEVERITY: &str = "severity";
    /// In the resident's words.
    pub const TEXT: &str = "text";
    /// Whom to call back.
    pub const PHONE: &str = "phone";
    /// A [`super::Mode`].
    pub const MODE: &str = "mode";
    /// When it came in, ms by the server's clock.
    pub const TAKEN_MS: &str = "taken_ms";
    /// When somebody answered it.
    pub const ANSWERED_MS: &str = "answered_ms";
    /// When it was resolved.
    pub const RESOLVED_MS: &str = "resolved_ms";
    /// What was done.
    pub const RESOLUTION: &str = "resolution";
    /// Who works on it.
    pub const ASSIGNEE: &str = "assignee";
    /// Content when called back; only of a request without a door, whose call-backs have no door to lie at.
    pub const SATISFIED: &str = "satisfied";
}

/// Where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// 热线 12345
    Hotline,
    /// 郑好拍, the city app
    CityApp,
    /// 网格群, the grid's chat group
    GridGroup,
    /// 意见箱
    SuggestionBox,
    /// 前台, at the desk
    Desk,
    /// 入户发现, found on a visit
    Visit,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 不热
    Cold,
    /// 漏水
    Leak,
    /// 噪音、气堵
    Noise,
    /// 缴费、户号
    Account,
    /// 阀门、设备
    Equipment,
    /// 其他
    Other,
}

/// How bad it is; sets the second clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 小问题, 20 minutes
    Small,
    /// 大故障, 8 hours
    Major,
}

/// How it is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 自主办
    Own,
    /// 共同办
    Joint,
    /// 联动办
    Escalated,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// 待应答
    New,
    /// 处理中
    Answered,
    /// 待回访: resolved, nobody has called back.
    Resolved,
    /// 办结: called back, satisfied.
    Closed,
}

/// What a clock measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// 应答, 5 minutes
    Answer,
    /// 解决, 20 minutes or 8 hours
    Solve,
}

/// A clock that runs, or has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SlaClock {
    /// What it measures.
    pub kind: ClockKind,
    /// When it started.
    pub from_ms: Millis,
    /// When the promise breaks.
    pub due_ms: Millis,
    /// When it stopped.
    pub stopped_ms: Option<Millis>,
}

impl SlaClock {
    /// Milliseconds left at `now_ms` (or when it stopped); negative when overdue.
    pub fn left_ms(&self, now_ms: Millis) -> Millis {
        self.due_ms - self.stopped_ms.unwrap_or(now_ms)
    }

    /// What is left, from 1 (just started) to 0 (due or overdue).
    pub fn left_share(&self, now_ms: Millis) -> f64 {
        (self.left_ms(now_ms) as f64 / (self.due_ms - self.from_ms).max(1) as f64).clamp(0.0, 1.0)
    }

    /// Was the promise kept? None while the clock runs and is not overdue.
    pub fn kept(&self, now_ms: Millis) -> Option<bool> {
        match self.stopped_ms {
            Some(at) => Some(at <= self.due_ms),
            None if now_ms > self.due_ms => Some(false),
            None => None,
        }
    }
}

/// A request as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its identifier.
    pub id: RequestId,
    /// Its grid.
    pub grid: GridId,
    /// Its door, where it has one.
    pub household: Option<HouseholdId>,
    /// Its facility, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// Where it came from.
    pub channel: Channel,
    /// What it is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// In the resident's words.
    pub text: String,
    /// Whom to call back.
    pub phone: Option<String>,
    /// How it is handled.
    pub mode: Mode,
    /// When it came in.
    pub taken_ms: Millis,
    /// When it was answered.
    pub answered_ms: Option<Millis>,
    /// When it was resolved.
    pub resolved_ms: Option<Millis>,
    /// What was done.
    pub resolution: Option<String>,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// Content when called back, of a request without a door; otherwise see [`crate::door::Door::satisfied`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<bool>,
}

impl Request {
    /// Reads the record; none when it has no channel or time yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        Some(Self {
            id: RequestId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            household: record.household.clone(),
            facility: record.facility.clone(),
            channel: record.read(field::CHANNEL)?,
            category: record.read(field::CATEGORY).unwrap_or(Category::Other),
            severity: record.read(field::SEVERITY).unwrap_or(Severity::Small),
            text: record.text(field::TEXT).unwrap_or_default().to_owned(),
            phone: record.text(field::PHONE).map(str::to_owned),
            mode: record.read(field::MODE).unwrap_or(Mode::Own),
            taken_ms: record.integer(field::TAKEN_MS)?,
            answered_ms: record.integer(field::ANSWERED_MS),
            resolved_ms: record.integer(field::RESOLVED_MS),
            resolution: record.text(field::RESOLUTION).map(str::to_owned),
            assignee: record.read(field::ASSIGNEE),
            satisfied: satisfied(record),
        })
    }

    /// Where it is: at a door, or else at a facility.
    pub fn site(&self) -> Option<Site> {
        Site::of(self.household.as_ref(), self.facility.as_ref())
    }

    /// Its two clocks.
    pub fn clocks(&self) -> [SlaClock; 2] {
        let solve = match self.severity {
            Severity::Small => SMALL_MS,
            Severity::Major => MAJOR_MS,
        };
        // Whoever resolves without having answered has answered by resolving.
        let answered = self.answered_ms.or(self.resolved_ms);
        [
            SlaClock {
                kind: ClockKind::Answer,
                from_ms: self.taken_ms,
                due_ms: self.taken_ms + ANSWER_MS,
                stopped_ms: answered,
            },
            SlaClock {
                kind: ClockKind::Solve,
                from_ms: self.taken_ms,
                due_ms: self.taken_ms + solve,
                stopped_ms: self.resolved_ms,
            },
        ]
    }

    /// The clock to look at now: the answer until there is one, then the solution.
    pub fn clock(&self) -> SlaClock {
        let [answer, solve] = self.clocks();
        if answer.stopped_ms.is_none() { answer } else { solve }
    }

    /// How far it is, given whether the last call-back was satisfied.
    pub fn state(&self, satisfied: Option<bool>) -> RequestState {
        match (self.answered_ms, self.resolved_ms, satisfied) {
            (_, Some(_), Some(true)) => RequestState::Closed,
            (_, Some(_), Some(false)) => RequestState::Answered,
            (_, Some(_), None) => RequestState::Resolved,
            (Some(_), None, _) => RequestState::Answered,
            (None, None, _) => RequestState::New,
        }
    }
}

/// What was said before the newest resolution says nothing about it.
fn satisfied(record: &Record) -> Option<bool> {
    let resolved_ms = record.integer(field::RESOLVED_MS)?;
    let held = record.held(field::SATISFIED).filter(|held| held.when_ms >= resolved_ms)?;
    held.value.as_bool()
}
