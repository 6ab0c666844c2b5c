//! Puts the domain together: the only place that knows which part needs which.

use std::sync::Arc;

use claviger_token::time::MAX_CLOCK_SKEW;

use crate::{
    config::Config,
    domain::{
        Result,
        abandonment::Abandonment,
        accounts::Accounts,
        events::Events,
        operators::{
            accounts::AccountAdministration,
            explanations::Explanations,
            invitations::Invitations,
            moving::Moving,
            recovery::RecoveryAdministration,
            revocations::Revoker,
            system::{Configured, System},
        },
        passkeys::Passkeys,
        passwords::Passwords,
        record::{keys::TrustedKeys, listing::Listing, rotation::Rotation, sealer::Sealer},
        recovery::Recoveries,
        registrations::Registrations,
        replication::Replication,
        revocations::Revocations,
        service_accounts::{Backends, ServiceAccounts},
        sessions::{FutureSessions, Sessions},
        sweeper::Sweeper,
        throttle::Throttle,
        tokens::{
            MAX_ACCESS_LIFETIME,
            access::{self, AccessTokens},
            inspection::TokenInspector,
            keys::KeyRing,
            refresh::RefreshTokens,
        },
        world::World,
    },
    grpc::{
        refresh_cookie::RefreshCookie,
        services::{OperatorServices, ServerInfo, Services},
    },
    storage::Storage,
};

use super::data::Data;

/// The purposes of the keys derived from the master secret. Changing a text changes the key.
pub mod purpose {
    /// Encrypts private signing keys.
    pub const SEALING: &str = "sealing";
    /// Authenticates refresh tokens (MAC).
    pub const REFRESH_TOKENS: &str = "refresh tokens";
    /// Hashes the keys of failed sign-in counts.
    pub const THROTTLE: &str = "throttle";
    /// Derives decoy passkeys for unknown usernames.
    pub const PASSKEYS: &str = "passkeys";
    /// Authenticates what clients keep of a recovery (MAC).
    pub const RECOVERY: &str = "recovery";
    /// Encrypts the private keys that sign checkpoints of the record.
    pub const EVENT_KEYS: &str = "event keys";
    /// Makes the ids of imported accounts that come without one.
    pub const IMPORTS: &str = "imports";
}

/// The domain, ready to be served.
pub struct Domain {
    /// What the gRPC services need.
    pub services: Services,
    /// Reads what other processes changed.
    pub replication: Replication,
    /// Deletes expired rows.
    pub sweeper: Sweeper,
}

/// Loads the key ring.
///
/// # Errors
/// When storage fails, or the secret is not the one that encrypted the keys.
pub async fn key_ring(config: &Config, data: &Data, world: &World) -> Result<KeyRing> {
    let key = data.secret.derive(purpose::SEALING)?;
    KeyRing::load(data.storage.reserved(), world.clone(), key, config.keys.clone()).await
}

/// The key ring of a command, which makes no key by itself.
async fn existing_keys(config: &Config, data: &Data, world: &World) -> Result<KeyRing> {
    let key = data.secret.derive(purpose::SEALING)?;
    KeyRing::read(data.storage.reserved(), world.clone(), key, config.keys.clone()).await
}

/// The throttle.
///
/// # Errors
/// When a key cannot be derived, which does not happen in practice.
pub fn throttle(data: &Data, world: &World) -> Result<Throttle> {
    let key = data.secret.derive(purpose::THROTTLE)?;
    Ok(Throttle::new(data.storage.clone(), world.clone(), key))
}

/// What seals the record.
///
/// # Errors
/// When a key cannot be derived, which does not happen in practice.
pub fn sealer(config: &Config, data: &Data, world: &World) -> Result<Sealer> {
    let key = data.secret.derive(purpose::EVENT_KEYS)?;
    Ok(Sealer::new(data.storage.reserved(), world.clone(), key, config.event_retention))
}

/// The keys that the checkpoints of the record may be signed with.
///
/// # Errors
/// When storage fails.
pub async fn event_keys(data: &Data) -> Result<TrustedKeys> {
    TrustedKeys::load(&data.storage, &data.secret.derive(purpose::EVENT_KEYS)?).await
}

/// What abandons a key-encryption key that is lost.
///
/// # Errors
/// When a key cannot be derived, which does not happen in practice.
pub fn abandonment(data: &Data, world: &World) -> Result<Abandonment> {
    let sealing_key = data.secret.derive(purpose::SEALING)?;
    let record_sealing_key = data.secret.derive(purpose::EVENT_KEYS)?;
    Ok(Abandonment::new(data.storage.clone(), world.clone(), sealing_key, record_sealing_key))
}

