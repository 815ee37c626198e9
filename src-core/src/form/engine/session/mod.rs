//! A form that is being filled in. What a person does is a [`Step`]; what it changes is computed along the
//! definition's graph, so that an answer touches only what depends on it, and is given back as an [`Outcome`].
//!
//! Two representations are kept in step: the nodes here, with everything that a screen shows, and the primary
//! instance as a document, with the values as expressions see them (blank where not relevant).
//!
//! Read in this order: this file (opening, steps) → [`tree`] (nodes and repeats) → [`recompute`] (what follows from
//! a change) → [`evaluate`] (expressions) → [`choices`], [`texts`] → [`state`] (what is given out) → [`submission`].

mod choices;
mod evaluate;
mod items;
mod recompute;
mod state;
mod submission;
mod texts;
mod tree;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

pub use choices::ChoiceList;
use state::Before;
pub use state::{Change, Media, NodeKind, NodeState, ViolationKind};

use super::definition::{ControlKind, Definition, NodeRole, RepeatCount, Slot};
use crate::form::language::language_index;
use crate::xml::{Document, NodeId};
use evaluate::Secondary;
use tree::{Ix, Node};

/// Nodes of one session, all instances of repeats included.
pub(super) const MOST_NODES: usize = 100_000;
/// Computations that one step may cause.
const MOST_COMPUTATIONS: usize = 1_000_000;
/// Nodes that the expressions of one step may look at, all together: some seconds of work.
const MOST_WORK: u64 = 200_000_000;
/// How often one computation may be done again within one step before it counts as going round in circles.
const MOST_ROUNDS: u32 = 50;

/// What a form needs to know of the world.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The time, with the offset of the place.
    pub now: DateTime<FixedOffset>,
    /// `deviceid`, `username`, `email`, `phonenumber`, by the name that `jr:preloadParams` uses.
    pub properties: BTreeMap<String, String>,
    /// Files that the form wants as secondary instances, by the instance's name; what is missing is empty.
    pub instances: BTreeMap<String, Arc<Document>>,
    /// The language to start with, by its name or code; the form's own if it has no such.
    pub language: Option<String>,
    /// What `uuid()` and `random()` are made from.
    pub seed: u64,
}

impl Environment {
    /// Nothing but a time.
    #[must_use]
    pub fn at(now: DateTime<FixedOffset>) -> Self {
        Self { now, properties: BTreeMap::new(), instances: BTreeMap::new(), language: None, seed: 0 }
    }
}

/// Something that a person does. The tablet's journal keeps these; replaying them on a new session of the same form with
/// the same times gives the same session. References are as they were at that moment.
///
/// JSON: `{"op":"set","ref":"/data/rooms[1]/temperature","value":"17.5"}`, `{"op":"addRepeat","ref":"/data/rooms"}`,
/// `{"op":"removeRepeat","ref":"/data/rooms[2]"}`, `{"op":"language","value":"en"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", try_from = "Written")]
pub enum Step {
    /// Answers a question; an empty value clears it.
    Set {
        /// `/data/rep[2]/name`
        #[serde(rename = "ref")]
        reference: String,
        /// The value as text; chosen values are separated by blanks.
        value: String,
    },
    /// Adds an instance at the end of a repeat.
    AddRepeat {
        /// `/data/rep`
        #[serde(rename = "ref")]
        reference: String,
    },
    /// Removes an instance of a repeat; later ones move up.
    RemoveRepeat {
        /// `/data/rep[2]`
        #[serde(rename = "ref")]
        reference: String,
    },
    /// Shows the form in another language.
    Language {
        /// As the form names it, or its code.
        #[serde(rename = "value")]
        language: String,
    },
}

/// A step as it is written. Read as a list of fields and then understood: serde's own way to read a tag keeps whole
/// values aside first, which costs the pages 4 kB.
#[derive(Deserialize)]
struct Written {
    op: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    value: Option<String>,
    /// Another name for the value of `language`.
    language: Option<String>,
}

impl TryFrom<Written> for Step {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { op, reference, value, language } = written;
        let missing = |field: &str| format!("{op} without {field}");
        let reference = reference.ok_or_else(|| missing("ref"));
        Ok(match op.as_str() {
            "set" => Self::Set { reference: reference?, value: value.unwrap_or_default() },
            "addRepeat" => Self::AddRepeat { reference: reference? },
            "removeRepeat" => Self::RemoveRepeat { reference: reference? },
            "language" => Self::Language { language: value.or(language).ok_or_else(|| missing("value"))? },
            _ => return Err(format!("there is no step {op}")),
        })
    }
}

