//! A form being filled in. `Session` holds the nodes and their computed state; every change goes through
//! [`Session::apply`], so that the tablet can keep each [`Step`] and get the same session by replaying them.
//!
//! Read in this order: `tree` (the nodes, as expressions see them) → `recompute` (what a change touches) →
//! `change` (the steps) → `state` (what a screen shows) → `pages` (the sections) → `answers` (typed JSON).

mod answers;
mod change;
mod pages;
mod recompute;
mod state;
mod tree;

pub use change::{Changes, SetError, Step};
pub use pages::{Instance, Page, PageKind};
pub use state::{Choice, NodeKind, NodeState, Violation, ViolationAt};

use super::model::{Form, ItemId};
use super::program::{BrokenForm, Part, Program};
use chrono::{DateTime, FixedOffset};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a node is in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Group,
    /// Stands for a repeat; its children are the instances.
    Range,
    Instance,
    Leaf,
}

/// A node. Removed nodes stay in the arena, so that indexes never change; `alive` says so.
#[derive(Debug, Clone)]
struct Node {
    item: ItemId,
    parent: Option<u32>,
    children: Vec<u32>,
    role: Role,
    alive: bool,
    value: String,
    own_relevant: bool,
    relevant: bool,
    required: bool,
    read_only: bool,
    valid: bool,
    /// Rows of the choice list that pass the filter; none when there is no filter.
    choices: Option<Vec<u32>>,
}

/// A form being filled in: answers, and everything that follows from them.
#[derive(Debug, Clone)]
pub struct Session {
    program: Arc<Program>,
    now: DateTime<FixedOffset>,
    language: usize,
    nodes: Vec<Node>,
    /// Parts to compute, by rank.
    queue: BTreeSet<(u32, Part, u32)>,
    /// Nodes whose default is an expression that is still to be evaluated.
    defaults: Vec<u32>,
    seed: Cell<u64>,
    changed: BTreeSet<u32>,
    added: Vec<u32>,
    removed: Vec<String>,
    evaluations: usize,
}

/// Nodes that a session may have; a form that asks for more stops growing.
const MAX_NODES: usize = 200_000;
/// Instances that `repeat_count` may ask for.
const MAX_INSTANCES: f64 = 5_000.0;

impl Session {
    /// Opens a form. `now` is what `now()` and `today()` say in this session, with the time zone of the place;
    /// `language` is a code (`zh`), a name (`English`) or the whole heading (`English (en)`); an unknown one
    /// means the form's own first choice.
    pub fn new(form: impl Into<Arc<Form>>, now: DateTime<FixedOffset>, language: &str) -> Result<Session, BrokenForm> {
        Ok(Session::on(Arc::new(Program::compile(form.into())?), now, language))
    }

    /// Opens a form that is already compiled.
    pub fn on(program: Arc<Program>, now: DateTime<FixedOffset>, language: &str) -> Session {
        let language = program.form().language_index(language).unwrap_or(program.form().default_language);
        let mut session = Session {
            seed: Cell::new(now.timestamp_millis().unsigned_abs()),
            program,
            now,
            language,
            nodes: Vec::new(),
            queue: BTreeSet::new(),
            defaults: Vec::new(),
            changed: BTreeSet::new(),
            added: Vec::new(),
            removed: Vec::new(),
            evaluations: 0,
        };
        session.build(0, None, true);
        session.settle();
        session.take_changes();
        session
    }

    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        self.program.form()
    }

    /// The form, compiled; for opening another session on it or evaluating rules.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The language in use, as the form names it.
    pub fn language(&self) -> &str {
        self.form().languages.get(self.language).map_or("", String::as_str)
    }

    /// What `now()` says here.
    pub fn now(&self) -> DateTime<FixedOffset> {
        self.now
    }

    /// How many nodes are in the tree (for tests and limits).
    pub fn len(&self) -> usize {
        self.nodes.iter().filter(|n| n.alive).count()
    }

    /// Never: there is always a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The same answers seen in another language, for texts in several languages.
    pub(super) fn in_language(&self, language: usize) -> Session {
        let mut other = self.clone();
        other.language = language;
        other
    }
}
