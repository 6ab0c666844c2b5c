//! Recovery links and codes of an account.
//!
//! A new link goes to standard output, alone on its line; messages go to standard error.

use crate::{
    cli::{
        complain,
        operator::{
            Console, Outcome,
            flags::Consent,
            json, line,
            problem::Problem,
            table::time,
            target::{self, described},
        },
    },
    grpc::contracts::admin as pb,
};

use super::{acts, arguments::Act};

pub(super) async fn create_link(console: &Console<'_>, act: Act, removes: bool) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let request = pb::CreateRecoveryLinkRequest {
        account_id: account.id.clone(),
        remove_credentials: removes,
        reason: act.reason.text,
    };
    let created = console.client.create_recovery_link(request).await?;
    show_link(console, &account, &created)
}

pub(super) async fn withdraw_link(console: &Console<'_>, act: Act) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let described = described(&account);
    let request =
        pb::WithdrawRecoveryLinkRequest { account_id: account.id.clone(), reason: act.reason.text };
    let withdrawn = console.client.withdraw_recovery_link(request).await.map_err(Problem::from);
    let none = format!("The account {described} has no open recovery link.");
    withdrawn.map_err(|it| it.explained("RECOVERY_LINK_NOT_FOUND", none))?;
    let sentence = format!("Withdrew the recovery link of the account {described}.");
    console.done(sentence, &acts::object(&account))
}

pub(super) async fn remove_codes(console: &Console<'_>, act: Act, consent: &Consent) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let described = described(&account);
    console
        .confirm(consent, format_args!("Remove the recovery codes of the account {described}."))?;
    let request =
        pb::RemoveRecoveryCodesRequest { account_id: account.id.clone(), reason: act.reason.text };
    console.client.remove_recovery_codes(request).await?;
    let sentence = format!("The account {described} has no recovery codes now.");
    console.done(sentence, &acts::object(&account))
}

/// Prints the link. It is open already, so a failure to print it must not pass unnoticed.
fn show_link(
    console: &Console<'_>,
    account: &pb::Account,
    created: &pb::CreateRecoveryLinkResponse,
) -> Outcome {
    let printed = if console.is_json() {
        console.object(&json::recovery_link(account, created))
    } else {
        let (described, expires) = (described(account), time(created.expire_time.as_ref()));
        complain(format_args!(
            "Created a recovery link for the account {described}, which expires {expires}."
        ));
        complain("Give it to the person, and to no one else; it is not shown again:");
        line(&created.link)
    };
    printed.map_err(|problem| {
        let id = &account.id;
        Problem::sentence(format!(
            "{problem}\nThe link is open, but was not shown. Withdraw it: claviger accounts \
             withdraw-recovery-link {id}"
        ))
    })
}
