//! `claviger copy`.

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::ArgMatches;
use url::Url;

use crate::{
    app::data,
    config::{Config, MasterSecretSource, database},
    domain::world::World,
    storage::{
        Options,
        moving::{self, Copied, CopyError, Progress, Stage},
    },
};

use super::{SCHEMA, complain, failed, no_data, say, wrong};

/// How often progress is told where nobody watches it move.
const EVERY: Duration = Duration::from_secs(3);
/// How often it moves on a terminal.
const EVERY_ON_TERMINAL: Duration = Duration::from_millis(100);

/// Copies one database into another. The one that is not named is the configured one.
pub(super) async fn copy(config: &Config, world: &World, matches: &ArgMatches) -> ExitCode {
    let (source, target) = match (end(config, matches, "from"), end(config, matches, "to")) {
        (Ok(source), Ok(target)) => (source, target),
        (Err(problem), _) | (_, Err(problem)) => return wrong(&problem),
    };
    if let Err(error) = moving::refuse_same(&source, &target) {
        return failed(&error);
    }
    let _locks = match locks(&source, &target) {
        Ok(locks) => locks,
        Err(code) => return code,
    };
    let mut meter = Meter::new();
    let copied = moving::copy(&source, &target, world.now(), &mut |it| meter.show(it)).await;
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

/// The database at one end of the copy.
fn end(config: &Config, matches: &ArgMatches, flag: &str) -> Result<Options, String> {
    let Some(url) = matches.get_one::<String>(flag) else { return Ok(config.database.clone()) };
    let has_password = Url::parse(url).is_ok_and(|url| {
        url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
    });
    if has_password {
        return Err(format!(
            "The flag --{flag} holds a password, which everybody on this machine can read there; \
             give the password as PGPASSWORD or in ~/.pgpass, or set `database.url` to that database \
             and leave --{flag} out."
        ));
    }
    match database::named(url, &config.database) {
        Ok(Options::Sqlite(options)) if options.path.as_os_str().is_empty() => {
            Err(format!("The flag --{flag}: {url} names no file."))
        }
        named => named.map_err(|why| format!("The flag --{flag}: {why}")),
    }
}

/// Keeps servers and other commands away from SQLite files.
fn locks(source: &Options, target: &Options) -> Result<Vec<fs::File>, ExitCode> {
    if let Options::Sqlite(sqlite) = source
        && !sqlite.path.exists()
    {
        return Err(failed(&CopyError::Missing(source.to_string())));
    }
    let files = [source, target].into_iter().filter_map(|it| match it {
        Options::Sqlite(options) => Some(&options.path),
        Options::Postgres(_) => None,
    });
    let locks = files.map(|path| data::lock_alone(path)).collect::<Result<_, _>>();
    locks.map_err(|error| no_data(&error))
}

fn report(source: &Options, target: &Options, tables: &[Copied], secret: &MasterSecretSource) {
    say(format_args!("{:<28} {:>12} {:>21}", "TABLE", "ROWS", "BY AN EARLIER ATTEMPT"));
    for Copied { table, rows, resumed } in tables {
        say(format_args!("{table:<28} {rows:>12} {resumed:>21}"));
    }
    say(format_args!(
        "Verified: {target} holds the same rows as {source}, table by table. {source} is unchanged."
    ));
    let key = match secret {
        MasterSecretSource::Given(_) => "the one that is set".to_owned(),
        MasterSecretSource::Kept(path) => format!("here it is {}", path.display()),
    };
    say(format_args!(
        "The key-encryption key must go along ({key}): signing keys, sessions and failure counts are \
         under it. With the same key, `public.url` and `relying_party.id`, people go on with the same \
         passwords, passkeys and sessions."
    ));
}

/// Tells on standard error how far the copy is.
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
        format!("{}: {what} {done} of {total} rows, {rate} a second", self.table)
    }

    fn print(&mut self, line: &str) {
        if self.on_terminal {
            // Over the line before.
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
    fn a_line_tells_what_is_done_of_which_table() {
        let mut meter = Meter::new();
        (meter.table, meter.done_before) = ("accounts", 500);

        let copied = meter.line(700, 1200);
        meter.stage = Stage::Verifying;
        let verified = meter.line(500, 1200);

        assert!(copied.starts_with("accounts: copied 700 of 1200 rows, "), "{copied}");
        assert_eq!(verified, "accounts: verified 500 of 1200 rows, 0 a second");
    }
}
