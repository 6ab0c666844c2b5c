//! The wire: one file per service. Handlers convert, call the domain, and convert back.
//!
//! Decides nothing about the business. Never talks to storage.

pub mod availability;
pub mod backend;
pub mod caller;
pub mod contracts;
pub mod layers;
mod reflection;
pub mod refresh_cookie;
pub mod status;
pub mod stream_authorization;

mod accounts;
mod auth;
mod convert;
mod ext_authz;
mod passkeys;
mod service_accounts;
mod sessions;
mod tokens;
mod watching;

use std::{sync::Arc, time::Duration};

use tonic::service::{Routes, interceptor::InterceptedService};
use tonic_health::{pb::health_server::HealthServer, server::HealthService};

use crate::domain::{
    accounts::Accounts,
    passkeys::Passkeys,
    revocations::Revocations,
    service_accounts::{Backends, ServiceAccounts},
    sessions::Sessions,
    tokens::{access::AccessTokens, keys::KeyRing},
};

use claviger_proto::pb;

use crate::{
    gateway::Judge,
    grpc::contracts::{
        admin,
        envoy::service::auth::v3::authorization_server::{
            AuthorizationServer, SERVICE_NAME as AUTHORIZATION,
        },
    },
};
use caller::Callers;
use refresh_cookie::RefreshCookie;

/// The largest message the server reads, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The largest message to TokenService, in bytes: a hundred of the longest tokens that are looked at.
pub const MAX_TOKENS_BYTES: usize = 1024 * 1024;

/// The services that people's clients call.
const PUBLIC_SERVICES: [&str; 4] = [
    pb::auth_service_server::SERVICE_NAME,
    pb::account_service_server::SERVICE_NAME,
    pb::session_service_server::SERVICE_NAME,
    pb::passkey_service_server::SERVICE_NAME,
];
/// The services that backends call.
const INTERNAL_SERVICES: [&str; 3] = [
    pb::token_service_server::SERVICE_NAME,
    AUTHORIZATION,
    admin::service_account_service_server::SERVICE_NAME,
];

/// The services of `claviger agent`.
const GATEWAY_SERVICES: [&str; 1] = [AUTHORIZATION];

/// What the services call.
#[derive(Clone)]
pub struct Services {
    /// Accounts and passwords.
    pub accounts: Arc<Accounts>,
    /// Passkeys.
    pub passkeys: Arc<Passkeys>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// Access tokens.
    pub access_tokens: Arc<AccessTokens>,
    /// Signing keys.
    pub keys: Arc<KeyRing>,
    /// Access tokens that died before their time.
    pub revocations: Arc<Revocations>,
    /// How long a watcher of revocations may leave a message unread.
    pub slow_watcher_timeout: Duration,
    /// Service accounts.
    pub service_accounts: ServiceAccounts,
    /// Finds out which backend calls.
    pub backends: Backends,
    /// The cookie of refresh tokens.
    pub refresh_cookie: Arc<RefreshCookie>,
    /// What the server says of itself.
    pub info: ServerInfo,
}

/// What the server says of itself to anyone.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// `iss` of the access tokens.
    pub issuer: String,
    /// The WebAuthn relying party id.
    pub relying_party_id: String,
    /// The origins passkeys are accepted from.
    pub origins: Vec<String>,
    /// Fewest code points of a password.
    pub min_password_length: u32,
    /// Most code points of a password.
    pub max_password_length: u32,
}

/// The services of the public port.
///
/// # Errors
/// When the descriptors of the reflection service do not fit together.
pub fn public_routes(
    services: &Services,
    health: HealthService,
) -> Result<Routes, Box<dyn std::error::Error + Send + Sync>> {
    use pb::{
        account_service_server::AccountServiceServer, auth_service_server::AuthServiceServer,
        passkey_service_server::PasskeyServiceServer, session_service_server::SessionServiceServer,
    };
    let callers = Callers::new(services.access_tokens.clone());
    let auth = auth::Service::new(services, callers.clone());
    let accounts = accounts::Service::new(services, callers.clone());
    let sessions = sessions::Service::new(services, callers.clone());
    let passkeys = passkeys::Service::new(services, callers);
    let routes =
        Routes::new(AuthServiceServer::new(auth).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add_service(
                AccountServiceServer::new(accounts).max_decoding_message_size(MAX_MESSAGE_BYTES),
            )
            .add_service(
                SessionServiceServer::new(sessions).max_decoding_message_size(MAX_MESSAGE_BYTES),
            )
            .add_service(
                PasskeyServiceServer::new(passkeys).max_decoding_message_size(MAX_MESSAGE_BYTES),
            );
    with_conventions(routes, health, &PUBLIC_SERVICES)
}

/// The services of the internal port. Each asks first who calls, but for health and reflection.
///
/// # Errors
/// When the descriptors of the reflection service do not fit together.
pub fn internal_routes(
    services: &Services,
    health: HealthService,
) -> Result<Routes, Box<dyn std::error::Error + Send + Sync>> {
    use admin::service_account_service_server::ServiceAccountServiceServer;
    use pb::token_service_server::TokenServiceServer;
    let tokens = tokens::Service::new(services);
    let service_accounts = service_accounts::Service::new(services.service_accounts.clone());
    let backends = || services.backends.clone();
    let routes = Routes::new(InterceptedService::new(
        TokenServiceServer::new(tokens).max_decoding_message_size(MAX_TOKENS_BYTES),
        backends(),
    ))
    .add_service(InterceptedService::new(authorization(services.access_tokens.clone()), backends()))
    .add_service(InterceptedService::new(
        ServiceAccountServiceServer::new(service_accounts)
            .max_decoding_message_size(MAX_MESSAGE_BYTES),
        backends(),
    ));
    with_conventions(routes, health, &INTERNAL_SERVICES)
}

/// The services of `claviger agent`.
///
/// # Errors
/// When the descriptors of the reflection service do not fit together.
pub fn gateway_routes(
    judge: Arc<dyn Judge>,
    health: HealthService,
) -> Result<Routes, Box<dyn std::error::Error + Send + Sync>> {
    with_conventions(Routes::new(authorization(judge)), health, &GATEWAY_SERVICES)
}

/// Decides for Envoy.
fn authorization(judge: Arc<dyn Judge>) -> AuthorizationServer<ext_authz::Service> {
    AuthorizationServer::new(ext_authz::Service::new(judge))
        .max_decoding_message_size(ext_authz::MAX_QUESTION_BYTES)
}

/// Adds what every gRPC server should offer: health and reflection.
fn with_conventions(
    routes: Routes,
    health: HealthService,
    names: &[&str],
) -> Result<Routes, Box<dyn std::error::Error + Send + Sync>> {
    let reflection = reflection::services(names)?;
    Ok(routes
        .add_service(HealthServer::new(health).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(reflection.v1.max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(reflection.v1alpha.max_decoding_message_size(MAX_MESSAGE_BYTES)))
}
