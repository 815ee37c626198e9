//! A tablet whose battery is pulled: `soak` prints an event's name only when it is durable, and is killed without
//! warning at fifty random moments; every name that it printed must be there.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use huce_tests::tablet::Tablet;

const KILLS: usize = 50;

/// Moments that differ from run to run; the seed is printed, so that a failure can be repeated.
struct Moments(u64);

impl Moments {
    fn next_ms(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 250
    }
}

#[test]
fn fifty_kills_lose_nothing() -> Result<()> {
    let seed = SystemTime::UNIX_EPOCH.elapsed()?.as_nanos() as u64;
    println!("seed {seed}");
    let mut moments = Moments(seed);
    let tablet = Tablet::new()?;
    let mut acked = Vec::new();

    for kill in 0..KILLS {
        let mut soak = tablet
            .device()?
            .args(["soak", "--visits", "100000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = BufReader::new(soak.stdout.take().context("no output")?).lines();
        let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(30 + moments.next_ms()));
        soak.kill()?;
        soak.wait()?;
        let mut printed = reader.join().map_err(|_| anyhow::anyhow!("reading failed"))?;
        // A line that was cut in the middle was not said.
        printed.retain(|line| line.rsplit_once('-').is_some_and(|(device, seq)| device.len() == 16 && !seq.is_empty()));
        acked.extend(printed);
        assert!(soak.try_wait()?.is_some(), "kill {kill}");
    }
    assert!(acked.len() > KILLS, "the soak recorded next to nothing: {}", acked.len());

    let list = tempfile::NamedTempFile::new()?;
    std::fs::write(list.path(), acked.join("\n"))?;
    let (out, held, err) = tablet.command(&["verify", "--acked", &list.path().to_string_lossy()])?;
    println!("{} acknowledged events, {out}", acked.len());
    assert!(held, "seed {seed}: {out}{err}");

    // The check can fail: an event that was never recorded is missing.
    let invented =
        acked.last().and_then(|id| Some(format!("{}-999999999", id.rsplit_once('-')?.0))).context("no event")?;
    std::fs::write(list.path(), invented)?;
    let (out, held, _) = tablet.command(&["verify", "--acked", &list.path().to_string_lossy()])?;
    assert!(!held && out.contains("999999999"), "{out}");
    Ok(())
}
