//! One row of a register as one household, or the reason why it is none.

use super::address::{
    Address, RoomFault, normal_building, normal_entrance, normal_estate, normal_room, parse_combined,
};
use super::columns::{Column, Layout};
use super::table::{Row, RowAt};
use super::text::{clean, says_none, tight};
use super::values::{self, Care};
use super::verdict::{Doubt, Unusable, Warning, Why};
use crate::household::HeatingMode;
use serde::{Deserialize, Serialize};

/// What a register says about a household besides its address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HouseholdFields {
    /// 楼层; from the room number when the register has none. Below ground is negative.
    pub floor: Option<i32>,
    /// 户号.
    pub account: Option<String>,
    /// 建筑面积, m².
    pub area_m2: Option<f64>,
    /// 供热方式.
    pub mode: Option<HeatingMode>,
    /// 户主.
    pub name: Option<String>,
    /// 联系电话, as written (often masked).
    pub phone: Option<String>,
    /// 重点关注, sorted.
    #[serde(default)]
    pub care: Vec<Care>,
    /// 网格编号.
    pub grid_code: Option<String>,
    /// 专管员.
    pub inspector: Option<String>,
    /// 备注.
    pub note: Option<String>,
}

/// A household that can be imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HouseholdRow {
    /// Where it stood.
    pub row: RowAt,
    /// Which door it is.
    #[serde(flatten)]
    pub address: Address,
    /// What is said about it.
    #[serde(flatten)]
    pub fields: HouseholdFields,
    /// Columns whose text had to be put into normal form (三号楼, ５０２, 98.5㎡, 单管串联).
    #[serde(default)]
    pub repaired: Vec<Column>,
}

/// Values that flattened merged cells leave in the first row of a group only.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub columns: Vec<Column>,
    pub values: [String; 3],
}

impl Carried {
    fn slot(&mut self, column: Column) -> Option<&mut String> {
        let [estate, building, entrance] = &mut self.values;
        match column {
            Column::Estate if self.columns.contains(&column) => Some(estate),
            Column::Building if self.columns.contains(&column) => Some(building),
            Column::Entrance if self.columns.contains(&column) => Some(entrance),
            _ => None,
        }
    }
}

/// Words of rows that add others up.
const TOTALS: &[&str] = &["小计", "合计", "总计", "累计", "共计", "总户数", "SUBTOTAL", "TOTAL"];

/// What the rows of one sheet share.
pub(super) struct RowReader<'a> {
    pub sheet: u16,
    pub layout: &'a Layout,
    /// No row of this sheet names an entrance: its buildings have one each.
    pub no_entrances: bool,
    pub carried: Carried,
}

