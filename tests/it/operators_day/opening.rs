//! The morning: the first service account, the roles, and people who come by invitation only.

use claviger::grpc::contracts::admin::{
    CreateInvitationRequest, invitation_service_client::InvitationServiceClient,
};
use claviger_proto::pb::RegisterRequest;

use super::Day;
use crate::{
    assert_refused,
    support::{
        PASSWORD, Person,
        backends::Keyed,
        people::{Bearer, channel},
    },
};

/// Makes the operators, the first of them in process, on a server that lets no one register.
pub(super) async fn bootstrap(day: &mut Day) {
    day.start("closed");
    for stranger in day.strangers() {
        let refused = stranger.register("mallory", PASSWORD).await;
        assert_refused!(refused.map(drop), PermissionDenied, REGISTRATION_CLOSED);
    }

    let create = ["service-account", "create", "root", "--role", "admin"];
    let key = day.local(&[&create[..], &["--reason", "the first operator"]].concat());
    day.keep_key("root", &key.succeeded());
    for (name, role) in [("desk", "help-desk"), ("auditor", "reader"), ("leaver", "reader")] {
        let create = ["service-account", "create", name, "--role", role];
        day.keep_key(name, &day.by("root", &create).succeeded());
    }
    let listed = day.list("root", &["service-account", "list"]);
    let roles: Vec<_> = listed.iter().map(|it| it["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["ROLE_READER", "ROLE_HELP_DESK", "ROLE_READER", "ROLE_ADMIN"]);
}

/// Invites two people, who register with their links. Registration is `invitation` by now.
pub(super) async fn invite(day: &Day) -> [Person; 2] {
    let stranger = day.last().stranger();
    let refused = stranger.register("mallory", PASSWORD).await;
    assert_refused!(refused.map(drop), PermissionDenied, REGISTRATION_CLOSED);

    let refused = inviter(day, "auditor").create_invitation(invitation("alice")).await;
    assert_refused!(refused.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
    let in_groups =
        CreateInvitationRequest { groups: vec!["staff".to_owned()], ..invitation("alice") };
    let refused = inviter(day, "desk").create_invitation(in_groups).await;
    assert_refused!(refused.map(drop), PermissionDenied, ROLE_INSUFFICIENT);

    let mut people = Vec::new();
    for username in ["alice", "bob"] {
        let created = inviter(day, "desk").create_invitation(invitation(username)).await.unwrap();
        let link = created.into_inner().link;
        let (_, invitation) = link.split_once("#invitation=").unwrap();
        let request = RegisterRequest {
            password: PASSWORD.to_owned(),
            invitation: invitation.to_owned(),
            ..RegisterRequest::default()
        };
        let person = stranger.register_as(request.clone()).await.unwrap();
        assert_eq!(person.account.username, username);
        let again = stranger.register_as(request).await;
        assert_refused!(again.map(drop), PermissionDenied, INVITATION_INVALID);
        people.push(person);
    }
    people.try_into().ok().unwrap()
}

fn invitation(username: &str) -> CreateInvitationRequest {
    let reason = "a new colleague".to_owned();
    CreateInvitationRequest { username: username.to_owned(), reason, ..Default::default() }
}

fn inviter(day: &Day, operator: &str) -> InvitationServiceClient<Keyed> {
    let bearer = Bearer::new(&day.key(operator));
    InvitationServiceClient::with_interceptor(channel(day.first().internal_port), bearer)
}
