//! What a new version of a form does differently, question by question, for the person who is about to publish it. A
//! visit that was begun on the old version finishes on it; what matters is what the records of both no longer share.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::engine::{Outline, Role, WrittenChoice};
use super::language::{language_code, language_index};
use super::model::{Form, Kind, Question};
use super::xlsform::{Rule, RuleKind};

/// Choices that one difference names.
const MOST_NAMED: usize = 12;

/// What is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A question is new (`after`: its type).
    Added,
    /// A question is gone (`before`: its type).
    Removed,
    /// It is of another type.
    Kind,
    /// Choices are new.
    ChoicesAdded,
    /// Choices are gone.
    ChoicesRemoved,
    /// Choices are called otherwise.
    ChoiceText,
    /// Its label.
    Label,
    /// Its hint.
    Hint,
    /// What is said when it is wrong or missing.
    Message,
    /// When it is asked.
    Relevant,
    /// Whether it must be answered.
    Required,
    /// What is a right answer.
    Constraint,
    /// How it is calculated.
    Calculation,
    /// Whether it can be changed.
    Readonly,
    /// Which of its choices are offered.
    ChoiceFilter,
    /// How many instances a repeat has.
    Count,
    /// The value that it begins with.
    Default,
    /// Appearance, parameters, unit.
    Settings,
    /// The form's name.
    Title,
    /// A language is new.
    LanguageAdded,
    /// A language is gone.
    LanguageRemoved,
    /// A row of `plan` or `findings` is new.
    RuleAdded,
    /// A row of `plan` or `findings` is gone.
    RuleRemoved,
    /// When a rule holds.
    RuleCondition,
    /// What a rule says.
    RuleText,
    /// Priority and days of a measure.
    RuleTerms,
}

/// Whether somebody who works with the records should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Old and new records say the same.
    Harmless,
    /// Old records answer something that new ones do not, or otherwise.
    Matters,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Of which question or rule: `/data/rooms/temperature`; "" of the form itself.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called (Chinese, English).
    pub label: (String, String),
    /// What is different.
    pub what: What,
    /// In which language, by its code; "" where that is not the question.
    pub language: String,
    /// As it was; "" where there was nothing.
    pub before: String,
    /// As it is now.
    pub after: String,
    /// Does it matter?
    pub effect: Effect,
}

/// Everything that is different, in the order of the form; what is gone stands where it stood.
pub fn compare(old: &Form, new: &Form) -> Vec<Difference> {
    let (old, new) = (Written::of(old), Written::of(new));
    let mut found = old.head(&new);
    let places: HashMap<&str, usize> = new.nodes.iter().enumerate().map(|(at, (key, ..))| (key.as_str(), at)).collect();
    let gone = old.nodes.iter().filter(|(key, ..)| !places.contains_key(key.as_str()));
    // Behind which question of the new form each stood.
    let mut after: HashMap<Option<usize>, Vec<Difference>> = HashMap::new();
    let mut gone: Vec<&str> = gone.map(|(key, ..)| key.as_str()).collect();
    gone.sort_unstable();
    let mut last = None;
    for (key, node, question) in &old.nodes {
        match places.get(key.as_str()) {
            Some(at) => last = Some(*at),
            None if gone.binary_search(&key.as_str()).is_ok() => {
                after.entry(last).or_default().push(old.removed(node, question));
            }
            None => {}
        }
    }
    found.extend(after.remove(&None).unwrap_or_default());
    let mut lists = HashMap::new();
    for (at, (key, node, question)) in new.nodes.iter().enumerate() {
        match old.node(key) {
            Some((before, asked)) => changes(&old, &new, (before, asked), (node, question), &mut lists, &mut found),
            None => found
                .push(Difference { after: word(question.kind), ..new.difference(node, What::Added, Effect::Harmless) }),
        }
        found.extend(after.remove(&Some(at)).unwrap_or_default());
    }
    rules(&old, &new, &mut found);
    found
}

/// A form as it is written.
struct Written<'a> {
    form: &'a Form,
    /// Its languages by their codes, and their places.
    languages: Vec<(String, usize)>,
    /// Its nodes by their paths below the root, without the notes of rules.
    nodes: Vec<(String, Outline<'a>, &'a Question)>,
    by_key: HashMap<String, usize>,
    /// The notes of rules by their paths.
    notes: HashMap<&'a str, Outline<'a>>,
}

