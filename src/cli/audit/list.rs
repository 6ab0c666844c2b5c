//! `claviger audit list` and `claviger audit watch`.

use claviger_proto::time::timestamp;
use claviger_token::time::Timestamp;
use uuid::Uuid;

use crate::{
    cli::{
        dates::read,
        operator::{
            Console, Outcome, json, line,
            problem::Problem,
            table::{printable, time},
            target,
        },
    },
    grpc::contracts::admin as pb,
    model::event::EventKind,
};

use super::{
    arguments::{Filters, Format, Watch},
    ocsf,
};

/// The largest page.
const PAGE: u32 = 1000;

/// Lists the events that the filters let through.
pub(super) async fn list(console: &Console<'_>, filters: &Filters, now: Timestamp) -> Outcome {
    let mut request = request(console, filters, now).await?;
    heading(console)?;
    let mut missing = filters.limit;
    while missing > 0 {
        request.page_size = i32::try_from(missing.min(PAGE)).unwrap_or(0);
        let page = console.client.list_events(request.clone()).await?;
        missing = missing.saturating_sub(u32::try_from(page.events.len()).unwrap_or(missing));
        page.events.iter().try_for_each(|it| print(console, it))?;
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(())
}

/// Prints sealed events as they come.
pub(super) async fn watch(console: &Console<'_>, watch: &Watch) -> Outcome {
    let request = pb::WatchEventsRequest {
        after_position: watch.after.unwrap_or(0),
        only_new: watch.after.is_none(),
    };
    let mut events = console.client.watch_events(request).await?;
    let is_ocsf = watch.format == Format::Ocsf;
    if !is_ocsf {
        heading(console)?;
    }
    let (mut missing, mut last) = (watch.limit, watch.after);
    while missing != Some(0) {
        let received = match events.next().await {
            Ok(Some(received)) => received,
            Ok(None) => return Err(interrupted(None, last)),
            Err(refusal) => return Err(interrupted(Some(refusal.into()), last)),
        };
        let most = missing.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX));
        for event in received.iter().take(most) {
            if is_ocsf {
                line(ocsf::received(event))?;
            } else {
                print(console, event)?;
            }
            last = Some(event.position);
            missing = missing.map(|it| it - 1);
        }
    }
    Ok(())
}

/// Why the events end, and how to continue.
fn interrupted(problem: Option<Problem>, last: Option<i64>) -> Problem {
    let why =
        problem.map_or_else(|| "The server ended the stream.".to_owned(), |it| it.to_string());
    Problem::Sentence(match last {
        Some(position) => format!("{why} Continue with --after {position}."),
        None => why,
    })
}

async fn request(
    console: &Console<'_>,
    filters: &Filters,
    now: Timestamp,
) -> Result<pb::ListEventsRequest, Problem> {
    if let Some(kind) = filters.kind.as_deref().filter(|it| !is_known(it)) {
        let sentence = format!("{kind:?} is not a kind of event: see docs/audit.md.");
        return Err(Problem::Sentence(sentence));
    }
    let at = |text: &Option<String>| -> Result<_, Problem> {
        let time = text.as_deref().map(|it| read(it, now).map_err(Problem::Sentence));
        Ok(time.transpose()?.map(timestamp))
    };
    let account_id = match &filters.account {
        Some(name) => account_id(console, name).await?,
        None => String::new(),
    };
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(pb::ListEventsRequest {
        account_id,
        kind: given(&filters.kind),
        outcome: filters.outcome.map(|it| it.name().to_owned()).unwrap_or_default(),
        actor: given(&filters.actor),
        request_id: given(&filters.request_id),
        start_time: at(&filters.since)?,
        end_time: at(&filters.until)?,
        ..Default::default()
    })
}

/// The ID of an account, which may be deleted if it is named by its ID.
async fn account_id(console: &Console<'_>, name: &str) -> Result<String, Problem> {
    if let Some(account) = target::find(console, name).await? {
        return Ok(account.id);
    }
    let id = name.parse::<Uuid>().map(|it| it.to_string());
    id.map_err(|_| {
        Problem::Sentence(format!(
            "There is no account with the username or ID {name:?}. Events of a deleted account are \
             listed by its ID."
        ))
    })
}

fn is_known(kind: &str) -> bool {
    EventKind::ALL.iter().any(|it| it.name() == kind)
}

fn heading(console: &Console<'_>) -> Outcome {
    if console.is_json() {
        return Ok(());
    }
    line(columns(["TIME", "KIND", "OUTCOME", "ACTOR", "ACCOUNT ID", "ADDRESS", "REASON"]))
}

fn print(console: &Console<'_>, it: &pb::Event) -> Outcome {
    if console.is_json() {
        return console.object(&json::event(it));
    }
    let reason = if it.reason.is_empty() { &it.operator_reason } else { &it.reason };
    line(columns([
        &time(it.occur_time.as_ref()),
        &it.kind,
        &it.outcome,
        &actor(it),
        &it.account_id,
        &it.address,
        reason,
    ]))
}

/// The actor; without its id where it is the account of the event.
fn actor(event: &pb::Event) -> String {
    if event.actor.is_empty() || event.actor == event.account_id {
        return event.actor_kind.clone();
    }
    format!("{} {}", event.actor_kind, event.actor)
}

/// The columns of a line. Their width is the same for all events, since more may follow.
fn columns(columns: [&str; 7]) -> String {
    let [time, kind, outcome, actor, account, address, reason] = columns.map(printable);
    let line = format!(
        "{time:<21} {kind:<27} {outcome:<8} {actor:<24} {account:<37} {address:<16} {reason}"
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_nothing_that_controls_a_terminal() {
        let line = columns(["a", "b", "c", "d\u{1b}[2J", "", "\n", "g"]);

        assert!(!line.contains(char::is_control), "{line:?}");
    }

    #[test]
    fn an_interrupted_watcher_learns_how_to_continue() {
        let lost = interrupted(None, Some(7)).to_string();

        assert_eq!(lost, "The server ended the stream. Continue with --after 7.");
        assert_eq!(interrupted(None, None).to_string(), "The server ended the stream.");
    }
}
