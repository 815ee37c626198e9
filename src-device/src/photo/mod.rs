//! A photo on its way from the camera to evidence: whatever the camera or a file gives becomes one upright JPEG of at
//! most [`MAX_SIDE`] pixels and [`MAX_BYTES`] bytes with the watermark that inspectors are required to have, a
//! thumbnail, and what the camera wrote about time and place, kept as data. The JPEG itself carries no EXIF: what a
//! stranger may learn from a photo is what is printed on it.
//!
//! Read in this order: [`process`] here, `source` (what may be opened at all), `exif`, `scale`, `watermark`, `encode`;
//! then [`files`], where the bytes stay until the server has confirmed them.

mod encode;
mod exif;
pub mod files;
mod scale;
mod source;
mod watermark;

#[cfg(test)]
mod tests;

use huce_core::ids::PhotoId;

pub use self::exif::Exif;
pub use self::watermark::{Lang, Watermark};

/// The longer side of a finished photo, pixels, at most.
pub const MAX_SIDE: u32 = 1600;
/// The bytes of a finished photo, at most.
pub const MAX_BYTES: usize = 350_000;
/// The longer side of a thumbnail, pixels, at most.
pub const THUMB_SIDE: u32 = 320;
/// The bytes of a thumbnail, at most.
pub const THUMB_BYTES: usize = 25_000;
/// The bytes of a picture that comes in, at most.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024 * 1024;
/// The pixels of a picture that comes in, at most: what phones take today, and few enough to be opened on a tablet.
pub const MAX_SOURCE_PIXELS: u64 = 80_000_000;

/// A finished photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Processed {
    /// The photo: a baseline JPEG without EXIF, upright, with its watermark.
    pub jpeg: Vec<u8>,
    /// Width of the photo, pixels.
    pub width: u32,
    /// Height of the photo, pixels.
    pub height: u32,
    /// The whole picture small, without the watermark (it could not be read): a JPEG.
    pub thumb: Vec<u8>,
    /// The photo's name: the BLAKE3 hash of `jpeg`.
    pub photo: PhotoId,
    /// What the watermark says after `#`: the first 8 hexadecimal digits of the BLAKE3 hash of the bytes that came in.
    /// It cannot be the hash of the finished photo, of which it is a part.
    pub source_hash: String,
    /// What the camera wrote about time and place.
    pub exif: Exif,
}

/// Why a picture cannot become a photo. Each is a thing to tell the user, none is a failure of the tablet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// More bytes than [`MAX_SOURCE_BYTES`].
    #[error("the file has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Nothing that looks like a picture.
    #[error("the file is no picture")]
    NotAnImage,
    /// A picture of a kind that is not read here.
    #[error("{kind} pictures cannot be read; take the photo as JPEG or PNG")]
    Unsupported {
        /// Its name, such as `HEIC`.
        kind: String,
    },
    /// More pixels than can be opened safely; found out before any of them is read.
    #[error("the picture has {width} x {height} pixels, too many to open")]
    TooManyPixels {
        /// As its header says.
        width: u32,
        /// As its header says.
        height: u32,
    },
    /// A picture that is cut off or damaged.
    #[error("the picture is damaged: {why}")]
    Broken {
        /// What the decoder met.
        why: String,
    },
}

impl PhotoError {
    /// A stable word for the interface, which translates it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "photo_empty",
            Self::TooLarge { .. } => "photo_too_large",
            Self::NotAnImage => "photo_not_an_image",
            Self::Unsupported { .. } => "photo_unsupported",
            Self::TooManyPixels { .. } => "photo_too_many_pixels",
            Self::Broken { .. } => "photo_broken",
        }
    }
}

/// Makes a photo out of the bytes of a JPEG or PNG. Pure: same bytes and mark, same photo.
///
/// # Errors
/// See [`PhotoError`]; nothing was kept then.
pub fn process(bytes: &[u8], mark: &Watermark) -> Result<Processed, PhotoError> {
    let source = source::open(bytes)?;
    let source_hash = PhotoId::of_bytes(bytes).short().to_owned();
    let upright = scale::upright(source.pixels, source.orientation, MAX_SIDE)?;
    let thumb = encode::within(&upright, THUMB_SIDE, THUMB_BYTES, |small| small)?;
    let position = mark.position.or(source.exif.position());
    let photo =
        encode::within(&upright, MAX_SIDE, MAX_BYTES, |frame| watermark::mark(frame, mark, position, &source_hash))?;
    Ok(Processed {
        photo: PhotoId::of_bytes(&photo.jpeg),
        width: photo.width,
        height: photo.height,
        jpeg: photo.jpeg,
        thumb: thumb.jpeg,
        source_hash,
        exif: source.exif,
    })
}

/// What the camera wrote about time and place into these bytes, without opening the picture: for the form that asks
/// "taken at" before the photo is made. Nothing readable gives an empty answer.
pub fn read_exif(bytes: &[u8]) -> Exif {
    source::exif_of(bytes)
}

/// A thumbnail of a finished photo, for one that was lost or came without.
///
/// # Errors
/// See [`PhotoError`].
pub fn thumbnail(jpeg: &[u8]) -> Result<Vec<u8>, PhotoError> {
    let source = source::open(jpeg)?;
    let upright = scale::upright(source.pixels, source.orientation, THUMB_SIDE)?;
    Ok(encode::within(&upright, THUMB_SIDE, THUMB_BYTES, |small| small)?.jpeg)
}
