//! `claviger copy`.

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use url::Url;

use crate::{
    app::data,
    config::{Config, MasterSecretSource, database},
    domain::world::World,
    storage::{
        Options,
        copy::{self, Copied, CopyError, Progress, Stage},
    },
};

use super::{SCHEMA, complain, failed, invalid, no_data, operator::user::act, say};

/// How often progress is printed when standard error is not a terminal.
const EVERY: Duration = Duration::from_secs(3);
/// How often progress is updated on a terminal.
const EVERY_ON_TERMINAL: Duration = Duration::from_millis(100);

/// The arguments of `claviger copy`.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct Ends {
    /// The database to copy: sqlite:PATH or postgres://USER@HOST:PORT/NAME, without a password, which
    /// is read from PGPASSWORD or ~/.pgpass [default: the configured database]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The empty database to copy into, in the same form [default: the configured database]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// Copies one database into another.
pub(super) async fn copy(ends: &Ends, config: &Config, world: &World) -> ExitCode {
    let (from, to) = (ends.from.as_deref(), ends.to.as_deref());
    let (source, target) = match (end(config, "--from", from), end(config, "--to", to)) {
        (Ok(source), Ok(target)) => (source, target),
        (Err(problem), _) | (_, Err(problem)) => return invalid(&problem),
    };
    if let Err(error) = copy::refuse_same(&source, &target) {
        return failed(&error);
    }
    let _locks = match locks(&source, &target) {
        Ok(locks) => locks,
        Err(code) => return code,
    };
    let act = match act(world) {
        Ok(act) => act,
        Err(error) => return failed(&error),
    };
    let mut meter = Meter::new();
    let copied = copy::copy(&source, &target, &act, &mut |it| meter.show(it)).await;
    meter.end_line();
    match copied {
        Ok(tables) => {
            report(&source, &target, &tables, &config.master_secret);
            ExitCode::SUCCESS
        }
        Err(error @ (CopyError::TooOld { .. } | CopyError::TooNew { .. })) => {
            failed(&error);
            ExitCode::from(SCHEMA)
        }
        Err(error) => failed(&error),
    }
}

/// The database that a flag gives, or the configured one.
fn end(config: &Config, flag: &str, url: Option<&str>) -> Result<Options, String> {
    let Some(url) = url else { return Ok(config.database.clone()) };
    let has_password = Url::parse(url).is_ok_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
    });
    if has_password {
        return Err(format!(
            "The URL of {flag} contains a password, and other users of this machine can read command \
             lines. Give the password in PGPASSWORD or ~/.pgpass, or set `database.url` to that \
             database and omit {flag}."
        ));
    }
    database::named(url, &config.database)
        .map_err(|why| format!("The URL of {flag} is invalid: {why}"))
}

/// Locks the SQLite files, so that no server or other command opens them.
fn locks(source: &Options, target: &Options) -> Result<Vec<fs::File>, ExitCode> {
    copy::require_source(source).map_err(|error| failed(&error))?;
    let files = [source, target].into_iter().filter_map(|it| match it {
        Options::Sqlite(options) => Some(&options.path),
        Options::Postgres(_) => None,
    });
    let locks = files.map(|path| data::lock_alone(path)).collect::<Result<_, _>>();
    locks.map_err(|error| no_data(&error))
}

fn report(source: &Options, target: &Options, tables: &[Copied], secret: &MasterSecretSource) {
    say(format_args!("{:<28} {:>12} {:>21}", "TABLE", "ROWS", "COPIED BEFORE"));
    for Copied { table, rows, resumed } in tables {
        say(format_args!("{table:<28} {rows:>12} {resumed:>21}"));
    }
    say(format_args!(
        "Verified: every table of {target} has the same rows as in {source}, where only the event of this \
         copy is new."
    ));
    let key = match secret {
        MasterSecretSource::Given(_) => "`secrets.key_encryption_key`".to_owned(),
        MasterSecretSource::Kept(path) => path.display().to_string(),
    };
    say(format_args!(
        "The new database needs the same key-encryption key ({key}): signing keys, sessions and \
         failed sign-in counts depend on it. With the same key, `public.url` and `relying_party.id`, \
         all passwords, passkeys and sessions remain valid."
    ));
}

/// Prints the progress of the copy to standard error.
struct Meter {
    on_terminal: bool,
    line_is_open: bool,
    table: &'static str,
    stage: Stage,
    began: Instant,
    done_before: u64,
    told: Instant,
}

impl Meter {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            on_terminal: io::stderr().is_terminal(),
            line_is_open: false,
            table: "",
            stage: Stage::Copying,
            began: now,
            done_before: 0,
            told: now,
        }
    }

    fn show(&mut self, progress: Progress) {
        let Progress { table, stage, done, total } = progress;
        if (table, stage) != (self.table, self.stage) {
            self.end_line();
            (self.table, self.stage) = (table, stage);
            (self.began, self.done_before) = (Instant::now(), done);
        }
        let every = if self.on_terminal { EVERY_ON_TERMINAL } else { EVERY };
        let is_last = self.on_terminal && done >= total;
        if self.told.elapsed() < every && !is_last {
            return;
        }
        self.told = Instant::now();
        self.print(&self.line(done, total));
    }

    fn line(&self, done: u64, total: u64) -> String {
        let what = match self.stage {
            Stage::Copying => "copied",
            Stage::Verifying => "verified",
        };
        let millis = self.began.elapsed().as_millis().max(1);
        let rate = u128::from(done - self.done_before) * 1000 / millis;
        format!("{}: {what} {done} of {total} rows, {rate} rows/s", self.table)
    }

    fn print(&mut self, line: &str) {
        if self.on_terminal {
            // Over the previous line.
            let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}");
            self.line_is_open = true;
        } else {
            complain(line);
        }
    }

    fn end_line(&mut self) {
        if self.line_is_open {
            complain("");
            self.line_is_open = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_of_which_table_is_done() {
        let mut meter = Meter::new();
        (meter.table, meter.done_before) = ("accounts", 500);

        let copied = meter.line(700, 1200);
        meter.stage = Stage::Verifying;
        let verified = meter.line(500, 1200);

        assert!(copied.starts_with("accounts: copied 700 of 1200 rows, "), "{copied}");
        assert_eq!(verified, "accounts: verified 500 of 1200 rows, 0 rows/s");
    }
}
