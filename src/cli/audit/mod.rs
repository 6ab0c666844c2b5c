//! `claviger audit`.
//!
//! An export, and the verification of the database, need all of the record with its proof: they open the
//! database of this machine.

mod arguments;
mod export;
mod lines;
mod list;
mod ocsf;
mod progress;
mod verify;

use std::process::ExitCode;

use crate::{
    app::{compose, data},
    domain::record::reader::Reader,
};

use super::{
    failed, no_data,
    operator::{self, Console, Context},
};

pub(super) use arguments::AuditCommand;
#[cfg(test)]
pub(super) use arguments::Format;

/// Runs one of them, also while servers run.
pub(super) async fn run(command: AuditCommand, context: &Context) -> ExitCode {
    match command {
        AuditCommand::List(filters) => {
            let now = || context.world.now();
            let work = async |it: &Console<'_>| list::list(it, &filters, now()).await;
            operator::run(&filters.connection, context, work).await
        }
        AuditCommand::Watch(watch) => {
            let work = async |it: &Console<'_>| list::watch(it, &watch).await;
            operator::run(&watch.connection, context, work).await
        }
        AuditCommand::Export { format } => {
            with_record(context, async |it| export::export(it, format).await).await
        }
        AuditCommand::Verify { file: Some(file), keys } => verify::file(&file, &keys),
        AuditCommand::Verify { file: None, .. } => {
            with_record(context, async |it| verify::database(it).await).await
        }
    }
}

async fn with_record(
    Context { config, world, .. }: &Context,
    work: impl AsyncFnOnce(&Reader) -> crate::domain::Result<ExitCode>,
) -> ExitCode {
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = match compose::event_keys(&data).await {
        Ok(keys) => work(&Reader::new(data.storage.clone(), keys)).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    done.unwrap_or_else(|error| failed(&error))
}
