//! Accounts that are imported in a storm, again and again, while their owners sign in for the first time: each has
//! the hash that came along or a new one, and never another.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use claviger::{
    grpc::contracts::admin::{
        CreateRecoveryLinkRequest, ImportAccountsRequest, ImportOutcome, PortableAccount,
    },
    model::event::EventKind as K,
};

use super::{
    redemptions::{Means, redeem},
    writer::{Scenario, Told, Writer, unless_cut},
};
use crate::{
    moving::hash_of,
    support::{Home, OTHER_PASSWORD, PASSWORD, Process},
};

pub(super) const SCENARIOS: &[Scenario] =
    &[|it, name| Box::pin(imported(it, name)), |it, name| Box::pin(moved(it, name))];

/// How many people of another product are imported at once, and how many of them sign in.
const PEOPLE: usize = 6;
const SIGNING_IN: usize = 4;

/// People of another product, imported by one call.
pub(super) struct Arrival {
    names: Vec<String>,
    is_acknowledged: bool,
    signed_in: BTreeSet<String>,
}

/// How many hashes were replaced by new ones, and how many were not.
#[derive(Debug, Default)]
pub(super) struct Upgrades {
    pub(super) replaced: u32,
    pub(super) kept: u32,
}

impl Upgrades {
    pub(super) fn add(&mut self, other: &Self) {
        self.replaced += other.replaced;
        self.kept += other.kept;
    }
}

/// Three accounts in one call, of which one has a name that is taken; repeated, as after an interruption.
async fn imported(it: &mut Writer, name: &str) -> Option<()> {
    let taken = format!("taken-{name}");
    it.registered(&taken).await?;
    let names = [format!("moved-{name}-0"), taken, format!("moved-{name}-1")];
    let accounts = names.each_ref().map(|it| account(it, hash_of(PASSWORD)));
    let mut ids = Vec::new();
    for first in [ImportOutcome::Imported, ImportOutcome::Exists] {
        let request = ImportAccountsRequest { accounts: accounts.to_vec(), ..Default::default() };
        let results = unless_cut(it.moving.import_accounts(request).await)?.into_inner().results;
        let outcomes: Vec<ImportOutcome> = results.iter().map(|it| it.outcome()).collect();
        assert_eq!(outcomes, [first, ImportOutcome::Refused, first]);
        ids.push([results[0].account_id.clone(), results[2].account_id.clone()]);
        if first == ImportOutcome::Imported {
            ids[0].iter().for_each(|id| it.told(K::AccountImported, id));
        }
    }
    assert_eq!(ids[0], ids[1]);
    it.signed_in(&names[0], PASSWORD).await.map(drop)
}

/// People of another product: some sign in, one recovers the account by an operator's link, one stays away.
async fn moved(it: &mut Writer, name: &str) -> Option<()> {
    let names: Vec<String> = (0..PEOPLE).map(|number| format!("foreign-{name}-{number}")).collect();
    let accounts = names.iter().map(|it| account(it, pbkdf2_of(&password(it)))).collect();
    let (signed_in, is_acknowledged) = (BTreeSet::new(), false);
    it.told_mut().arrivals.push(Arrival { names: names.clone(), is_acknowledged, signed_in });
    let request = ImportAccountsRequest { accounts, ..Default::default() };
    let results = unless_cut(it.moving.import_accounts(request).await)?.into_inner().results;
    it.told_mut().arrivals.last_mut()?.is_acknowledged = true;
    results.iter().for_each(|result| it.told(K::AccountImported, &result.account_id));
    for name in &names[..SIGNING_IN] {
        it.signed_in(name, &password(name)).await?;
        it.told_mut().arrivals.last_mut()?.signed_in.insert(name.clone());
    }
    let account_id = results[SIGNING_IN].account_id.clone();
    let create = CreateRecoveryLinkRequest { account_id: account_id.clone(), ..Default::default() };
    let created = unless_cut(it.accounts.create_recovery_link(create).await)?.into_inner();
    it.told(K::RecoveryLinkCreated, &account_id);
    let back = redeem(it, Means::link(&names[SIGNING_IN], &created.link)).await?;
    it.told(K::RecoveryLinkUsed, &back.tokens.session_id);
    it.told(K::PasswordChanged, &back.tokens.session_id);
    Some(())
}

fn account(username: &str, password_hash: String) -> PortableAccount {
    PortableAccount { username: username.to_owned(), password_hash, ..Default::default() }
}

fn password(name: &str) -> String {
    format!("the password of {name}")
}

/// PBKDF2 that costs next to nothing.
fn pbkdf2_of(password: &str) -> String {
    use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
    let (salt, mut output) = ([9; 16], [0; 32]);
    derive(PBKDF2_HMAC_SHA256, 1.try_into().unwrap(), &salt, password.as_bytes(), &mut output);
    let [salt, output] = [&salt[..], &output[..]].map(|it| STANDARD_NO_PAD.encode(it));
    format!("$pbkdf2-sha256$i=1,l=32${salt}${output}")
}

/// The hashes of all accounts of another product.
async fn hashes(home: &Home) -> BTreeMap<String, String> {
    let all = "SELECT coalesce(string_agg(username || ' ' || password_hash, '|'), '')
        FROM accounts WHERE username LIKE 'foreign-%'";
    let text = home.raw().await.text(all).await;
    let pair = |it: &str| it.split_once(' ').map(|(name, hash)| (name.to_owned(), hash.to_owned()));
    text.split('|').filter_map(pair).collect()
}

/// That the imports of a round are whole, after everything of [`super::redemptions`] was used, and that each person
/// signs in with the password that belongs to the hash.
pub(super) async fn assert_whole(home: &Home, process: &Process, told: &Told) -> Upgrades {
    let (stored, mut upgrades) = (hashes(home).await, Upgrades::default());
    let stranger = process.stranger();
    for Arrival { names, is_acknowledged, signed_in } in &told.arrivals {
        let there = names.iter().filter(|it| stored.contains_key(*it)).count();
        assert!(there == PEOPLE || !is_acknowledged && there == 0, "{there} of {names:?}");
        for name in names.iter().filter(|_| there > 0) {
            let (hash, old) = (&stored[name], pbkdf2_of(&password(name)));
            let is_recovered = told.redemptions.iter().any(|it| it.means.is_link_of(name));
            let is_new = hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$");
            assert!(is_new || *hash == old, "{name} has {hash}");
            let must_be_new = is_recovered || signed_in.contains(name);
            assert!(is_new || !must_be_new, "{name} has signed in and has {hash}");
            let password = if is_recovered { OTHER_PASSWORD } else { &password(name) };
            stranger.login(name, password).await.unwrap();
            upgrades.replaced += u32::from(is_new);
            upgrades.kept += u32::from(!is_new);
        }
    }
    upgrades
}
