//! The log: where it is written, in which format, and what may never be in it.
//!
//! Dependencies log headers, frames and queries below WARN, so below it only our own targets are
//! logged, whatever `RUST_LOG` says.

mod json;
mod lines;

use std::{
    io::{self, IsTerminal as _},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, filter_fn},
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// The format and level of the log. The configuration fills it in.
#[derive(Debug, Clone)]
pub struct Log {
    /// The format.
    pub format: LogFormat,
    /// The level, unless `RUST_LOG` overrides it.
    pub level: String,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// Lines for people to read.
    Pretty,
    /// One JSON object per line.
    Json,
}

pub use claviger_token::causes;

use json::Json;
use lines::Lines;

/// The log of this process, once it is installed.
static LOG: OnceLock<Lines> = OnceLock::new();

/// How long a process that ends, or panics, waits for what reads its log.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// Bounds the lines at WARN or above that callers can cause: of each interval of ten seconds the first few
/// are written and the others counted.
#[derive(Debug)]
pub struct Occasional {
    most: u32,
    interval: Mutex<Interval>,
}

#[derive(Debug)]
struct Interval {
    began: Option<Instant>,
    lines: u32,
    left_out: u64,
}

/// How long an interval of [`Occasional`] is.
const INTERVAL: Duration = Duration::from_secs(10);

impl Occasional {
    /// At most so many lines in an interval.
    pub const fn new(most: u32) -> Self {
        Self { most, interval: Mutex::new(Interval { began: None, lines: 0, left_out: 0 }) }
    }

    /// Whether a line may be written, and how many were left out before it since the last one that was.
    pub fn due(&self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    /// How many lines were left out in an interval that is over. They are reported once, here or with the
    /// next line.
    pub fn left_out(&self) -> Option<u64> {
        self.left_out_at(Instant::now())
    }

    fn due_at(&self, now: Instant) -> Option<u64> {
        let mut interval = self.lock();
        if interval.is_over(now) {
            interval.began = Some(now);
            interval.lines = 0;
        }
        if interval.lines >= self.most {
            interval.left_out += 1;
            return None;
        }
        interval.lines += 1;
        Some(std::mem::take(&mut interval.left_out))
    }

    fn left_out_at(&self, now: Instant) -> Option<u64> {
        let mut interval = self.lock();
        let is_reported = interval.left_out > 0 && interval.is_over(now);
        is_reported.then(|| std::mem::take(&mut interval.left_out))
    }

    fn lock(&self) -> MutexGuard<'_, Interval> {
        self.interval.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interval {
    fn is_over(&self, now: Instant) -> bool {
        self.began.is_none_or(|began| now.saturating_duration_since(began) >= INTERVAL)
    }
}

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `RUST_LOG` is not a filter.
    #[error("The environment variable RUST_LOG is not a log filter: {0}.")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The thread that writes it cannot be started.
    #[error("The thread that writes the log cannot be started: {0}.")]
    Thread(#[from] io::Error),
    /// A log was installed before.
    #[error("The log was set up twice.")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends the log to standard error, for the whole process. `filter` overrides the configured level.
///
/// # Errors
/// When `filter` cannot be understood, or a thread cannot be started.
pub fn install(log: &Log, filter: Option<&str>) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter.unwrap_or(&log.level))?;
    let lines = Lines::to(io::stderr(), report_lost)?;
    let lines = LOG.get_or_init(|| lines);
    let writer = || lines.clone();
    if is_pretty(log) {
        pretty(filter, writer).try_init()?;
    } else {
        json(filter, writer).try_init()?;
    }
    std::panic::set_hook(Box::new(report_panic));
    Ok(())
}

/// Waits until what was logged has been written, for a second at most. Called before the process ends, and
/// before it writes anything else to standard error.
pub fn flush() {
    if let Some(lines) = LOG.get() {
        lines.flush(FLUSH_LIMIT);
    }
}

/// Logs that lines were lost.
fn report_lost(lines: u64) {
    tracing::warn!(lines, "lines of the log were lost, because what reads it was too slow");
}

/// Whether the log is written for people.
pub fn is_pretty(log: &Log) -> bool {
    match log.format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    }
}

fn pretty<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let ansi = io::stderr().is_terminal();
    let layer = fmt::layer().with_writer(writer).with_ansi(ansi);
    tracing_subscriber::registry().with(layer.with_filter(filter.and(filter_fn(is_harmless))))
}

fn json<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::registry()
        .with(Json(writer).with_filter(filter.and(filter_fn(is_harmless))))
}

/// Whether events of this target and level contain no secret.
fn is_harmless(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_ours = target == "claviger" || target.starts_with("claviger::");
    // webauthn-rs prints the bytes it could not parse, even in errors.
    let quotes_secrets = target.starts_with("webauthn_");
    is_ours || (!quotes_secrets && *metadata.level() <= Level::WARN)
}

/// Logs where a panic happened, but not its message, which may quote a caller's data.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a task panicked");
    // The process may be about to end.
    flush();
}

#[cfg(test)]
pub(crate) mod tests;
