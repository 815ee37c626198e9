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
        let sounds = |word: &str| (normal(word), IbMatcher::builder(word).pinyin(PinyinMatchConfig::default()).build());
        let words: Vec<_> = typed.split_whitespace().map(sounds).collect();
        let fits = |facility: &&Facility| facility.fits(&words, |word, text| word.is_match(text));
        self.facilities.values().filter(fits).collect()
    }
}
