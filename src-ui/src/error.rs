//! What an error says to a person: what happened, what was kept, what to do.

use huce_core::ipc::{CallError, Code};

use crate::i18n::*;

/// A parameter's text, empty where it is missing.
fn param(error: &CallError, names: &[&str]) -> String {
    let found = error.params.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, v)| v.as_str());
    found.collect::<Vec<_>>().join(" · ")
}

/// What happened, in a few words; and what was kept and what to do.
pub fn error_texts(i18n: I18n, error: &CallError) -> (&'static str, String) {
    macro_rules! both {
        ($title:ident, $text:ident) => {
            (t_string!(i18n, error.$title), t_string!(i18n, error.$text).to_string())
        };
        ($title:ident, $text:ident, $($name:literal),+) => {{
            let n = param(error, &[$($name),+]);
            (t_string!(i18n, error.$title), t_string!(i18n, error.$text, n = n))
        }};
    }
    match error.code {
        Code::Offline => both!(offline_title, offline_text),
        Code::NotHuce => both!(not_huce_title, not_huce_text),
        Code::Untrusted => both!(untrusted_title, untrusted_text),
        Code::Unencrypted => both!(unencrypted_title, unencrypted_text),
        Code::SignedOut => both!(signed_out_title, signed_out_text),
        Code::WrongPassword => both!(wrong_password_title, wrong_password_text, "tries_left"),
        Code::Locked => both!(locked_title, locked_text, "minutes"),
        Code::PinNeeded => both!(pin_needed_title, pin_needed_text),
        Code::WrongPin => both!(wrong_pin_title, wrong_pin_text),
        Code::SlowDown => both!(slow_down_title, slow_down_text, "seconds"),
        Code::NoRight => both!(no_right_title, no_right_text),
        Code::NotFound => both!(not_found_title, not_found_text),
        Code::BadCode => both!(bad_code_title, bad_code_text),
        Code::NotEnrolled => both!(not_enrolled_title, not_enrolled_text),
        Code::NotApproved => both!(not_approved_title, not_approved_text),
        Code::InvalidAnswers => both!(invalid_answers_title, invalid_answers_text),
        Code::BadInput => both!(bad_input_title, bad_input_text, "field", "why"),
        Code::BadPhoto => both!(bad_photo_title, bad_photo_text),
        Code::BadFile => both!(bad_file_title, bad_file_text, "why"),
        Code::BadBundle => {
            let n = bundle_why(i18n, param(error, &["why"]));
            (t_string!(i18n, error.bad_bundle_title), t_string!(i18n, error.bad_bundle_text, n = n))
        }
        Code::NoEscrow => both!(no_escrow_title, no_escrow_text),
        Code::BadRecovery => both!(bad_recovery_title, bad_recovery_text),
        Code::SyncFirst => both!(sync_first_title, sync_first_text),
        Code::DiskFull => both!(disk_full_title, disk_full_text),
        Code::Damaged => both!(damaged_title, damaged_text),
        Code::Stale => both!(stale_title, stale_text),
        Code::Revoked => both!(revoked_title, revoked_text),
        Code::NotHere => both!(not_here_title, not_here_text),
        Code::Internal => both!(internal_title, internal_text, "what"),
    }
}

/// Why a bundle or its receipts cannot be used; what the server says of a damaged one is shown as it is.
fn bundle_why(i18n: I18n, why: String) -> String {
    let known = match why.as_str() {
        "nothing_waits" => t_string!(i18n, sync.why_nothing_waits),
        "no_receipts" => t_string!(i18n, sync.why_no_receipts),
        "another_server" => t_string!(i18n, sync.why_another_server),
        "another_tablet" => t_string!(i18n, sync.why_another_tablet),
        "too_old" => t_string!(i18n, sync.why_too_old),
        "no_room" => t_string!(i18n, sync.why_no_room),
        "unwritable" => t_string!(i18n, sync.why_unwritable),
        _ => return why,
    };
    known.to_owned()
}
