//! Before a visit is submitted: what is still open (a tap leads there), and the figures.

use huce_core::form::{Kind, NodeState, ViolationKind, screens::tone};

use super::{filling::Filling, overview::Overview};
use crate::{i18n::*, prelude::*};

/// What is open, the figures, the verdicts.
#[component]
pub fn Summary(
    /// The form.
    filling: Filling,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = Memo::new(move |_| filling.read(|f| f.open_points().cloned().collect::<Vec<_>>()).unwrap_or_default());
    let figures = move || {
        let pages = filling.pages.get();
        pages.into_iter().flat_map(|p| p.instances).filter(|i| !i.detail.is_empty()).collect::<Vec<_>>()
    };
    let nodes = Memo::new(move |_| filling.read(|f| f.view().nodes.clone()).unwrap_or_default());
    // Verdicts on the whole form; those on one room stand in its figure.
    let verdicts = move || {
        nodes.with(|all| {
            let whole = |n: &&NodeState| n.relevant && n.kind == Kind::Note && !n.reference.contains('[');
            let said = all.iter().filter(whole).filter_map(|n| tone(&n.appearance).map(|t| (t, n.label.clone())));
            said.collect::<Vec<_>>()
        })
    };
    let photos = move || nodes.with(|all| all.iter().filter(|n| n.kind == Kind::Image && !n.value.is_empty()).count());
    view! {
        <h2 class="question-label">{t!(i18n, visit.summary_title)}</h2>
        <div class="figures">
            {live(move || figures().into_iter().map(|i| view! {
                <button type="button" class="figure" on:click=move |_| filling.go(&i.reference)>
                    <b>{i.detail.clone()}</b><span>{i.title.clone()}</span>
                </button>
            }).collect_view())}
            <div class="figure"><b>{photos}</b><span>{t!(i18n, visit.photos)}</span></div>
        </div>
        {live(move || verdicts().into_iter().map(|(tone, text)| view! { <p class=format!("note {tone}")>{text}</p> }).collect_view())}
        <Overview filling/>
        {live(move || match open.get() {
            none if none.is_empty() => view! { <p class="note good">{text!(i18n, visit.all_there)}</p> }.into_any(),
            points => view! {
                <h3 class="open-title">{text!(i18n, visit.still_open, n = points.len())}</h3>
                <ul class="open-points">
                    {points.into_iter().map(|point| {
                        let at = point.reference.clone();
                        let why = match point.violation {
                            Some(ViolationKind::Required) => text!(i18n, visit.missing),
                            _ => text!(i18n, visit.not_right),
                        };
                        view! {
                            <li><button type="button" class="row" on:click=move |_| {
                                filling.told.update(|t| { t.insert(at.clone()); });
                                filling.go(&at);
                            }>
                                <span>{point.label}</span><em class="pill warn">{why}</em>
                            </button></li>
                        }
                    }).collect_view()}
                </ul>
            }.into_any(),
        })}
    }
}
