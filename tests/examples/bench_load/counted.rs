//! A line to the server that notes what went over it and how long it took.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use huce_device::sync::{
    SyncError,
    line::{Ask, Later, Line, OverHttp, Reply},
};

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub what: What,
    /// Of its body, as it travels.
    pub bytes: usize,
    pub took: Duration,
    /// When its reply was there.
    pub at: Instant,
    pub good: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Push,
    Pull,
    Chunk,
    Commit,
    Other,
}

/// HTTP, with notes.
#[derive(Debug)]
pub struct Counted {
    inner: OverHttp,
    notes: Mutex<Vec<Sent>>,
}

impl Counted {
    pub fn new(url: &str) -> Arc<Self> {
        Arc::new(Self { inner: OverHttp::new(url, None).unwrap(), notes: Mutex::default() })
    }

    pub fn notes(&self) -> Vec<Sent> {
        self.notes.lock().unwrap().clone()
    }
}

impl Line for Counted {
    fn send(&self, ask: Ask) -> Later<'_, Result<Reply, SyncError>> {
        let what = match ask.path.as_str() {
            "/v1/push" => What::Push,
            path if path.starts_with("/v1/pull") => What::Pull,
            path if path.contains("/chunks/") => What::Chunk,
            path if path.ends_with("/commit") => What::Commit,
            _ => What::Other,
        };
        let bytes = ask.body.len();
        Box::pin(async move {
            let begun = Instant::now();
            let reply = self.inner.send(ask).await;
            let good = reply.as_ref().is_ok_and(|reply| reply.status < 300);
            let at = Instant::now();
            self.notes.lock().unwrap().push(Sent { what, bytes, took: at - begun, at, good });
            reply
        })
    }

    fn pause(&self, ms: u64) -> Later<'_, ()> {
        self.inner.pause(ms)
    }
}

/// The p-th percentile, in milliseconds.
pub fn percentile(times: &mut [Duration], p: usize) -> f64 {
    times.sort_unstable();
    times.get((times.len() * p / 100).min(times.len().saturating_sub(1))).map_or(0.0, |t| t.as_secs_f64() * 1e3)
}
