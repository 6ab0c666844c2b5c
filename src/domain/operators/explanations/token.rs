//! What an access token is, judged by the database as TokenService judges by its memory.

use claviger_token::{
    claims::Claims,
    id::{AccountId, SessionId},
    inspection::Inspected,
    time::Timestamp,
};

use crate::{
    domain::{Result, tokens::refresh},
    model::{
        event::{EventKind, Outcome},
        invitation::INVITATION_START,
        record::{Entry, Row},
        service_key::KEY_START,
        signing_key::PublicKey,
        token::AccessToken,
    },
    storage::record::Filter,
};

use super::Explanations;

/// How many events are returned.
const EVENTS: usize = 20;
/// How many events of the account are looked through for them.
const LOOKED_THROUGH: u32 = 1000;

/// What a text is that was taken for an access token, as the contract describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the contract says what they mean")]
pub enum TokenState {
    Active,
    NotAToken,
    RefreshToken,
    ServiceAccountKey,
    Invitation,
    OtherKind,
    OtherIssuer,
    KeyUnknown,
    SignatureWrong,
    KeyRevoked,
    Expired,
    KeyRetired,
    NotYetValid,
    Revoked,
    SessionEnded,
    AccountEnded,
    AccountDisabled,
    AccountDeleted,
    FromFuture,
}

/// What is known of a token.
#[derive(Debug, Clone)]
pub struct TokenExplanation {
    /// The state of the token, or of the text that was taken for one.
    pub state: TokenState,
    /// Whether a key that is not revoked signed it. Otherwise its claims may be false.
    pub is_proven: bool,
    /// The claims, if it has those of an access token of Claviger.
    pub claims: Option<Claims>,
    /// The issuer that it names.
    pub issuer: Option<String>,
    /// The ID of the key that it names.
    pub key_id: Option<String>,
    /// When that key was revoked.
    pub key_revoked_at: Option<Timestamp>,
    /// Before this time it is not valid.
    pub not_before: Option<Timestamp>,
    /// The account and the session that it certainly belongs to.
    pub session: Option<(AccountId, SessionId)>,
    /// Whether that session is live.
    pub is_session_live: bool,
    /// The issuer of the tokens of this server.
    pub server_issuer: String,
    /// The time that it was judged by.
    pub judged_at: Timestamp,
    /// The events that matter, oldest first.
    pub events: Vec<Entry>,
}

impl TokenExplanation {
    /// One of which nothing else is known yet.
    const fn new(state: TokenState, server_issuer: String, judged_at: Timestamp) -> Self {
        Self {
            state,
            is_proven: false,
            claims: None,
            issuer: None,
            key_id: None,
            key_revoked_at: None,
            not_before: None,
            session: None,
            is_session_live: false,
            server_issuer,
            judged_at,
            events: Vec::new(),
        }
    }
}

