//! Builds the checked configuration from the values of the settings.

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use url::Url;

use crate::{
    domain::{passkeys, passwords, sessions, tokens},
    model::{service_account::Audience, system::Limit},
    storage::Options,
};

use super::{
    Config, Internal, Limits, Listen, Log, MasterSecretSource, Public, TlsFiles, Values, database,
    listening, origins,
    problem::Problem,
    reader::Reader,
    registration, secrets,
    setting::{List, Path as PathKind, Setting},
    table, values as forms,
};

/// Builds the configuration, or leaves problems.
pub fn config(values: &Values, problems: &mut Vec<Problem>) -> Option<Config> {
    let reader = &mut Reader::new(values, problems);
    let data_directory = reader.required_path(&table::DATA_DIRECTORY);
    // First what does not depend on the URL, so that a bad one hides no other problem.
    let database = database::options(reader, &data_directory);
    let internal = internal(reader);
    let sessions = sessions(reader);
    let revocation_grace = reader.span(&table::TOKENS_REVOCATION_GRACE);
    let event_retention = reader.span(&table::AUDIT_RETENTION);
    let master_secret = master_secret(reader, &data_directory);
    let limits = limits(reader);
    let log = log(reader);
    let listen = reader.listen(&table::PUBLIC_LISTEN);
    listening::refuse_overlaps(reader, &listen, &internal.listen);
    let url = public_url(reader, &listen)?;
    let relying_party = origins::relying_party(reader, &url);
    let registration = registration::registration(reader, &url);
    let cors_origins = origins::cors(reader, &relying_party);
    let issuer = url.origin().ascii_serialization();
    let access_tokens = access_tokens(reader, &issuer);
    let passwords = passwords(reader, &url, &relying_party);
    let public = public(reader, listen, issuer, cors_origins);
    let mut warnings = warnings(&passwords, &database, &relying_party);
    warnings.extend(listening::warning(&public));
    warnings.extend(exposed_secrets(values));
    Some(Config {
        public,
        keys: signing_keys(reader, &access_tokens),
        warnings,
        data_directory,
        database,
        internal,
        relying_party,
        registration,
        access_tokens,
        revocation_grace,
        sessions,
        event_retention,
        passwords,
        master_secret,
        limits,
        bounds: bounds(values),
        log,
    })
}

/// The effective value of every setting with bounds: none of them is a secret, or has one in it.
fn bounds(values: &Values) -> Vec<Limit> {
    let bounded = table::rows().into_iter().filter(|it| it.bounds.is_some() && !it.is_secret);
    let given = bounded.filter_map(|it| Some((it.key, values.get(it.key)?)));
    given.map(|(key, given)| Limit { key, value: given.text.clone() }).collect()
}

fn public_url(reader: &mut Reader<'_>, listen: &Listen) -> Option<Url> {
    let text = match reader.text(&table::PUBLIC_URL) {
        Some(text) => text.to_owned(),
        None => {
            listening::own_url(listen, reader.path(&table::PUBLIC_TLS_CERTIFICATE_FILE).is_some())
        }
    };
    let url = Url::parse(&text).ok();
    let url = url.filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.host().is_some() && is_bare_origin(url)
    });
    if url.is_none() {
        let why = "must be an http:// or https:// URL without a path, such as \
                   https://login.example.com";
        reader.refuse(&table::PUBLIC_URL, why);
    }
    url
}

