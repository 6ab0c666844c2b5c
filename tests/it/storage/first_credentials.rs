//! The first credential of an account that exists, by an invitation for it.

use claviger::{
    model::{
        account::NewAccount,
        id::InvitationId,
        invitation::{Invitation, InvitationHash},
        session::{NewSession, SignIn},
    },
    storage::{
        administration::StateChange,
        invitations::{
            Credential, FirstCredential, FirstCredentialOutcome as Outcome, InvitationCreation,
            NewInvitation,
        },
    },
};
use claviger_token::{group::Groups, id::AccountId};

use super::{
    Database, HOUR, NEXT_EPOCH, NOW, RACERS, act, bytes, ceremony_use, hash, new_account,
    new_passkey, new_session, race, with_database,
};

const CREDENTIALS: &str = "
SELECT (SELECT count(*) FROM passkeys) + (SELECT count(*) FROM accounts WHERE password_hash IS NOT NULL)";
const OPEN: &str = "SELECT count(*) FROM invitations WHERE account_id IS NULL";
const ROUNDS: usize = 40;

/// Creates an account without a credential, in two groups.
async fn created(database: &Database, username: &str) -> AccountId {
    let account = NewAccount { password_hash: None, ..new_account(username) };
    let (id, groups) = (account.id, "admins,staff".parse().unwrap());
    let created = database.create_account_without_credential(account, groups, act()).await;
    assert!(created.unwrap());
    id
}

fn invitation_for(id: AccountId) -> NewInvitation {
    let invitation = Invitation {
        id: InvitationId::from_slice(&bytes()[..16]).unwrap(),
        account: Some(id),
        username: None,
        display_name: Default::default(),
        groups: Groups::default(),
        created_at: NOW,
        expires_at: NOW + HOUR,
        created_by: "desk".to_owned(),
        used_by: None,
    };
    NewInvitation { invitation, hash: InvitationHash::from_bytes(bytes()), most: 100, act: act() }
}

async fn invited(database: &Database, id: AccountId) -> NewInvitation {
    let new = invitation_for(id);
    let created = database.create_invitation(new.clone()).await.unwrap();
    assert_eq!(created, InvitationCreation::Created);
    new
}

fn with_password(id: AccountId, invitation: &NewInvitation) -> FirstCredential {
    FirstCredential {
        invitation: invitation.invitation.id,
        credential: Credential::Password { hash: hash("first"), request_id: None },
        session: new_session(id),
        revoked_until: NOW + HOUR,
    }
}

fn with_passkey(id: AccountId, invitation: &NewInvitation) -> FirstCredential {
    let passkey = new_passkey(id);
    let session = NewSession { sign_in: SignIn::Passkey(passkey.id), ..new_session(id) };
    let (ceremony, is_decoy) = (ceremony_use(), false);
    let credential = Credential::Passkey { passkey, ceremony, is_decoy };
    FirstCredential { credential, session, ..with_password(id, invitation) }
}

async fn add(database: &Database, first: FirstCredential) -> Outcome {
    database.add_first_credential(first).await.unwrap().announced(drop)
}