/// A step and the time when it was done: what [`Session::replay`] does again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedStep {
    /// The session's time.
    pub now: DateTime<FixedOffset>,
    /// What was done.
    pub step: Step,
}

/// Why a step changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The reference names nothing.
    NoSuchNode,
    /// The node has no value.
    NoValue,
    /// The node is readonly.
    Readonly,
    /// The value is outside the range, or is none of the items to rank.
    NotAllowed,
    /// The reference names no repeat, or no instance of one.
    NoRepeat,
    /// The number of instances is not the person's to choose.
    Controlled,
    /// The form has no such language.
    NoSuchLanguage,
    /// The session would become too large.
    TooLarge,
}

/// What a step did.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Nodes that are other than before, in the order of the form.
    pub changes: Vec<Change>,
    /// References that name nothing any more.
    pub removed: Vec<String>,
    /// Why nothing was done.
    pub refused: Option<Refusal>,
}

/// A form being filled in.
#[derive(Debug)]
pub struct Session {
    definition: Arc<Definition>,
    environment: Environment,
    language: usize,
    document: Document,
    secondary: Secondary,
    nodes: Vec<Node>,
    alive: usize,
    draws: std::cell::Cell<u64>,
    /// What is left of [`MOST_WORK`] for this step.
    work: std::cell::Cell<u64>,
    queue: BTreeSet<(u32, Ix, Slot)>,
    rounds: HashMap<(Ix, Slot), u32>,
    /// Values before this step of nodes whose change triggers actions.
    pending: BTreeMap<Ix, String>,
    before: Before,
    opening: bool,
    /// Nodes with actions that have come into being, and whether the form was being opened then.
    started: Vec<(Ix, bool)>,
    /// Choice lists that are the same for all questions and times, by their expressions and the language.
    constant_lists: HashMap<(String, String, String, usize), Arc<ChoiceList>>,
    by_xml: HashMap<NodeId, Ix>,
    steps: Vec<LoggedStep>,
    items: items::ItemIndexes,
    /// Texts that say what went wrong while computing, for authors.
    faults: BTreeSet<String>,
}

impl Session {
    /// Opens an empty form.
    #[must_use]
    pub fn open(definition: Arc<Definition>, environment: Environment) -> Self {
        let wanted = environment.language.as_deref();
        let language = wanted.and_then(|l| language_index(&definition.languages, l)).unwrap_or(0);
        let secondary = Secondary::new(&definition, &environment);
        let mut session = Self {
            definition,
            environment,
            language,
            document: Document::new(),
            secondary,
            nodes: Vec::new(),
            alive: 0,
            draws: std::cell::Cell::new(0),
            work: std::cell::Cell::new(MOST_WORK),
            queue: BTreeSet::new(),
            rounds: HashMap::new(),
            pending: BTreeMap::new(),
            before: Before::default(),
            opening: true,
            started: Vec::new(),
            constant_lists: HashMap::new(),
            by_xml: HashMap::new(),
            steps: Vec::new(),
            items: items::ItemIndexes::default(),
            faults: BTreeSet::new(),
        };
        session.build();
        session.settle();
        session.opening = false;
        session.before = Before::default();
        session
    }

    /// Opens a form and does again what was done: the same steps give the same session, byte for byte.
    #[must_use]
    pub fn replay(definition: Arc<Definition>, environment: Environment, steps: &[LoggedStep]) -> Self {
        let mut session = Self::open(definition, environment);
        for LoggedStep { now, step } in steps {
            session.set_now(*now);
            session.apply(step);
        }
        session
    }

    /// The form.
    #[must_use]
    pub fn definition(&self) -> &Arc<Definition> {
        &self.definition
    }

    /// The steps that were done, in order, without those that were refused.
    #[must_use]
    pub fn steps(&self) -> &[LoggedStep] {
        &self.steps
    }

