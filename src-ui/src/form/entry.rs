//! Answers that are typed: numbers in large figures with their unit, text, days. What is typed goes to the keeper a
//! moment later, which brings back what follows from it; what is no number stays in the field and goes nowhere.

use huce_core::form::{Kind, NodeState};

use super::filling::Filling;
use crate::{i18n::*, prelude::*};

/// One line: a number, a text, a day.
#[component]
pub fn Entry(
    /// The form.
    filling: Filling,
    /// The question's reference.
    main: String,
    /// The question.
    node: Memo<Option<NodeState>>,
    /// What is typed is no value of its type.
    malformed: RwSignal<bool>,
    /// The field's id.
    id: String,
    /// The label's id.
    label_id: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let first = node.get_untracked();
    let kind = first.as_ref().map_or(Kind::Text, |n| n.kind);
    let (kind_of_input, mode) = match kind {
        Kind::Integer => ("text", "numeric"),
        Kind::Decimal | Kind::Range => ("text", "decimal"),
        Kind::Date => ("date", "none"),
        Kind::Time => ("time", "none"),
        Kind::DateTime => ("datetime-local", "none"),
        _ => ("text", "text"),
    };
    let number = matches!(kind, Kind::Integer | Kind::Decimal | Kind::Range);
    let unit = first.map(|n| n.unit).unwrap_or_default();
    let main = StoredValue::new(main);
    let typed = typed(node, malformed);
    let write = move |text: String, typing: bool| {
        typed.set(text.clone());
        let plain = if number { plain_digits(&text) } else { text };
        let plain = plain.trim();
        let wrong = !plain.is_empty()
            && match kind {
                Kind::Integer => plain.parse::<i64>().is_err(),
                _ => number && !plain.parse::<f64>().is_ok_and(f64::is_finite),
            };
        malformed.set(wrong);
        if !wrong {
            filling.set(&main.get_value(), plain, typing);
        }
    };
    let is_today = kind == Kind::Date;
    view! {
        <div class="entry" class:number=number class:day=is_today>
            <input id=id type=kind_of_input inputmode=mode aria-labelledby=label_id autocomplete="off" enterkeyhint="next"
                prop:value=move || typed.get()
                readonly=move || node.with(|n| n.as_ref().is_some_and(|n| n.readonly))
                aria-invalid=move || node.with(|n| n.as_ref().is_some_and(|n| n.violation.is_some())).to_string()
                on:input=move |ev| write(event_target_value(&ev), true)
                on:change=move |ev| {
                    write(event_target_value(&ev), false);
                    filling.keeper().send();
                }
                on:blur=move |_| filling.keeper().send()/>
            {(!unit.is_empty()).then(|| view! { <span class="unit" aria-hidden="true">{unit}</span> })}
        </div>
        <Show when=move || is_today>
            <button type="button" class="btn" on:click=move |_| {
                let today = filling.peek(|f| f.view().today.clone()).unwrap_or_default();
                write(today, false);
            }>{t!(i18n, visit.today)}</button>
        </Show>
    }
}

/// Several lines.
#[component]
pub fn LongText(
    /// The form.
    filling: Filling,
    /// The question's reference.
    main: String,
    /// The question.
    node: Memo<Option<NodeState>>,
    /// The field's id.
    id: String,
    /// The label's id.
    label_id: String,
) -> impl IntoView {
    let typed = typed(node, RwSignal::new(false));
    let main = StoredValue::new(main);
    let write = move |text: String| {
        typed.set(text.clone());
        filling.set(&main.get_value(), &text, true);
    };
    view! {
        <textarea class="long-text" id=id rows="4" aria-labelledby=label_id
            prop:value=move || typed.get()
            readonly=move || node.with(|n| n.as_ref().is_some_and(|n| n.readonly))
            on:input=move |ev| write(event_target_value(&ev))
            on:blur=move |_| filling.keeper().send()></textarea>
    }
}

/// What the field shows: the answer, until somebody types something else that means the same (`13.` is 13).
fn typed(node: Memo<Option<NodeState>>, malformed: RwSignal<bool>) -> RwSignal<String> {
    let value = Memo::new(move |_| node.with(|n| n.as_ref().map(|n| n.value.clone()).unwrap_or_default()));
    let typed = RwSignal::new(value.get_untracked());
    Effect::new(move |_| {
        let value = value.get();
        let shown = typed.get_untracked();
        let same =
            shown.trim() == value || (!value.is_empty() && plain_digits(&shown).parse::<f64>() == value.parse::<f64>());
        if !same && !malformed.get_untracked() {
            typed.set(value);
        }
    });
    typed
}

/// Full-width digits and the Chinese full stop, as Chinese keyboards give them, are figures too; and `13.` is one
/// that somebody is still typing.
fn plain_digits(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '．' | '。' | ',' | '，' => '.',
            '－' | '−' => '-',
            c => c,
        })
        .collect();
    plain.strip_suffix('.').map_or(plain.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::plain_digits;

    #[test]
    fn figures_as_chinese_keyboards_give_them() {
        assert_eq!(plain_digits("１３。９"), "13.9");
        assert_eq!(plain_digits("13."), "13");
        assert_eq!(plain_digits(" －2,5 "), "-2.5");
    }
}
