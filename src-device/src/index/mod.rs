//! All households in memory, in the order in which one walks past them, and all facilities: what lists, facades and search
//! are made of.
//! 260,000 of them fit: texts that repeat (estates, rooms …) are kept once, and a search compares their numbers.
//!
//! Read in this order: [`Row`] (a household in short) → [`Index`] → `query` (what people type).

mod facilities;
mod natural;
mod query;
mod row;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use huce_core::{
    facility::Facility,
    household::Household,
    ids::{FacilityId, GridId, HouseholdId},
};

pub use row::{Fields, Row};

/// A text that is kept once.
pub(crate) type Symbol = u32;

#[derive(Debug, Default)]
struct Symbols {
    texts: Vec<Box<str>>,
    by_text: HashMap<Box<str>, Symbol>,
}

impl Symbols {
    fn of(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.by_text.get(text) {
            return *symbol;
        }
        let symbol = Symbol::try_from(self.texts.len()).unwrap_or(Symbol::MAX);
        self.texts.push(text.into());
        self.by_text.insert(text.into(), symbol);
        symbol
    }

    fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol as usize).map_or("", |t| t)
    }
}

/// No phone is known.
const NO_PHONE: u16 = u16::MAX;

/// A household as the index keeps it.
#[derive(Debug, Clone)]
struct Short {
    id: HouseholdId,
    grid: Symbol,
    estate: Symbol,
    building: Symbol,
    entrance: Symbol,
    room: Symbol,
    care: Symbol,
    /// 户号 as a number, where it is one that prints back the same; 0 when not. Compared without leaving the row.
    number: u64,
    /// 户号 otherwise.
    account: Box<str>,
    /// Last four digits of the phone; [`NO_PHONE`] when there are none.
    phone: u16,
    floor: Option<i32>,
}

/// What is listed: it is new, or something of it changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    /// A household in short.
    Household(Row),
    /// A facility: of them there are few.
    Facility(Facility),
}

/// The households and facilities of a tablet.
#[derive(Debug, Default)]
pub struct Index {
    symbols: Symbols,
    rows: Vec<Short>,
    by_id: HashMap<HouseholdId, u32>,
    estates: Vec<(Symbol, u32, u32)>,
    /// Care tags that some household has.
    care: BTreeSet<Symbol>,
    facilities: BTreeMap<FacilityId, Facility>,
    unsettled: bool,
}

impl Index {
    /// Takes in what is listed.
    pub fn list(&mut self, line: Listed) {
        match line {
            Listed::Household(row) => self.put(&row),
            Listed::Facility(facility) => {
                self.facilities.insert(facility.id.clone(), facility);
            }
        }
    }

