//! `./x bench forms`: a form of 1,000 questions opened and answered, a list of 100,000 choices filtered, beside ODK Web
//! Forms' engine on the same forms in the same run. By hand, on a quiet machine.
//!
//!     bench_forms FOLDER [MODULES]
//!
//! FOLDER is for the forms; MODULES is where npm installed the other engine, without it only ours is measured. There,
//! opening is reading the form, making an instance and the states of the first page, and a step the answer and the state
//! of what a screen shows then. Ours does more, namely what a tablet does: opening tells all questions and all screens,
//! a step tells everything that changed and the sections with what is open in them.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use huce_core::form::{Environment, OpenForm, Step, read_xform};
use serde_json::Value;

fn form(questions: usize, rows: usize) -> String {
    let (mut instance, mut binds, mut body) = (String::new(), String::new(), String::new());
    for q in 0..questions {
        let group = q / 20;
        if q % 20 == 0 {
            write!(instance, "<g{group}>").unwrap();
            write!(body, "<group ref=\"/data/g{group}\"><label>Group {group}</label>").unwrap();
        }
        let path = format!("/data/g{group}/q{q}");
        write!(instance, "<q{q}/>").unwrap();
        let before = if q % 20 == 0 { "/data/district".to_owned() } else { format!("/data/g{group}/q{}", q - 1) };
        match q % 5 {
            0 => write!(binds, "<bind nodeset=\"{path}\" type=\"int\" constraint=\". &gt;= 0 and . &lt; 100\"/>"),
            1 => write!(binds, "<bind nodeset=\"{path}\" relevant=\" {before} &gt; 1\" required=\"true()\"/>"),
            2 => write!(
                binds,
                "<bind nodeset=\"{path}\" calculate=\"if({before} != '', concat({before}, '!'), 'none')\"/>"
            ),
            3 => write!(
                binds,
                "<bind nodeset=\"{path}\" type=\"decimal\" relevant=\"selected({before}, 'x') or {before} != ''\"/>"
            ),
            _ => write!(binds, "<bind nodeset=\"{path}\" type=\"date\" constraint=\". &lt;= today()\"/>"),
        }
        .unwrap();
        if q % 5 != 2 {
            write!(body, "<input ref=\"{path}\"><label>Question {q} <output value=\"{before}\"/></label></input>")
                .unwrap();
        }
        if q % 20 == 19 || q + 1 == questions {
            write!(instance, "</g{group}>").unwrap();
            body.push_str("</group>");
        }
    }
    let mut items = String::new();
    for row in 0..rows {
        write!(items, "<item><name>v{row}</name><label>Village {row}</label><d>d{}</d></item>", row % 1000).unwrap();
    }
    format!(
        r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>Bench</h:title><model>
        <instance><data id="bench"><district/><village/>{instance}</data></instance>
        <instance id="villages"><root>{items}</root></instance>{binds}</model></h:head><h:body>
        <input ref="/data/district"/><select1 ref="/data/village">
        <itemset nodeset="instance('villages')/root/item[d = /data/district]"><value ref="name"/><label ref="label"/></itemset>
        </select1>{body}</h:body></h:html>"#
    )
}

/// How long the other engine may take for a form.
const PATIENCE: Duration = Duration::from_secs(180);

