//! What stands around every page of the console: where one can go, search by anything, how many tablets synced today,
//! who is here, and that the server is away when it is.

use huce_core::{
    ipc::{
        Changed, Code,
        session::{Now, Ready, SignOut},
    },
    person::Role,
};
use leptos::{ev, html, task::spawn_local};
use wasm_bindgen::JsCast;

use super::overview::{Figures, provide_figures};
use crate::{
    address,
    backend::{self, changed, on_changed},
    form::text,
    frame::SearchBox,
    here::{Here, use_here},
    i18n::*,
    parts::{Icon, Sign, toast::ToastShelf},
    prefs::{Theme, use_prefs},
    prelude::*,
    router::to,
    words,
};

/// Whom the server lets import registers.
const IMPORTERS: [Role; 2] = [Role::Dispatcher, Role::Administrator];
/// Whom the server lets look at forms.
const ADMINISTRATORS: [Role; 1] = [Role::Administrator];
/// Whom the server lets see people and tablets.
const LEADERS: [Role; 3] = [Role::CrewLead, Role::Dispatcher, Role::Administrator];

/// The places of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Dispatch,
    Requests,
    Plans,
    Rounds,
    Conflicts,
    Buildings,
    Reports,
    Ledgers,
    Import,
    Forms,
    Grids,
    People,
}

impl Spot {
    const ALL: [Self; 12] = [
        Self::Dispatch,
        Self::Requests,
        Self::Plans,
        Self::Rounds,
        Self::Conflicts,
        Self::Buildings,
        Self::Reports,
        Self::Ledgers,
        Self::Import,
        Self::Forms,
        Self::Grids,
        Self::People,
    ];

    fn name(self, i18n: I18n) -> &'static str {
        match self {
            Self::Dispatch => t_string!(i18n, console.dispatch),
            Self::Requests => t_string!(i18n, console.requests),
            Self::Plans => t_string!(i18n, console.plans),
            Self::Rounds => t_string!(i18n, round.title),
            Self::Conflicts => t_string!(i18n, conflict.title),
            Self::Buildings => t_string!(i18n, console.buildings),
            Self::Reports => t_string!(i18n, report.title),
            Self::Ledgers => t_string!(i18n, report.ledgers),
            Self::Import => t_string!(i18n, console.import),
            Self::Forms => t_string!(i18n, console.forms),
            Self::Grids => t_string!(i18n, console.grids),
            Self::People => t_string!(i18n, console.people),
        }
    }

    fn href(self) -> &'static str {
        match self {
            Self::Dispatch => "/",
            Self::Requests => "/requests",
            Self::Plans => "/plans",
            Self::Rounds => "/rounds",
            Self::Conflicts => "/conflicts",
            Self::Buildings => "/buildings",
            Self::Reports => "/reports",
            Self::Ledgers => "/ledgers",
            Self::Import => "/import",
            Self::Forms => "/forms",
            Self::Grids => "/grids",
            Self::People => "/people",
        }
    }

    /// The place that an address belongs to: a household lies in a building, one request among the requests.
    fn of(path: &str) -> Option<Self> {
        let below = path.strip_prefix("/console").unwrap_or(path);
        match below.split('/').nth(1).unwrap_or_default() {
            "" | "map" => Some(Self::Dispatch),
            "requests" | "request" | "rules" => Some(Self::Requests),
            "plans" | "plan" => Some(Self::Plans),
            "rounds" | "round" | "care" => Some(Self::Rounds),
            "conflicts" => Some(Self::Conflicts),
            "buildings" | "building" | "facade" | "household" | "facilities" | "facility" | "visit" | "visits" => {
                Some(Self::Buildings)
            }
            "reports" | "traces" | "wall" => Some(Self::Reports),
            "ledgers" => Some(Self::Ledgers),
            "import" => Some(Self::Import),
            "forms" => Some(Self::Forms),
            "grids" | "duties" => Some(Self::Grids),
            "people" => Some(Self::People),
            _ => None,
        }
    }

    /// The server decides; this only leaves out what it would refuse.
    fn is_for(self, ready: &Ready) -> bool {
        let is_one_of = |roles: &[Role]| ready.me.roles.iter().any(|r| roles.contains(&r.role));
        match self {
            Self::Import => is_one_of(&IMPORTERS),
            Self::Forms => is_one_of(&ADMINISTRATORS),
            Self::Grids | Self::People => is_one_of(&LEADERS),
            _ => true,
        }
    }
}

