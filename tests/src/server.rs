//! A real `huce-server` on a folder and a port of its own. It can be stopped and started again on the same data.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    postgres,
    process::{Process, binary, free_port, run},
    s3,
};

/// A server's data and, while it runs, its process.
pub struct Server {
    folder: TempDir,
    /// Its data folder, when it is not in that one.
    data: Option<PathBuf>,
    port: u16,
    /// Where its database and photos are, when not in its folder: arguments.
    stores: Vec<String>,
    /// Of which server it is a hub.
    upstream: Option<String>,
    process: Option<Process>,
    /// Does it listen on every address, and so speak TLS?
    open: bool,
    /// Where everything goes that it says, at debug level.
    log: Option<PathBuf>,
    /// The only authority that its system knows.
    trusts: Option<PathBuf>,
}

impl Server {
    /// An empty server, not yet started.
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: TempDir::new()?,
            data: None,
            port: free_port()?,
            stores: Vec::new(),
            upstream: None,
            process: None,
            open: false,
            log: None,
            trusts: None,
        })
    }

    /// An empty server whose database is PostgreSQL and whose photos are in an S3 store, not yet started.
    pub fn on_servers() -> Result<Self> {
        let database = postgres::cluster().and_then(|c| c.database()).map_err(anyhow::Error::msg)?;
        let (photos, _) = s3::s3().and_then(|s3| s3.bucket()).map_err(anyhow::Error::msg)?;
        let stores = vec!["--database".to_owned(), database, "--photos".to_owned(), photos];
        Ok(Self { stores, ..Self::new()? })
    }

    /// Another process of the same server: the same stores and the same key, a folder and a port of its own.
    pub fn beside(&self) -> Result<Self> {
        let other = Self { stores: self.stores.clone(), ..Self::new()? };
        std::fs::create_dir_all(other.data())?;
        std::fs::copy(self.data().join("server.key"), other.data().join("server.key"))?;
        Ok(other)
    }

    /// A depot hub of a server, not yet started.
    pub fn hub_of(server: &Self) -> Result<Self> {
        Ok(Self { upstream: Some(server.url()), ..Self::new()? })
    }

    /// From its next start on it uses these stores.
    pub fn move_to(&mut self, stores: &[&str]) {
        self.stores = stores.iter().map(|s| (*s).to_owned()).collect();
    }

    /// A server with the demo district, not yet started.
    pub fn with_demo() -> Result<Self> {
        let server = Self::new()?;
        server.must(&["demo", "load"])?;
        Ok(server)
    }

    /// From its next start on it listens on every address of the machine, and so speaks TLS.
    pub fn in_the_open(mut self) -> Self {
        self.open = true;
        self
    }

    /// From its next start on it tells everything to this file.
    pub fn telling(mut self, log: PathBuf) -> Self {
        self.log = Some(log);
        self
    }

    /// From its next start on its system knows this authority (a PEM file) and no other.
    pub fn trusting(mut self, authority: PathBuf) -> Self {
        self.trusts = Some(authority);
        self
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| self.folder.path().join("data"))
    }

    /// From its next start on its data folder is here.
    pub fn put_at(&mut self, data: PathBuf) {
        self.data = Some(data);
    }

    /// Its address.
    pub fn url(&self) -> String {
        let scheme = if self.open { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it listens.
    pub fn start(&mut self) -> Result<()> {
        self.start_with(&[])
    }

    /// The same with more arguments.
    pub fn start_with(&mut self, more: &[&str]) -> Result<()> {
        let mut command = Command::new(binary("huce-server")?);
        command.arg("serve").arg("--data").arg(self.data()).args(&self.stores);
        let host = if self.open { "0.0.0.0" } else { "127.0.0.1" };
        command.args(["--listen", &format!("{host}:{}", self.port)]).args(more);
        if let Some(upstream) = &self.upstream {
            command.args(["--upstream", upstream]);
        }
        if let Some(authority) = &self.trusts {
            command.env("SSL_CERT_FILE", authority);
        }
        let mut process = match &self.log {
            Some(log) => {
                command.env("RUST_LOG", "debug");
                Process::start_logged(command, log)?
            }
            None => Process::start(command)?,
        };
        process.wait_for_port(self.port)?;
        self.process = Some(process);
        Ok(())
    }

    /// Pulls its plug: SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("the server does not run")?.kill()
    }

    /// The same, also when it has ended by itself or never began.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Runs a command of `huce-server` on this data: output and whether it held.
    pub fn command(&self, args: &[&str]) -> Result<(String, bool, String)> {
        run(Command::new(binary("huce-server")?).args(args).arg("--data").arg(self.data()).args(&self.stores))
    }

    /// Like [`Self::command`], and it must hold.
    pub fn must(&self, args: &[&str]) -> Result<String> {
        let (out, held, err) = self.command(args)?;
        if held { Ok(out) } else { bail!("huce-server {args:?} failed: {err}{out}") }
    }

    /// Like [`Self::must`], its output read as JSON.
    pub fn json(&self, args: &[&str]) -> Result<Value> {
        let out = self.must(args)?;
        serde_json::from_str(&out).with_context(|| format!("not JSON: {out}"))
    }

    /// A one-time enrolment code for somebody of the demo.
    pub fn code(&self, login: &str) -> Result<String> {
        Ok(self.must(&["demo", "code", "--login", login])?.trim().to_owned())
    }
}
