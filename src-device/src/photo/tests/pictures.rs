//! Pictures and EXIF blocks made by hand.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, codecs::jpeg::JpegEncoder};

/// A house in the evening: sky, floors of windows, a street, and the grain that a phone's sensor adds.
pub(super) fn scene(width: u32, height: u32) -> RgbImage {
    let mut state = 7u32;
    let mut grain = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as i32 - 8
    };
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let base = if v > 0.82 {
            [96, 92, 88]
        } else if (0.18..0.86).contains(&u) && v > 0.2 {
            let (floor, door) = ((v - 0.2) / 0.62 * 6.0, (u - 0.18) / 0.68 * 8.0);
            let window = (0.25..0.75).contains(&floor.fract()) && (0.2..0.8).contains(&door.fract());
            let lit = (floor as u32 * 5 + door as u32 * 3) % 7 < 3;
            match (window, lit) {
                (true, true) => [250, 214, 140],
                (true, false) => [70, 84, 104],
                _ => [188, 150, 122],
            }
        } else {
            [(120.0 + 90.0 * v) as i32, (150.0 + 60.0 * v) as i32, (205.0 - 10.0 * v) as i32]
        };
        let noise = grain();
        Rgb(base.map(|c: i32| (c + noise).clamp(0, 255) as u8))
    })
}

/// Pure noise: the hardest thing to make small.
pub(super) fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 99u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    })
}

pub(super) const RED: [u8; 3] = [220, 30, 30];
pub(super) const GREEN: [u8; 3] = [30, 200, 30];
pub(super) const BLUE: [u8; 3] = [30, 30, 220];
pub(super) const YELLOW: [u8; 3] = [230, 220, 30];

/// Four quarters: red and green above, blue and yellow below.
pub(super) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

pub(super) fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).unwrap();
    bytes
}

pub(super) fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(super) fn open(bytes: &[u8]) -> RgbImage {
    image::load_from_memory(bytes).unwrap().into_rgb8()
}

/// What a camera writes.
pub(super) struct Camera<'a> {
    pub orientation: u16,
    pub taken_at: &'a str,
    /// Degrees, minutes, hundredths of a second, side.
    pub lat: ([u32; 3], &'a str),
    pub lon: ([u32; 3], &'a str),
}

impl Default for Camera<'_> {
    fn default() -> Self {
        Self {
            orientation: 1,
            taken_at: "2026:01:15 14:32:05",
            lat: ([37, 26, 4236], "N"),
            lon: ([116, 18, 1080], "E"),
        }
    }
}

type Entry = (u16, u16, u32, Vec<u8>);

fn ascii(tag: u16, text: &str) -> Entry {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    (tag, 2, bytes.len() as u32, bytes)
}

fn degrees(tag: u16, [d, m, s]: [u32; 3]) -> Entry {
    let bytes = [d, 1, m, 1, s, 100].iter().flat_map(|n| n.to_le_bytes()).collect();
    (tag, 5, 3, bytes)
}

/// One directory, to stand at `at` within the block.
fn directory(entries: &[Entry], at: usize) -> Vec<u8> {
    let mut data_at = at + 2 + entries.len() * 12 + 4;
    let (mut head, mut data) = ((entries.len() as u16).to_le_bytes().to_vec(), Vec::<u8>::new());
    for (tag, kind, count, bytes) in entries {
        head.extend(tag.to_le_bytes());
        head.extend(kind.to_le_bytes());
        head.extend(count.to_le_bytes());
        if bytes.len() <= 4 {
            let mut value = bytes.clone();
            value.resize(4, 0);
            head.extend(value);
        } else {
            head.extend((data_at as u32).to_le_bytes());
            data.extend(bytes);
            data_at += bytes.len();
        }
    }
    head.extend([0; 4]);
    head.extend(data);
    head
}

/// The EXIF block (TIFF, little-endian).
pub(super) fn exif_block(camera: &Camera<'_>) -> Vec<u8> {
    let long = |tag, value: usize| (tag, 4, 1, (value as u32).to_le_bytes().to_vec());
    let main = |exif_at, gps_at| {
        vec![
            ascii(0x0110, "HC-10 Tablet"),
            (0x0112, 3, 1, camera.orientation.to_le_bytes().to_vec()),
            long(0x8769, exif_at),
            long(0x8825, gps_at),
        ]
    };
    let exif = [ascii(0x9003, camera.taken_at), ascii(0x9011, "+08:00")];
    let gps = [ascii(1, camera.lat.1), degrees(2, camera.lat.0), ascii(3, camera.lon.1), degrees(4, camera.lon.0)];
    let exif_at = 8 + directory(&main(0, 0), 8).len();
    let exif = directory(&exif, exif_at);
    let gps_at = exif_at + exif.len();
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    block.extend(directory(&main(exif_at, gps_at), 8));
    block.extend(exif);
    block.extend(directory(&gps, gps_at));
    block
}

/// The JPEG with this EXIF block in a segment APP1 after its start.
pub(super) fn with_exif(jpeg: &[u8], block: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(((block.len() + 8) as u16).to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(block);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// A PNG of some hundred bytes that claims to be this large.
pub(super) fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0u32, |crc, &b| {
            (0..8).fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
        })
    };
    let mut bytes = png(&DynamicImage::ImageRgb8(quarters(8, 8)));
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// A JPEG of some hundred bytes that claims to be this large.
pub(super) fn jpeg_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(&quarters(8, 8), 80);
    let frame = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}
