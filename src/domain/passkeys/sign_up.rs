//! Creating an account that has a passkey and no password, in one ceremony; or adding the first credential to
//! one that an operator has created.
//!
//! The account exists only when the response is accepted: its id is made at the start, as the user handle,
//! and kept in the ceremony like a digest of its names. Whether the names are free is decided at the
//! finish, in the transaction that takes them.

use std::net::IpAddr;

use aws_lc_rs::digest::{Context, SHA256};
use claviger_token::id::AccountId;

use crate::{
    domain::{
        Error, Result, call, registrations,
        sessions::{PreparedSession, SignedIn},
    },
    model::{
        account::{Account, NewAccount, user_handle},
        ceremony::{Ceremony, CeremonyPurpose, NamesDigest, SealedCeremony},
        failure::Settlement,
        id::InvitationId,
        invitation::{Invitation, InvitationToken},
        label::{DisplayName, PasskeyName},
        passkey::Passkey,
        session::{FIRST_EPOCH, Opening, Origin, SignIn},
        username::Username,
        violation::Violations,
        webauthn::{CreationOptions, RegistrationResponse, Started},
    },
    storage::{
        invitations::{Credential, FirstCredential, FirstCredentialOutcome},
        passkeys::{SignUp as NewRows, SignUpOutcome},
    },
};

use super::{Passkeys, guard::NewCredential};

/// What a person who signs up is called, and the invitation.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The name to sign in with; `None` where it is left to the invitation.
    pub username: Option<Username>,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// The invitation, if there is one.
    pub invitation: Option<InvitationToken>,
}

/// The names of an account to be created, or of the one that the invitation is for.
struct Names {
    username: Username,
    display_name: DisplayName,
    account: Option<AccountId>,
}

/// The end of a sign-up: the browser's response, and what it is for.
pub struct SignUp {
    /// The ceremony.
    pub ceremony: SealedCeremony,
    /// The authenticator's response.
    pub response: RegistrationResponse,
    /// The names that the ceremony was started with.
    pub person: NewPerson,
    /// The name of the passkey; may be empty.
    pub passkey_name: PasskeyName,
}

/// A new account that is signed in, and its passkey.
#[derive(Debug, Clone)]
pub struct SignedUp {
    /// The account, and the tokens of its first session.
    pub signed_in: SignedIn,
    /// Its passkey.
    pub passkey: Passkey,
}

impl Passkeys {
    /// Starts a sign-up. A username that is free is not charged to the address, and not reserved.
    ///
    /// # Errors
    /// `RegistrationClosed`, `TooManyAttempts`, `InvitationInvalid`, `FieldsInvalid`, `UsernameTaken`.
    pub async fn start_sign_up(
        &self,
        person: NewPerson,
        address: IpAddr,
    ) -> Result<Started<CreationOptions>> {
        let admission = self.registrations.admit(address, person.invitation.as_ref()).await?;
        let (attempt, invitation) = admission.open()?;
        let names = names(person, invitation.as_ref())?;
        let Names { username, display_name, account } = &names;
        if account.is_none() && self.storage.is_username_taken(username).await? {
            return Err(Error::UsernameTaken);
        }
        self.throttle.not_tried(attempt).await?;
        let (account_id, imported) = match *account {
            Some(id) => {
                (id, self.storage.find_account(id).await?.and_then(|it| it.imported_handle))
            }
            None => (AccountId::from_uuid(self.world.ordered_uuid()?), None),
        };
        let digest = digest(&names);
        let purpose = CeremonyPurpose::SignUp { account_id, names: digest };
        let ceremony = self.new_ceremony(purpose)?;
        let handle = user_handle(&account_id, imported.as_ref());
        let options = self.creation_options(&ceremony, handle, username, display_name);
        self.started(&ceremony, options)
    }

