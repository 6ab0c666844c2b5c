//! What only the agent has: a server that goes away and comes back.

use std::process::Command;

use super::scene::{bearer, customer, customer_in, server};
use crate::support::{
    Person, SECOND, TestApp,
    agent::Agent,
    backends::Tokens,
    echo::{Answer, ask},
    patience::wait_until,
    servers::free_port,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_goes_on_for_the_grace_and_then_denies() {
    let app = server(&[]).await;
    // The server's last word may be five seconds old when it goes, and this machine may be busy.
    let agent = Agent::start(app.internal_port(), &["--grace", "15s"]).await;
    let alice = customer(&app, "alice").await;

    app.stop().await;
    let within = decided(&agent, &alice).await;
    let degraded = agent.get("/readyz").await;
    let is_over = async || decided(&agent, &alice).await.status == 403;
    wait_until("the grace is over", 40 * SECOND, is_over).await;
    let unready = agent.get("/readyz").await;
    let says_so = async || agent.log().contains("for longer than the grace");
    wait_until("the agent says so", 5 * SECOND, says_so).await;

    assert_eq!(within.status, 200);
    assert_eq!(degraded.status, 200);
    assert_eq!(unready.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_told_to_goes_on_without_the_server() {
    let app = server(&[]).await;
    let flags = ["--grace", "1s", "--stale-policy", "fail-open"];
    let agent = Agent::start(app.internal_port(), &flags).await;
    let alice = customer(&app, "alice").await;

    app.stop().await;
    let is_long_ago = async || silence(&agent).await > 2.0;
    wait_until("the grace is over", 20 * SECOND, is_long_ago).await;

    assert_eq!(decided(&agent, &alice).await.status, 200);
    assert_eq!(agent.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_starts_before_the_server_and_denies_until_it_is_there() {
    let (public, internal) = (free_port(), free_port());
    let mut agent = Agent::launch(internal, &[], &[]).await;
    let says_so = async || agent.log().contains("every request is denied until");
    wait_until("the agent says so", 20 * SECOND, says_so).await;
    let (unready, live) = (agent.get("/readyz").await, agent.get("/healthz").await);
    let early =
        ask(agent.port(), "GET", "/v1/forward-auth", &[("authorization", "Bearer a")]).await;

    let (public, internal) = (format!("127.0.0.1:{public}"), format!("127.0.0.1:{internal}"));
    let settings = [
        ("public.listen", public.as_str()),
        ("internal.listen", &internal),
        ("tokens.audiences", "shop"),
    ];
    let app = TestApp::start_today(&settings).await;
    agent.wait_until_ready().await;
    let alice = customer(&app, "alice").await;
    let passed = decided(&agent, &alice).await;

    assert_eq!((unready.status, live.status), (503, 200));
    assert_eq!(early.status, 403);
    assert_eq!(passed.status, 200);
    assert_eq!(passed.header("x-claviger-subject"), alice.account.id);
    assert!(agent.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_lets_tokens_for_its_audience_pass_and_no_others() {
    let app = server(&[]).await;
    let agent = Agent::start(app.internal_port(), &[]).await;
    let tokens = Tokens::of(&app.registered("alice").await).await;
    let issuer = format!("http://localhost:{}", app.public_port());
    let ask = async |query: &str, token: &str| {
        let path = format!("/v1/forward-auth{query}");
        ask(agent.port(), "GET", &path, &[("authorization", &format!("Bearer {token}"))]).await
    };

    for query in ["", "?audience=shop"] {
        assert_eq!(ask(query, &tokens.own).await.status, 200, "{query}");
        for (whose, token) in &tokens.foreign {
            assert_eq!(ask(query, token).await.status, 401, "{whose}");
        }
    }
    // Only its own audience was asked of the server, and no route may name another.
    for audience in ["bank", "warehouse", &issuer] {
        let query = format!("?audience={audience}");
        assert_eq!(ask(&query, &tokens.own).await.status, 403, "{audience}");
        for (whose, token) in &tokens.foreign {
            assert_eq!(ask(&query, token).await.status, 403, "{whose} as {audience}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_demands_its_groups_where_the_gateway_names_none() {
    let app = server(&[]).await;
    let agent = Agent::start(app.internal_port(), &["--group", "staff,admins"]).await;
    let alice = customer_in(&app, "alice", "staff").await;
    let bob = customer_in(&app, "bob", "support").await;
    let status = async |query: &str, headers: &[(&str, &str)]| {
        ask(agent.port(), "GET", &format!("/v1/forward-auth{query}"), headers).await.status
    };

    for (query, of_alice, of_bob) in [("", 200, 403), ("?group=support", 403, 200)] {
        for (person, expected) in [(&alice, of_alice), (&bob, of_bob)] {
            let answer = status(query, &[("authorization", &bearer(person))]).await;
            assert_eq!(answer, expected, "{query}");
        }
    }
    assert_eq!(status("", &[]).await, 401);
    assert_eq!(status("?anonymous=allow", &[]).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_ends_when_the_server_does_not_have_its_audience() {
    let app = server(&[]).await;
    let issuer = format!("http://localhost:{}", app.public_port());

    for audience in ["warehouse", "SHOP", &issuer] {
        let (code, said) = Agent::end(app.internal_port(), &["--audience", audience]).await;

        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("does not accept the audience"), "{said}");
        assert!(said.contains(&format!("{audience:?}")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_ends_when_its_service_account_may_not_ask_about_its_audience() {
    let app = server(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, app.account_for("bank", &["bank"]).await).unwrap();
    let flags = ["--audience", "shop", "--service-key-file", key.to_str().unwrap()];

    let (code, said) = Agent::end(app.internal_port(), &flags).await;

    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("does not accept the audience"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn grpcurl_finds_its_way_about_the_agent() {
    let app = server(&[]).await;
    let agent = Agent::start(app.internal_port(), &[]).await;
    let address = format!("127.0.0.1:{}", agent.port());

    let services = grpcurl(&[&address, "list"]);
    let health = || grpcurl(&[&address, "grpc.health.v1.Health/Check"]);
    let serves = async || health().contains(r#""status": "SERVING""#);
    wait_until("the agent serves", 5 * SECOND, serves).await;
    let denied = grpcurl(&["-d", "{}", &address, "envoy.service.auth.v3.Authorization/Check"]);

    assert!(services.contains("envoy.service.auth.v3.Authorization\n"), "{services}");
    assert!(!services.contains("TokenService"), "{services}");
    assert!(denied.contains(r#""code": "Unauthorized""#), "{denied}");
}

#[test]
fn what_is_wrong_is_said_and_nothing_starts() {
    let refused = |flags: &[&str], variables: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_claviger"))
            .arg("agent")
            .args(flags)
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };

    let (code, said) = refused(&[], &[]);
    assert!(code == Some(2) && said.contains("An audience is required"), "{said}");
    // Kubernetes sets these beside a Service named `claviger-agent`.
    let links = [
        ("CLAVIGER_AGENT_SERVICE_HOST", "10.0.0.1"),
        ("CLAVIGER_AGENT_PORT_8082_TCP", "tcp://10.0.0.1:8082"),
    ];
    let (code, said) = refused(&[], &links);
    assert!(code == Some(2) && said.contains("An audience is required"), "{said}");
    let (code, said) = refused(&["--audience", "shop"], &[("CLAVIGER_AGENT_GRACES", "1s")]);
    assert!(code == Some(2) && said.contains("CLAVIGER_AGENT_GRACES"), "{said}");
    let variables = [("CLAVIGER_AGENT_AUDIENCE", "shop"), ("CLAVIGER_AGENT_GRACE", "soon")];
    let (code, said) = refused(&[], &variables);
    assert!(code == Some(2) && said.contains("CLAVIGER_AGENT_GRACE"), "{said}");
    // The settings of the server that the agent has as well.
    for name in ["log.level", "limits.connections"] {
        let variable = format!("CLAVIGER_{}", name.replace('.', "_").to_uppercase());
        let (code, said) = refused(&["--audience", "shop"], &[(variable.as_str(), "loud")]);
        assert!(code == Some(2) && said.contains(name), "{said}");
    }
    let (code, said) = refused(&["--audience", "shop", "--grace", "soon"], &[]);
    assert!(code == Some(2) && said.contains("--grace"), "{said}");
    let (code, said) = refused(&["--audience", "shop", "--server", "http://far.example"], &[]);
    assert!(code == Some(2) && said.contains("https://"), "{said}");
}

async fn decided(agent: &Agent, person: &Person) -> Answer {
    ask(agent.port(), "GET", "/v1/forward-auth", &[("authorization", &bearer(person))]).await
}

/// For how many seconds the agent has not heard of the server.
async fn silence(agent: &Agent) -> f64 {
    let body = agent.get("/readyz").await.body;
    let report: serde_json::Value = serde_json::from_str(&body).unwrap();
    report["last_message_age_seconds"].as_f64().unwrap()
}

fn grpcurl(arguments: &[&str]) -> String {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/bin/grpcurl");
    let output = Command::new(program)
        .args(["-plaintext", "-max-time", "30"])
        .args(arguments)
        .output()
        .expect("grpcurl: run make tools");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
