//! The bundle that the server serves.

fn main() {
    huce_ui::start(huce_ui::console::CONSOLE);
}
