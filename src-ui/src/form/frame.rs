//! Around the questions: the sections with what is done in them (a strip in portrait), the instances of a repeat as
//! chips, the way back, the camera and the way on.

use chrono::Timelike;
use huce_core::{
    clock::{china_time, clock_text},
    form::{Block, Instance, Kind, NodeState, Page, PageKind, Screen, Step},
    household::STANDARD_C,
};

use super::{
    filling::{Filling, SUMMARY},
    image::wants_camera,
    keeper::Keeping,
    locale_code,
    question::{Heading, Note, Question},
    summary::Summary,
};
use crate::{i18n::*, prelude::*};

/// When the answers were kept; says "kept" only after they are.
#[component]
pub fn Kept(
    /// The form.
    filling: Filling,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = filling.keeper().state();
    move || {
        match state.get() {
        Keeping::Nothing => view! { <span class="kept" role="status">{text!(i18n, visit.kept_nothing)}</span> }.into_any(),
        Keeping::Saving => view! { <span class="kept" role="status">{text!(i18n, visit.keeping)}</span> }.into_any(),
        Keeping::Saved(ms) => {
            let at = china_time(ms);
            let time = format!("{}:{:02}", clock_text(at), at.second());
            view! { <span class="kept good" role="status"><i aria-hidden="true"></i>{text!(i18n, visit.kept, time = time)}</span> }.into_any()
        }
        Keeping::Failed(_) => view! {
            <span class="kept bad" role="alert">
                {text!(i18n, visit.keep_failed)}
                <button type="button" class="btn" on:click=move |_| filling.keeper().send()>{text!(i18n, visit.retry)}</button>
            </span>
        }.into_any(),
    }
    }
}

/// The form: sections at the left, the screen, the way on.
#[component]
pub fn FormFrame(
    /// The form.
    filling: Filling,
    /// The draft is to be submitted; everything is durable.
    #[prop(into)]
    on_submit: Callback<()>,
    /// It is being submitted.
    #[prop(into)]
    submitting: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let keeper = filling.keeper();
    on_cleanup(move || keeper.send());
    // The form speaks the language of the app.
    effect(move || filling.speak(locale_code(i18n)));
    let screen = Memo::new(move |_| filling.screen());
    // Another screen begins at its top. The question itself gets the focus and not its field: a reader says what is
    // asked, and no keyboard comes up over it.
    let body = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |before: Option<()>| {
        filling.place.track();
        if let Some(body) = body.get() {
            body.set_scroll_top(0);
        }
        if before.is_some() {
            request_animation_frame(focus_first_question);
        }
    });
    let on_summary = Memo::new(move |_| filling.place.get() == SUMMARY);
    // The same questions in another room are other questions: keyed by what stands on the screen.
    view! {
        <div class="form-frame">
            <Sections filling screen/>
            <div class="form-screen">
                {live(move || screen.get().and_then(|s| s.instance.or((s.blocks.is_empty()).then_some(String::new())).map(|_| s.page))
                    .map(|page| view! { <Chips filling page screen/> }))}
                <div class="form-body" node_ref=body>
                    {live(move || match screen.get() {
                        Some(screen) => view! { <Blocks filling screen/> }.into_any(),
                        None => view! { <Summary filling/> }.into_any(),
                    })}
                </div>
                <footer class="form-foot">
                    <button type="button" class="btn big" disabled=move || { screen.track(); filling.neighbour(false).is_none() }
                        on:click=move |_| if let Some(at) = filling.neighbour(false) { filling.go(&at) }>
                        "← "{t!(i18n, visit.back)}
                    </button>
                    <span class="grow"></span>
                    <Show when=move || !on_summary.get() && next_photo(filling).is_some()>
                        <button type="button" class="btn big" on:click=move |_| shoot(filling)>
                            {t!(i18n, visit.shoot)}
                        </button>
                    </Show>
                    {live(move || if on_summary.get() {
                        let open = filling.open_points();
                        view! {
                            <button type="button" class="btn big primary" disabled=move || open != 0 || submitting.get()
                                on:click=move |_| on_submit.run(())>
                                {live(move || match (filling.is_trial, submitting.get()) {
                                    (true, _) => text!(i18n, visit.end_trial),
                                    (_, true) => text!(i18n, visit.submitting),
                                    _ => text!(i18n, visit.submit),
                                })}
                            </button>
                        }.into_any()
                    } else {
                        view! {
                            <button type="button" class="btn big primary" on:click=move |_| filling.next()>
                                {t!(i18n, visit.next)}" →"
                            </button>
                        }.into_any()
                    })}
                </footer>
            </div>
        </div>
    }
}

