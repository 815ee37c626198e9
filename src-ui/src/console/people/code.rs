//! A one-time enrolment code: a line to send, a QR code of it, and its parts to type, large enough to be read across a
//! desk; and the time that is left.

use huce_core::{
    enrol_line::SHORTEST_FINGERPRINT,
    ipc::{
        CallError,
        console::{EnrolmentCode, NewCode},
    },
    person::Person,
};
use leptos::task::spawn_local;

use super::super::figures::left;
use crate::{
    backend,
    form::text,
    here::use_here,
    i18n::*,
    pages::say::say,
    parts::{Dialog, Waiting},
    prelude::*,
};

/// The dialog; open while there is somebody to make a code for. Each opening makes one.
#[component]
pub fn CodeDialog(
    /// Whose tablet.
    code_for: RwSignal<Option<Person>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let code = RwSignal::new(None::<Result<EnrolmentCode, CallError>>);
    let name = RwSignal::new(String::new());
    let approve = RwSignal::new(false);
    let make = move || {
        let Some(person) = code_for.get_untracked() else { return };
        code.set(None);
        spawn_local(async move {
            let made = backend::call(NewCode { person: person.id.clone(), approve: approve.get_untracked() }).await;
            // Closed and opened for somebody else meanwhile.
            if code_for.try_get_untracked().flatten().is_some_and(|p| p.id == person.id) {
                code.set(Some(made));
            }
        });
    };
    Effect::new(move |_| {
        if let Some(person) = code_for.get() {
            name.set(person.name);
            approve.set(false);
            open.set(true);
            make();
        }
    });
    Effect::new(move |_| {
        if !open.get() && code_for.with_untracked(Option::is_some) {
            code_for.set(None);
        }
    });
    view! {
        <Dialog open title=move || text!(i18n, people.code_title, name = name.get()) class="code-dialog">
            <label class="code-approve">
                <input type="checkbox" name="approve" prop:checked=move || approve.get()
                    on:change=move |e| { approve.set(event_target_checked(&e)); make() }/>
                <span>{t!(i18n, people.code_approve)}</span>
            </label>
            {move || match code.get() {
                None => view! { <Waiting/> }.into_any(),
                Some(Err(error)) => view! {
                    <p class="c-said bad" role="alert">{say(i18n, &error)}</p>
                    <button type="button" class="btn primary" on:click=move |_| make()>{t_string!(i18n, console.again)}</button>
                }.into_any(),
                Some(Ok(code)) => view! { <Made code again=Callback::new(move |()| make())/> }.into_any(),
            }}
        </Dialog>
    }
}

/// As much of a fingerprint as a tablet asks for, in groups that can be typed.
fn grouped(print: &str) -> String {
    let digits: Vec<char> = print.chars().take(SHORTEST_FINGERPRINT).collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

#[component]
fn Made(code: EnrolmentCode, again: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let until = code.until_ms;
    let left_ms = Memo::new(move |_| (until - here.now_ms()).max(0));
    let (side, dark) = code.qr;
    // The quiet zone of four modules is part of a QR code.
    let around = format!("-4 -4 {0} {0}", side + 8);
    view! {
        <div class="code-whole">
            <svg class="code-qr" viewBox=around role="img" aria-label=t_string!(i18n, people.code_qr)><path d=dark/></svg>
            <div>
                <span>{t!(i18n, people.code_line)}</span>
                <output class="code-line">{code.line}</output>
            </div>
        </div>
        <p class="c-muted">{t!(i18n, people.code_typed)}</p>
        <ol class="code-steps">
            <li>
                <span>{t!(i18n, people.code_address)}</span>
                <output class="code-address">{code.url}</output>
            </li>
            <li>
                <span>{t!(i18n, people.code_code)}</span>
                <output class="code-code" class:over=move || left_ms.get() == 0>{code.code}</output>
            </li>
            {code.fingerprint.map(|print| view! {
                <li>
                    <span>{t!(i18n, people.code_print)}</span>
                    <output class="code-address">{grouped(&print)}</output>
                </li>
            })}
        </ol>
        {move || if left_ms.get() == 0 {
            view! {
                <p class="c-said warn" role="status">{t_string!(i18n, people.code_over)}</p>
                <button type="button" class="btn big primary" on:click=move |_| again.run(())>{t_string!(i18n, people.code_again)}</button>
            }.into_any()
        } else {
            view! { <p class="c-muted">{text!(i18n, people.code_left, time = left(left_ms.get()))}</p> }.into_any()
        }}
    }
}
