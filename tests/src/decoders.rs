//! Everything that reads bytes from outside, as functions of those bytes: the fuzz targets in `fuzz/` and
//! `tests/tests/decoders.rs` call the same ones. None may panic, hang or take much memory, whatever the bytes are.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what fails here is the finding")]

use std::sync::{Mutex, OnceLock, PoisonError};

use axum::{Router, body::Body, http::Request};
use ed25519_dalek::SigningKey;
use huce_core::{
    bundle::{Opener, Record, SignedReceipts, addressee},
    clock::china_now,
    escrow::Escrow,
    event::{Event, SignedEvent, device_id, key_text},
    form::{Environment, OpenForm, Step, read_bytes, read_xform},
    household::Household,
    ids::{DeviceId, FacilityId, GridId, PersonId},
    person::{Person, Role, RoleIn},
    plan::Plan,
    projection::{Doc, Docs, apply, touches},
    register::{
        self, Lang,
        columns::Subject,
        facility::{FacilityRow, read_facilities},
        request::read_requests,
        table::{read_table, read_table_of},
    },
    request::Request as Asked,
    wire::{DeviceKey, Profile, PulledEvent, PushAsk, Pushed},
};
use huce_device::{Device, clock::SystemClock, device::OnUnknown, journal, photo, store::InMemory, vault::Vault};
use huce_server::{
    app::{App, Places, system_clock},
    auth,
    intake::{Entry, record_own},
    routes, serve,
    store::{devices, people},
};
use serde_json::{Value, json, value::RawValue};
use tower::ServiceExt;

/// A decoder.
pub struct Target {
    /// Its name, and that of its folder in `fuzz/corpus`.
    pub name: &'static str,
    /// Reads the bytes.
    pub read: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "push", read: push },
    Target { name: "event", read: event },
    Target { name: "reply", read: reply },
    Target { name: "photo_parts", read: photo_parts },
    Target { name: "picture", read: picture },
    Target { name: "segment", read: segment },
    Target { name: "register", read: register },
    Target { name: "form", read: form },
    Target { name: "xpath", read: xpath },
    Target { name: "vault", read: vault },
    Target { name: "escrow", read: escrow },
    Target { name: "bundle", read: bundle },
];

/// A server with a tablet that has its place, and another tablet that pulls what the first one recorded.
struct Scene {
    runtime: tokio::runtime::Runtime,
    app: App,
    router: Router,
    key: SigningKey,
    chain: Mutex<(u64, Option<String>)>,
    puller: Device,
    _folder: tempfile::TempDir,
}

const TOKEN: &str = "token-of-the-scene";

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| Scene::new().expect("a scene"))
}

impl Scene {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key();
        let (device, grid, login) = (device_id(&public), GridId::new("S-1")?, PersonId::new("li")?);
        let app = runtime.block_on(async {
            let app = App::open(Places::folder(folder.path().join("server")), system_clock()).await?;
            let set = json!({ "name": { "v": "S-1" }, "level": { "v": "inspector" } });
            let body = serde_json::from_value(json!({ "kind": "edit", "noun": "grid", "id": "S-1", "set": set }))?;
            record_own(&app, vec![Entry::of_grid(PersonId::new("huce")?, grid.clone(), body)]).await?;
            let mut write = app.store.write().await?;
            let roles = vec![RoleIn { role: Role::Inspector, grid: grid.clone() }];
            let person = Person { id: login.clone(), name: "li".to_owned(), roles };
            people::save(&mut write, &person, None, 0).await?;
            let key = key_text(&public);
            let place = devices::Place {
                device: &device,
                person: &login,
                name: "tablet",
                key: &key,
                version: "fuzz",
                is_server: false,
                approved: true,
            };
            devices::place(&mut write, &place, 0).await?;
            devices::add_token(&mut write, &auth::hash(TOKEN), &device, i64::MAX, 0).await?;
            write.commit().await?;
            anyhow::Ok(app)
        })?;
        let puller = Device::open_over(&folder.path().join("tablet"), SystemClock, Box::new(InMemory::default()))?;
        let person = Person { id: login, name: "li".to_owned(), roles: Vec::new() };
        let keys = vec![DeviceKey { device, key: key_text(&public) }];
        let (grids, above, people, forms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let profile = serde_json::to_value(Profile {
            person,
            grids,
            above,
            people,
            forms,
            keys,
            epoch: 1,
            now_ms: 0,
            covered: None,
            rules: Vec::new(),
        })?;
        puller.set_profile(serde_json::from_value(profile)?)?;
        let router = serve::router(app.clone());
        Ok(Self { runtime, app, router, key, chain: Mutex::default(), puller, _folder: folder })
    }

