//! The pages: three bundles of the same crate: the window embeds one, the server serves the console's and that in which
//! forms are tried. A bundle has a page that starts a wasm module, and may have annexes: modules that it loads when
//! their pages are wanted (`src-ui/src/annex.rs`).
//!
//! cargo makes the wasm, bindgen its JavaScript, wasm-opt makes it small, and the static files join them in
//! `dist/tablet`, `dist/console` and `dist/trial`. All of it is a function of its inputs, so the result is kept in the cache under
//! their hash: a fresh clone of what was built before takes it from there in a second.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;
use wasmparser::{ExternalKind, Parser, Payload, Validator, WasmFeatures};

use crate::files::all_files;

/// The budget of DESIGN.md: a module's gzipped wasm, in bytes.
const BUDGET_GZIP: usize = 600_000;

/// The binaries of `src-ui`, and what of its sources goes into others only.
const BUNDLES: [Bundle; 3] = [
    Bundle {
        name: "tablet",
        annexes: &["visit"],
        others: &[
            "src-ui/src/bin/console.rs",
            "src-ui/src/bin/office.rs",
            "src-ui/src/bin/trial.rs",
            "src-ui/src/console",
            "src-ui/src/trial.rs",
        ],
    },
    Bundle {
        name: "console",
        annexes: &["office"],
        others: &[
            "src-ui/src/bin/tablet.rs",
            "src-ui/src/bin/visit.rs",
            "src-ui/src/bin/trial.rs",
            "src-ui/src/trial.rs",
        ],
    },
    Bundle {
        name: "trial",
        annexes: &[],
        others: &[
            "src-ui/src/bin/tablet.rs",
            "src-ui/src/bin/visit.rs",
            "src-ui/src/bin/console.rs",
            "src-ui/src/bin/office.rs",
            "src-ui/src/console",
        ],
    },
];

struct Bundle {
    name: &'static str,
    annexes: &'static [&'static str],
    others: &'static [&'static str],
}

impl Bundle {
    /// Its binaries, and what their files are called beside those of other inputs.
    fn modules(&self, key: &str) -> Vec<(&'static str, String)> {
        let annexes = self.annexes.iter().map(|annex| (*annex, format!("huce-{annex}-{key}")));
        std::iter::once((self.name, format!("huce-{key}"))).chain(annexes).collect()
    }
}

