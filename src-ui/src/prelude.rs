//! Leptos as pages use it: its prelude, with a `view!` whose result is an [`AnyView`] at once.
//!
//! Every view has a type of its own, and an `Option`, a list or a closure of one is again another; each costs the wasm
//! code to build, change, move and drop it. As `AnyView` all of them are one. So is what a function or a branch
//! gives back: no `.into_any()` is needed.

pub(crate) use leptos::prelude::*;

pub(crate) use crate::parts::{list::For, show::Show};

macro_rules! view {
    ($($markup:tt)*) => {
        ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { $($markup)* })
    };
}
pub(crate) use view;
