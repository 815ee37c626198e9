//! The tablet and its server: enrolment, and the sync that runs beside everything else and holds nothing up.
//!
//! Read in this order: [`run`] (what to do next, pure) → `act` (doing it) → [`pace`] (when, pure) → here (driving one
//! sync to its end) → [`engine`] (the thread that does so again and again) → [`http`] → [`line`] → [`trust`]; beside it [`photo`]
//! (what a screen wants to see).

mod act;
pub mod engine;
pub mod error;
pub mod http;
pub mod line;
pub mod pace;
pub mod photo;
pub mod run;
#[cfg(test)]
mod run_tests;
pub mod trust;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use huce_core::{
    enrol_line::{EnrolLine, normal_fingerprint},
    ipc::{
        CallError, Code,
        session::{Enrol, Session, WhoAmI},
        sync::SyncProgress,
    },
    wire::{EnrolAsk, Enrolled},
};
use tokio::sync::watch;

pub use engine::Engine;
pub use error::SyncError;
pub use photo::Album;
pub use run::Report;

use crate::{Answer, Device};
use http::Http;
use line::{Line, OverHttp};
use run::{Got, Next, Run};
use trust::Pin;

/// The screens hear of progress at most so often, unless the step changes.
const TELL: Duration = Duration::from_millis(150);

/// Where progress is told and where "stop" comes from.
#[derive(Debug, Clone)]
pub struct Watch {
    progress: watch::Sender<Option<SyncProgress>>,
    stop: watch::Receiver<bool>,
}

impl Watch {
    /// A watch that nobody stops, and whoever wants listens to.
    pub fn alone() -> Self {
        Self { progress: watch::channel(None).0, stop: watch::channel(false).1 }
    }
}

/// Syncs once: everything that waits goes, everything new comes. Keeps in the book how it went.
///
/// # Errors
/// Why it ended early. What had arrived until then stays, on both sides.
pub async fn sync(device: &Device, watch: &Watch) -> Result<Report, SyncError> {
    let pin = device.book().pin.map(Pin::new);
    let http = server_of(device).and_then(|url| Http::new(&url, pin.as_ref()));
    let result = match http {
        Ok(http) if device.book().hub.is_some() => drive(device, Run::new().or_hub(), &http, watch).await,
        Ok(http) => drive(device, Run::new(), &http, watch).await,
        Err(e) => Err(e),
    };
    note(device, &result);
    match (&result, device.book().hub) {
        (Err(SyncError::Offline(_) | SyncError::NotHuce(_)), Some(hub)) => {
            // `https://HOST#FINGERPRINT`: a hub has an authority of its own, unless it has the server's.
            let (hub, print) = hub.split_once('#').map_or((hub.as_str(), None), |(hub, print)| (hub, Some(print)));
            let pin = print.map(|print| Pin::new(print.to_owned())).or(pin);
            let at_hub = match OverHttp::new(hub, pin.as_ref()) {
                Ok(line) => sync_at_hub(device, Arc::new(line), watch).await,
                Err(e) => Err(e),
            };
            // When neither is there, what is told is that the server is not.
            if matches!(&at_hub, Err(SyncError::Offline(_) | SyncError::NotHuce(_))) { result } else { at_hub }
        }
        _ => result,
    }
}

/// Syncs once with a depot hub at the other end of a line. What it keeps still waits for the server.
///
/// # Errors
/// See [`sync`].
pub async fn sync_at_hub(device: &Device, line: Arc<dyn Line>, watch: &Watch) -> Result<Report, SyncError> {
    device.forget_held();
    let result = match server_of(device) {
        Ok(_) => drive(device, Run::at_hub(), &Http::over_hub(line), watch).await,
        Err(e) => Err(e),
    };
    let now_ms = device.now_ms();
    let noted = device.edit_book(|book| match &result {
        Ok(_) => book.hub_ms = Some(now_ms),
        Err(e) => book.revoked |= e.is_revoked(),
    });
    if let Err(e) = noted {
        tracing::warn!(error = %e, "sync.not_noted");
    }
    result
}

/// The same over a line of the caller's (simulations).
///
/// # Errors
/// See [`sync`].
pub async fn sync_over(device: &Device, line: Arc<dyn Line>, watch: &Watch) -> Result<Report, SyncError> {
    let result = match server_of(device) {
        Ok(_) => drive(device, Run::new(), &Http::over(line), watch).await,
        Err(e) => Err(e),
    };
    note(device, &result);
    result
}

/// Syncs once, in this thread.
///
/// # Errors
/// See [`sync`].
pub fn sync_now(device: &Device) -> Result<Report, SyncError> {
    block_on(sync(device, &Watch::alone()))?
}

/// Enrols the tablet: the code becomes a place among the devices, and the profile is there. Pull with [`sync`].
///
/// # Errors
/// [`Code::BadCode`], [`Code::Locked`], [`Code::Offline`], [`Code::NotHuce`], [`Code::BadInput`], [`Code::Untrusted`].
pub async fn enrol(device: &Device, ask: &Enrol, name: &str) -> Result<Session, CallError> {
    // The whole line, in whichever field it was pasted; or its parts.
    let line = EnrolLine::read(&ask.url).or_else(|| EnrolLine::read(&ask.code));
    let line = match line {
        Some(line) => line,
        None if ask.fingerprint.trim().is_empty() => {
            EnrolLine { url: ask.url.clone(), code: ask.code.clone(), fingerprint: None }
        }
        None => {
            let bad = || CallError::new(Code::BadInput).with("field", "fingerprint").with("why", "length");
            let fingerprint = Some(normal_fingerprint(&ask.fingerprint).ok_or_else(bad)?);
            EnrolLine { url: ask.url.clone(), code: ask.code.clone(), fingerprint }
        }
    };
    let url = http::normal_url(&line.url)?;
    let pin = line.fingerprint.filter(|_| url.starts_with("https:")).map(Pin::new);
    let http = Arc::new(OverHttp::new(&url, pin.as_ref())?);
    take_place(device, http, url, pin, &line.code, name).await
}

