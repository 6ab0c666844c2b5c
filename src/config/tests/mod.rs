//! The configuration as a whole.

mod bounds;

use std::{fs, path::Path};

use super::{document, layers::Inputs, *};
use crate::model::registration::RegistrationPolicy;

const LOCAL_ORIGIN: (&str, &str) = ("relying_party.origins", "http://localhost:8080");

pub(super) fn with(flags: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::load(&inputs(flags))
}

pub(super) fn inputs(flags: &[(&str, &str)]) -> Inputs {
    let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Inputs { flags: flags.collect(), ..Inputs::default() }
}

fn refusal(flags: &[(&str, &str)]) -> String {
    with(flags).unwrap_err().to_string()
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = with(&[]).unwrap();

    assert_eq!(config.public.url, "http://localhost:8080");
    assert_eq!(config.public.listen.addresses.len(), 2);
    assert!(config.public.listen.is_default);
    assert_eq!(config.relying_party.relying_party_id, "localhost");
    assert_eq!(config.relying_party.origins, ["http://localhost:8080"]);
    assert_eq!(config.public.cors_origins, ["http://localhost:8080"]);
    assert_eq!(config.access_tokens.audiences, ["backend"]);
    assert_eq!(config.database.to_string(), "./claviger-data/claviger.db");
    assert!(config.warnings.is_empty());
}

#[test]
fn issuer_and_relying_party_default_to_the_url() {
    let config = with(&[("public.url", "https://login.example.com/")]).unwrap();

    assert_eq!(config.public.url, "https://login.example.com");
    assert_eq!(config.access_tokens.issuer, "https://login.example.com");
    assert_eq!(config.relying_party.relying_party_id, "login.example.com");
}

#[test]
fn an_app_origin_is_for_passkeys_but_not_for_pages() {
    let app = "android:apk-key-hash:abc";
    let origins = format!("https://example.com,{app}");
    let flags = [("public.url", "https://example.com"), ("relying_party.origins", &origins)];

    let config = with(&flags).unwrap();

    assert_eq!(config.relying_party.origins, ["https://example.com", app]);
    assert_eq!(config.public.cors_origins, ["https://example.com"]);
}

#[test]
fn every_problem_is_reported_at_once_with_its_setting_and_source() {
    let text = refusal(&[
        ("limits.connections", "many"),
        ("tokens.access_lifetime", "3 fortnights"),
        ("tokens.algorithm", "HS256"),
        ("public.listen", "8080"),
        ("passwords.min_length", "4"),
    ]);

    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("`limits.connections`, given by the flag --limits-connections, is"));
}

#[test]
fn a_bad_url_hides_no_other_problem() {
    let text = refusal(&[
        ("public.url", "http://localhost/path"),
        ("limits.connections", "-4"),
        ("internal.listen", "0.0.0.0:8081"),
    ]);

    for key in ["public.url", "limits.connections", "internal.listen"] {
        assert!(text.contains(key), "{key} is missing in {text}");
    }
}

#[test]
fn without_tls_the_internal_listener_refuses_everything_but_loopback() {
    let text = refusal(&[("internal.listen", "127.0.0.1:1,0.0.0.0:8081")]);

    assert!(text.contains("0.0.0.0:8081") && text.contains("tls_certificate_file"), "{text}");
}

#[test]
fn the_internal_listener_goes_beyond_loopback_with_tls_and_asks_who_calls() {
    let with_tls = |listen: &'static str| {
        [
            ("internal.listen", listen),
            ("internal.tls_certificate_file", "c.pem"),
            ("internal.tls_key_file", "k.pem"),
            ("internal.client_ca_file", "ca.pem"),
        ]
    };

    let beyond = with(&with_tls("127.0.0.1:1,[::]:8081")).unwrap().internal;
    let loopback = with(&with_tls("localhost:8081")).unwrap().internal;

    assert_eq!(beyond.admission(), Admission::ServiceAccounts);
    assert_eq!(loopback.admission(), Admission::Anonymous);
    let files = beyond.tls.unwrap();
    assert_eq!(files.section, "internal");
    assert_eq!(files.client_ca.as_deref(), Some(Path::new("ca.pem")));
}

#[test]
fn authorities_of_clients_need_tls() {
    let text = refusal(&[("internal.client_ca_file", "ca.pem")]);

    assert!(text.contains("internal.tls_key_file"), "{text}");
}

#[test]
fn registration_is_open_at_a_local_url_and_closed_at_any_other() {
    let of = |url: &str| {
        let flags = [("public.url", url), ("relying_party.id", "localhost"), LOCAL_ORIGIN];
        with(&flags).unwrap().registration
    };

    for url in [
        "http://localhost:8080",
        "https://app.localhost",
        "http://127.0.0.1:8080",
        "http://127.8.8.8",
        "http://[::1]:8080",
    ] {
        assert_eq!(of(url).policy, RegistrationPolicy::Open, "{url}");
    }
    for url in [
        "https://login.example.com",
        "https://localhost.example.com",
        "http://192.168.0.1:8080",
        "http://[2001:db8::1]",
        "http://0.0.0.0:8080",
    ] {
        assert_eq!(of(url).policy, RegistrationPolicy::Closed, "{url}");
    }
}

