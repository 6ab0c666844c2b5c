//! An event of the record as a sentence.

use crate::{
    cli::operator::table::time, domain::operators::Actor, grpc::contracts::admin::Event,
    model::event::Outcome,
};

use super::{kinds, reasons};

/// An event in words.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    /// What to do about it.
    pub(super) advice: Option<String>,
}

/// An event in words. `account` is how commands name its account.
pub(super) fn line(event: &Event, account: &str) -> Line {
    let is_refused = event.outcome == Outcome::Refused.name();
    let happened = match kinds::of(&event.kind) {
        Some(kind) if is_refused => kind.refused.to_owned(),
        Some(kind) => kind.done.replace("{target}", &event.target),
        // Of a newer server.
        None => format!("{} ({})", event.kind, event.outcome),
    };
    let method = match event.method.as_str() {
        "" => String::new(),
        method => format!(", with a {method}"),
    };
    let meaning = reasons::of(&event.reason);
    let why = match (meaning, event.reason.as_str()) {
        (_, "") => String::new(),
        (Some(meaning), reason) => format!(": {} ({reason})", meaning.why),
        (None, reason) => format!(" ({reason})"),
    };
    let given = match event.operator_reason.as_str() {
        "" => String::new(),
        reason => format!(" Their reason: {reason:?}."),
    };
    let at = time(event.occur_time.as_ref());
    let advice = meaning.filter(|_| is_refused).map(|it| {
        let target = if event.target.is_empty() { "PASSKEY_ID" } else { &event.target };
        it.advice.replace("{account}", account).replace("{target}", target)
    });
    let text = format!("{at}  {happened}{method}{why}. By {}.{given}", actor(event));
    Line { text, advice }
}

/// The actor, with the address that it called from.
pub(super) fn actor(event: &Event) -> String {
    let name = &event.actor;
    let is_of_account = *name == event.account_id;
    let actor = match event.actor_kind.as_str() {
        it if it == Actor::Anonymous.kind() => "a client that was not signed in".to_owned(),
        "account" if is_of_account => "a client of the account".to_owned(),
        "account" => format!("a client of the account {name}"),
        "service_account" if event.actor_role.is_empty() => format!("the service account {name}"),
        "service_account" => format!("the operator {name} ({})", event.actor_role),
        "command_line" => format!("the user {name} of the server's machine"),
        it if it == Actor::Server.kind() => "the server".to_owned(),
        other => format!("{other} {name}"),
    };
    let address = &event.address;
    if address.is_empty() { actor } else { format!("{actor}, from {address}") }
}
