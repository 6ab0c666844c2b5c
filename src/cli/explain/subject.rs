//! What is to be explained: a token, a request or an account, told apart by its form.
//!
//! A text that may be a secret is never taken for a name, which would be printed.

use std::io::{self, Read as _};

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::{
    domain::tokens::refresh,
    model::{invitation::INVITATION_START, service_key::KEY_START, username::MAX_USERNAME_CHARS},
};

/// How secrets of Claviger begin.
const SECRETS: [&str; 3] = [refresh::PREFIX, KEY_START, INVITATION_START];
/// How much is read from standard input, in bytes: more than any token has.
const MAX_INPUT: u64 = 64 * 1024;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Token,
    RequestId,
    Account,
}

/// What is to be explained.
#[derive(Debug)]
pub(super) enum Subject {
    /// A token, or another secret.
    Token(SecretString),
    /// The `x-request-id` of a call.
    RequestId(String),
    /// A username or an account ID.
    Account(String),
}

impl Subject {
    /// Reads an argument, or standard input for `-`.
    ///
    /// # Errors
    /// A sentence without the text.
    pub(super) fn read(argument: &str, kind: Option<Kind>) -> Result<Self, String> {
        let input = if argument == "-" {
            standard_input().map_err(|it| format!("Standard input cannot be read: {it}."))?
        } else {
            SecretString::from(argument)
        };
        Self::of(&input, kind).ok_or_else(|| "There is nothing to explain.".to_owned())
    }

    fn of(input: &SecretString, kind: Option<Kind>) -> Option<Self> {
        let text = input.expose_secret().trim();
        let token = text.strip_prefix("Bearer ").map(str::trim_start);
        let text = token.unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        let by_form = if token.is_some() { Kind::Token } else { Kind::of(text) };
        Some(match kind.unwrap_or(by_form) {
            Kind::Token => Self::Token(SecretString::from(text)),
            Kind::RequestId => Self::RequestId(text.to_owned()),
            Kind::Account => Self::Account(text.to_owned()),
        })
    }
}

impl Kind {
    /// What a text is by its form. The server makes request IDs of 32 hexadecimal digits; gateways make
    /// UUIDs, mostly random ones, and account IDs that Claviger has made are UUIDs of version 7, or of version 8
    /// for an imported account that came without one.
    pub(super) fn of(text: &str) -> Self {
        let is_secret = SECRETS.iter().any(|it| text.starts_with(it));
        // No username without an @ is as long, and a JSON object in base64 begins like this.
        let is_long = text.chars().count() > MAX_USERNAME_CHARS && !text.contains('@');
        let is_token = is_long || text.starts_with("eyJ");
        if is_secret || is_token {
            return Self::Token;
        }
        match Uuid::parse_str(text) {
            Ok(id) if !matches!(id.get_version_num(), 7 | 8) => Self::RequestId,
            _ => Self::Account,
        }
    }
}

fn standard_input() -> io::Result<SecretString> {
    let mut text = String::new();
    io::stdin().lock().take(MAX_INPUT).read_to_string(&mut text)?;
    Ok(SecretString::from(text))
}
