//! The server as a process of its own, and what it used: its processor time and memory, its database's processor time.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use huce_server::app::{App, Places, system_clock};
use huce_tests::{
    postgres::{self, Cluster},
    process::{Process, binary, free_port},
    s3,
};

use crate::Scale;

/// Where a part's server keeps its things.
pub struct Site {
    data: PathBuf,
    database: Option<String>,
    photos: Option<String>,
    cluster: Option<&'static Cluster>,
}

impl Site {
    /// Empty places.
    pub fn new(scale: &Scale, kind: &str, place: &Path) -> Self {
        let data = place.join("server");
        if kind == "sqlite" {
            return Self { data, database: None, photos: None, cluster: None };
        }
        let cluster = postgres::durable_cluster().unwrap();
        let photos = scale.s3.then(|| s3::s3().and_then(|s3| s3.bucket()).unwrap().0);
        Self { data, database: Some(cluster.database().unwrap()), photos, cluster: Some(cluster) }
    }

    /// Opens it here, to fill it.
    pub async fn open(&self) -> App {
        let mut places = Places::folder(&self.data);
        places.database = self.database.as_ref().map(|url| url.parse().unwrap());
        places.photos = self.photos.as_ref().map(|url| url.parse().unwrap());
        App::open(&places, system_clock()).await.unwrap()
    }

    /// Starts its process; it listens when this returns.
    pub fn start(&self) -> Running {
        let port = free_port().unwrap();
        let mut command = Command::new(binary("huce-server").unwrap());
        command.arg("--data").arg(&self.data).args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        command.envs(self.database.iter().map(|url| ("HUCE_DATABASE", url)));
        command.envs(self.photos.iter().map(|url| ("HUCE_PHOTOS", url)));
        let mut process = Process::start(command).unwrap();
        process.wait_for_port(port).unwrap();
        let postmaster = self.cluster.map(|c| c.postmaster().unwrap());
        Running { url: format!("http://127.0.0.1:{port}"), process, postmaster }
    }
}

/// A server that runs.
pub struct Running {
    pub url: String,
    process: Process,
    postmaster: Option<u32>,
}

/// A moment.
pub struct Mark {
    at: Instant,
    server_s: f64,
    database_s: f64,
}

/// What was used between a moment and now.
pub struct Used {
    pub wall_s: f64,
    pub server_s: f64,
    pub database_s: f64,
    /// The server's resident memory at its most, MB.
    pub rss_mb: f64,
}

impl Used {
    pub fn cpu_s(&self) -> f64 {
        self.server_s + self.database_s
    }
}

impl Running {
    pub fn mark(&self) -> Mark {
        let (server_s, database_s) = self.cpu();
        Mark { at: Instant::now(), server_s, database_s }
    }

    pub fn since(&self, mark: &Mark) -> Used {
        let (server_s, database_s) = self.cpu();
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let kb = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
        Used {
            wall_s: mark.at.elapsed().as_secs_f64(),
            server_s: server_s - mark.server_s,
            database_s: database_s - mark.database_s,
            rss_mb: kb.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1000.0,
        }
    }

    /// Seconds of processor time so far: of the server, and of PostgreSQL with all of its processes, ended ones too.
    fn cpu(&self) -> (f64, f64) {
        let all = processes();
        let server = all.get(&self.process.id()).map_or(0.0, |p| p.own_s);
        let Some(root) = self.postmaster else { return (server, 0.0) };
        let of = all.iter().filter(|(pid, p)| **pid == root || p.parent == root);
        (server, of.map(|(pid, p)| p.own_s + if *pid == root { p.ended_s } else { 0.0 }).sum())
    }
}

struct Proc {
    parent: u32,
    own_s: f64,
    /// Of its children that have ended.
    ended_s: f64,
}

fn processes() -> BTreeMap<u32, Proc> {
    let ticks = 100.0; // USER_HZ, on every Linux that we know
    let read = |entry: std::fs::DirEntry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let seconds = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0) / ticks;
        let parent = fields.get(1)?.parse().ok()?;
        Some((pid, Proc { parent, own_s: seconds(11) + seconds(12), ended_s: seconds(13) + seconds(14) }))
    };
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(read).collect()
}

pub fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
