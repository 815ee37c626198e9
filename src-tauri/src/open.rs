//! The store behind the window, the sync beside it, and the screens being told of changes.

use std::{path::PathBuf, sync::Arc};

use huce_core::ipc::{CHANGED_EVENT, CallError, Code};
use huce_device::{
    Device, DeviceError,
    clock::SystemClock,
    sync::{Album, Engine},
};
use tauri::{App, AppHandle, Emitter, Manager};

use crate::photos::Places;

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

/// The shell's state: what runs, or why nothing does.
pub(crate) struct Shell(Result<Arc<Running>, String>);

impl Shell {
    /// What runs.
    pub fn running(&self) -> Result<Arc<Running>, CallError> {
        self.0.clone().map_err(|why| CallError::new(Code::Internal).with("what", why))
    }

    /// Is anything there to show?
    pub fn works(&self) -> bool {
        self.0.is_ok()
    }

    /// Why not.
    pub fn why(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }
}

/// Opens the store and starts the sync.
pub(crate) fn set_up(app: &App) {
    let state = open(app.handle()).inspect_err(|why| tracing::error!(why, "shell.not_opened"));
    app.manage(Shell(state.map(Arc::new)));
}

fn open(app: &AppHandle) -> Result<Running, String> {
    let folder = folder(app)?;
    let device = Device::open(&folder, SystemClock).map_err(|e| why(&e, &folder))?;
    let device = Arc::new(device);
    let places = Places::default();
    let (screens, stale) = (app.clone(), places.clone());
    device.on_change(move |what| {
        stale.forget();
        if let Err(e) = screens.emit(CHANGED_EVENT, what) {
            tracing::debug!(error = %e, "shell.not_told");
        }
    });
    let engine = Engine::start(device.clone()).map_err(|e| e.to_string())?;
    Ok(Running { device, engine, places, album: Album::default() })
}

/// `HUCE_STORE`, else the system's folder for this app's data.
fn folder(app: &AppHandle) -> Result<PathBuf, String> {
    match std::env::var_os("HUCE_STORE").filter(|s| !s.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => app.path().app_data_dir().map(|dir| dir.join("store")).map_err(|e| e.to_string()),
    }
}

/// What happened, what was kept, what to do; in both languages, because no page is there to translate it.
fn why(e: &DeviceError, folder: &std::path::Path) -> String {
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
