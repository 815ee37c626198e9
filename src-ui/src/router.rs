//! Which page is where, and who sees which: a tablet that waits for its code sees the enrolment, a console that nobody
//! signed in to the sign-in, everybody else the pages within their frame.
//!
//! To add a page: a file in `pages/`, a line in `pages/mod.rs`, a `Route` here, in the tablet's list, in the
//! console's ([`crate::console`]), or both. Pages that both have link to each other through [`to`]. What only one side
//! reaches is only in that side's bundle. A visit's pages are in a module of their own ([`crate::annex`]).

use huce_core::ipc::session::{Place, Session};

use crate::{
    address::{self, Route, Routes, routes},
    annex,
    backend::{changed, place},
    frame::TabletFrame,
    here::{provide_here, use_here},
    i18n::*,
    load::Loaded,
    pages,
    parts::{
        state::{Failed, Waiting},
        toast::provide_toasts,
    },
    prefs::provide_prefs,
    prelude::*,
};

/// A page's address on this side: the console's pages stand under `/console`.
pub fn to(path: impl AsRef<str>) -> String {
    let path = path.as_ref();
    match place() {
        Place::Tablet => path.to_owned(),
        Place::Console => format!("/console{}", path.trim_end_matches('/')),
    }
}

/// Goes to a page of this side: `go("/requests")`. Follows nothing.
pub fn use_go() -> impl Fn(&str) + Clone + 'static {
    |path: &str| address::go(&to(path))
}

/// What differs between the window and the console.
#[derive(Clone, Copy)]
pub struct Side {
    /// Which it is.
    pub place: Place,
    /// For whom nobody knows yet: the enrolment, the PIN, the sign-in.
    pub door: fn() -> AnyView,
    /// For everybody else: the pages in their frame.
    pub pages: fn() -> AnyView,
}

/// The window.
pub const TABLET: Side =
    Side { place: Place::Tablet, door: || view! { <Door/> }.into_any(), pages: || view! { <Tablet/> }.into_any() };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Asking,
    Failed,
    Outside,
    Ready,
}

/// The app.
#[component]
pub fn App(side: Side) -> impl IntoView {
    provide_prefs(use_i18n());
    provide_toasts();
    changed::watch();
    address::listen();
    let here = provide_here();
    let stage = Memo::new(move |_| {
        here.session.with(|s| match s {
            Loaded::Loading => Stage::Asking,
            Loaded::Failed(_) => Stage::Failed,
            Loaded::Ready(
                Session::NotEnrolled { .. } | Session::Waiting { .. } | Session::Locked { .. } | Session::SignedOut,
            ) => Stage::Outside,
            Loaded::Ready(Session::Ready(_)) => Stage::Ready,
        })
    });
    move || match stage.get() {
        Stage::Asking => view! { <main class="alone"><Waiting/></main> }.into_any(),
        Stage::Failed => {
            let error = here.session.with(|s| match s {
                Loaded::Failed(error) => Some(error.clone()),
                _ => None,
            });
            view! {
                        <main class="alone">
                            {error.map(|error| view! { <Failed error on_retry=Callback::new(move |()| here.session.reload())/> })}
                        </main>
                    }.into_any()
        }
        Stage::Outside => (side.door)(),
        Stage::Ready => (side.pages)(),
    }
}

/// The tablet before it is open: enrolment, or the PIN.
#[component]
fn Door() -> impl IntoView {
    let here = use_here();
    let is_locked = Memo::new(move |_| here.session.get(|s| matches!(s, Session::Locked { .. })).unwrap_or(false));
    move || {
        if is_locked.get() {
            view! { <pages::unlock::Unlock/> }.into_any()
        } else {
            view! { <pages::enrol::Door/> }.into_any()
        }
    }
}

#[component]
fn Tablet() -> impl IntoView {
    view! { <TabletFrame><Routes routes=ROUTES/></TabletFrame> }
}

/// What the annex of visits draws where the window's routes have [`annex::visit`].
pub const VISIT_PAGES: &[Route] = routes! {
    "/visit/:household" => pages::visit::VisitPage,
    "/facility-visit/:facility" => pages::visit::VisitPage,
    "/duties" => pages::duty::DutyPage,
};

const ROUTES: &[Route] = routes! {
    "/" => pages::today::Today,
    "/buildings" => pages::buildings::Buildings,
    "/facade/:estate/:building" => pages::facade::Facade,
    "/household/:id" => pages::household::Household,
    "/visit/:household" => annex::visit,
    "/facilities" => pages::facilities::Facilities,
    "/facility/:id" => pages::facility::Facility,
    "/facility-visit/:facility" => annex::visit,
    "/duties" => annex::visit,
    "/requests" => pages::requests::RequestsPage,
    "/request/:request" => pages::request::RequestPage,
    "/plans" => pages::plans::PlansPage,
    "/plan/:plan" => pages::plan::PlanPage,
    "/new-plan/:household" => pages::new_plan::NewPlan,
    "/walk/:drive" => pages::walk::Walk,
    "/care" => pages::care::CarePage,
    "/map" => pages::map::Map,
    "/conflicts" => pages::conflicts::ConflictDesk,
    "/sync" => pages::sync::Sync,
    "/settings" => pages::settings::Settings,
    "/enrol" => pages::enrol::Enrol,
};
