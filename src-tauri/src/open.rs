//! The store behind the window, the lock before it, the sync beside it, and the screens being told of changes.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use huce_core::ipc::{
    CHANGED_EVENT, CallError, Changed, Code,
    session::{Session, WhoAmI},
};
use huce_device::{
    Answer, Device, DeviceError,
    clock::{Clock, SystemClock},
    instead, recover,
    sync::{Album, Engine},
    vault::{
        self, VaultError,
        lock::{self, AutoLock},
    },
};
use tauri::{App, AppHandle, Emitter, Manager};

use crate::photos::Places;

/// How often it is asked whether nobody was there for a while.
const TICK: Duration = Duration::from_secs(5);
/// How long calls that are being answered may go on when the store is to be closed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What runs behind the screens.
pub(crate) struct Running {
    /// The tablet.
    pub device: Arc<Device>,
    /// Its sync.
    pub engine: Engine,
    /// Which photos belong to which doors.
    pub places: Places,
    /// The way to photos that other tablets took.
    pub album: Album,
}

/// The shell's state: what runs, what locks it, or why nothing runs.
pub(crate) struct Shell {
    folder: Result<PathBuf, String>,
    inner: Mutex<Inner>,
    /// Held while the store is opened: two taps open it once.
    opening: Mutex<()>,
}

struct Inner {
    behind: Behind,
    lock: AutoLock,
}

enum Behind {
    Running(Arc<Running>),
    /// A copied tablet gets its new identity: for a moment nothing is open.
    Changing,
    /// Waits for the PIN.
    Sealed,
    Failed(String),
}

impl Shell {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What runs; nothing while it is locked.
    pub fn running(&self) -> Result<Arc<Running>, CallError> {
        let inner = self.inner();
        match &inner.behind {
            Behind::Failed(why) => Err(CallError::new(Code::Internal).with("what", why)),
            Behind::Running(running) if !inner.lock.is_locked() => Ok(running.clone()),
            Behind::Changing => Err(CallError::new(Code::Stale)),
            Behind::Running(_) | Behind::Sealed => Err(CallError::new(Code::PinNeeded)),
        }
    }

    /// Is anything there to show?
    pub fn works(&self) -> bool {
        !matches!(self.inner().behind, Behind::Failed(_))
    }

    /// Why not.
    pub fn why(&self) -> Option<String> {
        match &self.inner().behind {
            Behind::Failed(why) => Some(why.clone()),
            _ => None,
        }
    }

    /// Who is here, or that the PIN is needed.
    pub fn session(&self) -> Result<Session, CallError> {
        match (self.running(), &self.folder) {
            (Err(e), Ok(folder)) if e.code == Code::PinNeeded => {
                Ok(Session::Locked { wait_ms: vault::wait_ms(folder, SystemClock.now_ms()) })
            }
            (running, _) => running?.device.answer(WhoAmI {}),
        }
    }

    /// Something happened to the lock; the screens hear of it when it closes or opens.
    pub fn happened(&self, app: &AppHandle, event: lock::Event) {
        let mut inner = self.inner();
        let was = inner.lock.is_locked();
        inner.lock = inner.lock.after(event, SystemClock.now_ms());
        let is = inner.lock.is_locked();
        drop(inner);
        if was != is {
            tell(app, Changed::Session);
        }
    }

    /// Opens with the PIN: the store at the start, the screens later on.
    pub fn unlock(&self, app: &AppHandle, pin: &str) -> Result<(), CallError> {
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let device = match &self.inner().behind {
            Behind::Running(running) => Some(running.device.clone()),
            _ => None,
        };
        match (device, &self.folder) {
            (Some(device), Ok(folder)) if !device.is_pin(pin)? => {
                let wait_ms = vault::wait_ms(folder, SystemClock.now_ms());
                return Err(DeviceError::from(VaultError::WrongPin { wait_ms }).into());
            }
            (Some(_), _) => {}
            (None, Ok(folder)) => {
                let running = open(app, folder, Some(pin))?;
                self.inner().behind = Behind::Running(Arc::new(running));
            }
            (None, Err(why)) => return Err(CallError::new(Code::Internal).with("what", why)),
        }
        self.happened(app, lock::Event::Unlocked);
        Ok(())
    }

    /// Opens with what the administrator made of the escrow, under a new PIN.
    pub fn recover(&self, app: &AppHandle, code: &str, pin: &str) -> Result<(), CallError> {
        let one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let device = match &self.inner().behind {
            Behind::Running(running) => Some(running.device.clone()),
            _ => None,
        };
        match (device, &self.folder) {
            (Some(device), _) => {
                device.recover(code, pin)?;
                self.happened(app, lock::Event::PinSet);
            }
            (None, Ok(folder)) => recover::recover(folder, code, pin)?,
            (None, Err(why)) => return Err(CallError::new(Code::Internal).with("what", why)),
        }
        drop(one);
        self.unlock(app, pin)
    }

