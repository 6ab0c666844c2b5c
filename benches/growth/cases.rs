//! The storage methods that calls use; each is prepared first and then measured.

use std::{future::Future, time::Duration};

use claviger::{
    model::{
        failure::{BudgetKey, Cost, FailureKey},
        password::PasswordHash,
        session::{EndReason, Rotation},
    },
    storage::{
        accounts::AccountCreation,
        passkeys::{PasskeyAddition, PasskeyRemoval, PasskeyRemovalRequest},
        sweeps::Cutoffs,
        throttle::{Charge, Charged, NameCharge},
    },
};
use futures_util::future::BoxFuture;

use crate::{
    ground::Ground,
    support::{
        Outcome,
        nouns::{self, DAY, HASH, MINUTE},
    },
};

/// A call that runs when it is awaited.
pub type Call = BoxFuture<'static, Outcome<()>>;

/// A method, and how to prepare a call of it.
pub struct Case {
    pub name: &'static str,
    /// How many calls a round has.
    pub calls: usize,
    pub prepare: for<'a> fn(&'a mut Ground) -> BoxFuture<'a, Outcome<Call>>,
}

macro_rules! case {
    ($name:ident) => {
        case!($name, 200)
    };
    ($name:ident, $calls:literal) => {
        Case { name: stringify!($name), calls: $calls, prepare: |ground| Box::pin($name(ground)) }
    };
}

/// Methods that end sessions come last: the others need active sessions.
pub const CASES: [Case; 20] = [
    case!(find_account_by_username),
    case!(find_account),
    case!(find_passkey),
    case!(list_passkeys),
    case!(list_sessions),
    case!(find_failures),
    case!(list_recent_revocations),
    case!(list_revocations, 3),
    case!(rotate_refresh_token),
    case!(create_account),
    case!(open_password_session),
    case!(find_used_ceremony),
    case!(record_failed_ceremony),
    case!(open_passkey_session),
    case!(add_passkey),
    case!(remove_passkey),
    case!(charge_attempt),
    case!(clear_failures),
    case!(sweep),
    case!(end_session_of_family),
];

fn call(work: impl Future<Output = Outcome<bool>> + Send + 'static) -> Outcome<Call> {
    Ok(Box::pin(async { if work.await? { Ok(()) } else { Err("it did not happen".into()) } }))
}

async fn find_account_by_username(ground: &mut Ground) -> Outcome<Call> {
    let (storage, username) = (ground.storage(), ground.member().username());
    call(async move { Ok(storage.find_account_by_username(&username).await?.is_some()) })
}

async fn find_account(ground: &mut Ground) -> Outcome<Call> {
    let (storage, id) = (ground.storage(), ground.member().account_id());
    call(async move { Ok(storage.find_account(id).await?.is_some()) })
}

async fn find_passkey(ground: &mut Ground) -> Outcome<Call> {
    let (storage, id) = (ground.storage(), ground.member().credential_id()?);
    call(async move { Ok(storage.find_passkey(&id).await?.is_some()) })
}

async fn list_passkeys(ground: &mut Ground) -> Outcome<Call> {
    let (storage, id) = (ground.storage(), ground.member().account_id());
    call(async move { Ok(!storage.list_passkeys(id).await?.is_empty()) })
}

async fn list_sessions(ground: &mut Ground) -> Outcome<Call> {
    let (storage, id) = (ground.storage(), ground.member().account_id());
    call(async move { Ok(!storage.list_sessions(id, nouns::now(), None, 51).await?.is_empty()) })
}

/// Reads the counts of a username, of strangers and of its owner.
async fn find_failures(ground: &mut Ground) -> Outcome<Call> {
    let storage = ground.storage();
    let keys = [ground.member(), ground.member()].map(|it| FailureKey(it.failure_key()));
    call(async move { Ok(storage.find_failures(&keys).await?.len() == 2) })
}

async fn list_recent_revocations(ground: &mut Ground) -> Outcome<Call> {
    let storage = ground.storage();
    call(async move {
        storage.list_recent_revocations(Duration::from_secs(10)).await?;
        Ok(true)
    })
}

/// Runs once a minute and at startup.
async fn list_revocations(ground: &mut Ground) -> Outcome<Call> {
    let storage = ground.storage();
    call(async move { Ok(!storage.list_revocations(nouns::now()).await?.is_empty()) })
}

async fn rotate_refresh_token(ground: &mut Ground) -> Outcome<Call> {
    let (storage, member) = (ground.storage(), ground.member());
    let generation = ground.spend_generation(member);
    let attempt = nouns::refresh(member.family(), generation);
    call(async move {
        Ok(matches!(
            storage.rotate_refresh_token(attempt).await?.announced(drop),
            Rotation::Rotated(_, _)
        ))
    })
}