    fn device(&self) -> DeviceId {
        device_id(&self.key.verifying_key())
    }

    /// Asks the server as the tablet; its answer may say anything but that it is broken.
    fn ask(&self, method: &str, path: &str, packed: bool, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {TOKEN}"));
        if packed {
            request = request.header("content-encoding", "zstd");
        }
        let request = request.body(Body::from(body.to_vec())).ok()?;
        let (status, bytes) = self.runtime.block_on(async {
            let reply = self.router.clone().oneshot(request).await.expect("an answer");
            let status = reply.status().as_u16();
            (status, axum::body::to_bytes(reply.into_body(), usize::MAX).await.map(|b| b.to_vec()).unwrap_or_default())
        });
        assert!(status < 500, "{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        Some((status, bytes))
    }
}

/// The body of `POST /v1/push`, as it is and as what a zstd frame holds.
pub fn push(bytes: &[u8]) {
    let scene = scene();
    scene.ask("POST", "/v1/push", false, bytes);
    scene.ask("POST", "/v1/push", true, bytes);
}

/// The payload of an event that a tablet signed, whatever it signed: the projection, the server's intake, and another
/// tablet that pulls it.
pub fn event(bytes: &[u8]) {
    let Some(payload) = std::str::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text.to_owned()).ok())
    else {
        return;
    };
    look_at(&payload);
    let scene = scene();
    let mut chain = scene.chain.lock().unwrap_or_else(PoisonError::into_inner);
    // In its place in the tablet's chain, so that it is looked at to the end.
    let payload = match serde_json::from_str::<Value>(payload.get()) {
        Ok(Value::Object(mut fields)) => {
            fields.insert("device".to_owned(), json!(scene.device()));
            fields.insert("seq".to_owned(), json!(chain.0 + 1));
            match &chain.1 {
                Some(prev) => fields.insert("prev".to_owned(), json!(prev)),
                None => fields.remove("prev"),
            };
            serde_json::value::to_raw_value(&fields).expect("an object")
        }
        _ => payload,
    };
    let signed = sign(payload, &scene.key);
    let ask = PushAsk { events: vec![signed.clone()], unsent: (0, 0), by_owners: false };
    let body = serde_json::to_vec(&ask).expect("a push");
    let Some((status, reply)) = scene.ask("POST", "/v1/push", false, &body) else { return };
    if status != 200 {
        return;
    }
    // The server says how far the chain is.
    let receipts = serde_json::from_slice::<Pushed>(&reply).expect("receipts").receipts;
    assert_eq!(receipts.len(), 1, "a receipt an event");
    let here = scene.runtime.block_on(async {
        let mut conn = scene.app.store.pool().acquire().await.ok()?;
        devices::chain(&mut conn, &scene.device()).await.ok()?
    });
    let here = here.expect("the tablet");
    *chain = (here.seq, here.hash);
    let grid = GridId::new("S-1").expect("a grid");
    let page = [PulledEvent { pos: chain.0, event: signed }];
    let _refused_or_not = scene.puller.take_pulled(&page, &grid, chain.0, OnUnknown::SetAside);
}

fn sign(payload: Box<RawValue>, key: &SigningKey) -> SignedEvent {
    use ed25519_dalek::Signer;
    let sig = data_encoding::BASE64URL_NOPAD.encode(&key.sign(payload.get().as_bytes()).to_bytes());
    SignedEvent { payload, sig }
}