    /// Gives a copied tablet a new identity in its place. When that fails everything is as it was.
    pub fn enrol_anew(&self, app: &AppHandle, code: &str, pin: Option<&str>, name: &str) -> Result<(), CallError> {
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let running = self.running()?;
        let folder = running.device.folder().to_owned();
        // Two syncs of one tablet would tread on each other.
        running.engine.end();
        if let Err(e) = instead::enrol(&running.device, code, pin, name) {
            let again = again(&running)?;
            self.inner().behind = Behind::Running(Arc::new(again));
            return Err(e);
        }
        self.inner().behind = Behind::Changing;
        let internal = |what: &dyn std::fmt::Display| CallError::new(Code::Internal).with("what", what);
        if !let_go(running) {
            // The next start ends it.
            let why = "户策正在换新身份，请关闭后再打开。\nHuce changes its identity: close it and open it again.";
            self.inner().behind = Behind::Failed(why.to_owned());
            return Err(internal(&why));
        }
        let opened = instead::change_places(&folder)
            .map_err(|e| format!("{}: {e}", folder.display()))
            .and_then(|_| open(app, &folder, pin).map_err(|e| why(&e, &folder)));
        match opened {
            Ok(running) => {
                self.inner().behind = Behind::Running(Arc::new(running));
                tell(app, Changed::Session);
                tell(app, Changed::Doors);
                Ok(())
            }
            Err(why) => {
                self.inner().behind = Behind::Failed(why.clone());
                Err(internal(&why))
            }
        }
    }
}

/// The same tablet with a sync of its own again.
fn again(running: &Running) -> Result<Running, DeviceError> {
    let device = running.device.clone();
    let engine = Engine::start(device.clone())?;
    Ok(Running { device, engine, places: running.places.clone(), album: Album::default() })
}

/// Waits until nobody answers a call with it any more, and closes the store. False when somebody does not end.
fn let_go(mut running: Arc<Running>) -> bool {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        match Arc::try_unwrap(running) {
            Ok(last) => {
                let Running { device, engine, .. } = last;
                drop(engine);
                return Arc::into_inner(device).is_some();
            }
            Err(held) if std::time::Instant::now() < until => running = held,
            Err(_) => return false,
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Opens the store and starts the sync; with a PIN it waits until somebody types it.
pub(crate) fn set_up(app: &App) {
    let folder = folder(app.handle());
    let behind = match &folder {
        Err(why) => Behind::Failed(why.clone()),
        Ok(folder) => {
            match instead::finish(folder).map_err(DeviceError::from).and_then(|()| open(app.handle(), folder, None)) {
                Ok(running) => Behind::Running(Arc::new(running)),
                Err(DeviceError::Vault(VaultError::Locked { .. })) => Behind::Sealed,
                Err(e) => Behind::Failed(why(&e, folder)),
            }
        }
    };
    if let Behind::Failed(why) = &behind {
        tracing::error!(why, "shell.not_opened");
    }
    let is_sealed = matches!(behind, Behind::Sealed);
    let lock = AutoLock::new(is_sealed, false, SystemClock.now_ms());
    app.manage(Shell { folder, inner: Mutex::new(Inner { behind, lock }), opening: Mutex::default() });
    let app = app.handle().clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TICK);
            app.state::<Shell>().happened(&app, lock::Event::Tick);
        }
    });
}

fn open(app: &AppHandle, folder: &Path, pin: Option<&str>) -> Result<Running, DeviceError> {
    let device = Arc::new(Device::open_with_pin(folder, SystemClock, pin)?);
    let places = Places::default();
    let (screens, stale) = (app.clone(), places.clone());
    device.on_change(move |what| {
        stale.forget();
        tell(&screens, what);
    });
    let engine = Engine::start(device.clone())?;
    Ok(Running { device, engine, places, album: Album::default() })
}

fn tell(app: &AppHandle, what: Changed) {
    if let Err(e) = app.emit(CHANGED_EVENT, what) {
        tracing::debug!(error = %e, "shell.not_told");
    }
}

/// `HUCE_STORE`, else the system's folder for this app's data.
fn folder(app: &AppHandle) -> Result<PathBuf, String> {
    match std::env::var_os("HUCE_STORE").filter(|s| !s.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => app.path().app_data_dir().map(|dir| dir.join("store")).map_err(|e| e.to_string()),
    }
}

/// What happened, what was kept, what to do; in both languages, because no page is there to translate it.
fn why(e: &DeviceError, folder: &Path) -> String {
    let folder = folder.display();
    match e {
        DeviceError::InUse => format!(
            "户策已经打开：另一个程序正在使用 {folder}。请切换到已打开的窗口，或关闭它后重试。\n\
             Huce is open already: another program uses {folder}. Go to that window, or close it and try again."
        ),
        e if e.is_full() => format!(
            "磁盘已满，已保存的内容都在。请清理磁盘后重试。({folder})\n\
             The disk is full; what was saved is kept. Free some space and try again. ({folder})"
        ),
        e => format!(
            "打不开存储 {folder}：{e}。数据没有被删除；可用 huce-device rescue 导出未同步的内容。\n\
             The store {folder} cannot be opened: {e}. Nothing was deleted; huce-device rescue saves what is unsynced."
        ),
    }
}
