//! Access tokens as a server makes and judges them, on a database of their own.

use std::{error::Error, sync::Arc, time::Duration};

use claviger::{
    domain::{
        revocations::Revocations,
        secret::MasterSecret,
        tokens::{
            access::{self, AccessTokens, Subject},
            keys::{self, KeyRing},
        },
        world::World,
    },
    model::{account::Profile, label::DisplayName, username::Username},
    storage::Storage,
};
use claviger_token::{
    algorithm::SigningAlgorithm,
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    verdict::Requirements,
};

pub const LIFETIME: Duration = Duration::from_secs(900);
pub const REQUIREMENTS: Requirements<'_> = Requirements::new(ISSUER);
const ISSUER: &str = "https://id.example";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Those of a server with this database.
pub async fn access_tokens(storage: Storage, algorithm: SigningAlgorithm) -> Outcome<AccessTokens> {
    let world = World::system();
    let sealing_key = MasterSecret::new([7; 32]).derive("sealing")?;
    let settings = keys::Settings { algorithm, rotation_interval: None, token_lifetime: LIFETIME };
    let keys = KeyRing::load(storage, world.clone(), sealing_key, settings).await?;
    let settings = access::Settings {
        issuer: ISSUER.to_owned(),
        audiences: vec!["backend".to_owned()],
        lifetime: LIFETIME,
    };
    let revocations = Arc::new(Revocations::new(world.clone(), LIFETIME)?);
    Ok(AccessTokens::new(&keys, revocations, world, settings))
}

/// A person with names of typical length and two groups, who has signed in with a passkey.
pub fn subject() -> Outcome<Subject> {
    let world = World::system();
    Ok(Subject {
        epoch: 0,
        account_id: AccountId::from_uuid(world.ordered_uuid()?),
        session_id: SessionId::from_uuid(world.ordered_uuid()?),
        auth_time: world.now(),
        auth_method: SignInMethod::Passkey,
        session_ends_at: world.now() + 2 * LIFETIME,
        profile: Profile {
            username: Username::from_stored("alice@example.com".to_owned()),
            display_name: DisplayName::from_stored("Alice Aldrin".to_owned()),
            groups: "admins,staff".parse()?,
        },
    })
}
