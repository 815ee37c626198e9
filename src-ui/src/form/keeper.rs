//! Every answer is kept the moment it is given. The keeper sends steps in their order, one after another, and says
//! what is true: kept at this time, on its way, or not kept and why. What could not be kept waits and is tried
//! again; typed text is held back for a moment so that a word is one step, never longer than [`TYPING_MS`].
//! Where that is, is not its business ([`Behind`]): a draft on the tablet, or a trial in the console. Not an enum, so that
//! each bundle links its own half only.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use huce_core::{
    clock::Millis,
    form::{FormChange, FormView, Step},
    ids::{DraftId, FormId},
    ipc::{
        CallError, Code,
        visit::{BeginVisit, FindChoices, FoundChoices, KeepStep, Kept},
    },
    site::Site,
};
use leptos::{leptos_dom::helpers::set_timeout, prelude::*, task::spawn_local};

use crate::backend;

/// The longest that typed text waits before it is kept, ms.
pub const TYPING_MS: u64 = 250;

/// Where the answers are.
#[derive(Debug, Clone, PartialEq)]
pub enum Keeping {
    /// Nothing was answered here yet.
    Nothing,
    /// On their way.
    Saving,
    /// All of them durable, since then (device time).
    Saved(Millis),
    /// Not kept; they wait here to be tried again.
    Failed(CallError),
}

/// An answer that is on its way.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, CallError>>>>;

/// Where a form is filled in: what does its steps.
pub trait Behind: Send + Sync {
    /// Does a step; only the place has changed where there is none.
    fn keep(&self, step: Option<Step>, at: Option<String>) -> Pending<Kept>;

    /// The form as it is there.
    fn anew(&self) -> Pending<FormView>;

    /// Looks among the choices of a question: which hold this text, from the first `skip` on.
    fn find_choices(&self, reference: String, text: String, skip: usize) -> Pending<FoundChoices>;

    /// Where a file of the form is, by its name.
    fn file_url(&self, name: &str) -> String;

    /// Nothing of it is ever recorded.
    fn is_trial(&self) -> bool {
        false
    }
}

/// A draft at a door or facility.
pub struct Drafted {
    /// It.
    pub draft: DraftId,
    /// Which form it is.
    pub form: FormId,
    /// Where.
    pub site: Site,
    /// The hash of the form's version.
    pub hash: String,
}

impl Behind for Drafted {
    fn keep(&self, step: Option<Step>, at: Option<String>) -> Pending<Kept> {
        Box::pin(backend::call(KeepStep { draft: self.draft.clone(), step, at }))
    }

    fn anew(&self) -> Pending<FormView> {
        let begin = BeginVisit { form: Some(self.form.clone()), ..BeginVisit::at(&self.site) };
        Box::pin(async { backend::call(begin).await.map(|draft| draft.view) })
    }

    fn find_choices(&self, reference: String, text: String, skip: usize) -> Pending<FoundChoices> {
        Box::pin(backend::call(FindChoices { draft: self.draft.clone(), reference, text, skip }))
    }

    fn file_url(&self, name: &str) -> String {
        backend::form_file_url(&self.hash, name)
    }
}

/// Sends the steps of one draft. Outlives the page, so that leaving it loses nothing.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    behind: Arc<dyn Behind>,
    waiting: Mutex<VecDeque<Entry>>,
    busy: AtomicBool,
    /// Counts what was typed, so that only the last of several timers sends.
    typed: AtomicU32,
    state: ArcRwSignal<Keeping>,
    /// When something was kept last.
    kept_ms: Mutex<Option<Millis>>,
    on_reply: Mutex<Option<Callback<Reply>>>,
}

/// What is to be kept.
#[derive(Clone)]
pub struct Entry {
    /// What was done; none when only the place changed.
    pub step: Option<Step>,
    /// Where the person is.
    pub at: Option<String>,
    /// Gets the references of new instances.
    pub then: Option<Callback<Vec<String>>>,
}

/// What came of a step.
pub enum Reply {
    /// It is kept, and this is what it changed.
    Changed(Box<FormChange>),
    /// The form does not take this question's answer: the one before it stands.
    Refused(String),
}

impl Keeper {
    /// For this form, of which something was kept at `kept_ms`.
    pub fn new(behind: Arc<dyn Behind>, kept_ms: Option<Millis>) -> Self {
        let state = ArcRwSignal::new(kept_ms.map_or(Keeping::Nothing, Keeping::Saved));
        Self(Arc::new(Inner {
            behind,
            waiting: Mutex::new(VecDeque::new()),
            busy: AtomicBool::new(false),
            typed: AtomicU32::new(0),
            state,
            kept_ms: Mutex::new(kept_ms),
            on_reply: Mutex::default(),
        }))
    }

