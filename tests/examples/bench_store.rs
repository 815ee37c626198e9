//! `./x bench store`: the budgets of the tablet's store, in one run on one machine, by hand.
//!
//! - a save beside a raw append + fdatasync of the same bytes, and beside SQLite (WAL, synchronous=FULL);
//! - a search over 260,000 households;
//! - opening a store of 5,000 and of 260,000 households: time and resident memory, in a process of its own.
//!
//! Everything lies in a temporary folder under the first argument, else the current folder: /tmp is often no disk.
//! `--only saves` leaves the households out. Beside each time stands the processor time that it took: on a machine
//! with other work, what is over it is waiting for a turn.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use huce_core::{
    body::{Body, Noun},
    event::{Event, SignedEvent, device_id, key_text},
    household::field,
    ids::{GridId, HouseholdId, PersonId},
    person::{Person, Role, RoleIn},
    record::first_edit,
    sample,
    wire::{DeviceKey, Profile, PulledEvent},
};
use huce_device::{Device, clock::SystemClock, device::OnUnknown};
use serde_json::json;

const SAVES: usize = 2_000;
const ESTATES: [&str; 12] = [
    "西里路54号院",
    "金穗花园",
    "棉纺厂家属院",
    "绿城百合",
    "碧沙岗",
    "建业森林半岛",
    "省直文苑",
    "工人新村",
    "郑上路小区",
    "热力佳苑",
    "重庆里",
    "五龙口东区",
];
const SEARCHES: [&str; 10] =
    ["西里路54", "xll54", "3-2-501", "jshy 3-2-501", "金穗花园", "20000123", "0123", "rljy", "独居", "cql 12-1-1802"];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|a| a == "open") {
        return open_and_tell(Path::new(&args[2]));
    }
    let under = args.get(1).filter(|a| !a.starts_with("--")).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let folder = tempfile::tempdir_in(under).unwrap();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average {}", load.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
    println!("{:<44} {:>12} {:>12}   budget", "", "p50", "p99");
    saves(folder.path());
    if args.iter().any(|a| a == "saves") {
        return;
    }
    for (households, ms, mb) in [(5_000, 300, 100), (260_000, 2_000, 250)] {
        let store = folder.path().join(format!("store-{households}"));
        let begun = Instant::now();
        fill(&store, households);
        println!(
            "{households} households were pulled in {:.1} s, {:.0} MB on disk",
            begun.elapsed().as_secs_f64(),
            megabytes(&store)
        );
        opened(&store, households, ms, mb);
        if households > 100_000 {
            searches(&store);
        }
    }
}

fn percentile(times: &mut [Duration], p: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * p / 100).min(times.len() - 1)]
}

fn line(what: &str, times: &mut [Duration], budget: &str) -> (Duration, Duration) {
    let (p50, p99) = (percentile(times, 50), percentile(times, 99));
    println!("{what:<44} {:>9.3} ms {:>9.3} ms   {budget}", p50.as_secs_f64() * 1e3, p99.as_secs_f64() * 1e3);
    (p50, p99)
}

fn person() -> PersonId {
    PersonId::new("bench").unwrap()
}

fn grid() -> GridId {
    GridId::new("G-1").unwrap()
}

fn visit(n: usize) -> Body {
    Body::Visit(sample::visit(n as u64))
}

/// The three take turns, so that a disk that is slow for a while is slow for all.
fn saves(folder: &Path) {
    let device = Device::open(&folder.join("saves"), SystemClock).unwrap();
    let doors: Vec<HouseholdId> = (0..120).map(|n| HouseholdId::of_address("S", "1", "1", &n.to_string())).collect();
    let mut raw = OpenOptions::new().create(true).append(true).open(folder.join("raw")).unwrap();
    let lite = rusqlite::Connection::open(folder.join("lite.db")).unwrap();
    lite.pragma_update(None, "journal_mode", "WAL").unwrap();
    lite.pragma_update(None, "synchronous", "FULL").unwrap();
    lite.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, payload BLOB)", ()).unwrap();
    // As many bytes as an entry of the journal has, from the journal itself.
    let before = journal_bytes(&folder.join("saves"));
    for (n, door) in doors.iter().take(50).enumerate() {
        device.record(person(), grid(), Some(door.clone()), visit(n)).unwrap();
    }
    let size = (journal_bytes(&folder.join("saves")) - before) / 50;
    let bytes = vec![0xA5_u8; size];
    let (mut ours, mut theirs, mut lites) = (Vec::new(), Vec::new(), Vec::new());
    let mut busy_us = 0;
    for n in 0..SAVES {
        let (door, body) = (doors[n % doors.len()].clone(), visit(n));
        let before_us = processor_us("/proc/thread-self/schedstat");
        let at = Instant::now();
        device.record(person(), grid(), Some(door), body).unwrap();
        ours.push(at.elapsed());
        busy_us += processor_us("/proc/thread-self/schedstat") - before_us;
        let at = Instant::now();
        raw.write_all(&bytes).unwrap();
        raw.sync_data().unwrap();
        theirs.push(at.elapsed());
        let at = Instant::now();
        lite.execute("INSERT INTO event (payload) VALUES (?1)", (&bytes,)).unwrap();
        lites.push(at.elapsed());
    }
    println!("{SAVES} saves of {size} bytes in the journal, {} µs of processor each", busy_us / SAVES as u64);
    let ours = line("a save", &mut ours, "");
    let theirs = line("a raw append + fdatasync", &mut theirs, "");
    line("SQLite, WAL, synchronous=FULL", &mut lites, "");
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "{:<44} {:>9.2} x  {:>9.2} x    1.5 x, 4 x",
        "a save / a raw append",
        ratio(ours.0, theirs.0),
        ratio(ours.1, theirs.1)
    );
}

