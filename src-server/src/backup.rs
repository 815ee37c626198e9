//! Backups: everything that a server has, at one moment, in one file; and back.
//!
//! The file is a zip: `tables/NAME.jsonl` (a row a line), `photos/HASH`, `server.key`, `tls-ca.pem` where there is one, and last `manifest.json` with the
//! hash of every entry and the digest of every table. It can be restored into either database and either photo store.
//! What is restored counts only after it was read back: digests, photos' hashes, and the audit of every chain. It gets
//! a new epoch, so that tablets push again what the backup does not have, and a new key: the numbers that the lost server
//! gave to its own events after the backup are never given twice.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use huce_core::{clock::Millis, ids::PhotoId};
use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    app::{OpenError, Places, put_key_aside, write_private},
    audit,
    migrate::complete_photos,
    photos::PhotoError,
    store::{
        Store, StoreError,
        meta::{self, MARKS, RESTORING},
        occupied::{Occupied, Use},
        safety,
        tables::{self, Line, Table, TableDigest},
    },
    tls,
};

/// What ends by itself within the hour or the day is left out: codes, tokens, sessions, uploads.
const PASSING: [&str; 6] = ["challenge", "code", "failure", "import_job", "session", "token"];
/// The format of the file.
const FORMAT: u32 = 1;

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Photos.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The server's key.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The zip.
    #[error("the backup cannot be read: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// What is in it is not what was written.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// Of another version.
    #[error("the backup is of format {0}; this version reads format {FORMAT}")]
    Format(u32),
    /// The schema is another.
    #[error("the backup's tables are those of another version: restore it with the version that made it")]
    Schema,
    /// There is a server already.
    #[error("there is a server's data already: restore into an empty folder and database")]
    NotEmpty,
    /// The audit found something.
    #[error("the restored copy does not verify, so it does not count: {0}")]
    Findings(String),
}

/// What is in a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the file.
    pub format: u32,
    /// When it was made, by the server's clock.
    pub made_ms: Millis,
    /// The server's device identifier.
    pub server: String,
    /// The server's epoch then.
    pub epoch: String,
    /// The tables.
    pub tables: Vec<Table>,
    /// What each holds.
    pub digests: BTreeMap<String, TableDigest>,
    /// BLAKE3 of each entry, hexadecimal.
    pub entries: BTreeMap<String, String>,
    /// Photos that the server itself no longer had whole.
    pub photos_damaged: Vec<String>,
}

/// What a restore came to.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    /// Whose backup it is.
    pub server: String,
    /// When the backup was made.
    pub made_ms: Millis,
    /// Rows, each verified by its table's digest.
    pub rows: u64,
    /// Photos, read back and hashed.
    pub photos: u64,
    /// What the audit counted.
    pub audit: audit::Report,
    /// The new epoch.
    pub epoch: u64,
}

/// An entry that is being written, with the hash of what was written.
struct Entry<'z, W: Write + io::Seek> {
    zip: &'z mut ZipWriter<W>,
    hasher: blake3::Hasher,
}

impl<'z, W: Write + io::Seek> Entry<'z, W> {
    fn begin(zip: &'z mut ZipWriter<W>, name: &str, method: CompressionMethod) -> Result<Self, BackupError> {
        zip.start_file(name, SimpleFileOptions::default().compression_method(method).large_file(true))?;
        Ok(Self { zip, hasher: blake3::Hasher::new() })
    }

