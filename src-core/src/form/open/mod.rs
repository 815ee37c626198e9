//! A form that is being filled in, where the answers are kept: the engine's session, and what of it the screens are
//! told.
//!
//! Read in this order: this file (steps) → `pages` (sections and screens) → `answers` (typed JSON) → `rules` (measures
//! and findings) → `words` (a record to be read).

mod answers;
mod pages;
mod rules;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use super::engine::{self, Environment, NodeKind, Refusal, Session, Step, ViolationKind};
use super::language::language_code;
use super::model::{Form, Kind, Question, named_file, path_of};
use super::view::{Choice, FormChange, FormView, MOST_CHOICES, Media, NodeState, Page};

use pages::Section;
pub use rules::{Finding, Suggestion};
pub use words::in_words;

/// Why a step was not taken: nothing was changed, the answer before it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such question, or it is not asked with these answers.
    #[error("this is not asked")]
    NotAsked,
    /// It cannot be changed, or instances cannot be added to it or removed.
    #[error("this cannot be changed")]
    Fixed,
    /// The text is no value of the question's type.
    #[error("this is no value of the question's type")]
    Malformed,
    /// The choice is not offered.
    #[error("this is not offered")]
    NotOffered,
    /// The form has no such language.
    #[error("the form has no such language")]
    NoSuchLanguage,
    /// The form holds as much as it may.
    #[error("the form is full")]
    Full,
}

impl Refused {
    /// A word for it that is stable.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Fixed => "fixed",
            Self::Malformed => "malformed",
            Self::NotOffered => "not_offered",
            Self::NoSuchLanguage => "language",
            Self::Full => "full",
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchNode => Self::NotAsked,
            Refusal::NoValue | Refusal::Readonly | Refusal::NoRepeat | Refusal::Controlled => Self::Fixed,
            Refusal::NotAllowed => Self::NotOffered,
            Refusal::NoSuchLanguage => Self::NoSuchLanguage,
            Refusal::TooLarge => Self::Full,
        }
    }
}

/// A node as the engine has it, and its place among the form's questions.
#[derive(Debug)]
struct Line {
    state: engine::NodeState,
    question: usize,
}

/// A form that is being filled in.
#[derive(Debug)]
pub struct OpenForm {
    form: Arc<Form>,
    session: Session,
    /// All nodes in order, without those of rules and of the group `meta`.
    lines: Vec<Line>,
    by_reference: HashMap<String, usize>,
    sections: Vec<Section>,
    /// One for each of the sections.
    pages: Vec<Page>,
}

/// Where pyxform puts what is about the record.
const META: &str = "meta";

impl OpenForm {
    /// Opens a form: empty, in the environment's language.
    pub fn new(form: Arc<Form>, environment: Environment) -> Self {
        let mut environment = environment;
        for (name, file) in &form.instances {
            environment.instances.entry(name.clone()).or_insert_with(|| file.clone());
        }
        let session = Session::open(form.definition.clone(), environment);
        let (lines, by_reference, sections, pages) = (Vec::new(), HashMap::new(), Vec::new(), Vec::new());
        let mut open = Self { form, session, lines, by_reference, sections, pages };
        open.read_all();
        open
    }

    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// The language in use, as the form names it.
    pub fn language(&self) -> &str {
        self.session.language()
    }

    /// What `now()` says in it.
    pub fn now(&self) -> chrono::DateTime<chrono::FixedOffset> {
        self.session.now()
    }