impl RowReader<'_> {
    fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        self.layout.position(column).map_or("", |p| row.cell(p))
    }

    /// Reads one row.
    pub(super) fn read(&mut self, row: &Row, warnings: &mut Vec<Warning>) -> Result<HouseholdRow, Unusable> {
        let at = RowAt { sheet: self.sheet, row: row.number };
        let unusable = |column: Column, why: Why| Unusable { row: at, column, why };
        let address =
            [Column::Estate, Column::Building, Column::Entrance, Column::Floor, Column::Room, Column::Address];
        if let Some((column, why)) = no_entry(self.layout, row, &address, &[Column::Address, Column::Room]) {
            return Err(unusable(column, why));
        }
        let mut repaired = Vec::new();
        let floor_raw = self.cell(row, Column::Floor);
        let floor = values::floor(floor_raw);
        let address = self
            .address(row, floor.as_ref().ok().copied().flatten(), &mut repaired)
            .map_err(|(c, why)| unusable(c, why))?;
        let mut doubt = |column: Column, doubt: Doubt| warnings.push(Warning { row: at, column, doubt });
        let floor = floor.unwrap_or_else(|text| {
            doubt(Column::Floor, Doubt::FloorNotUnderstood { text });
            None
        });
        let area = self.cell(row, Column::AreaM2);
        let area_m2 = values::area_m2(area).unwrap_or_else(|text| {
            doubt(Column::AreaM2, Doubt::AreaNotUnderstood { text });
            None
        });
        if area_m2.is_some() && area.parse::<f64>().ok() != area_m2 {
            repaired.push(Column::AreaM2);
        }
        let mode_raw = self.cell(row, Column::Mode);
        let mode = values::mode(mode_raw).unwrap_or_else(|text| {
            doubt(Column::Mode, Doubt::ModeUnknown { text });
            None
        });
        if mode.is_some_and(|m| !values::is_normal_mode(mode_raw, m)) {
            repaired.push(Column::Mode);
        }
        let account_raw = self.cell(row, Column::Account);
        let account = values::account(account_raw).unwrap_or_else(|text| {
            doubt(Column::Account, Doubt::AccountCut { text });
            None
        });
        if account.as_deref().is_some_and(|a| a != account_raw) {
            repaired.push(Column::Account);
        }
        let mut plain = |column: Column| {
            let raw = self.cell(row, column);
            let text = clean(raw);
            let kept = (!says_none(&text)).then(|| text.clone().into_owned());
            if kept.is_some() && text != raw {
                repaired.push(column);
            }
            kept
        };
        let fields = HouseholdFields {
            name: plain(Column::Name),
            phone: plain(Column::Phone).map(|p| p.strip_suffix(".0").map(str::to_owned).unwrap_or(p)),
            grid_code: plain(Column::GridCode),
            inspector: plain(Column::Inspector),
            note: plain(Column::Note),
            floor: values::floor_or_room(floor, &address.room),
            account,
            area_m2,
            mode,
            care: values::care(self.cell(row, Column::Care)),
        };
        Ok(HouseholdRow { row: at, address, fields, repaired })
    }

    /// The address from its own columns, from a whole address in one cell, or from both.
    fn address(&mut self, row: &Row, floor: Option<i32>, repaired: &mut Vec<Column>) -> Result<Address, (Column, Why)> {
        let room_raw = self.cell(row, Column::Room).to_owned();
        let whole_raw = self.cell(row, Column::Address);
        let mut whole = if whole_raw.is_empty() { None } else { parse_combined(whole_raw) };
        // 3号楼2单元501 or 2-501 or 3-2-501 in the room's own cell.
        if whole.is_none() && (room_raw.contains("单元") || room_raw.contains("号楼") || is_dashed_address(&room_raw))
        {
            whole = parse_combined(&room_raw)
                .filter(|p| p.estate.is_empty() || self.cell(row, Column::Estate).trim().is_empty());
        }
        let in_room = whole.is_some() && whole_raw.is_empty();

        let estate_cell = self.carry(row, Column::Estate, repaired);
        let estate = normal_estate(&estate_cell).or_else(|| whole.as_ref().and_then(|w| normal_estate(&w.estate)));
        let Some(estate) = estate.filter(|e| !says_none(e)) else {
            return Err((self.told_by(Column::Estate), Why::Missing));
        };
        if !estate_cell.is_empty() && estate != estate_cell {
            repaired.push(Column::Estate);
        }

        let building_cell = self.carry(row, Column::Building, repaired);
        let building_cell = building_cell.trim().strip_prefix(estate.as_str()).unwrap_or(&building_cell).to_owned();
        let mut entrance_cell = self.carry(row, Column::Entrance, repaired);
        let mut building = normal_building(&building_cell);
        if building_cell.contains("单元") {
            // 3号楼2单元 in the building's cell: the room number is put behind so that it parses.
            let parts = parse_combined(&format!("{building_cell}0"));
            building = parts.as_ref().and_then(|p| p.building.as_deref()).and_then(normal_building);
            if entrance_cell.trim().is_empty() {
                entrance_cell = parts.and_then(|p| p.entrance).unwrap_or_default();
            }
        }
        let from_whole = |part: Option<&String>, normal: fn(&str) -> Option<String>| part.and_then(|p| normal(p));
        let building =
            building.or_else(|| from_whole(whole.as_ref().and_then(|w| w.building.as_ref()), normal_building));
        let Some(building) = building else {
            return Err((self.told_by(Column::Building), missing_or(&building_cell, whole_raw)));
        };
        if !building_cell.is_empty() && !is_normal(&building_cell, &building, &["号楼", "座"]) {
            repaired.push(Column::Building);
        }

        let entrance = normal_entrance(&entrance_cell)
            .or_else(|| from_whole(whole.as_ref().and_then(|w| w.entrance.as_ref()), normal_entrance))
            // 2-501 in the room's cell, where the building has its own: the first number is the entrance.
            .or_else(|| {
                in_room.then(|| from_whole(whole.as_ref().and_then(|w| w.building.as_ref()), normal_entrance)).flatten()
            })
            .or_else(|| (self.no_entrances && entrance_cell.trim().is_empty()).then(|| "1".to_owned()));
        let Some(entrance) = entrance else {
            return Err((self.told_by(Column::Entrance), missing_or(&entrance_cell, "")));
        };
        if !entrance_cell.is_empty() && !is_normal(&entrance_cell, &entrance, &["单元"]) {
            repaired.push(Column::Entrance);
        }
        // 3-2-501 in the room's cell of building 4: one of the two is wrong, and nobody here knows which.
        if let Some(parts) = whole.as_ref().filter(|w| in_room && w.entrance.is_some())
            && (parts.building.as_deref().and_then(normal_building).is_some_and(|b| b != building)
                || parts.entrance.as_deref().and_then(normal_entrance).is_some_and(|e| e != entrance))
        {
            return Err((Column::Room, Why::NotUnderstood { text: clean(&room_raw).into_owned() }));
        }

        let own_room = !room_raw.trim().is_empty() && !in_room;
        let raw = match &whole {
            Some(parts) if !own_room => parts.room.clone(),
            _ => room_raw.clone(),
        };
        let column = self.told_by(Column::Room);
        let room = normal_room(&raw, floor).map_err(|fault| {
            let text = clean(&raw).into_owned();
            let why = match fault {
                RoomFault::Missing => missing_or("", whole_raw),
                RoomFault::NotADoor => Why::NotADoor { text },
                RoomFault::LooksLikeDate => Why::LooksLikeDate { text },
                RoomFault::NotUnderstood => Why::NotUnderstood { text },
            };
            (column, why)
        })?;
        if own_room && room_raw != room || in_room {
            repaired.push(Column::Room);
        }
        Ok(Address { estate, building, entrance, room })
    }

    /// A cell of the address, or what the rows above carry down to it.
    fn carry(&mut self, row: &Row, column: Column, repaired: &mut Vec<Column>) -> String {
        let own = self.cell(row, column);
        let Some(slot) = self.carried.slot(column) else { return own.to_owned() };
        if own.trim().is_empty() {
            if !slot.is_empty() {
                repaired.push(column);
            }
            slot.clone()
        } else {
            own.clone_into(slot);
            own.to_owned()
        }
    }

    /// The column in which this part of the address stands in this sheet.
    fn told_by(&self, column: Column) -> Column {
        if self.layout.position(column).is_none() && self.layout.position(Column::Address).is_some() {
            Column::Address
        } else {
            column
        }
    }
}

