//! The `WWW-Authenticate` challenge of a refused request (RFC 6750 §3, RFC 9470 §3).

use std::{fmt, time::Duration};

use http::HeaderValue;

/// The protection space of every challenge (RFC 9110 §11.5).
const REALM: &str = "claviger";

/// What a refused request lacks. Its [`Display`](fmt::Display) form is the value of `WWW-Authenticate`.
///
/// A description is a sentence for the developer of the client. Characters that are not allowed in a
/// quoted string are left out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge<'a> {
    /// Any token. Carries no error code, since the client may not have known that one is required
    /// (RFC 6750 §3.1).
    Token,
    /// A valid token: `invalid_token` (RFC 6750 §3.1), with a description.
    ValidToken(&'a str),
    /// A token of an account with other groups: `insufficient_scope` (RFC 6750 §3.1), with a description.
    OtherGroups(&'a str),
    /// A more recent sign-in: `insufficient_user_authentication` (RFC 9470 §3).
    RecentSignIn {
        /// Why the sign-in is not recent enough.
        description: &'a str,
        /// The oldest sign-in that is accepted, sent as `max_age` in whole seconds.
        max_auth_age: Option<Duration>,
    },
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"Bearer realm="{REALM}""#)?;
        let (error, description) = match self {
            Self::Token => return Ok(()),
            Self::ValidToken(description) => ("invalid_token", description),
            Self::OtherGroups(description) => ("insufficient_scope", description),
            Self::RecentSignIn { description, .. } => {
                ("insufficient_user_authentication", description)
            }
        };
        write!(f, r#", error="{error}", error_description=""#)?;
        let is_plain = |it: &char| matches!(it, ' '..='~') && !matches!(it, '"' | '\\');
        description.chars().filter(is_plain).try_for_each(|it| write!(f, "{it}"))?;
        f.write_str("\"")?;
        if let Self::RecentSignIn { max_auth_age: Some(age), .. } = self {
            write!(f, r#", max_age="{}""#, age.as_secs())?;
        }
        Ok(())
    }
}

impl From<Challenge<'_>> for HeaderValue {
    fn from(challenge: Challenge<'_>) -> Self {
        // Only printable ASCII was written, so this cannot fail.
        Self::try_from(challenge.to_string()).unwrap_or(Self::from_static("Bearer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_those_of_the_standards() {
        let step_up = Challenge::RecentSignIn {
            description: "a more recent sign-in is needed",
            max_auth_age: Some(Duration::from_secs(600)),
        };

        for (challenge, expected) in [
            (Challenge::Token, r#"Bearer realm="claviger""#),
            (
                Challenge::ValidToken("the access token has expired"),
                r#"Bearer realm="claviger", error="invalid_token", error_description="the access token has expired""#,
            ),
            (
                Challenge::OtherGroups("the account is in no group that may do this"),
                r#"Bearer realm="claviger", error="insufficient_scope", error_description="the account is in no group that may do this""#,
            ),
            (
                step_up,
                r#"Bearer realm="claviger", error="insufficient_user_authentication", error_description="a more recent sign-in is needed", max_age="600""#,
            ),
        ] {
            assert_eq!(challenge.to_string(), expected);
            assert_eq!(HeaderValue::from(challenge), expected);
        }
    }

    #[test]
    fn a_description_cannot_end_its_quoted_string() {
        let challenge = Challenge::ValidToken("no\", scope=\"all\\\r\nSet-Cookie: ä");

        let value = HeaderValue::from(challenge);

        assert_eq!(
            value,
            r#"Bearer realm="claviger", error="invalid_token", error_description="no, scope=allSet-Cookie: ""#
        );
    }
}
