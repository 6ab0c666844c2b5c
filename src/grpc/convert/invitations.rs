//! InvitationService's messages.

use claviger_proto::time::{read_duration, timestamp};
use tonic::Status;

use crate::{
    domain::operators::{
        Operator,
        invitations::{Purpose, Wanted, WithLink},
    },
    grpc::contracts::admin as pb,
    model::{
        event::Actor,
        group,
        id::InvitationId,
        invitation::{
            DEFAULT_INVITATION_LIFETIME, Invitation, MAX_INVITATION_LIFETIME,
            MIN_INVITATION_LIFETIME,
        },
        label::DisplayName,
        username::Username,
        violation::FieldReason,
    },
};

use super::{
    fields::Fields,
    operators::operator,
    pages::{self, Page, Sizes},
};

const PAGE_SIZES: Sizes = Sizes { default: 50, most: 200 };

/// Reads an invitation to create, and who creates it.
pub(crate) fn wanted(
    request: pb::CreateInvitationRequest,
    actor: Actor,
) -> Result<(Wanted, Operator), Status> {
    let mut fields = Fields::default();
    let purpose = match request.account_id.as_str() {
        "" => new_account(&request, &mut fields),
        _ => first_credential(&request, &mut fields),
    };
    let lifetime = match &request.lifetime {
        None => Some(DEFAULT_INVITATION_LIFETIME),
        Some(lifetime) => read_duration(lifetime),
    };
    let allowed = MIN_INVITATION_LIFETIME..=MAX_INVITATION_LIFETIME;
    let lifetime = lifetime.filter(|it| allowed.contains(it));
    if lifetime.is_none() {
        fields.refuse("lifetime", FieldReason::OutOfRange, "must be from 5 minutes to 90 days");
    }
    let by = operator(&request.reason, actor, &mut fields);
    match (purpose, lifetime, by) {
        (Some(purpose), Some(lifetime), Some(by)) => Ok((Wanted { purpose, lifetime }, by)),
        _ => Err(fields.into_status()),
    }
}

fn new_account(request: &pb::CreateInvitationRequest, fields: &mut Fields) -> Option<Purpose> {
    let username = match request.username.as_str() {
        "" => Some(None),
        text => fields.parsed("username", Username::parse(text)).map(Some),
    };
    let display_name = fields.parsed("display_name", DisplayName::parse(&request.display_name));
    let groups = fields.parsed("groups", group::parse(&request.groups));
    let (username, display_name, groups) = (username?, display_name?, groups?);
    Some(Purpose::NewAccount { username, display_name, groups })
}

fn first_credential(request: &pb::CreateInvitationRequest, fields: &mut Fields) -> Option<Purpose> {
    let id = fields.identifier("account_id", &request.account_id);
    let own = [
        ("username", request.username.is_empty()),
        ("display_name", request.display_name.is_empty()),
        ("groups", request.groups.is_empty()),
    ];
    for (field, _) in own.iter().filter(|(_, is_empty)| !is_empty) {
        fields.refuse(field, FieldReason::Malformed, "must be empty with account_id");
    }
    let is_alone = own.iter().all(|(_, is_empty)| *is_empty);
    id.filter(|_| is_alone).map(Purpose::FirstCredential)
}

/// The new invitation with its link.
pub(crate) fn created(created: &WithLink) -> pb::CreateInvitationResponse {
    let invitation = Some(invitation(&created.invitation));
    pb::CreateInvitationResponse { invitation, link: created.link() }
}

/// Reads the requested page.
pub(crate) fn page(request: &pb::ListInvitationsRequest) -> Result<Page<InvitationId>, Status> {
    pages::read(request.page_size, &request.page_token, PAGE_SIZES, InvitationId::from_slice)
}

/// A page of invitations. One more than `page_size` means that another page follows.
pub(crate) fn listed(
    mut invitations: Vec<Invitation>,
    page_size: u32,
) -> pb::ListInvitationsResponse {
    let has_more = invitations.len() > page_size as usize;
    invitations.truncate(page_size as usize);
    let last = invitations.last().filter(|_| has_more).map(|it| pages::token(it.id.as_bytes()));
    pb::ListInvitationsResponse {
        invitations: invitations.iter().map(invitation).collect(),
        next_page_token: last.unwrap_or_default(),
    }
}

/// Reads which invitation to withdraw, and who does it.
pub(crate) fn withdrawal(
    request: &pb::WithdrawInvitationRequest,
    actor: Actor,
) -> Result<(InvitationId, Operator), Status> {
    let mut fields = Fields::default();
    let id = fields.identifier("invitation_id", &request.invitation_id);
    let by = operator(&request.reason, actor, &mut fields);
    id.zip(by).ok_or_else(|| fields.into_status())
}

fn invitation(invitation: &Invitation) -> pb::Invitation {
    let username = invitation.username.as_ref().map(Username::as_str);
    pb::Invitation {
        id: invitation.id.to_string(),
        username: username.unwrap_or_default().to_owned(),
        display_name: invitation.display_name.as_str().to_owned(),
        groups: invitation.groups.iter().map(str::to_owned).collect(),
        create_time: Some(timestamp(invitation.created_at)),
        expire_time: Some(timestamp(invitation.expires_at)),
        created_by: invitation.created_by.clone(),
        account_id: invitation.account.map(|id| id.to_string()).unwrap_or_default(),
    }
}
