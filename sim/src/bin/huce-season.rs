//! `./x season`: makes a season, shows one day of it.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Result;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use huce_core::clock::parse_day;
use huce_device::clock::{Clock, SystemClock};
use huce_server::{
    app::Places,
    command::asked_to_stop,
    serve::{self, Options},
    tls::{self, Door, Proof},
};
use huce_sim::season::{self, Settings};
use serde_json::json;

/// A season of a town's heating, from a seed · 模拟一个采暖季
#[derive(Debug, Parser)]
#[command(name = "huce-season", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes one in a folder that holds no server's data yet.
    Make(Make),
    /// Runs the server on a season that was made; its clock goes on from the season's end.
    Serve(Serve),
}

#[derive(Debug, Args)]
struct Make {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "huce-season")]
    data: PathBuf,
    /// Everything follows from it.
    #[arg(long, default_value_t = Settings::default().seed)]
    seed: u64,
    /// How many households.
    #[arg(long, default_value_t = Settings::default().households)]
    households: usize,
    /// The first day, YYYY-MM-DD.
    #[arg(long, value_name = "DAY", value_parser = day, default_value_t = Settings::default().first)]
    first: NaiveDate,
    /// The last day.
    #[arg(long, value_name = "DAY", value_parser = day, default_value_t = Settings::default().last)]
    last: NaiveDate,
    /// The hour of the last day at which it ends.
    #[arg(long, value_name = "HOUR", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24))]
    until_hour: u32,
}

#[derive(Debug, Args)]
struct Serve {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "huce-season")]
    data: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8441")]
    listen: SocketAddr,
}

fn day(text: &str) -> Result<NaiveDate, String> {
    parse_day(text).ok_or_else(|| format!("{text} is not YYYY-MM-DD"))
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Make(ask) => make(&ask),
        Command::Serve(ask) => tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(ask)),
    }
}

fn make(ask: &Make) -> Result<()> {
    let Make { seed, households, first, last, until_hour, .. } = *ask;
    let settings = Settings { seed, households, first, last, until_hour };
    let made = season::make(&settings, &ask.data, |day, acts| eprint!("\r{day} {acts} "))?;
    eprintln!();
    println!("{}", serde_json::to_string_pretty(&made)?);
    Ok(())
}

async fn serve(ask: Serve) -> Result<()> {
    let made = season::made(&ask.data)?;
    let behind_ms = made.made_ms - made.end_ms;
    let running = serve::start(Options {
        places: Places::folder(&ask.data),
        listen: ask.listen,
        door: Door { names: Vec::new(), proof: Proof::Own },
        clock: Arc::new(move || SystemClock.now_ms() - behind_ms),
        renew_every: tls::RENEW_EVERY,
    })
    .await?;
    println!("{}", json!({ "url": running.url(), "now_ms": running.app.now_ms() }));
    asked_to_stop().await?;
    running.shutdown().await?;
    Ok(())
}
