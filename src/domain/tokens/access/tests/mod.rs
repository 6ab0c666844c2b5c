//! Access tokens against the letter of RFC 9068.

mod audiences;
mod forgeries;
mod person;

use arc_swap::ArcSwap;
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claviger_token::verdict::Verdict;
use claviger_token::{algorithm::SigningAlgorithm, reader::MAX_TOKEN_BYTES};
use serde_json::{Value, json};

use super::*;
use crate::{
    domain::{
        clock::ManualClock,
        secret::{DerivedKey, MasterSecret},
        tokens::key_set::{self, KeySet},
    },
    model::{label::DisplayName, signing_key::StoredSigningKey, username::Username},
};

const START: i64 = 1_800_000_000;
const LIFETIME: Duration = Duration::from_secs(900);
const SECOND: Duration = Duration::from_secs(1);
/// Longer than a test takes.
const GRACE: Duration = Duration::from_secs(3600);
const ISSUER: &str = "https://id.example";

/// A token server of its own, with one key and a clock that stands still.
struct Server {
    clock: ManualClock,
    tokens: AccessTokens,
    revocations: Arc<Revocations>,
    key: StoredSigningKey,
}

impl Server {
    fn with(algorithm: SigningAlgorithm) -> Self {
        let clock = ManualClock::starting_at(Timestamp::from_seconds(START));
        let world = World::with_clock(clock.clone());
        let revocations = Arc::new(Revocations::new(world.clone(), GRACE).unwrap());
        let now = clock.now();
        let key = key_set::make_key(&world, &sealing_key(), algorithm, now, now).unwrap();
        let settings = Settings {
            issuer: ISSUER.to_owned(),
            audiences: vec!["shop".to_owned(), "bank".to_owned()],
            lifetime: LIFETIME,
        };
        let keys = Arc::new(ArcSwap::from_pointee(opened(std::slice::from_ref(&key))));
        let tokens = AccessTokens::with_keys(keys, Arc::clone(&revocations), world, settings);
        Self { clock, tokens, revocations, key }
    }

    fn new() -> Self {
        Self::with(SigningAlgorithm::Es256)
    }

    fn token(&self) -> String {
        self.tokens.sign(self.alice()).unwrap().0.expose().to_owned()
    }

    fn alice(&self) -> Subject {
        Subject {
            account_id: "0190a5a0-0000-7000-8000-000000000001".parse().unwrap(),
            session_id: "0190a5a0-0000-7000-8000-000000000002".parse().unwrap(),
            auth_time: self.clock.now(),
            auth_method: SignInMethod::Password,
            session_ends_at: self.clock.now() + 2 * LIFETIME,
            epoch: 0,
            profile: Profile {
                username: Username::parse("alice").unwrap(),
                display_name: DisplayName::parse("Alice Liddell").unwrap(),
                groups: "admins,staff".parse().unwrap(),
            },
        }
    }

