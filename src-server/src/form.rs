//! `huce-server form`: what an author needs of the form engine from the shell. Nothing here but `publish` looks at a
//! server's data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset, Offset, TimeZone};
use clap::{Subcommand, ValueEnum};
use huce_core::{
    clock::china_now,
    form::{
        Flaw, Read,
        engine::{Definition, Environment, Session, Step, eval, read_external},
        is_xform, read_sheets, read_xform,
        xpath::{
            Zone,
            cases::{self, Case},
        },
    },
    workbook::{Limits, Sheets},
};
use serde_json::{Value, json};

use crate::{
    app::{App, Places, system_clock},
    publish::look,
    recovery::user,
};

/// Forms: XLSForm workbooks (.xlsx, .xls, a folder of .csv sheets) and XForms (.xml).
#[derive(Debug, Subcommand)]
pub enum FormCommand {
    /// Says everything that is wrong with a form: sheet, row, column, what was probably meant. Ends with 1 if there is any.
    Check {
        /// The workbook, or the XForm.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Writes a form in another shape to the standard output.
    Convert {
        /// The workbook, or the XForm.
        file: PathBuf,
        /// Into what.
        #[arg(long)]
        to: Shape,
    },
    /// Publishes a workbook: tablets get it at their next sync; visits begun on the version before finish on it.
    Publish {
        /// The workbook.
        file: PathBuf,
    },
    /// Fills a form in, step by step, and prints every node's state and the submission.
    Eval {
        /// The workbook, or the XForm; files that it names are looked for beside it.
        #[arg(long)]
        form: PathBuf,
        /// {"steps": [{"op": "set", "ref": "/data/a", "value": "1"}, …]}
        #[arg(long)]
        answers: PathBuf,
        /// What `now()` says, as 2026-11-21T10:00:00Z.
        #[arg(long)]
        now: Option<DateTime<FixedOffset>>,
        /// The time zone, as Asia/Shanghai.
        #[arg(long, value_name = "ZONE")]
        tz: Option<chrono_tz::Tz>,
        /// The language to start with.
        #[arg(long)]
        language: Option<String>,
        /// As JSON, which is the only way there is.
        #[arg(long)]
        json: bool,
    },
    /// Evaluates expressions as cases say, and prints for each id `pass` or what it gave.
    Xpath {
        /// The cases: an array as in shared/conformance/xpath.json.
        cases: PathBuf,
        /// One object, by id; else a line for each that fails, and the counts.
        #[arg(long)]
        json: bool,
    },
}

/// A time zone of the world's list.
struct Somewhere(chrono_tz::Tz);

impl Zone for Somewhere {
    fn offset_at(&self, utc_ms: i64) -> i32 {
        let utc = DateTime::from_timestamp_millis(utc_ms).unwrap_or_default().naive_utc();
        self.0.offset_from_utc_datetime(&utc).fix().local_minus_utc()
    }
}

/// What a form is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// An XForm, for other clients.
    Xform,
    /// Its title, languages and nodes as they are when it is opened.
    Json,
}

/// A file, or a folder with a file `NAME.csv` for each sheet. Without `rules`: as for other clients.
fn read(file: &Path, rules: bool) -> Result<Read> {
    let id = file.file_stem().and_then(|name| name.to_str());
    if !file.is_dir() {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        return read_named(&bytes, file, rules);
    }
    Ok(read_sheets(&sheets(file)?, id, rules))
}

fn read_named(bytes: &[u8], file: &Path, rules: bool) -> Result<Read> {
    let named = || file.display().to_string();
    if is_xform(bytes) {
        return Ok(read_xform(std::str::from_utf8(bytes).with_context(named)?.trim_start_matches('\u{feff}')));
    }
    let id = file.file_stem().and_then(|name| name.to_str());
    let sheets = Sheets::open_form(bytes, "survey", Limits::default()).with_context(named)?;
    Ok(read_sheets(&sheets, id, rules))
}

fn sheets(file: &Path) -> Result<Sheets> {
    let mut sheets = Sheets::default();
    for entry in fs::read_dir(file).with_context(|| file.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|n| n.to_str()).map(str::to_owned) else { continue };
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            let read = fs::read(&path).map_err(anyhow::Error::from);
            read.and_then(|bytes| Ok(sheets.insert_csv(&name, &bytes, Limits::default())?))
                .with_context(|| path.display().to_string())?;
        }
    }
    Ok(sheets)
}

