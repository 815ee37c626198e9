//! An answer that is a recording or a file: recorded here where the webview can, or chosen. It can be replaced or removed
//! until the visit is submitted.

use std::sync::Arc;

use huce_core::{
    body::Media,
    form::Kind,
    ids::PhotoId,
    ipc::{
        CallError, Code,
        visit::{AddFile, DescribeFile},
    },
    photo::MAX_FILE_BYTES,
};
use leptos::{html, task::spawn_local};
use web_sys::Blob;

use super::asked::Asked;
use crate::{
    files::{self, can_record, recorder::Recorder, shown::File, size_text},
    i18n::*,
    load::load_some,
    prelude::*,
};

/// How a file that is being taken in is doing.
#[derive(Debug, Clone, PartialEq)]
enum Intake {
    Idle,
    Working,
    /// Larger than what is kept: so many bytes.
    TooLarge(u64),
    /// The webview recorded, and nothing came of it (WebKitGTK's encoder of film, on some machines).
    Nothing,
    Failed(CallError),
}

/// Sound, film or any file.
#[component]
pub fn FileAnswer(
    /// The question.
    asked: Asked,
    /// What it asks for.
    kind: Kind,
) -> impl IntoView {
    let i18n = use_i18n();
    if asked.filling.is_trial {
        return view! { <TrialFile asked/> };
    }
    let (media, wanted) = match kind {
        Kind::Audio => (Media::Audio, "audio/*"),
        Kind::Video => (Media::Video, "video/*"),
        _ => (Media::File, ""),
    };
    let quality = asked.said("quality");
    let only_new = media != Media::File && (asked.looks("new") || asked.looks("new-front")) && can_record(media);
    let can_be_recorded = media != Media::File && quality.as_deref() != Some("external");
    let bits = match quality.as_deref() {
        Some("voice-only") => 12_000,
        Some("low") => 24_000,
        _ => 64_000,
    };
    let answer = Memo::new(move |_| asked.value.with(|v| PhotoId::new(v.clone()).ok()));
    let has = Memo::new(move |_| answer.with(Option::is_some));
    let intake = RwSignal::new(Intake::Idle);
    let recording = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    let (draft, reference, filling) = (asked.filling.draft, asked.reference(), asked.filling);
    // Not callbacks of the page: they must still be there when the page was left while the bytes were being kept.
    let take: Arc<dyn Fn(Blob, String) + Send + Sync> = Arc::new(move |bytes, name| {
        let (size, reference) = (bytes.size() as u64, reference.clone());
        if size > MAX_FILE_BYTES as u64 {
            let _ = intake.try_set(Intake::TooLarge(size));
            return;
        }
        if size == 0 && name.is_empty() {
            let _ = intake.try_set(Intake::Nothing);
            return;
        }
        let Some(draft) = draft.try_get_value() else { return };
        let _ = intake.try_set(Intake::Working);
        spawn_local(async move {
            let added = files::take_in(AddFile { draft, media, name }, &bytes).await;
            let after = match added {
                Ok(added) => {
                    filling.set(&reference, added.photo.as_str(), false);
                    Intake::Idle
                }
                Err(error) => Intake::Failed(error),
            };
            let _ = intake.try_set(after);
        });
    });
    let recorded = {
        let take = take.clone();
        StoredValue::new(Arc::new(move |bytes: Blob| take(bytes, String::new())) as Arc<dyn Fn(Blob) + Send + Sync>)
    };
    let chosen = move |_| {
        let Some(field) = field.get_untracked() else { return };
        if let Some(file) = files::chosen(&field) {
            take(file.clone().into(), file.name());
        }
        // So that the same file can be chosen again.
        field.set_value("");
    };
    let is_busy = move || intake.get() == Intake::Working || recording.get();
    let described = load_some(&[], move || Some(DescribeFile { draft: draft.try_get_value()?, photo: answer.get()? }));
    view! {
        <div class="photo-answer file-answer">
            {live(move || answer.get().and_then(|photo| described.get(|d| view! {
                <File photo attached=d.attached.clone() bytes=d.bytes/>
            })))}
            <Show when=move || recording.get()>
                <Recorder media bits={(media == Media::Audio).then_some(bits)} on_done=recorded.get_value() on_close=move |()| recording.set(false)/>
            </Show>
            <Show when=move || !asked.locked.get()>
                <div class="take-photo">
                    <div class="take-buttons">
                        <input class="file-input" type="file" accept=wanted node_ref=field on:change=chosen.clone() aria-label=t!(i18n, visit.choose_file) tabindex="-1"/>
                        {(can_be_recorded && can_record(media)).then(|| view! {
                            <button type="button" class="btn" id=asked.id() disabled=is_busy on:click=move |_| recording.set(true)>
                                {live(move || match (media, has.get()) {
                                    (Media::Video, false) => t_string!(i18n, file.film),
                                    (Media::Video, true) => t_string!(i18n, file.film_again),
                                    (_, false) => t_string!(i18n, file.record),
                                    (_, true) => t_string!(i18n, file.record_again),
                                })}
                            </button>
                        })}
                        {(!only_new).then(|| view! {
                            <button type="button" class="btn quiet" disabled=is_busy on:click=move |_| if let Some(field) = field.get_untracked() { field.click() }>
                                {t!(i18n, visit.choose_file)}
                            </button>
                        })}
                        <Show when=move || has.get()>
                            <button type="button" class="btn quiet" on:click=move |_| asked.answer("")>{t!(i18n, visit.remove)}</button>
                        </Show>
                    </div>
                    {(can_be_recorded && !can_record(media)).then(|| view! { <p class="photo-word">{t!(i18n, file.no_recorder)}</p> })}
                    {live(move || match intake.get() {
                        Intake::Idle => ().into_any(),
                        Intake::Working => view! { <p class="photo-word" role="status"><span class="bar busy"></span>{t!(i18n, file.working)}</p> },
                        Intake::TooLarge(bytes) => view! {
                            <p class="photo-word bad" role="alert">{t_string!(i18n, file.too_large, size = size_text(bytes), most = MAX_FILE_BYTES / 1_000_000)}</p>
                        },
                        Intake::Nothing => view! { <p class="photo-word bad" role="alert">{t!(i18n, file.no_recorder)}</p> },
                        Intake::Failed(error) => view! { <p class="photo-word bad" role="alert">{why_not(i18n, &error)}</p> },
                    })}
                </div>
            </Show>
        </div>
    }
}

fn why_not(i18n: I18n, error: &CallError) -> &'static str {
    let why = error.params.iter().find(|(name, _)| name == "why").map(|(_, why)| why.as_str());
    match (error.code, why) {
        (Code::BadPhoto, Some("file_empty")) => t_string!(i18n, file.empty),
        (Code::BadPhoto, _) => t_string!(i18n, file.unreadable),
        (Code::DiskFull, _) => t_string!(i18n, file.disk_full),
        _ => t_string!(i18n, file.failed),
    }
}

/// In a trial nothing is recorded; what is required can be given all the same.
#[component]
fn TrialFile(asked: Asked) -> impl IntoView {
    let i18n = use_i18n();
    let has = Memo::new(move |_| asked.value.with(|v| !v.is_empty()));
    view! {
        <div class="photo-answer">
            <p class="c-muted">{t!(i18n, file.trial)}</p>
            <button type="button" class="btn" aria-pressed=move || has.get().to_string()
                on:click=move |_| asked.answer(if has.get_untracked() { "" } else { super::image::TRIAL_PHOTO })>
                {live(move || if has.get() { t_string!(i18n, visit.remove) } else { t_string!(i18n, file.trial_take) })}
            </button>
        </div>
    }
}
