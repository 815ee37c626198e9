//! The photos' bytes: in a folder, or in an S3-compatible store that several server processes share.
//!
//! Both keep the same things under the same names: `ab/abcd…` the whole photo, `tmp/abcd…/N` a chunk of one that comes,
//! `thumbs/ab/abcd…` a thumbnail. A photo gets its name only after its bytes were re-hashed, and [`Photos::commit`]
//! returns only when they are durable. `suite.rs` says what both must do.

use std::path::Path;

use axum::body::Bytes;
use huce_core::{ids::PhotoId, photo::PHOTO_CHUNK_BYTES};

mod address;
mod bucket;
mod folder;
#[cfg(test)]
mod suite;
pub mod turns;

pub use address::Address;
pub use bucket::Bucket;
pub use folder::Folder;

/// The most bytes of one photo: tablets make at most 350 kB, other cameras more.
pub const MAX_PHOTO_BYTES: u64 = huce_core::photo::MAX_PHOTO_BYTES as u64;

/// What goes wrong with the photos' bytes.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The folder.
    #[error("photos: {0}")]
    Folder(#[from] std::io::Error),
    /// The S3-compatible store.
    #[error("photos: {0}")]
    Bucket(#[from] object_store::Error),
    /// Its address is none.
    #[error("the photo store's address: {0}")]
    Address(String),
    /// The work was cut off.
    #[error("photos: the work was cut off")]
    CutOff,
}

/// The result of asking for bytes.
pub type Result<T> = std::result::Result<T, PhotoError>;

/// Where the photos' bytes are. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Photos {
    /// A folder of this machine.
    Folder(Folder),
    /// An S3-compatible store.
    Bucket(Bucket),
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

/// Does the same with either.
macro_rules! either {
    ($photos:expr, $folder:ident => $in_folder:expr, $bucket:ident => $in_bucket:expr) => {
        match $photos {
            Photos::Folder(folder) => {
                let $folder = folder.clone();
                Ok(tokio::task::spawn_blocking(move || $in_folder).await.map_err(|_| PhotoError::CutOff)??)
            }
            Photos::Bucket($bucket) => $in_bucket.await,
        }
    };
}

impl Photos {
    /// Opens the folder (and makes it), or the store at this address.
    pub fn open(folder: &Path, address: Option<&Address>) -> Result<Self> {
        Ok(match address {
            Some(address) => Self::Bucket(Bucket::open(address)?),
            None => Self::Folder(Folder::open(folder)?),
        })
    }

    /// Is this the hash of a photo, as paths and addresses may hold it?
    pub fn is_hash(photo: &PhotoId) -> bool {
        photo.as_str().len() == 64 && photo.as_str().bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// The numbers of the chunks that are missing of a photo of so many bytes. A chunk of the wrong length is missing.
    pub async fn missing(&self, photo: &PhotoId, bytes: u64) -> Result<Vec<u32>> {
        let id = photo.clone();
        either!(self, folder => std::io::Result::Ok(folder.missing(&id, bytes)), bucket => bucket.missing(photo, bytes))
    }

    /// Keeps a chunk. It appears under its name only when it is complete; a repeat replaces it.
    pub async fn put(&self, photo: &PhotoId, number: u32, bytes: Bytes) -> Result<()> {
        let id = photo.clone();
        either!(self, folder => folder.put(&id, number, &bytes), bucket => bucket.put(photo, number, bytes))
    }

    /// Puts a photo of so many bytes together, checks its hash, and makes it durable.
    pub async fn commit(&self, photo: &PhotoId, bytes: u64) -> Result<Committed> {
        let id = photo.clone();
        either!(self, folder => folder.commit(&id, bytes), bucket => bucket.commit(photo, bytes))
    }

    /// Keeps a whole photo that comes from another store. False when the bytes have another hash.
    pub async fn keep(&self, photo: &PhotoId, bytes: Bytes) -> Result<bool> {
        if blake3::hash(&bytes).to_hex().as_str() != photo.as_str() {
            return Ok(false);
        }
        let id = photo.clone();
        either!(self, folder => folder.keep(&id, &bytes), bucket => bucket.keep(photo, bytes))?;
        Ok(true)
    }

    /// Removes a damaged photo, so that it can come again.
    pub async fn forget(&self, photo: &PhotoId) -> Result<()> {
        let id = photo.clone();
        either!(self, folder => folder.forget(&id), bucket => bucket.forget(photo))
    }

    /// The photo's bytes, re-hashed: none when there is no such photo or what is stored was changed.
    pub async fn read(&self, photo: &PhotoId) -> Result<Option<Bytes>> {
        let id = photo.clone();
        let bytes: Result<Option<Bytes>> = either!(self, folder => folder.read(&id), bucket => bucket.read(photo));
        Ok(bytes?.filter(|bytes| blake3::hash(bytes).to_hex().as_str() == photo.as_str()))
    }

    /// The thumbnail that was made earlier.
    pub async fn kept_thumb(&self, photo: &PhotoId) -> Result<Option<Bytes>> {
        let id = photo.clone();
        either!(self, folder => folder.kept_thumb(&id), bucket => bucket.kept_thumb(photo))
    }

    /// Keeps a thumbnail. It can be made again at any time, so it need not be durable.
    pub async fn keep_thumb(&self, photo: &PhotoId, bytes: Bytes) -> Result<()> {
        let id = photo.clone();
        either!(self, folder => folder.keep_thumb(&id, &bytes), bucket => bucket.keep_thumb(photo, bytes))
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

/// The first two digits: folders of a size that people and tools can list.
fn shelf(photo: &PhotoId) -> &str {
    photo.as_str().get(..2).unwrap_or("xx")
}
