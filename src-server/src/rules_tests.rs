//! Who may what: one table for every route and every call, and everybody asks everything. A route or a call without
//! a line here fails the test, and so does a line without its route.
//!
//! Everybody: whoever shows nothing, something invented, something that has ended; each role in the grid, above it,
//! in another, once but no longer, not yet; each in the console and on a tablet; a tablet whose place was taken away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use huce_core::{
    body::Noun,
    escrow::Escrow,
    facility::FacilityKind,
    form::package::Package,
    ids::{DeviceId, EventId, FacilityId, PhotoId, RuleId},
    person::Role,
    record::first_edit,
    request::Category,
    rule::Place,
    wire::{Fate, PushAsk, Pushed, Refusal},
};
use serde_json::json;
use tower::ServiceExt;

use crate::{
    api, auth,
    intake::{Entry, record_own},
    routes,
    sample::{District, NOW, Stores, Tablet, grid, person},
    serve,
    store::{devices, forms, people, photos, safety, word},
};

const DAY: i64 = 24 * 3_600_000;
const ROLES: [Role; 5] = crate::api::viewer::WORKERS;
const GRIDS: [&str; 3] = ["S", "S-1", "S-2"];

/// The places that a role may have, seen from grid S-1: which grid, from when and until when (days from now).
const PLACES: [(&str, &str, i64, Option<i64>); 6] = [
    ("inside", "S-1", -90, None),
    ("above", "S", -90, None),
    ("outside", "S-2", -90, None),
    ("ended", "S-1", -90, Some(-40)),
    ("just_ended", "S-1", -90, Some(-1)),
    ("not_yet", "S-1", 1, None),
];

