//! Grids from a file: a table (网格台账, one row a grid or one row an address of it) or GeoJSON. Every row, and every
//! feature, is accounted for: `rows = grids + more + exact_duplicates + conflicting + unusable`.
//!
//! Two steps, because whether a grid may stand where a row says depends on the others: [`read_geojson`] or [`read_grids`] read the
//! rows, [`GridRows::account`] tells what becomes of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Duplicate, Lang,
    address::{normal_building, normal_entrance, normal_estate},
    columns::{Column, Subject, column_of},
    file_error::FileError,
    household::no_entry,
    table::{Row, RowAt, Sheet, Table},
    text::{clean, says_none, tight},
    verdict::Why,
    why_text,
};
use crate::{
    datum::Datum,
    grid::{Covers, Grid, Level, Misplaced, field, may_stand},
    ids::{GridId, MAX_LEN},
    shape::{Rings, ShapeFault, tidy},
};

/// Why a row is no grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GridFault {
    /// A cell says nothing, or something else.
    Cell {
        /// Which.
        column: Column,
        /// What is wrong.
        why: Why,
    },
    /// The boundary is no shape.
    Shape {
        /// Why.
        fault: ShapeFault,
    },
    /// The grid has no place in the tree.
    Place {
        /// Why.
        fault: Misplaced,
    },
}

impl GridFault {
    /// In words.
    pub fn text(&self, lang: Lang) -> String {
        let (zh, en) = match self {
            Self::Cell { column, why } => return why_text(*column, why, lang),
            Self::Shape { fault } => match fault {
                ShapeFault::Empty => ("边界：没有坐标", "boundary: no coordinates"),
                ShapeFault::TooFewCorners => ("边界：少于三个角点", "boundary: fewer than three corners"),
                ShapeFault::NotDegrees => {
                    ("边界：不是经纬度（经度在前，单位为度）", "boundary: no degrees (longitude first, then latitude)")
                }
                ShapeFault::NoArea => ("边界：没有围成面积", "boundary: encloses nothing"),
                ShapeFault::TooDetailed => ("边界：角点太多，请简化", "boundary: too many corners, simplify it"),
            },
            Self::Place { fault } => match fault {
                Misplaced::NoParent => ("上级网格不存在", "there is no such grid above"),
                Misplaced::Level => ("级别不低于上级网格", "its level is not below that of the grid above"),
                Misplaced::Circle => ("上下级成环", "it would lie below itself"),
                Misplaced::Closed => ("上级网格已撤并", "the grid above was merged away"),
                Misplaced::Children => ("下级网格的级别与它不符", "a grid below it would not fit any more"),
            },
        };
        if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() }
    }
}

/// What a row, or a feature, says of a grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridRow {
    /// Where it stood; of GeoJSON, the feature's number from 1.
    pub row: RowAt,
    /// Which grid.
    pub code: GridId,
    /// 网格名称
    pub name: Option<String>,
    /// 级别
    pub level: Option<Level>,
    /// 上级网格
    pub parent: Option<GridId>,
    /// 社区
    pub community: Option<String>,
    /// The addresses that it names.
    pub covers: Vec<Covers>,
    /// The boundary, WGS-84, tidy.
    pub polygon: Option<Rings>,
}

/// A row that is no grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadGrid {
    /// Where it stands.
    pub row: RowAt,
    /// The code as it stands.
    pub code: String,
    /// What is wrong.
    pub fault: GridFault,
}

/// The rows of a file as they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GridRows {
    /// All rows below the heading that are not blank, or all features.
    pub rows: usize,
    /// In which datum the file's degrees were.
    pub datum: Datum,
    /// Rows that tell of a grid, in the file's order.
    pub grids: Vec<GridRow>,
    /// Rows that do not.
    pub unusable: Vec<BadGrid>,
}

/// A file of grids, with every row accounted for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GridRegister {
    /// All rows.
    pub rows: usize,
    /// In which datum the file's degrees were; what is kept is WGS-84.
    pub datum: Datum,
    /// One of each, those above first, with the addresses of all its rows.
    pub grids: Vec<GridRow>,
    /// Rows that add addresses to a grid of an earlier row.
    pub more: Vec<Duplicate>,
    /// Rows that repeat another.
    pub exact_duplicates: Vec<Duplicate>,
    /// Rows that contradict another, which stands: their row, the other's, the columns that differ.
    pub conflicting: Vec<(RowAt, RowAt, Vec<Column>)>,
    /// Rows that are no grid.
    pub unusable: Vec<BadGrid>,
}

