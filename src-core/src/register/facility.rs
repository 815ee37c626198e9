//! The register of facilities (设施台账): stations, pipes, manholes, vehicles, what a building has. Same files, headings
//! found the same way, every row accounted for.
//!
//! Two steps, because a facility without a code is named by its grid, and which grid that is only the importer knows:
//! [`read_facilities`] reads the rows, [`FacilityRows::account`] tells who is who.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Duplicate, Refusals, Refused,
    address::{normal_building, normal_estate},
    columns::Column,
    household::no_entry,
    table::{Row, RowAt, Sheet, Table},
    text::{clean, says_none, tight},
    verdict::{Doubt, Unusable, Warning, Why},
};
use crate::{
    datum::Datum,
    facility::{FacilityKind, is_position, normal},
    ids::FacilityId,
};

/// What a register says about a facility besides its kind and code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FacilityFields {
    /// 名称
    pub name: Option<String>,
    /// Latitude and longitude, WGS-84 degrees.
    pub position: Option<(f64, f64)>,
    /// 小区
    pub estate: Option<String>,
    /// 楼栋, normal form
    pub building: Option<String>,
    /// 网格编号
    pub grid_code: Option<String>,
    /// 备注
    pub note: Option<String>,
}

/// A facility that can be imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacilityRow {
    /// Where it stood.
    pub row: RowAt,
    /// What it is.
    pub kind: FacilityKind,
    /// Its code in normal form.
    pub code: Option<String>,
    /// What is said about it.
    pub fields: FacilityFields,
    /// Something had to be put into normal form.
    pub repaired: bool,
}

impl FacilityRow {
    /// What people call it: the name, else the code.
    pub fn name(&self) -> &str {
        self.fields.name.as_deref().or(self.code.as_deref()).unwrap_or_default()
    }
}

/// The rows of a register of facilities as they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FacilityRows {
    /// All rows below the heading that are not blank.
    pub rows: usize,
    /// Columns that the file has; fields of other columns are unknown, not empty.
    pub columns: Vec<Column>,
    /// Rows that tell of a facility, in the file's order.
    pub facilities: Vec<FacilityRow>,
    /// Rows that do not.
    pub unusable: Vec<Unusable>,
    /// Oddities in rows that tell of one.
    pub warnings: Vec<Warning>,
}

/// A register of facilities, with every row accounted for: `rows = facilities + exact_duplicates + conflicting + unusable`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FacilityRegister {
    /// All rows below the heading that are not blank.
    pub rows: usize,
    /// Columns that the file has.
    pub columns: Vec<Column>,
    /// One of each, in the file's order.
    pub facilities: Vec<(FacilityId, FacilityRow)>,
    /// Rows that repeat another.
    pub exact_duplicates: Vec<Duplicate>,
    /// Rows that contradict another, which stands: their row, the other's, the columns that differ.
    pub conflicting: Vec<(RowAt, RowAt, Vec<Column>)>,
    /// Rows that are no facility.
    pub unusable: Vec<Unusable>,
    /// Oddities in rows that were taken.
    pub warnings: Vec<Warning>,
}

impl FacilityRegister {
    /// The rows that are not imported.
    pub fn refusals(&self) -> Refusals<'_> {
        let conflicting = self.conflicting.iter();
        Refusals {
            exact_duplicates: &self.exact_duplicates,
            conflicting: conflicting
                .map(|(row, first_row, columns)| Refused { row: *row, first_row: *first_row, columns })
                .collect(),
            unusable: &self.unusable,
        }
    }
}

/// Reads every row of a table of facilities.
pub fn read_facilities(table: &Table) -> FacilityRows {
    let mut all = FacilityRows::default();
    for (index, sheet) in table.sheets.iter().enumerate() {
        for (column, _) in &sheet.layout.columns {
            if !all.columns.contains(column) {
                all.columns.push(*column);
            }
        }
        for row in &sheet.rows {
            all.rows += 1;
            let at = RowAt { sheet: u16::try_from(index).unwrap_or(u16::MAX), row: row.number };
            match facility(sheet, row, at, &mut all.warnings) {
                Ok(facility) => all.facilities.push(facility),
                Err((column, why)) => all.unusable.push(Unusable { row: at, column, why }),
            }
        }
    }
    all.columns.sort_unstable();
    all
}

