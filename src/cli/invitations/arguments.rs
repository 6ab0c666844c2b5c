//! The arguments of `claviger invitations`. The doc comments are its help.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::{
    cli::operator::flags::{Connection, Reason},
    config::values,
};

/// `claviger invitations`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Invitations {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: InvitationsCommand,
}

/// A command of `claviger invitations`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InvitationsCommand {
    /// Create an invitation and print its link, which is not shown again
    ///
    /// The link is printed to standard output, everything else to standard error. The first person to use
    /// the link gets the account. Without --account, it creates one, while `accounts.registration` is
    /// `invitation` or `open`.
    Create(NewInvitation),
    /// List the open invitations, oldest first
    List,
    /// Withdraw an open invitation, so that its link is worth nothing
    Withdraw {
        /// The invitation's ID, as listed by `claviger invitations list`
        #[arg(value_name = "INVITATION_ID")]
        id: String,
        #[command(flatten)]
        reason: Reason,
    },
}

/// The arguments of `claviger invitations create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewInvitation {
    /// The username that the account must have [default: its owner chooses it]
    #[arg(long, value_name = "USERNAME", allow_hyphen_values = true)]
    pub(super) username: Option<String>,
    /// The display name that the account gets, unless its owner gives another one
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) display_name: Option<String>,
    /// A group that the account will be in; repeatable; needs the role `admin`
    #[arg(long = "group", value_name = "GROUP")]
    pub(super) groups: Vec<String>,
    /// How long the link is valid, from 5m to 90d [default: 7d]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub(super) lifetime: Option<Duration>,
    /// The username or the ID of an account that exists and has no credential, such as one of `claviger
    /// accounts create`; the link adds its first one, whatever `accounts.registration` is
    #[arg(long, value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["username", "display_name", "groups"])]
    pub(in crate::cli) account: Option<String>,
    #[command(flatten)]
    pub(super) reason: Reason,
}
