//! Answers on a scale: a slider with its number, or the numbers themselves to tap. Empty until it is touched.

use huce_core::form::Choice;
use leptos::html;

use super::{
    asked::{Asked, TakeBack},
    choices::Options,
    number::{Number, Steps, number_text, tidy},
};
use crate::{i18n::*, prelude::*};

/// The most numbers that stand side by side to be tapped.
const MOST_NUMBERS: usize = 13;

/// The most marks under a slider.
const MOST_TICKS: usize = 21;

/// From where to where, and how far apart the numbers are.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    least: f64,
    most: f64,
    step: f64,
}

impl Scale {
    /// The scale of a question; 1 to 10 where the form says nothing, as XLSForm has it.
    fn of(asked: Asked) -> Self {
        let number = |name, otherwise| asked.parameter(name).unwrap_or(otherwise);
        Self::between(number("start", 1.0), number("end", 10.0), number("step", 1.0))
    }

    fn between(start: f64, end: f64, step: f64) -> Self {
        let step = if step == 0.0 { 1.0 } else { step.abs() };
        Self { least: start.min(end), most: start.max(end), step }
    }

    /// Every number of it that is a multiple of `apart`; none when they are more than `most`.
    fn numbers(self, apart: f64, most: usize) -> Vec<f64> {
        let gaps = ((self.most - self.least) / apart + 1e-9).floor();
        if !(0.0..most as f64).contains(&gaps) {
            return Vec::new();
        }
        (0..=gaps as usize).map(|n| tidy(self.least + n as f64 * apart)).collect()
    }
}

/// A number on a scale.
#[component]
pub fn Range(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let scale = Scale::of(asked);
    let numbers = scale.numbers(scale.step, MOST_NUMBERS);
    let tapped = asked.looks("picker") || asked.looks("rating");
    match (tapped, numbers.is_empty()) {
        (true, false) => {
            let choice = |n: &f64| Choice::new(n.to_string(), n.to_string());
            let choices: Vec<Choice> = numbers.iter().map(choice).collect();
            let value = Signal::derive(move || asked.value.with(|v| number_text(v)));
            view! { <div class="numbers"><Options asked choices=Signal::stored(choices) value many=false/></div> }
        }
        (true, true) => {
            let steps = Steps { least: scale.least, most: scale.most, step: scale.step };
            view! { <Number asked whole=false steps/> <TakeBack asked/> }
        }
        (false, _) => view! { <Slider asked scale/> },
    }
}

#[component]
fn Slider(asked: Asked, scale: Scale) -> impl IntoView {
    let i18n = use_i18n();
    let input = NodeRef::<html::Input>::new();
    let shown = Memo::new(move |_| asked.value.with(|v| number_text(v)));
    let empty = Memo::new(move |_| shown.with(String::is_empty));
    let unit = asked.unit();
    let spoken = unit.clone();
    let take = move |typing: bool| {
        let Some(input) = input.get_untracked().filter(|_| !asked.locked.get_untracked()) else { return };
        if typing { asked.answer_so_far(&input.value()) } else { asked.answer(&input.value()) }
    };
    // A tap on the thumb where it lies answers too, and is no change to the browser.
    let touch = move || {
        if empty.get_untracked() {
            take(false);
        }
    };
    let apart = asked.parameter("tick_interval").unwrap_or(scale.step).abs().max(1e-6);
    let ticks = if asked.looks("no-ticks") { Vec::new() } else { scale.numbers(apart, MOST_TICKS) };
    let ends = if ticks.is_empty() { vec![scale.least, scale.most] } else { ticks };
    view! {
        <div class="range" class:untouched=move || empty.get()>
            <output class="range-number" for=asked.id()>
                {live(move || if empty.get() { t_string!(i18n, answer.not_set).to_owned() } else { shown.get() })}
                <Show when=move || !empty.get()><span class="unit">{unit.clone()}</span></Show>
            </output>
            <TakeBack asked/>
            <div class="range-scale">
                <input type="range" id=asked.id() node_ref=input min=scale.least.to_string() max=scale.most.to_string() step=scale.step.to_string()
                    aria-labelledby=asked.label_id() aria-describedby=asked.described_by()
                    aria-valuetext=move || if empty.get() { t_string!(i18n, answer.not_set).to_owned() } else { format!("{} {spoken}", shown.get()) }
                    prop:value=move || if empty.get() { scale.least.to_string() } else { shown.get() }
                    disabled=asked.locked
                    on:input=move |_| take(true)
                    on:change=move |_| take(false)
                    on:click=move |_| touch()
                    on:keydown=move |event| if matches!(event.key().as_str(), "Enter" | " ") { touch() }/>
                <div class="range-ticks" aria-hidden="true">
                    {ends.into_iter().map(|n| view! { <span>{n.to_string()}</span> }).collect_view()}
                </div>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn a_scale_has_its_numbers_unless_they_are_too_many() {
        let tenths = Scale::between(0.0, 0.5, 0.1);
        assert_eq!(tenths.numbers(0.1, 13), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(Scale::between(10.0, 0.0, -5.0).numbers(5.0, 13), [0.0, 5.0, 10.0]);
        assert_eq!(Scale::between(0.0, 100.0, 1.0).numbers(1.0, 13), Vec::<f64>::new());
        assert_eq!(Scale::between(0.0, 5.0, 0.0).step, 1.0);
    }
}
