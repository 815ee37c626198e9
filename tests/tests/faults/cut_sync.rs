//! The battery is pulled while a tablet syncs with a real server over loopback: events go and come, photos go and come.
//! The power goes at an operation of the tablet's disk that the seed chooses; afterwards it goes on. What was acknowledged
//! is on the server in the end, no photo's bytes went before the server had them, and what the tablet shows is what a new
//! tablet pulls. `HUCE_CUTS` makes it longer.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use huce_core::{
    body::Body,
    ids::{EventId, PhotoId},
};
use huce_device::{Device, DeviceError, clock::SystemClock, photo::files::Found};
use huce_tests::{
    server::Server,
    tablet::{Tablet, photo_file},
};
use serde_json::Value;

use super::{
    disk::{
        Disk, Faults,
        mount::{self, Mounted},
    },
    power_cut::survivors,
    seed::Seed,
    soak,
};

/// Tablets, and cuts of each.
const STORES: u64 = 4;
/// A tablet may ask for some twenty tokens at once (`limits.rs`): every sync here is a process that asks for one or two.
const CUTS: u64 = 6;
/// How long a tablet waits that is told to ask less often.
const PATIENCE: Duration = Duration::from_secs(5);
pub const ESTATE: &str = "金穗花园";
pub const LOGIN: &str = "chenshoucheng";

/// What the tablet was told is saved, and what happened to it.
#[derive(Default)]
struct Story {
    events: Vec<String>,
    photos: Vec<PhotoId>,
    cuts: u64,
    /// Cuts that came while it synced.
    in_sync: u64,
    /// Photos of others that it has in the end.
    fetched: u64,
}

/// Everything that does not change from cut to cut.
struct Scene {
    server: Server,
    /// Somebody else at the same doors, whose disk is well.
    other: Tablet,
    picture: String,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut server = Server::with_demo()?;
        server.start()?;
        let other = Tablet::enrolled(&server, LOGIN)?;
        let folder = tempfile::TempDir::new()?;
        let picture = photo_file(folder.path(), 640, 480)?.to_string_lossy().into_owned();
        Ok(Self { server, other, picture, _folder: folder })
    }

    /// The other tablet has knocked at a door and taken a photo, and the server has both.
    fn others_go_on(&self, seed: &mut Seed) -> Result<()> {
        let door = self.other.household(ESTATE, &door(seed))?;
        self.other.must(&["visit", "--household", &door, "--no-answer", "--photo", &self.picture])?;
        self.other.must(&["sync"]).map(drop)
    }
}

/// Has a server's data folder these bytes, whole?
pub fn has_photo(data: &Path, photo: &PhotoId) -> bool {
    let file = data.join("photos").join(&photo.as_str()[..2]).join(photo.as_str());
    std::fs::read(file).is_ok_and(|bytes| PhotoId::of_bytes(&bytes) == *photo)
}

