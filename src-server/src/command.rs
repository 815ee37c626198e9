//! The command line. Every call takes `--data DIR` and `--database URL`; results go to stdout, everything else to stderr.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use huce_core::{
    enrol_line::EnrolLine,
    event::spoken,
    ids::{GridId, PersonId},
    person::{Person, RoleIn},
};
use serde_json::json;

use crate::{
    app::{App, Places, system_clock},
    auth, bundle, demo,
    export::{self, Export},
    form::{self, FormCommand},
    hub, import, keeping, ledger, photos, recovery,
    routes::Fault,
    serve::{self, Options},
    store::{Address, devices, from_word, grids::Tree, people},
    tls::{self, Door, Proof},
};

/// Huce's central server 户策: tablets sync to it, the console runs on it.
#[derive(Debug, Parser)]
#[command(name = "huce-server", version)]
pub struct Arguments {
    /// The data folder: database, photos, the server's key.
    #[arg(long, global = true, value_name = "DIR", default_value = "huce-data")]
    pub data: PathBuf,
    /// The database: postgres://USER:PASSWORD@HOST/NAME; without it huce.db in the data folder. A password is better
    /// given in the environment, which other users of the machine do not see.
    #[arg(long, global = true, value_name = "URL", env = "HUCE_DATABASE", hide_env_values = true)]
    pub database: Option<Address>,
    /// The photos: s3://BUCKET/PREFIX?endpoint=URL&region=REGION, with the key in AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY or as s3://KEY:SECRET@BUCKET; without it the folder photos in the data folder.
    #[arg(long, global = true, value_name = "URL", env = "HUCE_PHOTOS", hide_env_values = true)]
    pub photos: Option<photos::Address>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Imports data.
    #[command(subcommand)]
    Import(Import),
    /// Takes data out.
    #[command(subcommand)]
    Export(Export),
    /// The figures of a day, week or month: printed, or as a workbook.
    Report(ledger::cli::ReportArgs),
    /// A ledger as a file: visits, plans, requests, facilities, households, grids.
    Ledger(ledger::cli::LedgerArgs),
    /// The demo district: invented grids, people, households and a season's history.
    #[command(subcommand)]
    Demo(Demo),
    /// People and their roles.
    #[command(subcommand)]
    Person(PersonCommand),
    /// Enrolment codes.
    #[command(subcommand)]
    Code(Code),
    /// What a tablet without a network wrote into a file.
    #[command(subcommand)]
    Bundle(Bundle),
    /// Tablets: who waits, letting in, taking away.
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Moves everything to another database and photo store. The server must be stopped; a move that was cut off goes on.
    Migrate(keeping::Migrate),
    /// Writes everything into one file; the server may run. Keep the file as you keep the server.
    Backup(keeping::Backup),
    /// Restores a backup into an empty data folder (and database).
    Restore(keeping::Restore),
    /// Checks that what is stored is what the devices signed.
    #[command(subcommand)]
    Audit(keeping::Audit),
    /// Forms: checked, converted, published, tried.
    #[command(subcommand)]
    Form(FormCommand),
    /// Lets an inspector in again who forgot the PIN.
    #[command(subcommand)]
    Escrow(recovery::Ask),
}

/// Runs the server.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8440")]
    pub listen: SocketAddr,
    /// A name or address under which it is reached; several times. Tablets are told the first.
    #[arg(long = "name", value_name = "HOST")]
    pub names: Vec<String>,
    /// A certificate, and what leads to its root, PEM; without it the server is its own authority.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The certificate's key, PEM.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Plain HTTP, also elsewhere than on loopback: a proxy in front speaks TLS, and nobody else can reach this address.
    #[arg(long, conflicts_with_all = ["cert", "names"])]
    pub behind_proxy: bool,
    /// So many seconds after it was made or read last, the certificate is made, or its files are read, anew.
    #[arg(long, value_name = "SECONDS", default_value_t = tls::RENEW_EVERY.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    pub renew_every: u64,
    /// Print `{"url", "port", "fingerprint"}` instead of the address alone.
    #[arg(long)]
    pub json: bool,
    /// Be a depot hub of this server: relay for tablets on a LAN without internet. Known from the first start on.
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// The code of `huce-server code new --hub`, for the first start as a hub.
    #[arg(long, requires = "upstream")]
    pub code: Option<String>,
}

