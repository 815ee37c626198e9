//! The values of expressions and how one kind becomes another.

use std::borrow::Cow;

use crate::xml::{Document, NodeId};

use super::number;
use super::scope::{Dialect, Zone};
use super::time;

/// A node of one of the documents that take part.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    /// The document.
    pub doc: &'d Document,
    /// The node in it.
    pub id: NodeId,
}

impl<'d> Node<'d> {
    /// A node.
    #[must_use]
    pub fn new(doc: &'d Document, id: NodeId) -> Self {
        Self { doc, id }
    }

    /// Its string value.
    #[must_use]
    pub fn text(&self) -> Cow<'d, str> {
        self.doc.string_value(self.id)
    }

    /// The same document, another node.
    #[must_use]
    pub fn with(&self, id: NodeId) -> Self {
        Self { doc: self.doc, id }
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.doc, other.doc)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} <{}>", self.id, self.doc.name(self.id).qualified())
    }
}

/// The value of an expression.
#[derive(Debug, Clone)]
pub enum Value<'d> {
    /// True or false.
    Boolean(bool),
    /// A double, as XPath 1.0 has it.
    Number(f64),
    /// A date or time: counts as a number of days since 1970, reads as a date.
    Date {
        /// Days since 1970-01-01T00:00Z, not a number for a date that is none.
        days: f64,
        /// How it reads.
        text: Box<str>,
    },
    /// A text.
    String(Cow<'d, str>),
    /// Nodes, in document order unless a function says otherwise.
    Nodes(Vec<Node<'d>>),
}

/// What conversions depend on.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'c> {
    pub dialect: Dialect,
    pub zone: &'c dyn Zone,
}

impl Rules<'_> {
    /// A text as a number; a date counts as days.
    pub fn number_of(&self, text: &str) -> f64 {
        match self.dialect {
            Dialect::JavaRosa => number::parse_javarosa(text),
            Dialect::XForms => match number::parse(text) {
                n if n.is_nan() && time::looks_like_date(text) => {
                    time::parse(text, self.zone).map_or(f64::NAN, |moment| moment.days())
                }
                n => n,
            },
        }
    }
}

impl<'d> Value<'d> {
    pub(crate) fn text(text: impl Into<Cow<'d, str>>) -> Self {
        Self::String(text.into())
    }

    pub(crate) fn boolean(&self) -> bool {
        match self {
            Self::Boolean(b) => *b,
            Self::Number(n) | Self::Date { days: n, .. } => *n != 0.0 && !n.is_nan(),
            Self::String(s) => !s.is_empty(),
            Self::Nodes(nodes) => !nodes.is_empty(),
        }
    }

    pub(crate) fn number(&self, rules: Rules<'_>) -> f64 {
        match self {
            Self::Boolean(b) => f64::from(u8::from(*b)),
            Self::Number(n) | Self::Date { days: n, .. } => *n,
            Self::String(s) => rules.number_of(s),
            Self::Nodes(nodes) => nodes.first().map_or(f64::NAN, |n| rules.number_of(&n.text())),
        }
    }

    pub(crate) fn string(self, rules: Rules<'_>) -> Cow<'d, str> {
        match self {
            Self::Boolean(b) => Cow::Borrowed(if b { "true" } else { "false" }),
            Self::Number(n) => number::write(n, rules.dialect),
            Self::Date { text, .. } => Cow::Owned(text.into_string()),
            Self::String(s) => s,
            Self::Nodes(nodes) => nodes.first().map_or(Cow::Borrowed(""), Node::text),
        }
    }
}
