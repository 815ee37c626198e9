//! A form as it is kept in memory: what the engine computes with, and what the screens and the records need beyond it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::engine::{ControlKind, DataType, Definition, Outline};
use super::language::{language_code, language_index};
use super::xlsform::Rule;
use crate::facility::FacilityKind;
use crate::xml::Document;

/// What a node of a form is. Names in JSON are the words of XLSForm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Several questions under one heading; the form itself is one.
    Group,
    /// A group that occurs any number of times (rooms).
    Repeat,
    /// Free text.
    Text,
    /// A whole number.
    Integer,
    /// A number with decimals.
    Decimal,
    /// A number picked on a scale (`parameters` start, end, step).
    Range,
    /// One choice of a list.
    SelectOne,
    /// Any number of choices of a list; the value is their names joined by spaces.
    SelectMultiple,
    /// The choices of a list in order of preference.
    Rank,
    /// Text that is only shown.
    Note,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A time of day, `HH:MM:SS.fff+ZZ:ZZ`.
    Time,
    /// A day and time, ISO 8601.
    DateTime,
    /// A photo or drawing; the value is its content hash.
    Image,
    /// A recording.
    Audio,
    /// A film.
    Video,
    /// Any file.
    File,
    /// A code read by the camera.
    Barcode,
    /// A place: latitude, longitude, altitude, accuracy, separated by spaces.
    Geopoint,
    /// A line of places.
    Geotrace,
    /// An area.
    Geoshape,
    /// A box to tick; the value is `OK` or empty.
    Acknowledge,
    /// A value that nobody sees.
    Hidden,
}

impl Kind {
    fn of(node: &Outline<'_>) -> Self {
        let Some(control) = node.control else {
            return if node.is_value { Self::Hidden } else { Self::Group };
        };
        let attribute = |name| node.attributes.and_then(|a| a.get(name)).map_or("", String::as_str);
        match control {
            ControlKind::Group => Self::Group,
            ControlKind::Repeat => Self::Repeat,
            ControlKind::Input if node.is_readonly && !node.is_calculated => Self::Note,
            ControlKind::Input => match node.data_type {
                DataType::Int => Self::Integer,
                DataType::Decimal => Self::Decimal,
                DataType::Date => Self::Date,
                DataType::Time => Self::Time,
                DataType::DateTime => Self::DateTime,
                DataType::Geopoint => Self::Geopoint,
                DataType::Geotrace => Self::Geotrace,
                DataType::Geoshape => Self::Geoshape,
                DataType::Barcode => Self::Barcode,
                DataType::String | DataType::Boolean | DataType::Binary | DataType::Intent => Self::Text,
            },
            ControlKind::SelectOne => Self::SelectOne,
            ControlKind::SelectMany => Self::SelectMultiple,
            ControlKind::Rank => Self::Rank,
            ControlKind::Range => Self::Range,
            ControlKind::Trigger => Self::Acknowledge,
            ControlKind::Upload => match attribute("mediatype").split('/').next() {
                Some("image") => Self::Image,
                Some("audio") => Self::Audio,
                Some("video") => Self::Video,
                _ => Self::File,
            },
        }
    }

    /// True for groups and repeats.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Group | Self::Repeat)
    }

    /// True for questions that a person answers (everything but containers, notes and unseen values).
    pub fn is_question(self) -> bool {
        !self.is_container() && !matches!(self, Self::Note | Self::Hidden)
    }

    /// True for questions whose answer is one or more names of a choice list.
    pub fn is_select(self) -> bool {
        matches!(self, Self::SelectOne | Self::SelectMultiple | Self::Rank)
    }

    /// True for numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Range)
    }

    /// True for questions whose answer names a file.
    pub fn is_media(self) -> bool {
        matches!(self, Self::Image | Self::Audio | Self::Video | Self::File)
    }
}

/// What the form says of a node, whatever is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// `/data/rooms/temperature`
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Words for the screen, separated by spaces.
    pub appearance: String,
    /// Unit to show behind a number, as `°C` (column `unit`, ours).
    pub unit: String,
    /// `key=value` settings of the type: start, end, step, rows, max-pixels …
    pub parameters: BTreeMap<String, String>,
    /// Whether it is asked depends on answers.
    pub depends: bool,
}

impl Question {
    fn of(node: &Outline<'_>, units: &HashMap<String, String>) -> Self {
        let mut parameters = node.attributes.cloned().unwrap_or_default();
        parameters.retain(|name, _| !matches!(name.as_str(), "ref" | "nodeset" | "appearance" | "mediatype"));
        let appearance = node.attributes.and_then(|a| a.get("appearance")).cloned().unwrap_or_default();
        Self {
            path: node.path.to_owned(),
            kind: Kind::of(node),
            appearance,
            unit: units.get(node.path).cloned().unwrap_or_default(),
            parameters,
            depends: node.depends,
        }
    }
}

