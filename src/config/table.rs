//! The one table of settings.
//!
//! The keys of the file, the environment variables, the flags, `docs/configuration.md` and
//! `config print` all come from here. What a value means is decided in `typed.rs`.

use std::{path::Path, time::Duration};

use crate::domain::tokens::MAX_ACCESS_LIFETIME;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The key in the file, with the section before the dot.
    pub key: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// What holds when nobody sets it.
    pub default: Preset,
    /// What it does, in one sentence.
    pub help: &'static str,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Texts, in the environment and in flags separated by commas.
    List,
    /// A path.
    Path,
    /// Socket addresses; `localhost:PORT` stands for both loopback addresses.
    Addresses,
    /// A whole number.
    Count {
        /// The least allowed.
        least: u32,
        /// The most allowed.
        most: u32,
    },
    /// A span of time, such as `15m` or `30d`.
    Span {
        /// The shortest allowed.
        least: Duration,
        /// The longest allowed.
        most: Duration,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A secret: never printed, also taken from a file, never from a flag.
    Secret,
}

/// What holds when nobody sets a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// This text.
    Value(&'static str),
    /// What follows from other settings, in words.
    Derived(&'static str),
}

impl Setting {
    /// Whether the value is a secret.
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }
}

/// One name under which a value can be given: a setting's own or, for a secret, that of a file which
/// holds it.
#[derive(Debug)]
pub struct Name {
    /// The key in the file.
    pub key: String,
    /// What it sets.
    pub setting: &'static Setting,
    /// Whether the value given is the path of a file that holds the setting's value.
    pub is_file: bool,
}

impl Name {
    /// Every name there is, in the order of the table.
    pub fn all() -> Vec<Self> {
        SETTINGS.iter().flat_map(Self::of).collect()
    }

    fn of(setting: &'static Setting) -> impl Iterator<Item = Self> {
        let own = Self { key: setting.key.to_owned(), setting, is_file: false };
        let file = setting.is_secret().then(|| {
            let key = format!("{}_file", setting.key);
            Self { key, setting, is_file: true }
        });
        [own].into_iter().chain(file)
    }

    /// The environment variable.
    pub fn variable(&self) -> String {
        variable(&self.key)
    }

    /// The flag, without its dashes; none for a secret, which everybody on the machine could read.
    pub fn flag(&self) -> Option<String> {
        let offered = self.is_file || !self.setting.is_secret();
        offered.then(|| self.key.replace(['.', '_'], "-"))
    }
}

/// The environment variable of a key.
pub fn variable(key: &str) -> String {
    format!("CLAVIGER_{}", key.replace('.', "_").to_uppercase())
}

/// The names of the configuration file itself.
pub const CONFIG_VARIABLE: &str = "CLAVIGER_CONFIG";
/// The file that is read when it is there and no other is named.
pub const DEFAULT_FILE: &str = "claviger.toml";

