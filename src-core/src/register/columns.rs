//! The columns of a register, and where they are in a sheet: the heading is found by its names
//! (`synonyms.rs`), wherever it stands and in whatever order.

use super::synonyms::{FACILITY_SYNONYMS, GRID_SYNONYMS, REQUEST_SYNONYMS, SYNONYMS};
use super::text::clean;
use serde::{Deserialize, Serialize};

/// What a register lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// 住户
    #[default]
    Households,
    /// 设施
    Facilities,
    /// 诉求
    Requests,
    /// 网格
    Grids,
}

impl Subject {
    fn synonyms(self) -> &'static [(Column, &'static str)] {
        match self {
            Self::Households => SYNONYMS,
            Self::Facilities => FACILITY_SYNONYMS,
            Self::Requests => REQUEST_SYNONYMS,
            Self::Grids => GRID_SYNONYMS,
        }
    }
}

/// What a column of a register holds. The serialised names are the field names of a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// 小区.
    Estate,
    /// 楼栋.
    Building,
    /// 单元.
    Entrance,
    /// 楼层.
    Floor,
    /// 房号.
    Room,
    /// A whole address in one cell.
    Address,
    /// 户号.
    Account,
    /// 建筑面积, m².
    AreaM2,
    /// 供热方式.
    Mode,
    /// 户主.
    Name,
    /// 联系电话.
    Phone,
    /// 重点关注.
    Care,
    /// 网格编号.
    GridCode,
    /// 专管员.
    Inspector,
    /// 备注.
    Note,
    /// 设施类别.
    Kind,
    /// 设施名称.
    FacilityName,
    /// 设施编号, 车牌号.
    Code,
    /// 纬度, WGS-84 degrees.
    Latitude,
    /// 经度, WGS-84 degrees.
    Longitude,
    /// 工单编号.
    Number,
    /// 受理时间.
    TakenAt,
    /// 诉求来源.
    Channel,
    /// 诉求类别.
    Matter,
    /// 轻重.
    Severity,
    /// 诉求内容.
    Text,
    /// 网格名称.
    GridName,
    /// 网格级别.
    Level,
    /// 上级网格.
    Parent,
    /// 社区.
    Community,
    /// 边界, well-known text.
    Boundary,
}

impl Column {
    /// Every column, in the order in which sheets are written.
    pub const ALL: [Column; 31] = [
        Column::Estate,
        Column::Building,
        Column::Entrance,
        Column::Floor,
        Column::Room,
        Column::Address,
        Column::Account,
        Column::AreaM2,
        Column::Mode,
        Column::Name,
        Column::Phone,
        Column::Care,
        Column::GridCode,
        Column::Inspector,
        Column::Note,
        Column::Kind,
        Column::FacilityName,
        Column::Code,
        Column::Latitude,
        Column::Longitude,
        Column::Number,
        Column::TakenAt,
        Column::Channel,
        Column::Matter,
        Column::Severity,
        Column::Text,
        Column::GridName,
        Column::Level,
        Column::Parent,
        Column::Community,
        Column::Boundary,
    ];

    /// The usual Chinese heading.
    pub fn heading_zh(self) -> &'static str {
        let mut all = SYNONYMS.iter().chain(FACILITY_SYNONYMS).chain(REQUEST_SYNONYMS).chain(GRID_SYNONYMS);
        all.find(|(c, _)| *c == self).and_then(|(_, names)| names.split_whitespace().next()).unwrap_or("")
    }

    /// The field name, as in JSON: `area_m2`.
    pub fn name(self) -> &'static str {
        match self {
            Column::Estate => "estate",
            Column::Building => "building",
            Column::Entrance => "entrance",
            Column::Floor => "floor",
            Column::Room => "room",
            Column::Address => "address",
            Column::Account => "account",
            Column::AreaM2 => "area_m2",
            Column::Mode => "mode",
            Column::Name => "name",
            Column::Phone => "phone",
            Column::Care => "care",
            Column::GridCode => "grid_code",
            Column::Inspector => "inspector",
            Column::Note => "note",
            Column::Kind => "kind",
            Column::FacilityName => "facility_name",
            Column::Code => "code",
            Column::Latitude => "latitude",
            Column::Longitude => "longitude",
            Column::Number => "number",
            Column::TakenAt => "taken_at",
            Column::Channel => "channel",
            Column::Matter => "matter",
            Column::Severity => "severity",
            Column::Text => "text",
            Column::GridName => "grid_name",
            Column::Level => "level",
            Column::Parent => "parent",
            Column::Community => "community",
            Column::Boundary => "boundary",
        }
    }
}