impl Serve {
    fn door(&self) -> Door {
        let proof = match (self.behind_proxy, &self.cert, &self.key) {
            (true, ..) => Proof::Proxy,
            (false, Some(cert), Some(key)) => Proof::Files { cert: cert.clone(), key: key.clone() },
            _ => Proof::Own,
        };
        Door { names: self.names.clone(), proof }
    }
}

/// Imports data.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// A household register (.xlsx, .csv, .tsv).
    Register(import::cli::RegisterArgs),
    /// A register of facilities: stations, pipes, manholes, vehicles, what a building has (.xlsx, .csv, .tsv).
    Facilities(import::cli::RegisterArgs),
    /// Requests that another office hands over: hotline, city app (.xlsx, .csv, .tsv). What is open already is asked once more.
    Requests(import::cli::RegisterArgs),
    /// Grids: the tree, boundaries, addresses (.xlsx, .csv, .tsv, .geojson).
    Grids(import::grid::GridArgs),
}

/// The demo district.
#[derive(Debug, Subcommand)]
pub enum Demo {
    /// Loads it; what is there already stays.
    Load,
    /// Makes a whole season of a town in the data folder, which must be empty: by huce-season, which lies beside this program
    /// and has the engines of the tablets (docs/season.md).
    Season {
        /// Everything follows from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many households.
        #[arg(long, default_value_t = 6_000)]
        households: usize,
    },
    /// Prints a one-time enrolment code for a tablet of the demo.
    Code {
        /// Whose tablet.
        #[arg(long, default_value = demo::INSPECTOR)]
        login: PersonId,
    },
}

/// People.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Adds somebody, or changes name and roles. Prints a password once when there is none yet.
    Add {
        /// The login name.
        #[arg(long)]
        login: PersonId,
        /// The name to show.
        #[arg(long)]
        name: String,
        /// `ROLE:GRID`, several times: inspector, coordinator, crew_lead, dispatcher, administrator.
        #[arg(long = "role", value_name = "ROLE:GRID", required = true)]
        roles: Vec<String>,
    },
    /// Lists everybody, as JSON.
    List,
}

/// Bundles.
#[derive(Debug, Subcommand)]
pub enum Bundle {
    /// Takes one in, all of it or nothing, and writes the receipts for the tablet. Safe to repeat; the server may run.
    Import {
        /// The file that the tablet wrote.
        file: PathBuf,
        /// Where the receipts go; without it FILE.receipts.
        #[arg(long, value_name = "FILE")]
        receipts: Option<PathBuf>,
    },
}

/// Enrolment codes.
#[derive(Debug, Subcommand)]
pub enum Code {
    /// Prints a one-time code; with --url the whole line to hand over: address, code, and by what the tablet knows the
    /// server.
    New {
        /// Whose tablet.
        #[arg(long)]
        login: PersonId,
        /// For a depot hub: it carries the streams of this person's grids.
        #[arg(long)]
        hub: bool,
        /// The server's address as the tablet reaches it, for example https://depot.example:8440.
        #[arg(long)]
        url: Option<String>,
        /// The tablet that brings it is let in at once, without anybody comparing its key.
        #[arg(long)]
        approve: bool,
    },
}

/// Tablets.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Lists them, as JSON: state, last seen, what they have not sent, version, clock.
    List,
    /// Lets one in that waits.
    Approve(Which),
    /// Does not let one in that waits.
    Refuse(Which),
    /// Takes one's place away: it hands in what it has, and nothing else.
    Revoke(Which),
}

/// A tablet.
#[derive(Debug, Args)]
pub struct Which {
    /// Its identifier, as the tablet shows it; dashes do not matter.
    pub device: String,
}

