//! Text of an expression to tokens.

use super::parse::ParseError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Literal(String),
    /// A name, perhaps with a prefix (`jr:choice-name`) or `*` as local part.
    Name(String),
    /// `${name}`
    Reference(String),
    /// Punctuation and operators as written.
    Sign(&'static str),
}

const SIGNS: [&str; 21] =
    ["//", "::", "..", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">", "*"];

/// Tokens with the character index at which each begins.
pub(super) fn lex(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let at = |rest: &str| text.get(..text.len() - rest.len()).map_or(0, |t| t.chars().count());
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let place = at(rest);
        if first == '"' || first == '\'' {
            let body = rest.get(1..).unwrap_or_default();
            let Some(end) = body.find(first) else {
                return Err(ParseError { at: place, message: "a quote is not closed".into() });
            };
            tokens.push((place, Token::Literal(body.get(..end).unwrap_or_default().to_owned())));
            rest = body.get(end + 1..).unwrap_or_default();
            continue;
        }
        if let Some(body) = rest.strip_prefix("${") {
            let Some(end) = body.find('}') else {
                return Err(ParseError { at: place, message: "`${` is not closed by `}`".into() });
            };
            let name = body.get(..end).unwrap_or_default().trim();
            let name = name.strip_prefix("last-saved#").unwrap_or(name);
            if name.is_empty() {
                return Err(ParseError { at: place, message: "`${}` names no question".into() });
            }
            tokens.push((place, Token::Reference(name.to_owned())));
            rest = body.get(end + 1..).unwrap_or_default();
            continue;
        }
        let second_is_digit = rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || (first == '.' && second_is_digit) {
            let (number, len) = number(rest);
            tokens.push((place, Token::Number(number)));
            rest = rest.get(len..).unwrap_or_default();
            continue;
        }
        if is_name_start(first) {
            let len = name_len(rest);
            tokens.push((place, Token::Name(rest.get(..len).unwrap_or_default().to_owned())));
            rest = rest.get(len..).unwrap_or_default();
            continue;
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                tokens.push((place, Token::Sign(sign)));
                rest = rest.get(sign.len()..).unwrap_or_default();
            }
            None => {
                return Err(ParseError { at: place, message: format!("`{first}` does not belong in an expression") });
            }
        }
    }
}

/// `12`, `1.5`, `.5`, `1.`; an exponent is taken as one token as the ODK engines do.
fn number(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let mut len = digits(0);
    if bytes.get(len) == Some(&b'.') {
        len += 1 + digits(len + 1);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let exponent = digits(len + 1 + sign);
        if exponent > 0 {
            len += 1 + sign + exponent;
        }
    }
    (text.get(..len).and_then(|t| t.parse().ok()).unwrap_or(f64::NAN), len)
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn is_name_char(c: char) -> bool {
    is_name_start(c) || c == '-' || c == '.' || c == '\u{b7}' || c.is_numeric()
}

fn name_len(text: &str) -> usize {
    let bare = |t: &str| t.find(|c| !is_name_char(c)).unwrap_or(t.len());
    let len = bare(text);
    let Some(rest) = text.get(len..).and_then(|t| t.strip_prefix(':')) else { return len };
    match rest.chars().next() {
        Some('*') => len + 2,
        Some(c) if is_name_start(c) => len + 1 + bare(rest),
        _ => len,
    }
}
