//! A backend that has one replica judge access tokens all the time.

use crate::support::BACKEND;
use std::time::{Duration, Instant};

use claviger_proto::pb::{self, TokenVerdict, token_service_client::TokenServiceClient};
use tonic::{Status, transport::Channel};

use super::tally::Tally;

/// The backend.
pub struct Backend {
    pub replica: usize,
    pub client: TokenServiceClient<Channel>,
    pub tally: &'static Tally,
    /// An access token of a session that lives all the time.
    pub living: String,
    /// One of a session that had ended before.
    pub ended: String,
}

/// What a backend has seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub answers: u32,
    pub slowest: Duration,
    pub longest_pause: Duration,
    /// Errors and wrong verdicts.
    pub wrong: Vec<String>,
}

impl Backend {
    /// Asks until the storm is over.
    pub async fn watch(mut self) -> Seen {
        let mut seen = Seen::default();
        let mut last = Instant::now();
        while !self.tally.is_over() {
            let latest = self.tally.last_logged_out(self.replica);
            let tokens = [
                (Some(self.living.clone()), TokenVerdict::Active),
                (Some(self.ended.clone()), TokenVerdict::Revoked),
                (latest, TokenVerdict::Revoked),
            ];
            for (token, expected) in tokens {
                let Some(token) = token else { continue };
                let began = Instant::now();
                let got = verdict(&mut self.client, token).await;
                seen.slowest = seen.slowest.max(began.elapsed());
                match got {
                    Ok(verdict) if verdict == expected => seen.answers += 1,
                    got => seen.wrong.push(format!("{got:?} for {expected:?}")),
                }
            }
            seen.longest_pause = seen.longest_pause.max(last.elapsed());
            last = Instant::now();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        seen
    }
}

/// The verdict on an access token.
pub async fn verdict(
    client: &mut TokenServiceClient<Channel>,
    access_token: String,
) -> Result<TokenVerdict, Status> {
    let request = pb::ValidateTokenRequest {
        access_token,
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    Ok(client.validate_token(request).await?.into_inner().verdict())
}