impl<'a> Written<'a> {
    fn of(form: &'a Form) -> Self {
        let mut nodes = Vec::new();
        let mut notes = HashMap::new();
        let ruled: HashMap<&str, ()> = form.rules.iter().map(|rule| (rule.path.as_str(), ())).collect();
        for node in form.definition.outline() {
            if ruled.contains_key(node.path) {
                notes.insert(node.path, node);
                continue;
            }
            // The root, and what is about the record.
            let Some(key) = below_root(node.path).filter(|key| *key != "meta" && !key.starts_with("meta/")) else {
                continue;
            };
            if let Some(question) = form.question(node.path) {
                nodes.push((key.to_owned(), node, question));
            }
        }
        let by_key = nodes.iter().enumerate().map(|(at, (key, ..))| (key.clone(), at)).collect();
        let languages = form.languages().iter().enumerate();
        let languages = languages.map(|(at, name)| (language_code(name).to_owned(), at)).collect();
        Self { form, languages, nodes, by_key, notes }
    }

    fn node(&self, key: &str) -> Option<(&Outline<'a>, &'a Question)> {
        let (_, node, question) = self.nodes.get(*self.by_key.get(key)?)?;
        Some((node, question))
    }

    /// A text in Chinese and in English, each the other where it is missing.
    fn in_both(&self, texts: &[String]) -> (String, String) {
        let text = |code| {
            let at = language_index(self.form.languages(), code).unwrap_or_default();
            texts
                .get(at)
                .filter(|text| !text.is_empty())
                .or_else(|| texts.iter().find(|text| !text.is_empty()))
                .cloned()
        };
        (text("zh").unwrap_or_default(), text("en").unwrap_or_default())
    }

    fn difference(&self, node: &Outline<'a>, what: What, effect: Effect) -> Difference {
        let (reference, label) = (node.path.to_owned(), self.in_both(&node.texts(Role::Label)));
        let (before, after) = (String::new(), String::new());
        Difference { reference, label, what, language: String::new(), before, after, effect }
    }

    fn removed(&self, node: &Outline<'a>, question: &Question) -> Difference {
        let is_answered = question.kind.is_question() || (node.is_value && node.is_calculated);
        let effect = if is_answered { Effect::Matters } else { Effect::Harmless };
        Difference { before: word(question.kind), ..self.difference(node, What::Removed, effect) }
    }

    /// Title and languages.
    fn head(&self, new: &Self) -> Vec<Difference> {
        let plain = |what, language: &str, before: &str, after: &str| Difference {
            reference: String::new(),
            label: Default::default(),
            what,
            language: language.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            effect: Effect::Harmless,
        };
        let mut found = Vec::new();
        let mut titles = Vec::new();
        for code in ["zh", "en"] {
            let (before, after) = (self.form.title(code), new.form.title(code));
            if before != after && !titles.contains(&(before, after)) {
                titles.push((before, after));
                found.push(plain(What::Title, code, before, after));
            }
        }
        let lacks = |form: &Self, code: &str| form.languages.iter().all(|(has, _)| has != code);
        let (gone, added) = (self.languages.iter().filter(|(code, _)| lacks(new, code)), new.languages.iter());
        found.extend(gone.map(|(code, _)| plain(What::LanguageRemoved, code, code, "")));
        let added = added.filter(|(code, _)| lacks(self, code));
        found.extend(added.map(|(code, _)| plain(What::LanguageAdded, code, "", code)));
        found
    }

    /// The languages that both have: code, place here, place there.
    fn shared<'b>(&'b self, new: &'b Self) -> impl Iterator<Item = (&'b str, usize, usize)> {
        self.languages.iter().filter_map(|(code, here)| {
            let (_, there) = new.languages.iter().find(|(other, _)| other == code)?;
            Some((code.as_str(), *here, *there))
        })
    }
}

/// `/data/rooms/temperature` → `rooms/temperature`; none of the root itself. Forms may call their roots as they like.
fn below_root(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split_once('/').map(|(_, below)| below)
}

/// A type by its word in workbooks.
fn word(kind: Kind) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What is different in a choice list: new names, names that are gone, and labels by language.
#[derive(Default)]
struct ListChange {
    added: String,
    removed: String,
    labels: Vec<(String, String, String)>,
}

/// Changes of lists that were looked at already, by their names in both forms: questions share them.
type Lists = HashMap<(String, String), Arc<ListChange>>;

