//! What operators do in a storm: every act of their contract.

use claviger::{
    grpc::contracts::admin::{
        Account, CreateAccountRequest, CreateInvitationRequest, DeleteAccountRequest,
        DeleteServiceAccountRequest, DisableAccountRequest, EnableAccountRequest,
        EndAccountSessionRequest, EndAllAccountSessionsRequest, KeyState, RemovePasskeyRequest,
        RemovePasswordRequest, ResumePasskeyRequest, RevokeKeyRequest, RotateKeyRequest,
        RotateRecordKeyRequest, RotateServiceAccountKeyRequest, SuspendPasskeyRequest,
        UnlockAccountRequest, UpdateAccountRequest, WithdrawInvitationRequest,
    },
    model::event::EventKind as K,
};
use claviger_proto::pb::RegisterRequest;
use prost_types::FieldMask;

use super::{
    redemptions::{Means, redeem},
    writer::{Scenario, Writer, unless_cut},
};
use crate::{
    command_line::{program, run},
    service_accounts::named,
    support::{Authenticator, Home, PASSWORD, Person},
};

pub(super) const SCENARIOS: &[Scenario] = &[
    |it, name| Box::pin(disabled(it, name)),
    |it, name| Box::pin(updated(it, name)),
    |it, name| Box::pin(suspended(it, name)),
    |it, name| Box::pin(credentials(it, name)),
    |it, name| Box::pin(gone(it, name)),
    |it, name| Box::pin(services(it, name)),
    |it, name| Box::pin(keys(it, name)),
    |it, name| Box::pin(record_key(it, name)),
];

/// Those whose invitations are used.
pub(super) const INVITATIONS: &[Scenario] =
    &[|it, name| Box::pin(invited(it, name)), |it, name| Box::pin(created(it, name))];

/// The key of an operator who may do everything.
pub(super) fn key(home: &Home) -> String {
    let create = ["service-account", "create", "root", "--role", "admin"];
    let key = run(program(&create).args(home.flags())).succeeded();
    key.trim().to_owned()
}

fn id(person: &Person) -> String {
    person.account.id.clone()
}

/// Two accounts, of which one stays disabled.
async fn disabled(it: &mut Writer, name: &str) -> Option<()> {
    for number in 0..2 {
        let person = it.registered(&format!("disabled-{name}-{number}")).await?;
        let disable = DisableAccountRequest { account_id: id(&person), ..Default::default() };
        unless_cut(it.accounts.disable_account(disable).await)?;
        it.told(K::AccountDisabled, &id(&person));
        if number == 1 {
            let enable = EnableAccountRequest { account_id: id(&person), ..Default::default() };
            unless_cut(it.accounts.enable_account(enable).await)?;
            it.told(K::AccountEnabled, &id(&person));
        }
    }
    Some(())
}

async fn updated(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("updated-{name}")).await?;
    let display_name = "renamed".to_owned();
    let account = Account { id: id(&person), display_name, ..Default::default() };
    unless_cut(it.accounts.update_account(update(account, "display_name")).await)?;
    it.told(K::AccountUpdated, &id(&person));
    let groups = vec!["storm".to_owned(), "another".to_owned()];
    let account = Account { id: id(&person), groups, ..Default::default() };
    unless_cut(it.accounts.update_account(update(account, "groups")).await)?;
    it.told(K::AccountGroupsChanged, &id(&person));
    let unlock = UnlockAccountRequest { account_id: id(&person), ..Default::default() };
    unless_cut(it.accounts.unlock_account(unlock).await)?;
    it.told(K::UsernameUnlocked, &id(&person));
    Some(())
}

fn update(account: Account, field: &str) -> UpdateAccountRequest {
    let update_mask = Some(FieldMask { paths: vec![field.to_owned()] });
    UpdateAccountRequest { account: Some(account), update_mask, reason: "storm".to_owned() }
}

/// Three passkeys: one stays suspended, one is resumed, one is removed.
async fn suspended(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("suspended-{name}")).await?;
    let mut ids = Vec::new();
    for number in 0..3 {
        let mut device = Authenticator::platform(&it.origin);
        let passkey = person.add_passkey(&mut device, &format!("device {number}")).await;
        let passkey_id = unless_cut(passkey)?.id;
        it.told(K::PasskeyAdded, &passkey_id);
        let (account_id, reason) = (id(&person), String::new());
        let suspend = SuspendPasskeyRequest { account_id, passkey_id: passkey_id.clone(), reason };
        unless_cut(it.accounts.suspend_passkey(suspend).await)?;
        it.told(K::PasskeySuspended, &passkey_id);
        ids.push(passkey_id);
    }
    let (account_id, passkey_id, reason) = (id(&person), ids[1].clone(), String::new());
    let resume = ResumePasskeyRequest { account_id, passkey_id, reason };
    unless_cut(it.accounts.resume_passkey(resume).await)?;
    it.told(K::PasskeyResumed, &ids[1]);
    let (account_id, passkey_id, reason) = (id(&person), ids[2].clone(), String::new());
    let remove = RemovePasskeyRequest { account_id, passkey_id, reason };
    unless_cut(it.accounts.remove_passkey(remove).await)?;
    it.told(K::PasskeyRemoved, &ids[2]);
    Some(())
}

