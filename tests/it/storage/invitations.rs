//! Invitations: used once, kept for retries, swept.

use claviger::{
    model::{
        account::NewAccount,
        id::InvitationId,
        invitation::{Invitation, InvitationHash},
        session::SignIn,
        username::Username,
    },
    storage::{
        accounts::AccountCreation,
        invitations::{InvitationCreation, NewInvitation},
        passkeys::{SignUp, SignUpOutcome},
    },
};
use claviger_token::group::Groups;

use super::{
    DAY, Database, HOUR, NOW, RACERS, SECOND, act, bytes, ceremony_use, cutoffs, new_account,
    new_passkey, new_session, race, with_database,
};

const GROUPS: &str = "SELECT count(*) FROM account_groups";
const USED: &str = "SELECT count(*) FROM events WHERE kind = 'invitation_used'";

fn new_invitation(username: Option<&str>, most: u32) -> NewInvitation {
    let invitation = Invitation {
        id: InvitationId::from_slice(&bytes()[..16]).unwrap(),
        account: None,
        username: username.map(|it| Username::from_stored(it.to_owned())),
        display_name: Default::default(),
        groups: "admins,staff".parse().unwrap(),
        created_at: NOW,
        expires_at: NOW + HOUR,
        created_by: "desk".to_owned(),
        used_by: None,
    };
    NewInvitation { invitation, hash: InvitationHash::from_bytes(bytes()), most, act: act() }
}

async fn invited(database: &Database) -> NewInvitation {
    let new = new_invitation(None, 100);
    let created = database.create_invitation(new.clone()).await.unwrap();
    assert_eq!(created, InvitationCreation::Created);
    new
}

fn account_with(invitation: &NewInvitation, username: &str) -> NewAccount {
    NewAccount { invitation: Some(invitation.invitation.clone()), ..new_account(username) }
}

#[tokio::test]
async fn an_invitation_is_found_by_its_hash_until_it_expires() {
    with_database(async |database| {
        let new = invited(&database).await;
        let plain = NewInvitation {
            invitation: Invitation {
                groups: Groups::default(),
                ..new_invitation(None, 9).invitation
            },
            ..new_invitation(Some("alice"), 9)
        };
        database.create_invitation(plain.clone()).await.unwrap();

        for new in [&new, &plain] {
            let found = database.find_invitation(new.hash, NOW + HOUR - SECOND).await.unwrap();
            assert_eq!(found.as_ref(), Some(&new.invitation));
            assert_eq!(database.find_invitation(new.hash, NOW + HOUR).await.unwrap(), None);
        }
        let unknown = InvitationHash::from_bytes(bytes());
        assert_eq!(database.find_invitation(unknown, NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn no_more_are_open_than_may_be_also_of_those_created_at_once() {
    with_database(async |database| {
        let creating = (0..RACERS).map(|_| {
            let storage = database.handle();
            async move { storage.create_invitation(new_invitation(None, 3)).await.unwrap() }
        });

        let created = race(creating).await;

        let made = created.iter().filter(|it| **it == InvitationCreation::Created).count();
        assert_eq!(made, 3);
        let listed = database.list_invitations(None, NOW, 10).await.unwrap();
        assert!(listed.len() == 3 && listed.is_sorted_by_key(|it| it.id));
        assert!(database.list_invitations(None, NOW + HOUR, 10).await.unwrap().is_empty());
        let used = account_with(
            &NewInvitation { invitation: listed[0].clone(), ..new_invitation(None, 3) },
            "alice",
        );
        let session = new_session(used.id);
        database.create_account(used, session).await.unwrap();
        let again = database.create_invitation(new_invitation(None, 3)).await.unwrap();
        assert_eq!(again, InvitationCreation::Created);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_at_once_uses_an_invitation() {
    with_database(async |database| {
        let new = invited(&database).await;
        let racing = (0..RACERS).map(|number| {
            let (storage, account) = (database.handle(), account_with(&new, &format!("a{number}")));
            async move {
                let mut session = new_session(account.id);
                if number % 2 == 0 {
                    let created = storage.create_account(account, session).await.unwrap();
                    return created == AccountCreation::Created;
                }
                let passkey = new_passkey(account.id);
                session.sign_in = SignIn::Passkey(passkey.id);
                let ceremony = ceremony_use();
                let account = NewAccount { password_hash: None, ..account };
                let sign_up = SignUp { account, passkey, session, ceremony, is_decoy: false };
                storage.sign_up(sign_up).await.unwrap() == SignUpOutcome::Created
            }
        });

        let created = race(racing).await;

        assert_eq!(created.iter().filter(|it| **it).count(), 1);
        assert_eq!(database.count("SELECT count(*) FROM accounts").await, 1);
        assert!(database.count("SELECT count(*) FROM passkeys").await < 2);
        assert_eq!((database.count(GROUPS).await, database.count(USED).await), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn what_creates_no_account_leaves_the_invitation_open() {
    with_database(async |database| {
        database.registered("alice").await;
        let new = invited(&database).await;
        let taken = account_with(&new, "alice");
        let session = new_session(taken.id);

        let outcome = database.create_account(taken, session).await.unwrap();

        assert_eq!(outcome, AccountCreation::UsernameTaken);
        let decoy = account_with(&new, "bob");
        let (passkey, session) = (new_passkey(decoy.id), new_session(decoy.id));
        let ceremony = ceremony_use();
        let decoy = SignUp { account: decoy, passkey, session, ceremony, is_decoy: true };
        assert_eq!(database.sign_up(decoy).await.unwrap(), SignUpOutcome::AlreadyRegistered);
        let found = database.find_invitation(new.hash, NOW).await.unwrap();
        assert_eq!(found, Some(new.invitation));
        assert_eq!((database.count(GROUPS).await, database.count(USED).await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_or_expired_invitation_creates_no_account() {
    with_database(async |database| {
        let (withdrawn, expired) = (invited(&database).await, invited(&database).await);
        let id = withdrawn.invitation.id;
        assert!(database.withdraw_invitation(id, act()).await.unwrap());
        assert!(!database.withdraw_invitation(id, act()).await.unwrap());

        for (new, at) in [(withdrawn, NOW), (expired, NOW + HOUR)] {
            let account = account_with(&new, "alice");
            let session = new_session(account.id);
            let session = claviger::model::session::NewSession { created_at: at, ..session };
            let outcome = database.create_account(account, session).await.unwrap();
            assert_eq!(outcome, AccountCreation::InvitationInvalid);
        }

        assert_eq!(database.count("SELECT count(*) FROM accounts").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_used_invitation_is_kept_for_a_day_and_goes_with_its_account() {
    with_database(async |database| {
        let (kept, deleted) = (invited(&database).await, invited(&database).await);
        for (new, name) in [(&kept, "alice"), (&deleted, "bob")] {
            let account = account_with(new, name);
            let session = new_session(account.id);
            database.create_account(account, session).await.unwrap();
        }
        let found = database.find_invitation(deleted.hash, NOW).await.unwrap().unwrap();
        assert!(!database.withdraw_invitation(found.id, act()).await.unwrap());
        let ended = database.delete_any_account(found.used_by.unwrap(), act(), NOW);
        ended.await.unwrap().announced(drop);

        assert_eq!(database.find_invitation(deleted.hash, NOW).await.unwrap(), None);
        let later = NOW + DAY - SECOND;
        assert!(database.find_invitation(kept.hash, later).await.unwrap().is_some());
        database.sweep(cutoffs(NOW + DAY, NOW), 100).await.unwrap();
        assert_eq!(database.count("SELECT count(*) FROM invitations").await, 0);
    })
    .await;
}
