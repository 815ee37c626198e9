//! What is typed, photographed and recorded: the parameters of `text`, `image` and `audio`.

use super::{Checked, Row, Survey};
use crate::form::xlsform::problem::{Code, Problem};

/// What Python takes for an integer.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

impl Survey<'_> {
    pub(super) fn text(&mut self, row: &mut Row) -> Checked {
        self.accept(row, &["rows"])?;
        let Some(rows) = row.draft.parameters.get("rows").map(str::to_owned) else { return Ok(()) };
        if !is_integer(&rows) {
            let message = ("rows must be a whole number", "rows 要填整数。");
            return Err(self.wrong_parameter(row, Code::RowsNoInteger, message));
        }
        row.draft.fields.set_in("control", "rows", rows);
        Ok(())
    }

    pub(super) fn photo(&mut self, row: &mut Row) -> Checked {
        if let Some(default) = row.draft.fields.text("default")
            && !default.contains("jr://images/")
        {
            let default = format!("jr://images/{default}");
            row.draft.fields.set_text("default", default);
        }
        self.accept(row, &["app", "max-pixels"])?;
        match row.draft.parameters.get("max-pixels").map(str::to_owned) {
            Some(pixels) if !is_integer(&pixels) => {
                let message = ("max-pixels must be a whole number", "max-pixels 要填整数。");
                return Err(self.wrong_parameter(row, Code::MaxPixelsNoInteger, message));
            }
            Some(pixels) => row.draft.fields.set_in("bind", "orx:max-pixels", pixels),
            None => {
                let place = self.sheet.place(row.number, &["parameters"]);
                let message = (
                    "with max-pixels photos are sent faster and take less room",
                    "写上 max-pixels，照片传得快，占的空间小。",
                );
                self.problems.warn(Problem::new(Code::MaxPixelsMissing, place, message));
            }
        }
        let appearance = row.draft.fields.map("control").and_then(|c| c.get("appearance"));
        if let Some(app) = row.draft.parameters.get("app").map(str::to_owned)
            && appearance.is_none_or(|a| a.as_text() == Some("annotate"))
        {
            if let Some((wrong, wrong_zh)) = wrong_package(&app) {
                let message = (
                    format!("app must be the name of an Android package: {wrong}"),
                    format!("app 要填安卓应用的包名：{wrong_zh}。"),
                );
                return Err(self.wrong_parameter(row, Code::AppInvalid, message));
            }
            row.draft.fields.set_in("control", "intent", app);
        }
        Ok(())
    }

    pub(super) fn audio(&mut self, row: &mut Row) -> Checked {
        self.accept(row, &["quality"])?;
        if let Some(quality) = self.quality(row, &["voice-only", "low", "normal", "external"])? {
            row.draft.fields.set_in("bind", "odk:quality", quality);
        }
        Ok(())
    }

    pub(super) fn quality(&mut self, row: &Row, allowed: &[&str]) -> Checked<Option<String>> {
        match row.draft.parameters.get("quality").map(str::to_owned) {
            Some(quality) if !allowed.contains(&quality.as_str()) => {
                let message = (
                    format!("quality must be {}, not \"{quality}\"", allowed.join(", ")),
                    format!("quality 只能填 {}，不能填“{quality}”。", allowed.join("、")),
                );
                Err(self.wrong_parameter(row, Code::QualityInvalid, message))
            }
            quality => Ok(quality),
        }
    }
}

/// What is wrong with the name of a package, in English and Chinese.
fn wrong_package(name: &str) -> Option<(&'static str, &'static str)> {
    let parts: Vec<&str> = name.split('.').collect();
    let starts = |test: fn(char) -> bool| parts.iter().any(|p| p.starts_with(test));
    if parts.len() < 2 {
        Some(("it has at least one period", "至少要有一个点"))
    } else if name.ends_with('.') {
        Some(("it must not end with a period", "不能以点结尾"))
    } else if parts.iter().any(|p| p.is_empty()) {
        Some(("there must be something between two periods", "两个点之间不能是空的"))
    } else if starts(|c| c == '_') {
        Some(("no part begins with an underscore", "每一段都不能以下划线开头"))
    } else if starts(char::is_numeric) {
        Some(("no part begins with a digit", "每一段都不能以数字开头"))
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')) {
        Some(("it has only letters, digits, periods and underscores", "只能有英文字母、数字、点和下划线"))
    } else {
        None
    }
}
