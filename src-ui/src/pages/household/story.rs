//! The timeline of a household or facility: visits, plans, requests, call-backs and photos, the newest first.

use std::collections::BTreeMap;

use huce_core::{
    body::{Attached, Outcome, PhotoRole},
    clock::{Millis, china_date},
    door::{CallBackBrief, Door, PhotoBrief, VisitBrief},
    ids::{EventId, PhotoId},
    ipc::household::OpenVisitRecord,
    plan::Plan,
    request::Request,
    site::Site,
};

use crate::{
    backend::photo_url,
    files::shown::Files,
    here::use_here,
    i18n::*,
    load::{load, show},
    parts::{Button, Empty, Kind, Moment, PhotoPair, Pill, Sign, Thumb, Timeline, Tone, temp_text},
    prelude::*,
    router::to,
    when::moment_text,
    words,
};

/// A recording or a file, with what it is and its bytes.
type HeldFile = (PhotoId, Attached, u64);

/// One thing that happened.
enum Part {
    Visit(EventId, VisitBrief, Vec<PhotoId>, bool, Vec<HeldFile>),
    Plan(Box<Plan>, Vec<(PhotoId, PhotoBrief)>),
    Request(Box<Request>, Option<bool>),
    CallBack(CallBackBrief),
    Photos(Vec<(PhotoId, PhotoBrief)>),
}

/// The parts of a page with the moment of each, the newest first. Photos stand with the visit of the same person and
/// day, or with their plan; else by themselves.
fn parts(door: &Door, plans: &[Plan]) -> Vec<(Millis, Part)> {
    let corrected: Vec<_> = door.visits.values().filter_map(|v| v.corrects.as_ref()).collect();
    let mut of_visit: BTreeMap<&EventId, Vec<PhotoId>> = BTreeMap::new();
    let mut files: BTreeMap<&EventId, Vec<HeldFile>> = BTreeMap::new();
    let mut of_plan: BTreeMap<&str, Vec<(PhotoId, PhotoBrief)>> = BTreeMap::new();
    let mut alone: BTreeMap<(chrono::NaiveDate, &str), Vec<(PhotoId, PhotoBrief)>> = BTreeMap::new();
    for (id, (_, photo)) in &door.photos {
        let same = |v: &VisitBrief| v.person == photo.person && china_date(v.when_ms) == china_date(photo.when_ms);
        let visit = door.visits.iter().filter(|(_, v)| same(v)).min_by_key(|(_, v)| v.when_ms.abs_diff(photo.when_ms));
        match (&photo.plan, visit) {
            (Some((plan, _)), _) => of_plan.entry(plan.as_str()).or_default().push((id.clone(), photo.clone())),
            (None, Some((visit, _))) if photo.role == PhotoRole::Visit => match &photo.attached {
                Some(attached) => {
                    files.entry(visit).or_default().push((id.clone(), attached.clone(), photo.bytes));
                }
                None => of_visit.entry(visit).or_default().push(id.clone()),
            },
            _ => {
                let day = (china_date(photo.when_ms), photo.person.as_str());
                alone.entry(day).or_default().push((id.clone(), photo.clone()));
            }
        }
    }
    let mut all = Vec::new();
    for (id, visit) in &door.visits {
        let photos = of_visit.remove(id).unwrap_or_default();
        let files = files.remove(id).unwrap_or_default();
        all.push((visit.when_ms, Part::Visit(id.clone(), visit.clone(), photos, corrected.contains(&id), files)));
    }
    for plan in plans {
        let photos = of_plan.remove(plan.id.as_str()).unwrap_or_default();
        all.push((plan.changed_ms, Part::Plan(Box::new(plan.clone()), photos)));
    }
    for request in door.requests.values() {
        all.push((request.taken_ms, Part::Request(Box::new(request.clone()), door.satisfied(&request.id))));
    }
    for call in door.call_backs.values() {
        all.push((call.when_ms, Part::CallBack(call.clone())));
    }
    for photos in alone.into_values().chain(of_plan.into_values()) {
        let when_ms = photos.iter().map(|(_, p)| p.when_ms).max().unwrap_or_default();
        all.push((when_ms, Part::Photos(photos)));
    }
    huce_core::order::sort_by_key(&mut all, |(when_ms, _)| std::cmp::Reverse(*when_ms));
    all
}