/// The same over a line of the caller's (simulations); `url` is kept as the server's address.
///
/// # Errors
/// See [`enrol`].
pub async fn enrol_over(
    device: &Device,
    line: Arc<dyn Line>,
    url: String,
    code: &str,
    name: &str,
) -> Result<Session, CallError> {
    take_place(device, line, url, None, code, name).await
}

async fn take_place(
    device: &Device,
    line: Arc<dyn Line>,
    url: String,
    pin: Option<Pin>,
    code: &str,
    name: &str,
) -> Result<Session, CallError> {
    let code: String = code.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
    if code.is_empty() {
        return Err(CallError::new(Code::BadCode));
    }
    let ask = EnrolAsk {
        code,
        public_key: device.public_key(),
        device_name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let enrolled: Enrolled = Http::over(line.clone()).post("/v1/enrol", &ask).await?;
    if enrolled.device != *device.id() {
        return Err(CallError::new(Code::NotHuce).with("what", "a place for another device"));
    }
    let before = device.book();
    device.edit_book(|book| {
        if book.person.as_ref() != Some(&enrolled.person) {
            book.profile = None;
        }
        book.url = Some(url);
        book.pin = pin.and_then(|pin| pin.seen());
        book.person = Some(enrolled.person);
        book.server = Some((enrolled.server_device.clone(), enrolled.server_key));
        book.revoked = false;
        book.waiting = !enrolled.approved;
        if before.server.as_ref().is_some_and(|(id, _)| *id != enrolled.server_device) {
            // Another server: what the old one has does not count here.
            book.epoch = None;
            book.relay = true;
        }
    })?;
    // What was refused before may be welcome now.
    if before.person.is_some() {
        device.wait_again()?;
    }
    if !enrolled.approved {
        return device.answer(WhoAmI {});
    }
    drive(device, Run::until_profile(), &Http::over(line), &Watch::alone()).await?;
    device.answer(WhoAmI {})
}

/// Runs something of this module to its end, in this thread.
///
/// # Errors
/// [`Code::Internal`] when the system gives no event queue.
pub fn block_on<T>(what: impl Future<Output = T>) -> Result<T, SyncError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| SyncError::Local(CallError::new(Code::Internal).with("what", e)))?;
    Ok(runtime.block_on(what))
}

/// The address of this tablet's server.
fn server_of(device: &Device) -> Result<String, SyncError> {
    let book = device.book();
    book.url.filter(|_| book.person.is_some()).ok_or_else(act::not_enrolled)
}

async fn drive(device: &Device, mut run: Run, http: &Http, watch: &Watch) -> Result<Report, SyncError> {
    let mut stop = watch.stop.clone();
    let mut told: Option<(SyncProgress, Instant)> = None;
    let result = loop {
        tell(device, watch, run.progress(), &mut told);
        let next = run.step();
        if let Next::Over(result) = next {
            break result;
        }
        let is_pause = matches!(next, Next::Pause(_));
        let got = tokio::select! {
            biased;
            () = stopped(&mut stop) => break Err(SyncError::Stopped),
            got = act::act(device, http, &next) => got,
        };
        if is_pause {
            continue;
        }
        if let Got::Failed(e) = &got {
            tracing::info!(step = ?run.progress().map(|p| p.step), error = %e, "sync.step_failed");
        }
        run.take(got);
    };
    device.set_progress(None);
    watch.progress.send_replace(None);
    result
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone can stop nothing any more.
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn tell(device: &Device, watch: &Watch, now: Option<SyncProgress>, told: &mut Option<(SyncProgress, Instant)>) {
    let Some(now) = now else { return };
    watch.progress.send_replace(Some(now));
    let again = told.is_none_or(|(before, at)| before.step != now.step || (before != now && at.elapsed() >= TELL));
    if again {
        device.set_progress(Some(now));
        *told = Some((now, Instant::now()));
    }
}

fn note(device: &Device, result: &Result<Report, SyncError>) {
    let now_ms = device.now_ms();
    let noted = device.edit_book(|book| match result {
        Ok(_) => {
            book.last_success_ms = Some(now_ms);
            book.last_error = None;
            book.online = true;
            // A hub may have said so of a place that was given back since.
            book.revoked = false;
        }
        Err(SyncError::Stopped) => {}
        // It is asked every few seconds: once is enough to be told.
        Err(e) if e.is_not_approved() && book.waiting && book.last_error.is_some() => {}
        Err(e) => {
            book.online = !matches!(e, SyncError::Offline(_) | SyncError::NotHuce(_) | SyncError::Untrusted(_));
            book.revoked |= e.is_revoked();
            book.waiting |= e.is_not_approved();
            book.last_error = Some((now_ms, e.clone().into()));
        }
    });
    if let Err(e) = noted {
        tracing::warn!(error = %e, "sync.not_noted");
    }
}
