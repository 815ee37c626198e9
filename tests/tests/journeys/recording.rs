//! Sound, film and files as answers, in the real window: recorded where the webview can, else chosen; kept as they came,
//! there again after a start, sent, and heard in the console. What is too large is refused in words.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use huce_tests::{
    root,
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::json;
use tempfile::TempDir;

/// Sixteen bits, one channel, 8 kHz: a second of a tone.
fn wave() -> Vec<u8> {
    let samples: Vec<u8> =
        (0..8_000_u32).flat_map(|n| (((n as f32 * 0.35).sin() * 9_000.0) as i16).to_le_bytes()).collect();
    let size = samples.len() as u32;
    let mut wave = b"RIFF".to_vec();
    wave.extend((36 + size).to_le_bytes());
    wave.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    wave.extend(size.to_le_bytes());
    wave.extend(samples);
    wave
}

#[tokio::test]
async fn a_recording_and_a_file_reach_the_console() -> Result<()> {
    let mut server = Server::with_demo()?;
    let folder = TempDir::new()?;
    let xform = folder.path().join("recordings.xml");
    let form = root().join("tests/forms/recordings");
    fs::write(&xform, server.must(&["form", "convert", &form.to_string_lossy(), "--to", "xform"])?)?;
    server.must(&["form", "publish", &xform.to_string_lossy()])?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let door = tablet.household("锅炉厂家属院", "2-1-101")?;
    let address = format!("/visit/{door}?form=recordings");
    let (sound, paper, large) =
        (folder.path().join("话.wav"), folder.path().join("同意书.pdf"), folder.path().join("large.bin"));
    fs::write(&sound, wave())?;
    fs::write(&paper, b"%PDF-1.7 and so on")?;
    fs::File::create(&large)?.set_len(31_000_000)?;

    let app = Window::tablet(&tablet.store(), Held::Landscape).await?;
    app.see("nav").await?;
    app.go(&address).await?;
    app.see(".file-answer").await?;
    // `./x` installs what WebKitGTK encodes with; elsewhere a person chooses what the system recorded.
    let encodes = "return typeof MediaRecorder !== 'undefined' && MediaRecorder.isTypeSupported('audio/mp4')";
    let can = app.page.execute(encodes, vec![]).await? == json!(true);
    println!("this webview can record: {can}");
    app.shoot("recording-empty").await?;
    if can {
        app.tap_in(".take-buttons .btn", "录音").await?;
        app.see(".recording-now").await?;
        tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        app.shoot("recording-now").await?;
        app.tap("停止并保存").await?;
    } else {
        app.read(&["不能在这里录"]).await?;
        choose(&app, &sound).await?;
    }
    app.see(".held-file").await?;
    app.read(&["已保存"]).await?;
    app.tap("播放").await?;
    heard(&app).await?;
    app.shoot("recording-played").await?;
    if can {
        app.tap_in(".take-buttons .btn", "录像").await?;
        app.see(".recording-now").await?;
        tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        app.shoot("recording-film").await?;
        app.tap("停止并保存").await?;
        // WebKitGTK gives no film on some machines, and says so only by giving nothing.
        let (kept, nothing) = ("重新录像", "不能在这里录");
        let ended = || async {
            let text = app.text().await?;
            Ok(text.contains(kept) || text.contains(nothing))
        };
        app.until("a film, or a word that there is none", ended).await?;
        println!("this webview records film: {}", app.text().await?.contains(kept));
        app.shoot("recording-film-after").await?;
    }
    next(&app).await?;
    app.read(&["同意书"]).await?;
    choose(&app, &large).await?;
    app.read(&["31.0 MB", "30 MB"]).await?;
    app.shoot("recording-too-large").await?;
    choose(&app, &paper).await?;
    app.read(&["同意书.pdf"]).await?;
    app.close().await?;

    // Both are there again, and in the other language.
    let app = Window::tablet(&tablet.store(), Held::Portrait).await?;
    app.see("nav").await?;
    app.page.execute("localStorage.setItem('huce.language', 'en')", vec![]).await?;
    app.reload("nav").await?;
    app.go(&address).await?;
    app.see(".form-frame .section").await?;
    app.read(&["同意书.pdf", "File · 1 kB"]).await?;
    app.shoot("recording-again").await?;
    app.page.execute("localStorage.setItem('huce.language', 'zh')", vec![]).await?;
    app.reload("nav").await?;
    app.go(&address).await?;
    app.tap_in(".section", "核对提交").await?;
    app.click(".form-foot .btn.primary:not([disabled])").await?;
    app.read(&["入户已登记"]).await?;
    app.go(&format!("/household/{door}")).await?;
    app.read(&["同意书.pdf"]).await?;
    app.settle().await?;
    app.shoot("recording-story").await?;
    app.go("/sync").await?;
    app.tap("立即同步").await?;
    app.read(&["都已送到服务器"]).await?;
    app.close().await?;

    let console = Window::browser(&folder.path().join("profile"), 1280, 880).await?;
    console.page.goto(&server.url()).await?;
    console.sign_in("diaodu").await?;
    console.read(&["412"]).await?;
    console.go(&format!("/console/household/{door}")).await?;
    console.read(&["同意书.pdf"]).await?;
    if !can {
        console.tap("播放").await?;
        heard(&console).await?;
    }
    console.shoot("recording-console").await?;
    let kept = "return fetch(document.querySelector('a[download]').href).then(r => r.headers.get('content-type'))";
    let kind = console.page.execute(kept, vec![]).await?;
    ensure!(kind.is_string(), "a copy can be kept: {kind}");
    console.close().await
}

async fn choose(app: &Window, file: &Path) -> Result<()> {
    let input = app.page.find(Locator::Css(".file-answer input[type=file]")).await.context("no field for a file")?;
    input.send_keys(&file.to_string_lossy()).await?;
    Ok(())
}

async fn next(app: &Window) -> Result<()> {
    app.click(".form-foot .btn.primary").await
}

/// The webview has understood it.
async fn heard(app: &Window) -> Result<()> {
    let there = "const sound = document.querySelector('.held-sound'); return sound !== null && sound.readyState > 0";
    app.until("the sound", || async { Ok(app.page.execute(there, vec![]).await? == json!(true)) }).await
}
