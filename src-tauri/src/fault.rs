//! The page that is shown when there is nothing to show: why the store could not be opened. Without scripts.

use tauri::{
    Manager, Runtime, UriSchemeContext,
    http::{Request, Response, header},
};

use crate::open::Shell;

/// The page's scheme.
pub(crate) const SCHEME: &str = "huce-fault";

/// Serves the page.
pub(crate) fn serve<R: Runtime>(context: UriSchemeContext<'_, R>, _: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let shell = context.app_handle().try_state::<Shell>();
    let why = shell.as_ref().and_then(|s| s.why()).unwrap_or_default();
    let mut response = Response::new(page(&why).into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(policy));
    response
}

fn page(why: &str) -> String {
    let text: String = why.lines().map(|line| format!("<p>{}</p>", escape(line))).collect();
    format!(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><title>户策</title><style>\
         body{{font:20px/1.6 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:12vh auto;max-width:36em;padding:0 1em;\
         background:#f6f4ef;color:#1d2329}}h1{{font-size:28px}}p{{overflow-wrap:anywhere}}\
         @media(prefers-color-scheme:dark){{body{{background:#14181c;color:#e8e6e1}}}}</style>\
         <h1 id=\"fault\">户策没有打开 · Huce is not open</h1>{text}</html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_cannot_be_markup() {
        assert!(super::page("a <script>&\nb").contains("<p>a &lt;script&gt;&amp;</p><p>b</p>"));
    }
}
