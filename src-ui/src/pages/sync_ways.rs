//! Other ways for a tablet's work to the server, on the sync page: the depot's hub, a file on a drive, and when photos go.

use huce_core::ipc::{
    Call, CallError,
    sync::{
        BundleMade, BundlePlace, BundlePlaces, ExportBundle, HubState, ImportReceipts, PhotoRule, PhotoRuleState,
        ReadPhotoRule, SetHub, SetPhotoRule, SyncState,
    },
};
use leptos::{task::spawn_local, text_prop::TextProp};

use crate::{
    backend::call,
    frame::SyncHere,
    here::use_here,
    i18n::*,
    load::load,
    parts::{Button, Card, Row, Segmented, Sign, TextField, Tone, state::ErrorLine, use_toasts},
    prelude::*,
    when::moment_text,
};

/// Asks; what it says goes to `done`, why not to `error`.
fn ask<C: Call + 'static>(
    question: C,
    error: RwSignal<Option<CallError>>,
    busy: RwSignal<bool>,
    done: impl FnOnce(C::Reply) + 'static,
) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    error.set(None);
    spawn_local(async move {
        let reply = call(question).await;
        let _ = busy.try_set(false);
        match reply {
            Ok(reply) => done(reply),
            Err(e) => drop(error.try_set(Some(e))),
        }
    });
}

/// The depot's hub: its address, and what it keeps.
#[component]
pub fn HubCard() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let Some(SyncHere(state)) = use_context::<SyncHere>() else { return ().into_any() };
    let hub = Memo::new(move |_| state.get(|s: &SyncState| s.hub.clone()).flatten());
    let address = RwSignal::new(hub.get_untracked().map(|h| h.url).unwrap_or_default());
    let (error, busy, changing) = (RwSignal::new(None), RwSignal::new(false), RwSignal::new(false));
    let set = move |url: String| {
        ask(SetHub { url }, error, busy, move |reply| {
            state.put(reply);
            let _ = changing.try_set(false);
            toasts.say(Tone::Good, t_string!(i18n, sync.hub_kept));
        });
    };
    let reached = move |hub: &HubState| match hub.last_ms {
        None => t_string!(i18n, sync.hub_never).to_owned(),
        Some(ms) => {
            let when = moment_text(i18n, ms, here.now_ms_untracked());
            t_string!(i18n, sync.hub_holds, when = when, events = hub.events, photos = hub.photos)
        }
    };
    view! {
        <Card class="way" title=t!(i18n, sync.hub)>
            {live(move || match (changing.get(), hub.get()) {
                (false, None) => view! {
                    <p class="sub">{t!(i18n, sync.hub_what)}</p>
                    <div class="head-actions"><Button on_press=move |()| changing.set(true)>{t!(i18n, sync.hub_set)}</Button></div>
                }.into_any(),
                (false, Some(hub)) => view! {
                    <ul class="rows"><Row title=hub.url.clone() sub=move || reached(&hub)/></ul>
                    <div class="head-actions">
                        <Button on_press=move |()| changing.set(true)>{t!(i18n, sync.hub_change)}</Button>
                        <Button on_press=move |()| { address.set(String::new()); set(String::new()); }>{t!(i18n, sync.hub_none)}</Button>
                    </div>
                }.into_any(),
                (true, _) => view! {
                    <TextField name="hub" mode="url" value=address label=t!(i18n, sync.hub_address) hint=t!(i18n, sync.hub_hint)/>
                    <div class="head-actions">
                        <Button disabled=busy on_press=move |()| set(address.get_untracked())>{t!(i18n, sync.hub_keep)}</Button>
                        <Button on_press=move |()| { error.set(None); changing.set(false); }>{t!(i18n, settings.cancel)}</Button>
                    </div>
                }.into_any(),
            })}
            <ErrorLine error/>
        </Card>
    }
    .into_any()
}

