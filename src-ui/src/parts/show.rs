//! What is shown while something holds.

use std::sync::Arc;

use leptos::{
    children::ViewFn,
    prelude::{AnyView, ArcMemo, ChildrenFn, Get, IntoAny, IntoView, component},
};

/// Leptos's `Show`, whose waiting and changing is made once for all conditions and not for each.
#[component]
pub fn Show<W>(
    /// Whether it is shown.
    when: W,
    /// What is shown; made anew each time.
    children: ChildrenFn,
    /// What is shown otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    show(Arc::new(when), children, fallback)
}

fn show(when: Arc<dyn Fn() -> bool + Send + Sync>, children: ChildrenFn, fallback: ViewFn) -> AnyView {
    let when = ArcMemo::new(move |_| when());
    (move || if when.get() { children() } else { fallback.run() }).into_any()
}
