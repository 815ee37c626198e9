//! `scenarios/NAME.json`: a form filled in step by step, beside the states that ODK Web Forms reached.
//!
//! Cases: `NAME/initial`, `NAME/SCRIPT/N` (what step N changed and removed, and that the session tells the same as two
//! complete states compared), `NAME/SCRIPT/final`, `NAME/SCRIPT/submission`.

#![allow(clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use huce_core::form::engine::{Definition, Environment, Session, Step, eval};
use huce_core::form::xlsform::{Options, convert};
use huce_core::workbook::{Limits, Sheets};
use huce_core::xml::{Document, NodeId};
use serde_json::{Map, Value, json};

use crate::tally::Tally;

type States = BTreeMap<String, Map<String, Value>>;

/// Runs all scenarios of the folder with the forms as pyxform made them, or as they were written.
pub fn run(dir: &Path, tally: &mut Tally) -> Result<(), String> {
    run_forms(dir, tally, |name| {
        let form = dir.join("forms").join(format!("{name}.xml"));
        std::fs::read_to_string(&form).map_err(|e| format!("{}: {e}", form.display()))
    })
}

/// The same with the forms as we make them of their workbooks.
pub fn run_workbooks(dir: &Path, tally: &mut Tally) -> Result<(), String> {
    let manifest = std::fs::read_to_string(dir.join("forms/manifest.json")).map_err(|e| e.to_string())?;
    let manifest: Vec<Value> = serde_json::from_str(&manifest).map_err(|e| e.to_string())?;
    run_forms(dir, tally, |name| {
        let of_name = |entry: &&Value| {
            let file = entry["file"].as_str().and_then(|f| f.rsplit_once('.'));
            entry["kind"] == "xlsform" && file.is_some_and(|(stem, _)| stem == name)
        };
        let entry = manifest.iter().find(of_name).ok_or("it has no workbook")?;
        let file = dir.join("forms").join(entry["file"].as_str().unwrap_or(""));
        let bytes = std::fs::read(&file).map_err(|e| e.to_string())?;
        let sheets = Sheets::open_form(&bytes, "survey", Limits::default()).map_err(|e| e.to_string())?;
        let path = entry["path"].as_str().unwrap_or("");
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem).replace('/', "_");
        let made = convert(&sheets, Options { root: None, id: Some(&stem), ..Options::default() });
        made.map(|made| made.xform).map_err(|rejected| format!("{:?}", rejected.errors))
    })
}

fn run_forms(dir: &Path, tally: &mut Tally, form: impl Fn(&str) -> Result<String, String>) -> Result<(), String> {
    let folder = dir.join("scenarios");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
        let scenario: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let name = scenario["form"].as_str().unwrap_or("").to_owned();
        match form(&name) {
            Ok(xform) => scenario_cases(&name, &scenario, &xform, tally),
            Err(error) => tally.skip(&name, &error),
        }
    }
    Ok(())
}

struct Expected<'a> {
    scenario: &'a Value,
    volatile: HashSet<&'a str>,
}

impl Expected<'_> {
    /// A state as the engine gives it: lists of choices in full, volatile values masked.
    fn state(&self, change: &Value) -> Map<String, Value> {
        let mut state = change.as_object().cloned().unwrap_or_default();
        if let Some(id) = state.get("choices").and_then(Value::as_str) {
            let list = self.scenario["choiceLists"][id].clone();
            state.insert("choices".to_owned(), list);
        }
        self.mask(&mut state);
        state
    }

    fn mask(&self, state: &mut Map<String, Value>) {
        let volatile = state.get("ref").and_then(Value::as_str).is_some_and(|r| self.volatile.contains(r));
        if volatile && state.contains_key("value") {
            state.insert("value".to_owned(), json!("VOLATILE"));
        }
    }

    fn states(&self, session: &Session) -> States {
        let states = session.states();
        states.iter().map(|state| self.actual(&eval::node_json(state))).collect()
    }

    fn actual(&self, node: &Value) -> (String, Map<String, Value>) {
        let mut state = node.as_object().cloned().unwrap_or_default();
        self.mask(&mut state);
        (state["ref"].as_str().unwrap_or("").to_owned(), state)
    }
}

