//! What every route and command works with: the database, the photos, the server's own key, the clock.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use ed25519_dalek::SigningKey;
use huce_core::{
    clock::Millis,
    event::{device_id, key_text},
    ids::{DeviceId, PersonId},
};

use crate::{
    photos::Photos,
    store::{Store, StoreError, devices},
};

/// Gives the time, milliseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    })
}

/// The person by whom the server itself records (imports from the shell, the demo).
pub const SYSTEM: &str = "huce";

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder or a file in it.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The server's key is no key.
    #[error("{0} is damaged: put the backup's file back; a new key would make the server another device")]
    Key(PathBuf),
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
}

/// One opened data folder. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The photos' files.
    pub photos: Photos,
    /// The server's own device.
    pub own: Arc<Own>,
    /// The time.
    pub clock: Clock,
    /// Changes when the server was restored from a backup.
    pub epoch: u64,
}

/// The server as a device.
pub struct Own {
    /// Its identifier.
    pub device: DeviceId,
    /// Its key.
    pub key: SigningKey,
}

impl App {
    /// Opens a data folder, and makes what is missing in it.
    pub async fn open(data: &Path, clock: Clock) -> Result<Self, OpenError> {
        fs::create_dir_all(data).map_err(|source| OpenError::File { path: data.to_owned(), source })?;
        let key = own_key(&data.join("server.key"))?;
        let photos = Photos::open(&data.join("photos"))
            .map_err(|source| OpenError::File { path: data.join("photos"), source })?;
        let store = Store::open(data).await?;
        let now_ms = clock();
        let epoch = store.meta_or("epoch", &now_ms.to_string()).await?;
        let mut epoch: u64 = epoch.parse().map_err(|_| StoreError::damaged("the epoch"))?;
        let public = key.verifying_key();
        let own = Own { device: device_id(&public), key };
        if store.meta_or("device", own.device.as_str()).await? != own.device.as_str() {
            // A copy that was restored without its key: another device, which cannot give numbers away a second time,
            // and another epoch, so that tablets push again what was lost.
            epoch = (epoch + 1).max(now_ms.cast_unsigned());
            store.set_meta("epoch", &epoch.to_string()).await?;
            store.set_meta("device", own.device.as_str()).await?;
        }
        let person = PersonId::new(SYSTEM).map_err(|_| StoreError::damaged("the system's name"))?;
        let mut write = store.write().await?;
        devices::place(
            &mut write,
            &devices::Place {
                device: &own.device,
                person: &person,
                name: "huce-server",
                key: &key_text(&public),
                version: env!("CARGO_PKG_VERSION"),
                is_server: true,
            },
            now_ms,
        )
        .await?;
        write.commit().await?;
        Ok(Self { store, photos, own: Arc::new(own), clock, epoch })
    }

    /// The server's clock.
    pub fn now_ms(&self) -> Millis {
        (self.clock)()
    }
}

/// Reads the server's key, or makes it: only its owner may read the file, and it is durable before it is used.
fn own_key(path: &Path) -> Result<SigningKey, OpenError> {
    let file = |source| OpenError::File { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => {
            let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).ok();
            let bytes: Option<[u8; 32]> = bytes.and_then(|b| b.try_into().ok());
            return bytes.map(|b| SigningKey::from_bytes(&b)).ok_or_else(|| OpenError::Key(path.to_owned()));
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(file(e)),
    }
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(OpenError::Random)?;
    let temporary = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&temporary).map_err(file)?;
    writeln!(out, "{}", data_encoding::HEXLOWER.encode(&bytes)).map_err(file)?;
    out.sync_all().map_err(file)?;
    fs::rename(&temporary, path).map_err(file)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder).and_then(|f| f.sync_all()).map_err(file)?;
    }
    Ok(SigningKey::from_bytes(&bytes))
}
