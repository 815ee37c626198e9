//! Every call × {signed out, somebody of another grid, the right person}; photos; an import from the console.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use huce_core::{
    ids::{EventId, PhotoId},
    person::Role,
};
use serde_json::{Value, json};
use tower::Service;

use super::router;
use crate::{
    auth,
    intake::{From, take},
    sample::{District, Stores, grid, person},
    store::people,
};

pub(super) struct Console {
    pub district: District,
    router: Router,
    visit: EventId,
}

impl Console {
    pub async fn on(stores: Stores) -> Self {
        let district = District::on(stores).await;
        district.add("diao", Role::Dispatcher, "S-2").await;
        let mut tablet = district.tablet("li", 7).await;
        let visit = tablet.visit(&district.household, 16.4);
        let id = visit.event().unwrap().id();
        let device = From::Device(tablet.device.clone());
        let receipts = take(&district.app.store, vec![visit], &device, district.app.now_ms()).await.unwrap();
        assert_eq!(receipts[0].fate, huce_core::wire::Fate::Stored);
        for login in ["li", "wang", "admin", "diao"] {
            let mut write = district.app.store.write().await.unwrap();
            let until = district.app.now_ms() + 3_600_000;
            people::add_session(&mut write, &auth::hash(login), &person(login), until, district.app.now_ms())
                .await
                .unwrap();
            write.commit().await.unwrap();
        }
        let router = router().with_state(district.app.clone());
        Self { district, router, visit: id }
    }