/// A heading as it is compared: clean, lower case, without spaces, marks and what stands in brackets.
pub fn normal_heading(raw: &str) -> String {
    let mut depth = 0u32;
    let mut out = String::new();
    for c in clean(raw).chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            ' ' | '*' | ':' | '_' | '.' | '/' | '★' | '"' | '\'' => {}
            c if depth == 0 => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out
}

/// The column that a heading names in a register of this kind, and the rank of the name (0 is the best).
pub fn column_of(subject: Subject, raw: &str) -> Option<(Column, usize)> {
    let heading = normal_heading(raw);
    if heading.is_empty() || heading.chars().count() > 16 {
        return None;
    }
    // 建筑面积m2 and 建筑面积平方米 are headings too, and so are 房屋楼层 and 业主手机号.
    let bare = ["m2", "平方米", "-"].iter().find_map(|u| heading.strip_suffix(u)).unwrap_or(&heading);
    let owners = ["所属", "所在", "房屋", "住户", "用户", "业主", "户主", "居民", "客户"];
    let short = owners.iter().find_map(|p| bare.strip_prefix(p)).unwrap_or(bare);
    [heading.as_str(), bare, short].iter().find_map(|name| {
        subject
            .synonyms()
            .iter()
            .find_map(|(column, names)| names.split_whitespace().position(|n| n == *name).map(|rank| (*column, rank)))
    })
}

/// Where the columns of one sheet are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// What the sheet lists.
    #[serde(default)]
    pub subject: Subject,
    /// Row number of the heading, as the spreadsheet shows it.
    pub header_row: u32,
    /// Column → position from 0, in the order of the sheet.
    pub columns: Vec<(Column, usize)>,
    /// All headings as they stand, by position.
    pub headings: Vec<String>,
}

impl Layout {
    /// The position of a column.
    pub fn position(&self, column: Column) -> Option<usize> {
        self.columns.iter().find(|(c, _)| *c == column).map(|(_, i)| *i)
    }

    /// Headings that are not understood or not needed, with their position.
    pub fn unused(&self) -> Vec<(usize, &str)> {
        let used = |i: usize| self.columns.iter().any(|(_, p)| *p == i);
        self.headings
            .iter()
            .enumerate()
            .filter(|(i, h)| !used(*i) && !h.is_empty())
            .map(|(i, h)| (i, h.as_str()))
            .collect()
    }

    fn of_headings(subject: Subject, header_row: u32, headings: Vec<String>) -> Self {
        let mut best: Vec<(Column, usize, usize)> = Vec::new();
        for (position, heading) in headings.iter().enumerate() {
            let Some((column, rank)) = column_of(subject, heading) else { continue };
            match best.iter_mut().find(|(c, ..)| *c == column) {
                Some(known) if known.1 > rank => (known.1, known.2) = (rank, position),
                Some(_) => {}
                None => best.push((column, rank, position)),
            }
        }
        best.sort_by_key(|(.., position)| *position);
        Self { subject, header_row, columns: best.into_iter().map(|(c, _, p)| (c, p)).collect(), headings }
    }

    /// What is missing for this to be a register: a door must be findable in an estate, a facility by its kind and code or
    /// name; a request has words, and a door or a grid; a grid its code.
    pub fn missing(&self) -> Vec<Column> {
        let has = |c| self.position(c).is_some();
        if self.subject == Subject::Facilities {
            let named = has(Column::FacilityName) || has(Column::Code);
            let needed = [(Column::Kind, has(Column::Kind)), (Column::FacilityName, named)];
            return needed.into_iter().filter(|(_, there)| !there).map(|(column, _)| column).collect();
        }
        if self.subject == Subject::Requests {
            let placed = has(Column::Address) || has(Column::Room) || has(Column::GridCode);
            let needed = [(Column::Text, has(Column::Text)), (Column::Address, placed)];
            return needed.into_iter().filter(|(_, there)| !there).map(|(column, _)| column).collect();
        }
        if self.subject == Subject::Grids {
            return if has(Column::GridCode) { Vec::new() } else { vec![Column::GridCode] };
        }
        let whole = has(Column::Address);
        let mut missing = Vec::new();
        for column in [Column::Estate, Column::Building, Column::Room] {
            if !has(column) && !whole {
                missing.push(column);
            }
        }
        missing
    }
}

/// How many rows from the top may be titles.
pub const HEADER_SEARCH_ROWS: usize = 40;

