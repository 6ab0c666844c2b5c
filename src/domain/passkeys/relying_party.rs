//! The relying party: its id and origins, and what verifies responses for it.
//!
//! Knows nothing of accounts, storage or time: an outcome depends on the arguments alone.

use aws_lc_rs::digest;
use url::Url;
use uuid::Uuid;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{PasskeyRegistration, WebauthnError, WebauthnResult},
};
use webauthn_rs_core::proto::{AuthenticatorAttestationResponseRaw, RegisterPublicKeyCredential};

use crate::{
    domain::{Error, Result},
    model::{
        app_origin::is_app_origin,
        ceremony::{CEREMONY_LIFETIME, CHALLENGE_BYTES},
        host::{is_at_or_below, is_local},
        passkey::Passkey,
        webauthn::{AuthenticationResponse, RegistrationResponse},
    },
};

use super::{
    Settings, attestation,
    guard::{
        self, Assertion, Checked, ES256, ES384, Expectation, NewCredential, RS256, Refusal,
        UserHandle,
    },
    library::{refusal, unlogged},
    library_state::StateTemplate,
    signature::{self, VerificationKey},
};

/// The algorithms asked for, best first; no others are accepted.
pub(super) const ALGORITHMS: [i32; 3] = [ES256, ES384, RS256];

/// Never, since the same state was made when the server started.
const NO_STATE: Refusal = Refusal("the library's state cannot be made");
const PUBLIC_KEY: &str = "public-key";
const ANDROID_ORIGIN: &str = "android:apk-key-hash:";

/// The party that responses are checked for.
pub(super) struct RelyingParty {
    settings: Settings,
    accepted_origins: Vec<String>,
    id_hash: [u8; 32],
    library: Webauthn,
    registrations: StateTemplate<PasskeyRegistration>,
}

/// The verdict on an assertion whose signature is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The passkey's owner was present.
    Accepted,
    /// The counter did not grow, so that the key may have been copied.
    CloneSuspected,
}

impl RelyingParty {
    /// Checks the settings and prepares the library.
    ///
    /// # Errors
    /// When the relying party id and the origins do not fit together.
    pub(super) fn new(settings: Settings) -> Result<Self> {
        let own = settings.origins.iter().map(|origin| own_origin(origin, &settings));
        let own = own.collect::<Result<Vec<Url>>>()?;
        if own.is_empty() {
            return Err(Error::internal("passkeys need at least one origin"));
        }
        let related = settings.related_origins.iter().map(|origin| web_origin(origin));
        let related = related.collect::<Result<Vec<Url>>>()?;
        let library = library(&settings, &own, &related).map_err(Error::internal)?;
        let mut id_hash = [0; 32];
        let hash = digest::digest(&digest::SHA256, settings.relying_party_id.as_bytes());
        id_hash.copy_from_slice(hash.as_ref());
        let accepted_origins = settings.accepted_origins();
        let registrations = registrations(&library)?;
        Ok(Self { settings, accepted_origins, id_hash, library, registrations })
    }

    /// The relying party id.
    pub(super) fn id(&self) -> &str {
        &self.settings.relying_party_id
    }

    /// The state of registrations, as the library stores it.
    #[cfg(test)]
    pub(super) const fn stored_state(&self) -> &serde_json::Value {
        self.registrations.serialized()
    }

    /// The library, to compare with.
    #[cfg(test)]
    pub(super) const fn library(&self) -> &Webauthn {
        &self.library
    }

    /// The name shown to people.
    pub(super) fn name(&self) -> &str {
        &self.settings.relying_party_name
    }

    /// Checks the response to a registration (WebAuthn L3 §7.1) but for what only storage knows, and that
    /// sign-ins can be verified with its key.
    pub(super) fn verify_registration(
        &self,
        challenge: &[u8; CHALLENGE_BYTES],
        response: &RegistrationResponse,
    ) -> Checked<NewCredential> {
        let credential = guard::check_registration(response, &self.expect(challenge))?;
        let key = VerificationKey::parse(&credential.public_key)?;
        if !attestation::is_read_by_library(&credential.public_key)? {
            // The guard has checked everything but the attestation.
            attestation::check(&credential, &key, &response.client_data_json)?;
            return Ok(credential);
        }
        let answer = RegisterPublicKeyCredential {
            id: String::new(),
            raw_id: response.raw_id.clone(),
            response: AuthenticatorAttestationResponseRaw {
                attestation_object: response.attestation_object.clone(),
                client_data_json: response.client_data_json.clone(),
                transports: None,
            },
            type_: PUBLIC_KEY.to_owned(),
            extensions: Default::default(),
        };
        let state = self.registrations.with_challenge(challenge).map_err(|_| NO_STATE)?;
        unlogged(|| self.library.finish_passkey_registration(&answer, &state))
            .map_err(|error| refusal(&error))?;
        Ok(credential)
    }

