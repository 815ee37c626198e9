//! What is pressed. One primary a screen; a destructive one is never primary.

use super::icon::{Icon, Sign};
use crate::prelude::*;

/// How much a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// The one thing to do next.
    Primary,
    /// Also possible.
    #[default]
    Secondary,
    /// Beside a text.
    Quiet,
    /// Takes something away.
    Danger,
}

impl Kind {
    fn class(self, big: bool) -> String {
        let kind = match self {
            Self::Primary => " primary",
            Self::Secondary => "",
            Self::Quiet => " quiet",
            Self::Danger => " danger",
        };
        format!("btn{kind}{}", if big { " big" } else { "" })
    }
}

/// A button: `<Button kind=Kind::Primary on_press=move |()| …>"text"</Button>`.
#[component]
pub fn Button(
    /// Secondary unless said.
    #[prop(optional)]
    kind: Kind,
    /// 56 px instead of 48.
    #[prop(optional)]
    big: bool,
    /// Not now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// In front of the text.
    #[prop(optional)]
    sign: Option<Sign>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=kind.class(big) disabled=move || disabled.get() on:click=move |_| on_press.run(())>
            {sign.map(|sign| view! { <Icon sign/> })}
            <span>{children()}</span>
        </button>
    }
}

/// A way to another page that looks like a button. `href` is an address within the app, see [`crate::router::to`].
#[component]
pub fn LinkButton(
    /// Secondary unless said.
    #[prop(optional)]
    kind: Kind,
    /// 56 px instead of 48.
    #[prop(optional)]
    big: bool,
    /// In front of the text.
    #[prop(optional)]
    sign: Option<Sign>,
    /// Where to.
    #[prop(into)]
    href: Signal<String>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=kind.class(big) href=move || href.get()>
            {sign.map(|sign| view! { <Icon sign/> })}
            <span>{children()}</span>
        </a>
    }
}
