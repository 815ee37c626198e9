//! Surveys as data: a form is an XLSForm workbook that an office clerk edits in a spreadsheet, and this
//! engine is what evaluates it, the same on the tablet, in the browser and on the server. Pure: the clock is
//! passed in, nothing is read or written.
//!
//! Read in this order: [`xlsform`] (workbook to XForm, errors for authors) → [`xpath`] (the expressions) → [`engine`]
//! (XForm to definition, definition to session) → [`read_bytes`], [`package`] (a form with its files) and [`model`] (a form as we keep it) → [`open`] (a form
//! that is being filled in: steps, sections, answers, measures and findings) → [`screens`] and [`view`] (what is shown) →
//! [`outcome`] (readings found in answers); [`row`] (records as a table); [`compare`] (what a new version does differently).
//!
//! ```
//! use huce_core::form::{Environment, OpenForm, Step, read_sheets};
//! use huce_core::workbook::Sheets;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sheets = Sheets::from_rows([(
//!     "survey",
//!     vec![
//!         vec!["type", "name", "label::中文 (zh)", "constraint"],
//!         vec!["decimal", "temperature", "室温", ". >= 0 and . <= 40"],
//!     ],
//! )]);
//! let form = read_sheets(&sheets, Some("room"), true).form().map_err(|errors| format!("{errors:?}"))?;
//! let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00")?;
//! let mut open = OpenForm::new(form.into(), Environment::at(now));
//! open.apply(&Step::Set { reference: "/data/temperature".into(), value: "17.5".into() })?;
//! assert_eq!(open.answers()["temperature"], 17.5);
//! # Ok(())
//! # }
//! ```

pub mod compare;
pub mod engine;
#[cfg(all(test, feature = "workbook"))]
mod heating_tests;
mod language;
pub mod model;
pub mod open;
#[cfg(all(test, feature = "workbook"))]
mod open_tests;
pub mod outcome;
#[cfg(feature = "workbook")]
pub mod package;
#[cfg(all(test, feature = "workbook"))]
mod package_tests;
#[cfg(all(test, feature = "workbook"))]
mod packs_tests;
mod read;
pub mod row;
mod said;
#[cfg(test)]
mod said_tests;
pub mod screens;
pub mod view;
pub mod xlsform;
pub mod xpath;

pub use compare::{Difference, Effect, What, compare};
pub use engine::{Environment, NodeKind, Step, ViolationKind};
pub use language::language_code;
pub use model::{About, Fit, Form, Kind, Priority, Question};
pub use open::{Finding, OpenForm, Refused, Suggestion, in_words};
pub use read::{Flaw, Read, is_xform, read_sheets, read_xform};
#[cfg(feature = "workbook")]
pub use read::{NoForm, read_bytes, read_file};
pub use said::Said;
pub use screens::{Block, Screen};
pub use view::{Choice, FormChange, FormView, Instance, Media, NodeState, Page, PageKind};