/// A code as an identifier: what an identifier cannot hold becomes a dash.
pub fn code_of(code: &str) -> Option<GridId> {
    let mut id = String::new();
    for c in code.trim().chars().map(|c| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }) {
        if id.len() + c.len_utf8() > MAX_LEN {
            break;
        }
        id.push(c);
    }
    GridId::new(id).ok().filter(|id| id.as_str().chars().any(char::is_alphanumeric))
}

/// The level that a word means.
pub fn level_of(raw: &str) -> Option<Level> {
    const WORDS: [(Level, &[&str]); 4] = [
        (Level::Micro, &["微网格", "微", "MICRO"]),
        (Level::Street, &["街道", "街", "镇", "STREET"]),
        (Level::Crew, &["班组", "班", "社区", "CREW", "COMMUNITY"]),
        (Level::Inspector, &["专管员", "小区", "三级", "INSPECTOR", "ESTATE"]),
    ];
    let text = tight(raw);
    WORDS.into_iter().find(|(_, words)| words.iter().any(|word| text.contains(word))).map(|(level, _)| level)
}

/// What a row's cells say; `cell` gives each as it stands, empty where there is none.
fn grid<'c>(at: RowAt, cell: impl Fn(Column) -> &'c str) -> Result<GridRow, (Column, Why)> {
    let said = |column: Column| {
        let text = clean(cell(column)).into_owned();
        (!says_none(&text)).then_some(text)
    };
    let wrong = |column: Column, text: String| (column, Why::NotUnderstood { text });
    let code = |column: Column| {
        let text = said(column).map(|text| text.strip_suffix(".0").map(str::to_owned).unwrap_or(text));
        text.map(|text| code_of(&text).ok_or_else(|| wrong(column, text))).transpose()
    };
    let id = code(Column::GridCode)?.ok_or((Column::GridCode, Why::Missing))?;
    let level = said(Column::Level);
    let level = level.map(|text| level_of(&text).ok_or_else(|| wrong(Column::Level, text))).transpose()?;
    let list = |column: Column, normal: fn(&str) -> Option<String>| {
        let text = said(column).unwrap_or_default();
        let parts = text.split(['、', ',', '，', ';', '；', ' ', '|']).map(str::trim).filter(|part| !part.is_empty());
        let parts = parts.map(|part| normal(part).ok_or_else(|| wrong(column, part.to_owned())));
        parts.collect::<Result<BTreeSet<_>, _>>().map(|set| set.into_iter().collect::<Vec<_>>())
    };
    let (buildings, entrances) = (list(Column::Building, normal_building)?, list(Column::Entrance, normal_entrance)?);
    let estate = said(Column::Estate).and_then(|estate| normal_estate(&estate));
    if estate.is_none() && !(buildings.is_empty() && entrances.is_empty()) {
        return Err((Column::Estate, Why::Missing));
    }
    Ok(GridRow {
        row: at,
        code: id,
        name: said(Column::GridName),
        level,
        parent: code(Column::Parent)?,
        community: said(Column::Community),
        covers: estate.map(|estate| Covers { estate, buildings, entrances }).into_iter().collect(),
        polygon: None,
    })
}

/// Reads every row of a table of grids, whose boundaries (well-known text) are in this datum.
pub fn read_grids(table: &Table, datum: Datum) -> GridRows {
    let mut all = GridRows { datum, ..GridRows::default() };
    for (index, sheet) in table.sheets.iter().enumerate() {
        for row in &sheet.rows {
            all.rows += 1;
            let at = RowAt { sheet: u16::try_from(index).unwrap_or(u16::MAX), row: row.number };
            let code = sheet.layout.position(Column::GridCode).map_or("", |p| row.cell(p));
            match of_row(sheet, row, at, datum) {
                Ok(grid) => all.grids.push(grid),
                Err(fault) => all.unusable.push(BadGrid { row: at, code: clean(code).into_owned(), fault }),
            }
        }
    }
    all
}

fn of_row(sheet: &Sheet, row: &Row, at: RowAt, datum: Datum) -> Result<GridRow, GridFault> {
    let cell = |column: Column| sheet.layout.position(column).map_or("", |p| row.cell(p));
    let no = no_entry(&sheet.layout, row, &[Column::GridCode, Column::GridName], &[Column::GridCode]);
    let bad = |(column, why)| GridFault::Cell { column, why };
    let grid = no.map_or_else(|| grid(at, cell), Err).map_err(bad)?;
    let boundary = clean(cell(Column::Boundary));
    let polygon = if says_none(&boundary) {
        None
    } else {
        let text = || boundary.chars().take(40).collect();
        let rings = of_wkt(&boundary).ok_or_else(|| bad((Column::Boundary, Why::NotUnderstood { text: text() })))?;
        Some(placed(&rings, datum)?)
    };
    Ok(GridRow { polygon, ..grid })
}

