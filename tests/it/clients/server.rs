//! The server as an operator starts it: the binary, a data directory, two ports.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. It is killed when it goes out of scope.
pub(super) struct Server {
    child: Child,
    public: SocketAddr,
    internal: SocketAddr,
    log: PathBuf,
    // Removed when the server is.
    _home: TempDir,
}

impl Server {
    /// Starts the binary on free ports and waits until it is ready.
    pub(super) fn start() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let log = home.path().join("log");
        let (public, internal) = free_ports();
        let Some(program) = option_env!("CARGO_BIN_EXE_claviger") else {
            panic!("the package has no binary named claviger");
        };
        let child = Command::new(program)
            .arg("serve")
            .args(["--data-directory".as_ref(), home.path().join("data").as_os_str()])
            .args(["--public-listen", &public.to_string()])
            .args(["--internal-listen", &internal.to_string()])
            .args(["--public-url", &format!("http://localhost:{}", public.port())])
            .env_clear()
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log file"))
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let mut server = Self { child, public, internal, log, _home: home };
        server.wait_until_ready();
        server
    }

    /// Where people's clients call.
    pub(super) fn public(&self) -> String {
        self.public.to_string()
    }

    /// Where backends call.
    pub(super) fn internal(&self) -> String {
        self.internal.to_string()
    }

    fn wait_until_ready(&mut self) {
        let started = Instant::now();
        while !is_ready(self.public) {
            let ended = self.child.try_wait().expect("the server's state");
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "the server does not serve ({ended:?}):\n{}",
                fs::read_to_string(&self.log).unwrap_or_default()
            );
            // Another program is waited for, so there is no clock of ours to move.
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left to do when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("server log:\n{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// Two ports nobody listens on. Both are held until both are known, so they differ.
fn free_ports() -> (SocketAddr, SocketAddr) {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (first, second) = (listen(), listen());
    let address = |it: &TcpListener| it.local_addr().expect("a bound address");
    (address(&first), address(&second))
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|it| it.starts_with("HTTP/1.1 200"))
}
