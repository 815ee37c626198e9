//! Numbers and how they are written. The ODK web engine reads and writes them as ECMAScript does, JavaRosa as
//! XPath 1.0 does.

use std::borrow::Cow;

use super::scope::Dialect;

/// What JavaRosa takes for no difference.
pub(super) const NEARLY: f64 = 1e-12;

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

/// A number as XPath 1.0 reads it: an optional minus, digits, an optional point; white space around it. A comma is
/// a point, as some places write it.
pub(super) fn parse_javarosa(text: &str) -> f64 {
    let text = text.trim().replace(',', ".");
    let unsigned = text.strip_prefix('-').unwrap_or(&text);
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
    // JavaRosa takes what is nearly a whole number for one.
    let number = match dialect {
        Dialect::JavaRosa if number.abs() < 2_147_483_648.0 && (number - number.trunc()).abs() < NEARLY => {
            number.trunc()
        }
        _ => number,
    };
    if number == 0.0 {
        return Cow::Borrowed("0");
    }
    if dialect == Dialect::JavaRosa && number.abs() >= 2_147_483_648.0 {
        return Cow::Owned(java(number));
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Cow::Owned(format!("{}", number as i64));
    }
    Cow::Owned(if dialect == Dialect::JavaRosa { java(number) } else { shortest(number) })
}

/// As `Double.toString` of Java has it: with an exponent from 10^7 and below 10^-3.
fn java(number: f64) -> String {
    if (1e-3..1e7).contains(&number.abs()) {
        return format!("{number:?}");
    }
    let scientific = format!("{number:E}");
    match scientific.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => scientific,
    }
}

/// Rounds to decimal places as the number is written, not as it is in memory: halves go up for positive numbers and
/// towards zero for negative ones.
pub(super) fn round_decimal(number: f64, places: i32) -> f64 {
    if !number.is_finite() {
        return number;
    }
    if !(-30..=30).contains(&places) {
        return f64::NAN;
    }
    if places < 0 {
        let shift = 10_f64.powi(-places);
        return (number / shift + 0.5).trunc() * shift;
    }
    let written = format!("{}", number.abs());
    let Some((whole, part)) = written.split_once('.') else { return number };
    let Some((kept, cut)) = usize::try_from(places).ok().and_then(|p| part.split_at_checked(p)) else { return number };
    let half = if cut.starts_with('5') { cut.trim_end_matches('0') == "5" } else { false };
    let up = cut.as_bytes().first().is_some_and(|d| *d >= b'5') && !(half && number < 0.0);
    let mut digits: Vec<u8> = whole.bytes().chain(kept.bytes()).collect();
    if up {
        let mut at = digits.len();
        loop {
            match at.checked_sub(1).and_then(|i| digits.get_mut(i).map(|d| (i, d))) {
                Some((i, digit)) if *digit == b'9' => {
                    *digit = b'0';
                    at = i;
                }
                Some((_, digit)) => {
                    *digit += 1;
                    break;
                }
                None => {
                    digits.insert(0, b'1');
                    break;
                }
            }
        }
    }
    let point = digits.len() - kept.len();
    let text: String = digits.iter().map(|d| char::from(*d)).collect();
    let (whole, part) = text.split_at(point);
    let rounded: f64 = format!("{whole}.{part}0").parse().unwrap_or(f64::NAN);
    if number < 0.0 { -rounded } else { rounded }
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
    fn javarosa_rounds_what_is_written() {
        for (number, places, rounded) in [
            (1.005, 2, 1.01),
            (-1.005, 2, -1.0),
            (-1.0051, 2, -1.01),
            (9.996, 2, 10.0),
            (99.95, 1, 100.0),
            (12345.12345, -1, 12350.0),
            (2.0, 1, 2.0),
            (-0.5, 0, -0.0),
        ] {
            assert_eq!(round_decimal(number, places), rounded, "{number}");
        }
        assert!(round_decimal(1.0, 31).is_nan());
        for (number, text) in
            [(15_000_000.5, "1.50000005E7"), (-2e-4, "-2.0E-4"), (0.557586, "0.557586"), (1e21, "1.0E21"), (5.0, "5")]
        {
            assert_eq!(write(number, Dialect::JavaRosa), text);
        }
        assert_eq!(parse_javarosa(" 4,6 "), 4.6);
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
