//! Backends on the internal port that say who they are.

use claviger::{
    domain::operators::service_accounts::{NewServiceAccount, Wanted},
    grpc::contracts::admin::{
        account_service_client::AccountServiceClient, audit_service_client::AuditServiceClient,
        invitation_service_client::InvitationServiceClient, key_service_client::KeyServiceClient,
        revocation_service_client::RevocationServiceClient,
        service_account_service_client::ServiceAccountServiceClient,
        system_service_client::SystemServiceClient,
    },
    model::role::Role,
};
use claviger_proto::pb::token_service_client::TokenServiceClient;
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use super::{Person, TestApp, authority::Identity, command_line, people::Bearer, people::channel};

/// `tokens.audiences` of a server that knows the backends of [`Tokens`].
pub const SHOP_AND_BANK: (&str, &str) = ("tokens.audiences", "shop,bank");

/// The access tokens that somebody's device has, as the backend `shop` sees them.
pub struct Tokens {
    /// The shop's.
    pub own: String,
    /// Those that are worth nothing there, and whose they are.
    pub foreign: [(&'static str, String); 2],
}

impl Tokens {
    /// Those of one session.
    pub async fn of(person: &Person) -> Self {
        let account = person.tokens.access_token.clone();
        let bank = person.token_for("bank").await;
        let foreign = [("the account API's", account), ("the bank's", bank)];
        Self { own: person.token_for("shop").await, foreign }
    }
}

/// A connection that shows a key with every call, if there is one.
pub type Keyed = InterceptedService<Channel, Bearer>;

/// A service account to be made, with this name and nothing else.
pub fn wanted(name: &str) -> Wanted {
    Wanted { name: name.to_owned(), ..Wanted::default() }
}

impl TestApp {
    /// Makes a service account and answers with its key, which is empty when it was to have none.
    pub async fn service_account(&self, wanted: Wanted) -> String {
        let new = NewServiceAccount::parse(&wanted).unwrap();
        let made = self.service_accounts().create(new, &command_line()).await.unwrap();
        made.key.map(|key| key.expose().to_owned()).unwrap_or_default()
    }

    /// Makes a service account for some audiences and answers with its key.
    pub async fn account_for(&self, name: &str, audiences: &[&str]) -> String {
        let audiences = audiences.iter().map(|&it| it.to_owned()).collect();
        self.service_account(Wanted { audiences, ..wanted(name) }).await
    }

    /// Makes a service account that certificates show.
    pub async fn account_of(&self, name: &str, certificate_names: &[&str]) {
        let certificate_names = certificate_names.iter().map(|&it| it.to_owned()).collect();
        let wanted = Wanted { certificate_names, without_key: true, ..wanted(name) };
        self.service_account(wanted).await;
    }

    /// An operator, called `root`.
    pub async fn operator(&self) -> ServiceAccountServiceClient<Keyed> {
        self.admin_with(&self.operator_key().await)
    }

    /// The key of an operator who may do everything, called `root`.
    pub async fn operator_key(&self) -> String {
        self.key_of_role("root", Role::Admin).await
    }

    /// A client with this key that reads the record.
    pub fn audit_with(&self, key: &str) -> AuditServiceClient<Keyed> {
        AuditServiceClient::with_interceptor(channel(self.internal_port()), Bearer::new(key))
    }

    /// A client with this key that manages signing keys.
    pub fn keys_with(&self, key: &str) -> KeyServiceClient<Keyed> {
        KeyServiceClient::with_interceptor(channel(self.internal_port()), Bearer::new(key))
    }

    /// Makes a service account with a role and answers with its key.
    pub async fn key_of_role(&self, name: &str, role: Role) -> String {
        let role = role.name().to_owned();
        self.service_account(Wanted { role, ..wanted(name) }).await
    }

    /// Whoever shows this key calls what is for operators.
    pub fn admin_with(&self, key: &str) -> ServiceAccountServiceClient<Keyed> {
        let channel = channel(self.internal_port());
        ServiceAccountServiceClient::with_interceptor(channel, Bearer::new(key))
    }

    /// The caller with this key manages accounts.
    pub fn accounts_with(&self, key: &str) -> AccountServiceClient<Keyed> {
        let channel = channel(self.internal_port());
        AccountServiceClient::with_interceptor(channel, Bearer::new(key))
    }

    /// A service account with a role, called like the role, that manages accounts.
    pub async fn desk(&self, role: Role) -> AccountServiceClient<Keyed> {
        self.accounts_with(&self.key_of_role(role.name(), role).await)
    }

    /// The caller with this key manages invitations.
    pub fn invitations_with(&self, key: &str) -> InvitationServiceClient<Keyed> {
        InvitationServiceClient::with_interceptor(channel(self.internal_port()), Bearer::new(key))
    }

    /// A service account with a role, called like the role, that manages invitations.
    pub async fn inviter(&self, role: Role) -> InvitationServiceClient<Keyed> {
        self.invitations_with(&self.key_of_role(role.name(), role).await)
    }

    /// The caller with this key sees what is running.
    pub fn system_with(&self, key: &str) -> SystemServiceClient<Keyed> {
        SystemServiceClient::with_interceptor(channel(self.internal_port()), Bearer::new(key))
    }

    /// The caller with this key revokes what is known by its id alone.
    pub fn revoker_with(&self, key: &str) -> RevocationServiceClient<Keyed> {
        RevocationServiceClient::with_interceptor(channel(self.internal_port()), Bearer::new(key))
    }

    /// A service account with a role, called like the role, that revokes what is known by its id alone.
    pub async fn revoker(&self, role: Role) -> RevocationServiceClient<Keyed> {
        self.revoker_with(&self.key_of_role(role.name(), role).await)
    }

    /// Whoever shows this key asks about tokens.
    pub fn backend_with(&self, key: &str) -> TokenServiceClient<Keyed> {
        TokenServiceClient::with_interceptor(channel(self.internal_port()), Bearer::new(key))
    }
}

/// A connection by TLS to a port of this machine, whose server an authority vouches for.
pub fn tls_channel(port: u16, authority: &str, identity: Option<&Identity>) -> Channel {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(authority))
        .domain_name("localhost");
    let tls = match identity {
        Some(Identity { certificate, key }) => {
            tls.identity(tonic::transport::Identity::from_pem(certificate, key))
        }
        None => tls,
    };
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}")).unwrap();
    endpoint.tls_config(tls).unwrap().connect_lazy()
}
