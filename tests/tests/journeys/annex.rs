//! The pages of a visit are a module of their own in the same window: it is there before it is wanted, nothing is loaded
//! anew, links and languages work across, what was answered last is kept when the page is left, and the lock takes it away.

use anyhow::{Result, ensure};
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_visit_stands_in_the_window_as_every_page() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let door = tablet.household("锅炉厂家属院", "2-1-101")?;
    let app = Window::tablet(&tablet.store(), Held::Landscape).await?;
    app.see("nav").await?;
    run(&app, "window.isSame = true").await?;
    let ahead = "return typeof window.huceAnnex.visit.open === 'function'";
    app.until("the annex, ahead", || async { Ok(run(&app, ahead).await? == json!(true)) }).await?;

    // As many frames as another page takes: it does not wait for anything to be loaded.
    let opening = format!(
        "const began = performance.now();
         history.pushState({{}}, '', '/visit/{door}');
         dispatchEvent(new PopStateEvent('popstate'));
         return new Promise(done => {{
             const look = () => document.querySelector('.form-frame .question')
                 ? done(performance.now() - began) : requestAnimationFrame(look);
             look();
         }})"
    );
    println!("a visit is there after {} ms", run(&app, &opening).await?);
    app.shoot("annex-visit").await?;

    // Chosen in the visit, the language is that of the whole window, and the other way round.
    app.tap_in(".switch button", "EN").await?;
    app.read(&["Buildings", "Next"]).await?;
    ensure!(run(&app, "return document.documentElement.lang").await? == json!("en"));
    app.shoot("annex-english").await?;
    app.go("/settings").await?;
    app.tap("中文").await?;
    app.read(&["楼栋"]).await?;
    app.go(&format!("/visit/{door}")).await?;
    app.read(&["下一步"]).await?;

    // Answered and left at once: the answer is on its way, and arrives.
    let answer =
        "document.querySelector('.question .option').click(); document.querySelector('.page-head .crumb').click()";
    run(&app, answer).await?;
    app.see("a.btn.primary[href*='/visit/']").await?;
    app.until("the end of the visit's page", || async {
        Ok(run(&app, "return document.querySelector('.form-frame') === null").await? == json!(true))
    })
    .await?;
    app.click("a.btn.primary[href*='/visit/']").await?;
    app.see(".question .option").await?;
    let kept = "return [...document.querySelectorAll('.section-count')].some(e => e.textContent.trim() !== '' && !e.textContent.includes('项'))";
    app.until("the answer", || async { Ok(run(&app, kept).await? == json!(true)) }).await?;

    // Back and forward are the browser's, in one document.
    run(&app, "history.back()").await?;
    app.see("a.btn.primary[href*='/visit/']").await?;
    run(&app, "history.forward()").await?;
    app.see(".form-frame .question").await?;
    ensure!(run(&app, "return window.isSame === true").await? == json!(true), "the document was loaded again");

    // The lock stands before the visit, too.
    let lock = "const call = (name, call) => window.__TAURI_INTERNALS__.invoke(name, { call });
        return call('set_pin', { old: null, new: '2468' }).then(() => call('lock', {})).then(() => true)";
    ensure!(run(&app, lock).await? == json!(true));
    app.read(&["已锁定"]).await?;
    ensure!(
        run(&app, "return document.querySelector('.form-frame') === null").await? == json!(true),
        "it shows a visit"
    );
    for digit in "2468".chars() {
        app.tap_in(".key", &digit.to_string()).await?;
    }
    app.click(".key.primary").await?;
    app.see(".form-frame .question").await?;
    app.shoot("annex-unlocked").await?;
    app.close().await
}

async fn run(app: &Window, script: &str) -> Result<Value> {
    Ok(app.page.execute(script, vec![]).await?)
}
