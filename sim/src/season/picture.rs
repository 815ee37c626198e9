//! A small picture, as a camera gives it.

use anyhow::Result;
use data_encoding::BASE64;
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

use crate::dice::Dice;

/// A JPEG of 320 × 240, base64: a wall and a radiator in colours of its own.
pub fn picture(dice: &mut Dice) -> Result<String> {
    let mut shade = || u8::try_from(dice.between(60, 200)).unwrap_or(128);
    let (wall, radiator) = ([shade(), shade(), shade()], [shade(), shade(), shade()]);
    let picture = RgbImage::from_fn(320, 240, |x, y| {
        let is_radiator = (60..260).contains(&x) && (120..220).contains(&y) && x % 20 > 4;
        Rgb(if is_radiator { radiator } else { wall })
    });
    let mut jpeg = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 70))?;
    Ok(BASE64.encode(&jpeg))
}