fn is_bare_origin(url: &Url) -> bool {
    url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn public(
    reader: &mut Reader<'_>,
    listen: Listen,
    url: String,
    cors_origins: Vec<String>,
) -> Public {
    Public {
        listen,
        url,
        tls: tls(reader, &PUBLIC_TLS),
        trusted_proxies: trusted_proxies(reader, &table::PUBLIC_TRUSTED_PROXIES),
        cors_origins,
        reflection: reader.choice(&table::PUBLIC_REFLECTION),
        version: reader.choice(&table::PUBLIC_VERSION),
    }
}

/// The settings that name the files of one listener's TLS.
struct TlsSettings {
    section: &'static str,
    certificate: &'static Setting<PathKind>,
    key: &'static Setting<PathKind>,
}

static PUBLIC_TLS: TlsSettings = TlsSettings {
    section: "public",
    certificate: &table::PUBLIC_TLS_CERTIFICATE_FILE,
    key: &table::PUBLIC_TLS_KEY_FILE,
};
static INTERNAL_TLS: TlsSettings = TlsSettings {
    section: "internal",
    certificate: &table::INTERNAL_TLS_CERTIFICATE_FILE,
    key: &table::INTERNAL_TLS_KEY_FILE,
};

fn tls(reader: &mut Reader<'_>, settings: &TlsSettings) -> Option<TlsFiles> {
    let &TlsSettings { section, certificate, key } = settings;
    let (one, other) = match (reader.path(certificate), reader.path(key)) {
        (Some(certificate), Some(key)) => {
            return Some(TlsFiles { section, certificate, key, client_ca: None });
        }
        (None, None) => return None,
        (Some(_), None) => (certificate, key),
        (None, Some(_)) => (key, certificate),
    };
    reader.refuse(one, format_args!("requires `{}`", other.key));
    None
}

fn trusted_proxies(reader: &mut Reader<'_>, setting: &Setting<List>) -> Vec<IpNet> {
    let mut proxies = Vec::new();
    for text in reader.list(setting).unwrap_or_default() {
        match forms::prefix(&text) {
            Some(prefix) => proxies.push(prefix),
            None => reader.refuse(
                setting,
                format_args!("contains {text}, which is neither an IP address nor a CIDR prefix"),
            ),
        }
    }
    proxies
}

fn internal(reader: &mut Reader<'_>) -> Internal {
    let listen = reader.listen(&table::INTERNAL_LISTEN);
    let mut tls = tls(reader, &INTERNAL_TLS);
    let client_ca = reader.path(&table::INTERNAL_CLIENT_CA_FILE);
    match (&mut tls, client_ca) {
        (Some(tls), client_ca) => tls.client_ca = client_ca,
        (None, Some(_)) => {
            let why = "requires `internal.tls_certificate_file` and `internal.tls_key_file`";
            reader.refuse(&table::INTERNAL_CLIENT_CA_FILE, why);
        }
        (None, None) => {}
    }
    let beyond = listen.addresses.iter().find(|address| !address.ip().is_loopback());
    if let (Some(address), None) = (beyond, &tls) {
        reader.refuse(
            &table::INTERNAL_LISTEN,
            format_args!(
                "contains {address}, which is not a loopback address and requires TLS: set \
                 `internal.tls_certificate_file` and `internal.tls_key_file`, or listen on \
                 loopback addresses only"
            ),
        );
    }
    let trusted_proxies = trusted_proxies(reader, &table::INTERNAL_TRUSTED_PROXIES);
    let allowed_hosts = allowed_hosts(reader);
    Internal { listen, tls, trusted_proxies, allowed_hosts }
}

/// Names as hosts are compared with them. What could never be the host of a call is refused.
fn allowed_hosts(reader: &mut Reader<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for text in reader.list(&table::INTERNAL_ALLOWED_HOSTS).unwrap_or_default() {
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        let is_of_name = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
        if !name.is_empty() && name.bytes().all(is_of_name) {
            names.push(name);
            continue;
        }
        let why = format!(
            "contains {text}, which is not a domain name: give it without a scheme, a port or a `*`"
        );
        reader.refuse(&table::INTERNAL_ALLOWED_HOSTS, why);
    }
    names
}

fn access_tokens(reader: &mut Reader<'_>, issuer: &str) -> tokens::access::Settings {
    let audiences = reader.list(&table::TOKENS_AUDIENCES).unwrap_or_default();
    if audiences.is_empty() {
        reader.refuse(&table::TOKENS_AUDIENCES, "must contain at least one audience");
    }
    for audience in &audiences {
        if audience == issuer {
            let why = format_args!(
                "contains {issuer}, the issuer, which is the audience of Claviger's own API; name \
                 the backends, such as `backend`"
            );
            reader.refuse(&table::TOKENS_AUDIENCES, why);
        } else if let Err(rule) = Audience::parse(audience) {
            let why = format_args!("contains {audience:?}: an audience {}", rule.description);
            reader.refuse(&table::TOKENS_AUDIENCES, why);
        }
    }
    tokens::access::Settings {
        issuer: issuer.to_owned(),
        audiences,
        lifetime: reader.span(&table::TOKENS_ACCESS_LIFETIME),
    }
}

fn signing_keys(
    reader: &mut Reader<'_>,
    access: &tokens::access::Settings,
) -> tokens::keys::Settings {
    let algorithm = reader.choice(&table::TOKENS_ALGORITHM);
    let interval = reader.span(&table::TOKENS_KEY_ROTATION_INTERVAL);
    if !interval.is_zero() && interval.as_secs() < 3600 {
        reader.refuse(&table::TOKENS_KEY_ROTATION_INTERVAL, "must be `0` or at least 1h");
    }
    let rotation_interval = (!interval.is_zero()).then_some(interval);
    tokens::keys::Settings { algorithm, rotation_interval, token_lifetime: access.lifetime }
}

fn sessions(reader: &mut Reader<'_>) -> sessions::Settings {
    let idle_lifetime = reader.span(&table::TOKENS_REFRESH_IDLE_LIFETIME);
    let max_lifetime = reader.span(&table::TOKENS_SESSION_MAX_LIFETIME);
    // The default follows a shorter maximum.
    if idle_lifetime > max_lifetime && reader.is_set(&table::TOKENS_REFRESH_IDLE_LIFETIME) {
        let why = "must not be longer than `tokens.session_max_lifetime`";
        reader.refuse(&table::TOKENS_REFRESH_IDLE_LIFETIME, why);
    }
    sessions::Settings {
        idle_lifetime: idle_lifetime.min(max_lifetime),
        max_lifetime,
        max_per_account: reader.count(&table::LIMITS_SESSIONS_PER_ACCOUNT),
    }
}

fn passwords(
    reader: &mut Reader<'_>,
    url: &Url,
    relying_party: &passkeys::Settings,
) -> passwords::Settings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = or_when_zero(reader.count(&table::PASSWORDS_HASH_THREADS), cores);
    let settings = passwords::Settings {
        min_length: reader.count(&table::PASSWORDS_MIN_LENGTH),
        max_length: reader.count(&table::PASSWORDS_MAX_LENGTH),
        memory_kib: reader.count(&table::PASSWORDS_ARGON2_MEMORY_KIB),
        iterations: reader.count(&table::PASSWORDS_ARGON2_ITERATIONS),
        parallelism: reader.count(&table::PASSWORDS_ARGON2_PARALLELISM),
        threads,
        queue: or_when_zero(reader.count(&table::PASSWORDS_HASH_QUEUE), threads.saturating_mul(16)),
        service_names: vec![
            url.host_str().unwrap_or_default().to_owned(),
            relying_party.relying_party_id.clone(),
            relying_party.relying_party_name.clone(),
        ],
        blocklist_file: reader.path(&table::PASSWORDS_BLOCKLIST_FILE),
    };
    if settings.min_length > settings.max_length {
        let why = "must not be greater than `passwords.max_length`";
        reader.refuse_beside(&table::PASSWORDS_MIN_LENGTH, &table::PASSWORDS_MAX_LENGTH, why);
    }
    if settings.memory_kib < settings.parallelism.saturating_mul(8) {
        let why = "must be at least 8 for each lane of `passwords.argon2_parallelism`";
        let lanes = &table::PASSWORDS_ARGON2_PARALLELISM;
        reader.refuse_beside(&table::PASSWORDS_ARGON2_MEMORY_KIB, lanes, why);
    }
    settings
}

