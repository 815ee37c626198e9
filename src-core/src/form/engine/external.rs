//! Secondary instances from files: the text of an `.xml`, `.csv` or `.geojson` file becomes a document that
//! expressions see as `instance('name')/root/item`.

use serde_json::Value;

use crate::form::Said;
use crate::xml::{Document, NodeId, XmlError};

/// Rows of one file; a list of a whole country's villages is an order of magnitude smaller.
const MOST_ITEMS: usize = 1_000_000;
/// Cells of one file.
const MOST_CELLS: usize = 10_000_000;

/// Why a file is no secondary instance.
#[derive(Debug, thiserror::Error)]
pub enum ExternalError {
    /// The file is no well-formed XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// The file is no JSON.
    #[error("the file is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is no feature collection of points, lines and polygons.
    #[error("the file is no GeoJSON that a form can use: {0}")]
    GeoJson(Said),
    /// A row of a CSV file cannot be read; the header is row 1.
    #[error("row {row} of the file: {why}")]
    Csv {
        /// Counted from 1, the header included.
        row: usize,
        /// What is wrong with it.
        why: Said,
    },
    /// More than the engine takes.
    #[error("the file has more than {0} items")]
    TooLarge(usize),
}

impl ExternalError {
    /// It in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        let zh: String = match self {
            Self::Xml(error) => Said::from(error).zh.into(),
            Self::Json(error) => format!("文件不是有效的 JSON（{error}）。"),
            Self::GeoJson(why) => format!("表单不能用这个 GeoJSON 文件：{}", why.zh),
            Self::Csv { row, why } => format!("文件第 {row} 行：{}", why.zh),
            Self::TooLarge(most) => format!("文件超过 {most} 条。"),
        };
        (self.to_string(), zh).into()
    }
}

/// Reads a file by the ending of its name; anything but `.csv` and `.geojson` is XML.
///
/// # Errors
/// If the text is not what the ending says.
pub fn read_external(name: &str, text: &str) -> Result<Document, ExternalError> {
    let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "csv" => read_csv(text),
        "geojson" | "json" => read_geojson(text),
        _ => Ok(Document::parse(text)?),
    }
}

/// `root/item/COLUMN` from a text with a header row; separated by comma, semicolon, tab or bar.
///
/// # Errors
/// If a row has more cells than the header, or quotes are not closed.
pub fn read_csv(text: &str) -> Result<Document, ExternalError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches(['\r', '\n']);
    let separator = separator_of(text);
    let mut rows = Rows { rest: text, separator, row: 0 };
    let header = rows.next().transpose()?.unwrap_or_default();
    let (mut document, root) = empty_root();
    let mut items = 0_usize;
    while let Some(cells) = rows.next() {
        let mut cells = cells?;
        let row = rows.row;
        while cells.len() > header.len() && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() > header.len() {
            let (found, wanted) = (cells.len(), header.len());
            let why = (
                format!("{found} cells where the header has {wanted}"),
                format!("有 {found} 格，而表头只有 {wanted} 格。"),
            );
            return Err(ExternalError::Csv { row, why: why.into() });
        }
        if cells.iter().all(String::is_empty) {
            continue;
        }
        items += 1;
        if items > MOST_ITEMS || items.saturating_mul(header.len()) > MOST_CELLS {
            return Err(ExternalError::TooLarge(MOST_ITEMS));
        }
        let item = document.add_element(root, "item");
        for (column, cell) in header.iter().zip(cells.iter().map(String::as_str).chain(std::iter::repeat(""))) {
            if !column.is_empty() {
                document.add_element_with_text(item, column, cell);
            }
        }
    }
    Ok(document)
}

fn empty_root() -> (Document, NodeId) {
    let mut document = Document::new();
    let root = document.add_element(NodeId::DOCUMENT, "root");
    (document, root)
}

/// The separator that the header has most of, outside quotes.
fn separator_of(text: &str) -> char {
    let mut quoted = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0), ('|', 0)];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(s, _)| *s == c).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // The first of equals: a header of one column is a header with commas.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(',', |(s, _)| *s)
}

/// The rows of a CSV text (RFC 4180), one after the other.
struct Rows<'a> {
    rest: &'a str,
    separator: char,
    row: usize,
}

