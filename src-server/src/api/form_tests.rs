//! The authoring loop: uploaded, looked at, tried, published, on a tablet's profile, retired. And everything that is no
//! form, or comes from whoever has no right.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use axum::{body::Body, http::Request};
use huce_core::{body::Noun, person::Role, record::first_edit};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::tests::Console;
use crate::{
    auth,
    intake::{Entry, record_own},
    sample::{Stores, grid, person},
    serve,
    store::{devices, forms},
};

type Sheet<'a> = (&'a str, &'a [&'a [&'a str]]);

fn workbook(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                sheet.write_string(row as u32, column as u16, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

const HEAD: &[&str] = &["type", "name", "label::中文 (zh)", "label::English (en)", "relevant", "constraint"];
const ROOMS: &[&[&str]] = &[
    &["list_name", "name", "label::中文 (zh)", "label::English (en)"],
    &["room", "living", "客厅", "Living room"],
    &["room", "bed", "卧室", "Bedroom"],
];

fn settings(version: &'static str) -> [Vec<&'static str>; 2] {
    [vec!["form_id", "form_title", "version"], vec!["room-check", "室温抽查", version]]
}

fn form(version: &'static str, survey: &[&[&str]]) -> Vec<u8> {
    let rows: Vec<&[&str]> = std::iter::once(HEAD).chain(survey.iter().copied()).collect();
    let settings = settings(version);
    let settings: Vec<&[&str]> = settings.iter().map(Vec::as_slice).collect();
    workbook(&[("survey", &rows), ("choices", ROOMS), ("settings", &settings)])
}

fn first() -> Vec<u8> {
    form(
        "1",
        &[
            &["select_one room", "room", "房间", "Room", "", ""],
            &["decimal", "temp", "室温", "Temperature", "${room} != ''", ". > -20 and . < 45"],
            &["text", "note", "备注", "Note", "", ""],
        ],
    )
}

impl Console {
    async fn hand_in(&mut self, who: &str, name: &str, file: &[u8]) -> (u16, Value) {
        self.hand_in_all(who, &[(name, file)]).await
    }

    async fn hand_in_all(&mut self, who: &str, files: &[(&str, &[u8])]) -> (u16, Value) {
        let mut body = Vec::new();
        for (name, file) in files {
            let head = format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), file, b"\r\n"].concat());
        }
        self.post(who, [body, b"--X--\r\n".to_vec()].concat()).await
    }

    async fn post(&mut self, who: &str, body: impl Into<Body>) -> (u16, Value) {
        let request = Request::builder()
            .method("POST")
            .uri("/api/form")
            .header("content-type", "multipart/form-data; boundary=X");
        let (status, bytes) = self.send(request, who, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// The forms that a tablet is told of.
    async fn told(&self, token: &str) -> Vec<String> {
        let request = Request::builder().uri("/v1/profile").header("authorization", format!("Bearer {token}"));
        let router = serve::router(self.district.app.clone());
        let reply = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let bytes = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        let profile: Value = serde_json::from_slice(&bytes).unwrap();
        let forms = profile["forms"].as_array().unwrap().iter();
        forms.map(|f| format!("{} {}", f["form"].as_str().unwrap(), &f["hash"].as_str().unwrap()[..8])).collect()
    }
}

async fn a_workbook_is_looked_at_tried_published_and_retired(stores: Stores) {
    let mut console = Console::on(stores).await;
    let tablet = console.district.tablet("li", 77).await;
    let mut write = console.district.app.store.write().await.unwrap();
    let until = console.district.app.now_ms() + 3_600_000;
    devices::add_token(&mut write, &auth::hash("t77"), &tablet.device, until, console.district.app.now_ms())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let set = [("name", "冬季抽查"), ("form", "room-check"), ("from", "2026-01-01"), ("until", "2026-03-31")];
    let edit = first_edit(Noun::Round, "r9", set.map(|(k, v)| (k.to_owned(), json!(v))));
    let round = Entry::of_grid(person("huce"), grid("S"), huce_core::body::Body::Edit(edit));
    record_own(&console.district.app, vec![round]).await.unwrap();

    let (status, found) = console.hand_in("admin", "抽查.xlsx", &first()).await;
    assert_eq!((status, &found["file"], &found["form"]), (200, &json!("抽查.xlsx"), &json!("room-check")), "{found}");
    assert_eq!((&found["title"], &found["version"]), (&json!(["室温抽查", "室温抽查"]), &json!("1")));
    assert_eq!((&found["errors"], &found["beside"], &found["questions"]), (&json!([]), &Value::Null, &json!(3)));
    assert_eq!((&found["opens"], &found["may_publish"]), (&json!(true), &json!(true)));
    let hash = found["hash"].clone();
    assert!(console.told("t77").await.is_empty(), "not published yet");

    // Tried: the whole form first, then what each step changes; a step that is refused says why.
    let (_, tried) =
        console.ask("try_form", "admin", &json!({"trial": {"hash": hash, "steps": []}, "whole": false})).await;
    let view = &tried["change"]["view"];
    assert_eq!((&view["title"], view["screens"].as_array().unwrap().len()), (&json!("室温抽查"), 1), "{tried}");
    let begun = tried["begun_ms"].clone();
    let mut steps = vec![json!({"op": "set", "ref": "/data/room", "value": "bed"})];
    let ask = |steps: &[Value]| json!({"trial": {"hash": hash, "begun_ms": begun, "steps": steps}, "whole": false});
    let (_, tried) = console.ask("try_form", "admin", &ask(&steps)).await;
    let nodes: Vec<&str> =
        tried["change"]["nodes"].as_array().unwrap().iter().map(|n| n["ref"].as_str().unwrap()).collect();
    assert_eq!((nodes, &tried["change"]["view"]), (vec!["/data/room", "/data/temp"], &Value::Null));
    steps.push(json!({"op": "set", "ref": "/data/temp", "value": "60"}));
    let (_, tried) = console.ask("try_form", "admin", &ask(&steps)).await;
    assert_eq!(tried["change"]["nodes"][0]["violation"], "constraint", "{tried}");
    steps.push(json!({"op": "language", "value": "en"}));
    let (_, tried) = console.ask("try_form", "admin", &ask(&steps)).await;
    assert_eq!(tried["change"]["view"]["nodes"][2]["label"], "Temperature", "{tried}");
    steps.push(json!({"op": "set", "ref": "/data/temp", "value": "warm"}));
    let (status, refused) = console.ask("try_form", "admin", &ask(&steps)).await;
    assert_eq!((status, &refused["params"][1][1]), (422, &json!("malformed")), "{refused}");
    let many = vec![json!({"op": "set", "ref": "/data/note", "value": "x"}); 2_001];
    assert_eq!(console.ask("try_form", "admin", &ask(&many)).await.0, 422);
    let find = json!({"trial": {"hash": hash, "begun_ms": begun, "steps": []}, "reference": "/data/room", "text": "卧", "skip": 0});
    let (_, choices) = console.ask("find_try_choices", "admin", &find).await;
    assert_eq!(choices, json!({"choices": [{"value": "bed", "label": "卧室"}], "found": 1}));

    // Published: tablets hear of it. Whoever administers only a part of the grids does not decide.
    console.district.add("diao", Role::Administrator, "S-2").await;
    let (_, theirs) = console.ask("check_form", "diao", &json!({"hash": hash})).await;
    assert_eq!(theirs["may_publish"], false);
    assert_eq!(console.ask("publish_form", "diao", &json!({"hash": hash})).await.0, 403);
    let (status, list) = console.ask("publish_form", "admin", &json!({"hash": hash})).await;
    assert_eq!(status, 200, "{list}");
    let line = &list["forms"][0];
    assert_eq!((&line["form"], &line["rounds"][0][1]), (&json!("room-check"), &json!("冬季抽查")));
    assert_eq!((&line["versions"][0]["by"], &line["versions"][0]["version"]), (&json!("admin"), &json!("1")));
    let first_told = console.told("t77").await;
    assert_eq!(first_told, [format!("room-check {}", &hash.as_str().unwrap()[..8])]);

    // A second version is compared with it.
    let second = form(
        "2",
        &[
            &["select_one room", "room", "哪个房间", "Room", "", ""],
            &["integer", "temp", "室温", "Temperature", "${room} != ''", ". > -20 and . < 45"],
        ],
    );
    let (_, found) = console.hand_in("admin", "二.xlsx", &second).await;
    assert_eq!((&found["beside"], &found["different"]), (&json!([hash, "1"]), &json!([3, 2])), "{found}");
    let what: Vec<&str> =
        found["differences"].as_array().unwrap().iter().map(|d| d["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["label", "kind", "removed"]);
    console.district.later(1_000);
    let (_, list) = console.ask("publish_form", "admin", &json!({"hash": found["hash"]})).await;
    let versions = list["forms"][0]["versions"].as_array().unwrap();
    assert_eq!(versions.iter().map(|v| v["current"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false]);
    // What was begun on the first version finds it.
    let app = console.district.app.clone();
    let mut conn = app.store.pool().acquire().await.unwrap();
    assert!(forms::bytes(&mut conn, hash.as_str().unwrap()).await.unwrap().is_some());
    drop(conn);
    // Going back is publishing the old one again.
    console.district.later(1_000);
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": hash})).await.0, 200);
    assert_eq!(console.told("t77").await, first_told);

    // Retired: no tablet begins a visit with it, and nothing of it is gone.
    assert_eq!(console.ask("retire_form", "diao", &json!({"form": "room-check"})).await.0, 403);
    let (status, list) = console.ask("retire_form", "admin", &json!({"form": "room-check"})).await;
    assert_eq!((status, list["forms"][0]["versions"].as_array().unwrap().len()), (200, 2), "{list}");
    assert!(console.told("t77").await.is_empty());
    assert_eq!(console.ask("check_form", "admin", &json!({"hash": hash})).await.0, 200);
    // A day later the upload is forgotten with the next one; what was published is not.
    console.district.later(25 * 3_600_000);
    for (who, until) in [("admin", console.district.app.now_ms() + 3_600_000)] {
        let mut write = app.store.write().await.unwrap();
        let now_ms = app.now_ms();
        crate::store::people::add_session(&mut write, &auth::hash("admin2"), &person(who), until, now_ms)
            .await
            .unwrap();
        write.commit().await.unwrap();
    }
    console.hand_in("admin2", "x.xlsx", &form("3", &[&["text", "a", "甲", "A", "", ""]])).await;
    let mut conn = app.store.pool().acquire().await.unwrap();
    assert_eq!(forms::trial_name(&mut conn, hash.as_str().unwrap()).await.unwrap(), None);
    assert!(forms::any_bytes(&mut conn, hash.as_str().unwrap()).await.unwrap().is_some());
}

async fn what_is_no_form_is_refused_and_what_is_wrong_in_one_is_said_in_place(stores: Stores) {
    let mut console = Console::on(stores).await;
    assert_eq!(console.hand_in("", "a.xlsx", &first()).await.0, 401);
    assert_eq!(console.hand_in("li", "a.xlsx", &first()).await.0, 403);
    let picture = [b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(), vec![7; 5_000]].concat();
    let no_form: [(&str, Vec<u8>, &str); 5] = [
        ("p.jpg", picture, "no_workbook"),
        ("e.xlsx", Vec::new(), "empty"),
        ("t.txt", "这不是表格".into(), "no_workbook"),
        ("z.xlsx", b"PK\x03\x04 broken".to_vec(), "no_workbook"),
        ("x.xml", b"<h:html>\xff</h:html>".to_vec(), "no_workbook"),
    ];
    for (name, bytes, why) in no_form {
        let (status, reply) = console.hand_in("admin", name, &bytes).await;
        assert_eq!((status, &reply["code"], &reply["params"][0][1]), (422, &json!("bad_file"), &json!(why)), "{name}");
    }
    // 200 MB, which nobody holds in memory.
    let head = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.xlsx\"\r\n\r\n";
    let parts = (0..201).map(move |n| {
        let part = if n == 0 { head.as_bytes().to_vec() } else { vec![b'x'; 1 << 20] };
        Ok::<_, std::io::Error>(part)
    });
    let (status, reply) = console.post("admin", Body::from_stream(futures_util::stream::iter(parts))).await;
    assert!(status == 422 || status == 502, "{status} {reply}");
    let parts = (0..202).map(move |n| {
        let part = match n {
            0 => head.as_bytes().to_vec(),
            201 => b"\r\n--X--\r\n".to_vec(),
            _ => vec![b'x'; 1 << 20],
        };
        Ok::<_, std::io::Error>(part)
    });
    let (status, reply) = console.post("admin", Body::from_stream(futures_util::stream::iter(parts))).await;
    assert_eq!((status, &reply["params"][0][1]), (422, &json!("too_large")), "{reply}");

    // Everything that is wrong, with its place.
    let wrong = form(
        "1",
        &[
            &["select_one rom", "room", "房间", "Room", "", ""],
            &["decimal", "temp", "室温", "Temperature", "${rom} != ''", ""],
        ],
    );
    let (status, found) = console.hand_in("admin", "w.xlsx", &wrong).await;
    assert_eq!((status, &found["opens"]), (200, &json!(false)), "{found}");
    let errors = found["errors"].as_array().unwrap();
    assert!(errors.iter().any(|e| e["sheet"] == "survey" && e["row"] == 2 && e["meant"] == "room"), "{found}");
    assert_eq!(
        console
            .ask("try_form", "admin", &json!({"trial": {"hash": found["hash"], "steps": []}, "whole": true}))
            .await
            .0,
        404
    );
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": found["hash"]})).await.0, 422);

    // A circle is no error to others, and one to us; without a form_id tablets would not know the form.
    let circle = form("1", &[&["text", "a", "甲", "A", "${b} != ''", ""], &["text", "b", "乙", "B", "${a} != ''", ""]]);
    let (_, found) = console.hand_in("admin", "c.xlsx", &circle).await;
    assert_eq!((&found["opens"], found["errors"].as_array().unwrap().is_empty()), (&json!(true), false), "{found}");
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": found["hash"]})).await.0, 422);
    let nameless = workbook(&[("survey", &[&["type", "name", "label"], &["text", "a", "A"]])]);
    let (_, found) = console.hand_in("admin", "n.xlsx", &nameless).await;
    let error = &found["errors"][0];
    assert_eq!((&error["sheet"], &error["column"]), (&json!("settings"), &json!("form_id")), "{found}");
    assert_eq!((&found["form"], &found["title"]), (&Value::Null, &json!(["", ""])));
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": found["hash"]})).await.0, 422);
    assert_eq!(console.ask("forms", "admin", &json!({})).await.1["forms"], json!([]));

    // XForms are forms as well.
    let xform = r#"<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
        <h:head><h:title>抄表</h:title><model><instance><data id="meter"><a/></data></instance></model></h:head>
        <h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>"#;
    let (_, found) = console.hand_in("admin", "m.xml", xform.as_bytes()).await;
    assert_eq!((&found["form"], &found["errors"]), (&json!("meter"), &json!([])), "{found}");
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": found["hash"]})).await.0, 200);
}

async fn a_form_comes_with_the_files_that_it_names(stores: Stores) {
    let mut console = Console::on(stores).await;
    let survey: &[&[&str]] =
        &[&["type", "name", "label", "image"], &["select_one_from_file wards.csv", "ward", "哪个社区", "pump.png"]];
    let settings = settings("1");
    let settings: Vec<&[&str]> = settings.iter().map(Vec::as_slice).collect();
    let form = workbook(&[("survey", survey), ("settings", &settings)]);
    let (wards, picture): (&[u8], &[u8]) = ("name,label\nn,北区\n".as_bytes(), b"\x89PNG picture");

    // Alone, it says what is missing; what its question shows may be missing, its list may not.
    let (status, found) = console.hand_in("admin", "社区.xlsx", &form).await;
    let topics = |list: &Value| list.as_array().unwrap().iter().map(|f| f["topic"].clone()).collect::<Vec<_>>();
    assert_eq!((status, topics(&found["errors"])), (200, vec![json!("file_missing")]), "{found}");
    assert_eq!(topics(&found["warnings"]), [json!("file_missing")]);
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": found["hash"]})).await.0, 422);

    let files = [("wards.csv", wards), ("社区.xlsx", &form), ("pump.png", picture)];
    let (status, found) = console.hand_in_all("admin", &files).await;
    assert_eq!((status, &found["errors"], &found["warnings"]), (200, &json!([]), &json!([])), "{found}");
    assert_eq!(found["file"], "社区.xlsx");
    let hash = found["hash"].as_str().unwrap().to_owned();
    let trial = json!({"trial": {"hash": hash, "steps": []}, "whole": true});
    let (_, tried) = console.ask("try_form", "admin", &trial).await;
    let ward = tried["change"]["view"]["nodes"].as_array().unwrap().iter().find(|n| n["ref"] == "/data/ward").unwrap();
    assert_eq!((&ward["choices"][0]["label"], &ward["media"]["image"]), (&json!("北区"), &json!("pump.png")));
    // Published for a round, which used another one.
    let set = [("name", "社区摸底"), ("form", "heating-visit"), ("from", "2026-01-01"), ("until", "2026-03-31")];
    let edit = first_edit(Noun::Round, "r9", set.map(|(k, v)| (k.to_owned(), json!(v))));
    let round = Entry::of_grid(person("huce"), grid("S"), huce_core::body::Body::Edit(edit));
    record_own(&console.district.app, vec![round]).await.unwrap();
    let (_, looked) = console.ask("check_form", "admin", &json!({"hash": hash})).await;
    assert_eq!((&looked["rounds"][0]["name"], &looked["rounds"][0]["uses"]), (&json!("社区摸底"), &json!(false)));
    assert_eq!(console.ask("publish_form", "admin", &json!({"hash": hash, "rounds": ["none"]})).await.0, 404);
    let (status, list) = console.ask("publish_form", "admin", &json!({"hash": hash, "rounds": ["r9"]})).await;
    assert_eq!((status, &list["forms"][0]["rounds"][0][1]), (200, &json!("社区摸底")), "{list}");

    let file = |name: &str| Request::builder().uri(format!("/api/form/{hash}/file/{name}"));
    assert_eq!(console.send(file("pump.png"), "admin", Body::empty()).await, (200, picture.to_vec()));
    // A list is no picture; nobody else has to do with forms here.
    assert_eq!(console.send(file("wards.csv"), "admin", Body::empty()).await.0, 404);
    assert_eq!(console.send(file("pump.png"), "li", Body::empty()).await.0, 403);

    for (files, why) in [
        ([("a.xlsx", form.as_slice()), ("b.xlsx", &form)], "several_forms"),
        ([("a.csv", wards), ("b.png", picture)], "no_workbook"),
        ([("a.xlsx", &form), ("a.xlsx", &form)], "two_of_one_name"),
    ] {
        let (status, reply) = console.hand_in_all("admin", &files).await;
        assert_eq!((status, &reply["params"][0][1]), (422, &json!(why)), "{reply}");
    }
}

async fn what_comes_with_the_server_does_not_replace_what_somebody_decided(stores: Stores) {
    let console = Console::on(stores).await;
    let app = &console.district.app;
    crate::builtin::publish(app).await.unwrap();
    let all = || async { forms::current(&mut app.store.pool().acquire().await.unwrap()).await.unwrap() };
    let came = all().await;
    assert!(came.len() >= 13);
    let form = came[0].form.clone();
    let mut write = app.store.write().await.unwrap();
    forms::retire(&mut write, &form).await.unwrap();
    // As if the next version of the server brought another workbook.
    sqlx::query("UPDATE form SET hash = 'f' || hash WHERE id = $1")
        .bind(form.as_str())
        .execute(&mut *write)
        .await
        .unwrap();
    write.commit().await.unwrap();
    crate::builtin::publish(app).await.unwrap();
    assert_eq!(all().await.len(), came.len() - 1);
}

crate::sample::on_both_stores! {
    a_workbook_is_looked_at_tried_published_and_retired,
    what_is_no_form_is_refused_and_what_is_wrong_in_one_is_said_in_place,
    a_form_comes_with_the_files_that_it_names,
    what_comes_with_the_server_does_not_replace_what_somebody_decided,
}
