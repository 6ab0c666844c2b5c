//! What the writers of a storm were told, and the check that all of it still holds afterwards.

use claviger_proto::pb;
use tonic::Status;

use super::{PASSWORD, Person, Refusal};
use crate::assert_refused;

/// What one writer was told.
#[derive(Default)]
pub struct Told {
    /// Usernames with the password [`PASSWORD`].
    pub registered: Vec<String>,
    /// The refresh tokens of each session in order of acknowledgement; the last is the live one.
    pub chains: Vec<Vec<String>>,
    /// Ceremonies that were used up.
    pub ceremonies: Vec<String>,
    /// People who logged out.
    pub ended: Vec<Person>,
}

impl Told {
    /// How many rotations were acknowledged.
    pub fn rotations(&self) -> usize {
        self.chains.iter().map(|chain| chain.len() - 1).sum()
    }

    /// Checks everything with every replica; ends the chains that are long enough by a reuse.
    pub async fn check(&self, replicas: &[Person]) {
        for replica in replicas {
            for username in &self.registered {
                let login = replica.login(username, PASSWORD).await;
                login.unwrap_or_else(|status| panic!("{username} is lost: {status:?}"));
            }
            for ceremony_id in &self.ceremonies {
                let again = Err::<(), _>(spoil_ceremony(replica, ceremony_id).await);
                assert_refused!(again, Aborted, CEREMONY_NOT_FOUND);
            }
            for ended in &self.ended {
                let again = replica.refresh_with(&ended.tokens.refresh_token).await;
                assert_refused!(again.map(drop), Unauthenticated, SESSION_ENDED);
            }
        }
        for chain in &self.chains {
            check_chain(replicas, chain).await;
        }
    }
}

/// The last token works at every replica and gives the same successor; the one two before it is
/// known as spent by all.
async fn check_chain(replicas: &[Person], chain: &[String]) {
    let [.., live] = chain else { return };
    let mut successors = Vec::new();
    for replica in replicas {
        successors.push(replica.refresh_with(live).await.unwrap().tokens.refresh_token);
    }
    assert!(successors.iter().all(|it| *it == successors[0]), "two live branches");
    let [.., spent, _, _] = chain else { return };
    let refusal = Refusal::of(replicas[0].refresh_with(spent).await.map(drop));
    assert_eq!(refusal.reason, "REFRESH_TOKEN_REUSED");
    for replica in replicas {
        let late = replica.refresh_with(&successors[0]).await;
        assert_refused!(late.map(drop), Unauthenticated, SESSION_ENDED);
    }
}

/// Starts a sign-in with a passkey; answers with the ceremony.
pub async fn start_ceremony(stranger: &Person) -> Result<String, Status> {
    use pb::start_authentication_request::Target;
    let target = Some(Target::Discoverable(pb::DiscoverableTarget {}));
    let request = pb::StartAuthenticationRequest { target };
    let started = stranger.passkeys().start_authentication(request).await?;
    Ok(started.into_inner().ceremony_id)
}

/// Uses up a ceremony by an answer that is refused: `UNAUTHENTICATED` when it was there.
pub async fn spoil_ceremony(stranger: &Person, ceremony_id: &str) -> Status {
    let request = pb::FinishAuthenticationRequest {
        ceremony_id: ceremony_id.to_owned(),
        ..Default::default()
    };
    let answer = stranger.passkeys().finish_authentication(request).await;
    answer.map(drop).expect_err("nobody signs in without a credential")
}