/// Who may.
#[derive(Debug, Clone, Copy)]
enum May {
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
type Rule = (&'static str, May, &'static str);

use crate::api::viewer::{ADMINISTRATORS, DECIDERS, IMPORTERS, LEADERS};

/// The table. In bodies and paths `$H` stands for a household of S-1, `$S` for a station there, `$V` for its visit, `$P` its plan, `$R` its
/// request, `$U` a rule of who is responsible there, `$O` a round there, `$D` a tablet and `$L` a person of S-1, `$F` its photo,
/// `$W` a published form.
const RULES: &[Rule] = &[
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

/// A form with a file that is no register.
const UPLOAD: &str =
    "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\nnothing\r\n--X--\r\n";

/// A published form.
const FORM: &str = r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
    <h:title>室温</h:title><model><instance><data id="room" version="1"><a/></data></instance></model></h:head>
    <h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>"#;

/// It with a picture, as it is published.
fn room_form() -> Vec<u8> {
    let files = [("pump.png".to_owned(), b"\x89PNG".to_vec())].into();
    Package { name: "room.xml".to_owned(), form: FORM.into(), files }.bytes().unwrap()
}

/// The rule for leaks at doors of S-1.
fn leak_rule() -> RuleId {
    RuleId::of(&grid("S-1"), Category::Leak, Place::Door)
}

/// A photo has a thumbnail only where it is a picture.
fn picture(side: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(side, side).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// What of S-1 must not be in a reply to whoever does not see it.
const MARKERS: [&str; 3] = ["西里路", "\"S-1\"", "16.4"];

/// Somebody who asks.
#[derive(Debug, Clone)]
struct Caller {
    login: String,
    /// The role, its place; none for those who show nothing that holds.
    role: Option<(Role, &'static str)>,
    cookie: Option<String>,
    token: Option<String>,
    revoked: bool,
}

impl Caller {
    fn has(&self, place: &str) -> bool {
        self.role.is_some_and(|(_, at)| at == place)
    }

    fn sees_s1(&self) -> bool {
        self.has("inside") || self.has("above")
    }

    fn holds(&self, roles: &[Role]) -> bool {
        let now = self.sees_s1() || self.has("outside");
        now && self.role.is_some_and(|(role, _)| roles.contains(&role))
    }

    /// May they, by this line of the table?
    fn may(&self, may: May) -> bool {
        let console = self.role.is_some() && self.cookie.is_some();
        let tablet = self.role.is_some() && self.token.is_some();
        let placed = tablet && !self.revoked;
        match may {
            May::Anybody => true,
            May::Console => console,
            May::SeesS1 => console && self.sees_s1(),
            May::OneOf(roles) => console && self.holds(roles),
            May::OneOfInS1(roles) => console && self.holds(roles) && self.sees_s1(),
            May::OneOfEverywhere(roles) => console && self.holds(roles) && self.has("above"),
            May::Tablet => placed,
            May::HandsIn => tablet,
            May::HandsInForS1 => tablet && self.sees_s1(),
            May::TabletOfS1 => placed && self.sees_s1(),
            May::AnyOfS1 => (console || placed) && self.sees_s1(),
            May::Any => console || placed,
            May::Hub => false,
        }
    }
}

struct Scene {
    district: District,
    router: Router,
    station: FacilityId,
    visit: EventId,
    plan: String,
    request: String,
    drive: String,
    photo: PhotoId,
    /// A tablet to be taken away.
    victim: Tablet,
    callers: Vec<Caller>,
    tablets: BTreeMap<String, Tablet>,
}

impl Scene {
    async fn on(stores: Stores) -> Self {
        let district = District::on(stores).await;
        let router = serve::router(district.app.clone());
        let photo = PhotoId::of_bytes(&picture(9));
        let mut tablet = district.tablet("li", 1).await;
        let victim = district.tablet("li", 2).await;
        let visit = tablet.visit(&district.household, 16.4);
        let id = visit.event().unwrap().id();
        let from = crate::intake::From::Device(tablet.device.clone());
        crate::intake::take(&district.app.store, vec![visit], &from, NOW).await.unwrap();
        let mut write = district.app.store.write().await.unwrap();
        photos::name(&mut write, &photo, &grid("S-1"), &district.app.own.device).await.unwrap();
        photos::begin(&mut write, &photo, 9, &tablet.device, NOW).await.unwrap();
        let (form, title) = (huce_core::ids::FormId::new("room").unwrap(), ("室温", "Room"));
        let published = forms::Published { form: &form, version: None, title, bytes: &room_form(), by: None };
        forms::publish(&mut write, published, NOW).await.unwrap();
        let escrow = Escrow::seal(&[5; 32], &district.app.own.key.verifying_key(), &[6; 56]).unwrap();
        safety::keep_escrow(&mut write, &victim.device, &escrow, NOW).await.unwrap();
        write.commit().await.unwrap();
        district.app.photos.put(&photo, 0, picture(9).into()).await.unwrap();
        district.app.photos.commit(&photo, picture(9).len() as u64).await.unwrap();
        let station = FacilityId::of_code(FacilityKind::Station.as_str(), "RL-001");
        let set = [("kind", "station"), ("name", "西里路热力站"), ("code", "RL-001")];
        let edit = first_edit(Noun::Facility, station.as_str(), set.map(|(k, v)| (k.to_owned(), json!(v))));
        let entry = Entry::new(person("huce"), grid("S-1"), Some(&station), huce_core::body::Body::Edit(edit));
        assert!(record_own(&district.app, vec![entry]).await.unwrap().remove(0).id().is_some());
        let set = [("category", "leak"), ("place", "door"), ("party", "property"), ("reason", "西里路的立管")];
        let edit = first_edit(Noun::Rule, leak_rule().as_str(), set.map(|(k, v)| (k.to_owned(), json!(v))));
        let entry = Entry::of_grid(person("huce"), grid("S-1"), huce_core::body::Body::Edit(edit));
        assert!(record_own(&district.app, vec![entry]).await.unwrap().remove(0).id().is_some());
        let (callers, tablets) = (Vec::new(), BTreeMap::new());
        let (plan, request, drive) = (String::new(), String::new(), String::new());
        let mut scene =
            Self { district, router, station, visit: id, plan, request, drive, photo, victim, callers, tablets };
        scene.gather().await;
        let li = scene.callers.iter().find(|c| c.login == "inspector_inside").unwrap().clone();
        let plan =
            json!({"household": scene.district.household, "changes": [{"change": "diagnosis", "text": "末端不热"}]});
        let plan: serde_json::Value =
            serde_json::from_str(&scene.call("change_plan", &plan.to_string(), &li).await.1).unwrap();
        scene.plan = plan["plan"].as_str().unwrap().to_owned();
        let body = RULES.iter().find(|r| r.0 == "take_request").unwrap().2;
        let (_, request) = scene.call("take_request", &scene.fill(body), &li).await;
        scene.request = request.trim_matches('"').to_owned();
        let lead = scene.callers.iter().find(|c| c.login == "crew_lead_inside").unwrap().clone();
        let body = RULES.iter().find(|r| r.0 == "draw_round").unwrap().2;
        let (_, drive) = scene.call("draw_round", body, &lead).await;
        scene.drive = drive.trim_matches('"').to_owned();
        scene
    }

    /// Everybody gets a session and a tablet.
    async fn gather(&mut self) {
        let app = self.district.app.clone();
        let nobody =
            |login: &str| Caller { login: login.to_owned(), role: None, cookie: None, token: None, revoked: false };
        let invented = |caller: Caller| {
            let shown = Some(format!("invented-{}", caller.login));
            Caller { cookie: shown.clone(), token: shown, ..caller }
        };
        self.callers = vec![nobody("nobody"), invented(nobody("guesses"))];
        let mut seed = 10;
        for role in ROLES {
            for (place, code, from, until) in PLACES {
                let login = format!("{}_{place}", word(&role));
                let mut write = app.store.write().await.unwrap();
                sqlx::query("INSERT INTO person (login, name, added_ms) VALUES ($1, $1, 0)")
                    .bind(&login)
                    .execute(&mut *write)
                    .await
                    .unwrap();
                sqlx::query("INSERT INTO role (person, role, grid, from_ms, until_ms) VALUES ($1, $2, $3, $4, $5)")
                    .bind(&login)
                    .bind(word(&role))
                    .bind(code)
                    .bind(NOW + from * DAY)
                    .bind(until.map(|until| NOW + until * DAY))
                    .execute(&mut *write)
                    .await
                    .unwrap();
                people::add_session(&mut write, &auth::hash(&login), &person(&login), NOW + DAY, NOW).await.unwrap();
                write.commit().await.unwrap();
                seed += 1;
                let tablet = self.district.tablet(&login, seed).await;
                self.give_token(&login, &tablet.device, NOW + DAY).await;
                self.tablets.insert(login.clone(), tablet);
                let role = Some((role, place));
                self.callers.push(Caller { role, cookie: Some(login.clone()), ..nobody(&login) });
                self.callers.push(Caller { role, token: Some(login.clone()), ..nobody(&login) });
            }
        }
        // What held an hour ago.
        let mut write = app.store.write().await.unwrap();
        let administrator = person("administrator_above");
        people::add_session(&mut write, &auth::hash("late"), &administrator, NOW - 1, NOW - DAY).await.unwrap();
        write.commit().await.unwrap();
        let device = self.tablets["administrator_above"].device.clone();
        self.give_token("late", &device, NOW - 1).await;
        self.callers.push(Caller { cookie: Some("late".to_owned()), ..nobody("late") });
        self.callers.push(Caller { token: Some("late".to_owned()), ..nobody("late") });
        // A tablet whose place was taken away, with the token that it gets then.
        for place in ["inside", "outside"] {
            let tablet = self.district.tablet(&format!("inspector_{place}"), seed + 1).await;
            seed += 1;
            let mut write = app.store.write().await.unwrap();
            devices::revoke(&mut write, &tablet.device, NOW).await.unwrap();
            write.commit().await.unwrap();
            let login = format!("revoked_{place}");
            self.give_token(&login, &tablet.device, NOW + DAY).await;
            let role = Some((Role::Inspector, place));
            self.callers.push(Caller { role, token: Some(login.clone()), revoked: true, ..nobody(&login) });
            self.tablets.insert(login, tablet);
        }
    }

    async fn give_token(&self, token: &str, device: &DeviceId, until_ms: i64) {
        let mut write = self.district.app.store.write().await.unwrap();
        devices::add_token(&mut write, &auth::hash(token), device, until_ms, NOW - DAY).await.unwrap();
        write.commit().await.unwrap();
    }

    /// A text of the table with what it stands for.
    fn fill(&self, text: &str) -> String {
        let stands = [
            ("$H", self.district.household.to_string()),
            ("$S", self.station.to_string()),
            ("$V", self.visit.to_string()),
            ("$P", self.plan.clone()),
            ("$R", self.request.clone()),
            ("$U", leak_rule().to_string()),
            ("$O", self.drive.clone()),
            ("$D", self.victim.device.to_string()),
            ("$L", "li".to_owned()),
            ("$W", blake3::hash(&room_form()).to_hex().to_string()),
            ("{form}", blake3::hash(&room_form()).to_hex().to_string()),
            ("{file}", "pump.png".to_owned()),
            ("{table}", "visits.csv".to_owned()),
            ("{hash}", self.photo.to_string()),
            ("{n}", "0".to_owned()),
            ("{name}", "0".repeat(32)),
            ("{import}", "999999".to_owned()),
        ];
        stands.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    async fn ask(&self, method: &str, path: &str, body: &str, caller: &Caller) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(path).header("x-huce", "1");
        if let Some(cookie) = &caller.cookie {
            request = request.header("cookie", format!("huce={cookie}"));
        }
        if let Some(token) = caller.token.as_ref().filter(|_| caller.cookie.is_none() || !path.starts_with("/api/")) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body == UPLOAD {
            request = request.header("content-type", "multipart/form-data; boundary=X");
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let reply = self.router.clone().oneshot(request).await.unwrap();
        let status = reply.status().as_u16();
        let bytes = to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn call(&self, call: &str, body: &str, caller: &Caller) -> (u16, String) {
        self.ask("POST", &format!("/api/{call}"), body, caller).await
    }
}

/// The table's line without the question behind it.
fn route_of(line: &str) -> String {
    line.split('?').next().unwrap_or_default().to_owned()
}

#[test]
fn every_route_and_every_call_has_a_line_and_every_line_a_route() {
    let all = routes::all().into_iter().chain(api::all()).filter(|route| route.path != api::ANY_CALL);
    let mut there: BTreeSet<String> = all.map(|route| format!("{} {}", route.method, route.path)).collect();
    there.extend(api::CALLS.iter().map(|call| (*call).to_owned()));
    let lines: BTreeSet<String> = RULES.iter().map(|(line, ..)| route_of(line)).collect();
    assert_eq!(lines.len(), RULES.len(), "a line a route");
    let without: Vec<_> = there.difference(&lines).collect();
    assert!(without.is_empty(), "say in RULES who may ask {without:?}");
    let gone: Vec<_> = lines.difference(&there).collect();
    assert!(gone.is_empty(), "nothing answers {gone:?}");
    // A route that is in no list cannot be missed here.
    for (file, text) in [("serve.rs", include_str!("serve.rs")), ("api/mod.rs", include_str!("api/mod.rs"))] {
        assert_eq!(text.matches(".route(").count(), 1, "{file}: routes come from the lists alone");
    }
}

async fn everybody_asks_everything(stores: Stores) {
    let scene = Scene::on(stores).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (line, may, body) in RULES {
        let (method, path) = match line.split_once(' ') {
            Some((method, path)) => (method, scene.fill(path)),
            None => ("POST", format!("/api/{line}")),
        };
        let body = scene.fill(body);
        for caller in &scene.callers {
            if *line == "revoke" {
                // It gets its place again for everybody who takes it away.
                scene.district.tablet("li", 2).await;
            }
            let (status, reply) = scene.ask(method, &path, &body, caller).await;
            asked += 1;
            // Of imports there is none: whoever may ask hears that.
            let denied = matches!(status, 401 | 403) || (status == 404 && !line.contains("import"));
            let shown = || {
                let with = if caller.cookie.is_some() { "console" } else { "tablet" };
                format!("{line} by {} ({with}): {status} {}", caller.login, reply.chars().take(150).collect::<String>())
            };
            // What anybody may ask is refused for what is asked, not for who asks.
            let open = matches!(may, May::Anybody);
            // Of the form as well.
            let denied = denied && !(line.contains("/forms/") && status == 404);
            if !open && caller.may(*may) == denied {
                wrong.push(shown());
            }
            if caller.role.is_none() && !open && status != 401 {
                wrong.push(format!("not 401: {}", shown()));
            }
            if status >= 500 {
                wrong.push(shown());
            }
            let leaks = |marker: &&str| reply.contains(*marker) && !body.contains(*marker);
            if !caller.sees_s1() && MARKERS.iter().any(leaks) {
                wrong.push(format!("tells of S-1: {}", shown()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

async fn a_grids_stream_and_photos_are_for_those_who_see_it(stores: Stores) {
    let scene = Scene::on(stores).await;
    let app = &scene.district.app;
    let mut photos_of = Vec::new();
    for (code, side) in GRIDS.into_iter().zip(1..) {
        let bytes = picture(side);
        let photo = PhotoId::of_bytes(&bytes);
        let mut write = app.store.write().await.unwrap();
        photos::name(&mut write, &photo, &grid(code), &app.own.device).await.unwrap();
        write.commit().await.unwrap();
        app.photos.put(&photo, 0, bytes.clone().into()).await.unwrap();
        app.photos.commit(&photo, bytes.len() as u64).await.unwrap();
        photos_of.push((code, photo, bytes));
    }
    for caller in &scene.callers {
        let top = match caller.role {
            Some((_, "inside")) => Some("S-1"),
            Some((_, "above")) => Some("S"),
            Some((_, "outside")) => Some("S-2"),
            _ => None,
        };
        for (code, photo, bytes) in &photos_of {
            let sees = top.is_some_and(|top| code.starts_with(top)) && !caller.revoked;
            let whole = String::from_utf8_lossy(bytes);
            for (path, is_whole) in [
                (format!("/v1/photos/{photo}"), true),
                (format!("/api/photo/{photo}"), true),
                (format!("/v1/photos/{photo}?thumb=1"), false),
            ] {
                let (status, reply) = scene.ask("GET", &path, "", caller).await;
                let has = if is_whole { reply == whole } else { reply.contains("JFIF") };
                assert_eq!((status == 200, has), (sees, sees), "{path} of {code} to {caller:?}: {status}");
            }
            let (status, reply) = scene.ask("GET", &format!("/v1/pull?grid={code}"), "", caller).await;
            let sees = sees && caller.token.is_some();
            assert_eq!(status == 200, sees, "{code} to {caller:?}: {status}");
            assert!(sees || !reply.contains("payload"), "{code} to {caller:?}");
        }
    }
}

async fn events_are_taken_from_those_who_may_record_there(stores: Stores) {
    let mut scene = Scene::on(stores).await;
    let household = scene.district.household.clone();
    let mut tablets = std::mem::take(&mut scene.tablets);
    for caller in scene.callers.clone().iter().filter(|c| c.role.is_some() && c.token.is_some()) {
        let tablet = tablets.get_mut(&caller.login).unwrap();
        // Recorded now, 20 and 60 days ago; at a door, and now at a station.
        for (days, station) in [(0, None), (20, None), (60, None), (0, Some(scene.station.clone()))] {
            let body = serde_json::from_value(json!({"kind": "visit", "outcome": "no_answer"})).unwrap();
            let mut event = tablet.next("S-1", Some(&household), body);
            event.at.ms = NOW - days * DAY;
            if station.is_some() {
                (event.household, event.facility) = (None, station);
            }
            let signed = tablet.sign(&event);
            let ask =
                serde_json::to_string(&PushAsk { events: vec![signed], unsent: (0, 0), by_owners: false }).unwrap();
            let (status, reply) = scene.ask("POST", "/v1/push", &ask, caller).await;
            assert_eq!(status, 200, "{caller:?}: {reply}");
            let fate = serde_json::from_str::<Pushed>(&reply).unwrap().receipts.remove(0).fate;
            // Whoever was moved yesterday hands in what was recorded before; whoever left long ago does not.
            let held_then = caller.has("just_ended") && days > 0;
            let expected = match (caller.revoked, caller.sees_s1() || held_then) {
                (true, _) => Fate::Refused { code: Refusal::NotYours },
                (false, true) => Fate::Stored,
                (false, false) => Fate::Refused { code: Refusal::NoRight },
            };
            assert_eq!(fate, expected, "{days} days ago by {caller:?}");
        }
    }
}

/// Who is responsible is decided by dispatchers: an edit that says so is refused from everybody else's tablet.
async fn who_is_responsible_is_decided_by_dispatchers(stores: Stores) {
    let mut scene = Scene::on(stores).await;
    let household = scene.district.household.clone();
    let mut tablets = std::mem::take(&mut scene.tablets);
    let placed = |c: &&Caller| c.token.is_some() && !c.revoked && (c.has("inside") || c.has("above"));
    for caller in scene.callers.clone().iter().filter(placed) {
        let tablet = tablets.get_mut(&caller.login).unwrap();
        let rule = leak_rule().to_string();
        let says = [
            (
                json!({"kind": "edit", "noun": "request", "id": scene.request, "set": {"decide/2": {"v": {"party": "crew", "reason": "?"}}}}),
                Some(&household),
            ),
            (json!({"kind": "edit", "noun": "rule", "id": rule, "set": {"party": {"v": "crew"}}}), None),
        ];
        for (body, at) in says {
            let event = tablet.next("S-1", at, serde_json::from_value(body).unwrap());
            let ask = PushAsk { events: vec![tablet.sign(&event)], unsent: (0, 0), by_owners: false };
            let (status, reply) = scene.ask("POST", "/v1/push", &serde_json::to_string(&ask).unwrap(), caller).await;
            assert_eq!(status, 200, "{caller:?}: {reply}");
            let fate = serde_json::from_str::<Pushed>(&reply).unwrap().receipts.remove(0).fate;
            let expected =
                if caller.holds(&DECIDERS) { Fate::Stored } else { Fate::Refused { code: Refusal::NoRight } };
            assert_eq!(fate, expected, "{caller:?}: {event:?}");
        }
    }
}

async fn somebody_whose_roles_have_ended_is_nobody_elses_to_take(stores: Stores) {
    let scene = Scene::on(stores).await;
    let caller = |login: &str| scene.callers.iter().find(|c| c.login == login && c.cookie.is_some()).unwrap().clone();
    let adopt = json!({"login": "inspector_ended", "name": "某", "roles": [{"role": "inspector", "grid": "S-2"}], "password": "abcdefgh"}).to_string();
    let code = json!({"person": "inspector_ended"}).to_string();
    let device = json!({"device": scene.tablets["inspector_ended"].device}).to_string();
    for (call, body) in [("new_code", &code), ("revoke", &device), ("save_person", &adopt)] {
        let (status, reply) = scene.call(call, body, &caller("administrator_outside")).await;
        assert_eq!(status, 403, "{call}: {reply}");
        let (status, reply) = scene.call(call, body, &caller("administrator_above")).await;
        assert_eq!(status, 200, "{call}: {reply}");
    }
}

crate::sample::on_both_stores! {
    everybody_asks_everything,
    a_grids_stream_and_photos_are_for_those_who_see_it,
    events_are_taken_from_those_who_may_record_there,
    who_is_responsible_is_decided_by_dispatchers,
    somebody_whose_roles_have_ended_is_nobody_elses_to_take,
}
