//! Why the flags or variables of the agent cannot be used, as sentences for the operator.

use std::path::PathBuf;

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
    /// The client certificate or its key is missing.
    #[error("--client-certificate-file and --client-key-file require each other.")]
    HalfIdentity,
}
