//! Checks Claviger's access tokens inside a service of yours, without a call per request.
//!
//! The manual is at [`Verifier`]. What is shared with the server is in `claviger_token`: both judge by
//! the same code. Knows nothing of databases, and never signs.

mod convert;
mod key_wait;
mod keys;
mod layer;
mod moment;
mod progress;
mod refusal;
mod settings;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod view;
mod watch;

use std::{fmt, sync::Arc};

pub use claviger_token::{
    claims::Claims,
    verdict::{Judged, Requirements, Verdict},
};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::{
    layer::{VerifierLayer, VerifierService},
    refusal::{Refusal, Stale},
    settings::{ClientIdentity, Settings, SettingsError, StalePolicy},
    status::Status,
};

use claviger_token::reader::claimed_key_id;

use self::{
    key_wait::{KeyWait, TooManyWaiters},
    moment::Moment,
    state::State,
    watch::Watch,
};

/// Judges access tokens by itself, and knows of every logout within moments.
///
/// It holds one stream to the server (`TokenService.WatchRevocations`), on which it hears of the keys,
/// of every token that dies before its time, and at least every five seconds that all is well. So it
/// needs no call to judge a token: the first sight of one costs a check of its signature, every
/// further one less than a microsecond.
///
/// ```no_run
/// use claviger::verifier::{Settings, Verifier};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::start(Settings::new("http://localhost:8081", "https://api.example"))?;
/// verifier.ready().await;
/// let claims = verifier.verify("eyJhbGciOi…")?;
/// println!("{} calls", claims.account_id);
/// # Ok(())
/// # }
/// ```
///
/// Clones share the stream and what was heard; the task that holds it ends with the last of them.
/// For a whole server there is [`Verifier::layer`].
///
/// # When the stream is lost
/// The verifier connects again by itself, resumes where it was, and forgets nothing meanwhile. It goes
/// on judging until the server's last word is older than [`Settings::grace`], and then refuses every
/// token with [`Refusal::NoRevocations`], or goes on with what it knows if [`StalePolicy::FailOpen`]
/// says so. A connection that looks alive but says nothing, or nothing that is not older than that,
/// counts as lost after 15 seconds: also when this program stood still meanwhile. So a token is never
/// accepted on knowledge older than 15 seconds or the grace, whichever is longer. Before everything was
/// heard once, all tokens are refused, whatever the settings say: there is no key to check them with. Show [`Verifier::status`] to your health check and your metrics.
///
/// # Time
/// Whether a token has expired is asked of the server's clock, as its messages tell it. This machine's
/// time of day may be wrong; [`Status::skew_seconds`] says by how much.
///
/// # Keys
/// Keys are announced before they sign, so a rotation is not noticed. The tokens of a key that was
/// called compromised are refused as soon as the word arrives, and for as long as the verifier runs.
/// After a rotation without delay a token may arrive before its key: the layer then waits for the key,
/// for a second at most, and so can others, with [`Verifier::wait_for_key`]. While the stream is lost,
/// a token of a key that was never heard of is not called bad but refused with
/// [`Refusal::NoRevocations`].
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
    /// Starts listening to the server. Does not wait for it: see [`Self::ready`].
    ///
    /// # Errors
    /// When the settings cannot be right. A server that cannot be reached is no error here.
    pub fn start(settings: Settings) -> Result<Self, SettingsError> {
        let address = settings.address()?;
        let runtime =
            tokio::runtime::Handle::try_current().map_err(|_| SettingsError::NoRuntime)?;
        let state = Arc::new(State::new(settings.grace, settings.stale_policy));
        let stop = CancellationToken::new();
        runtime.spawn(Watch::new(address, Arc::clone(&state)).run(stop.clone()));
        let key_wait = KeyWait::default();
        let inner = Inner { settings, state, key_wait, _watch: stop.drop_guard() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Waits until everything there is to know has been heard once, however long that takes.
    pub async fn ready(&self) {
        // The sender lives as long as `self`, so there is no error to meet.
        let _ = self.inner.state.changes().wait_for(|news| news.is_ready).await;
    }

    /// Who calls with this token, if it is good: meant for [`Settings::audience`], not expired, not
    /// revoked, of a sign-in no older than [`Settings::max_auth_age`].
    ///
    /// # Errors
    /// Why it is not good. [`Refusal::NoRevocations`] is not the caller's fault.
    pub fn verify(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        self.verify_with(token, self.requirements())
    }

    /// Judges a token by other requirements than those of the settings.
    ///
    /// # Errors
    /// When the stream has been lost for too long to judge any token.
    pub fn judge(&self, token: &str, requirements: Requirements<'_>) -> Result<Judged, Stale> {
        self.inner.state.judge(token, requirements, Moment::now())
    }

    /// Waits for the key that a token names, when a live stream has not told of it yet. Answers
    /// whether the key is known now, so that it is worth judging the token again. Takes a second at
    /// most, and no time at all for whatever is not shaped like a token, or for a key that is known to
    /// be bad.
    ///
    /// # Errors
    /// [`Refusal::NoRevocations`] when so many wait already that nobody can tell whether the token is
    /// good.
    pub async fn wait_for_key(&self, token: &str) -> Result<bool, Refusal> {
        let Some(key_id) = claimed_key_id(token) else { return Ok(false) };
        let waited = self.inner.key_wait.wait_for(&key_id, &self.inner.state).await;
        waited.map_err(|_: TooManyWaiters| Refusal::NoRevocations)
    }

    /// What is known, and how fresh that is.
    pub fn status(&self) -> Status {
        self.inner.state.status(Moment::now())
    }

    /// What the settings ask of a token.
    pub fn requirements(&self) -> Requirements<'_> {
        let Settings { audience, max_auth_age, .. } = &self.inner.settings;
        Requirements { audience: Some(audience), max_auth_age: *max_auth_age }
    }

    fn verify_with(
        &self,
        token: &str,
        requirements: Requirements<'_>,
    ) -> Result<Arc<Claims>, Refusal> {
        Refusal::unless_active(self.judge(token, requirements)?)
    }

    /// Whether a token was refused only since its key is not known, and may be soon.
    fn may_learn_key(&self, token: &str) -> bool {
        let state = &self.inner.state;
        claimed_key_id(token).is_some_and(|it| state.may_learn(&it, Moment::now()))
    }
}

#[cfg(test)]
impl Verifier {
    /// A verifier that knows what a test tells `state`.
    fn over(state: Arc<State>, settings: Settings) -> Self {
        let watch = CancellationToken::new().drop_guard();
        let inner = Inner { settings, state, key_wait: KeyWait::default(), _watch: watch };
        Self { inner: Arc::new(inner) }
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