#[component]
fn Sections(filling: Filling, screen: Memo<Option<Screen>>) -> impl IntoView {
    let i18n = use_i18n();
    let here = move || screen.with(|s| s.as_ref().map(|s| s.page.clone()));
    let open = move || filling.open_points();
    view! {
        <nav class="sections" aria-label=t!(i18n, visit.sections)>
            <For each=move || filling.pages.get() key=|p| format!("{p:?}") let(page)>
                {
                    let at = StoredValue::new(page.reference.clone());
                    let done = page.is_complete();
                    let on = move || here().as_deref() == Some(at.get_value().as_str());
                    view! {
                        <button type="button" class="section" class:on=on
                            aria-current=move || on().then_some("step") on:click=move |_| filling.go(&at.get_value())>
                            <span>{page.label.clone()}</span>
                            <span class="section-count">{count(&page)}
                                {done.then(|| view! { <span class="visually-hidden">{t!(i18n, visit.section_done)}</span> })}
                            </span>
                        </button>
                    }
                }
            </For>
            <button type="button" class="section" class:on=move || filling.place.get() == SUMMARY
                on:click=move |_| filling.go(SUMMARY)>
                <span>{t!(i18n, visit.summary)}</span>
                <span class="section-count">{live(move || match open() { 0 => "✓".to_owned(), n => text!(i18n, visit.n_open, n = n) })}</span>
            </button>
        </nav>
    }
}

/// How far a section is: done, some of it, nothing yet.
fn count(page: &Page) -> String {
    let instances = page.instances.iter().filter(|i| i.is_complete()).count();
    match page.kind {
        _ if page.is_complete() && page.kind != PageKind::Repeat => "✓".to_owned(),
        PageKind::Repeat if page.answered > 0 => format!("{instances}/{}", page.instances.len()),
        _ if page.answered > 0 => format!("{}/{}", page.answered, page.total),
        _ => String::new(),
    }
}

