//! An S3 server of the tests' own (`s3s-fs`, built by `./x setup`): a process with a folder and a port of its own, a
//! bucket a test. It ends with the process that started it, however that ends.
//!
//! The server's unit tests include this file as well, so it needs nothing but the standard library.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// `setpriv` sends TERM to this shell when the thread that started it ends.
const SCRIPT: &str = r#"
server=$1 port=$2 dir=$3 s3=
trap '[ -z "$s3" ] || kill "$s3"' TERM INT HUP
setpriv --pdeathsig KILL "$server" --host 127.0.0.1 --port "$port" --access-key tests --secret-key not-so-secret "$dir/buckets" >"$dir/log" 2>&1 &
s3=$!
wait "$s3"
wait "$s3" 2>/dev/null
rm -rf "$dir"
"#;

/// A running S3 server.
pub struct S3 {
    folder: PathBuf,
    port: u16,
}

/// The S3 server of this process, started when it is first asked for.
///
/// # Errors
/// When `s3s-fs` is not installed or does not start.
pub fn s3() -> Result<&'static S3, String> {
    static S3: OnceLock<Result<S3, String>> = OnceLock::new();
    S3.get_or_init(S3::start).as_ref().map_err(Clone::clone)
}

impl S3 {
    fn start() -> Result<Self, String> {
        let server = binary().ok_or("s3s-fs is not installed: run ./x setup")?;
        let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let name = format!("huce-s3-{}-{}", std::process::id(), stamp.as_nanos() % 1_000_000_000);
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join("buckets")).map_err(|e| format!("{}: {e}", folder.display()))?;
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_err(|e| e.to_string())?;
        let port = free.port();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "sh", "-c", SCRIPT, "sh"]).arg(server).arg(port.to_string()).arg(&folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // The signal comes when the thread ends that started it, so that must be one that lasts as long as we do.
        thread::spawn(move || command.spawn().and_then(|mut child| child.wait()));
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                let said = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(format!("s3s-fs does not start: {said}"));
            }
            thread::sleep(Duration::from_millis(30));
        }
        Ok(Self { folder, port })
    }

    /// A new, empty bucket: its address, and the folder in which the server keeps its objects, to look and to tamper.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn bucket(&self) -> Result<(String, PathBuf), String> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("bucket{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = self.folder.join("buckets").join(&name);
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok((format!("s3://tests:not-so-secret@{name}?endpoint=http://127.0.0.1:{}", self.port), folder))
    }
}

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let cache = std::env::var_os("HUCE_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/huce")));
    folders.extend(cache.map(|cache| cache.join("tools/bin")));
    folders.into_iter().map(|folder| folder.join("s3s-fs")).find(|file| file.is_file())
}
