//! Answers that are days and times. The engine keeps times with their offset from UTC; fields show them in China time.

use chrono::{Datelike, Days, NaiveDate};
use huce_core::{
    clock::{china_time, clock_text, parse_day},
    form::Kind,
};

use super::{
    asked::{Asked, TakeBack},
    line::{Line, Reading},
    number::plain_digits,
};
use crate::{here::device_ms, i18n::*, prelude::*};

/// Minutes that China is ahead of UTC.
const CHINA_MINUTES: i32 = 8 * 60;

const DAY: Reading = Reading { show: str::to_owned, read: |typed| Ok(typed.to_owned()) };

const TIME: Reading = Reading {
    show: |value| in_china(value).map_or_else(String::new, |(_, minutes)| clock(minutes)),
    read: |typed| Ok(if typed.is_empty() { String::new() } else { format!("{}.000+08:00", with_seconds(typed)) }),
};

const DAY_AND_TIME: Reading = Reading {
    show: |value| {
        let Some((day, time)) = value.split_once('T') else { return String::new() };
        let (Some(day), Some((over, minutes))) = (parse_day(day), in_china(time)) else { return String::new() };
        let day = if over < 0 {
            day.checked_sub_days(Days::new(1))
        } else {
            day.checked_add_days(Days::new(over.unsigned_abs()))
        };
        day.map_or_else(String::new, |day| format!("{day}T{}", clock(minutes)))
    },
    read: |typed| match typed.split_once('T') {
        Some((day, time)) => Ok(format!("{day}T{}.000+08:00", with_seconds(time))),
        None => Ok(String::new()),
    },
};

/// A day, a time or both.
#[component]
pub fn Moment(
    /// The question.
    asked: Asked,
    /// Which of them.
    kind: Kind,
) -> impl IntoView {
    let i18n = use_i18n();
    if kind == Kind::Date
        && let Some(parts) = Parts::of(asked)
    {
        return view! { <DayParts asked parts/> };
    }
    let (line, name) = match kind {
        Kind::Time => (view! { <Line asked reading=TIME kind="time" mode="none" class="day"/> }, t!(i18n, answer.now)),
        Kind::DateTime => (
            view! { <Line asked reading=DAY_AND_TIME kind="datetime-local" mode="none" class="day"/> },
            t!(i18n, answer.now),
        ),
        _ => (view! { <Line asked reading=DAY kind="date" mode="none" class="day"/> }, t!(i18n, visit.today)),
    };
    let now = move |_| {
        let now = china_time(device_ms());
        let time = clock_text(now);
        let (day, time) = (now.date(), format!("{time}:00.000+08:00"));
        asked.answer(&match kind {
            Kind::Time => time,
            Kind::DateTime => format!("{day}T{time}"),
            _ => today(asked),
        });
    };
    view! {
        {line}
        <button type="button" class="btn" disabled=asked.locked on:click=now>{name}</button>
        <TakeBack asked/>
    }
}

fn today(asked: Asked) -> String {
    asked.filling.peek(|f| f.view().today.clone()).unwrap_or_default()
}

/// What of a day is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parts {
    Year,
    Month,
    Day,
}

impl Parts {
    /// Of a question that does not want a calendar.
    fn of(asked: Asked) -> Option<Self> {
        let words = [("year", Self::Year), ("month-year", Self::Month), ("no-calendar", Self::Day)];
        words.into_iter().find(|(word, _)| asked.looks(word)).map(|(_, parts)| parts)
    }

    /// The day of what was filled in; "" while something is missing.
    fn day(self, year: &str, month: u32, day: u32) -> Option<String> {
        let year = plain_digits(year);
        let year = if year.len() == 4 { year.parse().ok()? } else { return None };
        let (month, day) = match self {
            Self::Year => (1, 1),
            Self::Month => (month, 1),
            Self::Day => (month, day),
        };
        NaiveDate::from_ymd_opt(year, month, day).map(|d| d.to_string())
    }
}

