//! What the agent is told by flags and by the environment.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use claviger_verifier as verifier;
use claviger_verifier::{ClientIdentity, StalePolicy};
use ipnet::IpNet;
use secrecy::SecretString;

use crate::config::{Limits, Listen};

/// One flag; its variable is `CLAVIGER_AGENT_` and the name in capitals.
#[derive(Debug)]
pub struct Flag {
    /// Its name, without dashes in front.
    pub name: &'static str,
    /// What its value looks like.
    pub value: &'static str,
    /// What holds when nobody says.
    pub default: Option<&'static str>,
    /// What it is for.
    pub help: &'static str,
}

const fn flag(
    name: &'static str,
    value: &'static str,
    default: Option<&'static str>,
    help: &'static str,
) -> Flag {
    Flag { name, value, default, help }
}

/// What every variable of the agent begins with.
pub const VARIABLES: &str = "CLAVIGER_AGENT_";

/// Every flag.
#[rustfmt::skip]
pub static FLAGS: [Flag; 10] = [
    flag("server", "URL", Some("http://localhost:8081"), "Where the server's internal port is; https unless it is on this machine"),
    flag("audience", "NAME", None, "Whom tokens must be for, unless a route says otherwise; needed"),
    flag("listen", "ADDRESSES", Some("127.0.0.1:8082"), "Where the gateway reaches the agent; separated by commas"),
    flag("trusted-proxies", "PREFIXES", Some(""), "Whose x-forwarded-* stands in the log; separated by commas"),
    flag("service-key-file", "FILE", None, "A file with the key of the agent's service account"),
    flag("ca-file", "FILE", None, "The authorities (PEM) that may have signed the server's certificate"),
    flag("client-certificate-file", "FILE", None, "The certificate (PEM) that the agent shows the server"),
    flag("client-key-file", "FILE", None, "The key (PEM) of that certificate"),
    flag("on-lost-stream", "refuse|accept", Some("refuse"), "What to do when the server has not been heard of for longer than the grace: deny every request, or decide by what was heard so far"),
    flag("grace", "SPAN", Some("10s"), "How long to decide without hearing of the server"),
];

impl Flag {
    /// Its variable.
    pub fn variable(&self) -> String {
        format!("{VARIABLES}{}", self.name.replace('-', "_").to_uppercase())
    }
}

/// What the agent is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: Listen,
    /// Whose `x-forwarded-*` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How it follows the server.
    pub verifier: verifier::Settings,
    /// How much it takes on.
    pub limits: Limits,
}

/// Something that it was told is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// A variable means nothing.
    #[error(
        "The environment has the unknown variable {0}; `claviger agent --help` lists the flags."
    )]
    Unknown(String),
    /// A value that is needed is not there.
    #[error("Give --{0} a value.")]
    Missing(&'static str),
    /// A value means nothing.
    #[error("The value of --{name} must be {form}.")]
    Value {
        /// The flag.
        name: &'static str,
        /// What it must be.
        form: &'static str,
    },
    /// A file cannot be read.
    #[error("The file {path} of --{name} cannot be read: {cause}.")]
    File {
        /// The flag.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// One of two that belong together.
    #[error("--client-certificate-file and --client-key-file need each other.")]
    HalfIdentity,
}

impl Settings {
    /// Reads the values that flags and variables were given, by the flags' names.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn read(given: &dyn Fn(&str) -> Option<String>, limits: Limits) -> Result<Self, Wrong> {
        let values = Given(given);
        let mut verifier =
            verifier::Settings::new(values.required("server")?, values.required("audience")?);
        verifier.service_key = values.file("service-key-file")?.map(secret);
        verifier.ca_certificate = values.file("ca-file")?;
        verifier.client_identity = values.identity()?;
        verifier.stale_policy = match values.required("on-lost-stream")?.as_str() {
            "refuse" => StalePolicy::FailClosed,
            "accept" => StalePolicy::FailOpen,
            _ => return Err(Wrong::Value { name: "on-lost-stream", form: "refuse or accept" }),
        };
        verifier.grace = values.span("grace")?;
        let addresses = "addresses with ports, such as 127.0.0.1:8082";
        let listen: Vec<SocketAddr> = values.list("listen", addresses, |it| it.parse().ok())?;
        if listen.is_empty() {
            return Err(Wrong::Missing("listen"));
        }
        let prefixes = "addresses or prefixes, such as 10.0.0.0/8";
        let trusted_proxies = values.list("trusted-proxies", prefixes, |it| {
            it.parse::<IpNet>().or_else(|_| it.parse().map(|it: std::net::IpAddr| it.into())).ok()
        })?;
        let listen = Listen { setting: "--listen", addresses: listen, is_default: false };
        Ok(Self { listen, trusted_proxies, verifier, limits })
    }
}

