//! Cleaning of cell text, so that what two clerks typed differently compares equal.
//!
//! Only the characters are touched here (width, spaces, Chinese numerals); what a cell *means* is
//! decided in `address.rs` and `values.rs`.

use std::borrow::Cow;

/// The half-width form of one character; `None` for characters that are invisible.
fn half_width_char(c: char) -> Option<char> {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0),
        '\u{3000}' | '\u{00A0}' | '\u{2002}'..='\u{200A}' | '\u{202F}' | '\t' | '\n' | '\r' => Some(' '),
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' => Some('-'),
        '\u{2018}' | '\u{2019}' => Some('\''),
        '\u{201C}' | '\u{201D}' => Some('"'),
        '\u{2460}'..='\u{2468}' => char::from_u32('1' as u32 + (c as u32 - 0x2460)),
        '\u{00B2}' => Some('2'),
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Half-width, no invisible characters, single spaces, trimmed; a leading apostrophe (Excel's mark
/// of a text cell) and the wrapper `="…"` (a common CSV trick) are removed. `㎡` becomes `m2`.
///
/// Borrows when nothing had to change, which is the case for nearly every cell of a register.
pub fn clean(raw: &str) -> Cow<'_, str> {
    let plain = raw.chars().all(|c| half_width_char(c) == Some(c) && c != '㎡' && c != '\'' && c != '=')
        && !raw.starts_with(' ')
        && !raw.ends_with(' ')
        && !raw.contains("  ");
    if plain {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        if c == '㎡' {
            out.push_str("m2");
            continue;
        }
        if let Some(h) = half_width_char(c)
            && !(h == ' ' && (out.is_empty() || out.ends_with(' ')))
        {
            out.push(h);
        }
    }
    let mut text = out.trim_end();
    if let Some(inner) = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')) {
        text = inner.trim();
    }
    Cow::Owned(text.trim_start_matches('\'').trim().to_owned())
}

/// [`clean`], then without any space and with capital letters: the form in which addresses compare.
pub fn tight(raw: &str) -> String {
    clean(raw).chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect()
}

/// The value of a Chinese numeral character below ten.
fn digit_value(c: char) -> Option<u32> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '两' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Whether this character can be part of a Chinese numeral.
pub fn is_numeral(c: char) -> bool {
    digit_value(c).is_some() || matches!(c, '十' | '拾' | '百' | '佰')
}

/// Reads a Chinese numeral: `十二` is 12, `二十一` is 21, `五〇一` is 501. `None` when it is none.
pub fn numeral(text: &str) -> Option<u32> {
    if text.is_empty() || !text.chars().all(is_numeral) {
        return None;
    }
    let positional = text.chars().all(|c| digit_value(c).is_some());
    let (mut total, mut pending): (u32, Option<u32>) = (0, None);
    for c in text.chars() {
        match (digit_value(c), c) {
            (Some(d), _) if positional => total = total.checked_mul(10)?.checked_add(d)?,
            (Some(d), _) => pending = Some(d),
            (None, '十' | '拾') => total = total.checked_add(pending.take().unwrap_or(1).checked_mul(10)?)?,
            (None, _) => total = total.checked_add(pending.take().unwrap_or(1).checked_mul(100)?)?,
        }
    }
    total.checked_add(pending.unwrap_or(0))
}

/// Every run of Chinese numerals in `text` written in digits: `三号楼` → `3号楼`.
pub fn with_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        match numeral(run) {
            Some(n) => out.push_str(&n.to_string()),
            None => out.push_str(run),
        }
        run.clear();
    };
    for c in text.chars() {
        if is_numeral(c) {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

/// Every run of digits without its leading zeros (`A03` → `A3`, `0502` → `502`, `0` stays `0`).
pub fn without_leading_zeros(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        let trimmed = digits.trim_start_matches('0');
        out.push_str(before);
        out.push_str(if trimmed.is_empty() { "0" } else { trimmed });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `text` with every run of digits padded, so that plain comparison puts 2 before 10.
pub fn natural_key(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        if !digits.is_empty() {
            out.push_str(&format!("{digits:0>6}"));
            digits.clear();
        }
    };
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    out
}

/// Whether the cell says "none" in one of the ways people fill an empty box with.
pub fn says_none(text: &str) -> bool {
    matches!(
        text,
        "" | "无"
            | "没有"
            | "暂无"
            | "未知"
            | "不详"
            | "/"
            | "\\"
            | "-"
            | "--"
            | "N/A"
            | "NULL"
            | "null"
            | "None"
            | "否"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn width_spaces_and_excel_marks_go() {
        assert_eq!(clean(" 康桥华城　"), "康桥华城");
        assert_eq!(clean("１９０２"), "1902");
        assert_eq!(clean("98.5㎡"), "98.5m2");
        assert_eq!(clean("'2009000001"), "2009000001");
        assert_eq!(clean("=\"2009000001\""), "2009000001");
        assert_eq!(clean("\u{200b}501\u{a0}"), "501");
        assert!(matches!(clean("康桥华城"), Cow::Borrowed(_)));
    }

    #[test]
    fn chinese_numerals() {
        for (text, n) in
            [("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("二十一", 21), ("五〇一", 501), ("一百零八", 108)]
        {
            assert_eq!(numeral(text), Some(n), "{text}");
        }
        assert_eq!(numeral("楼"), None);
        assert_eq!(with_digits("第十二栋"), "第12栋");
        assert_eq!(without_leading_zeros("A03-0502"), "A3-502");
        assert!(natural_key("2") < natural_key("10"));
    }
}
