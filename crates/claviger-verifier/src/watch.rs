//! The task that follows the server: it connects, receives, and connects again when the stream is lost.
//!
//! Every attempt opens a new connection, so that the server's name is resolved again and a load balancer
//! may choose another replica. The stream resumes at the last cursor; what is known is kept.

use std::{convert::Infallible, sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use claviger_proto::{
    pb::{self, token_service_client::TokenServiceClient},
    refusal::reason_name,
};
use claviger_token::causes;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Streaming, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    clock,
    progress::Progress,
    settings::Address,
    state::{RejectedMessage, State},
    view::{SILENCE, TWO_HEARTBEATS},
};

/// The longest delay between two attempts to connect.
const MAX_DELAY: Duration = Duration::from_secs(5);
/// The delays between attempts. Each is between half of a bound and all of it, so that clients that lose
/// a server together do not return together. The bound doubles from 100 ms to `MAX_DELAY`: the jitter
/// adds up to as much again.
const DELAYS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(50))
    .with_max_delay(Duration::from_millis(2500))
    .without_max_times()
    .with_jitter();

/// The state of the task.
pub(crate) struct Watch {
    address: Address,
    audience: String,
    state: Arc<State>,
    cursor: Vec<u8>,
    delays: ExponentialBackoff,
    /// What was logged last.
    logged: Option<Logged>,
}

type Stream = Streaming<pb::WatchRevocationsResponse>;

/// A change is logged, its repetitions are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Logged {
    Live,
    Lost,
}

/// Why the stream was lost.
#[derive(Debug, thiserror::Error)]
enum Loss {
    #[error("cannot connect: {}", causes(.0))]
    Connection(tonic::transport::Error),
    // The metadata of the status is left out: it may contain anything.
    #[error("the server answered {:?}: {}", .0.code(), .0.message())]
    Refused(Box<tonic::Status>),
    #[error("the server closed the stream")]
    Closed,
    #[error("the server sent no message for {} seconds", SILENCE.as_secs())]
    Silent,
    #[error("the server has not read its database for {} seconds", .0.as_secs())]
    Outdated(Duration),
    #[error(transparent)]
    RejectedMessage(#[from] RejectedMessage),
}

impl Watch {
    /// A task that follows the server for tokens of an audience.
    pub(crate) fn new(address: Address, audience: String, state: Arc<State>) -> Self {
        Self { address, audience, state, cursor: Vec::new(), delays: DELAYS.build(), logged: None }
    }

    /// Keeps the state up to date until cancelled.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                let Err(loss) = self.follow().await;
                if self.logged.replace(Logged::Lost) != Some(Logged::Lost) {
                    tracing::warn!(
                        target: "claviger::verifier",
                        %loss,
                        "the stream of revocations is lost"
                    );
                }
                self.state.lose(loss.to_string());
                sleep(self.delays.next().unwrap_or(MAX_DELAY)).await;
            }
        })
        .await;
    }

    /// Opens a stream and applies its messages until it is lost.
    async fn follow(&mut self) -> Result<Infallible, Loss> {
        let opened = timeout(SILENCE, self.open()).await.map_err(|_| Loss::Silent)?;
        let (mut stream, mut progress) = opened?;
        let mut is_outdated = false;
        loop {
            let message = timeout(SILENCE, stream.message()).await.map_err(|_| Loss::Silent)?;
            let message = match message {
                Ok(message) => message.ok_or(Loss::Closed)?,
                Err(status) => return Err(self.refused(status)),
            };
            let server_lag = self.state.apply(&mut progress, &message, clock::now())?;
            // Only what was applied need not be sent again.
            self.cursor = message.cursor;
            if !message.caught_up {
                continue;
            }
            self.delays = DELAYS.build();
            let was_outdated = std::mem::replace(&mut is_outdated, server_lag > TWO_HEARTBEATS);
            if is_outdated && was_outdated {
                // Another connection may lead to a replica that reads its database. One message is
                // waited for, since this one may be able to again.
                return Err(Loss::Outdated(server_lag));
            }
            if !is_outdated && self.logged.replace(Logged::Live) != Some(Logged::Live) {
                tracing::info!(
                    target: "claviger::verifier",
                    "the stream of revocations is live"
                );
            }
        }
    }

    async fn open(&mut self) -> Result<(Stream, Progress), Loss> {
        let channel: Channel = self.address.endpoint.connect().await.map_err(Loss::Connection)?;
        let message = pb::WatchRevocationsRequest {
            cursor: self.cursor.clone(),
            audience: self.audience.clone(),
        };
        let mut request = Request::new(message);
        if let Some(value) = &self.address.authorization {
            request.metadata_mut().insert("authorization", value.clone());
        }
        let progress = Progress::requested_at(clock::now());
        match TokenServiceClient::new(channel).watch_revocations(request).await {
            Ok(response) => Ok((response.into_inner(), progress)),
            Err(status) => Err(self.refused(status)),
        }
    }

    fn refused(&mut self, status: tonic::Status) -> Loss {
        // A cursor that the server cannot read is dropped: the next stream begins at the start.
        if status.code() == Code::InvalidArgument {
            self.cursor.clear();
        }
        if is_about_audience(&status) {
            self.state.refuse_audience();
        }
        Loss::Refused(Box::new(status))
    }
}

/// Whether the server refuses the audience of the settings: it is not configured there, or is not one
/// of the service account's.
fn is_about_audience(status: &tonic::Status) -> bool {
    let details = status.get_error_details();
    let is_field = details.bad_request().is_some_and(|it| {
        it.field_violations.iter().any(|violation| violation.field == "audience")
    });
    let is_denied = |reason: &str| reason == reason_name(pb::ErrorReason::AudienceDenied);
    is_field || details.error_info().is_some_and(|it| is_denied(&it.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_are_neither_longer_nor_less_than_half() {
        let mut bound = 100;

        for delay in DELAYS.build().take(20) {
            assert!((bound / 2..=bound).contains(&delay.as_millis()), "{delay:?} of {bound} ms");
            bound = (bound * 2).min(MAX_DELAY.as_millis());
        }
    }

    #[test]
    fn delays_of_two_clients_differ() {
        let [one, other] = [(); 2].map(|()| DELAYS.build().take(20).collect::<Vec<_>>());

        assert_ne!(one, other);
    }
}
