//! Who is responsible for what: the rule table. The company's own table ([`usual`]) is where it begins; what a dispatcher
//! decided after two hand-overs becomes a [`Rule`] for a grid and everything below it, and the next request of the same kind goes
//! there at once. A typed view of a [`Record`].

use serde::{Deserialize, Serialize};

use crate::{
    grid::Grid,
    ids::{GridId, RequestId, RuleId},
    record::Record,
    request::{Category, Mode, Party},
    site::Site,
};

/// Names of the record's fields.
pub mod field {
    /// A [`super::Category`].
    pub const CATEGORY: &str = "category";
    /// A [`super::Place`].
    pub const PLACE: &str = "place";
    /// A [`super::Party`].
    pub const PARTY: &str = "party";
    /// Why.
    pub const REASON: &str = "reason";
    /// The request whose decision it is.
    pub const REQUEST: &str = "request";
    /// True when it no longer holds.
    pub const ENDED: &str = "ended";
}

/// What kind of place a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A household.
    Door,
    /// A facility.
    Facility,
    /// Neither, or one of a newer version.
    #[serde(other)]
    Elsewhere,
}

impl Place {
    /// The kind of a request's place.
    pub fn of(site: Option<&Site>) -> Self {
        match site {
            Some(Site::Household(_)) => Self::Door,
            Some(Site::Facility(_)) => Self::Facility,
            None => Self::Elsewhere,
        }
    }

    /// Its word in identifiers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Facility => "facility",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// A rule that a decision taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its identifier: grid, category and place name it, so that two decisions on the same meet in one record.
    pub id: RuleId,
    /// The grid for which it holds, with everything below.
    pub grid: GridId,
    /// Of requests of this category.
    pub category: Category,
    /// At this kind of place.
    pub place: Place,
    /// Who is responsible.
    pub party: Party,
    /// Why.
    pub reason: String,
    /// The request whose decision it is.
    pub request: Option<RequestId>,
}

impl Rule {
    /// Reads the record; none when it does not say enough yet, or no longer holds.
    pub fn from_record(record: &Record) -> Option<Self> {
        if record.read(field::ENDED).unwrap_or(false) {
            return None;
        }
        Some(Self {
            id: RuleId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            category: record.read(field::CATEGORY)?,
            place: record.read(field::PLACE)?,
            party: record.read(field::PARTY)?,
            reason: record.text(field::REASON).unwrap_or_default().to_owned(),
            request: record.read(field::REQUEST),
        })
    }
}

/// What the company's own table says: who is responsible, and how it is handled.
pub fn usual(category: Category, place: Place) -> (Party, Mode) {
    match (category, place) {
        (Category::Account, _) => (Party::Billing, Mode::Joint),
        (Category::Leak, _) | (Category::Equipment, Place::Elsewhere) => (Party::Crew, Mode::Own),
        (_, Place::Facility) => (Party::Plant, Mode::Own),
        _ => (Party::Inspector, Mode::Own),
    }
}

/// Who is responsible for a request in `grid`: the rule of the nearest grid, going up, else the company's own table. `grids` are
/// those at hand with the grids above them.
pub fn responsible<'a>(
    rules: &'a [Rule],
    grids: &[Grid],
    grid: &GridId,
    category: Category,
    place: Place,
) -> (Party, Option<&'a Rule>) {
    let mut here = Some(grid.clone());
    // A tree that somebody made a ring of ends as well.
    for _ in 0..16 {
        let Some(at) = here else { break };
        let fits = |rule: &&Rule| rule.grid == at && rule.category == category && rule.place == place;
        if let Some(rule) = rules.iter().find(fits) {
            return (rule.party, Some(rule));
        }
        here = grids.iter().find(|g| g.id == at).and_then(|g| g.parent.clone());
    }
    (usual(category, place).0, None)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::grid::Level;

    fn grid(id: &str, parent: Option<&str>) -> Grid {
        let parent = parent.map(|p| GridId::new(p).unwrap());
        Grid::new(GridId::new(id).unwrap(), id.into(), Level::Crew, parent)
    }

    fn rule(at: &str, party: Party) -> Rule {
        let at = GridId::new(at).unwrap();
        Rule {
            id: RuleId::of(&at, Category::Leak, Place::Door),
            grid: at,
            category: Category::Leak,
            place: Place::Door,
            party,
            reason: String::new(),
            request: None,
        }
    }

    #[test]
    fn the_nearest_rule_going_up_holds_else_the_companys_table() {
        let grids = [grid("S", None), grid("S-1", Some("S")), grid("S-1-1", Some("S-1")), grid("S-2", Some("S"))];
        let rules = [rule("S", Party::Property), rule("S-1", Party::Community)];
        let at = |id: &str, category, place| {
            let found = responsible(&rules, &grids, &GridId::new(id).unwrap(), category, place);
            (found.0, found.1.map(|rule| rule.grid.to_string()))
        };
        assert_eq!(at("S-1-1", Category::Leak, Place::Door), (Party::Community, Some("S-1".to_owned())));
        assert_eq!(at("S-2", Category::Leak, Place::Door), (Party::Property, Some("S".to_owned())));
        assert_eq!(at("S-2", Category::Leak, Place::Facility), (Party::Crew, None));
        assert_eq!(at("S-2", Category::Account, Place::Door), (Party::Billing, None));
        assert_eq!(at("nowhere", Category::Cold, Place::Door), (Party::Inspector, None));
    }

    #[test]
    fn a_ring_of_grids_ends() {
        let grids = [grid("A", Some("B")), grid("B", Some("A"))];
        let found = responsible(&[], &grids, &GridId::new("A").unwrap(), Category::Cold, Place::Door);
        assert_eq!(found, (Party::Inspector, None));
    }

    #[test]
    fn the_same_matter_is_the_same_rule() {
        let (a, b) = (GridId::new("S-1").unwrap(), GridId::new("S-2").unwrap());
        let of = |grid, category| RuleId::of(grid, category, Place::Door);
        assert_eq!(of(&a, Category::Leak), of(&a, Category::Leak));
        assert_ne!(of(&a, Category::Leak), of(&b, Category::Leak));
        assert_ne!(of(&a, Category::Leak), of(&a, Category::Cold));
    }
}
