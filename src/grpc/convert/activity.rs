//! The messages of an account's activity.

use claviger_proto::{pb, time::timestamp};
use claviger_token::sign_in::SignInMethod;
use tonic::Status;

use crate::{
    domain::events::ActivityPage,
    model::{event::Activity, id::EventId},
};

use super::{
    auth::sign_in_method,
    pages::{self, Page, Sizes},
};

const PAGE_SIZES: Sizes = Sizes { default: 20, most: 100 };

/// Reads the requested page.
pub(crate) fn page(request: &pb::ListActivityRequest) -> Result<Page<EventId>, Status> {
    pages::read(request.page_size, &request.page_token, PAGE_SIZES, EventId::from_slice)
}

/// A page of events.
pub(crate) fn listed(page: ActivityPage) -> pb::ListActivityResponse {
    pb::ListActivityResponse {
        activity: page.events.into_iter().map(activity).collect(),
        next_page_token: page.next.map(|id| pages::token(id.as_bytes())).unwrap_or_default(),
    }
}

fn activity(event: Activity) -> pb::Activity {
    let actor = actor(&event.actor_kind);
    // Where operators work from is not for the people they act on.
    let is_client = matches!(actor, pb::ActivityActor::Account | pb::ActivityActor::Anonymous);
    let of_client = |text: Option<String>| text.filter(|_| is_client).unwrap_or_default();
    let method = |name: &str| SignInMethod::ALL.iter().find(|it| it.name() == name).copied();
    let method = event.method.as_deref().and_then(method);
    pb::Activity {
        id: event.id.to_string(),
        kind: event.kind,
        occur_time: Some(timestamp(event.occurred_at)),
        actor: actor.into(),
        refused: event.is_refused,
        reason: event.reason.unwrap_or_default(),
        method: method.map_or(pb::SignInMethod::Unspecified, sign_in_method).into(),
        session_id: event.session_id.map(|id| id.to_string()).unwrap_or_default(),
        target: event.target.unwrap_or_default(),
        address: of_client(event.address.map(|it| it.to_string())),
        user_agent: of_client(event.user_agent),
        request_id: of_client(event.request_id),
    }
}

/// A kind of actor by its name in the record.
fn actor(kind: &str) -> pb::ActivityActor {
    match kind {
        "account" => pb::ActivityActor::Account,
        "anonymous" => pb::ActivityActor::Anonymous,
        "service_account" | "command_line" => pb::ActivityActor::Operator,
        "server" => pb::ActivityActor::Server,
        _ => pb::ActivityActor::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::event::Actor;

    #[test]
    fn every_kind_of_actor_has_a_value() {
        let account = claviger_token::id::AccountId::from_uuid(Uuid::nil());
        let name = crate::model::service_account::ServiceAccountName::parse("desk").unwrap();
        let table = [
            (Actor::Anonymous, pb::ActivityActor::Anonymous),
            (Actor::Account(account), pb::ActivityActor::Account),
            (Actor::ServiceAccount { name, role: None }, pb::ActivityActor::Operator),
            (Actor::CommandLine("root".to_owned()), pb::ActivityActor::Operator),
            (Actor::Server, pb::ActivityActor::Server),
        ];
        for (of_record, expected) in table {
            assert_eq!(actor(of_record.kind()), expected, "{of_record:?}");
        }
    }
}
