//! Recording in the window: sound, or film with a picture of what is filmed. It begins at once, says how long it has been
//! going, and is kept when it is stopped, when it has become as long as can be kept, and when the page is left.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use huce_core::{body::Media, photo::MAX_FILE_BYTES};
use js_sys::Array;
use leptos::{html, leptos_dom::helpers::set_interval_with_handle, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobEvent, BlobPropertyBag, HtmlMediaElement, MediaRecorder, MediaRecorderOptions, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

use super::size_text;
use crate::{here::device_ms, i18n::*, prelude::*};

/// How often the webview hands over what it has recorded, milliseconds.
const PIECE_MS: i32 = 1_000;
/// Room that is left for the end of a recording, bytes.
const MARGIN: f64 = 1_000_000.0;
/// In the order in which they are wanted: what most devices play.
const KINDS: [&str; 6] =
    ["audio/mp4", "audio/webm;codecs=opus", "audio/ogg", "video/mp4", "video/webm;codecs=vp8,opus", "video/webm"];

/// Gets a recording, even when the page was left meanwhile.
pub type TakeRecording = Arc<dyn Fn(Blob) + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Recording,
    /// There is no microphone or camera, or it is not allowed.
    Denied,
}

/// What is being recorded.
struct Running {
    stream: MediaStream,
    recorder: MediaRecorder,
    drop_it: Rc<RefCell<bool>>,
}

impl Running {
    fn stop(&self) {
        // One that has stopped by itself says so by an error.
        let _ = self.recorder.stop();
        for track in self.stream.get_tracks().iter() {
            if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
                track.stop();
            }
        }
    }
}

