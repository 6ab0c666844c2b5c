//! Accounts as operators want to import them: what is not known of them is missing.

use claviger_token::{group::Groups, id::AccountId, time::Timestamp};

use crate::model::{
    id::PasskeyId,
    label::{DisplayName, PasskeyName},
    moving::{PortableCodes, RowViolation},
    passkey::{CredentialId, Passkey, UserHandle},
    password::PasswordHash,
    username::Username,
    violation::{BrokenRule, FieldReason},
};

/// An account that an operator wants to import.
#[derive(Debug, Clone)]
pub struct WantedImport {
    /// Its identifier; made from the username where there is none.
    pub id: Option<AccountId>,
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// When it was created, if that is known.
    pub created_at: Option<Timestamp>,
    /// When its newest session was opened, if that is known.
    pub last_sign_in_at: Option<Timestamp>,
    /// Whether it can be signed in to.
    pub state: WantedState,
    /// Its groups.
    pub groups: Groups,
    /// The hash of its password.
    pub password_hash: Option<PasswordHash>,
    /// The user handle of its passkeys.
    pub user_handle: Option<UserHandle>,
    /// Its passkeys.
    pub passkeys: Vec<WantedPasskey>,
    /// Its recovery codes.
    pub recovery_codes: Option<PortableCodes>,
}

/// Whether an account that is imported can be signed in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedState {
    /// It can.
    Active,
    /// It cannot, since this time if that is known.
    Disabled(Option<Timestamp>),
}

/// A passkey of an account that an operator wants to import.
#[derive(Debug, Clone)]
pub struct WantedPasskey {
    /// Its identifier, for authenticators.
    pub credential_id: CredentialId,
    /// The public key as COSE_Key CBOR, with which signatures can be verified.
    pub public_key: Vec<u8>,
    /// Its name.
    pub name: PasskeyName,
    /// The signature counter, which can grow.
    pub counter: u32,
    /// The BE, BS and UV flags.
    pub flags: PasskeyFlags,
    /// How browsers may reach the authenticator, sorted.
    pub transports: Vec<String>,
    /// The authenticator's model.
    pub aaguid: [u8; 16],
    /// Whether it is discoverable, if that is known.
    pub discoverable: Option<bool>,
    /// The attestation object of its registration; may be empty.
    pub attestation_object: Vec<u8>,
    /// When it was registered, if that is known.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When its counter did not grow.
    pub clone_suspected_at: Option<Timestamp>,
    /// When an operator suspended it.
    pub suspended_at: Option<Timestamp>,
}

/// What an authenticator says of a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyFlags {
    /// The BE flag.
    pub backup_eligible: bool,
    /// The BS flag.
    pub backed_up: bool,
    /// The UV flag of the registration.
    pub user_verified: bool,
}

impl WantedState {
    /// When the account was disabled; `now` where that is not known.
    pub(super) fn disabled_at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Active => None,
            Self::Disabled(since) => Some(since.unwrap_or(now)),
        }
    }
}

impl WantedPasskey {
    /// The passkey, of an account that was created then.
    pub(super) fn of(self, account_id: AccountId, id: PasskeyId, created_at: Timestamp) -> Passkey {
        Passkey {
            id,
            account_id,
            credential_id: self.credential_id,
            name: self.name,
            public_key: self.public_key,
            counter: self.counter,
            backup_eligible: self.flags.backup_eligible,
            backed_up: self.flags.backed_up,
            user_verified: self.flags.user_verified,
            transports: self.transports,
            aaguid: self.aaguid,
            discoverable: self.discoverable,
            attestation_object: self.attestation_object,
            created_at: self.created_at.unwrap_or(created_at),
            last_used_at: self.last_used_at,
            clone_suspected_at: self.clone_suspected_at,
            suspended_at: self.suspended_at,
        }
    }
}

impl WantedImport {
    /// The times that have not come yet. Nothing dated in the future is believed.
    pub(super) fn future_times(&self, now: Timestamp) -> Vec<RowViolation> {
        let WantedImport { created_at, last_sign_in_at, state, .. } = self;
        let disabled_at = match state {
            WantedState::Active => None,
            WantedState::Disabled(since) => *since,
        };
        let mut times = vec![
            ("create_time".to_owned(), *created_at),
            ("last_sign_in_time".to_owned(), *last_sign_in_at),
            ("disabled_time".to_owned(), disabled_at),
        ];
        for (index, it) in self.passkeys.iter().enumerate() {
            let of_passkey = |name: &str| format!("passkeys[{index}].{name}");
            times.extend([
                (of_passkey("create_time"), it.created_at),
                (of_passkey("last_used_time"), it.last_used_at),
                (of_passkey("clone_suspected_time"), it.clone_suspected_at),
                (of_passkey("suspended_time"), it.suspended_at),
            ]);
        }
        let codes = self.recovery_codes.as_ref().map(|it| it.created_at);
        times.push(("recovery_codes.create_time".to_owned(), codes));
        let future =
            times.into_iter().filter(|(_, at)| at.is_some_and(|at| at.is_from_future(now)));
        let rule = || BrokenRule::new(FieldReason::OutOfRange, "must not be in the future");
        future.map(|(field, _)| RowViolation { field, rule: rule() }).collect()
    }
}
