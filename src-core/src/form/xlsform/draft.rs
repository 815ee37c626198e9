//! Rows of the survey sheet, nested: what the form is made of before loops are unrolled and paths are known.

use super::parameters::Parameters;
use super::value::Fields;

/// What a draft is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Survey,
    Group,
    Repeat,
    Loop,
    Question,
    /// A secondary instance from a file, by its extension.
    External(&'static str),
    Entity,
    Attribute,
    /// The label of an entity.
    EntityLabel,
}

/// A row, or what is made of one.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub kind: Kind,
    /// Row of the survey sheet; `None` for what no row says.
    pub row: Option<u32>,
    /// Question type, aliases resolved.
    pub question_type: String,
    pub fields: Fields,
    pub children: Vec<Draft>,
    pub actions: Vec<Action>,
    /// Names of the questions whose change sets this one.
    pub trigger: Vec<String>,
    pub parameters: Parameters,
    pub dynamic_default: bool,
    /// Not shown: the group `meta`.
    pub bodyless: bool,
    /// Left out of the instance, its children in its place (the setting `flat`).
    pub flat: bool,
    /// The list that a loop runs over.
    pub over: Option<String>,
    /// Of a question on OpenStreetMap.
    pub tags: Vec<Fields>,
    /// Of an attribute.
    pub value: String,
}

/// What is done at an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Action {
    pub name: &'static str,
    pub event: &'static str,
    pub value: Option<String>,
    pub quality: Option<String>,
}

pub(super) const FIRST_LOAD: &str = "odk-instance-first-load";
pub(super) const LOAD: &str = "odk-instance-load";
pub(super) const NEW_REPEAT: &str = "odk-new-repeat";
pub(super) const VALUE_CHANGED: &str = "xforms-value-changed";

impl Action {
    pub fn new(name: &'static str, event: &'static str) -> Action {
        Action { name, event, value: None, quality: None }
    }
}

impl Draft {
    pub fn new(kind: Kind, question_type: &str, name: &str) -> Draft {
        let mut fields = Fields::default();
        fields.set_text("name", name);
        Draft {
            kind,
            row: None,
            question_type: question_type.to_owned(),
            fields,
            children: Vec::new(),
            actions: Vec::new(),
            trigger: Vec::new(),
            parameters: Parameters::default(),
            dynamic_default: false,
            bodyless: false,
            flat: false,
            over: None,
            tags: Vec::new(),
            value: String::new(),
        }
    }

    /// The group for what is about the record.
    pub fn meta(children: Vec<Draft>) -> Draft {
        Draft { bodyless: true, children, ..Draft::new(Kind::Group, "group", "meta") }
    }

    /// A calculated node that no row asks for.
    pub fn calculated(name: &str, bind: &[(&str, &str)]) -> Draft {
        let mut draft = Draft::new(Kind::Question, "calculate", name);
        for (key, text) in bind {
            draft.fields.set_in("bind", key, *text);
        }
        draft
    }

    /// Marks the groups within as flat. What a group's relevance hides is then hidden question by question.
    pub fn flatten(&mut self, above: &str) {
        for child in &mut self.children {
            let own = child.fields.map("bind").and_then(|b| b.text("relevant")).unwrap_or_default();
            let relevant = match (above, own) {
                ("", own) => own.to_owned(),
                (above, "") => above.to_owned(),
                (above, own) => format!("{above} and ({own})"),
            };
            if !child.children.is_empty() {
                child.flat = true;
                child.flatten(&relevant);
            } else if !relevant.is_empty() {
                child.fields.set_in("bind", "relevant", relevant);
            }
        }
    }

    pub fn name(&self) -> &str {
        self.fields.text("name").unwrap_or_default()
    }
}
