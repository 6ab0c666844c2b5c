//! Passkey ceremonies as a browser runs them: options to the authenticator, its answer to the server.
//!
//! Each has a start and a finish, for tests that change something in between, and a whole for the
//! others.

use claviger_proto::pb::{self, start_authentication_request::Target};
use tonic::Status;

use super::{
    Person,
    authenticator::{
        AssertionAnswer, AssertionDraft, AssertionRequest, Authenticator, CreationRequest,
        RegistrationAnswer, RegistrationDraft,
    },
};

/// The origin of the pages in the base settings.
pub const ORIGIN: &str = "http://localhost:8080";

/// A ceremony to add a passkey that waits for its answer.
#[derive(Clone)]
pub struct Registration {
    pub id: String,
    pub expire_time: prost_types::Timestamp,
    pub options: pb::PublicKeyCredentialCreationOptions,
}

/// A ceremony to sign in or to prove presence that waits for its answer.
#[derive(Clone)]
pub struct Assertion {
    pub id: String,
    pub expire_time: prost_types::Timestamp,
    pub options: pb::PublicKeyCredentialRequestOptions,
}

impl Registration {
    /// What the browser asks the authenticator.
    pub fn request(&self) -> CreationRequest {
        let options = self.options.clone();
        CreationRequest {
            relying_party_id: options.rp.unwrap().id,
            challenge: options.challenge,
            user_handle: options.user.unwrap().id,
            exclude: options.exclude_credentials.into_iter().map(|it| it.id).collect(),
            algorithms: options.pub_key_cred_params.into_iter().map(|it| it.alg).collect(),
        }
    }

    /// The honest answer.
    pub fn answer(&self, authenticator: &mut Authenticator) -> RegistrationAnswer {
        authenticator.create(&self.request()).unwrap()
    }
}

impl Assertion {
    /// What the browser asks the authenticator.
    pub fn request(&self) -> AssertionRequest {
        let options = self.options.clone();
        AssertionRequest {
            relying_party_id: options.rp_id,
            challenge: options.challenge,
            allow: options.allow_credentials.into_iter().map(|it| it.id).collect(),
        }
    }

    /// The honest answer.
    pub fn answer(&self, authenticator: &mut Authenticator) -> AssertionAnswer {
        authenticator.get(&self.request()).unwrap()
    }

    /// The answer of an authenticator that does not care which credentials were asked for.
    pub fn forced_answer(&self, authenticator: &mut Authenticator) -> AssertionAnswer {
        let allow = authenticator.credential_ids();
        authenticator.get(&AssertionRequest { allow, ..self.request() }).unwrap()
    }
}

impl Person {
    /// Starts adding a passkey.
    pub async fn start_registration(&self) -> Result<Registration, Status> {
        let request = pb::StartRegistrationRequest {};
        let started = self.passkeys().start_registration(request).await?.into_inner();
        Ok(Registration {
            id: started.ceremony_id,
            expire_time: started.expire_time.unwrap(),
            options: started.options.unwrap(),
        })
    }

    /// Hands in the answer to a registration.
    pub async fn finish_registration(
        &self,
        ceremony_id: &str,
        answer: RegistrationAnswer,
        name: &str,
    ) -> Result<pb::Passkey, Status> {
        let request = pb::FinishRegistrationRequest {
            ceremony_id: ceremony_id.to_owned(),
            credential: Some(registration_credential(answer)),
            name: name.to_owned(),
        };
        let answer = self.passkeys().finish_registration(request).await?.into_inner();
        Ok(answer.passkey.unwrap())
    }

    /// Adds a passkey.
    pub async fn add_passkey(
        &self,
        authenticator: &mut Authenticator,
        name: &str,
    ) -> Result<pb::Passkey, Status> {
        let ceremony = self.start_registration().await?;
        self.finish_registration(&ceremony.id, ceremony.answer(authenticator), name).await
    }

    /// Adds a passkey with an answer that is changed before it is encoded.
    pub async fn add_passkey_with(
        &self,
        authenticator: &mut Authenticator,
        change: impl FnOnce(&mut RegistrationDraft),
    ) -> Result<pb::Passkey, Status> {
        let ceremony = self.start_registration().await?;
        let answer = authenticator.create_with(&ceremony.request(), change).unwrap();
        self.finish_registration(&ceremony.id, answer, "").await
    }

    /// Starts a sign-in of the account with this name.
    pub async fn start_named(&self, username: &str) -> Result<Assertion, Status> {
        self.start_authentication(Some(Target::Username(username.to_owned()))).await
    }

    /// Starts a sign-in of whomever the authenticator knows.
    pub async fn start_discoverable(&self) -> Result<Assertion, Status> {
        self.start_authentication(Some(Target::Discoverable(pb::DiscoverableTarget {}))).await
    }

    /// Starts a sign-in.
    pub async fn start_authentication(&self, target: Option<Target>) -> Result<Assertion, Status> {
        let request = pb::StartAuthenticationRequest { target };
        let started = self.passkeys().start_authentication(request).await?.into_inner();
        Ok(Assertion {
            id: started.ceremony_id,
            expire_time: started.expire_time.unwrap(),
            options: started.options.unwrap(),
        })
    }

    /// Hands in the answer to a sign-in; answers with the person signed in.
    pub async fn finish_authentication(
        &self,
        ceremony_id: &str,
        answer: AssertionAnswer,
    ) -> Result<Self, Status> {
        let answer = self.finish_authentication_alone(ceremony_id, answer).await?;
        Ok(self.signed_in(answer.account, answer.tokens).await)
    }

