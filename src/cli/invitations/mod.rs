//! `claviger invitations`.
//!
//! A new link goes to standard output, alone on its line; messages go to standard error. For programs, one
//! object has both the invitation and the link.

mod arguments;

use std::process::ExitCode;

use claviger_proto::time::duration;
use serde_json::json;

use crate::{grpc::contracts::admin as pb, model::invitation::MAX_INVITATION_LIFETIME};

use super::{
    complain,
    operator::{
        self, Console, Context, Outcome,
        json::{self, Object},
        line,
        problem::Problem,
        table::{Table, time},
        target,
    },
};

use self::arguments::NewInvitation;
pub(super) use self::arguments::{Invitations, InvitationsCommand};

/// The largest page.
const PAGE: i32 = 200;

/// Runs one of them, also while servers run.
pub(super) async fn run(invitations: Invitations, context: &Context) -> ExitCode {
    let Invitations { connection, command } = invitations;
    operator::run(&connection, context, async |console| match command {
        InvitationsCommand::Create(arguments) => create(console, arguments).await,
        InvitationsCommand::List => list(console).await,
        InvitationsCommand::Withdraw { id, reason } => withdraw(console, id, reason.text).await,
    })
    .await
}

async fn create(console: &Console<'_>, arguments: NewInvitation) -> Outcome {
    let account_id = match &arguments.account {
        Some(name) => target::account(console, name).await?.id,
        None => String::new(),
    };
    let request = pb::CreateInvitationRequest {
        username: arguments.username.unwrap_or_default(),
        display_name: arguments.display_name.unwrap_or_default(),
        groups: arguments.groups,
        // Longer ones than a message holds are refused like others that are too long.
        lifetime: arguments.lifetime.map(|it| duration(it.min(MAX_INVITATION_LIFETIME * 2))),
        reason: arguments.reason.text,
        account_id,
    };
    let taken = format!("The username {:?} is taken.", request.username);
    let created = console.client.create_invitation(request).await.map_err(Problem::from);
    let created = created.map_err(|it| it.explained("USERNAME_TAKEN", taken))?;
    let invitation = created.invitation.unwrap_or_default();
    show_link(console, &invitation, &created.link)
}

async fn list(console: &Console<'_>) -> Outcome {
    let mut request = pb::ListInvitationsRequest { page_size: PAGE, ..Default::default() };
    let mut invitations = Vec::new();
    loop {
        let page = console.client.list_invitations(request.clone()).await?;
        invitations.extend(page.invitations);
        if page.next_page_token.is_empty() {
            return console.list(&invitations, table, json::invitation);
        }
        request.page_token = page.next_page_token;
    }
}

async fn withdraw(console: &Console<'_>, id: String, reason: String) -> Outcome {
    let request = pb::WithdrawInvitationRequest { invitation_id: id.clone(), reason };
    let withdrawn = console.client.withdraw_invitation(request).await.map_err(Problem::from);
    let unknown = format!("There is no open invitation {id:?}.");
    withdrawn.map_err(|it| it.explained("INVITATION_NOT_FOUND", unknown))?;
    let object = Object::of([("invitation_id", json!(id))]);
    console.done(format_args!("Withdrew the invitation {id}."), &object)
}

/// Prints the link. The invitation is open already, so a failure to print it must not pass unnoticed.
fn show_link(console: &Console<'_>, invitation: &pb::Invitation, link: &str) -> Outcome {
    let printed = if console.is_json() {
        console.object(&json::with_link(invitation, link))
    } else {
        let expires = time(invitation.expire_time.as_ref());
        complain(format_args!(
            "Created the invitation {}, which expires {expires}.",
            invitation.id
        ));
        complain("Give its link to the person; it is not shown again:");
        line(link)
    };
    printed.map_err(|problem| {
        let id = &invitation.id;
        Problem::sentence(format!(
            "{problem}\nThe invitation is open, but its link was not shown. Withdraw it: claviger \
             invitations withdraw {id}"
        ))
    })
}

fn table(invitations: &[pb::Invitation]) -> Table {
    let headings =
        ["INVITATION ID", "USERNAME", "GROUPS", "CREATED", "EXPIRES", "CREATED BY", "ACCOUNT ID"];
    let mut table = Table::new(&headings);
    for it in invitations {
        table.row(&[
            &it.id,
            &it.username,
            &it.groups.join(" "),
            &time(it.create_time.as_ref()),
            &time(it.expire_time.as_ref()),
            &it.created_by,
            &it.account_id,
        ]);
    }
    table
}
