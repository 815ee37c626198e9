//! Answers that are an order: the choices with buttons that move them up and down. There is no answer until somebody
//! moved one or said that the order is right as it stands.

use huce_core::form::Choice;
use wasm_bindgen::JsCast;

use super::asked::{Asked, TakeBack};
use crate::{i18n::*, prelude::*};

/// The choices in their order.
#[component]
pub fn Rank(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let i18n = use_i18n();
    let order = Memo::new(move |_| {
        let value = asked.value.get();
        asked.read(|n| ordered(&n.choices, &value))
    });
    let touched = Memo::new(move |_| asked.value.with(|v| !v.is_empty()));
    let go = move |name: &str, up: bool| {
        let names: Vec<String> = order.with_untracked(|o| o.iter().map(|c| c.value.clone()).collect());
        let Some(names) = moved(names, name, up) else { return };
        asked.answer(&names.join(" "));
        // The row was taken out of the page and put back: the focus goes with it.
        let id = button_id(asked, name, up);
        request_animation_frame(move || focus(&id));
    };
    let is_last = move |name: &str, up: bool| {
        order.with(|o| if up { o.first() } else { o.last() }.is_none_or(|c| c.value == name))
    };
    view! {
        <div class="rank">
            <ol class="rank-list" class:untouched=move || !touched.get() aria-labelledby=asked.label_id() aria-describedby=asked.described_by()>
                <For each=move || order.get() key=|c| (c.value.clone(), c.label.clone()) let(choice)>
                    {
                        let Choice { value, label, .. } = choice;
                        let name = StoredValue::new(value);
                        let place = move || match touched.get() {
                            true => name.with_value(|n| order.with(|o| o.iter().position(|c| c.value == *n)))
                                .map_or_else(String::new, |at| (at + 1).to_string()),
                            false => "–".to_owned(),
                        };
                        let button = |up: bool| {
                            let title = label.clone();
                            let said = move || if up { text!(i18n, answer.move_up, title = title) } else { text!(i18n, answer.move_down, title = title) };
                            view! {
                                <button type="button" class="btn step" id=name.with_value(|n| button_id(asked, n, up)) aria-label=said
                                    disabled=asked.locked
                                    aria-disabled=move || name.with_value(|n| is_last(n, up)).to_string()
                                    on:click=move |_| name.with_value(|n| go(n, up))>{if up { "↑" } else { "↓" }}</button>
                            }
                        };
                        let (up, down) = (button(true), button(false));
                        view! {
                            <li class="rank-row" on:keydown=move |event| {
                                let up = match event.key().as_str() {
                                    "ArrowUp" => true,
                                    "ArrowDown" => false,
                                    _ => return,
                                };
                                event.prevent_default();
                                if !asked.locked.get_untracked() {
                                    name.with_value(|n| go(n, up));
                                }
                            }>
                                <b class="rank-place">{live(place)}</b>
                                <span class="grow">{label}</span>
                                {up}{down}
                            </li>
                        }
                    }
                </For>
            </ol>
            <Show when=move || !touched.get() && !asked.locked.get()>
                <button type="button" class="btn" on:click=move |_| {
                    asked.answer(&order.with_untracked(|o| o.iter().map(|c| c.value.as_str()).collect::<Vec<_>>().join(" ")));
                }>{t!(i18n, answer.order_is_right)}</button>
            </Show>
            <TakeBack asked/>
        </div>
    }
}

fn button_id(asked: Asked, name: &str, up: bool) -> String {
    format!("{}-{name}-{}", asked.id(), if up { "up" } else { "down" })
}

fn focus(id: &str) {
    if let Some(button) = document().get_element_by_id(id).and_then(|b| b.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = button.focus();
    }
}

/// The choices as the answer orders them; those that it does not name come last.
fn ordered(choices: &[Choice], value: &str) -> Vec<Choice> {
    let named = value.split_whitespace().filter_map(|name| choices.iter().find(|c| c.value == name));
    let others = choices.iter().filter(|c| value.split_whitespace().all(|name| name != c.value));
    named.chain(others).cloned().collect()
}

/// The names with this one a place higher or lower; none when it is at the end already.
fn moved(mut names: Vec<String>, name: &str, up: bool) -> Option<Vec<String>> {
    let from = names.iter().position(|n| n == name)?;
    let to = if up { from.checked_sub(1)? } else { from + 1 };
    if to >= names.len() {
        return None;
    }
    names.swap(from, to);
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_moves_by_one_place_until_the_end() {
        let names = || ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(moved(names(), "c", true), Some(vec!["a".into(), "c".into(), "b".into()]));
        assert_eq!(moved(names(), "a", false), Some(vec!["b".into(), "a".into(), "c".into()]));
        assert_eq!(moved(names(), "a", true), None);
        assert_eq!(moved(names(), "c", false), None);
    }

    #[test]
    fn what_the_answer_does_not_name_comes_last() {
        let all = ["a", "b", "c"].map(|n| Choice::new(n, n));
        let order: Vec<String> = ordered(&all, "c gone a").into_iter().map(|c| c.value).collect();
        assert_eq!(order, ["c", "a", "b"]);
    }
}