/// What rustc emits by default and every webview of ours understands. Never `--all-features`: it made a blank page.
const FEATURES: &[&str] = &[
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What makes it small. Rust puts nothing into the lowest kilobyte of memory (it is the far end of a stack of one
/// megabyte), and functions of like names, which are often copies for other types, compress better side by side: 4 %.
/// Functions with one caller stay functions unless they are tiny: gzip finds more that is alike, 0.6 % (measured with
/// 0, 10, 25, 40, 70 and without). Not `--traps-never-happen`: a panic is a trap.
const SMALLER: &[&str] = &[
    "--low-memory-unused",
    "-Oz",
    "--one-caller-inline-max-function-size=25",
    "--reorder-locals",
    "--reorder-functions-by-name",
    "--strip-debug",
];

/// Everything that a bundle depends on, relative to the checkout.
const INPUTS: &[&str] =
    &["Cargo.toml", "Cargo.lock", "src-core", "src-ui", "assets/icons", "assets/fonts", "xtask/src/ui.rs"];

const KEPT_IN_CACHE: usize = 18;

/// Brings `dist/` up to date.
///
/// # Errors
/// When a tool fails, a wasm is over budget or asks for what the webviews lack.
pub fn build(root: &Path) -> Result<()> {
    let tools = Tools::from_env(root)?;
    for (bundle, kept) in keep(root, &tools)? {
        let changed = mirror(&kept, &root.join("dist").join(bundle.name))?;
        println!("{} is in dist/{}, {changed} files changed; {}", kept.display(), bundle.name, sizes(&kept)?);
    }
    Ok(())
}

/// The folders in the cache with what these inputs make. Inputs that change meanwhile (somebody saves a file, cargo
/// writes a line into Cargo.lock) make it start again, else the cache would hold the right pages under a wrong hash.
fn keep(root: &Path, tools: &Tools) -> Result<Vec<(&'static Bundle, PathBuf)>> {
    let cache = tools.cache.join("ui");
    for _ in 0..4 {
        let mut kept = Vec::new();
        for bundle in &BUNDLES {
            let key = input_hash(root, bundle, tools)?;
            kept.push((bundle, cache.join(format!("{}-{key}", bundle.name)), key));
        }
        let stale: Vec<_> = kept.iter().filter(|(_, kept, _)| !kept.join("index.html").exists()).collect();
        if stale.is_empty() {
            return Ok(kept.into_iter().map(|(bundle, kept, _)| (bundle, kept)).collect());
        }
        let binaries = |(bundle, _, key): &&(&'static Bundle, _, String)| bundle.modules(key);
        compile(root, tools, stale.iter().flat_map(binaries).map(|(binary, _)| binary))?;
        for (bundle, kept, key) in stale {
            let made = cache.join(format!("making-{}", std::process::id()));
            let outcome = make(root, tools, bundle, &made, key);
            if outcome.is_ok() && input_hash(root, bundle, tools)? == *key && !kept.exists() {
                fs::rename(&made, kept)?;
            } else if made.exists() {
                fs::remove_dir_all(&made)?;
            }
            outcome?;
        }
        forget_oldest(&cache)?;
    }
    bail!("the sources keep changing while the UI is built")
}

struct Tools {
    cache: PathBuf,
    target: PathBuf,
    wasm_opt: String,
    /// The rustup toolchain that has a std for wasm, when it is not the active one.
    toolchain: Option<String>,
}

impl Tools {
    fn from_env(root: &Path) -> Result<Self> {
        let var = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
        Ok(Self {
            cache: var("HUCE_CACHE").context("HUCE_CACHE: run this through ./x")?.into(),
            target: var("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from),
            wasm_opt: var("HUCE_WASM_OPT").unwrap_or_else(|| "wasm-opt".into()),
            toolchain: var("HUCE_WASM_TOOLCHAIN"),
        })
    }

    fn rust(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if let Some(toolchain) = &self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        command
    }
}

/// The wasm of these binaries in one run of cargo, which links them side by side.
fn compile(root: &Path, tools: &Tools, names: impl Iterator<Item = &'static str>) -> Result<()> {
    run(tools
        .rust("cargo")
        .current_dir(root)
        .args(["build", "-p", "huce-ui", "--profile", "ui"])
        .args(names.flat_map(|name| ["--bin".to_owned(), format!("huce-{name}")]))
        .args(["--target", "wasm32-unknown-unknown"])
        .env("CARGO_TARGET_DIR", &tools.target))
}

fn make(root: &Path, tools: &Tools, bundle: &Bundle, out: &Path, key: &str) -> Result<()> {
    fs::create_dir_all(out)?;
    let modules = bundle.modules(key);
    for (binary, name) in &modules {
        module(tools, binary, name, out)?;
    }
    let [(_, name), annexes @ ..] = &modules[..] else { bail!("a bundle has a module") };
    fs::write(out.join(format!("{name}-start.js")), start_script(name, annexes))?;
    statics(root, out, name)
}

/// The wasm of a binary, made small, and its JavaScript.
fn module(tools: &Tools, binary: &str, name: &str, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(tools.target.join(format!("wasm32-unknown-unknown/ui/huce-{binary}.wasm")))
        .web(true)?
        .typescript(false)
        .remove_name_section(false) // wasm-opt sorts by them and takes them away
        .remove_producers_section(true)
        .out_name(name)
        .generate(out)?;
    let wasm = out.join(format!("{name}_bg.wasm"));
    let before = exports(&fs::read(&wasm)?)?;
    run(Command::new(&tools.wasm_opt).args(SMALLER).args(FEATURES).arg(&wasm).arg("-o").arg(&wasm))?;
    let small = fs::read(&wasm)?;
    ensure!(exports(&small)? == before, "{} changed what the wasm exports: it is not fit for it", tools.wasm_opt);
    let size = gzipped(&wasm)?;
    ensure!(size <= BUDGET_GZIP, "{binary}: the wasm is {size} bytes gzipped, the budget is {BUDGET_GZIP}");
    Ok(())
}

/// An annex is loaded once, and again when that failed.
const ANNEX: &str = r"const annex = (load) => {
  let loading;
  const failed = (why) => {
    loading = undefined;
    throw why;
  };
  return { load: () => (loading ??= load().catch(failed)) };
};
";

/// Starts the first module and says how annexes are loaded.
fn start_script(name: &str, annexes: &[(&str, String)]) -> String {
    let start = |module: &str| format!("({{ module_or_path: \"/{module}_bg.wasm\" }})");
    let mut script = format!("import start from \"./{name}.js\";\n");
    if !annexes.is_empty() {
        let load = |(annex, module): &(&str, String)| {
            let start = start(module);
            format!("  {annex}: annex(() => import(\"./{module}.js\").then((module) => module.default{start})),\n")
        };
        let loads: String = annexes.iter().map(load).collect();
        script.push_str(&format!("{ANNEX}window.huceAnnex = {{\n{loads}}};\n"));
    }
    script.push_str(&format!("start{};\n", start(name)));
    script
}

/// The style sheets in one file (tokens first, then by name), the folders that are served as they are, and the page.
fn statics(root: &Path, out: &Path, name: &str) -> Result<()> {
    let mut sheets = all_files(&root.join("src-ui/style"))?;
    sheets.sort_by_key(|p| (!p.ends_with("tokens.css"), !p.ends_with("base.css"), p.clone()));
    let mut style = String::new();
    for sheet in sheets.iter().filter(|p| p.extension().is_some_and(|e| e == "css")) {
        style.push_str(&fs::read_to_string(sheet)?);
    }
    fs::write(out.join(format!("{name}.css")), style)?;
    for (from, to, endings) in [
        ("assets/icons", "icons", &["svg", "png"][..]),
        ("assets/fonts", "fonts", &["woff2"][..]),
        ("src-ui/static", "", &[][..]),
    ] {
        let from = root.join(from);
        if !from.exists() {
            continue;
        }
        for file in all_files(&from)? {
            let ending = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if endings.is_empty() || endings.contains(&ending) {
                copy(&file, &out.join(to).join(file.strip_prefix(&from)?))?;
            }
        }
    }
    let page = fs::read_to_string(root.join("src-ui/index.html"))?;
    let head = format!(
        "<link rel=\"stylesheet\" href=\"/{name}.css\">\n\
         <link rel=\"modulepreload\" href=\"/{name}.js\">\n\
         <link rel=\"preload\" href=\"/{name}_bg.wasm\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n\
         <script type=\"module\" src=\"/{name}-start.js\"></script>"
    );
    ensure!(page.contains("<!-- huce:head -->"), "src-ui/index.html has lost its <!-- huce:head --> line");
    fs::write(out.join("index.html"), page.replace("<!-- huce:head -->", &head))?;
    Ok(())
}

/// The exports with their kinds, tables with what they hold; an error for wasm that our webviews could not run.
///
/// Two silent ways to a blank page are closed here: features that a webview lacks (Debian 12's and a current Chromium
/// know WebAssembly 2.0; SIMD we do not ask for), and an old wasm-opt that exports the table of functions under the
/// name of the table of JavaScript objects, as Debian's binaryen 108 does.
fn exports(wasm: &[u8]) -> Result<Vec<String>> {
    let types = Validator::new_with_features(WasmFeatures::WASM2.difference(WasmFeatures::SIMD))
        .validate_all(wasm)
        .context("the wasm uses what a webview may lack")?;
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                let holds = match export.kind {
                    ExternalKind::Table => types.as_ref().table_at(export.index).element_type.to_string(),
                    _ => String::new(),
                };
                exports.push(format!("{} {:?} {holds}", export.name, export.kind));
            }
        }
    }
    exports.sort();
    Ok(exports)
}

