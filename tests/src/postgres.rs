//! A PostgreSQL of the tests' own: one cluster a test process in a temporary folder, reached through a socket in that
//! folder, one database a test. It ends with the process that started it, however that ends.
//!
//! The server's unit tests include this file as well, so it needs nothing but the standard library.

use std::{
    fmt::Write as _,
    fs,
    net::TcpListener,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Whom the cluster runs as when we are root: `initdb` refuses root. Debian's `nobody` and `nogroup`.
const NOBODY: u32 = 65534;

/// `setpriv` sends TERM to this shell when the thread that started it ends; then PostgreSQL stops and the folder goes.
/// Sorting by Chinese rules is the default here, so that whatever needs byte order has to say so.
const SCRIPT: &str = r#"
bin=$1 dir=$2 durable=$3 pg= dead=
shift 3
trap 'dead=1; [ -z "$pg" ] || kill -INT "$pg"' TERM INT HUP
"$bin/initdb" -D "$dir/data" -U huce -A trust -E UTF8 --locale-provider=icu --icu-locale=zh --no-sync >"$dir/log" 2>&1
if [ $? = 0 ] && [ -z "$dead" ]; then
  setpriv --pdeathsig QUIT "$bin/postgres" -D "$dir/data" -k "$dir" -h '' -c max_connections=400 \
    -c fsync="$durable" -c full_page_writes="$durable" -c shared_buffers=64MB -c max_wal_size=256MB "$@" >>"$dir/log" 2>&1 &
  pg=$!
  wait "$pg"
  wait "$pg" 2>/dev/null
fi
touch "$dir/ended"
[ -z "$dead" ] || rm -rf "$dir"
"#;

/// A running cluster.
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    /// The port of loopback on which it speaks TLS; without it only the socket is open.
    tls: Option<u16>,
}

/// The cluster of this process, started when it is first asked for.
///
/// # Errors
/// When PostgreSQL is not installed or does not start: says which package is missing, or what it said.
pub fn cluster() -> Result<&'static Cluster, String> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(false, None)).as_ref().map_err(Clone::clone)
}

/// Another one, that waits for the disk as in earnest: for measuring.
///
/// # Errors
/// See [`cluster`].
pub fn durable_cluster() -> Result<&'static Cluster, String> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(true, None)).as_ref().map_err(Clone::clone)
}

impl Cluster {
    /// One of its own that also listens on loopback, with this certificate and key (PEM).
    ///
    /// # Errors
    /// See [`cluster`].
    pub fn with_tls(cert: &str, key: &str) -> Result<Self, String> {
        Self::start(false, Some((cert, key)))
    }

    fn start(durable: bool, tls: Option<(&str, &str)>) -> Result<Self, String> {
        let bin = binaries().ok_or("PostgreSQL is not installed; as root: apt-get install postgresql")?;
        let is_root = fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
        // The temporary folder of root's test run is closed to others.
        let above = if is_root { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let folder = above.join(format!("huce-pg-{}-{}", std::process::id(), stamp.as_nanos() % 1_000_000_000));
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]);
        if is_root {
            chown(&folder, Some(NOBODY), Some(NOBODY)).map_err(|e| format!("{}: {e}", folder.display()))?;
            command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
        }
        command.args(["sh", "-c", SCRIPT, "sh"]).arg(&bin).arg(&folder);
        command.arg(if durable { "on" } else { "off" }).current_dir(&folder);
        let mut port = None;
        if let Some((cert, key)) = tls {
            for (name, text) in [("server.crt", cert), ("server.key", key)] {
                let path = folder.join(name);
                let failed = |e| format!("{}: {e}", path.display());
                fs::write(&path, text).map_err(failed)?;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
                if is_root {
                    chown(&path, Some(NOBODY), Some(NOBODY)).map_err(failed)?;
                }
            }
            let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_err(|e| e.to_string())?;
            port = Some(free.port());
            command.args(["-h", "127.0.0.1", "-p", &free.port().to_string(), "-c", "ssl=on"]);
            for (name, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
                command.arg("-c").arg(format!("{name}={}", folder.join(file).display()));
            }
        }
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // The signal comes when the thread ends that started it, so that must be one that lasts as long as we do.
        thread::spawn(move || command.spawn().and_then(|mut child| child.wait()));
        let cluster = Self { bin, folder, tls: port };
        let until = Instant::now() + Duration::from_secs(60);
        while cluster.sql("postgres", "SELECT 1").is_err() {
            if cluster.folder.join("ended").exists() || Instant::now() > until {
                let said = fs::read_to_string(cluster.folder.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL does not start: {said}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(cluster)
    }

    /// A new, empty database: its address.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn database(&self) -> Result<String, String> {
        let name = self.new_database()?;
        let mut host = String::new();
        for byte in self.folder.to_string_lossy().bytes() {
            let _ = write!(host, "%{byte:02X}");
        }
        Ok(format!("postgres://huce@localhost/{name}?host={host}"))
    }

    /// A new, empty database of a cluster that speaks TLS: its address by name, without a word about TLS.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn database_over_tls(&self) -> Result<String, String> {
        let port = self.tls.ok_or("this cluster speaks no TLS")?;
        Ok(format!("postgres://huce@localhost:{port}/{}", self.new_database()?))
    }

    fn new_database(&self) -> Result<String, String> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// The process number of the cluster's first process; the others are its children.
    ///
    /// # Errors
    /// When the file that says so cannot be read.
    pub fn postmaster(&self) -> Result<u32, String> {
        let said = fs::read_to_string(self.folder.join("data/postmaster.pid")).map_err(|e| e.to_string())?;
        said.lines().next().and_then(|line| line.parse().ok()).ok_or("no process number".to_owned())
    }

    /// Runs a statement in a database of this cluster, past everything that we have built.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String, String> {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "huce", "-d", database, "-c", statement]);
        command.args(self.tls.map(|port| format!("--port={port}")));
        let output = command.arg("-h").arg(&self.folder).stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

/// The newest installed PostgreSQL, as Debian and Ubuntu lay it out.
fn binaries() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path());
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = folders.filter_map(|path| Some((version(&path)?, path.join("bin")))).max()?.1;
    newest.join("initdb").is_file().then_some(newest)
}
