//! What the values mean: builds the checked configuration.

use std::path::{Path, PathBuf};

use claviger_token::algorithm::SigningAlgorithm;
use ipnet::IpNet;
use url::Url;

use crate::{
    domain::{passkeys, passwords, sessions, tokens},
    storage::Options,
};

use super::{
    Config, Internal, Limits, Log, LogFormat, MasterSecretSource, Public, TlsFiles, Values,
    database, origins, problem::Problem, reader::Reader, secrets,
};

/// Builds the configuration, or leaves problems.
pub fn config(values: &Values, problems: &mut Vec<Problem>) -> Option<Config> {
    let reader = &mut Reader::new(values, problems);
    let data_directory = PathBuf::from(reader.required("data.directory"));
    // First what does not depend on the URL, so that a bad one hides no other problem.
    let database = database::options(reader, &data_directory);
    let internal = internal(reader);
    let sessions = sessions(reader);
    let master_secret = master_secret(reader, &data_directory);
    let limits = limits(reader);
    let log = log(reader);
    let url = public_url(reader)?;
    let relying_party = origins::relying_party(reader, &url);
    let cors_origins = origins::cors(reader, &relying_party);
    let issuer = url.origin().ascii_serialization();
    let access_tokens = access_tokens(reader, &issuer);
    let passwords = passwords(reader, &url, &relying_party);
    Some(Config {
        public: public(reader, issuer, cors_origins),
        keys: signing_keys(reader, &access_tokens),
        warnings: warnings(&passwords, &database, &relying_party),
        data_directory,
        database,
        internal,
        relying_party,
        access_tokens,
        sessions,
        passwords,
        master_secret,
        limits,
        log,
    })
}

fn public_url(reader: &mut Reader<'_>) -> Option<Url> {
    let url = Url::parse(reader.text("public.url").unwrap_or_default()).ok();
    let url = url.filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.host().is_some() && is_bare_origin(url)
    });
    if url.is_none() {
        let why = "must be an http:// or https:// URL without a path, such as \
                   https://login.example.com";
        reader.refuse("public.url", why);
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

fn public(reader: &mut Reader<'_>, url: String, cors_origins: Vec<String>) -> Public {
    Public {
        listen: reader.listen("public.listen"),
        url,
        tls: tls(reader, PUBLIC_TLS),
        trusted_proxies: trusted_proxies(reader, "public.trusted_proxies"),
        cors_origins,
    }
}

/// The settings that name the files of one listener's TLS.
#[derive(Clone, Copy)]
struct TlsSettings {
    section: &'static str,
    certificate: &'static str,
    key: &'static str,
}

const PUBLIC_TLS: TlsSettings = TlsSettings {
    section: "public",
    certificate: "public.tls_certificate_file",
    key: "public.tls_key_file",
};
const INTERNAL_TLS: TlsSettings = TlsSettings {
    section: "internal",
    certificate: "internal.tls_certificate_file",
    key: "internal.tls_key_file",
};

fn tls(reader: &mut Reader<'_>, settings: TlsSettings) -> Option<TlsFiles> {
    let TlsSettings { section, certificate, key } = settings;
    let (one, other) = match (reader.path(certificate), reader.path(key)) {
        (Some(certificate), Some(key)) => {
            return Some(TlsFiles { section, certificate, key, client_ca: None });
        }
        (None, None) => return None,
        (Some(_), None) => (certificate, key),
        (None, Some(_)) => (key, certificate),
    };
    reader.refuse(one, format_args!("needs `{other}` beside it"));
    None
}

fn trusted_proxies(reader: &mut Reader<'_>, key: &str) -> Vec<IpNet> {
    let mut proxies = Vec::new();
    for text in reader.list(key).unwrap_or_default() {
        match text
            .parse::<IpNet>()
            .or_else(|_| text.parse().map(|address: std::net::IpAddr| IpNet::from(address)))
        {
            Ok(prefix) => proxies.push(prefix),
            Err(_) => reader.refuse(
                key,
                format_args!("holds {text}, which is neither an address nor a prefix"),
            ),
        }
    }
    proxies
}

fn internal(reader: &mut Reader<'_>) -> Internal {
    let listen = reader.listen("internal.listen");
    let mut tls = tls(reader, INTERNAL_TLS);
    let client_ca = reader.path("internal.client_ca_file");
    match (&mut tls, client_ca) {
        (Some(tls), client_ca) => tls.client_ca = client_ca,
        (None, Some(_)) => {
            let why = "needs `internal.tls_certificate_file` and `internal.tls_key_file` beside it";
            reader.refuse("internal.client_ca_file", why);
        }
        (None, None) => {}
    }
    let beyond = listen.addresses.iter().find(|address| !address.ip().is_loopback());
    if let (Some(address), None) = (beyond, &tls) {
        reader.refuse(
            "internal.listen",
            format_args!(
                "names {address}, which other machines reach, and so needs TLS: set \
                 `internal.tls_certificate_file` and `internal.tls_key_file`, or name loopback \
                 addresses only"
            ),
        );
    }
    let trusted_proxies = trusted_proxies(reader, "internal.trusted_proxies");
    Internal { listen, tls, trusted_proxies }
}

fn access_tokens(reader: &mut Reader<'_>, issuer: &str) -> tokens::access::Settings {
    let audiences = reader.list("tokens.audiences").unwrap_or_else(|| vec![issuer.to_owned()]);
    if audiences.is_empty() {
        reader.refuse("tokens.audiences", "must name at least one audience");
    }
    tokens::access::Settings {
        issuer: issuer.to_owned(),
        audiences,
        lifetime: reader.span("tokens.access_lifetime"),
    }
}

fn signing_keys(
    reader: &mut Reader<'_>,
    access: &tokens::access::Settings,
) -> tokens::keys::Settings {
    let algorithm = match reader.choice("tokens.algorithm") {
        "RS256" => SigningAlgorithm::Rs256,
        "EdDSA" => SigningAlgorithm::EdDsa,
        _ => SigningAlgorithm::Es256,
    };
    let interval = reader.span("tokens.key_rotation_interval");
    if !interval.is_zero() && interval.as_secs() < 3600 {
        reader.refuse("tokens.key_rotation_interval", "must be `0` or at least 1h");
    }
    let rotation_interval = (!interval.is_zero()).then_some(interval);
    tokens::keys::Settings { algorithm, rotation_interval, token_lifetime: access.lifetime }
}

fn sessions(reader: &mut Reader<'_>) -> sessions::Settings {
    sessions::Settings {
        idle_lifetime: reader.span("tokens.refresh_idle_lifetime"),
        max_lifetime: reader.span("tokens.session_max_lifetime"),
    }
}

fn passwords(
    reader: &mut Reader<'_>,
    url: &Url,
    relying_party: &passkeys::Settings,
) -> passwords::Settings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = or_when_zero(reader.count("passwords.hash_threads"), cores);
    let settings = passwords::Settings {
        min_length: reader.count("passwords.min_length"),
        max_length: reader.count("passwords.max_length"),
        memory_kib: reader.count("passwords.argon2_memory_kib"),
        iterations: reader.count("passwords.argon2_iterations"),
        parallelism: reader.count("passwords.argon2_parallelism"),
        threads,
        queue: or_when_zero(reader.count("passwords.hash_queue"), threads.saturating_mul(16)),
        service_names: vec![
            url.host_str().unwrap_or_default().to_owned(),
            relying_party.relying_party_id.clone(),
            relying_party.relying_party_name.clone(),
        ],
    };
    if settings.min_length > settings.max_length {
        reader.refuse("passwords.min_length", "must not be more than `passwords.max_length`");
    }
    if settings.memory_kib < settings.parallelism.saturating_mul(8) {
        let why = "must be at least 8 for each lane of `passwords.argon2_parallelism`";
        reader.refuse("passwords.argon2_memory_kib", why);
    }
    settings
}

