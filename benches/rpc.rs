//! What a call costs, as ratios between workloads of one run against one server process.
//!
//! `cargo bench --bench rpc` starts the release binary on a temporary directory, runs the workloads
//! in turn for several rounds, and prints throughput and the server's CPU time per call. Trust the
//! ratios of CPU time per call: they are stable when the machine's speed drifts. On Linux the
//! server runs on the first core and the clients on the others.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{
    error::Error,
    fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use claviger_proto::pb::{
    self, auth_service_client::AuthServiceClient, token_service_client::TokenServiceClient,
};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const AUDIENCE: &str = "backend";
const PASSWORD: &str = "correct horse battery staple";

fn main() -> Outcome<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        quiet_server().await?;
        default_server().await
    })
}

/// The cost of the calls themselves: without log lines, and with minimal password hashing.
async fn quiet_server() -> Outcome<()> {
    let cheap = ["--passwords-argon2-memory-kib", "8", "--passwords-argon2-iterations", "1"];
    let server = &Server::start(&[&["--log-level", "warn"], &cheap[..]].concat())?;
    let people = sign_up(server, 64).await?;
    let mut empty = Workload::new("empty unary RPC (health check)", 32);
    let mut validate = Workload::new("ValidateToken, token seen before", 32);
    let mut refresh = Workload::new("RefreshTokens, durable, 64 clients", 64);
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS} …");
        empty.measure(server, |_| health_caller(server)).await?;
        validate.measure(server, |it| validator(server, &people[it % people.len()])).await?;
        refresh.measure(server, |it| refresher(server, &people[it])).await?;
    }
    println!();
    for workload in [&empty, &validate, &refresh] {
        workload.print(&empty);
    }
    Ok(())
}

/// The server with its defaults: a log line per call, and hashes with the default parameters.
async fn default_server() -> Outcome<()> {
    let server = &Server::start(&[])?;
    let people = sign_up(server, 2).await?;
    let mut empty = Workload::new("empty unary RPC (health check, which has no line)", 32);
    let mut validate = Workload::new("ValidateToken, with its line in the log", 32);
    let mut login = Workload::new("Login with a password", 2);
    let mut bare = Vec::new();
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS} …");
        empty.measure(server, |_| health_caller(server)).await?;
        validate.measure(server, |it| validator(server, &people[it % people.len()])).await?;
        login.measure(server, |it| login_caller(server, it)).await?;
        bare.push(bare_hash()?);
    }
    println!();
    let (_, hash, _) = spread(&bare);
    for workload in [&empty, &validate, &login] {
        workload.print(&empty);
    }
    let (_, cpu, _) = spread(&login.cpu_micros);
    println!("  {hash:9.1} µs for a bare argon2id hash; a login costs {:.3} × this", cpu / hash);
    Ok(())
}

