//! `claviger copy`: all rows of one database into another one, of the same or the other engine, while
//! no server uses either.
//!
//! The target is marked as unfinished before the first row is written, and the mark is removed only
//! when both databases, read again, have the same rows. Rows are written in the order of their keys, a
//! page in a transaction, so an interrupted copy continues after the last row of the target.

mod error;
mod row;
mod side;
mod target;

use crate::model::event::{Act, EventKind};

use super::{
    Options, migrations,
    tables::{TABLES, Table},
};
use row::{Checksum, key};
use side::{Side, origin};

pub use error::CopyError;

/// The progress of a copy.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The table that is being copied or verified.
    pub table: &'static str,
    /// The stage that the table is in.
    pub stage: Stage,
    /// The number of rows that the stage has done.
    pub done: u64,
    /// The number of rows in the table.
    pub total: u64,
}

/// The stages of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its rows are being written to the target.
    Copying,
    /// It is being read from both databases and compared.
    Verifying,
}

/// A table that was copied and verified.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// The name of the table.
    pub table: &'static str,
    /// The number of its rows.
    pub rows: u64,
    /// The number of rows that an earlier, interrupted copy had written.
    pub resumed: u64,
}

/// Copies a database into an empty one, or continues an interrupted copy of the same one. The caller
/// holds the locks of SQLite files. `watch` is called with the progress. The source has one row more: the
/// event of this act, which is copied as well.
///
/// # Errors
/// When either database is in use or cannot be copied, and when the two differ in the end. Unless the
/// target was refused before anything was written, no server will open it.
pub async fn copy(
    source: &Options,
    target: &Options,
    act: &Act,
    watch: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<Copied>, CopyError> {
    refuse_same(source, target)?;
    let mut from = open_source(source).await?;
    let (mut into, is_begun) = target::open(target, from.name()).await?;
    if !is_begun {
        // Before the mark: a copy that continues, perhaps with another clock, must not add a row among
        // those that it has copied.
        from.record(&act.event(EventKind::DatabaseCopied).on(into.name())).await?;
        target::mark(&mut into, from.name(), act.at).await?;
    }
    from.begin_reading().await?;
    let mut resumed = Vec::new();
    for table in TABLES {
        resumed.push(copy_table(&mut from, &mut into, table, watch).await?);
    }
    from.commit().await?;
    // A server that was started meanwhile would change the rows that are compared.
    from.refuse_others().await?;
    from.begin_reading().await?;
    into.begin_reading().await?;
    let mut copied = Vec::new();
    for (table, resumed) in TABLES.iter().zip(resumed) {
        let rows = verify_table(&mut from, &mut into, table, watch).await?;
        copied.push(Copied { table: table.name, rows, resumed });
    }
    from.commit().await?;
    into.commit().await?;
    target::finish(&mut into, from.name()).await?;
    from.close().await;
    into.close().await;
    Ok(copied)
}

/// Refuses while a server or a copy uses a PostgreSQL database. A SQLite file has its lock.
///
/// # Errors
/// [`CopyError::Served`] or [`CopyError::Copied`] while one does.
pub(in crate::storage) async fn refuse_others(database: &Options) -> Result<(), CopyError> {
    let mut side = Side::open(database).await?;
    let alone = side.refuse_others().await;
    side.close().await;
    alone
}

/// Refuses to copy a database into itself, as far as its names show it.
///
/// # Errors
/// [`CopyError::Same`] when both name one database.
pub fn refuse_same(source: &Options, target: &Options) -> Result<(), CopyError> {
    let same_file = match (source, target) {
        (Options::Sqlite(source), Options::Sqlite(target)) => same_file(&source.path, &target.path),
        _ => false,
    };
    if same_file || origin(source) == origin(target) {
        return Err(CopyError::Same(origin(source)));
    }
    Ok(())
}

/// Whether both paths lead to one file, perhaps through a link.
fn same_file(one: &std::path::Path, other: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) else { return false };
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Checks that the database to copy exists, if it is a file.
///
/// # Errors
/// [`CopyError::Missing`] where it does not.
pub fn require_source(options: &Options) -> Result<(), CopyError> {
    let Options::Sqlite(sqlite) = options else { return Ok(()) };
    match sqlite.path.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(CopyError::Missing(options.to_string())),
        Err(cause) => {
            let cause = super::Error::Unavailable(cause.into());
            Err(CopyError::Database { database: origin(options), cause })
        }
    }
}

async fn open_source(options: &Options) -> Result<Side, CopyError> {
    require_source(options)?;
    let mut side = Side::open(options).await?;
    side.refuse_others().await?;
    let database = origin(options);
    let status = migrations::status(options)
        .await
        .map_err(|cause| CopyError::Database { database: database.clone(), cause })?;
    let (found, known) = (status.found, status.known);
    if found < known {
        return Err(CopyError::TooOld { database, found, known });
    }
    if found > known {
        return Err(CopyError::TooNew { database, found, known });
    }
    match side.find_text(super::UNFINISHED_COPY).await? {
        Some(origin) => Err(CopyError::SourceUnfinished { database, origin }),
        None => Ok(side),
    }
}

/// Copies the rows of a table that the target lacks. Returns how many it had.
async fn copy_table(
    from: &mut Side,
    into: &mut Side,
    table: &'static Table,
    watch: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, CopyError> {
    let total = from.count(table).await?;
    let resumed = into.count(table).await?;
    let mut done = resumed;
    let mut report =
        |done| watch(Progress { table: table.name, stage: Stage::Copying, done, total });
    report(done);
    let last = into.last_key(table).await?;
    let mut page = from.page(table, last.as_deref()).await?;
    while let Some(last) = page.last().map(|row| key(table, row)) {
        // The next page is read while this one is written.
        let (next, ()) = tokio::try_join!(from.page(table, Some(last)), into.insert(table, &page))?;
        done += page.len() as u64;
        report(done);
        page = next;
    }
    Ok(resumed)
}

/// Reads a table from both databases and compares. Returns how many rows it has.
async fn verify_table(
    from: &mut Side,
    into: &mut Side,
    table: &'static Table,
    watch: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, CopyError> {
    let (total, copied) = (from.count(table).await?, into.count(table).await?);
    let report = |done| watch(Progress { table: table.name, stage: Stage::Verifying, done, total });
    let (expected, found) =
        tokio::try_join!(checksum(from, table, report), checksum(into, table, |_| {}))?;
    if total == copied && expected == found {
        return Ok(total);
    }
    let (source_name, target_name) = (from.name().to_owned(), into.name().to_owned());
    Err(CopyError::Mismatch { table: table.name, source_name, target_name })
}

/// The checksum of a table's rows in the order of their keys.
async fn checksum(
    side: &mut Side,
    table: &Table,
    mut report: impl FnMut(u64),
) -> Result<[u8; 32], CopyError> {
    let mut checksum = Checksum::new();
    let mut done = 0;
    let mut page = side.page(table, None).await?;
    while let Some(last) = page.last().map(|row| key(table, row)) {
        page.iter().for_each(|row| checksum.add(row));
        done += page.len() as u64;
        report(done);
        page = side.page(table, Some(last)).await?;
    }
    Ok(checksum.finish())
}
