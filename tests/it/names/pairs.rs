//! Pairs of names that a reader cannot tell apart.

use tonic::Code;

use crate::support::{PASSWORD, Refusal, TestApp};

/// A name, and one that looks like it. Each name is in one pair alone.
const PAIRS: &[(&str, &str)] = &[
    // The same name, typed in another way.
    ("heidi", "HEIDI"),
    ("judy", "ｊｕｄｙ"),
    ("Renée", "Rene\u{301}e"),
    ("김수현", "\u{1100}\u{1175}\u{11b7}\u{1109}\u{116e}\u{1112}\u{1167}\u{11ab}"),
    ("karl", " karl"),
    ("karla", "karla\u{200b}"),
    ("lotte", "\u{feff}lotte"),
    ("otto", "otto\u{200e}"),
    ("filip", "ﬁlip"),
    ("sophie", "𝓼𝓸𝓹𝓱𝓲𝓮"),
    ("o'shea", "O\u{2019}Shea"),
    ("uta@example.com", "uta＠example.com"),
    ("İnci", "inci"),
    ("นํ้าทิพย์", "น้ำทิพย์"),
    ("ജോണ\u{d4d}\u{200d}", "ജോൺ"),
    // Letters of another script throughout.
    ("coco", "сосо"),
    ("ape", "аре"),
    ("xoce", "хосе"),
    ("ja", "ја"),
    ("haha", "һаһа"),
    ("sasa", "ѕаѕа"),
    ("ovo", "ονο"),
    ("uo", "սօ"),
    ("bob", "ꓐꓳꓐ"),
    ("luka", "ꓡꓴꓗꓮ"),
    ("eva@coco.com", "eva@сосо.com"),
    // Letters and digits of ASCII.
    ("paul", "pau1"),
    ("b0bby", "bobby"),
    ("marta", "rnarta"),
    ("leo", "|eo"),
    ("d'arc", "d`arc"),
    ("ana@example.com", "ana@exarnple.com"),
    ("tim@local.org", "tim@1ocal.org"),
    // Letters of one script.
    ("o'neil", "o\u{2bc}neil"),
    ("ingrid", "ıngrid"),
    ("γιάννης", "ΓΙΆΝΝΗΣ"),
    ("علیپور", "علی\u{200c}پور"),
    ("مصطفى", "مصطفی"),
    ("كمال", "کمال"),
    ("سارا۳", "سارا٣"),
    ("וואלף", "װאלף"),
    ("आलोक", "अ\u{93e}लोक"),
    ("আনন্দ", "অ\u{9be}নন্দ"),
    ("આશા", "અ\u{abe}શા"),
    ("แก้ว", "เเก้ว"),
    ("二子", "ニ子"),
    ("工藤", "エ藤"),
    ("力丸", "カ丸"),
    ("一郎", "ー郎"),
    // What is no name.
    ("paypal", "p\u{430}ypal"),
    ("apple", "\u{251}pple"),
    ("google@example.com", "gооgle@example.com"),
    ("ira@example.com", "ira@ex\u{430}mple.com"),
    ("otis", "\u{301}otis"),
    ("éva", "éva\u{301}\u{301}"),
    ("éda", "é\u{301}da"),
    ("igor", "i\u{307}gor"),
    ("jens", "j\u{307}ens"),
    ("ілля", "і\u{307}лля"),
    ("kim12", "kim1२"),
    ("سارا12", "سارا1٢"),
    ("ken", "ke\u{200d}n"),
    ("dora", "do\u{200c}ra"),
    ("peter", "pe\u{ad}ter"),
    ("rita", "rita\u{fe0f}"),
    ("nina", "nina\u{e0061}"),
    ("emma", "\u{202e}amme"),
    ("hans", "ha\u{3164}ns"),
    ("maria", "ma\u{336}ria"),
    ("lena", "le\u{332}na"),
    ("løve", "lo\u{338}ve"),
    ("דן1", "1דן"),
];

#[tokio::test]
async fn of_two_names_that_look_alike_one_registers() {
    let app = TestApp::start().await;
    let mut both = Vec::new();

    for (one, other) in PAIRS {
        app.stranger().register(one, PASSWORD).await.unwrap_or_else(|it| panic!("{one}: {it:?}"));
        match app.stranger().register(other, PASSWORD).await {
            Ok(_) => both.push(format!("{one} and {other:?}")),
            Err(status) => {
                let code = status.code();
                let is_refused = [Code::AlreadyExists, Code::InvalidArgument].contains(&code);
                assert!(is_refused, "{other:?}: {status:?}");
            }
        }
    }

    assert_eq!(both, Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_refused_like_the_same_name() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let refusal = |status| Refusal::of(Err::<(), _>(status));

    let same = app.stranger().register("alice", PASSWORD).await.map(drop).unwrap_err();
    let alike = app.stranger().register("a1ice", PASSWORD).await.map(drop).unwrap_err();
    let (message, other) = (same.message().to_owned(), alike.message().to_owned());
    let (same, alike) = (refusal(same), refusal(alike));

    assert_eq!((alike.code, &alike.reason, other), (same.code, &same.reason, message));
    assert_eq!(same.reason, "USERNAME_TAKEN");
    // The name is free again with the account.
    alice.delete_account().await.unwrap();
    app.stranger().register("a1ice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_sign_up_with_a_passkey_is_refused_a_name_that_looks_like_another() {
    let app = TestApp::start().await;
    app.registered("modern").await;

    let started = app.stranger().start_sign_up("rnodern").await;

    crate::assert_refused!(started.map(drop), AlreadyExists, USERNAME_TAKEN);
}
