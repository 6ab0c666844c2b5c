//! What happened in a call.

use crate::{
    cli::operator::{Console, Outcome, json, problem::Problem},
    grpc::contracts::admin::{Event, ListEventsRequest},
};

use super::report::Report;

/// The most events of one call that are explained. A client may give many calls the same ID.
const LIMIT: usize = 1000;

/// Explains a call by its request ID.
pub(super) async fn explain(console: &Console<'_>, id: &str) -> Outcome {
    let events = events(console, id).await?;
    if console.is_json() {
        return events.iter().try_for_each(|it| console.object(&json::event(it)));
    }
    report(id, &events).print()
}

/// The events of a call, oldest first.
async fn events(console: &Console<'_>, id: &str) -> Result<Vec<Event>, Problem> {
    let page_size = i32::try_from(LIMIT).unwrap_or(i32::MAX);
    let mut request =
        ListEventsRequest { request_id: id.to_owned(), page_size, ..Default::default() };
    let mut events = Vec::new();
    loop {
        let page = console.client.list_events(request.clone()).await?;
        events.extend(page.events);
        if page.next_page_token.is_empty() || events.len() >= LIMIT {
            events.reverse();
            return Ok(events);
        }
        request.page_token = page.next_page_token;
    }
}

pub(super) fn report(id: &str, events: &[Event]) -> Report {
    let mut report = Report::default();
    if events.is_empty() {
        report.say(format!("The record has no event with the request ID {id:?}."));
        report.say(
            "Refreshes of tokens, their validation and calls that only read are no events, and neither \
             is a refusal by the throttle. Events are deleted after `audit.retention`.",
        );
        report.advise(
            "Search the log of every server for the request ID: it has a line for each call, with its \
             outcome.",
        );
        return report;
    }
    let noun = if events.len() == 1 { "event" } else { "events" };
    report.say(format!("The record has {} {noun} with the request ID {id:?}.", events.len()));
    let mut accounts: Vec<&str> = events.iter().map(|it| it.account_id.as_str()).collect();
    accounts.retain(|it| !it.is_empty());
    accounts.dedup();
    report.happened("What happened:", events, accounts.first().unwrap_or(&"USERNAME"));
    for account in accounts {
        report.advise(format!("For the state of the account: claviger explain {account}"));
    }
    report
}