/// How soon a measure should be done. Ordered: urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Now: danger or damage.
    Urgent,
    /// Before everything ordinary.
    High,
    /// In turn.
    Normal,
    /// When there is an occasion.
    Low,
}

impl Priority {
    /// 1 (urgent) to 4 (low), as plans keep it.
    pub fn rank(self) -> i64 {
        match self {
            Priority::Urgent => 1,
            Priority::High => 2,
            Priority::Normal => 3,
            Priority::Low => 4,
        }
    }
}

/// What a form is filled in at (our settings `about` and `kinds`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A household.
    Household,
    /// A facility of one of these kinds; of any when none is named.
    Facility(Vec<FacilityKind>),
}

impl About {
    /// May it be filled in at a facility of this kind, or at a household (none)? [`Fit::Made`] before [`Fit::Any`].
    pub fn fit(&self, kind: Option<FacilityKind>) -> Option<Fit> {
        match (self, kind) {
            (Self::Household, None) => Some(Fit::Made),
            (Self::Facility(kinds), Some(kind)) if kinds.contains(&kind) => Some(Fit::Made),
            (Self::Facility(kinds), Some(_)) if kinds.is_empty() => Some(Fit::Any),
            _ => None,
        }
    }
}

/// How a form fits where it is filled in; the better one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It was made for it.
    Made,
    /// It was made for places of all kinds.
    Any,
}

/// A form, ready to be filled in.
#[derive(Debug)]
pub struct Form {
    /// What the engine computes with.
    pub definition: Arc<Definition>,
    /// The rules of the sheets `plan` and `findings`.
    pub rules: Vec<Rule>,
    /// Files that the form wants (`jr://file-csv/wards.csv`), by the name that its expressions use.
    pub instances: BTreeMap<String, Arc<Document>>,
    /// Names of the files that it came with.
    pub files: BTreeSet<String>,
    /// In the order of the form.
    pub questions: Vec<Question>,
    by_path: HashMap<String, usize>,
    titles: Vec<(String, String)>,
    /// What it is filled in at.
    pub about: About,
}

impl Form {
    /// A form of a definition, and of what only our workbooks say.
    pub(super) fn new(
        definition: Definition,
        rules: Vec<Rule>,
        titles: Vec<(String, String)>,
        units: &HashMap<String, String>,
    ) -> Self {
        let questions: Vec<Question> = definition.outline().map(|node| Question::of(&node, units)).collect();
        let by_path = questions.iter().enumerate().map(|(at, q)| (q.path.clone(), at)).collect();
        let definition = Arc::new(definition);
        let (instances, files) = (BTreeMap::new(), BTreeSet::new());
        Self { definition, rules, instances, files, questions, by_path, titles, about: About::Household }
    }

    /// The `form_id`.
    pub fn id(&self) -> &str {
        &self.definition.id
    }

    /// Its version, as the author counts.
    pub fn version(&self) -> &str {
        &self.definition.version
    }

    /// Its languages as the workbook names them, the default one first: `中文 (zh)`, `English (en)`; one empty name when it
    /// has none.
    pub fn languages(&self) -> &[String] {
        &self.definition.languages
    }

    /// What it is called, in a language by its code or name.
    pub fn title(&self, language: &str) -> &str {
        let languages = self.languages();
        let name =
            language_index(languages, language).and_then(|at| languages.get(at)).map_or(language, String::as_str);
        let own = self.titles.iter().find(|(of, _)| of == name || of.eq_ignore_ascii_case(language_code(name)));
        own.map_or(&self.definition.title, |(_, title)| title)
    }

    /// The place of a node in [`Form::questions`], by its path.
    pub(super) fn place(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// A node, by its path or by its reference (`/data/rooms[2]/temperature`).
    pub fn question(&self, reference: &str) -> Option<&Question> {
        self.place(&path_of(reference)).and_then(|at| self.questions.get(at))
    }

    /// Is this the note of a rule?
    pub(super) fn is_rule(&self, path: &str) -> bool {
        self.rules.iter().any(|rule| rule.path == path)
    }
}

/// `/data/rooms[2]/temperature` → `/data/rooms/temperature`
pub(super) fn path_of(reference: &str) -> String {
    let mut depth = 0_u32;
    let outside = |c: &char| {
        match c {
            '[' => depth += 1,
            ']' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    reference.chars().filter(outside).collect()
}

/// The file that an address in a form means (`jr://file-csv/wards.csv`); none for the record saved last.
pub(super) fn named_file(uri: &str) -> Option<&str> {
    let path = uri.trim().strip_prefix("jr://").filter(|path| *path != "instance/last-saved")?;
    path.rsplit('/').next().filter(|name| !matches!(*name, "" | "." | ".."))
}