/// A session that is ended, and a password that is removed.
async fn credentials(it: &mut Writer, name: &str) -> Option<()> {
    let username = format!("credentials-{name}");
    let person = it.registered(&username).await?;
    let laptop = it.signed_in(&username, PASSWORD).await?;
    let (session_id, reason) = (laptop.tokens.session_id, String::new());
    let end = EndAccountSessionRequest {
        account_id: id(&person),
        session_id: session_id.clone(),
        reason,
    };
    unless_cut(it.accounts.end_account_session(end).await)?;
    it.told(K::SessionEnded, &session_id);
    let remove = RemovePasswordRequest { account_id: id(&person), ..Default::default() };
    unless_cut(it.accounts.remove_password(remove).await)?;
    it.told(K::PasswordRemoved, &id(&person));
    Some(())
}

/// An account all of whose sessions are ended, and one that is deleted.
async fn gone(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("ended-by-{name}")).await?;
    let end = EndAllAccountSessionsRequest { account_id: id(&person), ..Default::default() };
    unless_cut(it.accounts.end_all_account_sessions(end).await)?;
    it.told(K::AllSessionsEnded, &id(&person));
    let person = it.registered(&format!("deleted-by-{name}")).await?;
    let delete = DeleteAccountRequest { account_id: id(&person), ..Default::default() };
    unless_cut(it.accounts.delete_account(delete).await)?;
    it.told(K::AccountDeleted, &id(&person));
    Some(())
}

/// Three invitations: one stays open, one is withdrawn, one is used.
async fn invited(it: &mut Writer, name: &str) -> Option<()> {
    let mut created = Vec::new();
    for _ in 0..3 {
        let create = CreateInvitationRequest::default();
        let answer = unless_cut(it.invitations.create_invitation(create).await)?.into_inner();
        let invitation_id = answer.invitation.unwrap().id;
        it.told(K::InvitationCreated, &invitation_id);
        created.push((invitation_id, answer.link));
    }
    let (withdrawn, _) = created[1].clone();
    let withdraw =
        WithdrawInvitationRequest { invitation_id: withdrawn.clone(), reason: String::new() };
    unless_cut(it.invitations.withdraw_invitation(withdraw).await)?;
    it.told(K::InvitationWithdrawn, &withdrawn);
    let (used, link) = created[2].clone();
    let registration = registration(&format!("invited-{name}"));
    let person = redeem(it, Means::invitation(&link, registration)).await?;
    it.told(K::AccountRegistered, &person.tokens.session_id);
    it.told(K::InvitationUsed, &used);
    Some(())
}

fn registration(username: &str) -> RegisterRequest {
    let (username, password) = (username.to_owned(), PASSWORD.to_owned());
    RegisterRequest { username, password, ..Default::default() }
}

/// Two accounts without a credential, of which one gets a password by an invitation.
async fn created(it: &mut Writer, name: &str) -> Option<()> {
    let mut ids = Vec::new();
    for number in 0..2 {
        let create = CreateAccountRequest {
            username: format!("created-{name}-{number}"),
            ..Default::default()
        };
        let answer = unless_cut(it.accounts.create_account(create).await)?.into_inner();
        let account_id = answer.account.unwrap().id;
        it.told(K::AccountCreated, &account_id);
        ids.push(account_id);
    }
    let create = CreateInvitationRequest { account_id: ids.remove(0), ..Default::default() };
    let answer = unless_cut(it.invitations.create_invitation(create).await)?.into_inner();
    let invitation_id = answer.invitation.unwrap().id;
    it.told(K::InvitationCreated, &invitation_id);
    let registration = registration(&format!("created-{name}-0"));
    let person = redeem(it, Means::invitation(&answer.link, registration)).await?;
    it.told(K::PasswordSet, &person.tokens.session_id);
    it.told(K::InvitationUsed, &invitation_id);
    Some(())
}

/// Another key that signs the record.
async fn record_key(it: &mut Writer, _: &str) -> Option<()> {
    let rotated = it.record.rotate_record_key(RotateRecordKeyRequest::default()).await;
    it.told(K::RecordKeyCreated, &unless_cut(rotated)?.into_inner().key.unwrap().key_id);
    Some(())
}

/// A service account with another key, and one that is deleted.
async fn services(it: &mut Writer, name: &str) -> Option<()> {
    for begin in ["shop", "gone"] {
        let name = format!("{begin}-{name}");
        unless_cut(it.services.create_service_account(named(&name)).await)?;
        it.told(K::ServiceAccountCreated, &name);
        if begin == "shop" {
            let rotate =
                RotateServiceAccountKeyRequest { name: name.clone(), ..Default::default() };
            unless_cut(it.services.rotate_service_account_key(rotate).await)?;
            it.told(K::ServiceAccountKeyCreated, &name);
        } else {
            let delete = DeleteServiceAccountRequest { name: name.clone(), ..Default::default() };
            unless_cut(it.services.delete_service_account(delete).await)?;
            it.told(K::ServiceAccountDeleted, &name);
        }
    }
    Some(())
}

/// A signing key that is revoked before it signs, so that the sessions of the storm stay valid.
async fn keys(it: &mut Writer, _: &str) -> Option<()> {
    let rotated = unless_cut(it.keys.rotate_key(RotateKeyRequest::default()).await)?.into_inner();
    let key = rotated.key.unwrap();
    it.told(K::SigningKeyCreated, &key.key_id);
    // Another writer's key is returned if it was made at the same time, and may sign by now.
    if key.state() == KeyState::Next {
        let revoke = RevokeKeyRequest { key_id: key.key_id.clone(), reason: String::new() };
        unless_cut(it.keys.revoke_key(revoke).await)?;
        it.told(K::SigningKeyRevoked, &key.key_id);
    }
    Some(())
}
