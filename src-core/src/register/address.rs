//! Where a household is: its identity across files, tablets and the server.
//!
//! Two rows mean the same door when estate, building, entrance and room agree **in normal form**:
//! 三号楼, 3#, 3栋 and 3号楼 are all `3`; ５０２, 0502 and `502.0` are all `502`. The functions
//! `normal_*` make that form; `parse_combined` takes a whole address in one cell apart.

use super::text::{clean, is_numeral, natural_key, tight, with_digits, without_leading_zeros};
use serde::{Deserialize, Serialize};

/// The identity of a household, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// 小区: the name, trimmed and half-width.
    pub estate: String,
    /// 楼栋: `3`, `A3`, `A`, or a name such as `综合楼`.
    pub building: String,
    /// 单元: `2`, `A`, `东`.
    pub entrance: String,
    /// 房号: `501`, `1203`, `101-1`.
    pub room: String,
}

impl Address {
    /// An address from four cells as people write them; `None` when one of them is no such part.
    pub fn from_cells(estate: &str, building: &str, entrance: &str, room: &str) -> Option<Self> {
        Some(Self {
            estate: normal_estate(estate)?,
            building: normal_building(building)?,
            entrance: normal_entrance(entrance)?,
            room: normal_room(room, None).ok()?,
        })
    }

    /// `3-2-501`: building, entrance, room, as inspectors say it.
    pub fn short(&self) -> String {
        format!("{}-{}-{}", self.building, self.entrance, self.room)
    }

    /// `3号楼 2单元 501`.
    pub fn label_zh(&self) -> String {
        format!("{} {} {}", self.building_zh(), self.entrance_zh(), self.room)
    }

    /// `3号楼`, `A座`, `综合楼`.
    pub fn building_zh(&self) -> String {
        let b = &self.building;
        if b.chars().any(|c| c.is_ascii_digit()) {
            format!("{b}号楼")
        } else if b.chars().all(|c| c.is_ascii_alphabetic()) {
            format!("{b}座")
        } else {
            b.clone()
        }
    }

    /// `2单元`, `东单元`.
    pub fn entrance_zh(&self) -> String {
        format!("{}单元", self.entrance)
    }

    /// A key whose plain order is the order along the street: building 2 before 10, 201 before 1001.
    pub fn sort_key(&self) -> String {
        let parts = [&self.estate, &self.building, &self.entrance, &self.room];
        parts.map(|p| natural_key(p)).join("\u{1}")
    }

    /// The floor that the room number tells, see [`floor_of_room`].
    pub fn floor(&self) -> Option<i32> {
        floor_of_room(&self.room)
    }
}

/// The floor in a room number of three or four digits (501 → 5, 1203 → 12); `B101` is -1, `5东` is 5.
pub fn floor_of_room(room: &str) -> Option<i32> {
    let (below, room) = match room.strip_prefix('B') {
        Some(rest) => (true, rest),
        None => (false, room),
    };
    let room = room.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = room.find(|c: char| !c.is_ascii_digit()).unwrap_or(room.len());
    let (digits, after) = room.split_at(end);
    let floor: i32 = match digits.len() {
        3 | 4 => digits.split_at(digits.len() - 2).0.parse().ok()?,
        1 | 2 if after.starts_with(['东', '西', '中', '南', '北']) => digits.parse().ok()?,
        _ => return None,
    };
    (floor > 0).then_some(if below { -floor } else { floor })
}

/// Why a cell is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomFault {
    /// Nothing in it.
    Missing,
    /// A store room, a garage, a shop without number: no door of a household.
    NotADoor,
    /// A spreadsheet turned it into a date.
    LooksLikeDate,
    /// It has digits, but is no room number.
    NotUnderstood,
}

/// Estate: trimmed, half-width, no spaces inside Chinese text.
pub fn normal_estate(raw: &str) -> Option<String> {
    let text = clean(raw);
    if text.is_empty() {
        return None;
    }
    if !text.contains(' ') {
        return Some(text.into_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let between_ascii = out.ends_with(|p: char| p.is_ascii()) && chars.peek().is_some_and(char::is_ascii);
        if c != ' ' || between_ascii {
            out.push(c);
        }
    }
    Some(out)
}

const BUILDING_ENDS: &[&str] = &["号楼", "#楼", "楼栋", "楼", "栋", "幢", "座", "棟", "号", "#", "."];
const ENTRANCE_ENDS: &[&str] = &["单元门", "单元", "單元", "单", "门栋", "门洞", "楼道", "门", "梯", "号", "#", "."];
const ROOM_ENDS: &[&str] = &["房间", "室", "户", "房", "号", "#"];
const BRANCHES: [char; 8] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛'];
const SIDES: [char; 5] = ['东', '西', '中', '南', '北'];

/// Words that name a place that is no dwelling, whatever number it bears.
const NOT_A_DOOR: &[&str] = &[
    "储藏",
    "储物",
    "车库",
    "车位",
    "车棚",
    "杂物",
    "配电",
    "设备",
    "换热",
    "水泵",
    "泵房",
    "电梯间",
    "地下室",
    "公共",
    "楼道",
];

/// Takes endings off as long as something that can name a building or entrance stays.
fn without_ends<'a>(mut text: &'a str, ends: &[&str]) -> &'a str {
    'again: loop {
        for end in ends {
            if let Some(rest) = text.strip_suffix(end)
                && rest.chars().any(|c| c.is_ascii_alphanumeric() || BRANCHES.contains(&c) || SIDES.contains(&c))
            {
                text = rest;
                continue 'again;
            }
        }
        return text;
    }
}

