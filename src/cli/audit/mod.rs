//! `claviger audit`.
//!
//! An export, and the verification of the database, need all of the record with its proof: they open the
//! database of this machine.

mod arguments;
mod export;
mod lines;
mod list;
mod ocsf;
mod rotate;
mod verify;

use std::process::ExitCode;

use crate::{
    app::{compose, data},
    domain::{Result, record::reader::Reader},
    model::event::EventKind,
};

use super::{
    failed, no_data,
    operator::{self, Console, Context, user},
};

pub(super) use arguments::{AuditCommand, Format};

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
        AuditCommand::RotateKey { connection, reason } => {
            let work = async |it: &Console<'_>| rotate::rotate_key(it, reason.text).await;
            operator::run(&connection, context, work).await
        }
        AuditCommand::Export { format } => {
            let work = async |it: &Reader| export::export(it, format).await;
            with_record(context, Some(format), work).await
        }
        AuditCommand::Verify { file: Some(file), keys } => verify::file(&file, &keys),
        AuditCommand::Verify { file: None, .. } => {
            with_record(context, None, async |it| verify::database(it).await).await
        }
    }
}

/// Opens the record. An export of it is recorded first, so that there is none without its event.
async fn with_record(
    Context { config, world, .. }: &Context,
    exported: Option<Format>,
    work: impl AsyncFnOnce(&Reader) -> Result<ExitCode>,
) -> ExitCode {
    let data = match data::open_existing(config, world, user::user()).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = async {
        if let Some(format) = exported {
            let event = user::act(world)?.event(EventKind::RecordExported).on(format.name());
            data.storage.record_events(vec![event]).await?;
        }
        let keys = compose::event_keys(&data).await?;
        work(&Reader::new(data.storage.clone(), keys)).await
    };
    let done = done.await;
    data.storage.close().await;
    done.unwrap_or_else(|error| failed(&error))
}
