//! The figures as tiles: a share or a count, how it changed, and a link to the facts behind it.

use huce_core::figures::{
    Figure, Rate, Report, Sums,
    words::{effect_text, permille_text, tenths_text},
};

use super::{
    super::figures::grouped,
    scope::{Chosen, lang, query_of},
};
use crate::{form::text, i18n::*, prelude::*, router::to};

/// The list of the facts behind a figure.
pub fn traces(chosen: Chosen, figure: Figure) -> String {
    to(format!("/traces?{}&figure={}", query_of(&chosen.scope()), word(figure)))
}

/// A figure's word in an address.
pub fn word(figure: Figure) -> String {
    match serde_json::to_value(figure) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// A figure of this word.
pub fn of_word(text: &str) -> Option<Figure> {
    Figure::ALL.into_iter().find(|figure| word(*figure) == text)
}

/// `+12`; nothing where there was nothing to compare with.
fn change(now: Option<i64>, before: Option<i64>) -> Option<i64> {
    now.zip(before).map(|(now, before)| now - before)
}

/// `+3.4`, in points of percent.
fn points(change: i64) -> String {
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", tenths_text(change))
}

fn signed(n: Option<u64>) -> Option<i64> {
    n.and_then(|n| i64::try_from(n).ok())
}

/// The figures.
#[component]
pub fn Figures(answer: Memo<Report>, chosen: Chosen) -> impl IntoView {
    let i18n = use_i18n();
    let rates = Rate::ALL.map(|rate| {
        let all = move || answer.with(|r| r.total.permille(rate));
        let was = move || answer.with(|r| r.before.permille(rate));
        let season = move || answer.with(|r| r.season_before.permille(rate));
        let below = move || {
            let before = change(signed(all()), signed(was())).map(points);
            let year = change(signed(all()), signed(season())).map(points);
            compared(i18n, before, year)
        };
        let tone = move || tone(change(signed(all()), signed(was())), rate.is_bad());
        view! {
            <a class="report-tile" href=move || traces(chosen, rate.parts().0)>
                <span>{move || rate.name(lang(i18n))}</span>
                <b>{move || permille_text(all())}</b>
                <small class=tone>{below}</small>
            </a>
        }
    });
    let median = move |sums: &Sums| sums.median_tenths().map(i64::from);
    let counts = Figure::ALL.into_iter().filter(|figure| *figure != Figure::Households).map(|figure| {
        let below = move || {
            let [now, was, season] = answer.with(|r| [&r.total, &r.before, &r.season_before].map(|s| s.get(figure)));
            let difference = |then| change(signed(Some(now)), signed(Some(then))).map(|n| format!("{n:+}"));
            compared(i18n, difference(was), difference(season))
        };
        view! {
            <a class="report-tile small" href=move || traces(chosen, figure) title=move || figure.meaning(lang(i18n))>
                <span>{move || figure.name(lang(i18n))}</span>
                <b>{move || grouped(answer.with(|r| r.total.get(figure)))}</b>
                <small class="c-muted">{below}</small>
            </a>
        }
    });
    let counts = counts.collect_view();
    view! {
        <section class="report-tiles" aria-label=t!(i18n, report.shares)>
            {rates.into_iter().collect_view()}
            <a class="report-tile" href=move || traces(chosen, Figure::Measured)>
                <span>{t!(i18n, report.median)}</span>
                <b>{move || answer.with(|r| median(&r.total)).map_or("–".to_owned(), |n| format!("{} °C", tenths_text(n)))}</b>
                <small class="c-muted">{move || {
                    let [now, was] = answer.with(|r| [median(&r.total), median(&r.before)]);
                    compared(i18n, change(now, was).map(points), None)
                }}</small>
            </a>
            <a class="report-tile" href=move || traces(chosen, Figure::PlansMeasured)>
                <span>{t!(i18n, report.effect)}</span>
                <b>{move || answer.with(|r| r.total.mean_effect_tenths()).map_or("–".to_owned(), effect_text)}</b>
                <small class="c-muted">{move || text!(i18n, report.of_plans, n = answer.with(|r| r.total.get(Figure::PlansMeasured)))}</small>
            </a>
        </section>
        <section class="report-tiles" aria-label=t!(i18n, report.counts)>{counts}</section>
    }
}

/// `上期 +12 · 去年同期 -3`
fn compared(i18n: I18n, before: Option<String>, season: Option<String>) -> String {
    let before = before.map(|by| text!(i18n, report.against_before, by = by));
    let season = season.map(|by| text!(i18n, report.against_season, by = by));
    before.into_iter().chain(season).collect::<Vec<_>>().join(" · ")
}

/// More is better, or worse.
fn tone(change: Option<i64>, is_bad: bool) -> &'static str {
    match change {
        Some(by) if by != 0 && (by > 0) != is_bad => "good",
        Some(by) if by != 0 => "bad",
        _ => "c-muted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_one_word_and_more_cold_is_worse() {
        for figure in Figure::ALL {
            assert_eq!(of_word(&word(figure)), Some(figure));
        }
        assert_eq!(word(Figure::SolvedInTime), "solved_in_time");
        assert_eq!([tone(Some(3), false), tone(Some(3), true), tone(Some(0), true)], ["good", "bad", "c-muted"]);
        assert_eq!([points(34), points(-5)], ["+3.4", "-0.5"]);
    }
}
