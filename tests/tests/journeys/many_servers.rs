//! Two server processes on one PostgreSQL database and one S3 store are one server: what a tablet pushes to one,
//! another pulls from the other; sessions, tokens, challenges, lock-outs and imports hold on both.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use huce_tests::{
    process::run,
    server::Server,
    tablet::{Tablet, photo_file},
};
use serde_json::{Value, json};

/// A browser that holds on to its cookie: curl with a file for it.
struct Browser {
    folder: tempfile::TempDir,
}

impl Browser {
    fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::TempDir::new()? })
    }

    fn curl(&self, server: &Server, path: &str, args: &[&str]) -> Result<(u16, Value)> {
        let cookies = self.folder.path().join("cookies").to_string_lossy().into_owned();
        let mut command = Command::new("curl");
        command.args(["-s", "-m", "30", "-w", "\n%{http_code}", "-b", &cookies, "-c", &cookies, "-H", "x-huce: 1"]);
        let (out, held, err) = run(command.args(args).arg(format!("{}{path}", server.url())))?;
        ensure!(held, "curl: {err}");
        let (body, status) = out.rsplit_once('\n').context("no status")?;
        Ok((status.parse()?, serde_json::from_str(body).unwrap_or_default()))
    }

    fn ask(&self, server: &Server, call: &str, body: &Value) -> Result<(u16, Value)> {
        self.curl(server, &format!("/api/{call}"), &["--data-binary", &body.to_string()])
    }
}

#[test]
fn two_processes_on_one_database_are_one_server() -> Result<()> {
    let mut one = Server::on_servers()?;
    one.must(&["demo", "load"])?;
    let mut other = one.beside()?;
    one.start()?;
    other.start()?;

    // Enrolled at one, synced with the other and back: the tablet knows one address, so the second has its own.
    let first = Tablet::enrolled(&one, "chenshoucheng")?;
    let second = Tablet::enrolled(&other, "chenshoucheng")?;
    let door = first.household("金穗花园", "2-1-401")?;
    let photo = photo_file(&one.data(), 900, 700)?;
    first.must(&["plan", "add", "--household", &door, "--measure", "bleed_air", "--title", "立管排气"])?;
    first.must(&["visit", "--household", &door, "--no-answer", "--photo", &photo.to_string_lossy()])?;
    first.must(&["sync"])?;
    second.must(&["sync"])?;
    assert_eq!(first.must(&["state"])?, second.must(&["state"])?);

    let browser = Browser::new()?;
    let sign_in = json!({"login": "diaodu", "password": "huce-demo"});
    ensure!(browser.ask(&one, "sign_in", &sign_in)?.0 == 200, "signing in at one");
    let (status, here) = browser.ask(&one, "overview", &json!({}))?;
    ensure!(status == 200, "{here}");
    let (status, there) = browser.ask(&other, "overview", &json!({}))?;
    ensure!(status == 200, "the session holds at the other: {there}");
    assert_eq!((&here["households"], &here["photos"]), (&there["households"], &there["photos"]));

    // Wrong passwords here and there are counted together.
    let stranger = Browser::new()?;
    let mut codes = Vec::new();
    for n in 0..6 {
        let server = if n % 2 == 0 { &one } else { &other };
        let wrong = json!({"login": "admin", "password": "not this one"});
        codes.push(stranger.ask(server, "sign_in", &wrong)?.0);
    }
    assert_eq!(codes, [401, 401, 401, 401, 401, 429]);

    // A register that is uploaded at one is looked at and applied at the other.
    let register =
        "小区,楼栋,单元,房号,户号,建筑面积\n两台里,1号楼,1单元,101,9001,80\n两台里,1号楼,1单元,201,9002,90\n";
    let file = one.data().join("r.csv");
    std::fs::write(&file, register)?;
    let form = format!("file=@{}", file.display());
    let (status, state) = browser.curl(&one, "/api/import/upload", &["-F", &form])?;
    ensure!(status == 200, "{state}");
    let import = json!({"import": state["import"]});
    wait(&browser, &other, &import, "preview")?;
    ensure!(browser.ask(&other, "apply_import", &import)?.0 == 200, "applying at the other");
    wait(&browser, &one, &import, "done")?;
    let found = browser.ask(&one, "search", &json!({"text": "两台里", "limit": 10}))?.1;
    assert_eq!(found["total"], 2, "{found}");

    // Signed out at the other, signed out at one.
    browser.ask(&other, "sign_out", &json!({}))?;
    ensure!(browser.ask(&one, "overview", &json!({}))?.0 == 401, "the session ended everywhere");

    // One process dies; the other goes on for everybody.
    one.kill()?;
    second.must(&["plan", "diagnosis", "--household", &door, "--text", "偏冷"])?;
    second.must(&["sync"])?;
    one.start()?;
    first.must(&["sync"])?;
    assert_eq!(first.must(&["state"])?, second.must(&["state"])?);
    Ok(())
}

#[test]
fn a_process_with_another_key_is_refused() -> Result<()> {
    let mut one = Server::on_servers()?;
    one.start()?;
    let stranger = one.beside()?;
    std::fs::remove_file(stranger.data().join("server.key"))?;
    let (_, held, said) = stranger.command(&["person", "list"])?;
    ensure!(!held && said.contains("copy server.key"), "{said}");
    Ok(())
}

fn wait(browser: &Browser, server: &Server, import: &Value, stage: &str) -> Result<()> {
    for _ in 0..200 {
        let (_, state) = browser.ask(server, "import_status", import)?;
        match state["stage"].as_str() {
            Some(now) if now == stage => return Ok(()),
            Some("failed") => anyhow::bail!("{state}"),
            _ => std::thread::sleep(std::time::Duration::from_millis(100)),
        }
    }
    anyhow::bail!("the import is not {stage} after 20 s")
}
