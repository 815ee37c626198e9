//! Real windows, driven over WebDriver: the tablet's (tauri-driver, WebKitGTK) and a Chromium on the console.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::process::{PATIENCE, Process, binary, free_port, kill_apps_with, wait_for_apps_to_end};

/// Where the drives of the tablet with this store are mounted.
pub fn media(store: &Path) -> PathBuf {
    store.with_extension("media")
}

/// A window and the driver that moves it.
pub struct Window {
    /// The session.
    pub page: Client,
    _driver: Process,
    store: Option<String>,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// One tablet's window at a time: of two that WebKit's driver opened at once, one never answered.
static TURN: Mutex<()> = Mutex::const_new(());

/// The two ways to hold a tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// 1280 × 800
    Landscape,
    /// 800 × 1280
    Portrait,
}

impl Held {
    /// As `HUCE_WINDOW` takes it, and as screenshots are named.
    pub fn size(self) -> &'static str {
        match self {
            Self::Landscape => "1280x800",
            Self::Portrait => "800x1280",
        }
    }
}

impl Window {
    /// The tablet's window on a store. Its web storage is beside the store, so that a reopened app finds it.
    pub async fn tablet(store: &Path, held: Held) -> Result<Self> {
        if std::env::var_os("DISPLAY").is_none() {
            bail!("no display: run the journeys by ./x test, which starts one");
        }
        let turn = TURN.lock().await;
        let (port, native) = (free_port()?, free_port()?);
        let mut command = Command::new("tauri-driver");
        command.args(["--port", &port.to_string(), "--native-port", &native.to_string()]);
        command.env("HUCE_STORE", store).env("HUCE_WINDOW", held.size()).env("HUCE_FAKE_CAMERA", "1");
        command.env("XDG_DATA_HOME", store.with_extension("web")).env("HUCE_MEDIA", media(store));
        let mut driver = Process::start(command)?;
        driver.wait_for_port(port)?;
        // It listens before the driver that it passes everything on to does.
        driver.wait_for_port(native)?;
        let application = binary("huce")?;
        let capabilities = json!({ "browserName": "wry", "tauri:options": { "application": application } });
        let page = connect(port, capabilities).await?;
        Ok(Self { page, _driver: driver, store: Some(store.to_string_lossy().into_owned()), _turn: Some(turn) })
    }

