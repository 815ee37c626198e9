//! A photo taken with the camera (WebKit's mock of one): live picture, shutter, kept as the answer.

use anyhow::Result;
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::json;

#[tokio::test]
async fn a_photo_is_taken_with_the_camera() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    for (held, short) in [(Held::Landscape, "2-1-101"), (Held::Portrait, "2-1-102")] {
        let door = tablet.household("锅炉厂家属院", short)?;
        let app = Window::tablet(&tablet.store(), held).await?;
        app.see("nav").await?;
        app.go(&format!("/visit/{door}")).await?;
        app.read(&[short]).await?;
        app.tap_in(".section", "照片").await?;
        app.settle().await?;
        app.tap_in(".take-buttons .btn", "拍照").await?;
        let live =
            "const v = document.querySelector('.camera-live'); return v !== null && v.videoWidth > 0 && !v.paused";
        app.until("the live picture", || async { Ok(app.page.execute(live, vec![]).await? == json!(true)) }).await?;
        app.shoot(&format!("camera-live-{}", held.size())).await?;
        app.click(".shutter").await?;
        app.see(".photo-answer img").await?;
        app.read(&["已保存"]).await?;
        app.shoot(&format!("camera-kept-{}", held.size())).await?;
        app.close().await?;
    }
    Ok(())
}
