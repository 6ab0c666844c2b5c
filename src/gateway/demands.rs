//! What a route demands of requests, as the operator set it in the gateway.
//!
//! Envoy sends it as `context_extensions`; nginx, Caddy and Traefik in the query of the URL that they
//! request. The names are the same.

use std::time::Duration;

use claviger_token::group::Groups;

/// The names of the settings.
const AUDIENCE: &str = "audience";
const MAX_AUTH_AGE: &str = "max_auth_age";
const GROUP: &str = "group";
const ANONYMOUS: &str = "anonymous";
const PREFLIGHT: &str = "preflight";

/// What a route demands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demands {
    /// The audience that the token must be for. The server requires it; an agent has one of its own.
    pub audience: Option<String>,
    /// The greatest age of the sign-in.
    pub max_auth_age: Option<Duration>,
    /// Groups of which the account must have at least one.
    pub groups: Option<Groups>,
    /// Whether a request without a token passes, with every identity header removed. A request with a bad
    /// token does not.
    pub allows_anonymous: bool,
    /// Whether a CORS preflight passes, with every identity header removed.
    pub allows_preflight: bool,
}

/// The settings are not valid. Such a request is denied, because a misspelt demand would otherwise demand
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misconfigured {
    /// The name of no setting.
    #[error(
        "the gateway sends the unknown setting `{0}`; known are `audience`, `max_auth_age`, `group`, \
         `anonymous` and `preflight`"
    )]
    UnknownName(String),
    /// A setting that is given twice.
    #[error("the gateway sends the setting `{0}` twice")]
    Twice(&'static str),
    /// A value that is not valid.
    #[error("the gateway sends the setting `{name}` with a value that is not {form}")]
    BadValue {
        /// The setting.
        name: &'static str,
        /// The expected form, with an article.
        form: &'static str,
    },
    /// A request without a token is in no group, and would pass all the same.
    #[error("the gateway sends `group` together with `anonymous`")]
    GroupForAnonymous,
}

impl Demands {
    /// Reads names and values.
    ///
    /// # Errors
    /// The first name or value that is not valid.
    pub fn read<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Misconfigured> {
        let mut demands = Self::default();
        let mut seen = Vec::new();
        for (name, value) in pairs {
            let name = match name {
                AUDIENCE => AUDIENCE,
                MAX_AUTH_AGE => MAX_AUTH_AGE,
                GROUP => GROUP,
                ANONYMOUS => ANONYMOUS,
                PREFLIGHT => PREFLIGHT,
                unknown => return Err(Misconfigured::UnknownName(unknown.to_owned())),
            };
            if seen.contains(&name) {
                return Err(Misconfigured::Twice(name));
            }
            seen.push(name);
            demands.set(name, value)?;
        }
        if demands.groups.is_some() && demands.allows_anonymous {
            return Err(Misconfigured::GroupForAnonymous);
        }
        Ok(demands)
    }

    fn set(&mut self, name: &'static str, value: &str) -> Result<(), Misconfigured> {
        let bad = |form| Misconfigured::BadValue { name, form };
        match name {
            AUDIENCE if value.is_empty() => return Err(bad("an audience")),
            AUDIENCE => self.audience = Some(value.to_owned()),
            MAX_AUTH_AGE => {
                let age = humantime::parse_duration(value).ok();
                let age = age.filter(|age| *age >= Duration::from_secs(1));
                let form = "a span of time such as 10m, at least 1s";
                self.max_auth_age = Some(age.ok_or_else(|| bad(form))?);
            }
            GROUP => {
                let form = "names of groups such as staff or staff,admins, at most 32";
                self.groups = Some(value.parse().map_err(|_| bad(form))?);
            }
            PREFLIGHT if value == "allow" => self.allows_preflight = true,
            ANONYMOUS if value == "allow" => self.allows_anonymous = true,
            _ => return Err(bad("`allow`")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_demands_nothing_special() {
        assert_eq!(Demands::read([]), Ok(Demands::default()));
    }

    #[test]
    fn each_name_is_read() {
        let demands = Demands::read([
            ("audience", "shop"),
            ("max_auth_age", "10m"),
            ("group", "staff,admins"),
            ("preflight", "allow"),
        ]);
        let anonymous = Demands::read([("anonymous", "allow")]);

        let expected = Demands {
            audience: Some("shop".to_owned()),
            max_auth_age: Some(Duration::from_secs(600)),
            groups: Some("admins,staff".parse().unwrap()),
            allows_anonymous: false,
            allows_preflight: true,
        };
        assert_eq!(demands, Ok(expected));
        assert_eq!(anonymous, Ok(Demands { allows_anonymous: true, ..Demands::default() }));
    }

    #[test]
    fn what_is_misspelt_is_refused_and_never_ignored() {
        for pairs in [
            [("Audience", "shop")].as_slice(),
            &[("max-auth-age", "10m")],
            &[("max_auth_age", "600")],
            &[("max_auth_age", "0s")],
            &[("max_auth_age", "")],
            &[("audience", "")],
            &[("anonymous", "yes")],
            &[("preflight", "yes")],
            &[("group", "")],
            &[("group", "Staff")],
            &[("group", "staff,")],
            &[("group", "staff, admins")],
            &[("groups", "staff")],
            &[("group", "staff"), ("group", "admins")],
            &[("group", "staff"), ("anonymous", "allow")],
            &[("anonymous", "allow"), ("group", "staff")],
            &[("audience", "shop"), ("audience", "shop")],
            &[("audience", "shop"), ("", "")],
        ] {
            assert!(Demands::read(pairs.iter().copied()).is_err(), "{pairs:?}");
        }
    }
}
