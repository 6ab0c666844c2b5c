//! Which role each call of the contract for operators needs: the one table of it.

use crate::{
    domain::{Error, Result, call, events::Events},
    model::{
        event::{Actor, EventKind},
        role::Role,
        service_account::{Backend, ServiceAccount},
    },
};

// The enum, `ALL` and what each needs come from one list; a test compares it with the contract.
macro_rules! operations {
    ($($operation:ident: $role:ident, $kind:expr;)+) => {
        /// The calls of the contract for operators, under their names there.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the contract says what they do")]
        pub enum Operation {
            $($operation,)+
        }

        impl Operation {
            /// Every call.
            pub const ALL: &[Self] = &[$(Self::$operation),+];

            /// Its name in the contract.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => stringify!($operation),)+
                }
            }

            /// The least role that may make it.
            pub const fn role(self) -> Role {
                match self {
                    $(Self::$operation => Role::$role,)+
                }
            }

            /// What its refusal is in the record; `None` for a call that only reads.
            const fn kind(self) -> Option<EventKind> {
                match self {
                    $(Self::$operation => $kind,)+
                }
            }
        }
    };
}

operations! {
    ListAccounts: Reader, None;
    GetAccount: Reader, None;
    CreateAccount: HelpDesk, Some(EventKind::AccountCreated);
    UpdateAccount: Admin, Some(EventKind::AccountUpdated);
    DisableAccount: HelpDesk, Some(EventKind::AccountDisabled);
    EnableAccount: HelpDesk, Some(EventKind::AccountEnabled);
    DeleteAccount: Admin, Some(EventKind::AccountDeleted);
    UnlockAccount: HelpDesk, Some(EventKind::UsernameUnlocked);
    RemovePassword: HelpDesk, Some(EventKind::PasswordRemoved);
    ListAccountSessions: Reader, None;
    EndAccountSession: HelpDesk, Some(EventKind::SessionEnded);
    EndAllAccountSessions: HelpDesk, Some(EventKind::AllSessionsEnded);
    ListAccountPasskeys: Reader, None;
    SuspendPasskey: HelpDesk, Some(EventKind::PasskeySuspended);
    ResumePasskey: HelpDesk, Some(EventKind::PasskeyResumed);
    RemovePasskey: HelpDesk, Some(EventKind::PasskeyRemoved);
    CreateRecoveryLink: HelpDesk, Some(EventKind::RecoveryLinkCreated);
    WithdrawRecoveryLink: HelpDesk, Some(EventKind::RecoveryLinkWithdrawn);
    RemoveRecoveryCodes: HelpDesk, Some(EventKind::RecoveryCodesRemoved);
    CreateInvitation: HelpDesk, Some(EventKind::InvitationCreated);
    // Their usernames are of people who have no account yet.
    ListInvitations: HelpDesk, None;
    WithdrawInvitation: HelpDesk, Some(EventKind::InvitationWithdrawn);
    RevokeSession: HelpDesk, Some(EventKind::SessionEnded);
    RevokeToken: HelpDesk, Some(EventKind::TokenRevoked);
    ListEvents: Reader, None;
    WatchEvents: Reader, None;
    ExplainToken: Reader, None;
    ExplainAccount: Reader, None;
    RotateRecordKey: Admin, Some(EventKind::RecordKeyCreated);
    ListKeys: Admin, None;
    RotateKey: Admin, Some(EventKind::SigningKeyCreated);
    RevokeKey: Admin, Some(EventKind::SigningKeyRevoked);
    CreateServiceAccount: Admin, Some(EventKind::ServiceAccountCreated);
    // Shows when keys expire, and with what they begin.
    ListServiceAccounts: Admin, None;
    RotateServiceAccountKey: Admin, Some(EventKind::ServiceAccountKeyCreated);
    DeleteServiceAccount: Admin, Some(EventKind::ServiceAccountDeleted);
    GetSystem: Reader, None;
    ImportAccounts: Admin, Some(EventKind::AccountImported);
    ExportAccounts: Admin, Some(EventKind::AccountsExported);
}

/// Admits operators by their roles.
#[derive(Clone)]
pub struct Rights {
    events: Events,
}

impl Rights {
    /// Rights whose refusals are recorded there.
    pub fn new(events: Events) -> Self {
        Self { events }
    }

    /// The operator that makes a call, if its role is enough. The refusal of an act is recorded.
    ///
    /// # Errors
    /// `CallerUnknown` for a caller without credentials, also from this machine; `OperatorOnly` for one
    /// without a role; `RoleInsufficient`.
    pub async fn admit(&self, caller: Backend, operation: Operation) -> Result<Actor> {
        self.admit_as(caller, operation, operation.role()).await
    }

    /// Like [`Self::admit`], for a call whose fields need this role.
    ///
    /// # Errors
    /// Like [`Self::admit`].
    pub async fn admit_as(
        &self,
        caller: Backend,
        operation: Operation,
        least: Role,
    ) -> Result<Actor> {
        let account = match caller {
            Backend::Account(account) => account,
            // A user who can open the database can write anything into it.
            Backend::CommandLine(user) => return Ok(Actor::CommandLine(user)),
            Backend::Local => return Err(Error::CallerUnknown),
        };
        let (error, reason) = match account.role {
            Some(role) if role >= least => return Ok(actor(&account)),
            Some(_) => (Error::RoleInsufficient, "ROLE_INSUFFICIENT"),
            None => (Error::OperatorOnly, "OPERATOR_ONLY"),
        };
        let by = actor(&account);
        tracing::warn!(
            target: "claviger::security",
            event = "operator_refused",
            operation = operation.name(),
            reason,
            by = by.to_string(),
            request_id = call::request_id(),
        );
        if let Some(kind) = operation.kind() {
            let refused = self.events.act(by)?.event(kind).refused(reason);
            self.events.record(self.events.refusal(refused)).await?;
        }
        Err(error)
    }
}

fn actor(account: &ServiceAccount) -> Actor {
    Actor::ServiceAccount { name: account.name.clone(), role: account.role }
}
