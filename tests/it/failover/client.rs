//! A client of two replicas that goes on trying at one after the other, as a good one does.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use tonic::{Code, Status};

use super::tally::Tally;
use crate::support::{MINUTE, Person, Refusal, SECOND};

/// The client.
pub struct Client {
    pub replicas: [Person; 2],
    pub tally: &'static Tally,
    /// How long it waits for an answer before it hangs up.
    pub patience: Duration,
    /// Where the next call goes.
    pub next: usize,
}

/// What became of one try.
pub enum Try<T> {
    /// The server did it, or refused for a reason that trying again does not change.
    Answered(Result<T, Status>),
    /// The server asked to try again later; whether it did anything is unknown.
    Unavailable(Duration),
    /// The client hung up; what the server does then is unknown.
    Abandoned,
}

/// What became of a call in the end.
pub struct Answer<T> {
    pub result: Result<T, Status>,
    /// Who answered.
    pub replica: usize,
    /// How many tries had no clear answer.
    pub unclear: u32,
    /// How many of them may still be under way.
    pub abandoned: u32,
}

impl Client {
    /// Makes a call until it is answered.
    pub async fn insist<T, F>(&mut self, call: impl Fn(Person) -> F) -> Answer<T>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let deadline = Instant::now() + MINUTE;
        let (mut unclear, mut abandoned) = (0, 0);
        loop {
            let replica = self.next;
            match self.attempt(&call).await {
                Try::Answered(result) => return Answer { result, replica, unclear, abandoned },
                Try::Unavailable(pause) => tokio::time::sleep(pause).await,
                Try::Abandoned => abandoned += 1,
            }
            unclear += 1;
            assert!(Instant::now() < deadline, "no answer after {unclear} tries");
        }
    }

    /// Makes a call once. The next one goes to the other replica.
    pub async fn attempt<T, F>(&mut self, call: impl Fn(Person) -> F) -> Try<T>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let replica = self.next;
        self.next = 1 - replica;
        let answer = call(self.replicas[replica].clone());
        let Ok(answer) = tokio::time::timeout(self.patience, answer).await else {
            self.tally.abandon();
            return Try::Abandoned;
        };
        // Tries that were hung up on count as well, so a slow machine may use the client's budget up.
        if let Err(status) = &answer
            && matches!(status.code(), Code::Unavailable | Code::ResourceExhausted)
        {
            self.tally.refuse();
            let pause = Refusal::from_status(status).retry_after.expect("the refusal says when");
            if status.code() == Code::ResourceExhausted {
                return Try::Unavailable(pause.min(SECOND * 5));
            }
            assert!(pause <= SECOND * 5, "{pause:?}");
            return Try::Unavailable(pause);
        }
        self.tally.acknowledge(replica);
        Try::Answered(answer)
    }
}