async fn create_account(ground: &mut Ground) -> Outcome<Call> {
    let (storage, account) = (ground.storage(), nouns::account());
    let session = nouns::session(account.id, None);
    call(
        async move { Ok(storage.create_account(account, session).await? == AccountCreation::Created) },
    )
}

async fn open_password_session(ground: &mut Ground) -> Outcome<Call> {
    let storage = ground.storage();
    let session = nouns::session(ground.member().account_id(), None);
    let hash = PasswordHash::from_phc(HASH.to_owned());
    call(async move {
        let until = nouns::now() + MINUTE * 15;
        Ok(storage.open_password_session(session, hash, until).await?.announced(drop).is_ok())
    })
}

async fn find_used_ceremony(ground: &mut Ground) -> Outcome<Call> {
    let (storage, ceremony) = (ground.storage(), nouns::ceremony_use());
    call(async move { Ok(!storage.is_ceremony_used(ceremony.id).await?) })
}

async fn record_failed_ceremony(ground: &mut Ground) -> Outcome<Call> {
    let (storage, ceremony) = (ground.storage(), nouns::ceremony_use());
    call(async move { Ok(storage.record_failed_ceremony(ceremony, u32::MAX, Vec::new()).await?) })
}

async fn open_passkey_session(ground: &mut Ground) -> Outcome<Call> {
    let (storage, member) = (ground.storage(), ground.member());
    let session = nouns::session(member.account_id(), Some(member.passkey_id()));
    let passkey_use = nouns::passkey_use(member.passkey_id());
    call(async move {
        let until = nouns::now() + MINUTE * 15;
        Ok(storage.open_passkey_session(passkey_use, session, until).await?.announced(drop).is_ok())
    })
}

async fn add_passkey(ground: &mut Ground) -> Outcome<Call> {
    let (storage, member) = (ground.storage(), ground.member());
    let passkey = nouns::passkey(member.account_id())?;
    call(async move {
        let added =
            storage.add_passkey(nouns::addition(passkey, member.session_id(), u32::MAX)).await?;
        Ok(added == PasskeyAddition::Added)
    })
}

async fn remove_passkey(ground: &mut Ground) -> Outcome<Call> {
    let (storage, member) = (ground.storage(), ground.member());
    let passkey = nouns::passkey(member.account_id())?;
    let now = nouns::now();
    let request = PasskeyRemovalRequest {
        account_id: member.account_id(),
        passkey_id: passkey.id,
        caller: member.session_id(),
        act: nouns::act(),
        revoked_until: now + MINUTE * 15,
    };
    storage.add_passkey(nouns::addition(passkey, member.session_id(), u32::MAX)).await?;
    call(async move {
        Ok(matches!(
            storage.remove_passkey(request).await?.announced(drop),
            PasskeyRemoval::Removed(_)
        ))
    })
}

/// Charges an attempt to a username and to the two prefixes of an address.
async fn charge_attempt(ground: &mut Ground) -> Outcome<Call> {
    let (storage, now) = (ground.storage(), nouns::now());
    let costs = [ground.member(), ground.member()].map(|it| Cost {
        key: BudgetKey(it.failure_key()),
        price: MINUTE * 60,
        limit: DAY,
    });
    let key = FailureKey(ground.member().failure_key());
    let found = storage.find_failures(&[key]).await?.pop().flatten();
    // Calls are prepared before they are made, and two of them may be for the same name.
    let name = NameCharge { key, found, free: u32::MAX, keep_until: now + DAY };
    let charge = Charge { costs: costs.to_vec(), name: Some(name), now };
    call(async move { Ok(storage.charge_attempt(charge).await? == Charged::Admitted) })
}

async fn clear_failures(ground: &mut Ground) -> Outcome<Call> {
    let (storage, key) = (ground.storage(), FailureKey(ground.member().failure_key()));
    call(async move {
        storage.clear_failures(key).await?;
        Ok(true)
    })
}

/// A sweep that finds nothing to delete.
async fn sweep(ground: &mut Ground) -> Outcome<Call> {
    let (storage, now) = (ground.storage(), nouns::now());
    call(async move {
        Ok(storage.sweep(Cutoffs { expired: now, sessions: now - DAY }, 500).await? == 0)
    })
}

async fn end_session_of_family(ground: &mut Ground) -> Outcome<Call> {
    let (storage, member) = (ground.storage(), ground.member_to_sign_out());
    let family = member.family();
    call(async move {
        let (act, reason) = (nouns::act(), EndReason::Logout);
        let until = act.at + MINUTE * 15;
        Ok(storage
            .end_session_of_family(family, reason, act, until)
            .await?
            .announced(drop)
            .is_some())
    })
}
