//! `claviger accounts`.

mod acts;
mod arguments;
mod creation;
mod credentials;
mod list;
mod recovery;
pub(super) mod sessions;
mod updates;

use std::process::ExitCode;

use super::operator::{self, Console, Context, Outcome};

pub(super) use arguments::{Accounts, AccountsCommand};

/// Runs one of them.
pub(super) async fn run(accounts: Accounts, context: &Context) -> ExitCode {
    let Accounts { connection, command } = accounts;
    operator::run(&connection, context, async |console| perform(console, command, context).await)
        .await
}

async fn perform(console: &Console<'_>, command: AccountsCommand, context: &Context) -> Outcome {
    use AccountsCommand as C;
    match command {
        C::List(filters) => list::list(console, &filters, context.world.now()).await,
        C::Show { account } => list::show(console, &account).await,
        C::Create(new) => creation::create(console, new).await,
        C::Update(changes) => updates::update(console, changes).await,
        C::SetGroups { account, groups, reason } => {
            updates::set_groups(console, &account, groups, reason.text).await
        }
        C::Disable(act) => acts::disable(console, act).await,
        C::Enable(act) => acts::enable(console, act).await,
        C::Delete { act, consent } => acts::delete(console, act, &consent).await,
        C::Unlock { username, reason } => acts::unlock(console, &username, reason.text).await,
        C::Sessions { account } => sessions::list(console, &account).await,
        C::EndSession { account, session, reason } => {
            sessions::end(console, &account, session, reason.text).await
        }
        C::EndSessions(act) => sessions::end_all(console, act).await,
        C::Passkeys { account } => credentials::list(console, &account).await,
        C::SuspendPasskey(act) => credentials::suspend(console, act).await,
        C::ResumePasskey(act) => credentials::resume(console, act).await,
        C::RemovePasskey { act, consent } => credentials::remove(console, act, &consent).await,
        C::RecoveryLink { act, remove_credentials } => {
            recovery::create_link(console, act, remove_credentials).await
        }
        C::WithdrawRecoveryLink(act) => recovery::withdraw_link(console, act).await,
        C::RemoveRecoveryCodes { act, consent } => {
            recovery::remove_codes(console, act, &consent).await
        }
        C::RemovePassword { act, consent } => {
            credentials::remove_password(console, act, &consent).await
        }
    }
}
