//! What an administrator hands over for a tablet, in one line that can be pasted, read from a QR code, or typed in parts:
//! `huce:https://depot.example:8440#ABCD-EFGH.FINGERPRINT`. The fingerprint is SHA-256 of the certificate authority that the
//! tablet shall trust for this server; none where the tablet's system knows who vouches for it.

use std::fmt;

/// What the line begins with.
pub const PREFIX: &str = "huce:";
/// How many hexadecimal digits a fingerprint has.
const FINGERPRINT: usize = 64;
/// Typed by hand, so many at its beginning do: 80 bits, which nobody finds another certificate for.
pub const SHORTEST_FINGERPRINT: usize = 20;

/// The parts of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolLine {
    /// The server's address.
    pub url: String,
    /// The one-time code.
    pub code: String,
    /// The authority, in upper-case hexadecimal digits.
    pub fingerprint: Option<String>,
}

impl EnrolLine {
    /// Reads a line; none when it is not one.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.split_whitespace().collect();
        let head = text.get(..PREFIX.len()).filter(|head| head.eq_ignore_ascii_case(PREFIX))?;
        let (url, rest) = text.get(head.len()..)?.split_once('#')?;
        let (code, print) = rest.split_once('.').map_or((rest, None), |(code, print)| (code, Some(print)));
        let fingerprint = match print {
            None => None,
            Some(print) => Some(normal_fingerprint(print)?),
        };
        (!url.is_empty() && !code.is_empty()).then(|| Self { url: url.to_owned(), code: code.to_owned(), fingerprint })
    }
}

impl fmt::Display for EnrolLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}#{}", self.url, self.code)?;
        self.fingerprint.as_ref().map_or(Ok(()), |print| write!(f, ".{print}"))
    }
}

/// A fingerprint as people copy it, or the beginning of one: colons, dashes, spaces and case do not matter.
pub fn normal_fingerprint(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | ' ')).collect();
    let fits = (SHORTEST_FINGERPRINT..=FINGERPRINT).contains(&digits.len());
    (fits && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digits.to_ascii_uppercase())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        for fingerprint in [None, Some("5F".repeat(32))] {
            let line = EnrolLine { url: "https://192.168.1.10:8440".into(), code: "ABCD-EFGH".into(), fingerprint };
            assert_eq!(EnrolLine::read(&line.to_string()).unwrap(), line);
            assert_eq!(EnrolLine::read(&format!(" {}\n", line.to_string().replace('#', " #\n"))).unwrap(), line);
        }
    }

    #[test]
    fn what_is_no_line_is_not_read() {
        for text in [
            "",
            "huce:",
            "huce:https://a",
            "huce:#ABCD",
            "huce:https://a#",
            "https://a#ABCD",
            "huce:https://a#ABCD.12",
            "户策:x#y",
        ] {
            assert_eq!(EnrolLine::read(text), None, "{text}");
        }
    }

    #[test]
    fn fingerprints_as_people_copy_them() {
        let whole = "ab:".repeat(31) + "ab";
        assert_eq!(normal_fingerprint(&whole).unwrap(), "AB".repeat(32));
        assert_eq!(normal_fingerprint("0123-4567-89ab-cdef-0123").unwrap(), "0123456789ABCDEF0123");
        for bad in ["", "0123456789abcdef012", "xyz", &"ab".repeat(33)] {
            assert_eq!(normal_fingerprint(bad), None, "{bad}");
        }
    }
}
