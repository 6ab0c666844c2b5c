//! One audience for each token, and tokens for backends.

use super::*;

#[test]
fn a_token_is_for_one_audience_alone() {
    let server = Server::new();
    let own = server.token();
    let (shop, bank) = (server.issued(&own, "shop"), server.issued(&own, "bank"));
    let judge = |token: &str, audience| server.judge(token, audience, None).verdict();

    for (token, audience) in [(&own, ISSUER), (&shop, "shop"), (&bank, "bank")] {
        assert_eq!(judge(token, audience), Verdict::Active, "{audience}");
        for other in ["", "elsewhere", "sho", ISSUER, "shop", "bank"] {
            let expected = if other == audience { Verdict::Active } else { Verdict::WrongAudience };
            assert_eq!(judge(token, other), expected, "{audience} at {other}");
        }
    }
    assert!(server.tokens.authenticate(&own).is_ok());
    for token in [&shop, &bank] {
        let refused = server.tokens.authenticate(token);
        assert!(matches!(refused, Err(Error::AccessTokenInvalid)));
        let refused = server.tokens.authenticate_for_logout(token);
        assert!(matches!(refused, Err(Error::AccessTokenInvalid)));
    }
}

#[test]
fn a_token_for_a_backend_is_of_the_same_session_and_ends_with_the_callers() {
    let server = Server::new();
    let own = server.token();
    server.clock.advance(60 * SECOND);

    let shop = part(&server.issued(&own, "shop"), 1);

    let expected = with(with(part(&own, 1), "aud", json!("shop")), "jti", shop["jti"].clone());
    assert_eq!(shop, expected);
    assert_ne!(shop["jti"], part(&own, 1)["jti"]);
}

#[test]
fn a_token_is_issued_for_configured_audiences_only() {
    let server = Server::new();
    let caller = server.tokens.authenticate(&server.token()).unwrap();

    for audience in ["", "elsewhere", "shop ", "SHOP", "shop,bank", ISSUER] {
        let refused = server.tokens.issue(&caller, audience);
        assert!(matches!(refused, Err(Error::FieldsInvalid(_))), "{audience}");
    }
}
