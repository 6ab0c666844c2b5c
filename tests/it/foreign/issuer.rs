//! A server and the tokens that verifiers are shown: one that is good, and those that are not.
//!
//! Verifiers go by the machine's time, so the server's clock stands a little before it.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use claviger::domain::{clock::ManualClock, tokens::keys::ACTIVATION_DELAY, world::World};

use crate::support::{
    Home, MINUTE, PASSWORD, Person, SECOND, TestApp,
    backends::{SHOP_AND_BANK, Tokens as Issued},
    servers::free_port,
};

/// Whom the verifiers are.
pub(super) const AUDIENCE: &str = "shop";

/// When the server starts, before the machine's time: what it issues then, for fifteen minutes, has
/// expired.
const BEGINNING: Duration = Duration::from_secs(20 * 60);

/// A server on a port that stays the same, with one account.
pub(super) struct Issuer {
    app: TestApp,
    url: String,
    alice: Person,
}

/// What verifiers are shown, all of the same account unless said otherwise.
pub(super) struct Tokens {
    pub(super) good: String,
    pub(super) expired: String,
    /// For others, and whose they are. Of the same session and key, and good in every other way.
    pub(super) foreign: [(&'static str, String); 2],
    pub(super) tampered_signature: String,
    /// With the claims of another token under its signature.
    pub(super) tampered_claims: String,
    /// Of another server, which goes by the same issuer and the same audience.
    pub(super) of_an_impostor: String,
    /// With the claims of the good one and the algorithm `none`.
    pub(super) unsigned: String,
}

impl Issuer {
    /// Starts a server whose keys have this algorithm, and has it issue the tokens.
    pub(super) async fn start(algorithm: &str) -> (Self, Tokens) {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://localhost:{port}");
        let common = [("public.url", url.as_str()), ("tokens.algorithm", algorithm), SHOP_AND_BANK];
        let settings = [&common[..], &[("public.listen", listen.as_str())]].concat();
        let clock = ManualClock::starting_at(World::system().now() - BEGINNING);
        let app = TestApp::start_at(Home::new().await, clock.clone(), &settings).await;
        let expired = app.registered("alice").await.token_for(AUDIENCE).await;

        clock.advance(BEGINNING - ACTIVATION_DELAY - MINUTE);
        let alice = app.stranger().login("alice", PASSWORD).await.unwrap();
        let impostor = TestApp::start_at(Home::new().await, clock, &common).await;
        let of_an_impostor = impostor.registered("alice").await.token_for(AUDIENCE).await;

        let Issued { own: good, foreign } = Issued::of(&alice).await;
        let tokens = Tokens {
            tampered_signature: with_another_signature(&good),
            tampered_claims: with_claims_of(&good, &access_token(&app).await),
            unsigned: unsigned(&good),
            good,
            expired,
            foreign,
            of_an_impostor,
        };
        (Self { app, url, alice }, tokens)
    }

    /// `iss`, where discovery begins.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// `sub` of the good token.
    pub(super) fn subject(&self) -> &str {
        &self.alice.account.id
    }

    /// Rotates the keys; answers with a token of the next one.
    pub(super) async fn rotate(&self) -> String {
        self.app.rotate_keys().await;
        self.app.clock().advance(ACTIVATION_DELAY + SECOND);
        let token = access_token(&self.app).await;
        assert_ne!(header(&token), header(&self.alice.tokens.access_token), "the key is the same");
        token
    }

    /// A token that is dated later than the machine's time, as when the clock of the server is ahead. Verifiers
    /// must allow for as much as Claviger's own do.
    pub(super) async fn token_of_a_clock_ahead(&self) -> String {
        let behind = World::system().now().since(self.app.clock().now());
        self.app.clock().advance(behind + 20 * SECOND);
        access_token(&self.app).await
    }
}

/// A token for the verifiers, of another session of the account.
async fn access_token(app: &TestApp) -> String {
    app.stranger().login("alice", PASSWORD).await.unwrap().token_for(AUDIENCE).await
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

fn header(token: &str) -> &str {
    parts(token)[0]
}

fn with_another_signature(token: &str) -> String {
    let [header, claims, signature] = parts(token);
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    format!("{header}.{claims}.{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn with_claims_of(token: &str, other: &str) -> String {
    let ([header, _, signature], [_, claims, _]) = (parts(token), parts(other));
    format!("{header}.{claims}.{signature}")
}

fn unsigned(token: &str) -> String {
    let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    format!("{header}.{}.", parts(token)[1])
}
