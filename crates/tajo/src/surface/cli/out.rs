//! Where output goes: data to stdout, everything said to a person to stderr.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use tajo_core::Error;

use super::args::{Color, Flags};
use super::exit::Failure;
use super::globals::Env;
use super::scrub;
use crate::config::Findings;

/// Version of the JSON documents: minor versions only add, major versions may break.
pub const FORMAT_VERSION: &str = "1.0";

/// Bytes of a document that are gathered before they are passed on.
const PIECE: usize = 1 << 16;

/// The two streams of a command. Writing never fails halfway through a run: a closed pipe silences
/// the stream, and any other failure is kept for [`Out::finish`].
pub struct Out {
    data: Stream,
    words: Stream,
    json: bool,
    colour: bool,
    /// Data goes where colours do not belong: into a file or another program.
    bare: bool,
    terminal: bool,
}

struct Stream {
    to: Box<dyn Write + Send>,
    closed: bool,
    failed: Option<io::Error>,
}

/// How a piece of text is shown on a terminal that takes colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// It did not.
    Bad,
    /// Look here.
    Warn,
    /// Less important.
    Faint,
    /// More important.
    Strong,
}

#[derive(Serialize)]
struct Document<'a, T: Serialize> {
    format_version: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

impl Out {
    /// Output to any two writers, plain, as tests want it.
    pub fn new(data: Box<dyn Write + Send>, words: Box<dyn Write + Send>) -> Out {
        let stream = |to| Stream { to, closed: false, failed: None };
        Out { data: stream(data), words: stream(words), json: false, colour: false, bare: true, terminal: false }
    }
    /// Output to stdout and stderr of this process.
    pub fn process() -> Out {
        let mut out = Out::new(Box::new(io::stdout()), Box::new(io::stderr()));
        out.terminal = io::stderr().is_terminal();
        out.bare = !io::stdout().is_terminal();
        out
    }
    /// Takes `--json`, `--color` and `NO_COLOR` into account.
    pub fn configure(&mut self, flags: &Flags, env: &Env) {
        self.json = flags.json;
        self.bare = self.bare && flags.color != Color::Always;
        self.colour = match flags.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => self.terminal && env.var("NO_COLOR").is_none() && env.var("TERM").is_none_or(|t| t != "dumb"),
        };
    }
    /// Whether the reader wants JSON.
    pub fn json(&self) -> bool {
        self.json
    }
    /// Whether stderr takes colour.
    pub fn colour(&self) -> bool {
        self.colour
    }
    /// Whether stderr is a terminal, so that progress may be redrawn.
    pub fn terminal(&self) -> bool {
        self.terminal
    }
    /// The text in that tone where colour is wanted, unchanged elsewhere.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_string();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Warn => "1;33",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
    /// One line of data on stdout.
    pub fn line(&mut self, text: impl AsRef<str>) {
        let text = scrub::secrets(text.as_ref());
        match self.bare {
            true => self.data.line(&console::strip_ansi_codes(&text)),
            false => self.data.line(&text),
        }
    }
    /// One JSON document on stdout, as it is read from `body`; `format_version` is put in front.
    pub fn document<T: Serialize>(&mut self, body: &T) {
        let mut to = Scrubbed { to: &mut self.data, text: Vec::new() };
        let done = serde_json::to_writer_pretty(&mut to, &Document { format_version: FORMAT_VERSION, body });
        to.text.push(b'\n');
        to.pass_on();
        if let Err(error) = done {
            self.data.failed = Some(error.into());
        }
    }
    /// A table on stdout, without frame, columns aligned.
    pub fn table<const N: usize>(&mut self, headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(headings);
        for row in rows {
            table.add_row(row);
        }
        table.column_iter_mut().for_each(|column| {
            column.set_padding((0, 2));
        });
        for line in table.to_string().lines() {
            self.data.line(line.trim_end());
        }
    }
    /// One line for the person at the terminal, on stderr.
    pub fn note(&mut self, text: impl AsRef<str>) {
        let text = scrub::scrub(text.as_ref());
        self.words.line(&text);
    }
    /// Asks a question on stderr, without a line end.
    pub fn ask(&mut self, text: &str) {
        self.words.write(text);
    }
    /// Asks a question of yes or no; anything but yes is no.
    pub fn confirm(&mut self, question: &str) -> bool {
        self.ask(&format!("{question} [y/N] "));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
        read > 0 && super::session::is_yes(&line)
    }
    /// The findings of a configuration, on stderr.
    pub fn findings(&mut self, findings: &Findings) {
        let text = findings.render(self.colour);
        self.note(text.trim_end());
    }
    /// The warnings of a configuration that is otherwise in force, on stderr.
    pub fn warnings(&mut self, findings: &Findings) {
        if !findings.is_empty() {
            self.findings(findings);
        }
    }
    /// Says why a command failed: long form on stderr, or a document on stdout under `--json`.
    pub fn failure(&mut self, failure: &Failure) {
        match failure {
            Failure::Error(error) if self.json => self.error_document(error.to_json()),
            Failure::Config(findings) if self.json => self.error_document(findings.to_error_json()),
            Failure::Error(error) => self.error(error),
            Failure::Config(findings) => self.findings(findings),
        }
    }
    /// The long form of an error, on stderr.
    pub fn error(&mut self, error: &Error) {
        let text = format!("{error:?}");
        let text = match text.split_once(": ") {
            Some((head, rest)) if self.colour => format!("{}: {rest}", self.paint(Tone::Bad, head)),
            _ => text,
        };
        self.note(text);
    }
    /// An error as a document on stdout, whatever the flags said: they may not have been understood.
    pub fn usage_document(&mut self, error: &Error) {
        self.error_document(error.to_json());
    }
    fn error_document(&mut self, error: serde_json::Value) {
        let mut body = serde_json::Map::new();
        body.insert("error".to_string(), error);
        self.document(&body);
    }
    /// Flushes both streams: a long-running command says first what it does.
    pub fn flush(&mut self) {
        self.words.flush();
        self.data.flush();
    }
    /// Flushes both streams; fails if stdout could not take the data. A closed pipe is no failure.
    pub fn finish(&mut self) -> io::Result<()> {
        self.words.flush();
        self.data.flush();
        self.data.failed.take().map_or(Ok(()), Err)
    }
}