    /// The engine's session, for what is sent to others.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    fn read_all(&mut self) {
        let form = self.form.clone();
        let root = form.questions.first().map_or("", |q| q.path.as_str());
        let meta = format!("{root}/{META}");
        let kept = |path: &str| !form.is_rule(path) && path != meta && !path.starts_with(&format!("{meta}/"));
        let lines = self.session.states().into_iter().filter_map(|state| {
            let path = path_of(&state.reference);
            let question = form.place(&path).filter(|_| kept(&path))?;
            Some(Line { state, question })
        });
        self.lines = lines.collect();
        let places = self.lines.iter().enumerate().map(|(at, line)| (line.state.reference.clone(), at));
        self.by_reference = places.collect();
        self.cut_pages();
    }

    fn line(&self, reference: &str) -> Option<&Line> {
        self.lines.get(*self.by_reference.get(reference)?)
    }

    /// What the form says of a node.
    fn question(&self, line: &Line) -> &Question {
        // Places come from `Form::place`, of this very form.
        #[expect(clippy::indexing_slicing, reason = "made from this vector")]
        &self.form.questions[line.question]
    }

    /// One node as screens show it, by reference.
    pub fn node(&self, reference: &str) -> Option<NodeState> {
        self.line(reference).map(|line| self.told(line))
    }

    /// All nodes in order, relevant or not.
    pub fn nodes(&self) -> Vec<NodeState> {
        self.lines.iter().map(|line| self.told(line)).collect()
    }

    /// References of what is missing or wrong, in order. Empty: the form may be submitted.
    pub fn violations(&self) -> Vec<String> {
        self.broken().map(|line| line.state.reference.clone()).collect()
    }

    fn broken(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| violation(&line.state).is_some())
    }

    fn told(&self, line: &Line) -> NodeState {
        let (state, question) = (&line.state, self.question(line));
        let value = if state.relevant { state.value.clone().unwrap_or_default() } else { String::new() };
        let violation = violation(state);
        let all = state.choices.as_deref();
        let mut choices: Vec<Choice> = Vec::new();
        if let Some(all) = all {
            choices.extend((0..all.len().min(MOST_CHOICES)).filter_map(|at| self.choice(all, at)));
            let further =
                value.split(' ').filter(|v| all.len() > MOST_CHOICES && choices.iter().all(|c| c.value != **v));
            let further: Vec<Choice> = further.filter_map(|v| self.choice(all, all.place(v)?)).collect();
            choices.extend(further);
        }
        NodeState {
            reference: state.reference.clone(),
            node: state.kind,
            kind: question.kind,
            relevant: state.relevant,
            required: state.required,
            readonly: state.readonly || matches!(state.kind, NodeKind::Note | NodeKind::ModelValue),
            value,
            label: shown(state.label.as_deref()),
            media: self.media(&state.media),
            hint: shown(state.hint.as_deref()),
            choices,
            offered: all.map_or(0, engine::ChoiceList::len),
            appearance: question.appearance.clone(),
            unit: question.unit.clone(),
            parameters: question.parameters.clone(),
            count: state.count,
            violation,
            message: shown(violation.and(state.message.as_deref())),
        }
    }

    fn choice(&self, all: &engine::ChoiceList, at: usize) -> Option<Choice> {
        let (value, label) = all.get(at)?;
        Some(Choice { image: self.file(all.image(at)), ..Choice::new(value, label) })
    }

    fn media(&self, media: &engine::Media) -> Media {
        let file = |uri: &Option<String>| self.file(uri.as_deref());
        Media { image: file(&media.image), audio: file(&media.audio), video: file(&media.video) }
    }

    /// The file that an address in a form means, if the form came with it; "" for none.
    fn file(&self, uri: Option<&str>) -> String {
        let name = uri.and_then(named_file).filter(|name| self.form.files.contains(*name));
        name.unwrap_or_default().to_owned()
    }

    /// The whole form, as it stands.
    pub fn view(&self) -> FormView {
        FormView {
            title: self.form.title(self.language()).to_owned(),
            language: language_code(self.language()).to_owned(),
            languages: self.form.languages().iter().map(|l| language_code(l).to_owned()).collect(),
            today: self.now().date_naive().to_string(),
            pages: self.pages.clone(),
            screens: self.screens(),
            nodes: self.nodes(),
        }
    }

    /// Does a step of a person, and gives what it changed.
    ///
    /// # Errors
    /// Why it was not taken; nothing has changed then.
    pub fn apply(&mut self, step: &Step) -> Result<FormChange, Refused> {
        if let Step::Set { reference, value } = step {
            self.check(reference, value)?;
        }
        let outcome = self.session.apply(step);
        if let Some(refusal) = outcome.refused {
            return Err(refusal.into());
        }
        let instance = |state: &engine::NodeState| state.kind == NodeKind::RepeatInstance;
        let whole = !outcome.removed.is_empty()
            || matches!(step, Step::Language { .. })
            || outcome.changes.iter().any(|change| change.before.is_none());
        if whole {
            let new = outcome.changes.iter().filter(|c| c.before.is_none() && instance(&c.after));
            let added = new.map(|c| c.after.reference.clone()).collect();
            self.read_all();
            return Ok(FormChange { added, view: Some(self.view()), ..FormChange::default() });
        }
        let (mut nodes, mut places) = (Vec::new(), Vec::new());
        for change in outcome.changes {
            let Some(&at) = self.by_reference.get(&change.after.reference) else { continue };
            places.push(at);
            if let Some(line) = self.lines.get_mut(at) {
                line.state = change.after;
            }
            nodes.extend(self.lines.get(at).map(|line| self.told(line)));
        }
        let pages = self.tell_pages(&places);
        Ok(FormChange { pages, nodes, added: Vec::new(), view: None })
    }

    /// What a person may answer: what is asked, can be changed, and is a value of its type.
    fn check(&self, reference: &str, value: &str) -> Result<(), Refused> {
        let line = self.line(reference).ok_or(Refused::NotAsked)?;
        if !self.question(line).kind.is_question() {
            return Err(Refused::Fixed);
        }
        if !line.state.relevant {
            return Err(Refused::NotAsked);
        }
        let taken = self.session.taken(reference, value)?;
        let select = line.state.choices.is_some();
        let lost = match self.question(line).kind {
            Kind::SelectMultiple | Kind::Rank => value.split_whitespace().any(|v| !taken.split(' ').any(|t| t == v)),
            _ => taken.is_empty() && !value.trim().is_empty(),
        };
        match (lost, select) {
            (false, _) => Ok(()),
            (true, true) => Err(Refused::NotOffered),
            (true, false) => Err(Refused::Malformed),
        }
    }

    /// The choices of a question whose label or value holds a text, in order, from the first `skip` on; and how many
    /// there are.
    pub fn find_choices(&self, reference: &str, text: &str, skip: usize) -> (Vec<Choice>, usize) {
        let Some(all) = self.line(reference).and_then(|line| line.state.choices.as_ref()) else {
            return (Vec::new(), 0);
        };
        let text = text.trim().to_lowercase();
        let holds = |within: &str| within.to_lowercase().contains(&text);
        let mut found = 0;
        let mut choices = Vec::new();
        for (at, (value, label)) in all.iter().enumerate() {
            if !text.is_empty() && !holds(label) && !holds(value) {
                continue;
            }
            if found >= skip && choices.len() < MOST_CHOICES {
                choices.extend(self.choice(all, at));
            }
            found += 1;
        }
        (choices, found)
    }
}

/// A text as it is shown: around values there are blanks in texts made by pyxform, and by us like it.
fn shown(text: Option<&str>) -> String {
    text.map(str::trim).unwrap_or_default().to_owned()
}

/// What a node violates, as far as somebody can mend it.
fn violation(state: &engine::NodeState) -> Option<ViolationKind> {
    state.violation.filter(|_| state.relevant)
}
