//! The server burns down. What was backed up comes back from the file, what was not comes back from the tablets; and a
//! server that moves to PostgreSQL and S3 while the tablets look elsewhere is the same one to them.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use huce_tests::{postgres, process::binary, s3, server::Server, tablet::Tablet};

#[test]
fn a_restored_server_gets_back_what_the_tablets_still_have() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, "chenshoucheng")?;
    let door = one.household("金穗花园", "2-1-401")?;
    one.must(&["plan", "add", "--household", &door, "--measure", "bleed_air", "--title", "立管排气"])?;
    one.must(&["sync"])?;

    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("huce.backup");
    let path = file.to_string_lossy().into_owned();
    let made = server.json(&["backup", "--to", &path])?;
    ensure!(made["rows"].as_u64() > Some(1000), "{made}");
    let good = server.json(&["restore", "--from", &path, "--verify"])?;
    assert_eq!(good["audit"]["findings"], serde_json::json!([]), "{good}");
    ensure!(good["covers_devices"].as_u64() > Some(1), "{good}");
    assert_eq!(one.must(&["status"])?["backup_covers"], serde_json::Value::Null, "not heard yet");
    one.must(&["sync"])?;
    let covered = one.must(&["status"])?["backup_covers"].as_u64().context("it heard what the backup covers")?;
    ensure!(covered >= 1);

    one.must(&["plan", "diagnosis", "--household", &door, "--text", "气堵"])?;
    one.must(&["sync"])?;
    assert_eq!(one.must(&["status"])?["backup_covers"], covered, "what came after the backup is in none");
    server.kill()?;
    std::fs::remove_dir_all(server.data())?;
    server.must(&["restore", "--from", &path])?;
    server.start()?;
    one.must(&["sync"])?;
    one.must(&["sync"])?;
    let two = Tablet::enrolled(&server, "chenshoucheng")?;
    assert_eq!(one.must(&["state"])?, two.must(&["state"])?, "the diagnosis that the backup does not have is there");
    let audit = server.json(&["audit", "verify"])?;
    assert_eq!(audit["findings"], serde_json::json!([]), "{audit}");
    Ok(())
}

#[test]
fn a_move_that_is_killed_again_and_again_ends_whole_and_the_tablets_notice_nothing() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, "chenshoucheng")?;
    let database = postgres::cluster().and_then(|c| c.database()).map_err(anyhow::Error::msg)?;
    let (photos, _) = s3::s3().and_then(|s3| s3.bucket()).map_err(anyhow::Error::msg)?;
    let to = ["migrate", "--to-database", &database, "--to-photos", &photos];
    let (_, held, said) = server.command(&to)?;
    ensure!(!held && said.contains("stop the server"), "a server that runs is not moved: {said}");
    server.kill()?;

    let mut killed = 0;
    for wait_ms in [150, 400, 700, 1000, 1300] {
        let mut command = Command::new(binary("huce-server")?);
        command.args(to).arg("--data").arg(server.data()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        std::thread::sleep(Duration::from_millis(wait_ms));
        if child.try_wait()?.is_some() {
            break;
        }
        child.kill()?;
        child.wait()?;
        killed += 1;
        // PostgreSQL notices the dead connection, and lets go of its lock, when it next looks.
        std::thread::sleep(Duration::from_millis(500));
    }
    if server.command(&["person", "list"])?.1 {
        let moved = server.json(&to)?;
        ensure!(moved["photos_damaged"] == serde_json::json!([]), "{moved}");
    }
    ensure!(killed > 0, "nothing was cut off");
    let (_, held, said) = server.command(&["person", "list"])?;
    ensure!(!held && said.contains("was moved"), "the old database still answers: {said}");

    server.move_to(&["--database", &database, "--photos", &photos]);
    server.start()?;
    one.must(&["sync"])?;
    let two = Tablet::enrolled(&server, "chenshoucheng")?;
    assert_eq!(one.must(&["state"])?, two.must(&["state"])?);
    let audit = server.json(&["audit", "verify"])?;
    assert_eq!(audit["findings"], serde_json::json!([]), "{audit}");
    let head = server.must(&["audit", "head"])?;
    let kept = server.data().join("head.json");
    std::fs::write(&kept, head)?;
    let kept = kept.to_str().context("a path")?.to_owned();
    server.json(&["audit", "verify", "--against", &kept])?;
    Ok(())
}
