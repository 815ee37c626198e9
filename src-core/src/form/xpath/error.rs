//! What is wrong with an expression, and where in it.

use std::ops::Range;

/// Why an expression cannot be read or has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (at character {})", .at.start + 1)]
pub struct XPathError {
    /// Bytes of the expression.
    pub at: Range<usize>,
    /// What is wrong.
    pub kind: XPathErrorKind,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XPathErrorKind {
    /// Does not follow the grammar.
    #[error("{0}")]
    Syntax(String),
    /// No such function.
    #[error("there is no function {name}(){}", .meant.as_ref().map_or(String::new(), |m| format!("; was {m}() meant?")))]
    UnknownFunction {
        /// As written.
        name: String,
        /// The nearest name that exists.
        meant: Option<String>,
    },
    /// Too few or too many arguments.
    #[error("{name}() takes {takes}, not {got}")]
    Arguments {
        /// The function.
        name: String,
        /// How many it takes, in words.
        takes: String,
        /// How many were given.
        got: usize,
    },
    /// A prefix that nobody declared.
    #[error("the prefix {0}: is not declared")]
    UnknownPrefix(String),
    /// Not nodes where nodes are needed, an unreadable date, a pattern that is not one, and so on.
    #[error("{0}")]
    Value(String),
    /// Too long, too deep, or too much work.
    #[error("{0}")]
    Limit(&'static str),
}

impl XPathError {
    pub(crate) fn new(at: Range<usize>, kind: XPathErrorKind) -> Self {
        Self { at, kind }
    }

    pub(crate) fn syntax(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(at, XPathErrorKind::Syntax(message.into()))
    }

    pub(crate) fn value(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(at, XPathErrorKind::Value(message.into()))
    }
}
