//! Visits that are being filled in. They live in the journal, step by step; what is here is the journal's summary.

use std::collections::BTreeMap;

use huce_core::{
    body::Photo,
    clock::Millis,
    ids::{DraftId, HouseholdId},
};
use serde_json::Value;

use super::{Device, DeviceError, hold};
use crate::journal::{Entry, KeptStep, Opened};

/// A draft as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its beginning.
    pub opened: Opened,
    /// The form engine's steps, in order.
    pub steps: Vec<Value>,
    /// Where the person was.
    pub at: Option<String>,
    /// Photos taken for it.
    pub photos: Vec<Photo>,
    /// When the last step was kept, device time.
    pub kept_ms: Millis,
}

/// The drafts that the journal leaves open.
pub(super) fn drafts_of(entries: &[Entry]) -> BTreeMap<DraftId, Draft> {
    let mut drafts = BTreeMap::new();
    entries.iter().for_each(|entry| apply(entry, &mut drafts));
    drafts
}

fn apply(entry: &Entry, drafts: &mut BTreeMap<DraftId, Draft>) {
    match entry {
        Entry::Opened(opened) => {
            let kept_ms = opened.started_ms;
            let draft = Draft { opened: opened.clone(), steps: Vec::new(), at: None, photos: Vec::new(), kept_ms };
            drafts.insert(opened.draft.clone(), draft);
        }
        Entry::Step(KeptStep { draft, step, at, kept_ms }) => {
            if let Some(draft) = drafts.get_mut(draft) {
                draft.steps.extend(step.clone());
                draft.at = at.clone().or(draft.at.take());
                draft.kept_ms = *kept_ms;
            }
        }
        Entry::DraftPhoto { draft, photo } => {
            if let Some(draft) = drafts.get_mut(draft) {
                draft.photos.push(photo.clone());
            }
        }
        Entry::Discarded { draft } | Entry::Events { closes: Some(draft), .. } => {
            drafts.remove(draft);
        }
        Entry::Events { closes: None, .. } => {}
    }
}

impl Device {
    /// A draft.
    pub fn draft(&self, id: &DraftId) -> Option<Draft> {
        hold(&self.drafts).get(id).cloned()
    }

    /// The draft at a door.
    pub fn draft_at(&self, household: &HouseholdId) -> Option<Draft> {
        hold(&self.drafts).values().find(|d| d.opened.household == *household).cloned()
    }

    /// All drafts, the one touched last first.
    pub fn drafts(&self) -> Vec<Draft> {
        let mut all: Vec<_> = hold(&self.drafts).values().cloned().collect();
        all.sort_by_key(|d| std::cmp::Reverse(d.kept_ms));
        all
    }

    /// Keeps an entry of a draft: journal first, then memory. False when there is no such draft (any more).
    pub(crate) fn keep_draft(&self, entry: Entry) -> Result<bool, DeviceError> {
        let mut drafts = hold(&self.drafts);
        let there = match &entry {
            Entry::Opened(_) => true,
            Entry::Step(KeptStep { draft, .. }) | Entry::DraftPhoto { draft, .. } | Entry::Discarded { draft } => {
                drafts.contains_key(draft)
            }
            Entry::Events { .. } => false,
        };
        if there {
            self.keep(std::slice::from_ref(&entry))?;
            apply(&entry, &mut drafts);
        }
        Ok(there)
    }
}
