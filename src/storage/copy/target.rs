//! Making the target ready for its rows, and ready to be served.

use claviger_token::time::Timestamp;

use crate::storage::{Options, UNFINISHED_COPY, migrations, tables::TABLES};

use super::{
    CopyError,
    side::{Side, origin},
};

const MARK: &str = "INSERT INTO unfinished_copies (source, started_at) VALUES ($1, $2)";
const UNMARK: &str = "DELETE FROM unfinished_copies WHERE source = $1";

/// Opens a database that is empty or was begun with the same source, brings it to this program's
/// schema, and marks it as unfinished.
pub(super) async fn open(
    options: &Options,
    source: &str,
    now: Timestamp,
) -> Result<Side, CopyError> {
    refuse_company(options).await?;
    migrate(options).await?;
    let mut side = Side::open(options).await?;
    // Migrating was company, too, a moment ago.
    side.refuse_company().await?;
    match side.find_text(UNFINISHED_COPY).await? {
        Some(origin) if origin == source => return Ok(side),
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
    side.note(MARK, source, Some(now.as_micros())).await?;
    Ok(side)
}

/// Lets the database be served.
pub(super) async fn finish(side: &mut Side, source: &str) -> Result<(), CopyError> {
    side.note(UNMARK, source, None).await
}

/// Before anything is changed.
async fn refuse_company(options: &Options) -> Result<(), CopyError> {
    if let Options::Sqlite(_) = options {
        return Ok(());
    }
    let mut side = Side::open(options).await?;
    let refused = side.refuse_company().await;
    side.close().await;
    refused
}

/// A database without a schema gets one; one with another schema is somebody's, and is left alone.
async fn migrate(options: &Options) -> Result<(), CopyError> {
    let failed = |cause| CopyError::Database { database: origin(options), cause };
    let status = migrations::status(options).await.map_err(failed)?;
    let (found, known) = (status.found, status.known);
    let database = origin(options);
    match found {
        0 => migrations::up(options).await.map(drop).map_err(failed),
        _ if found < known => Err(CopyError::TooOld { database, found, known }),
        _ if found > known => Err(CopyError::TooNew { database, found, known }),
        _ => Ok(()),
    }
}
