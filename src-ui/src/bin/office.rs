//! The annex of the console in which registers, forms, people and tablets are.

use huce_core::ipc::session::Place;

fn main() {
    huce_ui::annex::offer(huce_ui::annex::OFFICE, Place::Console, huce_ui::console::OFFICE_PAGES);
}
