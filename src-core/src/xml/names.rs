//! Names, interned: a string is a number, an expanded name (namespace and local name) is a number.

use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::HashMap;

/// An interned string of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StrId(u32);

impl StrId {
    pub(super) const EMPTY: Self = Self(0);
}

/// An interned expanded name of one document: namespace and local name, without the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameId(u32);

impl NameId {
    pub(super) const NONE: Self = Self(0);
}

/// A name as it is written and as it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    /// The URI; empty: in no namespace.
    pub namespace: &'a str,
    /// The prefix that it is written with; empty: none.
    pub prefix: &'a str,
    /// The local part.
    pub local: &'a str,
}

impl<'a> Name<'a> {
    /// A name in no namespace.
    #[must_use]
    pub fn local(local: &'a str) -> Self {
        Self { namespace: "", prefix: "", local }
    }

    /// `prefix:local`, as written.
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.prefix.is_empty() { self.local.to_owned() } else { format!("{}:{}", self.prefix, self.local) }
    }
}

#[derive(Debug)]
pub(super) struct Names {
    strings: Vec<Box<str>>,
    by_text: HashMap<Box<str>, StrId>,
    names: Vec<(StrId, StrId)>,
    /// Few names share their local part: one for each namespace.
    by_local: HashMap<StrId, Vec<NameId>>,
    stamp: u64,
}

/// No two sets of names ever had the same stamp, unless they are the same.
fn new_stamp() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(1);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl Clone for Names {
    fn clone(&self) -> Self {
        Self {
            strings: self.strings.clone(),
            by_text: self.by_text.clone(),
            names: self.names.clone(),
            by_local: self.by_local.clone(),
            stamp: new_stamp(),
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self {
            strings: vec![Box::default()],
            by_text: HashMap::default(),
            names: vec![(StrId::EMPTY, StrId::EMPTY)],
            by_local: HashMap::default(),
            stamp: new_stamp(),
        };
        names.by_text.insert(Box::default(), StrId::EMPTY);
        names.by_local.insert(StrId::EMPTY, vec![NameId::NONE]);
        names
    }
}

impl Names {
    pub fn intern(&mut self, text: &str) -> StrId {
        if let Some(&id) = self.by_text.get(text) {
            return id;
        }
        let id = StrId(u32::try_from(self.strings.len()).unwrap_or(0));
        self.strings.push(text.into());
        self.by_text.insert(text.into(), id);
        id
    }

    pub fn name(&mut self, namespace: &str, local: &str) -> NameId {
        let parts = (self.intern(namespace), self.intern(local));
        let same_local = self.by_local.get(&parts.1).map_or(&[][..], Vec::as_slice);
        if let Some(&id) = same_local.iter().find(|&&id| self.parts(id) == parts) {
            return id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(0));
        self.names.push(parts);
        self.by_local.entry(parts.1).or_default().push(id);
        self.stamp = new_stamp();
        id
    }

    /// All names with this local part.
    pub fn with_local(&self, local: &str) -> &[NameId] {
        let id = self.by_text.get(local);
        id.and_then(|id| self.by_local.get(id)).map_or(&[], Vec::as_slice)
    }

    pub fn find(&self, namespace: &str, local: &str) -> Option<NameId> {
        self.with_local(local).iter().copied().find(|&id| self.text(self.parts(id).0) == namespace)
    }

    pub fn find_string(&self, text: &str) -> Option<StrId> {
        self.by_text.get(text).copied()
    }

    pub fn text(&self, id: StrId) -> &str {
        self.strings.get(id.0 as usize).map_or("", |s| s)
    }

    pub fn parts(&self, id: NameId) -> (StrId, StrId) {
        self.names.get(id.0 as usize).copied().unwrap_or((StrId::EMPTY, StrId::EMPTY))
    }

    pub fn stamp(&self) -> u64 {
        self.stamp
    }
}

/// The last answer to "which name of this document has this local part", kept by who asks often.
#[derive(Debug, Default)]
pub(crate) struct NameCache(AtomicU64);

impl Clone for NameCache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl NameCache {
    /// More names than a document has nodes.
    const BITS: u32 = 24;

    /// The one name with this local part; none if there are several, or none.
    pub fn only(&self, doc: &super::Document, local: &str) -> Option<NameId> {
        let stamp = doc.names.stamp();
        let kept = self.0.load(Ordering::Relaxed);
        if kept >> Self::BITS == stamp {
            return Some(NameId((kept & ((1 << Self::BITS) - 1)) as u32));
        }
        let &[only] = doc.names.with_local(local) else { return None };
        if only.0 >> Self::BITS == 0 {
            self.0.store(stamp << Self::BITS | u64::from(only.0), Ordering::Relaxed);
        }
        Some(only)
    }
}
