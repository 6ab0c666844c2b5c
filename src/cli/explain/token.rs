//! What a token is. It is never printed.

use claviger_proto::pb::TokenClaims;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    cli::operator::{Console, Outcome, json, table::time},
    grpc::contracts::admin::{ExplainTokenRequest, TokenExplanation, TokenState},
};

use super::{
    report::{Report, quoted},
    verdicts,
};

/// Explains a token.
pub(super) async fn explain(console: &Console<'_>, token: &SecretString) -> Outcome {
    let request = ExplainTokenRequest { access_token: token.expose_secret().to_owned() };
    let explanation = console.client.explain_token(request).await?.explanation.unwrap_or_default();
    if console.is_json() {
        return console.object(&json::token_explanation(&explanation));
    }
    report(&explanation).print()
}

pub(super) fn report(it: &TokenExplanation) -> Report {
    let mut report = Report::default();
    let verdict = verdicts::of(it);
    report.say(verdict.sentence);
    let activity = if it.session_active { "is active" } else { "has ended" };
    match &it.claims {
        Some(claims) if it.state() == TokenState::OtherKind => {
            if !claims.issuer.is_empty() {
                report
                    .say(format!("It claims the issuer {:?}, which is not proven.", claims.issuer));
            }
        }
        Some(claims) if it.proven => describe(claims, activity, &mut report),
        Some(claims) => report.say(claimed(claims)),
        None if it.session_id.is_empty() => {}
        None => report.say(format!(
            "Its session {}, of the account {}, {activity}.",
            it.session_id, it.account_id
        )),
    }
    verdict.advice.into_iter().for_each(|it| report.advise(it));
    let heading = match it.state() {
        TokenState::KeyRevoked | TokenState::Revoked => "What revoked it:",
        _ => "What can have ended its session, since it was issued:",
    };
    report.happened(heading, &it.events, &quoted(&it.account_id));
    report
}

/// What a token says that this server has issued.
fn describe(claims: &TokenClaims, activity: &str, report: &mut Report) {
    let issued = time(claims.issue_time.as_ref());
    report
        .say(format!("It is for the audience {:?}, and was issued at {issued}.", claims.audience));
    let groups = match claims.groups.as_slice() {
        [] => "in no group".to_owned(),
        groups => format!("in the groups {}", groups.join(", ")),
    };
    let signed_in = time(claims.auth_time.as_ref());
    let methods = claims.authentication_methods.join(" ");
    report.say(format!(
        "It belongs to the account {}, {groups}, whose owner signed in at {signed_in} ({methods}).",
        account(claims)
    ));
    let (session, id) = (&claims.session_id, &claims.token_id);
    report.say(format!("Its session {session} {activity}; its own ID is {id}."));
}

/// What a text says that anyone can have written.
fn claimed(claims: &TokenClaims) -> String {
    format!(
        "It claims the issuer {:?}, the audience {:?} and the account {}, and to be valid from {} to {}. \
         None of this is proven.",
        claims.issuer,
        claims.audience,
        account(claims),
        time(claims.issue_time.as_ref()),
        time(claims.expire_time.as_ref())
    )
}

fn account(claims: &TokenClaims) -> String {
    let (name, id) = (&claims.username, &claims.subject);
    if name.is_empty() { id.clone() } else { format!("{name:?} ({id})") }
}
