//! The lines of the log on their way out: gathered in memory, and written together by one thread.
//!
//! What logs never waits for what reads the log. A reader that is too slow loses lines, which are counted.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long lines are gathered before they are written: so many may be lost when the process is killed.
const GATHERING: Duration = Duration::from_millis(10);
/// How many bytes may wait to be written. Beyond them lines are lost.
const MOST: usize = 4 * 1024 * 1024;
/// From how many bytes on nothing more is gathered.
const ENOUGH: usize = 256 * 1024;

/// Where lines are handed in. Clones are of the same log.
#[derive(Debug, Clone)]
pub(super) struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Notified when there is something to write, or to write now.
    handed_in: Condvar,
    /// Notified when something has been written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// How many lines found no room since the last report.
    lost: u64,
    /// How many bytes were handed in since the start, and how many of them were written.
    bytes_in: u64,
    bytes_out: u64,
    is_urgent: bool,
}

impl Lines {
    /// Writes to `output` from a thread of its own, until the process ends. The thread calls `report` with the
    /// number of lines that were lost, once there is room again.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn to(
        output: impl Write + Send + 'static,
        report: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Self> {
        let lines = Self(Arc::default());
        let shared = Arc::clone(&lines.0);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || shared.write(output, report))?;
        Ok(lines)
    }

    /// Waits until everything handed in has been written, but not for longer than this.
    pub(super) fn flush(&self, limit: Duration) {
        let Self(shared) = self;
        let mut waiting = shared.lock();
        let target = waiting.bytes_in;
        waiting.is_urgent = true;
        shared.handed_in.notify_one();
        let is_missing = |it: &mut Waiting| it.bytes_out < target || it.lost > 0;
        let _ = shared.written.wait_timeout_while(waiting, limit, is_missing);
    }
}

impl Shared {
    fn write(&self, mut output: impl Write, report: impl Fn(u64)) {
        let mut batch = Vec::new();
        loop {
            let lost = self.take(&mut batch);
            // There is no other place to say that the log cannot be written.
            let _ = output.write_all(&batch).and_then(|()| output.flush());
            let written = batch.len() as u64;
            batch.clear();
            batch.shrink_to(ENOUGH);
            if lost > 0 {
                report(lost);
            }
            self.lock().bytes_out += written;
            self.written.notify_all();
        }
    }

    /// Waits for lines, gathers others, and takes all of them. Returns how many were lost.
    fn take(&self, batch: &mut Vec<u8>) -> u64 {
        let is_idle = |it: &mut Waiting| it.bytes.is_empty() && it.lost == 0;
        let waiting = self.handed_in.wait_while(self.lock(), is_idle);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let is_gathering = |it: &mut Waiting| !it.is_urgent && it.bytes.len() < ENOUGH;
        let gathered = self.handed_in.wait_timeout_while(waiting, GATHERING, is_gathering);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        waiting.is_urgent = false;
        mem::swap(&mut waiting.bytes, batch);
        mem::take(&mut waiting.lost)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes one whole line at a time, as the formatter hands it over.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Self(shared) = self;
        let mut waiting = shared.lock();
        if waiting.bytes.len() + line.len() > MOST {
            waiting.lost += 1;
            return Ok(line.len());
        }
        let had = waiting.bytes.len();
        waiting.bytes.extend_from_slice(line);
        waiting.bytes_in += line.len() as u64;
        let has = waiting.bytes.len();
        drop(waiting);
        // A thread that gathers wakes by itself.
        if had == 0 || (had < ENOUGH && has >= ENOUGH) {
            shared.handed_in.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// An output that takes nothing before it may, and says what it took.
    struct Reader {
        may_take: Receiver<()>,
        took: Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.may_take.recv();
            let _ = self.took.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A log with a reader, the permission to take, what it took, and how many lines were reported as lost.
    fn log() -> (Lines, Sender<()>, Receiver<Vec<u8>>, Receiver<u64>) {
        let (permission, may_take) = channel();
        let (took, taken) = channel();
        let (report, lost) = channel();
        let lines =
            Lines::to(Reader { may_take, took }, move |it| report.send(it).unwrap_or_default())
                .unwrap();
        (lines, permission, taken, lost)
    }

    #[test]
    fn lines_are_written_together_in_their_order_and_all_of_them_before_the_process_ends() {
        let (mut lines, permission, taken, _) = log();
        // Whatever is taken at once must be allowed at once.
        (0..1000).for_each(|_| permission.send(()).unwrap());
        let written: Vec<String> = (0..1000).map(|it| format!("line {it}\n")).collect();

        written.iter().for_each(|line| lines.write_all(line.as_bytes()).unwrap());
        lines.flush(LONG);

        let batches: Vec<Vec<u8>> = taken.try_iter().collect();
        assert!(batches.len() < 100, "{} writes", batches.len());
        assert_eq!(batches.concat(), written.concat().into_bytes());
    }

    #[test]
    fn a_reader_that_takes_nothing_holds_nothing_up_and_the_lines_lost_are_counted() {
        let (mut lines, permission, taken, lost) = log();
        let line = vec![b'.'; MOST / 8];

        (0..100).for_each(|_| lines.write_all(&line).unwrap());
        lines.flush(Duration::from_millis(1));
        drop(permission);

        let first = lost.recv_timeout(LONG).unwrap();
        lines.flush(LONG);
        let reported = first + lost.try_iter().sum::<u64>();
        let kept: usize = taken.try_iter().map(|it| it.len()).sum();
        assert!(reported >= 80, "{reported}");
        assert_eq!(kept / line.len() + usize::try_from(reported).unwrap(), 100);
    }
}
