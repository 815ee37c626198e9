//! Visits that are being filled in. They live in the journal, step by step; what is here is the journal's summary.

use std::collections::BTreeMap;

use huce_core::{
    body::Photo,
    clock::Millis,
    ids::{DraftId, FormId},
    site::Site,
};
use serde_json::Value;

use super::{Device, DeviceError, Head, absorb::json, hold};
use crate::{
    journal::{Entry, KeptStep, Opened},
    keys,
    store::{Batch, StoreError},
};

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
    /// Which entries of the journal it is made of.
    pub(crate) numbers: Vec<u64>,
}

/// The drafts that the journal leaves open.
pub(super) fn drafts_of(entries: &BTreeMap<u64, Entry>) -> BTreeMap<DraftId, Draft> {
    let mut drafts = BTreeMap::new();
    entries.iter().for_each(|(number, entry)| apply(*number, entry, &mut drafts));
    drafts
}

fn apply(number: u64, entry: &Entry, drafts: &mut BTreeMap<DraftId, Draft>) {
    match entry {
        Entry::Opened(opened) => {
            let kept_ms = opened.started_ms;
            let draft = Draft {
                opened: opened.clone(),
                steps: Vec::new(),
                at: None,
                photos: Vec::new(),
                kept_ms,
                numbers: vec![number],
            };
            drafts.insert(opened.draft.clone(), draft);
        }
        Entry::Step(KeptStep { draft, step, at, kept_ms }) => {
            if let Some(draft) = drafts.get_mut(draft) {
                draft.steps.extend(step.clone());
                draft.at = at.clone().or(draft.at.take());
                draft.kept_ms = *kept_ms;
                draft.numbers.push(number);
            }
        }
        Entry::DraftPhoto { draft, photo } => {
            if let Some(draft) = drafts.get_mut(draft) {
                draft.photos.push(photo.clone());
                draft.numbers.push(number);
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

    /// The draft at a door or facility.
    pub fn draft_at(&self, site: &Site) -> Option<Draft> {
        hold(&self.drafts).values().find(|d| d.opened.at == *site).cloned()
    }

    /// The draft of a form there; of any, if it is not said which.
    pub fn draft_of(&self, site: &Site, form: Option<&FormId>) -> Option<Draft> {
        let Some(form) = form else { return self.draft_at(site) };
        let is_it = |d: &Draft| self.form_by_hash(&d.opened.form).is_ok_and(|f| f.id() == form.as_str());
        self.drafts().into_iter().filter(|d| d.opened.at == *site).find(is_it)
    }

    /// All drafts, the one touched last first.
    pub fn drafts(&self) -> Vec<Draft> {
        let mut all: Vec<_> = hold(&self.drafts).values().cloned().collect();
        all.sort_by_key(|d| std::cmp::Reverse(d.kept_ms));
        all
    }

    /// Keeps an entry of a draft: journal first, then memory. False when there is no such draft (any more).
    pub(crate) fn keep_draft(&self, entry: Entry) -> Result<bool, DeviceError> {
        // As with events: in the store in the order in which they are in the journal.
        let head = hold(&self.head);
        let mut drafts = hold(&self.drafts);
        let there = match &entry {
            Entry::Opened(_) => true,
            Entry::Step(KeptStep { draft, .. }) | Entry::DraftPhoto { draft, .. } | Entry::Discarded { draft } => {
                drafts.contains_key(draft)
            }
            Entry::Events { .. } => false,
        };
        if there {
            let number = self.keep(std::slice::from_ref(&entry))?;
            if let Err(e) = self.store_draft(number, &entry, &drafts, &head) {
                self.fall_behind(&e);
            }
            apply(number, &entry, &mut drafts);
        }
        Ok(there)
    }

    fn store_draft(
        &self,
        number: u64,
        entry: &Entry,
        drafts: &BTreeMap<DraftId, Draft>,
        head: &Head,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        match entry {
            Entry::Discarded { draft } => {
                let gone = drafts.get(draft).iter().flat_map(|d| d.numbers.clone()).collect::<Vec<_>>();
                gone.into_iter().for_each(|number| batch.remove(keys::draft(number)));
            }
            entry => batch.put(keys::draft(number), json(entry)?),
        }
        self.mark(&mut batch, number, head)?;
        self.store.put(&batch)
    }
}
