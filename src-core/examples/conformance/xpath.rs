//! The cases of xpath.json and xpath-exotic.json.

use std::path::Path;

use chrono::FixedOffset;
use huce_core::form::xpath::{
    Zone,
    cases::{Case, check},
};

use crate::tally::Tally;

/// Runs all cases of a file.
pub fn run(file: &Path, tally: &mut Tally) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let cases: Vec<Case> = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    let close = tally.is_close();
    for case in &cases {
        tally.case(&case.id, || {
            let outcome = check(case, &zone);
            if close { outcome.map_err(|why| format!("{why}\n{case:#?}")) } else { outcome }
        });
    }
    Ok(())
}

/// The zones of the cases that have one; `huce-server form xpath` knows all.
fn zone(name: &str) -> Option<Box<dyn Zone>> {
    match name {
        "America/Phoenix" => Some(Box::new(FixedOffset::west_opt(7 * 3600)?)),
        _ => None,
    }
}
