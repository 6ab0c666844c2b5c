//! The handle that backends hold: it joins the state, the task that updates it, and the settings.

use std::{fmt, sync::Arc};

use claviger_token::{
    claims::Claims,
    reader::claimed_key_id,
    verdict::{Judged, Requirements},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    clock,
    key_wait::{KeyWait, TooManyWaiters},
    refusal::{Refusal, Stale},
    settings::{AudienceRefused, Settings, SettingsError},
    state::State,
    status::Status,
    watch::Watch,
};

/// Verifies access tokens in memory.
///
/// A verifier holds one stream to the server (`TokenService.WatchRevocations`), on which it receives the
/// signing keys, every revocation, and a message at least every five seconds. Verifying a token needs no
/// call: a new token costs the check of its signature, one that was verified before less than a
/// microsecond.
///
/// ```no_run
/// use claviger_verifier::{Settings, Verifier};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::start(Settings::new("http://localhost:8081", "backend"))?;
/// verifier.ready().await?;
/// let claims = verifier.verify("eyJ…")?;
/// println!("called by the account {}", claims.account_id);
/// # Ok(())
/// # }
/// ```
///
/// Clones share the stream and the state. The stream is closed when the last clone, layers included, is
/// dropped. [`Verifier::layer`] guards a whole server or some of its routes.
///
/// # Outages
/// When the stream is lost, the verifier reconnects with exponential back-off, resumes at the last
/// message it received, and keeps what it knows. A stream that is open but delivers no message, or only
/// outdated ones, counts as lost after 15 seconds, also when this process was suspended meanwhile.
///
/// A server that cannot read its database knows of no revocation made elsewhere. Every message says when
/// the server last read it, and the verifier adds the time since the message. Tokens are verified until
/// what is known is older than [`Settings::grace`]; from then on, [`Settings::stale_policy`] decides. So
/// under [`StalePolicy::FailClosed`](crate::StalePolicy::FailClosed) no token is accepted on knowledge
/// that is older than the grace, or than 10 seconds if the grace is shorter. Meanwhile the verifier
/// connects again every few seconds, since a load balancer may lead to another replica.
///
/// Before the first synchronization is complete, every token is refused with
/// [`Refusal::NoRevocations`], whatever the policy. [`Verifier::status`] reports all this.
///
/// # Time
/// Expiry is decided by the server's clock, as its messages state it. The system time of this machine
/// may be wrong; [`Status::skew_seconds`] is the difference.
///
/// # Keys
/// The server announces a key before it signs with it, so a rotation goes unnoticed. After an immediate
/// rotation a token may arrive before its key: the layer then waits for the key, for at most a second,
/// and other callers can with [`Verifier::wait_for_key`]. Tokens of a compromised key are refused as soon
/// as the server reports it, for as long as the verifier runs. While the stream is lost, a token of an
/// unknown key is refused with [`Refusal::NoRevocations`] and not as malformed, since it may be valid.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    state: Arc<State>,
    key_wait: KeyWait,
    _watch: DropGuard,
}

impl Verifier {
    /// Checks the settings and starts a task that follows the server. Returns before it has connected:
    /// see [`Self::ready`].
    ///
    /// # Errors
    /// When the settings are invalid, or outside a tokio runtime. A server that cannot be reached is
    /// not an error here.
    pub fn start(settings: Settings) -> Result<Self, SettingsError> {
        let address = settings.address()?;
        let runtime =
            tokio::runtime::Handle::try_current().map_err(|_| SettingsError::NoRuntime)?;
        let state = Arc::new(State::new(settings.grace, settings.stale_policy));
        let stop = CancellationToken::new();
        let watch = Watch::new(address, settings.audience.clone(), Arc::clone(&state));
        runtime.spawn(watch.run(stop.clone()));
        let key_wait = KeyWait::default();
        let inner = Inner { settings, state, key_wait, _watch: stop.drop_guard() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Waits until the first synchronization is complete, without a time limit. [`Status::last_loss`]
    /// says why it takes long.
    ///
    /// # Errors
    /// When the server refuses [`Settings::audience`], before the first synchronization. The verifier
    /// keeps trying, since the server's configuration may change.
    pub async fn ready(&self) -> Result<(), AudienceRefused> {
        let mut changes = self.inner.state.changes();
        let settled = changes.wait_for(|it| it.is_ready || it.is_audience_refused).await;
        // The sender is dropped after `self`, so there is no error to handle.
        match settled {
            Ok(changes) if !changes.is_ready => {
                Err(AudienceRefused { audience: self.inner.settings.audience.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The claims of a token if it is valid: issued by the server for [`Settings::audience`], neither
    /// expired nor revoked, of an account in one of [`Settings::groups`], and of a sign-in no older than
    /// [`Settings::max_auth_age`].
    ///
    /// # Errors
    /// Why the token is refused. [`Refusal::NoRevocations`] says nothing about the token: answer it with
    /// "unavailable", not with "unauthenticated".
    pub fn verify(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        self.verify_with(token, self.requirements())
    }

    /// The verdict on a token, with its claims, under requirements of the caller's instead of those of
    /// the settings.
    ///
    /// # Errors
    /// When what is known is too old to judge any token.
    pub fn judge(&self, token: &str, requirements: Requirements<'_>) -> Result<Judged, Stale> {
        self.inner.state.judge(token, requirements, clock::now())
    }

    /// Waits for the key that a token names, if it is unknown and the stream is live. Returns whether
    /// the key is known now, so that a token that was [`Refusal::Malformed`] should be verified again.
    ///
    /// Waits for at most a second. Returns at once for a text that is not a token, for a compromised
    /// key, and while the stream is lost. At most 64 callers wait at a time.
    ///
    /// # Errors
    /// [`Refusal::NoRevocations`] when too many callers wait already.
    pub async fn wait_for_key(&self, token: &str) -> Result<bool, Refusal> {
        let Some(key_id) = claimed_key_id(token) else { return Ok(false) };
        let waited = self.inner.key_wait.wait_for(&key_id, &self.inner.state).await;
        waited.map_err(|_: TooManyWaiters| Refusal::NoRevocations)
    }

    /// The state of the stream, and the size of what is known. For health checks and metrics.
    pub fn status(&self) -> Status {
        self.inner.state.status(clock::now())
    }

    /// The requirements of the settings.
    pub fn requirements(&self) -> Requirements<'_> {
        let Settings { audience, max_auth_age, groups, .. } = &self.inner.settings;
        Requirements { audience, max_auth_age: *max_auth_age, groups: groups.as_ref() }
    }

    pub(crate) fn verify_with(
        &self,
        token: &str,
        requirements: Requirements<'_>,
    ) -> Result<Arc<Claims>, Refusal> {
        Refusal::unless_active(self.judge(token, requirements)?)
    }

    /// Whether a token names a key that is unknown but may still arrive.
    pub(crate) fn may_learn_key(&self, token: &str) -> bool {
        let state = &self.inner.state;
        claimed_key_id(token).is_some_and(|it| state.may_learn(&it, clock::now()))
    }
}

#[cfg(test)]
impl Verifier {
    /// A verifier over a state that a test fills.
    pub(crate) fn with_state(state: Arc<State>, settings: Settings) -> Self {
        let watch = CancellationToken::new().drop_guard();
        let inner = Inner { settings, state, key_wait: KeyWait::default(), _watch: watch };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn state(&self) -> &State {
        &self.inner.state
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("settings", &self.inner.settings)
            .field("status", &self.status())
            .finish()
    }
}
