//! The merge as DESIGN defines it, written without a look at the engine's: sets of assertions as plain JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::saved::Facts;

/// A field of a record: `noun`, `id`, field.
pub type Place = (String, String, String);

/// An assertion: its event's key, its value, the events that it replaces.
struct Assertion {
    key: String,
    value: Value,
    over: Vec<String>,
}

/// The assertions of every field, by their events.
type Assertions = BTreeMap<Place, BTreeMap<String, Assertion>>;

/// A noun as documents are named: all that this version does not know are one.
pub fn noun(text: &str) -> &str {
    if ["household", "facility", "plan", "request", "round", "grid"].contains(&text) { text } else { "unknown" }
}

fn assertions(facts: &Facts) -> Assertions {
    let mut all = Assertions::new();
    for fact in facts.values().filter(|f| f.kind() == "edit") {
        let text = |at: &str| fact.json.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let noun = noun(&text("/body/noun")).to_owned();
        let id = text("/body/id");
        let Some(set) = fact.json.pointer("/body/set").and_then(Value::as_object) else { continue };
        for (field, assertion) in set {
            let value = assertion.get("v").cloned().unwrap_or_default();
            let over = assertion.get("over").and_then(Value::as_array).into_iter().flatten();
            let over = over.filter_map(Value::as_str).map(str::to_owned).collect();
            let place = (noun.clone(), id.clone(), field.clone());
            all.entry(place).or_default().insert(fact.id.clone(), Assertion { key: fact.key.clone(), value, over });
        }
    }
    all
}

/// A field's value is the set of assertions that nothing replaces.
pub fn live(facts: &Facts) -> BTreeMap<Place, BTreeMap<String, Value>> {
    assertions(facts)
        .into_iter()
        .map(|(place, all)| {
            let replaced: BTreeSet<&String> = all.values().flat_map(|a| &a.over).collect();
            let stand = all.iter().filter(|(id, _)| !replaced.contains(id));
            let stand = stand.map(|(id, a)| (id.clone(), a.value.clone())).collect();
            (place, stand)
        })
        .collect()
}

/// The same from what people could see: an assertion stands unless a later author of the same field held it when
/// deciding. Says nothing of what the events name.
pub fn live_by_sight(
    facts: &Facts,
    seen: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<Place, BTreeMap<String, Value>> {
    assertions(facts)
        .into_iter()
        .map(|(place, all)| {
            let stand = all.iter().filter(|(_, a)| {
                !all.values().any(|o| o.key != a.key && seen.get(&o.key).is_some_and(|held| held.contains(&a.key)))
            });
            let stand = stand.map(|(id, a)| (id.clone(), a.value.clone())).collect();
            (place, stand)
        })
        .collect()
}

/// Do two or more values that differ stand side by side?
pub fn is_conflict(live: &BTreeMap<String, Value>) -> bool {
    let mut values: Vec<String> = live.values().map(ToString::to_string).collect();
    values.sort();
    values.dedup();
    values.len() > 1
}

/// The digest of a stream: how many events, and the sum of the first 64 bits of their hashes.
pub fn digest<'a>(payloads: impl Iterator<Item = &'a str>) -> (u64, u64) {
    payloads.fold((0, 0), |(count, sum), payload| {
        let hash = blake3::hash(payload.as_bytes());
        let head = hash.as_bytes().iter().take(8).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        (count + 1, sum.wrapping_add(head))
    })
}
