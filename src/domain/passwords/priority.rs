//! The priority of the threads that hash: work of tens of milliseconds gives way to calls that take microseconds.

/// By how much the threads that hash give way, in the steps of `nice`: at 5, a third of what others get.
#[cfg(target_os = "linux")]
const STEPS: i32 = 5;

/// Lowers the priority of the current thread, where the operating system knows priorities of threads.
#[cfg(target_os = "linux")]
pub(super) fn lower() {
    use rustix::{
        process::{getpriority_process, setpriority_process},
        thread::gettid,
    };

    let thread = Some(gettid());
    // A sandbox may forbid it. Then hashing competes with calls as before.
    let _ = getpriority_process(thread).and_then(|now| setpriority_process(thread, now + STEPS));
}

/// Priorities of threads are not known to this operating system.
#[cfg(not(target_os = "linux"))]
pub(super) fn lower() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn the_thread_that_asks_gives_way_and_others_do_not() {
        let of_others = getpriority_process(None).unwrap();
        let lowered = std::thread::spawn(|| {
            lower();
            getpriority_process(Some(rustix::thread::gettid())).unwrap()
        });

        assert_eq!(lowered.join().unwrap(), (of_others + STEPS).min(19));
        assert_eq!(getpriority_process(Some(rustix::thread::gettid())).unwrap(), of_others);
    }
}
