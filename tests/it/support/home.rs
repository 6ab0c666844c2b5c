//! What a server keeps: a directory and a database of the engine the suite runs on.
//!
//! `TEST_ENGINE` says which: `sqlite`, as when nobody says, or `postgres`.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use claviger::{
    config::Config,
    storage::{Options, migrations},
};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{raw::RawConnection, servers::postgres};

/// What databases are copied from: migrated, and empty.
const TEMPLATE: &str = "migrated";

/// The key of every replica.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The one the suite runs on.
    pub fn under_test() -> Self {
        match std::env::var("TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("TEST_ENGINE is {other:?}, not sqlite or postgres"),
        }
    }
}

/// A home that goes with its test.
pub struct Home {
    directory: TempDir,
    database_url: String,
}

impl Home {
    /// A home on the engine under test, its database migrated and empty.
    pub async fn new() -> Self {
        match Engine::under_test() {
            Engine::Sqlite => Self::on_migrated_sqlite().await,
            Engine::Postgres => Self::on_postgres().await,
        }
    }

    /// A home with a copy of a SQLite file that was migrated once for all tests.
    async fn on_migrated_sqlite() -> Self {
        static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
        let made = || {
            let home = Self::on_sqlite();
            make_data_directory(&home.data());
            home
        };
        let bytes = MIGRATED.get_or_init(async || {
            let template = made();
            migrations::create(&template.options()).await.unwrap();
            fs::read(template.file()).unwrap()
        });
        let (bytes, home) = (bytes.await, made());
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(home.file()).unwrap();
        file.write_all(bytes).unwrap();
        home
    }

    /// A home with a SQLite file, which is not made yet.
    pub fn on_sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("data").join("claviger.db");
        Self { directory, database_url: format!("sqlite:{}", file.display()) }
    }

    /// A home with a database on the server that the tests share.
    pub async fn on_postgres() -> Self {
        static MIGRATED: OnceCell<()> = OnceCell::const_new();
        let server = postgres::shared();
        MIGRATED
            .get_or_init(async || {
                server.create_database(TEMPLATE, None).await;
                let template = Self::at(server.url(TEMPLATE));
                migrations::create(&template.options()).await.unwrap();
            })
            .await;
        Self::at(server.fresh_database_from(TEMPLATE).await)
    }

    /// A home with a database on the server that the tests share, without a schema.
    pub async fn empty_on_postgres() -> Self {
        Self::at(postgres::shared().fresh_database().await)
    }

    /// A home with the database at this URL and the key that all such homes share.
    pub fn at(database_url: String) -> Self {
        let directory = TempDir::new().unwrap();
        let data = directory.path().join("data");
        make_data_directory(&data);
        Self { directory, database_url }
    }

    /// The home of another replica of the same database.
    pub fn replica(&self) -> Self {
        Self::at(self.database_url.clone())
    }

    /// `data.directory`.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A folder for what the test itself keeps.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// `database.url`.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        self.data().join("claviger.db")
    }

    /// The settings that lead here.
    pub fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("data.directory".to_owned(), self.data().display().to_string()),
            ("database.url".to_owned(), self.database_url.clone()),
        ]
    }

    /// The same as flags.
    pub fn flags(&self) -> Vec<String> {
        let flag =
            |(key, value): (String, String)| [format!("--{}", key.replace(['.', '_'], "-")), value];
        self.settings().into_iter().flat_map(flag).collect()
    }

    /// How storage opens the database.
    pub fn options(&self) -> Options {
        self.options_with(&[])
    }

    /// Likewise, with some settings changed.
    pub fn options_with(&self, changed: &[(&str, &str)]) -> Options {
        let mut settings = self.settings();
        settings.extend(changed.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())));
        Config::from_pairs(&settings).unwrap().database
    }

    /// Everything that is stored, while nobody has it open: the bytes of a SQLite file with what lies
    /// beside it, or the rows of PostgreSQL as text, in which bytes are hexadecimal.
    pub async fn stored(&self) -> Vec<u8> {
        match self.raw().await {
            RawConnection::Sqlite(_) => {
                let files = fs::read_dir(self.data()).unwrap().map(|it| it.unwrap().path());
                files.flat_map(|path| fs::read(path).unwrap()).collect()
            }
            mut postgres @ RawConnection::Postgres(_) => {
                let rows = "SELECT CAST(database_to_xml(true, false, '') AS TEXT)";
                let base64 = postgres.text(rows).await;
                let hex = "SELECT coalesce(string_agg(CAST(it AS TEXT), ''), '') FROM sessions it";
                (base64 + &postgres.text(hex).await).into_bytes()
            }
        }
    }

    /// A connection past the server, for what it offers no way to do.
    pub async fn raw(&self) -> RawConnection {
        RawConnection::open(&self.database_url).await
    }
}

/// Makes a data directory that holds the key of every replica.
pub fn make_data_directory(path: &Path) {
    fs::create_dir(path).unwrap();
    let key = path.join("key-encryption-key");
    fs::write(&key, KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
}

impl Drop for Home {
    fn drop(&mut self) {
        // Hundreds of databases would fill the disk before the server goes.
        let Some((server, name)) = self.database_url.rsplit_once('/') else { return };
        let name = name.split('?').next().unwrap_or_default().to_owned();
        if !name.starts_with("fresh_") || std::thread::panicking() {
            return;
        }
        let maintenance = format!("{server}/postgres?sslmode=disable");
        let drop = async move {
            let Ok(mut connection) = PgConnection::connect(&maintenance).await else { return };
            let statement = format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#);
            let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = std::thread::spawn(move || runtime.block_on(drop)).join();
    }
}