fn changes<'a>(
    old: &Written<'a>,
    new: &Written<'a>,
    (before, asked): (&Outline<'a>, &Question),
    (after, asks): (&Outline<'a>, &Question),
    lists: &mut Lists,
    found: &mut Vec<Difference>,
) {
    let mut put = |what, effect, language: &str, before: String, after_text: String| {
        let texts = (language.to_owned(), before, after_text);
        let (language, before, after_text) = texts;
        found.push(Difference { language, before, after: after_text, ..new.difference(after, what, effect) });
    };
    if asked.kind != asks.kind {
        put(What::Kind, Effect::Matters, "", word(asked.kind), word(asks.kind));
    }
    if asked.kind.is_select() && asks.kind.is_select() {
        let name = |node: &Outline<'_>| node.list().map_or_else(|| node.path.to_owned(), str::to_owned);
        let changed = lists.entry((name(before), name(after))).or_insert_with(|| {
            Arc::new(list_change(&before.choices(), &after.choices(), &old.shared(new).collect::<Vec<_>>()))
        });
        if !changed.removed.is_empty() {
            put(What::ChoicesRemoved, Effect::Matters, "", changed.removed.clone(), String::new());
        }
        if !changed.added.is_empty() {
            put(What::ChoicesAdded, Effect::Harmless, "", String::new(), changed.added.clone());
        }
        for (language, before, after) in &changed.labels {
            put(What::ChoiceText, Effect::Harmless, language, before.clone(), after.clone());
        }
    }
    for (what, role) in [
        (What::Label, Role::Label),
        (What::Hint, Role::Hint),
        (What::Message, Role::ConstraintMessage),
        (What::Message, Role::RequiredMessage),
    ] {
        let (texts, now) = (before.texts(role), after.texts(role));
        for (language, here, there) in old.shared(new) {
            let (was, is) = (texts.get(here).cloned().unwrap_or_default(), now.get(there).cloned().unwrap_or_default());
            if was != is {
                put(what, Effect::Harmless, language, was, is);
            }
        }
    }
    for (what, role) in [
        (What::Relevant, Role::Relevant),
        (What::Required, Role::Required),
        (What::Constraint, Role::Constraint),
        (What::Calculation, Role::Calculate),
        (What::Readonly, Role::Readonly),
        (What::ChoiceFilter, Role::Items),
        (What::Count, Role::Count),
    ] {
        // What a list is called is no difference; what filters it is.
        let filter = |source: String| source.find('[').and_then(|at| source.get(at..).map(str::to_owned));
        let of = |node: &Outline<'_>| match role {
            Role::Items => node.source(role).and_then(filter).unwrap_or_default(),
            _ => node.source(role).unwrap_or_default(),
        };
        let (was, is) = (of(before), of(after));
        if was != is {
            put(what, Effect::Harmless, "", was, is);
        }
    }
    let (was, is) = (before.default_value(), after.default_value());
    if was != is {
        put(What::Default, Effect::Harmless, "", was, is);
    }
    let (was, is) = (settings(asked), settings(asks));
    if was != is {
        put(What::Settings, Effect::Harmless, "", was, is);
    }
}

/// Appearance, unit and parameters in one line.
fn settings(question: &Question) -> String {
    let named = |(name, value): (&str, &str)| (!value.is_empty()).then(|| format!("{name}={value}"));
    let own = [("appearance", question.appearance.as_str()), ("unit", question.unit.as_str())];
    let parameters = question.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    own.into_iter().chain(parameters).filter_map(named).collect::<Vec<_>>().join(" ")
}

fn list_change(before: &[WrittenChoice], after: &[WrittenChoice], shared: &[(&str, usize, usize)]) -> ListChange {
    let by_value = |all: &[WrittenChoice]| -> HashMap<String, usize> {
        all.iter().enumerate().map(|(at, (value, _))| (value.clone(), at)).collect()
    };
    let (had, has) = (by_value(before), by_value(after));
    let missing = |all: &[WrittenChoice], other: &HashMap<String, usize>| {
        named(all.iter().map(|(value, _)| value).filter(|value| !other.contains_key(*value)))
    };
    let mut change = ListChange { added: missing(after, &had), removed: missing(before, &has), labels: Vec::new() };
    for (language, here, there) in shared {
        let renamed = before.iter().filter_map(|(value, labels)| {
            let (_, now) = after.get(*has.get(value)?)?;
            let (was, is) = (labels.get(*here)?, now.get(*there)?);
            (was != is).then_some((was, is))
        });
        let (was, is): (Vec<&String>, Vec<&String>) = renamed.unzip();
        if !was.is_empty() {
            change.labels.push(((*language).to_owned(), named(was.into_iter()), named(is.into_iter())));
        }
    }
    change
}

