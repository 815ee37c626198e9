//! Expressions as tokens. What a name or a star means depends on what stands before it, as XPath 1.0 (3.7) has it.

use super::ast::{Operator, Span};
use super::error::XPathError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Literal(&'a str),
    /// A name without a prefix, which may be that of a function, an axis or a node type.
    Name(&'a str),
    /// `p:name`
    Prefixed(&'a str, &'a str),
    /// `p:*`
    PrefixedStar(&'a str),
    Star,
    Operator(Operator),
    And,
    Or,
    Bar,
    Slash,
    DoubleSlash,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Dot,
    DotDot,
    At,
    Comma,
    ColonColon,
    End,
}

pub(super) struct Lexed<'a> {
    pub token: Token<'a>,
    pub at: Span,
}

/// The tokens of an expression, an end token last.
pub(super) fn lex(text: &str) -> Result<Vec<Lexed<'_>>, XPathError> {
    let mut tokens: Vec<Lexed<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        at += spaces;
        let rest = text.get(at..).unwrap_or_default();
        if rest.is_empty() {
            tokens.push(Lexed { token: Token::End, at: at..at });
            return Ok(tokens);
        }
        let operand_before = tokens.last().is_some_and(|t| ends_operand(&t.token));
        let (token, length) = token(rest, operand_before, at)?;
        tokens.push(Lexed { token, at: at..at + length });
        at += length;
    }
}

/// Whether an operator may follow: then `*` multiplies, and `and` is not a name.
fn ends_operand(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Number(_)
            | Token::Literal(_)
            | Token::Name(_)
            | Token::Prefixed(..)
            | Token::PrefixedStar(_)
            | Token::Star
            | Token::Close
            | Token::CloseBracket
            | Token::Dot
            | Token::DotDot
    )
}

fn token(rest: &str, operand_before: bool, at: usize) -> Result<(Token<'_>, usize), XPathError> {
    let two = rest.get(..2).unwrap_or_default();
    let pair = match two {
        "//" => Some(Token::DoubleSlash),
        ".." => Some(Token::DotDot),
        "::" => Some(Token::ColonColon),
        "!=" => Some(Token::Operator(Operator::NotEqual)),
        "<=" => Some(Token::Operator(Operator::LessOrEqual)),
        ">=" => Some(Token::Operator(Operator::GreaterOrEqual)),
        _ => None,
    };
    if let Some(token) = pair {
        return Ok((token, 2));
    }
    let first = rest.chars().next().unwrap_or_default();
    let digit_next = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let single = match first {
        '(' => Token::Open,
        ')' => Token::Close,
        '[' => Token::OpenBracket,
        ']' => Token::CloseBracket,
        '@' => Token::At,
        ',' => Token::Comma,
        '/' => Token::Slash,
        '|' => Token::Bar,
        '+' => Token::Operator(Operator::Plus),
        '-' => Token::Operator(Operator::Minus),
        '=' => Token::Operator(Operator::Equal),
        '<' => Token::Operator(Operator::Less),
        '>' => Token::Operator(Operator::Greater),
        '*' if operand_before => Token::Operator(Operator::Times),
        '*' => Token::Star,
        '.' if !digit_next => Token::Dot,
        '\'' | '"' => {
            let inside = rest.get(1..).unwrap_or_default();
            let Some(end) = inside.find(first) else {
                let message = ("a text begins here and has no closing quote", "从这里开始的文字缺后引号。");
                return Err(XPathError::syntax(at..at + rest.len(), message));
            };
            return Ok((Token::Literal(inside.get(..end).unwrap_or_default()), end + 2));
        }
        '.' | '0'..='9' => return Ok(number(rest)),
        '$' => {
            let message = (
                "there are no variables here; a question is meant by its path, in a workbook by ${name}",
                "这里不能用变量；题目用路径表示，在工作簿里写成 ${name}。",
            );
            return Err(XPathError::syntax(at..at + 1, message));
        }
        '!' => {
            let message = (
                "\"not equal\" is written !=, \"not\" is written not(…)",
                "“不等于”要写成 !=，“不成立”要写成 not(…)。",
            );
            return Err(XPathError::syntax(at..at + 1, message));
        }
        c if is_name_start(c) => return Ok(name(rest, operand_before)),
        c => {
            let message = (format!("the character {c} has no meaning here"), format!("这里不能写“{c}”。"));
            return Err(XPathError::syntax(at..at + c.len_utf8(), message));
        }
    };
    Ok((single, first.len_utf8()))
}

fn number(rest: &str) -> (Token<'_>, usize) {
    let digits = |from: usize| rest.get(from..).map_or(0, |r| r.bytes().take_while(u8::is_ascii_digit).count());
    let mut length = digits(0);
    if rest.as_bytes().get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    let text = rest.get(..length).unwrap_or_default();
    (Token::Number(text.parse().unwrap_or(f64::NAN)), length)
}

fn name(rest: &str, operand_before: bool) -> (Token<'_>, usize) {
    if operand_before {
        for (word, token) in [
            ("and", Token::And),
            ("or", Token::Or),
            ("div", Token::Operator(Operator::Div)),
            ("mod", Token::Operator(Operator::Mod)),
        ] {
            // `1or1` is three tokens in the ODK engines.
            if let Some(after) = rest.strip_prefix(word)
                && !after.starts_with(|c: char| is_name_char(c) && !c.is_ascii_digit())
            {
                return (token, word.len());
            }
        }
    }
    let end = |text: &str| text.find(|c| !is_name_char(c)).unwrap_or(text.len());
    let length = end(rest);
    let (local, after) = rest.split_at(length);
    let Some(after) = after.strip_prefix(':') else { return (Token::Name(local), length) };
    if after.starts_with('*') {
        return (Token::PrefixedStar(local), length + 2);
    }
    if !after.starts_with(is_name_start) {
        return (Token::Name(local), length);
    }
    let second = end(after);
    (Token::Prefixed(local, after.get(..second).unwrap_or_default()), length + 1 + second)
}

/// As XML 1.0 (2.3) has it, without the colon.
fn is_name_start(c: char) -> bool {
    matches!(c,
        '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}
