//! What operators do to people's accounts, and what is left of them then.

mod acts;
mod creation;
mod invitations;
mod lists;
mod passkeys;
mod revocations;
mod roles;
mod states;
mod system;
mod updates;

use claviger::{
    domain::{events::act, world::World},
    model::event::Act,
    storage::{Storage, administration::StateChange},
};
use claviger_proto::pb::Passkey;
use claviger_token::{id::AccountId, time::Timestamp};

use crate::support::{HOUR, Person, TestApp, command_line};

/// The sessions of an account's present epoch.
const OPEN: &str = "
SELECT count(*) FROM sessions JOIN accounts ON accounts.id = sessions.account_id
WHERE ended_at IS NULL AND sessions.epoch = accounts.epoch";

/// Another process with access to a server's database.
struct Beside {
    storage: Storage,
    world: World,
}

impl Beside {
    async fn of(app: &TestApp) -> Self {
        let storage = Storage::open(app.home().options()).await.unwrap();
        Self { storage, world: World::with_clock(app.clock().clone()) }
    }

    fn act(&self) -> (Act, Timestamp) {
        let act = act(&self.world, command_line().actor).unwrap();
        let until = act.at + HOUR;
        (act, until)
    }

    async fn disable(&self, person: &Person) {
        let (act, until) = self.act();
        self.storage.disable_account(account_id(person), act, until).await.unwrap().announced(drop);
    }

    async fn enable(&self, person: &Person) {
        let (act, until) = self.act();
        self.storage.enable_account(account_id(person), act, until).await.unwrap().announced(drop);
    }

    async fn suspend(&self, person: &Person, passkey: &Passkey) {
        let (act, until) = self.act();
        let (owner, id) = (account_id(person), passkey.id.parse().unwrap());
        let suspended = self.storage.suspend_passkey(owner, id, act, until).await.unwrap();
        assert_eq!(suspended.announced(drop), StateChange::Changed);
    }

    async fn resume(&self, person: &Person, passkey: &Passkey) {
        let (act, _) = self.act();
        let (owner, id) = (account_id(person), passkey.id.parse().unwrap());
        let resumed = self.storage.resume_passkey(owner, id, act).await.unwrap();
        assert_eq!(resumed, StateChange::Changed);
    }
}

fn account_id(person: &Person) -> AccountId {
    person.account.id.parse().unwrap()
}
