//! Every list and search of the contract, at its beginning, in its middle and at its end.

use std::time::Duration;

use claviger::{
    model::{
        group::parse_name,
        id::{EventId, InvitationId},
        service_account::ServiceAccountName,
        session::SessionCursor,
    },
    storage::{Storage, administration::AccountSelection, record::Filter},
};
use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};
use futures_util::future::BoxFuture;

use crate::{
    lists_seed::{
        CROWDED, FIRST_MILLISECOND, INVITATIONS, INVITED, OPENED, RARE_EVERY, SERVICE_EVERY,
        event_id,
    },
    population::{Member, SEEDED},
    support::{Outcome, nouns},
};

/// Where in a list a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    First,
    Middle,
    Last,
}

pub const PLACES: [Place; 3] = [Place::First, Place::Middle, Place::Last];

/// A page of a list, in a database of so many accounts.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    pub accounts: u64,
    pub place: Place,
}

/// A list, and how to read a page of it. Returns how many items it had.
pub struct List {
    pub name: &'static str,
    pub read: fn(Storage, Spot) -> BoxFuture<'static, Outcome<usize>>,
}

macro_rules! lists {
    ($($name:literal: $read:expr;)+) => {
        pub const LISTS: &[List] = &[$(List {
            name: $name,
            read: |storage, spot| Box::pin($read(storage, spot)),
        }),+];
    };
}

lists! {
    "accounts": |storage, spot: Spot| accounts(storage, spot.selection());
    "accounts by prefix": |storage, spot: Spot| accounts(storage, spot.of_prefix());
    "accounts disabled (rare)": |storage, spot: Spot| {
        accounts(storage, AccountSelection { is_disabled: Some(true), ..spot.selection() })
    };
    "accounts active": |storage, spot: Spot| {
        accounts(storage, AccountSelection { is_disabled: Some(false), ..spot.selection() })
    };
    "accounts with a password": |storage, spot: Spot| {
        accounts(storage, AccountSelection { has_password: Some(true), ..spot.selection() })
    };
    "accounts with a passkey": |storage, spot: Spot| {
        accounts(storage, AccountSelection { has_passkey: Some(true), ..spot.selection() })
    };
    "accounts with neither (rare)": |storage, spot: Spot| {
        let (has_password, has_passkey) = (Some(false), Some(false));
        accounts(storage, AccountSelection { has_password, has_passkey, ..spot.selection() })
    };
    "accounts signed in after (rare)": |storage, spot: Spot| {
        let signed_in_after = Some(nouns::now() - nouns::DAY);
        accounts(storage, AccountSelection { signed_in_after, ..spot.selection() })
    };
    "accounts signed in before": |storage, spot: Spot| {
        let signed_in_before = Some(nouns::now());
        accounts(storage, AccountSelection { signed_in_before, ..spot.selection() })
    };
    "accounts of a group": |storage, spot: Spot| of_group(storage, spot, "staff", false);
    "accounts of a rare group": |storage, spot: Spot| of_group(storage, spot, "rare", false);
    "accounts of a group, disabled": |storage, spot: Spot| of_group(storage, spot, "staff", true);
    "account by username": account_by_username;
    "sessions": sessions;
    "passkeys": passkeys;
    "invitations": invitations;
    "service accounts": service_accounts;
    "events": |storage, spot| events(storage, spot, Filter::default());
    "events of an account": |storage, spot| {
        let account_id = Some(Member(CROWDED).account_id());
        events(storage, spot, Filter { account_id, ..Filter::default() })
    };
    "events of a rare kind": |storage, spot| {
        let kind = Some("passkey_clone_suspected".to_owned());
        events(storage, spot, Filter { kind, ..Filter::default() })
    };
    "events refused (rare)": |storage, spot| {
        let outcome = Some("refused".to_owned());
        events(storage, spot, Filter { outcome, ..Filter::default() })
    };
    "events by a rare actor": |storage, spot| {
        let actor = Some("auditor".to_owned());
        events(storage, spot, Filter { actor, ..Filter::default() })
    };
    "events of one call": |storage, spot| {
        let request_id = Some(format!("{:032x}", 7));
        events(storage, spot, Filter { request_id, ..Filter::default() })
    };
    "events of some time": |storage, spot: Spot| {
        let from = FIRST_MILLISECOND + spot.number(spot.accounts).saturating_sub(500);
        let time = |it: u64| i64::try_from(it).ok().map(|it| Timestamp::from_micros(it * 1000));
        let filter = Filter { since: time(from), until: time(from + 500), ..Filter::default() };
        events(storage, Spot { place: Place::First, ..spot }, filter)
    };
    "events watched": watched;
    "own activity": activity;
}

impl Spot {
    /// The number of the item that is before the page, of so many.
    fn number(self, count: u64) -> u64 {
        match self.place {
            Place::First => 0,
            Place::Middle => count / 2,
            Place::Last => count.saturating_sub(60),
        }
    }

