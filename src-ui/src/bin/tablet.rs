//! The bundle that the tablet's window embeds.

fn main() {
    huce_ui::start(huce_ui::router::TABLET);
}
