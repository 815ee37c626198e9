//! Endpoints, asked without and with credentials.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signer;
use huce_core::{
    event::{SignedEvent, key_text},
    ids::PhotoId,
    person::{Person, Role, RoleIn},
    photo::PHOTO_CHUNK_BYTES,
    wire::*,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    auth,
    sample::{District, NOW, Stores, Tablet, grid, person},
    serve,
    store::{devices, failures, people},
};

struct Web {
    router: Router,
    district: District,
}

impl Web {
    async fn on(stores: Stores) -> Self {
        let district = District::on(stores).await;
        Self { router: serve::router(district.app.clone()), district }
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn json<T: DeserializeOwned>(&self, request: Request<Body>) -> T {
        let reply = self.ask(request).await;
        let (status, text) = (reply.status(), text(reply).await);
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Enrols over HTTP and gets a token.
    async fn enrol(&self, login: &str, seed: u8) -> (Tablet, String) {
        let tablet = Tablet::new(login, seed);
        let (code, _) = auth::give_code(&self.district.app, &person(login), true).await.unwrap();
        let ask = json!({
            "code": code.to_lowercase().replace('-', " "), "public_key": key_text(&tablet.key.verifying_key()),
            "device_name": "T", "version": "1"
        });
        let enrolled: Enrolled = self.json(post("/v1/enrol", &ask)).await;
        assert_eq!((enrolled.device, enrolled.person), (tablet.device.clone(), person(login)));
        let token = self.token(&tablet).await;
        (tablet, token)
    }

    async fn token(&self, tablet: &Tablet) -> String {
        let reply = self.ask(self.token_ask(tablet, &tablet.key).await).await;
        assert_eq!(reply.status(), StatusCode::OK);
        serde_json::from_str::<Token>(&text(reply).await).unwrap().token
    }

    async fn token_ask(&self, tablet: &Tablet, key: &ed25519_dalek::SigningKey) -> Request<Body> {
        let challenge: Challenge = self.json(get("/v1/challenge")).await;
        let sig = key.sign(format!("huce-token:{}", challenge.nonce).as_bytes());
        let sig = BASE64URL_NOPAD.encode(&sig.to_bytes());
        post("/v1/token", &json!({"device": tablet.device, "nonce": challenge.nonce, "sig": sig}))
    }

    async fn push(&self, token: &str, events: &[SignedEvent]) -> Pushed {
        // Not through a `Value`, which would reorder what was signed.
        let ask =
            serde_json::to_string(&PushAsk { events: events.to_vec(), unsent: (7, 3), by_owners: false }).unwrap();
        self.json(with(Request::post("/v1/push").body(Body::from(ask)).unwrap(), token)).await
    }
}

async fn text(reply: Response<Body>) -> String {
    String::from_utf8_lossy(&bytes(reply).await).into_owned()
}

async fn bytes(reply: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap().to_vec()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, body: &Value) -> Request<Body> {
    Request::post(path).header("x-huce", "1").body(Body::from(body.to_string())).unwrap()
}

fn put(path: &str, body: &[u8]) -> Request<Body> {
    Request::put(path).body(Body::from(body.to_vec())).unwrap()
}

fn with(mut request: Request<Body>, token: &str) -> Request<Body> {
    request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    request
}

async fn every_endpoint_refuses_whoever_shows_nothing(stores: Stores) {
    let web = Web::on(stores).await;
    for route in super::all().into_iter().filter(|r| !r.open) {
        let path = route.path.replace("{hash}", &"a".repeat(64)).replace("{n}", "0");
        for token in [None, Some("invented")] {
            let mut request = Request::builder()
                .method(route.method)
                .uri(&path)
                .header("x-huce", "1")
                .body(Body::from("{}"))
                .unwrap();
            if let Some(token) = token {
                request = with(request, token);
            }
            let reply = web.ask(request).await;
            assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{} {path}", route.method);
            assert!(text(reply).await.contains("signed_out"));
        }
    }
    for call in ["overview", "people", "save_person", "new_code", "revoke", "open_household", "search", "invented"] {
        let reply = web.ask(post(&format!("/api/{call}"), &json!({}))).await;
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{call}");
    }
    assert_eq!(web.ask(get("/api/photo/x")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(web.ask(get("/v1/invented")).await.status(), StatusCode::NOT_FOUND);
}

async fn a_tablet_gets_its_place_pushes_and_pulls(stores: Stores) {
    let web = Web::on(stores).await;
    let (mut tablet, token) = web.enrol("li", 1).await;
    let profile: Profile = web.json(with(get("/v1/profile"), &token)).await;
    assert_eq!(profile.person.id, person("li"));
    assert_eq!(profile.grids.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["S-1"]);
    assert_eq!(profile.above.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["S"]);
    assert_eq!(profile.people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["admin", "li"]);
    let visits: Vec<_> = (0..5).map(|n| tablet.visit(&web.district.household, 16.0 + f64::from(n))).collect();
    let pushed = web.push(&token, &visits).await;
    assert!(pushed.receipts.iter().all(|r| r.fate == Fate::Stored));
    assert!(web.push(&token, &visits).await.receipts.iter().all(|r| r.fate == Fate::Had));

    let mut after = 0;
    let mut digest = huce_core::digest::Digest::default();
    let mut pages = 0;
    loop {
        let page: Pulled = web.json(with(get(&format!("/v1/pull?grid=S-1&after={after}&limit=3")), &token)).await;
        assert!(page.events.len() <= 3);
        page.events.iter().for_each(|e| digest.add(&e.event.hash()));
        assert_eq!(page.events.first().map(|e| e.pos), Some(after + 1));
        (after, pages) = (page.next, pages + 1);
        if page.next == page.head {
            assert_eq!((page.head, page.digest), (7, digest));
            break;
        }
    }
    assert_eq!(pages, 3);
    let end: Pulled = web.json(with(get("/v1/pull?grid=S-1&after=7"), &token)).await;
    assert_eq!((end.events.len(), end.next), (0, 7));
    for (path, status) in [
        ("/v1/pull?grid=S-2", StatusCode::FORBIDDEN),
        ("/v1/pull?grid=S", StatusCode::FORBIDDEN),
        ("/v1/pull?grid=X", StatusCode::FORBIDDEN),
        ("/v1/pull", StatusCode::BAD_REQUEST),
        ("/v1/pull?grid=S-1&after=-1", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(web.ask(with(get(path), &token)).await.status(), status, "{path}");
    }
    let mut conn = web.district.app.store.pool().acquire().await.unwrap();
    assert_eq!(crate::store::devices::lines(&mut conn).await.unwrap()[0].unsent, (7, 3));
}

async fn nobody_gets_in_before_somebody_says_so(stores: Stores) {
    let web = Web::on(stores).await;
    let app = &web.district.app;
    let tablet = Tablet::new("li", 1);
    let enrol = || async {
        let (code, _) = auth::give_code(app, &person("li"), false).await.unwrap();
        let key = key_text(&tablet.key.verifying_key());
        let ask = json!({"code": code, "public_key": key, "device_name": "T", "version": "1"});
        web.json::<Enrolled>(post("/v1/enrol", &ask)).await
    };
    let refused = |reply: Response<Body>| async move {
        let status = reply.status();
        (status, serde_json::from_str::<Refused>(&text(reply).await).unwrap().code)
    };
    let forbidden = |code: &str| (StatusCode::FORBIDDEN, code.to_owned());
    assert!(!enrol().await.approved);
    let ask = web.token_ask(&tablet, &tablet.key).await;
    assert_eq!(refused(web.ask(ask).await).await, forbidden("not_approved"));
    let stranger = web.token_ask(&tablet, &Tablet::new("li", 9).key).await;
    assert_eq!(
        web.ask(stranger).await.status(),
        StatusCode::UNAUTHORIZED,
        "only the device itself hears that it waits"
    );

    let mut write = app.store.write().await.unwrap();
    assert!(devices::approve(&mut write, &tablet.device, NOW).await.unwrap());
    assert!(!devices::approve(&mut write, &tablet.device, NOW).await.unwrap(), "once");
    write.commit().await.unwrap();
    let token = web.token(&tablet).await;
    let profile = || with(get("/v1/profile"), &token);
    assert_eq!(web.ask(profile()).await.status(), StatusCode::OK);

    // Enrolled anew it waits anew, and what it had does not help.
    assert!(!enrol().await.approved);
    assert_eq!(web.ask(profile()).await.status(), StatusCode::UNAUTHORIZED);
    let mut write = app.store.write().await.unwrap();
    assert!(devices::revoke(&mut write, &tablet.device, NOW).await.unwrap());
    assert!(!devices::approve(&mut write, &tablet.device, NOW).await.unwrap(), "who was refused needs a new code");
    write.commit().await.unwrap();
    let ask = web.token_ask(&tablet, &tablet.key).await;
    assert_eq!(refused(web.ask(ask).await).await, forbidden("revoked"));
}

/// As if it came over a socket from the depot.
fn from_depot(mut request: Request<Body>) -> Request<Body> {
    let peer = std::net::SocketAddr::from(([10, 1, 1, 1], 50_000));
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    request
}

async fn a_depot_of_330_gets_in_behind_one_address(stores: Stores) {
    let district = District::on(stores).await;
    let mut app = district.app.clone();
    app.limits = Some(std::sync::Arc::default());
    let web = Web { router: serve::router(app), district };
    // Somebody errs until he has to wait, and goes on erring.
    let clumsy = key_text(&Tablet::new("li", 255).key.verifying_key());
    let wrong = json!({"code": "AAAA-AAAA", "public_key": clumsy, "device_name": "T", "version": "1"});
    for _ in 0..10 {
        assert!(!web.ask(from_depot(post("/v1/enrol", &wrong))).await.status().is_success());
    }
    let mut tokens = Vec::new();
    for n in 0..330_u16 {
        let mut tablet = Tablet::new("li", 1);
        let mut seed = [7_u8; 32];
        seed[..2].copy_from_slice(&n.to_le_bytes());
        tablet.key = ed25519_dalek::SigningKey::from_bytes(&seed);
        tablet.device = huce_core::event::device_id(&tablet.key.verifying_key());
        let (code, _) = auth::give_code(&web.district.app, &person("li"), true).await.unwrap();
        let key = key_text(&tablet.key.verifying_key());
        let ask = json!({"code": code, "public_key": key, "device_name": "T", "version": "1"});
        assert_eq!(web.ask(from_depot(post("/v1/enrol", &ask))).await.status(), StatusCode::OK, "tablet {n}");
        let challenge: Challenge = web.json(from_depot(get("/v1/challenge"))).await;
        let sig = tablet.key.sign(format!("huce-token:{}", challenge.nonce).as_bytes());
        let sig = BASE64URL_NOPAD.encode(&sig.to_bytes());
        let ask = json!({"device": tablet.device, "nonce": challenge.nonce, "sig": sig});
        let token: Token = web.json(from_depot(post("/v1/token", &ask))).await;
        tokens.push(token.token);
    }
    // One of them asks without end.
    let asks = |token: &str| web.ask(from_depot(with(get("/v1/forms/none"), token)));
    let mut slowed = None;
    for _ in 0..20_000 {
        let reply = asks(&tokens[0]).await;
        if reply.status() == StatusCode::TOO_MANY_REQUESTS {
            slowed = Some(reply);
            break;
        }
    }
    let slowed = slowed.expect("nothing slows it");
    let seconds: u64 = slowed.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    let said: Refused = serde_json::from_str(&text(slowed).await).unwrap();
    assert_eq!((said.code.as_str(), said.params[0].1.clone()), ("slow_down", seconds.to_string()));
    for token in &tokens[1..] {
        assert_eq!(asks(token).await.status(), StatusCode::NOT_FOUND, "the others are not slowed");
    }
}

async fn codes_challenges_and_tokens_hold_once_and_for_a_while(stores: Stores) {
    let web = Web::on(stores).await;
    let (code, _) = auth::give_code(&web.district.app, &person("li"), true).await.unwrap();
    let ask = |code: &str, seed: u8| {
        let key = key_text(&Tablet::new("li", seed).key.verifying_key());
        post("/v1/enrol", &json!({"code": code, "public_key": key, "device_name": "T", "version": "1"}))
    };
    assert_eq!(web.ask(ask(&code, 1)).await.status(), StatusCode::OK);
    assert_eq!(web.ask(ask(&code, 2)).await.status(), StatusCode::FORBIDDEN, "a code is good once");
    let (late, _) = auth::give_code(&web.district.app, &person("li"), true).await.unwrap();
    web.district.later(auth::CODE_MS);
    assert_eq!(web.ask(ask(&late, 2)).await.status(), StatusCode::FORBIDDEN);
    for _ in 0..failures::MAX_FAILURES - 2 {
        assert_eq!(web.ask(ask("AAAA-AAAA", 2)).await.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(web.ask(ask("AAAA-AAAA", 2)).await.status(), StatusCode::TOO_MANY_REQUESTS);

    let tablet = Tablet::new("li", 1);
    let foreign = web.token_ask(&tablet, &Tablet::new("li", 9).key).await;
    assert_eq!(web.ask(foreign).await.status(), StatusCode::UNAUTHORIZED);
    let late = web.token_ask(&tablet, &tablet.key).await;
    web.district.later(auth::CHALLENGE_MS);
    assert_eq!(web.ask(late).await.status(), StatusCode::UNAUTHORIZED);
    let token = web.token(&tablet).await;
    assert_eq!(web.ask(with(get("/v1/profile"), &token)).await.status(), StatusCode::OK);
    web.district.later(auth::TOKEN_MS);
    assert_eq!(web.ask(with(get("/v1/profile"), &token)).await.status(), StatusCode::UNAUTHORIZED);

    let token = web.token(&tablet).await;
    let mut write = web.district.app.store.write().await.unwrap();
    assert!(crate::store::devices::revoke(&mut write, &tablet.device, NOW).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(web.ask(with(get("/v1/profile"), &token)).await.status(), StatusCode::UNAUTHORIZED);
    let again = web.token_ask(&tablet, &tablet.key).await;
    let reply = web.ask(again).await;
    let token: Token = serde_json::from_str(&text(reply).await).unwrap();
    assert!(token.revoked);
    for path in ["/v1/profile", "/v1/pull?grid=S-1", "/v1/forms/00"] {
        let reply = web.ask(with(get(path), &token.token)).await;
        assert_eq!(reply.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(text(reply).await.contains("revoked"), "{path}");
    }
    // What it recorded is taken from it, aside.
    let mut tablet = tablet;
    let event = tablet.visit(&web.district.household, 17.0);
    let pushed = web.push(&token.token, &[event]).await;
    assert_eq!(pushed.receipts[0].fate, Fate::Refused { code: Refusal::NotYours });
    let aside = crate::store::stream::aside(&mut web.district.app.store.pool().acquire().await.unwrap()).await.unwrap();
    assert_eq!(aside[0].0, "not_yours");
}

async fn an_enrolment_whose_reply_was_lost_is_asked_again(stores: Stores) {
    let web = Web::on(stores).await;
    let app = &web.district.app;
    let ask = |path: &str, code: &str, seed: u8| {
        let key = key_text(&Tablet::new("li", seed).key.verifying_key());
        post(path, &json!({"code": code, "public_key": key, "name": "T", "device_name": "T", "version": "1"}))
    };
    let (tablets, _) = auth::give_code(app, &person("li"), false).await.unwrap();
    let (hubs, _) = auth::give_hub_code(app, &person("li")).await.unwrap();
    for (path, code, seed) in [("/v1/enrol", &tablets, 1), ("/v1/hub/enrol", &hubs, 3)] {
        let first = text(web.ask(ask(path, code, seed)).await).await;
        assert!(first.contains("server_key"), "{path}: {first}");
        assert_eq!(text(web.ask(ask(path, code, seed)).await).await, first, "{path}: the same answer");
        assert_eq!(web.ask(ask(path, code, seed + 1)).await.status(), StatusCode::FORBIDDEN, "{path}: another key");
    }
    // Let in meanwhile, it hears so; and asking again lets nobody in.
    let device = Tablet::new("li", 1).device;
    let mut write = app.store.write().await.unwrap();
    assert!(crate::store::devices::approve(&mut write, &device, NOW).await.unwrap());
    write.commit().await.unwrap();
    assert!(text(web.ask(ask("/v1/enrol", &tablets, 1)).await).await.contains(r#""approved":true"#));
    let mut write = app.store.write().await.unwrap();
    assert!(crate::store::devices::revoke(&mut write, &device, NOW).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(web.ask(ask("/v1/enrol", &tablets, 1)).await.status(), StatusCode::FORBIDDEN, "taken away since");
    web.district.later(auth::CODE_MS);
    assert_eq!(web.ask(ask("/v1/hub/enrol", &hubs, 3)).await.status(), StatusCode::FORBIDDEN, "too late");
}

async fn a_photo_comes_in_chunks_and_is_seen_by_its_grid_only(stores: Stores) {
    let web = Web::on(stores).await;
    let (mut tablet, token) = web.enrol("li", 1).await;
    let (_, other) = web.enrol("wang", 2).await;
    let photo: Vec<u8> = (0..PHOTO_CHUNK_BYTES + 777).map(|n| (n % 251) as u8).collect();
    let id = PhotoId::of_bytes(&photo);
    let path = |rest: &str| format!("/v1/photos/{id}{rest}");
    let missing = path(&format!("/missing?bytes={}", photo.len()));
    assert_eq!(web.ask(with(get(&missing), &token)).await.status(), StatusCode::NOT_FOUND, "no event names it yet");
    let body = json!({"kind": "photo", "photo": id, "bytes": photo.len(), "role": "visit"});
    let event = tablet.record("S-1", Some(&web.district.household), serde_json::from_value(body).unwrap());
    web.push(&token, &[event]).await;

    let asked: Missing = web.json(with(get(&missing), &token)).await;
    assert_eq!(asked, Missing { complete: false, chunks: vec![0, 1], held: false });
    assert_eq!(web.ask(with(get(&missing), &other)).await.status(), StatusCode::NOT_FOUND);
    let half = with(put(&path("/chunks/0"), &photo[..1000]), &token);
    assert_eq!(web.ask(half).await.status(), StatusCode::BAD_REQUEST, "half a chunk is no chunk");
    let large = with(put(&path("/chunks/0"), &photo), &token);
    assert_eq!(web.ask(large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let commit = || with(post(&path("/commit"), &json!({})), &token);
    assert_eq!(web.ask(commit()).await.status(), StatusCode::CONFLICT);
    let chunk = |n: usize| {
        let part = photo.chunks(PHOTO_CHUNK_BYTES).nth(n).unwrap();
        with(put(&path(&format!("/chunks/{n}")), part), &token)
    };
    let wrong = vec![0; 777];
    assert!(web.ask(chunk(0)).await.status().is_success());
    assert!(web.ask(with(put(&path("/chunks/1"), &wrong), &token)).await.status().is_success());
    assert_eq!(web.ask(commit()).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "the hash decides");
    for n in [1, 0, 1] {
        assert!(web.ask(chunk(n)).await.status().is_success());
    }
    for _ in 0..2 {
        let receipt: PhotoReceipt = web.json(commit()).await;
        assert_eq!(receipt, PhotoReceipt { photo: id.clone(), bytes: photo.len() as u64, held: false });
    }
    let asked: Missing = web.json(with(get(&missing), &token)).await;
    assert!(asked.complete);
    assert_eq!(bytes(web.ask(with(get(&path("")), &token)).await).await, photo);
    assert_eq!(web.ask(with(get(&path("")), &other)).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(web.ask(with(get("/v1/photos/..%2f..%2fserver.key"), &token)).await.status(), StatusCode::NOT_FOUND);

    // The disk loses it: it is asked for again instead of being claimed.
    web.district.app.photos.forget(&id).await.unwrap();
    let asked: Missing = web.json(with(get(&missing), &token)).await;
    assert_eq!(asked, Missing { complete: false, chunks: vec![0, 1], held: false });
}

async fn a_name_is_locked_after_five_failures_and_opens_after_a_while(stores: Stores) {
    let web = Web::on(stores).await;
    let app = &web.district.app;
    let hash = auth::hash_password("correct horse").await.unwrap();
    let li = Person {
        id: person("li"),
        name: "李".into(),
        roles: vec![RoleIn { role: Role::Inspector, grid: grid("S-1") }],
    };
    let mut write = app.store.write().await.unwrap();
    people::save(&mut write, &li, Some(&hash), NOW).await.unwrap();
    write.commit().await.unwrap();
    let sign_in = |password: &str| post("/api/sign_in", &json!({"login": "li", "password": password}));

    let reply = web.ask(sign_in("correct horse")).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let cookie = reply.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let as_li = |mut request: Request<Body>| {
        request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        request
    };
    assert_eq!(web.ask(as_li(post("/api/now", &json!({})))).await.status(), StatusCode::OK);
    let mut other_site = as_li(post("/api/now", &json!({})));
    other_site.headers_mut().remove("x-huce");
    other_site.headers_mut().insert(header::ORIGIN, "https://evil.example".parse().unwrap());
    assert_eq!(web.ask(other_site).await.status(), StatusCode::FORBIDDEN);

    for left in (0..failures::MAX_FAILURES).rev() {
        let reply = web.ask(sign_in("wrong")).await;
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
        let wrong: Refused = serde_json::from_str(&text(reply).await).unwrap();
        assert_eq!((wrong.code.as_str(), wrong.params[0].1.clone()), ("wrong_password", left.to_string()));
    }
    let reply = web.ask(sign_in("correct horse")).await;
    assert_eq!(reply.status(), StatusCode::TOO_MANY_REQUESTS, "locked also for the right password");
    assert_eq!(web.ask(as_li(post("/api/now", &json!({})))).await.status(), StatusCode::OK, "who is in stays in");
    web.district.later(failures::LOCKED_MS);
    assert_eq!(web.ask(sign_in("correct horse")).await.status(), StatusCode::OK);

    assert_eq!(web.ask(as_li(post("/api/sign_out", &json!({})))).await.status(), StatusCode::OK);
    assert_eq!(web.ask(as_li(post("/api/now", &json!({})))).await.status(), StatusCode::UNAUTHORIZED);
    let nobody = web.ask(post("/api/sign_in", &json!({"login": "nobody", "password": "x"}))).await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}

async fn a_bomb_meets_the_limit_and_pages_carry_their_policy(stores: Stores) {
    let web = Web::on(stores).await;
    // 4 MB of spaces in about 4 kB of gzip, which is far beyond what this endpoint takes.
    let bomb = gzip(&vec![b' '; 4 << 20]);
    let mut request = Request::post("/v1/enrol").body(Body::from(bomb)).unwrap();
    request.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    assert_eq!(web.ask(request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);

    let page = web.ask(get("/household/h1")).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval'"), "{policy}");
    assert!(text(page).await.contains("<!doctype html>"));
    assert_eq!(web.ask(get("/nothing.js")).await.status(), StatusCode::NOT_FOUND);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

crate::sample::on_both_stores! {
    every_endpoint_refuses_whoever_shows_nothing,
    a_tablet_gets_its_place_pushes_and_pulls,
    nobody_gets_in_before_somebody_says_so,
    a_depot_of_330_gets_in_behind_one_address,
    codes_challenges_and_tokens_hold_once_and_for_a_while,
    an_enrolment_whose_reply_was_lost_is_asked_again,
    a_photo_comes_in_chunks_and_is_seen_by_its_grid_only,
    a_name_is_locked_after_five_failures_and_opens_after_a_while,
    a_bomb_meets_the_limit_and_pages_carry_their_policy,
}
