//! `claviger keys abandon`: it needs the database for itself, so it is no client of the services.

use std::process::ExitCode;

use serde_json::json;

use crate::{
    app::{
        compose,
        data::{Closed, Data},
    },
    config::{Config, MasterSecretSource},
    domain::{Error, abandonment::Abandoned, operators::Operator},
    model::{event::Actor, label::OperatorReason},
};

use super::{
    failed, invalid, no_data,
    operator::{
        Context, consent,
        flags::{Connection, Consent, Output, Reason},
        json::Object,
        user::user,
    },
    refused, say,
};

const QUESTION: &str = "Every session of every account ends, and every signing key is revoked.";

/// Abandons the key-encryption key that protects the keys in the database.
pub(super) async fn abandon(
    connection: &Connection,
    Consent { yes }: &Consent,
    reason: &Reason,
    context: &Context,
) -> ExitCode {
    if connection.is_remote() {
        return invalid(&"`keys abandon` works on the database of this machine, without --server.");
    }
    let reason = match OperatorReason::parse(&reason.text) {
        Ok(reason) => Some(reason).filter(|it| !it.is_empty()),
        Err(rule) => return refused(format_args!("reason: {}.", rule.description)),
    };
    let Context { config, world, .. } = context;
    let closed = match Closed::find(config, world, user()).await {
        Ok(closed) => closed,
        Err(error) => return no_data(&error),
    };
    if closed.is_without_key()
        && let Err(problem) = consent::confirm(*yes, QUESTION)
    {
        return refused(problem);
    }
    let data = match closed.open().await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let by = Operator { actor: Actor::CommandLine(user()), reason };
    let asked = *yes || closed.is_without_key();
    let done = replace(&data, context, &by, asked).await;
    data.storage.close().await;
    match done {
        Ok(Some(abandoned)) if connection.output() == Output::Json => say(object(&abandoned)),
        Ok(Some(abandoned)) => report(&abandoned, config),
        Ok(None) => return ExitCode::FAILURE,
        Err(error) => return failed(&error),
    }
    ExitCode::SUCCESS
}

/// `None` where it was refused.
async fn replace(
    data: &Data,
    Context { config, world, .. }: &Context,
    by: &Operator,
    asked: bool,
) -> Result<Option<Abandoned>, Error> {
    let abandonment = compose::abandonment(data, world)?;
    if !abandonment.is_needed().await? {
        refused(
            "The key-encryption key in force decrypts every key in the database, so it is not lost. \
             Nothing was changed.",
        );
        return Ok(None);
    }
    if let Err(problem) = consent::confirm(asked, QUESTION) {
        refused(problem);
        return Ok(None);
    }
    abandonment.run(config.keys.algorithm, by).await.map(Some)
}

fn object(done: &Abandoned) -> Object {
    Object::of([
        ("account_count", json!(done.accounts)),
        ("revoked_key_ids", json!(done.revoked)),
        ("signing_key_id", json!(done.signing_key_id)),
        ("record_key_id", json!(done.record_key_id)),
        ("earlier_record_key_ids", json!(done.earlier_record_key_ids)),
    ])
}

fn report(done: &Abandoned, config: &Config) {
    let key = match &config.master_secret {
        MasterSecretSource::Given(_) => "`secrets.key_encryption_key`".to_owned(),
        MasterSecretSource::Kept(path) => path.display().to_string(),
    };
    say(format_args!("The keys in the database are now protected by {key}. Keep a copy of it."));
    say(format_args!(
        "Ended: all sessions of all accounts ({}), with their refresh tokens and access tokens; sign-ins \
         with a passkey that were under way; failed sign-in counts, and so the locks of usernames.",
        done.accounts
    ));
    say("Unchanged: passwords, passkeys, groups, invitations, and the keys of service accounts.");
    say(format_args!("Revoked signing keys: {}", list(&done.revoked)));
    say(format_args!("New signing key: {}", done.signing_key_id));
    say(format_args!("New key of the record: {}", done.record_key_id));
    if !done.earlier_record_key_ids.is_empty() {
        say(format_args!(
            "Earlier keys of the record, as found in the database, which nothing proves any more; compare \
             them with the key IDs that you have kept: {}",
            list(&done.earlier_record_key_ids)
        ));
    }
}

fn list(ids: &[String]) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}