/// Records until it is stopped.
#[component]
pub fn Recorder(
    /// Sound or film.
    media: Media,
    /// Bits a second of sound; none: as the webview likes.
    bits: Option<u32>,
    /// What was recorded.
    on_done: TakeRecording,
    /// It has ended, with or without a recording.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = RwSignal::new(State::Opening);
    let (begun_ms, now_ms, bytes) = (RwSignal::new(0), RwSignal::new(0), RwSignal::new(0_f64));
    let running = StoredValue::new_local(None::<Running>);
    let picture = NodeRef::<html::Video>::new();
    spawn_local(async move {
        let Ok(stream) = open(media).await else {
            let _ = state.try_set(State::Denied);
            return;
        };
        let began = begin(&stream, media, bits, bytes, on_done);
        if running.try_with_value(|_| ()).is_none() {
            stop_all(&stream); // closed while it was opening
            return;
        }
        let Ok((recorder, drop_it)) = began else {
            stop_all(&stream);
            let _ = state.try_set(State::Denied);
            return;
        };
        if let Some(picture) = picture.get_untracked() {
            let picture: &HtmlMediaElement = picture.unchecked_ref();
            picture.set_src_object(Some(&stream));
            let _ = picture.play();
        }
        begun_ms.set(device_ms());
        now_ms.set(device_ms());
        running.set_value(Some(Running { stream, recorder, drop_it }));
        state.set(State::Recording);
    });
    let end = move || {
        let _ = running.try_update_value(|running| running.take().inspect(Running::stop));
    };
    let finish = move |keep: bool| {
        let _ = running.try_with_value(|running| running.as_ref().map(|running| *running.drop_it.borrow_mut() = !keep));
        end();
        on_close.run(());
    };
    let ticking = set_interval_with_handle(
        move || {
            let _ = now_ms.try_set(device_ms());
            if bytes.try_get_untracked().is_some_and(|bytes| bytes > MAX_FILE_BYTES as f64 - MARGIN) {
                finish(true);
            }
        },
        Duration::from_millis(500),
    );
    on_cleanup(move || {
        end();
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
    let time = move || {
        let seconds = (now_ms.get() - begun_ms.get()).max(0) / 1_000;
        format!("{}:{:02}", seconds / 60, seconds % 60)
    };
    view! {
        <div class="recorder" role="group" aria-label=move || super::word(i18n, media)>
            {live(move || match state.get() {
                State::Opening => view! { <p class="photo-word" role="status">{t!(i18n, file.recorder_opening)}</p> },
                State::Denied => view! {
                    <p class="photo-word bad" role="alert">{if media == Media::Video { t_string!(i18n, file.no_camera) } else { t_string!(i18n, file.no_microphone) }}</p>
                },
                State::Recording => view! {
                    <p class="recording-now"><i aria-hidden="true"></i><b>{live(time)}</b>
                        <span class="sub">{live(move || size_text(bytes.get() as u64))}</span></p>
                },
            })}
            <div class="take-buttons">
                <button type="button" class="btn primary" class:hidden=move || state.get() != State::Recording on:click=move |_| finish(true)>
                    {t!(i18n, file.stop)}
                </button>
                <button type="button" class="btn quiet" on:click=move |_| finish(false)>
                    {live(move || if state.get() == State::Recording { t_string!(i18n, file.drop_it) } else { t_string!(i18n, visit.close) })}
                </button>
            </div>
            // Below the buttons, which must stay in sight.
            {(media == Media::Video).then(|| view! {
                <video class="held-film" class:hidden=move || state.get() != State::Recording node_ref=picture autoplay playsinline prop:muted=true></video>
            })}
        </div>
    }
}

async fn open(media: Media) -> Result<MediaStream, JsValue> {
    let wanted = MediaStreamConstraints::new();
    wanted.set_audio(&JsValue::TRUE);
    if media == Media::Video {
        // Enough to see what is said; thirty megabytes are some minutes.
        let video = r#"{"facingMode":{"ideal":"environment"},"width":{"ideal":1280},"height":{"ideal":720},"frameRate":{"ideal":24}}"#;
        wanted.set_video(&js_sys::JSON::parse(video)?);
    }
    let devices = window().navigator().media_devices()?;
    JsFuture::from(devices.get_user_media_with_constraints(&wanted)?).await?.dyn_into()
}

/// As what this webview can record it, of the kinds that are wanted.
pub fn kind(media: Media) -> Option<&'static str> {
    let family = if media == Media::Video { "video" } else { "audio" };
    KINDS.into_iter().find(|kind| kind.starts_with(family) && MediaRecorder::is_type_supported(kind))
}

fn stop_all(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}

/// Begins, and counts what comes; the recording goes to `on_done` when it has stopped, unless it is to be dropped.
fn begin(
    stream: &MediaStream,
    media: Media,
    bits: Option<u32>,
    bytes: RwSignal<f64>,
    on_done: TakeRecording,
) -> Result<(MediaRecorder, Rc<RefCell<bool>>), JsValue> {
    let options = MediaRecorderOptions::new();
    if let Some(kind) = kind(media) {
        options.set_mime_type(kind);
    }
    if let Some(bits) = bits {
        options.set_audio_bits_per_second(bits);
    }
    if media == Media::Video {
        options.set_video_bits_per_second(1_500_000);
    }
    let recorder = MediaRecorder::new_with_media_stream_and_media_recorder_options(stream, &options)?;
    let drop_it = Rc::new(RefCell::new(false));
    let pieces = Array::new();
    let piece = Closure::<dyn Fn(BlobEvent)>::new({
        let pieces = pieces.clone();
        move |event: BlobEvent| {
            if let Some(piece) = event.data() {
                let _ = bytes.try_update(|bytes| *bytes += piece.size());
                pieces.push(&piece);
            }
        }
    });
    recorder.set_ondataavailable(Some(piece.as_ref().unchecked_ref()));
    let stopped = Closure::once_into_js({
        let (recorder, drop_it) = (recorder.clone(), drop_it.clone());
        move || {
            // It lives as long as pieces come.
            drop(piece);
            let kind = BlobPropertyBag::new();
            kind.set_type(recorder.mime_type().split(';').next().unwrap_or_default());
            let whole = Blob::new_with_blob_sequence_and_options(&pieces, &kind).ok();
            // Also nothing at all: that is said, too.
            if let (Some(whole), false) = (whole, *drop_it.borrow()) {
                on_done(whole);
            }
        }
    });
    recorder.set_onstop(Some(stopped.unchecked_ref()));
    recorder.start_with_time_slice(PIECE_MS)?;
    Ok((recorder, drop_it))
}
