//! A form that is being filled in, as the screens hold it: the engine's session, where the person is, which
//! messages are shown. Every change goes through [`Filling::step`]: into the session at once, then to the keeper.

use std::{collections::BTreeSet, sync::Arc};

use huce_core::{
    clock::china_now,
    form::{NodeState, Page, Session, SetError, Step, ViolationAt},
    ids::{DraftId, HouseholdId},
    ipc::visit::VisitDraft,
};
use leptos::prelude::*;

use super::{
    keeper::Keeper,
    screens::{Screen, screens},
};

/// The place behind the last screen, as [`huce_core::ipc::visit::KeepStep`] keeps it.
pub const SUMMARY: &str = "#summary";

/// A form that is being filled in. A handle: copies speak of the same form.
#[derive(Clone, Copy)]
pub struct Filling {
    session: StoredValue<Session, LocalStorage>,
    /// Counts changes of the session; what is read from it is read anew.
    version: RwSignal<u32>,
    keeper: StoredValue<Keeper>,
    /// The draft.
    pub draft: StoredValue<DraftId>,
    /// At which door.
    pub household: StoredValue<HouseholdId>,
    /// `3-3-601`
    pub short: StoredValue<String>,
    /// The sections.
    pub pages: Memo<Vec<Page>>,
    /// The screens.
    pub screens: Memo<Arc<Vec<Screen>>>,
    /// The first reference of the screen that is shown, or [`SUMMARY`].
    pub place: RwSignal<String>,
    /// Questions whose messages are shown: those of screens that somebody wanted to leave.
    pub told: RwSignal<BTreeSet<String>>,
    /// The question that the camera is open for.
    pub shooting: RwSignal<Option<String>>,
}

/// Why a draft cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unopened {
    /// The form does not hold together; the office has to mend the workbook.
    BrokenForm(String),
}

impl Filling {
    /// Opens a draft in this language (`zh`, `en`): what was kept is replayed.
    pub fn open(draft: VisitDraft, household: HouseholdId, language: &str) -> Result<Self, Unopened> {
        let begun = !draft.steps.is_empty();
        let mut session = Session::new(draft.form, china_now(draft.started_ms), "zh")
            .map_err(|e| Unopened::BrokenForm(e.to_string()))?;
        if !draft.answers.is_null() {
            session.load_answers(&draft.answers);
        }
        for step in &draft.steps {
            // A step that no longer fits changes nothing; the others still count.
            let _ = session.apply(step);
        }
        let _ = session.set_language(language);
        let first = first_place(&session, draft.at.as_deref());
        let session = StoredValue::new_local(session);
        let version = RwSignal::new(0_u32);
        let pages = Memo::new(move |_| {
            version.track();
            session.try_with_value(relevant_pages).unwrap_or_default()
        });
        let screens = Memo::new(move |_| {
            let pages = pages.get();
            Arc::new(session.try_with_value(|s| screens(s, &pages)).unwrap_or_default())
        });
        Ok(Self {
            session,
            version,
            keeper: StoredValue::new(Keeper::new(draft.draft.clone(), begun, draft.started_ms)),
            draft: StoredValue::new(draft.draft),
            household: StoredValue::new(household),
            short: StoredValue::new(draft.short),
            pages,
            screens,
            place: RwSignal::new(first),
            told: RwSignal::new(BTreeSet::new()),
            shooting: RwSignal::new(None),
        })
    }

    /// The keeper.
    pub fn keeper(&self) -> Keeper {
        self.keeper.get_value()
    }

    /// Reads from the session; again whenever it changes.
    pub fn read<T>(&self, f: impl FnOnce(&Session) -> T) -> Option<T> {
        self.version.track();
        self.session.try_with_value(f)
    }

    /// Reads from the session once.
    pub fn peek<T>(&self, f: impl FnOnce(&Session) -> T) -> Option<T> {
        self.session.try_with_value(f)
    }

    /// One node; reactive.
    pub fn node(&self, reference: &str) -> Option<NodeState> {
        self.read(|s| s.node(reference)).flatten()
    }

    /// What is missing or wrong in the whole form; reactive.
    pub fn open_points(&self) -> Vec<ViolationAt> {
        self.read(Session::violations).unwrap_or_default()
    }

    /// Does a step and has it kept. `typing`: more of it will follow at once. A refused step changes nothing.
    pub fn step(&self, step: Step, typing: bool) -> Result<Vec<String>, SetError> {
        let at = match &step {
            Step::Set { node, .. } => Some(node.clone()),
            _ => self.place.try_get_untracked(),
        };
        let done = self.session.try_update_value(|s| s.apply(&step));
        let added = done.transpose()?.map(|c| c.added).unwrap_or_default();
        self.version.update(|v| *v = v.wrapping_add(1));
        if let Some(keeper) = self.keeper.try_get_value() {
            keeper.keep(Some(step), at, typing);
        }
        Ok(added)
    }

