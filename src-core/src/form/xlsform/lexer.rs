//! The rough tokens of expressions that decide two things: whether a default is computed, and where an
//! `instance(…)/…` stands in a label. (Expressions are parsed for real by the engine, which reads the XForm.)

use super::name;

/// What a token is, as far as anybody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Math,
    Union,
    Close,
    Slash,
    Literal,
    Space,
    Reference,
    /// A name with its `(`.
    Call,
    /// A name with its `[`.
    Predicate,
    PredicateEnd,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
    pub end: usize,
}

/// The tokens of a text; every character is in one.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|r| !r.is_empty())?;
        let (kind, length) = next(rest);
        let start = at;
        at += length;
        Some(Token { kind, text: rest.get(..length)?, start, end: at })
    })
}

/// Whether a default is an expression: with an operator, a call or a reference. In dates and places a hyphen is none.
pub(super) fn is_dynamic(default: &str, question_type: &str) -> bool {
    let hyphens = matches!(question_type, "date" | "dateTime" | "geopoint" | "geotrace" | "geoshape");
    for token in tokens(default) {
        if hyphens && token.kind == Kind::Math && token.text == "-" {
            return false;
        }
        if matches!(token.kind, Kind::Math | Kind::Union | Kind::Reference | Kind::Call) {
            return true;
        }
    }
    false
}

/// Where the paths that begin with `instance(…)` stand: start and end in bytes.
pub(super) fn instance_paths(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if !text.contains("instance(") {
        return found;
    }
    let (mut start, mut in_path, mut in_predicate) = (None, false, false);
    let mut last: Option<Token> = None;
    for token in tokens(text) {
        let Some(from) = start else {
            if token.kind == Kind::Call && token.text == "instance(" {
                start = Some(token.start);
                last = Some(token);
            }
            continue;
        };
        let before = last.map(|l| l.kind);
        let opened = last.is_some_and(|l| l.kind == Kind::Call && l.text == "instance(");
        let belongs = if (token.kind == Kind::Literal && opened)
            || (token.kind == Kind::Close && before == Some(Kind::Literal))
        {
            true
        } else if token.kind == Kind::Slash && matches!(before, Some(Kind::Close | Kind::PredicateEnd)) {
            in_path = true;
            true
        } else if in_path {
            match token.kind {
                Kind::Space => in_path = false,
                Kind::Predicate => (in_path, in_predicate) = (false, true),
                _ => {}
            }
            token.kind != Kind::Space
        } else if in_predicate {
            in_predicate = token.kind != Kind::PredicateEnd;
            true
        } else {
            false
        };
        if belongs {
            last = Some(token);
        } else {
            found.push((from, last.map_or(from, |l| l.end)));
            start = None;
        }
    }
    if let (Some(from), Some(last)) = (start, last) {
        found.push((from, last.end));
    }
    found
}