    /// What does the steps.
    pub fn behind(&self) -> &Arc<dyn Behind> {
        &self.0.behind
    }

    /// Who is told what came of each step.
    pub fn on_reply(&self, told: Callback<Reply>) {
        *lock(&self.0.on_reply) = Some(told);
    }

    /// Questions whose newer answers are not kept yet.
    pub fn waits_for(&self) -> Vec<String> {
        let set = |entry: &Entry| match &entry.step {
            Some(Step::Set { reference, .. }) => Some(reference.clone()),
            _ => None,
        };
        lock(&self.0.waiting).iter().filter_map(set).collect()
    }

    /// What is true now; reactive.
    pub fn state(&self) -> ArcRwSignal<Keeping> {
        self.0.state.clone()
    }

    /// Keeps a step, or only the place.
    pub fn keep(&self, entry: Entry, typing: bool) {
        {
            let mut waiting = lock(&self.0.waiting);
            // What is typed on, or a place that was left again, need not be kept one by one.
            let replaces = waiting.back().is_some_and(|last| match (&last.step, &entry.step) {
                (Some(Step::Set { reference: a, .. }), Some(Step::Set { reference: b, .. })) => a == b,
                (None, _) => true,
                _ => false,
            });
            if replaces {
                waiting.pop_back();
            }
            waiting.push_back(entry);
        }
        if typing {
            let mine = self.0.typed.fetch_add(1, Ordering::Relaxed);
            // The first letter starts the clock: text that goes on is kept every TYPING_MS all the same.
            let keeper = self.clone();
            if mine == 0 {
                set_timeout(move || keeper.send(), std::time::Duration::from_millis(TYPING_MS));
            }
        } else {
            self.send();
        }
    }

    /// Sends what waits; also the button after a failure.
    pub fn send(&self) {
        self.0.typed.store(0, Ordering::Relaxed);
        if lock(&self.0.waiting).is_empty() || self.0.busy.swap(true, Ordering::Relaxed) {
            return;
        }
        let keeper = self.clone();
        spawn_local(async move {
            keeper.drain().await;
            keeper.0.busy.store(false, Ordering::Relaxed);
            // What came between the last look and here.
            if !matches!(keeper.0.state.get_untracked(), Keeping::Failed(_)) {
                keeper.send();
            }
        });
    }

    /// Waits until everything is durable; the error when it cannot be.
    pub async fn settle(&self) -> Result<(), CallError> {
        loop {
            self.send();
            if !self.0.busy.load(Ordering::Relaxed) {
                return Ok(());
            }
            crate::photo::sleep(20).await;
            if let (false, Keeping::Failed(error)) = (self.0.busy.load(Ordering::Relaxed), self.0.state.get_untracked())
            {
                return Err(error);
            }
        }
    }

    async fn drain(&self) {
        loop {
            let Some(entry) = lock(&self.0.waiting).pop_front() else { return };
            self.0.state.set(Keeping::Saving);
            match (self.0.behind.keep(entry.step.clone(), entry.at.clone()).await, &entry.step) {
                (Ok(kept), _) => {
                    *lock(&self.0.kept_ms) = Some(kept.kept_ms);
                    let added = kept.change.added.clone();
                    self.tell(Reply::Changed(Box::new(kept.change)));
                    if let Some(then) = entry.then {
                        then.try_run(added);
                    }
                }
                // Tried again, it would be refused again; the steps behind it are other ones.
                (Err(CallError { code: Code::BadInput, .. }), Some(Step::Set { reference, .. })) => {
                    self.tell(Reply::Refused(reference.clone()));
                }
                (Err(CallError { code: Code::BadInput, .. }), _) => {}
                (Err(error), _) => {
                    lock(&self.0.waiting).push_front(entry);
                    self.0.state.set(Keeping::Failed(error));
                    return;
                }
            }
            if lock(&self.0.waiting).is_empty() {
                self.0.state.set(lock(&self.0.kept_ms).map_or(Keeping::Nothing, Keeping::Saved));
            }
        }
    }

    fn tell(&self, reply: Reply) {
        if let Some(told) = *lock(&self.0.on_reply) {
            told.try_run(reply);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