/// Puts the domain together.
///
/// # Errors
/// When storage fails, the secret is not the one that encrypted the keys, or settings contradict each
/// other.
pub async fn domain(config: &Config, data: &Data, world: &World) -> Result<Domain> {
    let (storage, reserved) = (&data.storage, data.storage.reserved());
    set_clock(config, storage, world).await?;
    let revocations = Revocations::load(&reserved, world.clone(), config.revocation_grace);
    let revocations = Arc::new(revocations.await?);
    let keys = Arc::new(key_ring(config, data, world).await?);
    revocations.observe_keys(&keys.published_and_revoked());
    let revoked = Arc::clone(&revocations);
    let access = AccessTokens::new(&keys, revoked, world.clone(), config.access_tokens.clone());
    let access_tokens = Arc::new(access);
    let events = Events::new(storage.clone(), world.clone());
    let sessions = sessions(config, data, Arc::clone(&access_tokens), &events, world)?;
    let service_accounts = ServiceAccounts::load(storage.clone(), world.clone()).await?;
    let registrations = registrations(config, data, world)?;
    let passwords = Arc::new(Passwords::start(config.passwords.clone(), world.clone())?);
    let replication = Replication::new(
        reserved.clone(),
        Arc::clone(&keys),
        Arc::clone(&revocations),
        service_accounts.clone(),
        world.clone(),
    );
    let sweeper = sweeper(config, &reserved, (&keys, &revocations), world);
    let passkeys = Arc::new(passkeys(config, data, &sessions, &registrations)?);
    let credentials = (Arc::clone(&passwords), Arc::clone(&passkeys));
    let recoveries = recoveries(data, credentials, &sessions, &registrations)?;
    let services = Services {
        administration: administration(storage, &sessions, &registrations),
        explanations: explanations(config, data, &keys, registrations.throttle(), world)?,
        invitations: invitations(config, storage, &events),
        recovery_administration: recovery(config, storage, &events),
        moving: moving(data, &events)?,
        recoveries: Arc::new(recoveries),
        revoker: Revoker::new(storage.clone(), Arc::clone(&sessions)),
        system: system(config, storage, world),
        registrations: registrations.clone(),
        accounts: Arc::new(Accounts::new(
            storage.clone(),
            passwords,
            registrations,
            Arc::clone(&sessions),
            Arc::clone(&passkeys),
        )),
        passkeys,
        sessions,
        events,
        record: Listing::new(storage.clone()),
        record_keys: record_keys(data, world)?,
        backends: Backends::new(service_accounts.clone(), config.internal.admission()),
        service_accounts,
        access_tokens,
        keys,
        revocations,
        slow_watcher_timeout: config.limits.slow_watcher_timeout,
        refresh_cookie: Arc::new(RefreshCookie::new(&config.public.url, world.clone())?),
        info: info(config),
        public_reflection: config.public.reflection,
    };
    Ok(Domain { services, replication, sweeper })
}

/// What a command needs to serve operators in its own process.
///
/// # Errors
/// Like [`domain`].
pub async fn operators(config: &Config, data: &Data, world: &World) -> Result<OperatorServices> {
    let storage = &data.storage;
    // A command verifies no token, so it needs none of the revocations in storage.
    let revocations = Arc::new(Revocations::new(world.clone(), config.revocation_grace)?);
    let keys = Arc::new(existing_keys(config, data, world).await?);
    // The servers may be configured otherwise than the command: what it revokes is kept until the longest
    // token that can be configured has expired.
    let tokens = access::Settings { lifetime: MAX_ACCESS_LIFETIME, ..config.access_tokens.clone() };
    let access_tokens = Arc::new(AccessTokens::new(&keys, revocations, world.clone(), tokens));
    let events = Events::new(storage.clone(), world.clone());
    let sessions = sessions(config, data, access_tokens, &events, world)?;
    let throttle = Arc::new(throttle(data, world)?);
    Ok(OperatorServices {
        revoker: Revoker::new(storage.clone(), Arc::clone(&sessions)),
        explanations: explanations(config, data, &keys, &throttle, world)?,
        administration: AccountAdministration::new(storage.clone(), sessions, throttle),
        invitations: invitations(config, storage, &events),
        recovery: recovery(config, storage, &events),
        moving: moving(data, &events)?,
        system: system(config, storage, world),
        events,
        record: Listing::new(storage.clone()),
        record_keys: record_keys(data, world)?,
        keys,
        service_accounts: ServiceAccounts::load(storage.clone(), world.clone()).await?,
        slow_watcher_timeout: config.limits.slow_watcher_timeout,
    })
}

/// What the clock has to know before it is believed.
async fn set_clock(config: &Config, storage: &Storage, world: &World) -> Result<()> {
    world.confirm_after(config.access_tokens.lifetime + MAX_CLOCK_SKEW);
    world.compare_with(storage.find_newest_session_time().await?);
    Ok(())
}

