//! The cost of token operations, without a server.
//!
//! `cargo bench --bench tokens` signs, validates and parses tokens on a temporary database and
//! prints the time per operation: that of the fastest of several rounds, which other processes
//! disturb least.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{
    error::Error,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use claviger::{
    domain::{
        revocations::Revocations,
        secret::MasterSecret,
        tokens::{
            access::{self, AccessTokens, Subject},
            keys::{self, KeyRing},
            refresh::RefreshTokens,
        },
        world::World,
    },
    model::{account::Profile, label::DisplayName, username::Username},
    storage::{Options, SqliteOptions, Storage},
};
use claviger_token::{
    algorithm::SigningAlgorithm,
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    verdict::Requirements,
};

const ROUNDS: u32 = 7;
const LIFETIME: Duration = Duration::from_secs(900);
const ISSUER: &str = "https://id.example";
const REQUIREMENTS: Requirements<'_> = Requirements::new(ISSUER);

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let directory = tempfile::tempdir()?;
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256] {
        let path = directory.path().join(algorithm.name());
        let options = Options::Sqlite(SqliteOptions {
            path,
            busy_timeout: Duration::from_secs(5),
            readers: 1,
        });
        let tokens = runtime.block_on(access_tokens(options, algorithm))?;
        println!("access tokens, {}", algorithm.name());
        time_access_tokens(&tokens)?;
    }
    println!("refresh tokens");
    time_refresh_tokens()
}

async fn access_tokens(
    options: Options,
    algorithm: SigningAlgorithm,
) -> Result<AccessTokens, Box<dyn Error>> {
    let world = World::system();
    let storage = Storage::open(options).await?;
    let sealing_key = MasterSecret::new([7; 32]).derive("sealing")?;
    let settings = keys::Settings { algorithm, rotation_interval: None, token_lifetime: LIFETIME };
    let keys = KeyRing::load(storage, world.clone(), sealing_key, settings).await?;
    let settings = access::Settings {
        issuer: ISSUER.to_owned(),
        audiences: vec!["backend".to_owned()],
        lifetime: LIFETIME,
    };
    let revocations = Arc::new(Revocations::new(world.clone(), LIFETIME)?);
    Ok(AccessTokens::new(&keys, revocations, world, settings))
}

fn time_access_tokens(tokens: &AccessTokens) -> Result<(), Box<dyn Error>> {
    let world = World::system();
    let subject = Subject {
        epoch: 0,
        account_id: AccountId::from_uuid(world.ordered_uuid()?),
        session_id: SessionId::from_uuid(world.ordered_uuid()?),
        auth_time: world.now(),
        auth_method: SignInMethod::Passkey,
        session_ends_at: world.now() + 2 * LIFETIME,
        profile: Profile {
            username: Username::from_stored("alice@example.com".to_owned()),
            display_name: DisplayName::from_stored("Alice Aldrin".to_owned()),
            groups: "admins,staff".parse()?,
        },
    };
    time("sign", 500, || tokens.sign(subject.clone()));

    let many =
        (0..ROUNDS * 500).map(|_| tokens.sign(subject.clone())).collect::<Result<Vec<_>, _>>()?;
    let mut unseen = many.iter().cycle();
    time("judge, first sight", 500, || {
        unseen.next().map(|(token, _)| tokens.judge(token.expose(), REQUIREMENTS))
    });

    let (seen, _) = tokens.sign(subject)?;
    time("judge, seen before", 100_000, || tokens.judge(seen.expose(), REQUIREMENTS));
    Ok(())
}

fn time_refresh_tokens() -> Result<(), Box<dyn Error>> {
    let key = MasterSecret::new([7; 32]).derive("refresh tokens")?;
    let tokens = RefreshTokens::new(World::system(), key);
    let (_, token) = tokens.mint_family()?;

    time("mint a family", 20_000, || tokens.mint_family());
    time("read, and mint the successor", 20_000, || {
        tokens.open(&token).map(|opened| tokens.mint_generation(&opened, 1))
    });
    Ok(())
}

fn time<T>(name: &str, count: u32, mut operation: impl FnMut() -> T) {
    let fastest = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..count {
                black_box(operation());
            }
            start.elapsed() / count
        })
        .min()
        .unwrap_or_default();
    println!("  {name:<30} {fastest:?}");
}
