//! The log: stderr only, filtered, and scrubbed as it is written.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::args::Flags;
use super::globals::Env;
use super::scrub;
use crate::config::LogLevel;

/// Starts the log. The filter is `TAJO_LOG`, else `--log-level`, else `-v`, else the configuration's, else warnings.
/// A second call changes nothing: the first subscriber of a process stays.
pub fn start(flags: &Flags, configured: Option<LogLevel>, colour: bool, env: &Env) {
    let level = flags.log_level.or(match flags.verbose {
        0 => None,
        1 => Some(LogLevel::Debug),
        _ => Some(LogLevel::Trace),
    });
    let filter = env.var("TAJO_LOG").unwrap_or_else(|| directives(level.or(configured).unwrap_or(LogLevel::Warn)));
    // A filter that cannot be read is no reason not to run; the readable parts of it apply.
    let filter = EnvFilter::builder().parse_lossy(filter);
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(Scrubbed).with_ansi(colour).with_target(true).finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Our own crates at that level, those of others from warnings upwards: hyper's trace prints bodies.
fn directives(level: LogLevel) -> String {
    let level = level.filter();
    ["tajo", "tajo_core", "tajo_intercom", "tajo_dest", "tajo_state", "tajo_engine", "tajo_sim"]
        .iter()
        .fold("warn".to_string(), |all, crate_name| format!("{all},{crate_name}={level}"))
}

/// Makes writers to stderr that mask secrets.
struct Scrubbed;

impl<'a> MakeWriter<'a> for Scrubbed {
    type Writer = ScrubbedWriter<io::Stderr>;
    fn make_writer(&'a self) -> Self::Writer {
        ScrubbedWriter::new(io::stderr())
    }
}

/// Collects one log record and writes it masked, as a whole, so that no secret is cut in two.
pub struct ScrubbedWriter<W: Write> {
    to: W,
    record: Vec<u8>,
}

impl<W: Write> ScrubbedWriter<W> {
    /// A masking writer in front of `to`.
    pub fn new(to: W) -> ScrubbedWriter<W> {
        ScrubbedWriter { to, record: Vec::new() }
    }
    fn pass_on(&mut self) -> io::Result<()> {
        let record = std::mem::take(&mut self.record);
        if record.is_empty() {
            return Ok(());
        }
        self.to.write_all(scrub::scrub(&String::from_utf8_lossy(&record)).as_bytes())
    }
}

impl<W: Write> Write for ScrubbedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.record.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.to.flush()
    }
}

impl<W: Write> Drop for ScrubbedWriter<W> {
    fn drop(&mut self) {
        // A log line that cannot be written must not stop the run.
        let _ = self.pass_on();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_written_in_two_pieces_is_masked() {
        let mut to = Vec::new();
        let mut writer = ScrubbedWriter::new(&mut to);
        writer.write_all(b"sent Bearer abcd").unwrap();
        writer.write_all(b"efgh1234 to eva@example.com\n").unwrap();
        drop(writer);
        assert_eq!(String::from_utf8(to).unwrap(), "sent Bearer [redacted] to [redacted]\n");
    }

    #[test]
    fn only_our_crates_follow_the_level() {
        assert!(directives(LogLevel::Verbose).starts_with("warn,tajo=debug,tajo_core=debug"));
    }
}