/// The events in a server's data folder, read past the server.
pub fn events_in(data: &Path) -> Result<BTreeSet<EventId>> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let database = rusqlite::Connection::open_with_flags(data.join("huce.db"), flags)?;
    let mut all = database.prepare("SELECT device, seq FROM event")?;
    let rows = all.query_map([], |row| Ok(format!("{}-{}", row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    rows.map(|id| id?.parse().map_err(|_| anyhow::anyhow!("an event's name"))).collect()
}

pub fn door(seed: &mut Seed) -> String {
    ["2-1-401", "2-1-402", "2-1-301", "2-1-302"][seed.below(4) as usize].to_owned()
}

/// A line of JSON that a command printed before it was cut off.
pub fn said(output: &std::process::Output) -> Option<Value> {
    soak::acked(output).last().and_then(|line| serde_json::from_str(line).ok())
}

/// Opens the tablet's folder in this process, to look.
pub fn open(store: &Path) -> Result<Device> {
    for _ in 0..200 {
        match Device::open(store, SystemClock) {
            // Another test is starting a process: until its exec it holds a copy of every open file, also of a lock.
            Err(DeviceError::InUse) => std::thread::sleep(Duration::from_millis(5)),
            opened => return Ok(opened?),
        }
    }
    bail!("{} is in use", store.display())
}

impl Story {
    /// One use of the tablet until its power goes, or until it ends by itself.
    fn use_it(&mut self, store: &Path, seed: &mut Seed, scene: &Scene, is_dead: impl Fn() -> bool) -> Result<()> {
        let door = door(seed);
        let visit = ["visit", "--household", &format!("{ESTATE} {door}"), "--no-answer", "--photo", &scene.picture];
        let sync = ["sync", "--fetch", if seed.below(2) == 0 { "thumbs" } else { "whole" }];
        let uses: &[&[&str]] = match seed.below(4) {
            0 => &[&visit, &sync],
            1 => &[&["soak", "--visits", "7"], &sync],
            _ => &[&sync],
        };
        for args in uses {
            let output = soak::run_until(store, args, &is_dead)?;
            match (args[0], said(&output)) {
                ("soak", _) => self.events.extend(soak::acked(&output)),
                ("visit", Some(said)) => {
                    self.events.extend(said["visit"].as_str().map(str::to_owned));
                    let photos: Vec<PhotoId> = serde_json::from_value(said["photos"].clone())?;
                    self.photos.extend(photos);
                }
                _ => {}
            }
            if is_dead() {
                self.in_sync += u64::from(args[0] == "sync");
                return Ok(());
            }
            let err = String::from_utf8_lossy(&output.stderr);
            if err.contains("slow_down") {
                std::thread::sleep(PATIENCE);
                continue;
            }
            if err.contains("no household is found") {
                // Its store was made again from the journal: the doors come back with the sync.
                continue;
            }
            ensure!(output.status.success(), "{args:?} on a well disk: {err}");
        }
        Ok(())
    }

    /// After the cut: everything acknowledged is on the tablet, and what it no longer keeps for the server is there.
    fn judge(&mut self, store: &Path, scene: &Scene) -> Result<()> {
        let (held, found, said) = soak::verify(store, &self.events)?;
        ensure!(held, "{} ids: {found}\n{said}", self.events.len());
        let device = open(store)?;
        let refused = device.refused_events();
        ensure!(refused.is_empty(), "the server refused {refused:?}");
        let on_server = events_in(&scene.server.data())?;
        for id in &self.events {
            let id: EventId = id.parse()?;
            ensure!(
                device.is_unsent(&id) || on_server.contains(&id),
                "{id} is taken for sent, and the server has it not"
            );
        }
        let waiting: BTreeSet<_> = device.waiting_photos().into_iter().map(|waiting| waiting.photo).collect();
        for photo in &self.photos {
            let here = matches!(device.files().get(photo)?, Found::Whole(_));
            let there = has_photo(&scene.server.data(), photo);
            ensure!(here || there, "photo {photo} is nowhere");
            ensure!(there || waiting.contains(photo), "photo {photo} is taken for sent, and the server has it not");
        }
        Ok(())
    }
}

fn story(seed: &mut Seed, scene: &Scene, cuts: u64) -> Result<Story> {
    let mut story = Story::default();
    let mut mounted = Mounted::new(Disk::default())?;
    let tablet = |mounted: &Mounted| -> PathBuf { mounted.path().join("tablet") };
    let code = scene.server.code(LOGIN)?;
    let enrolled = soak::run(&tablet(&mounted), &["enrol", &scene.server.url(), &code])?;
    ensure!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
    while story.cuts < cuts {
        scene.others_go_on(seed)?;
        {
            let mut disk = mounted.disk();
            disk.ops = 0;
            let reach = [30, 120, 400][seed.below(3) as usize];
            disk.faults = Faults { cut_at: Some(1 + seed.below(reach)), ..Faults::default() };
        }
        // Until the power goes: it may take more than one sync.
        for _ in 0..20 {
            story.use_it(&tablet(&mounted), seed, scene, || mounted.disk().is_dead)?;
            if mounted.disk().is_dead {
                break;
            }
        }
        story.cuts += 1;
        let survives = survivors(seed);
        mounted = mounted.cut(survives)?;
        story.judge(&tablet(&mounted), scene).with_context(|| format!("cut {} ({survives:?})", story.cuts))?;
    }
    // The power stays.
    for args in [["sync", "--fetch", "thumbs"], ["sync", "--fetch", "whole"]] {
        let output = loop {
            let output = soak::run(&tablet(&mounted), &args)?;
            if !String::from_utf8_lossy(&output.stderr).contains("slow_down") {
                break output;
            }
            std::thread::sleep(PATIENCE);
        };
        ensure!(output.status.success(), "the last sync: {}", String::from_utf8_lossy(&output.stderr));
    }
    story.judge(&tablet(&mounted), scene)?;
    let state = {
        let device = open(&tablet(&mounted))?;
        ensure!(device.waiting_counts() == (0, 0, 0), "this still waits: {:?}", device.waiting_counts());
        for held in device.files().list()? {
            ensure!(matches!(device.files().get(&held.photo)?, Found::Whole(_)), "photo {} is damaged", held.photo);
        }
        story.fetched = of_others(&device)?;
        serde_json::to_value(device.state()?)?
    };
    let fresh = Tablet::enrolled(&scene.server, LOGIN)?;
    ensure!(fresh.must(&["state"])? == state, "the tablet shows something else than a new one that pulled everything");
    drop(mounted);
    Ok(story)
}

/// How many photos of others are here, whole and with their thumbnails.
fn of_others(device: &Device) -> Result<u64> {
    let mut count = 0;
    for signed in device.others_events(None, usize::MAX)? {
        let Body::Photo(photo) = signed.event()?.body else { continue };
        for found in [device.files().get(&photo.photo)?, device.files().thumb(&photo.photo)?] {
            ensure!(!matches!(found, Found::Damaged { .. }), "photo {} is damaged", photo.photo);
        }
        count += u64::from(device.files().has(&photo.photo));
    }
    Ok(count)
}

#[test]
fn a_tablet_that_is_cut_while_it_syncs_loses_nothing() -> Result<()> {
    const NAME: &str = "a_tablet_that_is_cut_while_it_syncs_loses_nothing";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let seed = Seed::of_this_run(NAME);
    let cuts: u64 = std::env::var("HUCE_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(STORES * CUTS);
    let scene = Scene::new()?;
    let mut all = Story::default();
    for store in 0..cuts.div_ceil(CUTS) {
        let story = story(&mut Seed::of(seed.0, store), &scene, CUTS);
        let story = story.with_context(|| format!("tablet {store} of HUCE_SEED={}", seed.0))?;
        all.events.extend(story.events);
        all.photos.extend(story.photos);
        all.cuts += story.cuts;
        all.in_sync += story.in_sync;
        all.fetched += story.fetched;
    }
    let audit = scene.server.json(&["audit", "verify"])?;
    ensure!(audit["findings"] == serde_json::json!([]), "{audit}");
    println!(
        "{NAME}: {} cuts ({} while it synced), {} acknowledged events and {} photos, {} photos of others came, 0 lost",
        all.cuts,
        all.in_sync,
        all.events.len(),
        all.photos.len(),
        all.fetched
    );
    ensure!(all.in_sync > 0 && !all.photos.is_empty() && all.fetched > 0, "the cuts never met what they are for");
    Ok(())
}
