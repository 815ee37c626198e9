//! Headings of a sheet: the columns of the standard under their aliases, with languages.

use super::AuthorError;
use std::collections::HashMap;

/// A sheet with its heading read.
pub(super) struct Table<'a> {
    pub sheet: &'static str,
    /// Base name of a column → (language, position). The language is "" for columns without one.
    columns: HashMap<String, Vec<(String, usize)>>,
    /// Headings as written, by position.
    pub headings: Vec<String>,
    /// Rows with their number in the sheet, from 1; blank ones left out.
    pub rows: Vec<(usize, &'a [String])>,
}

const TEXTS: [&str; 6] = ["label", "hint", "constraint_message", "required_message", "why", "guidance_hint"];

/// What may stand behind `bind:` and the like.
const KNOWN: [&str; 9] = [
    "relevant",
    "constraint",
    "constraint_message",
    "required",
    "required_message",
    "read_only",
    "calculation",
    "appearance",
    "repeat_count",
];

impl<'a> Table<'a> {
    pub fn new(sheet: &'static str, rows: &'a [Vec<String>], errors: &mut Vec<AuthorError>) -> Self {
        let blank = |row: &[String]| row.iter().all(|c| c.trim().is_empty());
        let mut numbered = rows.iter().enumerate().map(|(i, r)| (i + 1, r.as_slice())).filter(|(_, r)| !blank(r));
        let (heading_row, heading) = numbered.next().unwrap_or((1, &[]));
        let mut columns: HashMap<String, Vec<(String, usize)>> = HashMap::new();
        for (i, text) in heading.iter().enumerate() {
            let Some((name, language)) = column(text) else { continue };
            let places = columns.entry(name).or_default();
            if places.iter().any(|(l, _)| *l == language) {
                errors.push(AuthorError::new(sheet, heading_row, text, "this column is there twice", None));
            }
            places.push((language, i));
        }
        Table { sheet, columns, headings: heading.to_vec(), rows: numbered.collect() }
    }

    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// The trimmed cell of a column without language; "" when there is none.
    pub fn cell(&self, row: &'a [String], column: &str) -> &'a str {
        let places = self.columns.get(column).map(Vec::as_slice).unwrap_or_default();
        let at = places.iter().find(|(l, _)| l.is_empty()).or(places.first());
        at.and_then(|(_, i)| row.get(*i)).map_or("", |c| c.trim())
    }

    /// The cells of a column by language.
    pub fn texts(&self, row: &'a [String], column: &str) -> Vec<(&str, &'a str)> {
        let places = self.columns.get(column).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|(l, i)| row.get(*i).map(|c| (l.as_str(), c.trim()))).collect()
    }

    /// Languages of the texts, in the order of the columns; "" for a text column without one.
    pub fn languages(&self) -> Vec<String> {
        let mut found: Vec<(usize, &String)> =
            TEXTS.iter().filter_map(|t| self.columns.get(*t)).flatten().map(|(l, i)| (*i, l)).collect();
        found.sort();
        found.into_iter().map(|(_, l)| l.clone()).collect()
    }

    /// Columns that the standard does not know (for choice filters), with their positions.
    pub fn others(&self, known: &[&str]) -> Vec<(String, usize)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for (name, places) in &self.columns {
            if !known.contains(&name.as_str()) && !TEXTS.contains(&name.as_str()) && !name.starts_with("media") {
                found.extend(places.iter().filter(|(l, _)| l.is_empty()).map(|(_, i)| (*i, name.clone())));
            }
        }
        found.sort();
        found.into_iter().map(|(i, name)| (name, i)).collect()
    }
}

/// `Label::English (en)` → (`label`, `English (en)`).
fn column(heading: &str) -> Option<(String, String)> {
    let heading = heading.trim();
    if heading.is_empty() {
        return None;
    }
    // The older way to write it: `bind:relevant`, `bind::jr:constraintMsg`, `body:appearance`.
    for part in ["bind", "body", "control"] {
        let rest = heading.strip_prefix(part).and_then(|r| r.strip_prefix(':'));
        if let Some(name) = rest.map(|r| normal(r.trim_start_matches(':'))).filter(|n| KNOWN.contains(&n.as_str())) {
            return Some((name, String::new()));
        }
    }
    let (base, language) = match heading.split_once("::") {
        Some((base, language)) => (base, language.trim()),
        None => match heading.split_once(':') {
            Some((base, language)) if TEXTS.contains(&normal(base).as_str()) => (base, language.trim()),
            _ => (heading, ""),
        },
    };
    let name = normal(base);
    // Only texts and media have languages; `bind::…` and the like stay whole and are not ours.
    if !language.is_empty() && !TEXTS.contains(&name.as_str()) {
        return Some((heading.to_owned(), String::new()));
    }
    Some((name, language.to_owned()))
}

fn normal(base: &str) -> String {
    let trimmed = base.trim();
    let lower = trimmed.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_");
    let alias = match lower.as_str() {
        "readonly" => "read_only",
        "relevance" => "relevant",
        "calculate" => "calculation",
        "caption" => "label",
        "command" => "type",
        "tag" => "name",
        "jr:count" | "repeatcount" | "count" => "repeat_count",
        "list" | "listname" => "list_name",
        "jr:constraintmsg" | "constraintmsg" | "constraint_msg" => "constraint_message",
        "jr:requiredmsg" | "requiredmsg" | "required_msg" => "required_message",
        "when" | "measure" | "priority" | "days" | "foreach" | "why" | "type" | "name" | "label" | "hint"
        | "relevant" | "constraint" | "constraint_message" | "required" | "required_message" | "calculation"
        | "default" | "appearance" | "choice_filter" | "read_only" | "repeat_count" | "parameters" | "list_name"
        | "value" | "unit" | "guidance_hint" => return lower,
        // Choice columns keep their case: filters name them as they are written.
        _ => return trimmed.to_owned(),
    };
    alias.to_owned()
}