fn next(rest: &str) -> (Kind, usize) {
    let bytes = rest.as_bytes();
    if let Some(length) = date(bytes) {
        let time = bytes.get(length).filter(|b| **b == b'T').and_then(|_| time(bytes.get(length + 1..)?));
        return (Kind::Other, length + time.map_or(0, |t| t + 1));
    }
    if let Some(length) = time(bytes).or_else(|| number(bytes)) {
        return (Kind::Other, length);
    }
    let starts = |s: &str| rest.starts_with(s);
    let first = rest.chars().next().unwrap_or_default();
    match first {
        '*' | '+' | '-' => return (Kind::Math, 1),
        ' ' if starts(" mod ") || starts(" div ") => return (Kind::Math, 5),
        ' ' if starts(" and ") => return (Kind::Other, 5),
        ' ' if starts(" or ") => return (Kind::Other, 4),
        '!' if starts("!=") => return (Kind::Other, 2),
        '|' => return (Kind::Union, 1),
        ')' => return (Kind::Close, 1),
        '/' => return (Kind::Slash, 1),
        ']' => return (Kind::PredicateEnd, 1),
        '"' | '\'' => {
            let close = rest.get(1..).and_then(|r| r.find(first));
            return close.map_or((Kind::Other, 1), |c| (Kind::Literal, c + 2));
        }
        '$' => {
            let reference = super::reference::find(rest.get(..rest.find('}').map_or(0, |c| c + 1)).unwrap_or_default());
            let whole = reference.take(1).find(|r| r.start == 0);
            return whole.map_or((Kind::Other, 1), |r| (Kind::Reference, r.end));
        }
        c if c.is_whitespace() => {
            return (Kind::Space, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()));
        }
        _ => {}
    }
    let Some(named) = name::qualified(rest) else { return (Kind::Other, first.len_utf8()) };
    match bytes.get(named) {
        Some(b'(') => (Kind::Call, named + 1),
        Some(b'[') => (Kind::Predicate, named + 1),
        _ => {
            let scheme = name::plain(rest).filter(|n| rest.get(*n..).is_some_and(|r| r.starts_with("://")));
            (Kind::Other, scheme.map_or(named, |n| n + 3))
        }
    }
}

fn digits(bytes: &[u8], from: usize, count: usize) -> bool {
    bytes.get(from..from + count).is_some_and(|d| d.iter().all(u8::is_ascii_digit))
}

fn is(bytes: &[u8], at: usize, byte: u8) -> bool {
    bytes.get(at) == Some(&byte)
}

fn date(bytes: &[u8]) -> Option<usize> {
    let sign = usize::from(is(bytes, 0, b'-'));
    let fits = digits(bytes, sign, 4)
        && is(bytes, sign + 4, b'-')
        && digits(bytes, sign + 5, 2)
        && is(bytes, sign + 7, b'-')
        && digits(bytes, sign + 8, 2);
    fits.then_some(sign + 10)
}

fn time(bytes: &[u8]) -> Option<usize> {
    let clock = |from| digits(bytes, from, 2) && is(bytes, from + 2, b':') && digits(bytes, from + 3, 2);
    if !(clock(0) && is(bytes, 5, b':') && digits(bytes, 6, 2)) {
        return None;
    }
    let zone = (is(bytes, 8, b'+') || is(bytes, 8, b'-')) && clock(9);
    Some(if zone {
        14
    } else if is(bytes, 8, b'Z') {
        9
    } else {
        8
    })
}

fn number(bytes: &[u8]) -> Option<usize> {
    let run = |from: usize| bytes.get(from..).map_or(0, |b| b.iter().take_while(|b| b.is_ascii_digit()).count());
    let sign = usize::from(is(bytes, 0, b'-'));
    let whole = run(sign);
    if is(bytes, sign + whole, b'.') {
        let fraction = run(sign + whole + 1);
        if whole > 0 || fraction > 0 {
            return Some(sign + whole + 1 + fraction);
        }
    }
    (whole > 0).then_some(sign + whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_defaults() {
        for text in ["now()", "${a}", "1 + 2", "a - b", "1|2", "3 mod 2", "concat('a', 'b')"] {
            assert!(is_dynamic(text, "text"), "{text}");
        }
        for text in ["", "a", "a-b", "1-2", "2026-11-21", "10:00:00", "'a + b'", "jr://images/a-b.jpg", "a=b", "-3"] {
            assert!(!is_dynamic(text, "text"), "{text}");
        }
        assert!(!is_dynamic("2026 - 11", "date"));
    }

    #[test]
    fn paths_in_labels() {
        let text = "Of instance('c')/root/item[name = ${a} and x]/label here, and instance(\"d\")/root/b";
        let parts: Vec<_> = instance_paths(text).into_iter().map(|(a, b)| &text[a..b]).collect();
        assert_eq!(parts, ["instance('c')/root/item[name = ${a} and x]/label", "instance(\"d\")/root/b"]);
    }
}
