//! Why an account can or cannot sign in.

use claviger_proto::pb::Passkey;

use crate::{
    cli::operator::{Console, Outcome, json, problem::Problem, table::time},
    grpc::contracts::admin::{
        Account, AccountExplanation, Event, ExplainAccountRequest, FailedAttempts,
        explain_account_request::Account as By,
    },
    model::{
        account::AccountReference,
        event::{EventKind, Outcome as Ended},
    },
};

use super::{
    events::actor,
    report::{Report, quoted},
};

/// Explains an account by its ID or its username. The ID is tried first, as by every command.
pub(super) async fn explain(console: &Console<'_>, name: &str) -> Outcome {
    let Some(reference) = AccountReference::parse(name) else {
        return Err(Problem::sentence(format!(
            "{name:?} is neither a username nor an ID, so no account can have it."
        )));
    };
    let by_id = reference.id().map(|id| By::Id(id.to_string()));
    let by_name = reference.username().map(|it| By::Username(it.as_str().to_owned()));
    let mut explanation = None;
    for account in by_id.into_iter().chain(by_name) {
        let request = ExplainAccountRequest { account: Some(account) };
        let found = console.client.explain_account(request).await?.explanation;
        let found = found.unwrap_or_default();
        let is_known = found.account.is_some() || !found.events.is_empty();
        if is_known || explanation.is_none() {
            explanation = Some(found);
        }
        if is_known {
            break;
        }
    }
    let explanation = explanation.unwrap_or_default();
    if console.is_json() {
        return console.object(&json::account_explanation(&explanation));
    }
    report(name, &explanation).print()
}

pub(super) fn report(name: &str, it: &AccountExplanation) -> Report {
    let mut report = Report::default();
    let Some(account) = &it.account else {
        explain_absence(name, it, &mut report);
        return report;
    };
    let shell = quoted(&account.username);
    explain_state(account, &it.events, &mut report);
    explain_credentials(account, &it.passkeys, &mut report);
    explain_attempts(it, &shell, &mut report);
    report.say(match &account.last_sign_in_time {
        Some(_) => format!("It last signed in at {}.", time(account.last_sign_in_time.as_ref())),
        None => "It has not signed in as far as is known.".to_owned(),
    });
    if !is_anything_wrong(it, account) {
        report.say("Nothing stops it from signing in.");
        report.advise(
            "If the person is refused with TOO_MANY_ATTEMPTS, the delay is that of their address, which \
             ends by itself: the log has the event sign_in_throttled.",
        );
    }
    report.happened("What the record has, newest first:", &it.events, &shell);
    report
}

fn explain_absence(name: &str, it: &AccountExplanation, report: &mut Report) {
    if it.username.is_empty() {
        report.say(match it.events.is_empty() {
            true => format!("There is no account with the ID {name:?}, and the record has none."),
            false => format!("The account {name} was deleted."),
        });
        report.happened("What the record has:", &it.events, name);
        let list = format!("For all that the record has: claviger audit list --account {name}");
        report.advise(if it.events.is_empty() { String::new() } else { list });
        return;
    }
    let shell = quoted(&it.username);
    report.say(format!("There is no account with the username {:?}.", it.username));
    explain_attempts(it, &shell, report);
    report.advise(format!(
        "Compare the spelling with the accounts that begin alike: claviger accounts list --prefix {shell}"
    ));
    report.advise(
        "A deleted account is explained by its ID. If the person is to have an account, invite them.",
    );
}

fn explain_state(account: &Account, events: &[Event], report: &mut Report) {
    let named = format!("The account {:?} ({})", account.username, account.id);
    let Some(since) = &account.disabled_time else {
        report.say(format!("{named} is active."));
        return;
    };
    let since = time(Some(since));
    let disabled = newest(events, EventKind::AccountDisabled);
    let by = disabled.map(|it| format!(", by {}", actor(it))).unwrap_or_default();
    report.say(format!("{named} has been disabled since {since}{by}: nothing signs in to it."));
    if let Some(reason) = disabled.map(|it| &it.operator_reason).filter(|it| !it.is_empty()) {
        report.say(format!("The reason that was given: {reason:?}."));
    }
    let shell = quoted(&account.username);
    report.advise(format!("If the person may sign in again: claviger accounts enable {shell}"));
}

