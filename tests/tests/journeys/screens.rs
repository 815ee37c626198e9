//! Every screen in the real window, both ways to hold a tablet, in both languages; and the console's pages in a real
//! browser. The pictures go to `target/screens/` to be looked at; what fails here is a page that does not come up.

use anyhow::{Context, Result};
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::json;
use tempfile::TempDir;

const LANGUAGES: [&str; 2] = ["zh", "en"];
const THEMES: [&str; 2] = ["dark", "sun"];

#[tokio::test]
async fn every_page_of_the_tablet_comes_up() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let cold = tablet.household("锅炉厂家属院", "3-3-601")?;
    let quiet = tablet.household("锅炉厂家属院", "2-1-101")?;
    let plans = tablet.must(&["plan", "list"])?;
    let plan = plans[0]["plan"]["id"].as_str().context("the demo has a plan")?.to_owned();
    let rounds = tablet.must(&["round", "list"])?;
    let drive = rounds["drives"][0]["drive"].as_str().context("the demo has a round")?.to_owned();
    let pages = [
        ("today", "/".to_owned(), ".body"),
        ("buildings", "/buildings".into(), ".body"),
        ("facade", "/facade/锅炉厂家属院/3".into(), ".body"),
        ("household", format!("/household/{cold}"), ".body"),
        ("requests", "/requests".into(), "main, .work"),
        ("plans", "/plans".into(), "main, .work"),
        ("plan", format!("/plan/{plan}"), "main, .work"),
        ("map", "/map".into(), ".body"),
        ("walk", format!("/walk/{drive}"), ".body"),
        ("care", "/care".into(), ".body"),
        ("duties", "/duties".into(), ".body"),
        ("sync", "/sync".into(), ".body"),
        ("settings", "/settings".into(), ".body"),
        ("visit", format!("/visit/{quiet}"), ".form-frame"),
    ];
    for held in [Held::Landscape, Held::Portrait] {
        let app = Window::tablet(&tablet.store(), held).await?;
        app.see("nav").await?;
        for language in LANGUAGES {
            speak(&app, language).await?;
            shoot_all(&app, &pages, |name| format!("tablet-{name}-{}-{language}", held.size())).await?;
        }
        for theme in THEMES.into_iter().filter(|_| held == Held::Landscape) {
            dress(&app, theme).await?;
            shoot_all(&app, &pages, |name| format!("tablet-{name}-{theme}")).await?;
        }
        // The choice would be remembered.
        dress(&app, "light").await?;
        app.close().await?;
    }
    Ok(())
}

/// The forms of a household, section by section.
#[tokio::test]
async fn every_form_comes_up_at_a_door() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let door = tablet.household("锅炉厂家属院", "2-1-101")?;
    for (held, language) in [(Held::Landscape, "zh"), (Held::Portrait, "en")] {
        let app = Window::tablet(&tablet.store(), held).await?;
        app.see("nav").await?;
        speak(&app, language).await?;
        app.go(&format!("/household/{door}")).await?;
        app.tap_in(".actions .btn", if language == "zh" { "其他表单" } else { "Another form" }).await?;
        app.see("dialog .form-list .row").await?;
        app.settle().await?;
        app.shoot(&format!("forms-{}", held.size())).await?;
        let hrefs = "return [...document.querySelectorAll('.form-list .row')].map(row => row.getAttribute('href'))";
        let found = app.page.execute(hrefs, vec![]).await?;
        let forms: Vec<String> = serde_json::from_value(found)?;
        anyhow::ensure!(forms.len() == 8, "forms of a household: {forms:?}");
        for form in forms {
            let name = form.split("form=").nth(1).context("a form's address")?.to_owned();
            app.go("/").await?;
            app.see(".body").await?;
            app.go(&format!("/visit/{door}?form={name}")).await?;
            every_section(&app, &format!("form-{name}-{}", held.size())).await?;
        }
        app.close().await?;
    }
    Ok(())
}