    /// The one call of [`Person::finish_authentication`], which also asks for a backend's token.
    pub async fn finish_authentication_alone(
        &self,
        ceremony_id: &str,
        answer: AssertionAnswer,
    ) -> Result<pb::FinishAuthenticationResponse, Status> {
        let request = pb::FinishAuthenticationRequest {
            ceremony_id: ceremony_id.to_owned(),
            credential: Some(authentication_credential(answer)),
            ..Default::default()
        };
        Ok(self.passkeys().finish_authentication(request).await?.into_inner())
    }

    /// Signs in by name.
    pub async fn sign_in_named(
        &self,
        username: &str,
        authenticator: &mut Authenticator,
    ) -> Result<Self, Status> {
        self.sign_in_named_with(username, authenticator, |_| {}).await
    }

    /// Signs in by name with an answer that is changed before it is signed.
    pub async fn sign_in_named_with(
        &self,
        username: &str,
        authenticator: &mut Authenticator,
        change: impl FnOnce(&mut AssertionDraft),
    ) -> Result<Self, Status> {
        let ceremony = self.start_named(username).await?;
        let answer = authenticator.get_with(&ceremony.request(), change).unwrap();
        self.finish_authentication(&ceremony.id, answer).await
    }

    /// Signs in without a name.
    pub async fn sign_in_discoverable(
        &self,
        authenticator: &mut Authenticator,
    ) -> Result<Self, Status> {
        let ceremony = self.start_discoverable().await?;
        self.finish_authentication(&ceremony.id, ceremony.answer(authenticator)).await
    }

    /// Starts proving presence.
    pub async fn start_reauthentication(&self) -> Result<Assertion, Status> {
        let request = pb::StartReauthenticationRequest {};
        let started = self.passkeys().start_reauthentication(request).await?.into_inner();
        Ok(Assertion {
            id: started.ceremony_id,
            expire_time: started.expire_time.unwrap(),
            options: started.options.unwrap(),
        })
    }

    /// Hands in the proof of presence; answers with the person bearing the new access token.
    pub async fn finish_reauthentication(
        &self,
        ceremony_id: &str,
        answer: AssertionAnswer,
    ) -> Result<Self, Status> {
        let request = pb::FinishReauthenticationRequest {
            ceremony_id: ceremony_id.to_owned(),
            credential: Some(authentication_credential(answer)),
        };
        let answer = self.passkeys().finish_reauthentication(request).await?.into_inner();
        Ok(self.bearing(&answer.access_token).with_backend_token().await)
    }

    /// Sets a new password by the assertion of a passkey; answers with the person in the new session.
    pub async fn change_password_by_passkey(
        &self,
        ceremony_id: &str,
        answer: AssertionAnswer,
        new: &str,
    ) -> Result<Self, Status> {
        let passkey = pb::PasskeyProof {
            ceremony_id: ceremony_id.to_owned(),
            credential: Some(authentication_credential(answer)),
        };
        let request = pb::ChangePasswordRequest {
            new_password: new.to_owned(),
            passkey: Some(passkey),
            ..Default::default()
        };
        let answer = self.accounts().change_password(request).await?.into_inner();
        Ok(self.signed_in(None, answer.tokens).await)
    }

    /// Proves presence with a passkey.
    pub async fn step_up(&self, authenticator: &mut Authenticator) -> Result<Self, Status> {
        let ceremony = self.start_reauthentication().await?;
        self.finish_reauthentication(&ceremony.id, ceremony.answer(authenticator)).await
    }

    /// Lists the person's own passkeys.
    pub async fn list_passkeys(&self) -> Result<Vec<pb::Passkey>, Status> {
        let answer = self.passkeys().list_passkeys(pb::ListPasskeysRequest {}).await?;
        Ok(answer.into_inner().passkeys)
    }

    /// Removes a passkey.
    pub async fn delete_passkey(&self, id: &str) -> Result<(), Status> {
        let request = pb::DeletePasskeyRequest { passkey_id: id.to_owned() };
        self.passkeys().delete_passkey(request).await.map(drop)
    }

    /// Renames a passkey.
    pub async fn rename_passkey(&self, id: &str, name: &str) -> Result<pb::Passkey, Status> {
        let passkey =
            pb::Passkey { id: id.to_owned(), name: name.to_owned(), ..Default::default() };
        let request = pb::UpdatePasskeyRequest { passkey: Some(passkey), update_mask: None };
        Ok(self.passkeys().update_passkey(request).await?.into_inner().passkey.unwrap())
    }
}

/// The new credential on the wire.
pub fn registration_credential(answer: RegistrationAnswer) -> pb::RegistrationCredential {
    let properties = pb::CredentialPropertiesOutput { rk: answer.discoverable };
    pb::RegistrationCredential {
        raw_id: answer.raw_id,
        client_data_json: answer.client_data_json,
        attestation_object: answer.attestation_object,
        transports: answer.transports,
        authenticator_attachment: String::new(),
        client_extension_results: Some(pb::RegistrationExtensionResults {
            cred_props: Some(properties),
        }),
    }
}

/// The answer on the wire.
pub fn authentication_credential(answer: AssertionAnswer) -> pb::AuthenticationCredential {
    pb::AuthenticationCredential {
        raw_id: answer.raw_id,
        client_data_json: answer.client_data_json,
        authenticator_data: answer.authenticator_data,
        signature: answer.signature,
        user_handle: answer.user_handle.unwrap_or_default(),
        authenticator_attachment: String::new(),
        client_extension_results: None,
    }
}
