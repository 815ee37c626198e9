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
    disk,
    hub::{self, Hub},
    limits::Limits,
    photos::{self, PhotoError, Photos},
    store::{
        Address, Conn, Kind, Store, StoreError, devices, meta,
        occupied::{Occupied, Use},
    },
    tls::Way,
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

/// Where a server keeps what it has.
#[derive(Debug, Clone)]
pub struct Places {
    /// The data folder: the server's key, and what is not elsewhere.
    pub data: PathBuf,
    /// The database; none: `huce.db` in the data folder.
    pub database: Option<Address>,
    /// The photos; none: `photos` in the data folder.
    pub photos: Option<photos::Address>,
}

impl Places {
    /// Everything in one folder.
    pub fn folder(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), database: None, photos: None }
    }

    /// The database's address.
    ///
    /// # Errors
    /// When the data folder has no absolute path.
    pub fn address(&self) -> Result<Address, StoreError> {
        self.database.clone().map_or_else(|| Address::in_folder(&self.data), Ok)
    }

    /// The photos.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn photos(&self) -> Result<Photos, PhotoError> {
        Photos::open(&self.data.join("photos"), self.photos.as_ref())
    }
}

impl From<&Places> for Places {
    fn from(places: &Places) -> Self {
        places.clone()
    }
}

impl From<&Path> for Places {
    fn from(data: &Path) -> Self {
        Self::folder(data)
    }
}

impl From<&PathBuf> for Places {
    fn from(data: &PathBuf) -> Self {
        Self::folder(data)
    }
}

/// Why a server's data cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The photos.
    #[error(transparent)]
    Photos(#[from] PhotoError),
    /// The folder or a file in it.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The server's key is no key.
    #[error(
        "{0} is damaged, or another server's: put the backup's file back; a new key would make the server another device"
    )]
    Key(PathBuf),
    /// The database belongs to a server with another key.
    #[error(
        "the database belongs to server {theirs}, but {path} is the key of {ours}: copy server.key from the data \
         folder of a server that runs on this database"
    )]
    OtherServer {
        /// The key's file.
        path: PathBuf,
        /// Whose key it is.
        ours: DeviceId,
        /// Whose database it is.
        theirs: String,
    },
    /// The database is not whole, or not the one in use.
    #[error("{0}")]
    Marked(&'static str),
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
}

/// One opened server. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The photos' bytes.
    pub photos: Photos,
    /// The server's own device.
    pub own: Arc<Own>,
    /// The data folder.
    pub data: Arc<Path>,
    /// The time.
    pub clock: Clock,
    /// What it knows of its upstream, when it is a depot hub.
    pub hub: Option<Arc<Hub>>,
    /// How it is reached.
    pub way: Arc<Way>,
    /// How often somebody may ask; none where nobody asks over a network.
    pub limits: Option<Arc<Limits>>,
    epoch: u64,
    _occupied: Occupied,
}

/// The server as a device.
pub struct Own {
    /// Its identifier.
    pub device: DeviceId,
    /// Its key.
    pub key: SigningKey,
}

impl App {
    /// Opens a server's data, and makes what is missing.
    pub async fn open(places: impl Into<Places>, clock: Clock) -> Result<Self, OpenError> {
        let places: Places = places.into();
        let data = places.data.as_path();
        disk::make_folder(data).map_err(|source| OpenError::File { path: data.to_owned(), source })?;
        let photos = places.photos()?;
        let store = Store::open(&places.address()?).await?;
        let occupied = Occupied::take(&store, data, Use::Shared).await?;
        for (mark, why) in [
            (meta::MOVING, "a move into this database was not finished: run the same huce-server migrate again"),
            (meta::MOVED, "this database was moved: start the server with the --database to which it was moved"),
            (meta::RESTORING, "a restore into this database was not finished: run the same huce-server restore again"),
        ] {
            if store.meta(mark).await?.is_some() {
                return Err(OpenError::Marked(why));
            }
        }
        let key = own_key(&data.join("server.key"))?;
        let now_ms = clock();
        let epoch = store.meta_or("epoch", &now_ms.to_string()).await?;
        let mut epoch: u64 = epoch.parse().map_err(|_| StoreError::damaged("the epoch"))?;
        let ours = device_id(&key.verifying_key());
        let theirs = store.meta_or("device", ours.as_str()).await?;
        if theirs != ours.as_str() {
            // Processes on one database are one server: tablets know it by its key.
            if store.kind() == Kind::Postgres {
                return Err(OpenError::OtherServer { path: data.join("server.key"), ours, theirs });
            }
            // A folder that was restored without its key: another device, which cannot give numbers away a second time,
            // and another epoch, so that tablets push again what was lost.
            epoch = (epoch + 1).max(now_ms.cast_unsigned());
            let mut write = store.write().await?;
            meta::set(&mut write, "epoch", &epoch.to_string()).await?;
            meta::set(&mut write, "device", ours.as_str()).await?;
            write.commit().await?;
        }
        let public = key.verifying_key();
        let own = Own { device: ours, key };
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
                approved: true,
            },
            now_ms,
        )
        .await?;
        write.commit().await?;
        let hub = Hub::load(&store).await?;
        Ok(Self {
            store,
            photos,
            own: Arc::new(own),
            data: data.into(),
            clock,
            hub,
            way: Arc::default(),
            limits: None,
            epoch,
            _occupied: occupied,
        })
    }

    /// The server's clock; a hub's follows its server's.
    pub fn now_ms(&self) -> Millis {
        (self.clock)().saturating_add(self.hub.as_ref().map_or(0, |hub| hub.offset_ms()))
    }

    /// Changes when the server was restored from a backup; a hub's is its server's.
    pub fn epoch(&self) -> u64 {
        self.hub.as_ref().map_or(self.epoch, |hub| hub.epoch())
    }

    /// The epoch of the streams that this transaction sees: a hub's begin anew when its server was restored.
    pub async fn epoch_in(&self, conn: &mut Conn) -> Result<u64, StoreError> {
        if self.hub.is_none() {
            return Ok(self.epoch);
        }
        let text = meta::get(conn, hub::EPOCH).await?.unwrap_or_default();
        text.parse().map_err(|_| StoreError::damaged("the epoch"))
    }

    /// Its identifier, when it is a depot hub.
    pub fn hub_device(&self) -> Option<DeviceId> {
        self.hub.as_ref().map(|_| self.own.device.clone())
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
    write_private(path, &data_encoding::HEXLOWER.encode(&bytes))?;
    Ok(SigningKey::from_bytes(&bytes))
}

/// Puts the key of a restored server aside: the copy gets a new one, and is another device, because its own events
/// after the backup are lost and their numbers must not be given twice.
///
/// # Errors
/// When there is a key already, or the file cannot be written.
pub fn put_key_aside(data: &Path, key: &str) -> Result<(), OpenError> {
    let path = data.join("server.key");
    if path.exists() {
        return Err(OpenError::Key(path));
    }
    write_private(&data.join("server.key.restored"), key)
}

/// Writes a file that only its owner may read, durably, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), OpenError> {
    let file = |source| OpenError::File { path: path.to_owned(), source };
    let temporary = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&temporary).map_err(file)?;
    writeln!(out, "{text}").map_err(file)?;
    out.sync_all().map_err(file)?;
    fs::rename(&temporary, path).map_err(file)?;
    if let Some(folder) = path.parent() {
        disk::sync_folder(folder).map_err(file)?;
    }
    Ok(())
}
