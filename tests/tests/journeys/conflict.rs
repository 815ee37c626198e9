//! Two tablets without signal change the same field of the same plan. After both have synced, both show both values
//! and hold the same state, byte for byte; when one person settles it, it is settled on both.

use anyhow::{Context, Result};
use huce_tests::{server::Server, tablet::Tablet};
use serde_json::Value;

fn conflicts(tablet: &Tablet, household: &str) -> Result<Vec<Value>> {
    let page = tablet.must(&["household", household])?;
    Ok(page["conflicts"].as_array().context("no conflicts in the page")?.clone())
}

fn values(conflict: &Value) -> Vec<&str> {
    let mut all: Vec<_> =
        conflict["values"].as_array().into_iter().flatten().filter_map(|v| v["value"].as_str()).collect();
    all.sort_unstable();
    all
}

#[test]
fn both_values_stand_on_both_tablets_until_a_person_decides() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, "chenshoucheng")?;
    let two = Tablet::enrolled(&server, "chenshoucheng")?;
    let door = one.household("金穗花园", "2-1-401")?;

    one.must(&["plan", "add", "--household", &door, "--measure", "bleed_air", "--title", "立管排气"])?;
    one.must(&["plan", "diagnosis", "--household", &door, "--text", "偏冷"])?;
    one.must(&["sync"])?;
    two.must(&["sync"])?;
    assert_eq!(conflicts(&two, &door)?.len(), 0, "edits one after the other do not conflict");

    server.kill()?;
    one.must(&["plan", "diagnosis", "--household", &door, "--text", "气堵"])?;
    two.must(&["plan", "diagnosis", "--household", &door, "--text", "滤网堵塞"])?;
    // A measure that only one of them touches is no conflict.
    two.must(&["plan", "done", "--household", &door, "--measure", "bleed_air"])?;
    let (_, held, _) = one.command(&["sync"])?;
    assert!(!held, "a sync without a server cannot hold");

    server.start()?;
    for tablet in [&one, &two, &one] {
        tablet.must(&["sync"])?;
    }
    for tablet in [&one, &two] {
        let found = conflicts(tablet, &door)?;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(values(&found[0]), ["气堵", "滤网堵塞"]);
    }
    assert_eq!(one.must(&["state"])?, two.must(&["state"])?);

    let conflict = conflicts(&two, &door)?.remove(0);
    let plan = conflict["id"].as_str().context("no plan")?;
    let settle = ["settle", "--noun", "plan", "--id", plan, "--field", "diagnosis", "--value", "\"气堵\""];
    two.must(&settle)?;
    two.must(&["sync"])?;
    one.must(&["sync"])?;
    for tablet in [&one, &two] {
        assert_eq!(conflicts(tablet, &door)?, Vec::<Value>::new());
    }
    assert_eq!(one.must(&["state"])?, two.must(&["state"])?);
    Ok(())
}
