//! A tablet that was copied, in the real window: both go on, the server keeps aside what the second one recorded, and that
//! one says so in words. A new code gives it a new identity in its place; the branch is recorded again, the open form is there.

use anyhow::{Context, Result, ensure};
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::json;

const ESTATE: &str = "金穗花园";
const LOGIN: &str = "chenshoucheng";

fn copy(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn knock(tablet: &Tablet, short: &str) -> Result<()> {
    let door = tablet.household(ESTATE, short)?;
    tablet.must(&["visit", "--household", &door, "--no-answer"]).map(drop)
}

/// The server's tablet, and a copy of it; both recorded something, and the first one handed it in.
fn two_of_one(server: &Server) -> Result<(Tablet, Tablet)> {
    let first = Tablet::enrolled(server, LOGIN)?;
    knock(&first, "2-1-401")?;
    first.must(&["sync"])?;
    let second = Tablet::new()?;
    copy(&first.store(), &second.store())?;
    knock(&first, "2-1-301")?;
    first.must(&["sync"])?;
    knock(&second, "2-1-402")?;
    Ok((first, second))
}

#[test]
fn from_the_shell_the_branch_is_recorded_again_in_place() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let (first, second) = two_of_one(&server)?;
    let (_, held, _) = second.command(&["sync"])?;
    ensure!(!held, "its number was used by the other one");
    let door = second.household(ESTATE, "2-1-302")?;
    // Recorded after it had heard: of the branch, too.
    second.must(&["plan", "diagnosis", "--household", &door, "--text", "气堵"])?;
    let (_, held, _) = second.command(&["enrol-anew", "AAAA-AAAA"])?;
    ensure!(!held, "a wrong code changes nothing");
    let before = second.must(&["status"])?;
    let done = second.must(&["enrol-anew", &server.code(LOGIN)?])?;
    ensure!(std::path::Path::new(done["aside"].as_str().context("where is the old one?")?).is_dir(), "{done}");
    second.must(&["sync"])?;
    let after = second.must(&["status"])?;
    ensure!(after["device"] != before["device"] && after["sync"]["refused"] == json!([]), "{after}");
    ensure!(after["sync"]["events_waiting"] == 0, "{after}");
    first.must(&["sync"])?;
    let fresh = Tablet::enrolled(&server, LOGIN)?;
    let state = fresh.must(&["state"])?;
    assert_eq!(second.must(&["state"])?, state);
    assert_eq!(first.must(&["state"])?, state);
    for short in ["2-1-401", "2-1-301", "2-1-402"] {
        let door = fresh.household(ESTATE, short)?;
        ensure!(fresh.must(&["household", &door])?.to_string().contains("no_answer"), "{short} is lost");
    }
    ensure!(state.to_string().contains("气堵"));
    Ok(())
}

#[tokio::test]
async fn the_window_says_what_happened_and_takes_a_new_identity() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let (_first, second) = two_of_one(&server)?;
    let before = second.must(&["status"])?;
    let app = Window::tablet(&second.store(), Held::Portrait).await?;
    app.see(".sync-pill").await?;
    app.go("/sync").await?;
    app.tap("立即同步").await?;
    app.read(&["这台平板被复制或还原过", "什么都没有丢"]).await?;
    app.shoot("copied-said").await?;
    app.fill("input[name=anew-code]", "AAAA-AAAA").await?;
    app.tap("换新身份").await?;
    app.read(&["启用码不对"]).await?;
    app.fill("input[name=anew-code]", &server.code(LOGIN)?).await?;
    app.tap("换新身份").await?;
    app.read(&["已换新身份"]).await?;
    app.go("/sync").await?;
    let gone = || async { Ok(!app.text().await?.contains("这台平板被复制或还原过")) };
    app.until("nothing refused any more", gone).await?;
    app.tap("立即同步").await?;
    app.read(&["都已送到服务器"]).await?;
    app.shoot("copied-anew").await?;
    app.close().await?;
    let after = second.must(&["status"])?;
    ensure!(after["device"] != before["device"] && after["sync"]["refused"] == json!([]), "{after}");
    let fresh = Tablet::enrolled(&server, LOGIN)?;
    second.must(&["sync"])?;
    assert_eq!(second.must(&["state"])?, fresh.must(&["state"])?);
    let door = fresh.household(ESTATE, "2-1-402")?;
    ensure!(fresh.must(&["household", &door])?.to_string().contains("no_answer"));
    Ok(())
}
