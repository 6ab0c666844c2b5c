//! The user of the operating system who runs a command, for the record.
//!
//! A user who can open the database can write anything into it; the name is for honest operators.

use std::fs;

use rustix::process::getuid;

use crate::{
    domain::{Result, events, world::World},
    model::event::{Act, Actor},
};

/// The name of the user.
pub(in crate::cli) fn user() -> String {
    let id = getuid().as_raw();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name(&users, id).unwrap_or_else(|| format!("uid {id}"))
}

/// Something that the user does now.
pub(in crate::cli) fn act(world: &World) -> Result<Act> {
    events::act(world, Actor::CommandLine(user()))
}

/// The name of a user in a file like `/etc/passwd` (passwd(5)).
fn name(users: &str, id: u32) -> Option<String> {
    let id = id.to_string();
    let mut entries = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let entry = entries.find(|entry| entry.get(2) == Some(&id.as_str()))?;
    entry.first().filter(|name| !name.is_empty()).map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_name_that_the_system_gives_it() {
        let users = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nbad";

        assert_eq!(name(users, 1000).as_deref(), Some("alice"));
        assert_eq!(name(users, 0).as_deref(), Some("root"));
        assert_eq!(name(users, 7), None);
    }
}
