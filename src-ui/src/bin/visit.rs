//! The annex of the tablet's window in which visits are.

fn main() {
    huce_ui::annex::offer(huce_ui::annex::VISIT, huce_ui::router::VISIT_PAGES);
}
