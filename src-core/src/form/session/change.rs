//! The steps that change a session. A step that is refused changes nothing.

use super::{Role, Session};
use crate::form::expr::{dates, value::plain_number};
use crate::form::model::{Item, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One thing that a person did. The tablet's journal keeps these; replaying them on a new session of the same
/// form with the same `now` gives the same session. Refs are as they were at that moment.
///
/// JSON: `{"op":"set","ref":"/data/rooms[1]/temperature","value":"17.5"}`, `{"op":"addRepeat","ref":"/data/rooms"}`,
/// `{"op":"removeRepeat","ref":"/data/rooms[2]"}`, `{"op":"language","value":"en"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", try_from = "Written")]
pub enum Step {
    /// An answer was given; "" clears it.
    Set {
        /// The question.
        #[serde(rename = "ref")]
        node: String,
        /// The answer.
        value: String,
    },
    /// An instance was added at the end of a repeat.
    AddRepeat {
        /// The repeat.
        #[serde(rename = "ref")]
        node: String,
    },
    /// An instance was removed; later ones move up.
    RemoveRepeat {
        /// The instance.
        #[serde(rename = "ref")]
        node: String,
    },
    /// Another language was chosen.
    Language {
        /// Code, name or whole heading.
        value: String,
    },
}

/// A step as it is written. Read as a list of fields and then understood: serde's own way to read a tag keeps whole
/// values aside first, which costs the pages 4 kB.
#[derive(Deserialize)]
struct Written {
    op: String,
    #[serde(rename = "ref")]
    node: Option<String>,
    value: Option<String>,
    /// Another name for the value of `language`.
    language: Option<String>,
}

impl TryFrom<Written> for Step {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { op, node, value, language } = written;
        let missing = |field: &str| format!("{op} without {field}");
        let node = node.ok_or_else(|| missing("ref"));
        Ok(match op.as_str() {
            "set" => Self::Set { node: node?, value: value.ok_or_else(|| missing("value"))? },
            "addRepeat" => Self::AddRepeat { node: node? },
            "removeRepeat" => Self::RemoveRepeat { node: node? },
            "language" => Self::Language { value: value.or(language).ok_or_else(|| missing("value"))? },
            _ => return Err(format!("there is no step {op}")),
        })
    }
}

/// Why a step was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// Nothing is there.
    #[error("there is no question at {0}")]
    NoSuchNode(String),
    /// It is a group, a note or a computed value, or cannot be changed now.
    #[error("{0} cannot be changed")]
    ReadOnly(String),
    /// It is not relevant with these answers.
    #[error("{0} is not relevant")]
    NotRelevant(String),
    /// The text is no value of the question's type (a number, a date, …). The old value stays.
    #[error("`{value}` is no {kind} for {node}")]
    Malformed {
        /// The question.
        node: String,
        /// What was given.
        value: String,
        /// What is wanted: `integer`, `decimal`, `date`, …
        kind: &'static str,
    },
    /// The choice is not offered.
    #[error("{node} does not offer `{value}`")]
    NotOffered {
        /// The question.
        node: String,
        /// What was given.
        value: String,
    },
    /// It is no repeat, or one whose number of instances is computed.
    #[error("instances of {0} cannot be added or removed")]
    NotARepeat(String),
    /// The form has no such language.
    #[error("the form has no language `{0}`")]
    NoSuchLanguage(String),
    /// The session holds as much as it may.
    #[error("the form is full")]
    Full,
}

/// What a step changed. Read the nodes anew by [`Session::node`]; when instances came or went, references have
/// shifted: read [`Session::nodes`] anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// References of nodes whose state is another one now (value, relevance, texts, choices, validity), sorted
    /// in document order of their making.
    pub changed: Vec<String>,
    /// References of new instances.
    pub added: Vec<String>,
    /// References (before the step) of instances that are gone.
    pub removed: Vec<String>,
    /// The language is another one: every text may have changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub language: bool,
    /// How many expressions were evaluated.
    pub evaluations: usize,
}

impl Session {
    /// Does one step. On error nothing has changed.
    pub fn apply(&mut self, step: &Step) -> Result<Changes, SetError> {
        match step {
            Step::Set { node, value } => self.set(node, value),
            Step::AddRepeat { node } => self.add_repeat(node),
            Step::RemoveRepeat { node } => self.remove_repeat(node),
            Step::Language { value } => self.set_language(value),
        }
    }

