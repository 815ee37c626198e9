//! Finding items by the name in `${name}`, and what was probably meant by a name that is none.

use super::model::{Form, ItemId};
use std::collections::HashMap;

/// Items by name.
pub(super) struct Names<'a>(HashMap<&'a str, Vec<ItemId>>);

impl<'a> Names<'a> {
    pub fn new(form: &'a Form) -> Self {
        let mut names: HashMap<&str, Vec<ItemId>> = HashMap::new();
        for (id, item) in form.items.iter().enumerate() {
            names.entry(item.name.as_str()).or_default().push(id);
        }
        Names(names)
    }

    /// The item of this name; of several, the one that shares the closest group with `from`.
    pub fn nearest(&self, form: &Form, name: &str, from: ItemId) -> Result<ItemId, String> {
        let found = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        if let [one] = found {
            return Ok(*one);
        }
        if found.is_empty() {
            return Err(format!("there is no question `{name}`"));
        }
        let shared = |id: ItemId| {
            let chain = |mut id: ItemId| {
                let mut up = vec![id];
                while let Some(parent) = form.item(id).and_then(|i| i.parent) {
                    up.push(parent);
                    id = parent;
                }
                up.reverse();
                up
            };
            chain(id).iter().zip(chain(from).iter()).take_while(|(a, b)| a == b).count()
        };
        let best = found.iter().map(|id| shared(*id)).max().unwrap_or(0);
        let mut nearest = found.iter().filter(|id| shared(**id) == best);
        match (nearest.next(), nearest.next()) {
            (Some(one), None) => Ok(*one),
            _ => Err(format!("there are several questions `{name}`, and none is nearest")),
        }
    }

    /// The name that was probably meant.
    pub fn similar(&self, name: &str) -> Option<String> {
        closest(name, self.0.keys().copied())
    }
}

/// The candidate with the fewest edits, if few enough.
pub(super) fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let limit = 1 + name.chars().count() / 4;
    let best = candidates.map(|c| (edits(name, c), c)).min()?;
    (best.0 <= limit && best.0 > 0).then(|| best.1.to_owned())
}

fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_ascii_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.to_ascii_lowercase().chars().enumerate() {
        let mut last = i + 1;
        let mut next = vec![last];
        for (j, cb) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX);
            let diagonal = row.get(j).copied().unwrap_or(usize::MAX);
            last = (diagonal + usize::from(ca != *cb)).min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