/// Runs a command.
///
/// # Errors
/// When a file cannot be read, or what it holds is no form and the command needs one.
pub async fn run(command: FormCommand, places: &Places) -> Result<ExitCode> {
    match command {
        FormCommand::Check { file, json } => Ok(check(&read(&file, true)?, json)),
        FormCommand::Convert { file, to } => {
            let read = read(&file, false)?;
            match to {
                Shape::Xform if !read.xform.is_empty() => println!("{}", read.xform.trim_end()),
                _ if !read.errors.is_empty() => return Ok(check(&read, false)),
                _ => println!("{}", serde_json::to_string_pretty(&outline(whole(read)?))?),
            }
            Ok(ExitCode::SUCCESS)
        }
        FormCommand::Publish { file } => publish(&file, places).await,
        FormCommand::Xpath { cases, json } => xpath(&cases, json),
        FormCommand::Eval { form, answers, now, tz, language, json: _ } => {
            let definition = whole(read(&form, false)?)?;
            let now = now.unwrap_or_else(|| china_now(system_clock()()));
            let now = tz.map_or(now, |tz| now.with_timezone(&tz).fixed_offset());
            let mut environment = Environment { language, seed: 1, ..Environment::at(now) };
            for (name, source) in definition.external_instances() {
                if let Some(document) = external(&form, source)? {
                    environment.instances.insert(name.to_owned(), Arc::new(document));
                }
            }
            let states = eval::eval(definition, environment, &steps(&answers)?);
            println!("{}", serde_json::to_string(&states)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn xpath(file: &Path, json: bool) -> Result<ExitCode> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let cases: Vec<Case> = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    let zone = |name: &str| Some(Box::new(Somewhere(name.parse().ok()?)) as Box<dyn Zone>);
    let came: Vec<_> = cases.iter().map(|case| (&case.id, cases::check(case, &zone))).collect();
    let failed = came.iter().filter(|(_, came)| came.is_err()).count();
    if json {
        let by_id = came
            .into_iter()
            .map(|(id, came)| (id.clone(), came.map_or_else(|got| json!({ "got": got }), |()| json!("pass"))));
        println!("{}", Value::Object(by_id.collect()));
    } else {
        came.iter()
            .filter_map(|(id, came)| Some((id, came.as_ref().err()?)))
            .for_each(|(id, got)| println!("{id}: {got}"));
        println!("{} passed, {failed} failed", cases.len() - failed);
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn whole(read: Read) -> Result<Arc<Definition>> {
    let why = |flaws: Vec<Flaw>| anyhow!("this is no form:\n{}", lines(&flaws));
    Ok(read.form().map_err(why)?.definition)
}

fn lines(flaws: &[Flaw]) -> String {
    flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn check(read: &Read, json: bool) -> ExitCode {
    let valid = read.errors.is_empty();
    if json {
        let form = read.form.as_ref().map(
            |form| json!({ "id": form.id(), "version": form.version(), "title": form.title(""), "languages": form.languages() }),
        );
        println!("{}", json!({ "valid": valid, "form": form, "errors": read.errors, "warnings": read.warnings }));
    } else {
        read.errors.iter().for_each(|e| println!("error: {e}"));
        read.warnings.iter().for_each(|w| println!("warning: {w}"));
        if let Some(form) = &read.form {
            println!("{} ({}), {}", form.title(""), form.id(), form.languages().join(", "));
        }
    }
    if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The form as it is when somebody opens it.
fn outline(definition: Arc<Definition>) -> Value {
    let Definition { title, id, version, languages, .. } = &*definition;
    let head = json!({ "id": id, "version": version, "title": title, "languages": languages });
    let session = Session::open(definition, Environment::at(china_now(system_clock()())));
    let nodes: Vec<Value> = session.states().iter().map(eval::node_json).collect();
    json!({ "form": head, "nodes": nodes })
}

fn steps(file: &Path) -> Result<Vec<Step>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let answers: Value = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    let Some(steps) = answers.get("steps") else { bail!("{}: there is no `steps`", file.display()) };
    serde_json::from_value(steps.clone()).with_context(|| format!("{}: the steps", file.display()))
}

/// A file that a form names (`jr://file-csv/wards.csv`), beside the form; none when it is not there.
fn external(form: &Path, source: &str) -> Result<Option<huce_core::xml::Document>> {
    let Some(name) = Path::new(source).file_name().and_then(|n| n.to_str()) else { return Ok(None) };
    let path = form.with_file_name(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(read_external(name, &text).with_context(|| path.display().to_string())?)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(|| path.display().to_string()),
    }
}

async fn publish(file: &Path, places: &Places) -> Result<ExitCode> {
    if file.is_dir() {
        bail!("{}: tablets take a workbook (.xlsx, .xls) or an XForm, not a folder", file.display());
    }
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let looked = look(&bytes).with_context(|| file.display().to_string())?;
    looked.warnings.iter().for_each(|w| eprintln!("warning: {w}"));
    let Some(ready) = looked.ready() else {
        bail!("{}: not published:\n{}", file.display(), lines(&looked.errors));
    };
    let app = App::open(places, system_clock()).await?;
    crate::hub::must_be_server(&app)?;
    let mut write = app.store.write().await?;
    let hash = ready.publish(&mut write, &bytes, &format!("shell {}", user()), app.now_ms()).await?;
    write.commit().await?;
    println!("{}", json!({ "form": ready.form, "hash": hash, "title": ready.title }));
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}