/// The event through the projection, and its documents through everything that reads them.
fn look_at(payload: &RawValue) {
    let Ok(event) = serde_json::from_str::<Event>(payload.get()) else { return };
    let mut docs = Docs::new();
    apply(&event, &mut docs);
    apply(&event, &mut docs);
    let known = touches(&event);
    assert!(known.iter().all(|key| !key.to_string().is_empty()));
    for doc in docs.values() {
        match doc {
            Doc::Record(record) => {
                let _shown = (Household::from_record(record), Plan::from_record(record), Asked::from_record(record));
                assert!(record.conflicts().count() <= record.fields.len());
            }
            Doc::Door(door) => {
                let _shown = (door.last_visit(), door.last_temp(), door.plan(), door.open_requests().count());
            }
        }
    }
}

/// What a server, or something that says it is one, answers a tablet.
pub fn reply(bytes: &[u8]) {
    use huce_core::wire::{Challenge, Enrolled, Missing, PhotoReceipt, Pulled, Refused, Token};
    let _read = (
        serde_json::from_slice::<Challenge>(bytes),
        serde_json::from_slice::<Enrolled>(bytes),
        serde_json::from_slice::<Missing>(bytes),
        serde_json::from_slice::<PhotoReceipt>(bytes),
        serde_json::from_slice::<Refused>(bytes),
        serde_json::from_slice::<Token>(bytes),
        serde_json::from_slice::<Pushed>(bytes),
    );
    let scene = scene();
    if let Ok(pulled) = serde_json::from_slice::<Pulled>(bytes) {
        let grid = GridId::new("S-9").expect("a grid");
        let _refused_or_not = scene.puller.take_pulled(&pulled.events, &grid, pulled.next, OnUnknown::SetAside);
    }
}

/// A photo on its way: the first line is method and path behind `/v1/photos/`, the rest the body.
pub fn photo_parts(bytes: &[u8]) {
    let at = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let (line, body) = bytes.split_at(at);
    let Some((method, path)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once(' ')) else { return };
    if !["GET", "PUT", "POST"].contains(&method) {
        return;
    }
    let body = body.get(1..).unwrap_or_default();
    let reply = scene().ask(method, &format!("/v1/photos/{path}"), false, body);
    assert!(reply.is_none_or(|(_, reply)| !reply.starts_with(b"SQLite format 3")), "the database is no photo");
}

/// A picture: what a camera or a file dialog gave the tablet, what a tablet gave the server.
pub fn picture(bytes: &[u8]) {
    let mark = photo::Watermark {
        place: "西里路54号院".to_owned(),
        household: "3-2-501".to_owned(),
        taken_at: "2026-01-15 14:32:05".to_owned(),
        taker: "李".to_owned(),
        position: None,
        lang: photo::Lang::Zh,
    };
    let _made = (photo::process(bytes, &mark).is_ok(), photo::thumbnail(bytes).is_ok());
    let _shown = (photo::read_exif(bytes).position(), routes::thumbnail(bytes));
}

/// A segment of the journal.
pub fn segment(bytes: &[u8]) {
    let scan = journal::segment::scan(bytes);
    assert!(scan.entries.len() <= bytes.len(), "an entry takes a byte at least");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("00000001.log"), bytes).expect("a file");
    let back = journal::read(folder.path(), None).expect("read");
    let (journal, _) = journal::Journal::open(folder.path(), None, 0).expect("opened");
    journal.settle().expect("settled");
    let again = journal.read_all().expect("read again");
    assert_eq!(back.entries.len(), again.entries.len(), "what was whole stays");
}

