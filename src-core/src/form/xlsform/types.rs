//! The question types of the standard, old spellings included: control, data type and defaults of each.

use super::name;

/// How a question shows in the form's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Not at all.
    Data,
    Input,
    Trigger,
    Upload,
    Osm,
    Select,
    Range,
    Geo,
}

/// What a type brings; columns of the row win over it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub class: Class,
    /// Element of the body.
    pub tag: Option<&'static str>,
    pub mediatype: Option<&'static str>,
    pub bind: &'static [(&'static str, &'static str)],
    pub hint: Option<&'static str>,
}

const fn of(class: Class, tag: &'static str, bind: &'static [(&'static str, &'static str)]) -> Type {
    Type { class, tag: Some(tag), mediatype: None, bind, hint: None }
}

const fn data(bind: &'static [(&'static str, &'static str)]) -> Type {
    Type { class: Class::Data, tag: None, mediatype: None, bind, hint: None }
}

const fn upload(class: Class, mediatype: &'static str) -> Type {
    Type { class, tag: Some("upload"), mediatype: Some(mediatype), bind: &[("type", "binary")], hint: None }
}

const fn hinted(bind: &'static [(&'static str, &'static str)], hint: &'static str) -> Type {
    Type { class: Class::Input, tag: Some("input"), mediatype: None, bind, hint: Some(hint) }
}

macro_rules! property {
    ($name:literal) => {
        data(&[("jr:preload", "property"), ("type", "string"), ("jr:preloadParams", $name)])
    };
}

macro_rules! stamp {
    ($preload:literal, $type:literal, $params:literal) => {
        data(&[("jr:preload", $preload), ("type", $type), ("jr:preloadParams", $params)])
    };
}

/// The defaults of `range`.
pub(super) const RANGE: [(&str, &str); 3] = [("start", "1"), ("end", "10"), ("step", "1")];

/// The type of a name, if there is one.
pub(super) fn type_of(name: &str) -> Option<Type> {
    use Class::{Data, Geo, Input, Osm, Range, Select, Trigger, Upload};
    Some(match name {
        "text" | "string" | "q string" | "add text prompt" | "select one external" => {
            of(Input, "input", &[("type", "string")])
        }
        "integer" | "int" | "q int" | "add integer prompt" => of(Input, "input", &[("type", "int")]),
        "decimal" | "q decimal" | "add decimal prompt" => of(Input, "input", &[("type", "decimal")]),
        "date" | "q date" | "add date prompt" => of(Input, "input", &[("type", "date")]),
        "time" => of(Input, "input", &[("type", "time")]),
        "dateTime"
        | "datetime"
        | "date time"
        | "q date time"
        | "q dateTime"
        | "add date time prompt"
        | "add dateTime prompt" => of(Input, "input", &[("type", "dateTime")]),
        "barcode" | "q barcode" | "add barcode prompt" => of(Input, "input", &[("type", "barcode")]),
        "location" | "gps" | "q location" | "q geopoint" | "add location prompt" => {
            of(Input, "input", &[("type", "geopoint")])
        }
        "q geoshape" => of(Input, "input", &[("type", "geoshape")]),
        "q geotrace" => of(Input, "input", &[("type", "geotrace")]),
        "geopoint" => of(Geo, "input", &[("type", "geopoint")]),
        "geoshape" => of(Geo, "input", &[("type", "geoshape")]),
        "geotrace" => of(Geo, "input", &[("type", "geotrace")]),
        "note" | "q note" | "add note prompt" => of(Input, "input", &[("readonly", "true()"), ("type", "string")]),
        "acknowledge" | "q acknowledge" | "add acknowledge prompt" => of(Trigger, "trigger", &[("type", "string")]),
        "trigger" => Type { bind: &[], ..of(Trigger, "trigger", &[]) },
        "background-geopoint" => of(Trigger, "trigger", &[("type", "geopoint")]),
        "start-geopoint" => of(Data, "action", &[("type", "geopoint")]),
        "background-audio" => of(Data, "action", &[("type", "binary")]),
        "select one" | "select one using" | "q select1" | "add select one prompt using" => {
            of(Select, "select1", &[("type", "string")])
        }
        "select all that apply"
        | "select all that apply from"
        | "select multiple from"
        | "select multiple using"
        | "q select"
        | "add select multiple prompt using" => of(Select, "select", &[("type", "string")]),
        "rank" => of(Select, "odk:rank", &[("type", "odk:rank")]),
        "range" => of(Range, "range", &[("type", "int")]),
        "photo" | "image" | "q picture" | "q image" | "add image prompt" => upload(Upload, "image/*"),
        "audio" | "q audio" | "add audio prompt" => upload(Upload, "audio/*"),
        "video" | "q video" | "add video prompt" => upload(Upload, "video/*"),
        "file" | "add file prompt" => upload(Upload, "application/*"),
        "osm" => upload(Osm, "osm/*"),
        "percentage" => of(Input, "input", &[("type", "int"), ("constraint", "0 <= . and . <= 100")]),
        "phone number" => hinted(&[("type", "string"), ("constraint", "regex(., '^\\d*$')")], "Enter numbers only."),
        "number of days in last month" => {
            hinted(&[("type", "int"), ("constraint", "0 <= . and . <= 31")], "Enter a number 0-31.")
        }
        "number of days in last six months" => {
            hinted(&[("type", "int"), ("constraint", "0 <= . and . <= 183")], "Enter a number 0-183.")
        }
        "number of days in last year" => {
            hinted(&[("type", "int"), ("constraint", "0 <= . and . <= 365")], "Enter a number 0-365.")
        }
        "calculate" | "q calculate" | "add calculate prompt" | "hidden" => data(&[("type", "string")]),
        "audit" => data(&[("type", "binary")]),
        "start" | "start time" | "get start time" => stamp!("timestamp", "dateTime", "start"),
        "end" | "end time" | "get end time" => stamp!("timestamp", "dateTime", "end"),
        "today" | "get today" => stamp!("date", "date", "today"),
        "deviceid" | "device id" | "get device id" | "imei" => property!("deviceid"),
        "subscriberid" | "subscriber id" | "get subscriber id" => property!("subscriberid"),
        "simserial" | "sim id" | "get sim id" => property!("simserial"),
        "phonenumber" | "get phone number" => property!("phonenumber"),
        "username" => property!("username"),
        "email" => property!("email"),
        "uri:subscriberid" => property!("uri:subscriberid"),
        "uri:phonenumber" => property!("uri:phonenumber"),
        "uri:simserial" => property!("uri:simserial"),
        "uri:deviceid" => property!("uri:deviceid"),
        "uri:username" => property!("uri:username"),
        "uri:email" => property!("uri:email"),
        _ => return None,
    })
}

