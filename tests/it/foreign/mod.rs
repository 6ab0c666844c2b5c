//! Verifiers of other makers believe our tokens, and those alone, knowing the issuer's URL and their
//! audience and nothing else.
//!
//! Each is a program in a folder beside this file, written as its library's manual says. What they
//! have in common is the scenario here.

mod issuer;
mod verifier;

use std::time::Duration;

use crate::{
    foreign::{
        issuer::{AUDIENCE, Issuer},
        verifier::{GO_OIDC, JOSE, Library, PYJWT, SPRING},
    },
    support::patience::wait_until,
};

/// How long a verifier may take to ask for the keys again.
const PATIENCE: Duration = Duration::from_secs(20);

// The server runs in the test's own process and must answer while the test waits for a verifier's
// word, hence the threads.

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_goes_by_discovery_alone_with_es256() {
    goes_by_discovery_alone(&PYJWT, "ES256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_goes_by_discovery_alone_with_rs256() {
    goes_by_discovery_alone(&PYJWT, "RS256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jose_goes_by_discovery_alone_with_es256() {
    goes_by_discovery_alone(&JOSE, "ES256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jose_goes_by_discovery_alone_with_rs256() {
    goes_by_discovery_alone(&JOSE, "RS256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_oidc_goes_by_discovery_alone_with_es256() {
    goes_by_discovery_alone(&GO_OIDC, "ES256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_oidc_goes_by_discovery_alone_with_rs256() {
    goes_by_discovery_alone(&GO_OIDC, "RS256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spring_goes_by_discovery_alone_with_es256() {
    goes_by_discovery_alone(&SPRING, "ES256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spring_goes_by_discovery_alone_with_rs256() {
    goes_by_discovery_alone(&SPRING, "RS256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verifier_starts_without_an_audience_or_with_the_issuer() {
    let (issuer, _) = Issuer::start("ES256").await;

    for library in [&PYJWT, &JOSE, &GO_OIDC, &SPRING] {
        for audience in ["", issuer.url()] {
            let said = library.refused(issuer.url(), audience);
            assert!(said.contains("is not the audience of a service"), "{said}");
        }
    }
}

async fn goes_by_discovery_alone(library: &Library, algorithm: &str) {
    let (issuer, tokens) = Issuer::start(algorithm).await;
    let mut verifier = library.start(issuer.url(), AUDIENCE);

    // Good before bad and after: what is refused is refused by a verifier that works.
    let accepted = format!("accepted {}", issuer.subject());
    assert_eq!(verifier.judge(&tokens.good), accepted);
    for (token, reason) in [
        (&tokens.expired, library.refusals.expired),
        (&tokens.foreign[0].1, library.refusals.audience),
        (&tokens.foreign[1].1, library.refusals.audience),
        (&tokens.tampered_signature, library.refusals.signature),
        (&tokens.tampered_claims, library.refusals.signature),
        (&tokens.of_an_impostor, library.refusals.unknown_key),
        (&tokens.unsigned, ""),
        (&"nonsense".to_owned(), ""),
    ] {
        let word = verifier.judge(token);
        assert!(word.starts_with("refused") && word.contains(reason), "{word}\n{token}");
    }
    assert_eq!(verifier.judge(&tokens.good), accepted);

    let of_the_next_key = issuer.rotate().await;
    let next_key = "a token of the next key is accepted";
    wait_until(next_key, PATIENCE, async || verifier.judge(&of_the_next_key) == accepted).await;
    assert_eq!(verifier.judge(&tokens.good), accepted);
    assert_eq!(verifier.judge(&issuer.token_of_a_clock_ahead().await), accepted);
}