/// The first names, and how many more there are.
fn named<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names = names;
    let first: Vec<&str> = names.by_ref().take(MOST_NAMED).map(String::as_str).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{}, … +{more}", first.join(", ")),
    }
}

/// What a rule is about, so that it is found again in another version: the measure, or severity and category; where it
/// stands; and which of several.
fn identity(rule: &Rule, seen: &mut HashMap<String, usize>) -> String {
    let about = match &rule.kind {
        RuleKind::Measure { measure, .. } => format!("plan {measure}"),
        RuleKind::Finding { severity, category } => format!("findings {severity:?} {category:?}"),
    };
    let stands = below_root(&rule.path).and_then(|path| path.rsplit_once('/')).map_or("", |(above, _)| above);
    let key = format!("{about} {stands}");
    let count = seen.entry(key.clone()).or_default();
    *count += 1;
    format!("{key} {count}")
}

fn rules(old: &Written<'_>, new: &Written<'_>, found: &mut Vec<Difference>) {
    let keyed = |form: &Written<'_>| {
        let mut seen = HashMap::new();
        form.form.rules.iter().map(|rule| (identity(rule, &mut seen), rule.clone())).collect::<Vec<_>>()
    };
    let (before, after) = (keyed(old), keyed(new));
    let plain = |form: &Written<'_>, rule: &Rule, what| {
        let said = form.notes.get(rule.path.as_str()).map(|note| note.texts(Role::Label)).unwrap_or_default();
        let label = match &rule.kind {
            RuleKind::Measure { label, measure, .. } => {
                let of = |code: &str| {
                    let own = label.iter().find(|(language, _)| language_code(language) == code);
                    own.or(label.first()).map_or_else(|| measure.clone(), |(_, text)| text.clone())
                };
                (of("zh"), of("en"))
            }
            RuleKind::Finding { .. } => form.in_both(&said),
        };
        Difference {
            reference: rule.path.rsplit_once('/').map_or("", |(above, _)| above).to_owned(),
            label,
            what,
            language: String::new(),
            before: String::new(),
            after: String::new(),
            effect: Effect::Harmless,
        }
    };
    let condition = |form: &Written<'_>, rule: &Rule| {
        let note = form.notes.get(rule.path.as_str());
        note.and_then(|note| note.source(Role::Relevant)).unwrap_or_else(|| "true()".to_owned())
    };
    for (_, rule) in before.iter().filter(|(key, _)| after.iter().all(|(other, _)| other != key)) {
        found.push(Difference { before: condition(old, rule), ..plain(old, rule, What::RuleRemoved) });
    }
    for (key, rule) in &after {
        let Some((_, was)) = before.iter().find(|(other, _)| other == key) else {
            found.push(Difference { after: condition(new, rule), ..plain(new, rule, What::RuleAdded) });
            continue;
        };
        let mut put = |what, language: &str, before: String, after: String| {
            if before != after {
                let language = language.to_owned();
                found.push(Difference { language, before, after, ..plain(new, rule, what) });
            }
        };
        put(What::RuleCondition, "", condition(old, was), condition(new, rule));
        put(What::RuleTerms, "", terms(&was.kind), terms(&rule.kind));
        let said = |form: &Written<'_>, rule: &Rule, at: usize| {
            let note = form.notes.get(rule.path.as_str());
            note.and_then(|note| note.texts(Role::Label).get(at).cloned()).unwrap_or_default()
        };
        for (language, here, there) in old.shared(new) {
            put(What::RuleText, language, said(old, was, here), said(new, rule, there));
        }
    }
}

