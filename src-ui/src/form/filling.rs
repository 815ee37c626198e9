//! A form that is being filled in, as the screens hold it: what was told of it, where the person is, which messages are
//! shown. The engine is behind the calls: every change goes through [`Filling::step`] to the keeper, which keeps it and
//! brings back what it changed. An answer shows at once, before it is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use huce_core::{
    form::{FormChange, FormView, NodeState, Page, Screen, Step},
    ids::DraftId,
    ipc::visit::VisitDraft,
    site::Site,
};
use leptos::{prelude::*, task::spawn_local};

use super::keeper::{Behind, Drafted, Entry, Keeper, Reply};

/// The place behind the last screen, as [`huce_core::ipc::visit::KeepStep`] keeps it.
pub const SUMMARY: &str = "#summary";

/// What was told of the form.
pub struct Told {
    view: FormView,
    /// Places in `view.nodes`.
    places: BTreeMap<String, usize>,
}

impl Told {
    fn new(view: FormView) -> Self {
        let places = view.nodes.iter().enumerate().map(|(i, n)| (n.reference.clone(), i)).collect();
        Self { view, places }
    }

    /// The form.
    pub fn view(&self) -> &FormView {
        &self.view
    }

    /// A node.
    pub fn node(&self, reference: &str) -> Option<&NodeState> {
        self.view.nodes.get(*self.places.get(reference)?)
    }

    fn put(&mut self, node: NodeState) {
        if let Some(place) = self.places.get(&node.reference).and_then(|i| self.view.nodes.get_mut(*i)) {
            *place = node;
        }
    }

    /// Is anything to be seen on a screen now?
    pub fn is_alive(&self, screen: &Screen) -> bool {
        screen.is_alive(|at| self.node(at).is_some_and(|n| n.relevant))
    }

    /// What is missing or wrong, in order.
    pub fn open_points(&self) -> impl Iterator<Item = &NodeState> {
        self.view.nodes.iter().filter(|n| n.violation.is_some())
    }
}

/// A form that is being filled in. A handle: copies speak of the same form.
#[derive(Clone, Copy)]
pub struct Filling {
    form: RwSignal<Told, LocalStorage>,
    keeper: StoredValue<Keeper>,
    /// The draft.
    pub draft: StoredValue<DraftId>,
    /// At which door or facility.
    pub site: StoredValue<Site>,
    /// `3-3-601`
    pub short: StoredValue<String>,
    /// The sections that are relevant.
    pub pages: Memo<Vec<Page>>,
    /// The screens.
    pub screens: Memo<Arc<Vec<Screen>>>,
    /// The first reference of the screen that is shown, or [`SUMMARY`].
    pub place: RwSignal<String>,
    /// Questions whose messages are shown: those of screens that somebody wanted to leave.
    pub told: RwSignal<BTreeSet<String>>,
    /// Questions whose last answer the form did not take.
    pub refused: RwSignal<BTreeSet<String>>,
    /// The question that the camera is open for.
    pub shooting: RwSignal<Option<String>>,
    /// Nothing of it is ever recorded.
    pub is_trial: bool,
}

impl Filling {
    /// Shows a draft.
    pub fn open(draft: VisitDraft, site: Site) -> Self {
        let behind = Drafted {
            draft: draft.draft.clone(),
            form: draft.form.clone(),
            site: site.clone(),
            hash: draft.hash.clone(),
        };
        Self::over(draft, site, Arc::new(behind))
    }

