//! The tablet's screens and the console's pages: one component set, two transports.
//!
//! Read in this order: [`backend`] (how a call is made) → [`load`] (what a page shows of it) → [`parts`] (what pages
//! are made of) → [`router`] (which page is where) → [`frame`] (what stands around a page) → [`pages`]; [`annex`] is how
//! pages are loaded from a module of their own when they are wanted.
//! How to add a page, the parts and the texts: `README.md` beside this crate's manifest.
#![allow(missing_docs)] // the component macro makes undocumented items
// Views nest deeply.
#![recursion_limit = "512"]

pub mod address;
pub mod annex;
pub mod backend;
pub mod console;
pub mod error;
pub mod files;
pub mod form;
pub mod frame;
pub mod here;
pub mod i18n;
pub mod load;
pub mod pages;
pub mod parts;
pub mod photo;
pub mod prefs;
mod prelude;
pub mod reply;
pub mod router;
pub mod trial;
pub mod when;
pub mod words;

use leptos::prelude::*;

/// Replaces the page's waiting line by the app. Three of the programs in `bin/` call it; the others are [`annex`]es.
pub fn start(side: router::Side) {
    if let Some(body) = document().body() {
        body.set_inner_html("");
    }
    backend::stand_at(side.place);
    leptos::mount::mount_to_body(move || router::App(router::AppProps { side }));
}
