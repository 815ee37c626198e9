//! What tablet and server must agree on about the bytes of photos, recordings and files.

/// Photos travel in chunks of this many bytes, the last one shorter: what is lost with the network is one chunk.
pub const PHOTO_CHUNK_BYTES: usize = 256 * 1024;

/// The most bytes that a photo, recording or file may have on the wire. Tablets make far smaller photos; other clients need
/// not.
pub const MAX_PHOTO_BYTES: usize = 32 * 1024 * 1024;

/// The most bytes of a recording or file that a tablet takes in: ten minutes of speech are 5 MB.
pub const MAX_FILE_BYTES: usize = 30_000_000;

/// The most characters of a file's name.
const LONGEST_NAME: usize = 120;

/// What is handed out to be kept and never to be opened.
pub const BYTES: &str = "application/octet-stream";

/// The type as which bytes are handed out, by how they begin: pictures, sound and film that a browser shows, none of which
/// can do anything. Whatever else they are or are said to be, they are [`BYTES`].
pub fn media_type(bytes: &[u8]) -> &'static str {
    let at = |place: usize, wanted: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(wanted));
    match () {
        () if at(0, b"\xff\xd8\xff") => "image/jpeg",
        () if at(0, b"\x89PNG\r\n\x1a\n") => "image/png",
        () if at(0, b"\x1a\x45\xdf\xa3") => "video/webm",
        () if at(4, b"ftypM4A") => "audio/mp4",
        () if at(4, b"ftypqt") => "video/quicktime",
        () if at(4, b"ftyp") => "video/mp4",
        () if at(0, b"OggS") => "audio/ogg",
        () if at(0, b"RIFF") && at(8, b"WAVE") => "audio/wav",
        () if at(0, b"fLaC") => "audio/flac",
        () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") || at(0, b"\xff\xf2") => "audio/mpeg",
        () if at(0, b"\xff\xf1") || at(0, b"\xff\xf9") => "audio/aac",
        () if at(0, b"#!AMR") => "audio/amr",
        () => BYTES,
    }
}

/// A file's name as it is kept and shown: without folders, without what cannot be seen, not without end. Empty when
/// nothing is left.
pub fn file_name(said: &str) -> String {
    let own = said.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks that turn the direction of writing make `exe.gpj` of `jpg.exe`.
    let is_seen = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let seen: String = own.chars().filter(is_seen).collect();
    let name = seen.trim().trim_start_matches('.');
    let long = name.chars().count().saturating_sub(LONGEST_NAME);
    if long == 0 {
        return name.to_owned();
    }
    // The end says what it is.
    let (stem, ending) = name.rsplit_once('.').filter(|(_, ending)| ending.len() <= 12).unwrap_or((name, ""));
    let kept: String = stem.chars().take(LONGEST_NAME.saturating_sub(ending.chars().count() + 1)).collect();
    if ending.is_empty() { kept } else { format!("{kept}.{ending}") }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, LONGEST_NAME, file_name, media_type};

    #[test]
    fn only_what_can_do_nothing_has_a_type() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0"), "image/jpeg");
        assert_eq!(media_type(b"\0\0\0\x20ftypisom"), "video/mp4");
        assert_eq!(media_type(b"RIFF\x24\0\0\0WAVEfmt "), "audio/wav");
        for other in
            [&b""[..], b"<svg onload=x>", b"<!doctype html>", b"%PDF-1.7", b"MZ", b"GIF89a", b"RIFF", b"\xff\xd8"]
        {
            assert_eq!(media_type(other), BYTES, "{other:?}");
        }
    }

    #[test]
    fn a_name_is_a_name_and_no_way() {
        assert_eq!(file_name("C:\\fakepath\\合同.pdf"), "合同.pdf");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name(" .bashrc\n"), "bashrc");
        assert_eq!(file_name("a\u{202e}gpj.exe"), "agpj.exe");
        assert_eq!(file_name("/"), "");
        let long = file_name(&format!("{}.xlsx", "长".repeat(300)));
        assert!(long.ends_with("长.xlsx") && long.chars().count() == LONGEST_NAME, "{long}");
        assert_eq!(file_name(&"长".repeat(300)).chars().count(), LONGEST_NAME - 1);
    }
}