/// The timeline.
#[component]
pub fn Story(
    /// Whose.
    site: Site,
    /// What happened there.
    door: Door,
    /// The plans of a household in full.
    plans: Vec<Plan>,
    /// Events that the server does not have yet.
    unsent: Vec<EventId>,
) -> impl IntoView {
    let i18n = use_i18n();
    let all = parts(&door, &plans);
    if all.is_empty() {
        return view! { <Empty sign=Sign::Clock title=t!(i18n, household.timeline_none) text=t!(i18n, household.timeline_none_do)/> }.into_any();
    }
    let moments = all
        .into_iter()
        .map(|(when_ms, part)| match part {
            Part::Visit(id, visit, photos, corrected, files) => {
                let unsent = unsent.contains(&id);
                view! { <VisitMoment site=site.clone() id visit photos files corrected unsent/> }.into_any()
            }
            Part::Plan(plan, photos) => view! { <PlanMoment plan=*plan photos/> }.into_any(),
            Part::Request(request, satisfied) => view! { <RequestMoment request=*request satisfied/> }.into_any(),
            Part::CallBack(call) => view! { <CallMoment call/> }.into_any(),
            Part::Photos(photos) => view! { <PhotosMoment when_ms photos/> }.into_any(),
        })
        .collect_view();
    view! { <Timeline>{moments}</Timeline> }.into_any()
}

fn visit_title(i18n: I18n, is_door: bool, visit: &VisitBrief, corrected: bool) -> String {
    let title = match visit.outcome {
        Outcome::Done if !is_door => t_string!(i18n, facility.inspected),
        Outcome::Done => t_string!(i18n, household.visit),
        Outcome::NoAnswer => t_string!(i18n, household.visit_no_answer),
        Outcome::Refused => t_string!(i18n, household.visit_refused),
    };
    if corrected {
        format!("{title}（{}）", t_string!(i18n, household.visit_corrected))
    } else if visit.corrects.is_some() {
        format!("{title}（{}）", t_string!(i18n, household.visit_corrects))
    } else {
        title.to_owned()
    }
}