/// The fastest of 20 bare argon2id hashes with the default parameters, in µs.
fn bare_hash() -> Outcome<f64> {
    let parameters = argon2::Params::new(19456, 2, 1, Some(32)).map_err(|it| it.to_string())?;
    let mut memory = vec![argon2::Block::default(); parameters.block_count()];
    let argon2 =
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    let mut fastest = f64::INFINITY;
    for _ in 0..20 {
        let started = Instant::now();
        let mut output = [0; 32];
        argon2
            .hash_password_into_with_memory(
                PASSWORD.as_bytes(),
                b"sixteen byte salt",
                &mut output,
                &mut memory,
            )
            .map_err(|it| it.to_string())?;
        fastest = fastest.min(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(fastest)
}

async fn login_caller(server: &Server, number: usize) -> Outcome<Caller> {
    let client = AuthServiceClient::new(connect(server.public).await?);
    Ok(Box::new(move || {
        let mut client = client.clone();
        Box::pin(async move {
            let username = format!("person{number}");
            client
                .login(pb::LoginRequest {
                    username,
                    password: PASSWORD.to_owned(),
                    ..Default::default()
                })
                .await?;
            Ok(())
        })
    }))
}

/// The release binary on free ports, pinned to its own core if the system allows it.
struct Server {
    child: Child,
    _directory: tempfile::TempDir,
    public: u16,
    internal: u16,
}

impl Server {
    fn start(flags: &[&str]) -> Outcome<Self> {
        let directory = tempfile::TempDir::new()?;
        let (public, internal) = (free_port()?, free_port()?);
        let child = Command::new(env!("CARGO_BIN_EXE_claviger"))
            .arg("serve")
            .arg("--data-directory")
            .arg(directory.path())
            .args(["--public-listen", &format!("127.0.0.1:{public}")])
            .args(["--internal-listen", &format!("127.0.0.1:{internal}")])
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child, _directory: directory, public, internal };
        server.pin("0");
        let others = format!("1-{}", std::thread::available_parallelism()?.get().max(2) - 1);
        pin(std::process::id(), &others);
        server.wait()?;
        Ok(server)
    }

    fn pin(&self, cores: &str) {
        pin(self.child.id(), cores);
    }

    fn wait(&self) -> Outcome<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", self.internal)).is_err() {
            if Instant::now() > deadline {
                return Err("the server did not start within 20 seconds".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// CPU time the server has used so far (proc(5), fields 14 and 15, in ticks of 10 ms).
    fn cpu(&self) -> Duration {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let ticks: u64 = stat
            .rsplit(") ")
            .next()
            .into_iter()
            .flat_map(|rest| rest.split(' ').skip(11).take(2))
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        Duration::from_millis(ticks * 10)
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

async fn connect(port: u16) -> Outcome<Channel> {
    Ok(Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?.connect().await?)
}

async fn sign_up(server: &Server, people: usize) -> Outcome<Vec<pb::TokenPair>> {
    let mut client = AuthServiceClient::new(connect(server.public).await?);
    let mut pairs = Vec::with_capacity(people);
    for number in 0..people {
        let request = pb::RegisterRequest {
            username: format!("person{number}"),
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        let answer = client.register(request).await?.into_inner();
        pairs.push(answer.tokens.ok_or("no tokens")?);
    }
    Ok(pairs)
}

/// One client's endless calls.
type Caller = Box<dyn FnMut() -> futures_util::future::BoxFuture<'static, Outcome<()>> + Send>;

async fn health_caller(server: &Server) -> Outcome<Caller> {
    let client = HealthClient::new(connect(server.internal).await?);
    Ok(Box::new(move || {
        let mut client = client.clone();
        Box::pin(async move {
            client.check(HealthCheckRequest { service: String::new() }).await?;
            Ok(())
        })
    }))
}

/// A token for the backend that validates it.
async fn issue(server: &Server, tokens: &pb::TokenPair) -> Outcome<String> {
    let mut client = AuthServiceClient::new(connect(server.public).await?);
    let mut request =
        tonic::Request::new(pb::IssueAccessTokenRequest { audience: AUDIENCE.to_owned() });
    let bearer = format!("Bearer {}", tokens.access_token).parse()?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(client.issue_access_token(request).await?.into_inner().access_token)
}

async fn validator(server: &Server, tokens: &pb::TokenPair) -> Outcome<Caller> {
    let client = TokenServiceClient::new(connect(server.internal).await?);
    let access_token = issue(server, tokens).await?;
    Ok(Box::new(move || {
        let mut client = client.clone();
        let access_token = access_token.clone();
        Box::pin(async move {
            let request = pb::ValidateTokenRequest {
                access_token,
                required_audience: AUDIENCE.to_owned(),
                ..Default::default()
            };
            let answer = client.validate_token(request).await?.into_inner();
            if answer.verdict() != pb::TokenVerdict::Active
                && answer.verdict() != pb::TokenVerdict::Revoked
            {
                return Err("the token was not judged".into());
            }
            Ok(())
        })
    }))
}

async fn refresher(server: &Server, tokens: &pb::TokenPair) -> Outcome<Caller> {
    let mut client = AuthServiceClient::new(connect(server.public).await?);
    // A new session per round: the tokens of the previous one were rotated.
    let request = pb::LoginRequest {
        username: tokens_owner(server, tokens).await?,
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let pair = client.login(request).await?.into_inner().tokens.ok_or("no tokens")?;
    let token = Arc::new(std::sync::Mutex::new(pair.refresh_token));
    Ok(Box::new(move || {
        let mut client = client.clone();
        let token = token.clone();
        Box::pin(async move {
            let refresh_token = token.lock().map_err(|_| "poisoned")?.clone();
            let request = pb::RefreshTokensRequest { refresh_token, ..Default::default() };
            let pair = client.refresh_tokens(request).await?.into_inner().tokens;
            *token.lock().map_err(|_| "poisoned")? = pair.ok_or("no tokens")?.refresh_token;
            Ok(())
        })
    }))
}

async fn tokens_owner(server: &Server, tokens: &pb::TokenPair) -> Outcome<String> {
    use pb::account_service_client::AccountServiceClient;
    let mut client = AccountServiceClient::new(connect(server.public).await?);
    let mut request = tonic::Request::new(pb::GetAccountRequest {});
    let bearer = format!("Bearer {}", tokens.access_token).parse()?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(client.get_account(request).await?.into_inner().account.ok_or("no account")?.username)
}

/// A workload and what its rounds measured.
struct Workload {
    name: &'static str,
    clients: usize,
    per_second: Vec<f64>,
    cpu_micros: Vec<f64>,
}

impl Workload {
    fn new(name: &'static str, clients: usize) -> Self {
        Self { name, clients, per_second: Vec::new(), cpu_micros: Vec::new() }
    }

    async fn measure<F: Future<Output = Outcome<Caller>>>(
        &mut self,
        server: &Server,
        caller: impl Fn(usize) -> F,
    ) -> Outcome<()> {
        let mut callers = Vec::with_capacity(self.clients);
        for number in 0..self.clients {
            callers.push(caller(number).await?);
        }
        let (calls, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (started, cpu_before) = (Instant::now(), server.cpu());
        let mut tasks = tokio::task::JoinSet::new();
        for mut caller in callers {
            let (calls, over) = (calls.clone(), over.clone());
            tasks.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    caller().await?;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Ok(())
            });
        }
        tokio::time::sleep(ROUND).await;
        over.store(true, Ordering::Relaxed);
        while let Some(result) = tasks.join_next().await {
            result??;
        }
        let calls = calls.load(Ordering::Relaxed) as f64;
        self.per_second.push(calls / started.elapsed().as_secs_f64());
        self.cpu_micros.push((server.cpu() - cpu_before).as_secs_f64() * 1e6 / calls);
        Ok(())
    }

    fn print(&self, base: &Self) {
        let (low, middle, high) = spread(&self.per_second);
        let (cpu_low, cpu, cpu_high) = spread(&self.cpu_micros);
        let (_, base_rate, _) = spread(&base.per_second);
        let (_, base_cpu, _) = spread(&base.cpu_micros);
        println!("{}", self.name);
        println!(
            "  {middle:9.0} calls/s ({low:.0} to {high:.0}), {:.2} × the empty RPC",
            middle / base_rate
        );
        println!(
            "  {cpu:9.1} µs server CPU a call ({cpu_low:.1} to {cpu_high:.1}), {:.2} ×",
            cpu / base_cpu
        );
    }
}

/// Minimum, median and maximum.
fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1])
}
