//! Why the flags or variables of the agent cannot be used, as sentences for the operator.

use std::path::PathBuf;

use claviger_verifier::{Settings, SettingsError};

/// A flag or variable that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// No flag has this variable.
    #[error("Unknown environment variable {name}; did you mean {nearest}?")]
    Unknown {
        /// The variable.
        name: String,
        /// The known variable that is most like it.
        nearest: String,
    },
    /// A variable has an invalid value.
    #[error("The environment variable {name} is invalid: {problem}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong, as for the flag.
        problem: String,
    },
    /// The audience is not given.
    #[error("An audience is required: give --audience or set CLAVIGER_AGENT_AUDIENCE.")]
    AudienceMissing,
    /// A file cannot be read.
    #[error("The file {path} of --{flag} cannot be read: {cause}.")]
    File {
        /// The flag.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// A file does not contain what it should, in PEM.
    #[error("The file of --{flag} cannot be used: {why}.")]
    Pem {
        /// The flag.
        flag: &'static str,
        /// What is wrong, as the end of the sentence.
        why: String,
    },
    /// The client certificate and its key do not belong together.
    #[error(
        "The certificate of --client-certificate-file and the key of --client-key-file cannot be used \
         together: {0}."
    )]
    Pair(String),
    /// The URL of the server is not one.
    #[error(
        "--server (CLAVIGER_AGENT_SERVER) is {0:?}, which is not the URL of a server: expected one such as \
         https://claviger.internal:8081."
    )]
    ServerUrl(String),
    /// Another computer could give the agent keys of its own.
    #[error(
        "--server (CLAVIGER_AGENT_SERVER) is {0}: without TLS, the agent connects to this machine only. \
         Give an https:// URL."
    )]
    ServerNotSecure(String),
    /// The file of the key contains something else.
    #[error("The file of --service-key-file does not contain the key of a service account.")]
    ServiceKey,
    /// The client certificate or its key is missing.
    #[error("--client-certificate-file and --client-key-file require each other.")]
    HalfIdentity,
}

impl Invalid {
    /// What is wrong with the flags, where the verifier refuses the settings made of them. `None` for what
    /// no flag can cause.
    pub fn of(error: &SettingsError, settings: &Settings) -> Option<Self> {
        let server = || settings.server_url.clone();
        match error {
            SettingsError::UrlInvalid => Some(Self::ServerUrl(server())),
            SettingsError::UrlNotSecure => Some(Self::ServerNotSecure(server())),
            SettingsError::AudienceEmpty => Some(Self::AudienceMissing),
            SettingsError::ServiceKeyInvalid => Some(Self::ServiceKey),
            // The files were read before; see `settings.rs`.
            SettingsError::CertificateInvalid(_) | SettingsError::NoRuntime => None,
        }
    }
}