    /// Checks the response, creates the account with its passkey, and signs it in. Charged like a
    /// registration with a password: taken back when it succeeds.
    ///
    /// # Errors
    /// `RegistrationClosed`, `TooManyAttempts`, `InvitationInvalid`, `FieldsInvalid`, `CeremonyNotFound`,
    /// `PasskeyRefused`, `UsernameTaken`, `PasskeyAlreadyRegistered`.
    pub async fn finish_sign_up(&self, sign_up: SignUp, origin: Origin) -> Result<SignedUp> {
        let token = sign_up.person.invitation.as_ref();
        let admission = self.registrations.admit(origin.address, token).await?;
        let (attempt, invitation) = admission.open()?;
        let signed_up = self.sign_up(sign_up, invitation, (origin, attempt.success())).await;
        if let Err(Error::Overloaded) = signed_up {
            self.throttle.not_tried(attempt).await?;
        }
        signed_up
    }

    async fn sign_up(
        &self,
        sign_up: SignUp,
        invitation: Option<Invitation>,
        (origin, success): (Origin, Settlement),
    ) -> Result<SignedUp> {
        let SignUp { ceremony, response, person, passkey_name } = sign_up;
        let names = names(person, invitation.as_ref())?;
        let expected = digest(&names);
        let ceremony = self.open_ceremony(&ceremony, |it| is_for(it, expected))?;
        let CeremonyPurpose::SignUp { account_id, .. } = ceremony.purpose else {
            return Err(Error::CeremonyNotFound);
        };
        let added = self.check_sign_up(&ceremony, &response).await?;
        let passkey = self.new_passkey(account_id, added, response, passkey_name)?;
        let account = new_account(names, invitation, &passkey);
        let prepared = self.sessions.prepare(account.id, SignIn::Passkey(passkey.id), origin)?;
        self.enter(account, passkey, &ceremony, prepared.settling(success)).await
    }

    async fn check_sign_up(
        &self,
        ceremony: &Ceremony,
        response: &RegistrationResponse,
    ) -> Result<NewCredential> {
        let checked = self.relying_party.verify_registration(&ceremony.challenge, response);
        let checked = checked.map_err(Error::from);
        self.used_up_if_refused(ceremony, checked).await.inspect_err(|error| {
            if let Error::PasskeyRefused(detail) = error {
                tracing::info!(
                    target: "claviger::security",
                    event = "passkey_registration_refused",
                    detail,
                    request_id = call::request_id(),
                );
            }
        })
    }

    /// Creates the account, or adds the first credential to the one that the invitation is for, unless the
    /// credential id is a decoy, which counts as some account's.
    async fn enter(
        &self,
        account: NewAccount,
        passkey: Passkey,
        ceremony: &Ceremony,
        prepared: PreparedSession,
    ) -> Result<SignedUp> {
        let rows = NewRows {
            account: account.clone(),
            passkey: passkey.clone(),
            session: prepared.session.clone(),
            ceremony: ceremony.used(),
            is_decoy: self.decoys.include(&passkey.credential_id),
        };
        let opening = match account.first_credential() {
            None => self.create(rows).await?,
            Some(invitation) => Box::pin(self.add_first(invitation.id, rows)).await?,
        };
        let tokens = self.sessions.first_pair(prepared, opening)?;
        registrations::log(&account, tokens.session_id, Some(passkey.id));
        let account = match account.first_credential() {
            Some(_) => self.storage.find_account(account.id).await?.ok_or(Error::SessionEnded)?,
            None => created(account),
        };
        Ok(SignedUp { signed_in: SignedIn { account, tokens }, passkey })
    }

    async fn create(&self, rows: NewRows) -> Result<Opening> {
        let opening = Opening { epoch: FIRST_EPOCH, profile: rows.account.profile() };
        match self.storage.sign_up(rows).await? {
            SignUpOutcome::Created => Ok(opening),
            SignUpOutcome::UsernameTaken => Err(Error::UsernameTaken),
            SignUpOutcome::AlreadyRegistered => Err(Error::PasskeyAlreadyRegistered),
            SignUpOutcome::CeremonyUsed => Err(Error::CeremonyNotFound),
            SignUpOutcome::InvitationInvalid => Err(Error::InvitationInvalid),
        }
    }

