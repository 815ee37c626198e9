//! Headings and rows under the columns of the standard: aliases resolved, `label::中文` grouped by language.

use super::columns::Columns;
use super::name;
use super::problem::{Code, Place, Problem, Problems};
use super::settings::invalid_name;
use super::table::{Table, collapse};
use super::value::Fields;

/// A sheet whose columns are known.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub name: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Line>,
}

/// A column: its heading as written, and the path that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub heading: String,
    pub path: Vec<String>,
}

/// A row under its columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    /// Row of the sheet, from 1.
    pub row: u32,
    pub fields: Fields,
}

/// How cells are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The language of texts without one.
    pub language: &'a str,
    /// Whether runs of blanks within cells are made one.
    pub collapse: bool,
    /// Column that must be there.
    pub required: Option<&'static str>,
}

/// Columns that only mean something with a `::` and a name behind.
const GROUPS: [&str; 3] = ["bind", "control", "instance"];

impl Sheet {
    pub fn read(table: &Table, known: &Columns, reading: Reading, problems: &mut Problems) -> Sheet {
        let double = table.headings.iter().any(|h| h.contains("::"));
        let mut columns: Vec<Column> = Vec::new();
        for heading in &table.headings {
            let (plain, path) = path_of(heading, double, known);
            let same = columns.iter().rev().find(|c| c.path == path);
            if let (Some(same), false) = (same, plain) {
                let message = (
                    format!(
                        "the columns \"{}\" and \"{heading}\" mean the same: remove or rename one of them",
                        same.heading
                    ),
                    format!("列“{}”和“{heading}”是同一个意思：请删去一列，或改名。", same.heading),
                );
                let place = Place::row(&table.sheet, 1).column(heading);
                problems.error(Problem::new(Code::HeadingAliasTwice, place, message));
            }
            if let [only] = path.as_slice()
                && GROUPS.contains(&only.as_str())
                && known.is_known(only)
            {
                let message = (
                    format!("the heading must say more, as in \"{heading}::name\""),
                    format!("列名没有写完整，后面还要写是哪一项，如“{heading}::name”。"),
                );
                let place = Place::row(&table.sheet, 1).column(heading);
                problems.error(Problem::new(Code::HeadingIncomplete, place, message));
            }
            columns.push(Column { heading: heading.clone(), path });
        }
        let mut sheet = Sheet { name: table.sheet.clone(), columns, rows: Vec::with_capacity(table.rows.len()) };
        sheet.require(reading.required, known, table, problems);
        for (row, cells) in table.numbered() {
            let mut fields = Fields::default();
            for (at, cell) in cells {
                let Some(column) = sheet.columns.get(*at) else { continue };
                fields.put(&column.path, quotes(cell, reading.collapse), reading.language);
            }
            sheet.rows.push(Line { row, fields });
        }
        sheet.check_attributes(table, problems);
        sheet
    }

    /// Columns such as `bind::name` become attributes, whose names XML must take.
    fn check_attributes(&self, table: &Table, problems: &mut Problems) {
        let groups: &[&str] = match self.name.as_str() {
            "survey" => &["bind", "control", "instance"],
            "settings" => &["attribute", "instance"],
            _ => return,
        };
        for (at, column) in self.columns.iter().enumerate() {
            let [group, attribute, ..] = column.path.as_slice() else { continue };
            let used = || table.rows.iter().any(|row| row.iter().any(|(cell, _)| *cell == at));
            if groups.contains(&group.as_str()) && !name::is_name(attribute) && used() {
                let place = Place::row(&self.name, 1).column(&column.heading);
                problems.error(invalid_name(place, attribute));
            }
        }
    }

    fn require(&self, required: Option<&str>, known: &Columns, table: &Table, problems: &mut Problems) {
        let Some(required) = required else { return };
        if self.has(required) || (table.is_empty() && self.name != "survey") {
            return;
        }
        let near = self
            .columns
            .iter()
            .map(|c| c.heading.as_str())
            .filter(|h| !known.is_known(h))
            .find(|h| name::nearest(h, std::iter::once(required)).is_some());
        let message = match near {
            Some(near) => (
                format!("there is no column \"{required}\", but \"{near}\""),
                format!("没有列“{required}”，但有列“{near}”。"),
            ),
            None => (
                format!("there is no column \"{required}\": does the first row hold the headings?"),
                format!("没有列“{required}”：第一行是列名吗？"),
            ),
        };
        let place = Place::row(&self.name, 1);
        problems.error(Problem::new(Code::HeadingMissing, place, message).meant(near.map(|_| required.to_owned())));
    }

