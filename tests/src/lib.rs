//! What the journeys stand on: real processes of the server, the tablet's command line, the window and a browser,
//! each in folders and on ports of its own, all ended when they go out of scope.

pub mod decoders;
pub mod postgres;
pub mod process;
pub mod s3;
pub mod server;
pub mod tablet;
pub mod tls;
pub mod window;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).unwrap_or_default()
}
