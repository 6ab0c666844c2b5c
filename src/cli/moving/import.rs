//! `claviger import`: reads a file, and sends its accounts to the server, some at a time.

use std::{
    fmt::Display,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::Path,
};

use claviger_token::time::Timestamp;
use serde_json::json;

use crate::{
    cli::{
        counts::counted,
        operator::{Console, Outcome, json::Object, problem::Problem},
        progress::Progress,
    },
    grpc::{contracts::admin as pb, operator_client::size},
    model::moving::MAX_IMPORTED,
};

use super::{
    adapters::{self, HashConfig},
    arguments::{Format, Import, STANDARD},
    messages::message,
    report::{Entry, Report},
    source::{Rows, SourceError, SourceRow},
};

/// From this size on, in bytes, accounts are sent. With the largest one, they are a message that a server reads.
const ENOUGH_BYTES: usize = 256 * 1024;
/// The most bytes of the message of one account.
const MAX_ACCOUNT_BYTES: usize = 1536 * 1024;

/// How many accounts became what.
#[derive(Debug, Default)]
struct Counts {
    imported: u64,
    existing: u64,
    refused: u64,
}

/// Imports the accounts of a file. What it says about the future is compared with `now`.
pub(super) async fn import(console: &Console<'_>, arguments: &Import, now: Timestamp) -> Outcome {
    let rows = rows(arguments, now)?;
    let report = Report::create(arguments.report.as_deref()).map_err(|cause| {
        let path = arguments.report.as_deref().unwrap_or(Path::new("")).display();
        Problem::sentence(format!("The report {path} cannot be created: {cause}."))
    })?;
    let mut sender = Sender {
        console,
        arguments,
        batch: Vec::new(),
        bytes: 0,
        report,
        counts: Counts::default(),
        progress: Progress::new(if arguments.dry_run { "checked" } else { "imported" }),
    };
    let sent = sender.send_all(rows).await;
    let Sender { report, counts, progress, .. } = sender;
    progress.end();
    report.end()?;
    sent?;
    conclude(console, arguments, &counts)
}

/// The accounts of a file.
fn rows(arguments: &Import, now: Timestamp) -> Result<Rows<'static>, Problem> {
    let hash_config = arguments.hash_config.as_deref().map(hash_config).transpose()?;
    if hash_config.is_some() && arguments.from != Format::Firebase {
        let problem = "--hash-config is for --from firebase alone.";
        return Err(Problem::sentence(problem));
    }
    let input = open(&arguments.file)?;
    Ok(adapters::rows(arguments.from, input, adapters::Options { hash_config, now }))
}