fn scenario_cases(name: &str, scenario: &Value, xform: &str, tally: &mut Tally) {
    let expected = Expected {
        scenario,
        volatile: scenario["volatile"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let definition = match Definition::parse(xform) {
        Ok(definition) => Arc::new(definition),
        Err(problems) => {
            let text: Vec<String> = problems.iter().take(5).map(ToString::to_string).collect();
            tally.case(&format!("{name}/initial"), || Err(text.join("; ")));
            return;
        }
    };
    let environment = environment(scenario);
    let initial: States = scenario["initial"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|n| expected.actual(&json!(expected.state(n))))
        .collect();
    let session = Session::open(Arc::clone(&definition), environment.clone());
    let opened = expected.states(&session);
    tally.case(&format!("{name}/initial"), || {
        let order = |states: &Value| -> Vec<String> {
            states.as_array().into_iter().flatten().filter_map(|n| n["ref"].as_str().map(str::to_owned)).collect()
        };
        let actual_order: Vec<String> = session.states().into_iter().map(|s| s.reference).collect();
        same_states(&initial, &opened)?;
        if order(&scenario["initial"]) == actual_order { Ok(()) } else { Err("nodes in another order".to_owned()) }
    });
    for script in scenario["scripts"].as_array().into_iter().flatten() {
        let id = format!("{name}/{}", script["name"].as_str().unwrap_or(""));
        script_cases(
            &id,
            &expected,
            script,
            Session::open(Arc::clone(&definition), environment.clone()),
            &opened,
            tally,
        );
    }
}

fn environment(scenario: &Value) -> Environment {
    let now = scenario["now"].as_str().unwrap_or("2026-03-14T10:20:30.000Z");
    let now = chrono::DateTime::parse_from_rfc3339(now).unwrap_or_default();
    let mut environment = Environment::at(now);
    for (name, ours) in
        [("deviceID", "deviceid"), ("username", "username"), ("email", "email"), ("phoneNumber", "phonenumber")]
    {
        if let Some(value) = scenario["preload"][name].as_str() {
            environment.properties.insert(ours.to_owned(), value.to_owned());
        }
    }
    environment.seed = 7;
    environment
}

fn script_cases(
    id: &str,
    expected: &Expected<'_>,
    script: &Value,
    mut session: Session,
    opened: &States,
    tally: &mut Tally,
) {
    let mut before = opened.clone();
    for (at, step) in script["steps"].as_array().into_iter().flatten().enumerate() {
        let id = format!("{id}/{at}");
        let Ok(parsed) = serde_json::from_value::<Step>(step.clone()) else {
            tally.case(&id, || Err(format!("not a step: {step}")));
            continue;
        };
        let outcome = session.apply(&parsed);
        let after = expected.states(&session);
        tally.case(&id, || {
            let done = differences(&before, &after);
            same_changes(expected, step, &done).map_err(|why| format!("{parsed:?}: {why}"))?;
            let told: States = outcome.changes.iter().map(|c| expected.actual(&eval::node_json(&c.after))).collect();
            let mut told_refs: Vec<&String> = told.keys().collect();
            told_refs.retain(|r| before.get(*r) != after.get(*r));
            let changed: Vec<&String> = done.0.keys().collect();
            if told_refs != changed || outcome.removed.iter().collect::<HashSet<_>>() != done.1.iter().collect() {
                return Err(format!(
                    "told {told_refs:?} and {:?}, changed {changed:?} and {:?}",
                    outcome.removed, done.1
                ));
            }
            Ok(())
        });
        before = after;
    }
    tally.case(&format!("{id}/final"), || {
        let mut done = differences(opened, &before);
        // Volatile values are listed whether they changed or not.
        done.0.retain(|r, _| !expected.volatile.contains(r.as_str()));
        let mut wanted = script["final"].clone();
        if let Some(changes) = wanted["changes"].as_array_mut() {
            changes.retain(|c| !c["ref"].as_str().is_some_and(|r| expected.volatile.contains(r)));
        }
        same_changes(expected, &wanted, &done)
    });
    tally.case(&format!("{id}/submission"), || {
        let now = environment(expected.scenario).now;
        let actual = masked(&session.submit(now), &expected.volatile)?;
        let wanted = masked(script["submission"].as_str().unwrap_or(""), &expected.volatile)?;
        if actual == wanted { Ok(()) } else { Err(format!("\n    expected {wanted}\n    got      {actual}")) }
    });
}

type Differences = (States, Vec<String>);

/// Changed fields (absent now: null), whole states of new nodes, and what is gone.
fn differences(before: &States, after: &States) -> Differences {
    let mut changes = States::new();
    for (reference, state) in after {
        let Some(old) = before.get(reference) else {
            let mut state = state.clone();
            state.insert("new".to_owned(), json!(true));
            changes.insert(reference.clone(), state);
            continue;
        };
        let mut change = Map::new();
        for key in old.keys().chain(state.keys()) {
            let (was, is) = (old.get(key), state.get(key));
            if was.unwrap_or(&Value::Null) != is.unwrap_or(&Value::Null) || was.is_some() != is.is_some() {
                change.insert(key.clone(), is.cloned().unwrap_or(Value::Null));
            }
        }
        if !change.is_empty() {
            change.insert("ref".to_owned(), json!(reference));
            changes.insert(reference.clone(), change);
        }
    }
    let removed = before.keys().filter(|r| !after.contains_key(*r)).cloned().collect();
    (changes, removed)
}

fn same_changes(expected: &Expected<'_>, step: &Value, (changes, removed): &Differences) -> Result<(), String> {
    let wanted: States = step["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| (c["ref"].as_str().unwrap_or("").to_owned(), expected.state(c)))
        .collect();
    same_states(&wanted, changes)?;
    let gone: HashSet<&str> = step["removed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ours: HashSet<&str> = removed.iter().map(String::as_str).collect();
    if gone == ours { Ok(()) } else { Err(format!("removed: expected {gone:?}, got {ours:?}")) }
}

/// A missing field and null are the same: nothing is there.
fn same_states(wanted: &States, got: &States) -> Result<(), String> {
    let mut wrong = Vec::new();
    let none = Map::new();
    for reference in wanted.keys().chain(got.keys().filter(|r| !wanted.contains_key(*r))) {
        let (want, have) = (wanted.get(reference), got.get(reference));
        let (left, right) = (want.unwrap_or(&none), have.unwrap_or(&none));
        let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let (a, b) = (left.get(key).unwrap_or(&Value::Null), right.get(key).unwrap_or(&Value::Null));
            if a != b {
                wrong.push(format!("{reference} {key}: expected {}, got {}", short(a), short(b)));
            }
        }
        if want.is_none() || have.is_none() {
            wrong.push(format!("{reference}: {}", if want.is_none() { "not expected" } else { "missing" }));
        }
    }
    let count = wrong.len();
    wrong.truncate(8);
    if wrong.is_empty() { Ok(()) } else { Err(format!("{count} differences\n    {}", wrong.join("\n    "))) }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { text.chars().take(300).collect::<String>() + "…" } else { text }
}

/// The submission without what differs from run to run: volatile values and UUIDs.
fn masked(xml: &str, volatile: &HashSet<&str>) -> Result<String, String> {
    let mut document = Document::parse(xml).map_err(|e| format!("{e} in {xml}"))?;
    let paths: HashSet<String> = volatile.iter().map(|r| without_positions(r)).collect();
    let elements: Vec<NodeId> = document.descendants(NodeId::DOCUMENT).filter(|&n| document.is_element(n)).collect();
    for element in elements {
        let mut path = format!("/{}", document.name(element).qualified());
        for ancestor in document.ancestors(element).filter(|&a| document.is_element(a)) {
            path = format!("/{}{path}", document.name(ancestor).qualified());
        }
        if paths.contains(&path) {
            document.set_text(element, "VOLATILE");
        }
        for attribute in document.attributes(element).collect::<Vec<_>>() {
            if is_uuid(document.text(attribute)) {
                document.set_text(attribute, "VOLATILE");
            }
        }
    }
    Ok(document.write())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn without_positions(reference: &str) -> String {
    let mut depth = 0;
    reference
        .chars()
        .filter(|&c| {
            let inside = depth > 0;
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            !inside && c != '['
        })
        .collect()
}
