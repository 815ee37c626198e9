//! The watermark that inspectors are required to have: place and household, time, taker, position and hash, in a
//! dark band at the bottom. The font is part of the program, so that it is Chinese on a tablet without Chinese fonts.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

use super::scale;

/// The language of the few words that the watermark adds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

/// What is printed on the photo. Texts of any length: what is too long is shortened with an ellipsis, time and hash last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watermark {
    /// Estate and building, such as `滨河花园 3号楼`.
    pub place: String,
    /// The household, such as `2单元 501室`; may be empty.
    pub household: String,
    /// When it was taken, local time, ready to print: `2026-01-15 14:32:05`.
    pub taken_at: String,
    /// Who took it.
    pub taker: String,
    /// Where the tablet was, WGS-84 degrees. `None`: what the camera wrote; if that is nothing, `无定位`.
    pub position: Option<(f64, f64)>,
    /// The language of `无定位`.
    pub lang: Lang,
}

const WHITE: Rgb<u8> = Rgb([255, 255, 255]);
/// The accent on dark ground, `--ember` of the dark theme.
const EMBER: Rgb<u8> = Rgb([0xfb, 0x7a, 0x3c]);
/// How much of the photo shows through the band: white text on it keeps a contrast of 5.9 : 1 over pure white (WCAG AA: 4.5).
const THROUGH: f32 = 0.38;
/// The most characters that are looked at in one text.
const MAX_CHARS: usize = 120;

/// The most characters that a last word may have to be kept whole, its space included.
const LAST_WORD: usize = 12;

static FONT: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/fonts/watermark.otf"));

/// The font, read once: 0.2 ms a watermark. A test proves that it can be read.
pub(super) fn font() -> Option<&'static FontRef<'static>> {
    static LOADED: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    LOADED.get_or_init(|| FontRef::try_from_slice(FONT).ok()).as_ref()
}

/// The frame with its watermark; put on a larger canvas first when it is too small to carry one.
pub(super) fn mark(frame: RgbImage, mark: &Watermark, position: Option<(f64, f64)>, hash: &str) -> RgbImage {
    let mut frame = scale::on_canvas(frame);
    let Some(font) = font() else { return frame };
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    // The second line has some 34 widths of a hanzi; a panorama must not be covered.
    let em = (width / 39.0).min(height / 14.0).max(11.0).round();
    let text = Text::new(font, em);
    let head = Text::new(font, (em * 1.12).round());

    let margin = (em * 0.9).round();
    let bar = (em * 0.16).round().max(2.0);
    let left = margin + bar + (em * 0.5).round();
    let top = height - (em * 3.7).round();
    darken(&mut frame, top as u32);
    fill(&mut frame, (margin, top + em * 0.62), (bar, em * 2.48), EMBER);

    let room = width - left - margin;
    let (first, second) = (top + em * 1.48, top + em * 2.98);
    let hash = format!("#{hash}");
    let hash_at = width - margin - text.width(&hash);
    let where_at = match (position, mark.lang) {
        (Some(position), _) => degrees(position),
        (None, Lang::Zh) => "无定位".to_owned(),
        (None, Lang::En) => "no position".to_owned(),
    };
    head.draw(&mut frame, left, first, &head.joined(&[(&mark.place, true), (&mark.household, true)], room));
    let second_room = hash_at - left - em * 0.8;
    let line = [(mark.taken_at.as_str(), false), (&mark.taker, true), (&where_at, false)];
    text.draw(&mut frame, left, second, &text.joined(&line, second_room));
    text.draw(&mut frame, hash_at, second, &hash);
    frame
}

