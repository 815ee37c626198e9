//! Special-care visits 三访: who is looked after by a care tag is visited every so many days (日常), when they are in
//! hardship (困难: a cold home, or a request that has been open for a day), and before the holidays (节日). Nobody draws them
//! up: they come due by themselves, from the tags and from what happened at the door.
//!
//! A filled-in form of [`FORM`] counts as a visit of every kind that is due on its day.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    body::Outcome,
    clock::{Millis, china_date},
    door::Door,
    household::{Household, STANDARD_C},
    register::values::Care,
};

/// The form by which these visits are recorded.
pub const FORM: &str = "special-care";

/// Days before a holiday from which its visit is to be made.
const HOLIDAY_DAYS: u64 = 7;

/// Days within which somebody in hardship is visited.
const HARDSHIP_DAYS: u64 = 1;

/// Which of the three visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareKind {
    /// 困难: the home is cold, or a request has been open for a day
    Hardship,
    /// 节日: before New Year, the Spring Festival, Mid-Autumn and the National Day
    Holiday,
    /// 日常: every so many days
    Everyday,
}

/// A visit that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CareDue {
    /// Until which day.
    pub due: NaiveDate,
    /// Of which kind.
    pub kind: CareKind,
    /// From which day it is to be made.
    pub from: NaiveDate,
}

/// After how many days the everyday visit comes again, for a tag: whoever lives without family, alone, or ill is seen
/// twice as often as the others.
fn everyday_days(tag: &str) -> u64 {
    match Care::from_text(tag) {
        Care::NoFamily | Care::LivesAlone | Care::IllOrDisabled => 14,
        Care::EmptyNest | Care::Hardship | Care::Other(_) => 30,
    }
}

/// The visits that are to be made at a door on this day, the most urgent first; none where nobody is looked after.
pub fn due(household: &Household, door: &Door, now_ms: Millis) -> Vec<CareDue> {
    let Some(every) = household.care.iter().map(|tag| everyday_days(tag)).min() else { return Vec::new() };
    let today = china_date(now_ms);
    let last_ms = last_ms(door);
    let mut all = vec![everyday(last_ms, every, today)];
    all.extend(hardship(door, last_ms, now_ms));
    all.extend(holiday(last_ms, today));
    all.retain(|visit| visit.from <= today);
    all.sort();
    all
}

/// When somebody was there last who filled the form in.
pub fn last_ms(door: &Door) -> Option<Millis> {
    let visits = door.valid_visits();
    let of_form = |visit: &&crate::door::VisitBrief| {
        visit.outcome == Outcome::Done && visit.form.as_ref().is_some_and(|form| form.as_str() == FORM)
    };
    visits.into_iter().map(|(_, visit)| visit).filter(of_form).map(|visit| visit.when_ms).max()
}

/// Whoever was never visited is to be visited today.
fn everyday(last_ms: Option<Millis>, every: u64, today: NaiveDate) -> CareDue {
    let due = last_ms.map_or(today, |ms| after(china_date(ms), every));
    CareDue { due, kind: CareKind::Everyday, from: due }
}

/// What has happened since the last visit counts: a reading below the standard, a request that was not at its end after a
/// day.
fn hardship(door: &Door, last_ms: Option<Millis>, now_ms: Millis) -> Option<CareDue> {
    let is_new = |ms: &Millis| last_ms.is_none_or(|last| *ms > last);
    let cold = door.last_temp().filter(|(_, c)| *c < STANDARD_C).map(|(ms, _)| ms).filter(is_new);
    let day_ms = 24 * 3_600_000;
    let open = door.open_requests().map(|request| request.taken_ms.saturating_add(day_ms));
    let open = open.filter(|ms| *ms <= now_ms).filter(is_new).min();
    let since = china_date(cold.into_iter().chain(open).min()?);
    Some(CareDue { due: after(since, HARDSHIP_DAYS), kind: CareKind::Hardship, from: since })
}

/// The next holiday, unless somebody was there within the days before it.
fn holiday(last_ms: Option<Millis>, today: NaiveDate) -> Option<CareDue> {
    let due = [today.year(), today.year() + 1].into_iter().flat_map(holidays).find(|day| *day >= today)?;
    let from = due.checked_sub_days(Days::new(HOLIDAY_DAYS))?;
    let is_made = last_ms.is_some_and(|ms| china_date(ms) >= from);
    (!is_made).then_some(CareDue { due, kind: CareKind::Holiday, from })
}

/// Spring Festival and Mid-Autumn by the published calendar (month and day), from 2024 on.
const LUNAR: [[(u32, u32); 2]; 12] = [
    [(2, 10), (9, 17)],
    [(1, 29), (10, 6)],
    [(2, 17), (9, 25)],
    [(2, 6), (9, 15)],
    [(1, 26), (10, 3)],
    [(2, 13), (9, 22)],
    [(2, 3), (9, 12)],
    [(1, 23), (10, 1)],
    [(2, 11), (9, 19)],
    [(1, 31), (9, 8)],
    [(2, 19), (9, 27)],
    [(2, 8), (9, 16)],
];

