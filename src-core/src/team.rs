//! The team of a grid (两长+五员 and those who work with them), and the four musts (四个必组织) that it has to organise:
//! being in the grid every day, a meeting or patrol every week, a joint action every month, and the campaigns. Facts of
//! how Zhengzhou's communities work; what was done is recorded on the tablet, what is missing is shown.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    body::Body,
    clock::{Millis, china_date},
    event::Event,
    grid::field,
    ids::{EventId, PersonId, PhotoId, RoundId},
    round::Round,
};

/// A seat in a grid's team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// 网格长
    Head,
    /// 副网格长
    Deputy,
    /// 巡防员
    Patrol,
    /// 劳动保障员
    Labour,
    /// 调解员
    Mediator,
    /// 家庭服务员
    Family,
    /// 保洁员
    Cleaner,
    /// 供热专管员
    Inspector,
    /// 班长
    CrewLead,
    /// 协管员
    Coordinator,
    /// 居民代表
    Resident,
}

impl Seat {
    /// All, in the order of display: two heads, five specialists, heating, residents.
    pub const ALL: [Self; 11] = [
        Self::Head,
        Self::Deputy,
        Self::Patrol,
        Self::Labour,
        Self::Mediator,
        Self::Family,
        Self::Cleaner,
        Self::Inspector,
        Self::CrewLead,
        Self::Coordinator,
        Self::Resident,
    ];
    /// 两长+五员: those that every grid must have.
    pub const NEEDED: usize = 7;

    /// Its word in records and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Deputy => "deputy",
            Self::Patrol => "patrol",
            Self::Labour => "labour",
            Self::Mediator => "mediator",
            Self::Family => "family",
            Self::Cleaner => "cleaner",
            Self::Inspector => "inspector",
            Self::CrewLead => "crew_lead",
            Self::Coordinator => "coordinator",
            Self::Resident => "resident",
        }
    }

    /// The field of the grid's record that holds its members. One a seat, so that two people who fill different seats at
    /// the same time do not stand in each other's way.
    pub fn field(self) -> String {
        format!("{}{}", field::TEAM, self.as_str())
    }
}

/// Somebody in a team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The name.
    pub name: String,
    /// Their login, where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Days of duty, 1 (Monday) to 7; none: every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<u8>,
    /// When they are away, first and last day, and who stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<Away>,
}

/// When a member is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// The name of who stands in.
    pub instead: String,
}

impl Member {
    /// Who has the duty on this day: they, or who stands in; none when it is not their day.
    pub fn on_duty(&self, day: NaiveDate) -> Option<&str> {
        let number = u8::try_from(day.weekday().number_from_monday()).unwrap_or_default();
        if !self.days.is_empty() && !self.days.contains(&number) {
            return None;
        }
        let away = self.away.iter().find(|away| (away.from..=away.until).contains(&day));
        Some(away.map_or(self.name.as_str(), |away| away.instead.as_str())).filter(|name| !name.is_empty())
    }
}

/// The team of a grid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Team {
    /// Who has which seat.
    pub seats: BTreeMap<Seat, Vec<Member>>,
}

impl Team {
    /// Is there nobody?
    pub fn is_empty(&self) -> bool {
        self.seats.values().all(Vec::is_empty)
    }

    /// Who has the duty on this day, by seat.
    pub fn on_duty(&self, day: NaiveDate) -> Vec<(Seat, &str)> {
        let members = self.seats.iter().flat_map(|(seat, members)| members.iter().map(|m| (*seat, m)));
        members.filter_map(|(seat, member)| Some((seat, member.on_duty(day)?))).collect()
    }

    /// Which of 两长+五员 nobody has.
    pub fn empty_seats(&self) -> Vec<Seat> {
        let needed = Seat::ALL.into_iter().take(Seat::NEEDED);
        needed.filter(|seat| self.seats.get(seat).is_none_or(Vec::is_empty)).collect()
    }
}

