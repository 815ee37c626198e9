//! What the folder answers, and what it wants to see before it lets go of anything.

use huce_core::{ids::PhotoId, photo::PHOTO_CHUNK_BYTES};

/// What became of a photo that was put. Every answer but the last means: durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new here.
    Stored,
    /// It was here already, whole.
    AlreadyHad,
    /// What was here was damaged; it is whole now.
    Repaired,
    /// The bytes are not those that the name says (a download that went wrong). Nothing was kept.
    WrongBytes,
}

/// What was found under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T = Vec<u8>> {
    /// The bytes, and they are those that the name says.
    Whole(T),
    /// Some bytes, but others: the disk has lost or changed some. The file is left as it is.
    Damaged {
        /// How many bytes the file has.
        bytes: u64,
    },
    /// Nothing.
    Missing,
}

impl<T> Found<T> {
    /// The bytes if they are whole.
    pub fn whole(self) -> Option<T> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Damaged { .. } | Self::Missing => None,
        }
    }

    /// The same with what was whole turned into something else.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Whole(bytes) => Found::Whole(f(bytes)),
            Self::Damaged { bytes } => Found::Damaged { bytes },
            Self::Missing => Found::Missing,
        }
    }
}

/// A photo in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub photo: PhotoId,
    /// The bytes of its file; not hashed.
    pub bytes: u64,
}

/// The server's word that it holds these bytes durably. Without one, nothing can be removed; only the outbox makes one,
/// from the server's answer to a commit that hashed them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub(super) photo: PhotoId,
    pub(super) bytes: u64,
}

impl Receipt {
    /// From the server's answer: the hash that it computed, and how many bytes it holds.
    pub fn from_server(photo: PhotoId, bytes: u64) -> Self {
        Self { photo, bytes }
    }

    /// The photo that it names.
    pub fn photo(&self) -> &PhotoId {
        &self.photo
    }
}

/// What became of a photo whose receipt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// Its file is gone; the thumbnail stays for the household's timeline.
    Freed {
        /// How many bytes that freed.
        bytes: u64,
    },
    /// It was gone already.
    Missing,
    /// The receipt speaks of another number of bytes than the file has: it is kept.
    Kept,
}

/// A photo in pieces of [`PHOTO_CHUNK_BYTES`], hashed once as a whole before the first piece was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks(pub(super) Vec<u8>);

impl Chunks {
    /// How many pieces.
    pub fn count(&self) -> usize {
        self.0.len().div_ceil(PHOTO_CHUNK_BYTES)
    }

    /// How many bytes in all.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Piece `n`, from 0; the last one may be shorter; `None` after it.
    pub fn get(&self, n: usize) -> Option<&[u8]> {
        self.0.chunks(PHOTO_CHUNK_BYTES).nth(n)
    }
}
