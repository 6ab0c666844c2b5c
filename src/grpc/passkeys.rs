//! PasskeyService on the wire.

use std::sync::Arc;

use claviger_proto::pb::{self, passkey_service_server::PasskeyService};
use tonic::{Request, Response, Status};

use crate::domain::{
    passkeys::{Passkeys, SignedUp},
    sessions::SignedIn,
};

use super::{
    caller::{Callers, origin},
    convert::{passkeys as convert, webauthn},
    refresh_cookie::RefreshCookie,
    services::Services,
};

/// Handles the calls of PasskeyService.
pub(super) struct Service {
    passkeys: Arc<Passkeys>,
    refresh_cookie: Arc<RefreshCookie>,
    callers: Callers,
}

impl Service {
    pub(super) fn new(services: &Services, callers: Callers) -> Self {
        Self {
            passkeys: Arc::clone(&services.passkeys),
            refresh_cookie: Arc::clone(&services.refresh_cookie),
            callers,
        }
    }
}

#[tonic::async_trait]
impl PasskeyService for Service {
    async fn start_sign_up(
        &self,
        request: Request<pb::StartSignUpRequest>,
    ) -> Result<Response<pb::StartSignUpResponse>, Status> {
        let origin = origin();
        let person = convert::sign_up_start(request.into_inner())?;
        let started = self.passkeys.start_sign_up(person, origin.address).await?;
        Ok(Response::new(convert::sign_up_started(started)))
    }

    async fn finish_sign_up(
        &self,
        request: Request<pb::FinishSignUpRequest>,
    ) -> Result<Response<pb::FinishSignUpResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin();
        let sign_up = convert::sign_up_finish(request.into_inner())?;
        let SignedUp { signed_in, passkey } = self.passkeys.finish_sign_up(sign_up, origin).await?;
        let SignedIn { account, tokens } = signed_in;
        delivery.deliver(&tokens, |tokens| convert::signed_up(&account, &passkey, tokens))
    }

    async fn start_registration(
        &self,
        request: Request<pb::StartRegistrationRequest>,
    ) -> Result<Response<pb::StartRegistrationResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let started = self.passkeys.start_registration(&caller).await?;
        Ok(Response::new(convert::registration_started(started)))
    }

    async fn finish_registration(
        &self,
        request: Request<pb::FinishRegistrationRequest>,
    ) -> Result<Response<pb::FinishRegistrationResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let finish = convert::registration_finish(request.into_inner())?;
        let passkey = self
            .passkeys
            .finish_registration(&caller, finish.ceremony, finish.response, finish.name)
            .await?;
        let passkey = Some(convert::passkey(&passkey));
        Ok(Response::new(pb::FinishRegistrationResponse { passkey }))
    }

    async fn start_authentication(
        &self,
        request: Request<pb::StartAuthenticationRequest>,
    ) -> Result<Response<pb::StartAuthenticationResponse>, Status> {
        let target = convert::authentication_target(request.into_inner())?;
        let started = self.passkeys.start_authentication(target).await?;
        Ok(Response::new(convert::authentication_started(started)))
    }

    async fn finish_authentication(
        &self,
        request: Request<pb::FinishAuthenticationRequest>,
    ) -> Result<Response<pb::FinishAuthenticationResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin();
        let pb::FinishAuthenticationRequest { ceremony_id, credential, .. } = request.into_inner();
        let ceremony = convert::ceremony(ceremony_id)?;
        let response = webauthn::authentication_response(credential.unwrap_or_default());
        let SignedIn { account, tokens } =
            self.passkeys.finish_authentication(ceremony, response, origin).await?;
        delivery.deliver(&tokens, |tokens| convert::authenticated(&account, tokens))
    }

    async fn start_reauthentication(
        &self,
        request: Request<pb::StartReauthenticationRequest>,
    ) -> Result<Response<pb::StartReauthenticationResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let started = self.passkeys.start_reauthentication(&caller).await?;
        Ok(Response::new(convert::reauthentication_started(started)))
    }

    async fn finish_reauthentication(
        &self,
        request: Request<pb::FinishReauthenticationRequest>,
    ) -> Result<Response<pb::FinishReauthenticationResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let pb::FinishReauthenticationRequest { ceremony_id, credential } = request.into_inner();
        let ceremony = convert::ceremony(ceremony_id)?;
        let response = webauthn::authentication_response(credential.unwrap_or_default());
        let token = self.passkeys.finish_reauthentication(&caller, ceremony, response).await?;
        Ok(Response::new(convert::reauthenticated(&token)))
    }

    async fn list_passkeys(
        &self,
        request: Request<pb::ListPasskeysRequest>,
    ) -> Result<Response<pb::ListPasskeysResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let passkeys = self.passkeys.list(&caller).await?;
        let passkeys = passkeys.iter().map(convert::passkey).collect();
        Ok(Response::new(pb::ListPasskeysResponse { passkeys }))
    }

    async fn update_passkey(
        &self,
        request: Request<pb::UpdatePasskeyRequest>,
    ) -> Result<Response<pb::UpdatePasskeyResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let (id, name) = convert::rename(request.into_inner())?;
        let passkey = self.passkeys.rename(&caller, id, name).await?;
        Ok(Response::new(pb::UpdatePasskeyResponse { passkey: Some(convert::passkey(&passkey)) }))
    }

    async fn delete_passkey(
        &self,
        request: Request<pb::DeletePasskeyRequest>,
    ) -> Result<Response<pb::DeletePasskeyResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let id = convert::passkey_id(&request.into_inner().passkey_id)?;
        self.passkeys.remove(&caller, id).await?;
        Ok(Response::new(pb::DeletePasskeyResponse {}))
    }

    async fn get_passkey_signals(
        &self,
        request: Request<pb::GetPasskeySignalsRequest>,
    ) -> Result<Response<pb::GetPasskeySignalsResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let signals = self.passkeys.signals(&caller).await?;
        Ok(Response::new(convert::signals(signals)))
    }
}