/// Finds the heading among the first rows: the row that names most columns. An empty cell in it
/// takes the heading from the row above (headings of two rows, where 户主信息 spans 姓名 and 电话).
///
/// `Err` is the best row that was found although it is no heading of a register.
pub fn find_layout<'a, C: Iterator<Item = &'a str>>(
    subject: Subject,
    rows: impl Iterator<Item = (u32, C)>,
) -> Result<Layout, Layout> {
    let mut best: Option<Layout> = None;
    let mut above: Vec<String> = Vec::new();
    for (number, cells) in rows.take(HEADER_SEARCH_ROWS) {
        let own: Vec<String> = cells.map(|c| clean(c).into_owned()).collect();
        let width = own.len().max(above.len());
        let both: Vec<String> = (0..width)
            .map(|i| {
                let from = |row: &[String]| row.get(i).filter(|t| !t.is_empty()).cloned();
                from(&own).or_else(|| from(&above)).unwrap_or_default()
            })
            .collect();
        let layout = Layout::of_headings(subject, number, both);
        // The row itself has to say at least half of it: a data row below the heading must not win.
        let own_named = own.iter().filter(|h| column_of(subject, h).is_some()).count();
        let counts = own_named * 2 >= layout.columns.len() && own_named > 0;
        if counts && best.as_ref().is_none_or(|b| b.columns.len() < layout.columns.len()) {
            best = Some(layout);
        }
        above = own;
    }
    let best = best.unwrap_or_else(|| Layout { subject, ..Layout::default() });
    let enough = best.columns.len() >= if subject == Subject::Households { 3 } else { 2 }
        || best.position(Column::Address).is_some() && best.columns.len() >= 2;
    if enough && best.missing().is_empty() { Ok(best) } else { Err(best) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn layout(rows: &[&[&str]]) -> Result<Layout, Layout> {
        find_layout(Subject::Households, rows.iter().enumerate().map(|(i, r)| (i as u32 + 1, r.iter().copied())))
    }

    #[test]
    fn headings_in_any_dress() {
        for (raw, column) in [
            ("房　号", Column::Room),
            ("*房号（必填）", Column::Room),
            ("建筑面积(㎡)", Column::AreaM2),
            ("建筑面积\n（平方米）", Column::AreaM2),
            ("备 注：", Column::Note),
            ("Area m2", Column::AreaM2),
            ("房屋楼层", Column::Floor),
            ("业主手机号", Column::Phone),
        ] {
            assert_eq!(column_of(Subject::Households, raw).map(|c| c.0), Some(column), "{raw}");
        }
        assert_eq!(column_of(Subject::Households, "总层数"), None);
        assert_eq!(column_of(Subject::Households, "小区编号"), None);
        assert_eq!(column_of(Subject::Households, "住户编号"), None);
        assert_eq!(column_of(Subject::Households, "用户"), None);
    }

    #[test]
    fn no_name_is_listed_twice() {
        for subject in [Subject::Households, Subject::Facilities, Subject::Requests, Subject::Grids] {
            let mut names: Vec<&str> = subject.synonyms().iter().flat_map(|(_, n)| n.split_whitespace()).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
            assert!(names.iter().all(|n| normal_heading(n) == *n));
        }
        assert!(Column::ALL.iter().all(|c| !c.heading_zh().is_empty()));
    }

    #[test]
    fn header_under_titles_and_in_two_rows() {
        let found = layout(&[&["柳湖街道台账"], &[], &["序号", "小区", "楼号", "单元", "房间号", "面积"]]).unwrap();
        assert_eq!(found.header_row, 3);
        assert_eq!(found.position(Column::Room), Some(4));
        assert_eq!(found.unused(), vec![(0, "序号")]);
        let two = layout(&[
            &["小区", "地点", "", "", "户主信息", "", "户号"],
            &["", "楼栋", "单元", "房号", "姓名", "电话", ""],
            &["康桥", "1", "1", "101", "王", "1", "20"],
        ])
        .unwrap();
        assert_eq!(two.header_row, 2);
        assert_eq!(two.columns.len(), 7);
    }

    #[test]
    fn the_better_name_wins() {
        let found = layout(&[&["小区", "楼栋", "房号", "供热面积", "建筑面积"]]).unwrap();
        assert_eq!(found.position(Column::AreaM2), Some(4));
        assert_eq!(found.unused(), vec![(3, "供热面积")]);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(layout(&[&["楼栋", "单元", "房号"]]).unwrap_err().missing(), vec![Column::Estate]);
        assert!(layout(&[&["a", "b"], &["1", "2"]]).is_err());
        assert!(layout(&[&["地址", "户号"]]).is_ok());
    }
}
