//! A client of the contract for operators, over the network or in memory: the same one.

mod connection;
mod refusal;

use prost::Message as _;
use tonic::{Streaming, service::interceptor::InterceptedService, transport::Channel};

use crate::grpc::contracts::admin::{
    self as pb, account_service_client::AccountServiceClient,
    audit_service_client::AuditServiceClient, invitation_service_client::InvitationServiceClient,
    key_service_client::KeyServiceClient, moving_service_client::MovingServiceClient,
    revocation_service_client::RevocationServiceClient,
    service_account_service_client::ServiceAccountServiceClient,
    system_service_client::SystemServiceClient,
};

use self::connection::Credentials;

pub use connection::{ConnectError, Server};
pub use refusal::Refusal;

/// How many bytes an account takes in a message.
pub fn size(account: &pb::PortableAccount) -> usize {
    account.encoded_len()
}

/// Calls the services for operators.
pub struct OperatorClient {
    channel: Channel,
    credentials: Credentials,
}

type Guarded = InterceptedService<Channel, Credentials>;

impl OperatorClient {
    fn guarded(&self) -> (Channel, Credentials) {
        (self.channel.clone(), self.credentials.clone())
    }

    fn accounts(&self) -> AccountServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        AccountServiceClient::with_interceptor(channel, credentials)
    }

    fn audit(&self) -> AuditServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        AuditServiceClient::with_interceptor(channel, credentials)
    }

    fn invitations(&self) -> InvitationServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        InvitationServiceClient::with_interceptor(channel, credentials)
    }

    fn keys(&self) -> KeyServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        KeyServiceClient::with_interceptor(channel, credentials)
    }

    fn moving(&self) -> MovingServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        MovingServiceClient::with_interceptor(channel, credentials)
    }

    fn service_accounts(&self) -> ServiceAccountServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        ServiceAccountServiceClient::with_interceptor(channel, credentials)
    }

    fn revocations(&self) -> RevocationServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        RevocationServiceClient::with_interceptor(channel, credentials)
    }

    fn system(&self) -> SystemServiceClient<Guarded> {
        let (channel, credentials) = self.guarded();
        SystemServiceClient::with_interceptor(channel, credentials)
    }

    /// Follows the sealed events.
    ///
    /// # Errors
    /// The refusal of the server.
    pub async fn watch_events(&self, request: pb::WatchEventsRequest) -> Result<Events, Refusal> {
        let response = self.audit().watch_events(request).await.map_err(Refusal::from)?;
        Ok(Events(response.into_inner()))
    }
}

/// The sealed events, as the server sends them.
pub struct Events(Streaming<pb::WatchEventsResponse>);

impl Events {
    /// The events of the next message, which may be none; `None` at the end of the stream.
    ///
    /// # Errors
    /// The refusal that ended the stream.
    pub async fn next(&mut self) -> Result<Option<Vec<pb::Event>>, Refusal> {
        Ok(self.0.message().await?.map(|it| it.events))
    }
}

// What an operator can call: the name of each call, its service, its request and its response.
macro_rules! calls {
    ($($service:ident.$call:ident: $request:ident -> $response:ident;)+) => {
        impl OperatorClient {
            $(
                /// Calls the method of this name.
                ///
                /// # Errors
                /// The refusal of the server.
                pub async fn $call(&self, request: pb::$request) -> Result<pb::$response, Refusal> {
                    let response = self.$service().$call(request).await;
                    Ok(response.map_err(Refusal::from)?.into_inner())
                }
            )+
        }
    };
}

calls! {
    accounts.list_accounts: ListAccountsRequest -> ListAccountsResponse;
    accounts.get_account: GetAccountRequest -> GetAccountResponse;
    accounts.create_account: CreateAccountRequest -> CreateAccountResponse;
    accounts.update_account: UpdateAccountRequest -> UpdateAccountResponse;
    accounts.disable_account: DisableAccountRequest -> DisableAccountResponse;
    accounts.enable_account: EnableAccountRequest -> EnableAccountResponse;
    accounts.delete_account: DeleteAccountRequest -> DeleteAccountResponse;
    accounts.unlock_account: UnlockAccountRequest -> UnlockAccountResponse;
    accounts.remove_password: RemovePasswordRequest -> RemovePasswordResponse;
    accounts.list_account_sessions: ListAccountSessionsRequest -> ListAccountSessionsResponse;
    accounts.end_account_session: EndAccountSessionRequest -> EndAccountSessionResponse;
    accounts.end_all_account_sessions: EndAllAccountSessionsRequest -> EndAllAccountSessionsResponse;
    accounts.list_account_passkeys: ListAccountPasskeysRequest -> ListAccountPasskeysResponse;
    accounts.suspend_passkey: SuspendPasskeyRequest -> SuspendPasskeyResponse;
    accounts.resume_passkey: ResumePasskeyRequest -> ResumePasskeyResponse;
    accounts.remove_passkey: RemovePasskeyRequest -> RemovePasskeyResponse;
    accounts.create_recovery_link: CreateRecoveryLinkRequest -> CreateRecoveryLinkResponse;
    accounts.withdraw_recovery_link: WithdrawRecoveryLinkRequest -> WithdrawRecoveryLinkResponse;
    accounts.remove_recovery_codes: RemoveRecoveryCodesRequest -> RemoveRecoveryCodesResponse;
    invitations.create_invitation: CreateInvitationRequest -> CreateInvitationResponse;
    invitations.list_invitations: ListInvitationsRequest -> ListInvitationsResponse;
    invitations.withdraw_invitation: WithdrawInvitationRequest -> WithdrawInvitationResponse;
    audit.list_events: ListEventsRequest -> ListEventsResponse;
    audit.explain_token: ExplainTokenRequest -> ExplainTokenResponse;
    audit.explain_account: ExplainAccountRequest -> ExplainAccountResponse;
    audit.rotate_record_key: RotateRecordKeyRequest -> RotateRecordKeyResponse;
    moving.import_accounts: ImportAccountsRequest -> ImportAccountsResponse;
    moving.export_accounts: ExportAccountsRequest -> ExportAccountsResponse;
    keys.list_keys: ListKeysRequest -> ListKeysResponse;
    keys.rotate_key: RotateKeyRequest -> RotateKeyResponse;
    keys.revoke_key: RevokeKeyRequest -> RevokeKeyResponse;
    service_accounts.create_service_account:
        CreateServiceAccountRequest -> CreateServiceAccountResponse;
    service_accounts.list_service_accounts: ListServiceAccountsRequest -> ListServiceAccountsResponse;
    service_accounts.rotate_service_account_key:
        RotateServiceAccountKeyRequest -> RotateServiceAccountKeyResponse;
    revocations.revoke_session: RevokeSessionRequest -> RevokeSessionResponse;
    revocations.revoke_token: RevokeTokenRequest -> RevokeTokenResponse;
    system.get_system: GetSystemRequest -> GetSystemResponse;
    service_accounts.delete_service_account:
        DeleteServiceAccountRequest -> DeleteServiceAccountResponse;
}
