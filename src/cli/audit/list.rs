//! `claviger audit list`.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use claviger_token::time::Timestamp;
use uuid::Uuid;

use crate::{
    cli::{dates::date, refused, say},
    domain::{
        Result,
        record::{listing::Filter, reader::Reader},
        world::World,
    },
    model::{
        account::AccountReference,
        event::EventKind,
        record::{Entry, Row},
    },
};

use super::Filters;

/// Lists the rows that the filters let through.
pub(super) async fn list(record: &Reader, filters: &Filters, world: &World) -> Result<ExitCode> {
    let mut filter = Filter { kind: filters.kind.clone(), ..Filter::default() };
    if let Some(account) = &filters.account {
        let found = match AccountReference::parse(account) {
            Some(reference) => record.find_account(&reference).await?,
            None => None,
        };
        if found.is_none() {
            return Ok(refused(format_args!(
                "There is no account with the username or ID {account:?}. Events of a deleted account are \
                 listed by its ID."
            )));
        }
        filter.account_id = found;
    }
    if let Some(kind) = filters.kind.as_deref().filter(|it| !is_known(it)) {
        return Ok(refused(format_args!("{kind:?} is not a kind of event: see docs/audit.md.")));
    }
    if let Some(text) = &filters.since {
        filter.since = since(text, world.now());
        if filter.since.is_none() {
            return Ok(refused(format_args!(
                "{text:?} is not a time: expected one such as 2026-11-29T08:00:00Z, 2026-11-29 or 24h."
            )));
        }
    }
    say(line(["TIME", "KIND", "OUTCOME", "ACTOR", "ACCOUNT ID", "ADDRESS", "REASON"]));
    for Entry { row, .. } in record.list(filter, filters.limit).await? {
        let account = row.account_id.as_deref().map(id).unwrap_or_default();
        let time = date(Timestamp::from_micros(row.occurred_at));
        let columns = [
            time.as_str(),
            &row.kind,
            &row.outcome,
            &actor(&row, &account),
            &account,
            row.address.as_deref().unwrap_or_default(),
            row.reason.as_deref().or(row.operator_reason.as_deref()).unwrap_or_default(),
        ];
        say(line(columns));
    }
    Ok(ExitCode::SUCCESS)
}

fn is_known(kind: &str) -> bool {
    EventKind::ALL.iter().any(|it| it.name() == kind)
}

/// A time, a date, or a span until now.
fn since(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(span) = humantime::parse_duration(text) {
        return Some(now - span);
    }
    let midnight = format!("{text}T00:00:00Z");
    let time: SystemTime =
        [text, &midnight].into_iter().find_map(|it| humantime::parse_rfc3339_weak(it).ok())?;
    let since_epoch: Duration = time.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).ok()?))
}

fn id(bytes: &[u8]) -> String {
    Uuid::from_slice(bytes).map_or_else(|_| "invalid".to_owned(), |it| it.to_string())
}

/// The actor; without its id where it is the account of the event.
fn actor(row: &Row, account: &str) -> String {
    match row.actor.as_deref() {
        Some(name) if name != account => format!("{} {name}", row.actor_kind),
        _ => row.actor_kind.clone(),
    }
}

fn line(columns: [&str; 7]) -> String {
    let [time, kind, outcome, actor, account, address, reason] = columns.map(printable);
    let line = format!(
        "{time:<21} {kind:<27} {outcome:<8} {actor:<24} {account:<37} {address:<16} {reason}"
    );
    line.trim_end().to_owned()
}

/// The text, or a dash, without what would control a terminal: a row that was changed by hand may hold
/// anything.
fn printable(text: &str) -> String {
    if text.is_empty() {
        return "–".to_owned();
    }
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn since_is_a_time_a_date_or_a_span() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));

        assert_eq!(since("1h", NOW), at(1_799_996_400));
        assert_eq!(since("2027-01-15T08:00:00Z", NOW), at(1_800_000_000));
        assert_eq!(since("2027-01-15 08:00:00", NOW), at(1_800_000_000));
        assert_eq!(since("2027-01-15", NOW), at(1_799_971_200));
        assert_eq!(since("yesterday", NOW), None);
    }

    #[test]
    fn a_line_holds_nothing_that_controls_a_terminal() {
        let line = line(["a", "b", "c", "d\u{1b}[2J", "", "\n", "g"]);

        assert!(!line.contains(char::is_control), "{line:?}");
    }
}
