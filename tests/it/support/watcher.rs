//! A backend that watches revocations, and what it has heard.

use std::collections::{BTreeMap, HashMap};

use claviger_proto::pb::{
    self, GetRevocationsRequest, SigningKeyState, WatchRevocationsRequest,
    WatchRevocationsResponse, revocation::Revoked, token_service_client::TokenServiceClient,
};
use tonic::{Status, Streaming, transport::Channel};

/// Merged from the messages, as the contract says: nothing is taken back.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Where to continue.
    pub cursor: Vec<u8>,
    /// What is revoked, in words, with the second from when on it may be forgotten.
    pub live: BTreeMap<String, i64>,
    /// What each key is good for.
    pub keys: HashMap<String, SigningKeyState>,
}

impl Heard {
    /// Whether a session was revoked.
    pub fn knows(&self, session_id: &str) -> bool {
        self.live.contains_key(&format!("session {session_id}"))
    }

    /// Whether everything of an account was revoked.
    pub fn knows_account(&self, account_id: &str) -> bool {
        let begin = format!("account {account_id} before ");
        self.live.keys().any(|it| it.starts_with(&begin))
    }

    /// Adds what a message says.
    pub fn add(&mut self, cursor: &[u8], revocations: &[pb::Revocation], keys: &[pb::SigningKey]) {
        self.cursor = cursor.to_vec();
        for revocation in revocations {
            let until = revocation.expire_time.unwrap().seconds;
            let held = self.live.entry(words(revocation)).or_insert(until);
            *held = until.max(*held);
        }
        for key in keys {
            self.keys.insert(key.key_id.clone(), key.state());
        }
    }

    /// Everything the server holds, asked for page by page.
    pub async fn poll(backend: &mut TokenServiceClient<Channel>) -> Self {
        let mut heard = Self::default();
        loop {
            let request = GetRevocationsRequest {
                cursor: heard.cursor.clone(),
                page_size: 0,
                audience: super::BACKEND.to_owned(),
            };
            let page = backend.get_revocations(request).await.unwrap().into_inner();
            heard.add(&page.cursor, &page.revocations, &page.keys);
            if page.caught_up {
                return heard;
            }
        }
    }
}

fn words(revocation: &pb::Revocation) -> String {
    match revocation.revoked.as_ref().unwrap() {
        Revoked::SessionId(id) => format!("session {id}"),
        Revoked::TokenId(id) => format!("token {id}"),
        Revoked::Account(account) => {
            format!("account {} before {}", account.account_id, account.before_epoch)
        }
    }
}

/// An open stream.
pub struct Watcher {
    stream: Streaming<WatchRevocationsResponse>,
    pub heard: Heard,
}

impl Watcher {
    /// Watches from the beginning.
    pub async fn start(backend: TokenServiceClient<Channel>) -> Self {
        Self::resume(backend, Heard::default()).await.unwrap()
    }

    /// Watches on from where somebody had got to.
    pub async fn resume(
        mut backend: TokenServiceClient<Channel>,
        heard: Heard,
    ) -> Result<Self, Status> {
        let request = WatchRevocationsRequest {
            cursor: heard.cursor.clone(),
            audience: super::BACKEND.to_owned(),
        };
        let stream = backend.watch_revocations(request).await?.into_inner();
        Ok(Self { stream, heard })
    }

    /// The next message, whose content is heard.
    pub async fn next(&mut self) -> Result<WatchRevocationsResponse, Status> {
        let message = self.stream.message().await?;
        let message = message.ok_or_else(|| Status::aborted("the stream ended without a word"))?;
        self.heard.add(&message.cursor, &message.revocations, &message.keys);
        Ok(message)
    }

    /// Reads until everything of this moment is heard.
    pub async fn catch_up(&mut self) {
        while !self.next().await.unwrap().caught_up {}
    }

    /// Reads until something has been heard.
    pub async fn until(&mut self, condition: impl Fn(&Heard) -> bool) {
        while !condition(&self.heard) {
            self.next().await.unwrap();
        }
    }
}
