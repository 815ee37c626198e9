//! White paper on warm ground, and the small things on it: pills, tags, rows of lists.

use leptos::text_prop::TextProp;

use super::Tone;
use crate::prelude::*;

/// A card, with a small title.
#[component]
pub fn Card(
    /// What it is about.
    #[prop(optional, into)]
    title: Option<TextProp>,
    /// Classes for the layout.
    #[prop(optional)]
    class: &'static str,
    /// Its content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class=format!("card {class}")>
            {title.map(|t| view! { <h2 class="card-title">{live(move || t.get())}</h2> })}
            {children()}
        </section>
    }
}

/// A state in a word.
#[component]
pub fn Pill(
    /// Its colour.
    #[prop(optional, into)]
    tone: Signal<Tone>,
    /// With a dot before the word.
    #[prop(optional)]
    dot: bool,
    /// The word.
    children: Children,
) -> impl IntoView {
    view! {
        <span class=move || format!("pill {}", tone.get().class())>
            {dot.then(|| view! { <i class="dot" aria-hidden="true"></i> })}
            {children()}
        </span>
    }
}

/// A quiet word beside others.
#[component]
pub fn Tag(children: Children) -> impl IntoView {
    view! { <span class="tag">{children()}</span> }
}

/// A row of a list (`<ul class="rows">`): a line, a smaller line, and what stands at its end. With `href` the whole
/// row leads there.
#[component]
pub fn Row(
    /// The line.
    #[prop(into)]
    title: TextProp,
    /// The smaller line.
    #[prop(optional, into)]
    sub: Option<TextProp>,
    /// Where the row leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// What stands before the text.
    #[prop(optional, into)]
    lead: Option<AnyView>,
    /// What stands at its end.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let text = view! {
        <span class="row-text">
            <span class="row-title">{live(move || title.get())}</span>
            {sub.map(|s| view! { <span class="row-sub">{live(move || s.get())}</span> })}
        </span>
    };
    let inner = match href {
        Some(href) => view! { <a class="row-link" href=href>{lead}{text}</a> }.into_any(),
        None => view! { <span class="row-link">{lead}{text}</span> }.into_any(),
    };
    view! { <li class="row">{inner}{children.map(|c| view! { <span class="row-end">{c()}</span> })}</li> }
}
