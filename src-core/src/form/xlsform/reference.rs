//! `${name}` in cells: where it stands, and whether it is well formed.

use super::name;

/// A well-formed `${name}` or `${last-saved#name}` within a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    pub name: &'a str,
    pub last_saved: bool,
    /// Bytes of the text that it takes, `${` and `}` included.
    pub start: usize,
    pub end: usize,
}

/// A `${` that is not followed by a name and `}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

const LAST_SAVED: &str = "last-saved#";

/// The name between the braces, when it is one.
fn inner(text: &str) -> Option<(&str, bool)> {
    let (name, last_saved) = match text.strip_prefix(LAST_SAVED) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    (name::plain(name) == Some(name.len())).then_some((name, last_saved))
}

/// All well-formed references; what is broken is passed by.
pub(super) fn find(text: &str) -> impl Iterator<Item = Reference<'_>> {
    text.match_indices("${").filter_map(move |(start, _)| {
        let rest = text.get(start + 2..)?;
        let close = rest.find('}')?;
        let (name, last_saved) = inner(rest.get(..close)?)?;
        Some(Reference { name, last_saved, start, end: start + 2 + close + 1 })
    })
}

/// All references in order, broken ones too. `${}` is none.
pub(super) fn check(text: &str) -> impl Iterator<Item = Result<Reference<'_>, Broken>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find("${")?;
            let rest = text.get(start + 2..)?;
            let Some(close) = rest.find('}') else {
                from = text.len();
                return Some(Err(Broken));
            };
            if close == 0 {
                from = start + 2;
                continue;
            }
            let end = start + 2 + close + 1;
            from = end;
            return Some(match rest.get(..close).and_then(inner) {
                Some((name, last_saved)) => Ok(Reference { name, last_saved, start, end }),
                None => Err(Broken),
            });
        }
    })
}

/// Whether a text looks as if it held a reference.
pub(super) fn is_candidate(text: &str) -> bool {
    text.len() > 2 && text.contains("${")
}

/// The reference that is the whole text, if it is one.
pub(super) fn whole(text: &str) -> Option<Reference<'_>> {
    let inside = text.strip_prefix("${")?.strip_suffix('}')?;
    let (name, last_saved) = inner(inside)?;
    Some(Reference { name, last_saved, start: 0, end: text.len() })
}

/// Whether the first reference of a text is well formed.
pub(super) fn has(text: &str) -> bool {
    matches!(check(text).next(), Some(Ok(_)))
}

/// Whether a text refers to the answers of the record that was saved last.
pub(super) fn has_last_saved(text: &str) -> bool {
    check(text).take_while(Result::is_ok).flatten().any(|r| r.last_saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_a_text() {
        let names: Vec<_> = find("${a} + ${last-saved#b} ${} ${c d}").map(|r| (r.name, r.last_saved)).collect();
        assert_eq!(names, [("a", false), ("b", true)]);
        let checked: Vec<_> = check("${a} ${} ${c d} ${e").map(|r| r.map(|r| r.name)).collect();
        assert_eq!(checked, [Ok("a"), Err(Broken), Err(Broken)]);
        assert!(whole("${a}").is_some() && whole("${a} ").is_none() && whole("a").is_none());
        assert!(has_last_saved("1 + ${last-saved#a}") && !has_last_saved("${a}"));
    }
}
