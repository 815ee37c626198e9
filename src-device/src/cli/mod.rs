//! The command line: one file per group of commands. Every command answers through the same calls as the window, so
//! that what a test does here is what a tap does there.

mod facility;
mod photos;
mod pin;
mod plan;
mod report;
mod request;
mod rescue;
mod round;
mod soak;
mod sync;
mod verify;
mod visit;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use huce_core::{
    body::Noun,
    event::spoken,
    facility::{Facility, normal},
    ids::{FacilityId, HouseholdId},
    ipc::{
        Call, CallError,
        conflict::{Conflicts, Settle},
        household::OpenHousehold,
        round::CareVisits,
        search::Search,
        session::{Enrol, Session, WhoAmI},
        sync::SetHub,
        today::Today,
    },
};
use huce_device::{
    Answer, Device, DeviceError,
    clock::SystemClock,
    instead,
    sync::{SyncError, block_on, enrol as take_place, sync_now},
};
use serde::Serialize;
use serde_json::{Value, json};

/// The tablet without a screen · 不带屏幕的户策平板
#[derive(Debug, Parser)]
#[command(version, about = "The tablet without a screen · 户策平板命令行：建档、入户、策略、诉求、同步、自检、救援", long_about = None)]
pub struct Args {
    /// The tablet's folder; made where there is none
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// A file whose first line is the PIN, where one was set; else HUCE_PIN
    #[arg(long, value_name = "FILE", global = true)]
    pin_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol with a one-time code and pull the grids · 登记设备
    Enrol {
        /// The whole line that the server or its console shows (huce:…); or the server's address, for example
        /// https://192.168.1.10:8440
        line: String,
        /// The code of eight characters, with an address
        code: Option<String>,
        /// The fingerprint of the server's certificate authority, with an address; 20 digits of it are enough
        #[arg(long, default_value = "", hide_default_value = true)]
        fingerprint: String,
        /// What people call this tablet
        #[arg(long, default_value = "huce-device")]
        name: String,
        /// The folder of a copied tablet: what the server keeps aside of it is recorded again here
        #[arg(long, value_name = "DIR")]
        instead_of: Option<PathBuf>,
    },
    /// A copied tablet gets a new identity in its place, with a new code for its server · 复制过的平板换新身份
    EnrolAnew {
        /// The code of eight characters
        code: String,
        /// What people call this tablet
        #[arg(long, default_value = "huce-device")]
        name: String,
    },
    /// Find households by address, account number, phone tail or pinyin initials · 查找
    Search {
        /// What to look for
        text: String,
        /// At most so many hits
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show a household with its timeline · 查看住户
    Household {
        /// Its identifier, or an address such as "金穗花园 3-2-501"
        household: String,
    },
    /// Facilities 设施: stations, pipes, manholes, vehicles, what a building has
    #[command(subcommand)]
    Facility(facility::Command),
    /// Record a visit at a door or facility · 入户
    Visit(visit::Args),
    /// Plans 一户一策
    #[command(subcommand)]
    Plan(plan::Command),
    /// Requests 诉求
    #[command(subcommand)]
    Request(request::Command),
    /// Rounds 排查行动
    #[command(subcommand)]
    Round(round::Command),
    /// Special-care visits that are due · 三访
    Care,
    /// The figures of a day, week or month, and the facts behind them · 报表
    Report(report::Args),
    /// What two people wrote differently, with what they started from · 冲突
    Conflicts,
    /// Decide a conflict: the field has this value from now on · 处理冲突
    Settle {
        /// household, facility, plan, request, round
        #[arg(long, value_parser = word::<Noun>)]
        noun: Noun,
        /// Which record
        #[arg(long)]
        id: String,
        /// Which field
        #[arg(long)]
        field: String,
        /// The value, JSON
        #[arg(long)]
        value: String,
    },
    /// What is to be done today · 今日
    Today,
    /// Send what waits and fetch what is new · 同步
    Sync(sync::Args),
    /// The depot hub that is asked when the server cannot be reached; `none`: none · 站点中继
    Hub {
        /// Its address, for example http://192.168.1.10:8440
        url: String,
    },
    /// When photos go, and how fast; without options it only says so · 照片规则
    Photos(photos::Args),
    /// What waits as a file for the server, where there is no network; and its receipts · 离线包
    #[command(subcommand)]
    Bundle(Bundle),
    /// Who, what waits, what failed · 状态
    Status,
    /// All documents of the store, for comparing two tablets · 全部状态
    State,
    /// Record visits one after another; each event's id is printed after it is durable · 压力写入
    Soak {
        /// How many visits more
        #[arg(long)]
        visits: u64,
    },
    /// Is everything as it was written, and are these events there? · 自检
    Verify {
        /// One event id a line, as soak prints them
        #[arg(long, value_name = "FILE")]
        acked: Option<PathBuf>,
    },
    /// Set the PIN that opens this folder; the one before comes by --pin-file · 设置口令
    SetPin {
        /// A file whose first line is the new PIN
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// The data key, sealed to the server: for an inspector who forgot the PIN · 密钥托管
    Escrow,
    /// Open the folder with the recovery that the administrator made, and set a new PIN · 忘记口令
    Recover {
        /// The recovery, as `huce-server escrow open` wrote it; without it, it is looked for on drives
        #[arg(long, value_name = "FILE", requires = "code_file")]
        recovery: Option<PathBuf>,
        /// A file whose first line is the recovery's code
        #[arg(long, value_name = "FILE", required_unless_present = "data_key")]
        code_file: Option<PathBuf>,
        /// A file with the data key itself, 64 hexadecimal digits
        #[arg(long, value_name = "FILE", conflicts_with = "recovery")]
        data_key: Option<PathBuf>,
        /// A file whose first line is the new PIN
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Everything unsynced into a file, from a store that no longer opens · 救援导出
    Rescue {
        /// A new file; photos go into FILE.photos/
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum Bundle {
    /// Everything that waits, events and photos; only the server can read it
    Export {
        /// The file; what is there is replaced
        file: PathBuf,
    },
    /// The receipts that the server gave for a bundle of this tablet
    Import {
        /// The file
        file: PathBuf,
    },
}

/// Does it. False when it was done and does not hold.
pub fn run(args: Args) -> Result<bool> {
    let store = args.store.as_path();
    let pin = pin::given(args.pin_file.as_deref())?;
    let pin = pin.as_ref().map(|pin| pin.as_str());
    instead::finish(store).with_context(|| store.display().to_string())?;
    match &args.command {
        Command::EnrolAnew { code, name } => return enrol_anew(store, code, pin, name),
        Command::Verify { acked } => return verify::run(store, acked.as_deref(), pin),
        Command::Rescue { to } => return rescue::run(store, to, pin),
        Command::Escrow => return pin::escrow(store),
        Command::Recover { recovery, code_file, data_key, to } => {
            let by = match (recovery, code_file, data_key) {
                (Some(recovery), Some(code), _) => pin::By::Recovery(recovery, code),
                (None, Some(code), _) => pin::By::Code(code),
                (_, _, Some(key)) => pin::By::DataKey(key),
                _ => bail!("--code-file, with or without --recovery, or --data-key"),
            };
            return pin::recover(store, &by, to);
        }
        _ => {}
    }
    let device = Device::open_with_pin(store, SystemClock, pin)?;
    for report in device.reports() {
        eprintln!("huce-device: {report}");
    }
    let held = command(&device, args.command, pin);
    // A start after an orderly end finds the store complete. Where it cannot be, the journal has it all the same.
    if let Err(e) = device.flush() {
        eprintln!("huce-device: {}", message(&e.into()));
    }
    held
}

fn command(device: &Device, command: Command, pin: Option<&str>) -> Result<bool> {
    match command {
        Command::Enrol { line, code, fingerprint, name, instead_of } => {
            let ask = Enrol { url: line, code: code.unwrap_or_default(), fingerprint };
            return enrol(device, &ask, &name, instead_of.as_deref().map(|folder| (folder, pin)));
        }
        Command::Search { text, limit } => print(&device.answer(Search { text, limit })?)?,
        Command::Household { household } => {
            let household = household_of(device, &household)?;
            print(&device.answer(OpenHousehold { household })?)?;
        }
        Command::Facility(command) => facility::run(device, command)?,
        Command::Visit(args) => visit::run(device, args)?,
        Command::Plan(command) => plan::run(device, command)?,
        Command::Request(command) => request::run(device, command)?,
        Command::Round(command) => round::run(device, command)?,
        Command::Care => print(&device.answer(CareVisits {})?)?,
        Command::Report(args) => report::run(device, args)?,
        Command::Conflicts => print(&device.answer(Conflicts {})?)?,
        Command::Settle { noun, id, field, value } => {
            let value = serde_json::from_str(&value).context("--value is no JSON")?;
            print(&json!({ "event": device.answer(Settle { noun, id, field, value })? }))?;
        }
        Command::Today => print(&device.answer(Today {})?)?,
        Command::Sync(args) => return sync::run(device, &args),
        Command::Hub { url } => {
            let url = if url == "none" { String::new() } else { url };
            print(&device.answer(SetHub { url })?)?;
        }
        Command::Photos(args) => photos::run(device, &args)?,
        Command::Bundle(Bundle::Export { file }) => print(&device.export_bundle(&file)?)?,
        Command::Bundle(Bundle::Import { file }) => print(&device.import_receipts(&file)?)?,
        Command::Status => status(device)?,
        Command::State => print(&device.state()?)?,
        Command::Soak { visits } => soak::run(device, visits)?,
        Command::SetPin { to } => device.set_pin(pin, &pin::read(&to)?)?,
        Command::Verify { .. }
        | Command::Rescue { .. }
        | Command::Escrow
        | Command::Recover { .. }
        | Command::EnrolAnew { .. } => {}
    }
    Ok(true)
}

fn enrol(device: &Device, ask: &Enrol, name: &str, old: Option<(&Path, Option<&str>)>) -> Result<bool> {
    let session = block_on(take_place(device, ask, name))??;
    if let Session::Waiting { device: id, person } = &session {
        eprintln!("huce-device: an administrator has to let this tablet in; it is {}", spoken(id));
        if old.is_none() {
            print(&json!({ "device": id, "waiting": { "person": person, "fingerprint": spoken(id) } }))?;
            return Ok(true);
        }
    }
    if let Some((folder, pin)) = old {
        let pairs = device.carry_over(&Device::open_with_pin(folder, SystemClock, pin)?)?;
        eprintln!("huce-device: {} events of {} are recorded again here", pairs.len(), folder.display());
    }
    let report = Some(sync_now(device)?);
    let me = match &session {
        Session::Ready(ready) => json!({ "person": ready.me.id, "grids": ready.grids.len() }),
        _ => Value::Null,
    };
    print(&json!({ "device": device.id(), "session": me, "households": device.index().len(), "sync": report }))?;
    Ok(report.is_some_and(|r| sync::holds(&r)))
}

fn enrol_anew(store: &Path, code: &str, pin: Option<&str>, name: &str) -> Result<bool> {
    let old = Device::open_with_pin(store, SystemClock, pin)?;
    let session = instead::enrol(&old, code, pin, name)?;
    drop(old);
    let aside = instead::change_places(store)?;
    let waits = matches!(session, Session::Waiting { .. });
    print(&json!({ "aside": aside, "waiting": waits }))?;
    Ok(true)
}

fn status(device: &Device) -> Result<()> {
    let session = device.answer(WhoAmI {})?;
    let person = match &session {
        Session::Ready(ready) => Some(ready.me.id.clone()),
        _ => None,
    };
    let drafts: Vec<_> = device.drafts().into_iter().map(|d| d.opened.at.to_string()).collect();
    print(&json!({
        "device": device.id(), "person": person, "households": device.index().len(),
        "facilities": device.index().facilities().count(),
        "sync": device.sync_state(), "backup_covers": device.profile().and_then(|p| p.covered), "drafts": drafts, "reports": device.reports(), "check": device.check()?,
    }))
}

/// A line of JSON on stdout.
fn print(value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A call's answer, printed.
fn answer<C: Call>(device: &Device, call: C) -> Result<()>
where
    Device: Answer<C>,
{
    print(&device.answer(call)?)
}

/// A word of the interface, such as `no_answer`, as its type.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|e| e.to_string())
}

/// A household by its identifier, or by an address that only one has.
fn household_of(device: &Device, text: &str) -> Result<HouseholdId> {
    if let Ok(id) = HouseholdId::new(text)
        && device.index().get(&id).is_some()
    {
        return Ok(id);
    }
    let (found, total) = device.index().search(text, 50);
    if let ([one], 1) = (found.as_slice(), total) {
        return Ok(one.id.clone());
    }
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let wanted = squeezed(text);
    let same = |h: &&huce_core::household::Household| {
        squeezed(&format!("{}{}", h.estate, h.short())) == wanted || h.short() == wanted
    };
    let exact: Vec<_> = found.iter().filter(same).collect();
    match exact.as_slice() {
        [one] => Ok(one.id.clone()),
        _ if total == 0 => bail!("no household is found by {text:?}"),
        _ => bail!("{total} households are found by {text:?}: say which"),
    }
}

/// A facility by its identifier, or by a name or code that only one has.
fn facility_of(device: &Device, text: &str) -> Result<FacilityId> {
    if let Ok(id) = FacilityId::new(text)
        && device.index().facility(&id).is_some()
    {
        return Ok(id);
    }
    let index = device.index();
    let found = index.find_facilities(text);
    let wanted = normal(text);
    let is_exact = |f: &&&Facility| normal(&f.name) == wanted || f.code.as_ref() == Some(&wanted);
    let exact: Vec<_> = found.iter().filter(is_exact).collect();
    match (found.as_slice(), exact.as_slice()) {
        ([one], _) => Ok(one.id.clone()),
        (_, [one]) => Ok(one.id.clone()),
        ([], _) => bail!("no facility is found by {text:?}"),
        _ => bail!("{} facilities are found by {text:?}: say which", found.len()),
    }
}

fn read_json(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    serde_json::from_slice(text).with_context(|| format!("{} is no JSON", path.display()))
}

/// What happened, for people.
pub fn message(e: &anyhow::Error) -> String {
    let call = e.downcast_ref::<CallError>().cloned();
    let call = call.or_else(|| e.downcast_ref::<SyncError>().map(|e| e.clone().into()));
    match (call, e.downcast_ref::<DeviceError>()) {
        (Some(call), _) => {
            let code = serde_json::to_value(call.code).ok().and_then(|c| c.as_str().map(str::to_owned));
            let params: Vec<_> = call.params.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("{}{}", code.unwrap_or_default(), params.concat())
        }
        (None, Some(e)) if e.is_full() => {
            "the disk is full: this was not saved, what was saved before is kept; make room and try again".to_owned()
        }
        (None, Some(DeviceError::InUse)) => "the store is in use by another process (is the window open?)".to_owned(),
        (None, _) => format!("{e:#}"),
    }
}
