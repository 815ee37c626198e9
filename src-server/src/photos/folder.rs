//! Photos as files: chunks come into `tmp/`, a whole photo is re-hashed, made durable and only then gets its name.
//!
//! The steps of a commit are in the order in which a power cut leaves either the old state or the whole photo:
//! write → fsync → rename → fsync of the folder.

use std::{
    collections::BTreeSet,
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use huce_core::ids::PhotoId;

use super::{Committed, chunk_count, chunk_len, shelf};
use crate::disk::{make_folder, sync_folder};

/// A folder of photos. Cheap to clone; its calls block.
#[derive(Debug, Clone)]
pub struct Folder {
    root: Arc<PathBuf>,
    /// Shelves whose names are durable, as this process has seen to.
    shelves: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Folder {
    /// Opens the folder, and makes it.
    pub fn open(root: &Path) -> io::Result<Self> {
        make_folder(root)?;
        fs::create_dir_all(root.join("tmp"))?;
        Ok(Self { root: Arc::new(root.to_owned()), shelves: Arc::default() })
    }

    fn file(&self, photo: &PhotoId) -> PathBuf {
        self.root.join(shelf(photo)).join(photo.as_str())
    }

    fn chunks(&self, photo: &PhotoId) -> PathBuf {
        self.root.join("tmp").join(photo.as_str())
    }

    pub(super) fn missing(&self, photo: &PhotoId, bytes: u64) -> Vec<u32> {
        let folder = self.chunks(photo);
        let is_here = |n: &u32| {
            let len = fs::metadata(folder.join(n.to_string())).map(|m| m.len());
            len.is_ok_and(|len| Some(len) == chunk_len(bytes, *n))
        };
        (0..chunk_count(bytes)).filter(|n| !is_here(n)).collect()
    }

    pub(super) fn put(&self, photo: &PhotoId, number: u32, bytes: &[u8]) -> io::Result<()> {
        let folder = self.chunks(photo);
        fs::create_dir_all(&folder)?;
        let mut part = tempfile_in(&folder, number)?;
        part.1.write_all(bytes)?;
        fs::rename(&part.0, folder.join(number.to_string()))
    }

    pub(super) fn commit(&self, photo: &PhotoId, bytes: u64) -> io::Result<Committed> {
        let file = self.file(photo);
        if let Ok(len) = fs::metadata(&file).map(|m| m.len()) {
            if hash_of(&file)? == photo.as_str() {
                // A process that died after the rename may have left a name that is not durable yet.
                self.settle(&file)?;
                return Ok(Committed::Whole(len));
            }
            // The disk changed it. What is damaged gives way to what comes now.
            fs::remove_file(&file)?;
        }
        if !self.missing(photo, bytes).is_empty() {
            return Ok(Committed::Incomplete);
        }
        let chunks = self.chunks(photo);
        let (whole, mut out) = match tempfile_in(&chunks, u32::MAX) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Committed::Incomplete),
            made => made?,
        };
        let mut hasher = blake3::Hasher::new();
        for number in 0..chunk_count(bytes) {
            // Another process commits the same photo, and has cleared the chunks away.
            let Some(chunk) = whole_file(&chunks.join(number.to_string()))? else { return Ok(Committed::Incomplete) };
            hasher.update(&chunk);
            out.write_all(&chunk)?;
        }
        if hasher.finalize().to_hex().as_str() != photo.as_str() {
            clear(&chunks)?;
            return Ok(Committed::WrongHash);
        }
        match self.name(&whole, &out, &file) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Committed::Incomplete),
            named => named?,
        }
        clear(&chunks)?;
        Ok(Committed::Whole(bytes))
    }

    /// Keeps a whole photo, whose hash was checked.
    pub(super) fn keep(&self, photo: &PhotoId, bytes: &[u8]) -> io::Result<()> {
        let (whole, mut out) = tempfile_in(&self.root.join("tmp"), u32::MAX)?;
        out.write_all(bytes)?;
        self.name(&whole, &out, &self.file(photo))
    }

    /// Makes what was written durable under its name: a power cut leaves either nothing or all of it.
    fn name(&self, whole: &Path, out: &fs::File, file: &Path) -> io::Result<()> {
        out.sync_all()?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(whole, file)?;
        self.settle(file)
    }

    /// Makes a file's name durable, and that of its shelf: another commit may have made the shelf a moment ago.
    fn settle(&self, file: &Path) -> io::Result<()> {
        let Some(folder) = file.parent() else { return Err(io::Error::other("a photo without a folder")) };
        sync_folder(folder)?;
        if !self.shelves.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            sync_folder(&self.root)?;
            self.shelves.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        }
        Ok(())
    }

    pub(super) fn forget(&self, photo: &PhotoId) -> io::Result<()> {
        match fs::remove_file(self.file(photo)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    pub(super) fn kept_thumb(&self, photo: &PhotoId) -> io::Result<Option<Bytes>> {
        whole_file(&self.thumb(photo))
    }

    pub(super) fn keep_thumb(&self, photo: &PhotoId, bytes: &[u8]) -> io::Result<()> {
        let (part, mut out) = tempfile_in(&self.root.join("tmp"), 0)?;
        out.write_all(bytes)?;
        let file = self.thumb(photo);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(part, file)
    }

    fn thumb(&self, photo: &PhotoId) -> PathBuf {
        self.root.join("thumbs").join(shelf(photo)).join(photo.as_str())
    }

    pub(super) fn read(&self, photo: &PhotoId) -> io::Result<Option<Bytes>> {
        whole_file(&self.file(photo))
    }
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn whole_file(file: &Path) -> io::Result<Option<Bytes>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn hash_of(file: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = fs::File::open(file)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(buffer.get(..n).unwrap_or_default());
    }
}

/// A file of its own for every writer: two tablets (or a repeat) may send the same chunk at the same time.
fn tempfile_in(folder: &Path, number: u32) -> io::Result<(PathBuf, fs::File)> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = folder.join(format!("{number}.{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    Ok((path.clone(), fs::File::create(path)?))
}