/// A day by its parts: the year is typed, month and day are chosen. What is not asked is the first of it.
#[component]
fn DayParts(asked: Asked, parts: Parts) -> impl IntoView {
    let i18n = use_i18n();
    let known = parse_day(&asked.value.get_untracked());
    let year = RwSignal::new(known.map(|d| d.year().to_string()).unwrap_or_default());
    let month = RwSignal::new(known.map_or(0, |d| d.month()));
    let day = RwSignal::new(known.map_or(0, |d| d.day()));
    // Calculated or taken back elsewhere.
    effect(move || {
        let value = asked.value.get();
        let mine = untrack(|| parts.day(&year.get(), month.get(), day.get())).unwrap_or_default();
        if let (true, Some(other)) = (value != mine, parse_day(&value)) {
            year.set(other.year().to_string());
            month.set(other.month());
            day.set(other.day());
        }
    });
    let write = move || {
        let filled = untrack(|| parts.day(&year.get(), month.get(), day.get()));
        match filled {
            Some(filled) => asked.answer(&filled),
            None => {
                asked.answer("");
                let begun = untrack(|| !year.get().is_empty() || month.get() > 0 || day.get() > 0);
                asked.complaint.set(begun.then_some(t!(i18n, answer.day_is_not_whole)));
            }
        }
    };
    let pick = move |of: RwSignal<u32>, most: u32, name: fn() -> &'static str| {
        view! {
            <label class="part">
                <select class="input" disabled=asked.locked prop:value=move || of.get().to_string()
                    on:change=move |ev| { of.set(event_target_value(&ev).parse().unwrap_or_default()); write() }>
                    <option value="0">"–"</option>
                    {(1..=most).map(|n| view! { <option value=n.to_string() selected=move || of.get() == n>{n}</option> }).collect_view()}
                </select>
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <div class="day-parts" role="group" aria-labelledby=asked.label_id() aria-describedby=asked.described_by()>
            <label class="part">
                <input class="input year" id=asked.id() inputmode="numeric" maxlength="4" autocomplete="off" readonly=asked.locked
                    prop:value=move || year.get() on:input=move |ev| { year.set(event_target_value(&ev)); write() }/>
                <span>{t!(i18n, answer.year)}</span>
            </label>
            {(parts != Parts::Year).then(|| pick(month, 12, t!(i18n, answer.month)))}
            {(parts == Parts::Day).then(|| pick(day, 31, t!(i18n, answer.day)))}
        </div>
    }
}

/// `14:05` and `14:05:30` with seconds.
fn with_seconds(typed: &str) -> String {
    if typed.len() == 5 { format!("{typed}:00") } else { typed.chars().take(8).collect() }
}

/// The time of `14:05:00.000+08:00` in China: how many days later, and the minute of that day. A time without an
/// offset is one of China.
fn in_china(time: &str) -> Option<(i64, i32)> {
    let minutes = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        Some(hours.parse::<i32>().ok()? * 60 + minutes.get(..2)?.parse::<i32>().ok()?)
    };
    let sign = time.find(['+', '-']);
    let offset = match sign.and_then(|at| time.split_at_checked(at)) {
        Some((_, offset)) if offset.starts_with('-') => -minutes(offset.get(1..)?)?,
        Some((_, offset)) => minutes(offset.get(1..)?)?,
        None if time.ends_with('Z') => 0,
        None => CHINA_MINUTES,
    };
    let there = minutes(time)? - offset + CHINA_MINUTES;
    Some((i64::from(there.div_euclid(1440)), there.rem_euclid(1440)))
}

/// `14:05`
fn clock(minutes: i32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_answers_become_each_other() {
        assert_eq!((TIME.read)("14:05").ok().as_deref(), Some("14:05:00.000+08:00"));
        assert_eq!((TIME.show)("14:05:00.000+08:00"), "14:05");
        assert_eq!((TIME.read)("").ok().as_deref(), Some(""));
        assert_eq!((DAY_AND_TIME.read)("2026-11-21T14:05").ok().as_deref(), Some("2026-11-21T14:05:00.000+08:00"));
        assert_eq!((DAY_AND_TIME.show)("2026-11-21T14:05:00.000+08:00"), "2026-11-21T14:05");
        assert_eq!((DAY_AND_TIME.show)("soon"), "");
    }

    #[test]
    fn other_offsets_are_shown_in_china() {
        assert_eq!((TIME.show)("06:05:00.000Z"), "14:05");
        assert_eq!((TIME.show)("14:05:00"), "14:05");
        assert_eq!((DAY_AND_TIME.show)("2026-12-31T20:30:00.000Z"), "2027-01-01T04:30");
        assert_eq!((DAY_AND_TIME.show)("2026-11-21T03:00:00.000+14:00"), "2026-11-20T21:00");
        assert_eq!((DAY_AND_TIME.show)("2026-11-20T20:00:00.000-05:30"), "2026-11-21T09:30");
    }

    #[test]
    fn a_day_is_whole_or_none() {
        assert_eq!(Parts::Year.day("２０２６", 0, 0).as_deref(), Some("2026-01-01"));
        assert_eq!(Parts::Month.day("2026", 11, 0).as_deref(), Some("2026-11-01"));
        assert_eq!(Parts::Month.day("2026", 0, 0), None);
        assert_eq!(Parts::Day.day("2026", 2, 30), None);
        assert_eq!(Parts::Day.day("26", 2, 3), None);
    }
}
