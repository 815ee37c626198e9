//! Facilities by name, code, estate, or pinyin initials: 一号热力站, yhrlz, RL-001, 豫A.

use huce_core::{
    facility::{Facility, normal},
    ids::FacilityId,
};
use ib_matcher::matcher::{IbMatcher, PinyinMatchConfig};

use super::Index;

impl Index {
    /// A facility.
    pub fn facility(&self, id: &FacilityId) -> Option<&Facility> {
        self.facilities.get(id)
    }

    /// All facilities, in the order of their identifiers.
    pub fn facilities(&self) -> impl Iterator<Item = &Facility> {
        self.facilities.values()
    }

    /// The facilities of which every word that was typed says something; "" finds all.
    pub fn find_facilities(&self, typed: &str) -> Vec<&Facility> {
        let words = typed.split_whitespace().map(|word| {
            let sounds = IbMatcher::builder(word).pinyin(PinyinMatchConfig::default()).build();
            (normal(word), sounds)
        });
        let words: Vec<_> = words.collect();
        let fits = |facility: &&Facility| {
            let Facility { name, code, estate, building, .. } = facility;
            let texts = || [Some(name), code.as_ref(), estate.as_ref(), building.as_ref()].into_iter().flatten();
            words.iter().all(|(word, sounds)| texts().any(|t| normal(t).contains(word) || sounds.is_match(t.as_str())))
        };
        self.facilities.values().filter(fits).collect()
    }
}
