//! The photos' files: chunks come into `tmp/`, a whole photo is re-hashed, made durable and only then gets its name.
//!
//! `photos/ab/abcd…` holds the bytes, `photos/tmp/abcd…/N` a chunk. The steps of [`Photos::commit`] are in the order
//! in which a power cut leaves either the old state or the whole photo: write → fsync → rename → fsync of the folder.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use huce_core::{ids::PhotoId, photo::PHOTO_CHUNK_BYTES};

/// The most bytes of one photo: tablets make at most 350 kB, other cameras more.
pub const MAX_PHOTO_BYTES: u64 = huce_core::photo::MAX_PHOTO_BYTES as u64;

/// The folder of the photos. Cheap to clone; its calls block, so call them from [`tokio::task::spawn_blocking`].
#[derive(Debug, Clone)]
pub struct Photos {
    root: Arc<PathBuf>,
}

/// What a commit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Whole, re-hashed and durable; so many bytes.
    Whole(u64),
    /// Chunks are missing, or have another length than they must have.
    Incomplete,
    /// The bytes have another hash: they were thrown away and have to come again.
    WrongHash,
}

impl Photos {
    /// Opens the folder, and makes it.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root.join("tmp"))?;
        Ok(Self { root: Arc::new(root.to_owned()) })
    }

    /// Is this the hash of a photo, as paths and addresses may hold it?
    pub fn is_hash(photo: &PhotoId) -> bool {
        photo.as_str().len() == 64 && photo.as_str().bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    fn file(&self, photo: &PhotoId) -> PathBuf {
        self.root.join(photo.as_str().get(..2).unwrap_or("xx")).join(photo.as_str())
    }

    fn chunks(&self, photo: &PhotoId) -> PathBuf {
        self.root.join("tmp").join(photo.as_str())
    }

    /// Is the whole photo here?
    pub fn has(&self, photo: &PhotoId) -> bool {
        self.file(photo).is_file()
    }

    /// The numbers of the chunks that are missing of a photo of so many bytes. A chunk of the wrong length is missing.
    pub fn missing(&self, photo: &PhotoId, bytes: u64) -> Vec<u32> {
        let folder = self.chunks(photo);
        let is_here = |n: &u32| {
            let len = fs::metadata(folder.join(n.to_string())).map(|m| m.len());
            len.is_ok_and(|len| Some(len) == chunk_len(bytes, *n))
        };
        (0..chunk_count(bytes)).filter(|n| !is_here(n)).collect()
    }

    /// Keeps a chunk. It appears under its name only when it is complete; a repeat replaces it.
    pub fn put(&self, photo: &PhotoId, number: u32, bytes: &[u8]) -> io::Result<()> {
        let folder = self.chunks(photo);
        fs::create_dir_all(&folder)?;
        let mut part = tempfile_in(&folder, number)?;
        part.1.write_all(bytes)?;
        fs::rename(&part.0, folder.join(number.to_string()))
    }

    /// Puts a photo of so many bytes together, checks its hash, and makes it durable.
    pub fn commit(&self, photo: &PhotoId, bytes: u64) -> io::Result<Committed> {
        let file = self.file(photo);
        if let Ok(len) = fs::metadata(&file).map(|m| m.len()) {
            if hash_of(&file)? == photo.as_str() {
                return Ok(Committed::Whole(len));
            }
            // The disk changed it. What is damaged gives way to what comes now.
            fs::remove_file(&file)?;
        }
        if !self.missing(photo, bytes).is_empty() {
            return Ok(Committed::Incomplete);
        }
        let chunks = self.chunks(photo);
        let (whole, mut out) = tempfile_in(&chunks, u32::MAX)?;
        let mut hasher = blake3::Hasher::new();
        for number in 0..chunk_count(bytes) {
            let chunk = fs::read(chunks.join(number.to_string()))?;
            hasher.update(&chunk);
            out.write_all(&chunk)?;
        }
        if hasher.finalize().to_hex().as_str() != photo.as_str() {
            fs::remove_dir_all(&chunks)?;
            return Ok(Committed::WrongHash);
        }
        out.sync_all()?;
        let Some(folder) = file.parent() else { return Err(io::Error::other("a photo without a folder")) };
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
        }
        fs::rename(&whole, &file)?;
        sync_folder(folder)?;
        fs::remove_dir_all(&chunks)?;
        Ok(Committed::Whole(bytes))
    }

    /// Removes a damaged file, so that the photo can come again.
    pub fn forget(&self, photo: &PhotoId) -> io::Result<()> {
        match fs::remove_file(self.file(photo)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// The thumbnail that was made earlier.
    pub fn kept_thumb(&self, photo: &PhotoId) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.thumb(photo)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Keeps a thumbnail. It can be made again at any time, so it is not made durable.
    pub fn keep_thumb(&self, photo: &PhotoId, bytes: &[u8]) -> io::Result<()> {
        let (part, mut out) = tempfile_in(&self.root.join("tmp"), 0)?;
        out.write_all(bytes)?;
        let file = self.thumb(photo);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(part, file)
    }

    fn thumb(&self, photo: &PhotoId) -> PathBuf {
        self.root.join("thumbs").join(photo.as_str().get(..2).unwrap_or("xx")).join(photo.as_str())
    }

    /// The photo's bytes, re-hashed: none when there is no such photo or the disk changed it.
    pub fn read(&self, photo: &PhotoId) -> io::Result<Option<Vec<u8>>> {
        let bytes = match fs::read(self.file(photo)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        Ok((blake3::hash(&bytes).to_hex().as_str() == photo.as_str()).then_some(bytes))
    }
}

/// How many chunks a photo of so many bytes has.
pub fn chunk_count(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(PHOTO_CHUNK_BYTES as u64)).unwrap_or(u32::MAX)
}

/// How long its `number`th chunk is; none when it has no such chunk.
pub fn chunk_len(bytes: u64, number: u32) -> Option<u64> {
    let from = u64::from(number).checked_mul(PHOTO_CHUNK_BYTES as u64)?;
    (from < bytes).then(|| (bytes - from).min(PHOTO_CHUNK_BYTES as u64))
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

fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn photo(len: usize) -> (Vec<u8>, PhotoId) {
        let bytes: Vec<u8> = (0..len).map(|n| (n * 7 % 251) as u8).collect();
        let id = PhotoId::of_bytes(&bytes);
        (bytes, id)
    }

    #[test]
    fn a_photo_is_whole_only_when_every_chunk_has_its_length_and_the_hash_fits() {
        let folder = tempfile::tempdir().unwrap();
        let photos = Photos::open(folder.path()).unwrap();
        let (bytes, id) = photo(PHOTO_CHUNK_BYTES + 10);
        let len = bytes.len() as u64;
        assert_eq!(photos.missing(&id, len), [0, 1]);
        photos.put(&id, 0, &bytes[..1000]).unwrap();
        assert_eq!(photos.missing(&id, len), [0, 1], "half a chunk is no chunk");
        photos.put(&id, 0, &bytes[..PHOTO_CHUNK_BYTES]).unwrap();
        assert_eq!(photos.missing(&id, len), [1]);
        assert_eq!(photos.commit(&id, len).unwrap(), Committed::Incomplete);
        photos.put(&id, 1, b"0123456789").unwrap();
        assert_eq!(photos.commit(&id, len).unwrap(), Committed::WrongHash);
        assert_eq!(photos.missing(&id, len), [0, 1], "wrong bytes come again from the start");
        assert!(!photos.has(&id));
        photos.put(&id, 1, &bytes[PHOTO_CHUNK_BYTES..]).unwrap();
        photos.put(&id, 0, &bytes[..PHOTO_CHUNK_BYTES]).unwrap();
        photos.put(&id, 0, &bytes[..PHOTO_CHUNK_BYTES]).unwrap();
        assert_eq!(photos.commit(&id, len).unwrap(), Committed::Whole(len));
        assert_eq!(photos.commit(&id, len).unwrap(), Committed::Whole(len), "a repeated commit is a receipt again");
        assert_eq!(photos.read(&id).unwrap().unwrap(), bytes);
    }

    #[test]
    fn a_flipped_bit_on_the_disk_is_not_handed_out_and_the_photo_can_come_again() {
        let folder = tempfile::tempdir().unwrap();
        let photos = Photos::open(folder.path()).unwrap();
        let (bytes, id) = photo(100);
        photos.put(&id, 0, &bytes).unwrap();
        photos.commit(&id, 100).unwrap();
        let mut damaged = bytes.clone();
        damaged[50] ^= 1;
        fs::write(photos.file(&id), &damaged).unwrap();
        assert_eq!(photos.read(&id).unwrap(), None);
        assert_eq!(photos.commit(&id, 100).unwrap(), Committed::Incomplete);
        photos.put(&id, 0, &bytes).unwrap();
        assert_eq!(photos.commit(&id, 100).unwrap(), Committed::Whole(100));
    }
}
