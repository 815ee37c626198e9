//! By what the server is known, in all the ways in which it is run: a certificate in files, a proxy in front, its own
//! authority, a hub in between, an object store over TLS. And certificates are renewed while it runs.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::SigningKey;
use huce_core::event::key_text;
use huce_tests::{
    process::run,
    s3,
    server::Server,
    tablet::{Tablet, photo_file},
    tls::{Authority, Files, front, shown},
};

const LOGIN: &str = "chenshoucheng";
const ESTATE: &str = "金穗花园";

/// Headers and body of a page, for somebody who trusts this authority.
fn curl(authority: Option<&Path>, args: &[&str]) -> Result<String> {
    let mut command = Command::new("curl");
    command.args(["-sS", "-m", "20", "-i"]).args(args);
    if let Some(authority) = authority {
        command.arg("--cacert").arg(authority);
    }
    let (page, held, err) = run(&mut command)?;
    ensure!(held, "curl {args:?}: {err}");
    Ok(page)
}

/// A command of a tablet whose system trusts this authority besides nobody.
fn trusting(tablet: &Tablet, authority: &Path, args: &[&str]) -> Result<(String, bool, String)> {
    run(tablet.device()?.env("SSL_CERT_FILE", authority).args(args))
}

fn knock(tablet: &Tablet, short: &str, photo: Option<&str>) -> Result<()> {
    let door = tablet.household(ESTATE, short)?;
    let photo = photo.map(|photo| ["--photo", photo]);
    let args = ["visit", "--household", &door, "--no-answer"];
    tablet.must(&[&args[..], photo.as_ref().map_or(&[], |photo| &photo[..])].concat()).map(drop)
}

