//! A photo that another tablet took: fetched when a door is looked at beside the depot, still there in the basement.

use anyhow::Result;
use huce_tests::{
    server::Server,
    tablet::{Tablet, photo_file},
    window::{Held, Window},
};
use serde_json::json;
use tempfile::TempDir;

#[tokio::test]
async fn a_photo_of_another_tablet_is_fetched_once_and_kept() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let folder = TempDir::new()?;
    let photo = photo_file(folder.path(), 1600, 1200)?;

    let one = Tablet::enrolled(&server, "wangjianshe")?;
    let door = one.household("锅炉厂家属院", "2-1-101")?;
    one.must(&["visit", "--household", &door, "--no-answer", "--photo", &photo.to_string_lossy()])?;
    one.must(&["sync"])?;

    let two = Tablet::enrolled(&server, "wangjianshe")?;
    two.must(&["sync"])?;
    let app = Window::tablet(&two.store(), Held::Landscape).await?;
    look(&app, &door).await?;
    server.kill()?;
    app.close().await?;

    let app = Window::tablet(&two.store(), Held::Landscape).await?;
    look(&app, &door).await?;
    app.close().await
}

/// Opens the door's page and waits until the small photo is really drawn.
async fn look(app: &Window, door: &str) -> Result<()> {
    app.see("nav").await?;
    app.go(&format!("/household/{door}")).await?;
    let drawn = "return [...document.querySelectorAll('.thumb img')].some(i => i.complete && i.naturalWidth > 0)";
    app.until("the photo", || async { Ok(app.page.execute(drawn, vec![]).await? == json!(true)) }).await
}
