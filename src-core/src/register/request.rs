//! A file of requests (诉求): what hotline 12345, the city app or another office hands over. Same files, headings found the same
//! way, every row accounted for: `rows = requests + exact_duplicates + unusable`.
//!
//! A request needs words, and a place: a door, or a grid. Which door is known is for the importer to say.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Duplicate, Refusals,
    address::{Address, parse_combined},
    columns::Column,
    household::no_entry,
    table::{Row, RowAt, Sheet, Table},
    text::{clean, says_none, tight},
    verdict::{Doubt, Unusable, Warning, Why},
};
use crate::{
    clock::{Millis, number, parse_day},
    request::{Category, Channel, Severity},
};

/// A request that can be imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Where it stood.
    pub row: RowAt,
    /// 工单编号, as the other office numbers it.
    pub number: Option<String>,
    /// When it came in there.
    pub taken_ms: Option<Millis>,
    /// Where it came from; a file says nothing else than that it is one.
    pub channel: Channel,
    /// What it is about: as it says, or as its words say.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// In the resident's words.
    pub text: String,
    /// Whom to call back.
    pub phone: Option<String>,
    /// The door.
    pub address: Option<Address>,
    /// 网格编号
    pub grid_code: Option<String>,
}

/// A file of requests, with every row accounted for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestRegister {
    /// All rows below the heading that are not blank.
    pub rows: usize,
    /// One of each, in the file's order.
    pub requests: Vec<RequestRow>,
    /// Rows that repeat another.
    pub exact_duplicates: Vec<Duplicate>,
    /// Rows that are no request.
    pub unusable: Vec<Unusable>,
    /// Oddities in rows that were taken.
    pub warnings: Vec<Warning>,
}

impl RequestRegister {
    /// The rows that are not imported.
    pub fn refusals(&self) -> Refusals<'_> {
        Refusals { exact_duplicates: &self.exact_duplicates, conflicting: Vec::new(), unusable: &self.unusable }
    }
}

impl RequestRow {
    /// What names the row in its file: its number, or else everything that it says.
    pub fn name(&self) -> String {
        match &self.number {
            Some(number) => number.clone(),
            None => {
                let door = self.address.as_ref().map(|a| (&a.estate, a.short()));
                let said = format!("{door:?} {:?} {:?} {} {:?}", self.taken_ms, self.category, self.text, self.phone);
                blake3::hash(said.as_bytes()).to_hex().chars().take(32).collect()
            }
        }
    }
}

/// Reads every row of a table of requests.
pub fn read_requests(table: &Table) -> RequestRegister {
    let mut all = RequestRegister::default();
    let mut known: HashMap<String, RowAt> = HashMap::new();
    for (index, sheet) in table.sheets.iter().enumerate() {
        for row in &sheet.rows {
            all.rows += 1;
            let at = RowAt { sheet: u16::try_from(index).unwrap_or(u16::MAX), row: row.number };
            match request(sheet, row, at, &mut all.warnings) {
                Ok(request) => match known.get(&request.name()) {
                    Some(first_row) => all.exact_duplicates.push(Duplicate { row: at, first_row: *first_row }),
                    None => {
                        known.insert(request.name(), at);
                        all.requests.push(request);
                    }
                },
                Err((column, why)) => all.unusable.push(Unusable { row: at, column, why }),
            }
        }
    }
    all
}

fn request(sheet: &Sheet, row: &Row, at: RowAt, warnings: &mut Vec<Warning>) -> Result<RequestRow, (Column, Why)> {
    // The words are free: "总是不热" is no total.
    if let Some(no) = no_entry(&sheet.layout, row, &[Column::Number], &[Column::Text]) {
        return Err(no);
    }
    let plain = |column: Column| {
        let text = clean(sheet.layout.position(column).map_or("", |p| row.cell(p)));
        (!says_none(&text)).then(|| text.into_owned())
    };
    let text = plain(Column::Text).ok_or((Column::Text, Why::Missing))?;
    let address = address(&plain);
    let grid_code = plain(Column::GridCode);
    if address.is_none() && grid_code.is_none() {
        let column = if sheet.layout.position(Column::Address).is_some() { Column::Address } else { Column::Room };
        let raw = plain(Column::Address).or_else(|| plain(Column::Room));
        return Err((column, raw.map_or(Why::Missing, |text| Why::NotUnderstood { text })));
    }
    let taken_ms = plain(Column::TakenAt).and_then(|raw| {
        let taken = moment(&raw);
        if taken.is_none() {
            warnings.push(Warning { row: at, column: Column::TakenAt, doubt: Doubt::TimeNotUnderstood { text: raw } });
        }
        taken
    });
    let matter = plain(Column::Matter).unwrap_or_default();
    Ok(RequestRow {
        row: at,
        number: plain(Column::Number),
        taken_ms,
        channel: plain(Column::Channel).and_then(|raw| word_of(CHANNELS, &raw)).unwrap_or(Channel::File),
        category: word_of(CATEGORIES, &matter).or_else(|| word_of(CATEGORIES, &text)).unwrap_or(Category::Other),
        severity: plain(Column::Severity).and_then(|raw| word_of(SEVERITIES, &raw)).unwrap_or(Severity::Small),
        phone: plain(Column::Phone),
        address,
        grid_code,
        text,
    })
}

