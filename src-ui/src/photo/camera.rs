//! The camera over the whole screen: live picture, shutter. Where there is none, or it was denied, it says so and
//! offers the file instead.

use leptos::{html, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlCanvasElement, HtmlMediaElement, HtmlVideoElement, MediaStream, MediaStreamConstraints};

use crate::{form::text, i18n::*, prelude::*};

/// How the camera is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Live,
    /// There is none, or it is not allowed.
    Denied,
}

/// Which camera of the tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Facing {
    /// The one at the back.
    #[default]
    Away,
    /// The one above the screen.
    Person,
}

/// Shows the camera until a picture was taken (`on_shot`, base64 of a JPEG), a file is wanted instead, or it is closed.
#[component]
pub fn Camera(
    /// Base64 of a JPEG.
    #[prop(into)]
    on_shot: Callback<String>,
    /// A file is to be chosen instead; without this there is no such way.
    #[prop(optional_no_strip)]
    on_file: Option<Callback<()>>,
    /// Nothing was taken.
    #[prop(into)]
    on_close: Callback<()>,
    /// Which camera.
    #[prop(optional)]
    facing: Facing,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = RwSignal::new(State::Opening);
    let stream = StoredValue::new_local(None::<MediaStream>);
    let video = NodeRef::<html::Video>::new();
    spawn_local(async move {
        match open(facing).await {
            Ok(live) => {
                if stream.try_update_value(|s| *s = Some(live.clone())).is_none() {
                    stop(&live); // closed while it was opening
                    return;
                }
                if let Some(video) = video.get_untracked() {
                    let media: &HtmlMediaElement = video.unchecked_ref();
                    media.set_src_object(Some(&live));
                    let _ = media.play();
                }
                state.set(State::Live);
            }
            Err(_) => {
                let _ = state.try_set(State::Denied);
            }
        }
    });
    on_cleanup(move || {
        stream.try_with_value(|s| s.as_ref().map(stop));
    });
    let shoot = move |_| {
        if let Some(base64) = video.get_untracked().and_then(|v| grab(&v)) {
            on_shot.run(base64);
        }
    };
    view! {
        <div class="camera" role="dialog" aria-modal="true" aria-label=t!(i18n, visit.camera)>
            <video class="camera-live" node_ref=video autoplay playsinline prop:muted=true
                class:hidden=move || state.get() != State::Live></video>
            {live(move || match state.get() {
                State::Live => None,
                State::Opening => Some(view! { <p class="camera-word">{text!(i18n, visit.camera_opening)}</p> }),
                State::Denied => Some(match on_file {
                    Some(on_file) => view! {
                        <div class="camera-word" role="alert">
                            <p>{text!(i18n, visit.camera_denied)}</p>
                            <button type="button" class="btn primary" on:click=move |_| on_file.run(())>{text!(i18n, visit.choose_file)}</button>
                        </div>
                    },
                    None => view! { <p class="camera-word" role="alert">{text!(i18n, answer.no_camera)}</p> },
                }),
            })}
            <div class="camera-bar">
                <button type="button" class="btn" on:click=move |_| on_close.run(())>{t!(i18n, visit.close)}</button>
                <button type="button" class="shutter" aria-label=t!(i18n, visit.shutter) on:click=shoot
                    disabled=move || state.get() != State::Live></button>
                {on_file.map(|on_file| view! {
                    <button type="button" class="btn" on:click=move |_| on_file.run(())>{t!(i18n, visit.choose_file)}</button>
                })}
            </div>
        </div>
    }
}

async fn open(facing: Facing) -> Result<MediaStream, JsValue> {
    let devices = window().navigator().media_devices()?;
    let wanted = MediaStreamConstraints::new();
    let facing = match facing {
        Facing::Away => "environment",
        Facing::Person => "user",
    };
    // Enough pixels for a photo of 1600.
    let video = js_sys::JSON::parse(&format!(
        r#"{{"facingMode":{{"ideal":"{facing}"}},"width":{{"ideal":1920}},"height":{{"ideal":1440}}}}"#
    ))?;
    wanted.set_video(&video);
    JsFuture::from(devices.get_user_media_with_constraints(&wanted)?).await?.dyn_into()
}

fn stop(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(track) = track.dyn_into::<web_sys::MediaStreamTrack>() {
            track.stop();
        }
    }
}

/// The picture of this moment, as a JPEG.
fn grab(video: &HtmlVideoElement) -> Option<String> {
    let (width, height) = (video.video_width(), video.video_height());
    if width == 0 || height == 0 {
        return None;
    }
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: web_sys::CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.draw_image_with_html_video_element(video, 0.0, 0.0).ok()?;
    let url = canvas.to_data_url_with_type_and_encoder_options("image/jpeg", &JsValue::from_f64(0.92)).ok()?;
    super::base64_of(&url)
}
