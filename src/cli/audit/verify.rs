//! `claviger audit verify`.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::ExitCode,
};

use crate::{
    cli::{counts::counted, dates::date, progress::Progress, refused, say},
    domain::{
        Result,
        record::{
            keys::TrustedKeys,
            reader::Reader,
            verify::{Finding, Proved, Verification},
        },
    },
    model::record::{Checkpoint, SealedRow},
};

use super::{lines::Line, ocsf};

/// Verifies the database.
pub(super) async fn database(record: &Reader) -> Result<ExitCode> {
    let mut progress = Progress::new("verified");
    let outcome = record
        .verify(&mut |done, total| progress.show(format_args!("{done} of {total} events")))
        .await;
    progress.end();
    Ok(report(outcome?))
}

/// Verifies an export.
pub(super) fn file(path: &Path, pinned: &[String]) -> ExitCode {
    match File::open(path).map_err(Problem::from).and_then(|it| read(it, pinned)) {
        Ok(proved) => report(Ok(proved)),
        Err(Problem::Found(finding)) => report(Err(finding)),
        Err(Problem::Unreadable(error)) => {
            refused(format_args!("{} cannot be read: {error}.", path.display()))
        }
        Err(Problem::NoExport(number)) => refused(format_args!(
            "Line {number} of {} is not a line of an export, or not in its place.",
            path.display()
        )),
        Err(Problem::WithoutProof) => refused(format_args!(
            "{} has the format OCSF, which holds no proof. Verify an export that was made without \
             --format.",
            path.display()
        )),
    }
}

fn report(outcome: std::result::Result<Proved, Finding>) -> ExitCode {
    let Proved { rows, last, key_ids } = match outcome {
        Ok(proved) => proved,
        Err(finding) => return refused(format_args!("{finding} The record is not intact.")),
    };
    let Some(Checkpoint { position, chain_hash, kept_after, signed_at, .. }) = last else {
        say("No event is sealed yet.");
        return ExitCode::SUCCESS;
    };
    if kept_after > 0 {
        say(format_args!(
            "The events up to position {kept_after} were deleted after their retention."
        ));
    }
    say(format_args!(
        "The record is intact: {} up to position {position}, as signed at {}.",
        counted(rows, "event"),
        date(signed_at)
    ));
    say(format_args!("Hash: {}", hex(&chain_hash)));
    key_ids.iter().for_each(|it| say(format_args!("Key ID: {it}")));
    ExitCode::SUCCESS
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// Why an export was not proved.
enum Problem {
    Found(Finding),
    Unreadable(io::Error),
    /// The number of the line.
    NoExport(usize),
    /// The export has the format of other programs.
    WithoutProof,
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Reads what comes before the first event, then one event at a time.
fn read(file: File, pinned: &[String]) -> std::result::Result<Proved, Problem> {
    let (mut keys, mut checkpoints) = (TrustedKeys::default(), Vec::new());
    let mut verification = None;
    let mut number = 0;
    for text in BufReader::new(file).lines() {
        let text = text?;
        number += 1;
        let line = serde_json::from_str(&text).map_err(|_| match ocsf::is_event(&text) {
            true => Problem::WithoutProof,
            false => Problem::NoExport(number),
        })?;
        match (line, &mut verification) {
            (Line::Key { key_id, public_key }, None) => {
                let is_trusted = pinned.is_empty() || pinned.contains(&key_id);
                if is_trusted && !keys.add(&key_id, &public_key.0) {
                    return Err(Problem::NoExport(number));
                }
            }
            (line @ Line::Checkpoint { .. }, None) => {
                checkpoints.extend(Option::<Checkpoint>::from(line));
            }
            (Line::Event(event), begun) => {
                let begun = match begun {
                    Some(begun) => begun,
                    None => {
                        let checkpoints = std::mem::take(&mut checkpoints);
                        let it = Verification::begin(checkpoints, &keys).map_err(Problem::Found)?;
                        begun.insert(it)
                    }
                };
                begun.check(&SealedRow::from(*event)).map_err(Problem::Found)?;
            }
            (Line::Key { .. } | Line::Checkpoint { .. }, Some(_)) => {
                return Err(Problem::NoExport(number));
            }
        }
    }
    let verification = match verification {
        Some(verification) => verification,
        None => Verification::begin(checkpoints, &keys).map_err(Problem::Found)?,
    };
    verification.finish().map_err(Problem::Found)
}
