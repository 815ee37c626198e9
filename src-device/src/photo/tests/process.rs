use image::{DynamicImage, Rgba, RgbaImage};

use super::pictures::*;
use crate::photo::*;

fn mark() -> Watermark {
    Watermark {
        place: "西里路54号院 3号楼".into(),
        household: "2单元 501室".into(),
        taken_at: "2026-01-15 14:32:05".into(),
        taker: "王建国".into(),
        position: None,
        lang: Lang::Zh,
    }
}

fn assert_promises(photo: &Processed) {
    let full = open(&photo.jpeg);
    assert_eq!(full.dimensions(), (photo.width, photo.height));
    assert!(photo.width.max(photo.height) <= MAX_SIDE);
    assert!(photo.jpeg.len() <= MAX_BYTES, "{} bytes", photo.jpeg.len());
    let (w, h) = open(&photo.thumb).dimensions();
    assert!(w.max(h) <= THUMB_SIDE);
    assert!(photo.thumb.len() <= THUMB_BYTES, "{} bytes", photo.thumb.len());
    assert_eq!(photo.photo, PhotoId::of_bytes(&photo.jpeg));
    for jpeg in [&photo.jpeg, &photo.thumb] {
        assert!(!jpeg.windows(4).any(|w| w == b"Exif"), "no EXIF leaves the tablet");
    }
}

#[test]
fn twenty_megapixels_become_an_evidence_photo() {
    let source = with_exif(&jpeg(&scene(5184, 3888), 90), &exif_block(&Camera::default()));
    let started = std::time::Instant::now();
    let photo = process(&source, &mark()).unwrap();
    println!(
        "20 MP, {} kB: {:?}, {} kB, thumb {} B",
        source.len() / 1024,
        started.elapsed(),
        photo.jpeg.len() / 1024,
        photo.thumb.len()
    );
    assert_promises(&photo);
    assert_eq!((photo.width, photo.height), (1600, 1200));
    assert_eq!(photo.source_hash, blake3::hash(&source).to_hex().as_str()[..8]);
    assert_eq!(photo.exif.taken_at.as_deref(), Some("2026:01:15 14:32:05"));
    assert_eq!(photo.exif.offset.as_deref(), Some("+08:00"));
    assert_eq!(photo.exif.camera.as_deref(), Some("HC-10 Tablet"));
    let (lat, lon) = photo.exif.position().unwrap();
    assert!((lat - 37.445_1).abs() < 1e-6 && (lon - 116.303).abs() < 1e-6, "{lat} {lon}");
    assert_eq!(process(&source, &mark()).unwrap(), photo, "same bytes, same photo");
    super::mark::look("landscape", &photo);
}

#[test]
fn every_orientation_comes_out_upright() {
    // What is seen at: top left, top right, bottom left, bottom right (EXIF 2.3, tag 274).
    let seen = [
        [RED, GREEN, BLUE, YELLOW],
        [GREEN, RED, YELLOW, BLUE],
        [YELLOW, BLUE, GREEN, RED],
        [BLUE, YELLOW, RED, GREEN],
        [RED, BLUE, GREEN, YELLOW],
        [BLUE, RED, YELLOW, GREEN],
        [YELLOW, GREEN, BLUE, RED],
        [GREEN, YELLOW, RED, BLUE],
    ];
    let stored = jpeg(&quarters(2400, 1800), 90);
    for (orientation, seen) in (1u16..).zip(seen) {
        let source = with_exif(&stored, &exif_block(&Camera { orientation, ..Camera::default() }));
        let photo = process(&source, &mark()).unwrap();
        assert_promises(&photo);
        let lying = orientation < 5;
        assert_eq!((photo.width, photo.height), if lying { (1600, 1200) } else { (1200, 1600) }, "{orientation}");
        for picture in [open(&photo.jpeg), open(&photo.thumb)] {
            let (w, h) = picture.dimensions();
            let corners = [(w / 4, h / 4), (w * 3 / 4, h / 4), (w / 4, h * 5 / 8), (w * 3 / 4, h * 5 / 8)];
            for ((x, y), colour) in corners.into_iter().zip(seen) {
                let found = picture.get_pixel(x, y).0;
                let apart = found.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                assert!(apart < 30, "orientation {orientation} at {x},{y}: {found:?} is not {colour:?}");
            }
        }
    }
}