    /// Answers a question.
    pub fn set(&self, reference: &str, value: &str, typing: bool) -> Result<(), SetError> {
        if self.peek(|s| s.node(reference).map(|n| n.value)).flatten().as_deref() == Some(value) {
            return Ok(());
        }
        self.step(Step::Set { node: reference.to_owned(), value: value.to_owned() }, typing).map(|_| ())
    }

    /// Changes the language of the form's texts.
    pub fn speak(&self, language: &str) {
        let spoken = self.peek(|s| s.form().language_index(language) == s.form().language_index(s.language()));
        if spoken == Some(false) {
            let _ = self.step(Step::Language { value: language.to_owned() }, false);
        }
    }

    /// Goes to a screen by any reference that stands on it, to a section or instance by its own, or to [`SUMMARY`].
    pub fn go(&self, reference: &str) {
        let place = if reference == SUMMARY {
            SUMMARY.to_owned()
        } else {
            let screens = self.screens.get_untracked();
            let found = screens.iter().find(|s| s.holds(reference)).or_else(|| {
                let alive = |s: &&Screen| self.peek(|session| s.is_alive(session)).unwrap_or(false);
                let of = |s: &&Screen| s.page == reference || s.instance.as_deref() == Some(reference);
                screens.iter().filter(alive).find(of)
            });
            match found {
                Some(screen) => screen.key().to_owned(),
                None => return,
            }
        };
        if self.place.get_untracked() != place {
            self.place.set(place.clone());
            self.keeper().keep(None, Some(place), false);
        }
    }

    /// The screen that is shown; none on the summary. Reactive.
    pub fn screen(&self) -> Option<Screen> {
        let place = self.place.get();
        let screens = self.screens.get();
        (place != SUMMARY).then(|| screens.iter().find(|s| s.key() == place).or(screens.first()).cloned()).flatten()
    }

    /// The place of the next (or previous) screen on which there is something to see.
    pub fn neighbour(&self, forward: bool) -> Option<String> {
        let screens = self.screens.get_untracked();
        let place = self.place.get_untracked();
        let alive = |s: &&Screen| self.peek(|session| s.is_alive(session)).unwrap_or(false);
        let here = screens.iter().position(|s| s.key() == place);
        let key = |s: &Screen| s.key().to_owned();
        match (here, forward) {
            (Some(i), true) => Some(screens.iter().skip(i + 1).find(alive).map_or(SUMMARY.to_owned(), key)),
            (Some(i), false) => screens.iter().take(i).rev().find(alive).map(key),
            (None, false) => screens.iter().rev().find(alive).map(key),
            (None, true) => None,
        }
    }

    /// Leaves the screen. What is missing or wrong on it is said first; asked again, it moves on.
    pub fn next(&self) {
        let Some(next) = self.neighbour(true) else { return };
        let here: Vec<String> =
            self.screen_untracked().map_or(Vec::new(), |s| s.questions().map(str::to_owned).collect());
        let told = self.told.get_untracked();
        let open: Vec<String> = here
            .into_iter()
            .filter(|q| self.peek(|s| s.node(q).is_some_and(|n| n.violation.is_some())).unwrap_or(false))
            .filter(|q| !told.contains(q))
            .collect();
        if open.is_empty() {
            self.go(&next);
        } else {
            self.told.update(|t| t.extend(open));
            request_animation_frame(show_first_complaint);
        }
    }

    fn screen_untracked(&self) -> Option<Screen> {
        untrack(|| self.screen())
    }

    /// After instances came or went: references have shifted, so messages start anew.
    pub fn forget_told(&self) {
        self.told.update(BTreeSet::clear);
    }
}

fn relevant_pages(session: &Session) -> Vec<Page> {
    session.pages().into_iter().filter(|p| p.relevant).collect()
}

/// What is wrong may stand below the edge of the screen.
fn show_first_complaint() {
    if let Ok(Some(wrong)) = document().query_selector(".question.wrong") {
        wrong.scroll_into_view();
    }
}

/// Where a draft goes on: the kept place if it is still there, else the first screen.
fn first_place(session: &Session, at: Option<&str>) -> String {
    if at == Some(SUMMARY) {
        return SUMMARY.to_owned();
    }
    let pages = relevant_pages(session);
    let all = screens(session, &pages);
    let kept = at.and_then(|at| {
        all.iter()
            .find(|s| s.holds(at))
            .or_else(|| all.iter().find(|s| s.page == at || s.instance.as_deref() == Some(at)))
    });
    let first = all.iter().find(|s| s.is_alive(session));
    kept.or(first).map_or(SUMMARY.to_owned(), |s| s.key().to_owned())
}