/// `POLYGON((113.6 34.7, …), (…))` or a MULTIPOLYGON: its rings.
fn of_wkt(text: &str) -> Option<Rings> {
    let upper = text.to_ascii_uppercase();
    let body = upper.strip_prefix("MULTIPOLYGON").or_else(|| upper.strip_prefix("POLYGON"))?;
    let rings = body.split(')').map(|part| part.trim_matches(['(', ',', ' '])).filter(|part| !part.is_empty());
    rings.map(|ring| ring.split(',').map(corner).collect()).collect()
}

fn corner(text: &str) -> Option<[f64; 2]> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let (lon, lat) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some([lon, lat])
}

/// Rings as they are kept: WGS-84, rounded, closed.
fn placed(rings: &[Vec<[f64; 2]>], datum: Datum) -> Result<Rings, GridFault> {
    let converted = |[lon, lat]: &[f64; 2]| {
        let (lat, lon) = datum.to_wgs84((*lat, *lon));
        [lon, lat]
    };
    let rings: Rings = rings.iter().map(|ring| ring.iter().map(converted).collect()).collect();
    tidy(&rings).map_err(|fault| GridFault::Shape { fault })
}

/// Reads the features of GeoJSON. Its standard says WGS-84; `datum`, or else the file's own `crs`, says when it is not.
///
/// # Errors
/// [`FileError`] when the text is no collection of features.
pub fn read_geojson(text: &str, datum: Option<Datum>) -> Result<GridRows, FileError> {
    let damaged = |detail: String| FileError::Damaged { detail };
    let file: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| damaged(e.to_string()))?;
    let crs = file.pointer("/crs/properties/name").or_else(|| file.get("crs")).and_then(Value::as_str);
    let datum = match (datum, crs) {
        (Some(datum), _) => datum,
        (None, Some(crs)) => Datum::of_word(crs).ok_or_else(|| damaged(format!("crs {crs}")))?,
        (None, None) => Datum::Wgs84,
    };
    let one = [file.clone()];
    let features = match file.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => file.get("features").and_then(Value::as_array).map(Vec::as_slice),
        Some("Feature") => Some(one.as_slice()),
        _ => None,
    };
    let features = features.ok_or_else(|| damaged("no FeatureCollection".to_owned()))?;
    if features.is_empty() {
        return Err(FileError::NoRows);
    }
    let mut all = GridRows { rows: features.len(), datum, ..GridRows::default() };
    for (feature, number) in features.iter().zip(1..) {
        let at = RowAt { sheet: 0, row: number };
        let (code, read) = of_feature(feature, at, datum);
        match read {
            Ok(grid) => all.grids.push(grid),
            Err(fault) => all.unusable.push(BadGrid { row: at, code, fault }),
        }
    }
    Ok(all)
}

fn of_feature(feature: &Value, at: RowAt, datum: Datum) -> (String, Result<GridRow, GridFault>) {
    let mut cells: BTreeMap<Column, (usize, String)> = BTreeMap::new();
    let properties = feature.get("properties").and_then(Value::as_object);
    for (name, value) in properties.into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("、"),
            _ => continue,
        };
        let Some((column, rank)) = column_of(Subject::Grids, name) else { continue };
        if cells.get(&column).is_none_or(|(known, _)| rank < *known) {
            cells.insert(column, (rank, text));
        }
    }
    let code = cells.get(&Column::GridCode).map(|(_, text)| text.clone()).unwrap_or_default();
    let read = || -> Result<GridRow, GridFault> {
        let mut row = grid(at, |column| cells.get(&column).map_or("", |(_, text)| text.as_str()))
            .map_err(|(column, why)| GridFault::Cell { column, why })?;
        // Huce's own files list what a grid covers.
        let covers = properties.and_then(|p| p.get(field::COVERS)).filter(|covers| covers.is_array());
        if let Some(covers) = covers {
            let unread = || GridFault::Cell {
                column: Column::Estate,
                why: Why::NotUnderstood { text: covers.to_string().chars().take(40).collect() },
            };
            row.covers = serde_json::from_value(covers.clone()).map_err(|_| unread())?;
        }
        row.polygon = match feature.get("geometry") {
            None | Some(Value::Null) => None,
            Some(geometry) => Some(placed(&rings_of(geometry).unwrap_or_default(), datum)?),
        };
        Ok(row)
    };
    (code, read())
}

