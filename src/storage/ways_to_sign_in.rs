//! The ways in which an account can sign in, so that the last one is never removed.
//!
//! Every removal of a credential asks here, in its own transaction and with the account locked.

use claviger_token::{id::AccountId, sign_in::SignInMethod};

use super::{Connection, Result, params};

/// How many credentials of each method an account can sign in with.
#[derive(sqlx_macros::FromRow)]
pub(super) struct WaysToSignIn {
    has_password: bool,
    passkeys: i64,
}

const COUNT: &str = "
SELECT password_hash IS NOT NULL AS has_password,
    (SELECT count(*) FROM passkeys
    WHERE passkeys.account_id = accounts.id AND passkeys.suspended_at IS NULL) AS passkeys
FROM accounts WHERE id = $1";

/// The ways in which an account can sign in; `None` when there is no such account.
pub(super) async fn ways_to_sign_in(
    connection: &mut Connection,
    id: AccountId,
) -> Result<Option<WaysToSignIn>> {
    connection.find(COUNT, params![id]).await
}

impl WaysToSignIn {
    /// Whether there is a password.
    pub(super) const fn has_password(&self) -> bool {
        self.has_password
    }

    /// Whether the account can still sign in when one credential of a method is removed.
    pub(super) fn remain_without(&self, method: SignInMethod) -> bool {
        let all: i64 = SignInMethod::ALL.iter().map(|it| self.count(*it)).sum();
        all > self.count(method).min(1)
    }

    /// How many credentials of a method remain a way in. One that a sign-in uses up is none: 0.
    fn count(&self, method: SignInMethod) -> i64 {
        match method {
            SignInMethod::Password => i64::from(self.has_password),
            SignInMethod::Passkey => self.passkeys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_way_in_is_the_one_without_which_none_remains() {
        let remains = |has_password, passkeys, method| {
            WaysToSignIn { has_password, passkeys }.remain_without(method)
        };

        assert!(!remains(true, 0, SignInMethod::Password));
        assert!(remains(true, 1, SignInMethod::Password));
        assert!(remains(false, 1, SignInMethod::Password));
        assert!(!remains(false, 1, SignInMethod::Passkey));
        assert!(remains(false, 2, SignInMethod::Passkey));
        assert!(remains(true, 1, SignInMethod::Passkey));
    }
}
