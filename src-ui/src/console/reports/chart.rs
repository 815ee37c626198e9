//! The course of the period, hour by hour or day by day, and the temperatures of its households.

use chrono::{Datelike, Timelike};
use huce_core::{
    clock::china_time,
    figures::{Figure, PeriodKind, Report, count::Step},
};

use super::super::figures::grouped;
use crate::{form::text, i18n::*, parts::Histogram, prelude::*};

/// Heights of the drawing.
const HIGH: f64 = 150.0;
const WIDE: f64 = 700.0;

/// A step in the drawing: its word, and what happened.
type Bar = (String, Step);

fn bars(report: &Report) -> Vec<Bar> {
    let period = report.period;
    let moments = std::iter::successors(Some(period.from_ms), |ms| Some(ms + period.step_ms()));
    let word = |ms| {
        let at = china_time(ms);
        match period.kind {
            PeriodKind::Day => at.hour().to_string(),
            PeriodKind::Week => format!("{}/{}", at.month(), at.day()),
            PeriodKind::Month => at.day().to_string(),
        }
    };
    moments.zip(&report.steps).map(|(ms, step)| (word(ms), *step)).collect()
}

/// Visits, requests taken and requests solved, side by side.
#[component]
pub fn Course(answer: Memo<Report>) -> impl IntoView {
    let i18n = use_i18n();
    let shown = Memo::new(move |_| answer.with(bars));
    let summary = move || {
        let [visits, taken, solved] =
            answer.with(|r| [Figure::Visits, Figure::Taken, Figure::Solved].map(|f| grouped(r.total.get(f))));
        text!(i18n, report.course_said, visits = visits, taken = taken, solved = solved)
    };
    view! {
        <section class="c-card report-course">
            <header class="c-card-head">
                <h2>{t!(i18n, report.course)}</h2>
                <ul class="legend">
                    <li><i class="swatch step-visits" aria-hidden="true"></i>{t!(i18n, report.visits)}</li>
                    <li><i class="swatch step-taken" aria-hidden="true"></i>{t!(i18n, report.taken)}</li>
                    <li><i class="swatch step-solved" aria-hidden="true"></i>{t!(i18n, report.solved)}</li>
                </ul>
            </header>
            {live(move || view! {
                <svg class="course" viewBox=format!("0 0 {WIDE} {}", HIGH + 22.0) role="img" aria-label=summary()>{drawn(&shown.get())}</svg>
            })}
        </section>
    }
}

fn drawn(bars: &[Bar]) -> AnyView {
    let most = bars.iter().flat_map(|(_, s)| [s.visits, s.taken, s.solved]).max().unwrap_or(1).max(1);
    let room = WIDE / bars.len().max(1) as f64;
    let thick = (room * 0.26).min(18.0);
    // Words that would touch are left out.
    let every = (bars.len() / 16).max(1);
    let columns = bars.iter().enumerate().map(|(n, (word, step))| {
        let left = room * n as f64 + (room - 3.0 * thick) / 2.0;
        let column = |k: usize, count: u32, class: &'static str| {
            let height = f64::from(count) / f64::from(most) * (HIGH - 18.0);
            let x = left + thick * k as f64;
            let number = (count > 0 && room > 40.0).then(|| view! {
                <text class="step-n" x=x + thick / 2.0 y=HIGH - height - 3.0 text-anchor="middle">{count}</text>
            });
            view! { <rect class=class x=x y=HIGH - height width=thick height=height></rect>{number} }
        };
        view! {
            {column(0, step.visits, "step-visits")}{column(1, step.taken, "step-taken")}{column(2, step.solved, "step-solved")}
            {(n % every == 0).then(|| view! { <text class="step-at" x=room * (n as f64 + 0.5) y=HIGH + 16.0 text-anchor="middle">{word.clone()}</text> })}
        }
    });
    let columns = columns.collect_view();
    view! { <line class="step-floor" x1="0" x2=WIDE y1=HIGH y2=HIGH></line>{columns} }
}

/// Households by whole degree.
#[component]
pub fn Temperatures(answer: Memo<Report>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="c-card temperatures">
            <header class="c-card-head">
                <h2>{t!(i18n, console.temperatures)}</h2>
                <span class="c-muted">{move || text!(i18n, console.measured_n, n = grouped(answer.with(|r| r.total.get(Figure::Measured))))}</span>
            </header>
            {live(move || match super::super::overview::degrees(&answer.with(|r| r.total.degrees())) {
                bars if bars.is_empty() => view! { <p class="c-nothing">{t_string!(i18n, console.no_temperatures)}</p> },
                bars => view! { <Histogram bars label=t_string!(i18n, console.temperatures)/> },
            })}
        </section>
    }
}
