//! A form with every type of question and the usual appearances, in the real window: every screen comes up, answers by
//! hand are kept, and are there again when the app is opened anew.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use huce_tests::{
    root,
    server::Server,
    tablet::{Tablet, photo_file},
    window::{Held, Window},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// More than a tablet draws at once.
const STREETS: usize = 20_000;

#[tokio::test]
async fn every_type_of_question_is_answered() -> Result<()> {
    let mut server = Server::with_demo()?;
    let folder = TempDir::new()?;
    let form = folder.path().join("every-type");
    std::fs::create_dir(&form)?;
    for sheet in ["survey.csv", "choices.csv", "settings.csv"] {
        std::fs::copy(root().join("tests/forms/every-type").join(sheet), form.join(sheet))?;
    }
    let mut choices = std::fs::read_to_string(form.join("choices.csv"))?;
    for street in 0..STREETS {
        writeln!(choices, "street,s{street},第 {street} 街,Street {street}")?;
    }
    std::fs::write(form.join("choices.csv"), choices)?;
    let xform = folder.path().join("every-type.xml");
    std::fs::write(&xform, server.must(&["form", "convert", &form.to_string_lossy(), "--to", "xform"])?)?;
    server.must(&["form", "publish", &xform.to_string_lossy()])?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let door = tablet.household("锅炉厂家属院", "2-1-101")?;
    let address = format!("/visit/{door}?form=every-type");

    let app = Window::tablet(&tablet.store(), Held::Landscape).await?;
    app.see("nav").await?;
    app.go(&address).await?;
    app.see(".form-frame .question").await?;
    answer(&app).await?;
    pick_on_map(&app).await?;
    mark_photo(&app, &photo_file(folder.path(), 1600, 1200)?).await?;
    let kept = answers(&app).await?;
    let open = kept.as_array().context("sections")?.iter().filter(|count| !count.to_string().contains('✓')).count();
    ensure!(open == 1, "only the rooms are open: {kept}");
    app.close().await?;

    for (held, language) in [(Held::Landscape, "zh"), (Held::Portrait, "en")] {
        let app = Window::tablet(&tablet.store(), held).await?;
        app.see("nav").await?;
        app.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!(language)]).await?;
        app.reload("nav").await?;
        app.go(&address).await?;
        app.see(".form-frame .section").await?;
        ensure!(language != "zh" || answers(&app).await? == kept, "what was answered is there again");
        shoot_all(&app, &format!("every-type-{}", held.size())).await?;
        app.close().await?;
    }
    Ok(())
}

/// How far every section is, as the list at the left says it.
async fn answers(app: &Window) -> Result<Value> {
    let counts = "return [...document.querySelectorAll('.section-count')].map(e => e.textContent.trim())";
    Ok(app.page.execute(counts, vec![]).await?)
}

/// Every screen of the form, from the first to the summary.
async fn shoot_all(app: &Window, name: &str) -> Result<()> {
    app.page.execute("document.querySelector('.section').click()", vec![]).await?;
    for at in 0..60 {
        app.settle().await?;
        app.shoot(&format!("{name}-{at:02}")).await?;
        let forward = "const next = [...document.querySelectorAll('.form-foot .btn.primary')].at(-1);
            const last = [...document.querySelectorAll('.section')].at(-1).classList.contains('on');
            if (!last) next.click();
            return last";
        if app.page.execute(forward, vec![]).await? == json!(true) {
            ensure!(at > 6, "screens");
            return Ok(());
        }
    }
    anyhow::bail!("the form does not end")
}

/// Goes to the section of this name, and on until a question of this label is on the screen.
async fn find(app: &Window, section: &str, question: &str) -> Result<()> {
    app.tap_in(".section", section).await?;
    let there = "const labels = [...document.querySelectorAll('.question-label')].map(e => e.textContent.trim());
        if (labels.some(l => l.startsWith(arguments[0]))) return true;
        document.querySelector('.form-foot .btn.primary').click();
        return false";
    let wanted = format!("the question {question}");
    app.until(&wanted, || async { Ok(app.page.execute(there, vec![json!(question)]).await? == json!(true)) }).await
}

/// Runs a script with `q`, the question of this label.
async fn within(app: &Window, question: &str, script: &str) -> Result<Value> {
    let script = format!(
        "const q = [...document.querySelectorAll('.question')]
            .find(e => e.querySelector('.question-label').textContent.trim().startsWith(arguments[0]));
        const type = (field, text) => {{
            field.value = text;
            field.dispatchEvent(new Event('input', {{ bubbles: true }}));
            field.dispatchEvent(new Event('change', {{ bubbles: true }}));
        }};
        {script}"
    );
    Ok(app.page.execute(&script, vec![json!(question)]).await?)
}