/// The frame around a page.
#[component]
pub fn ConsoleFrame(children: Children) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let figures = provide_figures();
    let is_online = watch_server(here);
    let spots =
        move || here.ready(|r| Spot::ALL.into_iter().filter(|s| s.is_for(r)).collect::<Vec<_>>()).unwrap_or_default();
    view! {
        <a class="c-skip" href="#page">{t!(i18n, console.skip)}</a>
        <header class="c-top">
            <a class="c-brand" href=to("/")>"户策"</a>
            <nav class="c-nav" aria-label=t!(i18n, console.places)>
                {move || spots().into_iter().map(|spot| {
                    let here = move || Spot::of(&address::path()) == Some(spot);
                    view! {
                        <a href=to(spot.href()) class:on=here aria-current=move || if here() { "page" } else { "false" }>{move || spot.name(i18n)}</a>
                    }
                }).collect_view()}
            </nav>
            <SearchBox/>
            <Synced figures is_online/>
            <Me here/>
        </header>
        {move || (!is_online.get()).then(|| view! {
            <div class="c-offline" role="alert">
                <Icon sign=Sign::Offline/>
                <span>{t_string!(i18n, console.server_away)}</span>
            </div>
        })}
        <main id="page" class="c-page" tabindex="-1">{children()}</main>
        <ToastShelf/>
    }
}

/// Asks the server what time it is as often as pages ask it for more: false while there is no answer. A session that
/// has ended meanwhile leads to the door.
fn watch_server(here: Here) -> RwSignal<bool> {
    let is_online = RwSignal::new(true);
    let listener = on_changed(move |noun| {
        if noun != Changed::Doors {
            return;
        }
        spawn_local(async move {
            let answered = backend::call(Now {}).await;
            let _left =
                is_online.try_set(!matches!(&answered, Err(e) if matches!(e.code, Code::Offline | Code::NotHuce)));
            if matches!(answered, Err(e) if e.code == Code::SignedOut) {
                here.session.reload();
            }
        });
    });
    on_cleanup(move || changed::forget(listener));
    for (event, now) in [("offline", false), ("online", true)] {
        let heard = window_event_listener_untyped(event, move |_| {
            is_online.set(now);
            if now {
                changed::tell(Changed::Doors);
            }
        });
        on_cleanup(move || heard.remove());
    }
    is_online
}

/// How many tablets synced today.
#[component]
fn Synced(figures: Figures, is_online: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    move || {
        let (all, today) = figures.get(|f| f.devices)?;
        let tone = match (is_online.get(), all, today) {
            (false, ..) | (_, 0, _) => "",
            (_, _, 0) => " warn",
            _ => " good",
        };
        let long = text!(i18n, console.synced, n = today, all = all);
        let words = if all == 0 { t_string!(i18n, console.no_tablets).to_owned() } else { long.clone() };
        let short = format!("{today}/{all}");
        Some(view! {
            <span class=format!("c-synced{tone}") title=long>
                <i aria-hidden="true"></i><span class="c-synced-words">{words}</span><span class="c-synced-short" aria-hidden="true">{short}</span>
            </span>
        })
    }
}