/// A household register.
pub fn register(bytes: &[u8]) {
    if let Ok(table) = read_table("register.xlsx", bytes) {
        let read = register::read(&table);
        let counts = read.counts();
        assert!(counts.households <= counts.rows, "a row a household at most");
        let _shown = register::rejected_sheet(&table, &read.refusals(), Lang::Zh);
    }
    if let Ok(table) = read_table_of(Subject::Facilities, "facilities.xlsx", bytes) {
        let id_of = |row: &FacilityRow| FacilityId::of_code("other", row.code.as_deref().unwrap_or_default());
        let read = read_facilities(&table).account(id_of);
        let _shown = register::rejected_sheet(&table, &read.refusals(), Lang::Zh);
    }
    if let Ok(table) = read_table_of(Subject::Requests, "requests.xlsx", bytes) {
        let read = read_requests(&table);
        let taken = read.requests.len() + read.exact_duplicates.len() + read.unusable.len();
        assert_eq!(taken, read.rows, "every row is accounted for");
        let _shown = register::rejected_sheet(&table, &read.refusals(), Lang::Zh);
    }
}

/// A form's workbook, XForm or package, opened as on a tablet.
pub fn form(bytes: &[u8]) {
    let Ok(form) = read_bytes(bytes).form() else { return };
    let mut open = OpenForm::new(form.into(), Environment::at(china_now(1_768_003_200_000)));
    let _shown = (open.view(), open.violations(), open.suggestions(), open.findings());
    let answers = open.answers();
    open.load_answers(&answers);
    let questions: Vec<String> = open.nodes().into_iter().map(|node| node.reference).take(40).collect();
    for reference in questions {
        let _refused_or_not = open.apply(&Step::Set { reference, value: "1".to_owned() });
    }
}

/// An expression of a form, as its calculation and as its condition.
pub fn xpath(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let plain = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}');
    let text: String = text.chars().filter(plain).collect();
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let form = format!(
        r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><model>
        <instance><data id="f"><a>x y</a><b>1.5 36.8 0 0</b><r><n>1</n></r><r><n>2.5</n></r><c/><d/></data></instance>
        <bind nodeset="/data/r/n" type="decimal"/><bind nodeset="/data/c" calculate="{escaped}"/>
        <bind nodeset="/data/d" relevant="{escaped}" constraint="{escaped}"/></model></h:head>
        <h:body><input ref="/data/a"/><group ref="/data/r"><repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat></group>
        <input ref="/data/d"/></h:body></h:html>"#
    );
    let Ok(form) = read_xform(&form).form() else { return };
    let mut open = OpenForm::new(form.into(), Environment::at(china_now(1_768_003_200_000)));
    for (reference, value) in [("/data/a", ""), ("/data/r[2]/n", "-7"), ("/data/d", "x")] {
        let _refused_or_not = open.apply(&Step::Set { reference: reference.to_owned(), value: value.to_owned() });
    }
}

/// A vault's file, as it is and under a checksum that fits.
pub fn vault(bytes: &[u8]) {
    let summed = [blake3::hash(bytes).to_hex().as_bytes(), b"\n", bytes].concat();
    for bytes in [bytes, &summed] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("vault"), bytes).expect("a file");
        let _opened_or_not = (Vault::open(folder.path(), None, 0), Vault::open(folder.path(), Some("1234"), 1));
    }
}

/// An escrow.
pub fn escrow(bytes: &[u8]) {
    if let Ok(escrow) = serde_json::from_slice::<Escrow>(bytes) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let _opened_or_not = (escrow.is_to(&key.verifying_key()), escrow.open(&key));
    }
}

/// A bundle as a server opens it, the receipts as a tablet does.
pub fn bundle(bytes: &[u8]) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let _to = addressee(bytes);
    if let Ok(mut opener) = Opener::begin(bytes, &[&key]) {
        let mut records = 0;
        while let Ok(Some(record)) = opener.next_record() {
            records += 1;
            assert!(records <= bytes.len(), "a record takes a byte at least");
            if let Record::Manifest(_, signed) = record {
                let _signed_or_not = opener.is_from(&signed, &key.verifying_key());
            }
        }
    }
    if let Ok(receipts) = serde_json::from_slice::<SignedReceipts>(bytes) {
        let _signed_or_not = receipts.open(&key.verifying_key());
    }
}
