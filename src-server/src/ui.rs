//! The console's pages: what `./x build` put into `dist/console` and `dist/trial`, inside the binary (a debug build reads
//! the folders). Names
//! hold a hash of their content, so that browsers keep them for ever; `index.html` answers for every page of the
//! console, because the pages have their own router.

use axum::{
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use crate::routes::Fault;

#[derive(RustEmbed)]
#[folder = "../dist/console"]
#[allow_missing = true]
struct Dist;

/// The page on which a form is tried: `/try/HASH`.
#[derive(RustEmbed)]
#[folder = "../dist/trial"]
#[allow_missing = true]
struct Trial;

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Huce</title><p>控制台页面尚未构建：运行 ./x build。\
                         The console's pages are not built: run ./x build.";

/// Answers everything that is no endpoint.
pub async fn page(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path == "v1" || path.starts_with("api/") || path.starts_with("v1/") {
        return Fault::not_found("endpoint").into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return Fault::new(StatusCode::METHOD_NOT_ALLOWED, "bad_request").into_response();
    }
    if let Some(file) =
        Dist::get(path).or_else(|| Trial::get(path)).filter(|_| !path.is_empty() && path != "index.html")
    {
        let cache = if is_hashed(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
        return ([(header::CONTENT_TYPE, kind(path)), (header::CACHE_CONTROL, cache)], file.data).into_response();
    }
    // A file that is not there is not a page.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) && path != "index.html" {
        return Fault::not_found("file").into_response();
    }
    let page = if path.starts_with("try/") { Trial::get("index.html") } else { Dist::get("index.html") };
    let html = page.map_or(NOT_BUILT.as_bytes().into(), |file| file.data);
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], html).into_response()
}

/// `huce-0513d338d606.js`: twelve hexadecimal digits after the first dash.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hash = name.split(['-', '_', '.']).nth(1).unwrap_or_default();
    hash.len() >= 12 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" | "geojson" => "application/json",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What browsers are told with every answer: run only what comes from here, show it in no frame, guess no types.
pub const HEADERS: [(header::HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
             connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        header::HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    ),
];
