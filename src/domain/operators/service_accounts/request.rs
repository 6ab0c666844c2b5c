//! What operators ask for, read from texts: every broken rule at once.

use std::time::Duration;

use crate::{
    domain::{Error, Result},
    model::{
        certificate::CertificateName,
        service_account::{
            Audience, MAX_AUDIENCE_CHARS, MAX_AUDIENCES, MAX_CERTIFICATE_NAMES, MAX_NAME_CHARS,
            ServiceAccountName,
        },
        violation::{FieldReason, FieldViolation},
    },
};

/// For how long the key before goes on when nobody says.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// For how long it may go on at most.
pub const MAX_OVERLAP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A service account to be made, as texts.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The audiences whose tokens it may ask about; none means those of the server's tokens.
    pub audiences: Vec<String>,
    /// The names in client certificates that show it.
    pub certificate_names: Vec<String>,
    /// Whether it may call what is for operators.
    pub is_operator: bool,
    /// Whether only certificates show it.
    pub without_key: bool,
}

/// A service account to be made.
#[derive(Debug, Clone)]
pub struct NewServiceAccount {
    pub(in crate::domain) name: ServiceAccountName,
    pub(in crate::domain) audiences: Vec<Audience>,
    pub(in crate::domain) certificate_names: Vec<CertificateName>,
    pub(in crate::domain) is_operator: bool,
    pub(in crate::domain) without_key: bool,
}

impl NewServiceAccount {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// `FieldsInvalid`, with every broken rule.
    pub fn parse(wanted: &Wanted) -> Result<Self> {
        let mut broken = Vec::new();
        let name = ServiceAccountName::parse(&wanted.name)
            .inspect_err(|reason| broken.push(name_violation(*reason)));
        let audiences = each("audiences", &wanted.audiences, Audience::parse, &mut broken);
        at_most(MAX_AUDIENCES, "audiences", audiences.len(), &mut broken);
        let names = &wanted.certificate_names;
        let names = each("certificate_names", names, CertificateName::parse, &mut broken);
        at_most(MAX_CERTIFICATE_NAMES, "certificate_names", names.len(), &mut broken);
        if wanted.without_key && wanted.certificate_names.is_empty() {
            let description = "must be given when there is no key";
            broken.push(violation("certificate_names", FieldReason::Required, description));
        }
        match name {
            Ok(name) if broken.is_empty() => Ok(Self {
                name,
                audiences,
                certificate_names: names,
                is_operator: wanted.is_operator,
                without_key: wanted.without_key,
            }),
            _ => Err(Error::FieldsInvalid(broken)),
        }
    }
}

/// A key to be replaced.
#[derive(Debug, Clone)]
pub struct Rotation {
    pub(in crate::domain) name: ServiceAccountName,
    pub(in crate::domain) overlap: Duration,
}

impl Rotation {
    /// Reads whose key is to be replaced, and for how long the one before goes on.
    ///
    /// # Errors
    /// `FieldsInvalid`, with every broken rule.
    pub fn parse(name: &str, overlap: Duration) -> Result<Self> {
        let mut broken = Vec::new();
        let name = ServiceAccountName::parse(name)
            .inspect_err(|reason| broken.push(name_violation(*reason)));
        if overlap > MAX_OVERLAP {
            let description = "must be at most 30 days and not negative";
            broken.push(violation("overlap", FieldReason::OutOfRange, description));
        }
        match name {
            Ok(name) if broken.is_empty() => Ok(Self { name, overlap }),
            _ => Err(Error::FieldsInvalid(broken)),
        }
    }
}

/// Reads the name of a service account.
///
/// # Errors
/// `FieldsInvalid`.
pub fn parse_name(name: &str) -> Result<ServiceAccountName> {
    let broken = |reason| Error::FieldsInvalid(vec![name_violation(reason)]);
    ServiceAccountName::parse(name).map_err(broken)
}

/// Reads every text, without those that say the same again. A field breaks each rule once.
fn each<T: PartialEq>(
    field: &'static str,
    texts: &[String],
    parse: impl Fn(&str) -> std::result::Result<T, FieldReason>,
    broken: &mut Vec<FieldViolation>,
) -> Vec<T> {
    let mut read = Vec::new();
    for text in texts {
        match parse(text) {
            Ok(it) if read.contains(&it) => {}
            Ok(it) => read.push(it),
            Err(reason) if broken.iter().any(|it| (it.field, it.reason) == (field, reason)) => {}
            Err(reason) => broken.push(violation(field, reason, description(field, reason))),
        }
    }
    read
}

fn at_most(most: usize, field: &'static str, count: usize, broken: &mut Vec<FieldViolation>) {
    if count > most {
        let description = format!("must be at most {most}");
        broken.push(FieldViolation { field, reason: FieldReason::TooLong, description });
    }
}

fn name_violation(reason: FieldReason) -> FieldViolation {
    let description = match reason {
        FieldReason::Required => "must be given".to_owned(),
        FieldReason::TooLong => format!("must have at most {MAX_NAME_CHARS} characters"),
        _ => "must hold only a to z, 0 to 9 and -, and begin with a letter".to_owned(),
    };
    violation("name", reason, description)
}

fn description(field: &str, reason: FieldReason) -> String {
    match (field, reason) {
        (_, FieldReason::Required) => "must not be empty".to_owned(),
        ("audiences", FieldReason::TooLong) => {
            format!("must have at most {MAX_AUDIENCE_CHARS} characters each")
        }
        ("audiences", _) => "must not hold white space or control characters".to_owned(),
        (_, FieldReason::TooLong) => "must not be longer than such names can be".to_owned(),
        _ => "must be spiffe://trust-domain/path or DNS names without a wildcard".to_owned(),
    }
}

fn violation(
    field: &'static str,
    reason: FieldReason,
    description: impl Into<String>,
) -> FieldViolation {
    FieldViolation { field, reason, description: description.into() }
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
            ..Wanted::default()
        };

        assert_eq!(
            broken(&wanted),
            [
                ("name", FieldReason::ForbiddenCharacters),
                ("audiences", FieldReason::ForbiddenCharacters),
                ("audiences", FieldReason::Required),
                ("certificate_names", FieldReason::Malformed),
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
    fn who_has_neither_key_nor_certificate_could_never_call() {
        let without = Wanted { name: "shop".to_owned(), without_key: true, ..Wanted::default() };
        let certificate_names = texts(&["shop.example"]);

        assert_eq!(broken(&without), [("certificate_names", FieldReason::Required)]);
        assert!(NewServiceAccount::parse(&Wanted { certificate_names, ..without }).is_ok());
    }

    #[test]
    fn the_key_before_goes_on_for_thirty_days_at_most() {
        assert!(Rotation::parse("shop", Duration::ZERO).is_ok());
        assert!(Rotation::parse("shop", MAX_OVERLAP).is_ok());
        assert!(Rotation::parse("shop", MAX_OVERLAP + Duration::from_micros(1)).is_err());
        assert!(Rotation::parse("", DEFAULT_OVERLAP).is_err());
    }
}