    /// A token with any header and payload, rightly signed by the server's key.
    fn forged(&self, header: &Value, payload: &Value) -> String {
        let message = format!("{}.{}", encoded(header), encoded(payload));
        let keys = self.tokens.keys.load();
        let signature = keys.newest().unwrap().sign(message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn header(&self) -> Value {
        part(&self.token(), 0)
    }

    fn payload(&self) -> Value {
        part(&self.token(), 1)
    }

    /// A token for a backend, of the same session as a token of our own API.
    fn issued(&self, token: &str, audience: &str) -> String {
        let caller = self.tokens.authenticate(token).unwrap();
        self.tokens.issue(&caller, audience).unwrap().0.expose().to_owned()
    }

    fn judge(&self, token: &str, audience: &str, max_auth_age: Option<Duration>) -> Judged {
        let requirements = Requirements { max_auth_age, ..Requirements::new(audience) };
        self.tokens.judge(token, requirements).unwrap()
    }

    fn verdict(&self, token: &str) -> Verdict {
        let judged = self.judge(token, ISSUER, None);
        assert_eq!(judged.claims().is_none(), judged == Judged::Malformed);
        judged.verdict()
    }
}

fn sealing_key() -> DerivedKey {
    MasterSecret::new([1; 32]).derive("sealing").unwrap()
}

fn opened(keys: &[StoredSigningKey]) -> KeySet {
    KeySet::open(keys.to_vec(), &sealing_key()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(mut object: Value, member: &str) -> Value {
    assert!(object.as_object_mut().unwrap().remove(member).is_some());
    object
}

#[test]
fn a_token_says_exactly_what_rfc_9068_asks_for() {
    let server = Server::new();
    server.clock.advance(Duration::from_micros(999_999));

    let (token, expires_at) = server.tokens.sign(server.alice()).unwrap();

    let payload = part(token.expose(), 1);
    assert_eq!(
        part(token.expose(), 0),
        json!({"typ": "at+jwt", "alg": "ES256", "kid": server.key.key_id})
    );
    assert_eq!(
        payload,
        json!({
            "iss": "https://id.example",
            "sub": "0190a5a0-0000-7000-8000-000000000001",
            "aud": "https://id.example",
            "client_id": "claviger",
            "epoch": 0,
            "exp": START + 900,
            "iat": START,
            "jti": payload["jti"].as_str().unwrap(),
            "sid": "0190a5a0-0000-7000-8000-000000000002",
            "auth_time": START,
            "amr": ["pwd"],
            "epoch": 0,
            "preferred_username": "alice",
            "name": "Alice Liddell",
            "groups": ["admins", "staff"],
        })
    );
    assert_eq!(payload["jti"].as_str().unwrap().len(), 36);
    assert_eq!(expires_at, Timestamp::from_seconds(START + 900));
}

#[test]
fn a_passkey_is_a_possession_with_presence() {
    let server = Server::new();
    let subject = Subject { auth_method: SignInMethod::Passkey, ..server.alice() };

    let (token, _) = server.tokens.sign(subject).unwrap();

    assert_eq!(part(token.expose(), 1)["amr"], json!(["pop", "user", "mfa"]));
    let claims = server.tokens.authenticate(token.expose()).unwrap();
    assert_eq!(claims.auth_method, SignInMethod::Passkey);
}

#[test]
fn every_token_has_an_id_of_its_own() {
    let server = Server::new();

    assert_ne!(server.payload()["jti"], server.payload()["jti"]);
}

#[test]
fn claims_come_back_as_they_were_signed() {
    let server = Server::new();
    let alice = server.alice();

    let claims = server.tokens.authenticate(&server.token()).unwrap();

    assert_eq!(claims.issuer, "https://id.example");
    assert_eq!(claims.account_id, alice.account_id);
    assert_eq!(claims.session_id, alice.session_id);
    assert_eq!(claims.audience, ISSUER);
    assert_eq!(claims.issued_at, Timestamp::from_seconds(START));
    assert_eq!(claims.expires_at, Timestamp::from_seconds(START + 900));
    assert_eq!(claims.auth_time, Timestamp::from_seconds(START));
    assert_eq!(claims.auth_method, SignInMethod::Password);
}

#[test]
fn another_library_accepts_our_tokens_by_our_jwk_set() {
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa] {
        let server = Server::with(algorithm);
        let token = server.issued(&server.token(), "shop");

        let jwks: jsonwebtoken::jwk::JwkSet =
            serde_json::from_str(server.tokens.keys.load().jwks()).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let jwk = jwks.find(header.kid.as_deref().unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.set_audience(&["shop"]);
        validation.set_issuer(&["https://id.example"]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false; // It would ask the system's clock.
        let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();

        let decoded = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(decoded.claims["sub"], "0190a5a0-0000-7000-8000-000000000001");
        assert_eq!(server.judge(&token, "shop", None).verdict(), Verdict::Active);
    }
}

#[test]
fn a_token_dies_the_moment_it_expires() {
    let server = Server::new();
    let token = server.token();

    server.clock.advance(LIFETIME - Duration::from_micros(1));
    assert_eq!(server.verdict(&token), Verdict::Active);

    server.clock.advance(Duration::from_micros(1));
    assert_eq!(server.verdict(&token), Verdict::Expired, "though it is remembered");
    assert_eq!(
        Server::verdict(&server, &server.forged(&server.header(), &part(&token, 1))),
        Verdict::Expired
    );
}

#[test]
fn a_remembered_token_dies_with_its_session() {
    let server = Server::new();
    let token = server.token();
    assert_eq!(server.verdict(&token), Verdict::Active);
    assert_eq!(server.tokens.reader.remembered(), 1);

    let until = Timestamp::from_seconds(START + 930);
    server.revocations.add(&[server.alice().session_id], until);

    assert_eq!(server.verdict(&token), Verdict::Revoked);
}

#[test]
fn a_remembered_token_dies_with_its_key() {
    let server = Server::new();
    let token = server.token();
    assert_eq!(server.verdict(&token), Verdict::Active);

    let retired = StoredSigningKey {
        retires_at: Some(Timestamp::from_seconds(START + 60)),
        ..server.key.clone()
    };
    server.tokens.keys.store(Arc::new(opened(&[retired])));
    assert_eq!(server.verdict(&token), Verdict::Active);
    server.clock.advance(60 * SECOND);
    assert_eq!(server.verdict(&token), Verdict::Malformed);

    server.tokens.keys.store(Arc::new(opened(&[])));
    assert_eq!(server.verdict(&token), Verdict::Malformed);
}

#[test]
fn tokens_of_the_key_before_stay_good_after_a_rotation() {
    let server = Server::new();
    let before = server.token();
    let later = server.clock.now() + SECOND;
    let world = World::with_clock(server.clock.clone());
    let next =
        key_set::make_key(&world, &sealing_key(), SigningAlgorithm::EdDsa, later, later).unwrap();
    server.tokens.keys.store(Arc::new(opened(&[server.key.clone(), next.clone()])));

    assert_eq!(server.header()["kid"], json!(server.key.key_id), "it does not sign yet");
    server.clock.advance(SECOND);

    assert_eq!(server.header()["kid"], json!(next.key_id));
    assert_eq!(server.header()["alg"], "EdDSA");
    assert_eq!(server.verdict(&before), Verdict::Active);
    assert_eq!(server.verdict(&server.token()), Verdict::Active);
}

#[test]
fn only_good_tokens_are_remembered() {
    let server = Server::new();
    let good = server.token();
    let expired = server.forged(&server.header(), &with(server.payload(), "exp", json!(START)));

    assert_eq!(server.verdict(&format!("{good}x")), Verdict::Malformed);
    assert_eq!(server.verdict(&expired), Verdict::Expired);
    assert_eq!(server.tokens.reader.remembered(), 0);

    assert_eq!(server.verdict(&good), Verdict::Active);
    assert_eq!(server.tokens.reader.remembered(), 1);
}

#[test]
fn not_before_is_respected_also_once_remembered() {
    let server = Server::new();
    let later = with(server.payload(), "nbf", json!(START + 5));
    let token = server.forged(&server.header(), &later);

    assert_eq!(server.verdict(&token), Verdict::Malformed);
    assert_eq!(server.verdict(&token), Verdict::Malformed);
    server.clock.advance(5 * SECOND);
    assert_eq!(server.verdict(&token), Verdict::Active);
}

#[test]
fn an_old_sign_in_asks_for_a_step_up() {
    let server = Server::new();
    let token = server.token();
    let judge = |age| server.judge(&token, ISSUER, Some(age)).verdict();

    server.clock.advance(60 * SECOND);

    assert_eq!(judge(60 * SECOND), Verdict::Active);
    assert_eq!(judge(59 * SECOND), Verdict::StepUpNeeded);
}

#[test]
fn the_gravest_verdict_wins() {
    let server = Server::new();
    let token = server.token();
    let judge = || server.judge(&token, "elsewhere", Some(SECOND)).verdict();
    server.clock.advance(60 * SECOND);
    assert_eq!(judge(), Verdict::WrongAudience);

    server.revocations.add(&[server.alice().session_id], Timestamp::from_seconds(START + 930));
    assert_eq!(judge(), Verdict::Revoked);

    server.clock.advance(LIFETIME);
    assert_eq!(judge(), Verdict::Expired);
}

#[test]
fn our_own_api_says_why_a_token_is_refused() {
    let server = Server::new();
    let token = server.token();
    let foreign =
        server.forged(&server.header(), &with(server.payload(), "aud", json!("elsewhere")));
    let refusal = |token: &str| server.tokens.authenticate(token).unwrap_err();
    let logout_refusal = |token: &str| server.tokens.authenticate_for_logout(token).unwrap_err();

    assert!(matches!(refusal("nonsense"), Error::AccessTokenInvalid));
    assert!(matches!(refusal(&foreign), Error::AccessTokenInvalid));
    assert!(matches!(logout_refusal("nonsense"), Error::AccessTokenInvalid));
    assert!(matches!(logout_refusal(&foreign), Error::AccessTokenInvalid));
    assert!(server.tokens.authenticate(&token).is_ok());

    server.revocations.add(&[server.alice().session_id], Timestamp::from_seconds(START + 930));
    assert!(matches!(refusal(&token), Error::SessionEnded));
    assert!(server.tokens.authenticate_for_logout(&token).is_ok());

    server.clock.advance(LIFETIME);
    assert!(matches!(refusal(&token), Error::AccessTokenExpired));
    assert!(matches!(logout_refusal(&token), Error::AccessTokenExpired));
}
