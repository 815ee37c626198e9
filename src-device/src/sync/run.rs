//! One sync as a pure state machine: what to do next, given what became of the step before. No IO and no clock, so
//! that lost replies, repeats and refusals can be played through in tests.
//!
//! The order: challenge → token → profile → forms → push until nothing waits → relay → grant → pull grid by grid → photos.
//! Each step is safe to repeat, so the answer to an interruption is always the same: begin again and go on.

use std::collections::VecDeque;

use huce_core::{
    ids::{EventId, GridId, PhotoId},
    ipc::sync::{SyncProgress, SyncStep},
    photo::PHOTO_CHUNK_BYTES,
};

use super::error::SyncError;
use crate::device::{OnUnknown, WaitingPhoto};

/// How often one step is tried again before the run gives up.
const TRIES: u32 = 3;
/// The pause before the first repeat; it doubles.
const PAUSE_MS: u64 = 500;
/// A longer wait than this ends the sync; the next one comes in its time.
const MOST_PATIENCE_S: u64 = 60;
/// So often the same step waits for as long as the server says.
const PATIENT_TRIES: u32 = 10;
/// How often a photo that does not commit is asked about again.
const PHOTO_ROUNDS: u32 = 2;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Wait, then ask again what is next.
    Pause(u64),
    /// `GET /v1/challenge`; the clocks are compared.
    Challenge,
    /// `POST /v1/token`, signing this nonce.
    Token(String),
    /// `GET /v1/profile`, and keep it.
    Profile,
    /// `GET /v1/forms/HASH`, and keep it.
    Form(String),
    /// `POST /v1/push` the oldest events that wait, and keep the receipts.
    Push,
    /// The server lacks earlier events: everything own waits again, and every cursor starts at 0.
    SendAgain,
    /// `POST /v1/push` what others recorded, after this event, when the server was restored and may lack it.
    Relay(Option<EventId>),
    /// Documents are made of these grids from now on, and what is here of others goes: own events are handed in.
    Grant(Vec<GridId>),
    /// `GET /v1/pull` the next page of a grid, and take it in.
    Pull {
        /// Which grid.
        grid: GridId,
        /// What to do with events of devices whose keys are unknown here.
        unknown: OnUnknown,
    },
    /// The grid is pulled again from 0.
    PullAgain(GridId),
    /// List the photos that wait, the oldest evidence first.
    Photos,
    /// `GET /v1/photos/HASH/missing`.
    Missing(WaitingPhoto),
    /// `PUT /v1/photos/HASH/chunks/N`.
    Chunk(WaitingPhoto, u32),
    /// `POST /v1/photos/HASH/commit`, and keep the receipt.
    Commit(WaitingPhoto),
    /// It is over.
    Over(Result<Report, SyncError>),
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// A nonce.
    Challenge(String),
    /// A token is there.
    Token,
    /// The profile was kept.
    Profile {
        /// The grids to pull.
        grids: Vec<GridId>,
        /// Hashes of forms that are not here yet.
        forms: Vec<String>,
        /// How many own events wait.
        waiting: u64,
    },
    /// A form was kept.
    Form,
    /// Receipts were kept.
    Pushed {
        /// Stored there, or there already.
        confirmed: u64,
        /// Kept by a hub: they wait all the same.
        held: u64,
        /// Refused for good.
        refused: u64,
        /// Refused because earlier ones are missing.
        gaps: u64,
        /// How many wait now.
        left: u64,
    },
    /// Everything waits again.
    SentAgain {
        /// How many events.
        waiting: u64,
    },
    /// What others recorded was handed on, up to this event; none: to the end, or there was no need.
    Relayed(Option<EventId>),
    /// The token is good for handing in and for nothing else: the tablet's place was taken away.
    HandIn {
        /// How many own events wait.
        waiting: u64,
    },
    /// The documents are of the granted grids.
    Granted,
    /// A page was taken in.
    Pulled {
        /// Where the grid's cursor stood before.
        from: u64,
        /// Where it stands now.
        next: u64,
        /// The newest position on the server.
        head: u64,
        /// New events in it.
        new: u64,
        /// Does the digest of everything up to `head` agree? None before `head` is reached.
        agrees: Option<bool>,
    },
    /// Nothing of the page was taken: it holds events of devices whose keys are unknown here.
    UnknownKeys,
    /// The cursor was set back.
    PulledAgain,
    /// Photos that wait.
    Photos(Vec<WaitingPhoto>),
    /// What the server has of the photo.
    Missing {
        /// All of it, durably; the receipt was kept.
        complete: bool,
        /// Else the chunks that it lacks.
        chunks: Vec<u32>,
    },
    /// A chunk arrived.
    Chunk,
    /// The receipt was kept.
    Committed,
    /// A hub has the photo and the server has not: it waits all the same.
    Held,
    /// A hub knows of no event that names the photo.
    NotThere,
    /// The photo cannot be sent as it is (its bytes are damaged here, or the commit found other bytes).
    PhotoFailed(String),
    /// The step failed.
    Failed(SyncError),
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Report {
    /// Own events that the server has now.
    pub pushed: u64,
    /// Own events that it refused for good.
    pub refused: u64,
    /// Events that came and were new here.
    pub pulled: u64,
    /// Photos that the server holds now.
    pub photos: u64,
    /// Own events and photos that a depot hub keeps until the server has them. They wait.
    pub held: (u64, u64),
    /// The server could not be reached: this was a depot hub.
    pub at_hub: bool,
    /// Photos that could not be sent, and why.
    pub photos_failed: Vec<(PhotoId, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Connect,
    SignIn(String),
    Profile,
    Forms,
    Push,
    SendAgain,
    Relay(Option<EventId>),
    Grant,
    Pull,
    PullAgain,
    List,
    Ask,
    Send,
    Commit,
    Over,
}

/// One sync.
#[derive(Debug)]
pub struct Run {
    phase: Phase,
    only_profile: bool,
    at_hub: bool,
    has_hub: bool,
    failed: Option<SyncError>,
    report: Report,
    forms: VecDeque<String>,
    grids: VecDeque<GridId>,
    photos: VecDeque<WaitingPhoto>,
    chunks: VecDeque<u32>,
    // Guards, so that a server that errs cannot keep the tablet busy for ever.
    tries: u32,
    pause: Option<u64>,
    signed_in_again: bool,
    sent_again: bool,
    relayed: bool,
    granted: bool,
    pulled_again: bool,
    unknown: OnUnknown,
    profile_again: bool,
    photo_round: u32,
    // Progress.
    push: (u64, u64),
    pull: (u64, u64),
    bytes: (u64, u64),
    photo_done: u64,
    resume: Option<Phase>,
}

impl Run {
    /// A sync of everything.
    pub fn new() -> Self {
        Self {
            phase: Phase::Connect,
            only_profile: false,
            at_hub: false,
            has_hub: false,
            failed: None,
            report: Report::default(),
            forms: VecDeque::new(),
            grids: VecDeque::new(),
            photos: VecDeque::new(),
            chunks: VecDeque::new(),
            tries: 0,
            pause: None,
            signed_in_again: false,
            sent_again: false,
            relayed: false,
            granted: false,
            pulled_again: false,
            unknown: OnUnknown::Report,
            profile_again: false,
            photo_round: 0,
            push: (0, 0),
            pull: (0, 0),
            bytes: (0, 0),
            photo_done: 0,
            resume: None,
        }
    }

    /// Only as far as the profile: what an enrolment waits for.
    pub fn until_profile() -> Self {
        Self { only_profile: true, ..Self::new() }
    }

    /// A hub is there, should the server not be: nobody waits for the server longer than once.
    pub fn or_hub(self) -> Self {
        Self { has_hub: true, ..self }
    }

    /// At a depot hub: what it lacks is no reason to send everything again.
    pub fn at_hub() -> Self {
        let report = Report { at_hub: true, ..Report::default() };
        Self { at_hub: true, report, ..Self::new() }
    }

    /// What to do next. The same until [`Run::take`] was told what became of it (a pause is given once).
    pub fn step(&mut self) -> Next {
        if let Some(ms) = self.pause.take() {
            return Next::Pause(ms);
        }
        let over = |run: &Self| Next::Over(run.failed.clone().map_or_else(|| Ok(run.report.clone()), Err));
        let next = match &self.phase {
            Phase::Connect => Some(Next::Challenge),
            Phase::SignIn(nonce) => Some(Next::Token(nonce.clone())),
            Phase::Profile => Some(Next::Profile),
            Phase::Forms => self.forms.front().cloned().map(Next::Form),
            Phase::Push => Some(Next::Push),
            Phase::SendAgain => Some(Next::SendAgain),
            Phase::Relay(after) => Some(Next::Relay(after.clone())),
            Phase::Grant => Some(Next::Grant(self.grids.iter().cloned().collect())),
            Phase::Pull => {
                let unknown = self.unknown;
                self.grids.front().cloned().map(|grid| Next::Pull { grid, unknown })
            }
            Phase::PullAgain => self.grids.front().cloned().map(Next::PullAgain),
            Phase::List => Some(Next::Photos),
            Phase::Ask => self.photos.front().cloned().map(Next::Missing),
            Phase::Send => {
                self.photos.front().cloned().zip(self.chunks.front().copied()).map(|(p, n)| Next::Chunk(p, n))
            }
            Phase::Commit => self.photos.front().cloned().map(Next::Commit),
            Phase::Over => None,
        };
        next.unwrap_or_else(|| over(self))
    }

    /// Takes what became of the step.
    pub fn take(&mut self, got: Got) {
        if let Got::Failed(e) = got {
            return self.fail(e);
        }
        self.tries = 0;
        match got {
            Got::Challenge(nonce) => self.phase = Phase::SignIn(nonce),
            Got::Token => self.phase = self.resume.take().unwrap_or(Phase::Profile),
            Got::Profile { grids, forms, waiting } => self.profile(grids, forms, waiting),
            Got::Form => {
                self.forms.pop_front();
                self.after_forms();
            }
            Got::Pushed { confirmed, held, refused, gaps, left } => {
                self.report.held.0 += held;
                self.pushed(confirmed, held, refused, gaps, left);
            }
            Got::SentAgain { waiting } => {
                self.relayed = false;
                self.push = (0, waiting);
                self.pull = (0, 0);
                self.phase = Phase::Push;
            }
            Got::Relayed(Some(until)) => self.phase = Phase::Relay(Some(until)),
            Got::Relayed(None) => {
                self.relayed = true;
                self.phase = self.to_pull();
            }
            Got::HandIn { waiting } => {
                // Told at the end: first everything own goes, then everything that is not own.
                let code = "revoked".to_owned();
                self.failed = Some(SyncError::Refused { status: 403, code, params: Vec::new() });
                (self.resume, self.relayed, self.granted) = (None, false, false);
                self.grids.clear();
                self.push = (0, waiting);
                self.phase = if waiting > 0 { Phase::Push } else { self.to_pull() };
            }
            Got::Granted => {
                self.granted = true;
                self.phase = self.to_pull();
            }
            Got::Pulled { from, next, head, new, agrees } => self.pulled(from, next, head, new, agrees),
            Got::UnknownKeys => {
                // A device that is new in the grid: its key came with the profile, unless nobody knows it.
                if self.profile_again {
                    self.unknown = OnUnknown::SetAside;
                } else {
                    self.profile_again = true;
                    self.phase = Phase::Profile;
                }
            }
            Got::PulledAgain => self.phase = Phase::Pull,
            Got::Photos(photos) => {
                self.bytes = (0, photos.iter().map(|p| p.bytes).sum());
                self.photos = photos.into();
                self.ask();
            }
            Got::Missing { complete: true, .. } | Got::Committed => self.photo_over(None),
            Got::Held => {
                self.report.held.1 += 1;
                self.photo_gone();
            }
            Got::NotThere => self.photo_gone(),
            Got::Missing { complete: false, chunks } => self.missing(chunks),
            Got::Chunk => {
                self.chunks.pop_front();
                self.photo_done += PHOTO_CHUNK_BYTES as u64;
                self.phase = if self.chunks.is_empty() { Phase::Commit } else { Phase::Send };
            }
            Got::PhotoFailed(why) => self.photo_over(Some(why)),
            Got::Failed(_) => {}
        }
    }

    /// What runs now.
    pub fn progress(&self) -> Option<SyncProgress> {
        let photo = self.photos.front().map_or(0, |p| self.photo_done.min(p.bytes));
        let (step, done, all) = match self.phase {
            Phase::Connect | Phase::SignIn(_) | Phase::Profile | Phase::Forms => (SyncStep::Connect, 0, 0),
            Phase::Push | Phase::SendAgain | Phase::Relay(_) => (SyncStep::Push, self.push.0, self.push.1),
            Phase::Grant | Phase::Pull | Phase::PullAgain => (SyncStep::Pull, self.pull.0, self.pull.1),
            Phase::List | Phase::Ask | Phase::Send | Phase::Commit => {
                (SyncStep::Photos, self.bytes.0 + photo, self.bytes.1)
            }
            Phase::Over => return None,
        };
        Some(SyncProgress { step, done: done.min(all), all })
    }

    fn fail(&mut self, e: SyncError) {
        if e.is_signed_out() && !self.signed_in_again && self.phase != Phase::Connect {
            self.signed_in_again = true;
            let phase = std::mem::replace(&mut self.phase, Phase::Connect);
            self.resume = (!matches!(phase, Phase::SignIn(_))).then_some(phase);
            return;
        }
        // A nonce is good once: a token whose reply was lost needs a new one.
        let goes_on = !self.has_hub || self.phase != Phase::Connect;
        if e.is_passing() && self.tries < TRIES && goes_on {
            self.pause = Some(PAUSE_MS << self.tries);
            self.tries += 1;
            if matches!(self.phase, Phase::SignIn(_)) {
                self.phase = Phase::Connect;
            }
            return;
        }
        // The server says when. What it asks for is done within this sync, unless it is long.
        if let Some(seconds) = e.slow_down_s().filter(|s| *s <= MOST_PATIENCE_S && self.tries < PATIENT_TRIES) {
            self.pause = Some(seconds.max(1) * 1000);
            self.tries += 1;
            if matches!(self.phase, Phase::SignIn(_)) {
                self.phase = Phase::Connect;
            }
            return;
        }
        // One photo that is refused must not keep back the others.
        let refused = matches!(&e, SyncError::Refused { status: 400..=499, .. })
            && !e.is_signed_out()
            && !e.is_revoked()
            && e.slow_down_s().is_none();
        if refused && matches!(self.phase, Phase::Ask | Phase::Send | Phase::Commit) {
            return self.photo_over(Some(e.to_string()));
        }
        self.failed = Some(e);
        self.phase = Phase::Over;
    }

    fn profile(&mut self, grids: Vec<GridId>, forms: Vec<String>, waiting: u64) {
        if self.only_profile {
            self.phase = Phase::Over;
            return;
        }
        if self.profile_again {
            // Fetched for its keys: the pull goes on where it was, and takes what is still unknown aside.
            self.unknown = OnUnknown::SetAside;
            self.phase = Phase::Pull;
            return;
        }
        self.grids = grids.into();
        self.forms = forms.into();
        self.push = (0, waiting);
        self.after_forms();
    }

    fn after_forms(&mut self) {
        self.phase = match (self.forms.is_empty(), self.push.1) {
            (false, _) => Phase::Forms,
            (true, 0) => self.to_pull(),
            (true, _) => Phase::Push,
        };
    }

    fn pushed(&mut self, confirmed: u64, held: u64, refused: u64, gaps: u64, left: u64) {
        self.report.pushed += confirmed;
        self.report.refused += refused;
        self.push.0 += confirmed + held + refused;
        self.push.1 = self.push.0 + left;
        let moved = confirmed + held + refused > 0;
        self.phase = match (left, moved) {
            (0, _) => self.to_pull(),
            (_, true) => Phase::Push,
            (_, false) if gaps > 0 && !self.sent_again && !self.at_hub => {
                self.sent_again = true;
                Phase::SendAgain
            }
            (_, false) => {
                self.failed = Some(SyncError::NotHuce("no receipt for any event".to_owned()));
                Phase::Over
            }
        };
    }

    fn to_pull(&self) -> Phase {
        match (self.relayed, self.granted, self.grids.is_empty()) {
            (false, ..) => Phase::Relay(None),
            (true, false, _) => Phase::Grant,
            (true, true, false) => Phase::Pull,
            (true, true, true) => Phase::List,
        }
    }

    fn pulled(&mut self, from: u64, next: u64, head: u64, new: u64, agrees: Option<bool>) {
        self.report.pulled += new;
        let rest = head.saturating_sub(next);
        self.pull.0 += next.saturating_sub(from);
        // What is known of the grids that were asked so far; the others add theirs when their turn comes.
        self.pull.1 = self.pull.0 + rest;
        if head < from {
            // The server knows less than this tablet: it was restored. It gets everything again.
            self.phase = if self.sent_again { Phase::PullAgain } else { Phase::SendAgain };
            let stuck = self.sent_again && self.pulled_again;
            (self.sent_again, self.pulled_again) = (true, true);
            if stuck {
                self.differs();
            }
            return;
        }
        match agrees {
            Some(true) => self.grid_over(),
            Some(false) if self.pulled_again => self.differs(),
            Some(false) if self.sent_again || self.at_hub => {
                self.pulled_again = true;
                self.phase = Phase::PullAgain;
            }
            // The server may have lost own events of this tablet, too: it gets them again, then everything is pulled.
            Some(false) => {
                (self.sent_again, self.pulled_again) = (true, true);
                self.phase = Phase::SendAgain;
            }
            None if next > from => self.phase = Phase::Pull,
            None => {
                self.failed = Some(SyncError::NotHuce("a page without an end".to_owned()));
                self.phase = Phase::Over;
            }
        }
    }

    fn differs(&mut self) {
        // Told at the end; the other grids and the photos go on.
        let grid = self.grids.front().map(ToString::to_string).unwrap_or_default();
        self.failed.get_or_insert(SyncError::Differs(grid));
        self.grid_over();
    }

    fn grid_over(&mut self) {
        self.grids.pop_front();
        self.pulled_again = false;
        self.phase = self.to_pull();
    }

    fn ask(&mut self) {
        self.photo_done = 0;
        self.photo_round = 0;
        self.chunks.clear();
        self.phase = if self.photos.is_empty() { Phase::Over } else { Phase::Ask };
    }

    fn missing(&mut self, chunks: Vec<u32>) {
        let Some(photo) = self.photos.front() else { return self.ask() };
        let count = photo.bytes.div_ceil(PHOTO_CHUNK_BYTES as u64);
        if self.photo_round > PHOTO_ROUNDS || chunks.iter().any(|n| u64::from(*n) >= count) {
            return self.photo_over(Some("the server asks for it again and again".to_owned()));
        }
        self.photo_round += 1;
        let there = count.saturating_sub(chunks.len() as u64);
        self.photo_done = (there * PHOTO_CHUNK_BYTES as u64).min(photo.bytes);
        self.chunks = chunks.into();
        self.phase = if self.chunks.is_empty() { Phase::Commit } else { Phase::Send };
    }

    fn photo_over(&mut self, why: Option<String>) {
        // A commit that was refused: perhaps a chunk got lost between. The server is asked once more what it lacks.
        if why.is_some() && self.phase == Phase::Commit && self.photo_round <= PHOTO_ROUNDS {
            self.phase = Phase::Ask;
            return;
        }
        if let Some(photo) = self.photos.front() {
            match why {
                None => self.report.photos += 1,
                Some(why) => self.report.photos_failed.push((photo.photo.clone(), why)),
            }
        }
        self.photo_gone();
    }

    fn photo_gone(&mut self) {
        self.bytes.0 += self.photos.pop_front().map_or(0, |photo| photo.bytes);
        self.ask();
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}