#[test]
fn registration_is_what_the_operator_says_at_any_url() {
    for url in ["http://localhost:8080", "https://login.example.com"] {
        for (word, policy) in [
            ("open", RegistrationPolicy::Open),
            ("Invitation", RegistrationPolicy::Invitation),
            ("closed", RegistrationPolicy::Closed),
        ] {
            let flags = [("public.url", url), ("accounts.registration", word)];
            assert_eq!(with(&flags).unwrap().registration.policy, policy, "{word}");
        }
    }

    assert!(refusal(&[("accounts.registration", "maybe")]).contains("closed, invitation, open"));
}

#[test]
fn the_effective_values_state_who_may_register_and_why() {
    let shown = |flags: &[(&str, &str)]| effective(&inputs(flags)).unwrap();
    let url = ("public.url", "https://login.example.com");

    let local = shown(&[]);
    let public = shown(&[url]);
    let given = shown(&[url, ("accounts.registration", "open")]);

    let line = r#"# registration = "open" # because `public.url` is on this machine"#;
    assert!(local.contains(line), "{local}");
    let line = r#"# registration = "closed" # because `public.url` is not on this machine"#;
    assert!(public.contains(line), "{public}");
    let line = "registration = \"open\" # the flag --accounts-registration";
    assert!(given.contains(line), "{given}");
}

#[test]
fn an_address_is_refused_as_relying_party() {
    assert!(refusal(&[("public.url", "http://127.0.0.1:8080")]).contains("relying_party.id"));
}

#[test]
fn an_origin_outside_the_relying_party_is_refused() {
    for origin in ["https://evil.com", "https://notexample.com", "https://example.com/"] {
        let flags = [("public.url", "https://example.com"), ("relying_party.origins", origin)];
        assert!(refusal(&flags).contains("relying_party.origins"), "{origin}");
    }
    let below = [
        ("public.url", "https://login.example.com"),
        ("relying_party.id", "example.com"),
        ("relying_party.origins", "https://example.com,https://a.example.com:8443"),
    ];
    assert!(with(&below).is_ok());
}

#[test]
fn related_origins_are_on_other_domains_and_secure() {
    let with_related = |related: &'static str| {
        [("public.url", "https://example.com"), ("relying_party.related_origins", related)]
    };

    let config = with(&with_related("https://example.net,http://localhost:3000")).unwrap();

    let all = ["https://example.com", "https://example.net", "http://localhost:3000"];
    assert_eq!(config.relying_party.accepted_origins(), all);
    assert_eq!(config.public.cors_origins, all);
    assert!(config.warnings.is_empty());
    for (related, why) in [
        ("http://example.net", "https"),
        ("https://example.net/", "not an origin"),
        ("https://192.0.2.1", "a domain name"),
        ("https://shop.example.com", "`relying_party.origins`"),
        ("android:apk-key-hash:abc", "not an origin"),
    ] {
        let text = refusal(&with_related(related));
        assert!(text.contains(related) && text.contains(why), "{text}");
    }
}

#[test]
fn more_related_origins_than_browsers_honour_bring_a_warning() {
    let names = ["a", "b", "c", "d", "e", "f"].map(|name| format!("https://{name}.example"));
    let warnings = |count: usize| {
        let related = names[..count].join(",");
        let flags =
            [("public.url", "https://example.com"), ("relying_party.related_origins", &related)];
        with(&flags).unwrap().warnings
    };

    assert!(warnings(5).is_empty());
    assert!(warnings(6)[0].contains("has 6 hosts"));
}

#[test]
fn an_origin_whose_pages_browsers_give_no_passkeys_is_refused() {
    assert!(refusal(&[("public.url", "http://login.example.com")]).contains("https, or localhost"));
}

#[test]
fn a_certificate_needs_its_key() {
    assert!(refusal(&[("public.tls_certificate_file", "c.pem")]).contains("public.tls_key_file"));
    let internal = refusal(&[("internal.tls_key_file", "k.pem")]);
    assert!(internal.contains("internal.tls_certificate_file"), "{internal}");
}

#[test]
fn a_database_in_memory_or_without_a_name_is_refused() {
    for url in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite://:memory:"] {
        let text = refusal(&[("database.url", url)]);
        assert!(text.contains("must be `sqlite:PATH`"), "{url}: {text}");
    }
}