    /// Checks of an assertion what needs no knowledge of the passkey.
    pub(super) fn check_assertion(
        &self,
        challenge: &[u8; CHALLENGE_BYTES],
        response: &AuthenticationResponse,
        user_handle: UserHandle,
    ) -> Checked<Assertion> {
        guard::check_assertion(response, user_handle, &self.expect(challenge))
    }

    fn expect<'a>(&'a self, challenge: &'a [u8]) -> Expectation<'a> {
        let relying_party_id_hash = &self.id_hash;
        Expectation { challenge, origins: &self.accepted_origins, relying_party_id_hash }
    }
}

/// Verifies a checked assertion against the passkey it names, with the user handle of its account
/// (WebAuthn L3 §7.2).
pub(super) fn verify_assertion(
    response: &AuthenticationResponse,
    assertion: &Assertion,
    (passkey, user_handle): (&Passkey, &[u8]),
) -> Checked<Verdict> {
    let signed = signature::message(&response.authenticator_data, &response.client_data_json);
    // Before what follows, which would tell by the time it saves what is known of the passkey.
    let verifies =
        VerificationKey::parse(&passkey.public_key)?.verifies(&signed, &response.signature);
    guard::check_user_handle(response, user_handle)?;
    // Eligibility may appear later, when a key moves into a synced store, though the specification says
    // otherwise (ADR 28). It never disappears.
    if passkey.backup_eligible && !assertion.backup_eligible {
        return Err(Refusal("no longer eligible for backup"));
    }
    if !verifies {
        return Err(Refusal("signature is wrong"));
    }
    // Only a right signature may raise suspicion: any client can send a low counter.
    Ok(counter_verdict(passkey.counter, assertion.counter))
}

/// WebAuthn L3 §7.2 step 22. Two zeros are normal: synced passkeys have no counter.
fn counter_verdict(stored: u32, shown: u32) -> Verdict {
    if (stored != 0 || shown != 0) && shown <= stored {
        Verdict::CloneSuspected
    } else {
        Verdict::Accepted
    }
}

fn library(settings: &Settings, own: &[Url], related: &[Url]) -> WebauthnResult<Webauthn> {
    // The builder wants a web origin of the id's domain first. Where only apps are served, the id
    // itself stands in for one; the guard, which compares exact strings, still refuses it.
    let stand_in = Url::parse(&format!("https://{}", settings.relying_party_id)).ok();
    let web =
        own.iter().find(|origin| matches!(origin.scheme(), "http" | "https")).or(stand_in.as_ref());
    let first = web.ok_or(WebauthnError::Configuration)?;
    let builder = WebauthnBuilder::new(&settings.relying_party_id, first)?;
    let builder = builder.rp_name(&settings.relying_party_name).timeout(CEREMONY_LIFETIME);
    let origins = own.iter().chain(related);
    origins.fold(builder, |builder, origin| builder.append_allowed_origin(origin)).build()
}

/// What the library keeps of a registration. Its options are not used, so it needs no user; nor does it get
/// the passkeys to exclude: whether a credential id is taken is for storage to say, of every account.
fn registrations(library: &Webauthn) -> Result<StateTemplate<PasskeyRegistration>> {
    let started = unlogged(|| library.start_passkey_registration(Uuid::nil(), "-", "-", None));
    let (options, state) = started.map_err(Error::internal)?;
    StateTemplate::new(&state, "/rs/challenge", &options.public_key.challenge)
}

/// An origin at or below the relying party id, as browsers and Android write it: compared as a
/// string, it must be written the same way.
fn own_origin(origin: &str, settings: &Settings) -> Result<Url> {
    if let Some(hash) = origin.strip_prefix(ANDROID_ORIGIN) {
        let url = Url::parse(origin).map_err(|_| wrong(origin, "is not a URL"))?;
        return if hash.is_empty() { Err(wrong(origin, "lacks the key's hash")) } else { Ok(url) };
    }
    if is_app_origin(origin) {
        return Url::parse(origin).map_err(|_| wrong(origin, "is not a URL"));
    }
    let url = web_origin(origin)?;
    if !is_at_or_below(url.domain().unwrap_or_default(), &settings.relying_party_id) {
        return Err(wrong(origin, "is not at or below the relying party id"));
    }
    Ok(url)
}

/// An origin of pages, on whatever domain.
fn web_origin(origin: &str) -> Result<Url> {
    let url = Url::parse(origin).map_err(|_| wrong(origin, "is not a URL"))?;
    if url.origin().ascii_serialization() != origin {
        return Err(wrong(origin, "is not written as browsers write origins: https://name[:port]"));
    }
    let host = url.domain().ok_or_else(|| wrong(origin, "has no domain name"))?;
    // Browsers offer WebAuthn only in secure contexts, where no one on the network can change the page.
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local(host) => Ok(url),
        _ => Err(wrong(origin, "is neither https nor on localhost")),
    }
}

fn wrong(origin: &str, what: &str) -> Error {
    Error::internal(format!("passkey origin {origin:?} {what}"))
}
