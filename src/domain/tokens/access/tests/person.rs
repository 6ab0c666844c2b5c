//! What tokens say of the person: names and groups.

use claviger_token::group::Groups;

use super::*;

#[test]
fn the_longest_names_and_most_groups_fit_into_a_token() {
    let server = Server::with(SigningAlgorithm::Rs256);
    let own = server.tokens.authenticate(&server.token()).unwrap();
    let groups = (0..32).map(|number| format!("{number:02}{}", "x".repeat(62)));
    let longest = Claims {
        audience: "\u{1F600}".repeat(256),
        username: "\u{20000}".repeat(64),
        display_name: "\u{1F600}".repeat(64),
        groups: Groups::parse(groups).unwrap(),
        ..Claims::clone(&own)
    };

    let (token, _) = server.tokens.sign_claims(&longest).unwrap();

    assert!(token.expose().len() < 6500, "{}", token.expose().len());
    let judged = server.judge(token.expose(), &longest.audience, None);
    assert_eq!(judged, Judged::Active(Arc::new(longest)));
}

#[test]
fn a_token_for_a_backend_says_the_same_of_the_person() {
    let server = Server::new();
    let own = server.token();

    let issued = part(&server.issued(&own, "shop"), 1);

    for claim in ["preferred_username", "name", "groups"] {
        assert_eq!(issued[claim], part(&own, 1)[claim], "{claim}");
    }
    assert_eq!(issued["groups"], json!(["admins", "staff"]));
}

#[test]
fn a_token_of_a_version_without_names_and_groups_is_read() {
    let server = Server::new();
    let mut payload = server.payload();
    for claim in ["preferred_username", "name", "groups"] {
        payload = without(payload, claim);
    }

    let claims = server.tokens.authenticate(&server.forged(&server.header(), &payload)).unwrap();

    assert_eq!((claims.username.as_str(), claims.display_name.as_str()), ("", ""));
    assert!(claims.groups.is_empty());
}
