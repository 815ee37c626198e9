//! Where the bytes of photos stay: files named by the hash of what is in them, `photos/ab/<hash>.jpg`, and their
//! thumbnails in `thumbs/ab/<hash>.thumb`. A file comes into being whole or not at all (temporary file, fsync, rename,
//! fsync of the directory), is hashed again each time it is read, and goes only against a [`Receipt`] of the server.
//! sled would not do: it never fsyncs the overflow files that it keeps large values in.
//!
//! Damage on the disk is an answer ([`Found::Damaged`]), not an error; errors are for a disk that does not do as it is told.

mod answers;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use huce_core::ids::PhotoId;

pub use self::answers::{Chunks, Found, Held, Put, Receipt, Removed};

/// How old a temporary file must be to be left over from a crash for certain.
const STALE: Duration = Duration::from_secs(60 * 60);
/// The bytes of the hash after a thumbnail: it is not named by its own hash, so it carries it.
const TRAILER: usize = 32;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The disk refused; [`io::ErrorKind::StorageFull`] is told apart by [`FilesError::is_full`].
    #[error("cannot {doing} a photo's file: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A name that is no hash: 64 hexadecimal digits, small letters. It never touched the disk.
    #[error("a photo is named by 64 hexadecimal digits, not {0:?}")]
    NotAHash(String),
}

impl FilesError {
    /// Whether the disk is full, so that the reserve may be freed and the same tried again.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// The folder. One process at a time has it: the store's lock sees to that. May be shared between threads.
#[derive(Debug)]
pub struct PhotoFiles {
    root: PathBuf,
    next: AtomicU64,
}

impl PhotoFiles {
    /// Opens the folder, makes it where there is none, and sweeps away what a crash left half-written.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, FilesError> {
        let files = Self { root: root.into(), next: AtomicU64::new(0) };
        for folder in ["photos", "thumbs", "tmp"] {
            let folder = files.root.join(folder);
            fs::create_dir_all(&folder).map_err(io("make a folder for"))?;
        }
        sync_folder(&files.root)?;
        files.sweep();
        Ok(files)
    }

    /// Keeps a photo and its thumbnail; returns after both are on the disk.
    ///
    /// # Errors
    /// [`FilesError::Io`] (see [`FilesError::is_full`]); the photo may be there or not, and putting it again is safe.
    pub fn put(&self, photo: &PhotoId, jpeg: &[u8], thumb: &[u8]) -> Result<Put, FilesError> {
        if PhotoId::of_bytes(jpeg) != *photo {
            return Ok(Put::WrongBytes);
        }
        let path = self.photo_path(photo)?;
        let outcome = match self.get(photo)? {
            Found::Whole(_) => {
                // An earlier put may have failed between the rename and the fsync of its folder.
                sync_folder(path.parent().unwrap_or(&self.root))?;
                Put::AlreadyHad
            }
            Found::Damaged { .. } => {
                self.write(&path, &[jpeg])?;
                Put::Repaired
            }
            Found::Missing => {
                self.write(&path, &[jpeg])?;
                Put::Stored
            }
        };
        self.put_thumb(photo, thumb)?;
        Ok(outcome)
    }

