//! `claviger import` and `claviger export`: accounts from other systems, and to them.

mod adapters;
mod arguments;
mod export;
mod import;
mod lines;
mod messages;
mod report;
mod row;
mod source;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use super::operator::{self, Context};

pub(super) use arguments::{Export, Import};

/// Runs `claviger import`, also while servers run.
pub(super) async fn import(import: Import, context: &Context) -> ExitCode {
    let connection = import.connection.clone();
    let now = context.world.now();
    let work = async |console: &operator::Console<'_>| import::import(console, &import, now).await;
    operator::run(&connection, context, work).await
}

/// Runs `claviger export`, also while servers run.
pub(super) async fn export(export: Export, context: &Context) -> ExitCode {
    let connection = export.connection.clone();
    operator::run(&connection, context, async |console| export::export(console, &export).await)
        .await
}