    /// Does steps in order; stops at the first that is refused and says which (index from 0).
    pub fn apply_steps(&mut self, steps: &[Step]) -> Result<(), (usize, SetError)> {
        for (i, step) in steps.iter().enumerate() {
            self.apply(step).map_err(|e| (i, e))?;
        }
        Ok(())
    }

    /// Answers a question. `value` is text: numbers in decimal notation, dates ISO, choices by name (several
    /// joined by spaces), photos by file name or hash; "" clears.
    pub fn set(&mut self, reference: &str, value: &str) -> Result<Changes, SetError> {
        let id = self.find_node(reference).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        let form = self.form().clone();
        let node = self.node_at(id).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        let item = form.item(node.item).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        if node.role != Role::Leaf || !item.kind.is_question() || self.is_read_only(id) {
            return Err(SetError::ReadOnly(reference.into()));
        }
        if !node.relevant {
            return Err(SetError::NotRelevant(reference.into()));
        }
        let value = self.checked(id, item, reference, value)?;
        self.assign(id, value);
        self.settle();
        Ok(self.take_changes())
    }

    /// Adds an instance at the end of a repeat (`/data/rooms`); its reference is in `added`.
    pub fn add_repeat(&mut self, reference: &str) -> Result<Changes, SetError> {
        let id = self.find_node(reference).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        let node = self.node_at(id).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        if node.role != Role::Range || self.is_counted(id) {
            return Err(SetError::NotARepeat(reference.into()));
        }
        if !node.relevant {
            return Err(SetError::NotRelevant(reference.into()));
        }
        self.add_instance(id, false).ok_or(SetError::Full)?;
        self.settle();
        Ok(self.take_changes())
    }

    /// Removes an instance of a repeat (`/data/rooms[2]`).
    pub fn remove_repeat(&mut self, reference: &str) -> Result<Changes, SetError> {
        let id = self.find_node(reference).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        let node = self.node_at(id).ok_or_else(|| SetError::NoSuchNode(reference.into()))?;
        let range = node.parent.unwrap_or(0);
        if node.role != Role::Instance || self.is_counted(range) {
            return Err(SetError::NotARepeat(reference.into()));
        }
        self.drop_instance(id);
        self.settle();
        Ok(self.take_changes())
    }

    /// Changes the language of labels.
    pub fn set_language(&mut self, language: &str) -> Result<Changes, SetError> {
        let index = self.form().language_index(language).ok_or_else(|| SetError::NoSuchLanguage(language.into()))?;
        let language = index != self.language;
        if language {
            self.language = index;
            // Labels of choices may stand in computed values (`jr:choice-name`).
            self.queue_all_values();
            self.settle();
            self.changed.extend((0..self.nodes.len()).filter_map(|i| u32::try_from(i).ok()));
        }
        Ok(Changes { language, ..self.take_changes() })
    }

