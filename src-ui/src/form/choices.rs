//! Answers that are tapped: big options in two columns, one or several of them.

use huce_core::form::{Choice, NodeState, screens::word};

use super::filling::Filling;
use crate::{i18n::*, prelude::*};

/// One or several of a list.
#[component]
pub fn Choices(
    /// The form.
    filling: Filling,
    /// The question's reference.
    main: String,
    /// The question.
    node: Memo<Option<NodeState>>,
    /// Any number of them, else one.
    many: bool,
    /// The label's id.
    label_id: String,
) -> impl IntoView {
    let main = StoredValue::new(main);
    let choices = Memo::new(move |_| node.with(|n| n.as_ref().map(|n| n.choices.clone()).unwrap_or_default()));
    let value = Memo::new(move |_| node.with(|n| n.as_ref().map(|n| n.value.clone()).unwrap_or_default()));
    let likert = node.with_untracked(|n| n.as_ref().is_some_and(|n| word(&n.appearance, "likert")));
    let locked = Memo::new(move |_| node.with(|n| n.as_ref().is_some_and(|n| n.readonly)));
    let tap = move |name: String| {
        let next = if many { toggled(&value.get_untracked(), &name, &choices.get_untracked()) } else { name };
        // Tapped again, one choice is taken back.
        let next = if !many && value.get_untracked() == next { String::new() } else { next };
        filling.set(&main.get_value(), &next, false);
    };
    let role = if many { "checkbox" } else { "radio" };
    view! {
        <div class="options" class:likert=likert role={if many { "group" } else { "radiogroup" }} aria-labelledby=label_id>
            <For each=move || choices.get() key=|c| (c.value.clone(), c.label.clone()) let(choice)>
                {
                    let name = StoredValue::new(choice.value.clone());
                    let on = Memo::new(move |_| value.with(|v| v.split_whitespace().any(|w| w == name.get_value())));
                    view! {
                        <button type="button" class="option" class:on=move || on.get() class:many=many role=role
                            aria-checked=move || on.get().to_string() disabled=move || locked.get()
                            on:click=move |_| tap(name.get_value())>
                            <span class="option-mark" aria-hidden="true"></span>
                            <span>{choice.label}</span>
                        </button>
                    }
                }
            </For>
        </div>
    }
}

/// With this name in or out, in the order of the list.
fn toggled(value: &str, name: &str, choices: &[Choice]) -> String {
    let was = |wanted: &str| value.split_whitespace().any(|w| w == wanted);
    let names = choices.iter().map(|c| c.value.as_str()).filter(|c| if *c == name { !was(c) } else { was(c) });
    names.collect::<Vec<_>>().join(" ")
}

/// A box to tick.
#[component]
pub fn Tick(
    /// The form.
    filling: Filling,
    /// The question's reference.
    main: String,
    /// The question.
    node: Memo<Option<NodeState>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let main = StoredValue::new(main);
    let on = Memo::new(move |_| node.with(|n| n.as_ref().is_some_and(|n| !n.value.is_empty())));
    view! {
        <button type="button" class="option many" class:on=move || on.get() role="checkbox"
            aria-checked=move || on.get().to_string()
            on:click=move |_| {
                filling.set(&main.get_value(), if on.get_untracked() { "" } else { "OK" }, false);
            }>
            <span class="option-mark" aria-hidden="true"></span>
            <span>{t!(i18n, visit.confirmed)}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_puts_in_and_takes_out_in_the_order_of_the_list() {
        let list = ["a", "b", "c"].map(|n| Choice { value: n.into(), label: n.into() });
        assert_eq!(toggled("c", "a", &list), "a c");
        assert_eq!(toggled("a c", "a", &list), "c");
    }
}
