//! What the services need, put together by `app`.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{
        accounts::Accounts,
        events::Events,
        operators::{
            accounts::AccountAdministration, explanations::Explanations, invitations::Invitations,
            moving::Moving, recovery::RecoveryAdministration, revocations::Revoker, rights::Rights,
            system::System,
        },
        passkeys::Passkeys,
        record::{listing::Listing, rotation::Rotation},
        recovery::Recoveries,
        registrations::Registrations,
        revocations::Revocations,
        service_accounts::{Backends, ServiceAccounts},
        sessions::Sessions,
        tokens::{access::AccessTokens, keys::KeyRing},
    },
    model::registration::RegistrationPolicy,
};

use super::refresh_cookie::RefreshCookie;

/// What the services call.
#[derive(Clone)]
pub struct Services {
    /// Accounts and passwords.
    pub accounts: Arc<Accounts>,
    /// Passkeys.
    pub passkeys: Arc<Passkeys>,
    /// Recoveries of accounts.
    pub recoveries: Arc<Recoveries>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// Who may create an account.
    pub registrations: Registrations,
    /// Invitations, as operators make them.
    pub invitations: Invitations,
    /// What operators do for recoveries.
    pub recovery_administration: RecoveryAdministration,
    /// What operators do to accounts.
    pub administration: AccountAdministration,
    /// Imports and exports accounts.
    pub moving: Moving,
    /// What operators revoke by its id alone.
    pub revoker: Revoker,
    /// What is running.
    pub system: System,
    /// The record of what happened.
    pub events: Events,
    /// The same record, as operators read it.
    pub record: Listing,
    /// Explains tokens and accounts to operators.
    pub explanations: Explanations,
    /// The key that signs its checkpoints.
    pub record_keys: Rotation,
    /// Access tokens.
    pub access_tokens: Arc<AccessTokens>,
    /// Signing keys.
    pub keys: Arc<KeyRing>,
    /// Access tokens that were revoked before they expire.
    pub revocations: Arc<Revocations>,
    /// How long a watcher of revocations may leave a message unread.
    pub slow_watcher_timeout: Duration,
    /// Service accounts.
    pub service_accounts: ServiceAccounts,
    /// Identifies the backend that calls.
    pub backends: Backends,
    /// The cookie of refresh tokens.
    pub refresh_cookie: Arc<RefreshCookie>,
    /// What `GetServerInfo` returns.
    pub info: ServerInfo,
    /// Whether the public port describes its services.
    pub public_reflection: bool,
}

/// What the services for operators call.
#[derive(Clone)]
pub struct OperatorServices {
    /// What operators do to accounts.
    pub administration: AccountAdministration,
    /// Invitations to create accounts.
    pub invitations: Invitations,
    /// What operators do for recoveries.
    pub recovery: RecoveryAdministration,
    /// Imports and exports accounts.
    pub moving: Moving,
    /// What operators revoke by its id alone.
    pub revoker: Revoker,
    /// What is running.
    pub system: System,
    /// The record of what happened.
    pub events: Events,
    /// The same record, as operators read it.
    pub record: Listing,
    /// Explains tokens and accounts.
    pub explanations: Explanations,
    /// The key that signs its checkpoints.
    pub record_keys: Rotation,
    /// Signing keys.
    pub keys: Arc<KeyRing>,
    /// Service accounts.
    pub service_accounts: ServiceAccounts,
    /// How long a watcher of the record may leave a message unread.
    pub slow_watcher_timeout: Duration,
}

impl OperatorServices {
    /// What admits operators.
    pub(super) fn rights(&self) -> Rights {
        Rights::new(self.events.clone())
    }
}

impl Services {
    /// Those of them that are for operators.
    pub fn for_operators(&self) -> OperatorServices {
        OperatorServices {
            administration: self.administration.clone(),
            invitations: self.invitations.clone(),
            recovery: self.recovery_administration.clone(),
            moving: self.moving.clone(),
            revoker: self.revoker.clone(),
            system: self.system.clone(),
            events: self.events.clone(),
            record: self.record.clone(),
            explanations: self.explanations.clone(),
            record_keys: self.record_keys.clone(),
            keys: Arc::clone(&self.keys),
            service_accounts: self.service_accounts.clone(),
            slow_watcher_timeout: self.slow_watcher_timeout,
        }
    }
}

/// What `GetServerInfo` returns to any caller.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// `iss` of the access tokens.
    pub issuer: String,
    /// The WebAuthn relying party id.
    pub relying_party_id: String,
    /// The name of the site for people.
    pub relying_party_name: String,
    /// The origins passkeys are accepted from.
    pub origins: Vec<String>,
    /// The fewest code points of a password.
    pub min_password_length: u32,
    /// The most code points of a password.
    pub max_password_length: u32,
    /// Who may create an account.
    pub registration: RegistrationPolicy,
    /// Whether the version is said.
    pub shows_version: bool,
}
