//! What tablet and server must agree on about the bytes of photos.

/// Photos travel in chunks of this many bytes, the last one shorter: what is lost with the network is one chunk.
pub const PHOTO_CHUNK_BYTES: usize = 256 * 1024;
