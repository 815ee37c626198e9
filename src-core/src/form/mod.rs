//! Surveys as data: a form is an XLSForm workbook that an office clerk edits in a spreadsheet, and this
//! engine is what evaluates it, the same on the tablet, in the browser and on the server. Pure: the clock is
//! passed in, nothing is read or written.
//!
//! Read in this order: [`model`] (the form as data) → [`read`] (workbook to form, errors for authors) →
//! [`expr`] (the expressions) → [`program`] (what depends on what) → [`session`] (a form being filled in) →
//! [`rules`] (measures that the answers suggest) → [`screens`] and [`view`] (what is shown) → [`outcome`] (readings found in answers).
//!
//! ```
//! use huce_core::form::{Session, Step, read_form};
//! use huce_core::workbook::Sheets;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sheets = Sheets::from_rows([(
//!     "survey",
//!     vec![
//!         vec!["type", "name", "label::中文 (zh)", "constraint"],
//!         vec!["decimal", "temperature", "室温", ". >= 0 and . <= 40"],
//!     ],
//! )]);
//! let form = read_form(&sheets).map_err(|errors| format!("{errors:?}"))?;
//! let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00")?;
//! let mut session = Session::new(form, now, "zh")?;
//! session.set("/data/temperature", "17.5")?;
//! assert_eq!(session.answers()["temperature"], 17.5);
//! # Ok(())
//! # }
//! ```

pub mod engine;
pub mod expr;
#[cfg(all(test, feature = "workbook"))]
mod heating_tests;
pub mod model;
mod names;
pub mod outcome;
#[cfg(all(test, feature = "workbook"))]
mod packs_tests;
pub mod program;
pub mod read;
mod reads;
pub mod rules;
pub mod screens;
pub mod session;
#[cfg(all(test, feature = "workbook"))]
mod session_tests;
pub mod view;
pub mod xlsform;
pub mod xpath;

pub use model::{ChoiceList, ChoiceRow, Form, Item, ItemId, Kind, Priority, Rule, Text};
pub use program::{BrokenForm, Program};
pub use read::{AuthorError, read_form};
pub use rules::{Suggestion, suggest};
pub use screens::{Block, Screen};
pub use session::{
    Changes, Choice, Instance, NodeKind, NodeState, Page, PageKind, Session, SetError, Step, Violation, ViolationAt,
};
pub use view::{FormChange, FormView};
