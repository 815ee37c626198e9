//! Logs tell what happened and never to whom: a journey of names, phones, addresses, notes and secrets, with everything that
//! the server, the tablet's command line and the window say at debug level, and none of these in it.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use huce_tests::{
    process::{PATIENCE, Process, binary, run},
    server::Server,
    tablet::{Tablet, photo_file},
};
use serde_json::json;
use tempfile::TempDir;

const RESIDENT: &str = "欧阳测试姓名";
const PHONE: &str = "13987654321";
const NOTE: &str = "卧室暖气片漏水请尽快来人";
const PIN: &str = "739146";
const PASSWORD: &str = "very-secret-password-1";

/// Runs a command of the tablet that must hold, and keeps what it says beside its answer.
fn tell(tablet: &Tablet, log: &Path, args: &[&str]) -> Result<String> {
    let (out, held, err) = run(tablet.device()?.env("HUCE_LOG", "debug").args(args))?;
    ensure!(held, "huce-device {args:?}: {err}");
    let mut all = fs::read_to_string(log).unwrap_or_default();
    all.push_str(&err);
    fs::write(log, all)?;
    Ok(out)
}

#[test]
fn no_log_holds_a_name_a_phone_an_address_a_note_or_a_secret() -> Result<()> {
    let folder = TempDir::new()?;
    let logs = ["server", "device", "window"].map(|name| folder.path().join(format!("{name}.log")));
    let [server_log, device_log, window_log] = &logs;
    let mut server = Server::with_demo()?.in_the_open().telling(server_log.clone());
    server.start()?;
    let url = server.url();
    let root = server.data().join("tls-ca.crt").to_string_lossy().into_owned();

    // The office: signing in (rightly and wrongly), a new person with a password.
    let cookies = folder.path().join("cookies").to_string_lossy().into_owned();
    let office = |call: &str, body: serde_json::Value| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-m", "30", "--cacert", &root, "-H", "x-huce: 1", "-b", &cookies, "-c", &cookies]);
        let (out, held, err) = run(curl.args(["-d", &body.to_string(), &format!("{url}/api/{call}")]))?;
        ensure!(held, "curl: {err}");
        Ok(out)
    };
    office("sign_in", json!({"login": "admin", "password": PASSWORD}))?;
    office("sign_in", json!({"login": "admin", "password": "huce-demo"}))?;
    let roles = json!([{"role": "inspector", "grid": "SY-01-1"}]);
    office("save_person", json!({"login": "ouyang", "name": RESIDENT, "roles": roles, "password": PASSWORD}))?;
    let cookie = fs::read_to_string(&cookies)?;
    let cookie = cookie.lines().rfind(|l| l.contains("huce")).and_then(|l| l.split_whitespace().last());
    let cookie = cookie.context("no cookie")?.to_owned();

    // The tablet: enrolled, a household's people, a request, a plan, photos, a PIN.
    let line = server.must(&["code", "new", "--login", "wangjianshe", "--approve", "--url", &url])?;
    let code = line.rsplit_once('#').and_then(|(_, rest)| rest.split_once('.')).context("no code")?.0.to_owned();
    let tablet = Tablet::new()?;
    tell(&tablet, device_log, &["enrol", line.trim()])?;
    let door = tablet.household("锅炉厂家属院", "3-3-601")?;
    office("sign_in", json!({"login": "diaodu", "password": "huce-demo"}))?;
    let set = json!([["name", RESIDENT], ["phone", PHONE], ["note", NOTE]]);
    let edited = office("edit_household", json!({"household": door, "set": set}))?;
    ensure!(!edited.contains("\"code\""), "the office could not: {edited}");
    tell(&tablet, device_log, &["sync"])?;
    let photo = photo_file(folder.path(), 800, 600)?.to_string_lossy().into_owned();
    tell(&tablet, device_log, &["search", RESIDENT])?;
    tell(&tablet, device_log, &["visit", "--household", &door, "--no-answer", "--photo", &photo])?;
    let request = ["request", "take", "--household", &door, "--category", "leak", "--text", NOTE, "--phone", PHONE];
    tell(&tablet, device_log, &request)?;
    tell(&tablet, device_log, &["plan", "add", "--household", &door, "--measure", "bleed_air", "--title", NOTE])?;
    tell(&tablet, device_log, &["sync"])?;
    office("search", json!({"text": PHONE, "limit": 5}))?;
    office("open_household", json!({"household": door}))?;

    // The window, on the same folder.
    let mut window = Command::new(binary("huce")?);
    window.env("HUCE_STORE", tablet.store()).env("HUCE_LOG", "debug");
    window.env("XDG_DATA_HOME", tablet.store().with_extension("web"));
    let window = Process::start_logged(window, window_log)?;
    let until = std::time::Instant::now() + PATIENCE;
    while !fs::read_to_string(window_log)?.contains("hyper") && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(Duration::from_secs(3));
    window.kill()?;

    let pin = folder.path().join("pin");
    fs::write(&pin, PIN)?;
    let pin = pin.to_string_lossy().into_owned();
    tell(&tablet, device_log, &["set-pin", "--to", &pin])?;
    tell(&tablet, device_log, &["--pin-file", &pin, "status"])?;
    server.kill()?;

    let plain = code.replace('-', "");
    let digits = "锅炉厂";
    let secrets = [
        RESIDENT,
        PHONE,
        NOTE,
        PIN,
        PASSWORD,
        "huce-demo",
        &code,
        &plain,
        &cookie,
        "3-3-601",
        "家属院",
        "王建设",
        digits,
        "Bearer ",
        "BEGIN PRIVATE KEY",
    ];
    for log in &logs {
        let text = fs::read_to_string(log)?;
        ensure!(text.contains("DEBUG"), "{} tells nothing: the test would prove nothing", log.display());
        for secret in secrets {
            let found = text.lines().find(|line| line.contains(secret));
            ensure!(found.is_none(), "{} holds {secret}: {}", log.display(), found.unwrap_or_default());
        }
    }
    Ok(())
}
