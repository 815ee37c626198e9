//! An inspector forgot the PIN, with a day's work on the tablet that no server has. The administrator, at the shell or in the
//! console, makes a recovery; with its code the tablet opens under a new PIN, and everything is there.

use anyhow::{Context, Result, ensure};
use huce_tests::{
    process,
    server::Server,
    tablet::Tablet,
    window::{Held, Window, media},
};
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

/// Opens the escrow of the only tablet of chenshoucheng in the console: the code, and the file as it would be saved.
async fn open_in_console(server: &Server, shot: Option<&str>) -> Result<(String, String)> {
    let profile = tempfile::TempDir::new()?;
    let console = Window::browser(profile.path(), 1280, 880).await?;
    console.page.goto(&server.url()).await?;
    console.sign_in("admin").await?;
    console.read(&["412"]).await?;
    console.page.goto(&format!("{}/console/people", server.url())).await?;
    // What the browser would save is kept for us.
    let spy = "const make = URL.createObjectURL; URL.createObjectURL = b => { b.text().then(t => window.saved = t); return make(b) }";
    console.page.execute(spy, vec![]).await?;
    console.tap("忘了口令").await?;
    console.read(&["密钥托管", "没同步的内容都会在"]).await?;
    if let Some(shot) = shot {
        console.shoot(&format!("{shot}-asked")).await?;
    }
    console.tap("打开托管").await?;
    let code = console.see(".recovery-code").await?.text().await?;
    if let Some(shot) = shot {
        console.shoot(&format!("{shot}-code")).await?;
    }
    console.tap("保存恢复文件").await?;
    let saved = || async { Ok(console.page.execute("return window.saved || null", vec![]).await?.is_string()) };
    console.until("the file", saved).await?;
    let file = console.page.execute("return window.saved", vec![]).await?;
    console.close().await?;
    Ok((code, file.as_str().context("no file")?.to_owned()))
}

#[tokio::test]
async fn a_code_from_the_console_opens_the_locked_window_and_nothing_is_lost() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "chenshoucheng")?;
    let folder = tempfile::TempDir::new()?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let door = tablet.household("金穗花园", "2-1-401")?;
    tablet.must(&["visit", "--household", &door, "--no-answer"])?;
    tablet.must(&["set-pin", "--to", &file("pin", "2580")?])?;
    let waiting = |pin: &str| -> Result<u64> {
        let (out, held, err) = process::run(tablet.device()?.env("HUCE_PIN", pin).args(["status"]))?;
        ensure!(held, "{err}");
        let status: serde_json::Value = serde_json::from_str(&out)?;
        status["sync"]["events_waiting"].as_u64().context("no count")
    };
    assert_eq!(waiting("2580")?, 1);

    // Started anew, the tablet does not know its server, which is sealed: the file on a drive, and the code.
    let drive = media(&tablet.store()).join("KINGSTON");
    let plug_in = |recovery: &str| -> Result<()> {
        std::fs::create_dir_all(&drive)?;
        std::fs::write(drive.join("huce-any.recovery"), recovery)?;
        Ok(std::fs::write(drive.join("huce-other.recovery"), "{}")?)
    };
    let (code, recovery) = open_in_console(&server, Some("console-forgot")).await?;
    plug_in(&recovery)?;
    let app = Window::tablet(&tablet.store(), Held::Portrait).await?;
    app.read(&["已锁定"]).await?;
    app.click(".forgot summary").await?;
    app.shoot("tablet-forgot").await?;
    app.fill("input[name=recovery]", "AAAAA-AAAAA-AAAAA-AAAAA").await?;
    app.fill("input[name=new-pin]", "3690").await?;
    app.fill("input[name=again-pin]", "3690").await?;
    app.tap("换成新口令并打开").await?;
    app.read(&["恢复码没有用上", "什么都没有丢"]).await?;
    app.shoot("tablet-forgot-wrong").await?;
    app.fill("input[name=recovery]", &code.to_lowercase()).await?;
    app.tap("换成新口令并打开").await?;
    app.see("nav").await?;
    // Locked by hand, it knows its server: the code is enough. A used code is none.
    std::fs::remove_dir_all(&drive)?;
    app.go("/settings").await?;
    app.tap("立即锁定").await?;
    app.read(&["已锁定"]).await?;
    app.click(".forgot summary").await?;
    for (code, shown) in [(code, "恢复码没有用上"), (open_in_console(&server, None).await?.0, "今日")] {
        app.fill("input[name=recovery]", &code).await?;
        app.fill("input[name=new-pin]", "1470").await?;
        app.fill("input[name=again-pin]", "1470").await?;
        app.tap("换成新口令并打开").await?;
        app.read(&[shown]).await?;
    }
    app.close().await?;
    waiting("1470")?;
    ensure!(waiting("3690").is_err() && waiting("2580").is_err(), "an old PIN opens");

    // The same from the shell, without a network.
    let (code, recovery) = open_in_console(&server, None).await?;
    server.kill()?;
    let (_, held, _) =
        process::run(tablet.device()?.env("HUCE_PIN", "1470").args(["visit", "--household", &door, "--no-answer"]))?;
    ensure!(held);
    let code = file("code", &code)?;
    let pin = file("new", "8520")?;
    let by_code = || {
        process::run(tablet.device()?.env("HUCE_MEDIA", media(&tablet.store())).args([
            "recover",
            "--code-file",
            &code,
            "--to",
            &pin,
        ]))
    };
    let (_, held, err) = by_code()?;
    ensure!(!held, "{err}");
    plug_in(&recovery)?;
    let (_, held, err) = by_code()?;
    ensure!(held, "{err}");
    ensure!(waiting("8520")? >= 1, "what was not synced is there");
    server.start()?;
    let (out, held, err) = process::run(tablet.device()?.env("HUCE_PIN", "8520").args(["sync"]))?;
    ensure!(held, "{err}{out}");
    Ok(())
}
