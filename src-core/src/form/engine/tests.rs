//! The engine as a whole: what a person sees of it, and that computing only what a change touches gives the same as
//! computing everything.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Definition, Environment, NodeKind, NodeState, Outcome, Refusal, Session, Step, ViolationKind};

fn form(instance: &str, model: &str, body: &str) -> String {
    format!(
        r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
            xmlns:jr="http://openrosa.org/javarosa"><h:head><model><instance>{instance}</instance>{model}</model></h:head>
            <h:body>{body}</h:body></h:html>"#
    )
}

fn open(xform: &str) -> Session {
    let definition = Definition::parse(xform).unwrap_or_else(|problems| panic!("{problems:?}"));
    let now = chrono::DateTime::parse_from_rfc3339("2026-03-14T10:20:30+08:00").unwrap();
    Session::open(Arc::new(definition), Environment::at(now))
}

fn set(session: &mut Session, reference: &str, value: &str) -> Outcome {
    session.apply(&Step::Set { reference: reference.to_owned(), value: value.to_owned() })
}

fn value(session: &Session, reference: &str) -> String {
    session.state_of(reference).and_then(|s| s.value).unwrap_or_else(|| format!("no {reference}"))
}

#[test]
fn what_is_not_relevant_is_blank_and_comes_back() {
    let mut session = open(&form(
        "<data><yes/><group><name/></group><copy/></data>",
        r#"<bind nodeset="/data/group" relevant="/data/yes = 1"/>
           <bind nodeset="/data/copy" calculate="concat('[', /data/group/name, ']')"/>"#,
        r#"<input ref="/data/yes"/><group ref="/data/group"><input ref="/data/group/name"/></group>"#,
    ));
    set(&mut session, "/data/yes", "1");
    set(&mut session, "/data/group/name", "王");
    assert_eq!(value(&session, "/data/copy"), "[王]");
    let outcome = set(&mut session, "/data/yes", "0");
    let changed: Vec<&str> = outcome.changes.iter().map(|c| c.after.reference.as_str()).collect();
    assert_eq!(changed, ["/data/yes", "/data/group", "/data/group/name", "/data/copy"]);
    assert_eq!(session.submission(), "<data><yes>0</yes><copy>[]</copy></data>");
    set(&mut session, "/data/yes", "1");
    assert_eq!(value(&session, "/data/copy"), "[王]");
}

#[test]
fn a_repeat_grows_shrinks_and_renumbers() {
    let mut session = open(&form(
        r#"<data><n>1</n><room jr:template=""><temp>20</temp><at/></room><sum/></data>"#,
        r#"<bind nodeset="/data/room/temp" type="int" constraint=". &lt; 40" jr:constraintMsg="too hot"/>
           <bind nodeset="/data/room/at" calculate="position(..)"/>
           <bind nodeset="/data/sum" calculate="sum(/data/room/temp)"/>"#,
        r#"<group ref="/data/room"><label>Room</label><repeat nodeset="/data/room"><input ref="/data/room/temp"/>
           </repeat></group>"#,
    ));
    let add = Step::AddRepeat { reference: "/data/room".to_owned() };
    session.apply(&add);
    session.apply(&add);
    set(&mut session, "/data/room[2]/temp", "50");
    assert_eq!(value(&session, "/data/sum"), "70");
    let state = session.state_of("/data/room[2]/temp").unwrap();
    assert_eq!((state.violation, state.message.as_deref()), (Some(ViolationKind::Constraint), Some("too hot")));
    let outcome = session.apply(&Step::RemoveRepeat { reference: "/data/room[1]".to_owned() });
    assert_eq!(outcome.removed, ["/data/room[2]", "/data/room[2]/temp", "/data/room[2]/at"]);
    assert_eq!(value(&session, "/data/room[1]/temp"), "50");
    assert_eq!(value(&session, "/data/room[1]/at"), "1");
    assert_eq!(value(&session, "/data/sum"), "50");
    let again = Session::replay(
        Arc::clone(session.definition()),
        Environment::at(chrono::DateTime::parse_from_rfc3339("2026-03-14T10:20:30+08:00").unwrap()),
        session.steps(),
    );
    assert_eq!(again.states(), session.states());
}

#[test]
fn what_cannot_be_done_is_refused() {
    let mut session = open(&form(
        "<data><a/><rep><b/></rep></data>",
        r#"<bind nodeset="/data/a" readonly="true()"/>"#,
        r#"<input ref="/data/a"><label>A</label></input><repeat nodeset="/data/rep" jr:count="2"><input ref="/data/rep/b"/></repeat>"#,
    ));
    assert_eq!(set(&mut session, "/data/a", "1").refused, Some(Refusal::Readonly));
    assert_eq!(set(&mut session, "/data/x", "1").refused, Some(Refusal::NoSuchNode));
    assert_eq!(set(&mut session, "/data/rep[1]", "1").refused, Some(Refusal::NoValue));
    let add = Step::AddRepeat { reference: "/data/rep".to_owned() };
    assert_eq!(session.apply(&add).refused, Some(Refusal::Controlled));
}

