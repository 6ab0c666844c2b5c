//! SystemService's messages.

use crate::{
    domain::operators::system::Configured,
    grpc::contracts::admin as pb,
    model::system::{Count, Counts, Database, Limit},
};

use super::auth::registration_policy;

/// What is running.
pub(crate) fn system(configured: &Configured, database: Database) -> pb::System {
    pb::System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: database.engine.to_owned(),
        engine_version: database.engine_version,
        schema_version: database.schema_version,
        issuer: configured.issuer.clone(),
        registration_policy: registration_policy(configured.registration).into(),
        limits: configured.limits.iter().map(limit).collect(),
        counts: Some(counts(&database.counts)),
    }
}

fn limit(limit: &Limit) -> pb::Limit {
    pb::Limit { key: limit.key.to_owned(), value: limit.value.clone() }
}

fn counts(counts: &Counts) -> pb::Counts {
    let count = |it: Count| {
        let value = i64::try_from(it.value).unwrap_or(i64::MAX);
        Some(pb::Count { value, may_be_more: it.may_be_more })
    };
    pb::Counts {
        accounts: count(counts.accounts),
        disabled_accounts: count(counts.disabled_accounts),
        active_sessions: count(counts.active_sessions),
        passkeys: count(counts.passkeys),
        service_accounts: count(counts.service_accounts),
        open_invitations: count(counts.open_invitations),
        events: count(counts.events),
    }
}
