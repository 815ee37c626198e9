//! What is at rest is sealed: journal, store, photos, the tablet's own key and the book of the server, each with a key
//! of its own, all derived from one data key. The data key is wrapped by the inspector's PIN (Argon2id) and escrowed to
//! the server's public key; a wrong PIN costs time and never data.
//!
//! Read in this order: [`Seal`] (one key at work) → [`Keys`] (which are there) → `file` (the wrapped data key on the
//! disk) → [`Vault`] (setting a PIN, unlocking) → [`pace`] (what a wrong PIN costs) → [`lock`] (locking by itself).
//!
//! Before a PIN is set the data key lies in the file as it is: like the years before sealing, but a PIN that is set later
//! seals everything at once.

mod file;
pub mod lock;
pub mod pace;
mod seal;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use ed25519_dalek::VerifyingKey;
use huce_core::{
    clock::Millis,
    escrow::{Escrow, Recovery},
};
use zeroize::Zeroizing;

pub use file::exists;
use file::{Held, Pin, VaultFile};
use pace::Attempts;
pub use seal::{Seal, SealError};

/// The fewest characters of a PIN.
pub const MIN_PIN: usize = 4;
/// What wrapping by a PIN costs: 32 MiB and 3 rounds, 0.1 s on a slow tablet. Kept with the wrapping, so that it can
/// grow.
const COST: (u32, u32) = (32 * 1024, 3);
/// What a file may ask for at most: more is damage, and must not take the machine's memory.
const MOST: (u32, u32) = (128 * 1024, 8);

/// Why the data key is not there.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A PIN is needed; not before `wait_ms` have passed.
    #[error("locked: a PIN is needed")]
    Locked {
        /// Milliseconds until the next try; 0 for now.
        wait_ms: Millis,
    },
    /// It was not this PIN. Nothing is lost; the next try has to wait.
    #[error("this is not the PIN; the next try is possible in {} s", .wait_ms / 1000)]
    WrongPin {
        /// Milliseconds until the next try.
        wait_ms: Millis,
    },
    /// Fewer than [`MIN_PIN`] characters.
    #[error("a PIN has at least {MIN_PIN} characters")]
    ShortPin,
    /// Both copies of the file are damaged. The server's escrow of the data key opens the folder again.
    #[error("the vault is damaged in both its copies: the data key has to come from the server")]
    Damaged,
    /// A recovery is good once.
    #[error("this recovery was used already: ask the administrator for another one")]
    UsedRecovery,
    /// A data key that is not this folder's.
    #[error("this is not the data key of this folder")]
    WrongKey,
    /// The disk refused.
    #[error("the vault: {0}")]
    Io(#[from] std::io::Error),
    /// The system gives no randomness, or not the memory for Argon2.
    #[error("the vault: {0}")]
    System(String),
}

/// The data key. Wiped when it goes.
pub type DataKey = Zeroizing<[u8; 32]>;

/// The keys of a folder, all derived from its data key.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Entries of the journal.
    pub journal: Seal,
    /// Values of the store.
    pub store: Seal,
    /// For the hashes that stand for the store's keys.
    pub store_names: Zeroizing<[u8; 32]>,
    /// Pieces of photos and thumbnails.
    pub photos: Seal,
    /// For the hashes that stand for photos' names.
    pub photo_names: Zeroizing<[u8; 32]>,
    /// The tablet's own key and the book of the server.
    pub files: Seal,
}

impl Keys {
    fn of(data: &DataKey) -> Self {
        let key = |purpose: &str| Zeroizing::new(blake3::derive_key(purpose, data.as_slice()));
        Self {
            journal: Seal::new(&key("huce 2026 journal entries")),
            store: Seal::new(&key("huce 2026 store values")),
            store_names: key("huce 2026 store keys"),
            photos: Seal::new(&key("huce 2026 photo pieces")),
            photo_names: key("huce 2026 photo names"),
            files: Seal::new(&key("huce 2026 small files")),
        }
    }
}

