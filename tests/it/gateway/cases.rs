//! What holds behind every proxy. Each function is one test, run once for each proxy.

use super::scene::{Kind, Scene, bearer, identity};
use crate::support::{MINUTE, Person, backends::Tokens, echo::Answer};

/// The names that clients try for a header of ours: any case, underscores and dots for dashes, twice.
const SPOOFED: [&str; 19] = [
    "x-claviger-subject",
    "X-Claviger-Subject",
    "X-CLAVIGER-SUBJECT",
    "x_claviger_subject",
    "X_Claviger-Subject",
    "x-claviger_subject",
    "x.claviger.subject",
    "x-claviger-session",
    "X_CLAVIGER_SESSION",
    "X-Claviger.Session",
    "x-claviger-auth-time",
    "x-claviger_auth_time",
    "x-claviger-amr",
    "x-claviger-expires",
    "x-claviger-username",
    "X_Claviger_Name",
    "x-claviger-name",
    "x-claviger-groups",
    "X-Claviger_Groups",
];

pub async fn passes_with_every_identity_header(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;

    let answer = scene.get_as(&alice).await;

    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    assert_is(&alice, &scene);
}

pub async fn a_request_without_a_token_is_challenged(kind: Kind) {
    let scene = Scene::of(kind).await;

    let answer = scene.get("/", &[]).await;

    assert_challenge(&answer, r#"Bearer realm="claviger""#);
    scene.assert_unreached();
}

pub async fn an_expired_token_is_refused(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;
    scene.app.clock().advance(16 * MINUTE);

    let answer = scene.get_as_ended(&alice).await;

    assert_invalid(&answer, "the access token expired");
    scene.assert_unreached();
}

pub async fn a_token_of_an_ended_session_is_refused(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;
    assert_eq!(scene.get_as(&alice).await.status, 200);
    scene.service.take();

    alice.logout().await.unwrap();
    let answer = scene.get_as_ended(&alice).await;

    assert_invalid(&answer, "the access token was revoked");
    scene.assert_unreached();
}

pub async fn only_tokens_for_the_audience_pass(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;

    for (whose, token) in Tokens::of(&alice).await.foreign {
        let token = format!("Bearer {token}");
        let answer = scene.get("/", &[("authorization", &token)]).await;

        assert_eq!(answer.status, 401, "{whose}");
        assert_invalid(&answer, "the access token is meant for another audience");
        scene.assert_unreached();
    }
    assert_eq!(scene.get_as(&alice).await.status, 200);
    assert_is(&alice, &scene);
}

pub async fn an_audience_that_the_server_does_not_have_denies(kind: Kind) {
    let scene = Scene::with(kind, "audience=warehouse&anonymous=allow").await;
    let alice = scene.customer("alice").await;

    let statuses = [scene.get_as(&alice).await.status, scene.get("/", &[]).await.status];

    assert_eq!(statuses, [403, 403]);
    scene.assert_unreached();
}

pub async fn without_an_audience_only_an_agent_decides(kind: Kind) {
    let scene = Scene::with(kind, "anonymous=allow").await;
    let alice = scene.customer("alice").await;

    let statuses = [scene.get_as(&alice).await.status, scene.get("/", &[]).await.status];

    if kind == Kind::EnvoyWithAgent {
        assert_eq!(statuses, [200, 200]);
        let of_the_bank = format!("Bearer {}", alice.token_for("bank").await);
        let answer = scene.get("/", &[("authorization", &of_the_bank)]).await;
        assert_invalid(&answer, "the access token is meant for another audience");
    } else {
        assert_eq!(statuses, [403, 403]);
        scene.assert_unreached();
    }
}

pub async fn only_accounts_in_a_demanded_group_pass(kind: Kind) {
    let scene = Scene::with(kind, "audience=shop&group=staff,admins").await;
    let alice = scene.customer_in("alice", "support,staff").await;
    let bob = scene.customer_in("bob", "support,staff-eu").await;
    let carol = scene.customer("carol").await;

    assert_eq!(scene.get_as(&alice).await.status, 200);
    let reached = scene.reached();
    let identity = identity(&reached);
    assert!(identity.contains(&("x-claviger-groups".to_owned(), "staff,support")), "{reached:?}");
    for person in [&bob, &carol] {
        let answer = scene.get_as(person).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        scene.assert_unreached();
    }
    // Taken away: the next token does not have it.
    scene.app.set_groups(&alice, "support").await;
    let alice = scene.refreshed(&alice).await;
    assert_eq!(scene.get_as(&alice).await.status, 403);
    scene.assert_unreached();
}

pub async fn a_demand_for_a_group_is_refused_where_no_token_is_needed(kind: Kind) {
    let scene = Scene::with(kind, "audience=shop&group=staff&anonymous=allow").await;
    let alice = scene.customer_in("alice", "staff").await;

    let statuses = [scene.get_as(&alice).await.status, scene.get("/", &[]).await.status];

    assert_eq!(statuses, [403, 403]);
    scene.assert_unreached();
}

pub async fn names_reach_the_service_in_any_language(kind: Kind) {
    let scene = Scene::of(kind).await;
    let name = "Ålice 100% アリス";
    let person = scene.app.registered_as("alice", name).await;
    let alice = scene.refreshed(&person).await;

    assert_eq!(scene.get_as(&alice).await.status, 200);

    let reached = scene.reached();
    let identity = identity(&reached);
    let value = |wanted: &str| identity.iter().find(|(name, _)| name == wanted).unwrap().1;
    assert_eq!(value("x-claviger-username"), "alice");
    let encoded = "%C3%85lice%20100%25%20%E3%82%A2%E3%83%AA%E3%82%B9";
    assert_eq!(value("x-claviger-name"), encoded);
}

pub async fn a_sign_in_that_is_too_old_must_be_repeated(kind: Kind) {
    let scene = Scene::with(kind, "audience=shop&max_auth_age=10m").await;
    let alice = scene.customer("alice").await;
    scene.app.clock().advance(11 * MINUTE);

    let before = scene.get_as_ended(&alice).await;
    scene.assert_unreached();
    let alice = scene.reauthenticated(&alice).await;
    let after = scene.get_as(&alice).await;

    let challenge = r#"Bearer realm="claviger", error="insufficient_user_authentication", error_description="a more recent sign-in is needed", max_age="600""#;
    assert_challenge(&before, challenge);
    assert_eq!(after.status, 200);
}

pub async fn nobody_passes_while_the_server_is_down(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;
    assert_eq!(scene.get_as(&alice).await.status, 200);
    scene.service.take();
    let Scene { app, service, proxy, agent } = scene;

    app.stop().await;
    drop(agent);
    let port = proxy.port();
    let answer =
        crate::support::echo::ask(port, "GET", "/", &[("authorization", &bearer(&alice))]).await;

    match kind {
        Kind::Envoy | Kind::EnvoyWithAgent => assert_eq!(answer.status, 503, "{answer:?}"),
        Kind::Nginx => assert_eq!(answer.status, 500, "{answer:?}"),
        Kind::Caddy | Kind::Traefik => {
            assert!(matches!(answer.status, 403 | 500..=504), "{answer:?}");
        }
    }
    assert!(service.take().is_empty());
}

pub async fn identity_headers_of_a_client_never_reach_the_service(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;
    let token = bearer(&alice);

    for name in SPOOFED {
        let headers = [("authorization", token.as_str()), (name, "mallory"), (name, "mallory")];
        let answer = scene.get("/", &headers).await;

        assert_eq!(answer.status, 200, "{name}");
        assert_is(&alice, &scene);
    }
    let mut all = SPOOFED.map(|name| (name, "mallory")).to_vec();
    all.push(("authorization", &token));
    assert_eq!(scene.get("/", &all).await.status, 200);
    assert_is(&alice, &scene);
}

pub async fn a_client_cannot_have_an_identity_header_taken_away(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;
    let token = bearer(&alice);

    // A proxy takes away what `connection` names (RFC 9110 §7.6.1), some of them after all else.
    for names in ["x-claviger-subject", "close, X-Claviger-Subject, x-claviger-session"] {
        let headers = [("authorization", token.as_str()), ("connection", names)];
        let answer = scene.get("/", &headers).await;

        if answer.status == 200 {
            assert_is(&alice, &scene);
        } else {
            scene.assert_unreached();
        }
    }
}

pub async fn a_service_key_of_a_client_is_not_the_gateways(kind: Kind) {
    let scene = Scene::of(kind).await;
    let alice = scene.customer("alice").await;
    let token = bearer(&alice);

    let unknown = ("x-claviger-service-key", "clv_sa_unknown");
    let answer = scene.get("/", &[("authorization", token.as_str()), unknown]).await;

    // Traefik passes on what the client says. That helps nobody: a key that is shown must be known.
    if kind == Kind::Traefik {
        assert_eq!(answer.status, 403);
        scene.assert_unreached();
    } else {
        assert_eq!(answer.status, 200);
        assert_is(&alice, &scene);
    }
}

pub async fn somebody_anonymous_has_no_identity(kind: Kind) {
    let scene = Scene::with(kind, "audience=shop&anonymous=allow").await;
    let alice = scene.customer("alice").await;
    alice.logout().await.unwrap();

    let anonymous = scene.get("/", &SPOOFED.map(|name| (name, "mallory"))).await;
    let reached = scene.reached();
    let ended = scene.get_as_ended(&alice).await;

    assert_eq!(anonymous.status, 200);
    assert_eq!(identity(&reached), [], "{reached:?}");
    assert_invalid(&ended, "the access token was revoked");
    scene.assert_unreached();
}

pub async fn a_demand_that_is_misspelt_denies(kind: Kind) {
    let scene = Scene::with(kind, "audience=shop&max_age=10m").await;
    let alice = scene.customer("alice").await;

    let answer = scene.get_as(&alice).await;

    assert_eq!(answer.status, 403);
    scene.assert_unreached();
}

/// Asserts that the service was reached once, by this person and nobody else.
fn assert_is(person: &Person, scene: &Scene) {
    let reached = scene.reached();
    let identity = identity(&reached);
    let names: Vec<_> = identity.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["amr", "auth-time", "expires", "session", "subject", "token-id", "username"];
    assert_eq!(names, expected.map(|name| format!("x-claviger-{name}")), "{reached:?}");
    let value = |wanted: &str| identity.iter().find(|(name, _)| name.ends_with(wanted)).unwrap().1;
    assert_eq!(value("-subject"), person.account.id);
    assert_eq!(value("-session"), person.tokens.session_id);
    assert_eq!(value("-amr"), "pwd");
    assert_eq!(value("-username"), person.account.username);
    let expires = person.tokens.access_token_expire_time.unwrap().seconds.to_string();
    assert_eq!(value("-expires"), expires);
}

fn assert_invalid(answer: &Answer, why: &str) {
    let challenge =
        format!(r#"Bearer realm="claviger", error="invalid_token", error_description="{why}""#);
    assert_challenge(answer, &challenge);
}

fn assert_challenge(answer: &Answer, challenge: &str) {
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, challenge), "{answer:?}");
}

pub async fn a_preflight_passes_where_the_route_allows_it(kind: Kind) {
    let scene = Scene::with(kind, "audience=shop&preflight=allow").await;
    let origin = ("origin", "https://page.example");
    let preflight = [origin, ("access-control-request-method", "POST")];
    let spoofed = [&preflight[..], &[("x-forwarded-method", "OPTIONS")]].concat();

    let answer = scene.send("OPTIONS", "/", &preflight).await;
    let service_saw = scene.service.take();
    let posted = scene.send("POST", "/", &spoofed).await;

    assert_eq!(answer.status, 200);
    assert_eq!(service_saw.len(), 1);
    assert!(identity(&service_saw[0]).is_empty(), "{service_saw:?}");
    assert_eq!(posted.status, 401, "a client said that its request is a preflight");
    scene.assert_unreached();
}