#[test]
fn actions_run_on_load_on_new_instances_and_when_a_value_changes() {
    let mut session = open(&form(
        "<data><a/><b/><rep><c/></rep></data>",
        r#"<setvalue ref="/data/a" event="odk-instance-first-load" value="1 + 1"/>"#,
        r#"<input ref="/data/a"><setvalue ref="/data/b" event="xforms-value-changed" value="/data/a * 10"/></input>
           <repeat nodeset="/data/rep"><setvalue ref="/data/rep/c" event="odk-new-repeat" value="position(..)"/>
           <input ref="/data/rep/c"/></repeat>"#,
    ));
    assert_eq!((value(&session, "/data/a"), value(&session, "/data/b")), ("2".to_owned(), "20".to_owned()));
    set(&mut session, "/data/b", "5");
    set(&mut session, "/data/a", "3");
    assert_eq!(value(&session, "/data/b"), "30");
    assert_eq!(value(&session, "/data/rep[1]/c"), "");
    session.apply(&Step::AddRepeat { reference: "/data/rep".to_owned() });
    assert_eq!(value(&session, "/data/rep[2]/c"), "2");
}

#[test]
fn circles_are_named_and_end() {
    let xform = form(
        "<data><a/><b/><c/></data>",
        r#"<bind nodeset="/data/a" calculate="/data/b + 1"/><bind nodeset="/data/b" calculate="/data/a + 1"/>
           <bind nodeset="/data/c" calculate="once(/data/a)"/>"#,
        "",
    );
    let definition = Definition::parse(&xform).unwrap();
    let named: Vec<String> = definition.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(named.len(), 1, "{named:?}");
    assert!(named[0].contains("/data/a, /data/b"), "{named:?}");
    open(&xform);
}

#[test]
fn a_broken_expression_is_told_with_its_place() {
    let xform = form("<data><a/></data>", r#"<bind nodeset="/data/a" relevant="1 = = 2" calculate="nope()"/>"#, "");
    let problems = Definition::parse(&xform).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems.iter().all(|p| p.node == "/data/a" && p.position.is_some()), "{problems:?}");
    let unknown = form("<data><a/></data>", r#"<bind nodeset="/data/a" calculate="nope()"/>"#, "");
    assert_eq!(Definition::parse(&unknown).unwrap().warnings.len(), 1);
}

/// A reproducible row of numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.below(list.len());
        list.get(at)
    }
}

/// A form whose expressions look backwards only, so that it has no circles.
struct RandomForm {
    dice: Dice,
    instance: String,
    binds: String,
    /// Value nodes so far, and repeats so far.
    values: Vec<String>,
    repeats: Vec<String>,
}

