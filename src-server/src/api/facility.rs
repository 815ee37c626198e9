//! Facilities: their list, one with its timeline, what a person changes of it.

use huce_core::{
    act,
    body::{Body, Noun, Outcome},
    facility::{Facility, normal},
    ids::{EventId, FacilityId},
    ipc::{
        CallError, Code,
        facility::{EditFacility, Facilities, FacilitiesReply, FacilityLine, FacilityPage, OpenFacility},
    },
    projection::{Doc, Docs, Key, record_of},
    site::{KnownSite, Site},
    view::{self, Seen},
};
use ib_matcher::matcher::{IbMatcher, PinyinMatchConfig};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    conflict,
    figures::within,
    household::door,
};
use crate::store::{Conn, Result, StoreError, docs, from_word};

/// Answers [`Facilities`].
pub async fn facilities(asked: &Asked, call: Facilities) -> Answer<FacilitiesReply> {
    let lines = lines(&mut *asked.conn().await?, asked, &call.text).await?;
    Ok(view::facilities(lines, &call))
}

/// The facilities that the person sees and of which every word of the text says something. All of them are read: a
/// district has thousands, not hundreds of thousands.
pub async fn lines(conn: &mut Conn, asked: &Asked, text: &str) -> Answer<Vec<FacilityLine>> {
    let select = "SELECT body, outcome, visited_ms, done_ms, open_requests FROM facility WHERE grid IN ";
    let rows = within(&asked.viewer.grids, select).all(conn).await?;
    let all = rows.iter().map(|row| -> Result<FacilityLine> {
        let facility = serde_json::from_str(row.try_get(0)?).map_err(|_| StoreError::damaged("a facility"))?;
        let outcome: Option<Outcome> = row.try_get::<Option<&str>, _>(1)?.map(from_word).transpose()?;
        let seen = Seen {
            last: outcome.zip(row.try_get(2)?),
            done_ms: row.try_get(3)?,
            open_requests: u32::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u32::MAX),
        };
        Ok(view::facility_line(facility, seen, asked.now_ms))
    });
    let mut all = all.collect::<Result<Vec<_>>>()?;
    let fits = fits(text);
    all.retain(|line| fits(&line.facility));
    Ok(all)
}

/// Tells whether every word of a text says something of a facility.
pub fn fits(text: &str) -> impl Fn(&Facility) -> bool {
    let sounds = |word: &str| (normal(word), IbMatcher::builder(word).pinyin(PinyinMatchConfig::default()).build());
    let words: Vec<_> = text.split_whitespace().map(sounds).collect();
    move |facility| facility.fits(&words, |word, text| word.is_match(text))
}

/// Answers [`OpenFacility`].
pub async fn open_facility(asked: &Asked, call: OpenFacility) -> Answer<FacilityPage> {
    let missing = || CallError::new(Code::NotFound).with("what", &call.facility);
    let site = Site::from(&call.facility);
    let (record, KnownSite::Facility(facility)) = asked.site(&site).await? else { return Err(missing()) };
    let mut conn = asked.conn().await?;
    let door = door(&mut conn, &site).await?;
    let mut conflicts = conflict::of(&mut conn, &record).await?;
    let requests = door.requests.keys().map(|id| Key::Record(Noun::Request, id.to_string()));
    for doc in docs::load(&mut conn, requests).await?.values() {
        // They stand where the facility does, which the person sees.
        if let Doc::Record(request) = doc {
            conflicts.extend(conflict::of(&mut conn, request).await?);
        }
    }
    Ok(FacilityPage { facility, door, conflicts, unsent: Vec::new(), draft: None })
}

/// Answers [`EditFacility`].
pub async fn edit_facility(asked: &Asked, call: EditFacility) -> Answer<Option<EventId>> {
    let site = Site::from(call.facility);
    let (record, _) = asked.site(&site).await?;
    match act::edit_facility(&record, &call.set)? {
        Some(edit) => Ok(Some(asked.write(&record.grid, Some(site), Body::Edit(edit)).await?)),
        None => Ok(None),
    }
}

/// The facility that a record is about, for lists.
pub fn facility_in(docs: &Docs, id: &FacilityId) -> Option<Facility> {
    match docs.get(&record_of(&id.into())) {
        Some(Doc::Record(record)) => Facility::from_record(record),
        _ => None,
    }
}
