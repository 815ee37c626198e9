//! A list as files, with its filter: in the console only, where the server makes them. On a tablet nothing is shown.

use huce_core::ipc::session::Place;

use crate::{backend::place, form::text, i18n::*, prelude::*};

/// Links to the files of a list.
#[component]
pub fn Exports(
    /// The table as the server names it: `requests`.
    table: &'static str,
    /// The list's filter as a query: `open=true&category=cold`; followed.
    #[prop(into)]
    filter: Signal<String>,
    /// Have its rows places?
    #[prop(optional)]
    places: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    if place() != Place::Console {
        return ().into_any();
    }
    let kinds = ["xlsx", "csv", "geojson"].into_iter().filter(|kind| places || *kind != "geojson");
    let links = kinds.map(|kind| {
        let href = move || {
            let lang = match i18n.get_locale() {
                Locale::zh => "zh",
                Locale::en => "en",
            };
            format!("/api/export/{table}.{kind}?lang={lang}&{}", filter.get())
        };
        let label = move || text!(i18n, report.export_as, kind = kind);
        view! { <a class="btn quiet" href=href download="" rel="external" aria-label=label>{format!(".{kind}")}</a> }
    });
    view! { <span class="exports">{links.collect_view()}</span> }
}
