//! From the resident's door to the depot, in real windows: a tablet is enrolled, the depot goes out of reach, a visit
//! is filled in with a photo, the battery is pulled twice, everything is still there, the depot is back, everything
//! syncs, and a dispatcher in a real browser sees the visit, the photo and the figures change.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use fantoccini::Locator;
use huce_tests::{
    server::Server,
    tablet::photo_file,
    window::{Held, Window},
};
use tempfile::TempDir;

const ESTATE: &str = "锅炉厂家属院";
const DOOR: &str = "1-2-601";

#[tokio::test]
async fn a_visit_reaches_the_console() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let folder = TempDir::new()?;
    let store = folder.path().join("tablet");
    let photo = photo_file(folder.path(), 5184, 3888)?;

    let before = figures(&server, folder.path()).await?;

    let app = Window::tablet(&store, Held::Landscape).await?;
    enrol(&app, &server).await?;
    server.kill()?;

    open_door(&app).await?;
    fill_until_the_photo(&app, &photo).await?;
    app.kill_app()?;

    // It opens on the same question of the same form: the same answers, the same photo.
    let app = Window::tablet(&store, Held::Landscape).await?;
    app.read(&["测温照片", DOOR]).await?;
    app.see(".photo-answer img").await?;
    submit(&app).await?;
    app.shoot("journey-submitted").await?;
    app.kill_app()?;

    let app = Window::tablet(&store, Held::Landscape).await?;
    find_door(&app).await?;
    app.read(&["14.6", "16.2"]).await?;
    app.shoot("journey-after-kill").await?;

    server.start()?;
    app.go("/sync").await?;
    app.tap("立即同步").await?;
    app.read(&["都已送到服务器"]).await?;
    app.shoot("journey-synced").await?;
    app.close().await?;

    let after = figures(&server, folder.path()).await?;
    assert!(after.0 > before.0, "visits today: {before:?} → {after:?}");
    assert_eq!(after.1, before.1 + 1, "households visited in the round: {before:?} → {after:?}");

    let console = sign_in(&server, folder.path()).await?;
    console.fill("input[name=search]", &format!("{ESTATE}{DOOR}")).await?;
    console.tap_in("[role=option], .hit", DOOR).await?;
    console.read(&["14.6", "16.2"]).await?;
    let drawn = "return [...document.querySelectorAll('main img')].some(picture => picture.naturalWidth > 0)";
    console.until("the photo's bytes", || async { Ok(console.page.execute(drawn, vec![]).await? == true) }).await?;
    console.shoot("journey-console-household").await?;
    console.close().await
}

pub(super) async fn enrol(app: &Window, server: &Server) -> Result<()> {
    app.fill("input[name=url]", &server.url()).await?;
    app.fill("input[name=code]", &server.code("wangjianshe")?).await?;
    app.shoot("journey-enrol").await?;
    app.click("button[type=submit]").await?;
    app.read(&["今日", "节前供热入户排查"]).await?;
    Ok(())
}

async fn find_door(app: &Window) -> Result<()> {
    app.go("/").await?;
    app.fill("input[name=search]", &format!("{ESTATE}{DOOR}")).await?;
    app.tap_in(".hit", DOOR).await?;
    app.read(&[DOOR, "串联"]).await?;
    Ok(())
}

async fn open_door(app: &Window) -> Result<()> {
    find_door(app).await?;
    app.click("a.btn.primary[href*='/visit/']").await?;
    app.see(".form-frame").await?;
    Ok(())
}

async fn fill_until_the_photo(app: &Window, photo: &Path) -> Result<()> {
    choose(app, "谁开的门", "户主").await?;
    answered_and_tapped_on_twice(app, "居住情况", "自住", "需要特别关照的人").await?;
    app.tap_in(".section", "房间与室温").await?;
    for (room, temp) in [("客厅", "16.2"), ("南卧", "14.6")] {
        // The first room is there already.
        if room != "客厅" {
            app.tap_in(".chip", "＋").await?;
        }
        choose(app, "这是哪个房间", room).await?;
        write(app, "室温是多少", temp).await?;
        app.read(&["低于 18 °C 标准"]).await?;
        choose(app, "这组散热器", "上热下凉").await?;
        choose(app, "散热器阀门是什么状态", "全开").await?;
    }
    app.shoot("journey-room").await?;
    choose(app, "什么供热方式", "串联").await?;
    choose(app, "末端是什么", "铸铁").await?;
    choose(app, "入户阀门", "").await?;
    choose(app, "有没有渗漏", "没有").await?;
    choose(app, "有没有气堵", "有").await?;
    choose(app, "当场排气", "").await?;
    choose(app, "过滤网是什么情况", "").await?;
    choose(app, "住户对供热满意吗", "").await?;
    reach(app, "测温照片").await?;
    let file = question("测温照片", "//input[@type='file']");
    let input = app.page.find(Locator::XPath(&file)).await?;
    input.send_keys(&photo.to_string_lossy()).await?;
    app.see(".photo-answer img").await?;
    app.read(&["已保存"]).await?;
    app.shoot("journey-photo").await
}

