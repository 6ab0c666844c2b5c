//! Operators' commands: each is a client of the contract for operators, `claviger.admin.v1`, over the
//! network or in this process. What it prints does not depend on which.

pub(super) mod consent;
pub(super) mod flags;
pub(super) mod json;
mod open;
pub(super) mod problem;
pub(super) mod table;
pub(super) mod target;
pub(super) mod user;

use std::{
    fmt::Display,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use crate::{config::Config, domain::world::World, grpc::operator_client::OperatorClient};

use self::{
    flags::{Connection, Consent, Output},
    json::Object,
    problem::Problem,
    table::Table,
};

/// What every command has besides its arguments.
pub(super) struct Context {
    pub(super) config: Config,
    pub(super) world: World,
    /// The file of [`flags::KEY_VARIABLE`].
    pub(super) key_file: Option<PathBuf>,
}

/// What an operator's command works with.
pub(super) struct Console<'a> {
    pub(super) client: &'a OperatorClient,
    output: Output,
}

/// What a command came to.
pub(super) type Outcome = Result<(), Problem>;

/// Runs a command on the connection that its flags ask for.
pub(super) async fn run(
    connection: &Connection,
    context: &Context,
    work: impl AsyncFnOnce(&Console<'_>) -> Outcome,
) -> ExitCode {
    let opened = match open::open(connection, context).await {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let console = Console { client: opened.client(), output: connection.output };
    let done = work(&console).await;
    opened.close().await;
    match done {
        // A reader that closed the pipe wants no more lines.
        Ok(()) | Err(Problem::Closed) => ExitCode::SUCCESS,
        Err(problem) => {
            super::complain(problem);
            ExitCode::FAILURE
        }
    }
}

impl Console<'_> {
    /// Whether the result is for a program.
    pub(super) fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Prints what was done: as a sentence, or as an object.
    pub(super) fn done(&self, sentence: impl Display, object: &Object) -> Outcome {
        if self.is_json() { self.object(object) } else { line(sentence) }
    }

    /// Prints an object on a line.
    pub(super) fn object(&self, object: &Object) -> Outcome {
        line(object)
    }

    /// Prints a list: as a table, or as objects.
    pub(super) fn list<T>(
        &self,
        items: &[T],
        table: impl FnOnce(&[T]) -> Table,
        object: impl Fn(&T) -> Object,
    ) -> Outcome {
        if self.is_json() {
            return items.iter().try_for_each(|it| self.object(&object(it)));
        }
        table(items).lines().into_iter().try_for_each(line)
    }

    /// Asks before what cannot be undone.
    pub(super) fn confirm(&self, consent: &Consent, question: impl Display) -> Outcome {
        consent::confirm(consent.yes, question)
    }
}

/// Prints a line of the result.
pub(super) fn line(text: impl Display) -> Outcome {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(Problem::from)
}
