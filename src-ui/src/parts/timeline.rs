//! What happened, from the newest down.

use leptos::text_prop::TextProp;

use super::Tone;
use crate::prelude::*;

/// The list around moments.
#[component]
pub fn Timeline(children: Children) -> impl IntoView {
    view! { <ol class="timeline">{children()}</ol> }
}

/// Something that happened.
#[component]
pub fn Moment(
    /// Its colour.
    #[prop(optional)]
    tone: Tone,
    /// What.
    #[prop(into)]
    title: TextProp,
    /// When, by whom.
    #[prop(into)]
    meta: TextProp,
    /// Where it leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// More about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let title = move || title.get();
    view! {
        <li class=format!("moment {}", tone.class())>
            <p class="moment-head">
                {match href {
                    Some(href) => view! { <a class="moment-title" href=href>{title}</a> }.into_any(),
                    None => view! { <b class="moment-title">{title}</b> }.into_any(),
                }}
                " "<span class="moment-meta">{live(move || meta.get())}</span>
            </p>
            {children.map(|c| view! { <div class="moment-body">{c()}</div> })}
        </li>
    }
}
