//! One question: what is asked, how to answer it, the answer's widget, what is wrong with it, and beside it what
//! the answer means. Shows and hides itself as the answers decide.

use huce_core::form::{Kind, NodeKind, Step, ViolationKind, screens::tone};

use super::{
    asked::Asked,
    choices::{Choices, Tick, is_table},
    code::Code,
    filling::Filling,
    image::ImageAnswer,
    line::{Line, LongText, Reading},
    media::QuestionMedia,
    moment::Moment,
    number::{Number, Steps},
    place::{Place, Places},
    point::Figure,
    range::Range,
    rank::Rank,
    recording::FileAnswer,
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
    let node = Memo::new(move |_| filling.node(&main));
    let shown = Memo::new(move |_| node.with(|n| n.as_ref().is_some_and(|n| n.relevant)));
    let beside = StoredValue::new(beside);
    view! {
        <Show when=move || shown.get()>
            {live(move || {
                let asked = Asked::new(filling, &node.get_untracked()?, node);
                Some(view! { <Shown asked beside=beside.get_value()/> })
            })}
        </Show>
    }
}

#[component]
fn Shown(asked: Asked, beside: Vec<String>) -> impl IntoView {
    let i18n = use_i18n();
    let filling = asked.filling;
    let (id, label_id, reference) = (asked.id(), asked.label_id(), asked.reference());
    let message = Memo::new(move |_| {
        if let Some(complaint) = asked.complaint.get() {
            return Some(complaint().to_owned());
        }
        if filling.refused.with(|r| r.contains(&reference)) {
            return Some(text!(i18n, visit.not_taken));
        }
        let (violation, said) = asked.read(|n| Some((n.violation?, n.message.clone())))?;
        // A wrong answer is said at once; a missing one when somebody wants to move on.
        if violation == ViolationKind::Required && !filling.told.with(|t| t.contains(&reference)) {
            return None;
        }
        Some(match (said.is_empty(), violation) {
            (false, _) => said,
            (true, ViolationKind::Required) => text!(i18n, visit.required),
            (true, ViolationKind::Constraint) => text!(i18n, visit.wrong),
        })
    });
    let label = move || asked.read(|n| n.label.clone());
    let hint = Memo::new(move |_| asked.read(|n| n.hint.clone()));
    let required = move || asked.read(|n| n.required);
    let notes = beside.into_iter().map(|at| view! { <Note filling at/> }).collect_view();
    let (hint_id, wrong_id) = (format!("{id}-hint"), format!("{id}-wrong"));
    view! {
        <section class="question" class:wrong=move || message.with(Option::is_some) class:tabled=is_table(asked)
            tabindex="-1" aria-labelledby=label_id.clone()>
            <h2 class="question-label" id=label_id.clone()>
                {live(label)}
                <Show when=required><span class="must" title=t!(i18n, visit.must)>" *"</span></Show>
            </h2>
            {live(move || Some(hint.get()).filter(|h| !h.is_empty()).map(|h| view! { <p class="question-hint" id=hint_id.clone()>{h}</p> }))}
            <QuestionMedia asked/>
            <div class="question-row">{answer(asked)}{notes}</div>
            {live(move || message.get().map(|m| view! { <p class="question-wrong" id=wrong_id.clone() role="alert">{m}</p> }))}
        </section>
    }
}

/// The widget of a question.
fn answer(asked: Asked) -> AnyView {
    let kind = asked.node.with_untracked(|n| n.as_ref().map_or(Kind::Text, |n| n.kind));
    match kind {
        Kind::SelectOne => view! { <Choices asked many=false/> },
        Kind::SelectMultiple => view! { <Choices asked many=true/> },
        Kind::Rank => view! { <Rank asked/> },
        Kind::Acknowledge => view! { <Tick asked/> },
        Kind::Integer if asked.looks("counter") => view! { <Number asked whole=true steps=Steps::COUNT/> },
        Kind::Integer => view! { <Number asked whole=true/> },
        Kind::Decimal => view! { <Number asked whole=false/> },
        Kind::Range => view! { <Range asked/> },
        Kind::Text if asked.looks("multiline") || asked.parameter("rows").is_some() => view! { <LongText asked/> },
        Kind::Text if asked.looks("numbers") => view! { <Line asked reading=Reading::TEXT mode="decimal"/> },
        Kind::Text => view! { <Line asked reading=Reading::TEXT/> },
        Kind::Barcode => view! { <Code asked/> },
        Kind::Date | Kind::Time | Kind::DateTime => view! { <Moment asked kind/> },
        Kind::Image => view! { <ImageAnswer asked/> },
        Kind::Audio | Kind::Video | Kind::File => view! { <FileAnswer asked kind/> },
        Kind::Geopoint => view! { <Place asked/> },
        Kind::Geotrace => view! { <Places asked figure=Figure::Line/> },
        Kind::Geoshape => view! { <Places asked figure=Figure::Area/> },
        // Nobody is asked these.
        Kind::Group | Kind::Repeat | Kind::Note | Kind::Hidden => ().into_any(),
    }
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
    live(move || {
        node.get().map(|note| {
            let class = format!("note {}", tone(&note.appearance).unwrap_or("plain"));
            view! { <p class=class role="status">{note.label}</p> }
        })
    })
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
    live(move || {
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
    })
}
