//! The limit on open files, of which every connection takes one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files besides the public listener's connections: those of backends, the database and the log.
const OTHER_FILES: u64 = 1024;

/// Raises the limit as far as the process may, and warns when it is too low for this many connections.
/// Many systems start programs with 1024, whatever they allow.
pub fn make_room_for(connections: usize) {
    let needed = connections as u64 + OTHER_FILES;
    if let Some(limit) = raise_limit().filter(|limit| *limit < needed) {
        tracing::warn!(
            limit,
            needed,
            "the limit on open files is too low for `limits.connections`; raise it (ulimit -n, \
             LimitNOFILE) or lower the setting"
        );
    }
}

/// Returns the limit after raising it; `None` means there is none.
fn raise_limit() -> Option<u64> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // After a refusal the limit is what it was, and is returned.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current
}
