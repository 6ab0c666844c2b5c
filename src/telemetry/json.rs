//! The log for programs: one JSON object a line, written straight into bytes that each thread keeps.
//!
//! The formatter of `tracing-subscriber` writes the same through text, which is looked at anew for each piece.

use std::{cell::Cell, io::Write as _, time::SystemTime};

use serde::ser::{SerializeMap as _, Serializer as _};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_serde::SerdeMapVisitor;
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context};

/// How many bytes a thread keeps for its next line.
const KEPT: usize = 4096;

thread_local! {
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Hands a line for each event to what `W` makes: `timestamp`, `level`, the fields of the event, `target`.
pub(super) struct Json<W>(pub(super) W);

impl<S, W> Layer<S> for Json<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // Taken rather than borrowed, since what prints a field may log.
        let mut line = LINE.take();
        line.clear();
        if write(event, &mut line).is_ok() {
            // There is no other place to say that the log cannot be written.
            let _ = self.0.make_writer_for(event.metadata()).write_all(&line);
        }
        line.shrink_to(KEPT);
        LINE.set(line);
    }
}

fn write(event: &Event<'_>, line: &mut Vec<u8>) -> serde_json::Result<()> {
    // What a library logs by the crate `log` says in fields where it comes from.
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    #[expect(clippy::disallowed_methods, reason = "lines are found by the time of the machine")]
    let timestamp = humantime::format_rfc3339_micros(SystemTime::now());
    let mut json = serde_json::Serializer::new(&mut *line);
    let mut object = json.serialize_map(None)?;
    object.serialize_entry("timestamp", &format_args!("{timestamp}"))?;
    object.serialize_entry("level", metadata.level().as_str())?;
    let mut fields = SerdeMapVisitor::new(object);
    event.record(&mut fields);
    let mut object = fields.take_serializer()?;
    object.serialize_entry("target", metadata.target())?;
    object.end()?;
    line.push(b'\n');
    Ok(())
}
