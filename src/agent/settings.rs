//! The settings of the agent, from its flags.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use claviger_verifier as verifier;
use claviger_verifier::{ClientIdentity, StalePolicy};
use ipnet::IpNet;
use secrecy::SecretString;

use crate::serve::{
    pem,
    settings::{Limits, Listen},
};

use super::{
    flags::{Flags, Listening, WhenStale},
    invalid::Invalid,
};

const SERVER: &str = "http://localhost:8081";
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8082);
const GRACE: Duration = Duration::from_secs(10);

/// The settings of the agent.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The addresses it listens on.
    pub listen: Listen,
    /// The proxies whose `x-forwarded-*` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// How it follows the server.
    pub verifier: verifier::Settings,
    /// Limits on connections and calls.
    pub limits: Limits,
}

impl Settings {
    /// Completes the flags with the defaults, and reads the files.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(flags: Flags, limits: Limits) -> Result<Self, Invalid> {
        let audience = flags.audience.filter(|it| !it.trim().is_empty());
        let audience = audience.ok_or(Invalid::AudienceMissing)?;
        let server = flags.server.unwrap_or_else(|| SERVER.to_owned());
        let mut verifier = verifier::Settings::new(server, audience);
        verifier.groups = flags.group;
        verifier.service_key = read("service-key-file", flags.service_key_file)?.map(secret);
        verifier.ca_certificate = read("ca-file", flags.ca_file)?;
        if let Some(pem) = &verifier.ca_certificate {
            pem::certificates(pem).map_err(|why| Invalid::Pem { flag: "ca-file", why })?;
        }
        let certificate = read("client-certificate-file", flags.client_certificate_file)?;
        let key = read("client-key-file", flags.client_key_file)?;
        verifier.client_identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(identity(certificate, key)?),
            (None, None) => None,
            _ => return Err(Invalid::HalfIdentity),
        };
        verifier.stale_policy = match flags.stale_policy.unwrap_or(WhenStale::FailClosed) {
            WhenStale::FailClosed => StalePolicy::FailClosed,
            WhenStale::FailOpen => StalePolicy::FailOpen,
        };
        verifier.grace = flags.grace.unwrap_or(GRACE);
        let Listening(addresses) = flags.listen.unwrap_or_else(|| Listening(vec![LISTEN]));
        let listen = Listen { setting: "--listen", addresses, is_default: false };
        let trusted_proxies = flags.trusted_proxies.unwrap_or_default().0;
        Ok(Self { listen, trusted_proxies, verifier, limits })
    }
}

fn read(flag: &'static str, path: Option<PathBuf>) -> Result<Option<Vec<u8>>, Invalid> {
    let Some(path) = path else { return Ok(None) };
    let bytes = fs::read(&path).map_err(|cause| Invalid::File { flag, path, cause })?;
    Ok(Some(bytes))
}

/// The client certificate and its key, which belong together.
fn identity(certificate: Vec<u8>, key: Vec<u8>) -> Result<ClientIdentity, Invalid> {
    let chain = pem::certificates(&certificate);
    let chain = chain.map_err(|why| Invalid::Pem { flag: "client-certificate-file", why })?;
    let private_key = pem::private_key(&key);
    let private_key = private_key.map_err(|why| Invalid::Pem { flag: "client-key-file", why })?;
    pem::check_pair(chain, private_key).map_err(Invalid::Pair)?;
    Ok(ClientIdentity { certificate, key: secret(key) })
}