/// What `gzip -9` makes of a file, bytes.
fn gzipped(file: &Path) -> Result<usize> {
    let packed = Command::new("gzip").args(["-9", "-n", "-c"]).arg(file).output().context("start gzip")?;
    ensure!(packed.status.success(), "gzip failed: {}", packed.status);
    Ok(packed.stdout.len())
}

/// What each module weighs.
fn sizes(dist: &Path) -> Result<String> {
    let mut sizes = Vec::new();
    for file in all_files(dist)?.into_iter().filter(|file| file.extension().is_some_and(|e| e == "wasm")) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        sizes.push(format!("{name} {} kB, gzipped {} kB", file.metadata()?.len() / 1000, gzipped(&file)? / 1000));
    }
    ensure!(!sizes.is_empty(), "no wasm in {}", dist.display());
    Ok(sizes.join("; "))
}

/// 12 hexadecimal digits over every input file, the compiler and wasm-opt.
fn input_hash(root: &Path, bundle: &Bundle, tools: &Tools) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for version in [tools.rust("rustc").arg("-vV").output()?, Command::new(&tools.wasm_opt).arg("--version").output()?]
    {
        hasher.update(&version.stdout);
    }
    hasher.update(bundle.name.as_bytes());
    hash_files(root, INPUTS, bundle.others, &mut hasher)?;
    Ok(hasher.finalize().to_hex().as_str().chars().take(12).collect())
}

fn hash_files(root: &Path, inputs: &[&str], but: &[&str], hasher: &mut blake3::Hasher) -> Result<()> {
    for input in inputs {
        let input = root.join(input);
        let files = match () {
            () if input.is_dir() => all_files(&input)?,
            () if input.exists() => vec![input],
            () => vec![],
        };
        for file in files.into_iter().filter(|file| !but.iter().any(|but| file.starts_with(root.join(but)))) {
            let bytes = fs::read(&file)?;
            let name = file.strip_prefix(root)?.to_string_lossy().into_owned();
            hasher.update(format!("{name}\0{}\0", bytes.len()).as_bytes()).update(&bytes);
        }
    }
    Ok(())
}

