//! What is drawn by hand on a canvas: strokes over white paper or over a picture. They are kept in the pixels of the
//! paper, not of the screen, so that a tablet that is turned changes nothing.

use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

/// The longer side of a picture that is drawn on, pixels: what a photo is kept at.
const LONGER_SIDE: f64 = 1600.0;

/// The colours of the inks.
pub const INKS: [&str; 3] = ["#1d1b19", "#c2180c", "#1550a0"];

const WHITE: &str = "#ffffff";

/// One line without lifting the pen.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// One of [`INKS`].
    pub ink: &'static str,
    /// In pixels of the paper.
    pub points: Vec<(f64, f64)>,
}

/// The paper with all that is on it.
#[derive(Debug, Default)]
pub struct Sheet {
    /// What lies under the strokes.
    pub picture: Option<HtmlImageElement>,
    strokes: Vec<Stroke>,
}

impl Sheet {
    /// How many strokes are on it.
    pub fn count(&self) -> usize {
        self.strokes.len()
    }

    /// Begins a stroke.
    pub fn begin(&mut self, ink: &'static str, at: (f64, f64)) {
        self.strokes.push(Stroke { ink, points: vec![at] });
    }

    /// Goes on with the last stroke.
    pub fn go_on(&mut self, at: (f64, f64)) {
        if let Some(stroke) = self.strokes.last_mut().filter(|s| s.points.last() != Some(&at)) {
            stroke.points.push(at);
        }
    }

    /// Takes the last stroke away.
    pub fn undo(&mut self) {
        self.strokes.pop();
    }

    /// Takes all strokes away.
    pub fn clear(&mut self) {
        self.strokes.clear();
    }

    /// Draws everything anew.
    pub fn paint(&self, canvas: &HtmlCanvasElement) -> Option<()> {
        let context = context(canvas)?;
        let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
        context.set_fill_style_str(WHITE);
        context.fill_rect(0.0, 0.0, width, height);
        if let Some(picture) = &self.picture {
            context.draw_image_with_html_image_element_and_dw_and_dh(picture, 0.0, 0.0, width, height).ok()?;
        }
        for stroke in &self.strokes {
            draw(&context, width, stroke.ink, &stroke.points);
        }
        Some(())
    }

    /// Draws the end of the last stroke: all else stands there.
    pub fn paint_end(&self, canvas: &HtmlCanvasElement) -> Option<()> {
        let stroke = self.strokes.last()?;
        let end = stroke.points.get(stroke.points.len().saturating_sub(2)..)?;
        draw(&context(canvas)?, f64::from(canvas.width()), stroke.ink, end);
        Some(())
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    use wasm_bindgen::JsCast;
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn draw(context: &CanvasRenderingContext2d, paper_width: f64, ink: &str, points: &[(f64, f64)]) {
    let Some(((x, y), rest)) = points.split_first() else { return };
    context.set_stroke_style_str(ink);
    context.set_line_width((paper_width / 180.0).max(2.0));
    context.set_line_cap("round");
    context.set_line_join("round");
    context.begin_path();
    context.move_to(*x, *y);
    // A tap is a dot.
    context.line_to(x + 0.1, *y);
    for (x, y) in rest {
        context.line_to(*x, *y);
    }
    context.stroke();
}

/// What is on a canvas, as base64 of a JPEG.
pub fn jpeg_of(canvas: &HtmlCanvasElement) -> Option<String> {
    let url = canvas.to_data_url_with_type_and_encoder_options("image/jpeg", &JsValue::from_f64(0.92)).ok()?;
    crate::photo::base64_of(&url)
}

/// A picture's size on the paper: as large as a photo is kept, never larger than it is.
pub fn paper_size(width: u32, height: u32) -> (u32, u32) {
    let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (LONGER_SIDE / w.max(h)).min(1.0);
    ((w * scale).round() as u32, (h * scale).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_undone_one_by_one() {
        let mut sheet = Sheet::default();
        sheet.begin(INKS[0], (1.0, 1.0));
        sheet.go_on((2.0, 2.0));
        sheet.go_on((2.0, 2.0));
        assert_eq!(sheet.strokes[0].points.len(), 2);
        sheet.begin(INKS[1], (3.0, 3.0));
        sheet.undo();
        assert_eq!(sheet.count(), 1);
        sheet.clear();
        assert_eq!(sheet.count(), 0);
    }

    #[test]
    fn a_large_picture_becomes_as_large_as_a_photo() {
        assert_eq!(paper_size(4000, 3000), (1600, 1200));
        assert_eq!(paper_size(640, 480), (640, 480));
    }
}
