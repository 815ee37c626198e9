//! Facilities: stations, pipes, manholes, vehicles, what buildings have. Which kind, who was there last, what is still
//! to be looked at before the season. The same on the tablet and in the console.

use huce_core::{
    facility::FacilityKind,
    ipc::{
        Changed,
        facility::{Facilities as Ask, FacilityLine},
    },
};
use leptos::text_prop::TextProp;

use crate::{
    address,
    frame::Header,
    here::use_here,
    i18n::*,
    load::{load, show},
    pages::{exports::Exports, ways},
    parts::{Card, Empty, Pill, Row, Segmented, Sign, TextField, Tone},
    prelude::*,
    router::to,
    when::moment_text,
    words,
};

/// The facilities of this person's grids.
#[component]
pub fn Facilities() -> impl IntoView {
    let i18n = use_i18n();
    let kind = RwSignal::new(address::query("kind").and_then(|word| FacilityKind::of_word(&word)));
    let (due, text) = (RwSignal::new(false), RwSignal::new(String::new()));
    let list = load(&[Changed::Doors], move || Ask { kind: kind.get(), text: text.get(), due: due.get() });
    // Whoever comes back from one of them finds the kind that was chosen.
    effect(move || address::rename(&ways::facilities(kind.get())));
    let word = move |option: Option<FacilityKind>| match option {
        Some(kind) => words::facility_kind(i18n, kind),
        None => t_string!(i18n, facility.all_kinds),
    };
    let kinds = std::iter::once(None).chain(FacilityKind::ALL.map(Some));
    let kinds = kinds.map(|option| (option, TextProp::from(move || word(option)))).collect();
    let looks = vec![
        (false, TextProp::from(move || t_string!(i18n, facility.all))),
        (true, TextProp::from(move || t_string!(i18n, facility.due_only))),
    ];
    let filter = Signal::derive(move || {
        let kind = kind.get().map(|kind| format!("&kind={}", kind.as_str())).unwrap_or_default();
        let words: String = js_sys::encode_uri_component(&text.get()).into();
        format!("due={}&text={words}{kind}", due.get())
    });
    let above = (Signal::derive(|| to("/buildings")), TextProp::from(move || t_string!(i18n, facade.buildings)));
    view! {
        <Header title=t!(i18n, facility.title) above/>
        <main class="body">
            <div class="filters">
                <Segmented options=kinds value=kind label=t!(i18n, facility.kind)/>
                <Segmented options=looks value=due label=t!(i18n, facility.looked)/>
                <TextField label=t!(i18n, facility.find) value=text name="facility"/>
                <Exports table="facilities" filter places=true/>
            </div>
            {show(list, move |reply| {
                if reply.facilities.is_empty() {
                    return view! { <Empty sign=Sign::Building title=t!(i18n, facility.none) text=t!(i18n, facility.none_do)/> }.into_any();
                }
                let (all, open) = reply.kinds.iter().fold((0, 0), |(all, open), (_, a, d)| (all + a, open + d));
                let more = (reply.total as usize > reply.facilities.len()).then_some(reply.total);
                let rows = reply.facilities.iter().cloned().map(|line| view! { <Line line/> }).collect_view();
                view! {
                    <Card title=move || t_string!(i18n, facility.count, all = all, due = open)>
                        <ul class="rows">{rows}</ul>
                        {more.map(|n| view! { <p class="sub">{live(move || t_string!(i18n, facility.more, n = n))}</p> })}
                    </Card>
                }.into_any()
            })}
        </main>
    }
}

#[component]
fn Line(line: FacilityLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let FacilityLine { facility, visited_ms, due, open_requests, .. } = line;
    let href = ways::facility(&facility.id);
    let kind = facility.kind;
    let place = [facility.code, facility.estate].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let sub = move || {
        let when = match visited_ms {
            Some(ms) => t_string!(i18n, facade.last_visit, day = moment_text(i18n, ms, here.now_ms_untracked())),
            None => t_string!(i18n, facility.never).to_owned(),
        };
        let place = if place.is_empty() { String::new() } else { format!(" · {place}") };
        format!("{}{place} · {when}", words::facility_kind(i18n, kind))
    };
    view! {
        <Row title=facility.name sub href>
            {(open_requests > 0).then(|| view! {
                <Pill tone=Tone::Bad>{live(move || t_string!(i18n, facility.requests, n = open_requests))}</Pill>
            })}
            {due.then(|| view! { <Pill tone=Tone::Warn>{t!(i18n, facility.due)}</Pill> })}
        </Row>
    }
}