#[component]
fn Chips(filling: Filling, page: String, screen: Memo<Option<Screen>>) -> impl IntoView {
    let i18n = use_i18n();
    let name = page.clone();
    let shown = Memo::new(move |_| filling.pages.with(|all| all.iter().find(|p| p.reference == name).cloned()));
    let here = Memo::new(move |_| screen.with(|s| s.as_ref().and_then(|s| s.instance.clone())));
    // The instance that somebody wants to remove: asked first, what is in it would be gone.
    let removing = RwSignal::new(None::<String>);
    let page = StoredValue::new(page);
    let add = move |_| {
        let go = Callback::new(move |added: Vec<String>| {
            if let Some(new) = added.first() {
                filling.go(new);
            }
        });
        filling.step(Step::AddRepeat { reference: page.get_value() }, false, Some(go));
    };
    let remove = move |at: String| {
        let place = filling.place.get_untracked();
        let stay = Callback::new(move |_| {
            let screens = filling.screens.get_untracked();
            if !screens.iter().any(|s| s.key() == place) {
                filling.go(&page.get_value());
            }
        });
        filling.step(Step::RemoveRepeat { reference: at }, false, Some(stay));
        filling.forget_told();
        removing.set(None);
    };
    let label = move || shown.with(|p| p.as_ref().map(|p| p.label.clone()).unwrap_or_default());
    view! {
        <div class="chips">
            <For each=move || shown.get().map(|p| p.instances).unwrap_or_default() key=|i| format!("{i:?}") let(instance)>
                {
                    let at = StoredValue::new(instance.reference.clone());
                    let on = Memo::new(move |_| here.get().as_deref() == Some(at.get_value().as_str()));
                    let cold = is_cold(&instance);
                    let empty = instance.detail.is_empty();
                    view! {
                        <button type="button" class="chip" class:on=move || on.get() class:cold=cold
                            aria-pressed=move || on.get().to_string() on:click=move |_| filling.go(&at.get_value())>
                            <b>{instance.title.clone()}</b>
                            <span>{live(move || match (on.get() && empty, empty) {
                                (true, _) => text!(i18n, visit.being_filled),
                                (_, false) => instance.detail.clone(),
                                _ => String::new(),
                            })}</span>
                        </button>
                    }
                }
            </For>
            <Show when=move || shown.with(|p| p.as_ref().is_some_and(|p| p.can_add))>
                <button type="button" class="chip add" on:click=add>"＋ "{t!(i18n, visit.add_more)}</button>
                <Show when=move || here.with(Option::is_some)>
                    <button type="button" class="chip remove" on:click=move |_| removing.set(here.get_untracked())>
                        {t!(i18n, visit.remove)}
                    </button>
                </Show>
            </Show>
        </div>
        {live(move || removing.get().map(|at| {
            let title = shown.with(|p| p.as_ref().and_then(|p| p.instances.iter().find(|i| i.reference == at).map(|i| i.title.clone())))
                .unwrap_or_else(label);
            view! {
                <div class="confirm" role="alertdialog">
                    <p>{text!(i18n, visit.remove_sure, title = title)}</p>
                    <button type="button" class="btn" on:click=move |_| removing.set(None)>{text!(i18n, visit.keep_it)}</button>
                    <button type="button" class="btn danger" on:click=move |_| remove(at.clone())>{text!(i18n, visit.remove)}</button>
                </div>
            }
        }))}
        {live(move || shown.with(|p| p.as_ref().is_some_and(|p| p.instances.is_empty())).then(|| view! {
            <p class="empty">{text!(i18n, visit.none_yet)}</p>
        }))}
    }
}

/// Is its first number a temperature below the standard?
fn is_cold(instance: &Instance) -> bool {
    let number = instance.detail.strip_suffix("°C").or_else(|| instance.detail.strip_suffix('℃'));
    number.and_then(|n| n.trim().parse::<f64>().ok()).is_some_and(|c| c < STANDARD_C)
}

#[component]
fn Blocks(filling: Filling, screen: Screen) -> impl IntoView {
    screen
        .blocks
        .into_iter()
        .map(|block| match block {
            Block::Question { main, beside } => view! { <Question filling main beside/> }.into_any(),
            Block::Note(at) => view! { <Note filling at/> }.into_any(),
            Block::Heading(at) | Block::Repeat(at) | Block::Instance(at) => view! { <Heading filling at/> }.into_any(),
        })
        .collect_view()
}

/// The photo question that the camera button means: on this screen, else the first that waits for a photo.
fn next_photo(filling: Filling) -> Option<String> {
    let here = filling.screen();
    filling.read(|form| {
        let waits = |n: &&NodeState| {
            n.kind == Kind::Image && n.relevant && !n.readonly && n.value.is_empty() && wants_camera(&n.appearance)
        };
        let on_screen = here.as_ref().and_then(|s| s.questions().filter_map(|at| form.node(at)).find(waits));
        on_screen.or_else(|| form.view().nodes.iter().find(waits)).map(|n| n.reference.clone())
    })?
}

fn shoot(filling: Filling) {
    if let Some(at) = untrack(|| next_photo(filling)) {
        filling.go(&at);
        filling.shooting.set(Some(at));
    }
}

fn focus_first_question() {
    use wasm_bindgen::JsCast;
    let Ok(Some(first)) = document().query_selector(".form-body .question") else { return };
    if let Some(first) = first.dyn_ref::<web_sys::HtmlElement>() {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = first.focus_with_options(&options);
    }
}
