//! The tablet's screens and the console's pages: one component set, two transports.
//!
//! Read in this order: [`backend`] (how a call is made) → [`load`] (what a page shows of it) → [`parts`] (what pages
//! are made of) → [`router`] (which page is where) → [`frame`] (what stands around a page) → [`pages`].
//! How to add a page, the parts and the texts: `README.md` beside this crate's manifest.
#![allow(missing_docs)] // the component macro makes undocumented items
// Views nest deeply.
#![recursion_limit = "512"]

pub mod backend;
pub mod console;
pub mod error;
pub mod form;
pub mod frame;
pub mod here;
pub mod load;
pub mod pages;
pub mod parts;
pub mod photo;
pub mod prefs;
pub mod router;
pub mod when;
pub mod words;

/// The texts, made by `build.rs` from `locales/`: `t_string!(i18n, today.title)`.
#[allow(clippy::expect_used)] // generated: the names of the two languages are parsed
pub mod i18n {
    include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
    pub use self::i18n::*;
    pub use leptos_i18n::{t, t_string, td_string};

    /// The language that is chosen, as pages pass it on.
    pub type I18n = leptos_i18n::I18nContext<Locale>;
}

use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the browser when the wasm is ready: replaces the waiting line by the app.
#[wasm_bindgen(start)]
pub fn start() {
    if let Some(body) = document().body() {
        body.set_inner_html("");
    }
    leptos::mount::mount_to_body(router::App);
}
