//! The real program in a process of its own, for what cannot be seen from inside.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use claviger_proto::pb::token_service_client::TokenServiceClient;
use rustix::process::Pid;
use tonic::transport::Channel;

use super::{Home, Person, patience::holds_within_blocking, people::channel, servers::Frozen};

/// Hashes that cost little, unless a test asks for others.
const CHEAP: &[&str] =
    &["--passwords-argon2-memory-kib", "8", "--passwords-argon2-iterations", "1"];

/// Registration for anyone, unless a test says otherwise: at a URL of another machine it is closed.
const OPEN: &[&str] = &["--accounts-registration", "open"];

/// A running `claviger serve`. Killed when it goes out of scope.
pub struct Process {
    child: Child,
    log: PathBuf,
    pub public_port: u16,
    pub internal_port: u16,
}

impl Process {
    /// Starts the program in a home and waits until it is ready.
    pub fn start(home: &Home, flags: &[&str]) -> Self {
        let mut process = Self::launch(home, flags, &[]);
        process.wait_until_ready();
        process
    }

    /// Starts the program with environment variables as well.
    pub fn launch(home: &Home, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::launch_program(env!("CARGO_BIN_EXE_claviger"), home, flags, variables)
    }

    /// Starts another build of the program.
    pub fn launch_program(
        program: &str,
        home: &Home,
        flags: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let (public_port, internal_port) = free_ports();
        let log = home.folder().join("log");
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let child = Command::new(program)
            .arg("serve")
            .args(home.flags())
            .args(["--public-listen", &format!("127.0.0.1:{public_port}")])
            .args(["--internal-listen", &format!("127.0.0.1:{internal_port}")])
            .args(own_url(flags, public_port))
            .args(if flags.iter().any(|it| it.starts_with("--passwords-argon2")) {
                &[]
            } else {
                CHEAP
            })
            .args(if flags.contains(&"--accounts-registration") { &[] } else { OPEN })
            .args(flags)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, log, public_port, internal_port }
    }

    /// Waits until both ports answer.
    pub fn wait_until_ready(&mut self) {
        for port in [self.public_port, self.internal_port] {
            let in_time = holds_within_blocking(Duration::from_secs(30), || {
                if let Some(status) = self.child.try_wait().unwrap() {
                    panic!("the program ended with {status}:\n{}", self.log());
                }
                is_ready(port)
            });
            assert!(in_time, "not ready:\n{}", self.log());
        }
    }

    /// Everything the program has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the program as a power cut would (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the program to stop (SIGTERM).
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends the signal of this name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Lets the program hang until the answer is dropped.
    pub fn freeze(&self) -> Frozen {
        let id = i32::try_from(self.id()).unwrap();
        Frozen::with_descendants(Pid::from_raw(id).unwrap())
    }

    /// Waits for the program to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Somebody who has not signed in, on a connection of their own.
    pub fn stranger(&self) -> Person {
        Person::stranger(channel(self.public_port))
    }

    /// A backend on the internal port.
    pub fn backend(&self) -> TokenServiceClient<Channel> {
        TokenServiceClient::new(channel(self.internal_port))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the program's log:\n{}", self.log());
        }
    }
}

/// The address that people know, unless a test gives one, as replicas have one in common.
fn own_url(flags: &[&str], port: u16) -> Vec<String> {
    if flags.contains(&"--public-url") {
        return Vec::new();
    }
    vec!["--public-url".to_owned(), format!("http://localhost:{port}")]
}

/// Whether the program says so itself: it listens a little before it can answer.
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// Two ports that nobody listens on now. Both are held until both are known, so they differ.
fn free_ports() -> (u16, u16) {
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (first, second) = (listen(), listen());
    (first.local_addr().unwrap().port(), second.local_addr().unwrap().port())
}
