//! The versions of the schema, as the folder of migrations names them.

use std::{path::PathBuf, sync::LazyLock};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    migrate::{Migration, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{
    Home,
    home::{Engine, make_data_directory},
};

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let files = folder(Engine::Sqlite).read_dir().unwrap();
    let mut names: Vec<String> =
        files.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    let name = |it: &String| it.strip_suffix(".sql").unwrap().split_once('_').unwrap().1.to_owned();
    names.iter().map(name).collect()
});

/// The newest version. They are numbered from 1 without gaps.
pub fn newest() -> i64 {
    i64::try_from(NAMES.len()).unwrap()
}

/// The name of a version's migration.
pub fn name(version: i64) -> &'static str {
    &NAMES[usize::try_from(version - 1).unwrap()]
}

/// A database on either engine with the schema before the newest.
pub async fn older() -> [Home; 2] {
    let (file, database) = (Home::on_sqlite(), Home::empty_on_postgres().await);
    make_data_directory(&file.data());
    let options = SqliteConnectOptions::new().filename(file.file()).create_if_missing(true);
    let mut sqlite = options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap();
    all_but_the_newest(Engine::Sqlite).await.run(&mut sqlite).await.unwrap();
    sqlite.close().await.unwrap();
    let mut postgres = PgConnection::connect(database.database_url()).await.unwrap();
    all_but_the_newest(Engine::Postgres).await.run(&mut postgres).await.unwrap();
    [file, database]
}

async fn all_but_the_newest(engine: Engine) -> Migrator {
    let all = Migrator::new(folder(engine)).await.unwrap();
    let older = all.iter().filter(|it| it.version < newest()).cloned();
    Migrator::with_migrations(older.collect::<Vec<Migration>>())
}

fn folder(engine: Engine) -> PathBuf {
    let engine = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    [env!("CARGO_MANIFEST_DIR"), "migrations", engine].iter().collect()
}
