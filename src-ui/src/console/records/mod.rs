//! Lists and single records as the office looks at them: requests as a table with filters, one visit with all its
//! answers and photos.

mod requests;
mod visit;

pub use requests::RequestsTable;
pub use visit::VisitRecordPage;
