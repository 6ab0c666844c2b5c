//! Accounts, sessions, passkeys and ceremonies of typical size.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use claviger::{
    model::{
        account::NewAccount,
        ceremony::CeremonyUse,
        event::{Act, Actor, Call},
        failure::Settlement,
        id::{CeremonyId, EventId, PasskeyId},
        label::{DisplayName, PasskeyName},
        passkey::{CredentialId, Passkey, PasskeyUse},
        password::PasswordHash,
        session::{NewSession, Origin, SignIn},
        token::RefreshFamilyHash,
        username::Username,
    },
    storage::{passkeys::PasskeyAdditionRequest, sessions::RefreshAttempt},
};
use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};
use uuid::Uuid;

use super::Outcome;

pub const DAY: Duration = Duration::from_secs(86_400);
pub const MINUTE: Duration = Duration::from_secs(60);
/// How many sessions an account may have.
pub const SESSIONS: u32 = 100;
/// A password hash of typical length.
pub const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlIHM$\
    qRjXyNpUcBmT0dQzXW5uG1m7w8E9sJkLh2fVaYt3oIc";
/// A user agent of typical length.
pub const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// The prefix of the identifiers made here: greater than all seeded ones.
pub const MADE_HERE: u64 = 0xffff_0000_0000_0000;

/// The present, by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark runs in real time")]
pub fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An ascending identifier, as UUID version 7 is.
pub fn uuid() -> Uuid {
    Uuid::from_u64_pair(MADE_HERE, next())
}

/// 32 bytes that are spread over an index, as hashes are (SplitMix64).
pub fn bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut state = next();
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&scrambled(&mut state).to_be_bytes());
    }
    bytes
}

/// The next pseudo-random number.
pub fn scrambled(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

pub fn account() -> NewAccount {
    let id = AccountId::from_uuid(uuid());
    NewAccount {
        id,
        username: Username::from_stored(format!("made-{id}")),
        display_name: DisplayName::from_stored("Alice Aldrin".to_owned()),
        password_hash: Some(PasswordHash::from_phc(HASH.to_owned())),
        request_id: None,
        created_at: now(),
        invitation: None,
    }
}

/// Something that a call does now.
pub fn act() -> Act {
    let origin =
        Origin { address: IpAddr::V4(Ipv4Addr::LOCALHOST), user_agent: USER_AGENT.to_owned() };
    let call = Call { origin, request_id: uuid().simple().to_string() };
    let event_id = EventId::from_uuid(uuid());
    let (at, actor) = (now(), Actor::Anonymous);
    Act { event_id, at, actor, session_id: None, call: Some(call), reason: None }
}

pub fn addition(passkey: Passkey, caller: SessionId, limit: u32) -> PasskeyAdditionRequest {
    PasskeyAdditionRequest { passkey, ceremony: ceremony_use(), caller, limit, act: act() }
}

pub fn session(account_id: AccountId, passkey_id: Option<PasskeyId>) -> NewSession {
    let now = now();
    NewSession {
        id: SessionId::from_uuid(uuid()),
        account_id,
        sign_in: passkey_id.map_or(SignIn::Password, SignIn::Passkey),
        refresh_family: RefreshFamilyHash::from_bytes(bytes()),
        act: act(),
        origin: Origin {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: USER_AGENT.to_owned(),
        },
        created_at: now,
        idle_expires_at: now + DAY * 30,
        expires_at: now + DAY * 90,
        limit: SESSIONS,
        settlement: Settlement::default(),
    }
}

pub fn passkey(account_id: AccountId) -> Outcome<Passkey> {
    let bytes = [bytes(), bytes()].concat();
    let credential_id = CredentialId::parse(bytes[..32].to_vec()).ok_or("too short")?;
    Ok(Passkey {
        id: PasskeyId::from_uuid(uuid()),
        account_id,
        credential_id,
        name: PasskeyName::from_stored("Laptop".to_owned()),
        // The sizes of an ES256 key and of an attestation object without a statement.
        public_key: [&bytes[..], &bytes[..13]].concat(),
        counter: 0,
        backup_eligible: true,
        backed_up: true,
        user_verified: true,
        transports: vec!["internal".to_owned(), "hybrid".to_owned()],
        aaguid: [7; 16],
        discoverable: Some(true),
        attestation_object: bytes.repeat(3),
        created_at: now(),
        last_used_at: None,
        clone_suspected_at: None,
        suspended_at: None,
    })
}

/// The use of a ceremony that expires in five minutes.
pub fn ceremony_use() -> CeremonyUse {
    CeremonyUse { id: CeremonyId::from_uuid(uuid()), keep_until: now() + MINUTE * 5 }
}

/// The use of a passkey without a counter, such as a synchronised one.
pub fn passkey_use(passkey_id: PasskeyId) -> PasskeyUse {
    PasskeyUse {
        ceremony: ceremony_use(),
        passkey_id,
        expected_counter: 0,
        counter: 0,
        backup_eligible: true,
        backed_up: true,
        used_at: now(),
    }
}

pub fn refresh(family: RefreshFamilyHash, generation: u32) -> RefreshAttempt {
    let now = now();
    RefreshAttempt {
        family,
        generation,
        act: act(),
        grace: Duration::from_secs(10),
        idle_expires_at: now + DAY * 30,
        latest_end: now + DAY * 90,
        revoked_until: now + MINUTE * 15,
    }
}
