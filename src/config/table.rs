//! The one table of settings.
//!
//! The keys of the file, the environment variables, the flags, `docs/configuration.md` and
//! `config print` all come from here. What a value means is decided in `typed.rs`.

use std::{
    path::{Path as FilePath, PathBuf},
    time::Duration,
};

use claviger_token::algorithm::SigningAlgorithm;

use crate::{
    domain::{
        passwords::{MAX_ITERATIONS, MAX_LANES, MAX_MEMORY_KIB},
        tokens::MAX_ACCESS_LIFETIME,
    },
    model::{registration::RegistrationPolicy, session::MAX_SESSIONS_PER_ACCOUNT},
    telemetry::LogFormat,
};

use super::setting::{
    Addresses, Choice, Count, List, Name, Path, Preset,
    Preset::{Derived, Value},
    Row, Secret, Setting, Span, Text,
};

/// The variable that names the configuration file.
pub const CONFIG_VARIABLE: &str = "CLAVIGER_CONFIG";
/// The file that is read if it exists and no other is named.
pub const DEFAULT_FILE: &str = "claviger.toml";

/// The database in a data directory, unless `database.url` is set.
pub fn default_database(data: &FilePath) -> PathBuf {
    data.join("claviger.db")
}

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
// 365.25 days, which prints as one year.
const YEAR: Duration = Duration::from_secs(31_557_600);
const TEN_YEARS: Duration = Duration::from_secs(315_576_000);

const fn setting<K>(key: &'static str, kind: K, default: Preset, help: &'static str) -> Setting<K> {
    Setting { key, kind, default, help }
}

const fn count(least: u32, most: u32) -> Count {
    Count { least, most }
}

const fn span(least: Duration, most: Duration) -> Span {
    Span { least, most }
}

const ON_OFF: Choice<bool> = Choice { first: ("on", true), others: &[("off", false)] };
const POLICIES: Choice<RegistrationPolicy> = Choice {
    first: ("closed", RegistrationPolicy::Closed),
    others: &[("invitation", RegistrationPolicy::Invitation), ("open", RegistrationPolicy::Open)],
};
const ALGORITHMS: Choice<SigningAlgorithm> = Choice {
    first: ("ES256", SigningAlgorithm::Es256),
    others: &[("RS256", SigningAlgorithm::Rs256), ("EdDSA", SigningAlgorithm::EdDsa)],
};
const FORMATS: Choice<LogFormat> = Choice {
    first: ("auto", LogFormat::Auto),
    others: &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)],
};
const LEVELS: Choice<&str> = Choice {
    first: ("error", "error"),
    others: &[("warn", "warn"), ("info", "info"), ("debug", "debug"), ("trace", "trace")],
};

/// Declares settings and lists them, so that none is missing from the list.
macro_rules! settings {
    ($(pub static $name:ident: $type:ty = $value:expr;)*) => {
        $(
            #[expect(missing_docs, reason = "the help of a setting says what it does")]
            pub static $name: $type = $value;
        )*

        /// Every setting, section by section.
        pub fn rows() -> Vec<Row> {
            vec![$(Row::from(&$name)),*]
        }
    };
}

/// Every name under which a value can be given, in the order of the table.
pub fn names() -> Vec<Name> {
    rows().into_iter().flat_map(Row::names).collect()
}

