//! Recordings and files: their bytes go to the shell and come from it as they are, past the calls, and never enter the
//! wasm. [`recorder`] makes them, [`shown`] shows them wherever evidence is shown.

pub mod recorder;
pub mod shown;

use huce_core::{
    body::Media,
    ids::PhotoId,
    ipc::{
        Call, CallError, Code,
        session::Place,
        visit::{AddFile, Added},
    },
};
use js_sys::{Array, encode_uri_component};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Url};

use crate::{
    backend::{self, place, question, understand},
    i18n::*,
    photo::read_base64,
};

/// `5.2 MB`, in the millions that the limit is said in.
pub fn size_text(bytes: u64) -> String {
    match bytes {
        0..=999_999 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// What a recording or a file is called where its own name says nothing.
pub fn word(i18n: I18n, media: Media) -> &'static str {
    match media {
        Media::Audio => t_string!(i18n, file.audio),
        Media::Video => t_string!(i18n, file.video),
        Media::File => t_string!(i18n, file.file),
    }
}

/// Keeps the bytes as an answer of a draft.
///
/// # Errors
/// What the tablet says; nothing was kept then.
pub async fn take_in(call: AddFile, bytes: &Blob) -> Result<Added, CallError> {
    let unreadable = |_| CallError::new(Code::BadPhoto).with("why", "file_unreadable");
    let bytes = JsFuture::from(bytes.array_buffer()).await.map_err(unreadable)?;
    let said = String::from(encode_uri_component(&question(&call)));
    let reply = backend::send_bytes(AddFile::NAME, &said, &bytes).await?;
    understand(AddFile::NAME, &reply)
}

/// Where a page finds the bytes of a recording or a file. Given back with [`let_go`].
///
/// # Errors
/// When they are not on the tablet and the server is away.
pub async fn address(photo: &PhotoId) -> Result<String, CallError> {
    if place() == Place::Console {
        return Ok(backend::photo_url(photo, false));
    }
    Url::create_object_url_with_blob(&held(photo).await?).map_err(fault)
}

/// The bytes of a photo as base64, to be drawn on.
///
/// # Errors
/// As of [`address`].
pub async fn picture(photo: &PhotoId) -> Result<String, CallError> {
    read_base64(&held(photo).await?).await
}

/// The bytes that the tablet has, or fetches.
async fn held(photo: &PhotoId) -> Result<Blob, CallError> {
    let bytes = backend::read_bytes("read_file", photo).await?;
    Blob::new_with_u8_array_sequence(&Array::of1(&js_sys::Uint8Array::new(&bytes))).map_err(fault)
}

fn fault(_: JsValue) -> CallError {
    CallError::new(Code::Internal).with("what", "blob")
}

/// Frees what [`address`] holds.
pub fn let_go(address: &str) {
    if address.starts_with("blob:") {
        let _ = Url::revoke_object_url(address);
    }
}

/// The files that a person chose in a field.
pub fn chosen(field: &web_sys::HtmlInputElement) -> Option<web_sys::File> {
    field.files().and_then(|files| files.get(0))
}

/// Can this be recorded in this webview? One that has no encoders (WebKitGTK without gstreamer1.0-plugins-bad) knows a
/// recorder all the same.
pub fn can_record(media: Media) -> bool {
    let has = |of: &JsValue, name: &str| js_sys::Reflect::has(of, &name.into()).unwrap_or(false);
    let window: JsValue = leptos::prelude::window().unchecked_into();
    has(&window, "MediaRecorder")
        && has(&leptos::prelude::window().navigator(), "mediaDevices")
        && recorder::kind(media).is_some()
}

#[cfg(test)]
mod tests {
    use super::size_text;

    #[test]
    fn a_size_is_short() {
        assert_eq!(size_text(1), "1 kB");
        assert_eq!(size_text(999_999), "1000 kB");
        assert_eq!(size_text(30_000_000), "30.0 MB");
    }
}
