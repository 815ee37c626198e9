//! A household in short, as the store keeps it beside the full record: reading 260,000 of them is what a start waits for.

use huce_core::{household::Household, ids::HouseholdId};

/// A household in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub id: HouseholdId,
    /// Its grid's code.
    pub grid: String,
    /// 小区
    pub estate: String,
    /// 楼栋
    pub building: String,
    /// 单元
    pub entrance: String,
    /// 房号
    pub room: String,
    /// 楼层
    pub floor: Option<i32>,
    /// 户号, "" when there is none
    pub account: String,
    /// Last four digits of the phone, "" when there are none
    pub phone: String,
    /// Care tags, joined by 、
    pub care: String,
}

impl Row {
    /// The row of a household.
    pub fn of(household: &Household) -> Self {
        let plain = |text: &str| text.replace(['\t', '\n'], " ");
        let digits: Vec<char> = household.phone.iter().flat_map(|p| p.chars()).filter(char::is_ascii_digit).collect();
        let phone = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default().iter().collect();
        Self {
            id: household.id.clone(),
            grid: household.grid.to_string(),
            estate: plain(&household.estate),
            building: plain(&household.building),
            entrance: plain(&household.entrance),
            room: plain(&household.room),
            floor: household.floor,
            account: plain(household.account.as_deref().unwrap_or_default()),
            phone,
            care: plain(&household.care.join("、")),
        }
    }

    /// As it is stored: fields between tabs.
    pub fn to_text(&self) -> String {
        let floor = self.floor.map(|f| f.to_string()).unwrap_or_default();
        let Self { id, grid, estate, building, entrance, room, account, phone, care, .. } = self;
        [id.as_str(), grid, estate, building, entrance, room, &floor, account, phone, care].join("\t")
    }

    /// Its fields.
    pub fn fields(&self) -> Fields<'_> {
        let Self { id, grid, estate, building, entrance, room, floor, account, phone, care } = self;
        Fields { id: id.as_str(), grid, estate, building, entrance, room, floor: *floor, account, phone, care }
    }
}

/// The fields of a [`Row`], where they lie: a start reads very many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "see Row")]
pub struct Fields<'a> {
    pub id: &'a str,
    pub grid: &'a str,
    pub estate: &'a str,
    pub building: &'a str,
    pub entrance: &'a str,
    pub room: &'a str,
    pub floor: Option<i32>,
    pub account: &'a str,
    pub phone: &'a str,
    pub care: &'a str,
}

impl<'a> Fields<'a> {
    /// Reads [`Row::to_text`]; none when it is something else.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(bytes).ok()?.split('\t');
        Some(Self {
            id: parts.next()?,
            grid: parts.next()?,
            estate: parts.next()?,
            building: parts.next()?,
            entrance: parts.next()?,
            room: parts.next()?,
            floor: parts.next()?.parse().ok(),
            account: parts.next()?,
            phone: parts.next()?,
            care: parts.next()?,
        })
    }
}
