//! CPU time in nanoseconds of this process and of a PostgreSQL server (schedstat, Linux only).

use std::{fs, path::Path, time::Duration};

/// The CPU time of this process's running threads.
pub fn of_this_process() -> Duration {
    of_threads(Path::new("/proc/self"))
}

/// The CPU time of a process's running children.
pub fn of_children(parent: u32) -> Duration {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .map(|it| it.path())
        .filter(|it| parent_of(it) == Some(parent))
        .map(|it| of_threads(&it))
        .sum()
}

/// The parent of a process (proc(5): the second field after the name in parentheses).
pub fn parent_of(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// The CPU time of a process's running threads.
pub fn of_threads(process: &Path) -> Duration {
    let threads = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    threads
        .filter_map(|it| fs::read_to_string(it.path().join("schedstat")).ok())
        .filter_map(|it| it.split(' ').next()?.parse().ok())
        .map(Duration::from_nanos)
        .sum()
}
