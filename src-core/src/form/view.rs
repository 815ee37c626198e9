//! What a screen gets of a form that is being filled in, and of what a step changed. The session stays where the answers
//! are kept; screens draw what they are told.

use serde::{Deserialize, Serialize};

use super::{Changes, NodeState, Page, Screen, Session, model::split_language, screens::screens};

/// A form as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormView {
    /// What it is called, in its language.
    pub title: String,
    /// The language in use: its code (`zh`), else its name.
    pub language: String,
    /// All its languages.
    pub languages: Vec<String>,
    /// What `today()` says in it, YYYY-MM-DD.
    pub today: String,
    /// The sections, relevant or not.
    pub pages: Vec<Page>,
    /// The screens, seen or not.
    pub screens: Vec<Screen>,
    /// Everything, in order.
    pub nodes: Vec<NodeState>,
}

/// What a step changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FormChange {
    /// The sections anew; empty when only the place changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Page>,
    /// The nodes that are otherwise now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeState>,
    /// References of new instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// The whole form anew, when instances came or went (references have shifted) or the language changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<FormView>,
}

impl FormView {
    /// As the session stands.
    pub fn of(session: &Session) -> Self {
        let form = session.form();
        let pages = session.pages();
        let language = form.language_index(session.language()).unwrap_or(0);
        Self {
            title: form.title.get(language).to_owned(),
            language: spoken(session.language()),
            languages: form.languages.iter().map(|l| spoken(l)).collect(),
            today: session.now().date_naive().to_string(),
            screens: screens(session, &pages),
            pages,
            nodes: session.nodes(),
        }
    }
}

impl FormChange {
    /// What a step changed in this session.
    pub fn of(session: &Session, changes: Changes) -> Self {
        let whole = !changes.added.is_empty() || !changes.removed.is_empty() || changes.language;
        Self {
            pages: if whole { Vec::new() } else { session.pages() },
            nodes: match whole {
                true => Vec::new(),
                false => changes.changed.iter().filter_map(|at| session.node(at)).collect(),
            },
            added: changes.added,
            view: whole.then(|| FormView::of(session)),
        }
    }
}

fn spoken(language: &str) -> String {
    match split_language(language) {
        (bare, "") => bare.to_owned(),
        (_, code) => code.to_owned(),
    }
}
