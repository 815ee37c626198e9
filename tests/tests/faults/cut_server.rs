//! The server's machine loses its power while tablets hand in: its data folder lies on a disk that keeps only what was
//! fsynced. Whatever a tablet got a receipt for (events `stored`, photos committed) is there after the cut, before any
//! tablet says a word; and the server goes on. `HUCE_CUTS` makes it longer.

use std::{
    cell::Cell,
    collections::BTreeSet,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use huce_core::ids::{EventId, PhotoId};
use huce_tests::{
    process::{binary, run},
    server::Server,
    tablet::{Tablet, photo_file},
};

use super::{
    cut_sync::{ESTATE, LOGIN, door, events_in, has_photo, open, said},
    disk::{
        Disk, Faults, Survives,
        mount::{self, Mounted},
    },
    power_cut::survivors,
    seed::Seed,
    soak,
};

/// Servers, and cuts of each.
const SERVERS: u64 = 2;
const CUTS: u64 = 10;
/// How long a tablet goes on after its server's disk died: what was on its way arrives.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What was told to a tablet, and what became of it.
#[derive(Default)]
struct Story {
    cuts: u64,
    /// Receipts that were checked after the last cut: events, photos.
    receipts: (u64, u64),
    lost: u64,
}

struct Depot {
    server: Server,
    mounted: Mounted,
    tablet: Tablet,
    photos: Vec<PhotoId>,
    picture: String,
    _folder: tempfile::TempDir,
}

impl Depot {
    /// A server with the demo on a disk of ours, and a tablet on another one.
    fn new() -> Result<Self> {
        let mounted = Mounted::new(Disk::default())?;
        let mut server = Server::new()?;
        server.put_at(data(&mounted));
        server.must(&["demo", "load"])?;
        server.start()?;
        let tablet = Tablet::enrolled(&server, LOGIN)?;
        let folder = tempfile::TempDir::new()?;
        let picture = photo_file(folder.path(), 640, 480)?.to_string_lossy().into_owned();
        Ok(Self { server, mounted, tablet, photos: Vec::new(), picture, _folder: folder })
    }

    /// The tablet records and hands in until the server's power goes.
    fn hand_in(&mut self, seed: &mut Seed) -> Result<()> {
        for _ in 0..40 {
            if seed.below(2) == 0 {
                let at = format!("{ESTATE} {}", door(seed));
                let visit = ["visit", "--household", &at, "--no-answer", "--photo", &self.picture];
                let output = soak::run(&self.tablet.store(), &visit)?;
                let said = said(&output).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
                let photos: Vec<PhotoId> = serde_json::from_value(said["photos"].clone())?;
                self.photos.extend(photos);
            } else {
                soak::soak(&self.tablet.store(), 1 + seed.below(12))?;
            }
            let died: Cell<Option<Instant>> = Cell::new(None);
            let over = || {
                if died.get().is_none() && self.mounted.disk().is_dead {
                    died.set(Some(Instant::now()));
                }
                died.get().is_some_and(|at| at.elapsed() > LAST_WORDS)
            };
            let output = soak::run_until(&self.tablet.store(), &["sync"], over)?;
            if self.mounted.disk().is_dead {
                return Ok(());
            }
            ensure!(output.status.success(), "a sync on a well disk: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// What the tablet takes for sent and the server does not have: before anybody could bring it again.
    fn judge(&self, story: &mut Story, honest: bool) -> Result<()> {
        let data = data(&self.mounted);
        let (said, held, err) = self.server.command(&["audit", "verify"])?;
        ensure!(!honest || held, "the audit: {err}{said}");
        let there: BTreeSet<EventId> = events_in(&data).unwrap_or_default();
        let device = open(&self.tablet.store())?;
        ensure!(!honest || device.refused_events().is_empty(), "refused: {:?}", device.refused_events());
        story.receipts = (0, 0);
        for signed in device.events()? {
            let id = signed.event()?.id();
            if id.device == *device.id() && !device.is_unsent(&id) {
                story.receipts.0 += 1;
                story.lost += u64::from(!there.contains(&id));
            }
        }
        let waiting: BTreeSet<_> = device.waiting_photos().into_iter().map(|waiting| waiting.photo).collect();
        for photo in self.photos.iter().filter(|photo| !waiting.contains(photo)) {
            story.receipts.1 += 1;
            story.lost += u64::from(!has_photo(&data, photo));
        }
        ensure!(!honest || story.lost == 0, "{} of {:?} receipts are for nothing", story.lost, story.receipts);
        Ok(())
    }
}

fn data(mounted: &Mounted) -> PathBuf {
    mounted.path().join("data")
}

fn story(mut depot: Depot, seed: &mut Seed, cuts: u64, faults: &Faults) -> Result<Story> {
    let honest = !faults.ignore_sync;
    let mut story = Story::default();
    while story.cuts < cuts {
        let while_it_starts = seed.below(4) == 0;
        if while_it_starts {
            depot.server.kill()?;
        }
        {
            let mut disk = depot.mounted.disk();
            disk.ops = 0;
            let reach = if while_it_starts { 60 } else { [40, 150, 600][seed.below(3) as usize] };
            disk.faults = Faults { cut_at: Some(1 + seed.below(reach)), ..faults.clone() };
        }
        if while_it_starts {
            let started = depot.server.start();
            ensure!(started.is_ok() || depot.mounted.disk().is_dead, "it does not start: {started:?}");
        }
        if !depot.mounted.disk().is_dead {
            match depot.hand_in(seed) {
                // A server that has forgotten its tablets has lost everything.
                Err(_) if !honest => {
                    story.lost += 1;
                    return Ok(story);
                }
                done => done?,
            }
        }
        depot.server.stop();
        story.cuts += 1;
        let survives = survivors(seed);
        depot.mounted = depot.mounted.cut(survives)?;
        depot.server.put_at(data(&depot.mounted));
        let judged = depot.judge(&mut story, honest);
        judged.with_context(|| format!("cut {} ({survives:?})", story.cuts))?;
        if story.lost > 0 {
            return Ok(story);
        }
        depot.server.start().with_context(|| format!("after cut {} ({survives:?})", story.cuts))?;
    }
    for _ in 0..2 {
        depot.tablet.must(&["sync"])?;
    }
    let counts = open(&depot.tablet.store())?.waiting_counts();
    ensure!(counts == (0, 0, 0), "this still waits: {counts:?}");
    let fresh = Tablet::enrolled(&depot.server, LOGIN)?;
    ensure!(fresh.must(&["state"])? == depot.tablet.must(&["state"])?, "a new tablet pulls something else");
    depot.server.stop();
    depot.judge(&mut story, honest)?;
    Ok(story)
}

#[test]
fn what_the_server_gave_a_receipt_for_survives_every_cut_of_its_power() -> Result<()> {
    const NAME: &str = "what_the_server_gave_a_receipt_for_survives_every_cut_of_its_power";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let seed = Seed::of_this_run(NAME);
    let cuts: u64 = std::env::var("HUCE_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(SERVERS * CUTS);
    let (mut done, mut receipts) = (0, (0, 0));
    for server in 0..cuts.div_ceil(CUTS) {
        let story = story(Depot::new()?, &mut Seed::of(seed.0, server), CUTS, &Faults::default());
        let story = story.with_context(|| format!("server {server} of HUCE_SEED={}", seed.0))?;
        done += story.cuts;
        receipts = (receipts.0 + story.receipts.0, receipts.1 + story.receipts.1);
    }
    println!("{NAME}: {done} cuts, receipts for {} events and {} photos, 0 lost", receipts.0, receipts.1);
    ensure!(receipts.0 > 50 && receipts.1 > 0, "next to nothing was handed in: {receipts:?}");
    Ok(())
}

/// The same on a disk that lies: were nothing lost there, the test above would prove nothing.
#[test]
fn a_server_on_a_disk_that_ignores_fsync_is_found_out() -> Result<()> {
    const NAME: &str = "a_server_on_a_disk_that_ignores_fsync_is_found_out";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let seed = Seed::of_this_run(NAME);
    let lying = Faults { ignore_sync: true, ..Faults::default() };
    for server in 0..5 {
        match story(Depot::new()?, &mut Seed::of(seed.0, server), 4, &lying) {
            Ok(story) if story.lost == 0 => {}
            Ok(story) => {
                println!("{NAME}: {} of {:?} receipts were for nothing, and seen to be", story.lost, story.receipts);
                return Ok(());
            }
            // A server that does not start any more is a loss that is noticed, too.
            Err(e) => {
                println!("{NAME}: seen: {e:#}");
                return Ok(());
            }
        }
    }
    anyhow::bail!("HUCE_SEED={}: nothing was lost on a disk that never syncs", seed.0)
}

/// A server that is cut while it makes its data folder begins again; once it has answered, its key is the one that
/// tablets will pin.
#[test]
fn a_server_that_is_cut_while_it_begins_is_made_anew_or_is_the_same() -> Result<()> {
    const NAME: &str = "a_server_that_is_cut_while_it_begins_is_made_anew_or_is_the_same";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let seed = &mut Seed::of_this_run(NAME);
    let begin = |mounted: &Mounted| {
        let mut command = Command::new(binary("huce-server")?);
        run(command.args(["person", "list", "--data"]).arg(data(mounted)))
    };
    let key = |mounted: &Mounted| std::fs::read_to_string(data(mounted).join("server.key")).ok();
    let (mut cut, mut whole) = (0, 0);
    for n in 0..16 {
        let mounted = Mounted::new(Disk::default())?;
        let reach = [20, 200, 1_000][seed.below(3) as usize];
        // Every fourth has time enough, and loses its power afterwards.
        let cut_at = (n % 4 > 0).then(|| 1 + seed.below(reach));
        mounted.disk().faults = Faults { cut_at, ..Faults::default() };
        let (said, held, _) = begin(&mounted)?;
        let before = key(&mounted).filter(|_| held);
        ensure!(held || mounted.disk().is_dead, "it does not begin: {said}");
        let survives = if held { Survives::Nothing } else { survivors(seed) };
        let mounted = mounted.cut(survives)?;
        let (_, again, err) = begin(&mounted)?;
        ensure!(again, "after the cut ({survives:?}): {err}");
        if let Some(before) = before {
            ensure!(key(&mounted).as_ref() == Some(&before), "it is another server after the cut");
            whole += 1;
        } else {
            cut += 1;
        }
    }
    println!("{NAME}: {cut} cut, {whole} whole");
    ensure!(cut > 0 && whole > 0, "{cut} cut, {whole} whole: one of the two never happened");
    Ok(())
}
