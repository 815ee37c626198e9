//! One question: what is asked, how to answer it, the answer's widget, what is wrong with it, and beside it what
//! the answer means. Shows and hides itself as the answers decide.

use huce_core::form::{
    Kind, NodeKind, NodeState, Step, ViolationKind,
    screens::{tone, word},
};
use leptos::either::Either;

use super::{
    choices::{Choices, Tick},
    entry::{Entry, LongText},
    filling::Filling,
    image::ImageAnswer,
};
use crate::{i18n::*, prelude::*};

/// A question and the notes beside it.
#[component]
pub fn Question(
    /// The form.
    filling: Filling,
    /// The question's reference.
    main: String,
    /// References of the notes beside it.
    beside: Vec<String>,
) -> impl IntoView {
    let at = main.clone();
    let node = Memo::new(move |_| filling.node(&at));
    let shown = Memo::new(move |_| node.with(|n| n.as_ref().is_some_and(|n| n.relevant)));
    let beside = StoredValue::new(beside);
    let main = StoredValue::new(main);
    view! {
        <Show when=move || shown.get()>
            {move || {
                // What a question is never changes; only what it says and holds.
                let first = node.get_untracked()?;
                Some(view! { <Asked filling main=main.get_value() first node beside=beside.get_value()/> })
            }}
        </Show>
    }
}

#[component]
fn Asked(
    filling: Filling,
    main: String,
    first: NodeState,
    node: Memo<Option<NodeState>>,
    beside: Vec<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = element_id(&main);
    let label_id = format!("{id}-label");
    // Not a value of its type: stays in the field and is said there, but it is not an answer.
    let malformed = RwSignal::new(false);
    let said = main.clone();
    let message = Memo::new(move |_| {
        if malformed.get() {
            return Some(text!(i18n, visit.no_number));
        }
        if filling.refused.with(|r| r.contains(&said)) {
            return Some(text!(i18n, visit.not_taken));
        }
        let node = node.get()?;
        let violation = node.violation?;
        // A wrong answer is said at once; a missing one when somebody wants to move on.
        if violation == ViolationKind::Required && !filling.told.with(|t| t.contains(&said)) {
            return None;
        }
        Some(match (node.message.is_empty(), violation) {
            (false, _) => node.message,
            (true, ViolationKind::Required) => text!(i18n, visit.required),
            (true, ViolationKind::Constraint) => text!(i18n, visit.wrong),
        })
    });
    let label = move || node.with(|n| n.as_ref().map(|n| n.label.clone()).unwrap_or_default());
    let hint = move || node.with(|n| n.as_ref().map(|n| n.hint.clone()).unwrap_or_default());
    let required = move || node.with(|n| n.as_ref().is_some_and(|n| n.required));
    let answer = answer(filling, main, &first, node, malformed, &id, &label_id);
    let notes = beside.into_iter().map(|at| view! { <Note filling at/> }).collect_view();
    view! {
        <section class="question" class:wrong=move || message.with(Option::is_some) aria-labelledby=label_id.clone()>
            <h2 class="question-label" id=label_id.clone()>
                {label}
                <Show when=required><span class="must" title=t!(i18n, visit.must)>" *"</span></Show>
            </h2>
            {move || Some(hint()).filter(|h| !h.is_empty()).map(|h| view! { <p class="question-hint">{h}</p> })}
            <div class="question-row">{answer}{notes}</div>
            {move || message.get().map(|m| view! { <p class="question-wrong" role="alert">{m}</p> })}
        </section>
    }
}

fn answer(
    filling: Filling,
    main: String,
    first: &NodeState,
    node: Memo<Option<NodeState>>,
    malformed: RwSignal<bool>,
    id: &str,
    label_id: &str,
) -> AnyView {
    let (id, label_id) = (id.to_owned(), label_id.to_owned());
    match first.kind {
        Kind::SelectOne => view! { <Choices filling main node many=false label_id/> }.into_any(),
        Kind::SelectMultiple => view! { <Choices filling main node many=true label_id/> }.into_any(),
        Kind::Acknowledge => view! { <Tick filling main node/> }.into_any(),
        Kind::Image => view! { <ImageAnswer filling main node/> }.into_any(),
        Kind::Text if word(&first.appearance, "multiline") => {
            view! { <LongText filling main node id label_id/> }.into_any()
        }
        Kind::Text
        | Kind::Barcode
        | Kind::Integer
        | Kind::Decimal
        | Kind::Range
        | Kind::Date
        | Kind::Time
        | Kind::DateTime => view! { <Entry filling main node malformed id label_id/> }.into_any(),
        _ => view! { <NotHere/> }.into_any(),
    }
}

/// A kind of question that these screens do not ask yet.
#[component]
fn NotHere() -> impl IntoView {
    let i18n = use_i18n();
    view! { <p class="note warn">{t!(i18n, visit.not_here)}</p> }
}

/// A note: text with the tone that the form gives it. Nothing when it is not relevant.
#[component]
pub fn Note(
    /// The form.
    filling: Filling,
    /// The note's reference.
    at: String,
) -> impl IntoView {
    let node = Memo::new(move |_| filling.node(&at).filter(|n| n.relevant));
    move || match node.get() {
        Some(note) => {
            let class = format!("note {}", tone(&note.appearance).unwrap_or("plain"));
            Either::Left(view! { <p class=class role="status">{note.label}</p> })
        }
        None => Either::Right(()),
    }
}

/// The heading of a group, a repeat or an instance within a section, with what can be done to it.
#[component]
pub fn Heading(
    /// The form.
    filling: Filling,
    /// Its reference.
    at: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = at.clone();
    let node = Memo::new(move |_| filling.node(&name).filter(|n| n.relevant));
    let at = StoredValue::new(at);
    move || {
        let node = node.get()?;
        let label = node.label;
        let act = match node.node {
            NodeKind::UncontrolledRange => Some(
                view! {
                    <button type="button" class="btn" on:click=move |_| {
                        filling.step(Step::AddRepeat { reference: at.get_value() }, false, None);
                    }>{text!(i18n, visit.add_more)}</button>
                }
                .into_any(),
            ),
            NodeKind::RepeatInstance => Some(
                view! {
                    <button type="button" class="btn quiet" on:click=move |_| {
                        filling.step(Step::RemoveRepeat { reference: at.get_value() }, false, None);
                        filling.forget_told();
                    }>{text!(i18n, visit.remove)}</button>
                }
                .into_any(),
            ),
            _ => None,
        };
        Some(view! { <div class="question-heading"><h2>{label}</h2>{act}</div> })
    }
}

/// An element's id from a reference: stable, and without characters that selectors trip over.
pub fn element_id(reference: &str) -> String {
    let plain: String = reference.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("q{plain}")
}