/// Makes `to` equal to `from`, touching only files that differ, so that cargo embeds again only when it must.
fn mirror(from: &Path, to: &Path) -> Result<usize> {
    let mut changed = 0;
    for file in all_files(from)? {
        let target = to.join(file.strip_prefix(from)?);
        if fs::read(&target).ok() != Some(fs::read(&file)?) {
            copy(&file, &target)?;
            changed += 1;
        }
    }
    for file in all_files(to)? {
        if !from.join(file.strip_prefix(to)?).exists() {
            fs::remove_file(&file)?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Writes the bytes anew: a copied old time would hide the change from cargo.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, fs::read(from)?).with_context(|| format!("write {}", to.display()))
}

fn forget_oldest(kept: &Path) -> Result<()> {
    let mut made: Vec<_> = fs::read_dir(kept)?
        .filter_map(|e| e.ok().and_then(|e| Some((e.metadata().ok()?.modified().ok()?, e.path()))))
        .collect();
    made.sort_by(|a, b| b.cmp(a));
    for (_, old) in made.into_iter().skip(KEPT_IN_CACHE) {
        fs::remove_dir_all(old)?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("start {:?}", command.get_program()))?;
    ensure!(status.success(), "{:?} failed: {status}", command.get_program());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{exports, hash_files, mirror, start_script};

    #[test]
    fn the_hash_sees_content_names_and_new_files_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("src")).unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join("src").join(name), text).unwrap();
        let hash = || {
            let mut hasher = blake3::Hasher::new();
            hash_files(root.path(), &["src", "absent"], &["src/other"], &mut hasher).unwrap();
            hasher.finalize()
        };
        write("a", "one");
        let first = hash();
        assert_eq!(first, hash());
        write("a", "two");
        let second = hash();
        write("other", "");
        assert_eq!(second, hash());
        write("b", "");
        assert_ne!(first, second);
        assert_ne!(second, hash());
    }

    #[test]
    fn mirror_touches_only_what_differs_and_removes_the_rest() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(from.path().join("icons")).unwrap();
        fs::write(from.path().join("icons/a.svg"), "a").unwrap();
        fs::write(from.path().join("index.html"), "new").unwrap();
        fs::write(to.path().join("index.html"), "old").unwrap();
        fs::write(to.path().join("huce-old.js"), "old").unwrap();
        assert_eq!(mirror(from.path(), to.path()).unwrap(), 3);
        assert_eq!(mirror(from.path(), to.path()).unwrap(), 0);
        assert!(!to.path().join("huce-old.js").exists());
        assert_eq!(fs::read_to_string(to.path().join("index.html")).unwrap(), "new");
    }

    #[test]
    fn the_script_starts_one_module_and_names_the_others() {
        let alone = start_script("huce-1", &[]);
        assert_eq!(alone, "import start from \"./huce-1.js\";\nstart({ module_or_path: \"/huce-1_bg.wasm\" });\n");
        let with = start_script("huce-1", &[("visit", "huce-visit-1".to_owned())]);
        assert!(with.contains("visit: annex(() => import(\"./huce-visit-1.js\")"), "{with}");
        assert!(with.ends_with("start({ module_or_path: \"/huce-1_bg.wasm\" });\n"), "{with}");
    }

    #[test]
    fn wasm_that_asks_for_more_is_refused() {
        let empty = b"\0asm\x01\0\0\0".to_vec();
        assert!(exports(&empty).unwrap().is_empty());
        // A shared memory (threads): limits flag 3, one page at least and at most.
        let threads = [&empty[..], &[5, 4, 1, 3, 1, 1]].concat();
        assert!(exports(&threads).is_err());
        assert!(exports(b"<!doctype html>").is_err());
    }

    #[test]
    fn an_export_of_the_other_table_is_seen() {
        // Two tables, of functions (0x70) and of objects (0x6f); one of them is exported as "t".
        let exporting = |table: u8| {
            [b"\0asm\x01\0\0\0\x04\x07\x02\x70\0\x01\x6f\0\x01\x07\x05\x01\x01t\x01".as_slice(), &[table]].concat()
        };
        assert_eq!(exports(&exporting(0)).unwrap(), ["t Table funcref"]);
        assert_eq!(exports(&exporting(1)).unwrap(), ["t Table externref"]);
    }
}
