//! What revokes one token, to explain it. Whether a token is valid is decided in memory.

use claviger_token::claims::Claims;

use crate::storage::{Result, Storage, params};

const OF_TOKEN: &str = "SELECT 1 FROM token_revocations WHERE token_id = $1";
const OF_SESSION: &str = "SELECT 1 FROM revocations WHERE session_id = $1";
const OF_ACCOUNT: &str = "SELECT 1 FROM account_revocations WHERE account_id = $1 AND epoch > $2";

/// Which revocations cover a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRevocations {
    /// One of the token alone.
    pub of_token: bool,
    /// One of its session.
    pub of_session: bool,
    /// One of everything of its account, from before an epoch.
    pub of_account: bool,
}

impl TokenRevocations {
    /// Whether any covers it.
    pub const fn any(self) -> bool {
        self.of_token || self.of_session || self.of_account
    }
}

impl Storage {
    /// The revocations that cover a token with these claims.
    pub async fn find_revocations_of(&self, claims: &Claims) -> Result<TokenRevocations> {
        let mut connection = self.read().await?;
        let of_account = params![claims.account_id, claims.epoch];
        Ok(TokenRevocations {
            of_token: connection.exists(OF_TOKEN, params![claims.token_id]).await?,
            of_session: connection.exists(OF_SESSION, params![claims.session_id]).await?,
            of_account: connection.exists(OF_ACCOUNT, of_account).await?,
        })
    }
}