/// Runs a command.
///
/// # Errors
/// When it did not hold; the text says why.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let places = Places { data: arguments.data, database: arguments.database, photos: arguments.photos };
    let arguments = match keeping::run(arguments.command, &places).await? {
        keeping::Ran::Done(code) => return Ok(code),
        keeping::Ran::NotMine(command) => *command,
    };
    if let Command::Serve(how) = arguments {
        return serve(places, how).await.map(|()| ExitCode::SUCCESS);
    }
    if let Command::Form(command) = arguments {
        return form::run(command, &places).await;
    }
    if let Command::Export(what) = arguments {
        return export::run(what, &places).await.map(|()| ExitCode::SUCCESS);
    }
    if let Command::Report(args) = arguments {
        return ledger::cli::report(args, &places).await.map(|()| ExitCode::SUCCESS);
    }
    if let Command::Ledger(args) = arguments {
        return ledger::cli::ledger(args, &places).await.map(|()| ExitCode::SUCCESS);
    }
    if let Command::Demo(Demo::Season { seed, households }) = arguments {
        return season(&places, seed, households);
    }
    let app = App::open(&places, system_clock()).await?;
    hub::must_be_server(&app)?;
    let done = match arguments {
        Command::Serve(_)
        | Command::Migrate(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Audit(_)
        | Command::Form(_)
        | Command::Export(_)
        | Command::Report(_)
        | Command::Ledger(_)
        | Command::Demo(Demo::Season { .. })
        | Command::Escrow(_) => ExitCode::SUCCESS,
        Command::Bundle(Bundle::Import { file, receipts }) => {
            let (taken, signed) = bundle::import(&app, &file).await?;
            let to = receipts.unwrap_or_else(|| PathBuf::from(format!("{}.receipts", file.display())));
            std::fs::write(&to, serde_json::to_vec(&signed)?).with_context(|| to.display().to_string())?;
            println!("{}", json!({ "taken": taken, "receipts": to }));
            ExitCode::SUCCESS
        }
        Command::Import(Import::Register(args)) => import::cli::register(&app, &args).await,
        Command::Import(Import::Facilities(args)) => import::cli::facilities(&app, &args).await,
        Command::Import(Import::Requests(args)) => import::cli::requests(&app, &args).await,
        Command::Import(Import::Grids(args)) => import::grid::run(&app, &args).await,
        Command::Demo(Demo::Load) => {
            demo::load(&app).await?;
            println!("{}", demo::LOGINS);
            ExitCode::SUCCESS
        }
        Command::Demo(Demo::Code { login }) => {
            println!("{}", code(&app, &login, For::Tablet { approves: true }).await?);
            ExitCode::SUCCESS
        }
        Command::Code(Code::New { login, hub, url, approve }) => {
            let whose = if hub { For::Hub } else { For::Tablet { approves: approve } };
            let code = code(&app, &login, whose).await?;
            let fingerprint = tls::known_fingerprint(&places.data)?;
            println!("{}", url.map_or(code.clone(), |url| EnrolLine { url, code, fingerprint }.to_string()));
            ExitCode::SUCCESS
        }
        Command::Device(command) => {
            device(&app, command).await?;
            ExitCode::SUCCESS
        }
        Command::Person(PersonCommand::Add { login, name, roles }) => {
            add(&app, login, name, &roles).await?;
            ExitCode::SUCCESS
        }
        Command::Person(PersonCommand::List) => {
            let all = people::list(&mut *app.store.pool().acquire().await?, app.now_ms()).await?;
            println!("{}", serde_json::to_string_pretty(&all)?);
            ExitCode::SUCCESS
        }
    };
    app.store.close().await;
    Ok(done)
}