fn or_when_zero(number: u32, otherwise: usize) -> usize {
    if number == 0 { otherwise } else { number as usize }
}

fn master_secret(reader: &mut Reader<'_>, data: &Path) -> MasterSecretSource {
    let Some(text) = reader.secret(&table::SECRETS_KEY_ENCRYPTION_KEY) else {
        if reader.is_set(&table::SECRETS_KEY_ENCRYPTION_KEY) {
            reader.refuse(&table::SECRETS_KEY_ENCRYPTION_KEY, "must not be empty");
        }
        return MasterSecretSource::Kept(data.join("key-encryption-key"));
    };
    secrets::master_secret(text).map(MasterSecretSource::Given).unwrap_or_else(|| {
        reader.refuse(
            &table::SECRETS_KEY_ENCRYPTION_KEY,
            "must be 32 bytes in base64, as `head -c 32 /dev/urandom | base64` prints them",
        );
        MasterSecretSource::Kept(PathBuf::new())
    })
}

fn limits(reader: &mut Reader<'_>) -> Limits {
    Limits {
        connections: reader.count(&table::LIMITS_CONNECTIONS) as usize,
        request_timeout: reader.span(&table::LIMITS_REQUEST_TIMEOUT),
        handshake_timeout: reader.span(&table::LIMITS_HANDSHAKE_TIMEOUT),
        idle_timeout: reader.span(&table::LIMITS_IDLE_TIMEOUT),
        answer_timeout: reader.span(&table::LIMITS_ANSWER_TIMEOUT),
        drain_timeout: reader.span(&table::LIMITS_DRAIN_TIMEOUT),
        slow_watcher_timeout: reader.span(&table::LIMITS_SLOW_WATCHER_TIMEOUT),
        concurrent_streams: reader.count(&table::LIMITS_CONCURRENT_STREAMS),
    }
}

