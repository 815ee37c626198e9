//! `sync`: what waits goes, what is new comes; and, where it is asked for, photos that others took.

use anyhow::Result;
use huce_core::{ids::PhotoId, projection::Doc};
use huce_device::{
    Device,
    photo::files::Found,
    sync::{self, Album, Report},
};
use serde_json::json;

/// The most bytes of thumbnails that one sync fetches.
const MOST_THUMBS_BYTES: usize = 3_000_000;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Then fetch photos that others took at these doors: the thumbnails that are new, as the window does, or whole photos
    #[arg(long, value_name = "thumbs|whole", value_enum)]
    fetch: Option<Fetch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Fetch {
    Thumbs,
    Whole,
}

/// False when something of it was refused.
pub fn run(device: &Device, args: &Args) -> Result<bool> {
    let report = sync::sync_now(device)?;
    let fetched = match args.fetch.filter(|_| !report.at_hub) {
        None => 0,
        Some(Fetch::Thumbs) => sync::block_on(Album::default().prefetch(device, MOST_THUMBS_BYTES))?,
        Some(Fetch::Whole) => sync::block_on(whole(device))??,
    };
    let state = device.sync_state();
    super::print(&json!({ "sync": report, "events_waiting": state.events_waiting,
        "photos_waiting": state.photos_waiting, "photos_fetched": fetched }))?;
    Ok(holds(&report))
}

/// A sync holds when nothing of it was refused.
pub fn holds(report: &Report) -> bool {
    report.refused == 0 && report.photos_failed.is_empty()
}

/// Every photo of the doors that are here, whole; how many came. One that the server does not have (yet) is left.
async fn whole(device: &Device) -> Result<usize> {
    let mut named: Vec<PhotoId> = Vec::new();
    device.docs("d/", |_, doc| {
        if let Doc::Door(door) = doc {
            named.extend(door.photos.into_keys());
        }
    })?;
    let album = Album::default();
    let mut count = 0;
    for photo in named {
        if matches!(device.files().get(&photo)?, Found::Whole(_)) {
            continue;
        }
        match album.fetch(device, &photo, false).await {
            Ok(_) => count += 1,
            Err(sync::SyncError::Refused { status: 404, .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(count)
}