    /// A headless Chromium with a profile of its own.
    pub async fn browser(profile: &Path, width: u32, height: u32) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let mut driver = Process::start(command)?;
        driver.wait_for_port(port)?;
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--lang=zh-CN".into(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        let page =
            connect(port, json!({ "browserName": "chrome", "goog:chromeOptions": { "args": arguments } })).await?;
        Ok(Self { page, _driver: driver, store: None, _turn: None })
    }

    /// Waits for an element that can be seen.
    pub async fn see(&self, css: &str) -> Result<Element> {
        let until = Instant::now() + PATIENCE;
        loop {
            // Any error may pass: while a page is being replaced there is for a moment nothing to ask.
            match self.page.find(Locator::Css(css)).await {
                Ok(element) => return Ok(element),
                Err(_) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => bail!("{css} is not there ({error}); the page shows: {}", self.text().await?),
            }
        }
    }

    /// Waits until the page's text holds all of these.
    pub async fn read(&self, wanted: &[&str]) -> Result<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = self.text().await?;
            if wanted.iter().all(|part| text.contains(part)) {
                return Ok(text);
            }
            if Instant::now() > until {
                bail!("the page does not show {wanted:?}; it shows: {text}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Clicks an element once it is there, scrolled into view.
    pub async fn click(&self, css: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let element = self.see(css).await?;
            match element.click().await {
                Ok(()) => return Ok(()),
                // It was replaced or moved between finding and clicking: a person would simply tap again.
                Err(_) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => return Err(error).with_context(|| format!("clicking {css}")),
            }
        }
    }

    /// Clicks a button or a link by its words.
    pub async fn tap(&self, words: &str) -> Result<()> {
        self.tap_in("button, a", words).await
    }

    /// Clicks the first of these elements whose text holds these words.
    pub async fn tap_in(&self, css: &str, words: &str) -> Result<()> {
        let find = || async {
            for element in self.page.find_all(Locator::Css(css)).await? {
                if element.text().await.is_ok_and(|text| text.contains(words)) && element.click().await.is_ok() {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        self.until(&format!("{css} with {words:?}"), find).await
    }

    /// Waits until something holds.
    pub async fn until<F: Future<Output = Result<bool>>>(&self, what: &str, holds: impl Fn() -> F) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while !holds().await? {
            if Instant::now() > until {
                bail!("never came: {what}; the page shows: {}", self.text().await?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Replaces a field's text.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.see(css).await?;
        field.clear().await?;
        field.send_keys(text).await?;
        Ok(())
    }

    /// Signs in as somebody of the demo; the browser is at the sign-in.
    pub async fn sign_in(&self, login: &str) -> Result<()> {
        self.fill("input[name=login]", login).await?;
        self.fill("input[name=password]", "huce-demo").await?;
        self.click("button[type=submit]").await
    }

    /// Goes to a page of the app, as its links do.
    pub async fn go(&self, path: &str) -> Result<()> {
        let script =
            "history.pushState({}, '', arguments[0]); dispatchEvent(new PopStateEvent('popstate', { state: {} }));";
        self.page.execute(script, vec![json!(path)]).await?;
        Ok(())
    }

    /// Loads the app anew and waits for this element of the new page (never one of the old).
    pub async fn reload(&self, css: &str) -> Result<()> {
        self.page.execute("window.isOld = true; setTimeout(() => location.reload(), 0)", vec![]).await?;
        let script = "return !window.isOld && document.querySelector(arguments[0]) !== null";
        let is_new = || async { Ok(self.page.execute(script, vec![json!(css)]).await.is_ok_and(|v| v == json!(true))) };
        self.until(&format!("{css} after a reload"), is_new).await
    }

    /// Everything that can be read on the page.
    pub async fn text(&self) -> Result<String> {
        let text = self.page.execute("return document.body.innerText", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until nothing on the page says that it is loading; a page that says that it failed is a failure.
    pub async fn settle(&self) -> Result<()> {
        let busy = "return document.querySelectorAll('.waiting, .page-wait, .skeleton, [aria-busy=true]').length";
        self.until("the end of loading", || async { Ok(self.page.execute(busy, vec![]).await? == json!(0)) }).await?;
        let failed = "return [...document.querySelectorAll('.failed, .page-error')].map(e => e.innerText).join(' ')";
        match self.page.execute(failed, vec![]).await?.as_str() {
            Some("") | None => Ok(()),
            Some(words) => bail!("the page failed: {words}"),
        }
    }

    /// Writes a screenshot to `target/screens/NAME.png`.
    pub async fn shoot(&self, name: &str) -> Result<()> {
        // Let the last paint and the (at most 150 ms) motion end.
        tokio::time::sleep(Duration::from_millis(350)).await;
        let folder = crate::root().join("target/screens");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.png")), self.page.screenshot().await?)?;
        Ok(())
    }

    /// SIGKILL to the app itself, as a flat battery would: no last words.
    pub fn kill_app(self) -> Result<()> {
        let store = self.store.as_deref().context("not a tablet's window")?;
        match kill_apps_with(&format!("HUCE_STORE={store}"))? {
            0 => bail!("there was no app to kill"),
            _ => wait_for_lock(Path::new(store)),
        }
    }

    /// Ends the session in good order, and returns when the app has let go of its store.
    pub async fn close(self) -> Result<()> {
        self.page.close().await?;
        match self.store.as_deref() {
            Some(store) => {
                wait_for_apps_to_end(&format!("HUCE_STORE={store}"))?;
                wait_for_lock(Path::new(store))
            }
            None => Ok(()),
        }
    }
}

/// The threads of an app that ended let go of its store's lock one after the other.
fn wait_for_lock(store: &Path) -> Result<()> {
    let lock = std::fs::OpenOptions::new().write(true).open(store.join("lock"))?;
    let until = Instant::now() + PATIENCE;
    while lock.try_lock().is_err() {
        if Instant::now() > until {
            bail!("nobody lets go of {}", store.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

async fn connect(port: u16, capabilities: Value) -> Result<Client> {
    let capabilities: Capabilities = serde_json::from_value(capabilities)?;
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    let url = format!("http://127.0.0.1:{port}");
    let session = tokio::time::timeout(PATIENCE, builder.connect(&url)).await;
    session.context("the driver opens no session")?.context("opening a WebDriver session")
}
