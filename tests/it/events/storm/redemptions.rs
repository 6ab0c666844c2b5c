//! What is used up in a storm: codes and links of recoveries, and invitations. Each of them works once, also where
//! the power went between its use and the response.

use std::{collections::BTreeMap, net::Ipv4Addr};

use claviger::model::event::EventKind as K;
use claviger_proto::pb::RegisterRequest;
use tonic::Status;

use super::{
    super::Row,
    writer::{Told, Writer, unless_cut},
};
use crate::support::{
    Authenticator, MINUTE, OTHER_PASSWORD, Person, Process, Refusal,
    people::channel_from,
    recoveries::{EVERYTHING, token},
};

/// Something that works once, and all that its use takes.
#[derive(Clone)]
pub(super) enum Means {
    /// A code of an account, which gets a new passkey and keeps nothing of before.
    Code { username: String, code: String },
    /// The token of a link for an account, which gets [`OTHER_PASSWORD`] and keeps nothing of before.
    Link { username: String, token: String },
    /// An invitation, in a registration.
    Invitation(RegisterRequest),
}

/// A use that was begun, and perhaps acknowledged.
pub(super) struct Redemption {
    pub(super) means: Means,
    pub(super) is_acknowledged: bool,
}

impl Means {
    /// An operator's link for an account.
    pub(super) fn link(username: &str, link: &str) -> Self {
        Self::Link { username: username.to_owned(), token: token(link).to_owned() }
    }

    /// An invitation's link, with which its owner registers.
    pub(super) fn invitation(link: &str, registration: RegisterRequest) -> Self {
        let (_, invitation) = link.split_once("#invitation=").unwrap();
        Self::Invitation(RegisterRequest { invitation: invitation.to_owned(), ..registration })
    }

    /// Whether it is a link for this account.
    pub(super) fn is_link_of(&self, name: &str) -> bool {
        matches!(self, Self::Link { username, .. } if username == name)
    }

    async fn redeem(&self, stranger: &Person, origin: &str) -> Result<Person, Status> {
        match self {
            Self::Code { username, code } => {
                let begun = stranger.begin(username, code).await?;
                stranger.recover(&begun, &mut Authenticator::platform(origin), EVERYTHING).await
            }
            Self::Link { token, .. } => {
                let begun = stranger.begin_with(token).await?;
                stranger.recover_with_password(&begun, OTHER_PASSWORD, true).await
            }
            Self::Invitation(registration) => stranger.register_as(registration.clone()).await,
        }
    }

    /// The reason of the refusal when it is used again, and whether that is recorded.
    const fn refusal(&self) -> (&'static str, bool) {
        match self {
            Self::Code { .. } => ("RECOVERY_CODE_INVALID", true),
            Self::Link { .. } => ("RECOVERY_LINK_INVALID", true),
            Self::Invitation(_) => ("INVITATION_INVALID", false),
        }
    }
}

/// Uses something up. Returns the person who is signed in by it.
pub(super) async fn redeem(it: &mut Writer, means: Means) -> Option<Person> {
    let (stranger, origin) = (it.stranger.clone(), it.origin.clone());
    let redemptions = &mut it.told_mut().redemptions;
    redemptions.push(Redemption { means: means.clone(), is_acknowledged: false });
    let person = unless_cut(means.redeem(&stranger, &origin).await)?;
    it.told_mut().redemptions.last_mut()?.is_acknowledged = true;
    Some(person)
}

/// Tries everything again that was used in a round. What the cut left open is used first.
pub(super) async fn assert_spent(process: &Process, round: u32, told: &mut Told) {
    // An address of their own, to which so many refusals are charged.
    let address = Ipv4Addr::new(127, 0, 1, u8::try_from(round + 1).unwrap());
    let stranger = Person::stranger(channel_from(address, process.public_port, MINUTE));
    let origin = format!("http://localhost:{}", process.public_port);
    for Redemption { means, is_acknowledged } in &told.redemptions {
        let mut again = means.redeem(&stranger, &origin).await;
        if again.is_ok() && !is_acknowledged {
            again = means.redeem(&stranger, &origin).await;
        }
        let (reason, is_recorded) = means.refusal();
        assert_eq!(Refusal::of(again.map(drop)).reason, reason);
        told.tried += u32::from(is_recorded);
        told.refused += u32::from(is_recorded);
    }
}

/// That nothing was used twice, by the record. No account is recovered with a code twice here.
pub(super) fn assert_used_once(rows: &[Row]) {
    let mut uses: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in rows.iter().filter(|it| it.outcome == "success") {
        let by = [K::RecoveryCodeUsed, K::RecoveryLinkUsed, K::InvitationUsed];
        let Some(kind) = by.into_iter().find(|it| it.name() == row.kind) else { continue };
        let of = if kind == K::RecoveryCodeUsed { row.account() } else { row.target.clone() };
        *uses.entry((row.kind.clone(), of.unwrap())).or_default() += 1;
    }
    let twice: Vec<_> = uses.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "used twice: {twice:?}");
}
