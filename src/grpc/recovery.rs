//! RecoveryService on the wire.

use std::sync::Arc;

use claviger_proto::pb::{self, recovery_service_server::RecoveryService};
use tonic::{Request, Response, Status};

use crate::domain::{
    recovery::{Recovered, Recoveries},
    sessions::SignedIn,
};

use super::{
    caller::{Callers, origin},
    convert::recovery::{self as convert, Start},
    refresh_cookie::RefreshCookie,
    services::Services,
};

/// Handles the calls of RecoveryService.
pub(super) struct Service {
    recoveries: Arc<Recoveries>,
    refresh_cookie: Arc<RefreshCookie>,
    callers: Callers,
}

impl Service {
    pub(super) fn new(services: &Services, callers: Callers) -> Self {
        Self {
            recoveries: Arc::clone(&services.recoveries),
            refresh_cookie: Arc::clone(&services.refresh_cookie),
            callers,
        }
    }
}

#[tonic::async_trait]
impl RecoveryService for Service {
    async fn create_recovery_codes(
        &self,
        request: Request<pb::CreateRecoveryCodesRequest>,
    ) -> Result<Response<pb::CreateRecoveryCodesResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let codes = self.recoveries.create_codes(&caller).await?;
        Ok(Response::new(convert::codes(&codes)))
    }

    async fn start_recovery(
        &self,
        request: Request<pb::StartRecoveryRequest>,
    ) -> Result<Response<pb::StartRecoveryResponse>, Status> {
        let address = origin().address;
        let begun = match convert::start(request.into_inner())? {
            Start::Code(name, code) => {
                self.recoveries.begin_with_code(&name, &code, address).await?
            }
            Start::Link(token) => self.recoveries.begin_with_link(&token, address).await?,
        };
        Ok(Response::new(convert::begun(&begun)))
    }

    async fn recover_with_password(
        &self,
        request: Request<pb::RecoverWithPasswordRequest>,
    ) -> Result<Response<pb::RecoverWithPasswordResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin();
        let request = request.into_inner();
        let text = convert::text(request.recovery)?;
        let (new, removes) = (request.new_password.into(), request.remove_credentials);
        let SignedIn { account, tokens } =
            self.recoveries.with_password(&text, new, removes, origin).await?;
        delivery.deliver(&tokens, |tokens| convert::with_password(&account, tokens))
    }

    async fn start_passkey_recovery(
        &self,
        request: Request<pb::StartPasskeyRecoveryRequest>,
    ) -> Result<Response<pb::StartPasskeyRecoveryResponse>, Status> {
        let text = convert::text(request.into_inner().recovery)?;
        let started = self.recoveries.start_passkey(&text).await?;
        Ok(Response::new(convert::passkey_started(started)))
    }

    async fn finish_passkey_recovery(
        &self,
        request: Request<pb::FinishPasskeyRecoveryRequest>,
    ) -> Result<Response<pb::FinishPasskeyRecoveryResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin();
        let by = convert::by_passkey(request.into_inner())?;
        let Recovered { signed_in, passkey } = self.recoveries.finish_passkey(by, origin).await?;
        let SignedIn { account, tokens } = signed_in;
        delivery.deliver(&tokens, |tokens| convert::with_passkey(&account, &passkey, tokens))
    }
}
