//! Accounts that are imported in a storm, again and again, while their owners sign in.

use claviger::{
    grpc::contracts::admin::{ImportAccountsRequest, ImportOutcome, PortableAccount},
    model::event::EventKind as K,
};

use super::writer::{Scenario, Writer, unless_cut};
use crate::{moving::hash_of, support::PASSWORD};

pub(super) const SCENARIOS: &[Scenario] = &[|it, name| Box::pin(imported(it, name))];

/// Three accounts in one call, of which one has a name that is taken; repeated, as after an interruption.
async fn imported(it: &mut Writer, name: &str) -> Option<()> {
    let taken = format!("taken-{name}");
    it.registered(&taken).await?;
    let names = [format!("moved-{name}-0"), taken, format!("moved-{name}-1")];
    let account = |username: &String| PortableAccount {
        username: username.clone(),
        password_hash: hash_of(PASSWORD),
        ..Default::default()
    };
    let accounts: Vec<PortableAccount> = names.iter().map(account).collect();
    let mut ids = Vec::new();
    for first in [ImportOutcome::Imported, ImportOutcome::Exists] {
        let request = ImportAccountsRequest { accounts: accounts.clone(), ..Default::default() };
        let results = unless_cut(it.moving.import_accounts(request).await)?.into_inner().results;
        let outcomes: Vec<ImportOutcome> = results.iter().map(|it| it.outcome()).collect();
        assert_eq!(outcomes, [first, ImportOutcome::Refused, first]);
        ids.push([results[0].account_id.clone(), results[2].account_id.clone()]);
        if first == ImportOutcome::Imported {
            ids[0].iter().for_each(|id| it.told(K::AccountImported, id));
        }
    }
    assert_eq!(ids[0], ids[1]);
    it.signed_in(&names[0]).await.map(drop)
}
