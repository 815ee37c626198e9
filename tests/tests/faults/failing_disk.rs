//! A disk that is full, or whose fsync fails, at every operation in turn: no panic, nothing acknowledged is lost, what
//! could not be saved is not said to be, and the tablet goes on as soon as the disk does.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    disk::{Disk, Faults, Survives, mount},
    seed::Seed,
    soak,
};

/// A store with some visits in it, the fault, and what came of it. Afterwards the disk is well again, and all that was
/// acknowledged must be there, also when the power goes at the end.
fn round(faults: Faults, before: u64, survives: Survives, tally: &mut Tally) -> Result<()> {
    let mounted = mount::Mounted::new(Disk::default())?;
    let store = mounted.path().join("tablet");
    let mut acked = Vec::new();
    if before > 0 {
        acked = soak::soak(&store, before)?.0;
        ensure!(acked.len() as u64 >= before, "a well disk took {} of {before}", acked.len());
    }
    {
        let mut disk = mounted.disk();
        (disk.ops, disk.syncs) = (0, 0);
        disk.faults = faults.clone();
    }
    let (more, output) = soak::soak(&store, 6)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    tally.tries += 1;
    tally.refused += u64::from(!output.status.success());
    ensure!(output.status.success() || !said.trim().is_empty(), "it failed and did not say why");
    acked.extend(more);
    let mounted = mounted.cut(survives)?;
    let store = mounted.path().join("tablet");
    if acked.is_empty() && !store.join("device.key").exists() {
        return Ok(());
    }
    let (held, found, said) = soak::verify(&store, &acked)?;
    ensure!(held, "{faults:?}, {} ids: {found}\n{said}", acked.len());
    // The disk is well again: so is the tablet.
    let (more, output) = soak::soak(&store, 3)?;
    ensure!(output.status.success(), "{faults:?}: {}", String::from_utf8_lossy(&output.stderr));
    acked.extend(more);
    let (held, found, said) = soak::verify(&store, &acked)?;
    ensure!(held, "{faults:?}, afterwards: {found}\n{said}");
    tally.acked += acked.len() as u64;
    Ok(())
}

#[derive(Default)]
struct Tally {
    tries: u64,
    refused: u64,
    acked: u64,
}

impl Tally {
    fn print(&self, name: &str) {
        println!(
            "{name}: {} tries, {} refused to save, {} acknowledged ids, 0 lost",
            self.tries, self.refused, self.acked
        );
    }
}

#[test]
fn a_disk_that_is_full_at_any_operation_loses_nothing() -> Result<()> {
    const NAME: &str = "a_disk_that_is_full_at_any_operation_loses_nothing";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let mut seed = Seed::of_this_run(NAME);
    let mut tally = Tally::default();
    for at in 1..=40 {
        // For a moment, until a person made room, and for good.
        let long = [1, 7, u64::MAX][seed.below(3) as usize];
        let faults = Faults { full: Some((at, long)), ..Faults::default() };
        let before = seed.below(2) * 5;
        round(faults, before, Survives::Torn(seed.next()), &mut tally)
            .with_context(|| format!("HUCE_SEED={} at {at}", seed.0))?;
    }
    ensure!(tally.refused > 0, "nothing was ever refused");
    tally.print(NAME);
    Ok(())
}

#[test]
fn an_fsync_that_fails_at_any_time_loses_nothing() -> Result<()> {
    const NAME: &str = "an_fsync_that_fails_at_any_time_loses_nothing";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let mut seed = Seed::of_this_run(NAME);
    let mut tally = Tally::default();
    for at in 1..=30 {
        // Once, some times, and for good; what it was to sync never reaches the disk, whatever is synced later.
        let long = [1, 2, 5, u64::MAX][seed.below(4) as usize];
        let faults = Faults { fail_sync: Some((at, long)), ..Faults::default() };
        let before = seed.below(2) * 5;
        round(faults, before, Survives::Nothing, &mut tally)
            .with_context(|| format!("HUCE_SEED={} at {at}", seed.0))?;
    }
    ensure!(tally.refused > 0, "nothing was ever refused");
    tally.print(NAME);
    Ok(())
}

/// A disk that fills up: the reserve is given back, the tablet opens, shows and saves; and says so when it cannot.
#[test]
fn a_disk_that_fills_up_is_opened_shown_and_worked_on() -> Result<()> {
    const NAME: &str = "a_disk_that_fills_up_is_opened_shown_and_worked_on";
    if !mount::is_possible(NAME) {
        return Ok(());
    }
    let mounted = mount::Mounted::new(Disk::default())?;
    let store = mounted.path().join("tablet");
    let (mut acked, _) = soak::soak(&store, 200)?;
    ensure!(store.join("reserve").exists(), "no reserve was made");
    // Full to the last byte.
    {
        let mut disk = mounted.disk();
        disk.faults.room = Some(disk.used());
    }
    let (more, output) = soak::soak(&store, 400)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "the reserve has room for 400 visits: {said}");
    ensure!(!store.join("reserve").exists(), "the reserve was not given back");
    acked.extend(more);
    // And to the last byte again, without a reserve.
    {
        let mut disk = mounted.disk();
        disk.faults.room = Some(disk.used());
    }
    let output = soak::run(&store, &["search", "1-1-101"])?;
    ensure!(output.status.success(), "it does not open: {}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(found["total"].as_u64() == Some(1), "it does not show: {found}");
    let (more, output) = soak::soak(&store, 5_000)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success() && said.contains("full"), "it does not say that the disk is full: {said}");
    acked.extend(more);
    mounted.disk().faults.room = None;
    let (held, found, said) = soak::verify(&store, &acked)?;
    ensure!(held, "{found}\n{said}");
    let (more, output) = soak::soak(&store, 5)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    acked.extend(more);
    ensure!(store.join("reserve").exists(), "there is room again, and no reserve");
    let (held, found, said) = soak::verify(&store, &acked)?;
    ensure!(held, "{found}\n{said}");
    println!("{NAME}: {} acknowledged ids, 0 lost", acked.len());
    Ok(())
}
