//! The vault's file, in two copies: everything at rest hangs on it. A line with a checksum, then JSON. Written one copy
//! after the other, so that one of them is always whole.

use std::path::Path;

use data_encoding::HEXLOWER;
use huce_core::escrow::Escrow;
use serde::{Deserialize, Serialize};

use super::{DataKey, VaultError};
use crate::disk;

const COPIES: [&str; 2] = ["vault", "vault.copy"];
const VERSION: u32 = 1;

/// The data key wrapped by a PIN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pin {
    #[serde(with = "hex")]
    pub(super) salt: [u8; 16],
    /// Argon2id's memory.
    pub(super) m_kib: u32,
    /// And its rounds.
    pub(super) rounds: u32,
    #[serde(with = "hex")]
    pub(super) sealed: Vec<u8>,
}

/// How the data key is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Held {
    /// No PIN was set yet.
    Open {
        /// The data key.
        #[serde(with = "hex")]
        key: [u8; 32],
    },
    /// By a PIN.
    Pin(Pin),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct VaultFile {
    version: u32,
    pub(super) held: Held,
    /// For the administrator who lets an inspector in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) escrow: Option<Escrow>,
    /// The recoveries that were used: each is good once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) recovered: Vec<String>,
    /// Tells the data key from another one without giving it away.
    #[serde(with = "hex")]
    mark: [u8; 16],
}

fn mark(data: &DataKey) -> [u8; 16] {
    let mut mark = [0; 16];
    let hash = blake3::derive_key("huce 2026 which data key", data.as_slice());
    mark.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    mark
}

impl VaultFile {
    pub(super) fn new(data: &DataKey) -> Self {
        Self {
            version: VERSION,
            held: Held::Open { key: **data },
            escrow: None,
            recovered: Vec::new(),
            mark: mark(data),
        }
    }

    pub(super) fn fits(&self, data: &DataKey) -> bool {
        self.mark == mark(data)
    }
}

/// Is there a vault?
pub fn exists(folder: &Path) -> bool {
    COPIES.iter().any(|name| folder.join(name).exists())
}

/// None where there is no copy at all.
pub(super) fn read(folder: &Path) -> Result<Option<VaultFile>, VaultError> {
    let mut there = false;
    for name in COPIES {
        let Some(bytes) = disk::read_if_there(&folder.join(name))? else { continue };
        there = true;
        let whole = std::str::from_utf8(&bytes).ok().and_then(|text| text.split_once('\n'));
        let whole = whole.filter(|(sum, json)| blake3::hash(json.as_bytes()).to_hex().as_str() == *sum);
        if let Some(file) = whole.and_then(|(_, json)| serde_json::from_str(json).ok()) {
            return Ok(Some(file));
        }
    }
    if there { Err(VaultError::Damaged) } else { Ok(None) }
}

/// Makes a copy that is damaged or missing again from the one that is whole.
pub(super) fn mend(folder: &Path, file: &VaultFile) -> Result<(), VaultError> {
    let text = text(file)?;
    for name in COPIES {
        let path = folder.join(name);
        if disk::read_if_there(&path)?.as_deref() != Some(text.as_bytes()) {
            disk::write_whole(&path, text.as_bytes(), true)?;
        }
    }
    Ok(())
}

fn text(file: &VaultFile) -> Result<String, VaultError> {
    let json = serde_json::to_string(file).map_err(|e| VaultError::System(e.to_string()))?;
    Ok(format!("{}\n{json}", blake3::hash(json.as_bytes()).to_hex()))
}

pub(super) fn write(folder: &Path, file: &VaultFile) -> Result<(), VaultError> {
    let text = text(file)?;
    for name in COPIES {
        disk::write_whole(&folder.join(name), text.as_bytes(), true)?;
    }
    Ok(())
}

/// Bytes as hexadecimal digits.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::HEXLOWER;

    pub(super) fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&HEXLOWER.encode(bytes.as_ref()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(from: D) -> Result<T, D::Error> {
        let bytes = HEXLOWER.decode(String::deserialize(from)?.as_bytes()).map_err(D::Error::custom)?;
        T::try_from(bytes).map_err(|_| D::Error::custom("another length"))
    }
}
