//! The shell around the screens: a window on the embedded UI, one thin command per call, the photos, and nothing from
//! outside. What the app does is in `huce_device`; here is only how the screens reach it.
//!
//! Read in this order: here (the window) → `open` (the store and the sync behind it) → `commands` → `photos` → `files`.

mod commands;
mod fault;
mod files;
mod open;
mod photos;

use tauri::{
    App, Url, WebviewUrl, WebviewWindowBuilder,
    webview::{NewWindowResponse, PermissionKind, PermissionResponse},
};

use open::Shell;

/// Opens the window and returns when it is closed. A store that cannot be opened is a page that says so.
///
/// # Errors
/// When the webview cannot be started (no display, no WebKitGTK).
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() -> tauri::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HUCE_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second subscriber (a host that embeds the library) is no reason not to start.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    tauri::Builder::default()
        .register_asynchronous_uri_scheme_protocol(photos::SCHEME, photos::serve)
        .register_uri_scheme_protocol(fault::SCHEME, fault::serve)
        .invoke_handler(commands::handler())
        .setup(|app| {
            open::set_up(app);
            window(app)?;
            Ok(())
        })
        .run(tauri::generate_context!())
}

fn window(app: &App) -> tauri::Result<()> {
    use tauri::Manager;
    let works = app.state::<Shell>().works();
    let mut config = app.config().app.windows.first().cloned().unwrap_or_default();
    if !works && let Ok(url) = Url::parse(&format!("{}://localhost/", fault::SCHEME)) {
        config.url = WebviewUrl::CustomProtocol(url);
    }
    if let Some((width, height)) = std::env::var("HUCE_WINDOW").ok().as_deref().and_then(size) {
        (config.width, config.height) = (width, height);
    }
    let window = WebviewWindowBuilder::from_config(app, &config)?
        .on_navigation(is_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        // Pages are our own only (see `is_own`), so it is our own page that asks.
        .on_permission_request(|_, kind| match kind {
            PermissionKind::Camera | PermissionKind::Microphone | PermissionKind::Geolocation => {
                PermissionResponse::Allow
            }
            _ => PermissionResponse::Deny,
        });
    let window = window.build()?;
    #[cfg(all(target_os = "linux", debug_assertions))]
    if std::env::var_os("HUCE_FAKE_CAMERA").is_some() {
        fake_camera(&window)?;
    }
    drop(window);
    Ok(())
}

/// A camera and a microphone for tests on machines that have none: WebKit's own clock, and its ticking. Not in releases.
#[cfg(all(target_os = "linux", debug_assertions))]
fn fake_camera(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{SettingsExt, WebViewExt};
    window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_enable_mock_capture_devices(true);
        }
    })
}

/// `1280x800`, for tests.
fn size(text: &str) -> Option<(f64, f64)> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse::<u32>().ok().filter(|n| (320..=8_192).contains(n)).map(f64::from);
    Some((side(width)?, side(height)?))
}

/// The embedded UI, or the page that says why there is none. No other page is ever shown.
fn is_own(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri" | fault::SCHEME, Some("localhost")) => true,
        // Webviews of Windows and Android know custom schemes only as hosts.
        ("http" | "https", Some(host)) => {
            host == "tauri.localhost" || host.strip_suffix(".localhost") == Some(fault::SCHEME)
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_are_shown() {
        for own in
            ["tauri://localhost/", "tauri://localhost/visit/1", "http://tauri.localhost/x", "huce-fault://localhost/"]
        {
            assert!(is_own(&Url::parse(own).unwrap()), "{own}");
        }
        for other in [
            "http://localhost/",
            "https://tauri.localhost.example.com/",
            "http://evil.localhost/",
            "tauri://evil/",
            "file:///etc/passwd",
            "data:text/html,x",
            "huce-photo://localhost/abc",
            "about:blank",
        ] {
            assert!(!is_own(&Url::parse(other).unwrap()), "{other}");
        }
    }

    #[test]
    fn sizes_for_tests() {
        assert_eq!(size("800x1280"), Some((800.0, 1280.0)));
        for bad in ["", "800", "x", "0x0", "99999x1", "axb"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }
}
