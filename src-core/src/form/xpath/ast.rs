//! Expressions as trees. Operators of one level are kept side by side and not nested, so that long sums and long
//! lists of conditions are neither deep nor slow.

use std::ops::Range;

use super::functions::{Function, Pattern};
use crate::xml::NameCache;

/// Bytes of the expression's text.
pub type Span = Range<usize>;

/// An expression.
#[derive(Debug, Clone)]
pub enum Expr {
    /// `1.5`
    Number(f64),
    /// `'text'`
    Literal(Box<str>),
    /// `-x`: one sign; two are none, but make a number of it.
    Negate {
        /// How many signs.
        signs: usize,
        /// What they stand before.
        of: Box<Expr>,
    },
    /// `a or b or c`
    Or(Vec<Expr>),
    /// `a and b and c`
    And(Vec<Expr>),
    /// `a + b - c`, `a * b`, `a = b`, `a < b`: operators of one level, left to right.
    Chain {
        /// The leftmost.
        first: Box<Expr>,
        /// What follows it.
        rest: Vec<(Operator, Expr)>,
    },
    /// `a | b`
    Union(Vec<Expr>),
    /// A location path.
    Path(Path),
    /// A call of a function.
    Call(Call),
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Div,
    Mod,
}

/// `name(argument, …)`
#[derive(Debug, Clone)]
pub struct Call {
    /// The prefix as written; empty if none.
    pub prefix: Box<str>,
    /// The name after the prefix.
    pub name: Box<str>,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// Where the call stands.
    pub at: Span,
    pub(super) function: Option<&'static Function>,
    pub(super) pattern: Pattern,
}

impl Call {
    /// Whether it calls this function of the default library.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.prefix.is_empty() && &*self.name == name
    }
}

/// Where a path begins.
#[derive(Debug, Clone)]
pub enum Base {
    /// `/…`
    Root,
    /// A relative path: begins at the context node.
    Context,
    /// `instance('x')/…`, `current()/…`, `(…)[1]/…`
    Expr {
        /// What gives the nodes.
        of: Box<Expr>,
        /// Predicates on all of them.
        predicates: Vec<Expr>,
    },
}

/// A location path.
#[derive(Debug, Clone)]
pub struct Path {
    /// Where it begins.
    pub base: Base,
    /// The steps from there.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub at: Span,
}

/// One step of a path.
#[derive(Debug, Clone)]
pub struct Step {
    /// In which direction.
    pub axis: Axis,
    /// Which nodes.
    pub test: NodeTest,
    /// Which of those.
    pub predicates: Vec<Expr>,
    /// Where it stands.
    pub at: Span,
    pub(super) cache: NameCache,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Namespace,
    Parent,
    Preceding,
    PrecedingSibling,
    SelfNode,
}

impl Axis {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ancestor" => Self::Ancestor,
            "ancestor-or-self" => Self::AncestorOrSelf,
            "attribute" => Self::Attribute,
            "child" => Self::Child,
            "descendant" => Self::Descendant,
            "descendant-or-self" => Self::DescendantOrSelf,
            "following" => Self::Following,
            "following-sibling" => Self::FollowingSibling,
            "namespace" => Self::Namespace,
            "parent" => Self::Parent,
            "preceding" => Self::Preceding,
            "preceding-sibling" => Self::PrecedingSibling,
            "self" => Self::SelfNode,
            _ => return None,
        })
    }

    /// Whether positions count from the context node backwards.
    #[must_use]
    pub fn is_reverse(self) -> bool {
        matches!(self, Self::Ancestor | Self::AncestorOrSelf | Self::Preceding | Self::PrecedingSibling)
    }
}

/// Which nodes a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeTest {
    /// `name`, `p:name`
    Name {
        /// Empty: none.
        prefix: Box<str>,
        /// The local name.
        local: Box<str>,
    },
    /// `*`, and with a prefix `p:*`
    Any {
        /// Empty: any namespace.
        prefix: Box<str>,
    },
    /// `node()`
    Node,
    /// `text()`
    Text,
    /// `comment()`
    Comment,
    /// `processing-instruction()`, with or without a target.
    Instruction(Option<Box<str>>),
}