impl Explanations {
    /// Explains an access token.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn token(&self, token: &AccessToken) -> Result<TokenExplanation> {
        let Some((inspected, key)) = self.tokens.inspect(token.expose()).await? else {
            return self.other_text(token.expose()).await;
        };
        let unproven = unproven_state(&inspected, key.as_ref(), self.tokens.issuer());
        let Inspected { key_id, claims, issuer, not_before, .. } = inspected;
        let mut explanation = TokenExplanation {
            is_proven: unproven.is_none(),
            key_id,
            key_revoked_at: key.as_ref().and_then(|it| it.revoked_at),
            not_before,
            claims,
            issuer,
            ..self.explanation(unproven.unwrap_or(TokenState::Active))
        };
        if let Some(claims) = explanation.claims.clone().filter(|_| explanation.is_proven) {
            let (owner, id) = (claims.account_id, claims.session_id);
            let now = explanation.judged_at;
            explanation.state = self.judged(&claims, key.as_ref(), &explanation).await?;
            explanation.session = Some((owner, id));
            explanation.is_session_live = self.storage.is_session_live(id, owner, now).await?;
        }
        explanation.events = self.events_of(&explanation).await?;
        Ok(explanation)
    }

    fn explanation(&self, state: TokenState) -> TokenExplanation {
        TokenExplanation::new(state, self.tokens.issuer().to_owned(), self.tokens.now())
    }

    /// Explains a text that is no signed token.
    async fn other_text(&self, text: &str) -> Result<TokenExplanation> {
        let state = if text.starts_with(refresh::PREFIX) {
            TokenState::RefreshToken
        } else if text.starts_with(KEY_START) {
            TokenState::ServiceAccountKey
        } else if text.starts_with(INVITATION_START) {
            TokenState::Invitation
        } else {
            TokenState::NotAToken
        };
        let mut explanation = self.explanation(state);
        if let Some(family) = self.tokens.refresh_family(text) {
            explanation.is_proven = true;
            if let Some((id, owner)) = self.storage.find_session_of_family(family).await? {
                let now = explanation.judged_at;
                explanation.is_session_live = self.storage.is_session_live(id, owner, now).await?;
                explanation.session = Some((owner, id));
            }
        }
        Ok(explanation)
    }

    /// The state of a token that a key signed which is not revoked.
    async fn judged(
        &self,
        claims: &Claims,
        key: Option<&PublicKey>,
        token: &TokenExplanation,
    ) -> Result<TokenState> {
        if let Some(state) = state_by_itself(claims, key, token) {
            return Ok(state);
        }
        let revocations = self.storage.find_revocations_of(claims).await?;
        let account = self.storage.find_account(claims.account_id).await?;
        Ok(match account {
            None => TokenState::AccountDeleted,
            Some(it) if it.is_disabled() && revocations.any() => TokenState::AccountDisabled,
            Some(_) if revocations.of_token => TokenState::Revoked,
            Some(_) if revocations.of_session => TokenState::SessionEnded,
            Some(_) if revocations.of_account => TokenState::AccountEnded,
            Some(_) if claims.is_from_future(token.judged_at) => TokenState::FromFuture,
            Some(_) => TokenState::Active,
        })
    }

    async fn events_of(&self, token: &TokenExplanation) -> Result<Vec<Entry>> {
        let revoked = match (token.state, &token.claims) {
            (TokenState::KeyRevoked, _) => token.key_id.clone(),
            (TokenState::Revoked, Some(claims)) => Some(claims.token_id.clone()),
            _ => None,
        };
        if let Some(id) = revoked {
            let limit = u32::try_from(EVENTS).unwrap_or(u32::MAX);
            let mut events = self.storage.list_events_of_revoked(id, limit).await?;
            events.reverse();
            return Ok(events);
        }
        match &token.claims {
            Some(claims) if token.is_proven && !token.is_session_live => self.ends(claims).await,
            _ => Ok(Vec::new()),
        }
    }

    /// What can have ended the session of a token since it was issued, oldest first.
    async fn ends(&self, claims: &Claims) -> Result<Vec<Entry>> {
        let filter = Filter {
            account_id: Some(claims.account_id),
            outcome: Some(Outcome::Success.name().to_owned()),
            since: Some(claims.issued_at),
            ..Filter::default()
        };
        let mut events = self.storage.list_events(filter, None, LOOKED_THROUGH).await?.entries;
        events.retain(|it| can_have_ended(&it.row, claims.session_id));
        events.reverse();
        events.truncate(EVENTS);
        Ok(events)
    }
}

/// Why nothing that a token says is proven; `None` if a key signed it that is not revoked.
///
/// The signature comes first: what an attacker may have written must not be explained as if it were true.
fn unproven_state(token: &Inspected, key: Option<&PublicKey>, issuer: &str) -> Option<TokenState> {
    let Some(key) = key else {
        let is_ours = token.issuer.as_deref() == Some(issuer);
        return Some(match &token.claims {
            None => TokenState::OtherKind,
            Some(_) if is_ours => TokenState::KeyUnknown,
            Some(_) => TokenState::OtherIssuer,
        });
    };
    if !token.is_signed {
        Some(TokenState::SignatureWrong)
    } else if key.revoked_at.is_some() {
        Some(TokenState::KeyRevoked)
    } else if token.claims.is_none() {
        Some(TokenState::OtherKind)
    } else {
        None
    }
}

/// What a token is by its issuer and its times, whatever was revoked; `None` if these are right.
fn state_by_itself(
    claims: &Claims,
    key: Option<&PublicKey>,
    token: &TokenExplanation,
) -> Option<TokenState> {
    let now = token.judged_at;
    if claims.issuer != token.server_issuer {
        Some(TokenState::OtherIssuer)
    } else if claims.expires_at <= now {
        Some(TokenState::Expired)
    } else if key.and_then(|it| it.retires_at).is_some_and(|it| it <= now) {
        Some(TokenState::KeyRetired)
    } else if token.not_before.is_some_and(|it| now < it) {
        Some(TokenState::NotYetValid)
    } else {
        None
    }
}

