//! Accounts as `firebase auth:export` writes them, with the project's parameters of its hashes.
//!
//! Knows no passkeys: Firebase has none.

use serde_json::Value;

use crate::cli::moving::row::State;

use super::{
    Adapter, Layout,
    draft::Draft,
    fields::{Fields, Problem, decoded},
};

/// A project's parameters, as the Firebase console shows them.
#[derive(Clone)]
pub(in crate::cli::moving) struct HashConfig {
    signer_key: String,
    salt_separator: String,
    rounds: u32,
    memory_cost: u32,
}

impl HashConfig {
    /// Reads `hash_config { algorithm: SCRYPT, base64_signer_key: …, … }`, with quotation marks or without.
    ///
    /// # Errors
    /// Which parameter is missing or wrong.
    pub(in crate::cli::moving) fn parse(text: &str) -> Result<Self, String> {
        let pairs: Vec<(&str, &str)> = text
            .split([',', '{', '}', '\n'])
            .filter_map(|it| it.split_once(':'))
            .map(|(name, value)| (unquoted(name), unquoted(value)))
            .collect();
        let find = |name: &str| {
            let pair = pairs.iter().find(|(it, _)| *it == name);
            pair.map(|(_, value)| *value).ok_or_else(|| format!("{name} is missing"))
        };
        let bytes = |name: &str| {
            let value = find(name)?;
            decoded(value).map(|_| value.to_owned()).ok_or_else(|| format!("{name} must be base64"))
        };
        let number =
            |name: &str| find(name)?.parse().map_err(|_| format!("{name} must be a whole number"));
        if find("algorithm")? != "SCRYPT" {
            return Err("algorithm must be SCRYPT".to_owned());
        }
        Ok(Self {
            signer_key: bytes("base64_signer_key")?,
            salt_separator: bytes("base64_salt_separator")?,
            rounds: number("rounds")?,
            memory_cost: number("mem_cost")?,
        })
    }

    fn hash(&self, salt: &str, output: &str) -> String {
        let Self { signer_key, salt_separator, rounds, memory_cost } = self;
        format!(
            "$fbscrypt$v=1,n={memory_cost},r={rounds},p=1,ss={salt_separator},sk={signer_key}${salt}${output}"
        )
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// The parameters, if they were given.
pub(super) struct Firebase(pub(super) Option<HashConfig>);

impl Adapter for Firebase {
    fn layout(&self) -> Layout {
        Layout::Under("users")
    }

    fn read(&mut self, _line: u64, value: &Value) -> Result<Option<Draft>, Problem> {
        let user = Fields::of(value, "")?;
        let mut draft = Draft::default();
        draft.name([None, user.text("email")?, user.text("phoneNumber")?])?;
        draft.account.created_at = user.milliseconds("createdAt")?;
        draft.account.last_sign_in_at = user.milliseconds("lastSignedInAt")?;
        if user.flag("disabled")? {
            draft.account.state = State::Disabled;
        }
        draft.show("displayName", user.text("displayName")?);
        match (user.text("passwordHash")?, &self.0) {
            (None, _) => {}
            (Some(_), None) => {
                draft.leave("passwordHash", "needs the parameters of the project's hashes");
            }
            (Some(output), Some(config)) => {
                draft.password("passwordHash", config.hash(user.required("salt")?, output));
            }
        }
        for provider in user.objects("providerUserInfo")? {
            if !matches!(provider.text("providerId")?, Some("password" | "phone")) {
                draft.leave(provider.path("providerId"), "is a sign-in by another provider");
            }
        }
        Ok(Some(draft))
    }
}
