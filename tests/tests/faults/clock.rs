//! A clock that is set to 1970 by a battery swap and back again: timestamps never go back on one tablet, what one edit
//! replaces is said by the events and not by the clock, and the jump is flagged.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use huce_core::body::Noun;
use huce_device::{Device, clock::HandClock};
use serde_json::json;

use super::filled;

#[test]
fn a_clock_set_to_1970_and_back_keeps_the_order_and_is_flagged() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let clock = Arc::new(HandClock::at(filled::BEGUN_MS));
    let mut device = Device::open(folder.path(), clock.clone())?;
    device.set_profile(filled::profile(&[]))?;
    let door = filled::door(&device, "501")?;
    let hour = 3_600_000;
    // Before, after the battery swap, after a restart in 1970, set right again, and a year too far.
    let times = [1, 2, -filled::BEGUN_MS / hour, -filled::BEGUN_MS / hour + 1, 3, 4, 365 * 24, 5];
    let mut stamps = Vec::new();
    for (n, hours) in times.into_iter().enumerate() {
        clock.set(filled::BEGUN_MS + hours * hour);
        if n == 3 {
            drop(device);
            device = Device::open(folder.path(), clock.clone())?;
        }
        let record = device.record_of(Noun::Household, door.as_str())?.context("no household")?;
        let edit = record.edit([("account".to_owned(), json!(n.to_string()))]).context("no change")?;
        let body = huce_core::body::Body::Edit(edit);
        let id = device.record(filled::li(), filled::grid(), Some(door.clone()), body)?;
        stamps.push(device.event(&id)?.context("no event")?.event()?.at);
        let record = device.record_of(Noun::Household, door.as_str())?.context("no household")?;
        ensure!(record.text("account") == Some(&*n.to_string()), "the newest edit shows, whatever the clock said");
        ensure!(record.conflicts().next().is_none(), "sequential edits never conflict");
    }
    ensure!(stamps.is_sorted_by(|a, b| a < b), "timestamps went back: {stamps:?}");
    let flagged = device.reports().into_iter().filter(|r| r.contains("clock")).count();
    ensure!(flagged >= 1, "nobody flagged it: {:?}", device.reports());
    let jump = device.clock_jump_ms().context("no jump is known")?;
    ensure!(jump < -300 * 24 * hour, "the clock is a year behind the newest event: {jump}");
    Ok(())
}
