//! A table: what every kind of file is made of.

use huce_core::{
    clock::{Millis, china_time},
    register::Lang,
};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Text.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number with so many decimals.
    Number(f64, usize),
    /// A share, in thousandths.
    Permille(u64),
    /// A day and time, in Zhengzhou.
    Moment(Millis),
    /// A text that leads to a page of the console (`/request/…`), or within a workbook (`#Sheet`).
    Link(String, String),
}

impl Cell {
    /// A text; empty where there is none.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A temperature.
    pub fn temp(temp_c: Option<f64>) -> Self {
        temp_c.map_or(Self::Empty, |c| Self::Number(c, 1))
    }

    /// A moment.
    pub fn moment(ms: Option<Millis>) -> Self {
        ms.map_or(Self::Empty, Self::Moment)
    }

    /// Yes or no.
    pub fn yes(yes: Option<bool>, lang: Lang) -> Self {
        let word = match (yes, lang) {
            (Some(true), Lang::Zh) => "是",
            (Some(false), Lang::Zh) => "否",
            (Some(true), Lang::En) => "yes",
            (Some(false), Lang::En) => "no",
            (None, _) => return Self::Empty,
        };
        Self::Text(word.to_owned())
    }

    /// As text, for files that have nothing else.
    pub fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Link(text, _) => text.clone(),
            Self::Count(n) => n.to_string(),
            Self::Number(n, decimals) => format!("{n:.decimals$}"),
            Self::Permille(n) => format!("{}.{}%", n / 10, n % 10),
            Self::Moment(ms) => china_time(*ms).format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }

    /// As a value of JSON.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Empty => serde_json::Value::Null,
            Self::Count(n) => (*n).into(),
            Self::Number(n, _) => serde_json::json!(n),
            Self::Permille(n) => serde_json::json!(*n as f64 / 1_000.0),
            _ => self.plain().into(),
        }
    }
}

/// A column: its name in GeoJSON, and its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// `taken`
    pub key: &'static str,
    /// 受理时间
    pub zh: &'static str,
    /// taken
    pub en: &'static str,
}

impl Column {
    /// A column.
    pub const fn new(key: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { key, zh, en }
    }

    /// Its heading.
    pub fn heading(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// Where a row is, WGS-84 degrees.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// Latitude and longitude.
    Point(f64, f64),
    /// Rings of [longitude, latitude].
    Area(Vec<Vec<[f64; 2]>>),
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// As many as there are columns.
    pub cells: Vec<Cell>,
    /// Where it is, if that is known.
    pub place: Option<Place>,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is called: the name of its sheet.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// Heading and cells as text.
    pub fn texts(&self, lang: Lang) -> Vec<Vec<String>> {
        let head = self.columns.iter().map(|column| column.heading(lang).to_owned()).collect();
        let rows = self.rows.iter().map(|row| row.cells.iter().map(Cell::plain).collect());
        std::iter::once(head).chain(rows).collect()
    }
}
