//! Dependencies between our crates point one way, so that the domain stays free of IO and a crate can be read alone.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Each of our crates and those of ours that it may name, for any purpose (build and tests too).
const MAY_USE: &[(&str, &[&str])] = &[
    ("huce-core", &[]),
    ("huce-device", &["huce-core"]),
    ("huce-tauri", &["huce-core", "huce-device"]),
    ("huce-ui", &["huce-core"]),
    ("huce-server", &["huce-core"]),
    ("huce-tests", &["huce-core", "huce-device", "huce-server"]),
    ("huce-sim", &["huce-core", "huce-device", "huce-server"]),
    ("xtask", &[]),
];

/// Asks cargo for the workspace and returns one line per dependency that points the wrong way.
///
/// # Errors
/// When cargo cannot read the workspace.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let out = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    ensure!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    Ok(faults(&serde_json::from_slice(&out.stdout)?))
}

fn faults(metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for package in list(metadata, "packages") {
        let name = text(package, "name");
        let Some((_, may_use)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            faults.push(format!("{name}: not in xtask/src/direction.rs; say there what it may depend on"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let other = text(dependency, "name");
            if dependency.get("path").is_some_and(|p| !p.is_null()) && !may_use.contains(&other) {
                faults.push(format!("{name} depends on {other}: that direction is closed"));
            }
        }
    }
    faults
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::faults;

    #[test]
    fn only_closed_directions_and_unknown_crates_are_faults() {
        let local = |name: &str| json!({"name": name, "path": "/somewhere"});
        let metadata = json!({"packages": [
            {"name": "huce-device", "dependencies": [local("huce-core"), {"name": "sled", "path": null}]},
            {"name": "huce-core", "dependencies": [local("huce-device")]},
            {"name": "huce-hub", "dependencies": []},
        ]});
        let found = faults(&metadata);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("huce-core depends on huce-device"), "{found:?}");
        assert!(found[1].starts_with("huce-hub: not in"), "{found:?}");
    }
}
