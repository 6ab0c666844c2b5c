//! What must not pass for an access token: other forms, members, keys and algorithms.

use super::*;

#[test]
fn a_header_that_is_not_exactly_ours_is_malformed() {
    let server = Server::new();
    let (header, payload) = (server.header(), server.payload());
    assert_eq!(server.verdict(&server.forged(&header, &payload)), Verdict::Active);

    let mut headers = vec![
        json!({}),
        json!([]),
        json!("at+jwt"),
        with(header.clone(), "typ", json!("JWT")),
        with(header.clone(), "typ", json!("AT+JWT")),
        with(header.clone(), "typ", json!("application/at+jwt")),
        with(header.clone(), "typ", json!(null)),
        with(header.clone(), "alg", json!("none")),
        with(header.clone(), "alg", json!("None")),
        with(header.clone(), "alg", json!("es256")),
        with(header.clone(), "alg", json!("ES384")),
        with(header.clone(), "alg", json!("RS256")),
        with(header.clone(), "alg", json!("HS256")),
        with(header.clone(), "kid", json!("another")),
        with(header.clone(), "kid", json!("")),
        with(header.clone(), "kid", json!(7)),
        with(header.clone(), "crit", json!(["exp"])),
        with(header.clone(), "b64", json!(false)),
        with(header.clone(), "jku", json!("https://evil.example/jwks.json")),
        with(header.clone(), "jwk", json!({"kty": "oct", "k": "AA"})),
        with(header.clone(), "x5u", json!("https://evil.example/cert.pem")),
    ];
    headers.extend(["typ", "alg", "kid"].map(|member| without(header.clone(), member)));
    for header in headers {
        assert_eq!(
            server.verdict(&server.forged(&header, &payload)),
            Verdict::Malformed,
            "{header}"
        );
    }
}

#[test]
fn a_header_with_a_member_twice_is_malformed() {
    let server = Server::new();
    let kid = &server.key.key_id;
    let header = format!(r#"{{"typ":"at+jwt","alg":"none","alg":"ES256","kid":"{kid}"}}"#);
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), encoded(&server.payload()));
    let signature = server.tokens.keys.load().newest().unwrap().sign(message.as_bytes()).unwrap();
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));

    assert_eq!(server.verdict(&token), Verdict::Malformed);
}

#[test]
fn claims_that_are_missing_or_misformed_are_malformed() {
    let server = Server::new();
    let payload = server.payload();

    let members =
        ["iss", "sub", "aud", "client_id", "exp", "iat", "jti", "sid", "auth_time", "amr", "epoch"];
    let mut payloads = members.map(|member| without(payload.clone(), member)).to_vec();
    payloads.extend(members.map(|member| with(payload.clone(), member, json!(null))));
    payloads.extend(members.map(|member| with(payload.clone(), member, json!({}))));
    payloads.extend([
        json!([]),
        with(payload.clone(), "iss", json!("https://id.example/")),
        with(payload.clone(), "iss", json!("https://evil.example")),
        with(payload.clone(), "sub", json!("alice")),
        with(payload.clone(), "sid", json!("7")),
        with(payload.clone(), "aud", json!("")),
        with(payload.clone(), "aud", json!([])),
        with(payload.clone(), "aud", json!(["https://id.example"])),
        with(payload.clone(), "client_id", json!("")),
        with(payload.clone(), "epoch", json!("0")),
        with(payload.clone(), "epoch", json!(0.5)),
        with(payload.clone(), "aud", json!([7])),
        with(payload.clone(), "exp", json!("1800000900")),
        with(payload.clone(), "exp", json!(1e300)),
        with(payload.clone(), "jti", json!("")),
        with(payload.clone(), "nbf", json!("now")),
        with(payload.clone(), "amr", json!([])),
        with(payload.clone(), "amr", json!(["nothing"])),
        with(payload.clone(), "amr", json!(["pwd", "nothing"])),
        with(payload.clone(), "amr", json!(["user", "pop", "mfa"])),
        with(payload.clone(), "amr", json!(["pop", "user"])),
    ]);
    for payload in payloads {
        let token = server.forged(&server.header(), &payload);
        assert_eq!(server.verdict(&token), Verdict::Malformed, "{payload}");
    }
}

#[test]
fn claims_of_a_later_version_do_not_disturb() {
    let server = Server::new();
    let payload = with(server.payload(), "roles", json!(["admin"]));

    assert_eq!(server.verdict(&server.forged(&server.header(), &payload)), Verdict::Active);
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let server = Server::new();
    let header = with(server.header(), "alg", json!("HS256"));
    let message = format!("{}.{}", encoded(&header), encoded(&server.payload()));
    let jwks: Value = serde_json::from_str(server.tokens.keys.load().jwks()).unwrap();
    let spki = server.key.public_key.clone();

    for secret in [&spki[..], &spki[26..], &spki[27..], jwks.to_string().as_bytes(), b""] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mac = hmac::sign(&key, message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac));
        assert_eq!(server.verdict(&token), Verdict::Malformed);
    }
}

#[test]
fn a_token_of_another_key_is_malformed_even_under_our_key_id() {
    let (server, stranger) = (Server::new(), Server::new());

    let token = stranger.forged(&server.header(), &server.payload());

    assert_eq!(server.verdict(&stranger.token()), Verdict::Malformed);
    assert_eq!(server.verdict(&token), Verdict::Malformed);
}

#[test]
fn a_token_in_any_other_form_is_malformed() {
    let server = Server::new();
    let token = server.token();
    let [header, payload, signature]: [&str; 3] =
        token.split('.').collect::<Vec<_>>().try_into().unwrap();
    // ECDSA with the signature in DER, as X.509 has it, has another length.
    let zeros = URL_SAFE_NO_PAD.encode([0; 64]);

    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}.{payload}.{zeros}"),
        format!("{header}.{signature}.{payload}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.{payload}.{signature}"),
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        format!("Bearer {token}"),
        token.replace('.', "é"),
        "a".repeat(MAX_TOKEN_BYTES),
        "a".repeat(MAX_TOKEN_BYTES + 1),
        format!("{header}.{payload}.{signature}{}", "A".repeat(MAX_TOKEN_BYTES)),
    ] {
        assert_eq!(server.verdict(&text), Verdict::Malformed, "{text:?}");
    }
}

#[test]
fn a_token_with_any_character_changed_is_malformed() {
    let server = Server::new();
    let token = server.token();

    for position in 0..token.len() {
        let changed = if &token[position..=position] == "A" { "B" } else { "A" };
        let mut altered = token.clone();
        altered.replace_range(position..=position, changed);
        assert_eq!(server.verdict(&altered), Verdict::Malformed, "character {position}");
    }
}

#[test]
fn a_token_larger_than_the_limit_is_refused_though_it_is_signed() {
    let server = Server::new();
    let large = with(server.payload(), "padding", json!("x".repeat(MAX_TOKEN_BYTES)));
    let smaller = with(server.payload(), "padding", json!("x".repeat(4000)));

    assert_eq!(server.verdict(&server.forged(&server.header(), &large)), Verdict::Malformed);
    assert_eq!(server.verdict(&server.forged(&server.header(), &smaller)), Verdict::Active);
}
