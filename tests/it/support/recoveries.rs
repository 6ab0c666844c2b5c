//! Getting back into an account whose credentials are lost.

use claviger_proto::pb;
use tonic::Status;

use super::{
    Authenticator, Person,
    ceremonies::{Registration, registration_credential},
};

/// A recovery that was begun.
#[derive(Clone)]
pub struct Recovery(pub pb::StartRecoveryResponse);

/// What a recovery with a passkey changes beside it.
#[derive(Clone, Copy, Default)]
pub struct Changes {
    pub end_sessions: bool,
    pub remove_credentials: bool,
}

/// That everything of before goes.
pub const EVERYTHING: Changes = Changes { end_sessions: true, remove_credentials: true };
/// That nothing of before goes.
pub const NOTHING: Changes = Changes { end_sessions: false, remove_credentials: false };

impl Person {
    /// Makes recovery codes.
    pub async fn make_codes(&self) -> Result<Vec<String>, Status> {
        let request = pb::CreateRecoveryCodesRequest {};
        Ok(self.recoveries().create_recovery_codes(request).await?.into_inner().codes)
    }

    /// Begins a recovery with a code.
    pub async fn begin(&self, username: &str, code: &str) -> Result<Recovery, Status> {
        let (username, code) = (username.to_owned(), code.to_owned());
        let request = pb::StartRecoveryRequest { username, code, ..Default::default() };
        Ok(Recovery(self.recoveries().start_recovery(request).await?.into_inner()))
    }

    /// Begins a recovery with the token of a link.
    pub async fn begin_with(&self, link: &str) -> Result<Recovery, Status> {
        let request = pb::StartRecoveryRequest { link: link.to_owned(), ..Default::default() };
        Ok(Recovery(self.recoveries().start_recovery(request).await?.into_inner()))
    }

    /// Completes a recovery with a password; answers with the person signed in.
    pub async fn recover_with_password(
        &self,
        recovery: &Recovery,
        password: &str,
        remove_credentials: bool,
    ) -> Result<Self, Status> {
        let request = pb::RecoverWithPasswordRequest {
            recovery: recovery.0.recovery.clone(),
            new_password: password.to_owned(),
            remove_credentials,
            ..Default::default()
        };
        let answer = self.recoveries().recover_with_password(request).await?.into_inner();
        Ok(self.signed_in(answer.account, answer.tokens).await)
    }

    /// Starts the ceremony of a passkey for a recovery.
    pub async fn start_passkey(&self, recovery: &Recovery) -> Result<Registration, Status> {
        let recovery = recovery.0.recovery.clone();
        let request = pb::StartPasskeyRecoveryRequest { recovery };
        let started = self.recoveries().start_passkey_recovery(request).await?.into_inner();
        Ok(Registration {
            id: started.ceremony_id,
            expire_time: started.expire_time.unwrap(),
            options: started.options.unwrap(),
        })
    }

    /// Completes a recovery with every field of the request given; answers with the person signed in.
    pub async fn finish_passkey(
        &self,
        request: pb::FinishPasskeyRecoveryRequest,
    ) -> Result<Self, Status> {
        let answer = self.recoveries().finish_passkey_recovery(request).await?.into_inner();
        Ok(self.signed_in(answer.account, answer.tokens).await)
    }

    /// Completes a recovery with a passkey; answers with the person signed in.
    pub async fn recover(
        &self,
        recovery: &Recovery,
        authenticator: &mut Authenticator,
        changes: Changes,
    ) -> Result<Self, Status> {
        let ceremony = self.start_passkey(recovery).await?;
        self.finish_passkey(finish(recovery, &ceremony, authenticator, changes)).await
    }
}

/// The honest end of a recovery with a passkey.
pub fn finish(
    recovery: &Recovery,
    ceremony: &Registration,
    authenticator: &mut Authenticator,
    changes: Changes,
) -> pb::FinishPasskeyRecoveryRequest {
    pb::FinishPasskeyRecoveryRequest {
        recovery: recovery.0.recovery.clone(),
        ceremony_id: ceremony.id.clone(),
        credential: Some(registration_credential(ceremony.answer(authenticator))),
        end_sessions: changes.end_sessions,
        remove_credentials: changes.remove_credentials,
        ..Default::default()
    }
}

/// The token in a link.
pub fn token(link: &str) -> &str {
    link.split_once("#recovery=").unwrap().1
}
