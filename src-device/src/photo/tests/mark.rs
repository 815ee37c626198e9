use image::{Rgb, RgbImage};

use super::pictures::*;
use crate::photo::{
    watermark::{Text, font, mark},
    *,
};

/// Writes a photo where somebody can look at it: `HUCE_SCREENS=folder cargo test`.
pub(super) fn look(name: &str, photo: &Processed) {
    if let Some(folder) = std::env::var_os("HUCE_SCREENS").map(std::path::PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("photo-{name}.jpg")), &photo.jpeg).unwrap();
        std::fs::write(folder.join(format!("photo-{name}-thumb.jpg")), &photo.thumb).unwrap();
    }
}

fn believable() -> Watermark {
    Watermark {
        place: "西里路54号院 3号楼".into(),
        household: "2单元 501室".into(),
        taken_at: "2026-01-15 14:32:05".into(),
        taker: "王建国".into(),
        position: Some((37.450_123, 116.303_456)),
        lang: Lang::Zh,
    }
}

fn contrast(pixel: Rgb<u8>) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = pixel.0.map(linear);
    1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)
}

#[test]
fn the_text_can_be_read_on_snow() {
    let white = RgbImage::from_pixel(1600, 1200, Rgb([255; 3]));
    let marked = mark(white, &believable(), None, "a1b2c3d4");
    let band = marked.rows().position(|mut row| row.next() != Some(&Rgb([255; 3]))).unwrap() as u32;
    assert!((1000..1100).contains(&band), "a band of {} pixels", 1200 - band);
    assert!(contrast(*marked.get_pixel(2, band + 2)) > 4.5);
    let text = marked.enumerate_pixels().filter(|(_, y, p)| *y >= band && p.0.iter().all(|&c| c > 240)).count();
    assert!(text > 5000, "{text} pixels of text");
    let lines = (band..1200).filter(|&y| (0..1600).any(|x| marked.get_pixel(x, y).0[2] > 240)).collect::<Vec<_>>();
    assert!(lines.first().unwrap() - band > 8 && 1199 - lines.last().unwrap() > 8, "room around the text");
    assert!(lines.windows(2).any(|l| l[1] - l[0] > 5), "two lines");
}

#[test]
fn every_part_is_on_the_photo() {
    let frame = || RgbImage::from_pixel(1200, 1600, Rgb([90; 3]));
    let plain = mark(frame(), &believable(), believable().position, "a1b2c3d4");
    let with = |change: fn(&mut Watermark)| {
        let mut other = believable();
        change(&mut other);
        mark(frame(), &other, other.position, "a1b2c3d4")
    };
    for other in [
        with(|m| m.place = "西里路55号院 3号楼".into()),
        with(|m| m.household = "2单元 502室".into()),
        with(|m| m.taken_at = "2026-01-15 14:32:06".into()),
        with(|m| m.taker = "王建军".into()),
        with(|m| m.position = Some((37.450_133, 116.303_456))),
        mark(frame(), &believable(), believable().position, "a1b2c3d5"),
    ] {
        assert!(plain != other);
    }
    let nowhere = |lang| mark(frame(), &Watermark { position: None, lang, ..believable() }, None, "a1b2c3d4");
    assert!(nowhere(Lang::Zh) != nowhere(Lang::En), "无定位 and no position");
}

#[test]
fn long_text_gives_way_with_an_ellipsis() {
    let text = Text::new(font().unwrap(), 40.0);
    let long = "德州市运河经济技术开发区滨河花园东区二期".repeat(5);
    let line = text.joined(&[(&long, true), ("2单元 501室", true)], 900.0);
    assert!(text.width(&line) <= 900.0);
    assert!(line.starts_with("德州市") && line.contains('…') && line.ends_with("·2单元 501室"), "{line}");
    let line = text.joined(&[("德州市运河经济技术开发区滨河花园东区二期 12号楼", true), ("2单元 501室", true)], 900.0);
    assert!(text.width(&line) <= 900.0);
    assert!(line.starts_with("德州市运河") && line.ends_with("…12号楼·2单元 501室"), "the building stays: {line}");
    let line = text.joined(&[("2026-01-15 14:32:05", false), (&long, true), ("无定位", false)], 700.0);
    assert!(line.starts_with("2026-01-15 14:32:05·德") && line.ends_with("…·无定位"), "{line}");
    let line = text.joined(&[(&long, false)], 100.0);
    assert!(text.width(&line) <= 100.0 && line.ends_with('…'), "{line}");
    assert_eq!(text.joined(&[("", true), (" \n\t", true), ("3号楼", true)], 900.0), "3号楼");
    assert_eq!(text.joined(&[("三号\n楼\u{200b}\u{202e}", true)], 900.0), "三号 楼");
    assert!(!text.joined(&[("三号楼", true)], 0.0).is_empty(), "no room at all ends too");
}

#[test]
fn the_font_has_names_and_what_it_lacks_is_a_box() {
    use ab_glyph::Font;
    let font = font().expect("the font can be read");
    for c in "户策室℃°㎡#·…①№￥，。（）＃０Ａ䶮㵥𬭎𠮷镕喆堃犇龘é—".chars() {
        assert_ne!(font.glyph_id(c).0, 0, "{c} is missing");
        assert!(font.outline(font.glyph_id(c)).is_some(), "{c} has no shape");
    }
    assert_eq!(font.glyph_id('😀').0, 0);
    let mut frame = RgbImage::new(60, 60);
    Text::new(font, 40.0).draw(&mut frame, 5.0, 45.0, "😀");
    assert!(frame.pixels().any(|p| p.0[0] > 200), "the box is drawn");
    // At and beyond every edge.
    for (x, y) in [(-30.0, 10.0), (50.0, 80.0), (-500.0, -500.0), (1e9, 1e9)] {
        Text::new(font, 40.0).draw(&mut frame, x, y, "户策");
    }
}

#[test]
fn it_looks_right_in_portrait_and_when_small() {
    let show = |name: &str, source: &[u8], mark: &Watermark| {
        let photo = process(source, mark).unwrap();
        look(name, &photo);
        photo
    };
    let turned = exif_block(&Camera { orientation: 6, ..Camera::default() });
    let portrait = show("portrait", &with_exif(&jpeg(&scene(2400, 1800), 88), &turned), &believable());
    assert_eq!((portrait.width, portrait.height), (1200, 1600));
    let long = Watermark {
        place: "德州市运河经济技术开发区滨河花园东区二期商住综合楼 12号楼".into(),
        household: "3单元 2301室（阁楼）".into(),
        taker: "买买提·阿卜杜热合曼·艾力".into(),
        ..believable()
    };
    show("long", &jpeg(&scene(1600, 1200), 88), &long);
    let english = Watermark { position: None, lang: Lang::En, taker: "Wang Jianguo 😀".into(), ..believable() };
    show("small", &jpeg(&scene(640, 480), 88), &english);
    show("tiny", &jpeg(&scene(120, 90), 88), &english);
    show("snow", &jpeg(&RgbImage::from_pixel(1600, 900, Rgb([255; 3])), 88), &believable());
}
