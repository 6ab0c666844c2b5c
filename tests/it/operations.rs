//! What operators run into: the real program, its files, its limits and its end.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::support::{Home, PASSWORD, Process, patience::wait_until, people::channel};

/// How long a server may take to start on a busy machine.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// An HTTP/2 preface with empty settings, after which the peer says nothing more.
const DEAF: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const NOT_SERVING: i32 = 2;

/// Runs the program to its end.
fn run(home: &Home, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(home.flags()).args(arguments);
    command.args(["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"]);
    command.output().unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_may_touch_any_file_whatever_the_umask() {
    let home = Home::on_sqlite();
    let script = format!("umask 000; exec '{}' \"$@\"", env!("CARGO_BIN_EXE_claviger"));
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh", "serve", "--data-directory"])
        .arg(home.data())
        .args(["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .spawn()
        .unwrap();
    let wal = home.data().join("claviger.db-wal");
    wait_until("the database is open", HALF_A_MINUTE, async || wal.exists()).await;

    assert_eq!(mode(&home.data()), 0o700);
    for file in std::fs::read_dir(home.data()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_second_server_on_the_same_data_does_not_start_and_commands_do() {
    let home = Home::on_sqlite();
    let first = Process::start(&home, &[]);

    let second = run(&home, &["serve"]);
    let keys = run(&home, &["keys", "list"]);

    assert_eq!(second.status.code(), Some(1));
    let words = String::from_utf8(second.stderr).unwrap();
    assert!(words.contains("Another Claviger server uses the database"), "{words}");
    assert!(keys.status.success());
    first.stranger().register("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn deaf_peers_and_open_streams_do_not_hold_up_a_shutdown() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &[]);
    let mut deaf = TcpStream::connect(("127.0.0.1", process.public_port)).unwrap();
    deaf.write_all(DEAF).unwrap();
    deaf.read_exact(&mut [0]).unwrap();
    let mut health = HealthClient::new(channel(process.internal_port));
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap();

    let asked = Instant::now();
    process.terminate();
    let next = watch.message().await.unwrap().unwrap();
    let end = watch.message().await;
    let status = process.wait();

    assert_eq!(next.status, NOT_SERVING);
    assert_eq!(end.unwrap_err().code(), tonic::Code::Unavailable);
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(15), "it waited for the whole drain timeout");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_raises_its_limit_on_open_files() {
    let home = Home::on_sqlite();
    let script = format!("ulimit -S -n 64; exec '{}' \"$@\"", env!("CARGO_BIN_EXE_claviger"));
    let log = home.folder().join("log");
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh", "serve", "--data-directory"])
        .arg(home.data())
        .args(["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let serves = async || std::fs::read_to_string(&log).unwrap().contains("serving");
    wait_until("it serves", HALF_A_MINUTE, serves).await;

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<_> = line["Max open files".len()..].split_whitespace().collect();
    assert_eq!(numbers[0], numbers[1], "{line}");
}

#[tokio::test]
async fn a_database_that_others_may_read_is_pointed_out() {
    let home = Home::on_sqlite();
    Process::start(&home, &[]).kill();
    let database = home.file();
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();

    let process = Process::start(&home, &[]);

    assert!(process.log().contains("other users can read the database"), "{}", process.log());
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_refused_at_start() {
    let home = Home::on_sqlite();
    Process::start(&home, &[]).kill();
    // The owner of all files may write to any file, but nobody to a directory.
    let database = home.file();
    std::fs::remove_file(&database).unwrap();
    std::fs::create_dir(&database).unwrap();

    let refused = run(&home, &["serve"]);

    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("Cannot use") && said.contains("claviger.db"), "{said}");
}

#[test]
fn an_invalid_configuration_exits_with_2_and_a_valid_one_shows_no_secret() {
    let home = Home::on_sqlite();
    let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISEhISE=";
    let config = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        command.args(arguments).args(home.flags());
        command.env("CLAVIGER_SECRETS_KEY_ENCRYPTION_KEY", secret).output().unwrap()
    };

    for command in [&["config", "check"][..], &["config", "print"], &["serve"], &["keys", "list"]] {
        let bad = ["--limits-connections", "many", "--log-level", "loud"];
        let refused = config(&[command, &bad].concat());

        let words = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{command:?}: {words}");
        assert!(words.contains("limits.connections") && words.contains("log.level"), "{words}");
    }
    for command in [["config", "check"], ["config", "print"]] {
        let accepted = config(&command);

        let printed = String::from_utf8([accepted.stdout, accepted.stderr].concat()).unwrap();
        assert_eq!(accepted.status.code(), Some(0), "{command:?}: {printed}");
        assert!(!printed.is_empty() && !printed.contains(secret), "{printed}");
    }
    assert!(!home.data().exists(), "something was opened");
}

#[test]
fn a_command_line_that_names_no_command_exits_with_2_and_starts_nothing() {
    for arguments in [&[][..], &["serv"], &["keys"], &["keys", "rotat"], &["--log-level", "info"]] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));

        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();

        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?}");
    }
}
