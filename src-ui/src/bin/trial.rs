//! The bundle in which a form is tried, that the server serves.

fn main() {
    huce_ui::start(huce_ui::trial::TRIAL);
}
