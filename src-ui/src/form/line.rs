//! Answers that are typed in one line or several. What is typed goes to the keeper a moment later, which brings back
//! what follows from it; what is no value of its type stays in the field and goes nowhere.

use super::asked::{Asked, Complaint};
use crate::prelude::*;

/// How what stands in a field and the answer become each other.
#[derive(Clone, Copy)]
pub struct Reading {
    /// The answer as the field shows it.
    pub show: fn(&str) -> String,
    /// The answer that was typed, or what is wrong with it.
    pub read: fn(&str) -> Result<String, Complaint>,
}

impl Reading {
    /// Text is what was typed.
    pub const TEXT: Self = Self { show: str::to_owned, read: |typed| Ok(typed.trim().to_owned()) };

    /// Do the field and the answer mean the same? `13.` is 13.
    fn agree(self, typed: &str, value: &str) -> bool {
        (self.read)(typed).is_ok_and(|read| (self.show)(&read) == (self.show)(value))
    }
}

/// One line that is typed in, with the unit behind it.
#[component]
pub fn Line(
    /// The question.
    asked: Asked,
    /// What is typed.
    reading: Reading,
    /// The type of the field.
    #[prop(default = "text")]
    kind: &'static str,
    /// The keyboard on a tablet.
    #[prop(default = "text")]
    mode: &'static str,
    /// How it looks: `number`, `day`.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let typed = typed(asked, reading);
    let write = move |text: String, typing: bool| {
        let read = (reading.read)(&text);
        typed.set(text);
        match read {
            Ok(value) if typing => asked.answer_so_far(&value),
            Ok(value) => asked.answer(&value),
            Err(complaint) => asked.complaint.set(Some(complaint)),
        }
    };
    let unit = asked.unit();
    view! {
        <div class=format!("entry {class}")>
            <input id=asked.id() type=kind inputmode=mode aria-labelledby=asked.label_id() aria-describedby=asked.described_by()
                autocomplete="off" enterkeyhint="next"
                prop:value=typed
                readonly=asked.locked
                aria-invalid=move || is_wrong(asked).to_string()
                on:input=move |ev| write(event_target_value(&ev), true)
                on:change=move |ev| {
                    write(event_target_value(&ev), false);
                    asked.filling.keeper().send();
                }
                on:blur=move |_| asked.filling.keeper().send()/>
            {(!unit.is_empty()).then(|| view! { <span class="unit" aria-hidden="true">{unit}</span> })}
        </div>
    }
}

/// Several lines.
#[component]
pub fn LongText(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    // As it was typed: blanks at its ends are somebody's paragraphs.
    let typed = typed(asked, Reading { show: str::to_owned, read: |typed| Ok(typed.to_owned()) });
    let rows = asked.parameter("rows").unwrap_or(4.0).clamp(2.0, 20.0);
    view! {
        <textarea class="long-text" id=asked.id() rows=rows.to_string() aria-labelledby=asked.label_id()
            aria-describedby=asked.described_by()
            prop:value=typed
            readonly=asked.locked
            aria-invalid=move || is_wrong(asked).to_string()
            on:input=move |ev| {
                let text = event_target_value(&ev);
                typed.set(text.clone());
                asked.answer_so_far(&text);
            }
            on:blur=move |_| asked.filling.keeper().send()></textarea>
    }
}

fn is_wrong(asked: Asked) -> bool {
    asked.complaint.with(Option::is_some) || asked.read(|n| n.violation.is_some())
}

/// What the field shows: the answer, until somebody types something else that means the same.
fn typed(asked: Asked, reading: Reading) -> RwSignal<String> {
    let typed = RwSignal::new((reading.show)(&asked.value.get_untracked()));
    effect(move || {
        let value = asked.value.get();
        let stays = asked.complaint.with_untracked(Option::is_some)
            || typed.with_untracked(|typed| reading.agree(typed, &value));
        if !stays {
            typed.set((reading.show)(&value));
        }
    });
    typed
}