#[component]
fn VisitMoment(
    site: Site,
    id: EventId,
    visit: VisitBrief,
    photos: Vec<PhotoId>,
    files: Vec<HeldFile>,
    corrected: bool,
    unsent: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let open = RwSignal::new(false);
    let tone = match visit.outcome {
        Outcome::Done if visit.lowest_c().is_some_and(|c| c < huce_core::household::STANDARD_C) => Tone::Bad,
        other => words::outcome_tone(other),
    };
    let (person, when_ms) = (visit.person.clone(), visit.when_ms);
    let readings: Vec<String> = visit.readings.iter().map(|r| format!("{} {:.1}", r.room, r.temp_c)).collect();
    let satisfaction = visit.satisfaction;
    let line = move || {
        let rooms = (!readings.is_empty()).then(|| format!("{} °C", readings.join("、")));
        let said = satisfaction.map(|n| t_string!(i18n, household.satisfaction, n = n));
        [rooms, said].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let photos: Vec<_> = photos.into_iter().map(|id| (id, String::new())).collect();
    let done = visit.outcome == Outcome::Done;
    let title = {
        let (visit, is_door) = (visit.clone(), site.household().is_some());
        move || visit_title(i18n, is_door, &visit, corrected)
    };
    let meta = move || {
        let waiting = if unsent { format!(" · {}", t_string!(i18n, household.waiting)) } else { String::new() };
        format!("{} · {}{waiting}", moment_text(i18n, when_ms, here.now_ms_untracked()), here.name_of(&person))
    };
    let record = StoredValue::new(OpenVisitRecord { at: site, visit: id });
    view! {
        <Moment tone title meta>
            <p>{line}</p>
            {(!photos.is_empty()).then(|| view! { <Photos photos/> })}
            {(!files.is_empty()).then(|| view! { <Files files/> })}
            {done.then(|| view! {
                <Button kind=Kind::Quiet on_press=move |()| open.update(|o| *o = !*o)>
                    {live(move || if open.get() { t_string!(i18n, household.answers_hide) } else { t_string!(i18n, household.answers) })}
                </Button>
            })}
            <Show when=move || open.get()><Answers ask=record.get_value()/></Show>
        </Moment>
    }
}

/// Question and answer in the form's words.
#[component]
fn Answers(ask: OpenVisitRecord) -> impl IntoView {
    let i18n = use_i18n();
    let record = load(&[], move || ask.clone());
    show(record, move |record| {
        let answers = record.answers.clone();
        view! {
            <dl class="answers">
                {answers.into_iter().map(|(zh, en, answer)| view! {
                    <div><dt>{live(move || if i18n.get_locale() == Locale::en && !en.is_empty() { en.clone() } else { zh.clone() })}</dt><dd>{answer}</dd></div>
                }).collect_view()}
            </dl>
        }
        .into_any()
    })
}

#[component]
fn PlanMoment(plan: Plan, photos: Vec<(PhotoId, PhotoBrief)>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let (state, changed_ms) = (plan.state, plan.changed_ms);
    let (done, all) = plan.progress();
    let effect = match (plan.before_c, plan.after_c) {
        (Some(before), Some(after)) => Some(format!("{before:.1} → {}", temp_text(after))),
        _ => None,
    };
    let measures: Vec<String> = plan.measures.iter().map(|m| m.title.clone()).collect();
    let line = [
        Some(plan.diagnosis.clone()).filter(|d| !d.is_empty()),
        Some(measures.join("；")).filter(|m| !m.is_empty()),
        effect,
    ];
    let line = line.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let side = |role: PhotoRole, word: &str| -> Vec<(String, String, String)> {
        let of_role = photos.iter().filter(|(_, p)| p.role == role);
        of_role
            .map(|(id, p)| {
                let when = moment_text(i18n, p.when_ms, here.now_ms_untracked());
                (photo_url(id, true), photo_url(id, false), format!("{word} {when} · #{}", id.short()))
            })
            .collect()
    };
    let before = side(PhotoRole::Before, t_string!(i18n, household.before));
    let after = side(PhotoRole::After, t_string!(i18n, household.after));
    let pair = !(before.is_empty() && after.is_empty());
    view! {
        <Moment tone=words::plan_tone(state) title=t!(i18n, household.plan) href=to(format!("/plan/{}", plan.id))
            meta=move || moment_text(i18n, changed_ms, here.now_ms_untracked())>
            <p>
                <Pill tone=words::plan_tone(state)>{live(move || words::plan_state(i18n, state))}</Pill>
                " "{live(move || (all > 0).then(|| t_string!(i18n, household.progress, done = done, all = all)))}
            </p>
            <p>{line}</p>
            {pair.then(|| view! { <PhotoPair before after/> })}
        </Moment>
    }
}

#[component]
fn RequestMoment(request: Request, satisfied: Option<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let state = request.state(satisfied);
    let (category, channel, taken_ms) = (request.category, request.channel, request.taken_ms);
    view! {
        <Moment tone=words::request_tone(state) href=to(format!("/request/{}", request.id))
            title=move || t_string!(i18n, household.request, what = words::category(i18n, category))
            meta=move || format!("{} · {} · {}", moment_text(i18n, taken_ms, here.now_ms_untracked()), words::channel(i18n, channel), words::request_state(i18n, state))>
            <p>{request.text.clone()}</p>
            {request.resolution.clone().map(|r| view! { <p>{r}</p> })}
        </Moment>
    }
}

#[component]
fn CallMoment(call: CallBackBrief) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let CallBackBrief { when_ms, person, said } = call;
    let (tone, reached, satisfied) = match (said.reached, said.satisfied) {
        (false, _) => (Tone::Plain, false, None),
        (true, s) => (if s == Some(false) { Tone::Bad } else { Tone::Good }, true, s),
    };
    let said_text = move || match (reached, satisfied) {
        (false, _) => t_string!(i18n, household.call_missed),
        (true, Some(true)) => t_string!(i18n, household.call_good),
        (true, Some(false)) => t_string!(i18n, household.call_bad),
        (true, None) => "",
    };
    view! {
        <Moment tone title=t!(i18n, household.call_back)
            meta=move || format!("{} · {}", moment_text(i18n, when_ms, here.now_ms_untracked()), here.name_of(&person))>
            <p>{said_text}" "{said.note.clone()}</p>
        </Moment>
    }
}

#[component]
fn PhotosMoment(when_ms: Millis, photos: Vec<(PhotoId, PhotoBrief)>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let n = photos.len();
    let person = photos.first().map(|(_, p)| p.person.clone());
    let word = move |role: PhotoRole| match role {
        PhotoRole::Before => t_string!(i18n, household.before).to_owned(),
        PhotoRole::After => t_string!(i18n, household.after).to_owned(),
        _ => String::new(),
    };
    let photos: Vec<(PhotoId, String)> = photos.into_iter().map(|(id, p)| (id, word(p.role))).collect();
    view! {
        <Moment tone=Tone::Calm title=move || t_string!(i18n, household.photos, n = n)
            meta=move || format!("{} · {}", moment_text(i18n, when_ms, here.now_ms_untracked()), person.as_ref().map(|p| here.name_of(p)).unwrap_or_default())>
            <Photos photos/>
        </Moment>
    }
}

/// Small photos in a row, each with its word and short hash.
#[component]
fn Photos(photos: Vec<(PhotoId, String)>) -> impl IntoView {
    view! {
        <div class="photos">
            {photos.into_iter().map(|(id, word)| {
                let caption = format!("{word} #{}", id.short()).trim().to_owned();
                view! { <Thumb small=photo_url(&id, true) large=photo_url(&id, false) caption/> }
            }).collect_view()}
        </div>
    }
}
