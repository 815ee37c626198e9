//! Which page of the console is where. The server answers every path with this app; its pages stand under `/console`,
//! and an address without that leads there.

use huce_core::ipc::session::Place;
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{FlatRoutes, Route},
    hooks::{use_location, use_navigate},
    path,
};

use super::{ConsoleFrame, ImportPage, OverviewPage, PeoplePage, RequestsTable, SignInPage, VisitRecordPage};
use crate::{
    pages::{self, NotFound},
    router::{Side, to},
};

/// The console.
pub const CONSOLE: Side = Side {
    place: Place::Console,
    door: || view! { <SignInPage/> }.into_any(),
    pages: || view! { <Console/> }.into_any(),
};

/// The console, for somebody who is signed in.
#[component]
pub fn Console() -> impl IntoView {
    let location = use_location();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let path = location.pathname.get();
        if path != "/console" && !path.starts_with("/console/") {
            let search = location.search.get_untracked();
            let query = if search.is_empty() { String::new() } else { format!("?{}", search.trim_start_matches('?')) };
            navigate(&format!("{}{query}", to(&path)), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    view! {
        <ConsoleFrame>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=|| ()/>
                <Route path=path!("/console") view=OverviewPage/>
                <Route path=path!("/console/requests") view=RequestsTable/>
                <Route path=path!("/console/request/:id") view=pages::request::RequestPage/>
                <Route path=path!("/console/plans") view=pages::plans::PlansPage/>
                <Route path=path!("/console/plan/:id") view=pages::plan::PlanPage/>
                <Route path=path!("/console/buildings") view=pages::buildings::Buildings/>
                <Route path=path!("/console/facade/:estate/:building") view=pages::facade::Facade/>
                <Route path=path!("/console/household/:id") view=pages::household::Household/>
                <Route path=path!("/console/record/:household/:visit") view=VisitRecordPage/>
                <Route path=path!("/console/map") view=pages::map::Map/>
                <Route path=path!("/console/import") view=ImportPage/>
                <Route path=path!("/console/people") view=PeoplePage/>
                <Route path=path!("/console/settings") view=pages::settings::Settings/>
            </FlatRoutes>
        </ConsoleFrame>
    }
}
