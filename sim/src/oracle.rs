//! The rules of DESIGN's "What must never happen", judged from outside: what people were told, what the server hands
//! out to an auditor, what tablets hold. Nothing here calls the engine's merge or projection.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use huce_core::ids::PhotoId;
use huce_device::{
    photo::files::Found,
    sync::line::{Ask, Reply},
};
use serde_json::Value;

use crate::{
    auditor::{Auditor, Stream, all},
    district::{AUDITOR_KEY, GRIDS, STREET},
    naive,
    saved::{Fact, Facts},
    world::World,
};

/// What is looked at.
struct View {
    streams: Vec<(String, Stream)>,
    server: Facts,
    /// What the server keeps aside, by the events' keys: why.
    aside: BTreeMap<String, String>,
    /// Of each tablet that is still there: its number, its events, its documents.
    tablets: Vec<(usize, Facts, BTreeMap<String, String>)>,
}

impl World {
    /// Judges the world after it has come to rest; gives the final state as a text.
    pub(crate) fn judge(&mut self) -> Result<String> {
        let view = self.look()?;
        let mut wrong = Vec::new();
        self.nothing_lost(&view, &mut wrong);
        same_sets_same_state(&view, &mut wrong);
        self.server_shows_the_same(&view, &mut wrong)?;
        once(&view, &mut wrong);
        self.conflicts(&view, &mut wrong)?;
        self.nothing_skipped(&view, &mut wrong)?;
        self.photos_kept(&view, &mut wrong)?;
        wrong.into_iter().for_each(|what| self.fail(what));
        let mut state = String::new();
        for (grid, stream) in &view.streams {
            for (pos, fact) in &stream.events {
                state.push_str(&format!("{grid} {pos} {}\n", fact.payload));
            }
        }
        for (n, facts, docs) in &view.tablets {
            state.push_str(&format!("{n} {} {docs:?}\n", facts.len()));
        }
        Ok(state)
    }

    fn look(&mut self) -> Result<View> {
        let auditor = Auditor::sign_in(&self.depot, AUDITOR_KEY)?;
        let mut streams = Vec::new();
        for grid in [STREET].iter().chain(GRIDS.iter()) {
            streams.push(((*grid).to_owned(), auditor.stream(grid)?));
        }
        let server = all(&streams);
        let mut aside = BTreeMap::new();
        for (code, signed) in self.depot.aside()? {
            aside.insert(Fact::of(&signed)?.key, code);
        }
        let mut tablets = Vec::new();
        for n in 0..self.tablets.len() {
            if !self.tablet(n)?.gone {
                let facts = self.facts(n)?;
                tablets.push((n, facts, self.tablet(n)?.device()?.state()?));
            }
        }
        Ok(View { streams, server, aside, tablets })
    }

    /// Rule 1, and 6: what was told is there; what any tablet holds is on the server.
    fn nothing_lost(&self, view: &View, wrong: &mut Vec<String>) {
        for saved in &self.saved {
            let key = &saved.fact.key;
            let why = view.aside.get(key).map(String::as_str);
            // What a copied tablet recorded again under its new identity: there, or aside for want of a right.
            let again = self.carried.get(key).is_some_and(|new| {
                view.server.contains_key(new) || view.aside.get(new).is_some_and(|why| why != "forked")
            });
            match why {
                _ if view.server.contains_key(key) || again => {}
                None => {
                    wrong.push(format!("rule 1: {key} was saved on tablet {} and is not on the server", saved.tablet))
                }
                // Of a branch nothing is lost when its tablet has recorded it again, or is revoked and waits for people.
                Some("forked") if !self.is_revoked(saved.tablet) => {
                    wrong.push(format!("rule 1: {key} of tablet {} is kept aside for good", saved.tablet));
                }
                Some(_) => {}
            }
        }
        for (n, facts, _) in &view.tablets {
            for key in facts.keys() {
                if !view.server.contains_key(key) && !view.aside.contains_key(key) {
                    wrong.push(format!("rule 6: {key} is on tablet {n} and not on the server"));
                }
            }
        }
    }

    /// Rule 2, with the server as a replica: a document of which a tablet and the server have the same events is the same.
    fn server_shows_the_same(&self, view: &View, wrong: &mut Vec<String>) -> Result<()> {
        let keys: BTreeSet<&str> =
            view.tablets.iter().flat_map(|(_, _, docs)| docs.keys().map(String::as_str)).collect();
        let there = self.depot.documents(keys.into_iter())?;
        let on_server = by_document(view.server.values());
        for (n, facts, docs) in &view.tablets {
            let grids = self.grids_of(*n);
            let here = by_document(facts.values().filter(|f| grids.contains(&f.grid())));
            for (key, doc) in docs.iter().filter(|(key, _)| !key.starts_with("i/")) {
                if here.get(key) == on_server.get(key) && there.get(key) != Some(doc) {
                    let other = there.get(key).map(String::as_str).unwrap_or("nothing");
                    wrong.push(format!("rule 2: {key} on tablet {n} is {doc}, on the server {other}"));
                }
            }
        }
        Ok(())
    }

