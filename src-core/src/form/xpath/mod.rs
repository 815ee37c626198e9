//! XPath 1.0 and the ODK XForms functions over [`xml`](crate::xml) documents.
//!
//! Read in this order: [`ast`] (what an expression is) → `lex`, `parse` → `paths` (what it looks at, for dependencies) →
//! [`scope`] (what it needs from outside) → [`value`] → `eval`, `axes`, `predicates`, `compare` → `functions`.
//!
//! Evaluation never panics, and never takes long: depth, length and the number of nodes looked at are limited, and
//! going beyond is an error with its place.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use huce_core::form::xpath::{Context, Dialect, Expression, Node, Nothing};
//! use huce_core::xml::{Document, NodeId};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let doc = Document::parse("<data><room><t>17.5</t></room><room><t>21</t></room></data>")?;
//! let root = Node::new(&doc, NodeId::DOCUMENT);
//! let now = DateTime::<Utc>::UNIX_EPOCH.fixed_offset();
//! let context = Context {
//!     node: root,
//!     root,
//!     position: 1,
//!     size: 1,
//!     now,
//!     zone: now.offset(),
//!     dialect: Dialect::XForms,
//!     language: "en",
//!     scope: &Nothing,
//! };
//! assert_eq!(Expression::parse("count(/data/room[t < 18])")?.number(&context)?, 1.0);
//! assert_eq!(Expression::parse("max(/data/room/t)")?.string(&context)?, "21");
//! # Ok(())
//! # }
//! ```

pub mod ast;
mod axes;
#[cfg(feature = "workbook")]
pub mod cases;
mod compare;
mod error;
mod eval;
mod functions;
mod lex;
mod number;
mod parse;
mod paths;
mod predicates;
pub mod scope;
#[cfg(test)]
mod tests;
mod time;
pub mod value;

use std::borrow::Cow;

pub use ast::{Base, Call, Expr, Path, Step};
pub use error::{XPathError, XPathErrorKind};
pub use paths::{Part, Reference};
pub use scope::{Context, Dialect, Nothing, Scope, Zone};
pub use value::{Node, Value};

use eval::Eval;

/// An expression that can be evaluated.
#[derive(Debug, Clone)]
pub struct Expression {
    text: Box<str>,
    expr: Expr,
}

impl Expression {
    /// Reads an expression. Functions that do not exist are an error only when they are called; see
    /// [`problems`](Self::problems).
    pub fn parse(text: &str) -> Result<Self, XPathError> {
        Ok(Self { text: text.into(), expr: parse::parse(text)? })
    }

    /// An expression from a tree that was changed, with the text to be shown for it.
    #[must_use]
    pub fn from_expr(text: &str, expr: Expr) -> Self {
        Self { text: text.into(), expr }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tree.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Unknown functions and wrong numbers of arguments.
    #[must_use]
    pub fn problems(&self) -> Vec<XPathError> {
        self.expr.problems()
    }

    /// Whether it may give another value although no node has changed.
    #[must_use]
    pub fn is_volatile(&self) -> bool {
        self.expr.is_volatile()
    }

    /// The nodes that it looks at, when its context node is on this path in the primary instance.
    #[must_use]
    pub fn references(&self, context: &[&str]) -> Vec<Reference> {
        self.expr.references(context)
    }

    /// The value, of whatever kind.
    pub fn evaluate<'d>(&self, context: &Context<'_, 'd>) -> Result<Value<'d>, XPathError> {
        let eval = Eval::new(context);
        eval.value(&self.expr, &eval.start())
    }

    /// The value as `string()` has it.
    pub fn string<'d>(&self, context: &Context<'_, 'd>) -> Result<Cow<'d, str>, XPathError> {
        let eval = Eval::new(context);
        eval.text(&self.expr, &eval.start())
    }

    /// The value as `number()` has it.
    pub fn number(&self, context: &Context<'_, '_>) -> Result<f64, XPathError> {
        let eval = Eval::new(context);
        eval.number(&self.expr, &eval.start())
    }

    /// The value as `boolean()` has it.
    pub fn boolean(&self, context: &Context<'_, '_>) -> Result<bool, XPathError> {
        let eval = Eval::new(context);
        eval.boolean(&self.expr, &eval.start())
    }

    /// The nodes; fails if the expression gives none by its nature.
    pub fn nodes<'d>(&self, context: &Context<'_, 'd>) -> Result<Vec<Node<'d>>, XPathError> {
        let eval = Eval::new(context);
        eval.nodes(&self.expr, &eval.start(), &(0..self.text.len()))
    }
}

impl From<Expr> for Expression {
    /// A part of an expression as one of its own, without a text.
    fn from(expr: Expr) -> Self {
        Self { text: Box::default(), expr }
    }
}
