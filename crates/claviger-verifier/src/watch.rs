//! The task that holds the stream of revocations: connects, listens, and begins again when it is lost.
//!
//! Every try is a new connection, so that the name of the server is looked up again and a balancer may
//! choose another replica. What was heard is kept: the stream is resumed at its last cursor.

use std::{error::Error, sync::Arc, time::Duration};

use claviger_proto::pb::{self, token_service_client::TokenServiceClient};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Streaming, transport::Channel};

use super::{
    moment::Moment,
    progress::Progress,
    settings::Address,
    state::{RejectedMessage, State},
    view::SILENCE,
};

/// How long to wait after the first loss; each further one in a row doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// The longest wait.
const LAST_DELAY: Duration = Duration::from_secs(5);

/// Holds the stream.
pub(super) struct Watch {
    address: Address,
    state: Arc<State>,
    cursor: Vec<u8>,
    delay: Duration,
    /// What the log was told last; nothing at first.
    logged: Option<Logged>,
}

type Stream = Streaming<pb::WatchRevocationsResponse>;

/// What happens again and again is logged once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Logged {
    Live,
    Lost,
}

/// Why a stream was lost.
#[derive(Debug, thiserror::Error)]
enum Loss {
    #[error("cannot connect: {}", causes(.0))]
    Connection(#[from] tonic::transport::Error),
    // A status also holds headers, which are nobody's business.
    #[error("the server answered {:?}: {}", .0.code(), .0.message())]
    Refused(Box<tonic::Status>),
    #[error("the server ended the stream")]
    Ended,
    #[error("the server said nothing for {} seconds", SILENCE.as_secs())]
    Silent,
    #[error(transparent)]
    RejectedMessage(#[from] RejectedMessage),
}

impl From<tonic::Status> for Loss {
    fn from(status: tonic::Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl Watch {
    pub(super) fn new(address: Address, state: Arc<State>) -> Self {
        Self { address, state, cursor: Vec::new(), delay: FIRST_DELAY, logged: None }
    }

    /// Keeps the state up to date until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                let loss = match self.follow().await {
                    Ok(never) => match never {},
                    Err(loss) => loss,
                };
                if self.logged.replace(Logged::Lost) != Some(Logged::Lost) {
                    tracing::warn!(
                        target: "claviger::verifier",
                        %loss,
                        "the stream of revocations is lost"
                    );
                }
                self.state.lose(loss.to_string());
                sleep(jittered(self.delay)).await;
                self.delay = (self.delay * 2).min(LAST_DELAY);
            }
        })
        .await;
    }

    /// One stream, to its end.
    async fn follow(&mut self) -> Result<std::convert::Infallible, Loss> {
        let opened = timeout(SILENCE, self.open()).await.map_err(|_| Loss::Silent)?;
        let (mut stream, mut progress) = opened?;
        loop {
            let message = timeout(SILENCE, stream.message()).await.map_err(|_| Loss::Silent)?;
            let message = match message {
                Ok(message) => message.ok_or(Loss::Ended)?,
                Err(status) => return Err(self.refused(status)),
            };
            self.state.apply(&mut progress, &message, Moment::now())?;
            // Only what was taken in need not be told again.
            self.cursor = message.cursor;
            if message.caught_up {
                self.delay = FIRST_DELAY;
                if self.logged.replace(Logged::Live) != Some(Logged::Live) {
                    tracing::info!(
                        target: "claviger::verifier",
                        "the stream of revocations is live"
                    );
                }
            }
        }
    }

    async fn open(&mut self) -> Result<(Stream, Progress), Loss> {
        let channel: Channel = self.address.endpoint.connect().await?;
        let message = pb::WatchRevocationsRequest { cursor: self.cursor.clone() };
        let mut request = Request::new(message);
        if let Some(value) = &self.address.authorization {
            request.metadata_mut().insert("authorization", value.clone());
        }
        let progress = Progress::asked_at(Moment::now());
        match TokenServiceClient::new(channel).watch_revocations(request).await {
            Ok(response) => Ok((response.into_inner(), progress)),
            Err(status) => Err(self.refused(status)),
        }
    }

    /// A cursor that the server cannot read is of no use: everything from the start, then.
    fn refused(&mut self, status: tonic::Status) -> Loss {
        if status.code() == Code::InvalidArgument {
            self.cursor.clear();
        }
        status.into()
    }
}

/// Between half of a span and all of it, so that those who lost a server at once do not come back at
/// once.
fn jittered(span: Duration) -> Duration {
    let mut random = [u8::MAX];
    #[expect(clippy::disallowed_methods, reason = "nobody tests which of these delays it is")]
    let _ = getrandom::fill(&mut random);
    let [random] = random;
    span.mul_f64(0.5 + f64::from(random) / 512.0)
}

/// What went wrong, and why. tonic itself says no more than "transport error".
fn causes(error: &tonic::transport::Error) -> String {
    let mut causes = Vec::new();
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes.dedup();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_differ_but_are_neither_longer_nor_less_than_half() {
        let delays: Vec<_> = (0..200).map(|_| jittered(LAST_DELAY)).collect();

        assert!(delays.iter().all(|it| (LAST_DELAY / 2..=LAST_DELAY).contains(it)));
        assert!(delays.iter().any(|it| *it != delays[0]));
    }
}