/// The door: of the four cells, or of the one that has it all, with the estate's cell where the address lacks it.
fn address(plain: &impl Fn(Column) -> Option<String>) -> Option<Address> {
    let cell = |column| plain(column).unwrap_or_default();
    let estate = cell(Column::Estate);
    let of_cells = Address::from_cells(&estate, &cell(Column::Building), &cell(Column::Entrance), &cell(Column::Room));
    let of_one = || {
        let parts = parse_combined(&plain(Column::Address)?)?;
        let named = if parts.estate.is_empty() { &estate } else { &parts.estate };
        Address::from_cells(named, parts.building.as_deref()?, parts.entrance.as_deref().unwrap_or("1"), &parts.room)
    };
    of_cells.or_else(of_one)
}

/// `2026-01-10 08:30`, `2026/1/10 8:30:05`, `2026年1月10日 8时30分` in Zhengzhou's time; a day alone is its beginning.
fn moment(raw: &str) -> Option<Millis> {
    let plain: String = raw
        .chars()
        .filter_map(|c| match c {
            '年' | '月' | '/' | '.' => Some('-'),
            '日' | 'T' => Some(' '),
            '时' | '点' | '：' | '分' => Some(':'),
            '秒' | 'Z' => None,
            c => Some(c),
        })
        .collect();
    let mut parts = plain.split_whitespace();
    let day = parse_day(parts.next()?)?;
    let time = parts.collect::<String>();
    let mut figures = time.trim_end_matches(':').split(':');
    let mut next = |most: u32| match figures.next() {
        None | Some("") => Some(0),
        Some(text) => number(text, 1..=2).filter(|n| *n <= most),
    };
    let (hours, minutes, seconds) = (next(23)?, next(59)?, next(59)?);
    let passed = (Millis::from(hours) * 60 + Millis::from(minutes)) * 60 + Millis::from(seconds);
    Some(crate::clock::china_midnight(day) + passed * 1_000)
}

/// Words by which channels, categories and severities are told; the first that the cell holds counts.
const CHANNELS: &[(Channel, &str)] = &[
    (Channel::Hotline, "12345 热线 HOTLINE"),
    (Channel::CityApp, "郑好拍 郑好办 随手拍 APP"),
    (Channel::GridGroup, "网格群 微信群 群 GROUP"),
    (Channel::SuggestionBox, "意见箱 BOX"),
    (Channel::Desk, "前台 窗口 来访 DESK"),
    (Channel::Visit, "入户 走访 VISIT"),
];
const CATEGORIES: &[(Category, &str)] = &[
    (Category::Leak, "漏 跑水 滴水 LEAK"),
    (Category::Noise, "噪 响 气堵 NOISE"),
    (Category::Account, "缴费 户号 收费 退费 发票 ACCOUNT"),
    (Category::Equipment, "阀 设备 暖气片 管道 EQUIPMENT"),
    (Category::Cold, "不热 冷 温度 低温 凉 COLD"),
    (Category::Other, "其他 其它 OTHER"),
];
const SEVERITIES: &[(Severity, &str)] = &[(Severity::Major, "大 重 急 爆 MAJOR"), (Severity::Small, "小 一般 SMALL")];

fn word_of<T: Copy>(words: &[(T, &str)], raw: &str) -> Option<T> {
    let text = tight(raw);
    words.iter().find(|(_, words)| words.split(' ').any(|word| text.contains(word))).map(|(value, _)| *value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_as_offices_write_it() {
        let wanted = Some(1_768_005_000_000);
        for raw in ["2026-01-10 08:30", "2026/1/10 8:30:00", "2026年1月10日 8时30分", "2026-01-10T08:30:00"] {
            assert_eq!(moment(raw), wanted, "{raw}");
        }
        assert_eq!(moment("2026-01-10"), Some(1_768_005_000_000 - 8 * 3_600_000 - 30 * 60_000));
        for raw in ["", "昨天", "2026-13-01", "2026-01-10 25:00"] {
            assert_eq!(moment(raw), None, "{raw}");
        }
    }

    #[cfg(feature = "workbook")]
    #[test]
    fn every_row_is_accounted_for() {
        let text = "工单编号,受理时间,来源,地址,诉求内容,联系电话\n\
            A1,2026-01-10 08:30,12345热线,康桥华城3号楼2单元501,家里不热 18度不到,13812346265\n\
            A1,2026-01-10 08:30,12345热线,康桥华城3号楼2单元501,家里不热 18度不到,13812346265\n\
            A2,上午,微信群,康桥华城3-2-502,暖气片漏水,\n\
            A3,2026-01-10,窗口,不知道,开发票,\n\
            A4,2026-01-10,窗口,康桥华城3-2-503,,\n";
        let table =
            super::super::table::read_table_of(super::super::columns::Subject::Requests, "r.csv", text.as_bytes());
        let read = read_requests(&table.unwrap());
        assert_eq!((read.rows, read.requests.len(), read.exact_duplicates.len(), read.unusable.len()), (5, 2, 1, 2));
        let first = &read.requests[0];
        assert_eq!((first.channel, first.category), (Channel::Hotline, Category::Cold));
        assert_eq!(first.address.as_ref().unwrap().short(), "3-2-501");
        let second = &read.requests[1];
        assert_eq!((second.channel, second.category, second.taken_ms), (Channel::GridGroup, Category::Leak, None));
        assert_eq!(read.warnings.len(), 1);
        let columns: Vec<_> = read.unusable.iter().map(|u| u.column).collect();
        assert_eq!(columns, [Column::Address, Column::Text]);
    }
}
