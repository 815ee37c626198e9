//! Rounds: how many doors are left, where, and the way to the next one.

use huce_core::ipc::today::{RoundProgress, Stairwell};

use crate::{
    i18n::*,
    pages::{facade::facade_path, ways},
    parts::{Card, Empty, Kind, LinkButton, Ring, Sign, Tone},
    prelude::*,
    router::to,
};

/// How many stairwells a card shows: the unfinished ones first come in walking order.
const STAIRWELLS: usize = 6;

#[component]
pub fn Rounds(rounds: Vec<RoundProgress>) -> impl IntoView {
    let i18n = use_i18n();
    if rounds.is_empty() {
        return view! {
            <Card title=t!(i18n, today.round)>
                <Empty sign=Sign::Door title=t!(i18n, today.rounds_none) text=t!(i18n, today.rounds_none_do)>
                    <LinkButton href=to("/buildings")>{t!(i18n, settings.buildings)}</LinkButton>
                </Empty>
            </Card>
        }
        .into_any();
    }
    // One primary action a screen: the first round's.
    rounds
        .into_iter()
        .enumerate()
        .map(|(n, progress)| view! { <Round progress first=n == 0/> })
        .collect_view()
        .into_any()
}

#[component]
fn Round(progress: RoundProgress, first: bool) -> impl IntoView {
    let i18n = use_i18n();
    let RoundProgress { round, doors, visited, no_answer, today, days_left, stairwells, next, again_now } = progress;
    let target = round.target.unwrap_or(doors).max(1);
    let share = f64::from(visited) / f64::from(target);
    let ring_tone = if share >= 1.0 { Tone::Good } else { Tone::Ember };
    let line = move || {
        let plan = if days_left > 0 {
            t_string!(i18n, today.round_line, days = days_left, today = today)
        } else {
            t_string!(i18n, today.round_over, today = today)
        };
        let silent = (no_answer > 0).then(|| t_string!(i18n, today.no_answer, n = no_answer));
        let again = (again_now > 0).then(|| t_string!(i18n, round.again_count, n = again_now));
        [Some(plan), silent, again].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let walk = ways::walk(round.group());
    let kind = if first { Kind::Primary } else { Kind::Secondary };
    let open = stairwells.iter().position(|s| s.visited < s.doors).unwrap_or(0);
    // From the stairwell before the first that is not done: where one comes from and where one goes.
    let from = open.saturating_sub(1).min(stairwells.len().saturating_sub(STAIRWELLS));
    view! {
        <Card>
            <div class="round">
                <Ring large=true share=share tone=ring_tone
                    text=format!("{visited}/{target}") label=Signal::derive(move || t_string!(i18n, today.doors).to_owned())/>
                <div class="round-text">
                    <h2 class="card-title">{t!(i18n, today.round)}</h2>
                    <p class="title">{round.name.clone()}</p>
                    <p class="sub">{line}</p>
                </div>
                <LinkButton big=true href=walk>{t!(i18n, round.walk)}</LinkButton>
                {next.map(|next| view! {
                    <LinkButton kind big=true href=to(format!("/household/{next}"))>{t!(i18n, today.go_on)}" →"</LinkButton>
                })}
            </div>
            <ul class="stairwells">
                {stairwells.into_iter().skip(from).take(STAIRWELLS).map(|s| view! { <StairwellTile stairwell=s/> }).collect_view()}
            </ul>
        </Card>
    }
}

#[component]
fn StairwellTile(stairwell: Stairwell) -> impl IntoView {
    let i18n = use_i18n();
    let Stairwell { estate, building, entrance, doors, visited } = stairwell;
    let tone = match visited {
        0 => Tone::Plain,
        n if n >= doors => Tone::Good,
        _ => Tone::Ember,
    };
    let width = format!("{:.1}%", f64::from(visited) / f64::from(doors.max(1)) * 100.0);
    let href = to(facade_path(&estate, &building));
    let name = move || {
        if entrance.is_empty() {
            t_string!(i18n, today.stairwell_plain, building = building.as_str())
        } else {
            t_string!(i18n, today.stairwell, building = building.as_str(), entrance = entrance.as_str())
        }
    };
    view! {
        <li>
            <a class=format!("stairwell {}", tone.class()) href=href>
                <b>{name}</b>
                <span class="stairwell-n">{live(move || t_string!(i18n, today.of_doors, done = visited, all = doors))}</span>
                <span class="progress" aria-hidden="true"><span style:width=width></span></span>
            </a>
        </li>
    }
}
