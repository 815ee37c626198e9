//! Today: what is to be done now, the least time left first.

mod lists;
mod round;

use huce_core::ipc::{Changed, today::Today as Ask};

use super::{care::CareDue, conflicts::ConflictHint, pin::PinHint};
use crate::{
    frame::Header,
    here::use_here,
    i18n::*,
    load::{load, show},
    parts::{Card, Empty, Histogram},
    prelude::*,
    when::{day_text, weekday},
};

/// The tablet's first page.
#[component]
pub fn Today() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let today = here.today();
    let reply = load(&[Changed::Doors, Changed::Session], || Ask {});
    let sub = move || {
        let day = today.get();
        let grids = here.ready(|r| r.grids.first().map(|g| format!(" · {} {}", g.name, g.id))).flatten();
        format!("{} {}{}", day_text(i18n, day, day), weekday(i18n, day), grids.unwrap_or_default())
    };
    view! {
        <Header title=t!(i18n, today.title) sub search=true/>
        <main class="body">
            <PinHint/>
            <ConflictHint/>
            {show(reply, move |today| {
                let bars = today.temperatures.clone();
                let (measured, cold, planned) = (today.measured, today.cold, today.cold_planned);
                view! {
                    <div class="columns">
                        <div class="column">
                            <lists::Drafts drafts=today.drafts.clone()/>
                            <round::Rounds rounds=today.rounds.clone()/>
                            <CareDue/>
                            <lists::Due plans=today.plans_due.clone() follow_ups=today.follow_ups.clone()/>
                        </div>
                        <div class="column">
                            <lists::Requests requests=today.requests.clone()/>
                            <Card title=t!(i18n, today.temperatures)>
                                {if bars.is_empty() {
                                    view! { <Empty title=t!(i18n, today.temps_none) text=t!(i18n, today.temps_none_do)/> }.into_any()
                                } else {
                                    view! {
                                        <Histogram bars label=t_string!(i18n, today.temperatures)/>
                                        <p class="under-chart">
                                            {live(move || t_string!(i18n, today.measured, n = measured))}" · "
                                            <b class="text-calm">{live(move || t_string!(i18n, today.cold, n = cold))}</b>
                                            {live(move || (planned > 0).then(|| format!("，{}", t_string!(i18n, today.planned, n = planned))))}
                                        </p>
                                    }.into_any()
                                }}
                            </Card>
                        </div>
                    </div>
                }.into_any()
            })}
        </main>
    }
}
