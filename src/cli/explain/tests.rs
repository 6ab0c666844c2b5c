//! The words against what they are for, and what is taken for a secret.

use std::{fs, path::Path};

use claviger_proto::pb::{Passkey, TokenClaims};

use super::{
    account, kinds,
    reasons::{self, MEANINGS},
    report::quoted,
    request,
    subject::{Kind, Subject},
    token,
};
use crate::{
    cli::tests::pages::code,
    grpc::contracts::admin::{
        Account, AccountExplanation, Event, FailedAttempts, TokenExplanation, TokenState,
    },
    model::event::EventKind,
};

const ID: &str = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_kind_of_event_has_its_sentences() {
    let kinds: Vec<EventKind> = kinds::SENTENCES.iter().map(|(kind, ..)| *kind).collect();

    assert_eq!(kinds, EventKind::ALL, "write the sentences into src/cli/explain/kinds.rs");
    for (kind, done, refused) in kinds::SENTENCES {
        assert!(done.len() > 10 && refused.len() > 10, "{kind:?}");
        assert!(!refused.contains("{target}"), "{kind:?}: a refusal may have no target");
    }
}

#[test]
fn every_reason_of_the_page_of_errors_has_its_words() {
    let page = read("docs/errors.md");
    let (reasons, _) = page.split_once("## Field reasons").unwrap();
    let rows = reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let missing: Vec<&str> =
        rows.map(|(reason, _)| reason).filter(|it| reasons::of(it).is_none()).collect();

    assert!(reasons.contains("| `INVALID_CREDENTIALS` |"));
    assert_eq!(missing, Vec::<&str>::new(), "write their words into src/cli/explain/reasons.rs");
}