/// p50 and p99, in milliseconds.
fn spread(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    (at(0.5), at(0.99))
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// A step: the question, the answer, and the question that a screen shows then.
type Steps = Vec<(String, String, String)>;

/// Opened, each step, and how many choices the last shown question has.
struct Took {
    open: Vec<f64>,
    step: Vec<f64>,
    choices: usize,
}

fn ours(xform: &str, steps: &Steps, rounds: usize) -> Took {
    let now = chrono::DateTime::parse_from_rfc3339("2026-03-14T10:20:30+08:00").unwrap();
    let mut took = Took { open: Vec::new(), step: Vec::new(), choices: 0 };
    for _ in 0..rounds {
        let from = Instant::now();
        let mut open = OpenForm::new(Arc::new(read_xform(xform).form().unwrap()), Environment::at(now));
        let view = open.view();
        took.open.push(ms(from));
        assert!(view.nodes.len() > 10 && !view.screens.is_empty());
        for (reference, value, shown) in steps {
            if !open.node(reference).is_some_and(|state| state.relevant) {
                continue;
            }
            let step = Step::Set { reference: reference.clone(), value: value.clone() };
            let from = Instant::now();
            let change = open.apply(&step).unwrap();
            took.step.push(ms(from));
            assert!(change.view.is_none() && !change.nodes.is_empty());
            took.choices = open.node(shown).map_or(0, |n| n.offered);
        }
    }
    took
}

fn others(modules: &Path, form: &Path, steps: &Path, rounds: usize) -> Result<Took, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bench_forms/other.mjs");
    let mut node = Command::new("node");
    node.arg("--max-old-space-size=12000").arg(script).arg(modules).arg(form).arg(steps).arg(rounds.to_string());
    // What it prints fits into a pipe; what it complains of may not.
    let complaints = form.with_extension("log");
    node.stdout(Stdio::piped()).stderr(std::fs::File::create(&complaints).map_err(|e| e.to_string())?);
    let mut node = node.spawn().map_err(|e| format!("node: {e}"))?;
    let from = Instant::now();
    while node.try_wait().map_err(|e| e.to_string())?.is_none() {
        if from.elapsed() > PATIENCE {
            node.kill().and_then(|()| node.wait()).map_err(|e| e.to_string())?;
            return Err(format!("it was stopped after {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let out = node.wait_with_output().map_err(|e| e.to_string())?;
    if !out.status.success() {
        let said = std::fs::read_to_string(&complaints).unwrap_or_default();
        let error = said.lines().find(|line| line.contains("Error")).unwrap_or("it says nothing");
        return Err(error.to_owned());
    }
    let took: Value = serde_json::from_slice(&out.stdout).map_err(|e| e.to_string())?;
    let list = |name: &str| took[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let choices = took["choices"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    Ok(Took { open: list("open"), step: list("step"), choices })
}

fn line(what: &str, ours: Vec<f64>, other: Option<Vec<f64>>, wanted: &str) {
    let (p50, p99) = spread(ours);
    let beside = other.map_or_else(String::new, |other| {
        let (o50, o99) = spread(other);
        format!("{o50:>11.3} {o99:>11.3} {:>8.0} x   {wanted}", o50 / p50)
    });
    println!("{what:<34} {p50:>9.3} {p99:>9.3} {beside}");
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().unwrap_or_else(|| PathBuf::from("."));
    let modules = arguments.next();
    let mut questions: Steps = Vec::new();
    for q in (0..1000).filter(|q| q % 5 != 2) {
        let reference = format!("/data/g{}/q{q}", q / 20);
        let value = if q % 5 == 4 { "2026-03-01".to_owned() } else { (q % 90).to_string() };
        questions.push((reference.clone(), value, reference));
    }
    let districts = (0..50).map(|d| ("/data/district".to_owned(), format!("d{d}"), "/data/village".to_owned()));
    println!("{:<34} {:>9} {:>9} {:>11} {:>11}", "milliseconds", "p50", "p99", "other p50", "other p99");
    for (name, xform, steps, rounds, wanted) in [
        ("1,000 questions", form(1000, 0), questions, 2, ["20 x", "50 x"]),
        ("100,000 choices", form(10, 100_000), districts.collect(), 1, ["", ""]),
    ] {
        let mine = ours(&xform, &steps, rounds);
        let file = folder.join("bench-form.xml");
        let written = folder.join("bench-steps.json");
        std::fs::write(&file, &xform).unwrap();
        std::fs::write(&written, serde_json::to_vec(&steps).unwrap()).unwrap();
        let other = match modules.as_ref().map(|modules| others(modules, &file, &written, rounds)) {
            Some(Ok(other)) => {
                assert_eq!((mine.step.len(), mine.choices), (other.step.len(), other.choices), "not the same work");
                Some(other)
            }
            Some(Err(why)) => {
                println!("{name}: the other engine did not end: {why}");
                None
            }
            None => None,
        };
        let (open, step) = other.map_or((None, None), |other| (Some(other.open), Some(other.step)));
        line(&format!("{name}: opened, first page"), mine.open, open, wanted[0]);
        line(&format!("{name}: a step"), mine.step, step, wanted[1]);
        for gone in [file.with_extension("log"), file, written] {
            let _ = std::fs::remove_file(gone);
        }
    }
}
