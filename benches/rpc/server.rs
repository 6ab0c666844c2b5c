//! The processes that are measured, on free ports and on a core of their own.

use std::{
    env,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{FLOOR_ARGUMENT, Outcome, cpu};

/// A server, ended when this is dropped.
pub(crate) struct Server {
    /// Which build it is.
    pub(crate) name: String,
    child: Child,
    _directory: tempfile::TempDir,
    pub(crate) public: u16,
    pub(crate) internal: u16,
}

impl Server {
    /// The release binary with these flags.
    pub(crate) fn start(flags: &[&str]) -> Outcome<Self> {
        Self::claviger(Command::new(env!("CARGO_BIN_EXE_claviger")), flags)
    }

    /// The server in this file.
    pub(crate) fn of_build(file: &str) -> Outcome<Self> {
        let mut server = Self::claviger(Command::new(file), &[])?;
        server.name = file.to_owned();
        Ok(server)
    }

    /// The bare tonic server.
    pub(crate) fn floor() -> Outcome<Self> {
        let port = free_port()?;
        let mut program = Command::new(env::current_exe()?);
        program.arg(FLOOR_ARGUMENT).arg(port.to_string());
        Self::spawn(&mut program, tempfile::TempDir::new()?, (port, port))
    }

    fn claviger(mut program: Command, flags: &[&str]) -> Outcome<Self> {
        let directory = tempfile::TempDir::new()?;
        let (public, internal) = (free_port()?, free_port()?);
        program
            .arg("serve")
            .arg("--data-directory")
            .arg(directory.path())
            .args(["--public-listen", &format!("127.0.0.1:{public}")])
            .args(["--internal-listen", &format!("127.0.0.1:{internal}")])
            .args(flags);
        Self::spawn(&mut program, directory, (public, internal))
    }

    fn spawn(
        program: &mut Command,
        directory: tempfile::TempDir,
        (public, internal): (u16, u16),
    ) -> Outcome<Self> {
        // A pipe with a reader, as a log has it, would cost the machine more than the server.
        let child = program.stderr(Stdio::null()).spawn()?;
        let name = "this build".to_owned();
        let server = Self { name, child, _directory: directory, public, internal };
        pin(server.child.id(), "0");
        let others = format!("1-{}", thread::available_parallelism()?.get().max(2) - 1);
        pin(std::process::id(), &others);
        server.wait()?;
        Ok(server)
    }

    fn wait(&self) -> Outcome<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.internal)).is_err() {
            if Instant::now() > deadline {
                return Err("the server did not start within 20 seconds".into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// CPU time that the server's threads have used so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu::of_threads(Path::new(&format!("/proc/{}", self.child.id())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pin(process: u32, cores: &str) {
    let pinned = Command::new("taskset")
        .args(["-a", "-p", "-c", cores, &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !pinned.is_ok_and(|status| status.success()) {
        println!("note: process {process} is not pinned to cores {cores}");
    }
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
