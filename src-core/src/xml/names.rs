//! Names, interned: a string is a number, an expanded name (namespace and local name) is a number.

use std::collections::HashMap;

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

#[derive(Debug, Clone)]
pub(super) struct Names {
    strings: Vec<Box<str>>,
    by_text: HashMap<Box<str>, StrId>,
    names: Vec<(StrId, StrId)>,
    by_parts: HashMap<(StrId, StrId), NameId>,
}

impl Default for Names {
    fn default() -> Self {
        let empty = (StrId::EMPTY, StrId::EMPTY);
        Self {
            strings: vec![Box::default()],
            by_text: HashMap::from([(Box::default(), StrId::EMPTY)]),
            names: vec![empty],
            by_parts: HashMap::from([(empty, NameId::NONE)]),
        }
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
        if let Some(&id) = self.by_parts.get(&parts) {
            return id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(0));
        self.names.push(parts);
        self.by_parts.insert(parts, id);
        id
    }

    pub fn find(&self, namespace: &str, local: &str) -> Option<NameId> {
        let parts = (*self.by_text.get(namespace)?, *self.by_text.get(local)?);
        self.by_parts.get(&parts).copied()
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
}
