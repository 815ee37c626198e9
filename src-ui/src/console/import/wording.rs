//! What the register reader says by codes, in words: why a file is refused, why a row is not imported, what a column
//! is called. A code of a newer server is shown as it is.

use huce_core::ipc::{CallError, Code, console::RejectedRow};

use crate::{error::error_texts, form::text, i18n::*};

/// The value of a parameter.
fn param<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

/// Why a file was refused as a whole: a title, what the reader found, what to do.
pub fn refusal(i18n: I18n, error: &CallError) -> (String, String, String) {
    if error.code != Code::BadFile {
        let (title, words) = error_texts(i18n, error);
        return (title.to_string(), words, t_string!(i18n, import.nothing_imported).to_string());
    }
    let (title, advice) = match param(&error.params, "why") {
        "too_large" => (text!(i18n, import.too_large), text!(i18n, import.too_large_do)),
        "unpacks_too_large" => (text!(i18n, import.unpacks_too_large), text!(i18n, import.unpacks_too_large_do)),
        "sheet_too_large" => (text!(i18n, import.sheet_too_large), text!(i18n, import.sheet_too_large_do)),
        "other_format" => (text!(i18n, import.other_format), text!(i18n, import.other_format_do)),
        "old_or_locked" => (text!(i18n, import.old_or_locked), text!(i18n, import.old_or_locked_do)),
        "empty" => (text!(i18n, import.empty), text!(i18n, import.empty_do)),
        "no_rows" => (text!(i18n, import.no_rows), text!(i18n, import.no_rows_do)),
        "no_header" => (text!(i18n, import.no_header), text!(i18n, import.no_header_do)),
        "formula_errors" => (text!(i18n, import.formula_errors), text!(i18n, import.formula_errors_do)),
        "open_quote" => (text!(i18n, import.open_quote), text!(i18n, import.open_quote_do)),
        _ => (text!(i18n, import.damaged), text!(i18n, import.damaged_do)),
    };
    let language = if i18n.get_locale() == Locale::zh { "zh" } else { "en" };
    (title, param(&error.params, language).to_owned(), advice)
}

/// Why a row is not imported.
pub fn reason(i18n: I18n, row: &RejectedRow) -> String {
    let said = || param(&row.params, "text").to_owned();
    let first = row.first_row.unwrap_or_default();
    match row.why.as_str() {
        "exact_duplicate" => text!(i18n, import.why_exact_duplicate, first = first),
        "conflicting_duplicate" => {
            let columns: Vec<_> = param(&row.params, "columns").split(',').map(|c| column(i18n, c)).collect();
            let comma = if i18n.get_locale() == Locale::zh { "、" } else { ", " };
            text!(i18n, import.why_conflicting_duplicate, first = first, columns = columns.join(comma))
        }
        "missing" => text!(i18n, import.why_missing),
        "total_row" => text!(i18n, import.why_total_row, said = said()),
        "repeated_header" => text!(i18n, import.why_repeated_header),
        "note_row" => text!(i18n, import.why_note_row, said = said()),
        "not_a_door" => text!(i18n, import.why_not_a_door, said = said()),
        "looks_like_date" => text!(i18n, import.why_looks_like_date, said = said()),
        "unreadable" => text!(i18n, import.why_unreadable, said = said()),
        "not_understood" => text!(i18n, import.why_not_understood, said = said()),
        newer => newer.to_owned(),
    }
}

/// What a column, or a field of a household, is called.
pub fn column(i18n: I18n, name: &str) -> String {
    match name {
        "estate" => text!(i18n, import.estate),
        "building" => text!(i18n, import.building),
        "entrance" => text!(i18n, import.entrance),
        "floor" => text!(i18n, import.floor),
        "room" => text!(i18n, import.room),
        "address" => text!(i18n, import.address),
        "account" => text!(i18n, import.account),
        "area_m2" => text!(i18n, import.area_m2),
        "mode" => text!(i18n, import.mode),
        "name" => text!(i18n, import.name),
        "phone" => text!(i18n, import.phone),
        "care" => text!(i18n, import.care),
        "grid_code" | "grid" => text!(i18n, import.grid_code),
        "inspector" => text!(i18n, import.inspector),
        "note" => text!(i18n, import.note),
        newer => newer.to_owned(),
    }
}

/// A value as people read it; nothing is said as nothing.
pub fn value(i18n: I18n, field: &str, said: &str) -> String {
    match (field, said) {
        (_, "" | "null") => text!(i18n, import.nothing),
        ("mode", "series") => text!(i18n, import.series),
        ("mode", "parallel") => text!(i18n, import.parallel),
        ("mode", "individual") => text!(i18n, import.individual),
        (_, said) => said.to_owned(),
    }
}
