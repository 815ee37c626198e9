//! Lists and single records as the office looks at them: requests as a table with filters, one visit with all its
//! answers and photos.

mod requests;
mod rules;
mod visit;

pub use requests::RequestsTable;
pub use rules::RulesTable;
pub use visit::VisitRecordPage;