    async fn add_first(&self, invitation: InvitationId, rows: NewRows) -> Result<Opening> {
        let NewRows { passkey, session, ceremony, is_decoy, .. } = rows;
        let first = FirstCredential {
            invitation,
            credential: Credential::Passkey { passkey, ceremony, is_decoy },
            revoked_until: self.sessions.revoked_until(session.created_at),
            session,
        };
        let added = self
            .sessions
            .ending(move |storage| async move { storage.add_first_credential(first).await });
        match added.await? {
            FirstCredentialOutcome::Added(opening) => Ok(opening),
            FirstCredentialOutcome::InvitationInvalid => Err(Error::InvitationInvalid),
            FirstCredentialOutcome::AlreadyRegistered => Err(Error::PasskeyAlreadyRegistered),
            FirstCredentialOutcome::CeremonyUsed => Err(Error::CeremonyNotFound),
        }
    }
}

fn names(person: NewPerson, invitation: Option<&Invitation>) -> Result<Names> {
    let mut violations = Violations::default();
    let username = registrations::username(person.username, invitation, &mut violations);
    let display_name = person.display_name;
    let display_name = registrations::display_name(display_name, invitation, &mut violations);
    let account = invitation.and_then(|it| it.account);
    let names = username.zip(display_name);
    let names = names.map(|(username, display_name)| Names { username, display_name, account });
    names.ok_or_else(|| violations.into())
}

fn new_account(names: Names, invitation: Option<Invitation>, passkey: &Passkey) -> NewAccount {
    let Names { username, display_name, .. } = names;
    NewAccount {
        id: passkey.account_id,
        username,
        display_name,
        password_hash: None,
        request_id: None,
        created_at: passkey.created_at,
        invitation,
    }
}

fn created(account: NewAccount) -> Account {
    let groups = account.groups();
    let NewAccount { id, username, display_name, created_at, .. } = account;
    Account {
        id,
        username,
        display_name,
        has_password: false,
        passkey_count: 1,
        groups,
        created_at,
        disabled_at: None,
        last_sign_in_at: Some(created_at),
        recovery_codes_left: 0,
        recovered_at: None,
        imported_handle: None,
    }
}

fn is_for(purpose: &CeremonyPurpose, expected: NamesDigest) -> bool {
    matches!(purpose, CeremonyPurpose::SignUp { names, .. } if *names == expected)
}

/// What binds a ceremony to names, which it has no room for; or to an account that exists, which may be
/// renamed meanwhile.
fn digest(names: &Names) -> NamesDigest {
    let (username, display_name) = match names.account {
        Some(_) => ("", ""),
        None => (names.username.as_str(), names.display_name.as_str()),
    };
    let mut context = Context::new(&SHA256);
    if let Some(id) = names.account {
        context.update(id.as_bytes());
    }
    context.update(&(username.len() as u64).to_be_bytes());
    context.update(username.as_bytes());
    context.update(display_name.as_bytes());
    let mut names = NamesDigest::default();
    names.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(username: &str, display_name: &str) -> Names {
        Names {
            username: Username::parse(username).unwrap(),
            display_name: DisplayName::parse(display_name).unwrap(),
            account: None,
        }
    }

    #[test]
    fn a_digest_is_of_both_names_and_of_where_one_ends() {
        let alice = digest(&person("alice", "Alice"));

        assert_eq!(alice, digest(&person("Alice", "Alice")));
        assert_ne!(alice, digest(&person("bob", "Alice")));
        assert_ne!(alice, digest(&person("alice", "Bob")));
        assert_ne!(digest(&person("ab", "c")), digest(&person("a", "bc")));
    }

    #[test]
    fn a_digest_of_an_account_that_exists_is_of_it_alone() {
        let of = |number, username| {
            let account = Some(AccountId::from_uuid(uuid::Uuid::from_u128(number)));
            digest(&Names { account, ..person(username, "") })
        };

        assert_eq!(of(1, "alice"), of(1, "bob"));
        assert_ne!(of(1, "alice"), of(2, "alice"));
        assert_ne!(of(1, "alice"), digest(&person("alice", "")));
    }
}