#[test]
fn every_reason_that_a_sign_in_is_refused_for_has_advice() {
    let contract = read("proto/claviger/v1/auth_service.proto")
        + &read("proto/claviger/v1/passkey_service.proto");
    let mut checked = 0;
    for call in ["Login", "FinishAuthentication", "RefreshTokens", "Register", "FinishSignUp"] {
        let (before, _) = contract.split_once(&format!("  rpc {call}(")).unwrap();
        let comment = before.rsplit("\n\n").next().unwrap();
        let words = comment.split(|it: char| !it.is_ascii_uppercase() && it != '_');
        for reason in words.filter(|it| it.len() > 6 && it.contains('_')) {
            let Some(meaning) = reasons::of(reason) else { continue };
            assert!(!meaning.advice.is_empty(), "{reason}");
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn every_reason_of_an_end_has_its_words() {
    let page = read("docs/audit.md");
    let (_, ends) = page.split_once("why a session ended is one of ").unwrap();
    let (ends, _) = ends.split_once('.').unwrap();

    let names = code(ends);

    assert_eq!(names, ["logout", "revoked", "session_limit"]);
    assert!(names.iter().all(|it| reasons::of(it).is_some()));
}

#[test]
fn words_end_without_a_full_stop_where_a_sentence_continues() {
    for (reason, why, advice) in MEANINGS {
        assert!(!why.ends_with('.') && why.starts_with(char::is_lowercase), "{reason}");
        assert!(advice.is_empty() || advice.starts_with(char::is_uppercase), "{reason}");
    }
}

#[test]
fn a_text_is_told_apart_by_its_form_and_a_secret_is_never_a_name() {
    let long = "a".repeat(65);
    for (text, kind) in [
        ("alice", Kind::Account),
        ("alice@example.com", Kind::Account),
        ("a.b.c", Kind::Account),
        ("-bob", Kind::Account),
        (ID, Kind::Account),
        ("6f1c2e8a9b0d4c3e8f7a6b5c4d3e2f1a", Kind::RequestId),
        ("f47ac10b-58cc-4372-a567-0e02b2c3d479", Kind::RequestId),
        ("eyJ0eXAiOiJhdCtqd3Qi", Kind::Token),
        ("clv_rt_abc", Kind::Token),
        ("clv_sa_abc", Kind::Token),
        ("clv_iv_abc", Kind::Token),
        (&long, Kind::Token),
    ] {
        assert_eq!(Kind::of(text), kind, "{text}");
    }
}

#[test]
fn a_flag_decides_what_a_text_is_and_a_header_is_a_token() {
    let header = Subject::read(" Bearer abc\n", None).unwrap();
    let forced = Subject::read("alice", Some(Kind::RequestId)).unwrap();

    assert!(matches!(header, Subject::Token(_)), "{header:?}");
    assert!(!format!("{header:?}").contains("abc"));
    assert!(matches!(forced, Subject::RequestId(id) if id == "alice"));
    assert!(Subject::read("", None).is_err());
}

#[test]
fn names_are_quoted_for_a_shell() {
    assert_eq!(quoted("alice@example.com"), "alice@example.com");
    assert_eq!(quoted("a;b"), "'a;b'");
    assert_eq!(quoted("o'brien"), "'o'\\''brien'");
    assert_eq!(quoted(""), "''");
}

fn explained(state: TokenState, proven: bool) -> String {
    let claims = TokenClaims {
        issuer: "https://id.example".to_owned(),
        subject: ID.to_owned(),
        audience: "shop".to_owned(),
        username: "mallory".to_owned(),
        ..TokenClaims::default()
    };
    let explanation = TokenExplanation {
        state: state.into(),
        proven,
        claims: Some(claims),
        key_id: "k1".to_owned(),
        ..TokenExplanation::default()
    };
    token::report(&explanation).lines().join("\n")
}

#[test]
fn every_state_of_a_token_has_a_sentence_and_advice() {
    let mut seen = Vec::new();
    for number in 1.. {
        let Ok(state) = TokenState::try_from(number) else { break };
        for proven in [false, true] {
            let text = explained(state, proven);
            assert!(text.contains("What to do:\n- "), "{state:?}: {text}");
            let first = text.lines().next().unwrap().to_owned();
            assert!(first.ends_with('.'), "{state:?}: {first}");
            seen.push(first);
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 21, "each state has its own: {seen:#?}");
}

#[test]
fn what_is_not_proven_is_not_said_as_if_it_were() {
    for state in [TokenState::SignatureWrong, TokenState::KeyUnknown, TokenState::KeyRevoked] {
        let text = explained(state, false);

        assert!(text.contains("None of this is proven."), "{text}");
        assert!(!text.contains("It belongs to") && !text.contains("It is for"), "{text}");
    }
    let other = explained(TokenState::OtherKind, false);
    assert!(other.contains("not proven") && !other.contains("mallory"), "{other}");
}

fn account_of(change: impl FnOnce(&mut AccountExplanation, &mut Account)) -> String {
    let mut account = Account {
        id: ID.to_owned(),
        username: "ada".to_owned(),
        has_password: true,
        ..Account::default()
    };
    let mut explanation =
        AccountExplanation { username: "ada".to_owned(), ..AccountExplanation::default() };
    change(&mut explanation, &mut account);
    explanation.account = Some(account);
    account::report("ada", &explanation).lines().join("\n")
}

#[test]
fn each_obstacle_of_an_account_is_named_with_the_command_that_removes_it() {
    let free = account_of(|_, _| {});
    let disabled = account_of(|it, account| {
        account.disabled_time = Some(Default::default());
        it.events.push(Event {
            kind: "account_disabled".to_owned(),
            outcome: "success".to_owned(),
            actor_kind: "service_account".to_owned(),
            actor: "desk".to_owned(),
            actor_role: "help-desk".to_owned(),
            operator_reason: "left".to_owned(),
            ..Event::default()
        });
    });
    let locked = account_of(|it, _| {
        it.sign_in_attempts =
            Some(FailedAttempts { count: 90, locked: true, ..FailedAttempts::default() });
    });
    let suspended = account_of(|it, account| {
        account.has_password = false;
        let suspended_time = Some(Default::default());
        it.passkeys = vec![Passkey { id: ID.to_owned(), suspended_time, ..Passkey::default() }];
    });

    let empty = account_of(|_, account| account.has_password = false);

    assert!(free.contains("Nothing stops it from signing in."), "{free}");
    assert!(empty.contains("claviger invitations create --account ada"), "{empty}");
    assert!(disabled.contains("by the operator desk (help-desk)"), "{disabled}");
    assert!(disabled.contains("\"left\""), "{disabled}");
    assert!(disabled.contains("claviger accounts enable ada"), "{disabled}");
    assert!(locked.contains("The password is locked"), "{locked}");
    assert!(locked.contains("claviger accounts unlock ada"), "{locked}");
    assert!(suspended.contains("no password and no active passkey"), "{suspended}");
    assert!(suspended.contains(&format!("resume-passkey ada {ID}")), "{suspended}");
    for text in [disabled, locked, suspended] {
        assert!(!text.contains("Nothing stops it"), "{text}");
    }
}

#[test]
fn a_call_without_events_and_control_characters_are_explained() {
    let none = request::report("r1", &[]).lines().join("\n");
    let event = Event {
        kind: "sign_in".to_owned(),
        outcome: "refused".to_owned(),
        reason: "INVALID_CREDENTIALS".to_owned(),
        actor_kind: "anonymous".to_owned(),
        account_id: ID.to_owned(),
        address: "192.0.2.1\u{1b}[2J".to_owned(),
        method: "password".to_owned(),
        ..Event::default()
    };
    let newer = Event { kind: "tea".to_owned(), ..Event::default() };
    let text = request::report("r1", &[event, newer]).lines().join("\n");

    assert!(none.contains("are no events") && none.contains("Search the log"), "{none}");
    assert!(text.contains("A sign-in was refused, with a password: the username"), "{text}");
    assert!(text.contains("(INVALID_CREDENTIALS). By a client that was not signed in"), "{text}");
    assert!(text.contains(&format!("claviger explain {ID}")), "{text}");
    assert!(text.contains("tea ()"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}
