//! Log lines: one shape for eyes, one for programs.
//!
//! A line says what happened (the event) and to whom it belongs (the spans around it: request id, trace id, user id). Both
//! go to standard error; standard output is for data. No line carries a password, a token, a title or an e-mail address:
//! the rooms never put those into fields, and a test runs the whole story with planted secrets and searches the log for them.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write},
};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use crate::config::LogFormat;

/// The level is about our rooms. The libraries under them speak from `warn` on: below it some of them write the parameters of
/// statements and the headers of requests, and no level of ours may do that. Who names one of them explicitly gets it.
const LIBRARIES: &str =
    "refinery_core=warn,tokio_postgres=warn,hyper=warn,hyper_util=warn,h2=warn,tower=warn,reqwest=warn,rustls=warn,mio=warn";

/// How the lines of this process look, once `auto` is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// For eyes.
    Human,
    /// One JSON object a line.
    Json,
}

impl Shape {
    /// Human on a terminal, unless the configuration says otherwise.
    pub(crate) fn of(format: LogFormat) -> Self {
        match format {
            LogFormat::Human => Self::Human,
            LogFormat::Auto if std::io::stderr().is_terminal() => Self::Human,
            LogFormat::Auto | LogFormat::Json => Self::Json,
        }
    }
}

/// Begins to write log lines. `level` was checked when the configuration was read; the rest of the process logs once.
pub(crate) fn start(level: &str, shape: Shape, plain: bool) {
    let filter = EnvFilter::builder().parse_lossy(format!("{LIBRARIES},{level}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Forgiving(io::stderr()));
    // A second start (only tests of this binary could do that) keeps the first.
    let _ = match shape {
        Shape::Human => {
            let colours = !plain && std::io::stderr().is_terminal();
            builder.compact().with_target(false).with_ansi(colours).try_init()
        }
        Shape::Json => builder.fmt_fields(JsonFields::new()).event_format(Flat).try_init(),
    };
}

/// A writer that never fails. The disk of the log may be full, or its reader gone: then lines are lost, and nothing else. What is told of a
/// failure would go to the same place, and panics there.
struct Forgiving<W>(W);

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// One flat JSON object a line: `time`, `level`, `target`, then the fields of the spans from the outermost in, then those of
/// the event with `message` among them. Flat, because every log store finds `request_id` at the top and few find it deeper.
struct Flat;

impl<S, N> FormatEvent<S, N> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Line::default();
        line.put("time", time.into());
        line.put("level", event.metadata().level().as_str().to_lowercase().into());
        line.put("target", event.metadata().target().into());
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            let extensions = span.extensions();
            let Some(fields) = extensions.get::<FormattedFields<N>>() else { continue };
            if let Ok(fields) = serde_json::from_str::<Map<String, Value>>(&fields.fields) {
                fields.into_iter().for_each(|(name, value)| line.put(&name, value));
            }
        }
        event.record(&mut line);
        let text = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

/// Fields in the order in which they came; the last one of a name wins.
#[derive(Default)]
struct Line(Vec<(String, Value)>);

impl Line {
    fn put(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, place)) => *place = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("lock").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_carries_the_fields_of_its_spans_at_the_top() {
        let lines = Lines::default();
        let written = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(Flat)
            .with_writer(move || lines.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", request_id = "req-1", user_id = tracing::field::Empty);
            let _entered = request.enter();
            request.record("user_id", "usr_7");
            tracing::info!(status = 201, "a \"quoted\"\nmessage");
        });
        let text = String::from_utf8(written.0.lock().expect("lock").clone()).expect("UTF-8");
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(line["request_id"], "req-1");
        assert_eq!(line["user_id"], "usr_7");
        assert_eq!(line["status"], 201);
        assert_eq!(line["message"], "a \"quoted\"\nmessage");
        assert_eq!(line["level"], "info");
        assert!(text.starts_with("{\"time\":\"2"), "the time comes first: {text}");
    }
}
