//! What a visit, a request or a photo is about: a household or a facility. What both have (visits, requests, photos, a
//! timeline, drafts) is written once, for a [`Site`]; what only households have (plans, the facade) names a household.

use serde::{Deserialize, Serialize};

use crate::{
    body::Noun,
    facility::{Facility, FacilityKind},
    household::Household,
    ids::{FacilityId, GridId, HouseholdId},
    record::Record,
};

/// A household or a facility. In JSON `{"household": ID}` or `{"facility": ID}`; calls have it among their own fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Site {
    /// 户
    Household(HouseholdId),
    /// 设施
    Facility(FacilityId),
}

impl Site {
    /// What an event or record with these two names is about. An event names one of them; were both there, the door counts.
    pub fn of(household: Option<&HouseholdId>, facility: Option<&FacilityId>) -> Option<Self> {
        let facility = || facility.cloned().map(Self::Facility);
        household.cloned().map(Self::Household).or_else(facility)
    }

    /// The two names again, as events and records carry them.
    pub fn names(site: Option<Self>) -> (Option<HouseholdId>, Option<FacilityId>) {
        match site {
            Some(Self::Household(id)) => (Some(id), None),
            Some(Self::Facility(id)) => (None, Some(id)),
            None => (None, None),
        }
    }

    /// The household, where it is one.
    pub fn household(&self) -> Option<&HouseholdId> {
        if let Self::Household(id) = self { Some(id) } else { None }
    }

    /// The facility, where it is one.
    pub fn facility(&self) -> Option<&FacilityId> {
        if let Self::Facility(id) = self { Some(id) } else { None }
    }

    /// Of which kind its record is.
    pub fn noun(&self) -> Noun {
        match self {
            Self::Household(_) => Noun::Household,
            Self::Facility(_) => Noun::Facility,
        }
    }

    /// The identifier of its record.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Household(id) => id.as_str(),
            Self::Facility(id) => id.as_str(),
        }
    }

    /// The site whose own record this is; none for records of other kinds.
    pub fn of_record(noun: Noun, id: &str) -> Option<Self> {
        match noun {
            Noun::Household => HouseholdId::new(id).ok().map(Self::Household),
            Noun::Facility => FacilityId::new(id).ok().map(Self::Facility),
            _ => None,
        }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<HouseholdId> for Site {
    fn from(id: HouseholdId) -> Self {
        Self::Household(id)
    }
}

impl From<FacilityId> for Site {
    fn from(id: FacilityId) -> Self {
        Self::Facility(id)
    }
}

impl From<&HouseholdId> for Site {
    fn from(id: &HouseholdId) -> Self {
        Self::Household(id.clone())
    }
}

impl From<&FacilityId> for Site {
    fn from(id: &FacilityId) -> Self {
        Self::Facility(id.clone())
    }
}

impl From<&Site> for Site {
    fn from(site: &Site) -> Self {
        site.clone()
    }
}

/// A site with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownSite {
    /// 户
    Household(Household),
    /// 设施
    Facility(Facility),
}

impl KnownSite {
    /// Reads a site's own record; none when it does not say enough yet, or is one of another kind.
    pub fn from_record(record: &Record) -> Option<Self> {
        match record.noun {
            Noun::Household => Household::from_record(record).map(Self::Household),
            Noun::Facility => Facility::from_record(record).map(Self::Facility),
            _ => None,
        }
    }

    /// Its name.
    pub fn site(&self) -> Site {
        match self {
            Self::Household(household) => household.id.clone().into(),
            Self::Facility(facility) => facility.id.clone().into(),
        }
    }

    /// Its grid.
    pub fn grid(&self) -> &GridId {
        match self {
            Self::Household(household) => &household.grid,
            Self::Facility(facility) => &facility.grid,
        }
    }

    /// What stands in a header: `3-3-601`, 一号热力站.
    pub fn short(&self) -> String {
        match self {
            Self::Household(household) => household.short(),
            Self::Facility(facility) => facility.short(),
        }
    }

    /// Of a facility, of which kind.
    pub fn kind(&self) -> Option<FacilityKind> {
        if let Self::Facility(facility) = self { Some(facility.kind) } else { None }
    }
}
