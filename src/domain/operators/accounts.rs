//! Accounts, as operators manage them.

use crate::{
    domain::{Result, throttle::Throttle},
    model::{event::Actor, username::Username},
};

/// Resets the failed sign-in count of a username, so that its password may be tried again at once.
/// The username need not belong to an account. The delays of client addresses stay.
pub async fn unlock(throttle: &Throttle, username: &Username, by: &Actor) -> Result<()> {
    throttle.unlock(username, by).await?;
    let by = by.to_string();
    tracing::info!(target: "claviger::security", event = "username_unlocked_by_operator", by);
    Ok(())
}
