//! Who acts in a storm: one person and one operator after the other, until the server does not answer.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use claviger::{
    grpc::contracts::admin::{
        account_service_client::AccountServiceClient, audit_service_client::AuditServiceClient,
        invitation_service_client::InvitationServiceClient, key_service_client::KeyServiceClient,
        moving_service_client::MovingServiceClient,
        service_account_service_client::ServiceAccountServiceClient,
    },
    model::event::EventKind,
};
use futures_util::future::BoxFuture;
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{imports::Arrival, redemptions::Redemption};
use crate::support::{
    MINUTE, PASSWORD, Person, Process,
    backends::Keyed,
    people::{Bearer, channel, channel_from},
};

/// What was acknowledged: the acts that succeeded, each with the id of what it was done to. And what was begun,
/// where the cut must leave it done or not done.
#[derive(Default)]
pub(super) struct Told {
    pub(super) acts: Vec<(EventKind, String)>,
    pub(super) refused: u32,
    pub(super) tried: u32,
    pub(super) redemptions: Vec<Redemption>,
    pub(super) arrivals: Vec<Arrival>,
}

impl Told {
    pub(super) fn add(&mut self, other: Self) {
        self.acts.extend(other.acts);
        self.refused += other.refused;
        self.tried += other.tried;
        self.redemptions.extend(other.redemptions);
        self.arrivals.extend(other.arrivals);
    }
}

/// Acts that belong together, on accounts of this name. `None` once the server is gone.
pub(super) type Scenario = for<'a> fn(&'a mut Writer, &'a str) -> BoxFuture<'a, Option<()>>;

/// A client of people and of operators, and what it was told.
pub(super) struct Writer {
    pub(super) stranger: Person,
    pub(super) accounts: AccountServiceClient<Keyed>,
    pub(super) invitations: InvitationServiceClient<Keyed>,
    pub(super) services: ServiceAccountServiceClient<Keyed>,
    pub(super) keys: KeyServiceClient<Keyed>,
    pub(super) record: AuditServiceClient<Keyed>,
    pub(super) moving: MovingServiceClient<Keyed>,
    /// The origin of the page.
    pub(super) origin: String,
    told: Told,
    done: Arc<AtomicU32>,
}

impl Writer {
    /// Calls a server, as an operator with this key. Each has an address: what a cut leaves unanswered stays
    /// charged to it.
    pub(super) fn new(process: &Process, key: &str, number: u8, done: Arc<AtomicU32>) -> Self {
        let address = Ipv4Addr::new(127, 0, 2, 1 + number);
        let (channel, bearer) = (channel(process.internal_port), Bearer::new(key));
        let wire = || (channel.clone(), bearer.clone());
        let [of_accounts, of_invitations, of_services, of_keys, of_record, of_moving] =
            [0; 6].map(|_| wire());
        Self {
            stranger: Person::stranger(channel_from(address, process.public_port, MINUTE)),
            accounts: AccountServiceClient::with_interceptor(of_accounts.0, of_accounts.1),
            invitations: InvitationServiceClient::with_interceptor(
                of_invitations.0,
                of_invitations.1,
            ),
            services: ServiceAccountServiceClient::with_interceptor(of_services.0, of_services.1),
            keys: KeyServiceClient::with_interceptor(of_keys.0, of_keys.1),
            record: AuditServiceClient::with_interceptor(of_record.0, of_record.1),
            moving: MovingServiceClient::with_interceptor(of_moving.0, of_moving.1),
            origin: format!("http://localhost:{}", process.public_port),
            told: Told::default(),
            done,
        }
    }

    /// One scenario after the other, until the server is gone.
    pub(super) async fn act_until_cut(mut self, scenarios: Vec<Scenario>, name: String) -> Told {
        for (number, scenario) in scenarios.iter().cycle().enumerate() {
            if scenario(&mut self, &format!("{name}n{number}")).await.is_none() {
                break;
            }
        }
        self.told
    }

    /// Notes an act that was acknowledged.
    pub(super) fn told(&mut self, kind: EventKind, id: &str) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.told.acts.push((kind, id.to_owned()));
    }

    /// Notes an attempt that is refused and recorded.
    pub(super) async fn refused<T>(
        &mut self,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Option<()> {
        self.told.tried += 1;
        let status = call.await.err().expect("the attempt was to be refused");
        status.get_error_details().error_info()?;
        self.told.refused += 1;
        Some(())
    }

    /// A person who has just registered.
    pub(super) async fn registered(&mut self, username: &str) -> Option<Person> {
        let person = unless_cut(self.stranger.register(username, PASSWORD).await)?;
        self.told(EventKind::AccountRegistered, &person.tokens.session_id);
        Some(person)
    }

    /// What was begun and acknowledged so far.
    pub(super) fn told_mut(&mut self) -> &mut Told {
        &mut self.told
    }

    /// Another session of a person with a password.
    pub(super) async fn signed_in(&mut self, username: &str, password: &str) -> Option<Person> {
        let person = unless_cut(self.stranger.login(username, password).await)?;
        self.told(EventKind::SignIn, &person.tokens.session_id);
        Some(person)
    }
}

/// What a call returned; `None` when the server did not answer. It refuses none of these calls.
pub(super) fn unless_cut<T>(outcome: Result<T, Status>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(status) => {
            let details = status.get_error_details();
            assert!(details.error_info().is_none(), "refused: {status:?}");
            None
        }
    }
}
