//! Where the bytes of photos stay: sealed files, `photos/ab/<name>.sealed` and `thumbs/ab/<name>.sealed`, whose names are
//! keyed hashes of the photo's own name, the hash of what is in it. Version 1 had them as they are, as
//! `photos/ab/<hash>.jpg` and `thumbs/ab/<hash>.thumb`; those are sealed at the next start. A file comes into being whole or not at all (temporary file, fsync, rename,
//! fsync of the directory), is hashed again each time it is read, and goes only against a [`Receipt`] of the server.
//! sled would not do: it never fsyncs the overflow files that it keeps large values in.
//!
//! Damage on the disk is an answer ([`Found::Damaged`]), not an error; errors are for a disk that does not do as it is told.

mod answers;
mod sealed;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use huce_core::ids::PhotoId;
use zeroize::Zeroizing;

pub use self::answers::{Chunks, Found, Held, Put, Receipt, Removed};
use crate::vault::{Keys, Seal, SealError};

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
    /// No randomness to seal with.
    #[error("a photo cannot be sealed: {0}")]
    Seal(#[from] SealError),
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
    keys: Option<(Seal, Zeroizing<[u8; 32]>)>,
    next: AtomicU64,
}

impl PhotoFiles {
    /// Opens the folder, makes it where there is none, and sweeps away what a crash left half-written.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, FilesError> {
        Self::with(root.into(), None)
    }

    /// The same with everything sealed; what is there unsealed is sealed now.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn sealed(root: impl Into<PathBuf>, keys: &Keys) -> Result<Self, FilesError> {
        let files = Self::with(root.into(), Some((keys.photos.clone(), keys.photo_names.clone())))?;
        for held in files.list_plain()? {
            // A damaged one stays as it is: what is whole of it may be looked at by a person.
            if let Found::Whole(bytes) = files.get_plain(&held.photo)? {
                files.write(&files.photo_path(&held.photo)?, &[&files.close(&held.photo, "photo", &bytes)?])?;
                if let Found::Whole(thumb) = files.thumb(&held.photo)? {
                    files.put_thumb(&held.photo, &thumb)?;
                }
                files.remove_plain(&held.photo)?;
            }
        }
        Ok(files)
    }

    /// Only for reading: makes, sweeps and seals nothing.
    pub fn reading(root: impl Into<PathBuf>, keys: Option<&Keys>) -> Self {
        let keys = keys.map(|keys| (keys.photos.clone(), keys.photo_names.clone()));
        Self { root: root.into(), keys, next: AtomicU64::new(0) }
    }

    /// What is left of a damaged photo: zeros stand for pieces that do not open.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn salvage(&self, photo: &PhotoId) -> Result<Vec<u8>, FilesError> {
        if let Some((seal, _)) = &self.keys
            && let Some(bytes) = read(&self.photo_path(photo)?)?
        {
            return Ok(sealed::salvage(seal, photo, "photo", &bytes));
        }
        Ok(read(&self.plain("photos", photo, "jpg")?)?.unwrap_or_default())
    }

    fn with(root: PathBuf, keys: Option<(Seal, Zeroizing<[u8; 32]>)>) -> Result<Self, FilesError> {
        let files = Self { root, keys, next: AtomicU64::new(0) };
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
        let outcome = self.put_file(photo, jpeg)?;
        if outcome != Put::WrongBytes {
            self.put_thumb(photo, thumb)?;
        }
        Ok(outcome)
    }

    /// Keeps a recording or a file, which has no thumbnail; returns after it is on the disk.
    ///
    /// # Errors
    /// As [`PhotoFiles::put`].
    pub fn put_file(&self, photo: &PhotoId, bytes: &[u8]) -> Result<Put, FilesError> {
        if PhotoId::of_bytes(bytes) != *photo {
            return Ok(Put::WrongBytes);
        }
        let path = self.photo_path(photo)?;
        Ok(match self.get(photo)? {
            Found::Whole(_) => {
                // An earlier put may have failed between the rename and the fsync of its folder.
                sync_folder(path.parent().unwrap_or(&self.root))?;
                Put::AlreadyHad
            }
            Found::Damaged { .. } => {
                self.write(&path, &[&self.close(photo, "photo", bytes)?])?;
                Put::Repaired
            }
            Found::Missing => {
                self.write(&path, &[&self.close(photo, "photo", bytes)?])?;
                Put::Stored
            }
        })
    }

    /// Keeps a thumbnail alone: of a photo that is on the server only, or a new one for a damaged one.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn put_thumb(&self, photo: &PhotoId, thumb: &[u8]) -> Result<(), FilesError> {
        match &self.keys {
            Some(_) => self.write(&self.thumb_path(photo)?, &[&self.close(photo, "thumb", thumb)?]),
            None => self.write(&self.thumb_path(photo)?, &[thumb, blake3::hash(thumb).as_bytes()]),
        }
    }

    /// The bytes of a photo, hashed again.
    ///
    /// # Errors
    /// [`FilesError::Io`]; damage and absence are answers.
    pub fn get(&self, photo: &PhotoId) -> Result<Found, FilesError> {
        let Some((seal, _)) = &self.keys else { return self.get_plain(photo) };
        let Some(bytes) = read(&self.photo_path(photo)?)? else { return self.get_plain(photo) };
        Ok(match sealed::open(seal, photo, "photo", &bytes) {
            Some(opened) if PhotoId::of_bytes(&opened) == *photo => Found::Whole(opened),
            _ => Found::Damaged { bytes: bytes.len() as u64 },
        })
    }

    fn get_plain(&self, photo: &PhotoId) -> Result<Found, FilesError> {
        Ok(match read(&self.plain("photos", photo, "jpg")?)? {
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
        if let Some((seal, _)) = &self.keys
            && let Some(bytes) = read(&self.thumb_path(photo)?)?
        {
            let damaged = Found::Damaged { bytes: bytes.len() as u64 };
            return Ok(sealed::open(seal, photo, "thumb", &bytes).map_or(damaged, Found::Whole));
        }
        let Some(mut bytes) = read(&self.plain("thumbs", photo, "thumb")?)? else { return Ok(Found::Missing) };
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
        let plain = self.plain("photos", photo, "jpg");
        [self.photo_path(photo), plain].into_iter().flatten().any(|path| path.is_file())
    }

    /// Frees the bytes of a photo that the server holds. The thumbnail stays.
    ///
    /// # Errors
    /// [`FilesError::Io`]
    pub fn remove(&self, receipt: &Receipt) -> Result<Removed, FilesError> {
        let path = self.photo_path(&receipt.photo)?;
        let bytes = match fs::metadata(&path) {
            Ok(file) if self.keys.is_some() => sealed::plain_len(file.len()),
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
        let Some((seal, _)) = &self.keys else { return self.list_plain() };
        let mut held = Vec::new();
        for shelf in fs::read_dir(self.root.join("photos")).map_err(io("list"))? {
            let shelf = shelf.map_err(io("list"))?;
            if !shelf.file_type().map_err(io("list"))?.is_dir() {
                continue;
            }
            for file in fs::read_dir(shelf.path()).map_err(io("list"))? {
                let path = file.map_err(io("list"))?.path();
                if path.extension().is_none_or(|ending| ending != "sealed") {
                    continue;
                }
                let mut head = Vec::with_capacity(sealed::HEADER);
                let file = File::open(&path).map_err(io("list"))?;
                let bytes = file.metadata().map_err(io("look at"))?.len();
                file.take(sealed::HEADER as u64).read_to_end(&mut head).map_err(io("list"))?;
                if let Some(photo) = sealed::name(seal, &head)
                    && self.photo_path(&photo).is_ok_and(|own| own == path)
                {
                    held.push(Held { photo, bytes: sealed::plain_len(bytes) });
                }
            }
        }
        held.extend(self.list_plain()?);
        held.sort_by(|a, b| a.photo.cmp(&b.photo));
        held.dedup_by(|a, b| a.photo == b.photo);
        Ok(held)
    }

    fn list_plain(&self) -> Result<Vec<Held>, FilesError> {
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
                if self.plain("photos", &photo, "jpg").is_ok_and(|path| path == file.path()) {
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

    fn close(&self, photo: &PhotoId, kind: &str, bytes: &[u8]) -> Result<Vec<u8>, FilesError> {
        Ok(match &self.keys {
            Some((seal, _)) => sealed::close(seal, photo, kind, bytes)?,
            None => bytes.to_vec(),
        })
    }

    fn remove_plain(&self, photo: &PhotoId) -> Result<(), FilesError> {
        for path in [self.plain("photos", photo, "jpg")?, self.plain("thumbs", photo, "thumb")?] {
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io("remove")(e)),
                _ => {}
            }
        }
        Ok(())
    }

    fn thumb_path(&self, photo: &PhotoId) -> Result<PathBuf, FilesError> {
        self.path("thumbs", photo, "thumb")
    }

    fn path(&self, folder: &str, photo: &PhotoId, ending: &str) -> Result<PathBuf, FilesError> {
        let plain = self.plain(folder, photo, ending)?;
        let Some((_, names)) = &self.keys else { return Ok(plain) };
        let name = blake3::keyed_hash(names, photo.as_str().as_bytes()).to_hex();
        Ok(self.root.join(folder).join(name.get(..2).unwrap_or_default()).join(format!("{name}.sealed")))
    }

    /// The name comes from outside: only a hash may become a path.
    fn plain(&self, folder: &str, photo: &PhotoId, ending: &str) -> Result<PathBuf, FilesError> {
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
