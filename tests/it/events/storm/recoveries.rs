//! Recoveries in a storm.

use claviger::{
    grpc::contracts::admin::{
        CreateRecoveryLinkRequest, RemoveRecoveryCodesRequest, WithdrawRecoveryLinkRequest,
    },
    model::event::EventKind as K,
};

use super::{
    redemptions::{Means, redeem},
    writer::{Scenario, Writer, unless_cut},
};
use crate::support::{Authenticator, Person};

pub(super) const SCENARIOS: &[Scenario] = &[
    |it, name| Box::pin(by_code(it, name)),
    |it, name| Box::pin(by_link(it, name)),
    |it, name| Box::pin(removed(it, name)),
];

async fn made(it: &mut Writer, person: &Person) -> Option<Vec<String>> {
    let codes = unless_cut(person.make_codes().await)?;
    it.told(K::RecoveryCodesCreated, &person.account.id);
    Some(codes)
}

/// A person with a passkey and a password who gets a new passkey with a code, which works once.
async fn by_code(it: &mut Writer, name: &str) -> Option<()> {
    let username = format!("ended-recovered-{name}");
    let person = it.registered(&username).await?;
    let mut lost = Authenticator::platform(&it.origin);
    let lost = unless_cut(person.add_passkey(&mut lost, "lost").await)?.id;
    it.told(K::PasskeyAdded, &lost);
    let codes = made(it, &person).await?;
    let code = codes[0].clone();
    let back = redeem(it, Means::Code { username: username.clone(), code }).await?;
    it.told(K::RecoveryCodeUsed, &back.tokens.session_id);
    it.told(K::PasskeyRemoved, &lost);
    it.told(K::PasswordRemoved, &person.account.id);
    it.told(K::AllSessionsEnded, &person.account.id);
    for code in &codes[..2] {
        let stranger = it.stranger.clone();
        it.refused(stranger.begin(&username, code)).await?;
    }
    Some(())
}

/// Three links: one stays open, one is withdrawn, one is used.
async fn by_link(it: &mut Writer, name: &str) -> Option<()> {
    for number in 0..3 {
        let username = format!("linked-{name}-{number}");
        let person = it.registered(&username).await?;
        let account_id = person.account.id.clone();
        let create = CreateRecoveryLinkRequest { account_id, ..Default::default() };
        let created = unless_cut(it.accounts.create_recovery_link(create).await)?.into_inner();
        it.told(K::RecoveryLinkCreated, &person.account.id);
        if number == 1 {
            let account_id = person.account.id.clone();
            let withdraw = WithdrawRecoveryLinkRequest { account_id, ..Default::default() };
            unless_cut(it.accounts.withdraw_recovery_link(withdraw).await)?;
            it.told(K::RecoveryLinkWithdrawn, &person.account.id);
        }
        if number == 2 {
            let back = redeem(it, Means::link(&username, &created.link)).await?;
            it.told(K::RecoveryLinkUsed, &back.tokens.session_id);
            it.told(K::PasswordChanged, &back.tokens.session_id);
        }
    }
    Some(())
}

/// Two people with codes, of whom an operator removes those of one.
async fn removed(it: &mut Writer, name: &str) -> Option<()> {
    for number in 0..2 {
        let person = it.registered(&format!("codes-{name}-{number}")).await?;
        made(it, &person).await?;
        if number == 1 {
            let account_id = person.account.id.clone();
            let remove = RemoveRecoveryCodesRequest { account_id, ..Default::default() };
            unless_cut(it.accounts.remove_recovery_codes(remove).await)?;
            it.told(K::RecoveryCodesRemoved, &person.account.id);
        }
    }
    Some(())
}
