//! Answers that are tapped: one or several of a list. A short list stands there as big options, in the arrangement
//! that the form's appearance asks for; a long one is looked up ([`super::lookup`]).

use huce_core::form::Choice;
use leptos::{ev::KeyboardEvent, text_prop::TextProp};
use wasm_bindgen::JsCast;

use super::{asked::Asked, lookup::LookUp};
use crate::{i18n::*, prelude::*};

/// The longest list that stands there as options.
const MOST_OPTIONS: usize = 12;

/// One or several of a list.
#[component]
pub fn Choices(
    /// The question.
    asked: Asked,
    /// Any number of them, else one.
    many: bool,
) -> impl IntoView {
    let folded = ["minimal", "autocomplete", "search"].into_iter().any(|word| asked.looks(word));
    let table = is_table(asked);
    let long = Memo::new(move |_| asked.read(|n| n.offered.max(n.choices.len()) > MOST_OPTIONS));
    let choices = Signal::derive(move || asked.read(|n| n.choices.clone()));
    live(move || match folded || (long.get() && !table) {
        true => view! { <LookUp asked many/> },
        false => view! { <Options asked choices value=asked.value many/> },
    })
}

/// Is it a row of a table: several questions with the same choices below one another?
pub fn is_table(asked: Asked) -> bool {
    ["label", "list-nolabel", "list"].into_iter().any(|word| asked.looks(word))
}

/// Big options, all in sight.
#[component]
pub fn Options(
    /// The question.
    asked: Asked,
    /// What can be chosen.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// The names that are chosen, between blanks.
    #[prop(into)]
    value: Signal<String>,
    /// Any number of them, else one.
    many: bool,
) -> impl IntoView {
    let choices = Memo::new(move |_| choices.get());
    let value = Memo::new(move |_| value.get());
    let quick = !many && asked.looks("quick");
    // Heads a table: there is nothing to choose.
    let heading = asked.looks("label");
    let bare = asked.looks("list-nolabel");
    let tap = move |name: &str| {
        let next = chosen(&value.get_untracked(), name, many);
        let answered = !next.is_empty();
        asked.answer(&next);
        if quick && answered {
            asked.filling.next_if_all_answered();
        }
    };
    let role = match (heading, many) {
        (true, _) => "presentation",
        (_, true) => "checkbox",
        (_, false) => "radio",
    };
    // One radio of a group is reached with Tab: the chosen one, else the first. The arrows go on from there.
    let first_stop = move |name: &str| {
        many || value.with(|v| match v.is_empty() {
            true => choices.with(|all| all.first().is_some_and(|c| c.value == name)),
            false => {
                v == name
                    || choices
                        .with(|all| all.first().is_some_and(|c| c.value == name) && !all.iter().any(|c| c.value == *v))
            }
        })
    };
    let columns = move || choices.with(|all| format!("--columns:{}", columns(&asked.appearance(), all.len())));
    view! {
        <div class=format!("options {}", arrangement(&asked.appearance())) style=columns
            role={if many || heading { "group" } else { "radiogroup" }}
            aria-labelledby=asked.label_id() aria-describedby=asked.described_by() on:keydown=move_focus>
            <For each=move || choices.get() key=|c| c.clone() let(choice)>
                {
                    if heading {
                        return view! { <span class="option-head">{choice.label}</span> };
                    }
                    let image = (!choice.image.is_empty()).then(|| asked.filling.file_url(&choice.image));
                    let name = StoredValue::new(choice.value);
                    let on = Memo::new(move |_| value.with(|v| name.with_value(|n| v.split_whitespace().any(|w| w == n))));
                    view! {
                        <OptionButton role many on bare image label=choice.label locked=asked.locked
                            stop=Signal::derive(move || name.with_value(|n| first_stop(n)))
                            on_tap=move |()| name.with_value(|n| tap(n))/>
                    }
                }
            </For>
        </div>
    }
}

