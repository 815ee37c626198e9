//! The authoring loop in a real browser: a workbook with an error in it, the error in its place; the mended one,
//! compared with the version in use, tried in the tablet's screens, published; a tablet has it; the form is retired.

use std::{
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use huce_tests::{root, server::Server, tablet::Tablet, window::Window};
use serde_json::json;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// A pack with some of its texts written otherwise.
fn workbook(folder: &Path, name: &str, changes: &[(&str, &str)]) -> Result<PathBuf> {
    let mut pack = ZipArchive::new(Cursor::new(std::fs::read(root().join("assets/forms/satisfaction.xlsx"))?))?;
    let path = folder.join(name);
    let mut made = ZipWriter::new(std::fs::File::create(&path)?);
    for at in 0..pack.len() {
        let mut entry = pack.by_index(at)?;
        let name = entry.name()?.into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if name.starts_with("xl/worksheets/") {
            let text = changes.iter().fold(String::from_utf8(bytes)?, |text, (from, to)| text.replace(from, to));
            bytes = text.into_bytes();
        }
        made.start_file(name, SimpleFileOptions::default())?;
        made.write_all(&bytes)?;
    }
    made.finish()?;
    Ok(path)
}

#[tokio::test]
async fn a_workbook_goes_from_the_spreadsheet_to_the_tablet() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    tablet.must(&["sync"])?;
    let folder = tempfile::tempdir()?;
    let wrong = workbook(folder.path(), "满意度-草稿.xlsx", &[("${repaired}", "${repared}")])?;
    let changes = [("家里暖和吗？", "家里够暖吗？"), ("steady", "stable"), ("2026112101", "2026112202")];
    let right = workbook(folder.path(), "满意度.xlsx", &changes)?;
    let hash = blake3::hash(&std::fs::read(&right)?).to_hex().to_string();
    let has = || {
        let forms = std::fs::read_dir(tablet.store().join("forms")).into_iter().flatten().flatten();
        forms.into_iter().any(|file| file.file_name().to_string_lossy().starts_with(&hash))
    };

    let browser = Window::browser(&folder.path().join("profile"), 1280, 880).await?;
    browser.page.goto(&server.url()).await?;
    browser.sign_in("admin").await?;
    browser.read(&["412"]).await?;
    browser.go("/console/forms").await?;
    browser.read(&["供热满意度", "把表单工作簿拖到这里", "随系统提供"]).await?;
    browser.shoot("console-forms-zh").await?;
    let shown = &browser;
    let chosen = |file: PathBuf| async move {
        let input = shown.see("input[name=form]").await?;
        input.send_keys(&file.to_string_lossy()).await?;
        anyhow::Ok(())
    };

    // A picture is no form.
    let picture = folder.path().join("照片.xlsx");
    std::fs::write(&picture, b"\xff\xd8\xff\xe0 no workbook \0\0")?;
    chosen(picture).await?;
    browser.read(&["这个文件用不了", "这不是表单工作簿"]).await?;
    browser.tap("换一个文件").await?;

    // What is wrong stands at its row, as in the spreadsheet; what was meant beside it.
    chosen(wrong).await?;
    browser.read(&["survey", "14", "relevant", "是不是想写：repaired", "处错误"]).await?;
    browser.settle().await?;
    browser.shoot("console-form-wrong-zh").await?;
    ensure!(!browser.text().await?.contains("发布到平板"), "a form with errors can be published");

    chosen(right).await?;
    browser.read(&["没有错误", "对比", "家里够暖吗？", "删除问题", "影响记录"]).await?;
    browser.shoot("console-form-compared-zh").await?;

    // Tried in the tablet's screens, in both languages, and nothing is kept.
    browser.tap_in("a", "试填").await?;
    browser.see(".form-frame").await?;
    browser.read(&["试填：什么都不会记录", "怎么访的？"]).await?;
    browser.settle().await?;
    browser.shoot("console-form-trial-zh").await?;
    browser.tap_in(".switch button", "EN").await?;
    browser.read(&["How was it asked?"]).await?;
    browser.tap_in(".switch button", "中文").await?;
    browser.read(&["怎么访的？"]).await?;
    browser.tap_in(".sections button", "提交").await?;
    browser.read(&["结束试填（什么都不记录）"]).await?;
    browser.tap_in("a", "结束试填").await?;
    browser.read(&["没有错误", "还没有发布"]).await?;
    tablet.must(&["sync"])?;
    ensure!(!has(), "a tablet has what was not published");

    browser.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!("en")]).await?;
    browser.reload("html[lang=en] .forms-differences").await?;
    browser.shoot("console-form-compared-en").await?;
    browser.go("/console/forms").await?;
    browser.read(&["Satisfaction survey", "came with Huce"]).await?;
    browser.shoot("console-forms-en").await?;
    browser.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!("zh")]).await?;
    browser.page.goto(&format!("{}/console/forms?w={hash}", server.url())).await?;

    browser.tap_in(".forms-result button", "发布").await?;
    browser.read(&["平板在下次同步时收到", "影响新旧记录对照"]).await?;
    browser.shoot("console-form-publish-zh").await?;
    browser.tap_in("dialog[open] button", "发布到平板").await?;
    browser.read(&["平板正在使用这一版"]).await?;
    tablet.must(&["sync"])?;
    ensure!(has(), "a tablet does not have what was published");

    browser.tap_in("button", "表单").await?;
    browser.tap_in("tr[data-form=satisfaction] button", "停用").await?;
    browser.tap_in("dialog[open] button.danger", "停用").await?;
    browser.read(&["已停用"]).await?;
    browser.see("tr.retired[data-form=satisfaction]").await?;
    browser.close().await
}
