//! A tablet without a screen: `huce-device` on a store of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    process::{binary, run},
    server::Server,
};

/// A store and the command line that works on it.
pub struct Tablet {
    folder: TempDir,
}

impl Tablet {
    /// An empty store.
    pub fn new() -> Result<Self> {
        Ok(Self { folder: TempDir::new()? })
    }

    /// A tablet of this person, enrolled and loaded.
    pub fn enrolled(server: &Server, login: &str) -> Result<Self> {
        let tablet = Self::new()?;
        tablet.must(&["enrol", &server.url(), &server.code(login)?])?;
        Ok(tablet)
    }

    /// Its store.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The command, ready to take arguments.
    pub fn device(&self) -> Result<Command> {
        let mut command = Command::new(binary("huce-device")?);
        command.arg("--store").arg(self.store());
        Ok(command)
    }

    /// Runs a command: output and whether it held.
    pub fn command(&self, args: &[&str]) -> Result<(String, bool, String)> {
        run(self.device()?.args(args))
    }

    /// Runs a command that must hold; its output as JSON (null where it prints nothing).
    pub fn must(&self, args: &[&str]) -> Result<Value> {
        let (out, held, err) = self.command(args)?;
        if !held {
            bail!("huce-device {args:?} failed: {err}{out}");
        }
        if out.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&out).with_context(|| format!("not JSON: {out}"))
    }

    /// The household at a short address of an estate, for example `3-3-601`.
    pub fn household(&self, estate: &str, short: &str) -> Result<String> {
        let found = self.must(&["search", &format!("{estate} {short}")])?;
        let hits = found.get("hits").and_then(Value::as_array).cloned().unwrap_or_default();
        let door =
            hits.iter().filter_map(|h| h.get("door")).find(|d| d.get("short").and_then(Value::as_str) == Some(short));
        let id = door.and_then(|d| d.get("household")?.as_str());
        Ok(id.with_context(|| format!("{estate} {short} is not among {hits:?}"))?.to_owned())
    }
}

/// A picture that looks like a photo, in a file: a JPEG of `width` × `height`.
pub fn photo_file(folder: &Path, width: u32, height: u32) -> Result<PathBuf> {
    let path = folder.join("room.jpg");
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let wall = 170 + ((x * 40 / width) as u8) + ((y * 30 / height) as u8);
        let radiator = y > height * 6 / 10 && y < height * 9 / 10 && x > width / 5 && x < width * 4 / 5;
        if radiator && (x / (width / 40).max(1)).is_multiple_of(2) {
            image::Rgb([236, 234, 228])
        } else if radiator {
            image::Rgb([196, 192, 184])
        } else {
            image::Rgb([wall, wall.saturating_sub(8), wall.saturating_sub(26)])
        }
    });
    picture.save_with_format(&path, image::ImageFormat::Jpeg)?;
    Ok(path)
}
