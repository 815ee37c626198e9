//! A code alone lets nobody in: the tablet waits, shows the number that the console shows, and goes on by itself.

use anyhow::{Context, Result, ensure};
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_tablet_waits_until_somebody_lets_it_in() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let code = || Ok::<_, anyhow::Error>(server.must(&["code", "new", "--login", "wangjianshe"])?.trim().to_owned());
    let tablet = Tablet::new()?;
    let enrolled = tablet.must(&["enrol", &server.url(), &code()?])?;
    let number = enrolled["waiting"]["fingerprint"].as_str().context("it does not wait")?.to_owned();
    let (_, held, err) = tablet.command(&["sync"])?;
    ensure!(!held && err.contains("not_approved"), "it went on: {err}");
    let listed = |field: &str| {
        let list = server.json(&["device", "list"])?;
        let device = list.as_array().and_then(|l| l.iter().find(|d| d["device"] == enrolled["device"])).cloned();
        Ok::<_, anyhow::Error>(device.context("not listed")?[field].clone())
    };
    assert_eq!(listed("approved")?, json!(false));

    // The window waits, also after it was closed and opened again.
    for language in ["zh", "en"] {
        let app = Window::tablet(&tablet.store(), Held::Landscape).await?;
        app.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!(language)]).await?;
        app.reload(".spoken").await?;
        app.read(&[&number]).await?;
        app.shoot(&format!("tablet-waits-{language}")).await?;
        if language == "zh" {
            app.click(".enrol button").await?;
            app.see("input[name=url]").await?;
            app.shoot("tablet-enrol-zh").await?;
            app.close().await?;
            continue;
        }
        let folder = tempfile::TempDir::new()?;
        let console = Window::browser(&folder.path().join("profile"), 1280, 880).await?;
        console.page.goto(&server.url()).await?;
        console.sign_in("admin").await?;
        console.read(&["412"]).await?;
        for language in ["en", "zh"] {
            console.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!(language)]).await?;
            console.page.goto(&format!("{}/console/people", server.url())).await?;
            console.read(&[&number]).await?;
            console.shoot(&format!("console-waiting-{language}")).await?;
            console.tap_in("td.people-actions button:last-child", "").await?;
            console.see(".code-qr path").await?;
            console.shoot(&format!("console-code-{language}")).await?;
            console.page.goto(&format!("{}/console/people", server.url())).await?;
        }
        console.read(&[&number]).await?;
        console.click(".tablets-waiting button.primary").await?;
        // Nobody touches the tablet.
        app.see("nav").await?;
        app.close().await?;
        console.close().await?;
    }
    assert_eq!(listed("approved")?, json!(true));
    assert!(listed("offset_ms")?.as_i64().is_some_and(|ms| ms.abs() < 60_000), "the same clock");
    tablet.must(&["sync"])?;

    // Another one is refused; with a code that lets in it is in.
    let other = Tablet::new()?;
    let enrolled = other.must(&["enrol", &server.url(), &code()?])?;
    let number = enrolled["waiting"]["fingerprint"].as_str().context("it does not wait")?;
    server.must(&["device", "refuse", number])?;
    ensure!(!server.command(&["device", "approve", number])?.1, "who was refused needs a new code");
    let (_, held, err) = other.command(&["sync"])?;
    ensure!(!held && err.contains("revoked"), "it went on: {err}");
    let code = server.must(&["code", "new", "--login", "wangjianshe", "--approve"])?;
    let enrolled = other.must(&["enrol", &server.url(), code.trim()])?;
    assert_eq!(enrolled["waiting"], Value::Null);
    Ok(())
}
