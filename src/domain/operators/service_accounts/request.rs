//! What operators ask for, read from texts: every broken rule at once.

use std::time::Duration;

use crate::{
    domain::{Error, Result},
    model::{
        certificate::CertificateName,
        role::Role,
        service_account::{Audience, MAX_AUDIENCES, MAX_CERTIFICATE_NAMES, ServiceAccountName},
        violation::{BrokenRule, FieldReason, Violations},
    },
};

/// How long previous keys stay valid when the operator does not say.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// How long previous keys stay valid at most.
pub const MAX_OVERLAP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A service account to be created, as texts.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its name, as [`ServiceAccountName::parse`] requires.
    pub name: String,
    /// The audiences whose tokens it may ask about, at most 32; none means every audience of the
    /// server's tokens.
    pub audiences: Vec<String>,
    /// The names in client certificates that identify it, at most 32.
    pub certificate_names: Vec<String>,
    /// The name of what it may call as an operator; empty for none.
    pub role: String,
    /// Whether only certificates identify it.
    pub without_key: bool,
}

/// A service account to be created.
#[derive(Debug, Clone)]
pub struct NewServiceAccount {
    pub(super) name: ServiceAccountName,
    pub(super) audiences: Vec<Audience>,
    pub(super) certificate_names: Vec<CertificateName>,
    pub(super) role: Option<Role>,
    pub(super) without_key: bool,
}

impl NewServiceAccount {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// `FieldsInvalid`, with every broken rule.
    pub fn parse(wanted: &Wanted) -> Result<Self> {
        let mut violations = Violations::default();
        let name = violations.parsed("name", ServiceAccountName::parse(&wanted.name));
        let audiences = each("audiences", &wanted.audiences, Audience::parse, &mut violations);
        at_most(MAX_AUDIENCES, "audiences", audiences.len(), &mut violations);
        let names = &wanted.certificate_names;
        let names = each("certificate_names", names, CertificateName::parse, &mut violations);
        at_most(MAX_CERTIFICATE_NAMES, "certificate_names", names.len(), &mut violations);
        if wanted.without_key && wanted.certificate_names.is_empty() {
            let sentence = "must be given when there is no key";
            violations.refuse("certificate_names", FieldReason::Required, sentence);
        }
        let role = violations.parsed("role", Role::parse(&wanted.role));
        match (name, role) {
            (Some(name), Some(role)) if violations.is_empty() => Ok(Self {
                name,
                audiences,
                certificate_names: names,
                role,
                without_key: wanted.without_key,
            }),
            _ => Err(violations.into()),
        }
    }
}

/// A key to be replaced.
#[derive(Debug, Clone)]
pub struct Rotation {
    pub(super) name: ServiceAccountName,
    pub(super) overlap: Duration,
}

impl Rotation {
    /// Reads whose key is to be replaced, and how long previous keys stay valid.
    ///
    /// # Errors
    /// `FieldsInvalid`, with every broken rule.
    pub fn parse(name: &str, overlap: Duration) -> Result<Self> {
        let mut violations = Violations::default();
        let name = violations.parsed("name", ServiceAccountName::parse(name));
        if overlap > MAX_OVERLAP {
            let sentence = "must be at most 30 days and not negative";
            violations.refuse("overlap", FieldReason::OutOfRange, sentence);
        }
        match name {
            Some(name) if violations.is_empty() => Ok(Self { name, overlap }),
            _ => Err(violations.into()),
        }
    }
}

/// Reads the name of a service account.
///
/// # Errors
/// `FieldsInvalid`.
pub fn parse_name(name: &str) -> Result<ServiceAccountName> {
    let mut violations = Violations::default();
    let name = violations.parsed("name", ServiceAccountName::parse(name));
    name.ok_or_else(|| Error::from(violations))
}

/// Reads every text, without those that mean the same as an earlier one. A field breaks each rule once.
fn each<T: PartialEq>(
    field: &'static str,
    texts: &[String],
    parse: impl Fn(&str) -> std::result::Result<T, BrokenRule>,
    violations: &mut Violations,
) -> Vec<T> {
    let mut read = Vec::new();
    for text in texts {
        match parse(text) {
            Ok(it) if read.contains(&it) => {}
            Ok(it) => read.push(it),
            Err(rule) if violations.contains(field, rule.reason) => {}
            Err(rule) => violations.refuse(field, rule.reason, rule.description),
        }
    }
    read
}

fn at_most(most: usize, field: &'static str, count: usize, violations: &mut Violations) {
    if count > most {
        violations.refuse(field, FieldReason::TooLong, format!("must be at most {most}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(wanted: &Wanted) -> Vec<(&'static str, FieldReason)> {
        let Err(Error::FieldsInvalid(broken)) = NewServiceAccount::parse(wanted) else {
            panic!("not refused for its fields");
        };
        broken.into_iter().map(|it| (it.field, it.reason)).collect()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&it| it.to_owned()).collect()
    }

    #[test]
    fn every_broken_rule_is_reported_once() {
        let wanted = Wanted {
            name: "Shop".to_owned(),
            audiences: texts(&["a b", "c d", ""]),
            certificate_names: texts(&["*.example", "10.0.0.1"]),
            role: "operator".to_owned(),
            ..Wanted::default()
        };

        assert_eq!(
            broken(&wanted),
            [
                ("name", FieldReason::ForbiddenCharacters),
                ("audiences", FieldReason::ForbiddenCharacters),
                ("audiences", FieldReason::Required),
                ("certificate_names", FieldReason::Malformed),
                ("role", FieldReason::OutOfRange),
            ]
        );
    }

    #[test]
    fn lists_have_an_end_and_hold_nothing_twice() {
        let many: Vec<String> = (0..33).map(|it| format!("a{it}")).collect();
        let same = texts(&["shop.example", "Shop.Example"]);
        let wanted = |audiences: &[String], certificate_names: &[String]| Wanted {
            name: "shop".to_owned(),
            audiences: audiences.to_vec(),
            certificate_names: certificate_names.to_vec(),
            ..Wanted::default()
        };

        let kept = NewServiceAccount::parse(&wanted(&many[..32], &same)).unwrap();

        assert_eq!(kept.audiences.len(), 32);
        assert_eq!(kept.certificate_names.len(), 1);
        let too_long = FieldReason::TooLong;
        let refused = [("audiences", too_long), ("certificate_names", too_long)];
        assert_eq!(broken(&wanted(&many, &many)), refused);
    }

    #[test]
    fn a_service_account_with_neither_key_nor_certificate_is_refused() {
        let without = Wanted { name: "shop".to_owned(), without_key: true, ..Wanted::default() };
        let certificate_names = texts(&["shop.example"]);

        assert_eq!(broken(&without), [("certificate_names", FieldReason::Required)]);
        assert!(NewServiceAccount::parse(&Wanted { certificate_names, ..without }).is_ok());
    }

    #[test]
    fn previous_keys_stay_valid_for_thirty_days_at_most() {
        assert!(Rotation::parse("shop", Duration::ZERO).is_ok());
        assert!(Rotation::parse("shop", MAX_OVERLAP).is_ok());
        assert!(Rotation::parse("shop", MAX_OVERLAP + Duration::from_micros(1)).is_err());
        assert!(Rotation::parse("", DEFAULT_OVERLAP).is_err());
    }
}