impl Rows<'_> {
    fn wrong(&self, why: (&str, &str)) -> ExternalError {
        ExternalError::Csv { row: self.row, why: why.into() }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<String>, ExternalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.row += 1;
        let mut cells = Vec::new();
        let mut cell = String::new();
        let mut quoted = false;
        let mut chars = self.rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let end_of_row = match c {
                '\0' => return Some(Err(self.wrong(("a NUL character", "有空字符（NUL）。")))),
                '"' if quoted && chars.peek().is_some_and(|&(_, next)| next == '"') => {
                    chars.next();
                    cell.push('"');
                    false
                }
                '"' if quoted || cell.is_empty() => {
                    quoted = !quoted;
                    false
                }
                _ if quoted => {
                    cell.push(c);
                    false
                }
                '\r' if chars.peek().is_some_and(|&(_, next)| next == '\n') => false,
                '\n' | '\r' => true,
                _ if c == self.separator => {
                    cells.push(std::mem::take(&mut cell));
                    false
                }
                _ => {
                    cell.push(c);
                    false
                }
            };
            if end_of_row {
                self.rest = self.rest.get(at + c.len_utf8()..).unwrap_or("");
                cells.push(cell);
                return Some(Ok(cells));
            }
        }
        self.rest = "";
        if quoted {
            return Some(Err(self.wrong(("a quote that is not closed", "有引号没有配对。"))));
        }
        cells.push(cell);
        Some(Ok(cells))
    }
}

/// `root/item` with `geometry` and one child a property from a GeoJSON feature collection.
///
/// # Errors
/// If the text is no such collection, or a geometry is neither point, line nor polygon.
pub fn read_geojson(text: &str) -> Result<Document, ExternalError> {
    let wrong = |en: &str, zh: &str| ExternalError::GeoJson((en, zh).into());
    let collection: Value = serde_json::from_str(text)?;
    if collection.get("type").and_then(Value::as_str) != Some("FeatureCollection") {
        return Err(wrong("it is no FeatureCollection", "它不是 FeatureCollection。"));
    }
    let features = collection.get("features").and_then(Value::as_array);
    let features = features.ok_or_else(|| wrong("it has no features", "里面没有 features。"))?;
    if features.len() > MOST_ITEMS {
        return Err(ExternalError::TooLarge(MOST_ITEMS));
    }
    let (mut document, root) = empty_root();
    for feature in features {
        if feature.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(wrong("something among the features is no Feature", "features 里有一项不是 Feature。"));
        }
        let geometry = feature.get("geometry").and_then(geometry_of);
        let geometry = geometry.ok_or_else(|| {
            let en = "only points, lines and polygons of two numbers a place are supported";
            wrong(en, "只能用点、线、面，每个位置是两个数。")
        })?;
        let item = document.add_element(root, "item");
        document.add_element_with_text(item, "geometry", &geometry);
        let none = serde_json::Map::new();
        let properties = feature.get("properties").and_then(Value::as_object).unwrap_or(&none);
        if let Some(id) = feature.get("id").or_else(|| properties.get("id")) {
            document.add_element_with_text(item, "id", &text_of(id));
        }
        for (name, value) in properties.iter().filter(|(name, _)| *name != "id" && !name.is_empty()) {
            document.add_element_with_text(item, name, &text_of(value));
        }
    }
    Ok(document)
}

/// A JSON value as ECMAScript's `String()` writes it, for what tables hold.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join(","),
        Value::Number(n) => {
            n.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e15).map_or(n.to_string(), |n| n.to_string())
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

fn geometry_of(geometry: &Value) -> Option<String> {
    let coordinates = geometry.get("coordinates")?.as_array()?;
    let line = |points: &[Value]| points.iter().map(|p| place(p.as_array()?)).collect::<Option<Vec<_>>>();
    let places = match geometry.get("type")?.as_str()? {
        "Point" => vec![place(coordinates)?],
        "LineString" => line(coordinates)?,
        "Polygon" => match coordinates.as_slice() {
            [] => Vec::new(),
            [outline] => line(outline.as_array()?)?,
            _ => return None,
        },
        _ => return None,
    };
    Some(places.join("; "))
}

/// GeoJSON says longitude first, forms say latitude first.
fn place(numbers: &[Value]) -> Option<String> {
    let [longitude, latitude] = numbers else { return None };
    (longitude.is_number() && latitude.is_number()).then(|| format!("{} {} 0 0", text_of(latitude), text_of(longitude)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_items() {
        let document = read_csv("name;label\r\na;\"Say \"\"A\"\"; now\"\r\nb;\r\n").unwrap();
        assert_eq!(
            document.write(),
            "<root><item><name>a</name><label>Say \"A\"; now</label></item><item><name>b</name><label/></item></root>"
        );
        assert!(read_csv("a,b\n1,2,3").is_err());
        assert!(read_csv("a\n\"1").is_err());
    }

    #[test]
    fn features_become_items() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"s1",
            "geometry":{"type":"Point","coordinates":[102.5,0.5]},"properties":{"name":"North","id":7}}]}"#;
        let document = read_geojson(text).unwrap();
        assert_eq!(
            document.write(),
            "<root><item><geometry>0.5 102.5 0 0</geometry><id>s1</id><name>North</name></item></root>"
        );
    }
}
