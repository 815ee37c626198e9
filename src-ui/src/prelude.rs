//! Leptos as pages use it: its prelude, with a `view!` whose result is an [`AnyView`] at once.
//!
//! Every view has a type of its own, and an `Option`, a list or a closure of one is again another; each costs the wasm
//! code to build, change, move and drop it. As `AnyView` all of them are one. So is what a function or a branch
//! gives back: no `.into_any()` is needed.

pub(crate) use leptos::prelude::*;

pub(crate) use crate::parts::{list::For, show::Show};

/// A part of a view that is drawn again when what it reads changes. `{move || …}` is one too; but each of those costs
/// the wasm code of its own to wait and to change, where these share it.
pub(crate) fn live<V: IntoView + 'static>(draw: impl Fn() -> V + Send + 'static) -> AnyView {
    fn drawn(draw: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
        (move || draw()).into_any()
    }
    drawn(Box::new(move || draw().into_any()))
}

/// Runs now and again whenever what it reads changes: leptos's `Effect`, made once for all.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    fn running(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| run());
    }
    running(Box::new(run));
}

macro_rules! view {
    ($($markup:tt)*) => {
        ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { $($markup)* })
    };
}
pub(crate) use view;