/// What a grid has to organise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// 每日入格: being in the grid, by place and time.
    CheckIn,
    /// 每周例会或巡查
    Weekly,
    /// 每月联合行动
    Joint,
    /// 专项行动: once in the period of a round.
    Campaign,
    /// One of a newer version.
    #[serde(other)]
    Other,
}

impl Must {
    /// The four.
    pub const ALL: [Self; 4] = [Self::CheckIn, Self::Weekly, Self::Joint, Self::Campaign];

    /// The first day of the period in which `day` lies; a campaign's period is its round's.
    pub fn period(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::CheckIn | Self::Campaign | Self::Other => day,
            Self::Weekly => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
            Self::Joint => day.with_day(1).unwrap_or(day),
        }
    }

    /// The first day of the period before the one that begins with `first`.
    fn before(self, first: NaiveDate) -> NaiveDate {
        match self {
            Self::CheckIn | Self::Campaign | Self::Other => first - Days::new(1),
            Self::Weekly => first - Days::new(7),
            Self::Joint => first - Months::new(1),
        }
    }

    /// So many periods are looked back to.
    fn looked_back(self) -> usize {
        match self {
            Self::CheckIn => 14,
            Self::Weekly => 8,
            Self::Joint => 6,
            Self::Campaign | Self::Other => 0,
        }
    }
}

/// One of the four, done: what a tablet records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duty {
    /// Which.
    pub must: Must,
    /// Latitude and longitude, WGS-84 degrees, where the tablet knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(f64, f64)>,
    /// How exactly it knew, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// Who was there, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
    /// What was done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The campaign's round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    /// Photos that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoId>,
}

/// A [`Duty`] with who and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DutyDone {
    /// Its event.
    pub event: EventId,
    /// When, by the server's clock as far as the tablet knew.
    pub when_ms: Millis,
    /// Who recorded it.
    pub person: PersonId,
    /// What.
    pub duty: Duty,
}

impl DutyDone {
    /// Of an event; none when it tells of something else.
    pub fn of(event: &Event) -> Option<Self> {
        let Body::Duty(duty) = &event.body else { return None };
        Some(Self { event: event.id(), when_ms: event.when_ms(), person: event.person.clone(), duty: duty.clone() })
    }
}

/// How a grid stands with one of the four.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MustState {
    /// Which.
    pub must: Must,
    /// The campaign's round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    /// Done in the period that runs: when.
    pub done_ms: Option<Millis>,
    /// The first days of periods that ended without it, the newest first.
    pub missing: Vec<NaiveDate>,
}

