//! An inspector forgot the PIN, with a day's work on the tablet that no server has. The administrator at the shell makes a
//! recovery; with it and its code the tablet opens under a new PIN, and everything is there.

use anyhow::{Context, Result, ensure};
use huce_tests::{process, server::Server, tablet::Tablet};
use serde_json::json;

#[test]
fn an_administrator_lets_an_inspector_in_again_and_unsynced_work_is_there() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "chenshoucheng")?;
    let door = tablet.household("金穗花园", "2-1-401")?;
    let folder = tempfile::TempDir::new()?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    tablet.must(&["set-pin", "--to", &file("pin", "2580")?])?;
    let with = |pin: &str, args: &[&str]| process::run(tablet.device()?.env("HUCE_PIN", pin).args(args));
    let (_, held, said) = with("2580", &["plan", "diagnosis", "--household", &door, "--text", "气堵"])?;
    ensure!(held, "{said}");
    let (_, held, _) = tablet.command(&["status"])?;
    ensure!(!held, "without the PIN nothing opens");

    // The administrator.
    let list = server.json(&["escrow", "list"])?;
    let device = list[0]["device"].as_str().context("no escrow was handed in")?.to_owned();
    assert_eq!(list[0]["opened"], json!([]));
    let recovery = folder.path().join("recovery").to_string_lossy().into_owned();
    let made = server.json(&["escrow", "open", "--device", &device, "--to", &recovery])?;
    let code = made["code"].as_str().context("no code")?.to_owned();
    let list = server.json(&["escrow", "list"])?;
    assert_eq!(list[0]["opened"].as_array().map(Vec::len), Some(1), "it is written down: {list}");
    let (_, held, _) = server.command(&["escrow", "open", "--device", &device, "--to", &recovery])?;
    ensure!(!held, "a recovery is not written over");

    // The tablet: a wrong code, the right one, and the same again.
    let pin = file("new-pin", "3690")?;
    let recover = |code: &str| -> Result<(String, bool, String)> {
        let code = file("code", code)?;
        tablet.command(&["recover", "--recovery", &recovery, "--code-file", &code, "--to", &pin])
    };
    ensure!(!recover("AAAAA-AAAAA-AAAAA-AAAAA")?.1, "a wrong code opens nothing");
    let (_, held, said) = recover(&code.to_lowercase())?;
    ensure!(held, "{said}");
    ensure!(!recover(&code)?.1, "a recovery is good once");
    ensure!(!with("2580", &["status"])?.1, "the old PIN is none any more");

    let (out, held, said) = with("3690", &["sync"])?;
    ensure!(held, "{said}");
    let report: serde_json::Value = serde_json::from_str(&out)?;
    ensure!(report["sync"]["pushed"].as_u64() > Some(0), "what was not synced is there, and goes: {report}");
    let two = Tablet::enrolled(&server, "chenshoucheng")?;
    let (out, _, _) = with("3690", &["state"])?;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out)?, two.must(&["state"])?);
    Ok(())
}