/// The data key of a folder, open.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    file: VaultFile,
    data: DataKey,
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| VaultError::System(e.to_string()))?;
    Ok(bytes)
}

fn wrapping(pin: &str, salt: &[u8], (m_kib, rounds): (u32, u32)) -> Result<Seal, VaultError> {
    let system = |e: argon2::Error| VaultError::System(e.to_string());
    let params = Params::new(m_kib, rounds, 1, Some(32)).map_err(system)?;
    let mut key = Zeroizing::new([0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(pin.as_bytes(), salt, key.as_mut_slice()).map_err(system)?;
    Ok(Seal::new(&key))
}

impl Vault {
    /// Opens the vault of a folder, or makes one. `pin` where one was set.
    pub fn open(folder: &Path, pin: Option<&str>, now_ms: Millis) -> Result<Self, VaultError> {
        let Some(file) = file::read(folder)? else {
            let data: DataKey = Zeroizing::new(random()?);
            let file = VaultFile::new(&data);
            file::write(folder, &file)?;
            return Ok(Self { folder: folder.to_owned(), file, data });
        };
        let data = match &file.held {
            Held::Open { key } => Zeroizing::new(*key),
            Held::Pin(wrapped) => unlock(folder, wrapped, pin, now_ms)?,
        };
        if !file.fits(&data) {
            return Err(VaultError::Damaged);
        }
        // On a full disk the copy that is whole has to do.
        if let Err(e) = file::mend(folder, &file) {
            tracing::warn!(error = %e, "vault.not_mended");
        }
        Ok(Self { folder: folder.to_owned(), file, data })
    }

    /// Opens the folder of an inspector who forgot the PIN, with the data key that the server opened from its escrow,
    /// and sets a new PIN. Nothing else changes: what was not synced is there.
    pub fn recover(folder: &Path, data: DataKey, pin: &str) -> Result<Self, VaultError> {
        Self::recover_by(folder, data, None, pin)
    }

    /// The same with a recovery from the server and its code. Each is good once.
    pub fn recover_with(folder: &Path, recovery: &Recovery, code: &str, pin: &str) -> Result<Self, VaultError> {
        let data = recovery.open(code).map(Zeroizing::new).ok_or(VaultError::WrongKey)?;
        Self::recover_by(folder, data, Some(&recovery.nonce), pin)
    }

    fn recover_by(folder: &Path, data: DataKey, recovery: Option<&str>, pin: &str) -> Result<Self, VaultError> {
        let file = match file::read(folder) {
            Ok(Some(file)) if file.fits(&data) => file,
            Ok(Some(_)) => return Err(VaultError::WrongKey),
            // Without its vault nothing here says whose key it is; the journal's entries will.
            Err(VaultError::Damaged) | Ok(None) => VaultFile::new(&data),
            Err(e) => return Err(e),
        };
        let mut vault = Self { folder: folder.to_owned(), file, data };
        vault.use_up(recovery, pin)?;
        Ok(vault)
    }

    /// The same for a folder that is open behind a locked screen.
    pub fn recover_here(&mut self, recovery: &Recovery, code: &str, pin: &str) -> Result<(), VaultError> {
        let data = recovery.open(code).map(Zeroizing::new).ok_or(VaultError::WrongKey)?;
        if !self.file.fits(&data) {
            return Err(VaultError::WrongKey);
        }
        self.use_up(Some(&recovery.nonce), pin)
    }

    /// A recovery is good once: that it was used and the new PIN are written together.
    fn use_up(&mut self, recovery: Option<&str>, pin: &str) -> Result<(), VaultError> {
        if let Some(recovery) = recovery {
            if self.file.recovered.iter().any(|used| used == recovery) {
                return Err(VaultError::UsedRecovery);
            }
            long_enough(pin)?;
            self.file.recovered.push(recovery.to_owned());
        }
        self.set_pin(pin)
    }

    /// Wraps the data key by a PIN: from here on only the PIN, or the server's escrow, opens the folder.
    pub fn set_pin(&mut self, pin: &str) -> Result<(), VaultError> {
        long_enough(pin)?;
        let salt = random::<16>()?;
        let sealed = wrapping(pin, &salt, COST)?.seal(PIN, self.data.as_slice());
        let sealed = sealed.map_err(|e| VaultError::System(e.to_string()))?;
        self.file.held = Held::Pin(Pin { salt, m_kib: COST.0, rounds: COST.1, sealed });
        pace::write(&self.folder, &Attempts::default())?;
        file::write(&self.folder, &self.file)?;
        Ok(())
    }

    /// Is this the PIN? Costs as much as unlocking. True where none is set.
    pub fn is_pin(&self, pin: &str, now_ms: Millis) -> Result<bool, VaultError> {
        match &self.file.held {
            Held::Open { .. } => Ok(true),
            Held::Pin(wrapped) => match unlock(&self.folder, wrapped, Some(pin), now_ms) {
                Ok(_) => Ok(true),
                Err(VaultError::WrongPin { .. }) => Ok(false),
                Err(e) => Err(e),
            },
        }
    }

    /// Is there a PIN?
    pub fn has_pin(&self) -> bool {
        matches!(self.file.held, Held::Pin(_))
    }

    /// Seals the data key to the server, so that a forgotten PIN loses nothing. Once for each server key.
    pub fn escrow_to(&mut self, server: &VerifyingKey) -> Result<Escrow, VaultError> {
        if let Some(escrow) = self.file.escrow.as_ref().filter(|e| e.is_to(server)) {
            return Ok(escrow.clone());
        }
        let random = random::<56>()?;
        let escrow =
            Escrow::seal(&self.data, server, &random).ok_or_else(|| VaultError::System("escrow".to_owned()))?;
        self.file.escrow = Some(escrow.clone());
        file::write(&self.folder, &self.file)?;
        Ok(escrow)
    }

    /// The escrow of the data key, where one was made.
    pub fn escrow(&self) -> Option<&Escrow> {
        self.file.escrow.as_ref()
    }

    /// The folder's keys.
    pub fn keys(&self) -> Keys {
        Keys::of(&self.data)
    }
}

/// The escrow of a folder's data key. Needs no PIN: only the server can open it.
pub fn escrow_of(folder: &Path) -> Result<Option<Escrow>, VaultError> {
    Ok(file::read(folder)?.and_then(|file| file.escrow))
}

/// Can this be a PIN?
pub fn long_enough(pin: &str) -> Result<(), VaultError> {
    if pin.chars().count() < MIN_PIN { Err(VaultError::ShortPin) } else { Ok(()) }
}

/// Milliseconds until a PIN may be tried again; 0 for now.
pub fn wait_ms(folder: &Path, now_ms: Millis) -> Millis {
    pace::read(folder).wait_ms(now_ms)
}

/// What a wrapped data key is about.
const PIN: &[u8] = b"huce data key by pin";

/// The attempt is written down before it is made: pulling the battery does not give another one.
fn unlock(folder: &Path, wrapped: &Pin, pin: Option<&str>, now_ms: Millis) -> Result<DataKey, VaultError> {
    if wrapped.m_kib > MOST.0 || wrapped.rounds > MOST.1 {
        return Err(VaultError::Damaged);
    }
    let attempts = pace::read(folder);
    let wait_ms = attempts.wait_ms(now_ms);
    let Some(pin) = pin.filter(|_| wait_ms == 0) else { return Err(VaultError::Locked { wait_ms }) };
    let tried = attempts.after_a_failure(now_ms);
    pace::write(folder, &tried)?;
    let opened = wrapping(pin, &wrapped.salt, (wrapped.m_kib, wrapped.rounds))?.open(PIN, &wrapped.sealed);
    let Some(data) = opened.map(Zeroizing::new).and_then(|data| <[u8; 32]>::try_from(data.as_slice()).ok()) else {
        return Err(VaultError::WrongPin { wait_ms: tried.wait_ms(now_ms) });
    };
    pace::write(folder, &Attempts::default())?;
    Ok(Zeroizing::new(data))
}