    /// Keeps a thumbnail alone: of a photo that is on the server only, or a new one for a damaged one.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn put_thumb(&self, photo: &PhotoId, thumb: &[u8]) -> Result<(), FilesError> {
        self.write(&self.thumb_path(photo)?, &[thumb, blake3::hash(thumb).as_bytes()])
    }

    /// The bytes of a photo, hashed again.
    ///
    /// # Errors
    /// [`FilesError::Io`]; damage and absence are answers.
    pub fn get(&self, photo: &PhotoId) -> Result<Found, FilesError> {
        Ok(match read(&self.photo_path(photo)?)? {
            None => Found::Missing,
            Some(bytes) if PhotoId::of_bytes(&bytes) == *photo => Found::Whole(bytes),
            Some(bytes) => Found::Damaged { bytes: bytes.len() as u64 },
        })
    }

    /// The thumbnail of a photo, checked. A damaged or missing one can be made again with [`super::thumbnail`].
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn thumb(&self, photo: &PhotoId) -> Result<Found, FilesError> {
        let Some(mut bytes) = read(&self.thumb_path(photo)?)? else { return Ok(Found::Missing) };
        let damaged = Found::Damaged { bytes: bytes.len() as u64 };
        let Some((thumb, hash)) = bytes.split_last_chunk::<TRAILER>() else { return Ok(damaged) };
        if blake3::hash(thumb).as_bytes() != hash {
            return Ok(damaged);
        }
        bytes.truncate(bytes.len().saturating_sub(TRAILER));
        Ok(Found::Whole(bytes))
    }

    /// A photo in pieces for the server. Hashed first, so that no damaged piece is ever sent.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn chunks(&self, photo: &PhotoId) -> Result<Found<Chunks>, FilesError> {
        Ok(self.get(photo)?.map(Chunks))
    }

    /// Whether there is a file of this name; says nothing about what is in it.
    pub fn has(&self, photo: &PhotoId) -> bool {
        self.photo_path(photo).is_ok_and(|path| path.is_file())
    }

    /// Frees the bytes of a photo that the server holds. The thumbnail stays.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn remove(&self, receipt: &Receipt) -> Result<Removed, FilesError> {
        let path = self.photo_path(&receipt.photo)?;
        let bytes = match fs::metadata(&path) {
            Ok(file) => file.len(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Removed::Missing),
            Err(e) => return Err(io("look at")(e)),
        };
        if bytes != receipt.bytes {
            return Ok(Removed::Kept);
        }
        fs::remove_file(&path).map_err(io("remove"))?;
        sync_folder(path.parent().unwrap_or(&self.root))?;
        Ok(Removed::Freed { bytes })
    }

    /// All photos of the folder in the order of their names. Files that are no photos are passed over.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn list(&self) -> Result<Vec<Held>, FilesError> {
        let mut held = Vec::new();
        for shelf in fs::read_dir(self.root.join("photos")).map_err(io("list"))? {
            let shelf = shelf.map_err(io("list"))?;
            if !shelf.file_type().map_err(io("list"))?.is_dir() {
                continue;
            }
            for file in fs::read_dir(shelf.path()).map_err(io("list"))? {
                let file = file.map_err(io("list"))?;
                let name = file.file_name();
                let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".jpg")) else { continue };
                let Ok(photo) = PhotoId::new(name) else { continue };
                if self.photo_path(&photo).is_ok_and(|path| path == file.path()) {
                    held.push(Held { photo, bytes: file.metadata().map_err(io("look at"))?.len() });
                }
            }
        }
        held.sort_by(|a, b| a.photo.cmp(&b.photo));
        Ok(held)
    }

    fn photo_path(&self, photo: &PhotoId) -> Result<PathBuf, FilesError> {
        self.path("photos", photo, "jpg")
    }

    fn thumb_path(&self, photo: &PhotoId) -> Result<PathBuf, FilesError> {
        self.path("thumbs", photo, "thumb")
    }

    /// The name comes from outside: only a hash may become a path.
    fn path(&self, folder: &str, photo: &PhotoId, ending: &str) -> Result<PathBuf, FilesError> {
        let name = photo.as_str();
        let is_hash = name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match name.get(..2) {
            Some(shelf) if is_hash => Ok(self.root.join(folder).join(shelf).join(format!("{name}.{ending}"))),
            _ => Err(FilesError::NotAHash(name.to_owned())),
        }
    }

    fn write(&self, path: &Path, parts: &[&[u8]]) -> Result<(), FilesError> {
        let shelf = path.parent().unwrap_or(&self.root);
        if !shelf.is_dir() {
            fs::create_dir_all(shelf).map_err(io("make a folder for"))?;
            sync_folder(shelf.parent().unwrap_or(&self.root))?;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join("tmp").join(format!("{}-{number}", std::process::id()));
        let written = write_whole(&temporary, parts).and_then(|()| fs::rename(&temporary, path));
        if let Err(e) = written {
            // Best effort: a full disk needs the room at once; what stays is swept away at the next start.
            let _ = fs::remove_file(&temporary);
            return Err(io("write")(e));
        }
        sync_folder(shelf)
    }

    fn sweep(&self) {
        let Ok(left) = fs::read_dir(self.root.join("tmp")) else { return };
        for file in left.flatten() {
            let age = file.metadata().and_then(|m| m.modified()).map(|at| SystemTime::now().duration_since(at));
            if matches!(age, Ok(Ok(age)) if age > STALE) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

fn write_whole(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    // Truncating: after a crash the same process number may come again.
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FilesError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io("read")(e)),
    }
}

/// Makes a rename durable. Windows has no such call and needs none: its renames are journaled with their folder.
fn sync_folder(folder: &Path) -> Result<(), FilesError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("make durable"))?;
    }
    Ok(())
}

fn io(doing: &'static str) -> impl Fn(io::Error) -> FilesError {
    move |source| FilesError::Io { doing, source }
}