    /// Shows what is behind something else than a draft; `draft` and `site` are only names then.
    pub fn over(draft: VisitDraft, site: Site, behind: Arc<dyn Behind>) -> Self {
        let told = Told::new(draft.view);
        let first = first_place(&told, draft.at.as_deref());
        let form = RwSignal::new_local(told);
        let pages = Memo::new(move |_| {
            form.try_with(|f| f.view.pages.iter().filter(|p| p.relevant).cloned().collect()).unwrap_or_default()
        });
        let screens = Memo::new(move |_| Arc::new(form.try_with(|f| f.view.screens.clone()).unwrap_or_default()));
        let filling = Self {
            form,
            is_trial: behind.is_trial(),
            keeper: StoredValue::new(Keeper::new(behind, draft.kept_ms)),
            draft: StoredValue::new(draft.draft),
            site: StoredValue::new(site),
            short: StoredValue::new(draft.short),
            pages,
            screens,
            place: RwSignal::new(first),
            told: RwSignal::new(BTreeSet::new()),
            refused: RwSignal::new(BTreeSet::new()),
            shooting: RwSignal::new(None),
        };
        filling.keeper().on_reply(Callback::new(move |reply| filling.take(reply)));
        filling
    }

    /// The keeper.
    pub fn keeper(&self) -> Keeper {
        self.keeper.get_value()
    }

    /// Where a file of the form is, by its name.
    pub fn file_url(&self, name: &str) -> String {
        self.keeper.try_with_value(|keeper| keeper.behind().file_url(name)).unwrap_or_default()
    }

    /// Reads from the form; again whenever it changes.
    pub fn read<T>(&self, f: impl FnOnce(&Told) -> T) -> Option<T> {
        self.form.try_with(f)
    }

    /// Reads from the form once.
    pub fn peek<T>(&self, f: impl FnOnce(&Told) -> T) -> Option<T> {
        self.form.try_with_untracked(f)
    }

    /// One node; reactive.
    pub fn node(&self, reference: &str) -> Option<NodeState> {
        self.read(|f| f.node(reference).cloned()).flatten()
    }

    /// How many answers are missing or wrong in the whole form; reactive.
    pub fn open_points(&self) -> usize {
        self.read(|f| f.open_points().count()).unwrap_or_default()
    }

    /// Has a step done and kept. `typing`: more of it will follow at once. `then` gets the references of new instances.
    pub fn step(&self, step: Step, typing: bool, then: Option<Callback<Vec<String>>>) {
        let at = match &step {
            Step::Set { reference, .. } => Some(reference.clone()),
            _ => self.place.try_get_untracked(),
        };
        if let Some(keeper) = self.keeper.try_get_value() {
            keeper.keep(Entry { step: Some(step), at, then }, typing);
        }
    }

    /// Answers a question.
    pub fn set(&self, reference: &str, value: &str, typing: bool) {
        if self.peek(|f| f.node(reference).is_some_and(|n| n.value == value)) == Some(true) {
            return;
        }
        self.form.try_update(|f| {
            if let Some(node) = f.node(reference) {
                // What is wrong with it is known when it is kept.
                f.put(NodeState { value: value.to_owned(), ..node.clone() });
            }
        });
        self.refused.try_update(|r| r.remove(reference));
        self.step(Step::Set { reference: reference.to_owned(), value: value.to_owned() }, typing, None);
    }

    /// What came back from the keeper.
    fn take(&self, reply: Reply) {
        match reply {
            Reply::Changed(change) => self.apply(*change),
            Reply::Refused(at) => {
                self.refused.try_update(|r| r.insert(at));
                self.read_anew();
            }
        }
    }

    fn apply(&self, change: FormChange) {
        let waiting = self.keeper().waits_for();
        self.form.try_update(|f| match change.view {
            Some(view) => {
                let newer: Vec<_> = waiting
                    .iter()
                    .filter_map(|at| f.node(at))
                    .map(|n| (n.reference.clone(), n.value.clone()))
                    .collect();
                *f = Told::new(view);
                for (at, value) in newer {
                    if let Some(node) = f.node(&at) {
                        f.put(NodeState { value, ..node.clone() });
                    }
                }
            }
            None => {
                for page in change.pages {
                    if let Some(known) = f.view.pages.iter_mut().find(|p| p.reference == page.reference) {
                        *known = page;
                    }
                }
                for node in change.nodes {
                    // A newer answer is on its way: this one is past.
                    let value =
                        f.node(&node.reference).filter(|n| waiting.contains(&n.reference)).map(|n| n.value.clone());
                    f.put(match value {
                        Some(value) => NodeState { value, ..node },
                        None => node,
                    });
                }
            }
        });
    }

