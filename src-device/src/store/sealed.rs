//! A store whose disk reads nothing: values are sealed, keys are keyed hashes. What is left to see is how many values
//! there are of each kind (the first letter of a key) and how large they are.
//!
//! A key `e/DEVICE/SEQ` becomes `e/HASH(e/DEVICE)/HASH(e/DEVICE/SEQ)`, so that what is scanned together lies together.
//! The key itself is sealed with its value.

use super::{Batch, Store, StoreError, Visit};
use crate::vault::{Keys, Seal, SealError};

/// Another store, sealed.
#[derive(Debug)]
pub struct Sealed<S> {
    inner: S,
    seal: Seal,
    names: [u8; 32],
}

impl<S: Store> Sealed<S> {
    /// With the keys of the folder.
    pub fn new(inner: S, keys: &Keys) -> Self {
        Self { inner, seal: keys.store.clone(), names: *keys.store_names }
    }

    fn hash(&self, text: &str, digits: usize) -> String {
        blake3::keyed_hash(&self.names, text.as_bytes()).to_hex().chars().take(digits).collect()
    }

    /// The key as the disk sees it.
    fn name(&self, key: &str) -> String {
        let kind = key.split('/').next().unwrap_or_default();
        let above = key.rsplit_once('/').map_or("", |(above, _)| above);
        format!("{kind}/{}/{}", self.hash(above, 16), self.hash(key, 32))
    }

    /// What the names of all keys that begin so begin with. Prefixes end at a slash.
    fn prefix(&self, prefix: &str) -> String {
        match prefix.trim_end_matches('/').split_once('/') {
            Some((kind, _)) => format!("{kind}/{}/", self.hash(prefix.trim_end_matches('/'), 16)),
            None => prefix.to_owned(),
        }
    }

    fn close(&self, name: &str, key: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let length = u16::try_from(key.len()).map_err(|_| StoreError::Damaged("a key is too long".to_owned()))?;
        let text = [&length.to_le_bytes(), key.as_bytes(), value].concat();
        self.seal.seal(name.as_bytes(), &text).map_err(|e| match e {
            SealError::Random(why) => StoreError::Io(std::io::Error::other(why)),
            e @ SealError::TooLarge => StoreError::Damaged(e.to_string()),
        })
    }

    /// Key and value, opened into `text`.
    fn open<'t>(&self, name: &str, sealed: &[u8], text: &'t mut Vec<u8>) -> Result<(&'t str, &'t [u8]), StoreError> {
        let kind = name.split('/').next().unwrap_or_default();
        let damaged = || StoreError::Damaged(format!("value of {kind}"));
        if !self.seal.open_into(name.as_bytes(), sealed, text) {
            return Err(damaged());
        }
        let (length, rest) = text.split_first_chunk::<2>().ok_or_else(damaged)?;
        let (key, value) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or_else(damaged)?;
        Ok((std::str::from_utf8(key).map_err(|_| damaged())?, value))
    }
}

impl<S: Store> Store for Sealed<S> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = self.name(key);
        let Some(sealed) = self.inner.get(&name)? else { return Ok(None) };
        let mut text = Vec::new();
        let (of, value) = self.open(&name, &sealed, &mut text)?;
        if of == key { Ok(Some(value.to_vec())) } else { Err(StoreError::Damaged("two keys of one name".to_owned())) }
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut sealed = Batch::default();
        for (key, change) in &batch.changes {
            let name = self.name(key);
            match change {
                Some(value) => {
                    let value = self.close(&name, key, value)?;
                    sealed.put(name, value);
                }
                None => sealed.remove(name),
            }
        }
        self.inner.put(&sealed)
    }

    /// The disk's order is another one: what is there is read, then sorted.
    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut all = Vec::new();
        self.each(prefix, &mut |key, value| (all.push((key.to_owned(), value.to_vec())), true).1)?;
        all.sort_unstable();
        for (key, value) in all {
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn each(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let (mut damaged, mut text) = (None, Vec::new());
        self.inner.scan(&self.prefix(prefix), &mut |name, sealed| match self.open(name, sealed, &mut text) {
            Ok((key, value)) => !key.starts_with(prefix) || visit(key, value),
            Err(e) => {
                damaged = Some(e);
                false
            }
        })?;
        damaged.map_or(Ok(()), Err)
    }

    fn verify(&self) -> Result<(), StoreError> {
        self.inner.verify()
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.inner.flush()
    }
}
