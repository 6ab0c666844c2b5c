//! The groups of accounts, as operators set them.

use claviger_token::{group::Groups, id::AccountId};

use crate::{
    domain::{Result, events::act, world::World},
    model::{account::AccountReference, event::Actor},
    storage::Storage,
};

/// Puts an account into these groups and no others. Returns its id, or `None` when there is no such
/// account. Tokens that it has keep the groups of before until they expire; its sessions get the new ones
/// when they are refreshed.
///
/// # Errors
/// When storage fails.
pub async fn set_groups(
    storage: &Storage,
    world: &World,
    account: &AccountReference,
    groups: Groups,
    by: &Actor,
) -> Result<Option<AccountId>> {
    let Some(account_id) = find(storage, account).await? else { return Ok(None) };
    let act = act(world, by.clone())?;
    if !storage.set_account_groups(account_id, groups.clone(), act).await? {
        return Ok(None);
    }
    tracing::info!(
        target: "claviger::security",
        event = "account_groups_changed_by_operator",
        %account_id,
        %groups,
        by = by.to_string(),
    );
    Ok(Some(account_id))
}

/// The account that an operator names. The ID is tried first: otherwise an account whose username is the ID
/// of another would be taken for it.
pub(in crate::domain) async fn find(
    storage: &Storage,
    account: &AccountReference,
) -> Result<Option<AccountId>> {
    if let Some(id) = account.id()
        && storage.find_account(id).await?.is_some()
    {
        return Ok(Some(id));
    }
    let Some(username) = account.username() else { return Ok(None) };
    Ok(storage.find_account_id(username).await?)
}
