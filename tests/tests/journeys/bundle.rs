//! Without any network: what waits travels as a file, and receipts come back as a file. Damaged, twice, at the wrong
//! server, on the wrong tablet.

use anyhow::{Context, Result, ensure};
use huce_tests::{
    server::Server,
    tablet::{Tablet, photo_file},
};
use serde_json::{Value, json};
use tempfile::TempDir;

const LOGIN: &str = "chenshoucheng";

fn waits(tablet: &Tablet) -> Result<Value> {
    let status = tablet.must(&["status"])?;
    Ok(json!([status["sync"]["events_waiting"], status["sync"]["photos_waiting"]]))
}

#[test]
fn a_bundle_brings_everything_and_its_receipts_end_the_waiting() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, LOGIN)?;
    let two = Tablet::enrolled(&server, LOGIN)?;
    server.kill()?;
    let folder = TempDir::new()?;
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let door = one.household("金穗花园", "2-1-401")?;
    let photo = photo_file(folder.path(), 1600, 1200)?;
    one.must(&["visit", "--household", &door, "--no-answer", "--photo", &photo.to_string_lossy()])?;
    let before = waits(&one)?;
    let file = path("day.huce");
    let made = one.must(&["bundle", "export", &file])?;
    assert_eq!(json!([made["events"], made["photos"]]), before, "{made}");
    assert_eq!(waits(&one)?, before, "it waits until a receipt says otherwise");
    let whole = std::fs::read(&file)?;
    let inside = String::from_utf8_lossy(&whole).into_owned();
    ensure!(!inside.contains("no_answer") && !inside.contains(LOGIN), "the bundle can be read");

    // Cut off anywhere, or with a byte changed: nothing is taken.
    let tables = server.json(&["person", "list"])?;
    for (n, at) in [40, 100, whole.len() / 2, whole.len() - 1].into_iter().enumerate() {
        let mut flipped = whole.clone();
        *flipped.get_mut(at).context("a byte")? ^= 1;
        for (kind, bytes) in [("flipped", flipped), ("cut", whole.get(..at).unwrap_or_default().to_vec())] {
            let bad = path(&format!("{kind}-{n}"));
            std::fs::write(&bad, bytes)?;
            let (_, held, said) = server.command(&["bundle", "import", &bad])?;
            ensure!(!held && said.contains("bundle"), "{kind} at {at}: {said}");
        }
    }
    assert_eq!(server.json(&["person", "list"])?, tables);
    // Another server says whose it is.
    let other = Server::with_demo()?;
    let (_, held, said) = other.command(&["bundle", "import", &file])?;
    ensure!(!held && said.contains("another server"), "{said}");

    let events = before[0].as_u64().context("events")?;
    let receipts = format!("{file}.receipts");
    let first = server.json(&["bundle", "import", &file])?;
    assert_eq!((&first["taken"]["stored"], &first["taken"]["photos"]), (&json!(events), &json!(1)), "{first}");
    let again = server.json(&["bundle", "import", &file])?;
    assert_eq!((&again["taken"]["stored"], &again["taken"]["had"]), (&json!(0), &json!(events)), "{again}");

    let (_, held, said) = two.command(&["bundle", "import", &receipts])?;
    ensure!(!held && said.contains("another_tablet"), "{said}");
    let forged = path("forged");
    std::fs::write(
        &forged,
        std::fs::read_to_string(&receipts)?.replace("stored", "had").replace("\"had\"", "\"had\" "),
    )?;
    let (_, held, said) = one.command(&["bundle", "import", &forged])?;
    ensure!(!held && said.contains("another_server"), "{said}");
    let (_, held, said) = one.command(&["bundle", "import", &file])?;
    ensure!(!held && said.contains("no_receipts"), "{said}");
    assert_eq!(waits(&one)?, before);
    for _ in 0..2 {
        one.must(&["bundle", "import", &receipts])?;
        assert_eq!(waits(&one)?, json!([0, 0]));
    }
    let (_, held, said) = one.command(&["bundle", "export", &file])?;
    ensure!(!held && said.contains("nothing_waits"), "{said}");

    server.start()?;
    let synced = one.must(&["sync"])?;
    assert_eq!(synced["sync"]["pushed"], json!(0));
    two.must(&["sync"])?;
    assert_eq!(one.must(&["state"])?, two.must(&["state"])?);
    let audit = server.json(&["audit", "verify"])?;
    assert_eq!(audit["findings"], json!([]), "{audit}");
    Ok(())
}

/// Photos wait when somebody says so, events never do; with a limit they take their time.
#[test]
fn photos_wait_when_told_to_and_events_do_not() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, LOGIN)?;
    let folder = TempDir::new()?;
    let photo = photo_file(folder.path(), 1600, 1200)?;
    let door = one.household("金穗花园", "2-1-401")?;
    one.must(&["visit", "--household", &door, "--no-answer", "--photo", &photo.to_string_lossy()])?;
    assert_eq!(one.must(&["photos", "--wait", "yes"])?["waits"], json!(true));
    one.must(&["sync"])?;
    assert_eq!(waits(&one)?, json!([0, 1]));
    let bytes = one.must(&["status"])?["sync"]["photo_bytes_waiting"].as_u64().context("bytes")?;
    one.must(&["photos", "--wait", "no", "--limit", "20"])?;
    let began = std::time::Instant::now();
    one.must(&["sync"])?;
    let least = std::time::Duration::from_millis(bytes / 20 * 8 / 10);
    ensure!(began.elapsed() >= least, "{bytes} bytes in {:?}", began.elapsed());
    assert_eq!(waits(&one)?, json!([0, 0]));
    Ok(())
}
