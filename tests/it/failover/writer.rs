//! One writer of the storm, who remembers what was acknowledged.

use claviger_proto::pb;
use tonic::Code;

use super::client::{Client, Try};
use crate::{
    assert_refused,
    support::{
        PASSWORD, Person,
        storm::{Told, spoil_ceremony, start_ceremony},
    },
};

/// A session rotates this often and then rests, so that there are many.
const CHAIN: usize = 12;

/// The writer.
pub struct Writer {
    client: Client,
    number: usize,
    told: Told,
    /// Usernames whose registration was never answered.
    unknown: Vec<String>,
    /// The session whose refresh token is rotated.
    session: Option<Person>,
}

impl Writer {
    pub fn new(client: Client, number: usize) -> Self {
        Self { client, number, told: Told::default(), unknown: Vec::new(), session: None }
    }

    /// Registers, rotates, uses up ceremonies and logs out until the storm is over.
    pub async fn run(mut self) -> (Told, Vec<String>) {
        let mut round = 0;
        while !self.client.tally.is_over() {
            round += 1;
            let Some(person) = self.register(round).await else { continue };
            if self.session.is_some() {
                self.log_out(&person, round % 2 == 0).await;
            } else {
                self.told.chains.push(vec![person.tokens.refresh_token.clone()]);
                self.session = Some(person);
            }
            self.rotate().await;
            self.use_up_ceremony().await;
            tokio::time::sleep(self.client.tally.rest()).await;
        }
        (self.told, self.unknown)
    }

    /// Registers; `None` if nobody knows whether that was done.
    async fn register(&mut self, round: usize) -> Option<Person> {
        let username = format!("writer{}n{round}", self.number);
        // Every other one cannot be repeated safely, so it is not.
        let once = round % 2 == 1;
        let request_id = format!("{:08x}-0000-4000-8000-{round:012x}", self.number);
        let request = pb::RegisterRequest {
            username: username.clone(),
            password: PASSWORD.to_owned(),
            request_id: if once { String::new() } else { request_id },
            ..Default::default()
        };
        let call = |replica: Person| {
            let request = request.clone();
            async move { replica.register_as(request).await }
        };
        let result = if once {
            match self.client.attempt(call).await {
                Try::Answered(result) => Some(result),
                Try::Unavailable(pause) => {
                    tokio::time::sleep(pause).await;
                    None
                }
                Try::Abandoned => None,
            }
        } else {
            Some(self.client.insist(call).await.result)
        };
        let Some(result) = result else {
            self.unknown.push(username);
            return None;
        };
        let person = result.unwrap_or_else(|status| panic!("{username}: {status:?}"));
        self.told.registered.push(username);
        Some(person)
    }

    /// Rotates the session's refresh token; a lost answer is asked for again with the same token.
    async fn rotate(&mut self) {
        let Some(session) = self.session.take() else { return };
        let token = session.tokens.refresh_token.clone();
        let answer = self.client.insist(|replica| {
            let token = token.clone();
            async move { replica.refresh_with(&token).await }
        });
        let answer = answer.await;
        let next = answer.result.unwrap_or_else(|status| panic!("a rotation: {status:?}"));
        let chain = self.told.chains.last_mut().expect("the session has a chain");
        chain.push(next.tokens.refresh_token.clone());
        // A try that the client gave up may still be waiting for its turn. When it comes after two
        // more rotations, its token counts as stolen; real clients do not rotate twice in a moment.
        if answer.abandoned == 0 && chain.len() < CHAIN {
            self.session = Some(next);
        }
    }

    async fn use_up_ceremony(&mut self) {
        let started = self.client.insist(|replica| async move { start_ceremony(&replica).await });
        let ceremony_id = started.await.result.unwrap();
        let spoilt = self.client.insist(|replica| {
            let ceremony_id = ceremony_id.clone();
            async move { Err::<(), _>(spoil_ceremony(&replica, &ceremony_id).await) }
        });
        let spoilt = spoilt.await;
        let code = spoilt.result.as_ref().expect_err("it is refused").code();
        if code != Code::Unauthenticated {
            // Only if a try without an answer had used it up: what was started is not lost.
            assert!(spoilt.unclear > 0, "a ceremony is lost: {:?}", spoilt.result);
            assert_refused!(spoilt.result, Aborted, CEREMONY_NOT_FOUND);
        }
        self.told.ceremonies.push(ceremony_id);
    }

    async fn log_out(&mut self, person: &Person, by_access_token: bool) {
        let answer = self.client.insist(|replica| {
            let person = person.through(&replica);
            async move {
                if by_access_token {
                    person.logout().await
                } else {
                    person.logout_by_refresh_token().await
                }
            }
        });
        let answer = answer.await;
        answer.result.unwrap_or_else(|status| panic!("a logout: {status:?}"));
        // A replica that finds the session ended already may learn of it a moment later.
        if answer.unclear == 0 {
            self.client.tally.log_out(answer.replica, &person.backend_token);
        }
        self.told.ended.push(person.clone());
    }
}