#[test]
fn a_png_with_alpha_lies_on_white() {
    let half = RgbaImage::from_fn(900, 700, |x, _| if x < 450 { Rgba([200, 0, 0, 255]) } else { Rgba([0, 0, 0, 0]) });
    let photo = process(&png(&DynamicImage::ImageRgba8(half)), &mark()).unwrap();
    assert_promises(&photo);
    assert_eq!((photo.width, photo.height), (900, 700), "nothing is made larger");
    let picture = open(&photo.jpeg);
    assert!(picture.get_pixel(100, 100).0[0] > 180 && picture.get_pixel(100, 100).0[1] < 30);
    assert!(picture.get_pixel(800, 100).0.iter().all(|&c| c > 245), "transparent is white");
    assert_eq!(photo.exif, Exif::default());
}

#[test]
fn every_kind_of_pixel_is_read() {
    let scene = DynamicImage::ImageRgb8(scene(700, 500));
    for picture in [
        DynamicImage::ImageLuma8(scene.to_luma8()),
        DynamicImage::ImageLumaA8(scene.to_luma_alpha8()),
        DynamicImage::ImageRgb16(scene.to_rgb16()),
        DynamicImage::ImageRgba16(scene.to_rgba16()),
    ] {
        assert_promises(&process(&png(&picture), &mark()).unwrap());
    }
    let mut grey = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut grey).encode_image(&scene.to_luma8()).unwrap();
    assert_promises(&process(&grey, &mark()).unwrap());
}

#[test]
fn noise_fits_too() {
    let photo = process(&png(&DynamicImage::ImageRgb8(noise(2000, 2000))), &mark()).unwrap();
    assert_promises(&photo);
    assert!(photo.width >= 600, "no smaller than it must be: {}", photo.width);
}

#[test]
fn the_smallest_and_the_longest_carry_a_watermark() {
    for (w, h) in [(1, 1), (1, 9000), (12_000, 40), (479, 319)] {
        let photo = process(&jpeg(&scene(w, h), 90), &mark()).unwrap();
        assert_promises(&photo);
        assert!(photo.width >= 480 && photo.height >= 320, "{w} x {h}: {} x {}", photo.width, photo.height);
    }
}

