//! The battery is pulled: `soak` runs on a disk that keeps only what was fsynced, and loses its power in the middle of
//! an operation chosen by the seed, also while it opens and puts right what the last cut left. Every id that it printed must
//! be there afterwards. `HUCE_CUTS` makes it longer.

use anyhow::{Context, Result, ensure};

use super::{
    disk::{Disk, Faults, Survives, mount},
    seed::Seed,
    soak,
};

/// Stores, and cuts of each.
const STORES: u64 = 5;
const CUTS: u64 = 9;

/// Operations until the cut: often within the opening, sometimes after hundreds of saves.
fn moment(seed: &mut Seed) -> u64 {
    let reach = [12, 60, 200, 900][seed.below(4) as usize];
    1 + seed.below(reach)
}

pub fn survivors(seed: &mut Seed) -> Survives {
    match seed.below(3) {
        0 => Survives::Nothing,
        1 => Survives::Torn(seed.next()),
        _ => Survives::Sectors(seed.next()),
    }
}

/// What one store went through.
#[derive(Default)]
struct Story {
    acked: Vec<String>,
    cuts: u64,
    lost: usize,
}

fn story(seed: &mut Seed, cuts: u64, faults: &Faults) -> Result<Story> {
    let mut story = Story::default();
    let mut disk = Disk::default();
    for _ in 0..cuts {
        disk.ops = 0;
        disk.faults = Faults { cut_at: Some(moment(seed)), ..faults.clone() };
        let mounted = mount::Mounted::new(disk)?;
        let store = mounted.path().join("tablet");
        // One in four loses its power while it only opens, and makes good what the cut before left.
        let args: &[&str] = if seed.below(4) == 0 { &["status"] } else { &["soak", "--visits", "100000"] };
        let output = soak::run_until(&store, args, || mounted.disk().is_dead)?;
        let acked = if args.len() > 1 { soak::acked(&output) } else { Vec::new() };
        let before = story.acked.len();
        story.acked.extend(acked);
        let left = mounted.into_disk()?;
        // A start may be over before its cut comes: then the power goes afterwards.
        ensure!(left.is_dead || args.len() == 1, "the cut never came: {}", String::from_utf8_lossy(&output.stderr));
        let survives = survivors(seed);
        story.cuts += 1;
        let mounted = mount::Mounted::new(left.after_cut(survives))?;
        let store = mounted.path().join("tablet");
        let nothing_yet = story.acked.is_empty() && !store.join("device.key").exists();
        if !nothing_yet {
            let (held, found, said) = soak::verify(&store, &story.acked)?;
            let lost = match soak::losses(&found) {
                // Not even opened.
                Err(_) if faults.ignore_sync => Ok(story.acked.len()),
                lost => lost,
            };
            let lost = lost.with_context(|| format!("cut {}: {said}", story.cuts))?;
            story.lost += lost;
            if !held || lost > 0 {
                if faults.ignore_sync {
                    return Ok(story);
                }
                anyhow::bail!(
                    "cut {} ({survives:?}) of {} ids ({before} before): {found}\n{said}",
                    story.cuts,
                    story.acked.len()
                );
            }
        }
        disk = mounted.into_disk()?;
    }
    Ok(story)
}

#[test]
fn what_was_acknowledged_survives_every_cut() -> Result<()> {
    const NAME: &str = "what_was_acknowledged_survives_every_cut";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let seed = Seed::of_this_run(NAME);
    let more: u64 = std::env::var("HUCE_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(STORES * CUTS);
    let (mut acked, mut cuts) = (0, 0);
    for store in 0..more.div_ceil(CUTS) {
        let story = story(&mut Seed::of(seed.0, store), CUTS, &Faults::default());
        let story = story.with_context(|| format!("store {store} of HUCE_SEED={}", seed.0))?;
        acked += story.acked.len();
        cuts += story.cuts;
    }
    println!("{NAME}: {cuts} cuts, {acked} acknowledged ids, 0 lost");
    ensure!(acked > 200, "the soak recorded next to nothing: {acked}");
    Ok(())
}

/// The same on a disk that lies: were nothing lost there, the test above would prove nothing.
#[test]
fn a_disk_that_ignores_fsync_is_found_out() -> Result<()> {
    const NAME: &str = "a_disk_that_ignores_fsync_is_found_out";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let seed = Seed::of_this_run(NAME);
    let lying = Faults { ignore_sync: true, ..Faults::default() };
    for store in 0..20 {
        // A folder that does not open at all is a loss that is noticed, too.
        let story = story(&mut Seed::of(seed.0, store), 4, &lying)?;
        if story.lost > 0 {
            println!("{NAME}: {} of {} acknowledged ids lost, and seen to be", story.lost, story.acked.len());
            return Ok(());
        }
    }
    anyhow::bail!("HUCE_SEED={}: nothing was lost on a disk that never syncs", seed.0)
}
