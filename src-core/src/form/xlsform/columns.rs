//! The columns of each sheet under their aliases.

/// What is known of a sheet's columns.
pub(super) struct Columns {
    /// Columns that are taken as they are.
    pub known: &'static [&'static str],
    /// Other names, in lower case with `_` for blanks, and the path that they stand for.
    pub aliases: &'static [(&'static str, &'static [&'static str])],
}

impl Columns {
    pub fn alias(&self, name: &str) -> Option<&'static [&'static str]> {
        self.aliases.iter().find(|(alias, _)| *alias == name).map(|(_, path)| *path)
    }

    /// All names that an author may write.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.aliases.iter().map(|(alias, _)| *alias).chain(self.known.iter().copied())
    }

    pub fn is_known(&self, name: &str) -> bool {
        self.known.contains(&name)
    }
}

pub(super) static SURVEY: Columns = Columns {
    known: &[
        "type",
        "name",
        "label",
        "hint",
        "guidance_hint",
        "default",
        "trigger",
        "choice_filter",
        "parameters",
        "bind",
        "control",
        "media",
        "instance",
        "sms_field",
        "query",
        "itemset",
        "list_name",
        "choices",
        "actions",
        "parent",
        "extra_data",
    ],
    aliases: &[
        ("sms_field", &["sms_field"]),
        ("sms_option", &["sms_option"]),
        ("sms_separator", &["sms_separator"]),
        ("sms_allow_media", &["sms_allow_media"]),
        ("sms_date_format", &["sms_date_format"]),
        ("sms_datetime_format", &["sms_datetime_format"]),
        ("sms_response", &["sms_response"]),
        ("compact_tag", &["instance", "odk:tag"]),
        ("read_only", &["bind", "readonly"]),
        ("readonly", &["bind", "readonly"]),
        ("relevant", &["bind", "relevant"]),
        ("relevance", &["bind", "relevant"]),
        ("required", &["bind", "required"]),
        ("constraint", &["bind", "constraint"]),
        ("constraining_message", &["bind", "jr:constraintMsg"]),
        ("constraint_message", &["bind", "jr:constraintMsg"]),
        ("calculation", &["bind", "calculate"]),
        ("calculate", &["bind", "calculate"]),
        ("noapperrorstring", &["bind", "jr:noAppErrorString"]),
        ("no_app_error_string", &["bind", "jr:noAppErrorString"]),
        ("requiredmsg", &["bind", "jr:requiredMsg"]),
        ("required_message", &["bind", "jr:requiredMsg"]),
        ("save_to", &["bind", "entities:saveto"]),
        ("appearance", &["control", "appearance"]),
        ("count", &["control", "jr:count"]),
        ("repeat_count", &["control", "jr:count"]),
        ("jr:count", &["control", "jr:count"]),
        ("autoplay", &["control", "autoplay"]),
        ("rows", &["control", "rows"]),
        ("body", &["control"]),
        ("caption", &["label"]),
        ("command", &["type"]),
        ("tag", &["name"]),
        ("value", &["name"]),
        ("image", &["media", "image"]),
        ("big-image", &["media", "big-image"]),
        ("audio", &["media", "audio"]),
        ("video", &["media", "video"]),
    ],
};

/// Of choices, external choices and OSM tags.
pub(super) static LISTS: Columns = Columns {
    known: &["name", "label", "media", "sms_option", "parent", "extra_data"],
    aliases: &[
        ("caption", &["label"]),
        ("list_name", &["list name"]),
        ("value", &["name"]),
        ("image", &["media", "image"]),
        ("big-image", &["media", "big-image"]),
        ("audio", &["media", "audio"]),
        ("video", &["media", "video"]),
    ],
};

/// Of the sheet `plan`.
pub(super) static PLAN: Columns =
    Columns { known: &["when", "foreach", "measure", "label", "priority", "days", "why"], aliases: &[] };

/// Of the sheet `findings`.
pub(super) static FINDINGS: Columns =
    Columns { known: &["when", "foreach", "severity", "category", "text"], aliases: &[] };

pub(super) static SETTINGS: Columns = Columns {
    known: &[
        "name",
        "label",
        "title",
        "about",
        "kinds",
        "id_string",
        "version",
        "default_language",
        "instance_name",
        "style",
        "public_key",
        "submission_url",
        "auto_send",
        "auto_delete",
        "client_editable",
        "allow_choice_duplicates",
        "attribute",
        "namespaces",
        "instance_xmlns",
        "omit_instanceID",
        "clean_text_values",
        "add_none_option",
        "prefix",
        "delimiter",
        "sms_keyword",
        "sms_separator",
        "sms_allow_media",
        "sms_date_format",
        "sms_datetime_format",
        "sms_response",
        "flat",
    ],
    aliases: &[
        ("form_title", &["title"]),
        ("set_form_title", &["title"]),
        ("form_id", &["id_string"]),
        ("set_form_id", &["id_string"]),
        ("prefix", &["prefix"]),
    ],
};

pub(super) static ENTITIES: Columns = Columns {
    known: &["dataset", "entity_id", "create_if", "update_if", "repeat", "label"],
    aliases: &[("list_name", &["dataset"])],
};

/// Columns of the survey sheet whose texts may be given in several languages, by the first word of their path (behind
/// `media` and `bind`), with the name that an author knows.
pub(super) const TRANSLATED: [(&str, &str); 9] = [
    ("label", "label"),
    ("hint", "hint"),
    ("guidance_hint", "guidance_hint"),
    ("image", "image"),
    ("big-image", "big-image"),
    ("audio", "audio"),
    ("video", "video"),
    ("jr:constraintMsg", "constraint_message"),
    ("jr:requiredMsg", "required_message"),
];

/// The same of the choices sheet.
pub(super) const TRANSLATED_CHOICES: [(&str, &str); 5] =
    [("label", "label"), ("image", "image"), ("big-image", "big-image"), ("audio", "audio"), ("video", "video")];