// One line for key, kind and default where they fit, so that the table can be read as one.
settings! {
    pub static DATA_DIRECTORY: Setting<Path> = setting(
        "data.directory", Path, Value("./claviger-data"),
        "The directory of the database and of the key-encryption key; created with mode 0700 if \
         it does not exist.",
    );

    pub static DATABASE_URL: Setting<Text> = setting(
        "database.url", Text, Derived("the SQLite file `claviger.db` in `data.directory`"),
        "The database: `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME`.",
    );
    pub static DATABASE_PASSWORD: Setting<Secret> = setting(
        "database.password", Secret, Derived("the password in `database.url`"),
        "The password of the PostgreSQL user.",
    );
    pub static DATABASE_CONNECTIONS: Setting<Count> = setting(
        "database.connections", count(2, 1000), Value("10"),
        "The maximum number of connections to PostgreSQL for the calls of clients, of which one address \
         or account uses at most half; the server has 4 more, with which it reads revocations, \
         sweeps, and seals the record.",
    );
    pub static DATABASE_ACQUIRE_TIMEOUT: Setting<Span> = setting(
        "database.acquire_timeout", span(MILLISECOND, MINUTE), Value("3s"),
        "How long a call waits for a free connection to PostgreSQL.",
    );
    pub static DATABASE_STATEMENT_TIMEOUT: Setting<Span> = setting(
        "database.statement_timeout", span(MILLISECOND, HOUR), Value("5s"),
        "How long a transaction on PostgreSQL may take; an earlier deadline of the call takes \
         precedence.",
    );
    pub static DATABASE_PREPARED_STATEMENTS: Setting<Choice<bool>> = setting(
        "database.prepared_statements", ON_OFF, Value("on"),
        "Whether prepared statements are kept on connections to PostgreSQL. Set it to `off` \
         behind a pooler that switches connections between transactions, such as PgBouncer in \
         transaction mode.",
    );
    pub static DATABASE_BUSY_TIMEOUT: Setting<Span> = setting(
        "database.busy_timeout", span(Duration::ZERO, MINUTE), Value("5s"),
        "How long a statement waits for a lock on the SQLite file that another process holds.",
    );
    pub static DATABASE_READERS: Setting<Count> = setting(
        "database.readers", count(1, 64), Value("4"),
        "The number of connections that read from the SQLite file concurrently for the calls of \
         clients, of which one address or account uses at most half; the server has 4 more, with \
         which it reads revocations and the record.",
    );

    pub static PUBLIC_LISTEN: Setting<Addresses> = setting(
        "public.listen", Addresses, Value("127.0.0.1:8080,[::1]:8080"),
        "The addresses of the public listener, for browsers and other clients: gRPC, gRPC-Web and \
         HTTP on one port.",
    );
    pub static PUBLIC_URL: Setting<Text> = setting(
        "public.url", Text,
        Derived("`http://localhost` with the first port of `public.listen`, such as \
                 `http://localhost:8080`; `https` if the listener has a certificate"),
        "The URL at which clients reach the public listener, without a path; also the issuer \
         (`iss`) of access tokens.",
    );
    pub static PUBLIC_TLS_CERTIFICATE_FILE: Setting<Path> = setting(
        "public.tls_certificate_file", Path, Derived("no TLS"),
        "The certificate chain (PEM) of the public listener; reloaded when the file changes. \
         Requires `public.tls_key_file`.",
    );
    pub static PUBLIC_TLS_KEY_FILE: Setting<Path> = setting(
        "public.tls_key_file", Path, Derived("no TLS"),
        "The private key (PEM) of the public listener; reloaded when the file changes. Requires \
         `public.tls_certificate_file`.",
    );
    pub static PUBLIC_REFLECTION: Setting<Choice<bool>> = setting(
        "public.reflection", ON_OFF, Value("on"),
        "Whether the public listener describes its services by gRPC reflection, so that grpcurl \
         needs no files. The contract is public.",
    );
    pub static PUBLIC_VERSION: Setting<Choice<bool>> = setting(
        "public.version", ON_OFF, Value("on"),
        "Whether `GetServerInfo` returns the version of the server to every caller. Operators read \
         it with `claviger system`.",
    );
    pub static PUBLIC_TRUSTED_PROXIES: Setting<List> = setting(
        "public.trusted_proxies", List, Value(""),
        "The IP addresses or CIDR prefixes of proxies whose `x-forwarded-for` header is trusted, and \
         which may hold all of `limits.connections`.",
    );

    pub static INTERNAL_LISTEN: Setting<Addresses> = setting(
        "internal.listen", Addresses, Value("127.0.0.1:8081,[::1]:8081"),
        "The addresses of the internal listener, for backends and gateways. An address other than \
         loopback requires TLS, and every caller must then present the key or the client \
         certificate of a service account (`claviger service-account create`).",
    );
    pub static INTERNAL_TLS_CERTIFICATE_FILE: Setting<Path> = setting(
        "internal.tls_certificate_file", Path, Derived("no TLS"),
        "The certificate chain (PEM) of the internal listener; reloaded when the file changes. \
         Requires `internal.tls_key_file`.",
    );
    pub static INTERNAL_TLS_KEY_FILE: Setting<Path> = setting(
        "internal.tls_key_file", Path, Derived("no TLS"),
        "The private key (PEM) of the internal listener; reloaded when the file changes. Requires \
         `internal.tls_certificate_file`.",
    );
    pub static INTERNAL_CLIENT_CA_FILE: Setting<Path> = setting(
        "internal.client_ca_file", Path, Derived("no client certificates are requested"),
        "The certificate authorities (PEM) that issue client certificates of service accounts; \
         reloaded when the file changes. Client certificates are then requested but not required, \
         since a key is sufficient. Requires TLS.",
    );
    pub static INTERNAL_TRUSTED_PROXIES: Setting<List> = setting(
        "internal.trusted_proxies", List, Value(""),
        "The IP addresses or CIDR prefixes of proxies whose `x-forwarded-*` headers are trusted \
         at `/v1/forward-auth`; used for the log only.",
    );

    pub static INTERNAL_ALLOWED_HOSTS: Setting<List> = setting(
        "internal.allowed_hosts", List, Value(""),
        "The domain names by which programs call the internal listener on loopback, besides \
         `localhost` and names without a dot. Calls by other names, and all with an `Origin`, may \
         be of a web page in a browser on this machine, and are refused.",
    );

    pub static RELYING_PARTY_ID: Setting<Text> = setting(
        "relying_party.id", Text, Derived("the host of `public.url`"),
        "The relying party ID: the domain that passkeys belong to. Changing it invalidates every \
         passkey.",
    );
    pub static RELYING_PARTY_NAME: Setting<Text> = setting(
        "relying_party.name", Text, Value("Claviger"),
        "The relying party name, shown to people on the page and when they create a passkey.",
    );
    pub static RELYING_PARTY_ORIGINS: Setting<List> = setting(
        "relying_party.origins", List, Derived("the origin of `public.url`"),
        "The exact origins on which passkeys may be used: `https://…`, or \
         `android:apk-key-hash:…` for an Android app, or an app's own such as \
         `capacitor://localhost`, `ionic://localhost`, `tauri://localhost` or \
         `chrome-extension://…`.",
    );
    pub static RELYING_PARTY_RELATED_ORIGINS: Setting<List> = setting(
        "relying_party.related_origins", List, Value(""),
        "The exact web origins on other domains that may use the same passkeys; published at \
         `/.well-known/webauthn`. Browsers accept at least five different names (`example` in \
         `www.example.co.uk`), in the order given.",
    );

    pub static CORS_ORIGINS: Setting<List> = setting(
        "cors.origins", List,
        Derived("the web origins of `relying_party.origins` and `relying_party.related_origins`"),
        "The exact web origins whose pages may call the public listener (CORS).",
    );

    pub static ACCOUNTS_REGISTRATION: Setting<Choice<RegistrationPolicy>> = setting(
        "accounts.registration", POLICIES,
        Derived("`open` if the host of `public.url` is `localhost` or a loopback address, `closed` \
                 otherwise"),
        "The policy for new accounts: `open` lets anyone create one, `invitation` people invited by an \
         operator, `closed` only operators.",
    );

    pub static TOKENS_AUDIENCES: Setting<List> = setting(
        "tokens.audiences", List, Value("backend"),
        "The backends that access tokens can be issued for (`aud`), one name for each. A token is for \
         one of them only.",
    );
    pub static TOKENS_ALGORITHM: Setting<Choice<SigningAlgorithm>> = setting(
        "tokens.algorithm", ALGORITHMS, Value("ES256"),
        "The signature algorithm of new signing keys.",
    );
    pub static TOKENS_ACCESS_LIFETIME: Setting<Span> = setting(
        "tokens.access_lifetime", span(SECOND, MAX_ACCESS_LIFETIME), Value("15m"),
        "How long an access token is valid.",
    );
    pub static TOKENS_REVOCATION_GRACE: Setting<Span> = setting(
        "tokens.revocation_grace", span(SECOND, MAX_ACCESS_LIFETIME), Value("10s"),
        "How old what the server has read of revocations may be: while the database cannot be read for \
         longer, no access token is called valid. Tokens revoked meanwhile are accepted for that long.",
    );
    pub static TOKENS_REFRESH_IDLE_LIFETIME: Setting<Span> = setting(
        "tokens.refresh_idle_lifetime", span(MINUTE, YEAR), Value("30d"),
        "How long a session remains valid without a refresh.",
    );
    pub static TOKENS_SESSION_MAX_LIFETIME: Setting<Span> = setting(
        "tokens.session_max_lifetime", span(MINUTE, YEAR), Value("90d"),
        "The maximum lifetime of a session.",
    );
    pub static TOKENS_KEY_ROTATION_INTERVAL: Setting<Span> = setting(
        "tokens.key_rotation_interval", span(Duration::ZERO, YEAR), Value("90d"),
        "How long a signing key signs before the next one is created, at least 1h; `0` means that \
         keys are rotated only by `claviger keys rotate`.",
    );

    pub static PASSWORDS_MIN_LENGTH: Setting<Count> = setting(
        "passwords.min_length", count(8, 128), Value("15"),
        "The minimum length of a new password, in characters.",
    );
    pub static PASSWORDS_MAX_LENGTH: Setting<Count> = setting(
        "passwords.max_length", count(64, 1024), Value("128"),
        "The maximum length of a new password, in characters.",
    );
    pub static PASSWORDS_BLOCKLIST_FILE: Setting<Path> = setting(
        "passwords.blocklist_file", Path, Derived("none"),
        "A file of passwords to refuse, one per line, in UTF-8, at most 4 MiB: beside those known from \
         breaches, such as the names of your products. A password is refused if, without regard to letter \
         case, separators and digits around it, it is one of them or repeats one. Read at startup.",
    );
    pub static PASSWORDS_ARGON2_MEMORY_KIB: Setting<Count> = setting(
        "passwords.argon2_memory_kib", count(8, MAX_MEMORY_KIB), Value("19456"),
        "The memory of one password hash (Argon2id), in KiB; at least 8 for each lane.",
    );
    pub static PASSWORDS_ARGON2_ITERATIONS: Setting<Count> = setting(
        "passwords.argon2_iterations", count(1, MAX_ITERATIONS), Value("2"),
        "The number of passes of one password hash over its memory.",
    );
    pub static PASSWORDS_ARGON2_PARALLELISM: Setting<Count> = setting(
        "passwords.argon2_parallelism", count(1, MAX_LANES), Value("1"),
        "The number of lanes of one password hash.",
    );
    pub static PASSWORDS_HASH_THREADS: Setting<Count> = setting(
        "passwords.hash_threads", count(0, 1024), Value("0"),
        "The number of passwords hashed concurrently; `0` means one per CPU core. At most half of \
         them check costly hashes of other products, so one thread alone keeps nothing free.",
    );
    pub static PASSWORDS_HASH_QUEUE: Setting<Count> = setting(
        "passwords.hash_queue", count(0, 100_000), Value("0"),
        "The maximum number of passwords that wait to be hashed; further calls fail with \
         UNAVAILABLE. As many may wait for costly hashes of other products in addition. `0` means \
         16 per thread.",
    );

    pub static SECRETS_KEY_ENCRYPTION_KEY: Setting<Secret> = setting(
        "secrets.key_encryption_key", Secret,
        Derived("the file `key-encryption-key` in `data.directory`, created on the first start \
                 with SQLite"),
        "The secret (32 bytes in base64) from which the keys that protect stored secrets are \
         derived. If it is lost, every session and signing key is lost.",
    );

    pub static AUDIT_RETENTION: Setting<Span> = setting(
        "audit.retention", span(DAY, TEN_YEARS), Value("400d"),
        "How long events are kept in the record of what happened; older ones are deleted.",
    );

    pub static LIMITS_CONNECTIONS: Setting<Count> = setting(
        "limits.connections", count(1, 1_000_000), Value("10000"),
        "The maximum number of open connections of each listener. On the public one an IPv4 address or \
         an IPv6 /64 may hold a quarter of them, an IPv4 /24 or an IPv6 /48 half, and an IPv6 /32 three \
         quarters, except for `public.trusted_proxies`. For a further connection an idle one of the same \
         prefix is closed, or of the prefix that has most.",
    );
    pub static LIMITS_REQUEST_TIMEOUT: Setting<Span> = setting(
        "limits.request_timeout", span(MILLISECOND, HOUR), Value("30s"),
        "How long a call may take until its response begins.",
    );
    pub static LIMITS_HANDSHAKE_TIMEOUT: Setting<Span> = setting(
        "limits.handshake_timeout", span(MILLISECOND, HOUR), Value("10s"),
        "How long a new connection may take for its TLS handshake, and again until its first \
         request.",
    );
    pub static LIMITS_IDLE_TIMEOUT: Setting<Span> = setting(
        "limits.idle_timeout", span(MILLISECOND, DAY), Value("10m"),
        "How long a connection may stay open without a call.",
    );
    pub static LIMITS_ANSWER_TIMEOUT: Setting<Span> = setting(
        "limits.answer_timeout", span(MILLISECOND, HOUR), Value("30s"),
        "How long a client may read nothing of an answer that is ready before the call, or if need be its \
         connection, is ended.",
    );
    pub static LIMITS_DRAIN_TIMEOUT: Setting<Span> = setting(
        "limits.drain_timeout", span(Duration::ZERO, HOUR), Value("20s"),
        "How long calls in progress may take to finish after the server receives SIGTERM, \
         SIGINT or SIGHUP.",
    );
    pub static LIMITS_SLOW_WATCHER_TIMEOUT: Setting<Span> = setting(
        "limits.slow_watcher_timeout", span(MILLISECOND, HOUR), Value("30s"),
        "How long a watcher of revocations may leave messages unread before its stream is closed.",
    );
    pub static LIMITS_SESSIONS_PER_ACCOUNT: Setting<Count> = setting(
        "limits.sessions_per_account", count(1, MAX_SESSIONS_PER_ACCOUNT), Value("100"),
        "The maximum number of sessions of an account; a further sign-in ends the session that was \
         unused for the longest time.",
    );
    pub static LIMITS_CONCURRENT_STREAMS: Setting<Count> = setting(
        "limits.concurrent_streams", count(1, 10_000), Value("100"),
        "The maximum number of concurrent calls on one HTTP/2 connection.",
    );

    pub static LOG_FORMAT: Setting<Choice<LogFormat>> = setting(
        "log.format", FORMATS, Value("auto"),
        "The format of the log; `auto` means `pretty` on a terminal and `json` otherwise.",
    );
    pub static LOG_LEVEL: Setting<Choice<&'static str>> = setting(
        "log.level", LEVELS, Value("info"),
        "The least severe level that is logged; the environment variable `RUST_LOG` overrides it.",
    );
}
