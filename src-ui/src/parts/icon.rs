//! One stroke set, 24 px, 1.8 px: our own drawings. Always with a word beside it, hence hidden from readers.

use crate::prelude::*;

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    Today,
    Building,
    Request,
    Plan,
    Map,
    Sync,
    Settings,
    Search,
    Back,
    Next,
    Close,
    Check,
    Plus,
    Camera,
    Warning,
    Offline,
    Door,
    Phone,
    People,
    Import,
    Photo,
    Clock,
    Person,
    Heart,
    Out,
    Device,
}

impl Sign {
    fn path(self) -> &'static str {
        match self {
            Self::Today => "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
            Self::Building => "M5 21V4h9v17M14 10h5v11M3 21h18M8 8h3M8 12h3M8 16h3M16.500 14v0M16.500 17v0",
            Self::Request => "M4 4h16v12H10l-5 4v-4H4z",
            Self::Plan => "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
            Self::Map => "M3 6l6-3 6 3 6-3v15l-6 3-6-3-6 3zM9 3v15M15 6v15",
            Self::Sync => {
                "M20 5v5h-5M4 19v-5h5M5.500 9a7 7 0 0 1 11.800-2.600L20 10M18.500 15a7 7 0 0 1-11.800 2.600L4 14"
            }
            Self::Settings => {
                "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M18.400 5.600l-2.100 2.100M7.700 16.300l-2.100 2.100"
            }
            Self::Search => "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.500 4.500",
            Self::Back => "M15 5l-7 7 7 7",
            Self::Next => "M9 5l7 7-7 7",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Check => "M5 12.500l4.500 4.500L19 7.500",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Camera => "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7",
            Self::Warning => "M12 4l9.500 16h-19zM12 10v4M12 17v0",
            Self::Offline => {
                "M3 3l18 18M5 12.500a10 10 0 0 1 4-2.500M19 12.500a10 10 0 0 0-3.500-2.300M8.500 16a5 5 0 0 1 5-1.400M12 19.500v0"
            }
            Self::Door => "M6 21V3h12v18M3 21h18M14.500 12v0",
            Self::Phone => {
                "M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a1.500 1.500 0 0 1-1.500 1.500A15.500 15.500 0 0 1 3.500 5.500 1.500 1.500 0 0 1 5 4"
            }
            Self::People => {
                "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 20a6 6 0 0 1 12 0M16 5.500a3 3 0 0 1 0 5.500M18 14.500a6 6 0 0 1 3 5.500"
            }
            Self::Import => "M12 3v12M7.500 10.500L12 15l4.500-4.500M4 16v4h16v-4",
            Self::Photo => {
                "M4 4h16v16H4zM8.500 7.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3M4 17l5-4 4 3 3-2.500 4 3.500"
            }
            Self::Clock => "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.500l3 1.500",
            Self::Person => "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.500 20.500a7.500 7.500 0 0 1 15 0",
            Self::Heart => "M12 20l-7.500-7.500a4.700 4.700 0 0 1 7.500-5.500 4.700 4.700 0 0 1 7.500 5.500z",
            Self::Out => "M14 4h6v16h-6M10 8l-4 4 4 4M6 12h9",
            Self::Device => "M5 4h14v16H5zM11 17.500h2",
        }
    }
}

/// An icon.
#[component]
pub fn Icon(sign: Sign) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=sign.path()></path></svg>
    }
}
