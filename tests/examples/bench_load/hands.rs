//! What hands events and photos in and does nothing else, so that what is measured is the server.

use std::{path::Path, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use huce_core::{
    body::Body,
    clock::Hlc,
    event::{Event, SignedEvent, device_id},
    ids::PhotoId,
    photo::PHOTO_CHUNK_BYTES,
    wire::{Challenge, Fate, PushAsk, Pushed, Token, TokenAsk},
};
use huce_device::sync::http::Http;

use crate::{
    PHOTO_BYTES, Scale,
    counted::{Counted, Sent, What, percentile},
    district,
    server::{Running, Site, Used},
};

/// How often each pair of hands pushes in the part with text alone.
const PUSHES: usize = 3;
/// Visits of each in the part with photos; two photos a visit.
const WITH_PHOTOS: usize = 5;

/// A tablet's chain and its line to the server.
struct Hands {
    number: usize,
    key: SigningKey,
    seq: u64,
    prev: Option<String>,
}

impl Hands {
    fn new(number: usize) -> Self {
        Self { number, key: district::key(number), seq: 0, prev: None }
    }

    fn sign(&mut self, door: usize, body: Body) -> SignedEvent {
        self.seq += 1;
        let event = Event {
            device: device_id(&self.key.verifying_key()),
            seq: self.seq,
            prev: self.prev.take(),
            at: Hlc { ms: 1_795_000_000_000 + self.seq as i64 * 61_003, count: 0 },
            offset_ms: Some(-120),
            person: district::person(self.number),
            grid: district::grid(self.number),
            household: Some(district::door(self.number, door)),
            facility: None,
            body,
        };
        let signed = SignedEvent::sign(&event, &self.key).unwrap();
        self.prev = Some(signed.hash());
        signed
    }

    async fn sign_in(&self, http: &Http) {
        let Challenge { nonce, .. } = http.get("/v1/challenge").await.unwrap();
        let sig = BASE64URL_NOPAD.encode(&self.key.sign(format!("huce-token:{nonce}").as_bytes()).to_bytes());
        let device = device_id(&self.key.verifying_key());
        let ask = TokenAsk { device, nonce, sig, version: None, now_ms: None };
        http.set_token(http.post::<Token>("/v1/token", &ask).await.unwrap().token);
    }
}

async fn push(http: &Http, events: Vec<SignedEvent>) {
    let count = events.len();
    let Pushed { receipts, .. } =
        http.post("/v1/push", &PushAsk { events, unsent: (0, 0), by_owners: false }).await.unwrap();
    let stored = receipts.iter().filter(|r| r.fate == Fate::Stored).count();
    assert_eq!(stored, count, "{:?}", receipts.first());
}

async fn send(http: &Http, photo: &PhotoId, bytes: &[u8]) {
    for (n, chunk) in bytes.chunks(PHOTO_CHUNK_BYTES).enumerate() {
        http.put(&format!("/v1/photos/{photo}/chunks/{n}"), chunk.to_vec()).await.unwrap();
    }
}

/// A district with its server running, everybody signed in.
struct Stage {
    server: Running,
    lines: Vec<Arc<Counted>>,
    https: Vec<Arc<Http>>,
}

async fn stage(scale: &Scale, kind: &str, place: &Path, hands: &[Hands]) -> Stage {
    let site = Site::new(scale, kind, place);
    let app = site.open().await;
    district::fill(&app, scale.tablets, scale.visits).await;
    district::place(&app, hands.iter().map(|h| (h.number, h.key.verifying_key()))).await;
    app.store.close().await;
    drop(app);
    let server = site.start();
    let lines: Vec<_> = hands.iter().map(|_| Counted::new(&server.url)).collect();
    let https: Vec<_> = lines.iter().map(|line| Arc::new(Http::over(line.clone()))).collect();
    for (hands, http) in hands.iter().zip(&https) {
        hands.sign_in(http).await;
    }
    Stage { server, lines, https }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn all_notes(lines: &[Arc<Counted>]) -> Vec<Sent> {
    let notes: Vec<Sent> = lines.iter().flat_map(|line| line.notes()).collect();
    let failed = notes.iter().filter(|n| !n.good).count();
    assert_eq!(failed, 0, "requests failed");
    notes
}

/// Visits without photos: what intake costs.
pub fn text(scale: &Scale, kind: &str, place: &Path) {
    runtime().block_on(async {
        let mut hands: Vec<Hands> = (0..scale.tablets).map(Hands::new).collect();
        let stage = stage(scale, kind, place, &hands).await;
        let batches: Vec<Vec<Vec<SignedEvent>>> = hands
            .iter_mut()
            .map(|h| {
                let one = |h: &mut Hands, n: usize| h.sign(n % scale.visits, district::visit(n, Vec::new()));
                (0..PUSHES).map(|p| (0..scale.visits).map(|n| one(h, p * scale.visits + n)).collect()).collect()
            })
            .collect();
        let mark = stage.server.mark();
        let tasks = batches.into_iter().zip(&stage.https).map(|(batches, http)| {
            let http = http.clone();
            tokio::spawn(async move {
                for batch in batches {
                    push(&http, batch).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let used = stage.server.since(&mark);
        let visits = (scale.tablets * scale.visits * PUSHES) as f64;
        println!("\n{kind}: {visits:.0} text visits, {} in a push, {} pushes at once", scale.visits, scale.tablets);
        tell(&used, visits, "visit", 0.12);
        println!("  {:>10.0} visits/s  (12,000)", visits / used.wall_s);
        let notes = all_notes(&stage.lines);
        let pushes: Vec<&Sent> = notes.iter().filter(|n| n.what == What::Push).collect();
        let bytes: usize = pushes.iter().map(|n| n.bytes).sum();
        println!("  {:>10.1} bytes of a push for each visit  (200)", bytes as f64 / visits);
        let mut took: Vec<_> = pushes.iter().map(|n| n.took).collect();
        println!("  {:>10.0} ms p50, {:.0} ms p99 of a push", percentile(&mut took, 50), percentile(&mut took, 99));
    });
}

/// Visits with two photos each: what photos cost.
pub fn photos(scale: &Scale, kind: &str, place: &Path) {
    runtime().block_on(async {
        let mut hands: Vec<Hands> = (0..scale.tablets).map(Hands::new).collect();
        let stage = stage(scale, kind, place, &hands).await;
        let mark = stage.server.mark();
        let tasks = hands.drain(..).zip(&stage.https).map(|(mut hands, http)| {
            let http = http.clone();
            tokio::spawn(async move {
                let number = |n: usize| (hands.number * 1_000 + n) as u64;
                let photos: Vec<(PhotoId, Vec<u8>)> = (0..WITH_PHOTOS * 2)
                    .map(|n| district::photo_bytes(number(n)))
                    .map(|bytes| (PhotoId::of_bytes(&bytes), bytes))
                    .collect();
                let mut events = Vec::new();
                for (n, two) in photos.chunks(2).enumerate() {
                    events.push(hands.sign(n, district::visit(n, two.iter().map(|(id, _)| id.clone()).collect())));
                    two.iter().for_each(|(id, _)| events.push(hands.sign(n, district::photo(id))));
                }
                push(&http, events).await;
                for (id, bytes) in &photos {
                    let missing = format!("/v1/photos/{id}/missing?bytes={PHOTO_BYTES}");
                    http.get::<serde_json::Value>(&missing).await.unwrap();
                    send(&http, id, bytes).await;
                    let path = format!("/v1/photos/{id}/commit");
                    http.post::<serde_json::Value>(&path, &serde_json::json!({})).await.unwrap();
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let used = stage.server.since(&mark);
        let visits = (scale.tablets * WITH_PHOTOS) as f64;
        println!("\n{kind}: {visits:.0} visits with two photos of {PHOTO_BYTES} bytes each");
        tell(&used, visits, "visit", 1.5);
        println!("  {:>10.1} MB/s of photos", visits * 2.0 * PHOTO_BYTES as f64 / 1e6 / used.wall_s);
        all_notes(&stage.lines);
    });
}

/// What it cost.
pub fn tell(used: &Used, of: f64, what: &str, budget_ms: f64) {
    let ms = |s: f64| s * 1e3 / of;
    println!("  {:>10.3} s from the first to the last", used.wall_s);
    println!(
        "  {:>10.4} ms of processor a {what}: server {:.4}, database {:.4}  ({budget_ms})",
        ms(used.cpu_s()),
        ms(used.server_s),
        ms(used.database_s)
    );
    println!("  {:>10.0} MB resident at most  (400)", used.rss_mb);
}
