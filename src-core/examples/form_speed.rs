//! How long the XForm engine takes: a form of 1,000 questions opened and answered, a list of 100,000 choices filtered.
//!
//!     cargo run --release -p huce-core --example form_speed

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use huce_core::form::engine::{Definition, Environment, Session, Step};

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
        r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><model>
        <instance><data><district/><village/>{instance}</data></instance>
        <instance id="villages"><root>{items}</root></instance>{binds}</model></h:head><h:body>
        <input ref="/data/district"/><select1 ref="/data/village">
        <itemset nodeset="instance('villages')/root/item[d = /data/district]"><value ref="name"/><label ref="label"/></itemset>
        </select1>{body}</h:body></h:html>"#
    )
}

fn measure(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what:<44} p50 {:>10.3?}  p99 {:>10.3?}", at(0.5), at(0.99));
}

fn main() {
    let xform = form(1000, 0);
    let now = chrono::DateTime::parse_from_rfc3339("2026-03-14T10:20:30+08:00").unwrap();
    let (mut read, mut open, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..10 {
        let start = Instant::now();
        let definition = Arc::new(Definition::parse(&xform).unwrap());
        read.push(start.elapsed());
        let start = Instant::now();
        let mut session = Session::open(Arc::clone(&definition), Environment::at(now));
        open.push(start.elapsed());
        for q in 0..1000 {
            if q % 5 != 2 {
                let reference = format!("/data/g{}/q{q}", q / 20);
                let value = if q % 5 == 4 { "2026-03-01".to_owned() } else { (q % 90).to_string() };
                let step = Step::Set { reference, value };
                let start = Instant::now();
                session.apply(&step);
                answer.push(start.elapsed());
            }
        }
    }
    measure("1,000 questions: form read", read);
    measure("1,000 questions: opened", open);
    measure("1,000 questions: an answer", answer);
    let definition = Arc::new(Definition::parse(&form(10, 100_000)).unwrap());
    let mut session = Session::open(definition, Environment::at(now));
    let mut filter = Vec::new();
    for d in 0..200 {
        let step = Step::Set { reference: "/data/district".to_owned(), value: format!("d{d}") };
        let start = Instant::now();
        session.apply(&step);
        filter.push(start.elapsed());
    }
    let choices = session.state_of("/data/village").and_then(|s| s.choices).map_or(0, |c| c.len());
    println!("100,000 choices: the first filter takes {:.3?}, {choices} choices are left", filter[0]);
    measure("100,000 choices filtered", filter.split_off(1));
}
