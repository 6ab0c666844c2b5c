//! Two programs behind HAProxy, as people reach them: every connection may lead to either.

use std::time::Duration;

use claviger_proto::pb::{TokenVerdict, ValidateTokenRequest};
use futures_util::future::join_all;

use crate::{
    assert_refused,
    support::{
        Authenticator, BACKEND, Home, ORIGIN, PASSWORD, Person, Process, SECOND,
        figures::Distribution, patience::wait_until, people::channel, servers::Balancer,
    },
};

const ROUNDS: usize = 10;
const PEOPLE: usize = 8;
const LOGOUTS_EACH: usize = 15;

/// Two replicas and what stands before them.
struct Pair {
    replicas: [Process; 2],
    balancer: Balancer,
    _homes: [Home; 2],
}

impl Pair {
    async fn start() -> Self {
        let home = Home::on_postgres().await;
        let homes = [home.replica(), home];
        let flags = ["--public-url", ORIGIN];
        let replicas = homes.each_ref().map(|home| Process::start(home, &flags));
        let balancer = Balancer::start(&replicas.each_ref().map(|it| it.public_port));
        Self { replicas, balancer, _homes: homes }
    }

    /// The person on a new connection, which leads to the other replica than the one before it.
    fn next(&self, person: &Person) -> Person {
        let stranger = Person::stranger(channel(self.balancer.port()));
        person.through(&stranger)
    }

    fn stranger(&self) -> Person {
        Person::stranger(channel(self.balancer.port()))
    }

    /// How often each replica was called.
    fn calls(&self, method: &str) -> [usize; 2] {
        self.replicas.each_ref().map(|it| it.log().matches(method).count())
    }
}

async fn verdict(replica: &Process, access_token: &str) -> TokenVerdict {
    let access_token = access_token.to_owned();
    let request = ValidateTokenRequest {
        access_token,
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    replica.backend().validate_token(request).await.unwrap().into_inner().verdict()
}

#[tokio::test]
async fn whole_ceremonies_work_when_every_call_takes_another_connection() {
    let pair = Pair::start().await;

    for round in 0..ROUNDS {
        let (name, mut phone) = (format!("user{round}"), Authenticator::platform(ORIGIN));
        let alice = pair.stranger().register(&name, PASSWORD).await.unwrap();
        let adding = pair.next(&alice).start_registration().await.unwrap();
        let answer = adding.answer(&mut phone);
        pair.next(&alice).finish_registration(&adding.id, answer, "").await.unwrap();
        let signing_in = pair.stranger().start_named(&name).await.unwrap();
        let answer = signing_in.answer(&mut phone);
        let finished = pair.stranger().finish_authentication(&signing_in.id, answer).await;
        let first = finished.unwrap();
        let second = pair.next(&first).refresh().await.unwrap();
        let third = pair.next(&second).refresh().await.unwrap();
        let proving = pair.next(&third).start_reauthentication().await.unwrap();
        let answer = proving.answer(&mut phone);
        pair.next(&third).finish_reauthentication(&proving.id, answer).await.unwrap();

        let replayed = pair.next(&first).refresh().await;
        assert_refused!(replayed.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
        let ended = pair.next(&third).refresh().await;
        assert_refused!(ended.map(drop), Unauthenticated, SESSION_ENDED);
    }

    for method in ["StartRegistration", "FinishRegistration", "FinishAuthentication", "Refresh"] {
        let calls = pair.calls(method);
        assert!(calls.iter().all(|it| *it > 0), "{method}: {calls:?}");
    }
}

#[tokio::test]
async fn a_logout_at_either_program_is_known_to_both_within_a_second() {
    let pair = Pair::start().await;
    let people = (0..PEOPLE).map(async |number| {
        let name = format!("user{number}");
        pair.stranger().register(&name, PASSWORD).await.unwrap();
        let [here, there] = [0, 1].map(|it| &pair.replicas[(number + it) % 2]);
        let mut measured = Vec::new();
        for round in 0..LOGOUTS_EACH {
            let person = here.stranger().login(&name, PASSWORD).await.unwrap();
            let token = &person.backend_token;
            assert_eq!(verdict(there, token).await, TokenVerdict::Active);
            let phase = Duration::from_millis((number * 31 + round * 13) as u64 % 250);
            tokio::time::sleep(phase).await;
            person.logout().await.unwrap();
            assert_eq!(verdict(here, token).await, TokenVerdict::Revoked);
            let revoked = async || verdict(there, token).await == TokenVerdict::Revoked;
            measured.push(wait_until("revoked", SECOND, revoked).await);
        }
        measured
    });

    let measured = Distribution::of(join_all(people).await.concat());

    eprintln!("two programs, from a logout's answer to the other's verdict: {measured}");
    assert!(measured.longest() < SECOND, "{measured}");
}

#[tokio::test]
async fn what_a_killed_replica_began_the_other_one_finishes() {
    let Pair { replicas: [first, second], balancer, _homes } = Pair::start().await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = first.stranger().register("alice", PASSWORD).await.unwrap();
    alice.add_passkey(&mut phone, "").await.unwrap();
    let ceremony = first.stranger().start_named("alice").await.unwrap();
    let answer = ceremony.answer(&mut phone);
    let bob = first.stranger().register("bob", PASSWORD).await.unwrap();
    bob.logout().await.unwrap();

    first.kill();

    let through = || Person::stranger(channel(balancer.port()));
    through().finish_authentication(&ceremony.id, answer).await.unwrap();
    through().refresh_with(&alice.tokens.refresh_token).await.unwrap();
    for _ in 0..ROUNDS {
        through().login("alice", PASSWORD).await.unwrap();
    }
    wait_until("the last logout", SECOND, async || {
        verdict(&second, &bob.backend_token).await == TokenVerdict::Revoked
    })
    .await;
}