    fn end(self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

impl<W: Write + io::Seek> Write for Entry<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.zip.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

/// Writes a backup of this moment; the server may run meanwhile. The file has its name only when it is whole and
/// durable. It holds the server's key and residents' data: keep it as you keep the server.
///
/// # Errors
/// Then there is no file of that name, or still the one that was there.
pub async fn write(places: &Places, file: &Path, now_ms: Millis) -> Result<Manifest, BackupError> {
    let store = Store::open(&places.address()?).await?;
    let _ours = Occupied::take(&store, &places.data, Use::Shared).await?;
    let photos = places.photos()?;
    let missing = || StoreError::damaged("the server's name");
    let mut manifest = Manifest {
        format: FORMAT,
        made_ms: now_ms,
        server: store.meta("device").await?.ok_or_else(missing)?,
        epoch: store.meta("epoch").await?.ok_or_else(missing)?,
        tables: Vec::new(),
        digests: BTreeMap::new(),
        entries: BTreeMap::new(),
        photos_damaged: Vec::new(),
    };
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let temporary = PathBuf::from(name);
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut zip = ZipWriter::new(BufWriter::new(options.open(&temporary)?));

    let mut read = store.read().await?;
    manifest.tables = tables::all(&mut read, store.kind()).await?;
    for table in manifest.tables.iter().filter(|t| !PASSING.contains(&t.name.as_str())) {
        let entry = format!("tables/{}.jsonl", table.name);
        let mut out = Entry::begin(&mut zip, &entry, CompressionMethod::Deflated)?;
        let mut sum = tables::Sum::default();
        let mut after = None;
        loop {
            let page = table.page(&mut read, after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(table.key_of(last));
            for line in &page {
                sum.add(line);
                serde_json::to_writer(&mut out, line).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
        manifest.entries.insert(entry, out.end());
        manifest.digests.insert(table.name.clone(), sum.end());
    }
    for photo in complete_photos(&mut read).await? {
        let Some(bytes) = photos.read(&photo).await? else {
            manifest.photos_damaged.push(photo.to_string());
            continue;
        };
        let entry = format!("photos/{photo}");
        let mut out = Entry::begin(&mut zip, &entry, CompressionMethod::Stored)?;
        out.write_all(&bytes)?;
        manifest.entries.insert(entry, out.end());
    }
    drop(read);
    let mut out = Entry::begin(&mut zip, "server.key", CompressionMethod::Stored)?;
    out.write_all(&fs::read(places.data.join("server.key"))?)?;
    let hash = out.end();
    manifest.entries.insert("server.key".to_owned(), hash);
    // Tablets know the server by its authority: without it they would not speak to what is restored.
    if let Some(authority) = fs::read(places.data.join(tls::AUTHORITY)).map(Some).or_else(absent)? {
        let mut out = Entry::begin(&mut zip, tls::AUTHORITY, CompressionMethod::Stored)?;
        out.write_all(&authority)?;
        let hash = out.end();
        manifest.entries.insert(tls::AUTHORITY.to_owned(), hash);
    }
    let mut out = Entry::begin(&mut zip, "manifest.json", CompressionMethod::Deflated)?;
    serde_json::to_writer(&mut out, &manifest).map_err(io::Error::from)?;
    let whole = zip.finish()?.into_inner().map_err(|e| e.into_error())?;
    whole.sync_all()?;
    check(&temporary)?;
    fs::rename(&temporary, file)?;
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    store.close().await;
    Ok(manifest)
}

fn absent<T>(e: io::Error) -> io::Result<Option<T>> {
    if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(e) }
}

fn open(file: &Path) -> Result<ZipArchive<BufReader<File>>, BackupError> {
    Ok(ZipArchive::new(BufReader::new(File::open(file)?))?)
}

/// Reads every entry and compares its hash.
///
/// # Errors
/// [`BackupError::Damaged`] names the entry.
pub fn check(file: &Path) -> Result<Manifest, BackupError> {
    let mut zip = open(file)?;
    let manifest: Manifest = serde_json::from_reader(zip.by_name("manifest.json")?)
        .map_err(|e| BackupError::Damaged(format!("manifest.json: {e}")))?;
    if manifest.format != FORMAT {
        return Err(BackupError::Format(manifest.format));
    }
    for (name, hash) in &manifest.entries {
        let damaged = |why: &str| BackupError::Damaged(format!("{name}: {why}"));
        let mut entry = zip.by_name(name).map_err(|_| damaged("it is not there"))?;
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut entry, &mut hasher).map_err(|e| damaged(&e.to_string()))?;
        if hasher.finalize().to_hex().as_str() != hash {
            return Err(damaged("its hash is another"));
        }
    }
    Ok(manifest)
}

/// Restores a backup into an empty folder and database (or goes on where a restore was cut off, from the start).
///
/// # Errors
/// Then nothing that was restored counts: no server opens it.
pub async fn restore(
    file: &Path,
    to: &Places,
    despite_findings: bool,
    now_ms: Millis,
) -> Result<Restored, BackupError> {
    let manifest = check(file)?;
    crate::disk::make_folder(&to.data)?;
    let store = Store::open(&to.address()?).await?;
    let _ours = Occupied::take(&store, &to.data, Use::Alone).await?;
    if store.meta("device").await?.is_some() && store.meta(RESTORING).await?.is_none() {
        return Err(BackupError::NotEmpty);
    }
    if tables::all(&mut *store.pool().acquire().await.map_err(StoreError::from)?, store.kind()).await?
        != manifest.tables
    {
        return Err(BackupError::Schema);
    }
    let mut write = store.write().await?;
    for table in &manifest.tables {
        table.clear(&mut write).await?;
    }
    meta::set(&mut write, RESTORING, &manifest.server).await?;
    write.commit().await?;

    let mut zip = open(file)?;
    let mut key = String::new();
    zip.by_name("server.key")?.read_to_string(&mut key)?;
    put_key_aside(&to.data, key.trim())?;
    if manifest.entries.contains_key(tls::AUTHORITY) {
        let mut authority = String::new();
        zip.by_name(tls::AUTHORITY)?.read_to_string(&mut authority)?;
        write_private(&to.data.join(tls::AUTHORITY), authority.trim_end())?;
    }
    let mut rows = 0;
    for table in manifest.tables.iter().filter(|t| manifest.digests.contains_key(&t.name)) {
        rows += fill(&mut zip, &store, table).await?;
    }
    let photos = to.photos()?;
    let mut restored = 0;
    for name in manifest.entries.keys() {
        let Some(hash) = name.strip_prefix("photos/") else { continue };
        let damaged = || BackupError::Damaged(name.clone());
        let photo = PhotoId::new(hash).map_err(|_| damaged())?;
        let mut bytes = Vec::new();
        zip.by_name(name)?.read_to_end(&mut bytes)?;
        if !photos.keep(&photo, bytes.into()).await? || photos.read(&photo).await?.is_none() {
            return Err(damaged());
        }
        restored += 1;
    }
    // Opened and read back before it counts.
    let mut read = store.read().await?;
    for table in manifest.tables.iter().filter(|t| t.name != "meta") {
        let here = table.digest(&mut read).await?;
        if manifest.digests.get(&table.name).is_some_and(|there| *there != here) {
            return Err(BackupError::Damaged(format!("table {} after it was restored", table.name)));
        }
    }
    drop(read);
    let audit = audit::verify(&store).await?;
    if !audit.findings.is_empty() && !despite_findings {
        let findings: Vec<_> = audit.findings.iter().take(20).map(|f| format!("{}: {}", f.event, f.why)).collect();
        return Err(BackupError::Findings(findings.join("; ")));
    }
    let epoch = manifest.epoch.parse::<u64>().unwrap_or_default().saturating_add(1).max(now_ms.unsigned_abs());
    let mut write = store.write().await?;
    for photo in &manifest.photos_damaged {
        if let Ok(photo) = PhotoId::new(photo.clone()) {
            crate::store::photos::lost(&mut write, &photo).await?;
        }
    }
    meta::set(&mut write, "epoch", &epoch.to_string()).await?;
    meta::unset(&mut write, "device").await?;
    meta::unset(&mut write, RESTORING).await?;
    write.commit().await?;
    store.close().await;
    Ok(Restored { server: manifest.server, made_ms: manifest.made_ms, rows, photos: restored, audit, epoch })
}

/// What a verified copy holds of each device.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Whose backup it is.
    pub server: String,
    /// Up to which number the events of each device are in it.
    pub until: BTreeMap<String, u64>,
}

/// Restores into an empty place to see that it can be done, and how far the copy has come.
///
/// # Errors
/// See [`restore`]: then the backup is none.
pub async fn verify(
    file: &Path,
    to: &Places,
    despite_findings: bool,
    now_ms: Millis,
) -> Result<(Restored, Copy), BackupError> {
    let restored = restore(file, to, despite_findings, now_ms).await?;
    let store = Store::open(&to.address()?).await?;
    let until = safety::whole_until(&mut *store.pool().acquire().await.map_err(StoreError::from)?).await?;
    store.close().await;
    let server = restored.server.clone();
    Ok((restored, Copy { server, until }))
}

/// Writes down in the server whose backup it is what the verified copy covers: its tablets hear it. Returns for how many
/// devices; none when there is no such server in this place.
///
/// # Errors
/// When the server's database fails.
pub async fn tell_covered(server: &Places, copy: &Copy, now_ms: Millis) -> Result<Option<usize>, BackupError> {
    if server.database.is_none() && !server.data.join("huce.db").is_file() {
        return Ok(None);
    }
    let store = Store::open(&server.address()?).await?;
    let _ours = Occupied::take(&store, &server.data, Use::Shared).await?;
    let is_its = store.meta("device").await?.as_ref() == Some(&copy.server);
    if is_its {
        let mut write = store.write().await?;
        safety::cover(&mut write, &copy.until, now_ms).await?;
        write.commit().await?;
    }
    store.close().await;
    Ok(is_its.then_some(copy.until.len()))
}

async fn fill(zip: &mut ZipArchive<BufReader<File>>, store: &Store, table: &Table) -> Result<u64, BackupError> {
    let name = format!("tables/{}.jsonl", table.name);
    let mut rows = 0;
    let mut lines = BufReader::new(zip.by_name(&name)?).lines();
    loop {
        let mut page: Vec<Line> = Vec::new();
        for line in lines.by_ref().take(500) {
            let line: Line = serde_json::from_str(&line?).map_err(|e| BackupError::Damaged(format!("{name}: {e}")))?;
            // What was under way when the backup was made is not under way here.
            let name = match line.first() {
                Some(tables::Value::Text(name)) => name.as_str(),
                _ => "",
            };
            if table.name != "meta" || !MARKS.contains(&name) {
                page.push(line);
            }
        }
        if page.is_empty() {
            return Ok(rows);
        }
        rows += page.len() as u64;
        let mut write = store.write().await?;
        table.put(&mut write, &page).await?;
        write.commit().await?;
    }
}
