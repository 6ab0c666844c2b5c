//! Signing up with a passkey and no password, as a browser does.

use claviger_proto::pb;
use tonic::Status;

use super::{
    Authenticator, Person,
    ceremonies::{Registration, registration_credential},
};

impl Person {
    /// Starts a sign-up under a name.
    pub async fn start_sign_up(&self, username: &str) -> Result<Registration, Status> {
        let request =
            pb::StartSignUpRequest { username: username.to_owned(), ..Default::default() };
        self.start_sign_up_as(request).await
    }

    /// Starts a sign-up with every field of the request given.
    pub async fn start_sign_up_as(
        &self,
        request: pb::StartSignUpRequest,
    ) -> Result<Registration, Status> {
        let started = self.passkeys().start_sign_up(request).await?.into_inner();
        Ok(Registration {
            id: started.ceremony_id,
            expire_time: started.expire_time.unwrap(),
            options: started.options.unwrap(),
        })
    }

    /// Hands in the answer to a sign-up; answers with the person signed in.
    pub async fn finish_sign_up(&self, request: pb::FinishSignUpRequest) -> Result<Self, Status> {
        let answer = self.passkeys().finish_sign_up(request).await?.into_inner();
        Ok(self.signed_in(answer.account, answer.tokens).await)
    }

    /// Signs up under a name.
    pub async fn sign_up(
        &self,
        username: &str,
        authenticator: &mut Authenticator,
    ) -> Result<Self, Status> {
        let ceremony = self.start_sign_up(username).await?;
        self.finish_sign_up(finish(&ceremony, username, authenticator)).await
    }
}

/// The honest end of a sign-up under a name.
pub fn finish(
    ceremony: &Registration,
    username: &str,
    authenticator: &mut Authenticator,
) -> pb::FinishSignUpRequest {
    pb::FinishSignUpRequest {
        ceremony_id: ceremony.id.clone(),
        credential: Some(registration_credential(ceremony.answer(authenticator))),
        username: username.to_owned(),
        ..Default::default()
    }
}
