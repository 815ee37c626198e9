//! The annex of the tablet's window in which visits are.

use huce_core::ipc::session::Place;

fn main() {
    huce_ui::annex::offer(huce_ui::annex::VISIT, Place::Tablet, huce_ui::router::VISIT_PAGES);
}