async fn answer(app: &Window) -> Result<()> {
    for (section, question, script) in [
        ("文字与数字", "姓名", "type(q.querySelector('input'), '王建设')"),
        ("文字与数字", "情况说明", "type(q.querySelector('textarea'), '客厅不热')"),
        ("文字与数字", "表号", "type(q.querySelector('input'), '00712')"),
        ("文字与数字", "常住人口", "[...q.querySelectorAll('.btn.step')].at(-1).click()"),
        ("文字与数字", "室温", "type(q.querySelector('input'), '１７。５')"),
        ("文字与数字", "暖和程度", "type(q.querySelector('input[type=range]'), '4')"),
        ("文字与数字", "阀门开度", "type(q.querySelector('input[type=range]'), '45')"),
        ("文字与数字", "打分", "q.querySelectorAll('.option')[2].click()"),
        ("选择", "满意程度", "q.querySelectorAll('.option')[3].click()"),
        ("选择", "哪些部位", "q.querySelectorAll('.option')[0].click(); q.querySelectorAll('.option')[2].click()"),
        ("选择", "按急的程度排", "q.querySelectorAll('.rank-row')[1].querySelector('.btn.step').click()"),
        ("选择", "已当面说明", "q.querySelector('.option').click()"),
        ("时间", "日期", "type(q.querySelector('input'), '2026-11-20')"),
        ("时间", "哪一年", "type(q.querySelector('input'), '2024')"),
        ("时间", "几点", "type(q.querySelector('input'), '14:05')"),
        ("时间", "约定时间", "type(q.querySelector('input'), '2026-11-23T09:30')"),
        (
            "位置",
            "位置",
            "const [a, b] = q.querySelectorAll('.day-parts input'); type(a, '34.7466'); type(b, '113.6253')",
        ),
        ("位置", "条码", "type(q.querySelector('input'), '6901234567892')"),
        ("一屏一起填", "丁", "type(q.querySelector('input'), '21')"),
    ] {
        find(app, section, question).await.with_context(|| question.to_owned())?;
        within(app, question, script).await.with_context(|| question.to_owned())?;
        app.settle().await?;
    }
    app.read(&["丁的两倍是 42"]).await?;
    look_up(app).await?;
    draw(app).await?;
    app.read(&["已保存"]).await?;
    Ok(())
}

/// One of twenty thousand.
async fn look_up(app: &Window) -> Result<()> {
    find(app, "选择", "街道").await?;
    within(app, "街道", "q.querySelector('.look-up-field').click()").await?;
    app.see("dialog[open] .look-up-list .option").await?;
    app.settle().await?;
    app.shoot("every-type-look-up").await?;
    let rows = app.page.execute("return document.querySelectorAll('.look-up-list .option').length", vec![]).await?;
    ensure!(rows.as_u64().is_some_and(|n| n <= 300), "rows that are drawn: {rows}");
    app.fill("dialog[open] input[type=search]", "第 19999 街").await?;
    let one = "const found = document.querySelectorAll('dialog[open] .look-up-list .option');
        if (found.length !== 1) return false;
        found[0].click();
        return true";
    app.until("one street", || async { Ok(app.page.execute(one, vec![]).await? == json!(true)) }).await?;
    app.read(&["第 19999 街"]).await?;
    Ok(())
}

/// The point that was typed is put elsewhere on the map, after the map was made larger.
async fn pick_on_map(app: &Window) -> Result<()> {
    find(app, "位置", "位置").await?;
    app.see(".pick-map .map-ground").await?;
    let tap = "q.querySelector('.pick-map .btn.step').click();
        return new Promise(done => requestAnimationFrame(() => {
            const map = q.querySelector('.pick-map svg'), box = map.getBoundingClientRect();
            map.dispatchEvent(new MouseEvent('click', { bubbles: true,
                clientX: box.left + box.width * 0.4, clientY: box.top + box.height * 0.4 }));
            done(true);
        }))";
    within(app, "位置", tap).await?;
    app.see(".pick-map .map-spot").await?;
    app.settle().await?;
    app.shoot("every-type-map").await?;
    let typed = "return [...q.querySelectorAll('.day-parts input')].map(field => Number(field.value))";
    let typed: Vec<f64> = serde_json::from_value(within(app, "位置", typed).await?)?;
    let in_the_grid = matches!(typed[..], [lat, lon] if (34.7..34.8).contains(&lat) && (113.5..113.8).contains(&lon));
    ensure!(in_the_grid && typed != [34.7466, 113.6253], "where the map was tapped: {typed:?}");
    Ok(())
}

/// Marks on a photo that is kept already: the photo with the marks takes its place.
async fn mark_photo(app: &Window, photo: &Path) -> Result<()> {
    find(app, "照片与签名", "照片").await?;
    app.page
        .find(Locator::Css(".question .take-photo input[type=file]"))
        .await?
        .send_keys(&photo.to_string_lossy())
        .await?;
    app.see(".photo-answer img").await?;
    let shown = "return q.querySelector('.photo-answer img').src";
    let before = within(app, "照片", shown).await?;
    app.tap("在照片上标注").await?;
    strokes(app).await?;
    app.shoot("every-type-marking").await?;
    app.click("dialog[open] .btn.primary").await?;
    app.until("the photo with the marks", || async { Ok(within(app, "照片", shown).await? != before) }).await
}

/// A signature, by a finger.
async fn draw(app: &Window) -> Result<()> {
    find(app, "照片与签名", "签名").await?;
    within(app, "签名", "q.querySelector('.take-photo .btn').click()").await?;
    strokes(app).await?;
    app.shoot("every-type-signing").await?;
    app.click("dialog[open] .btn.primary").await?;
    app.see(".photo-answer img").await?;
    Ok(())
}

/// A wave across the paper that is open.
async fn strokes(app: &Window) -> Result<()> {
    app.see("dialog[open] canvas").await?;
    app.settle().await?;
    let strokes = "const paper = document.querySelector('dialog[open] canvas');
        const box = paper.getBoundingClientRect();
        const at = (kind, x, y) => paper.dispatchEvent(new PointerEvent(kind, {
            bubbles: true, pointerId: 1, isPrimary: true, pressure: 0.5, buttons: 1,
            clientX: box.left + box.width * x, clientY: box.top + box.height * y }));
        at('pointerdown', 0.2, 0.5);
        for (let i = 1; i <= 20; i++) at('pointermove', 0.2 + i * 0.03, 0.5 + Math.sin(i) * 0.2);
        at('pointerup', 0.8, 0.5)";
    app.page.execute(strokes, vec![]).await?;
    Ok(())
}
