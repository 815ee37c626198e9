//! The conflict desk in the real windows: two tablets without signal write different notes on one door; the console's
//! desk and the tablet's show both and what they started from; a third value settles it everywhere.

use anyhow::{Result, ensure};
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::json;
use tempfile::TempDir;

#[tokio::test]
async fn a_dispute_is_settled_at_the_desk() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let one = Tablet::enrolled(&server, "wangjianshe")?;
    let two = Tablet::enrolled(&server, "wangjianshe")?;
    let door = one.household("锅炉厂家属院", "2-1-101")?;
    let diagnose =
        |tablet: &Tablet, text: &str| tablet.must(&["plan", "diagnosis", "--household", &door, "--text", text]);
    one.must(&["plan", "add", "--household", &door, "--measure", "bleed_air", "--title", "立管排气"])?;
    diagnose(&one, "偏冷")?;
    one.must(&["sync"])?;
    two.must(&["sync"])?;
    diagnose(&one, "气堵")?;
    diagnose(&two, "滤网堵塞")?;
    for tablet in [&one, &two, &one] {
        tablet.must(&["sync"])?;
    }

    let folder = TempDir::new()?;
    let browser = Window::browser(folder.path(), 1440, 900).await?;
    browser.page.goto(&server.url()).await?;
    browser.sign_in("diaodu").await?;
    browser.click(".dispute-hint").await?;
    browser.read(&["锅炉厂家属院 2-1-101", "偏冷", "气堵", "滤网堵塞", "原来"]).await?;
    browser.settle().await?;
    browser.shoot("console-conflicts").await?;

    let app = Window::tablet(&one.store(), Held::Portrait).await?;
    app.see("nav").await?;
    app.click(".dispute-hint[href='/conflicts']").await?;
    app.read(&["偏冷", "气堵", "滤网堵塞"]).await?;
    app.settle().await?;
    app.shoot("tablet-conflicts").await?;
    app.tap_in("summary", "另写一个").await?;
    app.fill(".dispute-other input", "气堵，滤网也堵").await?;
    app.click(".dispute-other .btn").await?;
    app.read(&["没有冲突"]).await?;
    app.close().await?;

    one.must(&["sync"])?;
    two.must(&["sync"])?;
    for tablet in [&one, &two] {
        ensure!(tablet.must(&["conflicts"])?["conflicts"] == json!([]), "settled, and still there");
    }
    ensure!(one.must(&["state"])? == two.must(&["state"])?, "the two differ");
    browser.reload(".state-title").await?;
    browser.read(&["没有冲突"]).await?;
    browser.close().await
}
