//! A facility 设施: what is inspected but is no household. A typed view of a [`Record`].

use serde::{Deserialize, Serialize};

use crate::{
    clock::{Millis, china_date, china_midnight},
    ids::{FacilityId, GridId},
    record::Record,
};

/// What a facility is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FacilityKind {
    /// 热力站, a heat station
    Station,
    /// 管段, a pipe section or trench
    Pipe,
    /// 井, a manhole or drain
    Manhole,
    /// 车辆, a vehicle
    Vehicle,
    /// 楼内设施, a building's valves, filters, vents
    Building,
    /// 其他, or a kind of a newer version
    #[serde(other)]
    Other,
}

impl FacilityKind {
    /// All, in the order of display.
    pub const ALL: [Self; 6] = [Self::Station, Self::Pipe, Self::Manhole, Self::Vehicle, Self::Building, Self::Other];

    /// Its word in records, forms and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Station => "station",
            Self::Pipe => "pipe",
            Self::Manhole => "manhole",
            Self::Vehicle => "vehicle",
            Self::Building => "building",
            Self::Other => "other",
        }
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What it is called on paper: watermarks, registers. Screens have their own words.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Station => "热力站",
            Self::Pipe => "管段",
            Self::Manhole => "井",
            Self::Vehicle => "车辆",
            Self::Building => "楼内设施",
            Self::Other => "其他设施",
        }
    }
}

/// Names of the record's fields.
pub mod field {
    /// A [`super::FacilityKind`].
    pub const KIND: &str = "kind";
    /// 名称
    pub const NAME: &str = "name";
    /// 编号, in normal form: `RL-017`, `豫A12345`
    pub const CODE: &str = "code";
    /// `[latitude, longitude]`, WGS-84 degrees
    pub const POSITION: &str = "position";
    /// 小区 that it belongs to
    pub const ESTATE: &str = "estate";
    /// 楼栋 that it belongs to, normal form
    pub const BUILDING: &str = "building";
    /// 备注
    pub const NOTE: &str = "note";
}

/// A facility as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facility {
    /// Its identifier.
    pub id: FacilityId,
    /// Its grid.
    pub grid: GridId,
    /// What it is.
    pub kind: FacilityKind,
    /// 名称
    pub name: String,
    /// 编号
    pub code: Option<String>,
    /// Latitude and longitude, WGS-84 degrees.
    pub position: Option<(f64, f64)>,
    /// 小区
    pub estate: Option<String>,
    /// 楼栋, normal form (`3`)
    pub building: Option<String>,
    /// 备注
    pub note: Option<String>,
}

impl Facility {
    /// Does each of these words, as [`normal`] leaves them, say something of it? `sounds` tells whether a text sounds like a
    /// word (pinyin), by what the caller made of the word.
    pub fn fits<S>(&self, words: &[(String, S)], sounds: impl Fn(&S, &str) -> bool) -> bool {
        let Self { name, code, estate, building, .. } = self;
        let texts = || [Some(name), code.as_ref(), estate.as_ref(), building.as_ref()].into_iter().flatten();
        words.iter().all(|(word, sound)| texts().any(|text| normal(text).contains(word) || sounds(sound, text)))
    }

    /// Reads the record; none when it has neither a name nor a code yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        let text = |name: &str| record.text(name).map(str::to_owned);
        let code = text(field::CODE);
        Some(Self {
            id: FacilityId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            kind: record.read(field::KIND).unwrap_or(FacilityKind::Other),
            name: text(field::NAME).or_else(|| code.clone())?,
            code,
            position: record.read(field::POSITION),
            estate: text(field::ESTATE),
            building: text(field::BUILDING),
            note: text(field::NOTE),
        })
    }

    /// What stands in a header: the name, or for a vehicle its plate.
    pub fn short(&self) -> String {
        match &self.code {
            Some(code) if self.kind == FacilityKind::Vehicle => code.clone(),
            _ => self.name.clone(),
        }
    }
}

/// A code, plate or name as two clerks write it: half-width, without blanks, letters large.
pub fn normal(text: &str) -> String {
    crate::register::text::tight(text)
}

/// The identifier of a facility. Its code names it; without one its name within its grid does.
pub fn id_of(kind: FacilityKind, code: Option<&str>, grid: &GridId, name: &str) -> FacilityId {
    match code.map(normal).filter(|code| !code.is_empty()) {
        Some(code) => FacilityId::of_code(kind.as_str(), &code),
        None => FacilityId::of_name(kind.as_str(), grid, &normal(name)),
    }
}

/// May a facility stand there? Latitude and longitude in WGS-84 degrees.
pub fn is_position((lat, lon): (f64, f64)) -> bool {
    (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)
}

/// When the heating year began in which `now_ms` lies: on 1 April, after the last season's fires are out (in Zhengzhou on
/// 15 March). A facility that was not visited since then has not been looked at for the season. Practice, no standard.
pub fn heating_year_ms(now_ms: Millis) -> Millis {
    use chrono::{Datelike, NaiveDate};
    let today = china_date(now_ms);
    let april = |year| NaiveDate::from_ymd_opt(year, 4, 1).unwrap_or(today);
    let begun = april(today.year());
    china_midnight(if begun <= today { begun } else { april(today.year() - 1) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_code_names_a_facility_wherever_it_stands_and_however_it_is_typed() {
        let (here, there) = (GridId::new("SY-1").unwrap(), GridId::new("SY-2").unwrap());
        let of = |kind, code, grid: &GridId, name| id_of(kind, code, grid, name);
        let plate = of(FacilityKind::Vehicle, Some("豫A 12345"), &here, "压缩车");
        assert_eq!(plate, of(FacilityKind::Vehicle, Some("豫ａ１２３４５"), &there, "别名"));
        assert_ne!(plate, of(FacilityKind::Other, Some("豫A12345"), &here, "压缩车"));
        let drain = of(FacilityKind::Manhole, None, &here, "东门 1号井");
        assert_eq!(drain, of(FacilityKind::Manhole, Some(" "), &here, "东门1号井"));
        assert_ne!(drain, of(FacilityKind::Manhole, None, &there, "东门1号井"));
        assert!(plate.as_str().starts_with('f') && plate.as_str().len() == 21);
    }

    #[test]
    fn the_heating_year_begins_in_april() {
        let at = |y, m, d| china_midnight(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        assert_eq!(heating_year_ms(at(2026, 3, 31)), at(2025, 4, 1));
        assert_eq!(heating_year_ms(at(2026, 4, 1)), at(2026, 4, 1));
        assert_eq!(heating_year_ms(at(2026, 12, 31)), at(2026, 4, 1));
    }

    #[test]
    fn a_kind_of_a_newer_version_is_another_one() {
        assert_eq!(serde_json::from_str::<FacilityKind>("\"heat_pump\"").unwrap(), FacilityKind::Other);
        for kind in FacilityKind::ALL {
            assert_eq!(FacilityKind::of_word(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
