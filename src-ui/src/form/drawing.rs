//! Drawing by hand over the whole screen: with a finger, a pen or the mouse, on white paper or on a picture.

use leptos::{ev::PointerEvent, html, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::HtmlCanvasElement;

use super::strokes::{INKS, Sheet, jpeg_of, paper_size};
use crate::{i18n::*, photo::decoded, prelude::*};

/// What is drawn on.
#[derive(Debug, Clone, PartialEq)]
pub enum Paper {
    /// White, of this many pixels.
    White(u32, u32),
    /// A picture, base64.
    Picture(String),
}

/// How the drawing is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Ready,
    /// The picture is none.
    NoPicture,
    /// The drawing could not be read from the canvas.
    NotTaken,
}

/// Shows the paper until the drawing is done (`on_done`, base64 of a JPEG) or given up.
#[component]
pub fn Drawing(
    /// What is drawn.
    #[prop(into)]
    title: Signal<String>,
    /// What it is drawn on.
    paper: Paper,
    /// Which of the inks is taken at first.
    ink: usize,
    /// Base64 of a JPEG.
    #[prop(into)]
    on_done: Callback<String>,
    /// Nothing is taken.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = RwSignal::new(State::Opening);
    let sheet = StoredValue::new_local(Sheet::default());
    let strokes = RwSignal::new(0_usize);
    let ink = RwSignal::new(ink);
    let leaving = RwSignal::new(false);
    // The finger or pen that draws; a second one, or the ball of the hand, does not.
    let drawing = StoredValue::new(None::<i32>);
    let canvas = NodeRef::<html::Canvas>::new();
    let frame = NodeRef::<html::Dialog>::new();
    let on_picture = matches!(paper, Paper::Picture(_));
    let paint = move || canvas.get_untracked().and_then(|canvas| sheet.with_value(|s| s.paint(&canvas)));
    let lay = move |size: (u32, u32)| {
        if let Some(canvas) = canvas.get_untracked() {
            canvas.set_width(size.0);
            canvas.set_height(size.1);
        }
        state.set(if paint().is_some() { State::Ready } else { State::NoPicture });
    };
    let paper = StoredValue::new(Some(paper));
    effect(move || {
        if canvas.get().is_none() {
            return;
        }
        if let Some(frame) = frame.get_untracked() {
            let _ = frame.show_modal();
        }
        match paper.try_update_value(Option::take).flatten() {
            Some(Paper::White(width, height)) => lay((width, height)),
            Some(Paper::Picture(base64)) => spawn_local(async move {
                let picture = decoded(&base64).await;
                if state.try_get_untracked().is_none() {
                    return; // closed while it was opening
                }
                match picture {
                    Some(picture) => {
                        let size = paper_size(picture.natural_width(), picture.natural_height());
                        sheet.update_value(|s| s.picture = Some(picture));
                        lay(size);
                    }
                    None => state.set(State::NoPicture),
                }
            }),
            None => {}
        }
    });
    let counted = move || strokes.set(sheet.with_value(Sheet::count));
    let down = move |event: PointerEvent| {
        let Some(canvas) = canvas.get_untracked().filter(|_| ready(state, drawing) && event.button() == 0) else {
            return;
        };
        event.prevent_default();
        drawing.set_value(Some(event.pointer_id()));
        // The stroke goes on where the finger leaves the paper.
        let _ = canvas.set_pointer_capture(event.pointer_id());
        let ink = INKS.get(ink.get_untracked()).copied().unwrap_or_default();
        sheet.update_value(|s| s.begin(ink, place(&canvas, &event)));
        sheet.with_value(|s| s.paint_end(&canvas));
        counted();
    };
    let moved = move |event: PointerEvent| {
        let mine = drawing.get_value() == Some(event.pointer_id());
        let Some(canvas) = canvas.get_untracked().filter(|_| mine) else { return };
        event.prevent_default();
        sheet.update_value(|s| s.go_on(place(&canvas, &event)));
        sheet.with_value(|s| s.paint_end(&canvas));
    };
    let up = move |event: PointerEvent| {
        if drawing.get_value() == Some(event.pointer_id()) {
            drawing.set_value(None);
        }
    };
    let back = move |how: fn(&mut Sheet)| {
        sheet.update_value(how);
        paint();
        counted();
    };
    let close = move || match strokes.get_untracked() {
        0 => on_close.run(()),
        _ => leaving.set(true),
    };
    let done = move |_| match canvas.get_untracked().and_then(|canvas| jpeg_of(&canvas)) {
        Some(base64) => on_done.run(base64),
        None => state.set(State::NotTaken),
    };
    let nothing =
        move || state.get() == State::Opening || state.get() == State::NoPicture || (strokes.get() == 0 && !on_picture);
    view! {
        <dialog class="drawing" node_ref=frame aria-label=move || title.get()
            on:cancel=move |event: web_sys::Event| { event.prevent_default(); close() }>
            <header class="drawing-head">
                <h2>{live(move || title.get())}</h2>
                <Show when=move || on_picture>
                    <div class="inks" role="group" aria-label=t!(i18n, answer.inks)>
                        {INKS.iter().enumerate().map(|(n, colour)| view! {
                            <button type="button" class="ink" class:on=move || ink.get() == n aria-pressed=move || (ink.get() == n).to_string()
                                aria-label=ink_name(n) on:click=move |_| ink.set(n)>
                                <i style=format!("background:{colour}")></i>
                            </button>
                        }).collect_view()}
                    </div>
                </Show>
            </header>
            <div class="drawing-paper">
                <canvas node_ref=canvas aria-label=move || title.get() role="img"
                    on:pointerdown=down on:pointermove=moved on:pointerup=up on:pointercancel=up></canvas>
                {live(move || match state.get() {
                    State::Opening => Some(view! { <p class="drawing-word" role="status">{text!(i18n, visit.photo_working)}</p> }),
                    State::NoPicture => Some(view! { <p class="drawing-word" role="alert">{text!(i18n, visit.photo_bad)}</p> }),
                    State::NotTaken => Some(view! { <p class="drawing-word" role="alert">{text!(i18n, answer.not_drawn)}</p> }),
                    State::Ready => None,
                })}
            </div>
            <footer class="drawing-bar">
                {live(move || if leaving.get() {
                    view! {
                        <span class="grow" role="alert">{text!(i18n, answer.leave_drawing)}</span>
                        <button type="button" class="btn" on:click=move |_| leaving.set(false)>{text!(i18n, answer.go_on_drawing)}</button>
                        <button type="button" class="btn danger" on:click=move |_| on_close.run(())>{text!(i18n, answer.drop_drawing)}</button>
                    }
                } else {
                    let blank = move || strokes.get() == 0;
                    view! {
                        <button type="button" class="btn" on:click=move |_| close()>{text!(i18n, visit.close)}</button>
                        <span class="grow"></span>
                        <button type="button" class="btn" disabled=blank on:click=move |_| back(Sheet::undo)>{text!(i18n, answer.undo)}</button>
                        <button type="button" class="btn" disabled=blank on:click=move |_| back(Sheet::clear)>{text!(i18n, answer.clear)}</button>
                        <button type="button" class="btn primary" disabled=nothing on:click=done>{text!(i18n, answer.done)}</button>
                    }
                })}
            </footer>
        </dialog>
    }
}

/// The paper is there, and nobody draws.
fn ready(state: RwSignal<State>, drawing: StoredValue<Option<i32>>) -> bool {
    let waits = matches!(state.get_untracked(), State::Ready | State::NotTaken);
    waits && drawing.get_value().is_none()
}

/// Where on the paper it points: the screen shows the paper smaller or larger than it is.
fn place(canvas: &HtmlCanvasElement, event: &PointerEvent) -> (f64, f64) {
    let shown = canvas.unchecked_ref::<web_sys::Element>().get_bounding_client_rect();
    let across = (f64::from(event.client_x()) - shown.left()) / shown.width().max(1.0);
    let along = (f64::from(event.client_y()) - shown.top()) / shown.height().max(1.0);
    (across * f64::from(canvas.width()), along * f64::from(canvas.height()))
}

fn ink_name(n: usize) -> fn() -> &'static str {
    match n {
        0 => t!(I18n, answer.black),
        1 => t!(I18n, answer.red),
        _ => t!(I18n, answer.blue),
    }
}