fn terms(kind: &RuleKind) -> String {
    match kind {
        RuleKind::Measure { priority, days, .. } => format!("{} · {days}", format!("{priority:?}").to_lowercase()),
        RuleKind::Finding { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::read_sheets;
    use crate::workbook::Sheets;

    type Rows = Vec<Vec<&'static str>>;

    fn form(survey: Rows, choices: Rows, plan: Rows) -> Form {
        let settings = vec![vec!["form_id", "form_title"], vec!["room", "房间"]];
        let sheets =
            Sheets::from_rows([("survey", survey), ("choices", choices), ("settings", settings), ("plan", plan)]);
        read_sheets(&sheets, None, true).form().unwrap_or_else(|flaws| panic!("{flaws:?}"))
    }

    fn survey(rows: &[[&'static str; 6]]) -> Rows {
        let head = vec!["type", "name", "label::中文 (zh)", "label::English (en)", "relevant", "constraint"];
        std::iter::once(head).chain(rows.iter().map(|row| row.to_vec())).collect()
    }

    fn choices(rows: &[[&'static str; 3]]) -> Rows {
        let head = vec!["list_name", "name", "label::中文 (zh)"];
        std::iter::once(head).chain(rows.iter().map(|row| row.to_vec())).collect()
    }

    fn plan(rows: &[[&'static str; 4]]) -> Rows {
        let head = vec!["when", "measure", "days", "why"];
        std::iter::once(head).chain(rows.iter().map(|row| row.to_vec())).collect()
    }

    fn base() -> Form {
        form(
            survey(&[
                ["select_one room", "room", "房间", "Room", "", ""],
                ["decimal", "temp", "室温", "Temperature", "${room} != ''", ". < 40"],
                ["text", "note", "备注", "Note", "", ""],
                ["note", "thanks", "谢谢", "Thanks", "", ""],
            ]),
            choices(&[["room", "living", "客厅"], ["room", "bed", "卧室"], ["room", "bath", "卫生间"]]),
            plan(&[["${temp} < 18", "bleed", "1", "不热"], ["${temp} > 26", "turn-down", "3", "太热"]]),
        )
    }

    fn told(old: &Form, new: &Form) -> Vec<(String, What, String, String, Effect)> {
        let all = compare(old, new).into_iter();
        all.map(|d| (below_root(&d.reference).unwrap_or("").to_owned(), d.what, d.before, d.after, d.effect)).collect()
    }

    #[test]
    fn a_form_is_like_itself() {
        assert_eq!(compare(&base(), &base()), []);
    }

    #[test]
    fn what_matters_is_told_from_what_is_harmless_in_the_order_of_the_form() {
        let new = form(
            survey(&[
                ["select_one space", "room", "哪个房间", "Room", "", ""],
                ["integer", "temp", "室温", "Temperature", "${room} = 'living'", ". < 45"],
                ["note", "thanks", "谢谢", "Thanks", "", ""],
                ["text", "phone", "电话", "Phone", "", ""],
            ]),
            choices(&[["space", "living", "起居室"], ["space", "bed", "卧室"], ["space", "study", "书房"]]),
            plan(&[["${temp} < 16", "bleed", "2", "不热"], ["${temp} < 5", "drain", "0", "要冻"]]),
        );
        use {Effect::*, What::*};
        let line = |at: &str, what, before: &str, after: &str, effect| {
            (at.to_owned(), what, before.to_owned(), after.to_owned(), effect)
        };
        assert_eq!(
            told(&base(), &new),
            [
                line("room", ChoicesRemoved, "bath", "", Matters),
                line("room", ChoicesAdded, "", "study", Harmless),
                line("room", ChoiceText, "客厅", "起居室", Harmless),
                line("room", Label, "房间", "哪个房间", Harmless),
                line("temp", What::Kind, "decimal", "integer", Matters),
                line("temp", Relevant, "${room} != ''", "${room} = 'living'", Harmless),
                line("temp", Constraint, ". < 40", ". < 45", Harmless),
                line("note", Removed, "text", "", Matters),
                line("phone", Added, "", "text", Harmless),
                line("", RuleRemoved, "${temp} > 26", "", Harmless),
                line("", RuleCondition, "${temp} < 18", "${temp} < 16", Harmless),
                line("", RuleTerms, "normal · 1", "normal · 2", Harmless),
                line("", RuleAdded, "", "${temp} < 5", Harmless),
            ]
        );
        let first = compare(&base(), &new).remove(0);
        assert_eq!(first.label, ("哪个房间".to_owned(), "Room".to_owned()));
        // What was only shown is missed by nobody.
        let without = form(
            survey(&[
                ["select_one room", "room", "房间", "Room", "", ""],
                ["decimal", "temp", "室温", "Temperature", "${room} != ''", ". < 40"],
                ["text", "note", "备注", "Note", "", ""],
            ]),
            choices(&[["room", "living", "客厅"], ["room", "bed", "卧室"], ["room", "bath", "卫生间"]]),
            plan(&[["${temp} < 18", "bleed", "1", "不热"], ["${temp} > 26", "turn-down", "3", "太热"]]),
        );
        assert_eq!(told(&base(), &without), [line("thanks", Removed, "note", "", Harmless)]);
    }

    #[test]
    fn long_lists_are_named_in_part() {
        let names: Vec<String> = (0..40).map(|n| format!("c{n}")).collect();
        assert!(named(names.iter()).ends_with("c11, … +28"));
    }
}
