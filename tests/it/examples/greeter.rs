//! A running example, and somebody who calls it.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpStream,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    str::FromStr as _,
    sync::Mutex,
    time::Duration,
};

use http::uri::PathAndQuery;
use rustix::process::{Pid, Signal};
use tonic::{
    Request, Response, Status,
    metadata::{AsciiMetadataKey, MetadataValue},
    transport::Channel,
};
use tonic_prost::ProstCodec;

use super::manual::{Manual, shell};
use crate::support::{
    patience::wait_until, people::channel, servers::free_port, toolchains::succeed,
};

/// How long an example may take to start. Go's is compiled first.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long an answer may take. The examples wait for Claviger's for two seconds.
const ANSWER: Duration = Duration::from_secs(20);

#[derive(Clone, PartialEq, prost::Message)]
struct GreetRequest {}

#[derive(Clone, PartialEq, prost::Message)]
struct GreetResponse {
    #[prost(string, tag = "1")]
    subject: String,
}

/// A running example. Killed when it goes out of scope.
pub(super) struct Greeter {
    child: Child,
    port: u16,
    channel: Channel,
}

impl Greeter {
    /// Starts the example as the README says and waits until it listens.
    pub(super) async fn start(language: &str, claviger: u16, audience: &str) -> Self {
        let port = free_port();
        let child = command(language, claviger, audience, port).spawn().unwrap();
        let mut greeter = Self { child, port, channel: channel(port) };
        wait_until("the example listens", PATIENCE, async || {
            let ended = greeter.child.try_wait().unwrap();
            assert!(ended.is_none(), "the example in {language} ended: {ended:?}");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        })
        .await;
        greeter
    }

    /// Where it listens, on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Asks for a greeting; answers with the id of the account that the example knows.
    pub(super) async fn greet(&self, metadata: &[(&str, &str)]) -> Result<String, Status> {
        let mut request = Request::new(GreetRequest {});
        for (name, value) in metadata {
            let name = AsciiMetadataKey::from_str(name).unwrap();
            request.metadata_mut().append(name, MetadataValue::try_from(*value).unwrap());
        }
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/greeter.v1.Greeter/Greet");
        let answer = client.unary(request, path, ProstCodec::default());
        let answer: Response<GreetResponse> =
            tokio::time::timeout(ANSWER, answer).await.expect("an answer in time")?;
        Ok(answer.into_inner().subject)
    }
}

impl Drop for Greeter {
    fn drop(&mut self) {
        // With those that the command itself has started, as `go run` does.
        let group = Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Starts the example with settings that it must refuse; returns what it printed.
pub(super) async fn refused(language: &str, claviger: u16, audience: &str, key: &str) -> String {
    let (port, log) = (free_port(), tempfile::NamedTempFile::new().unwrap());
    let child = command(language, claviger, audience, port)
        .env("SERVICE_KEY", key)
        .stderr(log.reopen().unwrap())
        .spawn()
        .unwrap();
    let mut greeter = Greeter { child, port, channel: channel(port) };
    let ends = async || greeter.child.try_wait().unwrap().is_some();
    wait_until("the example ends", PATIENCE, ends).await;
    let said = fs::read_to_string(log.path()).unwrap();
    assert_eq!(greeter.child.wait().unwrap().code(), Some(1), "{language}: {said}");
    said
}

/// What starts the example, after what comes before the start.
fn command(language: &str, claviger: u16, audience: &str, port: u16) -> Command {
    let commands = Manual::read().block(language);
    let (preparation, command) = commands.rsplit_once('\n').unwrap();
    prepare(language, preparation);
    // The folder is part of the preparation.
    let mut shell = shell(&format!("cd {language}\n{command}"));
    shell
        .env("CLAVIGER", format!("127.0.0.1:{claviger}"))
        .env("AUDIENCE", audience)
        .env("LISTEN", format!("127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .process_group(0);
    shell
}

/// Runs what comes before the start, once: it writes into the example's folder.
fn prepare(language: &str, commands: &str) {
    static PREPARED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut prepared = PREPARED.lock().unwrap();
    if prepared.insert(language.to_owned()) {
        succeed(&mut shell(commands));
    }
}