    pub async fn send(
        &mut self,
        request: axum::http::request::Builder,
        who: &str,
        body: impl Into<Body>,
    ) -> (u16, Vec<u8>) {
        let request = if who.is_empty() { request } else { request.header("cookie", format!("huce={who}")) };
        let request: Request<Body> = request.body(body.into()).unwrap();
        let response = self.router.call(request).await.unwrap();
        let status = response.status().as_u16();
        (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    /// What is said of an answer beside its bytes.
    async fn headers(&mut self, request: axum::http::request::Builder, who: &str) -> axum::http::HeaderMap {
        let request = request.header("cookie", format!("huce={who}")).body(Body::empty()).unwrap();
        self.router.call(request).await.unwrap().headers().clone()
    }

    pub async fn ask(&mut self, call: &str, who: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder().method("POST").uri(format!("/api/{call}"));
        let (status, bytes) = self.send(request, who, body.to_string().into_bytes()).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn upload(&mut self, who: &str, file: &str) -> (u16, Value) {
        let body = format!(
            "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n{file}\r\n--X--\r\n"
        );
        let request = Request::builder()
            .method("POST")
            .uri("/api/import/upload")
            .header("content-type", "multipart/form-data; boundary=X");
        let (status, bytes) = self.send(request, who, body.into_bytes()).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn wait(&mut self, who: &str, import: &Value) -> Value {
        for _ in 0..200 {
            let (status, state) = self.ask("import_status", who, &json!({ "import": import })).await;
            assert_eq!(status, 200, "{state}");
            if !["reading", "applying"].contains(&state["stage"].as_str().unwrap()) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the import does not end");
    }
}

async fn every_call_is_refused_to_whoever_is_signed_out_or_of_another_grid(stores: Stores) {
    let mut console = Console::on(stores).await;
    let h = console.district.household.to_string();
    let visit = console.visit.to_string();
    let (_, plan) = console
        .ask("change_plan", "li", &json!({"household": h, "changes": [{"change": "diagnosis", "text": "末端不热"}]}))
        .await;
    let plan = plan["plan"].as_str().unwrap().to_owned();
    let take = json!({"household": h, "channel": "desk", "category": "cold", "severity": "small", "text": "不热",
        "mode": "own"});
    let (_, request) = console.ask("take_request", "li", &take).await;
    let request = request.as_str().unwrap().to_owned();

    // Call, body, what somebody of another grid gets, who the right person is, what they get.
    let calls = [
        ("now", json!({}), 200, "li", 200),
        ("search", json!({"text": "3-2-501", "limit": 5}), 200, "li", 200),
        ("estates", json!({}), 200, "li", 200),
        ("map", json!({}), 200, "li", 200),
        ("overview", json!({}), 200, "li", 200),
        ("plans", json!({"closed": true}), 200, "li", 200),
        ("requests", json!({"closed": true}), 200, "li", 200),
        ("facade", json!({"estate": "西里路54号", "building": "3"}), 404, "li", 200),
        ("open_household", json!({"household": h}), 403, "li", 200),
        ("open_visit_record", json!({"household": h, "visit": visit}), 403, "li", 200),
        ("open_plan", json!({"plan": plan}), 403, "li", 200),
        ("conflicts", json!({}), 200, "li", 200),
        ("settle", json!({"noun": "household", "id": h, "field": "account", "value": "1"}), 403, "li", 409),
        ("edit_household", json!({"household": h, "set": [["account", "77"]]}), 403, "li", 200),
        (
            "change_plan",
            json!({"household": h, "plan": plan, "changes": [{"change": "consent", "agreed": true}]}),
            403,
            "li",
            200,
        ),
        ("take_request", take, 403, "li", 200),
        ("answer_request", json!({"request": request}), 403, "li", 200),
        ("resolve_request", json!({"request": request, "resolution": "排气"}), 403, "li", 200),
        (
            "record_call_back",
            json!({"request": request, "reached": true, "satisfied": true, "note": ""}),
            403,
            "li",
            200,
        ),
        ("people", json!({}), 403, "admin", 200),
        (
            "save_person",
            json!({"login": "zhao", "name": "赵", "roles": [{"role": "inspector", "grid": "S-2"}], "password": "12345678"}),
            403,
            "admin",
            200,
        ),
        ("new_code", json!({"person": "li"}), 403, "admin", 200),
        ("revoke", json!({"device": console.visit.device}), 403, "admin", 200),
        ("import_status", json!({"import": 1}), 403, "admin", 404),
        ("apply_import", json!({"import": 1}), 403, "admin", 404),
        ("forms", json!({}), 403, "admin", 200),
        ("check_form", json!({"hash": "0"}), 403, "admin", 404),
        ("try_form", json!({"trial": {"hash": "0", "steps": []}, "whole": true}), 403, "admin", 404),
        (
            "find_try_choices",
            json!({"trial": {"hash": "0", "steps": []}, "reference": "/data/a", "text": "", "skip": 0}),
            403,
            "admin",
            404,
        ),
        ("publish_form", json!({"hash": "0"}), 403, "admin", 404),
        ("retire_form", json!({"form": "no-such-form"}), 403, "admin", 404),
        ("submit_visit", json!({}), 404, "li", 404),
        ("no_such_call", json!({}), 404, "li", 404),
    ];
    for (call, body, other, right, expected) in calls {
        let (status, reply) = console.ask(call, "", &body).await;
        assert_eq!((status, reply["code"].as_str()), (401, Some("signed_out")), "{call}");
        let (status, reply) = console.ask(call, "wang", &body).await;
        assert_eq!(status, other, "{call}: {reply}");
        let text = reply.to_string();
        let leaks = |what: &str| text.contains(what) && !body.to_string().contains(what);
        assert!(!leaks("西里路") && !leaks(&h) && !leaks(&request), "{call}: {text}");
        let (status, reply) = console.ask(call, right, &body).await;
        assert_eq!(status, expected, "{call}: {reply}");
    }
}

async fn figures_lists_and_pages_show_what_was_recorded(stores: Stores) {
    let mut console = Console::on(stores).await;
    let h = console.district.household.to_string();
    let (_, overview) = console.ask("overview", "admin", &json!({})).await;
    assert_eq!(overview["households"], 1, "{overview}");
    assert_eq!((&overview["measured"], &overview["cold"]), (&json!(1), &json!(1)));
    assert_eq!(overview["temperatures"], json!([[16, 1]]));
    assert_eq!((&overview["visited"], &overview["visits_today"]), (&json!(1), &json!([1, 0])));
    assert_eq!(overview["devices"][0], 1);
    let (_, map) = console.ask("map", "admin", &json!({})).await;
    let of = |map: &Value, code: &str| {
        map["grids"].as_array().unwrap().iter().find(|g| g["grid"]["id"] == code).cloned().unwrap()
    };
    assert_eq!((of(&map, "S")["cold"].clone(), of(&map, "S-2")["households"].clone()), (json!(1), json!(0)));
    assert_eq!(of(&map, "S")["mean_c"], 16.4);
    for text in ["3-2-501", "西里路54", "xll54", "xililu 501"] {
        let (_, found) = console.ask("search", "li", &json!({"text": text, "limit": 5})).await;
        assert_eq!((&found["total"], &found["hits"][0]["door"]["household"]), (&json!(1), &json!(h)), "{text}");
    }
    let (_, estates) = console.ask("estates", "li", &json!({})).await;
    assert_eq!(estates[0]["buildings"][0], json!({"name": "3", "households": 1, "visited": 1, "cold": 1, "plans": 0}));
    let (_, page) = console.ask("open_household", "li", &json!({"household": h})).await;
    assert_eq!(page["door"]["visits"][console.visit.to_string()]["outcome"], "done");

    let take = json!({"household": h, "channel": "desk", "category": "cold", "severity": "small", "text": "不热",
        "mode": "own"});
    let (_, request) = console.ask("take_request", "li", &take).await;
    console.ask("resolve_request", "li", &json!({"request": request, "resolution": "排气"})).await;
    let (_, list) = console.ask("requests", "li", &json!({"closed": false})).await;
    assert_eq!(list["requests"][0]["request"]["id"], request);
    console
        .ask("record_call_back", "li", &json!({"request": request, "reached": true, "satisfied": true, "note": ""}))
        .await;
    let (_, list) = console.ask("requests", "li", &json!({"closed": false})).await;
    assert_eq!(list["requests"], json!([]));
    let (_, overview) = console.ask("overview", "li", &json!({})).await;
    assert_eq!((&overview["requests_30d"], &overview["requests_open"]), (&json!([1, 1, 1, 1]), &json!(0)));
}

async fn a_request_is_handed_over_decided_and_the_next_goes_the_right_way(stores: Stores) {
    let mut console = Console::on(stores).await;
    let h = console.district.household.clone();
    let take = json!({"household": h, "channel": "desk", "category": "leak", "severity": "small", "text": "漏水", "mode": "own"});
    let (_, request) = console.ask("take_request", "li", &take).await;
    let (status, same) = console.ask("take_request", "li", &take).await;
    assert_eq!((status, &same), (200, &request), "asked again");
    let over = |to: &str| json!({"request": request, "to": to, "reason": "不归我管"});
    for (to, expected) in [("property", 200), ("community", 200), ("plant", 422)] {
        let (status, reply) = console.ask("hand_over_request", "li", &over(to)).await;
        assert_eq!(status, expected, "{to}: {reply}");
    }
    let decide = |teach: &str| json!({"request": request, "party": "property", "reason": "公共立管", "teach": teach});
    for (who, teach, expected) in [("li", "S-1", 403), ("diao", "S-1", 403), ("admin", "S-2", 422), ("admin", "S", 200)]
    {
        let (status, reply) = console.ask("decide_request", who, &decide(teach)).await;
        assert_eq!(status, expected, "{who} {teach}: {reply}");
    }
    let (_, page) = console.ask("open_request", "li", &json!({"request": request})).await;
    let route = &page["line"]["request"]["route"];
    assert_eq!((&route["decision"]["taught"], &route["hand_overs"][1]["from"]), (&json!("S"), &json!("property")));
    // Who works below the grid that was taught sees the rule, and what they take down next goes by it.
    let (_, rules) = console.ask("rules", "li", &json!({})).await;
    assert_eq!((rules.as_array().map(Vec::len), &rules[0]["party"]), (Some(1), &json!("property")));
    let (_, next) = console
        .ask(
            "take_request",
            "li",
            &json!({"household": h, "channel": "desk", "category": "leak",
        "severity": "small", "text": "又漏", "mode": "own", "another": true}),
        )
        .await;
    let (_, page) = console.ask("open_request", "li", &json!({"request": next})).await;
    assert_eq!(page["line"]["request"]["route"]["first"], "property");
    assert_eq!(page["due"][0]["request"], request, "whoever goes there does both");
    let (_, figures) =
        console.ask("count_requests", "li", &json!({"from_ms": 0, "until_ms": 9_000_000_000_000_i64})).await;
    assert_eq!((&figures["taken"], &figures["repeats"], &figures["handed_over"]), (&json!(2), &json!(1), &json!(1)));
    let (status, _) = console.ask("end_rule", "li", &json!({"rule": rules[0]["id"]})).await;
    assert_eq!(status, 403, "above their grid");
    let (status, _) = console.ask("end_rule", "admin", &json!({"rule": rules[0]["id"]})).await;
    assert_eq!(status, 200);
    assert_eq!(console.ask("rules", "li", &json!({})).await.1, json!([]));
}

async fn the_desk_shows_both_sides_and_their_start_until_a_person_settles(stores: Stores) {
    let mut console = Console::on(stores).await;
    let h = console.district.household.clone();
    let set = json!({"household": h, "set": [["note", "先敲门"]]});
    let (_, start) = console.ask("edit_household", "li", &set).await;
    // Two tablets that both saw the note of the office, and not each other.
    for (seed, note) in [(8, "按门铃"), (9, "打电话")] {
        let mut tablet = console.district.tablet("li", seed).await;
        let set = json!({"note": {"v": note, "over": [start]}});
        let edit = json!({"kind": "edit", "noun": "household", "id": h, "set": set});
        let event = tablet.record("S-1", Some(&h), serde_json::from_value(edit).unwrap());
        let from = From::Device(tablet.device.clone());
        take(&console.district.app.store, vec![event], &from, console.district.app.now_ms()).await.unwrap();
    }
    let (_, desk) = console.ask("conflicts", "admin", &json!({})).await;
    let [line] = desk["conflicts"].as_array().unwrap().as_slice() else { panic!("{desk}") };
    assert_eq!((&line["door"]["short"], &line["conflict"]["field"]), (&json!("3-2-501"), &json!("note")));
    assert_eq!((&line["conflict"]["base"]["value"], &desk["more"]), (&json!("先敲门"), &json!(false)));
    assert_eq!(line["conflict"]["values"].as_array().unwrap().len(), 2);
    assert_eq!(console.ask("conflicts", "wang", &json!({})).await.1["conflicts"], json!([]), "another grid's");

    let settle = json!({"noun": "household", "id": h, "field": "note", "value": "按门铃"});
    assert_eq!(console.ask("settle", "li", &settle).await.0, 200);
    assert_eq!(console.ask("conflicts", "admin", &json!({})).await.1["conflicts"], json!([]));
}

async fn an_administrator_of_one_grid_is_none_of_another(stores: Stores) {
    let mut console = Console::on(stores).await;
    console.district.add("diao", Role::Administrator, "S-2").await;
    let save = |login: &str, code: &str| json!({"login": login, "name": "某", "roles": [{"role": "inspector", "grid": code}], "password": "abcdefgh"});
    assert_eq!(console.ask("save_person", "diao", &save("new", "S-1")).await.0, 403);
    assert_eq!(console.ask("save_person", "diao", &save("li", "S-2")).await.0, 403, "li is not theirs to take");
    assert_eq!(console.ask("new_code", "diao", &json!({"person": "li"})).await.0, 403);
    assert_eq!(console.ask("save_person", "diao", &save("new", "S-2")).await.0, 200);
    let short = json!({"login": "b", "name": "乙", "roles": [], "password": "123"});
    assert_eq!(console.ask("save_person", "diao", &short).await.0, 422);
}

async fn a_photo_is_for_those_who_see_the_grid_that_names_it(stores: Stores) {
    let mut console = Console::on(stores).await;
    let app = console.district.app.clone();
    let bytes = b"\xff\xd8 no picture, but bytes".to_vec();
    let photo = PhotoId::of_bytes(&bytes);
    let mut write = app.store.write().await.unwrap();
    crate::store::photos::name(&mut write, &photo, &grid("S-1"), &app.own.device).await.unwrap();
    write.commit().await.unwrap();
    app.photos.put(&photo, 0, bytes.clone().into()).await.unwrap();
    app.photos.commit(&photo, bytes.len() as u64).await.unwrap();
    for (who, status) in [("", 401), ("wang", 404), ("li", 200), ("admin", 200)] {
        let request = Request::builder().uri(format!("/api/photo/{photo}"));
        let (got, body) = console.send(request, who, Vec::new()).await;
        assert_eq!(got, status, "{who}");
        assert_eq!(body == bytes, status == 200, "{who}");
    }
}

async fn a_recording_has_a_type_that_nothing_runs(stores: Stores) {
    let mut console = Console::on(stores).await;
    let app = console.district.app.clone();
    for (bytes, kind, is_kept) in [
        (&b"\x1a\x45\xdf\xa3 a film"[..], "video/webm", false),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", true),
        (b"%PDF-1.7", "application/octet-stream", true),
    ] {
        let photo = PhotoId::of_bytes(bytes);
        let mut write = app.store.write().await.unwrap();
        crate::store::photos::name(&mut write, &photo, &grid("S-1"), &app.own.device).await.unwrap();
        write.commit().await.unwrap();
        app.photos.put(&photo, 0, bytes.to_vec().into()).await.unwrap();
        app.photos.commit(&photo, bytes.len() as u64).await.unwrap();
        let headers = console.headers(Request::builder().uri(format!("/api/photo/{photo}")), "li").await;
        let said = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(said("content-type").as_deref(), Some(kind));
        assert_eq!(said("content-disposition").as_deref(), is_kept.then_some("attachment"), "{kind}");
        let small = Request::builder().uri(format!("/api/photo/{photo}?thumb=1"));
        assert_eq!(console.send(small, "li", Vec::new()).await.0, 404, "nothing small is made of it");
    }
}

async fn an_import_is_uploaded_looked_at_and_applied_once(stores: Stores) {
    let mut console = Console::on(stores).await;
    let file = "小区,楼栋,单元,房号,网格编号\n乙,1号楼,1单元,101,S-1\n乙,1号楼,1单元,102,S-1\n乙,1号楼,1单元,102,S-1\n";
    assert_eq!(console.upload("", file).await.0, 401);
    assert_eq!(console.upload("li", file).await.0, 403);
    // A dispatcher of another grid learns nothing of this one.
    let (_, state) = console.upload("diao", file).await;
    let state = console.wait("diao", &state["import"]).await;
    assert_eq!((&state["stage"], &state["error"]["code"]), (&json!("failed"), &json!("no_right")));
    assert_eq!((&state["counts"], &state["changes"]), (&Value::Null, &json!([])));

    let (status, state) = console.upload("admin", file).await;
    assert_eq!(status, 200, "{state}");
    let import = state["import"].clone();
    let state = console.wait("admin", &import).await;
    assert_eq!((&state["stage"], &state["counts"]["new"]), (&json!("preview"), &json!(2)), "{state}");
    assert_eq!(state["rejected"][0]["why"], "exact_duplicate");
    assert_eq!(console.ask("apply_import", "diao", &json!({"import": import})).await.0, 403, "not their import");
    assert_eq!(console.ask("apply_import", "admin", &json!({"import": import})).await.0, 200);
    assert_eq!(console.ask("apply_import", "admin", &json!({"import": import})).await.0, 200);
    assert_eq!(console.wait("admin", &import).await["stage"], "done");
    let (_, overview) = console.ask("overview", "admin", &json!({})).await;
    assert_eq!(overview["households"], 3);
    let request = Request::builder().uri(format!("/api/import/{import}/rejected.xlsx"));
    let (status, bytes) = console.send(request, "admin", Vec::new()).await;
    assert_eq!((status, &bytes[..2]), (200, b"PK".as_slice()));

    let (_, state) = console.upload("admin", "这不是台账").await;
    let state = console.wait("admin", &state["import"]).await;
    assert_eq!((&state["stage"], &state["error"]["code"]), (&json!("failed"), &json!("bad_file")));
}

crate::sample::on_both_stores! {
    every_call_is_refused_to_whoever_is_signed_out_or_of_another_grid,
    figures_lists_and_pages_show_what_was_recorded,
    a_request_is_handed_over_decided_and_the_next_goes_the_right_way,
    the_desk_shows_both_sides_and_their_start_until_a_person_settles,
    an_administrator_of_one_grid_is_none_of_another,
    a_photo_is_for_those_who_see_the_grid_that_names_it,
    a_recording_has_a_type_that_nothing_runs,
    an_import_is_uploaded_looked_at_and_applied_once,
}