fn refresh_tokens(data: &Data, world: &World) -> Result<RefreshTokens> {
    Ok(RefreshTokens::new(world.clone(), data.secret.derive(purpose::REFRESH_TOKENS)?))
}

fn sessions(
    config: &Config,
    data: &Data,
    access_tokens: Arc<AccessTokens>,
    events: &Events,
    world: &World,
) -> Result<Arc<Sessions>> {
    let (storage, settings) = (data.storage.clone(), config.sessions.clone());
    let refresh_tokens = refresh_tokens(data, world)?;
    Ok(Arc::new(Sessions::new(storage, access_tokens, refresh_tokens, events.clone(), settings)))
}

fn administration(
    storage: &Storage,
    sessions: &Arc<Sessions>,
    registrations: &Registrations,
) -> AccountAdministration {
    let throttle = Arc::clone(registrations.throttle());
    AccountAdministration::new(storage.clone(), Arc::clone(sessions), throttle)
}

fn explanations(
    config: &Config,
    data: &Data,
    keys: &Arc<KeyRing>,
    throttle: &Arc<Throttle>,
    world: &World,
) -> Result<Explanations> {
    let refresh_tokens = refresh_tokens(data, world)?;
    let settings = config.access_tokens.clone();
    let tokens = TokenInspector::new(Arc::clone(keys), refresh_tokens, settings);
    Ok(Explanations::new(data.storage.clone(), tokens, Arc::clone(throttle)))
}

fn invitations(config: &Config, storage: &Storage, events: &Events) -> Invitations {
    Invitations::new(storage.clone(), events.clone(), config.public.url.clone())
}

fn recoveries(
    data: &Data,
    credentials: (Arc<Passwords>, Arc<Passkeys>),
    sessions: &Arc<Sessions>,
    registrations: &Registrations,
) -> Result<Recoveries> {
    let (storage, key) = (data.storage.clone(), data.secret.derive(purpose::RECOVERY)?);
    let (sessions, throttle) = (Arc::clone(sessions), Arc::clone(registrations.throttle()));
    Ok(Recoveries::new(storage, credentials, sessions, throttle, key))
}

fn recovery(config: &Config, storage: &Storage, events: &Events) -> RecoveryAdministration {
    RecoveryAdministration::new(storage.clone(), events.clone(), config.public.url.clone())
}

fn moving(data: &Data, events: &Events) -> Result<Moving> {
    let key = data.secret.derive(purpose::IMPORTS)?;
    Ok(Moving::new(data.storage.clone(), events.clone(), key))
}

fn system(config: &Config, storage: &Storage, world: &World) -> System {
    let configured = Configured {
        issuer: config.access_tokens.issuer.clone(),
        registration: config.registration.policy,
        limits: config.bounds.clone(),
    };
    System::new(storage.clone(), world.clone(), configured)
}

fn record_keys(data: &Data, world: &World) -> Result<Rotation> {
    let key = data.secret.derive(purpose::EVENT_KEYS)?;
    Ok(Rotation::new(data.storage.clone(), world.clone(), key))
}

fn passkeys(
    config: &Config,
    data: &Data,
    sessions: &Arc<Sessions>,
    registrations: &Registrations,
) -> Result<Passkeys> {
    let key = data.secret.derive(purpose::PASSKEYS)?;
    let (storage, sessions) = (data.storage.clone(), Arc::clone(sessions));
    Passkeys::new(storage, sessions, registrations.clone(), key, config.relying_party.clone())
}

fn registrations(config: &Config, data: &Data, world: &World) -> Result<Registrations> {
    let throttle = Arc::new(throttle(data, world)?);
    let (storage, world) = (data.storage.clone(), world.clone());
    Ok(Registrations::new(config.registration.policy, throttle, storage, world))
}

fn sweeper(
    config: &Config,
    reserved: &Storage,
    (keys, revocations): (&Arc<KeyRing>, &Arc<Revocations>),
    world: &World,
) -> Sweeper {
    let (keys, revocations) = (Arc::clone(keys), Arc::clone(revocations));
    let future = FutureSessions::new(reserved.clone(), world.clone(), config.sessions.clone());
    Sweeper::new(reserved.clone(), keys, revocations, future, world.clone())
}

fn info(config: &Config) -> ServerInfo {
    ServerInfo {
        issuer: config.access_tokens.issuer.clone(),
        relying_party_id: config.relying_party.relying_party_id.clone(),
        relying_party_name: config.relying_party.relying_party_name.clone(),
        origins: config.relying_party.accepted_origins(),
        min_password_length: config.passwords.min_length,
        max_password_length: config.passwords.max_length,
        registration: config.registration.policy,
        shows_version: config.public.version,
    }
}