struct Given<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Given<'_> {
    /// The value of a flag, or what holds without one. Empty is as good as absent.
    fn text(&self, name: &'static str) -> Option<String> {
        let given = (self.0)(name).filter(|text| !text.trim().is_empty());
        let default = FLAGS.iter().find(|flag| flag.name == name).and_then(|flag| flag.default);
        given.map(|text| text.trim().to_owned()).or_else(|| default.map(str::to_owned))
    }

    fn required(&self, name: &'static str) -> Result<String, Wrong> {
        self.text(name).ok_or(Wrong::Missing(name))
    }

    fn span(&self, name: &'static str) -> Result<Duration, Wrong> {
        let form = "a span of time such as 10s";
        let text = self.required(name)?;
        humantime::parse_duration(&text).map_err(|_| Wrong::Value { name, form })
    }

    fn list<T>(
        &self,
        name: &'static str,
        form: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Wrong> {
        let text = self.text(name).unwrap_or_default();
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| parse(item).ok_or(Wrong::Value { name, form })).collect()
    }

    fn file(&self, name: &'static str) -> Result<Option<Vec<u8>>, Wrong> {
        let Some(path) = self.text(name).map(PathBuf::from) else { return Ok(None) };
        let bytes = fs::read(&path).map_err(|cause| Wrong::File { name, path, cause })?;
        Ok(Some(bytes))
    }

    fn identity(&self) -> Result<Option<ClientIdentity>, Wrong> {
        match (self.file("client-certificate-file")?, self.file("client-key-file")?) {
            (Some(certificate), Some(key)) => {
                let key = secret(key);
                Ok(Some(ClientIdentity { certificate, key }))
            }
            (None, None) => Ok(None),
            _ => Err(Wrong::HalfIdentity),
        }
    }
}

fn secret(bytes: Vec<u8>) -> SecretString {
    SecretString::from(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let given = |name: &str| {
            pairs.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        };
        let limits = Config::from_pairs(&[]).unwrap().limits;
        Settings::read(&given, limits).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn an_audience_is_all_that_is_needed() {
        let settings = read(&[("audience", "shop")]).unwrap();

        assert_eq!(settings.verifier.audience, "shop");
        assert_eq!(settings.verifier.server_url, "http://localhost:8081");
        assert_eq!(settings.verifier.grace, Duration::from_secs(10));
        assert_eq!(settings.listen.addresses, ["127.0.0.1:8082".parse().unwrap()]);
        assert_eq!(read(&[]).unwrap_err(), "Give --audience a value.");
    }

    #[test]
    fn what_means_nothing_is_refused_by_name() {
        for (name, value) in [
            ("listen", "8082"),
            ("trusted-proxies", "here"),
            ("grace", "soon"),
            ("on-lost-stream", "perhaps"),
            ("service-key-file", "/nowhere/at/all"),
            ("ca-file", "/nowhere/at/all"),
        ] {
            let refusal = read(&[("audience", "shop"), (name, value)]).unwrap_err();

            assert!(refusal.contains(&format!("--{name}")), "{refusal}");
        }
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pem");
        fs::write(&file, "pem").unwrap();
        let file = file.to_str().unwrap();

        let half = read(&[("audience", "shop"), ("client-certificate-file", file)]);

        assert!(half.unwrap_err().contains("need each other"));
    }

    #[test]
    fn each_flag_has_a_variable() {
        let variables: Vec<_> = FLAGS.iter().map(Flag::variable).collect();

        assert!(variables.contains(&"CLAVIGER_AGENT_ON_LOST_STREAM".to_owned()));
    }
}
