//! `huce-device` on a faulty disk: what it acknowledged, and what it says of a store.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use huce_tests::process::binary;
use serde_json::Value;

/// A process that neither ends nor answers in this time hangs.
const PATIENCE: Duration = Duration::from_secs(40);

pub fn device(store: &Path) -> Result<Command> {
    let mut command = Command::new(binary("huce-device")?);
    command.arg("--store").arg(store).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// Runs it to its end. A process that hangs is killed, and that is an error.
pub fn run(store: &Path, args: &[&str]) -> Result<Output> {
    run_until(store, args, || false)
}

/// The same, killed as soon as `over` (the tablet has no power any more).
pub fn run_until(store: &Path, args: &[&str], over: impl Fn() -> bool) -> Result<Output> {
    let mut child = device(store)?.args(args).spawn()?;
    // Read while it runs: a full pipe would hold it up.
    let read = |from: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            from.map(|mut from| from.read_to_end(&mut bytes));
            bytes
        })
    };
    let out = read(child.stdout.take().map(|s| Box::new(s) as _));
    let err = read(child.stderr.take().map(|s| Box::new(s) as _));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if over() {
            child.kill()?;
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("huce-device {args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| thread.join().map_err(|_| anyhow::anyhow!("reading failed"));
    let output = Output { status, stdout: text(out)?, stderr: text(err)? };
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(at) = said.find("panicked at") {
        let where_ = said.get(at..).unwrap_or_default();
        // sled's own panics are caught; ours would not be.
        if !where_.contains("sled") {
            bail!("huce-device {args:?} panicked: {said}");
        }
    }
    Ok(output)
}

/// Records visits until it is done or the disk fails; the ids that it acknowledged.
pub fn soak(store: &Path, visits: u64) -> Result<(Vec<String>, Output)> {
    let output = run(store, &["soak", "--visits", &visits.to_string()])?;
    Ok((acked(&output), output))
}

/// The ids that were printed.
pub fn acked(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    // A line that was cut in the middle was not said.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(str::to_owned).collect()
}

/// What `verify` finds of these ids: whether it holds, and its words.
pub fn verify(store: &Path, acked: &[String]) -> Result<(bool, Value, String)> {
    let mut list = tempfile::NamedTempFile::new()?;
    list.write_all(acked.join("\n").as_bytes())?;
    let output = run(store, &["verify", "--acked", &list.path().to_string_lossy()])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    Ok((output.status.success(), found, said))
}

/// How many of the ids `verify` misses.
pub fn losses(found: &Value) -> Result<usize> {
    let list = |name: &str| found.get(name).and_then(Value::as_array).map(Vec::len);
    Ok(list("missing").context("no verdict")? + list("damaged").context("no verdict")?)
}
