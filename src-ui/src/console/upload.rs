//! The upload of files. The browser's older request object, because only it says how much has been sent.

use huce_core::ipc::{CallError, Code};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventTarget, File, FormData, ProgressEvent, XmlHttpRequest};

/// How the server wants the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Each as a field `file` of a form, with its name.
    Form,
    /// The bytes of the first.
    Bytes,
}

/// An upload on its way. It ends when this is dropped.
pub struct Sending {
    request: XmlHttpRequest,
    // The browser calls these; they live as long as the request: progress, end.
    heard: [Closure<dyn FnMut(ProgressEvent)>; 2],
}

impl Drop for Sending {
    fn drop(&mut self) {
        // No more calls into closures that are about to go.
        for (target, event, heard) in self.listeners() {
            let _was_notheard = target.remove_event_listener_with_callback(event, heard);
        }
        if self.request.ready_state() != XmlHttpRequest::DONE {
            let _over_already = self.request.abort();
        }
    }
}

impl Sending {
    /// Begins. `progress` is told the part that has been sent, 0 to 1; `done` what the server answered (JSON), once.
    ///
    /// # Errors
    /// [`Code::Internal`] when the browser refuses to begin.
    pub fn begin(
        to: &str,
        shape: Shape,
        files: &[File],
        progress: impl Fn(f64) + 'static,
        done: impl Fn(Result<String, CallError>) + 'static,
    ) -> Result<Self, CallError> {
        let refused = |_: JsValue| CallError::new(Code::Internal).with("what", "upload");
        let request = XmlHttpRequest::new().map_err(refused)?;
        request.open_with_async("POST", to, true).map_err(refused)?;
        request.set_request_header("x-huce", "1").map_err(refused)?;
        let on_progress = Closure::new(move |event: ProgressEvent| {
            progress(if event.total() > 0.0 { event.loaded() / event.total() } else { 0.0 });
        });
        let asked = request.clone();
        let on_end = Closure::new(move |_: ProgressEvent| done(answer(&asked)));
        let sending = Self { request, heard: [on_progress, on_end] };
        for (target, event, function) in sending.listeners() {
            target.add_event_listener_with_callback(event, function).map_err(refused)?;
        }
        match shape {
            Shape::Bytes => {
                sending.request.send_with_opt_blob(files.first().map(|file| file.as_ref())).map_err(refused)?
            }
            Shape::Form => {
                let form = FormData::new().map_err(refused)?;
                for file in files {
                    form.append_with_blob_and_filename("file", file, &file.name()).map_err(refused)?;
                }
                sending.request.send_with_opt_form_data(Some(&form)).map_err(refused)?;
            }
        }
        Ok(sending)
    }

    fn listeners(&self) -> Vec<(EventTarget, &'static str, &js_sys::Function)> {
        let [progress, end] = &self.heard;
        let mut all = vec![(
            self.request.clone().unchecked_into::<EventTarget>(),
            "loadend",
            end.as_ref().unchecked_ref::<js_sys::Function>(),
        )];
        if let Ok(upload) = self.request.upload() {
            all.push((upload.unchecked_into(), "progress", progress.as_ref().unchecked_ref()));
        }
        all
    }
}

fn answer(request: &XmlHttpRequest) -> Result<String, CallError> {
    let status = request.status().unwrap_or(0);
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match status {
        0 => Err(CallError::new(Code::Offline)),
        200..=299 => Ok(text),
        _ => Err(crate::reply::read(&text).unwrap_or_else(|_| CallError::new(Code::NotHuce).with("what", status))),
    }
}
