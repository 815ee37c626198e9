//! A server that is its own authority, over a network: the tablet speaks to the one whose fingerprint came with its code,
//! and to nobody else; what it recorded stays while it does not.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use anyhow::{Context, Result, ensure};
use huce_tests::{process::run, server::Server, tablet::Tablet};
use serde_json::Value;

fn refused(tablet: &Tablet, args: &[&str], code: &str) -> Result<()> {
    let (out, held, err) = tablet.command(args)?;
    ensure!(!held, "it went on: {out}");
    ensure!(err.contains(code) && !err.contains("offline"), "{args:?}: not {code} but {err}");
    Ok(())
}

fn waiting(tablet: &Tablet) -> Result<u64> {
    tablet.must(&["status"])?["sync"]["events_waiting"].as_u64().context("no count")
}

#[test]
fn a_tablet_speaks_only_to_the_server_of_its_code() -> Result<()> {
    let mut server = Server::with_demo()?.in_the_open();
    server.start()?;
    let url = server.url();
    let authority = server.data().join("tls-ca.pem");
    assert_eq!(fs::metadata(&authority)?.permissions().mode() & 0o777, 0o600);

    // A browser that was given the authority, and one that was not.
    let root = server.data().join("tls-ca.crt").to_string_lossy().into_owned();
    let (page, held, err) = run(Command::new("curl").args(["-sS", "-m", "20", "--cacert", &root, "-i", &url]))?;
    ensure!(held, "curl: {err}");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(!page.to_lowercase().contains("strict-transport-security"), "an authority of our own binds no browser");
    assert!(!run(Command::new("curl").args(["-sS", "-m", "20", &url]))?.1);

    let line = server.must(&["code", "new", "--login", "wangjianshe", "--approve", "--url", &url])?;
    let line = line.trim();
    let (head, fingerprint) = line.rsplit_once('.').context("no fingerprint")?;
    let code = head.rsplit_once('#').context("no code")?.1;
    let tablet = Tablet::new()?;
    // Nothing that is wrong uses the code up: the certificate is looked at before anything is said.
    refused(&tablet, &["enrol", &format!("{head}.{}", "0".repeat(64))], "untrusted")?;
    refused(&tablet, &["enrol", &url, code], "untrusted")?;
    refused(&tablet, &["enrol", "http://192.0.2.1:8440", code], "unencrypted")?;
    refused(&tablet, &["enrol", &url, code, "--fingerprint", "1234"], "bad_input")?;
    tablet.must(&["enrol", line])?;

    // Its parts, typed: the beginning of the fingerprint is enough, and the whole is kept.
    let code = server.code("wangjianshe")?;
    let typed = Tablet::new()?;
    typed.must(&["enrol", &url, &code, "--fingerprint", &fingerprint[..20].to_lowercase()])?;

    // The certificate is another after every start; the authority is not.
    server.kill()?;
    server.start()?;
    let door = tablet.household("锅炉厂家属院", "3-3-601")?;
    tablet.must(&["visit", "--household", &door, "--no-answer"])?;
    tablet.must(&["sync"])?;
    typed.must(&["sync"])?;
    assert_eq!(tablet.must(&["state"])?, typed.must(&["state"])?);

    // Somebody else answers at the address.
    server.kill()?;
    let aside = server.data().join("aside");
    fs::rename(&authority, &aside)?;
    server.start()?;
    tablet.must(&["visit", "--household", &door, "--no-answer"])?;
    for tablet in [&tablet, &typed] {
        refused(tablet, &["sync"], "untrusted")?;
    }
    assert_eq!(waiting(&tablet)?, 1);
    assert_eq!(tablet.must(&["status"])?["sync"]["last_error"][1]["code"], Value::from("untrusted"));

    // The right one is back.
    server.kill()?;
    fs::rename(&aside, &authority)?;
    server.start()?;
    tablet.must(&["sync"])?;
    assert_eq!(waiting(&tablet)?, 0);
    Ok(())
}
