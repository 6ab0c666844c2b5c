//! What the tables have of each kind of act, so that they can be compared with the rows in both directions.

use std::collections::BTreeSet;

use claviger::model::event::EventKind as K;

use crate::{
    events::{Row, uuid},
    support::{Home, raw::RawConnection},
};

/// What a row names, if it is a row of what is compared.
type Names = fn(&Row) -> Option<String>;

/// What is stored of some kinds of acts.
pub(super) struct Fact {
    /// The rows that say it of an id.
    pub(super) made_by: &'static [(K, Names)],
    /// The rows that say that it no longer holds.
    pub(super) undone_by: &'static [(K, Names)],
    stored: Stored,
}

/// The ids of which it holds.
enum Stored {
    /// UUIDs in bytes.
    Ids(&'static str),
    /// UUIDs of sessions, which the sweep deletes after everything of their account was ended.
    Sessions(&'static str),
    Texts(&'static str),
}
use Stored::{Ids, Sessions, Texts};

/// What leaves no trace but its row; it is compared with what was acknowledged.
pub(super) const UNTRACED: &[(K, &str)] =
    &[(K::UsernameUnlocked, "a count that is not there was reset, or never was")];

/// What no storm can have.
pub(super) const ELSEWHERE: &[(K, &str)] = &[
    (K::PasswordLocked, "takes 90 attempts with pauses; see acts.rs and statements.rs"),
    (K::RefusalsNotRecorded, "takes 100,000 refusals"),
    (K::SchemaMigrated, "an act of a command on a whole database; see copy/record.rs"),
    (K::DatabaseBackedUp, "likewise"),
    (K::DatabaseRestored, "likewise"),
    (K::DatabaseCopied, "likewise"),
    (K::RecordExported, "likewise"),
    (K::AccountsExported, "leaves no trace but its row; see moving/round_trip.rs"),
    (K::KeysAbandoned, "an act on a database without a server; see abandonment.rs"),
];

/// After these, the sessions of an account may be deleted.
const ENDINGS: &[K] = &[
    K::AccountDeleted,
    K::AllSessionsEnded,
    K::AccountDisabled,
    K::AccountEnabled,
    K::PasswordSet,
    K::PasswordChanged,
];

pub(super) const FACTS: &[Fact] = &[
    Fact {
        made_by: &[
            (K::AccountRegistered, account),
            (K::AccountCreated, account),
            (K::AccountImported, account),
        ],
        undone_by: &[(K::AccountDeleted, account)],
        stored: Ids("SELECT id FROM accounts"),
    },
    Fact {
        made_by: &[(K::AccountDisabled, account)],
        undone_by: &[(K::AccountEnabled, account), (K::AccountDeleted, account)],
        stored: Ids("SELECT id FROM accounts WHERE disabled_at IS NOT NULL"),
    },
    Fact {
        made_by: &[(K::AccountUpdated, account)],
        undone_by: &[],
        stored: Ids("SELECT id FROM accounts WHERE display_name = 'renamed'"),
    },
    Fact {
        made_by: &[(K::AccountGroupsChanged, account)],
        undone_by: &[],
        stored: Ids("SELECT account_id FROM account_groups WHERE group_name = 'storm'"),
    },
    Fact {
        made_by: &[
            (K::AccountRegistered, with_passkey),
            (K::AccountCreated, account),
            (K::PasswordRemoved, account),
        ],
        undone_by: &[(K::PasswordSet, account)],
        stored: Ids("SELECT id FROM accounts WHERE password_hash IS NULL"),
    },
    Fact {
        made_by: &[(K::AllSessionsEnded, account)],
        undone_by: &[],
        stored: Ids("SELECT id FROM accounts WHERE epoch > 0 AND username LIKE 'ended-%'"),
    },
    Fact {
        made_by: &[
            (K::AccountRegistered, session),
            (K::SignIn, session),
            (K::PasswordSet, target),
            (K::PasswordChanged, target),
            (K::RecoveryCodeUsed, session),
            (K::RecoveryLinkUsed, session),
        ],
        undone_by: &[],
        stored: Sessions("SELECT id FROM sessions"),
    },
    Fact {
        made_by: &[(K::SessionEnded, target)],
        undone_by: &[],
        stored: Sessions(
            "SELECT id FROM sessions WHERE end_reason IN ('logout', 'revoked')
            AND account_id NOT IN (SELECT id FROM accounts WHERE username LIKE 'others-%')",
        ),
    },
    Fact {
        made_by: &[(K::OtherSessionsEnded, account)],
        undone_by: &[],
        stored: Ids("SELECT DISTINCT account_id FROM sessions WHERE end_reason = 'revoked'
            AND account_id IN (SELECT id FROM accounts WHERE username LIKE 'others-%')"),
    },
    Fact {
        made_by: &[(K::RefreshTokenReused, refused_target)],
        undone_by: &[],
        stored: Sessions("SELECT id FROM sessions WHERE end_reason = 'refresh_token_reuse'"),
    },
    Fact {
        made_by: &[(K::Reauthentication, session)],
        undone_by: &[],
        stored: Sessions("SELECT id FROM sessions WHERE auth_time > created_at"),
    },
    Fact {
        made_by: &[(K::AccountRegistered, target), (K::PasskeyAdded, target)],
        undone_by: &[(K::PasskeyRemoved, target)],
        stored: Ids("SELECT id FROM passkeys"),
    },
    Fact {
        made_by: &[(K::PasskeyRenamed, target)],
        undone_by: &[],
        stored: Ids("SELECT id FROM passkeys WHERE name = 'renamed'"),
    },
    Fact {
        made_by: &[(K::PasskeySuspended, target)],
        undone_by: &[(K::PasskeyResumed, target), (K::PasskeyRemoved, target)],
        stored: Ids("SELECT id FROM passkeys WHERE suspended_at IS NOT NULL"),
    },
    Fact {
        made_by: &[(K::PasskeyCloneSuspected, refused_target)],
        undone_by: &[],
        stored: Ids("SELECT id FROM passkeys WHERE clone_suspected_at IS NOT NULL"),
    },
    Fact {
        made_by: &[(K::InvitationCreated, target)],
        undone_by: &[(K::InvitationWithdrawn, target), (K::InvitationUsed, target)],
        stored: Ids("SELECT id FROM invitations WHERE account_id IS NULL"),
    },
    Fact {
        made_by: &[(K::InvitationUsed, target)],
        undone_by: &[],
        stored: Ids("SELECT id FROM invitations WHERE account_id IS NOT NULL"),
    },
    Fact {
        made_by: &[(K::RecoveryCodesCreated, account)],
        undone_by: &[
            (K::RecoveryCodesRemoved, account),
            (K::RecoveryCodeUsed, account),
            (K::RecoveryLinkUsed, account),
        ],
        stored: Ids("SELECT DISTINCT account_id FROM recovery_codes"),
    },
    Fact {
        made_by: &[(K::RecoveryCodeUsed, account), (K::RecoveryLinkUsed, account)],
        undone_by: &[],
        stored: Ids("SELECT id FROM accounts WHERE recovered_at IS NOT NULL"),
    },
    Fact {
        made_by: &[(K::RecoveryLinkCreated, target)],
        undone_by: &[(K::RecoveryLinkWithdrawn, target), (K::RecoveryLinkUsed, target)],
        stored: Ids("SELECT id FROM recovery_links"),
    },
    Fact {
        made_by: &[(K::TokenRevoked, target)],
        undone_by: &[],
        stored: Texts("SELECT token_id FROM token_revocations"),
    },
    Fact {
        made_by: &[(K::SigningKeyCreated, target)],
        undone_by: &[],
        stored: Texts("SELECT key_id FROM signing_keys"),
    },
    Fact {
        made_by: &[(K::SigningKeyRevoked, target)],
        undone_by: &[],
        stored: Texts("SELECT key_id FROM signing_keys WHERE revoked_at IS NOT NULL"),
    },
    Fact {
        // The first one has no row: it is made before there is a record.
        made_by: &[(K::RecordKeyCreated, target)],
        undone_by: &[],
        stored: Texts(
            "SELECT key_id FROM event_keys
            WHERE created_at > (SELECT MIN(created_at) FROM event_keys)",
        ),
    },
    Fact {
        made_by: &[(K::ServiceAccountCreated, target)],
        undone_by: &[(K::ServiceAccountDeleted, target)],
        stored: Texts("SELECT name FROM service_accounts"),
    },
    Fact {
        made_by: &[(K::ServiceAccountKeyCreated, target)],
        undone_by: &[(K::ServiceAccountDeleted, target)],
        stored: Texts(
            "SELECT name FROM service_accounts WHERE
            (SELECT count(*) FROM service_account_keys
             WHERE service_account_id = service_accounts.id) > 1",
        ),
    },
];

fn is_success(row: &Row) -> bool {
    row.outcome == "success"
}

fn account(row: &Row) -> Option<String> {
    row.account().filter(|_| is_success(row))
}

fn with_passkey(row: &Row) -> Option<String> {
    account(row).filter(|_| row.method.as_deref() == Some("passkey"))
}

fn session(row: &Row) -> Option<String> {
    row.session().filter(|_| is_success(row))
}

fn target(row: &Row) -> Option<String> {
    row.target.clone().filter(|_| is_success(row))
}

fn refused_target(row: &Row) -> Option<String> {
    row.target.clone().filter(|_| !is_success(row))
}

/// Compares what is in the tables with what the rows say, in both directions.
pub(super) async fn assert_in_step(home: &Home, rows: &[Row]) {
    let ended: BTreeSet<_> = rows
        .iter()
        .filter(|row| is_success(row) && ENDINGS.iter().any(|it| it.name() == row.kind))
        .filter_map(Row::account)
        .collect();
    for fact in FACTS {
        let undone: BTreeSet<_> = said(rows, fact.undone_by).into_iter().map(|it| it.0).collect();
        let stored = fact.stored.read(home).await;
        let is_kept = |(id, row): &(String, &Row)| {
            let may_be_swept = matches!(fact.stored, Sessions(_))
                && row.account().is_some_and(|it| ended.contains(&it));
            !undone.contains(id) && (!may_be_swept || stored.contains(id))
        };
        let kept = said(rows, fact.made_by).into_iter().filter(is_kept).map(|it| it.0);
        let kept: BTreeSet<_> = kept.collect();
        assert_eq!(kept, stored, "rows and {}", fact.stored.sql());
    }
}

/// The ids that rows name, each with its row.
fn said<'a>(rows: &'a [Row], by: &[(K, Names)]) -> Vec<(String, &'a Row)> {
    let mut said = Vec::new();
    for row in rows {
        let names = by.iter().filter(|it| it.0.name() == row.kind);
        said.extend(names.filter_map(|it| Some((it.1(row)?, row))));
    }
    said
}

impl Stored {
    const fn sql(&self) -> &'static str {
        match self {
            Ids(sql) | Sessions(sql) | Texts(sql) => sql,
        }
    }

    async fn read(&self, home: &Home) -> BTreeSet<String> {
        let (sql, raw) = (self.sql(), home.raw().await);
        if let Texts(_) = self {
            let texts: Vec<String> = match raw {
                RawConnection::Sqlite(mut c) => sqlx::query_scalar(sql).fetch_all(&mut c).await,
                RawConnection::Postgres(mut c) => sqlx::query_scalar(sql).fetch_all(&mut c).await,
            }
            .unwrap();
            return texts.into_iter().collect();
        }
        let ids: Vec<Vec<u8>> = match raw {
            RawConnection::Sqlite(mut c) => sqlx::query_scalar(sql).fetch_all(&mut c).await,
            RawConnection::Postgres(mut c) => sqlx::query_scalar(sql).fetch_all(&mut c).await,
        }
        .unwrap();
        ids.iter().map(|id| uuid(id)).collect()
    }
}
