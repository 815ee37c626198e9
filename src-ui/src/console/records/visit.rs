//! One visit with all its answers, in the form's words and order, and its photos.

use huce_core::{
    body::Outcome,
    household::STANDARD_C,
    ids::{EventId, HouseholdId},
    ipc::{
        Changed,
        household::{HouseholdPage, OpenHousehold, OpenVisitRecord, VisitRecord},
    },
};

use super::super::shown::Shown;
use crate::{
    address::use_params,
    backend::photo_url,
    files::shown::Files,
    here::use_here,
    i18n::*,
    load::{Loader, load_some},
    pages::ways,
    parts::{Empty, Icon, Pill, Sign, Thumb, temp_class, temp_text},
    prelude::*,
    when::moment_text,
    words,
};

/// The page: `/record/:household/:visit`.
#[component]
pub fn VisitRecordPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let named = Memo::new(move |_| {
        let text = |name: &str| params.get(name);
        let household = text("household").and_then(|h| HouseholdId::new(h).ok())?;
        let visit = text("visit").and_then(|v| v.parse::<EventId>().ok())?;
        Some((household, visit))
    });
    let record = load_some(&[Changed::Doors], move || {
        named.get().map(|(household, visit)| OpenVisitRecord { at: household.into(), visit })
    });
    let door = load_some(&[Changed::Doors], move || named.get().map(|(household, _)| OpenHousehold { household }));
    view! {
        <div class="c-sheet record-page">
            {move || match named.get() {
                None => view! { <Empty sign=Sign::Door title=t!(i18n, console.no_visit)/> }.into_any(),
                Some((household, _)) => view! {
                    <Head door household/>
                    <Shown of=record lines=8 let:answer><Record answer/></Shown>
                }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Head(door: Loader<HouseholdPage>, household: HouseholdId) -> impl IntoView {
    let i18n = use_i18n();
    let address = move || door.get(|d| format!("{} {}", d.household.estate, d.household.short()));
    view! {
        <header class="c-head">
            <a class="head-above" href=ways::household(&household)><Icon sign=Sign::Back/><span>{move || address().unwrap_or_else(|| t_string!(i18n, console.household).to_owned())}</span></a>
            <h1>{t!(i18n, console.visit)}</h1>
        </header>
    }
}

#[component]
fn Record(answer: Memo<VisitRecord>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let brief = Memo::new(move |_| answer.with(|a| a.brief.clone()));
    let when = move || brief.with(|b| moment_text(i18n, b.when_ms, here.now_ms_untracked()));
    let who = move || brief.with(|b| here.name_of(&b.person));
    view! {
        <section class="c-card record-brief">
            <div><span class="figure-label">{t!(i18n, console.when)}</span><b>{when}</b></div>
            <div><span class="figure-label">{t!(i18n, console.who)}</span><b>{who}</b></div>
            <div><span class="figure-label">{t!(i18n, console.outcome)}</span>
                {move || { let outcome = brief.with(|b| b.outcome); view! { <Pill tone=words::outcome_tone(outcome)>{words::outcome(i18n, outcome)}</Pill> } }}</div>
            {move || brief.with(|b| b.satisfaction).map(|n| view! {
                <div><span class="figure-label">{t_string!(i18n, console.satisfaction)}</span><b>{format!("{n} / 5")}</b></div>
            })}
            <ul class="record-rooms" aria-label=t!(i18n, console.rooms)>
                {move || brief.with(|b| b.readings.clone()).into_iter().map(|r| view! {
                    <li class=format!("record-room {}", temp_class(Some(r.temp_c)))>
                        <span>{r.room}</span><b>{temp_text(r.temp_c)}</b>
                        {(r.temp_c < STANDARD_C).then(|| view! { <small>{format!("−{:.1}°", STANDARD_C - r.temp_c)}</small> })}
                    </li>
                }).collect_view()}
            </ul>
        </section>
        {move || brief.with(|b| b.corrects.is_some()).then(|| view! { <p class="c-said calm"><Icon sign=Sign::Clock/><span>{t_string!(i18n, console.corrects)}</span></p> })}
        <div class="record-both">
            <section class="c-card">
                <h2>{t!(i18n, console.answers)}</h2>
                {move || match answer.with(|a| a.answers.clone()) {
                    answers if answers.is_empty() => view! { <p class="c-nothing">{if brief.with(|b| b.outcome) == Outcome::Done {
                        t_string!(i18n, console.no_answers)
                    } else {
                        t_string!(i18n, console.nobody_answered)
                    }}</p> }.into_any(),
                    answers => {
                        let zh = i18n.get_locale() == Locale::zh;
                        view! {
                            <dl class="record-answers">
                                {answers.into_iter().map(|(question_zh, question_en, said)| view! {
                                    <div><dt>{if zh || question_en.is_empty() { question_zh } else { question_en }}</dt><dd>{said}</dd></div>
                                }).collect_view()}
                            </dl>
                        }.into_any()
                    }
                }}
            </section>
            <section class="c-card">
                <h2>{t!(i18n, console.photos)}</h2>
                {move || Some(answer.with(|a| a.files.clone())).filter(|f| !f.is_empty()).map(|files| view! { <Files files/> })}
                {move || match answer.with(|a| a.photos.clone()) {
                    photos if photos.is_empty() => view! { <p class="c-nothing">{t_string!(i18n, console.no_photos)}</p> }.into_any(),
                    photos => view! {
                        <div class="record-photos">
                            {photos.into_iter().map(|p| view! { <Thumb small=photo_url(&p, true) large=photo_url(&p, false) caption=p.short().to_owned()/> }).collect_view()}
                        </div>
                    }.into_any(),
                }}
            </section>
        </div>
    }
}