fn secret(bytes: Vec<u8>) -> SecretString {
    SecretString::from(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agent::flags::VARIABLES, config::Config};
    use clap::{Args as _, Command, FromArgMatches as _};

    fn flags(flags: &[(&str, &str)]) -> Flags {
        let command = Flags::augment_args(Command::new("agent").no_binary_name(true));
        let flags = flags.iter().map(|(name, value)| format!("--{name}={value}"));
        Flags::from_arg_matches(&command.try_get_matches_from(flags).unwrap()).unwrap()
    }

    fn settings(flags: Flags) -> Result<Settings, String> {
        let limits = Config::from_pairs(&[]).unwrap().limits;
        Settings::new(flags, limits).map_err(|invalid| invalid.to_string())
    }

    fn variable(name: &str, value: &str) -> (String, String) {
        (format!("{VARIABLES}{name}"), value.to_owned())
    }

    #[test]
    fn an_audience_is_all_that_is_needed() {
        let settings_of_shop = settings(flags(&[("audience", "shop")])).unwrap();

        assert_eq!(settings_of_shop.verifier.audience, "shop");
        assert_eq!(settings_of_shop.verifier.server_url, "http://localhost:8081");
        assert_eq!(settings_of_shop.verifier.grace, Duration::from_secs(10));
        assert_eq!(settings_of_shop.verifier.stale_policy, StalePolicy::FailClosed);
        assert_eq!(settings_of_shop.listen.addresses, ["127.0.0.1:8082".parse().unwrap()]);
        assert!(settings(Flags::default()).unwrap_err().contains("--audience"));
        assert!(settings(flags(&[("audience", " ")])).unwrap_err().contains("--audience"));
    }

    #[test]
    fn the_help_names_every_variable_and_the_defaults_in_force() {
        let command = Flags::augment_args(Command::new("agent"));
        let help = command.clone().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");

        for name in command.get_arguments().filter_map(|it| it.get_long()) {
            let variable = format!("{VARIABLES}{}", name.replace('-', "_").to_uppercase());
            assert!(help.contains(&format!("[env: {variable}]")), "{variable}: {help}");
        }
        for default in [SERVER, &LISTEN.to_string(), "fail-closed", "10s"] {
            assert!(help.contains(&format!("[default: {default}]")), "{default}: {help}");
        }
    }

    #[test]
    fn a_flag_wins_over_its_variable_and_an_empty_variable_is_none() {
        let variables = [
            variable("AUDIENCE", "mail"),
            variable("GROUP", "staff,admins"),
            variable("GRACE", "3s"),
            variable("STALE_POLICY", "fail-open"),
            variable("LISTEN", ""),
            variable("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"),
        ];

        let flags = flags(&[("audience", "shop")]).or_variables(&variables).unwrap();
        let settings = settings(flags).unwrap();

        assert_eq!(settings.verifier.audience, "shop");
        assert_eq!(settings.verifier.groups, Some("admins,staff".parse().unwrap()));
        assert_eq!(settings.verifier.grace, Duration::from_secs(3));
        assert_eq!(settings.verifier.stale_policy, StalePolicy::FailOpen);
        assert_eq!(settings.listen.addresses, [LISTEN]);
        assert_eq!(settings.trusted_proxies.len(), 2);
    }

    #[test]
    fn an_invalid_value_is_refused_by_flag_and_by_variable() {
        for (name, value) in [
            ("group", "Staff"),
            ("group", "staff,"),
            ("listen", "8082"),
            ("listen", ","),
            ("trusted-proxies", "here"),
            ("grace", "soon"),
            ("stale-policy", "perhaps"),
        ] {
            let command = Flags::augment_args(Command::new("agent").no_binary_name(true));
            let flag = command.try_get_matches_from([format!("--{name}={value}")]);
            let pair = variable(&name.replace('-', "_").to_uppercase(), value);
            let by_variable = Flags::default().or_variables(std::slice::from_ref(&pair));

            assert!(flag.unwrap_err().to_string().contains(&format!("--{name}")));
            let said = by_variable.unwrap_err().to_string();
            assert!(said.contains(&pair.0) && said.contains(value), "{said}");
            assert!(!said.contains("--help"), "{said}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_refused_by_flag() {
        for name in ["service-key-file", "ca-file", "client-key-file", "client-certificate-file"] {
            let flags = flags(&[("audience", "shop"), (name, "/nowhere/at/all")]);

            let refusal = settings(flags).unwrap_err();

            assert!(refusal.contains(&format!("--{name}")), "{refusal}");
        }
    }

    #[test]
    fn unknown_variables_are_refused_and_those_of_kubernetes_services_ignored() {
        let links = [
            variable("SERVICE_HOST", "10.0.0.1"),
            variable("PORT_8082_TCP", "tcp://10.0.0.1:8082"),
        ];
        let typo = [variable("GRACES", "1s")];

        assert!(Flags::default().or_variables(&links).is_ok());
        let refusal = Flags::default().or_variables(&typo).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "Unknown environment variable CLAVIGER_AGENT_GRACES; did you mean \
             CLAVIGER_AGENT_GRACE?"
        );
    }

    #[test]
    fn a_file_that_is_no_pem_is_refused_by_flag() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pem");
        fs::write(&file, "pem").unwrap();
        let file = file.to_str().unwrap();

        let authority = settings(flags(&[("audience", "shop"), ("ca-file", file)])).unwrap_err();
        let both = [("client-certificate-file", file), ("client-key-file", file)];
        let pair = settings(flags(&[&[("audience", "shop")], &both[..]].concat())).unwrap_err();

        assert!(authority.contains("--ca-file") && authority.contains("not in PEM"), "{authority}");
        assert!(
            pair.contains("--client-certificate-file") && pair.contains("not in PEM"),
            "{pair}"
        );
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pem");
        fs::write(&file, "pem").unwrap();
        let file = file.to_str().unwrap();

        let half = settings(flags(&[("audience", "shop"), ("client-certificate-file", file)]));

        assert!(half.unwrap_err().contains("require each other"));
    }
}
