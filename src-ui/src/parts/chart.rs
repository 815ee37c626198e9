//! Small charts in SVG: the spread of temperatures, and one household's over time with the 18 °C line.

use huce_core::{clock::Millis, household::STANDARD_C, round::coverage::BurnDay};
use leptos::text_prop::TextProp;

use super::{temp_class, temp_text};
use crate::prelude::*;

/// How many households have which temperature: bars with their numbers.
#[component]
pub fn Histogram(
    /// Whole degree and households.
    bars: Vec<(i32, u32)>,
    /// What it shows, for readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let most = bars.iter().map(|(_, n)| *n).max().unwrap_or(1).max(1);
    let cold = |degree: i32| f64::from(degree) < STANDARD_C;
    let columns = bars
        .into_iter()
        .map(|(degree, n)| {
            let height = format!("{:.1}%", f64::from(n) / f64::from(most) * 86.0);
            view! {
                <li class="temp-bar" class:cold=cold(degree)>
                    <span class="bar-room">
                        <span class="bar-n">{n}</span>
                        <span class=format!("bar-fill {}", temp_class(Some(f64::from(degree)))) style:height=height></span>
                    </span>
                    <span class="bar-at">{degree}"°"</span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="histogram" aria-label=label>{columns}</ol> }
}

/// Room temperature over visits, oldest first. The points are evenly spaced: visits, not days.
#[component]
pub fn TempChart(
    /// When and °C, oldest first.
    points: Vec<(Millis, f64)>,
    /// Write the number at every point.
    #[prop(optional)]
    numbers: bool,
    /// A word for each point, under it.
    #[prop(optional)]
    days: Vec<String>,
) -> impl IntoView {
    let (width, height, under) = (330.0, if numbers { 150.0 } else { 90.0 }, if days.is_empty() { 0.0 } else { 20.0 });
    let lowest = points.iter().map(|p| p.1).fold(STANDARD_C, f64::min).floor() - 1.0;
    let highest = points.iter().map(|p| p.1).fold(STANDARD_C, f64::max).ceil() + 1.0;
    let y = move |c: f64| 16.0 + (highest - c) / (highest - lowest) * (height - under - 28.0);
    let step = if points.len() > 1 { (width - 40.0) / (points.len() - 1) as f64 } else { 0.0 };
    let x = move |n: usize| if points_alone(step) { width / 2.0 } else { 20.0 + step * n as f64 };
    let line: String = points.iter().enumerate().map(|(n, p)| format!("{:.1},{:.1} ", x(n), y(p.1))).collect();
    let summary = points.iter().map(|p| temp_text(p.1)).collect::<Vec<_>>().join(", ");
    let marks = points
        .iter()
        .enumerate()
        .map(|(n, p)| {
            // The number stands clear of the 18 °C line.
            let (at, line) = (y(p.1), y(STANDARD_C));
            let number_y = if (0.0..26.0).contains(&(at - line)) { at + 20.0 } else { at - 9.0 };
            let day = days.get(n).cloned().unwrap_or_default();
            view! {
                <circle class="chart-point" cx=x(n) cy=at r="4"></circle>
                {numbers.then(|| view! { <text class="chart-number" x=x(n) y=number_y text-anchor="middle">{format!("{:.1}", p.1)}</text> })}
                {(!day.is_empty()).then(|| view! { <text class="chart-day" x=x(n) y=height - 4.0 text-anchor="middle">{day}</text> })}
            }
        })
        .collect_view();
    view! {
        <svg class="chart" viewBox=format!("0 0 {width} {height}") role="img" aria-label=summary>
            <line class="chart-standard" x1="0" x2=width y1=y(STANDARD_C) y2=y(STANDARD_C)></line>
            <text class="chart-standard-text" x=width y=y(STANDARD_C) - 5.0 text-anchor="end">"18 °C"</text>
            <polyline class="chart-line" points=line></polyline>
            {marks}
        </svg>
    }
}

/// A round's burn-down: the doors that were left at each day's end against those that were to be left.
#[component]
pub fn BurnChart(
    /// A day each; `left` ends today.
    days: Vec<BurnDay>,
    /// All doors: the line begins here.
    doors: u32,
    /// What it shows, for readers.
    #[prop(into)]
    label: TextProp,
) -> impl IntoView {
    let (width, height) = (640.0, 200.0);
    let steps = days.len().max(1) as f64;
    let x = move |n: usize| 30.0 + (width - 60.0) * n as f64 / steps;
    let y = move |left: u32| 20.0 + (height - 50.0) * (1.0 - f64::from(left) / f64::from(doors.max(1)));
    let line = |points: &[(usize, u32)]| {
        points.iter().map(|(n, left)| format!("{:.1},{:.1} ", x(*n), y(*left))).collect::<String>()
    };
    // Before the first day all doors are left.
    let mut planned = vec![(0, doors)];
    let mut left = vec![(0, doors)];
    for (n, day) in days.iter().enumerate() {
        planned.push((n + 1, day.planned));
        left.extend(day.left.map(|doors| (n + 1, doors)));
    }
    let (planned, burnt) = (line(&planned), line(&left));
    let now = left.last().filter(|(n, _)| *n > 0).copied();
    let named = [days.first().map(|day| (1, day.day.clone())), days.last().map(|day| (days.len(), day.day.clone()))];
    let names = named.into_iter().flatten().collect::<Vec<_>>();
    let names = if days.len() > 1 { names } else { names.into_iter().take(1).collect() };
    let names = names.into_iter().map(|(n, day)| {
        let day = day.get(5..).unwrap_or_default().to_owned();
        view! { <text class="chart-day" x=x(n) y=height - 8.0 text-anchor="middle">{day}</text> }
    });
    view! {
        <svg class="chart burn" viewBox=format!("0 0 {width} {height}") role="img" aria-label=move || label.get()>
            <polyline class="chart-plan" points=planned></polyline>
            <polyline class="chart-line" points=burnt></polyline>
            {now.map(|(n, doors)| view! {
                <circle class="chart-point" cx=x(n) cy=y(doors) r="4"></circle>
                <text class="chart-number" x=x(n) y=y(doors) - 9.0 text-anchor="middle">{doors}</text>
            })}
            {names.collect_view()}
        </svg>
    }
}

fn points_alone(step: f64) -> bool {
    step == 0.0
}