    /// What went wrong while computing, in words for the form's author.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.faults.iter().map(String::as_str)
    }

    /// The language that the form is shown in.
    #[must_use]
    pub fn language(&self) -> &str {
        self.definition.languages.get(self.language).map_or("", String::as_str)
    }

    /// What a value would become if it answered this question; blank if it is no value of the question's type, or no
    /// choice that is offered.
    ///
    /// # Errors
    /// Why it would not be taken.
    pub fn taken(&self, reference: &str, value: &str) -> Result<String, Refusal> {
        let ix = self.find(reference).ok_or(Refusal::NoSuchNode)?;
        if self.def(ix).role != NodeRole::Value {
            return Err(Refusal::NoValue);
        }
        if self.node(ix).readonly {
            return Err(Refusal::Readonly);
        }
        self.chosen(ix, value).ok_or(Refusal::NotAllowed)
    }

    /// Texts are in another language from now on. No step: nobody asked for it who fills the form in.
    pub fn speak(&mut self, language: &str) {
        self.rounds.clear();
        self.work.set(MOST_WORK);
        if self.set_language(language).is_ok() {
            self.settle();
        }
        self.before = Before::default();
    }

    /// What the clock says here.
    #[must_use]
    pub fn now(&self) -> DateTime<FixedOffset> {
        self.environment.now
    }

    /// The clock goes on. Nothing is computed again for that alone.
    pub fn set_now(&mut self, now: DateTime<FixedOffset>) {
        self.environment.now = now;
    }

    /// Does a step and gives what it changed.
    pub fn apply(&mut self, step: &Step) -> Outcome {
        self.before = Before::default();
        self.rounds.clear();
        self.work.set(MOST_WORK);
        let done = match step {
            Step::Set { reference, value } => self.set(reference, value),
            Step::AddRepeat { reference } => self.add_repeat(reference),
            Step::RemoveRepeat { reference } => self.remove_repeat(reference),
            Step::Language { language } => self.set_language(language),
        };
        if let Err(refusal) = done {
            return Outcome { refused: Some(refusal), ..Outcome::default() };
        }
        self.settle();
        self.steps.push(LoggedStep { now: self.environment.now, step: step.clone() });
        self.outcome()
    }

    fn set(&mut self, reference: &str, value: &str) -> Result<(), Refusal> {
        let base = self.taken(reference, value)?;
        let ix = self.find(reference).ok_or(Refusal::NoSuchNode)?;
        self.set_base(ix, base);
        Ok(())
    }

    fn add_repeat(&mut self, reference: &str) -> Result<(), Refusal> {
        let range = self.find(reference).filter(|&ix| self.is_range(ix)).ok_or(Refusal::NoRepeat)?;
        if !matches!(self.def(range).role, NodeRole::Repeat { count: RepeatCount::Free, .. }) {
            return Err(Refusal::Controlled);
        }
        if self.alive >= MOST_NODES {
            return Err(Refusal::TooLarge);
        }
        let count = self.node(range).children.len() + 1;
        self.resize(range, count);
        Ok(())
    }

    fn remove_repeat(&mut self, reference: &str) -> Result<(), Refusal> {
        let instance = self.find(reference).filter(|&ix| self.is_instance(ix)).ok_or(Refusal::NoRepeat)?;
        if !matches!(self.def(instance).role, NodeRole::Repeat { count: RepeatCount::Free, .. }) {
            return Err(Refusal::Controlled);
        }
        let range = self.node(instance).parent.ok_or(Refusal::NoRepeat)?;
        let at = self.node(range).children.iter().position(|&c| c == instance).ok_or(Refusal::NoRepeat)?;
        self.remove_instances(range, at, 1);
        Ok(())
    }

    fn set_language(&mut self, language: &str) -> Result<(), Refusal> {
        let at = language_index(&self.definition.languages, language).ok_or(Refusal::NoSuchLanguage)?;
        if at != self.language {
            self.touch(Ix::ROOT);
            self.language = at;
            let definition = Arc::clone(&self.definition);
            for &(def, slot) in definition.graph.language_readers() {
                for ix in self.targets(Ix::ROOT, def, 0) {
                    self.enqueue(ix, slot);
                }
            }
        }
        Ok(())
    }

    fn is_select(&self, ix: Ix) -> bool {
        self.control_kind(ix)
            .is_some_and(|kind| matches!(kind, ControlKind::SelectOne | ControlKind::SelectMany | ControlKind::Rank))
    }

    fn control_kind(&self, ix: Ix) -> Option<ControlKind> {
        self.def(ix).control.as_ref().map(|c| c.kind)
    }

    fn xml(&self, ix: Ix) -> NodeId {
        self.node(ix).xml
    }
}