/// Totals, repeated headings, remarks and broken text: rows that need no closer look. `named` are the columns in which
/// totals are told, the main one first; `alone` those that may be all that a row has.
pub(super) fn no_entry(layout: &Layout, row: &Row, named: &[Column], alone: &[Column]) -> Option<(Column, Why)> {
    let cell = |column: Column| layout.position(column).map_or("", |p| row.cell(p));
    let main = named.first().copied().unwrap_or(Column::Note);
    if let Some((column, _)) = layout.columns.iter().find(|(_, p)| row.cell(*p).contains('\u{FFFD}')) {
        return Some((*column, Why::Unreadable { text: clean(cell(*column)).into_owned() }));
    }
    let first = row.cells().find(|c| !c.trim().is_empty()).unwrap_or("");
    for (column, raw) in named.iter().map(|c| (*c, cell(*c))).chain([(main, first)]) {
        // Most cells are short and hold none of these characters: don't copy them.
        if !raw.contains(['计', '总', 'T', 't', '合']) {
            continue;
        }
        let text = tight(raw);
        let bare = text.trim_end_matches([':', '。', '.']);
        let total = TOTALS.iter().any(|t| bare.ends_with(t) && (!t.is_ascii() || bare == *t))
            || TOTALS.iter().any(|t| !t.is_ascii() && bare.starts_with(t));
        if total {
            return Some((column, Why::TotalRow { text: clean(raw).into_owned() }));
        }
    }
    let mut same = 0;
    let mut filled = 0;
    for (_, position) in &layout.columns {
        let (here, heading) = (row.cell(*position), layout.headings.get(*position).map_or("", String::as_str));
        if !here.trim().is_empty() {
            filled += 1;
            same += usize::from(clean(here) == heading);
        }
    }
    if filled >= 2 && same == filled {
        return Some((main, Why::RepeatedHeader));
    }
    let mut texts = row.cells().filter(|c| !c.trim().is_empty());
    if let (Some(only), None) = (texts.next(), texts.next())
        && layout.columns.len() > 2
        && !alone.iter().any(|column| cell(*column) == only)
    {
        return Some((main, Why::NoteRow { text: clean(only).chars().take(120).collect() }));
    }
    None
}

/// Whether the cell is the normal form already, bare (`3`) or with its word (`3号楼`).
fn is_normal(cell: &str, normal: &str, words: &[&str]) -> bool {
    cell == normal || words.iter().any(|w| cell.strip_suffix(w) == Some(normal))
}

fn missing_or(cell: &str, whole: &str) -> Why {
    let text = clean(if cell.trim().is_empty() { whole } else { cell }).into_owned();
    if text.is_empty() { Why::Missing } else { Why::NotUnderstood { text } }
}

/// `2-501`, `3-2-501`: numbers with dashes that end in a room of three or four digits.
fn is_dashed_address(raw: &str) -> bool {
    let text = tight(raw);
    let parts: Vec<&str> = text.split('-').collect();
    let numbers = parts.iter().all(|p| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    let before_short = parts.iter().rev().skip(1).all(|p| p.len() <= 2);
    (2..=3).contains(&parts.len()) && numbers && before_short && parts.last().is_some_and(|p| p.len() >= 3)
}
