//! The skeletons of usernames: whether a name is taken, and those of accounts that the version before has
//! made, which did not know of them.

use claviger_token::id::AccountId;

use crate::model::username::Username;

use super::{
    Connection, Result, Storage, engine::is_unique_violation, error::corrupt,
    locks::try_lock_sweep, params,
};

const IS_TAKEN: &str = "
SELECT 1 FROM accounts WHERE username = $1
UNION ALL
SELECT 1 FROM accounts WHERE username_skeleton = $2";

const WITHOUT: &str =
    "SELECT id, username FROM accounts WHERE username_skeleton IS NULL ORDER BY id LIMIT $1";

const FILL: &str = "
UPDATE accounts SET username_skeleton = $3
WHERE id = $1 AND username = $2 AND username_skeleton IS NULL
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE username_skeleton = $3)";

impl Storage {
    /// Whether an account has this username or one that looks alike.
    pub async fn is_username_taken(&self, username: &Username) -> Result<bool> {
        is_taken(&mut self.read().await?, username).await
    }

    /// Gives up to `batch` accounts that have none the skeleton of their username. Returns how many; 0 while
    /// another replica does it.
    pub async fn fill_skeletons(&self, batch: u32) -> Result<u64> {
        match self.write(batch, |c, batch| Box::pin(fill(c, *batch))).await {
            // A new account took a skeleton meanwhile. The next round sees it.
            Err(error) if is_unique_violation(&error) => Ok(0),
            filled => filled,
        }
    }
}

/// Whether an account has this username or one that looks alike.
pub(super) async fn is_taken(connection: &mut Connection, username: &Username) -> Result<bool> {
    connection.exists(IS_TAKEN, params![username, username.skeleton()]).await
}

async fn fill(connection: &mut Connection, batch: u32) -> Result<u64> {
    if !try_lock_sweep(connection).await? {
        return Ok(0);
    }
    let rows: Vec<NameRow> = connection.list(WITHOUT, params![batch]).await?;
    let mut filled = 0;
    for row in rows {
        let id = AccountId::from_slice(&row.id).ok_or_else(corrupt("accounts", "id"))?;
        let name = Username::from_stored(row.username);
        let skeleton = name.skeleton().as_str().to_owned();
        let mut changed = connection.execute(FILL, params![id, name, skeleton]).await?;
        if changed == 0 {
            // Two accounts looked alike before that was refused. Both stay: with its id behind, which no
            // skeleton has, the second stands in no name's way.
            let own = format!("{skeleton} {id}");
            changed = connection.execute(FILL, params![id, name, own]).await?;
        }
        filled += changed;
    }
    Ok(filled)
}

#[derive(sqlx_macros::FromRow)]
struct NameRow {
    id: Vec<u8>,
    username: String,
}
