//! The real `claviger agent` in a process of its own.

use std::{
    fs::File,
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

use super::{
    SECOND,
    echo::{Answer, ask},
    patience::wait_until,
    servers::{free_port, haproxy::answers, programs},
};

/// A running agent, for the audience `shop` unless said otherwise. Killed when it goes out of scope.
pub struct Agent {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Agent {
    /// Starts an agent that follows the server with this internal port, and waits until it listens.
    pub async fn launch(server: u16, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let flags = [&["--audience", "shop"], flags].concat();
        let agent = Self::spawn(server, &flags, variables);
        wait_until("the agent listens", 30 * SECOND, async || answers(agent.port)).await;
        agent
    }

    /// Starts an agent with these flags, which must end by itself; returns how, and what it printed.
    pub async fn end(server: u16, flags: &[&str]) -> (Option<i32>, String) {
        let mut agent = Self::spawn(server, flags, &[]);
        let ends = async || agent.child.try_wait().unwrap().is_some();
        wait_until("the agent ends", 30 * SECOND, ends).await;
        (agent.child.wait().unwrap().code(), agent.log())
    }

    fn spawn(server: u16, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let (folder, port) = (programs::folder("agent"), free_port());
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_claviger"))
            .arg("agent")
            .args(["--server", &format!("http://127.0.0.1:{server}")])
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(flags)
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, folder, port }
    }

    /// The same, and waits until it has heard everything.
    pub async fn start(server: u16, flags: &[&str]) -> Self {
        let agent = Self::launch(server, flags, &[]).await;
        agent.wait_until_ready().await;
        agent
    }

    /// Waits until it has heard everything.
    pub async fn wait_until_ready(&self) {
        let is_ready = async || self.get("/readyz").await.status == 200;
        wait_until("the agent is ready", 30 * SECOND, is_ready).await;
    }

    /// One of its pages.
    pub async fn get(&self, path: &str) -> Answer {
        ask(self.port, "GET", path, &[]).await
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything it has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the agent's log:\n{}", self.log());
        }
    }
}