/// Hands over to the program that has tablets: the server knows none (`xtask check`).
fn season(places: &Places, seed: u64, households: usize) -> Result<ExitCode> {
    if places.database.is_some() || places.photos.is_some() {
        bail!("a season is made in a data folder: without --database and --photos");
    }
    let program = std::env::current_exe()?.with_file_name(format!("huce-season{}", std::env::consts::EXE_SUFFIX));
    let mut command = std::process::Command::new(&program);
    command.arg("make").arg("--data").arg(&places.data);
    command.args(["--seed", &seed.to_string(), "--households", &households.to_string()]);
    let ended = command.status().with_context(|| format!("{} cannot be started", program.display()))?;
    Ok(if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For what a code is.
enum For {
    Tablet { approves: bool },
    Hub,
}

async fn code(app: &App, login: &PersonId, whose: For) -> Result<String> {
    let known = people::person(&mut *app.store.pool().acquire().await?, login, app.now_ms()).await?;
    if known.is_none() {
        bail!("there is nobody with the login {login}");
    }
    let given = match whose {
        For::Hub => auth::give_hub_code(app, login).await,
        For::Tablet { approves } => auth::give_code(app, login, approves).await,
    };
    Ok(given.map_err(words)?.0)
}

async fn device(app: &App, command: DeviceCommand) -> Result<()> {
    let lines = devices::lines(&mut *app.store.pool().acquire().await?).await?;
    let known = |which: &Which| {
        let plain: String = which.device.chars().filter(|c| *c != '-').collect::<String>().to_lowercase();
        let line = lines.iter().find(|line| line.device.as_str() == plain);
        line.with_context(|| format!("there is no tablet {}", which.device))
    };
    let mut write = app.store.write().await?;
    let (line, done) = match &command {
        DeviceCommand::List => {
            println!("{}", serde_json::to_string_pretty(&lines)?);
            return Ok(());
        }
        DeviceCommand::Approve(which) => {
            let line = known(which)?;
            (line, devices::approve(&mut write, &line.device, app.now_ms()).await?)
        }
        DeviceCommand::Refuse(which) => {
            let line = known(which)?;
            if line.approved {
                bail!("{} was let in; to take its place away: device revoke", which.device);
            }
            (line, devices::revoke(&mut write, &line.device, app.now_ms()).await?)
        }
        DeviceCommand::Revoke(which) => {
            let line = known(which)?;
            (line, devices::revoke(&mut write, &line.device, app.now_ms()).await?)
        }
    };
    write.commit().await?;
    if !done {
        bail!("{} ({}) is not in that state: see device list", spoken(&line.device), line.person);
    }
    Ok(())
}

async fn serve(places: Places, how: Serve) -> Result<()> {
    if let Some(upstream) = &how.upstream {
        let app = hub::open(&places, system_clock(), upstream, how.code.as_deref()).await?;
        app.store.close().await;
    }
    let renew_every = Duration::from_secs(how.renew_every);
    let options = Options { places, listen: how.listen, door: how.door(), clock: system_clock(), renew_every };
    let running = serve::start(options).await?;
    let (url, port) = (running.url(), running.addr.port());
    let fingerprint = running.app.way.fingerprint.clone();
    if let Some(fingerprint) = &fingerprint {
        tracing::info!(tls.fingerprint = fingerprint, "tablets know this server by its authority");
    }
    if how.json {
        println!("{}", json!({ "url": url, "port": port, "fingerprint": fingerprint }));
    } else {
        println!("{url}");
    }
    std::io::stdout().flush()?;
    let relay = match &running.app.hub {
        Some(here) => {
            let up = Arc::new(hub::up::OverHttp::new(&here.upstream, &running.app.data)?);
            Some(tokio::spawn(hub::relay::run(running.app.clone(), up)))
        }
        None => None,
    };
    asked_to_stop().await?;
    tracing::info!("stopping");
    if let Some(relay) = relay {
        relay.abort();
        let _aborted = relay.await;
    }
    running.shutdown().await?;
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
///
/// # Errors
/// When the system tells no signals.
#[cfg(unix)]
pub async fn asked_to_stop() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        stopped = tokio::signal::ctrl_c() => Ok(stopped?),
    }
}

/// Waits for Ctrl-C.
///
/// # Errors
/// When the system tells no signals.
#[cfg(not(unix))]
pub async fn asked_to_stop() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}

async fn add(app: &App, id: PersonId, name: String, roles: &[String]) -> Result<()> {
    let mut conn = app.store.pool().acquire().await?;
    let tree = Tree::load(&mut conn).await?;
    let role_in = |text: &String| {
        let (role, grid) = text.split_once(':').with_context(|| format!("{text} is not ROLE:GRID"))?;
        let role = from_word(role).with_context(|| format!("there is no role {role}"))?;
        let grid = GridId::new(grid)?;
        if !tree.has(&grid) {
            bail!("there is no grid {grid}");
        }
        Ok(RoleIn { role, grid })
    };
    let roles = roles.iter().map(role_in).collect::<Result<_>>()?;
    let had = people::password(&mut conn, id.as_str()).await?;
    drop(conn);
    let password = match had {
        Some(_) => None,
        None => Some(auth::secret(9).map_err(words)?),
    };
    let hash = match &password {
        Some(password) => Some(auth::hash_password(password).await.map_err(words)?),
        None => None,
    };
    let mut write = app.store.write().await?;
    people::save(&mut write, &Person { id, name, roles }, hash.as_deref(), app.now_ms()).await?;
    write.commit().await?;
    if let Some(password) = password {
        println!("{password}");
    }
    Ok(())
}

fn words(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{}", serde_json::to_string(&fault.refused).unwrap_or(fault.refused.code))
}
