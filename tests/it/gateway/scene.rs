//! A server, a service, and a proxy between the service and the world.

use std::{fs, path::Path};

use crate::support::{
    PASSWORD, Person, SECOND, TestApp,
    agent::Agent,
    echo::{Answer, Echo, Headers, ask},
    patience::wait_until,
    servers::{Proxy, free_port},
};

/// The proxies that ask Claviger about every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Envoy,
    /// Envoy, which asks `claviger agent`.
    EnvoyWithAgent,
    Nginx,
    Caddy,
    Traefik,
}

impl Kind {
    /// Its file in docs/integrations.
    pub fn file(self) -> &'static str {
        match self {
            Self::Envoy | Self::EnvoyWithAgent => "envoy-ext-authz.yaml",
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
            Self::Traefik => "traefik.yaml",
        }
    }

    /// Starts it with a configuration.
    pub fn start(self, config: &str, port: u16) -> Proxy {
        match self {
            Self::Envoy | Self::EnvoyWithAgent => Proxy::envoy(config, port, &[]),
            Self::Nginx => Proxy::nginx(config, port),
            Self::Caddy => Proxy::caddy(config, port),
            Self::Traefik => Proxy::traefik(config, port),
        }
    }

    /// The configuration with another demand on every route.
    pub fn demanding(self, config: &str, demand: &str) -> String {
        let (from, to) = match self {
            Self::Envoy | Self::EnvoyWithAgent => {
                let demand = demand.replace('=', ": \"").replace('&', "\", ");
                ("{ audience: shop }", format!("{{ {demand}\" }}"))
            }
            _ => ("?audience=shop", format!("?{demand}")),
        };
        assert!(config.contains(from), "{self:?} demands no audience:\n{config}");
        config.replace(from, &to)
    }
}

/// The ports that stand in the files of docs/integrations.
const WRITTEN: [&str; 4] = ["8080", "8081", "9000", "10000"];

/// A file of docs/integrations with the ports of a test.
pub fn example(name: &str, ports: [u16; 4]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/integrations").join(name);
    let mut text = fs::read_to_string(path).unwrap();
    // In two steps, since a port of the test may be one that is written in the file.
    for (index, written) in WRITTEN.iter().enumerate() {
        text = text.replace(written, &format!("<port {index}>"));
    }
    for (index, port) in ports.iter().enumerate() {
        text = text.replace(&format!("<port {index}>"), &port.to_string());
    }
    text
}

/// Starts a server whose address is in its tokens, and that issues them for `shop` and `bank`. Its clock stands at the present, as others judge by theirs.
pub async fn server(settings: &[(&str, &str)]) -> TestApp {
    let [public, internal] = [free_port(), free_port()];
    let url = format!("http://localhost:{public}");
    let (public, internal) = (format!("127.0.0.1:{public}"), format!("127.0.0.1:{internal}"));
    let mut all = vec![
        ("public.listen", public.as_str()),
        ("internal.listen", &internal),
        ("public.url", &url),
        ("tokens.audiences", "shop,bank"),
    ];
    all.extend(settings);
    TestApp::start_today(&all).await
}

/// A person who has just registered, with a token for the shop.
pub async fn customer(app: &TestApp, username: &str) -> Person {
    at_the_shop(app.registered(username).await).await
}

/// A person who has just registered, is in these groups, and has a token for the shop that says so.
pub async fn customer_in(app: &TestApp, username: &str, groups: &str) -> Person {
    let person = app.registered(username).await;
    app.set_groups(&person, groups).await;
    at_the_shop(person.refresh().await.unwrap()).await
}

/// The same person with a token for the shop.
async fn at_the_shop(mut person: Person) -> Person {
    person.backend_token = person.token_for("shop").await;
    person
}

/// Everything together.
pub struct Scene {
    pub app: TestApp,
    pub service: Echo,
    pub proxy: Proxy,
    pub agent: Option<Agent>,
}

impl Scene {
    /// With the configuration of docs/integrations.
    pub async fn of(kind: Kind) -> Self {
        Self::with(kind, "audience=shop").await
    }

    /// With another demand on every route.
    pub async fn with(kind: Kind, demand: &str) -> Self {
        let (app, service, port) = (server(&[]).await, Echo::start().await, free_port());
        let agent = match kind {
            Kind::EnvoyWithAgent => Some(Agent::start(app.internal_port(), &[]).await),
            _ => None,
        };
        let asked = agent.as_ref().map_or(app.internal_port(), Agent::port);
        let ports = [app.public_port(), asked, service.port(), port];
        let config = kind.demanding(&example(kind.file(), ports), demand);
        let proxy = kind.start(&config, port);
        let scene = Self { app, service, proxy, agent };
        scene.wait_until_it_decides().await;
        scene
    }

    /// Traefik listens before it has read what for, Envoy before it has found its clusters.
    async fn wait_until_it_decides(&self) {
        let decides = async || matches!(self.get("/", &[]).await.status, 200 | 401 | 403);
        wait_until("the proxy decides", 30 * SECOND, decides).await;
        self.service.take();
    }

    /// A person who has just registered, with a token for the shop.
    pub async fn customer(&self, username: &str) -> Person {
        customer(&self.app, username).await
    }

    /// The same, in these groups.
    pub async fn customer_in(&self, username: &str, groups: &str) -> Person {
        customer_in(&self.app, username, groups).await
    }

    /// The same person after a refresh.
    pub async fn refreshed(&self, person: &Person) -> Person {
        at_the_shop(person.refresh().await.unwrap()).await
    }

    /// The same person after another proof of presence.
    pub async fn reauthenticated(&self, person: &Person) -> Person {
        at_the_shop(person.reauthenticate(PASSWORD).await.unwrap()).await
    }

    /// A request through the proxy.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers).await
    }

    /// A request of another method.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(self.proxy.port(), method, path, headers).await
    }

    /// A request of somebody who is signed in.
    pub async fn get_as(&self, person: &Person) -> Answer {
        self.get("/", &[("authorization", &bearer(person))]).await
    }

    /// A request of somebody whose token has just ceased to be good. An agent hears of that a moment
    /// later, and of the time from the server's next word.
    pub async fn get_as_ended(&self, person: &Person) -> Answer {
        if self.agent.is_some() {
            let is_heard = async || self.get_as(person).await.status == 401;
            wait_until("the agent hears of it", 20 * SECOND, is_heard).await;
            self.service.take();
        }
        self.get_as(person).await
    }

    /// What the one request that reached the service brought along.
    pub fn reached(&self) -> Headers {
        let mut seen = self.service.take();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    /// Asserts that no request reached the service.
    pub fn assert_unreached(&self) {
        let seen = self.service.take();
        assert!(seen.is_empty(), "{seen:?}");
    }
}

/// The header of a person who calls a backend.
pub fn bearer(person: &Person) -> String {
    format!("Bearer {}", person.backend_token)
}

/// The identity headers among others, as an upstream may read them to which all but letters
/// and digits look the same.
pub fn identity(headers: &Headers) -> Vec<(String, &str)> {
    let plain = |name: &str| name.to_lowercase().replace(|it: char| !it.is_alphanumeric(), "-");
    let named = headers
        .iter()
        .map(|(name, value)| (plain(name), value.as_str()))
        .filter(|(name, value)| name.starts_with("x-claviger") && !value.is_empty());
    let mut all: Vec<_> = named.collect();
    all.sort();
    all
}
