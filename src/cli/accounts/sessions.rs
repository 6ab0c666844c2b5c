//! The sessions of an account.

use claviger_proto::pb::{Session, SignInMethod};
use serde_json::json;

use crate::{
    cli::{
        counts,
        operator::{
            Console, Outcome,
            json::{self, Object},
            problem::Problem,
            table::{Table, time},
            target::{self, described},
        },
    },
    grpc::contracts::admin as pb,
    model::session::COUNTED_SESSIONS,
};

use super::arguments::Act;

/// The largest page.
const PAGE: i32 = 100;

pub(super) async fn list(console: &Console<'_>, name: &str) -> Outcome {
    let account_id = target::account(console, name).await?.id;
    let mut request =
        pb::ListAccountSessionsRequest { account_id, page_size: PAGE, page_token: String::new() };
    let mut sessions = Vec::new();
    loop {
        let page = console.client.list_account_sessions(request.clone()).await?;
        sessions.extend(page.sessions);
        if page.next_page_token.is_empty() {
            return console.list(&sessions, table, json::session);
        }
        request.page_token = page.next_page_token;
    }
}

pub(super) async fn end(
    console: &Console<'_>,
    name: &str,
    session_id: String,
    reason: String,
) -> Outcome {
    let account_id = target::account(console, name).await?.id;
    let object = Object::of([("account_id", json!(account_id)), ("session_id", json!(session_id))]);
    let id = session_id.clone();
    let request = pb::EndAccountSessionRequest { account_id, session_id, reason };
    let ended = console.client.end_account_session(request).await.map_err(Problem::from);
    let unknown = format!("The account has no active session {id:?}.");
    ended.map_err(|it| it.explained("SESSION_NOT_FOUND", unknown))?;
    console.done(format_args!("Ended the session {id}."), &object)
}

pub(super) async fn end_all(console: &Console<'_>, act: Act) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let ended = all(console, &account, act.reason.text).await?;
    let (count, described) = (counted(ended), described(&account));
    let sentence = format!("Ended {count} of the account {described}.");
    console.done(sentence, &ended_object(&account, ended))
}

/// Ends all sessions of an account, and returns how many were active.
pub(in crate::cli) async fn all(
    console: &Console<'_>,
    account: &pb::Account,
    reason: String,
) -> Result<i32, Problem> {
    let request = pb::EndAllAccountSessionsRequest { account_id: account.id.clone(), reason };
    Ok(console.client.end_all_account_sessions(request).await?.ended_count)
}

/// How many active sessions ended, for a sentence. The server does not count further than so many.
pub(in crate::cli) fn counted(ended: i32) -> String {
    let is_exact = u32::try_from(ended).is_ok_and(|it| it < COUNTED_SESSIONS);
    counts::counted(
        format_args!("{ended}{}", if is_exact { "" } else { " or more" }),
        "active session",
    )
}

/// The same for programs.
pub(in crate::cli) fn ended_object(account: &pb::Account, ended: i32) -> Object {
    Object::of([("account_id", json!(account.id)), ("ended_count", json!(ended))])
}

fn table(sessions: &[Session]) -> Table {
    let headings =
        ["SESSION ID", "METHOD", "SIGNED IN", "LAST SEEN", "EXPIRES", "ADDRESS", "USER AGENT"];
    let mut table = Table::new(&headings);
    for it in sessions {
        let method = match SignInMethod::try_from(it.method) {
            Ok(SignInMethod::Password) => "password",
            Ok(SignInMethod::Passkey) => "passkey",
            _ => "",
        };
        table.row(&[
            &it.id,
            method,
            &time(it.create_time.as_ref()),
            &time(it.last_seen_time.as_ref()),
            &time(it.expire_time.as_ref()),
            &it.address,
            &it.user_agent,
        ]);
    }
    table
}
