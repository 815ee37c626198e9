//! Small files with telling names: over 600 lines a file says at its top why it is one thing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

const LONGEST: usize = 600;
const REASON: &str = "//! One file because";
const SAYS_NOTHING: &[&str] = &["manager", "service", "helper", "helpers", "util", "utils", "common"];
const NOT_OURS: &[&str] = &["target", "dist", "node_modules", "gen", ".git"];

/// One line per `.rs` file that is too long without a reason, or whose name says nothing.
///
/// # Errors
/// When a folder or file cannot be read.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in all_files(root)? {
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if path.file_stem().and_then(|s| s.to_str()).is_some_and(|s| SAYS_NOTHING.contains(&s)) {
            faults.push(format!("{shown}: name it after what it is about"));
        }
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().count();
        if lines > LONGEST && !text.lines().take(30).any(|l| l.starts_with(REASON)) {
            faults.push(format!("{shown}: {lines} lines; split it, or say at its top \"{REASON} …\""));
        }
    }
    Ok(faults)
}

/// Every file below `folder` that is ours, sorted, so that a listing is the same everywhere.
///
/// # Errors
/// When a folder cannot be read.
pub fn all_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let ours = entry.file_name().to_str().is_some_and(|n| !NOT_OURS.contains(&n));
            if kind.is_dir() && ours {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::check;

    #[test]
    fn long_files_need_a_reason_and_empty_names_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
        write("short.rs", "fn a() {}\n");
        write("long.rs", &"// x\n".repeat(601));
        write("reasoned.rs", &format!("//! One file because it is a table.\n{}", "// x\n".repeat(700)));
        write("utils.rs", "");
        fs::create_dir(root.path().join("target")).unwrap();
        write("target/made.rs", &"// x\n".repeat(900));
        let found = check(root.path()).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("long.rs: 601 lines"), "{found:?}");
        assert!(found[1].starts_with("utils.rs: name it"), "{found:?}");
    }
}
