//! Numbers and how they are written. The ODK web engine reads and writes them as ECMAScript does, JavaRosa as
//! XPath 1.0 does.

use std::borrow::Cow;

use super::scope::Dialect;

/// A number as ECMAScript reads it; an empty text is not a number.
pub(super) fn parse(text: &str) -> f64 {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "Infinity" {
        return if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).map_or(f64::NAN, |n| n as f64);
        }
    }
    // Rust also knows "inf" and "nan", which are texts here.
    let plain = unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain && !unsigned.starts_with(['-', '+']) { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// A number as XPath 1.0 reads it: an optional minus, digits, an optional point; white space around it.
pub(super) fn parse_javarosa(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// A number as text.
pub(super) fn write(number: f64, dialect: Dialect) -> Cow<'static, str> {
    if number.is_nan() {
        return Cow::Borrowed(match dialect {
            // What has no value is empty, so that a calculation without its answers is.
            Dialect::XForms => "",
            Dialect::JavaRosa => "NaN",
        });
    }
    if number.is_infinite() {
        return Cow::Borrowed(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if number == 0.0 {
        return Cow::Borrowed("0");
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Cow::Owned(format!("{}", number as i64));
    }
    Cow::Owned(shortest(number))
}

/// The shortest digits that give the number back, laid out as ECMAScript does.
fn shortest(number: f64) -> String {
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let sign = if number < 0.0 { "-" } else { "" };
    let point = exponent + 1;
    if (count..=21).contains(&point) {
        format!("{sign}{digits}{}", zeros(point - count))
    } else if (1..=21).contains(&point) {
        let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{part}")
    } else if (-5..=0).contains(&point) {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1.min(digits.len()));
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{dot}{rest}e{exponent:+}")
    }
}

/// Rounds halves up, as ECMAScript and XPath do.
pub(super) fn round_half_up(number: f64) -> f64 {
    if number.fract() == 0.0 || !number.is_finite() {
        return number;
    }
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    if rounded == 0.0 && number < 0.0 { -0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ecmascript_does() {
        for (number, text) in [
            (0.1, "0.1"),
            (-0.1, "-0.1"),
            (1e21, "1e+21"),
            (1.5e22, "1.5e+22"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-6, "0.000001"),
            (1.25e-7, "1.25e-7"),
            (100.0, "100"),
            (11680.291666666666, "11680.291666666666"),
        ] {
            assert_eq!(write(number, Dialect::XForms), text);
        }
    }

    #[test]
    fn numbers_are_read() {
        for (text, number) in [("1.1   ", 1.1), (" .5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("+4", 4.0), ("0x10", 16.0)]
        {
            assert_eq!(parse(text), number, "{text}");
        }
        for text in ["", ".", "inf", "nan", "- 17", "1.1sd", "--1", "1_000"] {
            assert!(parse(text).is_nan(), "{text}");
        }
        assert!(parse_javarosa("1e3").is_nan() && parse_javarosa("+4").is_nan());
    }
}
