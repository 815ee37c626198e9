//! A depot without internet: tablets hand in to the hub while the server is out of reach, the hub hands on when it comes
//! back, and is killed in the middle. And a hub that burns down with what it held.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use huce_tests::{
    server::Server,
    tablet::{Tablet, photo_file},
};
use serde_json::Value;
use tempfile::TempDir;

const ESTATE: &str = "金穗花园";
const LOGIN: &str = "chenshoucheng";

fn number(value: &Value, at: &str) -> Result<u64> {
    value.pointer(at).and_then(Value::as_u64).with_context(|| format!("no {at} in {value}"))
}

/// What waits on a tablet: events, photos; and how much of it a hub keeps.
fn waits(tablet: &Tablet) -> Result<(u64, u64)> {
    let status = tablet.must(&["status"])?;
    Ok((number(&status, "/sync/events_waiting")?, number(&status, "/sync/photos_waiting")?))
}

/// A visit without an answer, with a photo.
fn knock(tablet: &Tablet, short: &str, photo: &str) -> Result<()> {
    let door = tablet.household(ESTATE, short)?;
    tablet.must(&["visit", "--household", &door, "--no-answer", "--photo", photo]).map(drop)
}

/// Until it holds; hubs pass every few seconds.
fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(90);
    while !holds()? {
        ensure!(Instant::now() < end, "{what}: not in time");
        sleep(Duration::from_millis(500));
    }
    Ok(())
}

struct Depot {
    server: Server,
    hub: Server,
    one: Tablet,
    two: Tablet,
    photo: String,
    _folder: TempDir,
}

/// A server, its hub, and two tablets that know both; the hub has heard of them.
fn depot() -> Result<Depot> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, LOGIN)?;
    let two = Tablet::enrolled(&server, LOGIN)?;
    let code = server.must(&["code", "new", "--hub", "--login", "admin"])?;
    let mut hub = Server::hub_of(&server)?;
    hub.start_with(&["--code", code.trim()])?;
    for tablet in [&one, &two] {
        tablet.must(&["hub", &hub.url()])?;
    }
    let folder = TempDir::new()?;
    let photo = photo_file(folder.path(), 1600, 1200)?.to_string_lossy().into_owned();
    // It has heard of the tablets when it lets one in.
    server.kill()?;
    until("the hub knows the tablets", || {
        let (out, held, _) = one.command(&["sync"])?;
        if held {
            return Ok(out.contains("\"at_hub\":true"));
        }
        server.start()?;
        sleep(Duration::from_secs(3));
        server.kill()?;
        Ok(false)
    })?;
    Ok(Depot { server, hub, one, two, photo, _folder: folder })
}

#[test]
fn what_tablets_give_to_a_hub_reaches_the_server_though_the_hub_is_killed() -> Result<()> {
    let Depot { mut server, mut hub, one, two, photo, _folder } = depot()?;
    knock(&one, "2-1-401", &photo)?;
    knock(&two, "2-1-402", &photo)?;
    for tablet in [&one, &two] {
        let before = waits(tablet)?;
        ensure!(before.0 > 0 && before.1 == 1, "{before:?}");
        let said = tablet.must(&["sync"])?;
        assert_eq!(said["sync"]["held"], serde_json::json!([before.0, before.1]), "{said}");
        assert_eq!(waits(tablet)?, before, "what only a hub has still waits");
    }
    // Killed with a full tray, and once more while it hands on.
    hub.kill()?;
    hub.start()?;
    server.start()?;
    sleep(Duration::from_millis(700));
    hub.kill()?;
    hub.start()?;
    // A third tablet sees everything, though the two have not reached the server themselves.
    let three = Tablet::enrolled(&server, LOGIN)?;
    until("the server has both visits", || {
        three.must(&["sync"])?;
        let state = three.must(&["state"])?.to_string();
        Ok(state.matches("no_answer").count() > 0 && both_there(&three)?)
    })?;
    server.kill()?;
    // The hub has heard that the server has them; the tablets hear it from the hub.
    until("the tablets hear of it", || {
        for tablet in [&one, &two] {
            tablet.must(&["sync"])?;
        }
        Ok(waits(&one)? == (0, 0) && waits(&two)? == (0, 0))
    })?;
    server.start()?;
    for tablet in [&one, &two, &three] {
        tablet.must(&["sync"])?;
    }
    let state = three.must(&["state"])?;
    assert_eq!(one.must(&["state"])?, state);
    assert_eq!(two.must(&["state"])?, state);
    let audit = server.json(&["audit", "verify"])?;
    assert_eq!(audit["findings"], serde_json::json!([]), "{audit}");
    Ok(())
}

fn both_there(tablet: &Tablet) -> Result<bool> {
    for short in ["2-1-401", "2-1-402"] {
        let door = tablet.household(ESTATE, short)?;
        let page = tablet.must(&["household", &door])?.to_string();
        if !page.contains("no_answer") {
            return Ok(false);
        }
    }
    Ok(true)
}

#[test]
fn a_hub_that_burns_down_costs_nothing() -> Result<()> {
    let Depot { mut server, mut hub, one, two, photo, _folder } = depot()?;
    knock(&one, "2-1-401", &photo)?;
    knock(&two, "2-1-402", &photo)?;
    for tablet in [&one, &two] {
        tablet.must(&["sync"])?;
    }
    hub.kill()?;
    std::fs::remove_dir_all(hub.data())?;
    server.start()?;
    for tablet in [&one, &two, &one] {
        tablet.must(&["sync"])?;
    }
    assert_eq!((waits(&one)?, waits(&two)?), ((0, 0), (0, 0)));
    ensure!(both_there(&one)? && both_there(&two)?);
    assert_eq!(one.must(&["state"])?, two.must(&["state"])?);
    Ok(())
}
