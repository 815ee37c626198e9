//! A request 诉求 and its clocks: an answer in 5 minutes, a small problem solved in 20 minutes, a major fault in
//! 8 hours. These are the company's public promises; the times are by the server's clock (device time plus offset).
//!
//! Everything about a request is read out of its record here, so that it runs offline and is the same everywhere. Read in
//! this order: this file (what it is) → `clock.rs` (promises, pauses, escalation, clocks that lie) → `route.rs` (who is
//! responsible, hand-overs, the decision) → `same.rs` (the same matter asked twice) → `figures.rs` (rates).

use serde::{Deserialize, Serialize};

use crate::{
    clock::Millis,
    ids::{EventId, FacilityId, GridId, HouseholdId, PersonId, RequestId},
    record::Record,
    site::Site,
};

mod clock;
mod figures;
mod route;
mod same;
#[cfg(test)]
mod tests;

pub(crate) use clock::Paused;
pub use clock::{
    ANSWER_MS, CALL_BACK_MS, ClockKind, DAY_MS, Escalation, MAJOR_MS, Pause, PauseReason, SMALL_MS, SlaClock,
};
pub use figures::{RequestFigures, figures};
pub(crate) use route::{Decided, Handed};
pub use route::{Decision, HAND_OVERS, HandOver, MayHandOver, Party, Route};
pub(crate) use same::Again;
pub use same::{Asked, SAME_MS, same_matter};

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
    /// Of which resolution that was said: the event that resolved.
    pub const SATISFIED_OF: &str = "satisfied_of";
    /// Who was responsible when it was taken down, a [`super::Party`].
    pub const PARTY: &str = "party";
    /// The rule that said so, a `RuleId`; absent where the company's own table did.
    pub const RULE: &str = "rule";
    /// Why the mode was changed.
    pub const MODE_WHY: &str = "mode_why";
    /// The request in which this one is handled as well: the same matter, opened twice.
    pub const JOINED: &str = "joined";
    /// True when a person said that it is another matter than what is open there.
    pub const ANOTHER: &str = "another";

    /// A numbered part, from 1: `hand/1`, `pause/1`, `resume/1`. Two people who do the same step at the same time write the
    /// same field, which is a conflict that somebody settles. `again/MS` is numbered by the time: who asks takes no step.
    pub fn step(kind: &str, n: i64) -> String {
        format!("{kind}/{n}")
    }
    /// A hand-over.
    pub const HAND: &str = "hand";
    /// A decision on who is responsible; its number is that of the hand-over after which it was made.
    pub const DECIDE: &str = "decide";
    /// The clock stands still from here.
    pub const PAUSE: &str = "pause";
    /// It runs again.
    pub const RESUME: &str = "resume";
    /// Asked once more.
    pub const AGAIN: &str = "again";
}

/// The numbered parts of a kind in a record, in their order.
fn steps<'a>(record: &'a Record, kind: &str) -> Vec<(i64, &'a crate::record::Held)> {
    let of = |name: &str| name.strip_prefix(kind)?.strip_prefix('/')?.parse::<i64>().ok();
    let mut all: Vec<_> = record
        .fields
        .keys()
        .filter_map(|name| Some((of(name)?, record.held(name).filter(|held| !held.value.is_null())?)))
        .collect();
    crate::order::sort_by_key(&mut all, |(n, _)| *n);
    all
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
    /// 表格导入, a file in which another place hands its requests over
    File,
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

impl Category {
    /// Its word in records and identifiers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Leak => "leak",
            Self::Noise => "noise",
            Self::Account => "account",
            Self::Equipment => "equipment",
            Self::Other => "other",
        }
    }
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