/// Until it holds; certificates are renewed every second here.
fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds()? {
        ensure!(Instant::now() < end, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn files(files: &Files) -> [&str; 4] {
    ["--cert", files.cert.to_str().unwrap_or_default(), "--key", files.key.to_str().unwrap_or_default()]
}

#[test]
fn a_certificate_in_files_is_trusted_by_systems_and_read_again_when_it_was_renewed() -> Result<()> {
    let authority = Authority::new()?;
    let given = authority.certify("depot", false)?;
    let log = tempfile::NamedTempFile::new()?;
    let mut server = Server::with_demo()?.in_the_open().telling(log.path().to_owned());
    let renewing = [&files(&given)[..], &["--renew-every", "1"]].concat();
    server.start_with(&renewing)?;

    // A public authority vouches for it, as far as anybody can tell: browsers are told to come so again, and tablets pin nothing.
    let page = curl(Some(&authority.file()), &[&server.url()])?.to_lowercase();
    ensure!(page.contains("strict-transport-security: max-age=31536000"), "{page}");
    let line = server.must(&["code", "new", "--login", LOGIN, "--approve", "--url", &server.url()])?;
    ensure!(!line.rsplit_once('#').context("no code")?.1.contains('.'), "{line}");
    let stranger = Tablet::new()?;
    let (_, held, err) = stranger.command(&["enrol", line.trim()])?;
    ensure!(!held && err.contains("untrusted"), "a system that does not know the authority: {err}");
    let tablet = Tablet::new()?;
    let (out, held, err) = trusting(&tablet, &authority.file(), &["enrol", line.trim()])?;
    ensure!(held, "{err}{out}");

    // Renewed: the same server, without a restart.
    let before = shown(server.port(), &authority.file())?;
    authority.certify("depot", false)?;
    until("the new certificate", || Ok(shown(server.port(), &authority.file())? != before))?;
    knock(&tablet, "2-1-401", None)?;
    let (out, held, err) = trusting(&tablet, &authority.file(), &["sync"])?;
    ensure!(held, "{err}{out}");

    // Whoever renews it badly is told so in the log, and the one before stays.
    let before = shown(server.port(), &authority.file())?;
    fs::write(&given.cert, "nothing of use")?;
    until("a word in the log", || Ok(fs::read_to_string(log.path())?.contains("the one before stays")))?;
    assert_eq!(shown(server.port(), &authority.file())?, before);
    Ok(())
}

#[test]
fn a_chain_with_its_own_root_is_pinned_and_binds_no_browser() -> Result<()> {
    let authority = Authority::new()?;
    let given = authority.certify("depot", true)?;
    let mut server = Server::with_demo()?.in_the_open();
    // An authority of its own from an earlier start: it is not the one that vouches now.
    server.start()?;
    server.kill()?;
    server.start_with(&files(&given))?;
    let page = curl(Some(&authority.file()), &[&server.url()])?.to_lowercase();
    ensure!(!page.contains("strict-transport-security"), "{page}");
    let line = server.must(&["code", "new", "--login", LOGIN, "--approve", "--url", &server.url()])?;
    let tablet = Tablet::new()?;
    tablet.must(&["enrol", line.trim()])?;
    knock(&tablet, "2-1-401", None)?;
    tablet.must(&["sync"])?;
    Ok(())
}

#[test]
fn its_own_certificate_is_made_anew_while_tablets_are_there() -> Result<()> {
    let mut server = Server::with_demo()?.in_the_open();
    server.start_with(&["--renew-every", "1"])?;
    let line = server.must(&["code", "new", "--login", LOGIN, "--approve", "--url", &server.url()])?;
    let tablet = Tablet::new()?;
    tablet.must(&["enrol", line.trim()])?;
    let root = server.data().join("tls-ca.crt");
    let before = shown(server.port(), &root)?;
    for _ in 0..2 {
        let now = shown(server.port(), &root)?;
        until("another certificate of the same authority", || Ok(shown(server.port(), &root)? != now))?;
    }
    assert_ne!(shown(server.port(), &root)?, before);
    knock(&tablet, "2-1-401", None)?;
    tablet.must(&["sync"])?;
    Ok(())
}

#[test]
fn behind_a_proxy_it_believes_how_it_was_asked_and_by_whom() -> Result<()> {
    let authority = Authority::new()?;
    let mut server = Server::with_demo()?.in_the_open();
    server.start_with(&["--behind-proxy"])?;
    let plain = format!("http://127.0.0.1:{}", server.port());
    let public = format!("https://localhost:{}", front(server.port(), &authority.certify("proxy", false)?, true)?);
    let sign_in = r#"{"login":"admin","password":"huce-demo"}"#;
    let json = ["-H", "content-type: application/json", "-H", "x-huce: 1", "-d"];
    let at = |url: &str| format!("{url}/api/sign_in");
    let by_proxy = curl(Some(&authority.file()), &[&json[..], &[sign_in, &at(&public)]].concat())?.to_lowercase();
    ensure!(by_proxy.contains("; secure"), "{by_proxy}");
    let straight = curl(None, &[&json[..], &[sign_in, &at(&plain)]].concat())?.to_lowercase();
    ensure!(straight.contains("set-cookie") && !straight.contains("; secure"), "{straight}");

    // The line for a tablet names the way by which the console was reached, and nobody to pin.
    let cookie = by_proxy.lines().find_map(|line| line.strip_prefix("set-cookie: ")).context("no cookie")?;
    ensure!(cookie.starts_with("huce="), "{cookie}");
    let line = server.must(&["code", "new", "--login", LOGIN, "--approve", "--url", &public])?;
    let tablet = Tablet::new()?;
    let (out, held, err) = trusting(&tablet, &authority.file(), &["enrol", line.trim()])?;
    ensure!(held, "{err}{out}");

    // Five wrong codes of a hub lock the address that the proxy saw, and no other.
    let key = SigningKey::from_bytes(&[7; 32]);
    let wrong = r#"{"code":"AAAA-AAAA","public_key":"KEY","name":"h","version":"1"}"#
        .replace("KEY", &key_text(&key.verifying_key()));
    let guess = |from: &str| {
        let from = format!("x-forwarded-for: 203.0.113.9, {from}");
        curl(None, &[&json[..], &[&wrong, "-H", &from, &format!("{plain}/v1/hub/enrol")]].concat())
    };
    for _ in 0..5 {
        guess("198.51.100.1")?;
    }
    ensure!(guess("198.51.100.1")?.contains(" 429 "), "an address that guesses is locked");
    ensure!(!guess("198.51.100.2")?.contains(" 429 "), "and it alone");
    Ok(())
}

#[test]
fn a_hub_speaks_tls_on_both_sides() -> Result<()> {
    let mut server = Server::with_demo()?.in_the_open();
    server.start()?;
    let url = server.url();
    let line = server.must(&["code", "new", "--login", LOGIN, "--approve", "--url", &url])?;
    let tablet = Tablet::new()?;
    tablet.must(&["enrol", line.trim()])?;

    let code = server.must(&["code", "new", "--hub", "--login", "admin"])?;
    let mut hub = Server::hub_of(&server)?.in_the_open();
    fs::create_dir_all(hub.data())?;
    // It says whom it does not know, and nothing to them: the code is still good.
    let (_, held, err) =
        hub.command(&["serve", "--listen", "127.0.0.1:0", "--upstream", &url, "--code", code.trim()])?;
    ensure!(!held && err.contains("upstream-ca.crt"), "{err}");
    fs::copy(server.data().join("tls-ca.crt"), hub.data().join("upstream-ca.crt"))?;
    hub.start_with(&["--code", code.trim()])?;
    let print = fs::read_to_string(hub.data().join("tls-fingerprint"))?;
    tablet.must(&["hub", &format!("{}#{}", hub.url(), print.trim())])?;

    // The hub has heard of the tablet when it lets it in.
    let folder = tempfile::TempDir::new()?;
    let photo = photo_file(folder.path(), 640, 480)?.to_string_lossy().into_owned();
    knock(&tablet, "2-1-401", Some(&photo))?;
    until("the hub has the server's book", || {
        std::thread::sleep(Duration::from_secs(2));
        server.kill()?;
        let (out, held, _) = tablet.command(&["sync"])?;
        if held && out.contains("\"at_hub\":true") {
            return Ok(true);
        }
        server.start()?;
        Ok(false)
    })?;
    server.start()?;
    let other = Tablet::new()?;
    let line = server.must(&["code", "new", "--login", LOGIN, "--approve", "--url", &url])?;
    other.must(&["enrol", line.trim()])?;
    until("the server has what the hub was given", || {
        other.must(&["sync"])?;
        let door = other.household(ESTATE, "2-1-401")?;
        Ok(other.must(&["household", &door])?.to_string().contains("no_answer"))
    })?;
    // Another hub under this fingerprint is none.
    tablet.must(&["hub", &format!("{}#{}", hub.url(), "0".repeat(64))])?;
    server.kill()?;
    knock(&tablet, "2-1-402", None)?;
    let (_, held, err) = tablet.command(&["sync"])?;
    ensure!(!held && err.contains("untrusted"), "{err}");
    Ok(())
}

#[test]
fn photos_go_to_an_object_store_over_tls() -> Result<()> {
    let authority = Authority::new()?;
    let (bucket, folder) = s3::s3().and_then(|s3| s3.bucket()).map_err(anyhow::Error::msg)?;
    let (head, endpoint) = bucket.split_once("endpoint=http://127.0.0.1:").context("another address")?;
    let port = front(endpoint.parse()?, &authority.certify("s3", false)?, false)?;
    let over_tls = format!("{head}endpoint=https://127.0.0.1:{port}");
    let mut server = Server::with_demo()?.trusting(authority.file());
    server.move_to(&["--photos", &over_tls]);
    server.start()?;
    let tablet = Tablet::enrolled(&server, LOGIN)?;
    let pictures = tempfile::TempDir::new()?;
    let photo = photo_file(pictures.path(), 640, 480)?.to_string_lossy().into_owned();
    knock(&tablet, "2-1-401", Some(&photo))?;
    let said = tablet.must(&["sync"])?;
    ensure!(said["photos_waiting"] == 0 && said["sync"]["photos"] == 1, "{said}");
    ensure!(fs::read_dir(&folder)?.count() > 0, "nothing is in the bucket");
    Ok(())
}
