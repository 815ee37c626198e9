//! Photos: taken with the camera, or chosen as a file; read here, made into evidence behind the call. What goes
//! wrong is said where the photo should be, with what to do about it.

mod camera;
mod take;

use huce_core::{
    body::PhotoRole,
    ids::{DraftId, HouseholdId, MeasureId, PhotoId, PlanId, RequestId},
    ipc::{CallError, Code, visit::AddPhoto},
    site::Site,
};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;

pub use camera::{Camera, Facing};
pub use take::{Intake, Shot, ShotWords, TakePhoto, TakePicture};

use crate::backend;

/// What a photo is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Where.
    pub site: Site,
    /// What it shows.
    pub role: PhotoRole,
    /// In which draft.
    pub draft: Option<DraftId>,
    /// Of which plan and measure.
    pub plan: Option<(PlanId, Option<MeasureId>)>,
    /// Of which request.
    pub request: Option<RequestId>,
}

impl Purpose {
    /// For a question of a form.
    pub fn of_draft(site: Site, draft: DraftId) -> Self {
        Self { site, role: PhotoRole::Visit, draft: Some(draft), plan: None, request: None }
    }

    /// Before or after the work of a plan.
    pub fn of_plan(household: HouseholdId, plan: PlanId, role: PhotoRole) -> Self {
        Self { site: household.into(), role, draft: None, plan: Some((plan, None)), request: None }
    }

    /// What a request is about.
    pub fn of_request(site: Site, request: RequestId) -> Self {
        Self { site, role: PhotoRole::Request, draft: None, plan: None, request: Some(request) }
    }

    /// Takes the bytes in.
    pub async fn add(self, base64: String) -> Result<PhotoId, CallError> {
        let Self { site, role, draft, plan, request } = self;
        backend::call(AddPhoto { at: site, role, draft, plan, request, base64 }).await.map(|added| added.photo)
    }
}

/// Reads a file as base64.
pub async fn read_base64(file: &web_sys::Blob) -> Result<String, CallError> {
    let unreadable = || CallError::new(Code::BadPhoto).with("why", "unreadable");
    let reader = web_sys::FileReader::new().map_err(|_| unreadable())?;
    let loaded = js_sys::Promise::new(&mut |resolve, _| {
        let done = Closure::once_into_js(move || {
            let _ = resolve.call0(&wasm_bindgen::JsValue::NULL);
        });
        reader.set_onloadend(Some(done.unchecked_ref()));
    });
    reader.read_as_data_url(file).map_err(|_| unreadable())?;
    JsFuture::from(loaded).await.map_err(|_| unreadable())?;
    let url = reader.result().ok().and_then(|r| r.as_string()).ok_or_else(unreadable)?;
    base64_of(&url).ok_or_else(unreadable)
}

/// The base64 part of a `data:` address.
pub fn base64_of(url: &str) -> Option<String> {
    url.split_once(";base64,").map(|(_, data)| data.to_owned()).filter(|data| !data.is_empty())
}

/// The picture of its base64, ready to be drawn; none when it is no picture.
pub async fn decoded(base64: &str) -> Option<web_sys::HtmlImageElement> {
    let image = web_sys::HtmlImageElement::new().ok()?;
    // What it is the browser sees from its first bytes, whatever is said here.
    image.set_src(&format!("data:image/jpeg;base64,{base64}"));
    JsFuture::from(image.decode()).await.ok()?;
    Some(image)
}

/// Waits.
pub async fn sleep(ms: i32) {
    let waited = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        }
    });
    let _ = JsFuture::from(waited).await;
}