    /// Usernames are ordered by their bytes: what begins with 5 is in the middle, and of what begins with
    /// nines, all but two of the digits, there are about a hundred.
    fn selection(self) -> AccountSelection {
        let digits = self.accounts.ilog10().saturating_sub(2) as usize;
        let from = match self.place {
            Place::First => String::new(),
            Place::Middle => "person5".to_owned(),
            Place::Last => format!("person{}", "9".repeat(digits)),
        };
        AccountSelection { from, until: '\u{10FFFF}'.to_string(), ..AccountSelection::default() }
    }

    fn of_prefix(self) -> AccountSelection {
        let from = format!("person{}", self.number(self.accounts).max(1));
        AccountSelection { until: format!("{from}\u{10FFFF}"), from, ..AccountSelection::default() }
    }
}

async fn accounts(storage: Storage, selection: AccountSelection) -> Outcome<usize> {
    Ok(storage.list_accounts(&selection, 51).await?.accounts.len())
}

async fn of_group(
    storage: Storage,
    spot: Spot,
    group: &'static str,
    is_disabled: bool,
) -> Outcome<usize> {
    let after = Member(spot.number(spot.accounts)).account_id();
    let first = Spot { place: Place::First, ..spot };
    let is_disabled = is_disabled.then_some(true);
    let selection = AccountSelection { is_disabled, ..first.selection() };
    let group = parse_name(group).map_err(|it| format!("{it:?}"))?;
    let listed = storage.list_accounts_of_group(&group, Some(after), &selection, 51).await?;
    Ok(listed.accounts.len())
}

async fn account_by_username(storage: Storage, spot: Spot) -> Outcome<usize> {
    let username = Member(spot.number(spot.accounts).max(1)).username();
    Ok(storage.find_account_by_username(&username).await?.map_or(0, |_| 1))
}

async fn sessions(storage: Storage, spot: Spot) -> Outcome<usize> {
    let before = 100 - spot.number(100);
    let created_at = Timestamp::from_micros(OPENED);
    let id = SessionId::from_uuid(uuid::Uuid::from_u64_pair(SEEDED + 2, before));
    let after = (spot.place != Place::First).then_some(SessionCursor { created_at, id });
    let account_id = Member(CROWDED).account_id();
    Ok(storage.list_sessions(account_id, nouns::now(), after, 51).await?.len())
}

async fn passkeys(storage: Storage, spot: Spot) -> Outcome<usize> {
    let member = Member(spot.number(spot.accounts).max(2));
    Ok(storage.list_passkeys(member.account_id()).await?.len())
}

async fn invitations(storage: Storage, spot: Spot) -> Outcome<usize> {
    let number = spot.number(INVITATIONS);
    let after = InvitationId::from_uuid(uuid::Uuid::from_u64_pair(INVITED, number));
    Ok(storage.list_invitations(Some(after), nouns::now(), 51).await?.len())
}

async fn service_accounts(storage: Storage, spot: Spot) -> Outcome<usize> {
    let number = spot.number(spot.accounts / SERVICE_EVERY);
    let after = ServiceAccountName::from_stored(format!("shop-{number:07}"));
    Ok(storage.list_service_accounts(Some(&after), 101).await?.len())
}

/// Events come newest first.
async fn events(storage: Storage, spot: Spot, filter: Filter) -> Outcome<usize> {
    let before = match spot.place {
        Place::First => None,
        Place::Middle | Place::Last => {
            // Far enough from the end that as many rows are examined as elsewhere.
            let last = (RARE_EVERY + 60).min(spot.accounts / 4);
            Some(event_id((spot.accounts - spot.number(spot.accounts)).max(last)))
        }
    };
    Ok(storage.list_events(filter, before, 100).await?.entries.len())
}

async fn watched(storage: Storage, spot: Spot) -> Outcome<usize> {
    let after = i64::try_from(spot.number(spot.accounts))?;
    Ok(storage.list_sealed(after, i64::MAX, 100).await?.len())
}

async fn activity(storage: Storage, spot: Spot) -> Outcome<usize> {
    let before: EventId = event_id(spot.accounts - spot.number(spot.accounts) + 1);
    let account_id: AccountId = Member(CROWDED).account_id();
    Ok(storage.list_activity(account_id, Some(before), 21).await?.len())
}

/// How long one page took, of so many.
pub async fn time(list: &List, storage: &Storage, spot: Spot, calls: u32) -> Outcome<Duration> {
    let mut latencies = Vec::new();
    for _ in 0..calls {
        let call = (list.read)(storage.clone(), spot);
        let started = std::time::Instant::now();
        call.await.map_err(|error| format!("{}: {error}", list.name))?;
        latencies.push(started.elapsed());
    }
    latencies.sort();
    Ok(latencies[latencies.len() / 2])
}