    fn queue_all_values(&mut self) {
        use crate::form::program::Part;
        let program = self.program.clone();
        for id in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(id).filter(|n| n.alive) else { continue };
            let labelled = program.items.get(node.item).and_then(|c| c.calculation.as_ref()).is_some_and(names_choices);
            if let (true, Ok(id)) = (labelled, u32::try_from(id)) {
                let rank = program.ranks.get(&(node.item, Part::Value)).copied().unwrap_or(u32::MAX);
                self.queue.insert((rank, Part::Value, id));
            }
        }
    }

    pub(super) fn is_counted(&self, range: u32) -> bool {
        let item = self.node_at(range).map_or(0, |n| n.item);
        self.program.items.get(item).is_some_and(|c| c.count.is_some())
    }

    /// Own or inherited; what has no question is never open to change.
    pub(super) fn is_read_only(&self, id: u32) -> bool {
        let mut at = Some(id);
        while let Some(node) = at.and_then(|a| self.node_at(a)) {
            if node.read_only {
                return true;
            }
            at = node.parent;
        }
        false
    }

    /// The value in the form in which it is kept.
    pub(super) fn checked(&self, id: u32, item: &Item, reference: &str, value: &str) -> Result<String, SetError> {
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Ok(String::new());
        }
        let malformed = |kind: &'static str| SetError::Malformed { node: reference.into(), value: value.into(), kind };
        let zone = *self.now.offset();
        Ok(match item.kind {
            Kind::Integer => {
                let number: i64 = trimmed.parse().map_err(|_| malformed("integer"))?;
                number.to_string()
            }
            Kind::Decimal | Kind::Range => {
                plain_number(trimmed).filter(|n| n.is_finite()).ok_or_else(|| malformed("decimal"))?;
                trimmed.to_owned()
            }
            Kind::Date => {
                let day = trimmed.split('T').next().unwrap_or_default();
                crate::clock::parse_day(day).ok_or_else(|| malformed("date"))?.to_string()
            }
            Kind::Time => {
                dates::parse_time(trimmed).ok_or_else(|| malformed("time"))?;
                trimmed.to_owned()
            }
            Kind::DateTime => {
                dates::parse_moment(trimmed, zone).ok_or_else(|| malformed("dateTime"))?;
                trimmed.to_owned()
            }
            Kind::Geopoint => {
                let numbers: Option<Vec<f64>> = trimmed.split_whitespace().map(plain_number).collect();
                let place = match numbers.as_deref() {
                    Some([lat, lon, rest @ ..]) if rest.len() <= 2 && lat.abs() <= 90.0 && lon.abs() <= 180.0 => {
                        [*lat, *lon, rest.first().copied().unwrap_or(0.0), rest.get(1).copied().unwrap_or(0.0)]
                    }
                    _ => return Err(malformed("geopoint")),
                };
                // What a device says that has no position.
                if place == [0.0; 4] { String::new() } else { geopoint_text(place, numbers.map_or(4, |n| n.len())) }
            }
            Kind::Acknowledge => match trimmed {
                "OK" | "true" | "1" => "OK".to_owned(),
                _ => return Err(malformed("acknowledge")),
            },
            Kind::SelectOne => {
                if !self.offers(id, trimmed) {
                    return Err(SetError::NotOffered { node: reference.into(), value: trimmed.into() });
                }
                trimmed.to_owned()
            }
            Kind::SelectMultiple | Kind::Rank => {
                let mut kept: Vec<&str> = Vec::new();
                for word in trimmed.split_whitespace() {
                    if !self.offers(id, word) {
                        return Err(SetError::NotOffered { node: reference.into(), value: word.into() });
                    }
                    if !kept.contains(&word) {
                        kept.push(word);
                    }
                }
                kept.join(" ")
            }
            _ => value.to_owned(),
        })
    }

    fn offers(&self, id: u32, value: &str) -> bool {
        self.offered(id).iter().any(|(_, row)| row.name == value)
    }

    /// A value from typed JSON: text, number, true, or an array of names.
    pub(super) fn json_text(value: &Json) -> String {
        match value {
            Json::String(s) => s.clone(),
            Json::Number(n) => n.to_string(),
            Json::Bool(true) => "OK".into(),
            Json::Array(list) => list.iter().map(Session::json_text).collect::<Vec<_>>().join(" "),
            Json::Bool(false) | Json::Null | Json::Object(_) => String::new(),
        }
    }

    pub(super) fn take_changes(&mut self) -> Changes {
        let changed = std::mem::take(&mut self.changed);
        let added = std::mem::take(&mut self.added);
        let is_alive = |id: &u32| self.node_at(*id).is_some_and(|n| n.alive);
        Changes {
            changed: changed.iter().filter(|id| is_alive(id)).map(|id| self.reference(*id)).collect(),
            added: added.iter().filter(|id| is_alive(id)).map(|id| self.reference(*id)).collect(),
            removed: std::mem::take(&mut self.removed),
            language: false,
            evaluations: std::mem::take(&mut self.evaluations),
        }
    }
}

/// Latitude and longitude as they are, altitude and accuracy with a decimal, as the ODK engines write them.
fn geopoint_text(place: [f64; 4], parts: usize) -> String {
    let texts = place.iter().enumerate().map(|(i, n)| if i < 2 { format!("{n}") } else { format!("{n:?}") });
    texts.take(parts.max(2)).collect::<Vec<_>>().join(" ")
}

fn names_choices(expr: &crate::form::expr::Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |e| {
        found |= matches!(e, crate::form::expr::Expr::Call(name, _) if name == "jr:choice-name" || name == "instance");
    });
    found
}
