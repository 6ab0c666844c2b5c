//! Why a command failed, as a sentence.

use std::{fmt, io};

use crate::grpc::operator_client::Refusal;

/// Why a command failed.
#[derive(Debug)]
pub(in crate::cli) enum Problem {
    /// The server refused a call.
    Refused(Refusal),
    /// The command itself refuses.
    Sentence(String),
    /// What the command prints to was closed.
    Closed,
    /// The result cannot be printed.
    Output(io::Error),
}

impl Problem {
    pub(in crate::cli) fn sentence(text: impl Into<String>) -> Self {
        Self::Sentence(text.into())
    }

    /// Whether the server refused for this reason.
    pub(in crate::cli) fn is(&self, reason: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is(reason))
    }

    /// Names the argument that gives a field its value, where it is another one than usual.
    pub(in crate::cli) fn with_argument(mut self, field: &str, argument: &str) -> Self {
        if let Self::Refused(refusal) = &mut self {
            for (name, _) in refusal.fields.iter_mut().filter(|(name, _)| name == field) {
                argument.clone_into(name);
            }
        }
        self
    }

    /// Says this instead, where the server refused for this reason.
    pub(in crate::cli) fn explained(self, reason: &str, sentence: impl Into<String>) -> Self {
        if self.is(reason) { Self::sentence(sentence) } else { self }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Output(error) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sentence(sentence) => f.write_str(sentence),
            Self::Closed => f.write_str("The output was closed."),
            Self::Output(error) => write!(f, "The result cannot be printed: {error}."),
            Self::Refused(refusal) => explain(refusal, f),
        }
    }
}

fn explain(refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let message = capitalised(&refusal.message);
    match refusal.reason.as_deref() {
        Some("FIELDS_INVALID") if !refusal.fields.is_empty() => {
            let lines =
                refusal.fields.iter().map(|(field, rule)| format!("{}: {rule}.", argument(field)));
            f.write_str(&lines.collect::<Vec<_>>().join("\n"))
        }
        Some("CALLER_UNKNOWN") => f.write_str(
            "The server does not know the key: it is not one of a service account, or it was \
             replaced or deleted (CALLER_UNKNOWN).",
        ),
        Some(reason) => write!(f, "{message} ({reason})."),
        // What the library says when a server ends in the middle of a call.
        None if matches!(refusal.message.as_str(), "" | "transport error") => {
            f.write_str("The connection to the server was lost.")
        }
        None => write!(f, "The call failed: {message}."),
    }
}

fn capitalised(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// The argument that gives a field its value.
fn argument(field: &str) -> &str {
    match field {
        "name" => "NAME",
        "audiences" => "--audience",
        "certificate_names" => "--certificate",
        "role" => "--role",
        "overlap" => "--overlap",
        "reason" => "--reason",
        "account_id" => "USERNAME_OR_ID",
        "session_id" => "SESSION_ID",
        "token_id" => "TOKEN_ID",
        "expire_time" => "--expires",
        "passkey_id" => "PASSKEY_ID",
        "key_id" => "KEY_ID",
        "username" | "account.username" => "--username",
        "display_name" | "account.display_name" => "--display-name",
        "groups" => "--group",
        "lifetime" => "--lifetime",
        "invitation_id" => "INVITATION_ID",
        "account.groups" => "GROUP",
        "update_mask" => "--username, --display-name",
        "username_prefix" => "--prefix",
        "group" => "--group",
        "after_position" => "--after",
        "access_token" => "TOKEN",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(reason: Option<&str>, message: &str) -> Problem {
        let reason = reason.map(str::to_owned);
        Problem::Refused(Refusal { reason, message: message.to_owned(), fields: Vec::new() })
    }

    #[test]
    fn a_refusal_is_a_sentence_with_its_reason() {
        let role = refusal(Some("ROLE_INSUFFICIENT"), "the role does not include this");

        assert_eq!(role.to_string(), "The role does not include this (ROLE_INSUFFICIENT).");
        assert_eq!(role.explained("INTERNAL", "No.").to_string().len(), 51);
        assert_eq!(refusal(None, "h2 error").to_string(), "The call failed: H2 error.");
        for lost in ["", "transport error"] {
            assert_eq!(refusal(None, lost).to_string(), "The connection to the server was lost.");
        }
    }

    #[test]
    fn each_invalid_field_is_a_line_under_its_argument() {
        let fields = [("reason", "must be short"), ("account.groups", "must be few")];
        let fields = fields.map(|(field, rule)| (field.to_owned(), rule.to_owned())).to_vec();
        let reason = Some("FIELDS_INVALID".to_owned());
        let problem = Problem::Refused(Refusal { reason, message: String::new(), fields });

        assert_eq!(problem.to_string(), "--reason: must be short.\nGROUP: must be few.");
        let other = problem.with_argument("reason", "REASON");
        assert_eq!(other.to_string(), "REASON: must be short.\nGROUP: must be few.");
    }
}
