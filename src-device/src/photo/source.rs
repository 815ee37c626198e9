//! What may be opened at all. The header is judged before a pixel is read: a file of some kilobytes can claim
//! gigabytes. A JPEG that is cut off is refused here, because the decoder would fill the rest with grey, and grey is
//! no evidence.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation};

use super::{Exif, MAX_SOURCE_BYTES, MAX_SOURCE_PIXELS, PhotoError, exif};

/// The bytes that an opened picture may take, at most: 80 million pixels in three colours.
const MAX_OPEN_BYTES: u64 = MAX_SOURCE_PIXELS * 3;

/// An opened picture, as the camera stored it.
pub(super) struct Source {
    /// Not turned yet.
    pub pixels: DynamicImage,
    /// How it must be turned.
    pub orientation: Orientation,
    /// What the camera wrote.
    pub exif: Exif,
}

/// Opens the bytes of a JPEG or PNG.
pub(super) fn open(bytes: &[u8]) -> Result<Source, PhotoError> {
    if bytes.is_empty() {
        return Err(PhotoError::Empty);
    }
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(PhotoError::TooLarge { bytes: bytes.len(), limit: MAX_SOURCE_BYTES });
    }
    let format = sniff(bytes)?;
    if format == ImageFormat::Jpeg {
        check_jpeg(bytes)?;
    }
    // The decoders are other people's code on other people's bytes: a panic in there is a broken picture.
    catch_unwind(AssertUnwindSafe(|| decode(bytes, format)))
        .unwrap_or_else(|_| Err(PhotoError::Broken { why: "the decoder gave up".into() }))
}

/// The EXIF of a JPEG or PNG, whatever state its pixels are in.
pub(super) fn exif_of(bytes: &[u8]) -> Exif {
    let Ok(format) = sniff(bytes) else { return Exif::default() };
    catch_unwind(AssertUnwindSafe(|| {
        let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().ok()?;
        decoder.exif_metadata().ok().flatten().map(|chunk| exif::read(&chunk))
    }))
    .ok()
    .flatten()
    .unwrap_or_default()
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<Source, PhotoError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|e| refused(e, (0, 0)))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_SOURCE_PIXELS || decoder.total_bytes() > MAX_OPEN_BYTES {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    // EXIF that cannot be read costs the photo nothing but its EXIF.
    let chunk = decoder.exif_metadata().ok().flatten();
    let orientation = chunk.as_deref().and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    let exif = chunk.map(|chunk| exif::read(&chunk)).unwrap_or_default();
    let pixels = DynamicImage::from_decoder(decoder).map_err(|e| refused(e, (width, height)))?;
    if pixels.width() == 0 || pixels.height() == 0 {
        return Err(PhotoError::Broken { why: "it has no pixels".into() });
    }
    Ok(Source { pixels, orientation, exif })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    // The picture itself and the decoder's own working memory.
    limits.max_alloc = Some(MAX_OPEN_BYTES * 2);
    limits
}

fn refused(error: ImageError, (width, height): (u32, u32)) -> PhotoError {
    match error {
        ImageError::Limits(_) => PhotoError::TooManyPixels { width, height },
        ImageError::Unsupported(what) => PhotoError::Unsupported { kind: what.to_string() },
        other => PhotoError::Broken { why: other.to_string() },
    }
}

/// Tells by the first bytes what a file is; its name says nothing.
fn sniff(bytes: &[u8]) -> Result<ImageFormat, PhotoError> {
    let unsupported = |kind: &str| Err(PhotoError::Unsupported { kind: kind.into() });
    let at = |from: usize, text: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(text));
    if at(0, b"\xFF\xD8\xFF") {
        Ok(ImageFormat::Jpeg)
    } else if at(0, b"\x89PNG\r\n\x1A\n") {
        Ok(ImageFormat::Png)
    } else if at(4, b"ftyp") {
        match bytes.get(8..12) {
            Some(b"avif" | b"avis") => unsupported("AVIF"),
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => unsupported("HEIC"),
            _ => Err(PhotoError::NotAnImage),
        }
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        unsupported("WebP")
    } else if at(0, b"GIF8") {
        unsupported("GIF")
    } else if at(0, b"II*\0") || at(0, b"MM\0*") {
        unsupported("TIFF")
    } else if at(0, b"\xFF\x0A") || at(0, b"\0\0\0\x0CJXL ") {
        unsupported("JPEG XL")
    } else if at(0, b"BM") && at(6, b"\0\0\0\0") {
        unsupported("BMP")
    } else {
        Err(PhotoError::NotAnImage)
    }
}

/// Refuses a JPEG whose own end marker is not there, and one that has its colours in separate scans without being
/// progressive, which the decoder would open in wrong colours (seen with zune-jpeg 0.5.15; no camera writes it).
/// Segments are stepped over, so that the end of an embedded preview does not count; what a phone appends after the
/// end (a motion photo) does not matter.
fn check_jpeg(bytes: &[u8]) -> Result<(), PhotoError> {
    let cut = || PhotoError::Broken { why: "it stops before its end".into() };
    // How many colours the picture has, when they must all be in the first scan.
    let mut colours = None;
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let Some(mark) = rest.iter().position(|&b| b == 0xFF) {
        rest = rest.get(mark + 1..).unwrap_or_default();
        let (&kind, after) = rest.split_first().ok_or_else(cut)?;
        rest = match kind {
            0xFF => rest,
            0xD9 => return Ok(()),
            // A byte FF within the picture's data, a restart, a marker that stands alone.
            0x00 | 0x01 | 0xD0..=0xD8 => after,
            _ => {
                let &[high, low] = after.first_chunk().ok_or_else(cut)?;
                match kind {
                    0xC0 | 0xC1 => colours = after.get(7).copied(),
                    0xDA if colours.is_some_and(|n| after.get(2).is_some_and(|&m| m < n)) => {
                        return Err(PhotoError::Unsupported { kind: "JPEG (one scan per colour)".into() });
                    }
                    _ => {}
                }
                after.get(usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default()
            }
        };
    }
    Err(cut())
}
