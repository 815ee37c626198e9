//! A reply on a page of the console. The page's parts are built once and follow the reply, so that a table keeps its
//! place and the keyboard its focus when everything is asked for again every few seconds. (Where that does not
//! matter: [`crate::load::show`].)

use huce_core::ipc::CallError;

use crate::{
    i18n::*,
    load::{Loaded, Loader},
    parts::state::Failed,
    prelude::*,
};

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Waiting,
    Here,
    Failed(CallError),
}

/// Shows a reply once it is there; before that a sketch of the page, or why there is none and a way on.
#[component]
pub fn Shown<T, F, V>(
    /// The reply.
    of: Loader<T>,
    /// The sketch: how many lines.
    #[prop(default = 6)]
    lines: usize,
    /// The page.
    children: F,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Fn(Memo<T>) -> V + Send + 'static,
    V: IntoView + 'static,
{
    let i18n = use_i18n();
    let phase = Memo::new(move |_| {
        of.with(|value| match value {
            Loaded::Loading => Phase::Waiting,
            Loaded::Ready(_) => Phase::Here,
            Loaded::Failed(error) => Phase::Failed(error.clone()),
        })
    });
    move || match (phase.get(), of.peek(T::clone)) {
        (Phase::Here, Some(first)) => {
            let reply = Memo::new(move |before: Option<&T>| {
                of.get(T::clone).or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
            });
            children(reply).into_any()
        }
        (Phase::Failed(error), _) => view! { <Failed error on_retry=Callback::new(move |()| of.reload())/> }.into_any(),
        _ => view! {
            <div class="c-sketch" role="status" aria-label=t!(i18n, console.loading)>
                {(0..lines).map(|_| view! { <i aria-hidden="true"></i> }).collect_view()}
            </div>
        }
        .into_any(),
    }
}
