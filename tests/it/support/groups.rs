//! Putting accounts into groups.

use claviger::{
    model::event::Act,
    storage::{
        Storage,
        administration::{AccountUpdate, Changeable, UpdateOutcome},
    },
};
use claviger_token::{group::Groups, id::AccountId};

/// Puts an account into groups and no others, as operators do. Returns whether there is such an account.
pub async fn set_groups(storage: &Storage, id: AccountId, groups: Groups, act: Act) -> bool {
    loop {
        let Some(account) = storage.find_account(id).await.unwrap() else { return false };
        let expected = Changeable::of(&account);
        let wanted = Changeable { groups: groups.clone(), ..expected.clone() };
        let (act, names) = (act.clone(), Vec::new());
        let update = AccountUpdate { id, expected, wanted, act, names };
        match storage.update_account(update).await.unwrap() {
            UpdateOutcome::Updated => return true,
            UpdateOutcome::Changed => {}
            UpdateOutcome::UsernameTaken => panic!("the username stays"),
        }
    }
}