/// The holidays of a year, in their order: New Year 元旦, Spring Festival 春节, Mid-Autumn 中秋, National Day 国庆. Of years
/// that the table does not have, those that stand in every calendar.
fn holidays(year: i32) -> Vec<NaiveDate> {
    let lunar = usize::try_from(year - 2024).ok().and_then(|n| LUNAR.get(n)).copied();
    let days = [(1, 1), (10, 1)].into_iter().chain(lunar.into_iter().flatten());
    let mut days: Vec<NaiveDate> = days.filter_map(|(m, d)| NaiveDate::from_ymd_opt(year, m, d)).collect();
    days.sort();
    days.dedup();
    days
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        body::Reading,
        clock::china_midnight,
        door::VisitBrief,
        household::HeatingMode,
        ids::{EventId, FormId, GridId, HouseholdId, PersonId},
    };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Ten o'clock of a day.
    fn at(text: &str) -> Millis {
        china_midnight(day(text)) + 10 * 3_600_000
    }

    fn household(care: &[&str]) -> Household {
        Household {
            id: HouseholdId::new("h1").unwrap(),
            grid: GridId::new("SY-1").unwrap(),
            estate: "金穗花园".into(),
            building: "1".into(),
            entrance: "1".into(),
            room: "101".into(),
            floor: Some(1),
            account: None,
            area_m2: None,
            mode: Some(HeatingMode::Series),
            name: None,
            phone: None,
            care: care.iter().map(|tag| (*tag).to_owned()).collect(),
            note: None,
        }
    }

    fn visited(visits: &[(&str, &str, f64)]) -> Door {
        let visit = |(n, (day, form, temp_c)): (usize, &(&str, &str, f64))| {
            let id: EventId = format!("dev-{}", n + 1).parse().unwrap();
            let brief = VisitBrief {
                when_ms: at(day),
                person: PersonId::new("chen").unwrap(),
                outcome: Outcome::Done,
                round: None,
                also: Vec::new(),
                form: Some(FormId::new(*form).unwrap()),
                readings: vec![Reading { room: "客厅".into(), temp_c: *temp_c }],
                satisfaction: None,
                corrects: None,
            };
            (id, brief)
        };
        Door { visits: visits.iter().enumerate().map(visit).collect(), ..Door::default() }
    }

    fn kinds(household: &Household, door: &Door, today: &str) -> Vec<String> {
        due(household, door, at(today)).into_iter().map(|d| format!("{:?} {}", d.kind, d.due)).collect()
    }

    #[test]
    fn everyday_visits_come_again_sooner_for_those_who_have_nobody() {
        let door = visited(&[("2026-11-02", FORM, 20.0)]);
        assert!(kinds(&household(&["空巢"]), &door, "2026-12-01").is_empty());
        assert_eq!(kinds(&household(&["空巢"]), &door, "2026-12-02"), ["Everyday 2026-12-02"]);
        let lonely = household(&["空巢", "孤寡"]);
        assert_eq!(kinds(&lonely, &door, "2026-11-20"), ["Everyday 2026-11-16"]);
        assert!(kinds(&household(&[]), &Door::default(), "2026-11-20").is_empty(), "nobody is looked after");
        assert_eq!(kinds(&lonely, &Door::default(), "2026-11-20"), ["Everyday 2026-11-20"], "never visited: today");
    }

    #[test]
    fn a_cold_home_is_visited_within_a_day_and_the_visit_ends_it() {
        let tags = household(&["困难"]);
        let cold = visited(&[("2026-11-18", FORM, 20.0), ("2026-11-20", "heating-visit", 15.5)]);
        assert_eq!(kinds(&tags, &cold, "2026-11-20"), ["Hardship 2026-11-21"]);
        let seen = visited(&[("2026-11-20", "heating-visit", 15.5), ("2026-11-21", FORM, 16.0)]);
        assert!(kinds(&tags, &seen, "2026-11-22").is_empty(), "whoever was there knows");
    }

    #[test]
    fn before_a_holiday_everybody_with_a_tag_is_visited_once() {
        let tags = household(&["空巢"]);
        let early = visited(&[("2027-01-25", FORM, 20.0)]);
        assert!(kinds(&tags, &early, "2027-01-29").is_empty());
        assert_eq!(kinds(&tags, &early, "2027-01-30"), ["Holiday 2027-02-06"]);
        let made = visited(&[("2027-01-31", FORM, 20.0)]);
        assert!(kinds(&tags, &made, "2027-02-05").is_empty());
        assert_eq!(kinds(&tags, &visited(&[("2026-12-20", FORM, 20.0)]), "2026-12-26").len(), 1, "New Year");
    }
}