/// The one name of a type that has several.
pub(super) fn without_alias(name: &str) -> &str {
    match name {
        "imei" => "deviceid",
        "image" | "add image prompt" | "add photo prompt" => "photo",
        "add audio prompt" => "audio",
        "add video prompt" => "video",
        "add file prompt" => "file",
        other => other,
    }
}

/// What an author who wrote an unknown type probably meant.
pub(super) fn meant(name: &str) -> Option<String> {
    const WORDS: [&str; 49] = [
        "text",
        "integer",
        "decimal",
        "date",
        "time",
        "dateTime",
        "barcode",
        "geopoint",
        "geotrace",
        "geoshape",
        "note",
        "acknowledge",
        "image",
        "audio",
        "video",
        "file",
        "range",
        "calculate",
        "hidden",
        "audit",
        "start",
        "end",
        "today",
        "deviceid",
        "phonenumber",
        "username",
        "email",
        "rank",
        "start-geopoint",
        "background-geopoint",
        "background-audio",
        "xml-external",
        "csv-external",
        "select_one",
        "select_multiple",
        "select_one_from_file",
        "select_multiple_from_file",
        "select_one_external",
        "begin group",
        "end group",
        "begin repeat",
        "end repeat",
        "begin_group",
        "end_group",
        "begin_repeat",
        "end_repeat",
        "begin loop",
        "end loop",
        "osm",
    ];
    match name.to_lowercase().as_str() {
        "begin" => return Some("begin group".to_owned()),
        "group" | "repeat" | "loop" => return Some(format!("begin {name}")),
        "select one" | "select_one" | "select multiple" | "select_multiple" | "rank" => {
            return Some(format!("{name} list_name"));
        }
        "number" | "numeric" => return Some("integer".to_owned()),
        "float" | "double" => return Some("decimal".to_owned()),
        "photo" | "picture" => return Some("image".to_owned()),
        _ => {}
    }
    if let Some(word) = name::nearest(name, WORDS.into_iter()) {
        return Some(word);
    }
    // The first word may be the type, and the rest a list.
    let (first, rest) = name.split_once(' ')?;
    let word = name::nearest(first, WORDS.into_iter().filter(|w| w.starts_with("select") || *w == "rank"))?;
    Some(format!("{word} {rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_types() {
        assert_eq!(meant("interger").as_deref(), Some("integer"));
        assert_eq!(meant("selct_one yes_no").as_deref(), Some("select_one yes_no"));
        assert_eq!(meant("something else"), None);
        assert!(type_of("dateTime").is_some() && type_of("begin").is_none());
    }
}