/// `3.0` → `3`: what a numeric cell looks like after some exports.
fn without_zero_fraction(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction)) if !whole.is_empty() && !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => {
            whole
        }
        _ => text,
    }
}

/// Building: 3号楼, 3#, 3栋, 三号楼, 第3幢, 03 → `3`; A座 → `A`; a name without number stays.
pub fn normal_building(raw: &str) -> Option<String> {
    let text = with_digits(&tight(raw));
    let text = text.trim_start_matches(['第', '#']).trim_start_matches("NO.");
    let text = without_ends(without_zero_fraction(text), BUILDING_ENDS).trim_matches('-');
    // A name such as 综合楼 must keep its ending; 东楼 loses nothing either.
    let named = !text.chars().any(|c| c.is_ascii_alphanumeric());
    let out = if named { with_digits(&tight(raw)) } else { without_leading_zeros(text) };
    (!out.is_empty() && out != "0" && !super::text::says_none(&out)).then_some(out)
}

/// Entrance: 1单元, 一单元, 甲单元, 01 → `1`; A单元 → `A`; 东单元 → `东`; "none" → `1`.
pub fn normal_entrance(raw: &str) -> Option<String> {
    let text = with_digits(&tight(raw));
    if text.is_empty() {
        return None;
    }
    if super::text::says_none(&text) || text == "无单元" {
        return Some("1".to_owned());
    }
    let text = text.trim_start_matches(['第', '#']);
    let text = without_ends(without_zero_fraction(text), ENTRANCE_ENDS).trim_matches('-');
    let mut chars = text.chars();
    if let (Some(only), None) = (chars.next(), chars.next())
        && let Some(i) = BRANCHES.iter().position(|b| *b == only)
    {
        return Some((i + 1).to_string());
    }
    let out = without_leading_zeros(text);
    let names = out.chars().any(|c| c.is_ascii_alphanumeric() || SIDES.contains(&c));
    (names && out != "0").then_some(out)
}

/// `2025-05-02`, `5月2日`: a spreadsheet took 5-2 for a date, and what was typed can't be known.
fn looks_like_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let year_first = matches!(parts.as_slice(), [y, m, _] if y.len() == 4 && (y.starts_with("20") || y.starts_with("19"))
        && m.parse::<u8>().is_ok_and(|m| (1..=12).contains(&m)));
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    year_first || (text.contains('月') && text.ends_with('日')) || parts.iter().any(|p| months.contains(p))
}

/// Room: ５０２, 0502, `502.0`, 502室, 5层502, and 5-2 on floor 5 → `502`; 五〇一 → `501`; 101-1 stays.
///
/// `floor` helps where the cell alone is not enough (5-2, 东户).
pub fn normal_room(raw: &str, floor: Option<i32>) -> Result<String, RoomFault> {
    let text = tight(raw);
    if text.is_empty() {
        return Err(RoomFault::Missing);
    }
    if NOT_A_DOOR.iter().any(|w| text.contains(w)) {
        return Err(RoomFault::NotADoor);
    }
    let text = with_digits(&text);
    if looks_like_date(&text) {
        return Err(RoomFault::LooksLikeDate);
    }
    let mut text = without_zero_fraction(&text).to_owned();
    for end in ROOM_ENDS {
        if let Some(rest) = text.strip_suffix(end) {
            text = rest.to_owned();
            break;
        }
    }
    // 1,203: a room number that was formatted with thousands.
    if let Some((a, b)) = text.split_once(',')
        && b.len() == 3
        && [a, b].iter().all(|p| p.bytes().all(|c| c.is_ascii_digit()))
    {
        text = format!("{a}{b}");
    }
    // 5层502, 5楼02, 5楼东.
    let mut floor = floor;
    if let Some((before, after)) = text.split_once(['层', '楼', 'F'])
        && let Ok(n) = before.parse::<i32>()
        && !after.is_empty()
    {
        floor = Some(n);
        text = match after.parse::<u16>() {
            Ok(door) if after.len() <= 2 => format!("{n}{door:02}"),
            _ => after.to_owned(),
        };
    }
    if !text.chars().any(|c| c.is_ascii_digit()) {
        let side = text.chars().count() <= 2 && !text.is_empty() && text.chars().all(|c| SIDES.contains(&c));
        return match floor {
            Some(n) if side && n > 0 => Ok(format!("{n}{text}")),
            _ => Err(RoomFault::NotADoor),
        };
    }
    if let Some(below) = text.strip_prefix('-')
        && below.bytes().all(|b| b.is_ascii_digit())
    {
        return Ok(format!("B{}", without_leading_zeros(below)));
    }
    let text = without_leading_zeros(text.trim_matches('-'));
    if let Some((a, b)) = text.split_once('-')
        && let (Ok(n), Ok(door)) = (a.parse::<i32>(), b.parse::<u16>())
        && a.len() <= 2
        && b.len() <= 2
        && floor.is_none_or(|f| f == n)
    {
        return Ok(format!("{n}{door:02}"));
    }
    let odd = text.contains(['.', '/', ':', '+', '(', '?', '*', '\u{FFFD}']);
    if odd || text == "0" || text.chars().count() > 16 { Err(RoomFault::NotUnderstood) } else { Ok(text) }
}

