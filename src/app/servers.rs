//! The two servers: which services, pages and layers each port has.

use std::sync::Arc;

use crate::{
    config::Config,
    domain::service_accounts::Admission,
    grpc::{
        layers::{self, Guard, PortService},
        routes,
        services::Services,
    },
    http::{
        self,
        discovery::Discovery,
        forward_auth::ForwardAuth,
        health::Readiness,
        loopback,
        page::{self, Page},
        well_known::WellKnown,
    },
    serve::{accept::Server, connections::Peers, handler::Handler, tls::Tls},
};

use super::{App, StartError};

impl App {
    pub(super) fn layer_settings(&self, config: &Config) -> layers::Settings {
        layers::Settings {
            port: layers::Port::Public,
            world: self.world.clone(),
            cors_origins: config.public.cors_origins.clone(),
            guard: None,
            request_timeout: config.limits.request_timeout,
            shutdown: self.tasks.stop().gently.clone(),
        }
    }

    pub(super) fn public_server(
        &self,
        config: &Config,
        services: &Services,
        settings: &layers::Settings,
        tls: Option<Tls>,
    ) -> Result<Server<PortService>, StartError> {
        let discovery = Discovery {
            keys: Arc::clone(&services.keys),
            issuer: config.access_tokens.issuer.as_str().into(),
        };
        let page = Page::at(&config.public.url, page::files::built);
        let well_known = WellKnown {
            url: config.public.url.as_str().into(),
            related_origins: config.relying_party.related_origins.as_slice().into(),
        };
        let readiness = self.readiness(services, false);
        let pages = http::public(http::Public { page, well_known, discovery, readiness });
        let dispatch = routes::public(services, self.availability.public_service());
        let service = PortService::new(dispatch, pages, page::not_found(page), settings);
        let trusted_proxies = config.public.trusted_proxies.clone();
        let server = self.server("public", service, config);
        Ok(server.with_peers(Peers::Strangers { trusted_proxies }).with_tls(tls.map(Arc::new)))
    }

    pub(super) fn internal_server(
        &self,
        config: &Config,
        services: &Services,
        settings: &layers::Settings,
        tls: Option<Tls>,
    ) -> Result<Server<PortService>, StartError> {
        let trusted_proxies = config.internal.trusted_proxies.clone();
        let forward_auth = ForwardAuth {
            judge: services.access_tokens.clone(),
            backends: Some(services.backends.clone()),
            trusted_proxies: trusted_proxies.as_slice().into(),
        };
        // Access tokens are verified from memory, without the database.
        let pages = http::internal(self.readiness(services, true), forward_auth);
        let dispatch = routes::internal(services, self.availability.internal_service());
        // No web page calls this port.
        let cors_origins = Vec::new();
        let port = layers::Port::Internal;
        let asks_for_no_key = config.internal.admission() == Admission::Anonymous;
        let hosts = || config.internal.allowed_hosts.as_slice().into();
        let guard: Option<Guard> = asks_for_no_key.then(|| Arc::new(loopback::guard(hosts())) as _);
        let settings = layers::Settings { port, cors_origins, guard, ..settings.clone() };
        let service = PortService::new(dispatch, pages, http::nothing(), &settings);
        let server = self.server("internal", service, config);
        Ok(server.with_peers(Peers::Known { trusted_proxies }).with_tls(tls.map(Arc::new)))
    }

    fn server<H: Handler>(&self, name: &'static str, service: H, config: &Config) -> Server<H> {
        Server::new(name, service, config.limits.clone(), self.tasks.clone())
    }

    fn readiness(&self, services: &Services, works_without_database: bool) -> Readiness {
        Readiness {
            database_answers: Arc::clone(&self.database_answers),
            revocations: Arc::clone(&services.revocations),
            world: self.world.clone(),
            works_without_database,
            shutdown: self.tasks.stop().gently.clone(),
        }
    }
}