#[test]
fn what_is_no_picture_says_so() {
    let unsupported = |kind: &str| Err(PhotoError::Unsupported { kind: kind.into() });
    let cases: [(&[u8], Result<Processed, PhotoError>); 6] = [
        (b"", Err(PhotoError::Empty)),
        ("户号,房号,面积\n1001,3-2-501,98.5\n".as_bytes(), Err(PhotoError::NotAnImage)),
        (b"\xFF", Err(PhotoError::NotAnImage)),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", unsupported("HEIC")),
        (b"RIFF\x10\0\0\0WEBPVP8 ", unsupported("WebP")),
        (b"\0\0\0\x18ftypisom\0\0\0\0", Err(PhotoError::NotAnImage)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(process(bytes, &mark()), expected);
    }
    let large = vec![0xFF; MAX_SOURCE_BYTES + 1];
    assert_eq!(
        process(&large, &mark()),
        Err(PhotoError::TooLarge { bytes: MAX_SOURCE_BYTES + 1, limit: MAX_SOURCE_BYTES })
    );
}

#[test]
fn what_is_cut_off_is_broken() {
    for whole in [jpeg(&scene(900, 700), 85), png(&DynamicImage::ImageRgb8(scene(300, 200)))] {
        for keep in [12, 40, whole.len() / 2, whole.len() * 9 / 10, whole.len() - 20] {
            let answer = process(&whole[..keep], &mark());
            assert!(matches!(answer, Err(PhotoError::Broken { .. })), "{keep} of {}: {answer:?}", whole.len());
        }
    }
    // A whole preview within the EXIF does not make a whole picture.
    let mut block = exif_block(&Camera::default());
    block.extend(jpeg(&scene(160, 120), 60));
    let whole = with_exif(&jpeg(&scene(900, 700), 85), &block);
    assert!(matches!(process(&whole[..whole.len() / 2], &mark()), Err(PhotoError::Broken { .. })));
    // What a phone appends to the picture does no harm.
    let mut motion = whole;
    motion.extend(b"MotionPhoto_Data....ftypmp42");
    assert_promises(&process(&motion, &mark()).unwrap());
}

#[test]
fn a_picture_that_would_open_in_wrong_colours_is_refused() {
    let picture = quarters(640, 480);
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(picture.as_raw(), 640, 480, jpeg_encoder::ColorType::Rgb).unwrap();
    assert!(matches!(process(&bytes, &mark()), Err(PhotoError::Unsupported { .. })));
    // Progressive ones have separate scans by nature, and are read well.
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
    encoder.set_progressive(true);
    encoder.encode(picture.as_raw(), 640, 480, jpeg_encoder::ColorType::Rgb).unwrap();
    let photo = open(&process(&bytes, &mark()).unwrap().jpeg);
    assert!(photo.get_pixel(100, 100).0[0] > 190 && photo.get_pixel(100, 100).0[1] < 60);
}

#[test]
fn a_bomb_is_seen_by_its_header() {
    for (bytes, width, height) in [
        (png_that_claims(60_000, 60_000), 60_000, 60_000),
        (png_that_claims(u32::MAX >> 1, 1), u32::MAX >> 1, 1),
        (jpeg_that_claims(65_000, 65_000), 65_000, 65_000),
    ] {
        let started = std::time::Instant::now();
        let answer = process(&bytes, &mark());
        assert!(matches!(answer, Err(PhotoError::TooManyPixels { .. })), "{width} x {height}: {answer:?}");
        assert!(started.elapsed().as_millis() < 500, "before it is opened");
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let small = with_exif(&jpeg(&scene(64, 48), 60), &exif_block(&Camera::default()));
    let flat = png(&DynamicImage::ImageRgb8(quarters(16, 16)));
    for whole in [small, flat] {
        for at in (0..whole.len()).step_by(3) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            if let Ok(photo) = process(&bytes, &mark()) {
                assert!(photo.jpeg.len() <= MAX_BYTES);
            }
            read_exif(&bytes);
        }
    }
}

#[test]
fn a_clock_and_a_receiver_that_know_nothing_are_left_out() {
    let plain = jpeg(&quarters(500, 400), 80);
    let read = |camera: Camera<'_>| read_exif(&with_exif(&plain, &exif_block(&camera)));
    assert_eq!(read(Camera { taken_at: "0000:00:00 00:00:00", ..Camera::default() }).taken_at, None);
    assert_eq!(read(Camera { taken_at: "    :  :     :  :  ", ..Camera::default() }).taken_at, None);
    let nowhere = Camera { lat: ([0, 0, 0], "N"), lon: ([0, 0, 0], "E"), ..Camera::default() };
    assert_eq!(read(nowhere).position(), None);
    let beyond = Camera { lat: ([91, 0, 0], "N"), ..Camera::default() };
    assert_eq!(read(beyond).position(), None);
    let south = Camera { lat: ([33, 30, 0], "S"), lon: ([70, 30, 0], "W"), ..Camera::default() };
    assert_eq!(read(south).position(), Some((-33.5, -70.5)));
    assert_eq!(read_exif(&plain), Exif::default());
    assert_eq!(read_exif(b"no picture"), Exif::default());
    // Cut in the middle: what can be read is kept, the photo is not refused.
    let block = exif_block(&Camera::default());
    let cut = with_exif(&plain, &block[..block.len() - 60]);
    assert!(process(&cut, &mark()).is_ok());
}

#[test]
fn a_lost_thumbnail_is_made_again() {
    let photo = process(&jpeg(&scene(1800, 1200), 85), &mark()).unwrap();
    let thumb = thumbnail(&photo.jpeg).unwrap();
    assert_eq!(open(&thumb).dimensions(), (320, 213));
    assert!(thumb.len() <= THUMB_BYTES);
}
