//! The cost of token operations, without a server.
//!
//! `cargo bench --bench tokens` signs, validates and parses tokens on a temporary database and
//! prints the time per operation: that of the fastest of several rounds, which other processes
//! disturb least.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[allow(unreachable_pub, missing_docs, reason = "shared with tests")]
#[path = "support/access_tokens.rs"]
mod access_tokens;

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use access_tokens::{REQUIREMENTS, access_tokens, subject};
use claviger::{
    domain::{
        secret::MasterSecret,
        tokens::{access::AccessTokens, refresh::RefreshTokens},
        world::World,
    },
    storage::{Options, SqliteOptions, Storage, migrations},
};
use claviger_token::algorithm::SigningAlgorithm;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: u32 = 7;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let directory = tempfile::tempdir()?;
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256] {
        let path = directory.path().join(algorithm.name());
        let options = Options::Sqlite(SqliteOptions {
            path,
            busy_timeout: Duration::from_secs(5),
            readers: 1,
        });
        let tokens = runtime.block_on(async {
            migrations::create(&options).await?;
            access_tokens(Storage::open(options).await?, algorithm).await
        })?;
        println!("access tokens, {}", algorithm.name());
        time_access_tokens(&tokens)?;
    }
    println!("refresh tokens");
    time_refresh_tokens()
}

fn time_access_tokens(tokens: &AccessTokens) -> Outcome<()> {
    let subject = subject()?;
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

fn time_refresh_tokens() -> Outcome<()> {
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
