//! Refresh tokens: their format, and everything that must not pass for one.

use super::*;
use crate::domain::secret::MasterSecret;

/// Computed by an independent program: HKDF and HMAC of Python's standard library.
const FIXTURE: &str = concat!(
    "clv_rt_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcAAAAF",
    "TvEt4BLcAbVCqPjCszuGHlcByUKtzLdYbnjbhxvlDdI"
);
const FIXTURE_FAMILY: &str = "4bb06f8e4e3a7715d201d573d0aa423762e55dabd61a2c02278fa56cc6d294e0";

fn refresh_tokens(master: [u8; 32]) -> RefreshTokens {
    let key = MasterSecret::new(master).derive("refresh tokens").unwrap();
    RefreshTokens::new(World::system(), key)
}

fn ours() -> RefreshTokens {
    refresh_tokens(std::array::from_fn(|index| u8::try_from(index).unwrap()))
}

fn opens(text: &str) -> bool {
    ours().open(&RefreshToken::new(text.to_owned())).is_some()
}

#[test]
fn the_format_is_the_documented_one() {
    let opened = ours().open(&RefreshToken::new(FIXTURE.to_owned())).unwrap();

    let family: String =
        opened.family().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(family, FIXTURE_FAMILY);
    assert_eq!(opened.generation(), 5);
    assert_eq!(ours().mint_generation(&opened, 5).expose(), FIXTURE);
}

#[test]
fn a_new_family_starts_at_generation_zero_and_opens() {
    let (family, token) = ours().mint_family().unwrap();

    let opened = ours().open(&token).unwrap();

    assert_eq!(opened.family(), family);
    assert_eq!(opened.generation(), 0);
    assert_eq!(token.expose().len(), TOKEN_CHARS);
    assert!(token.expose().starts_with("clv_rt_"));
}

#[test]
fn families_are_all_different() {
    let (first, _) = ours().mint_family().unwrap();
    let (second, _) = ours().mint_family().unwrap();

    assert_ne!(first, second);
}

#[test]
fn generations_share_the_family_and_nothing_else() {
    let (family, token) = ours().mint_family().unwrap();
    let opened = ours().open(&token).unwrap();

    for generation in [0, 1, 2, 255, 256, u32::MAX] {
        let minted = ours().mint_generation(&opened, generation);
        let again = ours().mint_generation(&opened, generation);
        let reopened = ours().open(&minted).unwrap();

        assert_eq!(minted.expose(), again.expose());
        assert_eq!(reopened.generation(), generation);
        assert_eq!(reopened.family(), family);
    }
}

#[test]
fn a_token_of_another_server_does_not_open() {
    let (_, token) = refresh_tokens([9; 32]).mint_family().unwrap();

    assert!(ours().open(&token).is_none());
}

#[test]
fn a_token_with_any_bit_flipped_does_not_open() {
    let bytes = URL_SAFE_NO_PAD.decode(FIXTURE.strip_prefix(PREFIX).unwrap()).unwrap();

    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(altered));
        assert!(!opens(&text), "bit {bit}");
    }
}

#[test]
fn only_the_one_spelling_of_a_token_opens() {
    let body = FIXTURE.strip_prefix(PREFIX).unwrap();
    // The last character carries two bits that must be zero: "I" and "J" decode to the same byte
    // where nobody looks.
    let loose = format!("{}J", FIXTURE.strip_suffix('I').unwrap());
    let longer = URL_SAFE_NO_PAD.encode([URL_SAFE_NO_PAD.decode(body).unwrap(), vec![0]].concat());

    assert!(opens(FIXTURE));
    for text in [
        String::new(),
        PREFIX.to_owned(),
        body.to_owned(),
        loose,
        format!("{FIXTURE}="),
        format!("{FIXTURE} "),
        format!(" {FIXTURE}"),
        format!("{FIXTURE}\n"),
        format!("{FIXTURE}{FIXTURE}"),
        FIXTURE.to_uppercase(),
        format!("CLV_RT_{body}"),
        format!("clv_at_{body}"),
        format!("{PREFIX}{longer}"),
        FIXTURE.replacen('A', "+", 1),
        FIXTURE.replacen('A', "é", 1),
        "x".repeat(TOKEN_CHARS),
        format!("{PREFIX}{}", "é".repeat(42)),
    ] {
        assert!(!opens(&text), "{text:?}");
    }
    for length in 0..FIXTURE.len() {
        assert!(!opens(&FIXTURE[..length]), "cut at {length}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let (_, token) = ours().mint_family().unwrap();

    assert_eq!(format!("{token:?}"), "RefreshToken(…)");
    assert!(format!("{:?}", ours()).contains("DerivedKey(…)"));
}
