//! `huce-server form`: what an author needs of the form engine from the shell. Nothing here but `publish` looks at a
//! server's data.

use std::{
    collections::{BTreeMap, BTreeSet},
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
        Flaw, Form, Read,
        engine::{Definition, Environment, Session, Step, eval},
        package::{Package, is_package},
        read_file, read_sheets,
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

/// Forms: XLSForm workbooks (.xlsx, .xls, a folder of .csv sheets), XForms (.xml), and packages (.zip) of one with the
/// files that it names. Such files are looked for beside a form, too, and in the folder `NAME-media` there.
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
    /// Publishes a form with the files that it names: tablets get it at their next sync; visits begun on the version
    /// before finish on it.
    Publish {
        /// The workbook, the XForm or the package.
        file: PathBuf,
    },
    /// Fills a form in, step by step, and prints every node's state and the submission.
    Eval {
        /// The workbook, or the XForm.
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

/// A file (with the files that it names, which lie beside it), or a folder with a file `NAME.csv` for each sheet. Without
/// `rules`: as for other clients.
fn read(file: &Path, rules: bool) -> Result<Read> {
    let id = file.file_stem().and_then(|name| name.to_str());
    if file.is_dir() || file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        let mut read = read_sheets(&sheets(file)?, id, rules);
        read.attach(&beside(file, &read.wanted_files())?);
        return Ok(read);
    }
    read_file(&with_files(file)?, id, rules).with_context(|| file.display().to_string())
}

/// A form's bytes; a package of it and the files that it names and that lie beside it, where there are any.
fn with_files(file: &Path) -> Result<Vec<u8>> {
    let named = || file.display().to_string();
    let form = fs::read(file).with_context(named)?;
    if is_package(&form) {
        return Ok(form);
    }
    // What is wrong with the form is said by whoever reads it.
    let wanted = read_file(&form, None, true).map(|read| read.wanted_files()).unwrap_or_default();
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("form").to_owned();
    Package { name, form, files: beside(file, &wanted)? }.bytes().with_context(named)
}

/// Those of the wanted files that lie beside a form, or in the folder `NAME-media` beside it.
fn beside(form: &Path, wanted: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<u8>>> {
    let stem = form.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folders = [form.with_file_name(""), form.with_file_name(format!("{stem}-media"))];
    let mut files = BTreeMap::new();
    for name in wanted {
        for path in folders.iter().map(|folder| folder.join(name)) {
            match fs::read(&path) {
                Ok(bytes) => drop(files.insert(name.clone(), bytes)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(e).with_context(|| path.display().to_string()),
            }
        }
    }
    Ok(files)
}

fn sheets(file: &Path) -> Result<Sheets> {
    let mut sheets = Sheets::default();
    if file.is_file() {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        sheets.insert_csv("survey", &bytes, Limits::default()).with_context(|| file.display().to_string())?;
        return Ok(sheets);
    }
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
                _ => println!("{}", serde_json::to_string_pretty(&outline(whole(read)?.definition))?),
            }
            Ok(ExitCode::SUCCESS)
        }
        FormCommand::Publish { file } => publish(&file, places).await,
        FormCommand::Xpath { cases, json } => xpath(&cases, json),
        FormCommand::Eval { form, answers, now, tz, language, json: _ } => {
            let form = whole(read(&form, false)?)?;
            let now = now.unwrap_or_else(|| china_now(system_clock()()));
            let now = tz.map_or(now, |tz| now.with_timezone(&tz).fixed_offset());
            let mut environment = Environment { language, seed: 1, ..Environment::at(now) };
            environment.instances.extend(form.instances.iter().map(|(name, list)| (name.clone(), list.clone())));
            let states = eval::eval(form.definition, environment, &steps(&answers)?);
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

fn whole(read: Read) -> Result<Form> {
    read.form().map_err(|flaws| anyhow!("this is no form:\n{}", lines(&flaws)))
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

async fn publish(file: &Path, places: &Places) -> Result<ExitCode> {
    if file.is_dir() {
        bail!("{}: tablets take a workbook (.xlsx, .xls) or an XForm, not a folder", file.display());
    }
    let bytes = with_files(file)?;
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