#[tokio::test]
async fn the_account_gets_the_credential_and_keeps_its_names_and_groups() {
    with_database(async |database| {
        for (number, make) in [with_password, with_passkey].into_iter().enumerate() {
            let id = created(&database, &format!("alice{number}")).await;
            let (used, other) = (invited(&database, id).await, invited(&database, id).await);

            let Outcome::Added(opening) = add(&database, make(id, &used)).await else { panic!() };

            assert_eq!(opening.epoch, NEXT_EPOCH);
            assert_eq!(opening.profile.username.as_str(), format!("alice{number}"));
            assert_eq!(opening.profile.groups.as_str(), "admins,staff");
            assert_eq!(database.list_sessions(id, NOW, None, 10).await.unwrap().len(), 1);
            let found = database.find_invitation(used.hash, NOW).await.unwrap().unwrap();
            assert_eq!((found.account, found.used_by), (Some(id), Some(id)));
            assert_eq!(database.find_invitation(other.hash, NOW).await.unwrap(), None);
            assert_eq!(database.count(OPEN).await, 0);
            let again = add(&database, make(id, &used)).await;
            assert_eq!(again, Outcome::InvitationInvalid);
        }
        assert_eq!(database.count(CREDENTIALS).await, 2);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_at_once_gets_into_the_account_also_with_invitations_of_their_own() {
    with_database(async |database| {
        let id = created(&database, "alice").await;
        let invitations = [invited(&database, id).await, invited(&database, id).await];
        let racing = (0..RACERS).map(|number| {
            let (storage, invitation) = (database.handle(), &invitations[number / 2 % 2]);
            let make = if number % 2 == 0 { with_password } else { with_passkey };
            let first = make(id, invitation);
            async move {
                let added = storage.add_first_credential(first).await.unwrap().announced(drop);
                matches!(added, Outcome::Added(_))
            }
        });

        let added = race(racing).await;

        assert_eq!(added.iter().filter(|it| **it).count(), 1);
        assert_eq!(database.count(CREDENTIALS).await, 1);
        assert_eq!(database.list_sessions(id, NOW, None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_deleted_at_the_same_time_leaves_nothing() {
    with_database(async |database| {
        for round in 0..ROUNDS {
            let id = created(&database, "alice").await;
            let invitation = invited(&database, id).await;
            let make = if round % 2 == 0 { with_password } else { with_passkey };
            let (adding, deleting) = (database.handle(), database.handle());

            let (added, deleted) = tokio::join!(
                adding.add_first_credential(make(id, &invitation)),
                deleting.delete_any_account(id, act(), NOW + HOUR),
            );

            added.unwrap().announced(drop);
            assert!(deleted.unwrap().announced(drop));
            assert_eq!(database.count(CREDENTIALS).await, 0);
            assert!(database.list_sessions(id, NOW, None, 10).await.unwrap().is_empty());
            assert_eq!(database.count("SELECT count(*) FROM invitations").await, 0);
            let late = add(&database, make(id, &invitation)).await;
            assert_eq!(late, Outcome::InvitationInvalid);
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_disabled_at_the_same_time_has_no_session() {
    with_database(async |database| {
        for round in 0..ROUNDS {
            let id = created(&database, &format!("alice{round}")).await;
            let invitation = invited(&database, id).await;
            let make = if round % 2 == 0 { with_password } else { with_passkey };
            let (adding, disabling) = (database.handle(), database.handle());

            let (added, disabled) = tokio::join!(
                adding.add_first_credential(make(id, &invitation)),
                disabling.disable_account(id, act(), NOW + HOUR),
            );

            let is_added = matches!(added.unwrap().announced(drop), Outcome::Added(_));
            assert_eq!(disabled.unwrap().announced(drop), StateChange::Changed);
            assert!(database.list_sessions(id, NOW, None, 10).await.unwrap().is_empty());
            let found = database.find_account(id).await.unwrap().unwrap();
            assert_eq!(found.has_password || found.passkey_count > 0, is_added);
            let late = add(&database, make(id, &invitation)).await;
            assert_eq!(late, Outcome::InvitationInvalid);
        }
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_found_while_its_account_is_active_and_has_no_credential() {
    with_database(async |database| {
        let id = created(&database, "alice").await;
        let new = invited(&database, id).await;
        let found = async || database.find_invitation(new.hash, NOW).await.unwrap();
        let names = found().await.unwrap();
        assert_eq!(names.username.unwrap().as_str(), "alice");
        assert_eq!(names.display_name.as_str(), "Alice A.");

        database.disable_account(id, act(), NOW).await.unwrap().announced(drop);
        assert!(found().await.is_none());
        database.enable_account(id, act(), NOW).await.unwrap().announced(drop);
        assert!(found().await.is_some());
        let mut raw = database.raw().await;
        raw.execute("UPDATE accounts SET password_hash = 'x'").await;
        assert!(found().await.is_none());
        assert_eq!(add(&database, with_password(id, &new)).await, Outcome::InvitationInvalid);
        raw.execute("UPDATE accounts SET password_hash = NULL").await;
        assert!(found().await.is_some());
        assert!(matches!(add(&database, with_password(id, &new)).await, Outcome::Added(_)));
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_for_its_account_and_creates_none() {
    with_database(async |database| {
        let (alice, bob) = (created(&database, "alice").await, created(&database, "bob").await);
        let new = invited(&database, alice).await;

        let of_another = add(&database, with_password(bob, &new)).await;
        let account =
            NewAccount { invitation: Some(new.invitation.clone()), ..new_account("carol") };
        let session = new_session(account.id);
        let outcome = database.create_account(account, session).await.unwrap();

        assert_eq!(of_another, Outcome::InvitationInvalid);
        assert_eq!(outcome, claviger::storage::accounts::AccountCreation::InvitationInvalid);
        assert_eq!(database.count(CREDENTIALS).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_refused_passkey_uses_its_ceremony_up_and_leaves_the_invitation_open() {
    with_database(async |database| {
        let id = created(&database, "alice").await;
        let new = invited(&database, id).await;
        let mut decoy = with_passkey(id, &new);
        let Credential::Passkey { is_decoy, ceremony, .. } = &mut decoy.credential else {
            panic!()
        };
        *is_decoy = true;
        let ceremony = ceremony.id;

        assert_eq!(add(&database, decoy.clone()).await, Outcome::AlreadyRegistered);

        assert!(database.is_ceremony_used(ceremony).await.unwrap());
        assert_eq!(add(&database, decoy).await, Outcome::CeremonyUsed);
        assert!(matches!(add(&database, with_passkey(id, &new)).await, Outcome::Added(_)));
    })
    .await;
}

#[tokio::test]
async fn no_invitation_is_for_an_account_that_cannot_use_it() {
    with_database(async |database| {
        let (registered, _) = database.registered("alice").await;
        let disabled = created(&database, "bob").await;
        database.disable_account(disabled, act(), NOW).await.unwrap().announced(drop);

        for (id, expected) in [
            (registered.id, InvitationCreation::AccountHasCredential),
            (disabled, InvitationCreation::AccountDisabled),
            (super::account_id(), InvitationCreation::AccountNotFound),
        ] {
            let refused = database.create_invitation(invitation_for(id)).await.unwrap();
            assert_eq!(refused, expected);
        }
        assert_eq!(database.count(OPEN).await, 0);
    })
    .await;
}
