//! The sentence of each state of a token, and what to do about it.

use crate::{
    cli::operator::table::time,
    grpc::contracts::admin::{TokenExplanation, TokenState as State},
};

use super::report::quoted;

/// What a token is, in one sentence, and what to do.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) sentence: String,
    pub(super) advice: Vec<String>,
}

impl Verdict {
    fn new(sentence: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), advice: vec![advice.into()] }
    }
}

/// The words for a token.
pub(super) fn of(it: &TokenExplanation) -> Verdict {
    match it.state() {
        State::NotAToken | State::ServiceAccountKey | State::Invitation | State::OtherKind => {
            of_other_text(it.state())
        }
        State::RefreshToken => of_refresh_token(it),
        State::OtherIssuer | State::KeyUnknown | State::SignatureWrong | State::KeyRevoked => {
            of_foreign(it)
        }
        State::Active => of_active(it),
        State::Expired | State::KeyRetired | State::NotYetValid | State::FromFuture => {
            of_another_time(it)
        }
        State::Revoked
        | State::SessionEnded
        | State::AccountEnded
        | State::AccountDisabled
        | State::AccountDeleted => of_revoked(it),
        State::Unspecified => unknown(),
    }
}

fn unknown() -> Verdict {
    Verdict::new(
        "The server knows more about the token than this program.",
        "Use the program of the server's version.",
    )
}

fn of_other_text(state: State) -> Verdict {
    match state {
        State::NotAToken => Verdict::new(
            "This is no access token.",
            "Give all of the access token, in three parts with dots between them, without quotes.",
        ),
        State::ServiceAccountKey => Verdict::new(
            "This has the form of the key of a service account, not of an access token.",
            "Others may have seen it now, so replace it: \
             claviger service-account rotate NAME --overlap 0s",
        ),
        State::Invitation => Verdict::new(
            "This has the form of an invitation, not of an access token.",
            "The link with it leads to the page that creates the account. If others have seen it, \
             withdraw it.",
        ),
        State::OtherKind => Verdict::new(
            "This is a signed token (JWT), but not an access token of Claviger.",
            "Find out which server the client got it from, and for what.",
        ),
        _ => unknown(),
    }
}

fn of_refresh_token(it: &TokenExplanation) -> Verdict {
    let never = "Clients send access tokens to services, never refresh tokens.";
    if !it.proven {
        let sentence = "This has the form of a refresh token, but this server did not issue it, or it \
                        is cut off.";
        return Verdict::new(sentence, never);
    }
    let sentence = "This is a refresh token of this server, not an access token. It belongs to a client, \
                    which shares it with no one.";
    let mut verdict = Verdict::new(sentence, never);
    if it.session_active {
        let (account, session) = (quoted(&it.account_id), &it.session_id);
        let end = format!(
            "Others have seen it now, so end its session: \
             claviger accounts end-session {account} {session}"
        );
        verdict.advice.insert(0, end);
    }
    verdict
}

fn of_foreign(it: &TokenExplanation) -> Verdict {
    let (key, issuer) = (&it.key_id, &it.server_issuer);
    match it.state() {
        State::OtherIssuer if it.proven => Verdict::new(
            format!(
                "This server signed the token under another `public.url`, and is the issuer {issuer:?} \
                 now: every service refuses it."
            ),
            "If `public.url` was changed on purpose, the client signs in again. Otherwise give all \
             servers, and a command without --server, the same.",
        ),
        State::OtherIssuer => Verdict::new(
            format!("The token is not of this server, whose tokens have the issuer {issuer:?}."),
            "Find out which server the client got it from; it signs in again at this one.",
        ),
        State::KeyUnknown => Verdict::new(
            format!("This server has no signing key {key:?}, which the token names."),
            "If the token is old, that is all: keys are deleted after their last token has expired, and \
             the client refreshes its tokens. Otherwise it is forged, or of another server with the same \
             issuer.",
        ),
        State::SignatureWrong => Verdict::new(
            format!("The token is forged, altered or cut off: the key {key:?} did not sign it."),
            "Compare it with what the client received: proxies and logs cut long texts off. If it is \
             whole, it is forged.",
        ),
        State::KeyRevoked => {
            let at = time(it.key_revoke_time.as_ref());
            Verdict::new(
                format!(
                    "The signing key {key:?} was revoked at {at}: every service refuses its tokens."
                ),
                "The client refreshes its tokens, and gets one of another key.",
            )
        }
        _ => unknown(),
    }
}

fn of_active(it: &TokenExplanation) -> Verdict {
    let claims = it.claims.clone().unwrap_or_default();
    let sentence =
        format!("The access token is valid until {}.", time(claims.expire_time.as_ref()));
    if claims.audience == it.server_issuer {
        return Verdict::new(
            sentence,
            "It is for Claviger's own API alone, so services refuse it: the client gets a token for each \
             service with AuthService.IssueAccessToken.",
        );
    }
    let advice = format!(
        "If a service refuses it, look at what the service requires: this audience ({:?}), a group, a \
         recent sign-in; and whether its clock is right and it reaches this server.",
        claims.audience
    );
    Verdict::new(sentence, advice)
}

const REFRESH: &str = "The client refreshes its tokens.";
const SIGN_IN: &str = "The client signs in again: a refresh is refused as well.";

/// What is left to a client whose session is active, and to others.
const fn next(it: &TokenExplanation) -> &'static str {
    if it.session_active { REFRESH } else { SIGN_IN }
}

fn of_another_time(it: &TokenExplanation) -> Verdict {
    let claims = it.claims.clone().unwrap_or_default();
    match it.state() {
        State::Expired => {
            let at = time(claims.expire_time.as_ref());
            Verdict::new(format!("The access token expired at {at}."), next(it))
        }
        State::KeyRetired => {
            let key = &it.key_id;
            Verdict::new(format!("The signing key {key:?} of the token is retired."), next(it))
        }
        State::NotYetValid => {
            let from = time(it.not_before_time.as_ref());
            let sentence = format!("The access token is not valid before {from}.");
            Verdict::new(sentence, "Wait for that time, or set the clocks right.")
        }
        State::FromFuture => {
            let mut verdict = Verdict::new(
                "The access token is dated in the future: a clock was ahead when it was issued, or is \
                 behind now.",
                "Set the clocks of the servers right.",
            );
            verdict.advice.push(next(it).to_owned());
            verdict
        }
        _ => unknown(),
    }
}

fn of_revoked(it: &TokenExplanation) -> Verdict {
    match it.state() {
        State::Revoked => Verdict::new("The access token alone was revoked.", next(it)),
        State::SessionEnded => {
            Verdict::new("The access token is revoked: its session was ended.", SIGN_IN)
        }
        State::AccountEnded => Verdict::new(
            "The access token is revoked: everything of its account was ended.",
            SIGN_IN,
        ),
        State::AccountDisabled => {
            let account = quoted(&it.account_id);
            Verdict::new(
                "The access token is revoked: its account is disabled.",
                format!("If the person may sign in again: claviger accounts enable {account}"),
            )
        }
        State::AccountDeleted => Verdict::new(
            "The access token is revoked: its account was deleted.",
            "The person needs another account.",
        ),
        _ => unknown(),
    }
}
