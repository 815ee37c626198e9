//! Who is responsible for a request, and how that came about: what the rule table said when it was taken down, each
//! hand-over with its reason, and after the second one the dispatcher's decision 责任认定, so that nobody passes it on a third
//! time.

use serde::{Deserialize, Serialize};

use super::{Category, field, steps};
use crate::{
    clock::Millis,
    ids::{GridId, PersonId, RuleId},
    record::{Held, Record},
    rule,
};

/// After so many hand-overs somebody has to decide.
pub const HAND_OVERS: u32 = 2;

/// Who can be responsible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// 专管员, the grid's inspector
    #[default]
    Inspector,
    /// 抢修班组, the crew that repairs
    Crew,
    /// 热源热力站, who runs sources and stations
    Plant,
    /// 营业厅, accounts and fees
    Billing,
    /// 社区
    Community,
    /// 物业
    Property,
    /// 住户自家, what the household itself has to have repaired
    Household,
    /// 其他单位, or one of a newer version
    #[serde(other)]
    Other,
}

impl Party {
    /// All, in the order of display.
    pub const ALL: [Self; 8] = [
        Self::Inspector,
        Self::Crew,
        Self::Plant,
        Self::Billing,
        Self::Community,
        Self::Property,
        Self::Household,
        Self::Other,
    ];

    /// Its word in records and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inspector => "inspector",
            Self::Crew => "crew",
            Self::Plant => "plant",
            Self::Billing => "billing",
            Self::Community => "community",
            Self::Property => "property",
            Self::Household => "household",
            Self::Other => "other",
        }
    }
}

/// One hand-over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// From whom.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// To whom in person, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PersonId>,
    /// Why.
    pub reason: String,
    /// Who handed it over.
    pub by: PersonId,
    /// When.
    pub when_ms: Millis,
}

/// The dispatcher's decision on who is responsible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// After how many hand-overs.
    pub after: u32,
    /// Who is responsible.
    pub party: Party,
    /// Why.
    pub reason: String,
    /// The grid for which the rule table learned from it, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught: Option<GridId>,
    /// Who decided.
    pub by: PersonId,
    /// When.
    pub when_ms: Millis,
}

/// What the field `hand/N` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Handed {
    pub(crate) from: Party,
    pub(crate) to: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) who: Option<PersonId>,
    pub(crate) reason: String,
}

/// What the field `decide/N` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) party: Party,
    pub(crate) reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) taught: Option<GridId>,
}

/// May it be handed over?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayHandOver {
    /// Yes.
    Yes,
    /// It was handed over often enough: the dispatcher decides now.
    WaitsForDecision,
    /// It is decided.
    Decided,
}

/// Who is responsible, and how that came about.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Route {
    /// Who was when it was taken down.
    pub first: Party,
    /// The rule that said so; none: the company's own table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// In order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOver>,
    /// The newest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

impl Route {
    pub(super) fn from_record(record: &Record, category: Category) -> Self {
        let hand_over = |(_, held): (i64, &Held)| {
            let handed: Handed = serde_json::from_value(held.value.clone()).ok()?;
            Some(HandOver {
                from: handed.from,
                to: handed.to,
                who: handed.who,
                reason: handed.reason,
                by: held.person.clone(),
                when_ms: held.when_ms,
            })
        };
        let decision = |(after, held): (i64, &Held)| {
            let decided: Decided = serde_json::from_value(held.value.clone()).ok()?;
            Some(Decision {
                after: u32::try_from(after).ok()?,
                party: decided.party,
                reason: decided.reason,
                taught: decided.taught,
                by: held.person.clone(),
                when_ms: held.when_ms,
            })
        };
        let usual = rule::usual(category, rule::Place::of(record.site().as_ref()));
        Self {
            first: record.read(field::PARTY).unwrap_or(usual.0),
            rule: record.read(field::RULE),
            hand_overs: steps(record, field::HAND).into_iter().filter_map(hand_over).collect(),
            decision: steps(record, field::DECIDE).into_iter().filter_map(decision).next_back(),
        }
    }

    /// How often it was handed over.
    pub fn count(&self) -> u32 {
        u32::try_from(self.hand_overs.len()).unwrap_or(u32::MAX)
    }

    /// Who is responsible now. A hand-over that was written without signal while the dispatcher decided changes nothing:
    /// the decision stands.
    pub fn party(&self) -> Party {
        match (&self.decision, self.hand_overs.last()) {
            (Some(decision), _) => decision.party,
            (None, Some(last)) => last.to,
            (None, None) => self.first,
        }
    }

    /// Does it wait for the dispatcher's decision?
    pub fn needs_decision(&self) -> bool {
        self.count() >= HAND_OVERS && self.decision.is_none()
    }

    /// May it be handed over?
    pub fn may_hand_over(&self) -> MayHandOver {
        match &self.decision {
            Some(_) => MayHandOver::Decided,
            None if self.needs_decision() => MayHandOver::WaitsForDecision,
            None => MayHandOver::Yes,
        }
    }
}