fn degrees((lat, lon): (f64, f64)) -> String {
    let (ns, ew) = (if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' });
    format!("{:.5}°{ns} {:.5}°{ew}", lat.abs(), lon.abs())
}

fn darken(frame: &mut RgbImage, top: u32) {
    let height = frame.height();
    for y in top..height {
        for x in 0..frame.width() {
            if let Some(pixel) = frame.get_pixel_mut_checked(x, y) {
                pixel.0 = pixel.0.map(|c| (f32::from(c) * THROUGH) as u8);
            }
        }
    }
}

fn fill(frame: &mut RgbImage, at: (f32, f32), size: (f32, f32), colour: Rgb<u8>) {
    for y in at.1 as u32..(at.1 + size.1) as u32 {
        for x in at.0 as u32..(at.0 + size.0) as u32 {
            if let Some(pixel) = frame.get_pixel_mut_checked(x, y) {
                *pixel = colour;
            }
        }
    }
}

/// Text of one size.
pub(super) struct Text {
    font: &'static FontRef<'static>,
    scale: PxScale,
}

impl Text {
    /// `em`: the width of a hanzi, pixels.
    pub(super) fn new(font: &'static FontRef<'static>, em: f32) -> Self {
        let per_em = font.units_per_em().unwrap_or(1000.0);
        Self { font, scale: PxScale::from(em * font.height_unscaled() / per_em) }
    }

    /// How wide it will be, pixels.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    fn advance(&self, c: char) -> f32 {
        let font = self.font.as_scaled(self.scale);
        font.h_advance(font.glyph_id(c))
    }

    /// The parts that are not empty with a dot (a full-width one in this font) between them, in at most `room` pixels. What gives way is the widest of
    /// the parts that are marked so, and the others only when that is not enough.
    pub(super) fn joined(&self, parts: &[(&str, bool)], room: f32) -> String {
        let mut parts: Vec<Part> =
            parts.iter().map(|&(text, gives_way)| Part::new(text, gives_way)).filter(|part| part.len() > 0).collect();
        loop {
            let line = parts.iter().map(Part::text).collect::<Vec<_>>().join("·");
            if self.width(&line) <= room {
                return line;
            }
            let widest = |parts: &mut Vec<Part>, gives_way: bool| {
                (0..parts.len())
                    .filter(|&i| parts.get(i).is_some_and(|p| p.gives_way == gives_way && p.len() > 1))
                    .max_by(|&a, &b| {
                        let width = |i: usize| parts.get(i).map_or(0.0, |p| self.width(&p.text()));
                        width(a).total_cmp(&width(b))
                    })
            };
            let Some(part) =
                widest(&mut parts, true).or_else(|| widest(&mut parts, false)).and_then(|i| parts.get_mut(i))
            else {
                return line;
            };
            part.shorten();
        }
    }

    /// Draws a line whose letters stand on `baseline`. A character that the font does not have is a box.
    pub(super) fn draw(&self, frame: &mut RgbImage, left: f32, baseline: f32, line: &str) {
        let baseline = baseline.round();
        let mut x = left;
        for c in line.chars() {
            let glyph = self.font.glyph_id(c).with_scale_and_position(self.scale, point(x, baseline));
            if let Some(outline) = self.font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    let (px, py) = (corner.x + dx as f32, corner.y + dy as f32);
                    if px < 0.0 || py < 0.0 {
                        return;
                    }
                    if let Some(pixel) = frame.get_pixel_mut_checked(px as u32, py as u32) {
                        let cover = cover.clamp(0.0, 1.0);
                        let mix =
                            |under: u8, over: u8| (f32::from(under) * (1.0 - cover) + f32::from(over) * cover) as u8;
                        let ([r, g, b], [tr, tg, tb]) = (pixel.0, WHITE.0);
                        pixel.0 = [mix(r, tr), mix(g, tg), mix(b, tb)];
                    }
                });
            }
            x += self.advance(c);
        }
    }
}

/// One text of a line. It is shortened in front of its last word, because that is what tells doors apart:
/// `滨河花园东区… 12号楼`.
struct Part {
    head: Vec<char>,
    tail: Vec<char>,
    gives_way: bool,
    cut: bool,
}

impl Part {
    fn new(text: &str, gives_way: bool) -> Self {
        let mut head = clean(text);
        let tail = match head.iter().rposition(|&c| c == ' ') {
            Some(at) if head.len() - at <= LAST_WORD => head.split_off(at),
            _ => Vec::new(),
        };
        Self { head, tail, gives_way, cut: false }
    }

    fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    fn shorten(&mut self) {
        if self.head.pop().is_none() {
            self.tail.pop();
        }
        self.cut = true;
    }

    fn text(&self) -> String {
        let (head, tail) = (self.head.iter().collect::<String>(), self.tail.iter().collect::<String>());
        match (self.cut, self.head.is_empty()) {
            (false, _) => head + &tail,
            (true, false) => format!("{}…{}", head.trim_end(), tail.trim_start()),
            (true, true) => format!("{}…", tail.trim_start()),
        }
    }
}

/// One line of printable characters: line breaks and tabs become spaces, what has no shape of its own is left out.
fn clean(text: &str) -> Vec<char> {
    let printable = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}');
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .map(|word| word.chars().filter(printable).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(MAX_CHARS).collect()
}
