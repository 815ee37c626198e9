//! Names of languages as forms give them: `中文 (zh)`, `English (en)`, or a bare name.

/// `中文 (zh)` → (`中文`, `zh`).
pub fn split_language(name: &str) -> (&str, &str) {
    match name.rsplit_once('(') {
        Some((bare, rest)) => (bare.trim(), rest.trim_end_matches([')', ' ']).trim()),
        None => (name.trim(), ""),
    }
}

/// The code of a language; its bare name when it has none.
pub fn language_code(name: &str) -> &str {
    match split_language(name) {
        (bare, "") => bare,
        (_, code) => code,
    }
}

/// The place of a language by its whole name (`English (en)`), its code (`en`) or its bare name (`English`).
pub fn language_index(languages: &[String], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim();
    let is = |name: &String| {
        let (bare, code) = split_language(name);
        (!code.is_empty() && code.eq_ignore_ascii_case(wanted)) || bare.eq_ignore_ascii_case(wanted)
    };
    let whole = || languages.iter().position(|name| name == wanted);
    // `zh-CN` of a browser finds `zh`.
    let primary = || {
        let (primary, _) = wanted.split_once('-')?;
        languages.iter().position(|name| split_language(name).1.eq_ignore_ascii_case(primary))
    };
    whole().or_else(|| languages.iter().position(is)).or_else(primary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_found_by_name_and_code() {
        let languages = ["中文 (zh)", "English (en)", "Français"].map(str::to_owned);
        for (wanted, at) in [("English (en)", 1), ("en", 1), ("english", 1), ("zh-CN", 0), ("Français", 2)] {
            assert_eq!(language_index(&languages, wanted), Some(at), "{wanted}");
        }
        assert_eq!(language_index(&languages, "de"), None);
        assert_eq!((language_code("中文 (zh)"), language_code("Français")), ("zh", "Français"));
    }
}
