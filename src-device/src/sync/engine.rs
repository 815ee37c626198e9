//! The sync's own thread: it waits for the time that [`super::pace`] names, for a save, for a person, and syncs. A save
//! never waits for it; a person can stop it.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use huce_core::ipc::{
    CallError, Changed, Code,
    session::{Enrol, Session},
    sync::{SyncProgress, SyncState},
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{Album, SyncError, Watch, enrol, pace::Pace, sync};
use crate::{Device, device::hold};

/// After a sync so many bytes of others' thumbnails are fetched before somebody looks: some 200.
const MOST_THUMBS_BYTES: usize = 3_000_000;

#[derive(Debug)]
enum Order {
    Saved,
    Now,
    Enrol { ask: Enrol, name: String, reply: oneshot::Sender<Result<Session, CallError>> },
    Quit,
}

/// The thread that syncs. Dropping it stops the thread after the step that runs.
pub struct Engine {
    device: Arc<Device>,
    orders: mpsc::UnboundedSender<Order>,
    stop: watch::Sender<bool>,
    progress: watch::Receiver<Option<SyncProgress>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Starts the thread. It syncs at once if the tablet is enrolled.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start(device: Arc<Device>) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (told, progress) = watch::channel(None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let busy = Arc::new(AtomicBool::new(false));
        let (saved, held, pulling) = (orders.clone(), Arc::downgrade(&device), busy.clone());
        device.on_change(move |what| {
            // What a sync itself brings in is no reason for another one; what people save meanwhile is.
            let own = what == Changed::Doors && (!pulling.load(Ordering::Relaxed) || waits(&held));
            if own {
                let _ = saved.send(Order::Saved);
            }
        });
        let (here, reset) = (device.clone(), stop.clone());
        let watch = Watch { progress: told, stop: stopped };
        let thread = std::thread::Builder::new()
            .name("huce-sync".to_owned())
            .spawn(move || runtime.block_on(work(&here, inbox, &reset, &watch, &busy)))?;
        Ok(Self { device, orders, stop, progress, thread: Mutex::new(Some(thread)) })
    }

    /// Syncs now, because a person asked. Returns at once.
    pub fn now(&self) -> SyncState {
        let _ = self.orders.send(Order::Now);
        self.device.sync_state()
    }

    /// Stops the sync that runs, between two steps; what was sent is kept. Returns at once.
    pub fn stop(&self) -> SyncState {
        self.stop.send_replace(true);
        self.device.sync_state()
    }

    /// What runs now; changes with every step.
    pub fn progress(&self) -> watch::Receiver<Option<SyncProgress>> {
        self.progress.clone()
    }

    /// Enrols the tablet, see [`super::enrol`]; the first pull begins by itself afterwards. Blocks: not for the
    /// thread of a window.
    ///
    /// # Errors
    /// See [`super::enrol`].
    pub fn enrol(&self, ask: Enrol, name: String) -> Result<Session, CallError> {
        let gone = || CallError::new(Code::Internal).with("what", "the sync's thread has ended");
        let (reply, answer) = oneshot::channel();
        // A sync that runs on the old enrolment would hold this up.
        self.stop.send_replace(true);
        self.orders.send(Order::Enrol { ask, name, reply }).map_err(|_| gone())?;
        answer.blocking_recv().map_err(|_| gone())?
    }

    /// Ends the thread after the step that runs; nothing syncs any more.
    pub fn end(&self) {
        let _ = self.orders.send(Order::Quit);
        self.stop.send_replace(true);
        if let Some(thread) = hold(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end();
    }
}

fn waits(device: &Weak<Device>) -> bool {
    device.upgrade().is_some_and(|device| device.waiting_counts().0 > 0)
}

async fn work(
    device: &Device,
    mut inbox: mpsc::UnboundedReceiver<Order>,
    stop: &watch::Sender<bool>,
    watch: &Watch,
    busy: &AtomicBool,
) {
    let began = Instant::now();
    let now = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut pace = Pace::default();
    let album = Album::default();
    loop {
        let order = tokio::time::timeout(Duration::from_millis(pace.wait(now())), inbox.recv()).await;
        match order {
            Ok(None | Some(Order::Quit)) => return,
            Ok(Some(Order::Saved)) => {
                pace.saved(now());
                continue;
            }
            Ok(Some(Order::Enrol { ask, name, reply })) => {
                stop.send_replace(false);
                let session = enrol(device, &ask, &name).await;
                if session.is_ok() {
                    pace.asked(now());
                }
                let _ = reply.send(session);
                continue;
            }
            Ok(Some(Order::Now)) => {}
            // The pace says so: only where there is somewhere to sync to.
            Err(_) if device.book().url.is_none() || device.book().revoked => {
                pace.began();
                pace.ended(now(), true, false);
                continue;
            }
            Err(_) => {}
        }
        stop.send_replace(false);
        pace.began();
        busy.store(true, Ordering::Relaxed);
        let result = sync(device, watch).await;
        busy.store(false, Ordering::Relaxed);
        if result.as_ref().is_ok_and(|report| !report.at_hub) {
            let mut stop = watch.stop.clone();
            tokio::select! {
                biased;
                () = super::stopped(&mut stop) => {}
                _ = album.prefetch(device, MOST_THUMBS_BYTES) => {}
            }
        }
        let (events, photos, _) = device.waiting_counts();
        let held = device.held_counts();
        let well = matches!(result, Ok(_) | Err(SyncError::Stopped));
        match result {
            Err(e) if e.slow_down_s().is_some() => pace.slow_down(now(), e.slow_down_s().unwrap_or(1)),
            Err(e) if e.is_not_approved() => pace.not_approved(now()),
            // What a hub keeps is in no hurry any more.
            _ => pace.ended(now(), well, events + photos > held.0 + held.1),
        }
    }
}
