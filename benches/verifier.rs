//! What the verifier costs a service, compared with jsonwebtoken alone and the same requirements.
//!
//! `cargo bench --bench verifier` starts a server in this process and verifiers that follow it. At
//! the end it prints the ratios, measured in turn, since a machine's speed drifts. `rpc.rs`
//! measures ValidateToken against an empty RPC.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{
    error::Error,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use claviger::{
    app::App,
    config::Config,
    domain::{
        revocations::Revocations,
        tokens::access::{self, AccessTokens, Subject},
        world::World,
    },
    model::{account::Profile, label::DisplayName, username::Username},
};
use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
};
use claviger_verifier::{Settings, Verifier};
use criterion::{Criterion, Throughput};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::JwkSet};
use serde::Deserialize;
use tokio::runtime::Runtime;

type Outcome<T> = Result<T, Box<dyn Error>>;

const ISSUER: &str = "http://localhost:8080";
const AUDIENCE: &str = "backend";
/// How many new tokens one verifier gets: fewer than it caches.
const FRESH: usize = 2000;
/// How often the ratio is measured; the median is printed.
const ROUNDS: usize = 15;

fn main() -> Outcome<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let mut summary = Vec::new();
    for algorithm in [Algorithm::ES256, Algorithm::RS256] {
        let stage = Stage::set(algorithm)?;
        stage.run(&mut criterion);
        summary.push(stage.summary()?);
    }
    criterion.final_summary();
    println!("\n{}", summary.join("\n"));
    Ok(())
}

/// A server and tokens that it signed.
struct Stage {
    algorithm: Algorithm,
    runtime: Runtime,
    app: App,
    tokens: Vec<String>,
    key: DecodingKey,
    validation: Validation,
    _directory: tempfile::TempDir,
}

/// The claims that a service would have jsonwebtoken parse.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct BareClaims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    exp: i64,
    iat: i64,
    jti: String,
    sid: String,
    auth_time: i64,
    amr: Vec<String>,
    preferred_username: String,
    name: String,
    groups: Vec<String>,
}

impl Stage {
    fn set(algorithm: Algorithm) -> Outcome<Self> {
        let runtime = Runtime::new()?;
        let directory = tempfile::tempdir()?;
        let setting = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let config = Config::from_pairs(&[
            setting("data.directory", &directory.path().display().to_string()),
            setting("public.listen", "127.0.0.1:0"),
            setting("internal.listen", "127.0.0.1:0"),
            setting("public.url", ISSUER),
            setting("tokens.algorithm", &format!("{algorithm:?}")),
        ])
        .map_err(|problems| format!("{problems:?}"))?;
        let app = runtime.block_on(App::start(config, World::system()))?;
        let tokens = sign(&app)?;
        let keys: JwkSet = serde_json::from_str(&app.keys().jwks())?;
        let key = DecodingKey::from_jwk(keys.keys.first().ok_or("no key")?)?;
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Ok(Self { algorithm, runtime, app, tokens, key, validation, _directory: directory })
    }

    fn run(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(format!("{:?}", self.algorithm));
        group.throughput(Throughput::Elements(1));
        group.bench_function("bare jsonwebtoken", |bencher| {
            let mut tokens = self.tokens.iter().cycle();
            bencher.iter(|| tokens.next().map(|token| self.bare(token)));
        });
        group.bench_function("verifier, first sight", |bencher| {
            bencher.iter_custom(|iterations| self.time_first_sights(iterations));
        });
        group.bench_function("verifier, seen before", |bencher| {
            let verifier = self.verifier();
            let token = &self.tokens[0];
            assert!(verifier.verify(token).is_ok());
            bencher.iter(|| verifier.verify(black_box(token)));
        });
        group.finish();
    }

    /// The time to verify this many new tokens.
    fn time_first_sights(&self, iterations: u64) -> Duration {
        let mut left = usize::try_from(iterations).unwrap_or(usize::MAX);
        let mut spent = Duration::ZERO;
        while left > 0 {
            let tokens = &self.tokens[..left.min(FRESH)];
            let verifier = self.verifier();
            spent += time(tokens, |token| verifier.verify(token).is_ok());
            left -= tokens.len();
        }
        spent
    }

    /// A verifier that has verified no token yet.
    fn verifier(&self) -> Verifier {
        let port = self.app.internal_addresses()[0].port();
        let settings = Settings::new(format!("http://127.0.0.1:{port}"), AUDIENCE);
        self.runtime.block_on(async {
            let verifier = Verifier::start(settings).unwrap_or_else(|error| panic!("{error}"));
            verifier.ready().await.unwrap_or_else(|error| panic!("{error}"));
            verifier
        })
    }

    fn bare(&self, token: &str) -> bool {
        decode::<BareClaims>(black_box(token), &self.key, &self.validation).is_ok()
    }

    fn summary(&self) -> Outcome<String> {
        let mut ratios = Vec::new();
        let mut seen = Duration::MAX;
        for _ in 0..ROUNDS {
            let verifier = self.verifier();
            let bare = time(&self.tokens, |token| self.bare(token));
            let first = time(&self.tokens, |token| verifier.verify(token).is_ok());
            seen = seen.min(time(&self.tokens, |token| verifier.verify(token).is_ok()));
            ratios.push(first.as_secs_f64() / bare.as_secs_f64());
        }
        ratios.sort_by(f64::total_cmp);
        let (least, median, most) = (ratios[0], ratios[ROUNDS / 2], ratios[ROUNDS - 1]);
        let seen = seen / u32::try_from(FRESH)?;
        Ok(format!(
            "{:?}: first sight {median:.3} × the bare check ({least:.3} to {most:.3}; goal 1.1); \
             seen before {seen:?}, {FRESH} tokens in turns (goal 1 µs)",
            self.algorithm,
        ))
    }
}

/// The time to verify each token once. All must be valid.
fn time(tokens: &[String], check: impl Fn(&str) -> bool) -> Duration {
    let started = Instant::now();
    let good = tokens.iter().filter(|token| check(token)).count();
    let spent = started.elapsed();
    assert_eq!(good, tokens.len());
    spent
}

/// Tokens of different accounts, signed with the server's key.
fn sign(app: &App) -> Outcome<Vec<String>> {
    let world = World::system();
    let settings = access::Settings {
        issuer: ISSUER.to_owned(),
        audiences: vec![AUDIENCE.to_owned()],
        lifetime: Duration::from_secs(900),
    };
    let revocations = Arc::new(Revocations::new(world.clone(), Duration::from_secs(10))?);
    let signer = AccessTokens::new(app.keys(), revocations, world.clone(), settings);
    (0..FRESH)
        .map(|_| {
            let subject = Subject {
                epoch: 0,
                account_id: AccountId::from_uuid(world.ordered_uuid()?),
                session_id: SessionId::from_uuid(world.ordered_uuid()?),
                auth_time: world.now(),
                auth_method: SignInMethod::Passkey,
                session_ends_at: world.now() + Duration::from_secs(3600),
                profile: Profile {
                    username: Username::from_stored("alice@example.com".to_owned()),
                    display_name: DisplayName::from_stored("Alice Aldrin".to_owned()),
                    groups: "admins,staff".parse()?,
                },
            };
            let (own, _) = signer.sign(subject)?;
            let caller = signer.authenticate(own.expose())?;
            Ok(signer.issue(&caller, AUDIENCE)?.0.expose().to_owned())
        })
        .collect()
}
