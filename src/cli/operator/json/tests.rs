//! The objects against the contract.

use std::{fs, path::Path};

use claviger_proto::pb::TokenClaims;

use super::*;

/// The names of the fields of a message in the contract, in their order.
fn fields(file: &str, message: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/claviger").join(file);
    let text = fs::read_to_string(path).unwrap();
    let (_, body) = text.split_once(&format!("\nmessage {message} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let lines = body.lines().map(str::trim).filter(|it| !it.starts_with("//"));
    let name = |line: &str| line.split(" = ").next()?.split(' ').next_back().map(str::to_owned);
    lines.filter(|it| it.contains(" = ")).filter_map(name).collect()
}

#[test]
fn objects_have_every_field_of_the_contract_in_its_order() {
    for (file, message, object) in [
        ("admin/v1/account_service.proto", "Account", account(&pb::Account::default())),
        ("v1/resources.proto", "Session", session(&Session::default())),
        ("v1/resources.proto", "Passkey", passkey(&Passkey::default())),
        ("admin/v1/key_service.proto", "Key", key(&pb::Key::default())),
        (
            "admin/v1/service_account_service.proto",
            "ServiceAccount",
            service_account(&pb::ServiceAccount::default()),
        ),
        ("admin/v1/invitation_service.proto", "Invitation", invitation(&pb::Invitation::default())),
        ("admin/v1/system_service.proto", "System", system(&pb::System::default())),
        ("admin/v1/system_service.proto", "Limit", limit(&pb::Limit::default())),
        ("admin/v1/system_service.proto", "Counts", counts(&pb::Counts::default())),
        ("admin/v1/audit_service.proto", "Event", event(&pb::Event::default())),
        (
            "admin/v1/audit_service.proto",
            "TokenExplanation",
            token_explanation(&pb::TokenExplanation::default()),
        ),
        (
            "admin/v1/audit_service.proto",
            "AccountExplanation",
            account_explanation(&pb::AccountExplanation::default()),
        ),
        (
            "admin/v1/audit_service.proto",
            "FailedAttempts",
            explanations::attempts(&pb::FailedAttempts::default()),
        ),
        ("v1/token_service.proto", "TokenClaims", explanations::claims(&TokenClaims::default())),
        ("admin/v1/audit_service.proto", "RecordKey", record_key(&pb::RecordKey::default())),
    ] {
        assert_eq!(object.names(), fields(file, message), "{message}");
    }
}

#[test]
fn an_object_is_one_line_with_names_of_values_and_null_for_what_is_unset() {
    let key = pb::Key {
        key_id: "k\n1".to_owned(),
        algorithm: "ES256".to_owned(),
        state: pb::KeyState::Signing.into(),
        activate_time: Some(TimestampMessage { seconds: 1_800_000_000, nanos: 1_000 }),
        ..pb::Key::default()
    };

    assert_eq!(
        super::key(&key).to_string(),
        "{\"key_id\":\"k\\n1\",\"algorithm\":\"ES256\",\"state\":\"KEY_STATE_SIGNING\",\
         \"activate_time\":\"2027-01-15T08:00:00.000001Z\",\"retire_time\":null,\"revoke_time\":null}"
    );
    let unknown = pb::Key { state: 99, ..pb::Key::default() };
    assert!(super::key(&unknown).to_string().contains("\"state\":99"));
}

#[test]
fn lists_of_objects_are_nested() {
    let keys = vec![pb::ServiceAccountKey { prefix: "clv_sa_ab".to_owned(), ..Default::default() }];
    let account = pb::ServiceAccount { name: "shop".to_owned(), keys, ..Default::default() };

    let text = with_key(&account, "").to_string();

    assert!(
        text.starts_with("{\"service_account\":{\"name\":\"shop\",\"audiences\":[],"),
        "{text}"
    );
    assert!(text.contains("\"keys\":[{\"prefix\":\"clv_sa_ab\",\"create_time\":null,"), "{text}");
    assert!(text.ends_with("]},\"key\":\"\"}"), "{text}");
}
