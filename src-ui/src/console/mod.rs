//! The console in the browser: what the district office works with. Read in this order: [`frame`] (where one can go) →
//! [`overview`] (the day's figures) → [`import`] (registers) → [`forms`] (what is asked at the door) → [`people`] (who, on which tablet) → [`reports`] (figures, ledgers, the wall screen) → [`records`] (lists
//! and a visit with its answers) → [`sign_in`]. Buildings, households, requests and plans are the tablet's pages.

mod figures;
mod forms;
mod frame;
mod import;
mod overview;
mod people;
mod records;
mod reports;
mod routes;
mod save;
mod shown;
mod sign_in;
mod upload;

pub use forms::FormsPage;
pub use frame::ConsoleFrame;
pub use import::ImportPage;
pub use overview::OverviewPage;
pub use people::PeoplePage;
pub use records::{RequestsTable, VisitRecordPage};
pub use reports::{LedgersPage, ReportsPage, TracesPage, WallPage};
pub use routes::{CONSOLE, Console, OFFICE_PAGES};
pub use sign_in::SignInPage;