/// What a thread or process has used so far.
fn processor_us(schedstat: &str) -> u64 {
    let text = std::fs::read_to_string(schedstat).unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0) / 1_000
}

fn journal_bytes(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("journal")).unwrap().map(|f| f.unwrap().metadata().unwrap().len() as usize).sum()
}

/// Households, and a visit at every tenth, as they come from the server.
fn fill(store: &Path, households: usize) {
    let device = Device::open(store, SystemClock).unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let other = device_id(&key.verifying_key());
    let me = Person { id: person(), name: "李".into(), roles: vec![RoleIn { role: Role::Inspector, grid: grid() }] };
    let keys = vec![DeviceKey { device: other.clone(), key: key_text(&key.verifying_key()) }];
    let profile = Profile {
        person: me,
        grids: vec![],
        above: vec![],
        people: vec![],
        forms: vec![],
        keys,
        epoch: 1,
        now_ms: 0,
        covered: None,
        rules: Vec::new(),
    };
    device.set_profile(profile).unwrap();
    let (mut seq, mut prev, mut page) = (0, None, Vec::new());
    let mut event = |household: HouseholdId, body: Body, page: &mut Vec<PulledEvent>| {
        seq += 1;
        let at = huce_core::clock::Hlc { ms: 1_800_000_000_000 + seq as i64, count: 0 };
        let event = Event {
            device: other.clone(),
            seq,
            prev: prev.take(),
            at,
            offset_ms: None,
            person: person(),
            grid: grid(),
            household: Some(household),
            facility: None,
            body,
        };
        let signed = SignedEvent::sign(&event, &key).unwrap();
        prev = Some(signed.hash());
        page.push(PulledEvent { pos: seq, event: signed });
        seq
    };
    for n in 0..households {
        let (estate, rest) = (ESTATES[n % ESTATES.len()], n / ESTATES.len());
        let (floor, door) = (rest % 18 + 1, rest / 18 % 4 + 1);
        let (entrance, building) = (rest / 72 % 4 + 1, rest / 288 + 1);
        let room = format!("{floor}{door:02}");
        let id = HouseholdId::of_address(estate, &building.to_string(), &entrance.to_string(), &room);
        let set = [
            (field::ESTATE, json!(estate)),
            (field::BUILDING, json!(building.to_string())),
            (field::ENTRANCE, json!(entrance.to_string())),
            (field::ROOM, json!(room)),
            (field::FLOOR, json!(floor)),
            (field::ACCOUNT, json!(format!("{}", 20_000_000 + n))),
        ];
        let edit = first_edit(Noun::Household, id.as_str(), set.map(|(name, v)| (name.to_owned(), v)));
        let mut last = event(id.clone(), Body::Edit(edit), &mut page);
        if n % 10 == 0 {
            last = event(id, visit(n), &mut page);
        }
        if page.len() >= 2_000 || n + 1 == households {
            device.take_pulled(&page, &grid(), last, OnUnknown::Report).unwrap();
            page.clear();
        }
    }
}

fn megabytes(folder: &Path) -> f64 {
    let len = |entry: std::fs::DirEntry| {
        let path = entry.path();
        if path.is_dir() { megabytes(&path) } else { entry.metadata().unwrap().len() as f64 / 1e6 }
    };
    std::fs::read_dir(folder).unwrap().map(|e| len(e.unwrap())).sum()
}

fn open_and_tell(store: &Path) {
    let begun = Instant::now();
    let device = Device::open(store, SystemClock).unwrap();
    let ms = begun.elapsed().as_millis();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = |name: &str| -> u64 {
        let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("0");
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    };
    let busy_ms = processor_us("/proc/self/schedstat") / 1_000;
    println!("{ms} {busy_ms} {} {} {}", kb("VmRSS:") / 1000, kb("VmHWM:") / 1000, device.index().len());
}

fn opened(store: &Path, households: usize, budget_ms: u64, budget_mb: u64) {
    for _ in 0..3 {
        let out = Command::new(std::env::current_exe().unwrap()).arg("open").arg(store).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut parts = text.split_whitespace();
        let mut next = || parts.next().unwrap_or("?").to_owned();
        println!(
            "opening {households} households: {} ms ({} ms of processor), {} MB resident ({} MB at most), {} found   {budget_ms} ms, {budget_mb} MB",
            next(),
            next(),
            next(),
            next(),
            next()
        );
    }
}

fn searches(store: &Path) {
    let device = Device::open(store, SystemClock).unwrap();
    let mut times = Vec::new();
    for _ in 0..40 {
        for text in SEARCHES {
            let at = Instant::now();
            let found = device.index().search(text, 20);
            times.push(at.elapsed());
            std::hint::black_box(found);
        }
    }
    line("a search over 260,000 households", &mut times, "10 ms");
}
