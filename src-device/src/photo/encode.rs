//! JPEG within a number of bytes: first with less quality, and when that would show, with fewer pixels.

use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder};

use super::{PhotoError, scale};

/// Best first; below the last one, fewer pixels look better.
const QUALITIES: [u8; 5] = [86, 80, 72, 64, 56];
/// No picture is made smaller than this: at 56, one byte and a half per pixel of pure noise fits in any limit here.
const LEAST_SIDE: u32 = 96;

/// An encoded picture.
pub(super) struct Encoded {
    pub jpeg: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Encodes a picture with at most `side` pixels on its longer side into at most `limit` bytes. `finish` is given the
/// scaled picture and draws on it what must not be scaled with it.
pub(super) fn within(
    picture: &RgbImage,
    mut side: u32,
    limit: usize,
    finish: impl Fn(RgbImage) -> RgbImage,
) -> Result<Encoded, PhotoError> {
    while side >= LEAST_SIDE {
        let frame = finish(scale::down(picture, side)?);
        for quality in QUALITIES {
            let jpeg = encode(&frame, quality)?;
            if jpeg.len() <= limit {
                return Ok(Encoded { jpeg, width: frame.width(), height: frame.height() });
            }
        }
        side = side * 5 / 6;
    }
    Err(PhotoError::Broken { why: format!("it cannot be made to fit in {limit} bytes") })
}

fn encode(frame: &RgbImage, quality: u8) -> Result<Vec<u8>, PhotoError> {
    let broken = |why: String| PhotoError::Broken { why };
    let (Ok(width), Ok(height)) = (u16::try_from(frame.width()), u16::try_from(frame.height())) else {
        return Err(broken("its sides are too long for a JPEG".into()));
    };
    let mut jpeg = Vec::with_capacity(256 * 1024);
    // With the standard Huffman tables: for its own ones the encoder writes one scan per colour, which is allowed, but
    // what `image` 0.25 reads JPEG with (zune-jpeg 0.5.15) shows such a picture in wrong colours.
    Encoder::new(&mut jpeg, quality)
        .encode(frame.as_raw(), width, height, ColorType::Rgb)
        .map_err(|e| broken(e.to_string()))?;
    Ok(jpeg)
}
