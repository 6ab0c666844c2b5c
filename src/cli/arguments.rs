//! The command line as types: every subcommand with its arguments.
//!
//! The doc comments are the help that `claviger --help` prints. The flags of the settings are in
//! `settings.rs`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::agent::flags::Flags;

use super::{
    accounts::Accounts,
    audit::AuditCommand,
    completions::Shell,
    config::ConfigCommand,
    copy::Ends,
    explain::Explain,
    invitations::Invitations,
    keys::Keys,
    migrate::MigrateCommand,
    moving::{Export, Import},
    revoke::Revoke,
    service_accounts::ServiceAccount,
    settings::{self, SettingFlags},
    system::System,
};

/// What holds for all settings.
const AFTER_SETTINGS: &str = "\
Durations are written like 30s, 15m, 12h or 30d. The items of a list are separated by commas. Secrets \
have no flag, since other users of the machine can read command lines: set \
CLAVIGER_DATABASE_PASSWORD and CLAVIGER_SECRETS_KEY_ENCRYPTION_KEY, or give the paths of files.";

/// What holds for the commands of operators.
const AFTER_OPERATORS: &str = "\
With --server URL and --key-file FILE, these commands call a server over the network, and may do what the \
role of the key allows. Without, they open the database of this machine, as its operating-system user.";

const AFTER_HELP: &str = "\
Configuration:
  Every setting is a key of the configuration file, an environment variable and a flag:
  `tokens.access_lifetime` is CLAVIGER_TOKENS_ACCESS_LIFETIME and --tokens-access-lifetime.
  `claviger serve --help` lists all of them. Every command accepts them, before or after its name.

Exit codes:
  0  The command succeeded.
  1  The command failed.
  2  The command line or the configuration is invalid.
  3  The database schema is too old or too new for this version.";

/// Authentication server: sign-in with passwords and passkeys, access tokens for backends, over gRPC
#[derive(Debug, Parser)]
#[command(name = "claviger", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(super) struct CommandLine {
    /// The settings that were given as flags.
    #[command(flatten)]
    pub(super) settings: SettingFlags,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the server
    ///
    /// Needs no configuration: by default it listens on loopback, and creates a SQLite database and a
    /// key-encryption key in ./claviger-data. SIGTERM, SIGINT or SIGHUP shuts it down after the calls in
    /// progress, at most `limits.drain_timeout` later; a second signal ends it immediately.
    #[command(args(settings::listed()), after_long_help = AFTER_SETTINGS)]
    Serve,
    /// Run the gateway agent, which authorizes requests for a gateway on the same machine
    ///
    /// Serves ext_authz of Envoy (gRPC) and /v1/forward-auth (HTTP) from memory: it receives keys and
    /// revocations from the server over one stream, and stores nothing. It denies every request until
    /// it has received them once. Of the settings, `log.*` and `limits.*` apply.
    Agent(Box<Flags>),
    /// Check or print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage signing keys
    ///
    /// These commands may run beside running servers, which apply the changes within a second.
    #[command(after_help = AFTER_OPERATORS)]
    Keys(Keys),
    /// Manage people's accounts: list, change, disable and delete them, end their sessions, manage their
    /// credentials
    ///
    /// These commands may run beside running servers, which apply the changes within a second.
    #[command(after_help = AFTER_OPERATORS)]
    Accounts(Accounts),
    /// Invite people to create an account, or into one that exists
    ///
    /// These commands may run beside running servers.
    #[command(after_help = AFTER_OPERATORS)]
    Invitations(Invitations),
    /// Read and verify the record of what happened
    ///
    /// These commands may run beside running servers.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Explain what happened to a token, in a call or to an account, and what to do
    ///
    /// A text that begins with eyJ or clv_, or is longer than 64 characters without an @, is taken for a token;
    /// 32 hexadecimal digits, and a UUID that is not of version 7 or 8, for a request ID; all else for a username
    /// or an account ID. Flags decide otherwise. Nothing is changed, and a token is not stored.
    #[command(after_help = AFTER_OPERATORS)]
    Explain(Explain),
    /// Revoke sessions and access tokens
    ///
    /// These commands may run beside running servers. Every server, and every backend that watches
    /// revocations, applies a revocation within a second.
    #[command(after_help = AFTER_OPERATORS)]
    Revoke(Revoke),
    /// Manage service accounts, with which backends and gateways authenticate
    ///
    /// These commands may run beside running servers, which apply the changes within a second.
    #[command(after_help = AFTER_OPERATORS)]
    ServiceAccount(ServiceAccount),
    /// Show what is running: versions, the policy for new accounts, the limits in force, and how much the
    /// database contains
    ///
    /// With --server, the configuration is that of the server; without, that of this command. Counts stop
    /// after 10,000 rows.
    #[command(after_help = AFTER_OPERATORS)]
    System(System),
    /// Import accounts with their credentials from a file
    ///
    /// Passwords, passkeys and recovery codes work as before. An account that cannot be imported is reported
    /// with its line and field, and costs only itself; the exit code is 1 then. An account that was imported
    /// before is recognised by its ID and left as it is, so an import that was interrupted is repeated from
    /// the beginning. May run beside running servers.
    #[command(after_help = AFTER_OPERATORS)]
    Import(Import),
    /// Export all accounts with their credentials to a file
    ///
    /// Writes a JSON object on each line, ordered by username, as docs/accounts.schema.json describes. The
    /// file contains the hashes of passwords and recovery codes: it is as secret as the database. Service
    /// accounts, sessions, invitations, keys and the record are not in it. May run beside running servers.
    #[command(after_help = AFTER_OPERATORS)]
    Export(Export),
    /// Migrate the database schema
    ///
    /// On PostgreSQL, run the migrations of a new version while servers of the version before it are
    /// running, then replace the servers. On SQLite, `claviger serve` migrates the database itself.
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Copy a database into another, empty one
    ///
    /// Either may be SQLite or PostgreSQL. No server may be running on either. At the end both are
    /// compared, and no server starts on an incomplete copy; a copy that was interrupted continues
    /// when the command is run again. The source gets one event in its record, and is otherwise not
    /// changed; the new database needs the same key-encryption key. At least one of --from and --to is required.
    Copy(Ends),
    /// Back up a SQLite database to a file
    ///
    /// May run while a server runs. The backup contains everything that was committed before it
    /// started. It does not contain the key-encryption key, which must be kept too, in another
    /// place. Use pg_dump to back up a PostgreSQL database.
    Backup {
        /// The file to create, with mode 0600; an existing file is not overwritten
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Restore a SQLite database from a backup
    ///
    /// No server may be running. The backup is checked first, and an existing database is not
    /// overwritten. Use pg_restore to restore a PostgreSQL database.
    Restore {
        /// The backup, made by `claviger backup`
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Print the completions of a shell
    ///
    /// For bash: claviger completions bash > /usr/share/bash-completion/completions/claviger
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write manual pages, one for each command
    Manual {
        /// The folder to write them to, such as /usr/local/share/man/man1; created if it does not exist
        directory: PathBuf,
    },
}