/// The newest event of a kind that was done.
fn newest(events: &[Event], kind: EventKind) -> Option<&Event> {
    let is_done = |it: &&Event| it.kind == kind.name() && it.outcome == Ended::Success.name();
    events.iter().find(is_done)
}

fn explain_credentials(account: &Account, passkeys: &[Passkey], report: &mut Report) {
    let active = passkeys.iter().filter(|it| it.suspended_time.is_none()).count();
    let passkeys_named = match active {
        0 => None,
        1 => Some("a passkey".to_owned()),
        count => Some(format!("{count} passkeys")),
    };
    let password = account.has_password.then(|| "a password".to_owned());
    let ways: Vec<String> = password.into_iter().chain(passkeys_named).collect();
    if ways.is_empty() {
        report.say("It has no password and no active passkey, so no one can sign in to it.");
    } else {
        report.say(format!("It can sign in with {}.", ways.join(" and ")));
    }
    let shell = quoted(&account.username);
    if ways.is_empty() && passkeys.is_empty() {
        report.advise(format!(
            "Invite its owner to set a password or a passkey: claviger invitations create --account {shell}"
        ));
    }
    for it in passkeys {
        let (name, id) = (&it.name, &it.id);
        if it.suspended_time.is_some() {
            let since = time(it.suspended_time.as_ref());
            report.say(format!("Its passkey {name:?} ({id}) has been suspended since {since}."));
            report.advise(format!(
                "If its owner has the passkey: claviger accounts resume-passkey {shell} {id}"
            ));
        }
        if it.clone_suspected_time.is_some() {
            let at = time(it.clone_suspected_time.as_ref());
            report.say(format!(
                "There may be a copy of its passkey {name:?} ({id}): its counter did not grow at {at}."
            ));
            report.advise(format!(
                "Have the person add a new passkey, then remove this one: \
                 claviger accounts remove-passkey {shell} {id}"
            ));
        }
    }
}

fn explain_attempts(it: &AccountExplanation, shell: &str, report: &mut Report) {
    let places = [
        (&it.sign_in_attempts, "to sign in", "a passkey still signs in"),
        (&it.session_attempts, "within its sessions", "signing in again resets the count"),
    ];
    for (attempts, place, way_out) in places {
        let Some(attempts) = attempts.as_ref().filter(|it| it.count > 0) else { continue };
        let FailedAttempts { count, lock_count, .. } = attempts;
        let last = time(attempts.last_time.as_ref());
        let noun = if *count == 1 { "attempt" } else { "attempts" };
        let failed =
            format!("{count} {noun} {place} with a password failed in a row, the last at {last}");
        if attempts.locked {
            report.say(format!("The password is locked: {failed}; {way_out}."));
        } else if attempts.retry_time.is_some() {
            let until = time(attempts.retry_time.as_ref());
            report.say(format!(
                "The password is refused until {until}: {failed}; it is locked at {lock_count}."
            ));
        } else {
            report.say(format!("{failed}; the password is locked at {lock_count}."));
        }
        if attempts.locked || attempts.retry_time.is_some() {
            report.advise(format!(
                "If the failures were the person's own: claviger accounts unlock {shell}"
            ));
        }
    }
}

/// Whether something stops the account from signing in.
fn is_anything_wrong(it: &AccountExplanation, account: &Account) -> bool {
    let is_refused = |it: &Option<FailedAttempts>| {
        it.as_ref().is_some_and(|it| it.locked || it.retry_time.is_some())
    };
    let is_active = |it: &Passkey| it.suspended_time.is_none();
    let has_way = account.has_password || it.passkeys.iter().any(is_active);
    account.disabled_time.is_some() || !has_way || is_refused(&it.sign_in_attempts)
}
