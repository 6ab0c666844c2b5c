//! How much of a SQLite file a row of the record takes, as docs/audit.md says: how long a disk lasts follows from it.

use std::{fs, net::Ipv4Addr, path::Path, time::Duration};

use claviger::{
    domain::{clock::ManualClock, record::sealer::Sealer, secret::MasterSecret, world::World},
    model::{
        event::{Act, Actor, Call, Event, EventKind},
        origin::Origin,
    },
};
use claviger_token::sign_in::SignInMethod;

use super::{DAY, Database, NOW, act_at};
use crate::support::Home;

const ROWS: u32 = 4000;

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/131.0.0.0 Safari/537.36";

/// A refused sign-in, which anyone can cause.
fn refusal(number: u32, user_agent: &str, request_id: &str) -> Event {
    let act = act_at(NOW + Duration::from_millis(number.into()));
    let origin =
        Origin { address: Ipv4Addr::from(number).into(), user_agent: user_agent.to_owned() };
    let call = Some(Call { origin, request_id: format!("{number:08x}{}", &request_id[8..]) });
    let act = Act { actor: Actor::Anonymous, call, ..act };
    act.event(EventKind::SignIn).with(SignInMethod::Password).refused("INVALID_CREDENTIALS")
}

/// The bytes of a sealed row with its indexes.
async fn bytes_of_a_row(user_agent: &str, request_id: &str) -> i64 {
    let database = Database::new(Home::on_sqlite()).await;
    let world = World::with_clock(ManualClock::starting_at(NOW));
    let key = MasterSecret::new([1; 32]).derive("event keys").unwrap();
    let events = (0..ROWS).map(|number| refusal(number, user_agent, request_id)).collect();
    database.record_events(events).await.unwrap();
    Sealer::new(database.handle(), world, key, 10 * DAY).run_once().await.unwrap();
    let unsealed = "SELECT count(*) FROM events WHERE position IS NULL";
    assert_eq!(database.count(unsealed).await, 0);
    let pages = "SELECT sum(pgsize) FROM dbstat
        WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name = 'events')";
    database.raw().await.number(pages).await / i64::from(ROWS)
}

/// The number before some words of a page.
fn stated(page: &str, words: &str) -> f64 {
    let (before, _) = page.split_once(words).unwrap_or_else(|| panic!("docs: {words:?}"));
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_row_takes_as_much_of_a_file_as_the_documentation_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md");
    let page = fs::read_to_string(path).unwrap();

    let of_a_browser = bytes_of_a_row(BROWSER, &"a".repeat(32)).await as f64;
    let longest = bytes_of_a_row(&"\u{1f98a}".repeat(256), &"a".repeat(64)).await as f64;

    eprintln!("a row takes {of_a_browser} bytes, the longest {longest}");
    let about = |measured: f64, stated: f64| (measured / stated - 1.0).abs() < 0.1;
    assert!(about(of_a_browser, stated(&page, " bytes of a SQLite file")), "{of_a_browser}");
    assert!(about(longest, stated(&page, " KB.\n") * 1000.0), "{longest}");
    let a_day = 86_400.0 * of_a_browser / 1e6;
    assert!(about(a_day, stated(&page, " MB, or ")), "{a_day} MB a day");
    assert!(about(a_day * 400.0 / 1e3, stated(&page, " GB in 400 days")), "{a_day} MB a day");
}