/// How a grid stands with the four, today. Nothing is missing of periods that began before `since` (when the grid was
/// opened, or the heating year began).
pub fn standing(done: &[DutyDone], rounds: &[Round], since: NaiveDate, now_ms: Millis) -> Vec<MustState> {
    let today = china_date(now_ms);
    let mut states: Vec<MustState> = [Must::CheckIn, Must::Weekly, Must::Joint]
        .into_iter()
        .map(|must| {
            let when = |first: NaiveDate| {
                let of = |d: &&DutyDone| d.duty.must == must && must.period(china_date(d.when_ms)) == first;
                done.iter().filter(of).map(|d| d.when_ms).min()
            };
            let current = must.period(today);
            let earlier = std::iter::successors(Some(must.before(current)), |first| Some(must.before(*first)));
            let ended = earlier.take(must.looked_back()).take_while(|first| *first >= since);
            let missing = ended.filter(|first| when(*first).is_none()).collect();
            MustState { must, round: None, done_ms: when(current), missing }
        })
        .collect();
    for round in rounds {
        let (Ok(from), Ok(until)) = (round.from.parse::<NaiveDate>(), round.until.parse::<NaiveDate>()) else {
            continue;
        };
        if from > today || from < since {
            continue;
        }
        let of = |d: &&DutyDone| {
            let day = china_date(d.when_ms);
            let named = d.duty.round.as_ref().is_none_or(|named| *named == round.id);
            d.duty.must == Must::Campaign && named && (from..=until).contains(&day)
        };
        let done_ms = done.iter().filter(of).map(|d| d.when_ms).min();
        let missing = if done_ms.is_none() && until < today { vec![from] } else { Vec::new() };
        states.push(MustState { must: Must::Campaign, round: Some(round.id.clone()), done_ms, missing });
    }
    states
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::clock::china_midnight;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn done(must: Must, on: &str) -> DutyDone {
        let duty = Duty {
            must,
            place: None,
            accuracy_m: None,
            with: Vec::new(),
            note: String::new(),
            round: None,
            photos: Vec::new(),
        };
        let when_ms = china_midnight(day(on)) + 9 * 3_600_000;
        DutyDone { event: "d-1".parse().unwrap(), when_ms, person: PersonId::new("li").unwrap(), duty }
    }

    #[test]
    fn who_has_the_duty() {
        let mut team = Team::default();
        let away = Away { from: day("2026-11-30"), until: day("2026-12-04"), instead: "赵六".into() };
        let head = Member { name: "张三".into(), days: vec![1, 3], away: vec![away], ..Member::default() };
        let patrol = Member { name: "李四".into(), ..Member::default() };
        team.seats.insert(Seat::Head, vec![head]);
        team.seats.insert(Seat::Patrol, vec![patrol]);
        assert_eq!(team.on_duty(day("2026-11-30")), [(Seat::Head, "赵六"), (Seat::Patrol, "李四")], "a Monday");
        assert_eq!(team.on_duty(day("2026-12-01")), [(Seat::Patrol, "李四")]);
        assert_eq!(team.on_duty(day("2026-12-07")), [(Seat::Head, "张三"), (Seat::Patrol, "李四")]);
        assert_eq!(team.empty_seats(), [Seat::Deputy, Seat::Labour, Seat::Mediator, Seat::Family, Seat::Cleaner]);
        let json = serde_json::to_string(&team).unwrap();
        assert!(json.starts_with(r#"{"head":[{"name":"张三","days":[1,3]"#), "{json}");
        assert_eq!(serde_json::from_str::<Team>(&json).unwrap(), team);
    }

    #[test]
    fn what_is_missing_of_the_four() {
        // Wednesday, 2 December 2026.
        let now_ms = china_midnight(day("2026-12-02")) + 10 * 3_600_000;
        let all = [
            done(Must::CheckIn, "2026-12-02"),
            done(Must::CheckIn, "2026-11-30"),
            done(Must::Weekly, "2026-11-28"),
            done(Must::Joint, "2026-11-05"),
        ];
        let states = standing(&all, &[], day("2026-11-23"), now_ms);
        assert_eq!(states[0].done_ms, Some(all[0].when_ms));
        assert_eq!(states[0].missing[..2], [day("2026-12-01"), day("2026-11-29")]);
        assert_eq!(states[0].missing.len(), 8, "since 23 November, the 30th was done");
        assert_eq!(
            (states[1].done_ms, states[1].missing.as_slice()),
            (None, [].as_slice()),
            "a Saturday is of its week"
        );
        assert_eq!((states[2].done_ms, states[2].missing.len()), (None, 0), "November began before the grid did");
        let states = standing(&all, &[], day("2026-10-01"), now_ms);
        assert_eq!(states[1].missing[0], day("2026-11-16"));
        assert_eq!(states[2].missing, [day("2026-10-01")]);
    }

    #[test]
    fn periods() {
        assert_eq!(Must::Weekly.period(day("2026-12-06")), day("2026-11-30"));
        assert_eq!(Must::Joint.period(day("2026-02-28")), day("2026-02-01"));
        assert_eq!(Must::Joint.before(day("2027-01-01")), day("2026-12-01"));
    }
}
