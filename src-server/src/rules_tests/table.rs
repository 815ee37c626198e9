//! The table of who may what: a line for every route and every call.

use huce_core::person::Role;

use super::UPLOAD;
use crate::api::viewer::{ADMINISTRATORS, DECIDERS, IMPORTERS, LEADERS};

/// Who may.
#[derive(Debug, Clone, Copy)]
pub(super) enum May {
    /// Anybody, shown or not: what is asked is checked by itself.
    Anybody,
    /// Everybody in the console; the reply speaks of their grids only.
    Console,
    /// In the console, whoever sees S-1.
    SeesS1,
    /// In the console, whoever has one of these roles somewhere; the reply speaks of their grids only.
    OneOf(&'static [Role]),
    /// In the console, whoever has one of these roles in S-1 or above.
    OneOfInS1(&'static [Role]),
    /// In the console, whoever has one of these roles in every grid: what is decided is for everybody's tablets.
    OneOfEverywhere(&'static [Role]),
    /// Every tablet with a place; the reply speaks of its person's grids only.
    Tablet,
    /// Every tablet, also one whose place was taken away: it hands in.
    HandsIn,
    /// The same where the photo is of S-1.
    HandsInForS1,
    /// A tablet whose person sees S-1.
    TabletOfS1,
    /// In the console or on a tablet, whoever sees S-1.
    AnyOfS1,
    /// In the console or on a tablet.
    Any,
    /// A depot hub, which nobody here is.
    Hub,
}

/// One line of the table: method and path (as the routes have them, calls by their names), who may, and the body.
pub(super) type Rule = (&'static str, May, &'static str);

/// The table. In bodies and paths `$H` stands for a household of S-1, `$S` for a station there, `$V` for its visit, `$P` its plan, `$R` its
/// request, `$U` a rule of who is responsible there, `$O` a round there, `$D` a tablet and `$L` a person of S-1, `$F` its photo,
/// `$W` a published form.
pub(super) const RULES: &[Rule] = &[
    ("POST /v1/enrol", May::Anybody, r#"{"code":"AAAA-AAAA","public_key":"","device_name":"T","version":"1"}"#),
    ("GET /v1/challenge", May::Anybody, ""),
    ("POST /v1/token", May::Anybody, "{}"),
    ("GET /v1/profile", May::Tablet, ""),
    ("POST /v1/escrow", May::Tablet, r#"{"to":"","from":"","nonce":"","sealed":""}"#),
    ("GET /v1/recovery/{name}", May::Anybody, ""),
    ("GET /v1/forms/{hash}", May::Any, ""),
    ("POST /v1/push", May::HandsIn, r#"{"events":[],"unsent":[0,0]}"#),
    ("GET /v1/pull?grid=S-1", May::TabletOfS1, ""),
    ("GET /v1/photos/{hash}/missing?bytes=9", May::HandsInForS1, ""),
    ("PUT /v1/photos/{hash}/chunks/{n}", May::HandsInForS1, "not a pic"),
    ("POST /v1/photos/{hash}/commit", May::HandsInForS1, "{}"),
    ("GET /v1/photos/{hash}", May::AnyOfS1, ""),
    ("POST /v1/hub/enrol", May::Anybody, r#"{"code":"AAAA-AAAA","public_key":"","name":"H","version":"1"}"#),
    ("GET /v1/hub/book", May::Hub, ""),
    ("POST /api/bundle/import", May::OneOf(&LEADERS), "no bundle"),
    ("POST /api/who_am_i", May::Anybody, "{}"),
    ("POST /api/sign_in", May::Anybody, r#"{"login":"nobody","password":"x"}"#),
    ("GET /api/photo/{hash}", May::AnyOfS1, ""),
    ("POST /api/import/upload", May::OneOf(&IMPORTERS), UPLOAD),
    ("GET /api/import/{import}/rejected.xlsx", May::OneOf(&IMPORTERS), ""),
    ("now", May::Console, "{}"),
    ("search", May::Console, r#"{"text":"3-2-501","limit":5}"#),
    ("estates", May::Console, "{}"),
    ("map", May::Console, "{}"),
    ("overview", May::Console, "{}"),
    ("GET /api/export/{table}?grid=S-1", May::SeesS1, ""),
    ("GET /api/report.xlsx?kind=week&grid=S-1", May::SeesS1, ""),
    ("read_traces", May::SeesS1, r#"{"scope":{"kind":"week","grid":"S-1"},"figure":"cold"}"#),
    ("read_report", May::Console, r#"{"scope":{"kind":"month"}}"#),
    ("plans", May::Console, r#"{"closed":true}"#),
    ("requests", May::Console, r#"{"closed":true}"#),
    ("facade", May::SeesS1, r#"{"estate":"西里路54号","building":"3"}"#),
    ("open_household", May::SeesS1, r#"{"household":"$H"}"#),
    ("open_visit_record", May::SeesS1, r#"{"household":"$H","visit":"$V"}"#),
    ("duties", May::Console, "{}"),
    ("grids", May::Console, "{}"),
    (
        "save_grid",
        May::OneOfInS1(&IMPORTERS),
        r#"{"grid":{"id":"S-1","name":"一网格","level":"inspector","parent":"S","polygon":[]},"new":false}"#,
    ),
    ("save_seat", May::OneOfInS1(&LEADERS), r#"{"grid":"S-1","seat":"head","members":[{"name":"张三"}]}"#),
    ("cut_grid", May::SeesS1, r#"{"grid":"S-1","line":[[113.6,34.7],[113.7,34.7]]}"#),
    (
        "split_grid",
        May::OneOfInS1(&IMPORTERS),
        r#"{"grid":"S-1","parts":[{"code":"S-1-a","name":"东"}],"beside":false,"dry_run":true}"#,
    ),
    ("merge_grids", May::OneOfInS1(&IMPORTERS), r#"{"grids":["S-1"],"into":"S-1","dry_run":true}"#),
    ("sort_doors", May::OneOfInS1(&IMPORTERS), r#"{"grid":"S-1","dry_run":true}"#),
    ("facilities", May::Console, r#"{"kind":null,"text":"","due":false}"#),
    ("open_facility", May::SeesS1, r#"{"facility":"$S"}"#),
    ("edit_facility", May::SeesS1, r#"{"facility":"$S","set":[["note","77"]]}"#),
    ("open_plan", May::SeesS1, r#"{"plan":"$P"}"#),
    ("open_request", May::SeesS1, r#"{"request":"$R"}"#),
    ("conflicts", May::Console, "{}"),
    ("settle", May::SeesS1, r#"{"noun":"household","id":"$H","field":"account","value":"1"}"#),
    ("edit_household", May::SeesS1, r#"{"household":"$H","set":[["account","77"]]}"#),
    ("change_plan", May::SeesS1, r#"{"household":"$H","plan":"$P","changes":[{"change":"consent","agreed":true}]}"#),
    (
        "take_request",
        May::SeesS1,
        r#"{"household":"$H","channel":"desk","category":"cold","severity":"small","text":"不热","mode":"own"}"#,
    ),
    ("answer_request", May::SeesS1, r#"{"request":"$R"}"#),
    ("resolve_request", May::SeesS1, r#"{"request":"$R","resolution":"排气"}"#),
    ("record_call_back", May::SeesS1, r#"{"request":"$R","reached":true,"satisfied":true,"note":""}"#),
    ("find_same", May::SeesS1, r#"{"household":"$H","category":"cold"}"#),
    ("join_request", May::SeesS1, r#"{"request":"$R","into":"$R"}"#),
    ("pause_request", May::SeesS1, r#"{"request":"$R","reason":"parts","note":""}"#),
    ("resume_request", May::SeesS1, r#"{"request":"$R"}"#),
    ("hand_over_request", May::SeesS1, r#"{"request":"$R","to":"property","reason":"公共立管"}"#),
    ("set_request_mode", May::SeesS1, r#"{"request":"$R","mode":"joint","reason":"与物业同去"}"#),
    (
        "decide_request",
        May::OneOfInS1(&DECIDERS),
        r#"{"request":"$R","party":"property","reason":"公共立管","teach":"S-1"}"#,
    ),
    ("count_requests", May::Console, r#"{"from_ms":0,"until_ms":9000000000000}"#),
    ("rules", May::Console, "{}"),
    ("end_rule", May::OneOfInS1(&DECIDERS), r#"{"rule":"$U"}"#),
    ("rounds", May::Console, "{}"),
    ("care_visits", May::Console, "{}"),
    ("count_round", May::OneOfInS1(&LEADERS), r#"{"grid":"S-1","query":{}}"#),
    (
        "draw_round",
        May::OneOfInS1(&LEADERS),
        r#"{"name":"顶层复查","grid":"S-1","query":{},"form":"room","from":"2026-01-01","until":"2026-01-31","people":[]}"#,
    ),
    ("open_round", May::SeesS1, r#"{"drive":"$O"}"#),
    ("change_round", May::OneOfInS1(&LEADERS), r#"{"drive":"$O","set":[["until","2026-02-28"]]}"#),
    (
        "assign_round",
        May::OneOfInS1(&LEADERS),
        r#"{"drive":"$O","stairwells":[{"estate":"西里路54号","building":"3","entrance":"2"}],"person":"$L"}"#,
    ),
    ("people", May::OneOf(&LEADERS), "{}"),
    (
        "save_person",
        May::OneOfInS1(&ADMINISTRATORS),
        r#"{"login":"zhao","name":"赵","roles":[{"role":"inspector","grid":"S-1"}]}"#,
    ),
    ("new_code", May::OneOfInS1(&ADMINISTRATORS), r#"{"person":"$L"}"#),
    ("approve", May::OneOfInS1(&ADMINISTRATORS), r#"{"device":"$D"}"#),
    ("open_escrow", May::OneOfInS1(&ADMINISTRATORS), r#"{"device":"$D"}"#),
    ("revoke", May::OneOfInS1(&ADMINISTRATORS), r#"{"device":"$D"}"#),
    ("POST /api/form", May::OneOf(&ADMINISTRATORS), UPLOAD),
    ("GET /api/form/{form}/file/{file}", May::OneOf(&ADMINISTRATORS), ""),
    ("forms", May::OneOf(&ADMINISTRATORS), "{}"),
    ("check_form", May::OneOf(&ADMINISTRATORS), r#"{"hash":"$W"}"#),
    ("try_form", May::OneOf(&ADMINISTRATORS), r#"{"trial":{"hash":"$W","steps":[]},"whole":true}"#),
    (
        "find_try_choices",
        May::OneOf(&ADMINISTRATORS),
        r#"{"trial":{"hash":"$W","steps":[]},"reference":"/data/a","text":"","skip":0}"#,
    ),
    ("publish_form", May::OneOfEverywhere(&ADMINISTRATORS), r#"{"hash":"$W"}"#),
    ("retire_form", May::OneOfEverywhere(&ADMINISTRATORS), r#"{"form":"room"}"#),
    ("import_status", May::OneOf(&IMPORTERS), r#"{"import":999999}"#),
    ("apply_import", May::OneOf(&IMPORTERS), r#"{"import":999999}"#),
    // Last: it ends the sessions.
    ("POST /api/sign_out", May::Anybody, "{}"),
];
