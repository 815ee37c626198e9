//! The same matter asked twice: at the same door or facility, of the same category, within seven days. What is open there is
//! asked once more instead of being opened a second time, unless a person says that it is another matter.

use serde::{Deserialize, Serialize};

use super::{Category, Channel, Request, RequestState, field, steps};
use crate::{
    clock::Millis,
    door::Door,
    ids::{PersonId, RequestId},
    record::{Held, Record},
};

/// So long after it was asked last a matter counts as the same.
pub const SAME_MS: Millis = 7 * 24 * 3_600_000;

/// Asked once more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Where it came from.
    pub channel: Channel,
    /// In the resident's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Whom to call back, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When.
    pub when_ms: Millis,
    /// Who took it down.
    pub by: PersonId,
}

/// What the field `again/N` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Again {
    pub(crate) channel: Channel,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    pub(crate) ms: Millis,
}

pub(super) fn asked(record: &Record) -> Vec<Asked> {
    let read = |(_, held): (i64, &Held)| {
        let again: Again = serde_json::from_value(held.value.clone()).ok()?;
        let Again { channel, text, phone, ms } = again;
        Some(Asked { channel, text, phone, when_ms: ms, by: held.person.clone() })
    };
    steps(record, field::AGAIN).into_iter().filter_map(read).collect()
}

impl Request {
    /// The order in which requests were taken. Whoever says that it is another matter has seen the one that was there.
    pub(crate) fn by_time(&self) -> (Millis, bool, &RequestId) {
        (self.taken_ms, self.another, &self.id)
    }

    /// When it was asked last.
    pub fn asked_ms(&self) -> Millis {
        self.again.iter().map(|again| again.when_ms).fold(self.taken_ms, Millis::max)
    }
}

/// The open request at this door (or facility) that is about the same matter; of several the one that was taken down first,
/// so that two tablets join into the same one.
pub fn same_matter(door: &Door, category: Category, now_ms: Millis) -> Option<&Request> {
    let is_open = |request: &&Request| request.state(door.satisfied(&request.id)) != RequestState::Closed;
    let is_same = |request: &&Request| {
        request.category == category && now_ms.abs_diff(request.asked_ms()) <= SAME_MS.unsigned_abs()
    };
    let open = door.requests.values().filter(is_same).filter(is_open);
    open.min_by(|a, b| (a.taken_ms, &a.id).cmp(&(b.taken_ms, &b.id)))
}

/// How many of these requests ask again what was asked within the seven days before, at the same place, of the same category,
/// in another request or in the same one. What a person called another matter is none.
pub(super) fn repeats<'a>(requests: impl Iterator<Item = &'a Request>) -> u32 {
    let mut all: Vec<&Request> = requests.collect();
    crate::order::sort_by_key(&mut all, |request| request.by_time());
    let mut last = std::collections::BTreeMap::new();
    let mut repeats = 0_u32;
    for request in all {
        repeats = repeats.saturating_add(u32::try_from(request.again.len()).unwrap_or(u32::MAX));
        let Some(site) = request.site() else { continue };
        let last = last.entry((site, request.category)).or_insert(Millis::MIN);
        let within = *last != Millis::MIN && request.taken_ms.saturating_sub(*last) <= SAME_MS;
        repeats = repeats.saturating_add(u32::from(within && !request.another));
        *last = request.asked_ms().max(*last);
    }
    repeats
}