impl Mode {
    /// Its word in records and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Joint => "joint",
            Self::Escalated => "escalated",
        }
    }
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
    /// When that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied_ms: Option<Millis>,
    /// The event that resolved it: what a call-back is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<EventId>,
    /// When its clock stood still, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Who is responsible, and how that came about.
    #[serde(default)]
    pub route: Route,
    /// Why it is handled so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode_why: Option<String>,
    /// The request in which it is handled as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<RequestId>,
    /// Somebody said that it is another matter than what was open there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub another: bool,
    /// Asked once more, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Asked>,
    /// Its times cannot be: a tablet's clock was wrong. It counts for no promise, neither kept nor broken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
}

impl Request {
    /// Reads the record; none when it has no channel or time yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        let taken_ms = record.integer(field::TAKEN_MS)?;
        let (answered, resolved) = (record.integer(field::ANSWERED_MS), record.integer(field::RESOLVED_MS));
        let category = record.read(field::CATEGORY).unwrap_or(Category::Other);
        let said = satisfied(record);
        Some(Self {
            id: RequestId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            household: record.household.clone(),
            facility: record.facility.clone(),
            channel: record.read(field::CHANNEL)?,
            category,
            severity: record.read(field::SEVERITY).unwrap_or(Severity::Small),
            text: record.text(field::TEXT).unwrap_or_default().to_owned(),
            phone: record.text(field::PHONE).map(str::to_owned),
            mode: record.read(field::MODE).unwrap_or(Mode::Own),
            taken_ms,
            // Nothing is answered before it was asked, whatever a tablet's clock says.
            answered_ms: answered.map(|ms| ms.max(taken_ms)),
            resolved_ms: resolved.map(|ms| ms.max(taken_ms)),
            resolution: record.text(field::RESOLUTION).map(str::to_owned),
            assignee: record.read(field::ASSIGNEE),
            satisfied: said.map(|(_, satisfied)| satisfied),
            satisfied_ms: said.map(|(when_ms, _)| when_ms),
            resolved_by: resolved.and_then(|_| record.held(field::RESOLVED_MS)).map(|held| held.event.clone()),
            pauses: clock::pauses(record),
            route: Route::from_record(record, category),
            mode_why: record.text(field::MODE_WHY).map(str::to_owned),
            joined: record.read(field::JOINED),
            another: record.read(field::ANOTHER).unwrap_or(false),
            again: same::asked(record),
            doubtful: clock::is_doubtful(taken_ms, &[answered, resolved]),
        })
    }

    /// Where it is: at a door, or else at a facility.
    pub fn site(&self) -> Option<Site> {
        Site::of(self.household.as_ref(), self.facility.as_ref())
    }

    /// How far it is, given whether the last call-back was satisfied. What is handled in another request has ended here.
    pub fn state(&self, satisfied: Option<bool>) -> RequestState {
        match (self.answered_ms, self.resolved_ms, satisfied) {
            _ if self.joined.is_some() => RequestState::Closed,
            (_, Some(_), Some(true)) => RequestState::Closed,
            (_, Some(_), Some(false)) => RequestState::Answered,
            (_, Some(_), None) => RequestState::Resolved,
            (Some(_), None, _) => RequestState::Answered,
            (None, None, _) => RequestState::New,
        }
    }

    /// Resolved once, and the resident was not content.
    pub fn is_reopened(&self, satisfied: Option<bool>) -> bool {
        self.resolved_ms.is_some() && satisfied == Some(false) && self.joined.is_none()
    }
}

/// What was said before the newest resolution says nothing about it. Where it is written down of which resolution it was
/// said, clocks are not asked.
fn satisfied(record: &Record) -> Option<(Millis, bool)> {
    let resolved = record.held(field::RESOLVED_MS).filter(|held| !held.value.is_null())?;
    let resolved_ms = resolved.value.as_i64()?;
    let held = record.held(field::SATISFIED)?;
    let of: Option<EventId> = record.read(field::SATISFIED_OF);
    let is_about = match of {
        Some(of) => of == resolved.event,
        None => held.when_ms >= resolved_ms,
    };
    is_about.then(|| Some((held.when_ms, held.value.as_bool()?))).flatten()
}
