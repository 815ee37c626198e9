//! What an evaluation needs from outside.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset};

use super::value::Node;

/// Which of the two ODK engines is followed where they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// ODK Web Forms: texts that are dates count as numbers, what is not a number is empty as text, numbers are read
    /// and written as in ECMAScript, an unreadable date is not a number.
    #[default]
    XForms,
    /// JavaRosa (ODK Collect): strict XPath 1.0 numbers, whole days as the number of a date, equality with a
    /// tolerance of 1e-12, an unreadable date or shape is an error.
    JavaRosa,
}

/// The offsets of a place from UTC. The core has no database of time zones.
pub trait Zone {
    /// Seconds east of UTC at an instant, in milliseconds since 1970.
    fn offset_at(&self, utc_ms: i64) -> i32;
}

impl Zone for FixedOffset {
    fn offset_at(&self, _: i64) -> i32 {
        self.local_minus_utc()
    }
}

/// What an expression can ask its surroundings. Everything has an answer for an expression that stands alone.
pub trait Scope<'d> {
    /// The node for `instance('id')`: its children are looked at next, so it is a document or an `<instance>`.
    fn instance(&self, id: &str) -> Option<Node<'d>> {
        let _ = id;
        None
    }

    /// The nodes of `jr:itext('id')` in the current language.
    fn itext(&self, id: &str) -> Vec<Node<'d>> {
        let _ = id;
        Vec::new()
    }

    /// The label of a choice with this value, of the question that this node belongs to.
    fn choice_name(&self, value: &str, question: Node<'d>) -> Option<Cow<'d, str>> {
        let _ = (value, question);
        None
    }

    /// The URI of a prefix; of the empty prefix the default namespace of the expression, in which names without a
    /// prefix are found as well as in none.
    fn namespace(&self, prefix: &str) -> Option<&str> {
        let _ = prefix;
        None
    }

    /// Work was done: so many nodes were looked at. False: it is too much, for all expressions of a step together.
    fn spend(&self, nodes: u64) -> bool {
        let _ = nodes;
        true
    }

    /// A number from 0 up to 1, another one each time.
    fn random(&self) -> f64 {
        0.0
    }

    /// What a function says that only the engine knows, such as `pulldata` from a table or a property of the device.
    fn function(&self, name: &str, arguments: &[Cow<'d, str>]) -> Option<Cow<'d, str>> {
        let _ = (name, arguments);
        None
    }
}

/// A scope without anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Scope<'_> for Nothing {}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub struct Context<'c, 'd> {
    /// The context node, which is also `current()`.
    pub node: Node<'d>,
    /// Where absolute paths begin: the document, or the `<instance>` that holds the primary instance. No path leads
    /// out of it.
    pub root: Node<'d>,
    /// `position()`, from 1.
    pub position: usize,
    /// `last()`
    pub size: usize,
    /// The instant of `now()`, at the offset of the place.
    pub now: DateTime<FixedOffset>,
    /// The zone in which dates without an offset are.
    pub zone: &'c dyn Zone,
    /// Whose rules are followed.
    pub dialect: Dialect,
    /// The language of month and day names (`zh`, `en`).
    pub language: &'c str,
    /// What else may be asked.
    pub scope: &'c dyn Scope<'d>,
}
