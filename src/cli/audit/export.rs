//! `claviger audit export`.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use crate::{
    cli::failed,
    domain::{Result, record::reader::Reader},
};

use super::{lines::Line, progress::Progress};

/// Prints the record to standard output.
pub(super) async fn export(record: &Reader) -> Result<ExitCode> {
    let mut output = BufWriter::new(io::stdout());
    let mut progress = Progress::new("exported");
    let written = write(record, &mut output, &mut progress).await;
    progress.end();
    Ok(match written? {
        Ok(()) => ExitCode::SUCCESS,
        // An incomplete export must not pass for a whole one.
        Err(error) => failed(&error),
    })
}

async fn write(
    record: &Reader,
    output: &mut impl Write,
    progress: &mut Progress,
) -> Result<io::Result<()>> {
    let checkpoints = record.checkpoints().await?;
    let (first, up_to) = checkpoints.last().map_or((0, 0), |it| (it.kept_after, it.position));
    let keys = record.keys().public().map(|(key_id, public_key)| Line::key(key_id, public_key));
    // Those before the kept rows prove nothing that is exported.
    let checkpoints = checkpoints.into_iter().filter(|it| it.position >= first);
    for line in keys.chain(checkpoints.map(Line::from)) {
        if let Err(error) = print(output, &line) {
            return Ok(Err(error));
        }
    }
    let mut after = first;
    loop {
        let page = record.page(after, up_to).await?;
        let Some(end) = page.last() else { return Ok(output.flush()) };
        after = end.position;
        for row in page {
            if let Err(error) = print(output, &Line::from(row)) {
                return Ok(Err(error));
            }
        }
        progress.show(after - first, up_to - first);
    }
}

fn print(output: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}
