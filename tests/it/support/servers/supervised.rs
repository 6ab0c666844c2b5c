//! A server process under a small shell that outlives the test and ends the server with it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{holds_in_time, programs};

/// Starts the server (`$3` and on) and waits for it. Standard input is a pipe that only the test
/// holds: when it closes, by a drop, the end of the process or SIGKILL, the server is sent `$1`
/// and its folder is removed. A server that does not listen within ten seconds is killed.
const SUPERVISOR: &str = r#"
signal=$1 folder=$2
shift 2
# What runs in the background has /dev/null for standard input, so the pipe gets another number.
exec 3<&0
"$@" </dev/null >>"$folder/log" 2>&1 3<&- &
server=$!
ends_in_time() {
    for _ in $(seq 200); do
        kill -0 "$1" || return 0
        sleep 0.05
    done
    return 1
}
(
    read -r _ <&3
    trap '' TERM
    kill -s "$signal" "$server"
    ends_in_time "$server" || kill -s KILL "$server"
    # A PostgreSQL that Patroni has started is nobody's child.
    if postmaster=$(head -n 1 "$folder/data/postmaster.pid"); then
        kill -s QUIT "$postmaster"
        ends_in_time "$postmaster" || kill -s KILL "$postmaster"
    fi
    rm -rf "$folder"
) >/dev/null 2>&1 &
watcher=$!
echo "$server"
wait "$server"
status=$?
kill "$watcher"
wait "$watcher"
exit "$status"
"#;

/// A running server and its shell.
pub struct Supervised {
    shell: Child,
    server: Pid,
    folder: PathBuf,
}

impl Supervised {
    /// Starts `command`. `signal` is the one that ends it at once; its output goes to `folder`/log.
    pub fn start(command: &Command, signal: &str, folder: &Path) -> Self {
        let mut shell = programs::command("/bin/sh");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        let mut shell = shell
            .args(["-c", SUPERVISOR, "supervisor", signal])
            .arg(folder)
            .arg(command.get_program())
            .args(command.get_args())
            // Ctrl-C in a terminal reaches every process of the test's group; the shell must stay.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        Self { shell, server, folder: folder.to_owned() }
    }

    /// Waits until the server is ready, and fails with its log if it ends or takes too long.
    pub fn wait_until(&mut self, mut is_ready: impl FnMut() -> bool) {
        let shell = &mut self.shell;
        let mut ended = None;
        let in_time = holds_in_time(|| {
            ended = shell.try_wait().unwrap();
            ended.is_some() || is_ready()
        });
        if let Some(status) = ended {
            panic!("the server ended with {status}:\n{}", self.log());
        }
        assert!(in_time, "the server is not ready:\n{}", self.log());
    }

    /// The process id of the server.
    pub fn server(&self) -> Pid {
        self.server
    }

    /// Sends the server a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.server, signal).unwrap();
    }

    /// Waits until the server has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let shell = &mut self.shell;
        let mut ended = None;
        holds_in_time(|| {
            ended = shell.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap_or_else(|| panic!("the server does not end:\n{}", self.log()))
    }

    /// What the server has printed so far.
    pub fn log(&self) -> String {
        read_log(&self.folder)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.folder.display(), self.log());
        }
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// What the servers of a folder have printed so far.
pub fn read_log(folder: &Path) -> String {
    String::from_utf8_lossy(&fs::read(folder.join("log")).unwrap_or_default()).into_owned()
}

/// Kills processes and all their descendants as a power cut would: nobody gets to tidy up or to
/// start anybody anew.
pub fn kill_with_descendants(roots: &[Pid]) {
    let doomed = stop_with_descendants(roots);
    for &process in &doomed {
        let _ = kill_process(process, Signal::KILL);
    }
    assert!(holds_in_time(|| !doomed.iter().any(|it| is_alive(*it))), "a killed process lives on");
}

/// Stops processes and all their descendants where they are, and says which they are.
fn stop_with_descendants(roots: &[Pid]) -> Vec<Pid> {
    let mut stopped: Vec<Pid> = Vec::new();
    let mut found = roots.to_vec();
    // Who is stopped starts nobody; so the search ends.
    while !found.is_empty() {
        for &process in &found {
            let _ = kill_process(process, Signal::STOP);
        }
        stopped.append(&mut found);
        found = children_of(&stopped);
        found.retain(|it| !stopped.contains(it));
    }
    stopped
}

/// Processes that hang, as on a machine that does, until this is dropped.
pub struct Frozen(Vec<Pid>);

impl Frozen {
    /// Stops a process and its descendants.
    pub fn with_descendants(root: Pid) -> Self {
        let stopped = stop_with_descendants(&[root]);
        // A thread that works stops a moment after the signal was sent.
        assert!(holds_in_time(|| !stopped.iter().any(|it| runs(*it))), "a stopped process runs");
        Self(stopped)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for &process in &self.0 {
            let _ = kill_process(process, Signal::CONT);
        }
    }
}

/// Whether a process exists and is more than an entry that its parent has not read yet.
fn is_alive(process: Pid) -> bool {
    stat(process.as_raw_nonzero().get()).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// Whether any thread of a process is neither stopped nor ended.
fn runs(process: Pid) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())) else {
        return false;
    };
    let mut states = threads.flatten().filter_map(|thread| stat_in(&thread.path().join("stat")));
    states.any(|(state, _)| !matches!(state.as_str(), "T" | "t" | "Z" | "X"))
}

fn children_of(parents: &[Pid]) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| {
            stat(*process).is_some_and(|(_, parent)| {
                parents.iter().any(|it| it.as_raw_nonzero().get() == parent)
            })
        })
        .filter_map(Pid::from_raw)
        .collect()
}

/// The state and the parent of a process.
fn stat(process: i32) -> Option<(String, i32)> {
    stat_in(Path::new(&format!("/proc/{process}/stat")))
}

fn stat_in(file: &Path) -> Option<(String, i32)> {
    let text = fs::read_to_string(file).ok()?;
    // The name stands in brackets and may hold anything, brackets and spaces too.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}