/// Whether an event can have ended a session of its account.
fn can_have_ended(row: &Row, session: SessionId) -> bool {
    let is_target = || row.target.as_deref() == Some(session.to_string().as_str());
    let is_actor = || row.session_id.as_deref() == Some(&session.as_bytes()[..]);
    let kind = EventKind::ALL.iter().find(|it| it.name() == row.kind);
    match kind {
        Some(EventKind::SessionEnded | EventKind::RefreshTokenReused) => is_target(),
        // The session that does it stays.
        Some(EventKind::OtherSessionsEnded) => !is_actor(),
        // The target is the session that was opened.
        Some(EventKind::PasswordSet | EventKind::PasswordChanged) => !is_target(),
        Some(
            EventKind::AllSessionsEnded
            | EventKind::PasswordRemoved
            | EventKind::PasskeyRemoved
            | EventKind::PasskeySuspended
            | EventKind::AccountDisabled
            | EventKind::AccountDeleted,
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use claviger_token::{algorithm::SigningAlgorithm, group::Groups, sign_in::SignInMethod};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(10_000);
    const MINUTE: Duration = Duration::from_secs(60);
    const OURS: &str = "https://id.example";

    fn claims() -> Claims {
        Claims {
            issuer: OURS.to_owned(),
            account_id: AccountId::from_uuid(Uuid::nil()),
            audience: "shop".to_owned(),
            expires_at: NOW + MINUTE,
            issued_at: NOW - MINUTE,
            token_id: "a token".to_owned(),
            session_id: SessionId::from_uuid(Uuid::max()),
            auth_time: NOW - MINUTE,
            auth_method: SignInMethod::Password,
            epoch: 0,
            username: String::new(),
            display_name: String::new(),
            groups: Groups::default(),
        }
    }

    fn key(retires_at: Option<Timestamp>, revoked_at: Option<Timestamp>) -> PublicKey {
        PublicKey {
            key_id: "k1".to_owned(),
            algorithm: SigningAlgorithm::Es256,
            public_key: Vec::new(),
            activates_at: NOW - MINUTE,
            retires_at,
            revoked_at,
        }
    }

    #[test]
    fn a_token_is_judged_by_its_issuer_and_its_times_in_their_order() {
        let (good, old) = (claims(), Claims { expires_at: NOW, ..claims() });
        let foreign = Claims { issuer: "https://other.example".to_owned(), ..old.clone() };
        let (current, retired) = (key(Some(NOW + MINUTE), None), key(Some(NOW), None));
        let by = |claims: &Claims, key: &PublicKey, not_before| {
            let token = TokenExplanation::new(TokenState::Active, OURS.to_owned(), NOW);
            state_by_itself(claims, Some(key), &TokenExplanation { not_before, ..token })
        };

        assert_eq!(by(&good, &current, None), None);
        assert_eq!(by(&good, &current, Some(NOW)), None);
        assert_eq!(by(&good, &current, Some(NOW + MINUTE)), Some(TokenState::NotYetValid));
        assert_eq!(by(&good, &retired, Some(NOW + MINUTE)), Some(TokenState::KeyRetired));
        assert_eq!(by(&old, &retired, None), Some(TokenState::Expired));
        assert_eq!(by(&foreign, &retired, None), Some(TokenState::OtherIssuer));
    }

    #[test]
    fn the_signature_comes_before_everything_that_a_token_says() {
        let token = |is_signed| Inspected {
            key_id: Some("k1".to_owned()),
            is_signed,
            issuer: Some(OURS.to_owned()),
            claims: Some(claims()),
            not_before: None,
        };
        let (good, revoked) = (key(None, None), key(None, Some(NOW)));
        let state = |token, key| unproven_state(&token, key, OURS);

        assert_eq!(state(token(true), Some(&good)), None);
        assert_eq!(state(token(false), Some(&good)), Some(TokenState::SignatureWrong));
        assert_eq!(state(token(true), Some(&revoked)), Some(TokenState::KeyRevoked));
        assert_eq!(state(token(false), Some(&revoked)), Some(TokenState::SignatureWrong));
        assert_eq!(state(token(false), None), Some(TokenState::KeyUnknown));
        let foreign = Inspected { issuer: None, ..token(false) };
        assert_eq!(state(foreign, None), Some(TokenState::OtherIssuer));
        let other = Inspected { claims: None, ..token(false) };
        assert_eq!(state(other.clone(), None), Some(TokenState::OtherKind));
        assert_eq!(
            state(Inspected { is_signed: true, ..other }, Some(&good)),
            Some(TokenState::OtherKind)
        );
    }

    #[test]
    fn only_what_ends_the_session_of_a_token_can_have_ended_it() {
        let session = claims().session_id;
        let row = |kind: EventKind, target: Option<String>, actor: Option<SessionId>| Row {
            kind: kind.name().to_owned(),
            target,
            session_id: actor.map(|it| it.as_bytes().to_vec()),
            ..Row::default()
        };
        let ends = |kind, target, actor| can_have_ended(&row(kind, target, actor), session);
        let (own, other) = (Some(session.to_string()), Some("another".to_owned()));

        assert!(ends(EventKind::SessionEnded, own.clone(), None));
        assert!(!ends(EventKind::SessionEnded, other.clone(), None));
        assert!(ends(EventKind::OtherSessionsEnded, None, None));
        assert!(!ends(EventKind::OtherSessionsEnded, None, Some(session)));
        assert!(ends(EventKind::PasswordChanged, other, None));
        assert!(!ends(EventKind::PasswordChanged, own, None));
        assert!(ends(EventKind::AccountDisabled, None, None));
        assert!(!ends(EventKind::SignIn, None, None));
    }
}
