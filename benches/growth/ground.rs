//! A seeded database in use, and how it is reset to its seeded state.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use claviger::storage::Storage;

use crate::{
    population::{Member, Population},
    raw::RawConnection,
    support::{Outcome, databases::Database, nouns},
};

const MADE: [&str; 4] = [
    "DELETE FROM accounts WHERE id >= $1",
    "DELETE FROM sessions WHERE id >= $1",
    "DELETE FROM passkeys WHERE id >= $1",
    "DELETE FROM used_ceremonies WHERE id >= $1",
];

/// The database.
pub struct Ground {
    database: Database,
    population: Population,
    raw: RawConnection,
    random: u64,
    generations: HashMap<u64, u32>,
    signed_out: HashSet<u64>,
}

impl Ground {
    pub async fn new(database: Database, population: Population) -> Outcome<Self> {
        let raw = RawConnection::open(&database.url).await?;
        let (generations, signed_out) = (HashMap::new(), HashSet::new());
        Ok(Self { database, population, raw, random: 1, generations, signed_out })
    }

    pub fn population(&self) -> Population {
        self.population
    }

    pub fn cpu(&self) -> Duration {
        self.database.cpu()
    }

    pub fn storage(&self) -> Storage {
        self.database.storage.clone()
    }

    /// A random account.
    pub fn member(&mut self) -> Member {
        Member(nouns::scrambled(&mut self.random) % self.population.accounts + 1)
    }

    /// A random account whose active session no call of this round ends.
    pub fn member_to_sign_out(&mut self) -> Member {
        loop {
            let member = self.member();
            if self.signed_out.insert(member.0) {
                return member;
            }
        }
    }

    /// The current generation of a member's refresh tokens, which the caller is about to use.
    pub fn spend_generation(&mut self, member: Member) -> u32 {
        let next = self.generations.entry(member.0).or_insert(0);
        *next += 1;
        *next - 1
    }

    /// Deletes the rows that a round has added and reopens the sessions that it has ended.
    pub async fn tidy(&mut self) -> Outcome<()> {
        for statement in MADE {
            self.raw.run_with(statement, &nouns::MADE_HERE.to_be_bytes()).await?;
        }
        for member in self.signed_out.drain() {
            let id = Member(member).session_id();
            let live = "UPDATE sessions SET ended_at = NULL, end_reason = NULL WHERE id = $1";
            self.raw.run_with(live, id.as_bytes()).await?;
            let valid = "DELETE FROM revocations WHERE session_id = $1";
            self.raw.run_with(valid, id.as_bytes()).await?;
        }
        Ok(())
    }

    pub async fn close(self) -> Outcome<()> {
        self.database.storage.close().await;
        self.raw.close().await
    }
}
