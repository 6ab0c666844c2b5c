//! What each backend may learn of access tokens: only of those meant for it.

use std::time::Duration;

use claviger_token::{claims::Claims, verdict::Judged};

use crate::{
    domain::{Error, Result},
    model::service_account::{Backend, ServiceAccount},
};

use super::access::AccessTokens;

impl AccessTokens {
    /// Judges a token for a backend, revocation included, as [`AccessTokens::judge`] does. Without a
    /// required audience a service account means its default one. A token
    /// that is for none of its audiences is `WrongAudience` without claims, whatever else is wrong
    /// with it.
    ///
    /// # Errors
    /// `AudienceDenied` when the required audience is not the service account's.
    pub fn judge_for(
        &self,
        backend: &Backend,
        token: &str,
        required_audience: Option<&str>,
        max_auth_age: Option<Duration>,
    ) -> Result<Judged> {
        let Backend::Account(account) = backend else {
            return Ok(self.judge(token, required_audience, max_auth_age));
        };
        let audience = self.audience(account, required_audience)?;
        let judged = self.judge(token, Some(audience), max_auth_age);
        let offered = &self.settings().audiences;
        let is_meant =
            |claims: &Claims| claims.audiences.iter().any(|it| account.may_ask(it, offered));
        Ok(match judged.claims() {
            Some(claims) if !is_meant(claims) => Judged::WrongAudience(None),
            _ => judged,
        })
    }

    /// Whether a backend may require this audience, or none.
    ///
    /// # Errors
    /// `AudienceDenied`.
    pub fn may_require(&self, backend: &Backend, audience: Option<&str>) -> Result<()> {
        match backend {
            Backend::Local => Ok(()),
            Backend::Account(account) => self.audience(account, audience).map(drop),
        }
    }

    /// Whether a backend may receive revocations. Every token has all configured audiences, so a
    /// backend of any of them may receive all revocations.
    ///
    /// # Errors
    /// `AudienceDenied`.
    pub fn may_watch(&self, backend: &Backend) -> Result<()> {
        let offered = &self.settings().audiences;
        match backend {
            Backend::Local => Ok(()),
            Backend::Account(it) if offered.iter().any(|own| it.may_ask(own, offered)) => Ok(()),
            Backend::Account(_) => Err(Error::AudienceDenied),
        }
    }

    fn audience<'a>(
        &'a self,
        account: &'a ServiceAccount,
        required: Option<&'a str>,
    ) -> Result<&'a str> {
        let offered = &self.settings().audiences;
        let audience = match required {
            Some(required) => Some(required).filter(|it| account.may_ask(it, offered)),
            None => account.default_audience(offered),
        };
        audience.ok_or(Error::AudienceDenied)
    }
}