async fn submit(app: &Window) -> Result<()> {
    app.tap_in(".section", "签字").await?;
    choose(app, "已向住户说明", "").await?;
    app.tap_in(".section", "核对提交").await?;
    app.shoot("journey-summary").await?;
    app.click(".form-foot .btn.primary:not([disabled])").await?;
    app.see(".suggestion").await?;
    app.shoot("journey-suggestions").await?;
    app.click(".form-foot .btn.primary:not([disabled])").await?;
    app.tap("看户策").await?;
    app.read(&["清洗过滤网", "未指派"]).await?;
    Ok(())
}

/// The part of a question whose label holds `label`.
pub(super) fn question(label: &str, part: &str) -> String {
    format!("//section[contains(@class,'question')][.//h2[contains(.,'{label}')]]{part}")
}

/// Goes forward, one screen at a time as a person would, until the question is there.
pub(super) async fn reach(app: &Window, label: &str) -> Result<()> {
    for _ in 0..40 {
        if app.page.find(Locator::XPath(&question(label, ""))).await.is_ok() {
            return Ok(());
        }
        let before = asked(app).await?;
        app.click(".form-foot .btn.primary").await?;
        // A person looks at what came before tapping again; a screen may also stay, and say what is missing.
        app.until("another screen, or a complaint", || async { Ok(asked(app).await? != before) }).await?;
    }
    anyhow::bail!("no question {label:?}; the page shows: {}", app.text().await?)
}

/// An impatient person answers and taps "next" twice while the answer is being kept: one screen is left, and the one
/// after it, where nothing has to be answered, is not passed.
async fn answered_and_tapped_on_twice(app: &Window, label: &str, option: &str, next: &str) -> Result<()> {
    reach(app, label).await?;
    let taps = "const holds = words => element => element.innerText.includes(words);
        const question = [...document.querySelectorAll('section.question')].find(holds(arguments[0]));
        const next = document.querySelector('.form-foot .btn.primary');
        [[...question.querySelectorAll('.option')].find(holds(arguments[1])), next, next].forEach(button => button.click());";
    app.page.execute(taps, vec![label.into(), option.into()]).await?;
    app.read(&[next]).await?;
    // Longer than a tap waits for an answer to be kept.
    tokio::time::sleep(Duration::from_millis(600)).await;
    anyhow::ensure!(app.text().await?.contains(next), "{next:?} was passed; it shows: {}", app.text().await?);
    Ok(())
}

/// What the screen asks, and how much of it is complained about.
async fn asked(app: &Window) -> Result<serde_json::Value> {
    let script = "return [...document.querySelectorAll('.form-frame h2, .form-frame .question.wrong')]
        .map(e => e.className + e.innerText).join('|')";
    Ok(app.page.execute(script, vec![]).await?)
}

/// Taps the option whose word begins with `option` (the first one for an empty word).
pub(super) async fn choose(app: &Window, label: &str, option: &str) -> Result<()> {
    reach(app, label).await?;
    let path =
        question(label, &format!("//button[contains(@class,'option')][starts-with(normalize-space(.),'{option}')]"));
    let button = app.page.find(Locator::XPath(&path)).await.with_context(|| format!("{label}: no {option:?}"))?;
    button.click().await?;
    Ok(())
}

pub(super) async fn write(app: &Window, label: &str, text: &str) -> Result<()> {
    reach(app, label).await?;
    app.page.find(Locator::XPath(&question(label, "//input"))).await?.send_keys(text).await?;
    Ok(())
}

pub(super) async fn sign_in(server: &Server, folder: &Path) -> Result<Window> {
    let console = Window::browser(&TempDir::new_in(folder)?.keep(), 1280, 800).await?;
    console.page.goto(&server.url()).await?;
    console.sign_in("diaodu").await?;
    console.read(&["入户", "412"]).await?;
    Ok(console)
}

/// What the overview answers: visits today, households visited.
async fn figures(server: &Server, folder: &Path) -> Result<(u64, u64)> {
    let console = sign_in(server, folder).await?;
    let script = "return fetch('/api/overview', { method: 'POST', headers: { 'content-type': 'application/json', 'x-huce': '1' }, body: '{}' })
        .then(reply => reply.text())";
    let reply = console.page.execute(script, vec![]).await?;
    let reply: serde_json::Value = serde_json::from_str(reply.as_str().context("no reply")?)?;
    console.close().await?;
    Ok((reply["visits_today"][0].as_u64().context("no visits")?, reply["visited"].as_u64().context("no households")?))
}