/// A box to tick.
#[component]
pub fn Tick(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let on = Memo::new(move |_| asked.value.with(|v| !v.is_empty()));
    view! {
        <OptionButton role="checkbox" many=true on label=t!(use_i18n(), visit.confirmed)
            locked=asked.locked on_tap=move |()| asked.answer(if on.get_untracked() { "" } else { "OK" })/>
    }
}

/// A choice that is tapped.
#[component]
pub fn OptionButton(
    /// What it is to a reader: `radio`, `checkbox`, `option`.
    role: &'static str,
    /// One of several that can be chosen together.
    many: bool,
    /// It is chosen.
    on: Memo<bool>,
    /// What it says.
    #[prop(into)]
    label: TextProp,
    /// Has no room for words: a reader says them.
    #[prop(optional)]
    bare: bool,
    /// Where its picture is.
    #[prop(optional_no_strip)]
    image: Option<String>,
    /// It cannot be tapped.
    locked: Memo<bool>,
    /// The Tab key stops at it.
    #[prop(default = Signal::stored(true))]
    stop: Signal<bool>,
    /// It was tapped.
    #[prop(into)]
    on_tap: Callback<()>,
) -> impl IntoView {
    let spoken = bare.then(|| label.get().to_string());
    view! {
        <button type="button" class="option" class:on=on class:many=many role=role
            aria-checked=move || on.get().to_string() disabled=locked aria-label=spoken
            tabindex=move || if stop.get() { "0" } else { "-1" } on:click=move |_| on_tap.run(())>
            <span class="option-mark" aria-hidden="true"></span>
            {image.map(|src| view! { <img class="option-picture" src=src alt=""/> })}
            {(!bare).then(|| view! { <span>{live(move || label.get())}</span> })}
        </button>
    }
}

/// The answer after a tap on this name. Tapped again, a choice is taken back; the engine puts several in the order of
/// their list.
pub fn chosen(value: &str, name: &str, many: bool) -> String {
    let others = value.split_whitespace().filter(|w| *w != name && many);
    let was = value.split_whitespace().any(|w| w == name);
    others.chain((!was).then_some(name)).collect::<Vec<_>>().join(" ")
}

/// The arrow keys go from one of a row of buttons to the next.
pub fn move_focus(event: KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => true,
        "ArrowLeft" | "ArrowUp" => false,
        _ => return,
    };
    let Some(here) = document().active_element() else { return };
    let row = here.parent_element();
    let next = match forward {
        true => here.next_element_sibling().or_else(|| row?.first_element_child()),
        false => here.previous_element_sibling().or_else(|| row?.last_element_child()),
    };
    if let Some(next) = next.and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}

/// The class of an appearance.
fn arrangement(appearance: &str) -> &'static str {
    let arrangement = |word: &str| match word {
        "likert" => Some("likert"),
        "columns-pack" | "horizontal-compact" | "compact" => Some("pack"),
        "columns" | "horizontal" => Some("fitting"),
        "label" | "list-nolabel" | "list" => Some("table-row"),
        word => number_of_columns(word).map(|_| "counted"),
    };
    appearance.split_whitespace().find_map(arrangement).unwrap_or_default()
}

/// How many options stand side by side.
fn columns(appearance: &str, choices: usize) -> usize {
    appearance.split_whitespace().find_map(number_of_columns).unwrap_or(choices).max(1)
}

fn number_of_columns(word: &str) -> Option<usize> {
    word.strip_prefix("columns-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_puts_in_and_takes_out() {
        assert_eq!(chosen("c", "a", true), "c a");
        assert_eq!(chosen("c a", "a", true), "c");
        assert_eq!(chosen("c", "a", false), "a");
        assert_eq!(chosen("a", "a", false), "");
    }

    #[test]
    fn the_form_says_how_options_stand() {
        assert_eq!(arrangement("quick columns-3"), "counted");
        assert_eq!(columns("quick columns-3", 8), 3);
        assert_eq!(arrangement("columns-pack"), "pack");
        assert_eq!((arrangement("w3"), columns("likert", 5)), ("", 5));
    }
}
