//! An issuer that signs tokens and publishes its key and revocations, as the server does.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claviger_proto::pb;
use claviger_token::{
    algorithm::SigningAlgorithm,
    claims::{self, Claims},
    group::Groups,
    id::{AccountId, SessionId},
    jws,
    moment::Moment,
    sign_in::SignInMethod,
    time::Timestamp,
    verdict::{Requirements, Verdict},
};
use uuid::Uuid;

use crate::{StalePolicy, clock, progress::Progress, refusal::Stale, state::State};

pub(super) const AUDIENCE: &str = "https://api.example";
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const LIFETIME: Duration = Duration::from_secs(900);
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// The server's time when a test begins. It differs from this machine's.
pub(super) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A key that signs.
pub(super) struct Issuer {
    pub(super) key_id: String,
    pair: EcdsaKeyPair,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { key_id: another_id().to_string(), pair }
    }

    /// The message about the key.
    pub(super) fn key(&self, state: pb::SigningKeyState) -> pb::SigningKey {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().unwrap();
        pb::SigningKey {
            key_id: self.key_id.clone(),
            algorithm: "ES256".to_owned(),
            public_key_der: der.as_ref().to_vec(),
            activate_time: Some(time(START)),
            retire_time: None,
            state: state.into(),
        }
    }

    /// A token with these claims.
    pub(super) fn token(&self, claims: &Claims) -> String {
        let header = jws::encode_header(SigningAlgorithm::Es256, &self.key_id).unwrap();
        let payload = URL_SAFE_NO_PAD.encode(claims::to_json(claims).unwrap());
        let message = format!("{header}.{payload}");
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An id that no other test has.
pub(super) fn another_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

/// The claims of a token that was issued at the start.
pub(super) fn claims() -> Claims {
    Claims {
        issuer: "https://id.example".to_owned(),
        account_id: AccountId::from_uuid(another_id()),
        audience: AUDIENCE.to_owned(),
        expires_at: START + LIFETIME,
        issued_at: START,
        token_id: another_id().to_string(),
        session_id: SessionId::from_uuid(another_id()),
        auth_time: START,
        auth_method: SignInMethod::Passkey,
        epoch: 0,
        username: "alice".to_owned(),
        display_name: String::new(),
        groups: Groups::default(),
    }
}

pub(super) fn time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_seconds(), nanos: 0 }
}

/// The message that a session has ended.
pub(super) fn ended(claims: &Claims) -> pb::Revocation {
    pb::Revocation {
        revoked: Some(pb::revocation::Revoked::SessionId(claims.session_id.to_string())),
        expire_time: Some(time(claims.expires_at)),
    }
}

/// A message of a synchronized stream, `since` after the start.
pub(super) fn heartbeat(since: Duration) -> pb::WatchRevocationsResponse {
    pb::WatchRevocationsResponse {
        server_time: Some(time(START + since)),
        known_as_of: Some(time(START + since)),
        caught_up: true,
        ..Default::default()
    }
}

/// The first message of a stream from the start.
pub(super) fn first(keys: Vec<pb::SigningKey>) -> pb::WatchRevocationsResponse {
    pb::WatchRevocationsResponse {
        from_start: true,
        issuer: "https://id.example".to_owned(),
        max_token_lifetime: Some(LIFETIME.try_into().unwrap()),
        keys,
        ..heartbeat(Duration::ZERO)
    }
}

/// A state, and the stream that feeds it.
pub(super) struct Feed {
    pub(super) state: State,
    pub(super) progress: Progress,
    pub(super) start: Moment,
}

impl Feed {
    /// Before the first message.
    pub(super) fn unsynced(stale_policy: StalePolicy) -> Self {
        let state = State::new(GRACE, stale_policy);
        Self { state, progress: Progress::default(), start: clock::now() }
    }

    /// After the first synchronization, which delivered one key.
    pub(super) fn synced(issuer: &Issuer) -> Self {
        let mut feed = Self::unsynced(StalePolicy::FailClosed);
        feed.receive(Duration::ZERO, &first(vec![issuer.key(pb::SigningKeyState::Active)]));
        feed
    }

    /// A message arrives `since` after the start.
    pub(super) fn receive(&mut self, since: Duration, message: &pb::WatchRevocationsResponse) {
        self.state.apply(&mut self.progress, message, self.start.plus(since)).unwrap();
    }

    /// The stream is lost, and another one opened.
    pub(super) fn lose_stream(&mut self) {
        self.state.lose("a test cut it".to_owned());
        self.progress = Progress::default();
    }

    /// The verdict on a token `since` after the start.
    pub(super) fn verdict(&self, token: &str, since: Duration) -> Result<Verdict, Stale> {
        let requirements = Requirements::new(AUDIENCE);
        Ok(self.state.judge(token, requirements, self.start.plus(since))?.verdict())
    }
}
