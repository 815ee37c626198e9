//! `./x bench first-load`: a grid of 3,000 households with a season's history is loaded onto a new tablet, over
//! loopback, by pulling pages. One run on one machine, by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::{sync::Arc, time::Instant};

use anyhow::Result;
use huce_core::{
    body::{Body, Noun, Outcome, Reading, Visit},
    ids::{GridId, HouseholdId, PersonId},
    person::{Person, Role, RoleIn},
    record::first_edit,
    wire::{Challenge, MAX_PULL_EVENTS, Pulled, Token, TokenAsk, token_text},
};
use huce_device::{
    Device,
    clock::SystemClock,
    sync::{self, http::Http},
};
use huce_server::{
    app::{App, Places, system_clock},
    auth,
    intake::{Entry, record_own},
    serve::{self, Options},
    store::people,
};
use serde_json::json;

const HOUSEHOLDS: usize = 3_000;
/// Visits of each household in the season.
const VISITS: usize = 3;

fn main() -> Result<()> {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(root)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let data = folder.path().join("data");
    let code = runtime.block_on(fill(&data))?;
    let listen = "127.0.0.1:0".parse()?;
    let renew_every = huce_server::tls::RENEW_EVERY;
    let door = Default::default();
    let options = Options { places: Places::folder(&data), listen, door, clock: system_clock(), renew_every };
    let running = runtime.block_on(serve::start(options))?;
    let device = Arc::new(Device::open(&folder.path().join("store"), SystemClock)?);
    let ask = huce_core::ipc::session::Enrol { url: running.url(), code, fingerprint: String::new() };
    sync::block_on(sync::enrol(&device, &ask, "bench"))?.map_err(|e| anyhow::anyhow!("{e}"))?;
    let began = Instant::now();
    let report = sync::sync_now(&device)?;
    let took = began.elapsed();
    let (fetched, pages) = sync::block_on(fetch(&device, &running.url()))??;
    println!(
        "{}",
        json!({
            "households": device.index().len(), "events": report.pulled, "seconds": took.as_secs_f64(),
            "of_it_fetching_seconds": fetched, "pages": pages,
            "events_per_second": report.pulled as f64 / took.as_secs_f64(), "budget_seconds": 2,
        })
    );
    runtime.block_on(running.shutdown())?;
    Ok(())
}

/// The same pages once more, thrown away: what the network and the server take of it, and so the most that a snapshot could
/// save, for the tablet would check and take in its events all the same.
async fn fetch(device: &Device, url: &str) -> Result<(f64, u32)> {
    let http = Http::new(url, None)?;
    let Challenge { nonce, .. } = http.get("/v1/challenge").await?;
    let sig = data_encoding::BASE64URL_NOPAD.encode(&device.sign(token_text(None, &nonce).as_bytes()));
    let token: Token = http
        .post("/v1/token", &TokenAsk { device: device.id().clone(), nonce, sig, now_ms: None, version: None })
        .await?;
    http.set_token(token.token);
    let (began, mut after, mut pages) = (Instant::now(), 0, 0);
    loop {
        let page: Pulled = http.get(&format!("/v1/pull?grid=B-1&after={after}&limit={MAX_PULL_EVENTS}")).await?;
        pages += 1;
        after = page.next;
        if page.next >= page.head {
            return Ok((began.elapsed().as_secs_f64(), pages));
        }
    }
}

async fn fill(data: &std::path::Path) -> Result<String> {
    let app = App::open(data, system_clock()).await?;
    let grid = GridId::new("B-1")?;
    let system = PersonId::new("huce")?;
    let set = [("name", json!("一号网格")), ("level", json!("inspector"))];
    let edit = first_edit(Noun::Grid, "B-1", set.map(|(k, v)| (k.to_owned(), v)));
    let mut entries = vec![Entry::of_grid(system.clone(), grid.clone(), Body::Edit(edit))];
    for n in 0..HOUSEHOLDS {
        let (building, floor, room) =
            ((n / 72).to_string(), n % 72 / 4 + 1, format!("{}0{}", n % 72 / 4 + 1, n % 4 + 1));
        let door = HouseholdId::of_address("西里路54号院", &building, "1", &room);
        let set = [("estate", json!("西里路54号院")), ("building", json!(building)), ("entrance", json!("1"))];
        let more = [
            ("room", json!(room)),
            ("floor", json!(floor)),
            ("area_m2", json!(86.5)),
            ("account", json!(format!("10{n:06}"))),
        ];
        let edit =
            first_edit(Noun::Household, door.as_str(), set.into_iter().chain(more).map(|(k, v)| (k.to_owned(), v)));
        entries.push(Entry::new(system.clone(), grid.clone(), Some(door.clone()), Body::Edit(edit)));
        for visit in 0..VISITS {
            let reading = |room: &str, temp_c| Reading { room: room.to_owned(), temp_c };
            let visit = Visit {
                outcome: Outcome::Done,
                round: None,
                also: Vec::new(),
                form: None,
                started_ms: None,
                answers: json!({"rooms": {"living": 20.0, "bed": 19.5}, "valves": "open", "leak": "no"}),
                readings: vec![reading("客厅", 20.0 + visit as f64), reading("卧室", 19.5)],
                satisfaction: Some(4),
                photos: Vec::new(),
                corrects: None,
            };
            entries.push(Entry::new(system.clone(), grid.clone(), Some(door.clone()), Body::Visit(visit)));
        }
    }
    let recorded = record_own(&app, entries).await?;
    anyhow::ensure!(recorded.iter().all(|r| r.id().is_some()), "an event was refused");
    let login = PersonId::new("li")?;
    let roles = vec![RoleIn { role: Role::Inspector, grid }];
    let mut write = app.store.write().await?;
    people::save(&mut write, &Person { id: login.clone(), name: "李".to_owned(), roles }, None, app.now_ms()).await?;
    write.commit().await?;
    let code = auth::give_code(&app, &login, true).await.map_err(|e| anyhow::anyhow!("{e:?}"))?.0;
    app.store.close().await;
    Ok(code)
}