/// The parameters of a Firebase project's hashes.
fn hash_config(path: &Path) -> Result<HashConfig, Problem> {
    let unreadable = |cause: &dyn Display| {
        Problem::sentence(format!("The file {} cannot be read: {cause}.", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|cause| unreadable(&cause))?;
    HashConfig::parse(&text).map_err(|cause| unreadable(&cause))
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Problem> {
    if path == Path::new(STANDARD) {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(|cause| {
        Problem::sentence(format!("The file {} cannot be read: {cause}.", path.display()))
    })?;
    Ok(Box::new(BufReader::with_capacity(64 * 1024, file)))
}

/// Sends accounts in the order of the file.
struct Sender<'a> {
    console: &'a Console<'a>,
    arguments: &'a Import,
    /// The accounts to be sent, with their lines.
    batch: Vec<(u64, pb::PortableAccount)>,
    bytes: usize,
    report: Report,
    counts: Counts,
    progress: Progress,
}

impl Sender<'_> {
    async fn send_all(&mut self, rows: Rows<'_>) -> Outcome {
        for row in rows {
            match row {
                Ok(row) => self.add(row).await?,
                Err(SourceError::Row { line, field, problem }) => {
                    self.send().await?;
                    let reason = "MALFORMED".to_owned();
                    let entry =
                        Entry { field, reason, description: problem, ..Entry::of(line, "refused") };
                    self.refuse(&[entry])?;
                }
                Err(SourceError::File(cause)) => {
                    self.send().await?;
                    return Err(Problem::sentence(format!("The file cannot be read: {cause}.")));
                }
            }
        }
        self.send().await
    }

    async fn add(&mut self, row: SourceRow) -> Outcome {
        let SourceRow { line, account, left_behind } = row;
        for note in left_behind {
            let entry = Entry {
                field: note.field,
                description: note.reason,
                ..Entry::of(line, "left_behind")
            };
            self.report.add(&entry)?;
        }
        let account = message(account);
        let size = size(&account);
        if size > MAX_ACCOUNT_BYTES {
            self.send().await?;
            let description = format!("must have at most {MAX_ACCOUNT_BYTES} bytes in all");
            let reason = "TOO_LONG".to_owned();
            return self.refuse(&[Entry { reason, description, ..Entry::of(line, "refused") }]);
        }
        self.batch.push((line, account));
        self.bytes += size;
        if self.batch.len() == MAX_IMPORTED || self.bytes >= ENOUGH_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    /// Sends what waits.
    async fn send(&mut self) -> Outcome {
        self.bytes = 0;
        let (lines, accounts): (Vec<u64>, Vec<pb::PortableAccount>) = self.batch.drain(..).unzip();
        let Some(first) = lines.first() else { return Ok(()) };
        let request = pb::ImportAccountsRequest {
            accounts,
            dry_run: self.arguments.dry_run,
            reason: self.arguments.reason.text.clone(),
        };
        let response = self.console.client.import_accounts(request).await;
        let response = response.map_err(|refusal| interrupted(refusal.into(), *first))?;
        if response.results.len() != lines.len() {
            let problem = "The server did not say what became of each account.";
            return Err(interrupted(Problem::sentence(problem), *first));
        }
        for (line, result) in lines.into_iter().zip(response.results) {
            self.note(line, result)?;
        }
        let done = self.counts.imported + self.counts.existing;
        self.progress.show(counted(done, "account"));
        Ok(())
    }

    /// Counts and reports what became of an account.
    fn note(&mut self, line: u64, result: pb::ImportResult) -> Outcome {
        let outcome = match result.outcome() {
            pb::ImportOutcome::Imported => {
                self.counts.imported += 1;
                "imported"
            }
            pb::ImportOutcome::Exists => {
                self.counts.existing += 1;
                "exists"
            }
            pb::ImportOutcome::Refused | pb::ImportOutcome::Unspecified => {
                let entries = result.problems.into_iter().map(|it| Entry {
                    field: it.field,
                    reason: it.reason,
                    description: it.description,
                    ..Entry::of(line, "refused")
                });
                return self.refuse(&entries.collect::<Vec<_>>());
            }
        };
        let entry = Entry { account_id: result.account_id, ..Entry::of(line, outcome) };
        self.report.add(&entry).map_err(Problem::from)
    }

    /// Counts and reports an account that is refused for these reasons.
    fn refuse(&mut self, reasons: &[Entry]) -> Outcome {
        self.counts.refused += 1;
        reasons.iter().try_for_each(|it| self.report.add(it)).map_err(Problem::from)
    }
}

/// Why an import ends before its file does, and how to continue.
fn interrupted(problem: Problem, line: u64) -> Problem {
    // The same command would be refused again.
    let is_of_command = ["CALLER_UNKNOWN", "OPERATOR_ONLY", "ROLE_INSUFFICIENT", "FIELDS_INVALID"];
    if is_of_command.iter().any(|it| problem.is(it)) {
        return problem;
    }
    Problem::sentence(format!(
        "{problem} Nothing from line {line} on was imported, as far as is known. Run the same command again: \
         accounts that were imported are recognised."
    ))
}

fn conclude(console: &Console<'_>, arguments: &Import, counts: &Counts) -> Outcome {
    let Counts { imported, existing, refused } = counts;
    let verb = if arguments.dry_run { "Would import" } else { "Imported" };
    let sentence = format!(
        "{verb} {}; {existing} existed already, {refused} refused.",
        counted(imported, "account")
    );
    let object = Object::of([
        ("imported", json!(imported)),
        ("existing", json!(existing)),
        ("refused", json!(refused)),
        ("dry_run", json!(arguments.dry_run)),
    ]);
    console.done(sentence, &object)?;
    if counts.refused > 0 {
        return Err(Problem::sentence(format!("{} refused.", counted(refused, "account"))));
    }
    Ok(())
}