    /// Takes a household in, or what changed of it.
    pub fn put(&mut self, row: &Row) {
        let short = self.short(row.id.clone(), &row.fields());
        let place = self.by_id.get(&short.id).copied();
        match place.and_then(|place| self.rows.get_mut(place as usize)) {
            Some(old) => {
                let at = |s: &Short| (s.estate, s.building, s.entrance, s.floor, s.room);
                self.unsettled |= at(old) != at(&short);
                *old = short;
            }
            None => {
                self.by_id.insert(short.id.clone(), u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
                self.rows.push(short);
                self.unsettled = true;
            }
        }
    }

    /// Takes in a household that is not here, of a store that is being read; afterwards [`Index::settle`].
    pub fn read(&mut self, row: &Fields<'_>) {
        let Ok(id) = HouseholdId::new(row.id) else { return };
        let short = self.short(id, row);
        self.rows.push(short);
        self.unsettled = true;
    }

    fn short(&mut self, id: HouseholdId, row: &Fields<'_>) -> Short {
        // 户号 that begins with a nought, or a sign, does not print back the same.
        let is_plain = row.account.starts_with(|c: char| matches!(c, '1'..='9'));
        let number = row.account.parse::<u64>().ok().filter(|_| is_plain);
        let care = self.symbols.of(row.care);
        if !row.care.is_empty() {
            self.care.insert(care);
        }
        Short {
            grid: self.symbols.of(row.grid),
            estate: self.symbols.of(row.estate),
            building: self.symbols.of(row.building),
            entrance: self.symbols.of(row.entrance),
            room: self.symbols.of(row.room),
            care,
            number: number.unwrap_or(0),
            account: if number.is_some() { "".into() } else { row.account.into() },
            phone: row.phone.parse().ok().filter(|_| row.phone.len() == 4).unwrap_or(NO_PHONE),
            floor: row.floor,
            id,
        }
    }

    /// Is the order of walking up to date?
    pub fn is_settled(&self) -> bool {
        !self.unsettled
    }

    /// Brings the rows into the order of walking.
    pub fn settle(&mut self) {
        if !self.unsettled {
            return;
        }
        // Every text gets its rank once; sorting then compares numbers.
        let mut order: Vec<Symbol> = (0..self.symbols.texts.len()).filter_map(|n| Symbol::try_from(n).ok()).collect();
        order.sort_by(|a, b| natural::compare(self.symbols.text(*a), self.symbols.text(*b)));
        let mut ranks = vec![0_u32; order.len()];
        for (rank, symbol) in (0_u32..).zip(&order) {
            if let Some(place) = ranks.get_mut(*symbol as usize) {
                *place = rank;
            }
        }
        let rank = |symbol: Symbol| ranks.get(symbol as usize).copied().unwrap_or(u32::MAX);
        self.rows.sort_by_key(|s| (rank(s.estate), rank(s.building), rank(s.entrance), s.floor, rank(s.room)));
        self.rows.shrink_to_fit();
        self.by_id = (0_u32..).zip(&self.rows).map(|(n, s)| (s.id.clone(), n)).collect();
        self.estates.clear();
        for (n, row) in (0_u32..).zip(&self.rows) {
            match self.estates.last_mut() {
                Some((estate, _, end)) if *estate == row.estate => *end = n + 1,
                _ => self.estates.push((row.estate, n, n + 1)),
            }
        }
        self.unsettled = false;
    }

    /// How many households.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A household's address, without what only its own page shows (name, phone, area, mode, note).
    pub fn get(&self, id: &HouseholdId) -> Option<Household> {
        self.rows.get(*self.by_id.get(id)? as usize).and_then(|s| self.household(s))
    }

    /// All, in the order of walking.
    pub fn all(&self) -> impl Iterator<Item = Household> + '_ {
        self.rows.iter().filter_map(|s| self.household(s))
    }

    /// The doors of one building, in the order of walking.
    pub fn building(&self, estate: &str, building: &str) -> Vec<Household> {
        let symbol = |text: &str| self.symbols.by_text.get(text).copied();
        let (Some(estate), Some(building)) = (symbol(estate), symbol(building)) else { return Vec::new() };
        let ranges = self.estates.iter().filter(|(e, ..)| *e == estate);
        let rows = ranges.flat_map(|(_, from, to)| self.rows.get(*from as usize..*to as usize).unwrap_or_default());
        rows.filter(|s| s.building == building).filter_map(|s| self.household(s)).collect()
    }

    fn household(&self, s: &Short) -> Option<Household> {
        let text = |symbol| self.symbols.text(symbol).to_owned();
        let care = self.symbols.text(s.care).split('、').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        Some(Household {
            id: s.id.clone(),
            grid: GridId::new(text(s.grid)).ok()?,
            estate: text(s.estate),
            building: text(s.building),
            entrance: text(s.entrance),
            room: text(s.room),
            floor: s.floor,
            account: if s.number > 0 { Some(s.number.to_string()) } else { Some(s.account.to_string()) }
                .filter(|a| !a.is_empty()),
            area_m2: None,
            mode: None,
            name: None,
            phone: None,
            care,
            note: None,
        })
    }
}
