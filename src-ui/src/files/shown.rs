//! A recording or a file wherever evidence is shown: what it is, how large, and what can be done with it. Its bytes are
//! asked for when somebody wants to hear, see or keep them.

use huce_core::{
    body::{Attached, Media},
    ids::PhotoId,
    ipc::{CallError, Code, session::Place, visit::SaveFile},
};
use leptos::task::spawn_local;

use super::{address, let_go, size_text, word};
use crate::{
    backend::{call, photo_url, place},
    error::error_texts,
    i18n::*,
    prelude::*,
};

/// How its showing is doing.
#[derive(Clone, PartialEq)]
enum State {
    Closed,
    Opening,
    /// Here, at this address.
    Open(String),
    /// The webview does not know this kind.
    Unknown,
    Saved(String),
    Failed(CallError),
}

/// One recording or file.
#[component]
pub fn File(
    /// Its name among the photos.
    photo: PhotoId,
    /// What it is.
    attached: Attached,
    /// How many bytes.
    bytes: u64,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = RwSignal::new(State::Closed);
    // What was asked for last; freed when another is, or the page is left.
    let held = StoredValue::new(String::new());
    on_cleanup(move || {
        let _ = held.try_with_value(|at| let_go(at));
    });
    let Attached { media, name } = attached;
    let (id, named) = (StoredValue::new(photo), StoredValue::new(name));
    let open = move |_| {
        state.set(State::Opening);
        spawn_local(async move {
            let now = match address(&id.get_value()).await {
                Ok(at) => {
                    let _ = held.try_update_value(|held| let_go(&std::mem::replace(held, at.clone())));
                    State::Open(at)
                }
                Err(error) => State::Failed(error),
            };
            let _ = state.try_set(now);
        });
    };
    let save = move |_| {
        state.set(State::Opening);
        spawn_local(async move {
            let copy = SaveFile { photo: id.get_value(), name: named.get_value() };
            let saved = call(copy).await;
            let _ = state.try_set(saved.map_or_else(State::Failed, |saved| State::Saved(saved.path)));
        });
    };
    let title = move || named.with_value(|n| if n.is_empty() { word(i18n, media).to_owned() } else { n.clone() });
    let about = move || {
        let size = size_text(bytes);
        if named.with_value(String::is_empty) { size } else { format!("{} · {size}", word(i18n, media)) }
    };
    let keep = move || match place() {
        Place::Tablet => view! {
            <button type="button" class="btn quiet" disabled=move || state.get() == State::Opening on:click=save>{t!(i18n, file.save_copy)}</button>
        },
        // The browser keeps it, and opens nothing.
        Place::Console => view! {
            <a class="btn quiet" rel="external" href=photo_url(&id.get_value(), false) download=title>{t!(i18n, file.save_copy)}</a>
        },
    };
    view! {
        <div class="held-file">
            <div class="held-file-head">
                <span class="row-text"><span class="row-title">{live(title)}</span><span class="row-sub">{live(about)}</span></span>
                {(media != Media::File).then(|| view! {
                    <button type="button" class="btn" disabled=move || state.get() == State::Opening on:click=open>{t!(i18n, file.play)}</button>
                })}
                {keep()}
            </div>
            {live(move || match state.get() {
                State::Closed => ().into_any(),
                State::Opening => view! { <p class="photo-word" role="status"><span class="bar busy"></span>{t!(i18n, file.opening)}</p> },
                State::Open(at) if media == Media::Video => view! {
                    <video class="held-film" src=at controls autoplay playsinline on:error=move |_| state.set(State::Unknown)></video>
                },
                State::Open(at) => view! {
                    <audio class="held-sound" src=at controls autoplay on:error=move |_| state.set(State::Unknown)></audio>
                },
                State::Unknown => view! { <p class="photo-word bad" role="alert">{t!(i18n, file.not_played)}</p> },
                State::Saved(path) => view! { <p class="photo-word" role="status">{t_string!(i18n, file.saved_at, path = path)}</p> },
                State::Failed(error) => view! { <p class="photo-word bad" role="alert">{why_not(i18n, &error)}</p> },
            })}
        </div>
    }
}

/// Recordings and files in a column.
#[component]
pub fn Files(
    /// Which, with what they are and their bytes.
    files: Vec<(PhotoId, Attached, u64)>,
) -> impl IntoView {
    let each = files.into_iter().map(|(photo, attached, bytes)| view! { <File photo attached bytes/> });
    view! { <div class="held-files">{each.collect_view()}</div> }
}

fn why_not(i18n: I18n, error: &CallError) -> String {
    match error.code {
        Code::NotFound => t_string!(i18n, file.not_here).to_owned(),
        _ => {
            let (title, text) = error_texts(i18n, error);
            format!("{title} {text}")
        }
    }
}
