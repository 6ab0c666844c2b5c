//! Accounts with their credentials, many in one transaction.

use claviger::{
    model::{
        id::RecoveryCodeId,
        moving::{Clash, Imported, PortableAccount, PortableCodes},
        passkey::{Passkey, UserHandle},
        recovery::RecoveryHash,
    },
    storage::moving::{Import, ImportRow, PageRequest},
};
use claviger_token::{group::Groups, id::AccountId};

use super::{NOW, account_id, act, bytes, hash, new_account, new_passkey, uuid, with_database};

/// An account with a passkey, a recovery code and a user handle of its own.
fn row(username: &str) -> ImportRow {
    let new = new_account(username);
    let hashes = vec![RecoveryHash::from_bytes(bytes())];
    let account = PortableAccount {
        id: new.id,
        username: new.username,
        display_name: new.display_name,
        created_at: NOW,
        last_sign_in_at: Some(NOW),
        disabled_at: Some(NOW),
        groups: Groups::parse(["staff"]).unwrap(),
        password_hash: Some(hash("moved")),
        user_handle: UserHandle::parse(bytes().to_vec()),
        passkeys: vec![new_passkey(new.id)],
        recovery_codes: Some(PortableCodes { created_at: NOW, hashes }),
    };
    ImportRow { account, code_ids: vec![RecoveryCodeId::from_uuid(uuid())], act: act() }
}

fn with_id(mut row: ImportRow, id: AccountId) -> ImportRow {
    row.account.id = id;
    row.account.passkeys =
        row.account.passkeys.into_iter().map(|it| Passkey { account_id: id, ..it }).collect();
    row
}

fn lasting(rows: Vec<ImportRow>) -> Import {
    Import { rows, is_dry_run: false }
}

#[tokio::test]
async fn an_imported_account_is_exported_as_it_was_imported() {
    with_database(async |database| {
        let (alice, bob) = (row("alice"), row("bob"));
        let imported = database.import_accounts(lasting(vec![bob, alice.clone()])).await.unwrap();
        assert_eq!(imported, [Imported::Now, Imported::Now]);

        let request =
            PageRequest { after: String::new(), limit: 1, enough_bytes: usize::MAX, act: act() };
        let page = database.export_accounts(request).await.unwrap();

        assert!(page.has_more);
        let [exported] = page.accounts.as_slice() else { panic!("{page:?}") };
        assert_eq!(format!("{exported:?}"), format!("{:?}", alice.account));
    })
    .await;
}

#[tokio::test]
async fn a_page_ends_where_its_accounts_are_large() {
    with_database(async |database| {
        database.import_accounts(lasting(vec![row("alice"), row("bob")])).await.unwrap();

        let request = PageRequest { after: String::new(), limit: 100, enough_bytes: 1, act: act() };
        let first = database.export_accounts(request.clone()).await.unwrap();
        let after = "alice".to_owned();
        let second = database.export_accounts(PageRequest { after, act: act(), ..request.clone() });
        let second = second.await.unwrap();
        let after = "bob".to_owned();
        let last = database.export_accounts(PageRequest { after, act: act(), ..request });
        let last = last.await.unwrap();

        assert_eq!((first.accounts.len(), first.has_more), (1, true));
        assert_eq!(second.accounts[0].username.as_str(), "bob");
        assert_eq!((last.accounts.len(), last.has_more), (0, false));
        let events = "SELECT count(*) FROM events WHERE kind = 'accounts_exported'";
        assert_eq!(database.raw().await.number(events).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_clashes_costs_only_its_account() {
    with_database(async |database| {
        let first = row("alice");
        database.import_accounts(lasting(vec![first.clone()])).await.unwrap();
        let mut rows: Vec<ImportRow> = (0..6).map(|it| row(&format!("bob{it}"))).collect();
        rows[0] = row("alice");
        rows[1].account.user_handle = first.account.user_handle.clone();
        rows[2].account.user_handle = UserHandle::parse(first.account.id.as_bytes().to_vec());
        rows[3].account.passkeys[0].credential_id = first.account.passkeys[0].credential_id.clone();
        let codes = rows[4].account.recovery_codes.as_mut().unwrap();
        codes.hashes.push(codes.hashes[0]);
        rows[4].code_ids.push(RecoveryCodeId::from_uuid(uuid()));
        rows[5] = with_id(row("carol"), first.account.id);
        rows.push(row("dan"));

        let imported = database.import_accounts(lasting(rows)).await.unwrap();

        let refused = |clash| Imported::Refused(clash);
        let expected = [
            refused(Clash::Username),
            refused(Clash::UserHandle),
            refused(Clash::UserHandle),
            refused(Clash::Passkey(0)),
            refused(Clash::RecoveryCode(1)),
            Imported::Before,
            Imported::Now,
        ];
        assert_eq!(imported, expected);
        let mut raw = database.raw().await;
        for table in ["accounts", "passkeys", "recovery_codes", "account_groups", "events"] {
            let count = format!("SELECT count(*) FROM {table}");
            assert_eq!(raw.number(&count).await, 2, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_leaves_nothing() {
    with_database(async |database| {
        let rows = vec![row("alice"), row("alice")];

        let imported = database.import_accounts(Import { rows, is_dry_run: true }).await.unwrap();

        assert_eq!(imported, [Imported::Now, Imported::Refused(Clash::Username)]);
        let mut raw = database.raw().await;
        for table in ["accounts", "passkeys", "recovery_codes", "account_groups", "events"] {
            let count = format!("SELECT count(*) FROM {table}");
            assert_eq!(raw.number(&count).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_a_user_handle_is_refused() {
    with_database(async |database| {
        let (mut first, id) = (row("alice"), account_id());
        first.account.user_handle = UserHandle::parse(id.as_bytes().to_vec());
        let second = with_id(row("bob"), id);

        let imported = database.import_accounts(lasting(vec![first, second])).await.unwrap();

        assert_eq!(imported, [Imported::Now, Imported::Refused(Clash::IdIsHandle)]);
    })
    .await;
}
