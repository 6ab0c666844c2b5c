//! `docs/operations.md`, run as printed: every block of commands works, one after the other.

use std::{env, fs, process::Command};

use tempfile::TempDir;

use super::{run, top};
use crate::support::servers::{PostgresServer, free_port, programs};

/// Ends what the blocks left running, however they ended.
const CLEAN_UP: &str = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT";

#[tokio::test]
async fn every_block_of_the_operations_manual_works() {
    let server = PostgresServer::start(&[]);
    let home = TempDir::new().unwrap();
    let blocks = blocks();
    let script = format!("set -euxo pipefail\n{CLEAN_UP}\n{}", adapted(&blocks, server.port()));
    let program = env!("CARGO_BIN_EXE_claviger");
    let folders = [
        std::path::Path::new(program).parent().unwrap().display().to_string(),
        programs::postgres_folder().display().to_string(),
        env::var("PATH").unwrap(),
    ];

    fs::copy(top().join("tests/products/keycloak.json"), home.path().join("example-realm.json"))
        .unwrap();

    // A block that waits for a server which did not start would wait for ever.
    let printed = run(Command::new("timeout")
        .args(["120", "bash", "-c", &script])
        .current_dir(home.path())
        .env("PATH", folders.join(":")));

    assert!(blocks.len() > 10, "the manual has only {} blocks", blocks.len());
    let logs = ["claviger.log", "a.log", "b.log", "moved.log"];
    let logs = logs.map(|log| fs::read_to_string(home.path().join(log)).unwrap_or_default());
    assert!(printed.succeeded, "{}\n{}\n{logs:?}", printed.out, printed.err);
    assert!(printed.out.contains("Verified"), "{}", printed.out);
}

/// The commands in the manual's blocks, in order.
fn blocks() -> Vec<String> {
    let text = fs::read_to_string(top().join("docs/operations.md")).unwrap();
    let blocks = text.split("```sh\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0.to_owned()).collect()
}

/// The commands with this machine's names and numbers.
fn adapted(blocks: &[String], postgres: u16) -> String {
    let ports: Vec<u16> = (0..6).map(|_| free_port()).collect();
    // What the default configuration would take.
    let listen = format!(
        "export CLAVIGER_PUBLIC_LISTEN=127.0.0.1:{} CLAVIGER_INTERNAL_LISTEN=127.0.0.1:{}\n",
        ports[0], ports[1]
    );
    let mut script = listen + &blocks.join("\n");
    let numbers = ["8080", "8081", "8090", "8091", "8092", "8093"];
    for (index, number) in numbers.into_iter().enumerate() {
        script = script.replace(&format!(":{number}"), &format!(":{}", ports[index]));
    }
    script
        .replace("db.example.com:5432", &format!("127.0.0.1:{postgres}"))
        .replace(
            "PGHOST=db.example.com PGPORT=5432",
            &format!("PGHOST=127.0.0.1 PGPORT={postgres}"),
        )
        .replace("sslmode=verify-full", "sslmode=disable")
}
