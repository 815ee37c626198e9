//! Language and appearance, and what one tells the dispatch office on the telephone: device, server, version.

use huce_core::ipc::session::Place;
use leptos::text_prop::TextProp;

use super::pin::PinCard;
use crate::{
    backend::place,
    frame::{Header, SyncHere},
    here::use_here,
    i18n::*,
    parts::{Card, Row, Segmented},
    prefs::{Theme, use_prefs},
    prelude::*,
    words,
};

/// The choices of this device.
#[component]
pub fn Settings() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let prefs = use_prefs();
    let language = RwSignal::new(i18n.get_locale_untracked());
    Effect::new(move |_| {
        let chosen = language.get();
        if i18n.get_locale_untracked() != chosen {
            i18n.set_locale(chosen);
        }
    });
    let word = move |get: fn(I18n) -> &'static str| TextProp::from(move || get(i18n));
    let themes = Theme::ALL.into_iter().map(|theme| {
        let text = match theme {
            Theme::System => word(|i18n| t_string!(i18n, settings.theme_auto)),
            Theme::Light => word(|i18n| t_string!(i18n, settings.theme_light)),
            Theme::Dark => word(|i18n| t_string!(i18n, settings.theme_dark)),
            Theme::Sun => word(|i18n| t_string!(i18n, settings.theme_sun)),
        };
        (theme, text)
    });
    let themes: Vec<_> = themes.collect();
    let sync = use_context::<SyncHere>().map(|SyncHere(sync)| sync);
    let server = move || sync.and_then(|s| s.get(|s| s.url.clone()).flatten()).unwrap_or_else(|| "—".into());
    let person = move || {
        here.ready(|r| {
            let roles: Vec<_> = r.me.roles.iter().map(|role| words::role(i18n, role.role)).collect();
            format!("{} · {}", r.me.name, roles.join("、"))
        })
        .unwrap_or_default()
    };
    let grids = move || {
        here.ready(|r| r.grids.iter().take(3).map(|g| format!("{} {}", g.name, g.id)).collect::<Vec<_>>().join("、"))
            .unwrap_or_default()
    };
    view! {
        <Header title=t!(i18n, settings.title)/>
        <main class="body">
            <div class="columns">
                <div class="column">
                    <Card title=t!(i18n, settings.language)>
                        <Segmented options=vec![(Locale::zh, TextProp::from("中文")), (Locale::en, TextProp::from("English"))] value=language label=t!(i18n, settings.language)/>
                    </Card>
                    <Card title=t!(i18n, settings.theme)>
                        <Segmented options=themes value=prefs.theme label=t!(i18n, settings.theme)/>
                    </Card>
                    {(place() == Place::Tablet).then(|| view! { <PinCard/> })}
                </div>
                <div class="column">
                    <Card title=t!(i18n, settings.device)>
                        <ul class="rows">
                            <Row title=t!(i18n, settings.person) sub=person/>
                            <Row title=t!(i18n, settings.grids) sub=grids/>
                            {(place() == Place::Tablet).then(|| view! { <Row title=t!(i18n, settings.server) sub=server/> })}
                            <Row title=t!(i18n, settings.version) sub=env!("CARGO_PKG_VERSION")/>
                        </ul>
                        <p class="sub">{t!(i18n, settings.about)}</p>
                    </Card>
                </div>
            </div>
        </main>
    }
}