fn log(reader: &mut Reader<'_>) -> Log {
    Log {
        format: reader.choice(&table::LOG_FORMAT),
        level: reader.choice(&table::LOG_LEVEL).to_owned(),
    }
}

/// A warning for each secret in a file that every user can read.
fn exposed_secrets(values: &Values) -> impl Iterator<Item = String> {
    let exposed = values.iter().filter(|(_, given)| given.is_exposed);
    exposed.map(|(key, _)| {
        format!(
            "Every user of this machine can read the file of `{key}_file`. Unless only this program \
             sees the file, as in a container, run `chmod o= FILE`."
        )
    })
}

/// Warnings about values that are allowed, for tests and small machines, but unwise.
fn warnings(
    passwords: &passwords::Settings,
    database: &Options,
    relying_party: &passkeys::Settings,
) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(origins::warning(relying_party));
    if let Options::Postgres(options) = database
        && options.is_exposed()
    {
        warnings.push(
            "The identity of the database server is not verified. Add `sslmode=verify-full` (and \
             `sslrootcert=FILE` for a private certificate authority) to `database.url`."
                .to_owned(),
        );
    }
    // The cheapest of OWASP's equivalent argon2id settings is 7 MiB with 5 passes.
    let work = u64::from(passwords.memory_kib) * u64::from(passwords.iterations);
    if passwords.memory_kib < 7168 || work < 35_840 {
        warnings.push(
            "Password hashes are weaker than OWASP's minimum. Increase \
             `passwords.argon2_memory_kib` or `passwords.argon2_iterations`."
                .to_owned(),
        );
    }
    if passwords.min_length < 15 {
        warnings.push(
            "`passwords.min_length` is less than 15, the minimum of NIST SP 800-63B-4 for a \
             password that is the only factor."
                .to_owned(),
        );
    }
    warnings
}
