//! `claviger audit export`.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use serde::Serialize;

use crate::{
    cli::{failed, progress::Progress},
    domain::{Result, record::reader::Reader},
    model::record::{Checkpoint, SealedRow},
};

use super::{arguments::Format, lines::Line, ocsf};

/// Prints the record to standard output.
pub(super) async fn export(record: &Reader, format: Format) -> Result<ExitCode> {
    let mut output = BufWriter::new(io::stdout());
    let mut progress = Progress::new("exported");
    let written = write(record, format, &mut output, &mut progress).await;
    progress.end();
    Ok(match written? {
        Ok(()) => ExitCode::SUCCESS,
        // An incomplete export must not pass for a whole one.
        Err(error) => failed(&error),
    })
}

async fn write(
    record: &Reader,
    format: Format,
    output: &mut impl Write,
    progress: &mut Progress,
) -> Result<io::Result<()>> {
    let checkpoints = record.checkpoints().await?;
    let (first, up_to) = checkpoints.last().map_or((0, 0), |it| (it.kept_after, it.position));
    if format == Format::Claviger
        && let Err(error) = print_proof(record, checkpoints, output)
    {
        return Ok(Err(error));
    }
    let mut after = first;
    loop {
        let page = record.page(after, up_to).await?;
        let Some(end) = page.last() else { return Ok(output.flush()) };
        after = end.position;
        for row in page {
            if let Err(error) = print_event(row, format, output) {
                return Ok(Err(error));
            }
        }
        progress.show(format_args!("{} of {} events", after - first, up_to - first));
    }
}

/// Prints the public keys and the checkpoints.
fn print_proof(
    record: &Reader,
    checkpoints: Vec<Checkpoint>,
    output: &mut impl Write,
) -> io::Result<()> {
    let first = checkpoints.last().map_or(0, |it| it.kept_after);
    let keys = record.keys().public().map(|(key_id, public_key)| Line::key(key_id, public_key));
    // Those before the kept rows prove nothing that is exported.
    let checkpoints = checkpoints.into_iter().filter(|it| it.position >= first);
    keys.chain(checkpoints.map(Line::from)).try_for_each(|line| print(output, &line))
}

fn print_event(row: SealedRow, format: Format, output: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Claviger => print(output, &Line::from(row)),
        Format::Ocsf => print(output, &ocsf::event(row.position, &row.row)),
    }
}

fn print(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}
