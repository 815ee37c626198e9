//! Who may what: one table for every route and every call, and everybody asks everything. A route or a call without
//! a line here fails the test, and so does a line without its route.
//!
//! Everybody: whoever shows nothing, something invented, something that has ended; each role in the grid, above it,
//! in another, once but no longer, not yet; each in the console and on a tablet; a tablet whose place was taken away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod table;

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
    api,
    api::viewer::DECIDERS,
    auth,
    intake::{Entry, record_own},
    routes,
    sample::{District, NOW, Stores, Tablet, grid, person},
    serve,
    store::{devices, forms, people, photos, safety, word},
};

use table::{May, RULES};

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
