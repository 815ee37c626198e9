//! The expressions of forms: the XPath 1.0 dialect of ODK XForms, with `${name}` references.
//!
//! Read in this order: `ast` (the shape), `parse`, `value` (what XPath calls string, number, boolean),
//! `tree` (what an evaluator needs to know about the form), `eval`, `functions`, `dates`.
//! Evaluation is pure: clock, language and nodes come from the [`Tree`].

pub mod ast;
pub mod dates;
pub mod eval;
#[cfg(test)]
mod expr_tests;
pub mod functions;
mod lex;
pub mod parse;
pub mod tree;
pub mod value;

pub use ast::Expr;
pub use eval::{EvalError, Scope, evaluate};
pub use parse::{ParseError, parse};
pub use tree::{NodeRef, Tree};
pub use value::Value;
