//! An inspector forgot the PIN: the escrow of the tablet's key is opened, and what lets it in again is handed out in two
//! parts that go different ways: a code to be told, and a file for where there is no network.

use huce_core::{
    ids::DeviceId,
    ipc::{
        CallError,
        console::{OpenEscrow, OpenedEscrow},
    },
};
use leptos::task::spawn_local;

use super::super::{figures::moment, save::save};
use crate::{backend, form::text, here::use_here, i18n::*, pages::say::say, parts::Dialog, prelude::*};

/// What a person may do about it.
#[component]
pub fn Forgotten(
    /// Which tablet.
    device: DeviceId,
    /// What people call it.
    name: String,
    /// Whose it is.
    owner: StoredValue<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let asking = RwSignal::new(false);
    let opened = RwSignal::new(None::<OpenedEscrow>);
    let failed = RwSignal::new(None::<CallError>);
    let device = StoredValue::new(device);
    let open = move |_| {
        failed.set(None);
        spawn_local(async move {
            match backend::call(OpenEscrow { device: device.get_value() }).await {
                Ok(reply) => drop(opened.try_set(Some(reply))),
                Err(error) => drop(failed.try_set(Some(error))),
            }
        });
    };
    let shown = move || {
        match opened.get() {
        None => view! {
            <p>{text!(i18n, people.forgot_sure, name = owner.get_value())}</p>
            {move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> })}
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| asking.set(false)>{t_string!(i18n, people.cancel)}</button>
                <button type="button" class="btn primary" on:click=open>{t_string!(i18n, people.forgot_open)}</button>
            </div>
        }
        .into_any(),
        Some(OpenedEscrow { code, until_ms, file, file_name }) => view! {
            <p>{t_string!(i18n, people.forgot_tell)}</p>
            <code class="spoken recovery-code">{code}</code>
            <p class="c-muted">{text!(i18n, people.forgot_fetch, time = moment(until_ms, here.now_ms_untracked()))}</p>
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| save(&file_name, &file)>{t_string!(i18n, people.forgot_file)}</button>
                <button type="button" class="btn primary" on:click=move |_| { asking.set(false); opened.set(None) }>{t_string!(i18n, people.forgot_done)}</button>
            </div>
        }
        .into_any(),
    }
    };
    let (aloud, title) = (name.clone(), name);
    view! {
        <button type="button" class="c-link" aria-label=text!(i18n, people.forgot_of, name = aloud)
            on:click=move |_| { failed.set(None); opened.set(None); asking.set(true) }>{t_string!(i18n, people.forgot)}</button>
        <Dialog open=asking title=move || text!(i18n, people.forgot_of, name = title.clone())>{shown}</Dialog>
    }
}
