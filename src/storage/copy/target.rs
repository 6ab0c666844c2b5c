//! The target: prepared for its rows before the copy, and released to servers after it.

use claviger_token::time::Timestamp;

use crate::storage::{Options, UNFINISHED_COPY, migrations, tables::TABLES};

use super::{
    CopyError,
    side::{Side, origin},
};

const MARK: &str = "INSERT INTO unfinished_copies (source, started_at) VALUES ($1, $2)";
const UNMARK: &str = "DELETE FROM unfinished_copies WHERE source = $1";

/// Opens a database that is empty or is an unfinished copy of the same source, and brings it to this
/// program's schema. Returns whether it is marked as unfinished.
pub(super) async fn open(options: &Options, source: &str) -> Result<(Side, bool), CopyError> {
    refuse_others(options).await?;
    migrate(options).await?;
    let mut side = Side::open(options).await?;
    // The connection that migrated may still be closing.
    side.refuse_others().await?;
    match side.find_text(UNFINISHED_COPY).await? {
        Some(origin) if origin == source => return Ok((side, true)),
        Some(origin) => {
            return Err(CopyError::OtherOrigin { database: side.name().to_owned(), origin });
        }
        None => {}
    }
    for table in TABLES {
        if side.last_key(table).await?.is_some() {
            let database = side.name().to_owned();
            return Err(CopyError::NotEmpty { database, table: table.name });
        }
    }
    Ok((side, false))
}

/// Marks a database as unfinished, so that no server opens it.
pub(super) async fn mark(side: &mut Side, source: &str, now: Timestamp) -> Result<(), CopyError> {
    side.note(MARK, source, Some(now.as_micros())).await
}

/// Removes the mark, so that servers open the database.
pub(super) async fn finish(side: &mut Side, source: &str) -> Result<(), CopyError> {
    side.note(UNMARK, source, None).await
}

/// Fails while another program uses the database, before anything is changed.
async fn refuse_others(options: &Options) -> Result<(), CopyError> {
    if let Options::Sqlite(_) = options {
        return Ok(());
    }
    let mut side = Side::open(options).await?;
    let refused = side.refuse_others().await;
    side.close().await;
    refused
}

/// Migrates a database without a schema. One with another schema is in use, and is left as it is.
async fn migrate(options: &Options) -> Result<(), CopyError> {
    let failed = |cause| CopyError::Database { database: origin(options), cause };
    let status = migrations::status(options).await.map_err(failed)?;
    let (found, known) = (status.found, status.known);
    let database = origin(options);
    match found {
        0 => migrations::create(options).await.map_err(failed),
        _ if found < known => Err(CopyError::TooOld { database, found, known }),
        _ if found > known => Err(CopyError::TooNew { database, found, known }),
        _ => Ok(()),
    }
}
