//! A form with files, from the browser to the door: a list for choices and `pulldata()`, pictures of a question and of
//! choices. A list that is missing is said and keeps the form from tablets; with all of them it is filled in without a
//! network, and the record says what was chosen.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use huce_tests::{
    root,
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use image::{Rgb, RgbImage};
use serde_json::json;
use tempfile::TempDir;

/// A valve as a drawing would show it: a pipe of a colour with a handle along it or across.
fn picture(path: &Path, handle_along: bool) -> Result<()> {
    let mut picture = RgbImage::from_pixel(320, 200, Rgb([250, 248, 243]));
    let mut fill = |(left, top, right, bottom): (u32, u32, u32, u32), colour| {
        for (x, y) in (left..right).flat_map(|x| (top..bottom).map(move |y| (x, y))) {
            picture.put_pixel(x, y, Rgb(colour));
        }
    };
    fill((0, 110, 320, 150), [120, 128, 136]);
    let handle = if handle_along { (90, 70, 230, 94) } else { (148, 10, 172, 110) };
    fill(handle, [194, 65, 12]);
    Ok(picture.save(path)?)
}

#[tokio::test]
async fn a_form_comes_to_the_door_with_its_list_and_pictures() -> Result<()> {
    let mut server = Server::with_demo()?;
    let folder = TempDir::new()?;
    let (form, given) = (root().join("tests/forms/valves"), |name: &str| folder.path().join(name));
    fs::write(given("valves.xml"), server.must(&["form", "convert", &form.to_string_lossy(), "--to", "xform"])?)?;
    fs::copy(form.join("makers.csv"), given("makers.csv"))?;
    for (name, along) in [("plate.png", true), ("open.png", true), ("shut.png", false)] {
        picture(&given(name), along)?;
    }
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let door = tablet.household("锅炉厂家属院", "2-1-101")?;

    let browser = Window::browser(&given("profile"), 1280, 880).await?;
    browser.page.goto(&server.url()).await?;
    browser.sign_in("admin").await?;
    browser.read(&["412"]).await?;
    browser.go("/console/forms").await?;
    let shown = &browser;
    let chosen = |names: &'static [&'static str]| async move {
        let paths: Vec<String> = names.iter().map(|name| given(name).to_string_lossy().into_owned()).collect();
        shown.see("input[name=form]").await?.send_keys(&paths.join("\n")).await?;
        anyhow::Ok(())
    };
    chosen(&["valves.xml", "open.png"]).await?;
    browser.read(&["缺表单用到的文件", "makers.csv", "plate.png"]).await?;
    browser.settle().await?;
    browser.shoot("form-files-missing").await?;
    ensure!(!browser.text().await?.contains("发布到平板"), "a form without its list can be published");
    chosen(&["valves.xml", "makers.csv", "plate.png", "open.png", "shut.png"]).await?;
    browser.read(&["没有错误", "阀门检查"]).await?;
    browser.tap_in("a", "试填").await?;
    browser.read(&["这是哪家的阀门？", "大发阀业"]).await?;
    drawn(&browser, ".question-media img").await?;
    browser.shoot("form-files-trial").await?;
    browser.page.back().await?;
    browser.tap_in(".forms-result button", "发布").await?;
    browser.tap_in("dialog[open] button", "发布到平板").await?;
    browser.read(&["平板正在使用这一版"]).await?;
    tablet.must(&["sync"])?;
    server.stop();

    // At the door, without a network.
    for held in [Held::Landscape, Held::Portrait] {
        let app = Window::tablet(&tablet.store(), held).await?;
        app.see("nav").await?;
        app.go(&format!("/visit/{door}?form=valves")).await?;
        app.read(&["这是哪家的阀门？"]).await?;
        if held == Held::Landscape {
            drawn(&app, ".question-media img").await?;
            app.shoot("form-files-label").await?;
            app.tap_in(".option", "远大阀门").await?;
            app.read(&["已保存"]).await?;
            app.click(".form-foot .btn.primary").await?;
        }
        app.read(&["阀门像哪一张？"]).await?;
        drawn(&app, ".option img").await?;
        app.shoot(&format!("form-files-choices-{}", held.size())).await?;
        if held == Held::Portrait {
            app.tap_in(".option", "关着").await?;
            app.read(&["已保存"]).await?;
            app.click(".form-foot .btn.primary").await?;
            app.read(&["保修 8 年"]).await?;
            app.tap_in(".section", "核对提交").await?;
            app.click(".form-foot .btn.primary:not([disabled])").await?;
            app.read(&["入户已登记"]).await?;
        }
        app.close().await?;
    }

    server.start()?;
    tablet.must(&["sync"])?;
    browser.page.goto(&format!("{}/console/household/{door}", server.url())).await?;
    browser.tap("答案").await?;
    browser.read(&["远大阀门", "关着"]).await?;
    browser.shoot("form-files-record").await?;
    browser.close().await
}

/// The pictures are there and not only asked for.
async fn drawn(window: &Window, which: &str) -> Result<()> {
    let all = "const all = [...document.querySelectorAll(arguments[0])]; return all.length > 0 && all.every(i => i.naturalWidth > 0)";
    let whole = || async { Ok(window.page.execute(all, vec![json!(which)]).await? == json!(true)) };
    window.until("the pictures of the form", whole).await
}
