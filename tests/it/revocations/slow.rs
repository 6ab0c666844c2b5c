//! A watcher that does not read.

use claviger_proto::pb::{WatchRevocationsRequest, token_service_client::TokenServiceClient};
use tonic::transport::Endpoint;

use crate::{
    assert_refused,
    revocations::talkative,
    support::{
        BACKEND, Home, SECOND, TestApp,
        patience::wait_until,
        watcher::{Heard, Watcher},
    },
};

/// A backend whose connection has room for 64 KiB that it has not read.
fn narrow(app: &TestApp) -> TokenServiceClient<tonic::transport::Channel> {
    let url = format!("http://127.0.0.1:{}", app.internal_port());
    let endpoint = Endpoint::from_shared(url).unwrap();
    let endpoint =
        endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
    TokenServiceClient::new(endpoint.connect_lazy())
}

#[tokio::test]
async fn a_watcher_that_reads_nothing_is_cut_off_with_a_reason_and_continues_later() {
    let app = talkative(Home::new().await, "200ms").await;
    let mut backend = narrow(&app);
    let request = WatchRevocationsRequest { audience: BACKEND.to_owned(), ..Default::default() };
    let mut stream = backend.watch_revocations(request).await.unwrap().into_inner();
    let patience_over = tokio::time::sleep(SECOND);

    patience_over.await;
    let mut heard = Heard::default();
    let ended = loop {
        match stream.message().await {
            Ok(message) => {
                let message = message.expect("it ended without a reason");
                assert!(!message.caught_up, "nothing was held back");
                heard.add(&message.cursor, &message.revocations, &message.keys);
            }
            Err(status) => break status,
        }
    };

    assert_refused!(Err::<(), _>(ended), ResourceExhausted, WATCHER_TOO_SLOW);
    assert!(!heard.live.is_empty() && heard.live.len() < 5000, "{}", heard.live.len());
    wait_until("freed", 5 * SECOND, async || app.watchers() == 0).await;
    let mut again = Watcher::resume(app.backend(), heard).await.unwrap();
    again.catch_up().await;
    assert_eq!(again.heard.live.len(), 5000);
}

#[tokio::test]
async fn a_watcher_that_reads_slowly_but_steadily_is_not_cut_off() {
    let app = talkative(Home::new().await, "2s").await;
    let mut watcher = Watcher::start(narrow(&app)).await;

    loop {
        let message = watcher.next().await.unwrap();
        tokio::time::sleep(SECOND / 4).await;
        if message.caught_up {
            break;
        }
    }

    assert_eq!(watcher.heard.live.len(), 5000);
}
