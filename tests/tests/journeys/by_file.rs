//! The same way by hand, in real windows: photos are told to wait, a bundle goes onto a drive, the office hands it in,
//! the receipts come back. And a depot hub that is no address.

use anyhow::{Context, Result, ensure};
use huce_tests::{
    server::Server,
    tablet::{Tablet, photo_file},
    window::{Held, Window, media},
};
use tempfile::TempDir;

#[tokio::test]
async fn a_bundle_goes_by_hand() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "chenshoucheng")?;
    let folder = TempDir::new()?;
    let drive = media(&tablet.store()).join("KINGSTON");
    std::fs::create_dir_all(&drive)?;
    let door = tablet.household("金穗花园", "2-1-401")?;

    let app = Window::tablet(&tablet.store(), Held::Landscape).await?;
    app.go("/sync").await?;
    app.read(&["照片什么时候发送", "班组中继", "KINGSTON"]).await?;
    app.tap("先不发").await?;
    app.read(&["照片现在不发送"]).await?;
    app.tap("设置中继").await?;
    app.fill("input[name=hub]", "ftp://hub").await?;
    app.tap("保存").await?;
    app.see(".error-line[role=alert]").await?;
    app.tap("取消").await?;
    app.close().await?;

    server.kill()?;
    let photo = photo_file(folder.path(), 1600, 1200)?;
    tablet.must(&["visit", "--household", &door, "--no-answer", "--photo", &photo.to_string_lossy()])?;
    let app = Window::tablet(&tablet.store(), Held::Portrait).await?;
    app.go("/sync").await?;
    app.tap("存到这里").await?;
    app.read(&["已存好：2 条记录、1 张照片"]).await?;
    app.settle().await?;
    app.shoot("bundle-saved-800x1280").await?;
    let files: Vec<_> = std::fs::read_dir(&drive)?.flatten().map(|f| f.path()).collect();
    ensure!(files.len() == 1, "{files:?}");
    let bundle = files.first().context("the bundle")?.clone();

    // The office's shell takes it in, and the receipts lie beside it.
    server.json(&["bundle", "import", &bundle.to_string_lossy()])?;
    app.tap("重新查找移动盘").await?;
    app.tap("读入").await?;
    app.read(&["回执已读入：2 条记录、1 张照片"]).await?;
    app.until("nothing waits", || async { Ok(app.text().await?.contains("都已送到服务器")) }).await?;
    app.close().await?;

    // Somebody hands the same file in again, by the console; and one that is none.
    server.start()?;
    let console = Window::browser(&folder.path().join("profile"), 1280, 880).await?;
    console.page.goto(&server.url()).await?;
    console.sign_in("admin").await?;
    console.read(&["412"]).await?;
    console.go("/console/people").await?;
    let no_bundle = folder.path().join("notes.huce");
    std::fs::write(&no_bundle, b"a shopping list")?;
    let input = console.see("input[name=bundle]").await?;
    input.send_keys(&no_bundle.to_string_lossy()).await?;
    console.see(".bundle-import .error-line").await?;
    console.see("input[name=bundle]").await?.send_keys(&bundle.to_string_lossy()).await?;
    console.read(&["新收 0 条记录、1 张照片，已有 2 条", "保存回执文件"]).await?;
    console.shoot("console-bundle").await?;
    console.close().await
}
