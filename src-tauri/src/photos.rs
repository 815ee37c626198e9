//! Photos for the pages: `huce-photo://localhost/HASH` and `…/HASH/thumb` (on Windows and Android
//! `http://huce-photo.localhost/…`). Only photos of doors and facilities in this person's grids, and of drafts there. And
//! the pictures and sounds of forms: `…/form/HASH/NAME`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use huce_core::{
    form::package,
    ids::{FacilityId, HouseholdId, PhotoId},
    photo::media_type,
    projection::Doc,
    site::Site,
};
use huce_device::{Device, photo};
use tauri::{
    Manager, Runtime, UriSchemeContext, UriSchemeResponder,
    http::{Request, Response, StatusCode, header},
};

use crate::open::{Running, Shell};

/// The scheme.
pub(crate) const SCHEME: &str = "huce-photo";

/// Which photo belongs to which door or facility; read from the store once, and again after it changed.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Known>);

#[derive(Default)]
struct Known {
    sites: Mutex<HashMap<PhotoId, Site>>,
    fresh: AtomicBool,
}

impl Places {
    /// Something changed: what is not known may be there now.
    pub fn forget(&self) {
        self.0.fresh.store(false, Ordering::SeqCst);
    }

    fn site_of(&self, device: &Device, photo: &PhotoId) -> Option<Site> {
        let mut sites = self.0.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if !sites.contains_key(photo) && !self.0.fresh.swap(true, Ordering::SeqCst) {
            for prefix in ["d/", "f/"] {
                let all = device.docs(prefix, |key, doc| {
                    if let (Doc::Door(door), Some(site)) = (doc, site(key)) {
                        sites.extend(door.photos.into_keys().map(|photo| (photo, site.clone())));
                    }
                });
                if let Err(e) = all {
                    tracing::warn!(error = %e, "shell.photos_not_listed");
                }
            }
        }
        sites.get(photo).cloned()
    }
}

/// The site of a document's key, as [`huce_core::projection::Key`] writes it.
fn site(key: &str) -> Option<Site> {
    match key.split_once('/')? {
        ("d", id) => HouseholdId::new(id).ok().map(Site::Household),
        ("f", id) => FacilityId::new(id).ok().map(Site::Facility),
        _ => None,
    }
}

/// Answers beside the window: reading and hashing a photo, or fetching it, must not hold the window up.
pub(crate) fn serve<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    respond: UriSchemeResponder,
) {
    let app = context.app_handle().clone();
    tauri::async_runtime::spawn(async move {
        let running = app.try_state::<Shell>().and_then(|shell| shell.running().ok());
        if let Some((hash, name, kind)) = form_file(request.uri().path()) {
            let read = move || running.and_then(|running| running.device.form_file(&hash, &name));
            let bytes = tauri::async_runtime::spawn_blocking(read).await.ok().flatten();
            return respond.respond(response(bytes, Some(kind)));
        }
        let bytes = match (running, wanted(request.uri().path())) {
            (Some(running), Some((photo, thumb))) => bytes(running, photo, thumb).await,
            _ => None,
        };
        respond.respond(response(bytes, None));
    });
}

/// From the tablet, else from the server; nothing where the person has no right or neither has it now.
pub(crate) async fn bytes(running: Arc<Running>, photo: PhotoId, thumb: bool) -> Option<Vec<u8>> {
    let (here, asked) = (running.clone(), photo.clone());
    let found = tauri::async_runtime::spawn_blocking(move || find(&here.device, &here.places, &asked, thumb)).await;
    match found.ok()? {
        Found::Here(bytes) => Some(bytes),
        Found::Elsewhere => {
            let fetched = running.album.fetch(&running.device, &photo, thumb).await;
            fetched.inspect_err(|e| tracing::info!(photo.id = %photo, error = %e, "shell.photo_not_fetched")).ok()
        }
        Found::NotTheirs => None,
    }
}

/// What the tablet knows about a photo that a page asks for.
enum Found {
    Here(Vec<u8>),
    /// It belongs to a door or facility of this person's grids; its bytes are not on the tablet.
    Elsewhere,
    NotTheirs,
}

/// `kind` is what the bytes may be sent as; none: what they say themselves.
fn response(bytes: Option<Vec<u8>>, kind: Option<&'static str>) -> Response<Vec<u8>> {
    let kind = bytes.as_ref().map(|bytes| kind.unwrap_or_else(|| media_type(bytes)));
    let mut response = Response::new(bytes.unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        let cache = "private, max-age=31536000, immutable";
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(cache));
    } else {
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// `/HASH` or `/HASH/thumb`.
fn wanted(path: &str) -> Option<(PhotoId, bool)> {
    let path = path.strip_prefix('/')?;
    let (hash, thumb) = path.strip_suffix("/thumb").map_or((path, false), |hash| (hash, true));
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then(|| PhotoId::new(hash).ok()).flatten().map(|photo| (photo, thumb))
}

/// `/form/HASH/NAME`: a file of a form, which is for everybody who has the form; its name, and what it may be sent as.
fn form_file(path: &str) -> Option<(String, String, &'static str)> {
    let (hash, name) = path.strip_prefix("/form/")?.split_once('/')?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
    Some((hash.to_owned(), name.to_string(), package::media_type(&name)?))
}

fn find(device: &Device, places: &Places, photo: &PhotoId, thumb: bool) -> Found {
    let drafts = device.drafts().into_iter().filter(|d| d.photos.iter().any(|p| p.photo == *photo));
    let sites = drafts.map(|d| d.opened.at).chain(places.site_of(device, photo));
    let mine = device.profile().map(|profile| profile.grids).unwrap_or_default();
    let is_mine = |site: Site| {
        let grid = match &site {
            Site::Household(id) => device.index().get(id).map(|household| household.grid),
            Site::Facility(id) => device.index().facility(id).map(|facility| facility.grid.clone()),
        };
        grid.is_some_and(|at| mine.iter().any(|grid| grid.id == at))
    };
    if !sites.into_iter().any(is_mine) {
        return Found::NotTheirs;
    }
    let files = device.files();
    if thumb && let Some(bytes) = files.thumb(photo).ok().and_then(|found| found.whole()) {
        return Found::Here(bytes);
    }
    let whole = files.get(photo).ok().and_then(|found| found.whole());
    let bytes = whole.and_then(|whole| if thumb { photo::thumbnail(&whole).ok() } else { Some(whole) });
    bytes.map_or(Found::Elsewhere, Found::Here)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hashes_and_nothing_else() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(wanted(&format!("/{hash}")).unwrap(), (PhotoId::new(hash.clone()).unwrap(), false));
        assert!(wanted(&format!("/{hash}/thumb")).unwrap().1);
        for bad in ["/", "/..%2f", "/../device.key", "//", "/thumb"] {
            assert!(wanted(bad).is_none(), "{bad}");
        }
        assert!(wanted(&format!("/{}", hash.to_uppercase())).is_none());
    }
}