fn facility(sheet: &Sheet, row: &Row, at: RowAt, warnings: &mut Vec<Warning>) -> Result<FacilityRow, (Column, Why)> {
    let named = [Column::FacilityName, Column::Kind, Column::Code];
    if let Some(no) = no_entry(&sheet.layout, row, &named, &[]) {
        return Err(no);
    }
    let cell = |column: Column| sheet.layout.position(column).map_or("", |p| row.cell(p));
    let mut repaired = false;
    let mut plain = |column: Column| {
        let text = clean(cell(column));
        let kept = (!says_none(&text)).then(|| text.clone().into_owned());
        repaired |= kept.is_some() && text != cell(column);
        kept
    };
    let kind_raw = plain(Column::Kind).ok_or((Column::Kind, Why::Missing))?;
    let kind = kind_of(&kind_raw).ok_or((Column::Kind, Why::NotUnderstood { text: kind_raw }))?;
    let code = plain(Column::Code).map(|code| code.strip_suffix(".0").map_or_else(|| normal(&code), normal));
    let fields = FacilityFields {
        name: plain(Column::FacilityName),
        estate: plain(Column::Estate).and_then(|estate| normal_estate(&estate)),
        building: plain(Column::Building).and_then(|building| normal_building(&building)),
        grid_code: plain(Column::GridCode),
        note: plain(Column::Note),
        position: None,
    };
    if code.is_none() && fields.name.is_none() {
        let column =
            if sheet.layout.position(Column::FacilityName).is_some() { Column::FacilityName } else { Column::Code };
        return Err((column, Why::Missing));
    }
    let position = position(cell(Column::Latitude), cell(Column::Longitude)).unwrap_or_else(|text| {
        warnings.push(Warning { row: at, column: Column::Latitude, doubt: Doubt::PositionNotUnderstood { text } });
        None
    });
    repaired |= code.as_deref().is_some_and(|code| code != cell(Column::Code));
    Ok(FacilityRow { row: at, kind, code, fields: FacilityFields { position, ..fields }, repaired })
}

/// Both degrees or neither; what cannot be a place is given back as it stands.
fn position(latitude: &str, longitude: &str) -> Result<Option<(f64, f64)>, String> {
    let (latitude, longitude) = (clean(latitude), clean(longitude));
    if says_none(&latitude) && says_none(&longitude) {
        return Ok(None);
    }
    let degrees = |text: &str| text.trim_end_matches(['°', 'N', 'E']).trim().parse::<f64>().ok();
    let place = degrees(&latitude).zip(degrees(&longitude)).filter(|place| is_position(*place));
    place.map(Some).ok_or_else(|| format!("{latitude}, {longitude}"))
}

/// Words of kinds, as clerks write them; the first that the cell holds counts.
const KINDS: &[(FacilityKind, &str)] = &[
    (FacilityKind::Station, "热力站 换热站 供热站 中继泵站 泵站 机组 STATION"),
    (FacilityKind::Manhole, "检查井 窨井 阀门井 雨水 污水 排水 井 MANHOLE DRAIN"),
    (FacilityKind::Pipe, "管段 管沟 管线 管道 管网 PIPE TRENCH"),
    (FacilityKind::Vehicle, "车 VEHICLE TRUCK"),
    (FacilityKind::Building, "楼内 楼宇 单元阀 入户阀 立管 热力入口 BUILDING"),
    (FacilityKind::Other, "其他 其它 OTHER"),
];

fn kind_of(raw: &str) -> Option<FacilityKind> {
    let text = tight(raw);
    let says = |words: &str| words.split(' ').any(|word| text.contains(word));
    KINDS.iter().find(|(_, words)| says(words)).map(|(kind, _)| *kind)
}

impl FacilityRows {
    /// The same when the file's degrees are in another datum than WGS-84, in which they are kept.
    pub fn in_datum(mut self, datum: Datum) -> Self {
        for row in &mut self.facilities {
            row.fields.position = row.fields.position.map(|place| datum.to_wgs84(place));
        }
        self
    }

