//! Looking at tokens for operators, whether or not they are valid. Accepts nothing.

use std::sync::Arc;

use claviger_token::{
    inspection::{self, Inspected},
    reader::claimed_key_id,
    signature::VerifyingKey,
    time::Timestamp,
};

use crate::{
    domain::Result,
    model::{
        signing_key::PublicKey,
        token::{RefreshFamilyHash, RefreshToken},
    },
};

use super::{access::Settings, keys::KeyRing, refresh::RefreshTokens};

/// Looks at tokens.
#[derive(Clone)]
pub struct TokenInspector {
    keys: Arc<KeyRing>,
    refresh_tokens: RefreshTokens,
    settings: Settings,
}

impl TokenInspector {
    /// Looks at tokens that these settings and keys may have made.
    pub fn new(keys: Arc<KeyRing>, refresh_tokens: RefreshTokens, settings: Settings) -> Self {
        Self { keys, refresh_tokens, settings }
    }

    /// The issuer of the tokens of this server.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// The time that tokens are judged by.
    pub fn now(&self) -> Timestamp {
        self.keys.now()
    }

    /// What a text says as an access token, and the key that it names if there is such a key, revoked or
    /// not. `None` for a text that has not the form of a signed token.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn inspect(&self, token: &str) -> Result<Option<(Inspected, Option<PublicKey>)>> {
        let key = match claimed_key_id(token) {
            Some(key_id) => self.find_key(&key_id).await?,
            None => None,
        };
        let verifying = key.as_ref().and_then(|it| {
            VerifyingKey::from_spki(it.key_id.clone(), it.algorithm, &it.public_key)
        });
        let Some(mut inspected) = inspection::inspect(token, verifying.as_ref()) else {
            return Ok(None);
        };
        if let Some(claims) = &mut inspected.claims {
            // As for every reader: after the lifetime was shortened, the new one counts.
            let longest = claims.issued_at + self.settings.lifetime;
            claims.expires_at = claims.expires_at.min(longest);
        }
        Ok(Some((inspected, key)))
    }

    /// The family of a refresh token that this server issued.
    pub fn refresh_family(&self, text: &str) -> Option<RefreshFamilyHash> {
        let opened = self.refresh_tokens.open(&RefreshToken::new(text.to_owned()))?;
        Some(opened.family())
    }

    async fn find_key(&self, key_id: &str) -> Result<Option<PublicKey>> {
        let find = || self.keys.published_and_revoked().into_iter().find(|it| it.key_id == key_id);
        if let Some(key) = find() {
            return Ok(Some(key));
        }
        // Another process may have made it a moment ago.
        self.keys.reload().await?;
        Ok(find())
    }
}
