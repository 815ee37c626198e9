//! A table as a file.

use huce_core::register::Lang;
use serde_json::{Value, json};

use super::{
    book::Book,
    table::{Place, Table},
};
use crate::export::csv;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// .xlsx
    Workbook,
    /// .csv
    Csv,
    /// .geojson: only the rows that have a place.
    GeoJson,
}

impl Kind {
    /// By a name's ending.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "xlsx" => Some(Self::Workbook),
            "csv" => Some(Self::Csv),
            "geojson" => Some(Self::GeoJson),
            _ => None,
        }
    }

    /// As HTTP names it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::GeoJson => "application/geo+json",
        }
    }
}

/// Writes a table. `url` is where the console is, for the links of a workbook.
///
/// # Errors
/// When a workbook cannot be made.
pub fn write(table: &Table, kind: Kind, lang: Lang, url: &str) -> anyhow::Result<Vec<u8>> {
    match kind {
        Kind::Workbook => {
            let mut book = Book::new(lang, url);
            book.add(table)?;
            book.bytes()
        }
        Kind::Csv => Ok(csv(&table.texts(lang))),
        Kind::GeoJson => Ok(serde_json::to_vec(&geojson(table))?),
    }
}

/// RFC 7946: longitude before latitude.
fn geojson(table: &Table) -> Value {
    let features = table.rows.iter().filter_map(|row| {
        let geometry = match row.place.as_ref()? {
            Place::Point(lat, lon) => json!({"type": "Point", "coordinates": [lon, lat]}),
            Place::Area(rings) => json!({"type": "Polygon", "coordinates": rings}),
        };
        let cells = table.columns.iter().zip(&row.cells);
        let properties: serde_json::Map<String, Value> =
            cells.map(|(column, cell)| (column.key.to_owned(), cell.json())).collect();
        Some(json!({"type": "Feature", "geometry": geometry, "properties": properties}))
    });
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()})
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::ledger::table::{Cell, Column, Row};

    fn table() -> Table {
        let row = |name: &str, place| Row {
            cells: vec![
                Cell::text(name),
                Cell::temp(Some(17.44)),
                Cell::Permille(333),
                Cell::Moment(1_768_003_200_000),
            ],
            place,
        };
        Table {
            name: "设施".to_owned(),
            columns: vec![
                Column::new("name", "名称", "name"),
                Column::new("temp_c", "室温", "temperature"),
                Column::new("share", "占比", "share"),
                Column::new("at", "时间", "at"),
            ],
            rows: vec![row("一号站", Some(Place::Point(34.7, 113.6))), row("=1+1", None)],
        }
    }

    #[test]
    fn a_table_is_text_in_csv_and_places_in_geojson() {
        let text = String::from_utf8(write(&table(), Kind::Csv, Lang::Zh, "").unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}名称,室温,占比,时间\r\n一号站,17.4,33.3%,2026-01-10 08:00:00\r\n'=1+1,17.4,33.3%,2026-01-10 08:00:00\r\n"
        );
        let shown: Value = serde_json::from_slice(&write(&table(), Kind::GeoJson, Lang::Zh, "").unwrap()).unwrap();
        let wanted = json!({"type": "FeatureCollection", "features": [{"type": "Feature",
            "geometry": {"type": "Point", "coordinates": [113.6, 34.7]},
            "properties": {"name": "一号站", "temp_c": 17.44, "share": 0.333, "at": "2026-01-10 08:00:00"}}]});
        assert_eq!(shown, wanted);
    }

    #[test]
    fn a_workbook_is_one() {
        let bytes = write(&table(), Kind::Workbook, Lang::Zh, "http://127.0.0.1:8440").unwrap();
        let sheets = huce_core::workbook::Sheets::open(&bytes, "", huce_core::workbook::Limits::default()).unwrap();
        let rows = sheets.get("设施").unwrap();
        assert_eq!(rows[0], ["名称", "室温", "占比", "时间"]);
        assert_eq!((rows[1][0].as_str(), rows[2][0].as_str()), ("一号站", "=1+1"));
    }
}
