//! Processes that end with the test that started them.

use std::{
    io::Read,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How long a process may take to get ready on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// One of our binaries: from `HUCE_BIN` (as `./x test` sets it), else beside this test's own.
pub fn binary(name: &str) -> Result<PathBuf> {
    let folder = match std::env::var_os("HUCE_BIN") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_exe()?.ancestors().nth(2).map(PathBuf::from).context("no folder of binaries")?,
    };
    let path = folder.join(name);
    if path.is_file() { Ok(path) } else { bail!("{} is not built: run ./x build", path.display()) }
}

/// A port that nobody listens on at this moment. Below the range from which the kernel takes the ports of outgoing
/// connections, and never the same one twice in a run, so that nothing of ours takes it before it is listened on.
pub fn free_port() -> Result<u16> {
    const FIRST: u16 = 20_000;
    const RANGE: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another run on this machine starts elsewhere.
    let start = (std::process::id() as u16).wrapping_mul(37);
    for _ in 0..RANGE {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % RANGE;
        if TcpListener::bind(("127.0.0.1", FIRST + offset)).is_ok() {
            return Ok(FIRST + offset);
        }
    }
    bail!("no free port")
}

/// A child process that is killed when it goes out of scope.
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts it; its output goes to the test's own when `HUCE_TEST_LOGS` is set.
    pub fn start(mut command: Command) -> Result<Self> {
        if std::env::var_os("HUCE_TEST_LOGS").is_none() {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Self::spawn(command)
    }

    /// Starts it; everything that it says goes to the end of this file.
    pub fn start_logged(mut command: Command, log: &Path) -> Result<Self> {
        let file = std::fs::File::options().create(true).append(true).open(log)?;
        command.stdout(file.try_clone()?).stderr(file);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        // A group of its own: what a driver starts in its turn ends with it.
        let child =
            command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { child, name })
    }

    /// Waits until somebody listens on this port of loopback.
    pub fn wait_for_port(&mut self, port: u16) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status} before it listened on {port}", self.name);
            }
            if Instant::now() > until {
                bail!("{} does not listen on {port}", self.name);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// SIGKILL: no last words, no flushing.
    pub fn kill(mut self) -> Result<()> {
        self.kill_group()?;
        self.child.wait()?;
        Ok(())
    }

    fn kill_group(&mut self) -> Result<()> {
        Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).stderr(Stdio::null()).status()?;
        Ok(())
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.kill_group();
        let _reaped = self.child.wait();
    }
}

/// Runs a command to its end; its standard output, and whether it said that it holds (exit code 0).
pub fn run(command: &mut Command) -> Result<(String, bool, String)> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("running {command:?}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&output.stdout), output.status.success(), text(&output.stderr)))
}

/// The running windows whose environment holds this variable: a driver started them on our behalf.
fn apps_with(variable: &str) -> Result<Vec<u32>> {
    let mut apps = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let mut environment = Vec::new();
        let read = std::fs::File::open(entry.path().join("environ")).and_then(|mut f| f.read_to_end(&mut environment));
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let ours = read.is_ok() && environment.split(|b| *b == 0).any(|var| var == variable.as_bytes());
        if ours && name.trim() == "huce" && is_alive(pid) {
            apps.push(pid);
        }
    }
    Ok(apps)
}

/// SIGKILL to every window with this variable; how many there were. Returns when they, and so their locks, are gone.
pub fn kill_apps_with(variable: &str) -> Result<usize> {
    let apps = apps_with(variable)?;
    for pid in &apps {
        Command::new("kill").args(["-KILL", &pid.to_string()]).status()?;
    }
    wait_for_apps_to_end(variable)?;
    Ok(apps.len())
}

/// Returns when no window with this variable runs any more.
pub fn wait_for_apps_to_end(variable: &str) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !apps_with(variable)?.is_empty() {
        if Instant::now() > until {
            bail!("a window with {variable} goes on running");
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Runs it still? One that is dead and not yet buried by its parent does not.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
    state.is_some_and(|state| state != "Z" && state != "X")
}
