//! `-- lists`: pages of every list with ten thousand, a hundred thousand and a million accounts.

use crate::{
    lists::{LISTS, PLACES, Spot, time},
    lists_seed,
    population::Population,
    seed,
    support::{
        Outcome,
        databases::{Database, Databases, Engine},
        load, spread,
    },
};

const ROUNDS: usize = 5;
const CALLS: u32 = 15;

/// The medians of a list in µs: by size, then by place, then by round.
type Figures = Vec<Vec<Vec<f64>>>;

/// Measures one engine after the other, so that the databases of one are on the disk at a time.
pub async fn compare(large: u64, engines: &[Engine]) -> Outcome<()> {
    for &engine in engines {
        let databases = Databases::start().await?;
        let sizes = [large / 100, large / 10, large];
        let mut grounds = Vec::new();
        for accounts in sizes {
            let database = databases.create(engine, &format!("of_{accounts}")).await?;
            let population = Population { engine, accounts };
            seed::fill(&database.url, population).await?;
            lists_seed::add(&database.url, population).await?;
            grounds.push((database, accounts));
        }
        let figures = measure(&grounds).await?;
        print(engine, sizes, &figures);
        for (database, _) in grounds {
            database.storage.close().await;
        }
    }
    Ok(())
}

async fn measure(grounds: &[(Database, u64)]) -> Outcome<Vec<Figures>> {
    let mut all: Vec<Figures> =
        LISTS.iter().map(|_| vec![vec![Vec::new(); PLACES.len()]; grounds.len()]).collect();
    // The first round is a warm-up.
    for round in 0..=ROUNDS {
        for (list, figures) in LISTS.iter().zip(&mut all) {
            for ((database, accounts), figures) in grounds.iter().zip(figures) {
                for (place, figures) in PLACES.iter().zip(figures) {
                    let spot = Spot { accounts: *accounts, place: *place };
                    let median = time(list, &database.storage, spot, CALLS).await?;
                    if round > 0 {
                        figures.push(median.as_secs_f64() * 1e6);
                    }
                }
            }
        }
        println!("round {round} of {ROUNDS} done, load {}", load());
    }
    Ok(all)
}

/// The median of the rounds of each place and size, and the ratios: of the slowest place to the fastest with
/// the most accounts, and of the most accounts to the fewest at the slowest place of each.
fn print(engine: Engine, sizes: [u64; 3], all: &[Figures]) {
    println!("\n{engine}, µs a page: first, middle, last (median of {ROUNDS} rounds)\n");
    let heads = sizes.map(|it| format!("{it} accounts"));
    println!(
        "{:32} | {:22} | {:22} | {:22} | places | sizes (least to most)",
        "list", heads[0], heads[1], heads[2]
    );
    for (list, figures) in LISTS.iter().zip(all) {
        let medians: Vec<Vec<f64>> =
            figures.iter().map(|of_size| of_size.iter().map(|it| spread(it).1).collect()).collect();
        let cells: Vec<String> = medians
            .iter()
            .map(|it| it.iter().map(|it| format!("{it:.0}")).collect::<Vec<_>>().join(" "))
            .collect();
        let slowest = |it: &[f64]| it.iter().copied().fold(0.0, f64::max);
        let fastest = medians[2].iter().copied().fold(f64::INFINITY, f64::min);
        let by_round: Vec<f64> = (0..ROUNDS).map(|it| ratio(figures, it)).collect();
        let (least, middle, most) = spread(&by_round);
        println!(
            "{:32} | {:22} | {:22} | {:22} | {:6.2} | {middle:.2} ({least:.2} to {most:.2})",
            list.name,
            cells[0],
            cells[1],
            cells[2],
            slowest(&medians[2]) / fastest,
        );
    }
}

/// How much longer the slowest page takes with the most accounts than with the fewest, in one round.
fn ratio(figures: &Figures, round: usize) -> f64 {
    let slowest = |size: &Vec<Vec<f64>>| size.iter().map(|it| it[round]).fold(0.0, f64::max);
    match figures.as_slice() {
        [small, .., large] => slowest(large) / slowest(small),
        _ => f64::NAN,
    }
}