/// Who is here; language, look, and the way out.
#[component]
fn Me(here: Here) -> impl IntoView {
    let i18n = use_i18n();
    let prefs = use_prefs();
    let open = RwSignal::new(false);
    let menu = NodeRef::<html::Div>::new();
    let name = move || here.ready(|r| r.me.name.clone()).unwrap_or_default();
    let roles = move || {
        let roles = here.ready(|r| r.me.roles.clone()).unwrap_or_default();
        let said = roles.iter().map(|r| format!("{} · {}", words::role(i18n, r.role), here.grid_name(&r.grid)));
        said.collect::<Vec<_>>().join("; ")
    };
    // A click anywhere else closes it.
    let elsewhere = window_event_listener(ev::pointerdown, move |event| {
        let inside = menu.get_untracked().is_some_and(|m| m.contains(node_of(&event).as_ref()));
        if !inside && open.get_untracked() {
            open.set(false);
        }
    });
    on_cleanup(move || elsewhere.remove());
    let leave = move |_| {
        spawn_local(async move {
            // Signed out here in any case; the server forgets an unreachable session in time.
            let left = backend::call(SignOut {}).await;
            match left {
                Ok(session) => here.session.put(session),
                Err(_) => here.session.reload(),
            }
        });
    };
    let themes = move || {
        [
            (Theme::System, t_string!(i18n, settings.theme_auto)),
            (Theme::Light, t_string!(i18n, settings.theme_light)),
            (Theme::Dark, t_string!(i18n, settings.theme_dark)),
            (Theme::Sun, t_string!(i18n, settings.theme_sun)),
        ]
    };
    view! {
        <div class="c-me" node_ref=menu on:keydown=move |e| if e.key() == "Escape" { open.set(false) }>
            <button type="button" class="c-me-button" aria-haspopup="true" aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|o| *o = !*o)>
                <span class="c-face" aria-hidden="true">{move || name().chars().next().map(String::from)}</span>
                <span class="c-me-name">{name}</span>
            </button>
            <Show when=move || open.get()>
                <div class="c-menu">
                    <p><b>{name}</b><br/><span class="c-muted">{roles}</span></p>
                    <fieldset>
                        <legend>{t!(i18n, settings.language)}</legend>
                        <div class="segmented">
                            {[(Locale::zh, "中文"), (Locale::en, "English")].map(|(locale, word)| view! {
                                <button type="button" class:on=move || i18n.get_locale() == locale aria-pressed=move || (i18n.get_locale() == locale).to_string()
                                    on:click=move |_| i18n.set_locale(locale)>{word}</button>
                            }).collect_view()}
                        </div>
                    </fieldset>
                    <fieldset>
                        <legend>{t!(i18n, settings.theme)}</legend>
                        <select class="input" aria-label=t!(i18n, settings.theme)
                            on:change=move |e| {
                                let chosen = event_target_value(&e).parse::<usize>().ok().and_then(|i| Theme::ALL.get(i).copied());
                                if let Some(theme) = chosen { prefs.theme.set(theme) }
                            }>
                            {move || themes().into_iter().enumerate().map(|(i, (theme, word))| view! {
                                <option value=i.to_string() selected=move || prefs.theme.get() == theme>{word}</option>
                            }).collect_view()}
                        </select>
                    </fieldset>
                    <button type="button" class="btn" on:click=leave><Icon sign=Sign::Out/><span>{t!(i18n, console.sign_out)}</span></button>
                </div>
            </Show>
        </div>
    }
}

/// Where an event happened.
fn node_of(event: &web_sys::Event) -> Option<web_sys::Node> {
    event.target().and_then(|t| t.dyn_into().ok())
}

#[cfg(test)]
mod tests {
    use super::Spot;

    #[test]
    fn pages_below_a_place_belong_to_it() {
        assert_eq!(Spot::of("/"), Some(Spot::Dispatch));
        assert_eq!(Spot::of("/request/abc-1"), Some(Spot::Requests));
        assert_eq!(Spot::of("/console/household/h01"), Some(Spot::Buildings));
        assert_eq!(Spot::of("/console"), Some(Spot::Dispatch));
        assert_eq!(Spot::of("/settings"), None);
    }
}
