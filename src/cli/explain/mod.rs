//! `claviger explain`: says in sentences what happened, and what to do.
//!
//! What is known comes from the contract for operators; the words are made here. `kinds` and `reasons`
//! are the words for what the record holds.

mod account;
mod events;
mod kinds;
mod reasons;
mod report;
mod request;
mod subject;
#[cfg(test)]
mod tests;
mod token;
mod verdicts;

use std::process::ExitCode;

use clap::Args;

use super::{
    invalid,
    operator::{self, Console, Context, flags::Connection},
};

use self::subject::{Kind, Subject};

/// The arguments of `claviger explain`. The doc comments are its help.
#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    connection: Connection,
    /// An access token, a request ID, a username or an account ID; - reads it from standard input
    ///
    /// Other users of the machine can read command lines: give a token on standard input.
    #[arg(value_name = "TOKEN|REQUEST_ID|USERNAME", allow_hyphen_values = true)]
    pub(super) subject: String,
    /// Take it for an access token
    #[arg(long, group = "kind")]
    token: bool,
    /// Take it for a request ID
    #[arg(long, group = "kind")]
    request_id: bool,
    /// Take it for a username or an account ID
    #[arg(long, group = "kind")]
    account: bool,
}

impl Explain {
    /// What the flags say that the subject is.
    const fn kind(&self) -> Option<Kind> {
        match (self.token, self.request_id, self.account) {
            (true, ..) => Some(Kind::Token),
            (_, true, _) => Some(Kind::RequestId),
            (_, _, true) => Some(Kind::Account),
            _ => None,
        }
    }
}

/// Explains, also while servers run. Changes nothing.
pub(super) async fn run(arguments: Explain, context: &Context) -> ExitCode {
    let subject = match Subject::read(&arguments.subject, arguments.kind()) {
        Ok(subject) => subject,
        Err(sentence) => return invalid(&sentence),
    };
    let work = async |console: &Console<'_>| match &subject {
        Subject::Token(token) => token::explain(console, token).await,
        Subject::RequestId(id) => request::explain(console, id).await,
        Subject::Account(name) => account::explain(console, name).await,
    };
    operator::run(&arguments.connection, context, work).await
}
