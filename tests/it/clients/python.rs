//! A client in Python, generated from `proto/`, with an authenticator of its own.

use super::{PASSWORD, run, server::Server, tool, top};

#[tokio::test]
async fn a_python_client_runs_the_whole_flow() {
    let server = Server::start().await;

    let printed = run(tool("venv/bin/python")
        .arg(top().join("tests/clients/python/flow.py"))
        .args(["--public", &server.public(), "--internal", &server.internal()])
        .args(["--proto".as_ref(), top().join("proto").as_os_str()])
        .args(["--password", PASSWORD])
        .env("PYTHONDONTWRITEBYTECODE", "1"));

    assert!(printed.succeeded, "{}\n{}", printed.out, printed.err);
    assert_eq!(printed.out.lines().last(), Some("The whole flow works."), "{}", printed.out);
}