    /// Who is who: `id_of` names a row's facility.
    pub fn account(self, mut id_of: impl FnMut(&FacilityRow) -> FacilityId) -> FacilityRegister {
        let mut register = FacilityRegister { rows: self.rows, columns: self.columns, ..FacilityRegister::default() };
        register.unusable = self.unusable;
        // Of each facility the rows that say something else, the one that stands first.
        let mut known: HashMap<FacilityId, Vec<FacilityRow>> = HashMap::new();
        let mut refused = Vec::new();
        for row in self.facilities {
            let id = id_of(&row);
            let said = known.entry(id.clone()).or_default();
            let Some(first) = said.first() else {
                said.push(row.clone());
                register.facilities.push((id, row));
                continue;
            };
            refused.push(row.row);
            match said.iter().find(|other| differing(other, &row).is_empty()) {
                Some(same) => register.exact_duplicates.push(Duplicate { row: row.row, first_row: same.row }),
                None => {
                    register.conflicting.push((row.row, first.row, differing(first, &row)));
                    said.push(row);
                }
            }
        }
        register.warnings = self.warnings;
        register.warnings.retain(|warning| !refused.contains(&warning.row));
        register
    }
}

/// The columns in which two rows of one facility differ.
pub fn differing(a: &FacilityRow, b: &FacilityRow) -> Vec<Column> {
    let (x, y) = (&a.fields, &b.fields);
    let pairs = [
        (Column::FacilityName, x.name == y.name),
        (Column::Code, a.code == b.code),
        (Column::Latitude, x.position == y.position),
        (Column::Estate, x.estate == y.estate),
        (Column::Building, x.building == y.building),
        (Column::GridCode, x.grid_code == y.grid_code),
        (Column::Note, x.note == y.note),
    ];
    pairs.iter().filter(|(_, same)| !same).map(|(column, _)| *column).collect()
}

#[cfg(all(test, feature = "workbook"))]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::{
        facility::id_of,
        ids::GridId,
        register::{columns::Subject, rejected_sheet, table::read_table_of, wording::Lang},
    };

    fn register(text: &str) -> (Table, FacilityRegister) {
        let table = read_table_of(Subject::Facilities, "f.csv", text.as_bytes()).unwrap();
        let grid = |code: &Option<String>| GridId::new(code.clone().unwrap_or("X".into())).unwrap();
        let named = |row: &FacilityRow| {
            id_of(
                row.kind,
                row.code.as_deref(),
                &grid(&row.fields.grid_code),
                row.fields.name.as_deref().unwrap_or_default(),
            )
        };
        let register = read_facilities(&table).account(named);
        (table, register)
    }

    #[test]
    fn every_row_is_accounted_for() {
        let (table, r) = register(
            "设施台账,,,,,,\n设施类别,设施名称,设施编号,小区,楼栋,网格编号,纬度,经度\n\
             换热站,一号热力站,rl－001,甲,3号楼,G-1,34.75,113.62\n\
             热力站,一号热力站,RL-001,甲,3,G-1,34.75,113.62\n\
             热力站,二号热力站,RL-001,甲,3,G-1,34.75,113.62\n\
             污水井,东门1号井,,甲,,G-1,,\n污水井,东门 1号井,,甲,,G-2,134.75,x\n\
             清运车辆,,豫A 12345,,,G-1,,\n飞船,一号,,,,G-1,,\n热力站,,,甲,,G-1,,\n小计,3,,,,,,\n",
        );
        assert_eq!(r.rows, 9);
        assert_eq!((r.facilities.len(), r.exact_duplicates.len(), r.conflicting.len(), r.unusable.len()), (4, 1, 1, 3));
        let station = &r.facilities[0].1;
        assert_eq!(
            (station.kind, station.code.as_deref(), station.repaired),
            (FacilityKind::Station, Some("RL-001"), true)
        );
        assert_eq!((station.fields.position, station.fields.building.as_deref()), (Some((34.75, 113.62)), Some("3")));
        assert_eq!(r.conflicting[0].2, [Column::FacilityName]);
        assert_eq!(r.facilities[3].1.code.as_deref(), Some("豫A12345"));
        assert_eq!(r.facilities[3].1.name(), "豫A12345");
        assert_eq!(r.warnings.len(), 1, "a position that is none");
        let sheet = rejected_sheet(&table, &r.refusals(), Lang::Zh);
        assert_eq!(sheet.len() - 1, r.rows - r.facilities.len());
    }

    #[test]
    fn a_file_without_kinds_or_names_is_none() {
        for text in ["小区,楼栋,房号\n甲,1,101\n", "设施类别,备注\n热力站,x\n", "设施名称,设施编号\n一号,1\n"]
        {
            assert!(read_table_of(Subject::Facilities, "f.csv", text.as_bytes()).is_err(), "{text}");
        }
    }
}