/// The rings of a Polygon or MultiPolygon; a third number, the height, is left out.
fn rings_of(geometry: &Value) -> Option<Rings> {
    let ring = |ring: &Value| -> Option<Vec<[f64; 2]>> {
        let corner = |p: &Value| Some([p.get(0)?.as_f64()?, p.get(1)?.as_f64()?]);
        ring.as_array()?.iter().map(corner).collect()
    };
    let polygon = |polygon: &Value| -> Option<Rings> { polygon.as_array()?.iter().map(ring).collect() };
    let coordinates = geometry.get("coordinates")?;
    match geometry.get("type")?.as_str()? {
        "Polygon" => polygon(coordinates),
        "MultiPolygon" => {
            let parts: Option<Vec<Rings>> = coordinates.as_array()?.iter().map(polygon).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

impl GridRow {
    /// The columns in which a later row says something else than this one. A cell that is empty says nothing.
    fn differing(&self, later: &Self) -> Vec<Column> {
        fn other<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            b.is_some() && a != b
        }
        let pairs = [
            (Column::GridName, other(self.name.as_ref(), later.name.as_ref())),
            (Column::Level, other(self.level.as_ref(), later.level.as_ref())),
            (Column::Parent, other(self.parent.as_ref(), later.parent.as_ref())),
            (Column::Community, other(self.community.as_ref(), later.community.as_ref())),
            (Column::Boundary, other(self.polygon.as_ref(), later.polygon.as_ref())),
        ];
        pairs.into_iter().filter(|(_, differs)| *differs).map(|(column, _)| column).collect()
    }

    /// The grid as it is after this row: what the row does not say stays as it was.
    pub fn grid(&self, known: Option<&Grid>, above: Option<Level>) -> Grid {
        let level = self.level.or(known.map(|grid| grid.level)).or(above.map(Level::below)).unwrap_or(Level::Street);
        let name = self.name.clone().or_else(|| known.map(|grid| grid.name.clone()));
        let parent = self.parent.clone().or_else(|| known.and_then(|grid| grid.parent.clone()));
        let mut grid = Grid::new(self.code.clone(), name.unwrap_or_else(|| self.code.to_string()), level, parent);
        if let Some(known) = known {
            grid = Grid { name: grid.name, level, parent: grid.parent, ..known.clone() };
        }
        if let Some(polygon) = &self.polygon {
            grid.polygon.clone_from(polygon);
        }
        if self.community.is_some() {
            grid.community.clone_from(&self.community);
        }
        if !self.covers.is_empty() {
            grid.covers.clone_from(&self.covers);
        }
        grid
    }
}

impl GridRows {
    /// Who is who, and who may stand where, among the grids that are known already.
    pub fn account(self, known: &BTreeMap<GridId, Grid>) -> GridRegister {
        let mut register = GridRegister { rows: self.rows, datum: self.datum, ..GridRegister::default() };
        register.unusable = self.unusable;
        let mut by_code: BTreeMap<GridId, usize> = BTreeMap::new();
        for mut row in self.grids {
            let first = by_code.get(&row.code).and_then(|at| register.grids.get_mut(*at));
            let Some(first) = first else {
                by_code.insert(row.code.clone(), register.grids.len());
                register.grids.push(row);
                continue;
            };
            let differing = first.differing(&row);
            let seen = Duplicate { row: row.row, first_row: first.row };
            if !differing.is_empty() {
                register.conflicting.push((row.row, first.row, differing));
            } else if row.covers.iter().all(|covers| first.covers.contains(covers)) {
                register.exact_duplicates.push(seen);
            } else {
                row.covers.retain(|covers| !first.covers.contains(covers));
                first.covers.append(&mut row.covers);
                register.more.push(seen);
            }
        }
        register.place(known);
        register
    }
}

impl GridRegister {
    /// Takes out the grids that may not stand where they say, until the others do; orders them from the top.
    fn place(&mut self, known: &BTreeMap<GridId, Grid>) {
        loop {
            let all = self.placed(known);
            let mut misplaced: Vec<(GridId, Misplaced)> = Vec::new();
            for row in &self.grids {
                let stands = all.get(&row.code).map_or(Ok(()), |grid| may_stand(grid, &all));
                misplaced.extend(stands.err().map(|fault| (row.code.clone(), fault)));
            }
            // Of a grid and one below it that does not fit, the lower one is wrong, as long as it is of this file.
            if misplaced.iter().any(|(_, fault)| *fault != Misplaced::Children) {
                misplaced.retain(|(_, fault)| *fault != Misplaced::Children);
            }
            if misplaced.is_empty() {
                let depth = |row: &GridRow| {
                    let mut above = BTreeSet::new();
                    let mut at = all.get(&row.code).and_then(|grid| grid.parent.as_ref());
                    while let Some(id) = at.filter(|id| above.insert((*id).clone())) {
                        at = all.get(id).and_then(|grid| grid.parent.as_ref());
                    }
                    above.len()
                };
                self.grids.sort_by_cached_key(|row| (depth(row), row.row));
                return;
            }
            for (code, fault) in misplaced {
                let Some(at) = self.grids.iter().position(|row| row.code == code) else { continue };
                let first = self.grids.remove(at);
                // Rows that only add addresses to it fall with it.
                let (fallen, more): (Vec<_>, Vec<_>) = self.more.drain(..).partition(|m| m.first_row == first.row);
                self.more = more;
                for row in std::iter::once(first.row).chain(fallen.into_iter().map(|m| m.row)) {
                    self.unusable.push(BadGrid { row, code: code.to_string(), fault: GridFault::Place { fault } });
                }
            }
        }
    }

    /// All grids as they are after this file.
    pub fn placed(&self, known: &BTreeMap<GridId, Grid>) -> BTreeMap<GridId, Grid> {
        let mut all = known.clone();
        // A level that nobody says follows from that of the grid above, which may stand below in the file.
        for _ in 0..=Level::ALL.len() {
            let before = all.clone();
            for row in &self.grids {
                let known = known.get(&row.code);
                let parent = row.parent.as_ref().or_else(|| known.and_then(|grid| grid.parent.as_ref()));
                let above = parent.and_then(|id| before.get(id)).map(|grid| grid.level);
                all.insert(row.code.clone(), row.grid(known, above));
            }
        }
        all
    }

    /// The fields of a grid's record as this file has them.
    pub fn fields(grid: &Grid) -> Vec<(String, Value)> {
        let optional = |empty: bool, value: Value| if empty { Value::Null } else { value };
        [
            (field::NAME, json!(grid.name)),
            (field::LEVEL, json!(grid.level)),
            (field::PARENT, json!(grid.parent)),
            (field::POLYGON, optional(grid.polygon.is_empty(), json!(grid.polygon))),
            (field::COMMUNITY, json!(grid.community)),
            (field::COVERS, optional(grid.covers.is_empty(), json!(grid.covers))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

#[cfg(all(test, feature = "workbook"))]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::register::table::read_table_of;

    fn nobody() -> BTreeMap<GridId, Grid> {
        BTreeMap::new()
    }

    fn sums(r: &GridRegister) -> [usize; 5] {
        let parts = [r.grids.len(), r.more.len(), r.exact_duplicates.len(), r.conflicting.len(), r.unusable.len()];
        assert_eq!(parts.iter().sum::<usize>(), r.rows, "every row is accounted for");
        parts
    }

    #[test]
    fn every_row_of_a_table_is_accounted_for() {
        let text = "网格台账,,,,,,\n网格编号,网格名称,级别,上级网格,社区,小区,楼栋,边界\n\
            S,嵩岳街道,街道,,,,,\n\
            S-1-1,南区,专管员网格,S-1,,甲小区,1号楼、2号楼,\"POLYGON((113.60 34.70,113.61 34.70,113.61 34.71))\"\n\
            S-1,一班,班组,S,嵩岳社区,,,\n\
            S-1-1,南区,,,,甲小区,3,\n\
            S-1-1,南区,专管员网格,S-1,,甲小区,3,\n\
            S-1-1,北区,专管员网格,S-1,,甲小区,3,\n\
            S-1-1-a,东角,微网格,S-1-1,,甲小区,1,\n\
            S-1-1-a-1,更小,微网格,S-1-1-a,,,,\n\
            S-2,二班,班组,X,,,,\n\
            S-2-1,西区,专管员网格,S-2,,乙,1,\n\
            S-2-1,西区,专管员网格,S-2,,乙,2,\n\
            S-3,三班,大队,S,,,,\n\
            S-4,四班,班组,S,,,9,\n\
            S-5,五班,班组,S,,,,\"POLYGON((34.70 113.60,34.70 113.61,34.71 113.61))\"\n\
            ,无编号,班组,S,,,,\n合计,15,,,,,,\n";
        let table = read_table_of(Subject::Grids, "g.csv", text.as_bytes()).unwrap();
        let register = read_grids(&table, Datum::Wgs84).account(&nobody());
        assert_eq!(sums(&register), [5, 1, 1, 1, 8]);
        let codes: Vec<_> = register.grids.iter().map(|g| g.code.as_str()).collect();
        assert_eq!(codes, ["S", "S-1", "S-1-1", "S-1-1-a", "S-1-1-a-1"], "from the top");
        let south = &register.grids[2];
        assert_eq!(south.covers.iter().map(|c| c.buildings.join("+")).collect::<Vec<_>>(), ["1+2", "3"]);
        assert_eq!(south.polygon.as_ref().unwrap()[0].len(), 4, "closed");
        let texts: Vec<_> = register.unusable.iter().map(|bad| bad.fault.text(Lang::En)).collect();
        for part in
            ["no such grid above", "no degrees", "level: \"大队\"", "estate: empty", "total", "grid_code: empty"]
        {
            assert!(texts.iter().any(|text| text.contains(part)), "{part}: {texts:?}");
        }
    }

    #[test]
    fn geojson_in_the_datum_of_a_chinese_map() {
        let text = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"GCJ-02"}},"features":[
            {"type":"Feature","properties":{"网格编号":"S-1","网格名称":"南区","级别":"专管员网格","小区":"甲","楼栋":["1","2"]},
             "geometry":{"type":"Polygon","coordinates":[[[113.62,34.75,90],[113.63,34.75,90],[113.63,34.76,90],[113.62,34.75,90]]]}},
            {"type":"Feature","properties":{"code":"S-2","name":"岛","level":"inspector"},"geometry":{"type":"MultiPolygon",
             "coordinates":[[[[113.62,34.75],[113.63,34.75],[113.63,34.76]]],[[[113.64,34.75],[113.65,34.75],[113.65,34.76]]]]}},
            {"type":"Feature","properties":{"code":"S-3"},"geometry":{"type":"Point","coordinates":[113.6,34.7]}},
            {"type":"Feature","properties":{"name":"x"},"geometry":null}]}"#;
        let register = read_geojson(text, None).unwrap().account(&nobody());
        assert_eq!(sums(&register), [2, 0, 0, 0, 2]);
        assert_eq!(register.datum, Datum::Gcj02);
        let [lon, lat] = register.grids[0].polygon.as_ref().unwrap()[0][0];
        assert!((0.003..0.009).contains(&(113.62 - lon)) && (34.75 - lat).abs() < 0.005, "{lon} {lat}");
        assert_eq!(register.grids[1].polygon.as_ref().unwrap().len(), 2);
        let plain = read_geojson(text, Some(Datum::Wgs84)).unwrap();
        assert_eq!(plain.grids[0].polygon.as_ref().unwrap()[0][0], [113.62, 34.75], "who imports knows better");
        for bad in ["", "{}", "[1]", r#"{"type":"FeatureCollection","features":[]}"#] {
            assert!(read_geojson(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_demo_s_grids_stand() {
        let text =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/demo/grids.geojson")).unwrap();
        let register = read_geojson(&text, None).unwrap().account(&nobody());
        assert_eq!(sums(&register)[1..], [0, 0, 0, 0]);
        assert!(register.grids.iter().all(|grid| !grid.covers.is_empty() && grid.polygon.is_some()));
    }

    #[test]
    fn what_a_file_does_not_say_stays() {
        let code = |text: &str| GridId::new(text).unwrap();
        let mut known = nobody();
        let old =
            Grid { community: Some("甲社区".into()), ..Grid::new(code("S"), "旧名".into(), Level::Crew, None) };
        known.insert(old.id.clone(), old);
        let text = "网格编号,网格名称,上级网格\nS,新名,\nS-1,下面,S\n";
        let table = read_table_of(Subject::Grids, "g.csv", text.as_bytes()).unwrap();
        let register = read_grids(&table, Datum::Wgs84).account(&known);
        let all = register.placed(&known);
        let grid = &all[&code("S")];
        assert_eq!((grid.name.as_str(), grid.level, grid.community.as_deref()), ("新名", Level::Crew, Some("甲社区")));
        assert_eq!(all[&code("S-1")].level, Level::Inspector, "below a crew's");
    }
}