    /// Was its place taken away?
    pub(crate) fn is_revoked(&self, n: usize) -> bool {
        self.tablets.get(n).is_some_and(|t| self.revoked.contains(&t.id))
    }

    /// Rule 4: concurrent edits stand side by side, sequential ones do not; by the events, and by what people saw.
    fn conflicts(&mut self, view: &View, wrong: &mut Vec<String>) -> Result<()> {
        let sight = naive::live_by_sight(&view.server, &self.seen);
        let named = naive::live(&view.server);
        for (place, live) in &sight {
            if named.get(place) != Some(live) {
                let stand = named.get(place).map(|l| l.keys().cloned().collect::<Vec<_>>());
                let should: Vec<_> = live.keys().collect();
                wrong.push(format!("rule 4: of {place:?} {should:?} should stand, {stand:?} do"));
            }
        }
        for (n, facts, docs) in &view.tablets {
            let own = self.tablet(*n)?.id.to_string();
            let grids = self.grids_of(*n);
            let shown: Facts = facts.clone().into_iter().filter(|(_, f)| grids.contains(&f.grid())).collect();
            if facts.values().any(|f| f.device() == own && view.aside.contains_key(&f.key)) {
                // What was refused is still shown here, and to nobody else.
                continue;
            }
            for (place, live) in naive::live(&shown) {
                let (noun, id, field) = &place;
                let doc = docs.get(&format!("r/{noun}/{id}")).map(String::as_str).unwrap_or("null");
                let doc: Value = serde_json::from_str(doc)?;
                let held = doc.pointer("/Record/fields").or_else(|| doc.pointer("/record/fields"));
                let held = held.or_else(|| doc.get("fields")).and_then(|fields| fields.get(field));
                let shown: BTreeMap<String, Value> = held
                    .and_then(|f| f.get("live"))
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|h| Some((h.get("event")?.as_str()?.to_owned(), h.get("value")?.clone())))
                    .collect();
                if shown != live {
                    wrong.push(format!("rule 4: tablet {n} shows {shown:?} of {place:?}, the events say {live:?}"));
                }
            }
        }
        Ok(())
    }

    /// Rule 5: a tablet holds everything of its grids; rule 9: and nothing of others, but what it recorded itself.
    fn nothing_skipped(&mut self, view: &View, wrong: &mut Vec<String>) -> Result<()> {
        for (n, facts, docs) in &view.tablets {
            let own = self.tablet(*n)?.id.to_string();
            let grids = self.grids_of(*n);
            for (id, fact) in &view.server {
                if grids.contains(&fact.grid()) && !facts.contains_key(id) {
                    wrong.push(format!("rule 5: tablet {n} has not got {id} of its grid {}", fact.grid()));
                }
            }
            for (id, fact) in facts {
                if !grids.contains(&fact.grid()) && fact.device() != own {
                    wrong.push(format!("rule 9: tablet {n} holds {id} of the grid {}", fact.grid()));
                }
            }
            for (key, doc) in docs.iter().filter(|(key, _)| key.starts_with("r/")) {
                let grid = serde_json::from_str::<Value>(doc)?
                    .get("Record")
                    .and_then(|r| r.get("grid")?.as_str().map(str::to_owned));
                if grid.is_some_and(|grid| !grids.contains(&grid.as_str())) {
                    wrong.push(format!("rule 9: tablet {n} shows {key}"));
                }
            }
        }
        Ok(())
    }

    /// The grids of a tablet's person now; none when its place was taken away.
    pub(crate) fn grids_of(&self, n: usize) -> Vec<&'static str> {
        let Some(tablet) = self.tablets.get(n).filter(|t| !self.revoked.contains(&t.id)) else { return Vec::new() };
        self.rights.get(&tablet.person).cloned().unwrap_or_default()
    }

    /// Rule 8: the photos that events name are whole on the server, or still on the tablet; here, at rest: both sides
    /// had their time, so on the server.
    fn photos_kept(&mut self, view: &View, wrong: &mut Vec<String>) -> Result<()> {
        let auditor = Auditor::sign_in(&self.depot, AUDITOR_KEY)?;
        let mut missing = Vec::new();
        for saved in self.saved.iter().filter(|s| view.server.contains_key(&s.fact.key)) {
            let Some(hash) = saved.fact.photo() else { continue };
            let Some(bytes) = self.photos.get(hash) else { continue };
            if auditor.photo(hash)?.as_ref() != Some(bytes) {
                missing.push((saved.tablet, hash.to_owned(), saved.fact.id.clone()));
            }
        }
        for (n, hash, id) in missing {
            let there = match self.tablet(n)?.device() {
                Ok(device) => matches!(device.files().get(&PhotoId::new(hash.clone())?)?, Found::Whole(_)),
                Err(_) => false,
            };
            let where_ = if there { "only on the tablet" } else { "nowhere" };
            wrong.push(format!("rule 8: the photo of {id} is {where_}"));
        }
        Ok(())
    }

    /// Rule 9, on the wire: a page of a grid goes only to whoever works there now.
    pub(crate) fn check_rights(&mut self, n: usize, ask: &Ask, reply: &Reply) {
        let Some(query) = ask.path.strip_prefix("/v1/pull?grid=").filter(|_| reply.status == 200) else { return };
        let grid = query.split('&').next().unwrap_or_default().to_owned();
        if !self.grids_of(n).contains(&grid.as_str()) {
            self.fail(format!("rule 9: tablet {n} was given a page of {grid} without a right"));
        }
    }
}

