//! Photos that other tablets took: fetched from the server when a screen wants one and the line is there, and kept, so
//! that the next look at the same door works in the basement. It has a session of its own beside the sync's: a screen
//! must not wait until a sync has sent its photos.

use std::sync::Arc;

use huce_core::{ids::PhotoId, photo::MAX_PHOTO_BYTES};
use tokio::sync::Mutex;

use super::{
    SyncError, act,
    http::Http,
    run::{Got, Next},
    trust::Pin,
};
use crate::{
    Device, DeviceError,
    photo::{self, files::Found},
};

/// Where the server is, and its pin.
type Address = (String, Option<String>);

/// The way to photos that are not on this tablet. Whether the person may see a photo is the caller's to check first;
/// the server checks it again.
#[derive(Debug, Default)]
pub struct Album(Mutex<Option<(Address, Arc<Http>)>>);

impl Album {
    /// The bytes of a photo or of its thumbnail, kept on the tablet from now on.
    ///
    /// # Errors
    /// See [`SyncError`]; [`SyncError::NotHuce`] when the bytes are not those that the hash names.
    pub async fn fetch(&self, device: &Device, photo: &PhotoId, thumb: bool) -> Result<Vec<u8>, SyncError> {
        let path = format!("/v1/photos/{photo}{}", if thumb { "?thumb=1" } else { "" });
        let http = self.session(device, false).await?;
        let bytes = match http.bytes(&path, MAX_PHOTO_BYTES).await {
            Err(e) if e.is_signed_out() => self.session(device, true).await?.bytes(&path, MAX_PHOTO_BYTES).await?,
            bytes => bytes?,
        };
        let wrong = || SyncError::NotHuce("the bytes of another photo".to_owned());
        let files = device.files();
        if thumb {
            // A thumbnail is not named by its own hash: that it opens as a picture is what can be checked.
            photo::thumbnail(&bytes).map_err(|_| wrong())?;
            files.put_thumb(photo, &bytes).map_err(DeviceError::from)?;
        } else {
            if PhotoId::of_bytes(&bytes) != *photo {
                return Err(wrong());
            }
            // A recording or a file has none.
            match photo::thumbnail(&bytes) {
                Ok(small) => files.put(photo, &bytes, &small),
                Err(_) => files.put_file(photo, &bytes),
            }
            .map_err(DeviceError::from)?;
        }
        Ok(bytes)
    }

    /// Fetches the thumbnails of photos that came with the last pulls, the newest first, until so many bytes have come. A
    /// photo that cannot be had is left: a screen asks for it again when somebody looks.
    pub async fn prefetch(&self, device: &Device, most_bytes: usize) -> usize {
        let (mut count, mut bytes) = (0, 0);
        while bytes < most_bytes && !device.photo_rule().waits {
            let Some(photo) = device.next_fresh_photo() else { break };
            if matches!(device.files().thumb(&photo), Ok(Found::Whole(_))) {
                continue;
            }
            match self.fetch(device, &photo, true).await {
                Ok(thumb) => {
                    count += 1;
                    bytes += thumb.len();
                    if let Some(limit) = device.photo_limit() {
                        let ms = thumb.len() as u64 / u64::from(limit.max(1));
                        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
                    }
                }
                Err(SyncError::Refused { status: 404, .. }) => {}
                Err(e) => {
                    tracing::info!(error = %e, "sync.no_thumbnails");
                    break;
                }
            }
        }
        count
    }

    /// The session that there is, or a new one: after a new enrolment, or when the server forgot the old one.
    async fn session(&self, device: &Device, anew: bool) -> Result<Arc<Http>, SyncError> {
        let book = device.book();
        let at: Address = (book.url.ok_or_else(act::not_enrolled)?, book.pin);
        let mut held = self.0.lock().await;
        if let Some((_, http)) = held.as_ref().filter(|(of, _)| *of == at && !anew) {
            return Ok(http.clone());
        }
        let http = Arc::new(Http::new(&at.0, at.1.clone().map(Pin::new).as_ref())?);
        let nonce = match act::act(device, &http, &Next::Challenge).await {
            Got::Challenge(nonce) => nonce,
            got => return Err(failure(got)),
        };
        match act::act(device, &http, &Next::Token(nonce)).await {
            Got::Token => {}
            got => return Err(failure(got)),
        }
        *held = Some((at, http.clone()));
        Ok(http)
    }
}

fn failure(got: Got) -> SyncError {
    match got {
        Got::Failed(e) => e,
        _ => SyncError::Stopped,
    }
}
