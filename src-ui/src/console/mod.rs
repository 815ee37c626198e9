//! The console in the browser: what the district office works with. Read in this order: [`frame`] (where one can go) →
//! [`overview`] (the day's figures) → [`import`] (registers) → [`forms`] (what is asked at the door) → [`grids`] (the tree, and who works in it) → [`people`] (who, on which tablet) → [`rounds`] (what is to be visited, and how far it is) → [`reports`] (figures, ledgers, the wall screen) → [`records`] (lists
//! and a visit with its answers) → [`sign_in`]. Buildings, households, requests and plans are the tablet's pages.

mod figures;
mod forms;
mod frame;
mod grids;
mod import;
mod overview;
mod people;
mod records;
mod reports;
mod rounds;
mod routes;
mod save;
mod shown;
mod sign_in;
mod upload;

pub use forms::FormsPage;
pub use frame::ConsoleFrame;
pub use grids::GridsPage;
pub use import::ImportPage;
pub use overview::OverviewPage;
pub use people::PeoplePage;
pub use records::{RequestsTable, RulesTable, VisitRecordPage};
pub use reports::{LedgersPage, ReportsPage, TracesPage, WallPage};
pub use rounds::{RoundPage, RoundsPage};
pub use routes::{CONSOLE, Console, OFFICE_PAGES};
pub use sign_in::SignInPage;
