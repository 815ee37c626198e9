//! `huce-device` as a process: killed at random moments, looked at afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

fn device(store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huce-device"));
    command.arg("--store").arg(store);
    command
}

fn run(store: &Path, args: &[&str]) -> (Output, Value) {
    let out = device(store).args(args).output().unwrap();
    let json = serde_json::from_slice(&out.stdout).unwrap_or(Value::Null);
    (out, json)
}

fn verify(store: &Path, acked: &Path) -> (bool, Value) {
    let (out, json) = run(store, &["verify", "--acked", acked.to_str().unwrap()]);
    (out.status.success(), json)
}

/// A number that is different in every run, and printed when something fails.
fn chance() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::from(now.subsec_nanos())
}

#[test]
fn a_soak_that_is_killed_at_random_moments_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, acked) = (folder.path().join("store"), folder.path().join("acked"));
    let mut said = 0;
    for round in 0..6 {
        let out = File::options().create(true).append(true).open(&acked).unwrap();
        let mut child = device(&store).args(["soak", "--visits", "1000000"]).stdout(out).spawn().unwrap();
        // Before it has a key it is no tablet yet.
        while !store.join("journal").exists() {
            thread::sleep(Duration::from_millis(5));
        }
        let ms = 40 + (chance() / 1_000 + round * 97) % 300;
        thread::sleep(Duration::from_millis(ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let (holds, json) = verify(&store, &acked);
        assert!(holds, "killed after {ms} ms: {json}");
        let checked = json["checked"].as_u64().unwrap();
        assert!(checked >= said, "{json}");
        said = checked;
    }
    assert!(said > 20, "it records something before it is killed: {said}");
    // It goes on where it was stopped: no number twice, every one there.
    let (out, _) = run(&store, &["soak", "--visits", "5"]);
    assert!(out.status.success());
    let text = fs::read_to_string(&acked).unwrap() + &String::from_utf8(out.stdout).unwrap();
    let mut numbers: Vec<u64> = text.lines().map(|l| l.rsplit('-').next().unwrap().parse().unwrap()).collect();
    let all = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), all);
    assert!(numbers.is_sorted());
}

#[test]
fn verify_finds_what_is_missing_and_what_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let (store, acked) = (folder.path().join("store"), folder.path().join("acked"));
    let (out, _) = run(&store, &["soak", "--visits", "20"]);
    let ids = String::from_utf8(out.stdout).unwrap();
    let device_name = ids.split('-').next().unwrap().to_owned();
    fs::write(&acked, format!("{ids}{device_name}-9999\nnonsense\n")).unwrap();
    let (holds, json) = verify(&store, &acked);
    assert!(!holds);
    assert_eq!(json["missing"], serde_json::json!([format!("{device_name}-9999")]));
    assert_eq!(json["damaged"], serde_json::json!(["nonsense"]));
    // One flipped bit in the middle of the journal.
    fs::write(&acked, &ids).unwrap();
    assert!(verify(&store, &acked).0);
    let segment = fs::read_dir(store.join("journal")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&segment, bytes).unwrap();
    let (holds, json) = verify(&store, &acked);
    assert!(!holds, "{json}");
    // A folder that is no tablet's is not made into one.
    let other = folder.path().join("other");
    assert!(!verify(&other, &acked).0);
    assert!(!other.exists());
}

#[test]
fn a_rescue_needs_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let (store, to) = (folder.path().join("store"), folder.path().join("rescued.jsonl"));
    let (out, _) = run(&store, &["soak", "--visits", "7"]);
    let ids = String::from_utf8(out.stdout).unwrap();
    fs::remove_dir_all(store.join("store")).unwrap();
    fs::write(store.join("store"), "this is no store any more").unwrap();
    let (out, json) = run(&store, &["rescue", "--to", to.to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(json["events"].as_u64().unwrap() as usize, ids.lines().count());
    let text = fs::read_to_string(&to).unwrap();
    for (line, id) in text.lines().zip(ids.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["event"]["id"], id);
        let signed: huce_core::event::SignedEvent = serde_json::from_str(&line["event"].to_string()).unwrap();
        assert_eq!(signed.event().unwrap().id().to_string(), id);
    }
    let (out, _) = run(&store, &["rescue", "--to", to.to_str().unwrap()]);
    assert!(!out.status.success(), "an earlier rescue is not written over");
}

#[test]
fn a_tablet_without_a_server_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let (out, _) = run(&store, &["sync"]);
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("not_enrolled"));
    let (out, json) = run(&store, &["status"]);
    assert!(out.status.success());
    assert_eq!(json["person"], Value::Null);
    let (out, _) = run(&store, &["enrol", "http://127.0.0.1:1", "ABCD2345"]);
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("offline"), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let mut first = device(&store).args(["soak", "--visits", "1000000"]).stdout(Stdio::null()).spawn().unwrap();
    while !store.join("journal").exists() {
        thread::sleep(Duration::from_millis(5));
    }
    let (out, _) = run(&store, &["status"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("in use"));
}