/// What waits as a file on a drive, and the receipts that come back.
#[component]
pub fn BundleCard() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let Some(SyncHere(state)) = use_context::<SyncHere>() else { return ().into_any() };
    let (error, busy) = (RwSignal::new(None), RwSignal::new(false));
    let made = RwSignal::new(None::<BundleMade>);
    let places = load(&[], || BundlePlaces {});
    let export = move |folder: String| {
        ask(ExportBundle { path: folder }, error, busy, move |bundle| {
            let _ = made.try_set(Some(bundle));
            places.reload();
        });
    };
    let import = move |path: String| {
        ask(ImportReceipts { path }, error, busy, move |taken| {
            let said = t_string!(
                i18n,
                sync.receipts_taken,
                events = taken.confirmed,
                photos = taken.photos,
                refused = taken.refused
            );
            toasts.say(Tone::Good, said);
            state.reload();
        });
    };
    let place = move |place: BundlePlace| {
        let BundlePlace { folder, name, removable, receipts } = place;
        let kind = move || if removable { t_string!(i18n, sync.drive) } else { t_string!(i18n, sync.folder) };
        let receipts = receipts.into_iter().map(|path| {
            let file = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            view! {
                <Row title=file sub=t!(i18n, sync.receipts)>
                    <Button disabled=busy on_press=move |()| import(path.clone())>{t!(i18n, sync.receipts_take)}</Button>
                </Row>
            }
        });
        let receipts = receipts.collect_view();
        let shown = folder.clone();
        view! {
            <Row title=name sub=move || format!("{} · {shown}", kind())>
                <Button sign=Sign::Sync disabled=busy on_press=move |()| export(folder.clone())>{t!(i18n, sync.bundle_make)}</Button>
            </Row>
            {receipts}
        }
    };
    view! {
        <Card class="way" title=t!(i18n, sync.bundle)>
            <p class="sub">{t!(i18n, sync.bundle_what)}</p>
            <ErrorLine error/>
            {live(move || made.get().map(|BundleMade { path, events, photos, bytes }| view! {
                <p class="error-line good" role="status">
                    {t_string!(i18n, sync.bundle_made, events = events, photos = photos, mb = format!("{:.1}", bytes as f64 / 1e6))}<br/>{path}
                </p>
            }))}
            <ul class="rows">{live(move || places.get(Clone::clone).unwrap_or_default().into_iter().map(place).collect_view())}</ul>
            <div class="head-actions"><Button on_press=move |()| places.reload()>{t!(i18n, sync.places_again)}</Button></div>
        </Card>
    }
    .into_any()
}

/// When photos go.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    Now,
    Unmetered,
    Wait,
}

impl From<PhotoRule> for When {
    fn from(rule: PhotoRule) -> Self {
        match rule {
            PhotoRule { wait: true, .. } => Self::Wait,
            PhotoRule { only_unmetered: true, .. } => Self::Unmetered,
            _ => Self::Now,
        }
    }
}

/// How fast photos go at most, kB/s.
const LIMITS: [Option<u32>; 4] = [None, Some(1_000), Some(300), Some(100)];

/// When photos go, and how fast.
#[component]
pub fn PhotoRuleCard() -> impl IntoView {
    let i18n = use_i18n();
    let rule = load(&[], || ReadPhotoRule {});
    view! {
        <Card class="way" title=t!(i18n, sync.photo_rule)>
            <p class="sub">{t!(i18n, sync.photo_rule_what)}</p>
            {live(move || rule.get(|r| *r).map(|state| view! { <Rule state/> }))}
        </Card>
    }
}

#[component]
fn Rule(state: PhotoRuleState) -> impl IntoView {
    let i18n = use_i18n();
    let (error, busy) = (RwSignal::new(None), RwSignal::new(false));
    let now = RwSignal::new(state);
    let when = RwSignal::new(When::from(state.rule));
    let limit = RwSignal::new(state.rule.limit_kb_s);
    let word = move |get: fn(I18n) -> &'static str| TextProp::from(move || get(i18n));
    let whens = vec![
        (When::Now, word(|i18n| t_string!(i18n, sync.photos_now))),
        (When::Unmetered, word(|i18n| t_string!(i18n, sync.photos_unmetered))),
        (When::Wait, word(|i18n| t_string!(i18n, sync.photos_wait))),
    ];
    // A limit that was set from the shell is a choice too.
    let mut limits = LIMITS.to_vec();
    if !limits.contains(&state.rule.limit_kb_s) {
        limits.push(state.rule.limit_kb_s);
    }
    let limits = limits.into_iter().map(|kb| {
        let text = match kb {
            None => word(|i18n| t_string!(i18n, sync.photos_unlimited)),
            Some(kb) => TextProp::from(move || t_string!(i18n, sync.photos_limit, kb = kb)),
        };
        (kb, text)
    });
    let limits: Vec<_> = limits.collect();
    Effect::new(move |_| {
        let rule = PhotoRule {
            wait: when.get() == When::Wait,
            only_unmetered: when.get() == When::Unmetered,
            limit_kb_s: limit.get(),
        };
        if now.get_untracked().rule != rule {
            ask(SetPhotoRule { rule }, error, busy, move |reply| {
                let _ = now.try_set(reply);
            });
        }
    });
    view! {
        <Segmented options=whens value=when label=t!(i18n, sync.photo_rule)/>
        <Segmented options=limits value=limit label=t!(i18n, sync.photos_speed)/>
        {live(move || now.get().waits.then(|| view! { <p class="error-line warn">{t!(i18n, sync.photos_waiting_rule)}</p> }))}
        {live(move || (when.get() == When::Unmetered && now.get().metered.is_none()).then(|| view! {
            <p class="sub">{t!(i18n, sync.photos_unknown)}</p>
        }))}
        <ErrorLine error/>
    }
}
