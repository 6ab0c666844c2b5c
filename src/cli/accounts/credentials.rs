//! The credentials of an account.

use claviger_proto::pb::Passkey;
use serde_json::json;

use crate::{
    cli::operator::{
        Console, Outcome,
        flags::Consent,
        json::{self, Object},
        problem::Problem,
        table::{Table, time},
        target::{self, described},
    },
    grpc::contracts::admin as pb,
};

use super::{
    acts,
    arguments::{Act, PasskeyAct},
};

pub(super) async fn list(console: &Console<'_>, name: &str) -> Outcome {
    let account_id = target::account(console, name).await?.id;
    let request = pb::ListAccountPasskeysRequest { account_id };
    let listed = console.client.list_account_passkeys(request).await?;
    console.list(&listed.passkeys, table, json::passkey)
}

pub(super) async fn suspend(console: &Console<'_>, act: PasskeyAct) -> Outcome {
    let account_id = target::account(console, &act.account).await?.id;
    let passkey_id = act.passkey.clone();
    let object = object(&account_id, &passkey_id);
    let request =
        pb::SuspendPasskeyRequest { account_id, passkey_id, reason: act.reason.text.clone() };
    let done = console.client.suspend_passkey(request).await.map_err(Problem::from);
    done.map_err(|it| unknown(it, &act))?;
    console.done(format_args!("Suspended the passkey {}.", act.passkey), &object)
}

pub(super) async fn resume(console: &Console<'_>, act: PasskeyAct) -> Outcome {
    let account_id = target::account(console, &act.account).await?.id;
    let passkey_id = act.passkey.clone();
    let object = object(&account_id, &passkey_id);
    let request =
        pb::ResumePasskeyRequest { account_id, passkey_id, reason: act.reason.text.clone() };
    let done = console.client.resume_passkey(request).await.map_err(Problem::from);
    done.map_err(|it| unknown(it, &act))?;
    console.done(format_args!("Resumed the passkey {}.", act.passkey), &object)
}

pub(super) async fn remove(console: &Console<'_>, act: PasskeyAct, consent: &Consent) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let described = described(&account);
    let passkey_id = act.passkey.clone();
    let question = format!("Remove the passkey {passkey_id} of the account {described}.");
    console.confirm(consent, question)?;
    let object = object(&account.id, &passkey_id);
    let reason = act.reason.text.clone();
    let request = pb::RemovePasskeyRequest { account_id: account.id, passkey_id, reason };
    let done = console.client.remove_passkey(request).await.map_err(Problem::from);
    done.map_err(|it| unknown(it, &act))?;
    console.done(format_args!("Removed the passkey {}.", act.passkey), &object)
}

pub(super) async fn remove_password(console: &Console<'_>, act: Act, consent: &Consent) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let described = described(&account);
    console.confirm(consent, format_args!("Remove the password of the account {described}."))?;
    let request =
        pb::RemovePasswordRequest { account_id: account.id.clone(), reason: act.reason.text };
    console.client.remove_password(request).await?;
    let sentence = format!("The account {described} has no password now.");
    console.done(sentence, &acts::object(&account))
}

fn object(account_id: &str, passkey_id: &str) -> Object {
    Object::of([("account_id", json!(account_id)), ("passkey_id", json!(passkey_id))])
}

fn unknown(problem: Problem, act: &PasskeyAct) -> Problem {
    let sentence = format!("The account has no passkey {:?}.", act.passkey);
    problem.explained("PASSKEY_NOT_FOUND", sentence)
}

fn table(passkeys: &[Passkey]) -> Table {
    let mut table =
        Table::new(&["PASSKEY ID", "STATE", "CREATED", "LAST USED", "NAME", "PROVIDER"]);
    for it in passkeys {
        let state = if it.suspended_time.is_some() { "suspended" } else { "active" };
        table.row(&[
            &it.id,
            state,
            &time(it.create_time.as_ref()),
            &time(it.last_used_time.as_ref()),
            &it.name,
            &it.provider,
        ]);
    }
    table
}