fn or_when_zero(number: u32, otherwise: usize) -> usize {
    if number == 0 { otherwise } else { number as usize }
}

fn master_secret(reader: &mut Reader<'_>, data: &Path) -> MasterSecretSource {
    let Some(text) = reader.text("secrets.key_encryption_key") else {
        if reader.is_set("secrets.key_encryption_key") {
            reader.refuse("secrets.key_encryption_key", "must not be empty");
        }
        return MasterSecretSource::Kept(data.join("key-encryption-key"));
    };
    secrets::master_secret(text).map(MasterSecretSource::Given).unwrap_or_else(|| {
        reader.refuse("secrets.key_encryption_key", "must be 32 bytes in base64");
        MasterSecretSource::Kept(PathBuf::new())
    })
}

fn limits(reader: &mut Reader<'_>) -> Limits {
    Limits {
        connections: reader.count("limits.connections") as usize,
        request_timeout: reader.span("limits.request_timeout"),
        handshake_timeout: reader.span("limits.handshake_timeout"),
        idle_timeout: reader.span("limits.idle_timeout"),
        drain_timeout: reader.span("limits.drain_timeout"),
        slow_watcher_timeout: reader.span("limits.slow_watcher_timeout"),
        concurrent_streams: reader.count("limits.concurrent_streams"),
    }
}

fn log(reader: &mut Reader<'_>) -> Log {
    let format = match reader.choice("log.format") {
        "pretty" => LogFormat::Pretty,
        "json" => LogFormat::Json,
        _ => LogFormat::Auto,
    };
    Log { format, level: reader.choice("log.level").to_owned() }
}

/// What is allowed, for tests and small machines, but unwise.
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
            "The database's server need not prove who it is; add `sslmode=verify-full` (and \
             `sslrootcert=FILE` for a certificate authority of your own) to `database.url`."
                .to_owned(),
        );
    }
    // The least of OWASP's equivalent argon2id settings is 7 MiB with 5 passes.
    let work = u64::from(passwords.memory_kib) * u64::from(passwords.iterations);
    if passwords.memory_kib < 7168 || work < 35_840 {
        warnings.push(
            "Password hashes are cheaper than OWASP's minimum; raise \
             `passwords.argon2_memory_kib` or `passwords.argon2_iterations`."
                .to_owned(),
        );
    }
    if passwords.min_length < 15 {
        warnings.push(
            "`passwords.min_length` is under 15, the least that NIST SP 800-63B-4 allows for a \
             password that signs in alone."
                .to_owned(),
        );
    }
    warnings
}
