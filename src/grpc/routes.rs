//! Which services each port has, and the largest message of each.

use std::sync::Arc;

use claviger_proto::pb;
use tonic_health::{pb::health_server::HealthServer, server::HealthService};

use crate::gateway::Judge;

use super::{
    accounts, administration, audit, auth,
    caller::Callers,
    contracts::{
        admin,
        envoy::service::auth::v3::authorization_server::{
            AuthorizationServer, SERVICE_NAME as AUTHORIZATION,
        },
    },
    dispatch::{Dispatch, Guard},
    ext_authz, invitations, keys, moving, passkeys, recovery, reflection, revocations,
    service_accounts,
    services::{OperatorServices, Services},
    sessions, system, tokens,
};

/// The largest message the server reads, in bytes.
pub(super) const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The largest message to TokenService, in bytes: a hundred of the longest tokens that are verified.
pub(super) const MAX_TOKENS_BYTES: usize = 1024 * 1024;

/// The largest message to MovingService, in bytes: an account with as many passkeys as one may have, and the
/// longest attestation objects.
pub(super) const MAX_MOVED_BYTES: usize = 2 * 1024 * 1024;

/// The services of the public port, for clients of people.
pub(super) const PUBLIC_SERVICES: [&str; 5] = [
    pb::auth_service_server::SERVICE_NAME,
    pb::account_service_server::SERVICE_NAME,
    pb::session_service_server::SERVICE_NAME,
    pb::passkey_service_server::SERVICE_NAME,
    pb::recovery_service_server::SERVICE_NAME,
];
/// The services of the internal port, for backends.
pub(super) const INTERNAL_SERVICES: [&str; 10] = [
    pb::token_service_server::SERVICE_NAME,
    AUTHORIZATION,
    admin::account_service_server::SERVICE_NAME,
    admin::audit_service_server::SERVICE_NAME,
    admin::invitation_service_server::SERVICE_NAME,
    admin::key_service_server::SERVICE_NAME,
    admin::moving_service_server::SERVICE_NAME,
    admin::revocation_service_server::SERVICE_NAME,
    admin::service_account_service_server::SERVICE_NAME,
    admin::system_service_server::SERVICE_NAME,
];
/// The services of `claviger agent`.
pub(super) const GATEWAY_SERVICES: [&str; 1] = [AUTHORIZATION];

/// The services of the public port.
pub fn public(services: &Services, health: HealthService) -> Dispatch {
    use pb::{
        account_service_server::AccountServiceServer, auth_service_server::AuthServiceServer,
        passkey_service_server::PasskeyServiceServer,
        recovery_service_server::RecoveryServiceServer,
        session_service_server::SessionServiceServer,
    };
    let callers = Callers::new(services.access_tokens.clone());
    let auth = auth::Service::new(services, callers.clone());
    let accounts = accounts::Service::new(services, callers.clone());
    let sessions = sessions::Service::new(services, callers.clone());
    let passkeys = passkeys::Service::new(services, callers.clone());
    let recovery = recovery::Service::new(services, callers);
    let described = services.public_reflection.then_some(&PUBLIC_SERVICES[..]);
    let services = Dispatch::default()
        .with(AuthServiceServer::new(auth).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .with(AccountServiceServer::new(accounts).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .with(SessionServiceServer::new(sessions).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .with(PasskeyServiceServer::new(passkeys).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .with(RecoveryServiceServer::new(recovery).max_decoding_message_size(MAX_MESSAGE_BYTES));
    with_conventions(services, health, described)
}

/// The services of the internal port. Each identifies its caller first, except health and reflection.
pub fn internal(services: &Services, health: HealthService) -> Dispatch {
    use pb::token_service_server::TokenServiceServer;
    let tokens = tokens::Service::new(services);
    let backends: Arc<dyn Guard> = Arc::new(services.backends.clone());
    let services = operators(&services.for_operators(), &backends)
        .guarded(
            &backends,
            TokenServiceServer::new(tokens).max_decoding_message_size(MAX_TOKENS_BYTES),
        )
        .guarded(&backends, authorization(services.access_tokens.clone()));
    with_conventions(services, health, Some(&INTERNAL_SERVICES))
}

/// The services for operators, whose caller `guard` identifies.
pub fn operators(services: &OperatorServices, guard: &Arc<dyn Guard>) -> Dispatch {
    use admin::{
        account_service_server::AccountServiceServer, audit_service_server::AuditServiceServer,
        invitation_service_server::InvitationServiceServer, key_service_server::KeyServiceServer,
        moving_service_server::MovingServiceServer,
        revocation_service_server::RevocationServiceServer,
        service_account_service_server::ServiceAccountServiceServer,
        system_service_server::SystemServiceServer,
    };
    let service_accounts = service_accounts::Service::new(services);
    let accounts = administration::Service::new(services);
    let invitations = invitations::Service::new(services);
    let (audit, keys) = (audit::Service::new(services), keys::Service::new(services));
    let (system, revocations) =
        (system::Service::new(services), revocations::Service::new(services));
    let moving = moving::Service::new(services);
    Dispatch::default()
        .guarded(guard, MovingServiceServer::new(moving).max_decoding_message_size(MAX_MOVED_BYTES))
        .guarded(guard, AuditServiceServer::new(audit).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .guarded(
            guard,
            InvitationServiceServer::new(invitations).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .guarded(guard, KeyServiceServer::new(keys).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .guarded(
            guard,
            ServiceAccountServiceServer::new(service_accounts)
                .max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .guarded(
            guard,
            AccountServiceServer::new(accounts).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .guarded(
            guard,
            RevocationServiceServer::new(revocations).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
        .guarded(
            guard,
            SystemServiceServer::new(system).max_decoding_message_size(MAX_MESSAGE_BYTES),
        )
}

/// The services of `claviger agent`.
pub fn gateway(judge: Arc<dyn Judge>, health: HealthService) -> Dispatch {
    let services = Dispatch::default().with(authorization(judge));
    with_conventions(services, health, Some(&GATEWAY_SERVICES))
}

/// Envoy's `ext_authz`.
fn authorization(judge: Arc<dyn Judge>) -> AuthorizationServer<ext_authz::Service> {
    AuthorizationServer::new(ext_authz::Service::new(judge))
        .max_decoding_message_size(ext_authz::MAX_REQUEST_BYTES)
}

/// Adds what every gRPC server offers: health, and reflection of the services that are to be described.
fn with_conventions(
    services: Dispatch,
    health: HealthService,
    described: Option<&'static [&'static str]>,
) -> Dispatch {
    let health = HealthServer::new(health).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let services = services.with(health);
    let Some(names) = described else { return services };
    services
        .made_late(|| {
            reflection::v1(names).map(|it| it.max_decoding_message_size(MAX_MESSAGE_BYTES))
        })
        .made_late(|| {
            reflection::v1alpha(names).map(|it| it.max_decoding_message_size(MAX_MESSAGE_BYTES))
        })
}
