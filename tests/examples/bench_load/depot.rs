//! The whole depot: as many tablet engines as there are inspectors, in one process, each with its journal, photo files
//! and keys on the disk (and its store in memory: what sled costs a tablet is `./x bench store`'s), all syncing at once.

use std::{
    path::Path,
    sync::{Arc, Barrier},
    time::Instant,
};

use ed25519_dalek::VerifyingKey;
use huce_core::{event::key_from_text, ids::PhotoId};
use huce_device::{
    Device, DeviceError,
    clock::SystemClock,
    device::New,
    store::InMemory,
    sync::{Report, Watch, block_on, sync_over},
};

use crate::{
    PHOTO_BYTES, Scale,
    counted::{Counted, Sent, What, percentile},
    district, hands,
    server::Site,
};

/// One visit with its photo, as a form's submission records them.
fn record(device: &Device, tablet: usize, n: usize) {
    let bytes = district::photo_bytes((tablet * 1_000 + n) as u64);
    let id = PhotoId::of_bytes(&bytes);
    device.files().put(&id, &bytes, b"thumb").unwrap();
    let new = |body| New {
        person: district::person(tablet),
        grid: district::grid(tablet),
        site: Some(district::door(tablet, n).into()),
        body,
    };
    let news = vec![new(district::visit(n, vec![id.clone()])), new(district::photo(&id))];
    device.write::<DeviceError>(|_| Ok((news, None))).unwrap();
}

fn sync(device: &Device, url: &str) -> (Report, Vec<Sent>) {
    let line = Counted::new(url);
    let report = block_on(sync_over(device, line.clone(), &Watch::alone())).unwrap().unwrap();
    (report, line.notes())
}

pub fn run(scale: &Scale, kind: &str, place: &Path) {
    let site = Site::new(scale, kind, place);
    let tablets: Vec<Device> = (0..scale.tablets)
        .map(|n| Device::open_over(&place.join(format!("tablet-{n}")), SystemClock, Box::new(InMemory::default())))
        .map(Result::unwrap)
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server_device, server_key) = runtime.block_on(async {
        let app = site.open().await;
        district::fill(&app, scale.tablets, scale.visits).await;
        let key = |device: &Device| -> VerifyingKey { key_from_text(&device.public_key()).unwrap() };
        district::place(&app, tablets.iter().enumerate().map(|(n, device)| (n, key(device)))).await;
        let own = (app.own.device.clone(), huce_core::event::key_text(&app.own.key.verifying_key()));
        app.store.close().await;
        own
    });
    drop(runtime);
    let server = site.start();
    let prepared = Instant::now();
    std::thread::scope(|scope| {
        let (tablets, url) = (&tablets, server.url.as_str());
        for lane in 0..4 {
            let own = (server_device.clone(), server_key.clone());
            scope.spawn(move || {
                for (n, device) in tablets.iter().enumerate().filter(|(n, _)| n % 4 == lane) {
                    let enrolled = device.edit_book(|book| {
                        book.url = Some(url.to_owned());
                        book.person = Some(district::person(n));
                        book.server = Some(own.clone());
                    });
                    enrolled.unwrap();
                    sync(device, url);
                    (0..scale.visits).for_each(|visit| record(device, n, visit));
                }
            });
        }
    });
    println!("\n{kind}: {} tablets, {} visits and photos each", scale.tablets, scale.visits);
    println!("  {:>10.0} s to record them (not a budget)", prepared.elapsed().as_secs_f64());
    let mark = server.mark();
    let begun = Instant::now();
    let together = Arc::new(Barrier::new(scale.tablets));
    let threads: Vec<(Report, Vec<Sent>)> = std::thread::scope(|scope| {
        let url = server.url.as_str();
        let start = |device| {
            let together = together.clone();
            let thread = std::thread::Builder::new().stack_size(1024 * 1024);
            let run = move || {
                together.wait();
                sync(device, url)
            };
            thread.spawn_scoped(scope, run).unwrap()
        };
        let threads: Vec<_> = tablets.iter().map(start).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let used = server.since(&mark);
    for (n, (report, _)) in threads.iter().enumerate() {
        let whole = report.pushed == 2 * scale.visits as u64 && report.photos == scale.visits as u64;
        assert!(whole && report.refused == 0, "tablet {n}: {report:?}");
    }
    let visits = (scale.tablets * scale.visits) as f64;
    hands::tell(&used, visits, "visit with one photo", f64::NAN);
    let last = |what: What| -> Vec<f64> {
        let of = |notes: &Vec<Sent>| notes.iter().filter(|n| n.what == what).map(|n| n.at).max();
        let mut all: Vec<f64> = threads.iter().filter_map(|(_, n)| Some((of(n)? - begun).as_secs_f64())).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let at = |times: &[f64], n: usize| times.get(n.min(times.len() - 1)).copied().unwrap_or(f64::NAN);
    let (events, photos) = (last(What::Push), last(What::Commit));
    println!(
        "  {:>10.1} s until all events are in  (60); the first tablet's after {:.1} s",
        at(&events, usize::MAX),
        events[0]
    );
    println!(
        "  {:>10.1} s until all photos are in; tablets were done after {:.1} (first), {:.1} (half), {:.1} s (last)",
        at(&photos, usize::MAX),
        photos[0],
        at(&photos, photos.len() / 2),
        at(&photos, usize::MAX)
    );
    fairness(&threads);
    let notes: Vec<Sent> = threads.iter().flat_map(|(_, notes)| notes).copied().collect();
    for (what, name) in [(What::Push, "push"), (What::Pull, "pull"), (What::Chunk, "chunk"), (What::Commit, "commit")] {
        let mut took: Vec<_> = notes.iter().filter(|n| n.what == what).map(|n| n.took).collect();
        println!("  {:>10.0} ms p50, {:.0} ms p99 of a {name}", percentile(&mut took, 50), percentile(&mut took, 99));
    }
    let bytes = |what: What| notes.iter().filter(|n| n.what == what).map(|n| n.bytes).sum::<usize>() as f64;
    println!("  {:>10.1} bytes of a push for each event of a visit or photo  (200)", bytes(What::Push) / visits / 2.0);
    println!("  {:>10.4} x the photos' bytes sent", bytes(What::Chunk) / visits / PHOTO_BYTES as f64);
    println!("  {:>10} requests failed and were repeated", notes.iter().filter(|n| !n.good).count());
}

/// When half of all photos are in: how many has each tablet?
fn fairness(threads: &[(Report, Vec<Sent>)]) {
    let commits = |notes: &[Sent]| -> Vec<Instant> {
        notes.iter().filter(|n| n.what == What::Commit && n.good).map(|n| n.at).collect()
    };
    let mut all: Vec<Instant> = threads.iter().flat_map(|(_, notes)| commits(notes)).collect();
    all.sort();
    let Some(half) = all.get(all.len() / 2) else { return };
    let mut shares: Vec<usize> =
        threads.iter().map(|(_, notes)| commits(notes).iter().filter(|at| *at <= half).count()).collect();
    shares.sort_unstable();
    println!(
        "  {:>10} to {} photos of each tablet are in when half of all are",
        shares.first().unwrap_or(&0),
        shares.last().unwrap_or(&0)
    );
}
