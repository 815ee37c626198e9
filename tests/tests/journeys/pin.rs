//! The PIN in the real window: set, locked by hand, wrong, right; and a start that waits for it. What is on the disk
//! opens with it only.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};

async fn press(app: &Window, digits: &str) -> Result<()> {
    for digit in digits.chars() {
        app.tap_in(".key", &digit.to_string()).await?;
    }
    app.click(".key.primary").await
}

#[tokio::test]
async fn a_tablet_with_a_pin_opens_with_nothing_else() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let app = Window::tablet(&tablet.store(), Held::Portrait).await?;
    app.see("nav").await?;
    app.click(".dispute-hint[href='/settings']").await?;
    app.fill("input[name=new-pin]", "2468").await?;
    app.fill("input[name=again-pin]", "2469").await?;
    app.tap("设口令").await?;
    app.read(&["两次不一样"]).await?;
    app.fill("input[name=again-pin]", "2468").await?;
    app.tap("设口令").await?;
    app.read(&["口令已设"]).await?;
    app.settle().await?;
    app.shoot("tablet-pin-set").await?;
    app.tap("立即锁定").await?;
    app.read(&["已锁定"]).await?;
    ensure!(app.page.find_all(fantoccini::Locator::Css("nav")).await?.is_empty(), "a locked tablet shows its pages");
    app.settle().await?;
    app.shoot("tablet-locked").await?;
    press(&app, "1111").await?;
    app.read(&["口令不对"]).await?;
    press(&app, "2468").await?;
    app.see("nav").await?;
    app.kill_app()?;

    // The threads of a killed app let go of its lock one after the other.
    let until = Instant::now() + Duration::from_secs(20);
    let why = loop {
        let (_, opened, why) = tablet.command(&["status"])?;
        ensure!(!opened, "opened without the PIN");
        if !why.contains("in use") || Instant::now() > until {
            break why;
        }
    };
    ensure!(why.contains("PIN"), "{why}");
    let app = Window::tablet(&tablet.store(), Held::Portrait).await?;
    app.read(&["已锁定"]).await?;
    press(&app, "2468").await?;
    app.see("nav").await?;
    app.close().await
}
