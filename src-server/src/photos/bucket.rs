//! Photos in an S3-compatible store. A put that was answered is durable and seen by every process; what is sent is
//! covered by the request's signature, so that a bit that flips on the way is refused.

use axum::body::Bytes;
use futures_util::TryStreamExt;
use huce_core::ids::PhotoId;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3, path::Path};

use super::{Address, Committed, Result, chunk_count, chunk_len, shelf};

/// A bucket, or a part of one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: std::sync::Arc<AmazonS3>,
    prefix: Path,
}

impl Bucket {
    /// Opens it; nothing is asked yet.
    pub fn open(address: &Address) -> Result<Self> {
        // An error says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let prefix = Path::parse(&address.prefix).map_err(Error::from)?;
        Ok(Self { client: std::sync::Arc::new(address.client()?), prefix })
    }

    fn at(&self, parts: &[&str]) -> Path {
        parts.iter().fold(self.prefix.clone(), |path, part| path.join(*part))
    }

    fn file(&self, photo: &PhotoId) -> Path {
        self.at(&[shelf(photo), photo.as_str()])
    }

    fn chunk(&self, photo: &PhotoId, number: u32) -> Path {
        self.at(&["tmp", photo.as_str(), &number.to_string()])
    }

    fn thumb(&self, photo: &PhotoId) -> Path {
        self.at(&["thumbs", shelf(photo), photo.as_str()])
    }

    async fn get(&self, path: &Path) -> Result<Option<Bytes>> {
        match self.client.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    async fn delete(&self, path: &Path) -> Result<()> {
        match self.client.delete(path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    async fn set(&self, path: &Path, bytes: Bytes) -> Result<()> {
        self.client.put(path, PutPayload::from_bytes(bytes)).await?;
        Ok(())
    }

    pub(super) async fn missing(&self, photo: &PhotoId, bytes: u64) -> Result<Vec<u32>> {
        let folder = self.at(&["tmp", photo.as_str()]);
        let here: Vec<_> = self.client.list(Some(&folder)).try_collect().await?;
        let is_here = |n: &u32| {
            let path = self.chunk(photo, *n);
            here.iter().any(|object| object.location == path && Some(object.size) == chunk_len(bytes, *n))
        };
        Ok((0..chunk_count(bytes)).filter(|n| !is_here(n)).collect())
    }

    pub(super) async fn put(&self, photo: &PhotoId, number: u32, bytes: Bytes) -> Result<()> {
        self.set(&self.chunk(photo, number), bytes).await
    }

    pub(super) async fn commit(&self, photo: &PhotoId, bytes: u64) -> Result<Committed> {
        let file = self.file(photo);
        if let Some(stored) = self.get(&file).await? {
            if blake3::hash(&stored).to_hex().as_str() == photo.as_str() {
                return Ok(Committed::Whole(stored.len() as u64));
            }
            // The store changed it. What is damaged gives way to what comes now.
            self.delete(&file).await?;
        }
        if !self.missing(photo, bytes).await?.is_empty() {
            return Ok(Committed::Incomplete);
        }
        let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        for number in 0..chunk_count(bytes) {
            match self.get(&self.chunk(photo, number)).await? {
                Some(chunk) => whole.extend_from_slice(&chunk),
                // Another process commits the same photo, and has cleared the chunks away.
                None => return Ok(Committed::Incomplete),
            }
        }
        let fits = blake3::hash(&whole).to_hex().as_str() == photo.as_str();
        if fits {
            self.set(&file, whole.into()).await?;
        }
        for number in 0..chunk_count(bytes) {
            self.delete(&self.chunk(photo, number)).await?;
        }
        Ok(if fits { Committed::Whole(bytes) } else { Committed::WrongHash })
    }

    pub(super) async fn keep(&self, photo: &PhotoId, bytes: Bytes) -> Result<()> {
        self.set(&self.file(photo), bytes).await
    }

    pub(super) async fn forget(&self, photo: &PhotoId) -> Result<()> {
        self.delete(&self.file(photo)).await
    }

    pub(super) async fn read(&self, photo: &PhotoId) -> Result<Option<Bytes>> {
        self.get(&self.file(photo)).await
    }

    pub(super) async fn kept_thumb(&self, photo: &PhotoId) -> Result<Option<Bytes>> {
        self.get(&self.thumb(photo)).await
    }

    pub(super) async fn keep_thumb(&self, photo: &PhotoId, bytes: Bytes) -> Result<()> {
        self.set(&self.thumb(photo), bytes).await
    }
}