/// Text on its way to a stream, scrubbed line by line, a piece at a time.
struct Scrubbed<'a> {
    to: &'a mut Stream,
    text: Vec<u8>,
}

impl Scrubbed<'_> {
    /// Passes the whole lines on.
    fn pass_on(&mut self) {
        if let Some(end) = self.text.iter().rposition(|byte| *byte == b'\n') {
            let lines: Vec<u8> = self.text.drain(..=end).collect();
            self.to.write(&scrub::secrets(&String::from_utf8_lossy(&lines)));
        }
    }
}

impl Write for Scrubbed<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(piece);
        if self.text.len() > PIECE {
            self.pass_on();
        }
        Ok(piece.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    fn line(&mut self, text: &str) {
        self.write(text);
        self.write("\n");
    }
    fn write(&mut self, text: &str) {
        if !self.closed {
            let wrote = self.to.write_all(text.as_bytes());
            self.keep(wrote);
        }
    }
    fn flush(&mut self) {
        if !self.closed {
            let flushed = self.to.flush();
            self.keep(flushed);
        }
    }
    fn keep(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.closed = true;
            if error.kind() != ErrorKind::BrokenPipe {
                self.failed = Some(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one thread").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn colours_of_a_terminal_do_not_reach_a_file_that_takes_the_data() {
        let (data, words) = (Page::default(), Page::default());
        let mut out = Out::new(Box::new(data.clone()), Box::new(words.clone()));
        (out.terminal, out.colour) = (true, true);
        for bare in [true, false] {
            out.bare = bare;
            let mark = out.paint(Tone::Good, "ok");
            out.line(&mark);
            out.note(mark);
        }
        let text = |page: &Page| String::from_utf8(page.0.lock().expect("one thread").clone()).expect("text");
        assert_eq!(text(&data), "ok\n\u{1b}[32mok\u{1b}[0m\n");
        assert_eq!(text(&words).matches("\u{1b}[32m").count(), 2);
    }
}
