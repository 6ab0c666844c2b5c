//! What each backend may learn of access tokens: only of those meant for it.

use claviger_token::verdict::{Judged, Requirements};

use crate::{
    domain::{Error, Result},
    model::{
        service_account::Backend,
        violation::{BrokenRule, FieldReason, Violations},
    },
};

use super::access::AccessTokens;

impl AccessTokens {
    /// Judges a token for a backend, revocation included, as [`AccessTokens::judge`] does. To a service
    /// account a token that is for none of its audiences is `WrongAudience` without claims, whatever
    /// else is wrong with it.
    ///
    /// `field` names the audience in the request.
    ///
    /// # Errors
    /// As [`Self::require_askable`] and [`AccessTokens::judge`].
    pub fn judge_for(
        &self,
        backend: &Backend,
        token: &str,
        field: &'static str,
        requirements: Requirements<'_>,
    ) -> Result<Judged> {
        self.require_askable(backend, field, requirements.audience)?;
        let judged = self.judge(token, requirements)?;
        let Backend::Account(account) = backend else { return Ok(judged) };
        Ok(match judged.claims() {
            Some(claims) if !account.may_ask(&claims.audience, &self.settings().audiences) => {
                Judged::WrongAudience(None)
            }
            _ => judged,
        })
    }

    /// Checks that a backend may ask about tokens for an audience.
    ///
    /// # Errors
    /// `FieldsInvalid` for an audience that is not configured; `AudienceDenied` for one that is not the
    /// service account's.
    pub fn require_askable(
        &self,
        backend: &Backend,
        field: &'static str,
        audience: &str,
    ) -> Result<()> {
        self.require_offered(field, audience)?;
        match backend {
            Backend::Account(it) if !it.may_ask(audience, &self.settings().audiences) => {
                Err(Error::AudienceDenied)
            }
            Backend::Account(_) | Backend::Local | Backend::CommandLine(_) => Ok(()),
        }
    }

    /// Checks that an audience is one of those configured for backends.
    ///
    /// # Errors
    /// `FieldsInvalid`.
    pub(super) fn require_offered(&self, field: &'static str, audience: &str) -> Result<()> {
        if self.settings().audiences.iter().any(|it| it == audience) {
            return Ok(());
        }
        let rule = if audience.is_empty() {
            BrokenRule::required()
        } else {
            let description = "must be one of the server's audiences (tokens.audiences)";
            BrokenRule::new(FieldReason::Unknown, description)
        };
        let mut violations = Violations::default();
        violations.refuse(field, rule.reason, rule.description);
        Err(violations.into())
    }
}
