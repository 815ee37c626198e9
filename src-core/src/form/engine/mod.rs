//! The XForm engine: an XForm document becomes a [`Definition`], a definition is filled in as a [`Session`].
//! Made to reach the states that ODK Web Forms reaches, whose rules it follows where the specification is silent.
//!
//! Read in this order: [`definition`] (the form) → [`value`] (data types) → [`session`] (filling in) →
//! [`external`] (secondary instances from files) → [`eval`] (steps in, states out, as JSON).
//!
//! ```
//! use std::sync::Arc;
//! use huce_core::form::engine::{Definition, Environment, Session, Step};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let xform = r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
//!   <h:head><model>
//!     <instance><data id="room"><temperature/><cold/></data></instance>
//!     <bind nodeset="/data/temperature" type="decimal" constraint=". &gt;= -20"/>
//!     <bind nodeset="/data/cold" relevant="/data/temperature &lt; 18"/>
//!   </model></h:head>
//!   <h:body><input ref="/data/temperature"><label>室温</label></input><input ref="/data/cold"/></h:body>
//! </h:html>"#;
//! let definition = Definition::parse(xform).map_err(|problems| format!("{problems:?}"))?;
//! let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00")?;
//! let mut session = Session::open(Arc::new(definition), Environment::at(now));
//! let outcome = session.apply(&Step::Set { reference: "/data/temperature".into(), value: "17".into() });
//! assert_eq!(outcome.changes.len(), 2);
//! assert_eq!(session.submission(), r#"<data id="room"><temperature>17.0</temperature><cold/></data>"#);
//! # Ok(())
//! # }
//! ```

mod definition;
pub mod eval;
mod external;
mod problem;
mod session;
#[cfg(test)]
mod tests;
mod value;

pub use definition::{ControlKind, Definition, Outline, Submission, WrittenChoice};
pub use external::{ExternalError, read_csv, read_external, read_geojson};
pub use problem::{Problem, Role};
pub use session::{
    Change, ChoiceList, Environment, LoggedStep, Media, NodeKind, NodeState, Outcome, Refusal, Session, Step,
    ViolationKind,
};
pub use value::DataType;