    /// The form as it is where it is kept: what was refused is not shown as if it had been taken.
    fn read_anew(&self) {
        let (Some(keeper), filling) = (self.keeper.try_get_value(), *self) else { return };
        spawn_local(async move {
            if let Ok(view) = keeper.behind().anew().await {
                filling.apply(FormChange { view: Some(view), ..FormChange::default() });
            }
        });
    }

    /// Changes the language of the form's texts.
    pub fn speak(&self, language: &str) {
        let wanted = self.peek(|f| f.view.language != language && f.view.languages.iter().any(|l| l == language));
        if wanted == Some(true) {
            self.step(Step::Language { language: language.to_owned() }, false, None);
        }
    }

    /// Goes to a screen by any reference that stands on it, to a section or instance by its own, or to [`SUMMARY`].
    pub fn go(&self, reference: &str) {
        let place = if reference == SUMMARY {
            SUMMARY.to_owned()
        } else {
            let screens = self.screens.get_untracked();
            let found = screens.iter().find(|s| s.holds(reference)).or_else(|| {
                let alive = |s: &&Screen| self.peek(|f| f.is_alive(s)).unwrap_or(false);
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
            self.keeper().keep(Entry { step: None, at: Some(place), then: None }, false);
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
        let alive = |s: &&Screen| self.peek(|f| f.is_alive(s)).unwrap_or(false);
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
        self.leave_when(|_| true);
    }

    /// Leaves the screen when nothing on it is left to be answered: what a tap on a choice does where the form says
    /// `quick`.
    pub fn next_if_all_answered(&self) {
        self.leave_when(|filling| {
            let left = |at: &str| {
                filling.peek(|f| {
                    f.node(at)
                        .is_some_and(|n| n.relevant && !n.readonly && (n.value.is_empty() || n.violation.is_some()))
                })
            };
            filling.screen_untracked().is_some_and(|s| !s.questions().any(|at| left(at) == Some(true)))
        });
    }

    /// Leaves the screen if that is right once what was typed last is kept, so that what follows from it is known. A
    /// tap is about the screen that was seen: a second one, or one that something else overtook, passes no other.
    fn leave_when(&self, is_right: impl Fn(&Self) -> bool + 'static) {
        let filling = *self;
        let place = self.place.get_untracked();
        spawn_local(async move {
            let _ = filling.keeper().settle().await;
            if filling.place.try_get_untracked() == Some(place) && is_right(&filling) {
                filling.leave();
            }
        });
    }

    fn leave(&self) {
        let Some(next) = self.neighbour(true) else { return };
        let here: Vec<String> =
            self.screen_untracked().map_or(Vec::new(), |s| s.questions().map(str::to_owned).collect());
        let told = self.told.get_untracked();
        let wrong = |at: &String| self.peek(|f| f.node(at).is_some_and(|n| n.violation.is_some())).unwrap_or(false);
        let open: Vec<String> = here.into_iter().filter(wrong).filter(|q| !told.contains(q)).collect();
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
        self.refused.update(BTreeSet::clear);
    }
}

/// What is wrong may stand below the edge of the screen.
fn show_first_complaint() {
    if let Ok(Some(wrong)) = document().query_selector(".question.wrong") {
        wrong.scroll_into_view();
    }
}

/// Where a draft goes on: the kept place if it is still there, else the first screen.
fn first_place(form: &Told, at: Option<&str>) -> String {
    if at == Some(SUMMARY) {
        return SUMMARY.to_owned();
    }
    let all = &form.view.screens;
    let kept = at.and_then(|at| {
        all.iter()
            .find(|s| s.holds(at))
            .or_else(|| all.iter().find(|s| s.page == at || s.instance.as_deref() == Some(at)))
    });
    let first = all.iter().find(|s| form.is_alive(s));
    kept.or(first).map_or(SUMMARY.to_owned(), |s| s.key().to_owned())
}