/// What one cell with a whole address told; each part is raw text for the `normal_*` functions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// 小区; empty when the cell has none.
    pub estate: String,
    /// 楼栋.
    pub building: Option<String>,
    /// 单元.
    pub entrance: Option<String>,
    /// 房号.
    pub room: String,
}

/// Takes `康桥华城3号楼2单元501`, `康桥华城 3#-2-501`, `3-2-501` or `2单元501` apart, from the right:
/// estate names may contain numbers and the word 栋 themselves (八栋楼小区).
pub fn parse_combined(raw: &str) -> Option<Parts> {
    let text: String = clean(raw)
        .chars()
        .map(|c| {
            if matches!(c, ' ' | '_' | '/' | '·' | '、' | ',' | '，' | '.' | '|' | '\\') {
                '-'
            } else {
                c.to_ascii_uppercase()
            }
        })
        .collect();
    let mut rest: &str = text.strip_suffix("-0").unwrap_or(&text).trim_matches('-');
    rest = strip_any(rest, ROOM_ENDS).0;
    let room = take_run(&mut rest)?;
    let mut parts = Parts { room: room.to_owned(), ..Parts::default() };
    let (before_floor, had_floor) = strip_any(rest.trim_end_matches('-'), &["层", "楼", "F"]);
    if had_floor {
        // 2单元5楼501: the number before 楼 is a floor only when an entrance stands before it.
        let mut probe = before_floor;
        if take_run(&mut probe).is_some() && strip_any(probe.trim_end_matches('-'), &["单元", "單元", "门"]).1 {
            rest = probe;
        }
    }
    rest = rest.trim_end_matches('-');
    let (before, marked) = strip_any(rest, &["单元门", "单元", "單元", "门"]);
    let mut probe = before;
    if marked {
        parts.entrance = take_run(&mut probe).map(str::to_owned);
        rest = probe.trim_end_matches('-');
    } else if let Some(number) = take_run(&mut probe) {
        // A bare number is the entrance only if a building stands before it.
        let mut further = without_marks(probe.trim_end_matches('-'));
        if probe.ends_with('-') || probe.ends_with(['楼', '栋', '幢', '座', '#', '号']) {
            let before_building = probe.trim_end_matches('-');
            if take_run(&mut further).is_some() {
                parts.entrance = Some(number.to_owned());
                rest = before_building;
            }
        }
    }
    let mut probe = without_marks(rest);
    if let Some(building) = take_run(&mut probe) {
        parts.building = Some(building.to_owned());
        rest = probe;
    }
    parts.estate = rest.trim_matches(|c| c == '-' || c == '第').to_owned();
    Some(parts)
}

fn strip_any<'a>(text: &'a str, ends: &[&str]) -> (&'a str, bool) {
    ends.iter().find_map(|e| text.strip_suffix(e)).map_or((text, false), |rest| (rest, true))
}

fn without_marks(text: &str) -> &str {
    strip_any(text, &["号楼", "#楼", "楼", "栋", "幢", "座", "#", "号"]).0
}

/// Takes the run of letters and digits, or of Chinese numerals, or one of 甲乙丙…/东西…, off the end.
fn take_run<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = *rest;
    let last = text.chars().next_back()?;
    let start_of =
        |ok: &dyn Fn(char) -> bool| text.char_indices().rev().take_while(|(_, c)| ok(*c)).last().map(|(i, _)| i);
    let start = if last.is_ascii_alphanumeric() {
        start_of(&|c: char| c.is_ascii_alphanumeric())
    } else if is_numeral(last) {
        start_of(&is_numeral)
    } else if BRANCHES.contains(&last) || SIDES.contains(&last) {
        text.char_indices().next_back().map(|(i, _)| i)
    } else {
        None
    }?;
    let (before, run) = text.split_at(start);
    *rest = before;
    Some(run)
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
