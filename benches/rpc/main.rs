//! What a call costs, as ratios between workloads of one run.
//!
//! `cargo bench --bench rpc` starts the release binary on a temporary directory and a bare tonic server beside
//! it, the floor; runs the workloads in turn for several rounds, and prints throughput and the server's CPU
//! time per call. `cargo bench --bench rpc -- floor` compares with the floor alone, and `-- floor FILE` measures
//! another build of the server beside it. Trust the ratios of CPU time per call: they are stable when the
//! machine's speed drifts. On Linux the servers run on the first core and the clients on the others.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod callers;
#[allow(dead_code, unreachable_pub, reason = "shared with other benchmarks")]
#[path = "../support/cpu.rs"]
mod cpu;
#[allow(dead_code, unreachable_pub, reason = "shared with other benchmarks")]
#[path = "../support/figures.rs"]
mod figures;
mod floor;
mod server;
mod workload;

use std::{env, error::Error, process::ExitCode, time::Instant};

use claviger_proto::pb;
use tonic::transport::Channel;

use callers::{
    Caller, PASSWORD, health_caller, issue, login_caller, refresher, sign_up, validator,
};
use figures::spread;
use server::Server;
use workload::{Load, Workload};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: usize = 5;
/// The first argument of a process that is the floor.
const FLOOR_ARGUMENT: &str = "--floor";
/// Every client with a connection of its own.
const OWN: Load = Load::own(64);
/// Clients that share connections, as those of a backend do.
const SHARED: Load = Load { connections: 8, clients: 8 * 32 };

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
        Some(FLOOR_ARGUMENT) => serve_floor(arguments.next()),
        Some("floor") => measure_beside_floor(arguments.find(|it| it != "--bench")),
        _ => measure_all(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_floor(port: Option<String>) -> Outcome<()> {
    floor::serve(port.ok_or("the floor needs a port")?.parse()?)
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

fn measure_all() -> Outcome<()> {
    runtime()?.block_on(async {
        compare_with_floor(&[]).await?;
        quiet_server().await?;
        default_server().await
    })
}

fn measure_beside_floor(other: Option<String>) -> Outcome<()> {
    runtime()?.block_on(async {
        match other {
            Some(file) => compare_with_floor(&[Server::of_build(&file)?]).await,
            None => compare_with_floor(&[]).await,
        }
    })
}

/// `ValidateToken` of the default server, with its line in the log, beside an empty call of the floor.
async fn compare_with_floor(others: &[Server]) -> Outcome<()> {
    let (floor, server) = (Server::floor()?, Server::start(&[])?);
    let servers: Vec<&Server> = others.iter().chain([&server]).collect();
    let mut tokens = Vec::with_capacity(servers.len());
    for server in &servers {
        tokens.push(sign_up(server, 4).await?);
    }
    let mut measured =
        [(OWN, "64 connections"), (SHARED, "8 connections × 32")].map(|(load, over)| {
            let validate = servers
                .iter()
                .map(|it| Workload::new(format!("ValidateToken of {}, {over}", it.name)));
            (load, Workload::new(format!("the floor, {over}")), validate.collect::<Vec<_>>())
        });
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS} …");
        for (load, empty, validate) in &mut measured {
            empty.measure(&floor, health_callers(*load, floor.internal).await?).await?;
            for ((server, people), workload) in servers.iter().zip(&tokens).zip(validate) {
                workload.measure(server, validators(*load, server, people).await?).await?;
            }
        }
    }
    println!();
    for (_, empty, validate) in &measured {
        empty.print(empty);
        validate.iter().for_each(|it| it.print(empty));
    }
    Ok(())
}

async fn health_callers(load: Load, port: u16) -> Outcome<Vec<Caller>> {
    Ok(load.channels(port).await?.into_iter().map(health_caller).collect())
}

async fn validators(load: Load, server: &Server, people: &[pb::TokenPair]) -> Outcome<Vec<Caller>> {
    let mut tokens = Vec::with_capacity(people.len());
    for person in people {
        tokens.push(issue(server, person).await?);
    }
    let channels = load.channels(server.internal).await?.into_iter().enumerate();
    Ok(channels
        .map(|(it, channel)| validator(channel, tokens[it % tokens.len()].clone()))
        .collect())
}

async fn refreshers(server: &Server, people: &[pb::TokenPair]) -> Outcome<Vec<Caller>> {
    let mut callers = Vec::with_capacity(people.len());
    for person in people {
        callers.push(refresher(server, person).await?);
    }
    Ok(callers)
}

async fn login_callers(server: &Server, clients: usize) -> Outcome<Vec<Caller>> {
    let channels: Vec<Channel> = Load::own(clients).channels(server.public).await?;
    Ok(channels.into_iter().enumerate().map(|(it, channel)| login_caller(channel, it)).collect())
}

/// The cost of the calls themselves: without log lines, and with minimal password hashing.
async fn quiet_server() -> Outcome<()> {
    let cheap = ["--passwords-argon2-memory-kib", "8", "--passwords-argon2-iterations", "1"];
    let server = &Server::start(&[&["--log-level", "warn"], &cheap[..]].concat())?;
    let people = sign_up(server, 64).await?;
    let load = Load::own(32);
    let mut empty = Workload::new("the empty call of the same server (health check)");
    let mut validate = Workload::new("ValidateToken, token seen before");
    let mut refresh = Workload::new("RefreshTokens, durable, 64 clients");
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS} …");
        empty.measure(server, health_callers(load, server.internal).await?).await?;
        validate.measure(server, validators(load, server, &people).await?).await?;
        refresh.measure(server, refreshers(server, &people).await?).await?;
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
    sign_up(server, 2).await?;
    let mut login = Workload::new("Login with a password");
    let mut bare = Vec::new();
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS} …");
        login.measure(server, login_callers(server, 2).await?).await?;
        bare.push(bare_hash()?);
    }
    println!();
    let (_, hash, _) = spread(&bare);
    login.print(&login);
    println!(
        "  {hash:9.1} µs for a bare argon2id hash; a login costs {:.3} × this",
        login.cpu() / hash
    );
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
