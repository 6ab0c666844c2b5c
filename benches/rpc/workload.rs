//! A workload, and what its rounds measured.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tonic::transport::Channel;

use super::{
    Outcome,
    callers::{Caller, connect},
    figures::spread,
    server::Server,
};

const ROUND: Duration = Duration::from_secs(2);

/// How many clients call at once, and over how many connections.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) clients: usize,
}

impl Load {
    /// As many clients, each with a connection of its own.
    pub(crate) const fn own(clients: usize) -> Self {
        Self { connections: clients, clients }
    }

    /// Opens the connections to a port, and hands one to each client.
    pub(crate) async fn channels(self, port: u16) -> Outcome<Vec<Channel>> {
        let mut open = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            open.push(connect(port).await?);
        }
        Ok((0..self.clients).map(|it| open[it % self.connections].clone()).collect())
    }
}

/// What its rounds measured.
pub(crate) struct Workload {
    name: String,
    per_second: Vec<f64>,
    cpu_micros: Vec<f64>,
}

impl Workload {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), per_second: Vec::new(), cpu_micros: Vec::new() }
    }

    /// One round. All callers call without a pause.
    pub(crate) async fn measure(&mut self, server: &Server, callers: Vec<Caller>) -> Outcome<()> {
        let (started, cpu_before) = (Instant::now(), server.cpu());
        let calls = run(callers, ROUND).await? as f64;
        self.per_second.push(calls / started.elapsed().as_secs_f64());
        self.cpu_micros.push((server.cpu() - cpu_before).as_secs_f64() * 1e6 / calls);
        Ok(())
    }

    /// The median CPU time of a call, in µs.
    pub(crate) fn cpu(&self) -> f64 {
        spread(&self.cpu_micros).1
    }

    pub(crate) fn print(&self, base: &Self) {
        let (low, middle, high) = spread(&self.per_second);
        let (cpu_low, cpu, cpu_high) = spread(&self.cpu_micros);
        let rate = middle / spread(&base.per_second).1;
        let ratio = cpu / base.cpu();
        println!("{}", self.name);
        println!("  {middle:9.0} calls/s ({low:.0} to {high:.0}), {rate:.2} × {}", base.name);
        println!("  {cpu:9.1} µs server CPU a call ({cpu_low:.1} to {cpu_high:.1}), {ratio:.2} ×");
    }
}

/// Calls for this long. Returns how many calls there were.
pub(crate) async fn run(callers: Vec<Caller>, time: Duration) -> Outcome<u64> {
    let (calls, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
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
    tokio::time::sleep(time).await;
    over.store(true, Ordering::Relaxed);
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    Ok(calls.load(Ordering::Relaxed))
}