/// Rule 2.
fn same_sets_same_state(view: &View, wrong: &mut Vec<String>) {
    for (at, (n, facts, docs)) in view.tablets.iter().enumerate() {
        for (m, others, other_docs) in view.tablets.iter().skip(at + 1) {
            if facts.keys().eq(others.keys()) && docs != other_docs {
                let differs = docs.iter().find(|(key, doc)| other_docs.get(*key) != Some(doc)).map(|(key, _)| key);
                wrong.push(format!("rule 2: tablets {n} and {m} hold the same events and differ in {differs:?}"));
            }
        }
    }
}

/// Rule 3: every event has one place, and its effect once.
fn once(view: &View, wrong: &mut Vec<String>) {
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    for (grid, stream) in &view.streams {
        let positions: Vec<u64> = stream.events.iter().map(|(pos, _)| *pos).collect();
        if positions != (1..=stream.head).collect::<Vec<_>>() {
            wrong.push(format!("rule 3: the positions of {grid} are {positions:?}, its head is {}", stream.head));
        }
        let digest = naive::digest(stream.events.iter().map(|(_, fact)| fact.payload.as_str()));
        if digest != stream.digest {
            wrong.push(format!("rule 3: the digest of {grid} is {:?}, its events have {digest:?}", stream.digest));
        }
        for (_, fact) in &stream.events {
            *places.entry(&fact.id).or_default() += 1;
        }
    }
    wrong.extend(places.iter().filter(|(_, n)| **n > 1).map(|(id, n)| format!("rule 3: {id} has {n} places")));
    for (n, facts, docs) in &view.tablets {
        let mut visits: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for fact in facts.values().filter(|f| f.kind() == "visit" && docs.contains_key(&door_of(f))) {
            visits.entry(door_of(fact)).or_default().insert(&fact.id);
        }
        for (key, ids) in visits {
            let doc: Value = docs.get(&key).and_then(|doc| serde_json::from_str(doc).ok()).unwrap_or_default();
            let door = doc.get("Door").or_else(|| doc.get("door")).unwrap_or(&doc);
            let shown: BTreeSet<&str> = door
                .get("visits")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|m| m.keys().map(String::as_str))
                .collect();
            if shown != ids {
                wrong.push(format!("rule 3: tablet {n} shows the visits {shown:?} at {key}, the events say {ids:?}"));
            }
        }
    }
}

fn door_of(fact: &Fact) -> String {
    let name = |field: &str| fact.json.get(field).and_then(Value::as_str);
    match (name("household"), name("facility")) {
        (None, Some(facility)) => format!("f/{facility}"),
        (household, _) => format!("d/{}", household.unwrap_or_default()),
    }
}

/// The keys of the events that each document is made of.
fn by_document<'a>(facts: impl Iterator<Item = &'a Fact>) -> BTreeMap<String, BTreeSet<&'a str>> {
    let mut all: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for fact in facts {
        let text = |at: &str| fact.json.pointer(at).and_then(Value::as_str).unwrap_or_default();
        if fact.kind() == "edit" {
            let noun = naive::noun(text("/body/noun"));
            all.entry(format!("r/{noun}/{}", text("/body/id"))).or_default().insert(&fact.key);
        }
        all.entry(door_of(fact)).or_default().insert(&fact.key);
    }
    all
}
