//! What tablet and server must agree on about the bytes of photos.

/// Photos travel in chunks of this many bytes, the last one shorter: what is lost with the network is one chunk.
pub const PHOTO_CHUNK_BYTES: usize = 256 * 1024;

/// The most bytes that a photo may have on the wire. Tablets make far smaller ones; other clients need not.
pub const MAX_PHOTO_BYTES: usize = 16 * 1024 * 1024;
