//! `claviger system`.

use std::process::ExitCode;

use clap::Args;
use claviger_proto::pb::RegistrationPolicy;

use crate::grpc::contracts::admin as pb;

use super::operator::{
    self, Console, Context, Outcome,
    flags::Connection,
    json, line,
    table::{Table, printable},
};

/// `claviger system`.
#[derive(Debug, Args)]
pub(super) struct System {
    #[command(flatten)]
    connection: Connection,
}

/// Runs it, also while servers run.
pub(super) async fn run(system: System, context: &Context) -> ExitCode {
    operator::run(&system.connection, context, async |console| show(console).await).await
}

async fn show(console: &Console<'_>) -> Outcome {
    let system = console.client.get_system(pb::GetSystemRequest {}).await?;
    let system = system.system.unwrap_or_default();
    if console.is_json() {
        return console.object(&json::system(&system));
    }
    let database =
        format!("{} {}, schema {}", system.engine, system.engine_version, system.schema_version);
    let facts = [
        ("Version", system.version.as_str()),
        ("Database", &database),
        ("Issuer", &system.issuer),
        ("Registration", policy(system.registration_policy)),
    ];
    let counts = counts(&system.counts.unwrap_or_default());
    let counts = counts.iter().map(|(name, count)| (*name, count.as_str()));
    facts.into_iter().chain(counts).try_for_each(|(name, value)| {
        let name = format!("{name}:");
        line(format_args!("{name:<19}{}", printable(value)))
    })?;
    line("")?;
    limits(&system.limits).lines().into_iter().try_for_each(line)
}

fn policy(policy: i32) -> &'static str {
    match RegistrationPolicy::try_from(policy) {
        Ok(RegistrationPolicy::Open) => "open",
        Ok(RegistrationPolicy::Invitation) => "invitation",
        Ok(RegistrationPolicy::Closed) => "closed",
        Ok(RegistrationPolicy::Unspecified) | Err(_) => "",
    }
}

fn counts(counts: &pb::Counts) -> [(&'static str, String); 7] {
    let shown = |count: &Option<pb::Count>| {
        let count = count.unwrap_or_default();
        format!("{}{}", count.value, if count.may_be_more { " or more" } else { "" })
    };
    [
        ("Accounts", shown(&counts.accounts)),
        ("Disabled accounts", shown(&counts.disabled_accounts)),
        ("Active sessions", shown(&counts.active_sessions)),
        ("Passkeys", shown(&counts.passkeys)),
        ("Service accounts", shown(&counts.service_accounts)),
        ("Open invitations", shown(&counts.open_invitations)),
        ("Events", shown(&counts.events)),
    ]
}

fn limits(limits: &[pb::Limit]) -> Table {
    let mut table = Table::new(&["LIMIT", "VALUE"]);
    limits.iter().for_each(|it| table.row(&[&it.key, &it.value]));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_stopped_says_that_there_may_be_more() {
        let many = pb::Count { value: 10_000, may_be_more: true };
        let few = pb::Count { value: 3, may_be_more: false };
        let counted =
            pb::Counts { accounts: Some(many), passkeys: Some(few), ..Default::default() };

        let shown = counts(&counted);

        assert_eq!(shown[0], ("Accounts", "10000 or more".to_owned()));
        assert_eq!(shown[3], ("Passkeys", "3".to_owned()));
    }
}
