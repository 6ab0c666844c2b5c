//! The arguments of `claviger accounts`. The doc comments are its help.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::operator::flags::{Connection, Consent, Reason};

/// `claviger accounts`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Accounts {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: AccountsCommand,
}

/// A command of `claviger accounts`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AccountsCommand {
    /// List accounts, ordered by username; with --group, ordered by their creation
    List(Filters),
    /// Show an account
    Show {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
    },
    /// Create an account without a credential
    ///
    /// Works whatever `accounts.registration` is. `claviger invitations create --account USERNAME` prints a
    /// link with which its owner sets a passkey or a password.
    Create(NewAccount),
    /// Change the username or the display name of an account
    ///
    /// Its sessions stay. Tokens that have been issued keep the names they have, and the next refresh has
    /// the new ones.
    Update(Changes),
    /// Put an account into groups, and into no others
    ///
    /// Access tokens carry the groups of their account, so that gateways and services can demand one. A
    /// session gets the new groups when it is refreshed, at the latest when its access token expires.
    /// `claviger accounts end-sessions` ends the tokens with the groups of before at once. Without a group,
    /// the account is in none.
    SetGroups {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
        /// The groups, at most 32; a name has 1 to 64 of a to z, 0 to 9, -, _ and ., and begins with a
        /// letter or a digit
        #[arg(value_name = "GROUP")]
        groups: Vec<String>,
        #[command(flatten)]
        reason: Reason,
    },
    /// Disable an account, which ends its sessions and revokes its access tokens
    ///
    /// Every server and backend applies it within a second. Nothing is lost, and nothing signs in until the
    /// account is enabled.
    Disable(Act),
    /// Enable a disabled account
    ///
    /// Its owner signs in again: what had ended stays ended.
    Enable(Act),
    /// Delete an account with its credentials and sessions
    ///
    /// The record of what happened to it stays.
    Delete {
        #[command(flatten)]
        act: Act,
        #[command(flatten)]
        consent: Consent,
    },
    /// Reset the failed sign-in count of a username
    ///
    /// After 5 failed passwords in a row, the next attempt for a username is delayed; after 90, its
    /// password is locked until the count is reset here or by the use of a passkey. Failures within
    /// sessions of the account are counted apart, lock the password there after 10, and are reset as
    /// well. The delays that apply to client addresses are not reset.
    Unlock {
        /// The username, which need not belong to an account, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        username: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// List the active sessions of an account, newest first
    Sessions {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
    },
    /// End a session of an account and revoke its access tokens
    EndSession {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
        /// The session ID (`sid`), as listed by `claviger accounts sessions`
        #[arg(value_name = "SESSION_ID")]
        session: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// End all sessions of an account and revoke all its access tokens
    ///
    /// The account is not locked: its owner can sign in again at once.
    EndSessions(Act),
    /// List the passkeys of an account, oldest first
    Passkeys {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
    },
    /// Suspend a passkey and end the sessions that it opened
    ///
    /// It signs in to nothing until it is resumed, also if it is the last way to sign in. Its owner sees
    /// that, and cannot resume it.
    SuspendPasskey(PasskeyAct),
    /// Resume a suspended passkey
    ResumePasskey(PasskeyAct),
    /// Remove a passkey, also if it is the last way to sign in, and end the sessions that it opened
    RemovePasskey {
        #[command(flatten)]
        act: PasskeyAct,
        #[command(flatten)]
        consent: Consent,
    },
    /// Print a recovery link for a person whose credentials are lost
    ///
    /// The link goes to standard output. It is valid for 24 hours and used once; opening it uses nothing up.
    /// Its first user adds a passkey or sets a password and has the account, so give it to the owner in a
    /// way that no one else reads. Another link of the account becomes void.
    RecoveryLink {
        #[command(flatten)]
        act: Act,
        /// Remove the other credentials of the account and end its sessions when the link is used
        #[arg(long)]
        remove_credentials: bool,
    },
    /// Withdraw the open recovery link of an account
    WithdrawRecoveryLink(Act),
    /// Remove the recovery codes of an account
    RemoveRecoveryCodes {
        #[command(flatten)]
        act: Act,
        #[command(flatten)]
        consent: Consent,
    },
    /// Remove the password of an account, also if it is the last way to sign in, and end the sessions that
    /// it opened
    RemovePassword {
        #[command(flatten)]
        act: Act,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Which accounts to list. An account must pass every filter that is given.
#[derive(Debug, Args)]
pub(in crate::cli) struct Filters {
    /// What the username begins with
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) prefix: Option<String>,
    /// Only accounts in this group
    #[arg(long, value_name = "GROUP")]
    pub(super) group: Option<String>,
    /// Only accounts in this state
    #[arg(long, value_name = "STATE")]
    pub(super) state: Option<State>,
    /// Only accounts with this credential, or with none
    #[arg(long, value_name = "CREDENTIAL")]
    pub(super) credential: Option<Credential>,
    /// Only accounts that last signed in at this time or later, such as 2026-11-29T08:00:00Z, 2026-11-29 or
    /// 30d
    #[arg(long, value_name = "TIME")]
    pub(super) signed_in_after: Option<String>,
    /// Only accounts that last signed in before this time, or never as far as is known
    #[arg(long, value_name = "TIME")]
    pub(super) signed_in_before: Option<String>,
    /// The greatest number of accounts to list
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(super) limit: u32,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum State {
    /// It can
    Active,
    /// It cannot, until it is enabled
    Disabled,
}

/// What an account signs in with.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Credential {
    /// A password
    Password,
    /// A passkey, suspended or not
    Passkey,
    /// Neither
    None,
}

/// An account to create.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewAccount {
    /// The username
    #[arg(value_name = "USERNAME", allow_hyphen_values = true)]
    pub(in crate::cli) username: String,
    /// The display name
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) display_name: Option<String>,
    /// A group that it is in; repeatable; needs the role `admin`
    #[arg(long = "group", value_name = "GROUP")]
    pub(super) groups: Vec<String>,
    #[command(flatten)]
    pub(super) reason: Reason,
}

/// What to change of an account.
#[derive(Debug, Args)]
pub(in crate::cli) struct Changes {
    /// The username, or the account ID (`sub`)
    #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
    pub(super) account: String,
    /// The new username
    #[arg(long, value_name = "USERNAME", allow_hyphen_values = true)]
    pub(super) username: Option<String>,
    /// The new display name; may be empty
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) display_name: Option<String>,
    /// Refuse if the account has changed since this etag, as printed by `claviger accounts show`
    #[arg(long, value_name = "ETAG", allow_hyphen_values = true)]
    pub(super) etag: Option<String>,
    #[command(flatten)]
    pub(super) reason: Reason,
}

/// An act on an account.
#[derive(Debug, Args)]
pub(in crate::cli) struct Act {
    /// The username, or the account ID (`sub`)
    #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
    pub(in crate::cli) account: String,
    #[command(flatten)]
    pub(in crate::cli) reason: Reason,
}

/// An act on a passkey.
#[derive(Debug, Args)]
pub(in crate::cli) struct PasskeyAct {
    /// The username, or the account ID (`sub`)
    #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
    pub(super) account: String,
    /// The passkey's ID, as listed by `claviger accounts passkeys`
    #[arg(value_name = "PASSKEY_ID")]
    pub(super) passkey: String,
    #[command(flatten)]
    pub(super) reason: Reason,
}