/// The form that each kind of facility begins with, section by section.
#[tokio::test]
async fn every_form_comes_up_at_a_facility() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let mut facilities = Vec::new();
    for kind in ["station", "pipe", "manhole", "vehicle", "building"] {
        let listed = tablet.must(&["facility", "list", "--kind", kind])?;
        let id = listed["facilities"][0]["facility"]["id"].as_str().context("a facility of the kind")?;
        facilities.push((kind, id.to_owned()));
    }
    for (held, language) in [(Held::Landscape, "zh"), (Held::Portrait, "en")] {
        let app = Window::tablet(&tablet.store(), held).await?;
        app.see("nav").await?;
        speak(&app, language).await?;
        for (kind, id) in &facilities {
            app.go("/").await?;
            app.see(".body").await?;
            app.go(&format!("/facility-visit/{id}")).await?;
            every_section(&app, &format!("form-at-{kind}-{}", held.size())).await?;
        }
        app.close().await?;
    }
    Ok(())
}

/// A picture of each section of the form that is open; the last is the summary.
async fn every_section(app: &Window, name: &str) -> Result<()> {
    app.see(".form-frame .section").await?;
    let count = app.page.execute("return document.querySelectorAll('.section').length", vec![]).await?;
    for at in 0..count.as_u64().context("sections")? {
        app.page.execute("document.querySelectorAll('.section')[arguments[0]].click()", vec![json!(at)]).await?;
        app.settle().await?;
        app.shoot(&format!("{name}-{at}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_page_of_the_console_comes_up() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let cold = tablet.household("锅炉厂家属院", "3-3-601")?;
    let folder = TempDir::new()?;
    let console = Window::browser(&folder.path().join("profile"), 1280, 880).await?;
    console.page.goto(&server.url()).await?;
    console.see("input[name=login]").await?;
    console.shoot("console-sign-in-zh").await?;
    console.sign_in("admin").await?;
    console.read(&["412"]).await?;
    let rounds = tablet.must(&["round", "list"])?;
    let drive = rounds["drives"][0]["drive"].as_str().context("the demo has a round")?;
    let pages = [
        ("overview", "/console".to_owned(), "main"),
        ("requests", "/console/requests".into(), "main"),
        ("rules", "/console/rules".into(), "main"),
        ("plans", "/console/plans".into(), "main"),
        ("buildings", "/console/buildings".into(), "main"),
        ("facade", "/console/facade/锅炉厂家属院/3".into(), "main"),
        ("household", format!("/console/household/{cold}"), "main"),
        ("rounds", "/console/rounds".into(), "main"),
        ("round", format!("/console/round/{drive}"), "main"),
        ("care", "/console/care".into(), "main"),
        ("reports", "/console/reports?kind=week".into(), "main"),
        ("ledgers", "/console/ledgers".into(), "main"),
        ("wall", "/console/wall".into(), "main"),
        ("import", "/console/import".into(), "main"),
        ("forms", "/console/forms".into(), "main"),
        ("grids", "/console/grids".into(), "main"),
        ("duties", "/console/duties".into(), "main"),
        ("people", "/console/people".into(), "main"),
    ];
    for language in LANGUAGES {
        speak(&console, language).await?;
        shoot_all(&console, &pages, |name| format!("console-{name}-{language}")).await?;
    }
    for theme in THEMES {
        dress(&console, theme).await?;
        shoot_all(&console, &pages, |name| format!("console-{name}-{theme}")).await?;
    }
    console.close().await
}

/// Every page: its name, its path, what is seen when it is up.
async fn shoot_all(window: &Window, pages: &[(&str, String, &str)], named: impl Fn(&str) -> String) -> Result<()> {
    for (name, path, there) in pages {
        window.go(path).await?;
        window.see(there).await?;
        window.settle().await?;
        window.shoot(&named(name)).await?;
    }
    Ok(())
}

/// As the settings do, then reopened: the choice is remembered.
async fn speak(window: &Window, language: &str) -> Result<()> {
    window.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!(language)]).await?;
    let wanted = if language == "zh" { "zh-CN" } else { "en" };
    window.reload(&format!("html[lang={wanted}] nav")).await
}

async fn dress(window: &Window, theme: &str) -> Result<()> {
    window.page.execute("localStorage.setItem('huce.theme', arguments[0])", vec![json!(theme)]).await?;
    window.reload(&format!("html[data-theme={theme}] nav")).await
}
