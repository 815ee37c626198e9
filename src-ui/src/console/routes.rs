//! Which page of the console is where. The server answers every path with this app; its pages stand under `/console`,
//! and an address without that leads there.

use huce_core::ipc::session::Place;

use super::{
    ConsoleFrame, FormsPage, GridsPage, ImportPage, LedgersPage, OverviewPage, PeoplePage, ReportsPage, RequestsTable,
    RoundPage, RoundsPage, RulesTable, SignInPage, TracesPage, VisitRecordPage, WallPage,
};
use crate::{
    address::{self, Route, Routes, routes},
    annex, pages,
    prelude::*,
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
    Effect::new(move |_| {
        let path = address::path();
        if path != "/console" && !path.starts_with("/console/") {
            address::rename(&(to(path) + &address::search()));
        }
    });
    view! { <ConsoleFrame><Routes routes=ROUTES/></ConsoleFrame> }
}

const ROUTES: &[Route] = routes! {
    "/" => nothing,
    "/console" => OverviewPage,
    "/console/requests" => RequestsTable,
    "/console/request/:request" => pages::request::RequestPage,
    "/console/plans" => pages::plans::PlansPage,
    "/console/plan/:plan" => pages::plan::PlanPage,
    "/console/buildings" => pages::buildings::Buildings,
    "/console/facade/:estate/:building" => pages::facade::Facade,
    "/console/household/:id" => pages::household::Household,
    "/console/facilities" => pages::facilities::Facilities,
    "/console/facility/:id" => pages::facility::Facility,
    "/console/record/:household/:visit" => VisitRecordPage,
    "/console/care" => pages::care::CarePage,
    "/console/rounds" => annex::office,
    "/console/round/:drive" => annex::office,
    "/console/conflicts" => pages::conflicts::ConflictDesk,
    "/console/map" => pages::map::Map,
    "/console/reports" => annex::office,
    "/console/traces" => annex::office,
    "/console/ledgers" => annex::office,
    "/console/wall" => annex::office,
    "/console/import" => annex::office,
    "/console/forms" => annex::office,
    "/console/people" => annex::office,
    "/console/grids" => annex::office,
    "/console/duties" => annex::office,
    "/console/rules" => annex::office,
    "/console/settings" => pages::settings::Settings,
};

/// What the office's annex draws where the console's routes have [`annex::office`].
pub const OFFICE_PAGES: &[Route] = routes! {
    "/console/reports" => ReportsPage,
    "/console/traces" => TracesPage,
    "/console/ledgers" => LedgersPage,
    "/console/wall" => WallPage,
    "/console/import" => ImportPage,
    "/console/forms" => FormsPage,
    "/console/people" => PeoplePage,
    "/console/grids" => GridsPage,
    "/console/duties" => pages::duty::DutyPage,
    "/console/rounds" => RoundsPage,
    "/console/round/:drive" => RoundPage,
    "/console/rules" => RulesTable,
};

/// Until the address is the console's.
fn nothing() {}