/// Where the database is when nobody says.
pub fn default_database(data: &Path) -> std::path::PathBuf {
    data.join("claviger.db")
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
// 365.25 days, which prints as one year.
const YEAR: Duration = Duration::from_secs(31_557_600);

const fn setting(key: &'static str, kind: Kind, default: Preset, help: &'static str) -> Setting {
    Setting { key, kind, default, help }
}

use Kind::{Addresses, Choice, Count, List, Path as File, Secret, Span, Text};
use Preset::{Derived, Value};

/// Every setting, section by section.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    setting("data.directory", File, Value("./claviger-data"), "Where the database and the key-encryption key are kept; made, owner-only, when it is not there."),
    setting("database.url", Text, Derived("`sqlite:` and `claviger.db` in `data.directory`"), "Which database to use: `sqlite:` and the path of a file, or `postgres://user@host:5432/name`."),
    setting("database.password", Secret, Derived("the one in `database.url`"), "The password of the PostgreSQL user."),
    setting("database.connections", Count { least: 2, most: 1000 }, Value("10"), "How many connections to PostgreSQL are open at most."),
    setting("database.acquire_timeout", Span { least: Duration::from_millis(1), most: MINUTE }, Value("3s"), "How long a call waits for a free connection to PostgreSQL."),
    setting("database.statement_timeout", Span { least: Duration::from_millis(1), most: HOUR }, Value("5s"), "How long a transaction on PostgreSQL may take; the caller's deadline, if nearer, counts instead."),
    setting("database.prepared_statements", Choice(&["on", "off"]), Value("on"), "Whether statements stay prepared on their connection to PostgreSQL; `off` behind a pooler that changes connections between transactions, such as PgBouncer's transaction mode."),
    setting("database.busy_timeout", Span { least: Duration::ZERO, most: MINUTE }, Value("5s"), "How long a statement waits for another process's lock on a SQLite file."),
    setting("database.readers", Count { least: 1, most: 64 }, Value("4"), "How many connections read from a SQLite file at once."),
    setting("public.listen", Addresses, Value("127.0.0.1:8080,[::1]:8080"), "Where people and their browsers reach the server: gRPC, gRPC-web and HTTP on one port."),
    setting("public.url", Text, Value("http://localhost:8080"), "How the public listener is reached from outside, without a path; also the issuer (`iss`) of access tokens."),
    setting("public.tls_certificate_file", File, Derived("no TLS"), "The certificate chain (PEM) of the public listener, read again when it changes."),
    setting("public.tls_key_file", File, Derived("no TLS"), "The private key (PEM) of the public listener, read again when it changes."),
    setting("public.trusted_proxies", List, Value(""), "The addresses or prefixes of proxies whose `x-forwarded-for` is believed."),
    setting("internal.listen", Addresses, Value("127.0.0.1:8081,[::1]:8081"), "Where backends reach the server. Beyond loopback it needs TLS, and every caller shows the key or the certificate of a service account (`claviger service-account create`)."),
    setting("internal.tls_certificate_file", File, Derived("no TLS"), "The certificate chain (PEM) of the internal listener, read again when it changes."),
    setting("internal.tls_key_file", File, Derived("no TLS"), "The private key (PEM) of the internal listener, read again when it changes."),
    setting("internal.client_ca_file", File, Derived("none are asked for"), "The authorities (PEM) whose client certificates may show service accounts; they are asked for but not required, since a key will do. Read again when it changes."),
    setting("internal.trusted_proxies", List, Value(""), "The addresses or prefixes of proxies whose `x-forwarded-*` is believed at `/v1/forward-auth`; it is for the log alone."),
    setting("relying_party.id", Text, Derived("the host of `public.url`"), "The domain that passkeys belong to; changing it makes every passkey useless."),
    setting("relying_party.name", Text, Value("Claviger"), "The name that people see when they add a passkey."),
    setting("relying_party.origins", List, Derived("the origin of `public.url`"), "The exact origins passkeys may be used from: `https://…`, or an app's `android:apk-key-hash:…`."),
    setting("relying_party.related_origins", List, Value(""), "The exact web origins on other domains whose pages may use these passkeys too; published at `/.well-known/webauthn`, of which browsers honour at least five different names (`example` in `www.example.co.uk`), in this order."),
    setting("cors.origins", List, Derived("the web origins of `relying_party.origins` and `relying_party.related_origins`"), "The exact web origins whose pages may call the public listener."),
    setting("tokens.audiences", List, Derived("the issuer"), "The audiences (`aud`) of access tokens; the first is required of callers of Claviger's own API."),
    setting("tokens.algorithm", Choice(&["ES256", "RS256", "EdDSA"]), Value("ES256"), "The algorithm of new signing keys."),
    setting("tokens.access_lifetime", Span { least: SECOND, most: MAX_ACCESS_LIFETIME }, Value("15m"), "How long an access token lives."),
    setting("tokens.refresh_idle_lifetime", Span { least: MINUTE, most: YEAR }, Value("30d"), "How long a session lives without a refresh."),
    setting("tokens.session_max_lifetime", Span { least: MINUTE, most: YEAR }, Value("90d"), "How long a session lives at most."),
    setting("tokens.key_rotation_interval", Span { least: Duration::ZERO, most: YEAR }, Value("90d"), "How long a signing key signs before the next one is made (at least 1h); `0` means until `claviger keys rotate`."),
    setting("passwords.min_length", Count { least: 8, most: 128 }, Value("15"), "The fewest characters a new password may have."),
    setting("passwords.max_length", Count { least: 64, most: 1024 }, Value("128"), "The most characters a new password may have."),
    setting("passwords.argon2_memory_kib", Count { least: 8, most: 4_194_304 }, Value("19456"), "The memory of one password hash in KiB."),
    setting("passwords.argon2_iterations", Count { least: 1, most: 1000 }, Value("2"), "The passes of one password hash over its memory."),
    setting("passwords.argon2_parallelism", Count { least: 1, most: 64 }, Value("1"), "The lanes of one password hash."),
    setting("passwords.hash_threads", Count { least: 0, most: 1024 }, Value("0"), "How many passwords are hashed at once; `0` means one per core."),
    setting("passwords.hash_queue", Count { least: 0, most: 100_000 }, Value("0"), "How many passwords may wait to be hashed before callers are told to come back; `0` means 16 per thread."),
    setting("secrets.key_encryption_key", Secret, Derived("made at the first run in `key-encryption-key` in `data.directory`"), "The secret, 32 bytes as base64, from which the keys that protect stored secrets are derived; losing it ends every session and signing key."),
    setting("limits.connections", Count { least: 1, most: 1_000_000 }, Value("10000"), "How many connections each listener holds; more are closed at once."),
    setting("limits.request_timeout", Span { least: Duration::from_millis(1), most: HOUR }, Value("30s"), "How long a call may take until its answer begins."),
    setting("limits.handshake_timeout", Span { least: Duration::from_millis(1), most: HOUR }, Value("10s"), "How long a new connection may take to finish its TLS handshake, and again to send its first request."),
    setting("limits.idle_timeout", Span { least: Duration::from_millis(1), most: DAY }, Value("10m"), "How long a connection may stay without a call."),
    setting("limits.drain_timeout", Span { least: Duration::ZERO, most: HOUR }, Value("20s"), "How long calls may go on after the server is told to stop."),
    setting("limits.slow_watcher_timeout", Span { least: Duration::from_millis(1), most: HOUR }, Value("30s"), "How long a watcher of revocations may leave what there is for it untaken before its stream is ended."),
    setting("limits.concurrent_streams", Count { least: 1, most: 10_000 }, Value("100"), "How many calls one HTTP/2 connection may have open at once."),
    setting("log.format", Choice(&["auto", "pretty", "json"]), Value("auto"), "How the log is written; `auto` means pretty on a terminal and JSON otherwise."),
    setting("log.level", Choice(&["error", "warn", "info", "debug", "trace"]), Value("info"), "How much is logged; the variable `RUST_LOG` overrides it."),
];
