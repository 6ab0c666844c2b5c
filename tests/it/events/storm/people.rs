//! What people do in a storm.

use claviger::model::event::EventKind as K;
use claviger_proto::pb::{RevokeAllSessionsRequest, RevokeOtherSessionsRequest};

use super::writer::{Scenario, Writer, unless_cut};
use crate::support::{
    Authenticator, OTHER_PASSWORD, PASSWORD,
    storm::{spoil_ceremony, start_ceremony},
};

pub(super) const SCENARIOS: &[Scenario] = &[
    |it, name| Box::pin(passwords(it, name)),
    |it, name| Box::pin(changed(it, name)),
    |it, name| Box::pin(passkeys(it, name)),
    |it, name| Box::pin(copied(it, name)),
    |it, name| Box::pin(reused(it, name)),
    |it, name| Box::pin(others(it, name)),
    |it, name| Box::pin(ended(it, name)),
    |it, name| Box::pin(deleted(it, name)),
];

/// A password that is removed and set again, beside a passkey.
async fn passwords(it: &mut Writer, name: &str) -> Option<()> {
    let username = format!("passwords-{name}");
    let person = it.registered(&username).await?;
    let ceremony = unless_cut(start_ceremony(&it.stranger).await)?;
    let stranger = it.stranger.clone();
    it.refused(async { Err::<(), _>(spoil_ceremony(&stranger, &ceremony).await) }).await?;
    let laptop = it.signed_in(&username, PASSWORD).await?;
    let mut phone = Authenticator::platform(&it.origin);
    let passkey = unless_cut(person.add_passkey(&mut phone, "new").await)?;
    it.told(K::PasskeyAdded, &passkey.id);
    unless_cut(person.rename_passkey(&passkey.id, "renamed").await)?;
    it.told(K::PasskeyRenamed, &passkey.id);
    unless_cut(laptop.logout().await)?;
    it.told(K::SessionEnded, &laptop.tokens.session_id);
    unless_cut(person.remove_password().await)?;
    it.told(K::PasswordRemoved, &person.account.id);
    let again = unless_cut(person.change_password("", PASSWORD).await)?;
    it.told(K::PasswordSet, &again.tokens.session_id);
    Some(())
}

async fn changed(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("changed-{name}")).await?;
    let again = unless_cut(person.change_password(PASSWORD, OTHER_PASSWORD).await)?;
    it.told(K::PasswordChanged, &again.tokens.session_id);
    Some(())
}

/// An account without a password: its passkey signs in and proves presence, and another one is removed.
async fn passkeys(it: &mut Writer, name: &str) -> Option<()> {
    let username = format!("passkeys-{name}");
    let mut phone = Authenticator::platform(&it.origin);
    let person = unless_cut(it.stranger.sign_up(&username, &mut phone).await)?;
    it.told(K::AccountRegistered, &person.tokens.session_id);
    let other = unless_cut(it.stranger.sign_in_named(&username, &mut phone).await)?;
    it.told(K::SignIn, &other.tokens.session_id);
    unless_cut(person.step_up(&mut phone).await)?;
    it.told(K::Reauthentication, &person.tokens.session_id);
    let mut laptop = Authenticator::platform(&it.origin);
    let passkey = unless_cut(person.add_passkey(&mut laptop, "laptop").await)?;
    it.told(K::PasskeyAdded, &passkey.id);
    unless_cut(person.delete_passkey(&passkey.id).await)?;
    it.told(K::PasskeyRemoved, &passkey.id);
    Some(())
}

/// A passkey of which there is a copy.
async fn copied(it: &mut Writer, name: &str) -> Option<()> {
    let username = format!("copied-{name}");
    let person = it.registered(&username).await?;
    let mut key = Authenticator::roaming(&it.origin);
    let passkey = unless_cut(person.add_passkey(&mut key, "key").await)?;
    it.told(K::PasskeyAdded, &passkey.id);
    let mut copy = key.clone();
    let other = unless_cut(it.stranger.sign_in_named(&username, &mut key).await)?;
    it.told(K::SignIn, &other.tokens.session_id);
    let stranger = it.stranger.clone();
    let ceremony = unless_cut(stranger.start_named(&username).await)?;
    let answer = ceremony.answer(&mut copy);
    it.refused(stranger.finish_authentication(&ceremony.id, answer)).await?;
    it.told(K::PasskeyCloneSuspected, &passkey.id);
    Some(())
}

/// A spent refresh token that is used again.
async fn reused(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("reused-{name}")).await?;
    let next = unless_cut(person.refresh().await)?;
    unless_cut(next.refresh().await)?;
    it.refused(person.refresh()).await?;
    it.told(K::RefreshTokenReused, &person.tokens.session_id);
    Some(())
}

async fn others(it: &mut Writer, name: &str) -> Option<()> {
    let username = format!("others-{name}");
    let person = it.registered(&username).await?;
    it.signed_in(&username, PASSWORD).await?;
    let request = RevokeOtherSessionsRequest {};
    unless_cut(person.sessions().revoke_other_sessions(request).await)?;
    it.told(K::OtherSessionsEnded, &person.account.id);
    Some(())
}

async fn ended(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("ended-{name}")).await?;
    let request = RevokeAllSessionsRequest {};
    unless_cut(person.sessions().revoke_all_sessions(request).await)?;
    it.told(K::AllSessionsEnded, &person.account.id);
    Some(())
}

async fn deleted(it: &mut Writer, name: &str) -> Option<()> {
    let person = it.registered(&format!("deleted-{name}")).await?;
    unless_cut(person.delete_account().await)?;
    it.told(K::AccountDeleted, &person.account.id);
    Some(())
}
