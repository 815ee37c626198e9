//! `GET /v1/photos/{hash}[?thumb=1]`: a photo that an event in one of the person's grids names. Tablets show their
//! token, the console its cookie.

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use huce_core::{
    ids::PhotoId,
    photo::{BYTES, media_type},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{Fault, Route};
use crate::{
    app::App,
    auth::{self, HandsIn, Seer},
    photos::Photos,
    store::{hub::is_hub, photos},
};

/// The longest side of a thumbnail, in pixels.
const THUMB_PX: u32 = 320;
/// The longest side of a picture that is decoded at all.
const LARGEST_PX: u32 = 12_000;
/// Decoding takes a processor and tens of megabytes: never many at once.
static DECODING: Semaphore = Semaphore::const_new(2);

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/photos/{hash}", open: false, handler: get(photo) }
}

/// Reads the hash from a path.
pub(super) fn id(hash: String) -> Result<PhotoId, Fault> {
    PhotoId::new(hash).ok().filter(Photos::is_hash).ok_or_else(|| Fault::not_found("photo"))
}

/// A photo is for those who see a grid in which an event names it, and for the device that named it.
/// Others are told the same whether it exists or not.
pub(super) async fn must_see(app: &App, seer: &Seer, photo: &PhotoId) -> Result<(), Fault> {
    let mut conn = app.store.pool().acquire().await?;
    let (in_grids, by_devices) = photos::named(&mut conn, photo).await?;
    if seer.device.as_ref().is_some_and(|device| by_devices.contains(device)) {
        return Ok(());
    }
    let (_, grids) = auth::grids_of(&mut conn, &seer.person, app.now_ms()).await?;
    if in_grids.is_disjoint(&grids) { Err(Fault::not_found("photo")) } else { Ok(()) }
}

/// Bytes are taken from whoever may see the photo, and from a hub, for whichever event names it.
pub(super) async fn may_bring(app: &App, tablet: &HandsIn, photo: &PhotoId) -> Result<(), Fault> {
    let mut conn = app.store.pool().acquire().await?;
    if is_hub(&mut conn, &tablet.device).await? && !photos::named(&mut conn, photo).await?.0.is_empty() {
        return Ok(());
    }
    drop(conn);
    must_see(app, &Seer { person: tablet.person.clone(), device: Some(tablet.device.clone()) }, photo).await
}

#[derive(Debug, Deserialize)]
struct Ask {
    thumb: Option<String>,
}

async fn photo(
    seer: Seer,
    State(app): State<App>,
    Path(hash): Path<String>,
    ask: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Fault> {
    let id = id(hash)?;
    must_see(&app, &seer, &id).await?;
    let wants_thumb = ask.is_ok_and(|Query(ask)| ask.thumb.is_some_and(|t| t != "0"));
    let bytes = if wants_thumb { thumb(&app.photos, &id).await? } else { app.photos.read(&id).await? };
    let bytes = bytes.ok_or_else(|| Fault::not_found("photo"))?;
    // What came from a tablet is somebody else's: it gets a type that no browser runs, or is kept and not opened.
    let kind = media_type(&bytes);
    let forever = "private, max-age=31536000, immutable";
    let mut response = ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, forever)], bytes).into_response();
    if kind == BYTES {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    Ok(response)
}

/// The thumbnail, made at the first question and kept. What is no picture that we decode has none: a recording of
/// thirty megabytes is not small.
async fn thumb(photos: &Photos, id: &PhotoId) -> Result<Option<Bytes>, Fault> {
    if let Some(kept) = photos.kept_thumb(id).await? {
        return Ok(Some(kept));
    }
    let Some(bytes) = photos.read(id).await? else { return Ok(None) };
    let whole = bytes.clone();
    let turn = DECODING.acquire().await.map_err(|e| Fault::internal(&e))?;
    let thumb = tokio::task::spawn_blocking(move || thumbnail(&whole)).await?;
    drop(turn);
    let Some(thumb) = thumb.map(Bytes::from) else { return Ok(None) };
    photos.keep_thumb(id, thumb.clone()).await?;
    Ok(Some(thumb))
}

/// A JPEG of at most 320 × 320 pixels; none when this is no picture that can be decoded.
pub fn thumbnail(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(LARGEST_PX);
    limits.max_image_height = Some(LARGEST_PX);
    limits.max_alloc = Some(256 * 1024 * 1024);
    reader.limits(limits);
    let small = reader.decode().ok()?.thumbnail(THUMB_PX, THUMB_PX).to_rgb8();
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 80).encode_image(&small).ok()?;
    Some(jpeg)
}
