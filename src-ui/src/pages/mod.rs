//! The pages. Each asks with calls, follows the replies, and lays parts out; none knows a transport or a colour.

mod anew;
pub mod buildings;
pub mod care;
pub mod clock_ring;
pub mod conflict;
mod conflict_words;
pub mod conflicts;
pub mod duty;
pub mod enrol;
pub mod exports;
pub mod facade;
pub mod facilities;
pub mod facility;
pub mod household;
pub mod map;
pub mod new_plan;
pub mod pin;
pub mod plan;
pub mod plan_parts;
pub mod plan_story;
pub mod plans;
mod recover;
pub mod request;
pub mod request_route;
pub mod request_steps;
pub mod request_take;
pub mod request_words;
pub mod requests;
pub mod say;
pub mod settings;
pub mod suggest;
pub mod sync;
mod sync_ways;
pub mod today;
pub mod unlock;
pub mod visit;
pub mod walk;
pub mod ways;

use huce_core::ipc::{CallError, Code};

use crate::{
    here::use_here,
    i18n::*,
    parts::{Empty, Failed, LinkButton, Sign},
    prelude::*,
    router::to,
};

/// There is no such page.
#[component]
pub fn NotFound() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main class="alone">
            <Empty sign=Sign::Map title=t!(i18n, settings.not_found) text=t!(i18n, settings.not_found_do)>
                <LinkButton href=to("/")>{t!(i18n, settings.home)}</LinkButton>
            </Empty>
        </main>
    }
}

/// The console waits for somebody.
#[component]
pub fn SignedOut() -> impl IntoView {
    let here = use_here();
    view! {
        <main class="alone">
            <Failed error=CallError::new(Code::SignedOut) on_retry=Callback::new(move |()| here.session.reload())/>
        </main>
    }
}