impl RandomForm {
    fn written(seed: u64) -> String {
        let mut form = Self {
            dice: Dice(seed),
            instance: String::new(),
            binds: String::new(),
            values: Vec::new(),
            repeats: Vec::new(),
        };
        let mut body = String::new();
        form.children("/data", 0, 7, &mut body);
        let items: String =
            (0..6).map(|i| format!("<item><name>{i}</name><g>{}</g><label>L{i}</label></item>", i % 3)).collect();
        let list = format!(r#"<instance id="list"><root>{items}</root></instance>"#);
        let instance = format!("<data>{}</data>", form.instance);
        super::tests::form(&instance, &format!("{list}{}", form.binds), &body)
    }

    fn reference(&mut self, from: &str, to: &str) -> String {
        if self.dice.below(3) == 0 {
            return to.to_owned();
        }
        let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
        let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = "../".repeat(from.len() - same);
        format!("{up}{}", to[same..].join("/"))
    }

    fn value(&mut self, from: &str) -> String {
        let values = self.values.clone();
        match self.dice.of(&values) {
            Some(to) if to != from => self.reference(from, &to.clone()),
            _ => "1".to_owned(),
        }
    }

    fn expression(&mut self, from: &str) -> String {
        let (a, b) = (self.value(from), self.value(from));
        let repeats = self.repeats.clone();
        let repeat = self.dice.of(&repeats).cloned().unwrap_or_else(|| "/data".to_owned());
        match self.dice.below(9) {
            0 => format!("{a} + {b}"),
            1 => format!("count({repeat})"),
            2 => format!("concat({a}, '-', {b})"),
            3 => format!("if({a} &gt; 1, {b}, 'x')"),
            4 => format!("{a} = {b}"),
            5 => format!("selected({a}, '2') or {b} != ''"),
            6 => format!("count({repeat}[position() &lt; 3])"),
            7 => "position(..)".to_owned(),
            _ => format!("string-length({a})"),
        }
    }

    fn children(&mut self, parent: &str, depth: usize, count: usize, body: &mut String) {
        for at in 0..count {
            let name = format!("n{depth}{at}");
            let path = format!("{parent}/{name}");
            let mut bind = String::new();
            if self.dice.below(3) == 0 {
                let relevant = self.expression(&path);
                write!(bind, " relevant=\"{relevant}\"").unwrap();
            }
            if self.dice.below(5) == 0 {
                let readonly = self.expression(&path);
                write!(bind, " readonly=\"{readonly}\"").unwrap();
            }
            let label = self.value(&path);
            let label = format!("<label>{name} <output value=\"{label}\"/></label>");
            let kind = if depth < 3 { self.dice.below(7) } else { 6 };
            if kind < 2 {
                let mut inner = String::new();
                let start = self.instance.len();
                self.children(&path, depth + 1, 3, &mut inner);
                let content = self.instance.split_off(start);
                write!(self.instance, "<{name}>{content}</{name}>").unwrap();
                if kind == 0 {
                    write!(body, "<group ref=\"{path}\">{label}{inner}</group>").unwrap();
                } else {
                    let count = if self.dice.below(2) == 0 {
                        format!(" jr:count=\"{} mod 4\"", self.value(&path))
                    } else {
                        String::new()
                    };
                    write!(
                        body,
                        "<group ref=\"{path}\">{label}<repeat nodeset=\"{path}\"{count}>{inner}</repeat></group>"
                    )
                    .unwrap();
                    self.repeats.push(path.clone());
                }
            } else {
                write!(self.instance, "<{name}/>").unwrap();
                if kind == 2 {
                    let filter = self.value(&path);
                    write!(
                        body,
                        "<select ref=\"{path}\">{label}<itemset nodeset=\"instance('list')/root/item[g = {}]\"><value \
                         ref=\"name\"/><label ref=\"label\"/></itemset></select>",
                        if filter.starts_with('/') || filter == "1" { filter } else { format!("current()/{filter}") }
                    )
                    .unwrap();
                } else if kind == 3 {
                    let calculate = self.expression(&path);
                    write!(bind, " calculate=\"{calculate}\"").unwrap();
                } else {
                    let (required, constraint) = (self.expression(&path), self.value(&path));
                    write!(bind, " required=\"{required}\" constraint=\". != {constraint}\"").unwrap();
                    write!(body, "<input ref=\"{path}\">{label}</input>").unwrap();
                }
                self.values.push(path.clone());
            }
            if !bind.is_empty() {
                writeln!(self.binds, "<bind nodeset=\"{path}\"{bind}/>").unwrap();
            }
        }
    }
}

fn random_step(dice: &mut Dice, states: &[NodeState]) -> Step {
    // A calculated value that somebody sets stays until it is calculated again: that is another rule than this.
    let open: Vec<&NodeState> = states.iter().filter(|s| s.kind != NodeKind::ModelValue).collect();
    let state = dice.of(&open).unwrap();
    let reference = state.reference.clone();
    match state.kind.name() {
        "repeat-range:uncontrolled" => Step::AddRepeat { reference },
        "repeat-instance" if dice.below(2) == 0 => Step::RemoveRepeat { reference },
        _ => {
            let value = *dice.of(&["", "0", "1", "2", "3", "1 2", "x"]).unwrap();
            Step::Set { reference, value: value.to_owned() }
        }
    }
}

#[test]
fn computing_what_a_change_touches_is_computing_everything() {
    for seed in 0..150 {
        let xform = RandomForm::written(seed);
        let mut session = open(&xform);
        let mut dice = Dice(seed ^ 0xABCD);
        for round in 0..40 {
            let before = session.states();
            let step = random_step(&mut dice, &before);
            let outcome = session.apply(&step);
            let after = session.states();
            let told: Vec<&str> = outcome.changes.iter().map(|c| c.after.reference.as_str()).collect();
            let changed: Vec<&str> = after
                .iter()
                .filter(|state| before.iter().find(|b| b.reference == state.reference) != Some(state))
                .map(|state| state.reference.as_str())
                .collect();
            assert_eq!(told, changed, "seed {seed}, round {round}, {step:?}\n{xform}");
            session.recompute_all();
            let scratch = session.states();
            for (now, then) in after.iter().zip(&scratch) {
                assert_eq!(now, then, "seed {seed}, round {round}, {step:?}\n{xform}");
            }
            assert_eq!(after.len(), scratch.len(), "seed {seed}, round {round}, {step:?}\n{xform}");
        }
    }
}

#[test]
fn hostile_forms_are_refused_or_bounded() {
    let deep = format!("<data>{}<x/>{}</data>", "<g>".repeat(100), "</g>".repeat(100));
    assert!(Definition::parse(&form(&deep, "", "")).is_err());
    let mut session = open(&form(
        "<data><n/><rep><x/></rep></data>",
        r#"<bind nodeset="/data/rep/x" calculate="sum(/data/rep/x[. != '']) + 1"/>"#,
        r#"<input ref="/data/n"/><repeat nodeset="/data/rep" jr:count="/data/n"><input ref="/data/rep/x"/></repeat>"#,
    ));
    set(&mut session, "/data/n", "30");
    assert_eq!(session.state_of("/data/rep").and_then(|s| s.count), Some(30));
    assert!(session.faults().count() > 0);

    // More work than a step may cause: every instance looks at every instance, again and again.
    set(&mut session, "/data/n", "2000");
    assert_eq!(session.state_of("/data/rep").and_then(|s| s.count), Some(2000));
    assert!(session.faults().any(|f| f.contains("too much work") || f.contains("no end")));
}