#[test]
fn a_host_that_no_call_can_have_is_refused() {
    for host in ["*", "*.internal", "http://claviger.internal", "claviger.internal:8081", "."] {
        let text = refusal(&[("internal.allowed_hosts", host)]);
        assert!(text.contains("not a domain name"), "{host}: {text}");
    }
    let hosts = [("internal.allowed_hosts", "Claviger.Internal., other.internal")];
    let allowed = with(&hosts).unwrap().internal.allowed_hosts;
    assert_eq!(allowed, ["claviger.internal", "other.internal"]);
}

#[test]
fn databases_are_named_in_any_of_the_usual_ways() {
    for (url, path) in
        [("sqlite:a.db", "a.db"), ("sqlite://a.db", "a.db"), ("sqlite:///v/a.db", "/v/a.db")]
    {
        assert_eq!(with(&[("database.url", url)]).unwrap().database.to_string(), path);
    }
    let postgres = with(&[("database.url", "postgresql://me@db:6432/auth?sslmode=require")]);
    assert_eq!(postgres.unwrap().database.to_string(), "postgres://me@db:6432/auth");
    for url in ["mysql://h/d", "claviger.db"] {
        assert!(refusal(&[("database.url", url)]).contains("sqlite:"), "{url}");
    }
    assert!(refusal(&[("database.url", "postgres://host")]).contains("postgres://user@host"));
    let unused = [("database.url", "sqlite:a.db"), ("database.prepared_statements", "maybe")];
    assert!(refusal(&unused).contains("`database.prepared_statements`"));
}

#[test]
fn the_password_of_a_database_is_printed_nowhere_and_refused_on_the_command_line() {
    let url = "postgres://me:hunter2@db/auth";
    let environment = vec![("CLAVIGER_DATABASE_URL".to_owned(), url.to_owned())];
    let given = Inputs { environment, ..Inputs::default() };
    let flags = vec![("database.url".to_owned(), url.to_owned())];

    let printed = effective(&given).unwrap();
    let shown = format!("{:?}", Config::load(&given).unwrap());
    let refused = Config::load(&Inputs { flags, ..Inputs::default() }).unwrap_err().to_string();

    assert!(printed.contains("postgres://me:***@db/auth"), "{printed}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        refused.contains("database.password_file") && !refused.contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn a_bad_secret_is_refused_and_a_good_one_printed_nowhere() {
    let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISEhISE=";
    let variable = |value: &str| Inputs {
        environment: vec![("CLAVIGER_SECRETS_KEY_ENCRYPTION_KEY".to_owned(), value.to_owned())],
        ..Inputs::default()
    };

    let refused = Config::load(&variable("c2hvcnQ=")).unwrap_err().to_string();
    let config = Config::load(&variable(secret)).unwrap();
    let printed = effective(&variable(secret)).unwrap();

    assert!(!refused.contains("c2hvcnQ"), "{refused}");
    assert!(refused.contains("CLAVIGER_SECRETS_KEY_ENCRYPTION_KEY"), "{refused}");
    assert!(matches!(config.master_secret, MasterSecretSource::Given(_)));
    assert!(!format!("{config:?}{:?}", layers::gather(&variable(secret)).0).contains("c2Vj"));
    assert!(printed.contains("not shown") && !printed.contains("c2Vj"), "{printed}");
}

#[test]
fn what_is_printed_is_a_configuration_file_of_the_same_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    let first = inputs(&[("tokens.audiences", "a,b"), ("log.level", "debug")]);
    fs::write(&path, effective(&first).unwrap()).unwrap();

    let second = Config::load(&Inputs { file: Some(path), ..Inputs::default() }).unwrap();

    assert_eq!(second.access_tokens.audiences, ["a", "b"]);
    assert_eq!(second.log.level, "debug");
}

#[test]
fn the_audiences_are_backends_and_never_our_own_api() {
    let own = refusal(&[("tokens.audiences", "shop,http://localhost:8080")]);
    let spaced = refusal(&[("tokens.audiences", "my shop")]);
    let none = refusal(&[("tokens.audiences", "")]);

    assert!(own.contains("the issuer, which is the audience of Claviger's own API"), "{own}");
    assert!(spaced.contains("must not contain white space"), "{spaced}");
    assert!(none.contains("at least one audience"), "{none}");
}

#[test]
fn cheap_hashes_are_allowed_with_a_warning() {
    let config = with(&[("passwords.argon2_memory_kib", "8")]).unwrap();

    assert!(config.warnings[0].contains("OWASP"));
    assert!(
        refusal(&[("passwords.argon2_memory_kib", "8"), ("passwords.argon2_parallelism", "2")])
            .contains("each lane")
    );
}

#[test]
fn a_database_server_that_is_not_verified_brings_a_warning() {
    let warnings = |url: &str| with(&[("database.url", url)]).unwrap().warnings;

    let warned = warnings("postgres://me@db.example/auth");

    assert!(warned[0].contains("sslmode=verify-full"), "{warned:?}");
    assert!(warnings("postgres://me@db.example/auth?sslmode=verify-full").is_empty());
    assert!(warnings("postgres://me@localhost/auth").is_empty());
}