    /// Says which columns look like misspelt ones of the standard. Other unknown columns are notes of the author.
    pub fn warn_of_misspelt(&self, known: &Columns, problems: &mut Problems) {
        for column in &self.columns {
            let first = snake_case(column.path.first().map_or("", String::as_str));
            let unknown =
                known.names().all(|name| !name.eq_ignore_ascii_case(&first)) && first.len() > 3 && !first.contains(':');
            let aliased = known.aliases.iter().any(|(_, path)| path.first().is_some_and(|p| *p == first));
            if !unknown || aliased {
                continue;
            }
            if let Some(meant) = name::nearest(&first, known.names()) {
                let place = Place::row(&self.name, 1).column(&column.heading);
                let message = (
                    format!("the column \"{}\" is not known, and is passed by", column.heading),
                    format!("不认识列“{}”，没有采用。", column.heading),
                );
                problems.warn(Problem::new(Code::ColumnUnknown, place, message).meant(Some(meant)));
            }
        }
    }

    /// Whether a column begins with this word.
    pub fn has(&self, first: &str) -> bool {
        self.columns.iter().any(|c| c.path.first().is_some_and(|p| p == first))
    }

    /// The heading of the column with this path, as written.
    pub fn heading(&self, path: &[&str]) -> String {
        let found =
            self.columns.iter().find(|c| c.path.iter().zip(path).all(|(a, b)| a == b) && c.path.len() >= path.len());
        found.map_or_else(|| path.last().copied().unwrap_or_default().to_owned(), |c| c.heading.clone())
    }

    /// The place of a cell.
    pub fn place(&self, row: u32, path: &[&str]) -> Place {
        Place::row(&self.name, row).column(self.heading(path))
    }
}

/// The path of a heading, and whether it is a column of the standard as written.
fn path_of(heading: &str, double: bool, known: &Columns) -> (bool, Vec<String>) {
    let own = |name: &str| known.is_known(name) && known.alias(name).is_none();
    if own(heading) {
        return (true, vec![heading.to_owned()]);
    }
    let snake = snake_case(heading);
    if own(&snake) {
        return (false, vec![snake]);
    }
    let mut parts: Vec<String> = if double || heading.contains("::") {
        heading.split("::").map(|p| p.trim().to_owned()).collect()
    } else {
        heading.split(':').map(|p| p.trim().to_owned()).collect()
    };
    // A single colon may also belong to a name such as jr:count.
    if let Some(at) = parts.iter().position(|p| p == "jr")
        && at + 1 < parts.len()
        && !(double || heading.contains("::"))
    {
        let local = parts.remove(at + 1);
        if let Some(prefix) = parts.get_mut(at) {
            *prefix = format!("jr:{local}");
        }
    }
    let first = parts.first().map(|p| snake_case(p)).unwrap_or_default();
    let rest = parts.iter().skip(1).cloned();
    if let Some(path) = known.alias(&first) {
        let path: Vec<String> = path.iter().map(|p| (*p).to_owned()).chain(rest).collect();
        return (path.len() == 1 && path.first().is_some_and(|p| p == heading), path);
    }
    if known.is_known(&first) {
        let path: Vec<String> = std::iter::once(first.clone()).chain(rest).collect();
        return (first == heading, path);
    }
    // Other columns keep their names: filters of choices may use them.
    (true, parts)
}

fn snake_case(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase()
}

/// Quotes of word processors made plain.
fn quotes(cell: &str, blanks: bool) -> String {
    let text = if blanks { collapse(cell) } else { cell.to_owned() };
    if !text.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
        return text;
    }
    text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"")
}

#[cfg(test)]
mod tests {
    use super::super::columns::SURVEY;
    use super::*;

    #[test]
    fn headings_and_their_paths() {
        let path = |h: &str| path_of(h, h.contains("::"), &SURVEY).1.join("|");
        assert_eq!(path("type"), "type");
        assert_eq!(path("Constraint Message"), "bind|jr:constraintMsg");
        assert_eq!(path("label::中文 (zh)"), "label|中文 (zh)");
        assert_eq!(path("label:English"), "label|English");
        assert_eq!(path("media::image::fr"), "media|image|fr");
        assert_eq!(path("image::fr"), "media|image|fr");
        assert_eq!(path("bind:jr:constraintMsg:en"), "bind|jr:constraintMsg|en");
        assert_eq!(path("body::accuracyThreshold"), "control|accuracyThreshold");
        assert_eq!(path("My Notes"), "My Notes");
    }
}
