//! A promise's clock as a ring that shrinks: what is left, or whether it was kept.

use huce_core::request::SlaClock;

use crate::{
    here::use_here,
    i18n::*,
    parts::{Ring, Tone},
    prelude::*,
    when::{clock_tone, left_text},
    words,
};

/// The ring of a clock.
#[component]
pub fn ClockRing(
    /// The clock.
    clock: SlaClock,
    /// The large ring.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let overdue = move || clock.left_ms(here.now_ms()) < 0;
    // A clock that has stopped says whether the promise was kept.
    let stopped = clock.stopped_ms.is_some();
    let paused = !stopped && clock.paused_ms.is_some();
    let label = Signal::derive(move || {
        let left = clock.left_ms(here.now_ms());
        if left < 0 {
            t_string!(i18n, words.overdue).to_owned()
        } else if stopped {
            t_string!(i18n, words.in_time).to_owned()
        } else if paused {
            t_string!(i18n, words.paused).to_owned()
        } else if left >= 3_600_000 {
            t_string!(i18n, words.hours).to_owned()
        } else {
            words::clock_kind(i18n, clock.kind).to_owned()
        }
    });
    let share = move || if overdue() || stopped { 1.0 } else { clock.left_share(here.now_ms()) };
    let tone = move || match (stopped, overdue()) {
        (true, false) => Tone::Good,
        (_, true) => Tone::Bad,
        _ if paused => Tone::Calm,
        _ => clock_tone(&clock, here.now_ms()),
    };
    let text = move || if stopped && !overdue() { "✓".to_owned() } else { left_text(clock.left_ms(here.now_ms())) };
    view! { <Ring share=Signal::derive(share) tone=Signal::derive(tone) text=Signal::derive(text) label large/> }
}
