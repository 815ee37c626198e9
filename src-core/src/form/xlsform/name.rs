//! Names of XML, and what an author probably meant by a name that is not there.

/// Whether a text may be the name of a question: an XML name, with at most one prefix.
pub(super) fn is_name(text: &str) -> bool {
    qualified(text) == Some(text.len()) && !text.is_empty()
}

/// Length of the name without colon that a text begins with.
pub(super) fn plain(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    if !starts(first) {
        return None;
    }
    Some(chars.find(|(_, c)| !continues(*c)).map_or(text.len(), |(at, _)| at))
}

/// Length of the name, perhaps with a prefix, that a text begins with.
pub(super) fn qualified(text: &str) -> Option<usize> {
    let first = plain(text)?;
    let local = text.get(first..)?.strip_prefix(':').and_then(plain);
    Some(local.map_or(first, |local| first + 1 + local))
}

/// The letters À to Ö are left out: pyxform refuses them at the start and within names.
fn starts(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn continues(c: char) -> bool {
    starts(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// How many letters must be changed, added or removed to make one text from the other.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let next = (diagonal + usize::from(ca != *cb)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = next;
            left = next;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// The nearest of several words, when it is near enough to be what was meant.
pub(super) fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    // Long texts are no misspelt names, and comparing them costs the product of their lengths.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let allowed = if word.chars().count() < 4 { 1 } else { 2 };
    words
        .take(5_000)
        .filter(|w| w.len() <= 64 && !w.is_empty())
        .map(|w| (distance(&word, &w.to_lowercase()), w))
        .filter(|(d, w)| *d <= allowed && *d < w.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, w)| w.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "_a", "a:b", "室温", "a-b.c1", "é"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "a b", "a:b:c", "-a", "a$", ":a", "École"] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn near_names() {
        assert_eq!(distance("survey", "surveys"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("setings", ["settings", "survey"].into_iter()), Some("settings".into()));
        assert_eq!(nearest("abc", ["xyz"].into_iter()), None);
    }
}
