//! What is wrong with a configuration, where, why, and what to do about it.

use std::fmt;

use serde::Serialize;
use serde_json::json;
use tajo_core::Error;
use tajo_core::codes::Code;

use super::mask;
use super::normal::Config;
use super::snippet;
use super::source::Source;

/// More findings than this are counted but not kept.
const FINDINGS_MAX: usize = 100;

/// A place in the text: line and column from 1, in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// How many characters are meant.
    #[serde(skip)]
    pub width: usize,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The configuration cannot be used.
    Error,
    /// It can, and this should be looked at.
    Warning,
}

impl Level {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// One thing that is wrong with a configuration. Holds no secret, not even in its excerpt.
#[derive(Debug, Clone)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The published code.
    pub code: &'static Code,
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// Why, in a few words, under the caret.
    pub cause: String,
    /// What to do.
    pub help: String,
    /// The other place, where two are involved.
    pub other: Option<Place>,
    hides_rest: bool,
    /// The line of the text, secrets masked.
    pub excerpt: String,
    /// The line of the other place.
    pub other_excerpt: String,
}

impl Finding {
    /// An error at a place.
    pub fn error(code: &'static Code, place: Place, what: impl Into<String>) -> Finding {
        Finding {
            level: Level::Error,
            code,
            place,
            what: what.into(),
            cause: String::new(),
            help: String::new(),
            other: None,
            hides_rest: false,
            excerpt: String::new(),
            other_excerpt: String::new(),
        }
    }
    /// A warning at a place.
    pub fn warning(code: &'static Code, place: Place, what: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, ..Finding::error(code, place, what) }
    }
    /// Says why.
    pub fn cause(mut self, cause: impl Into<String>) -> Finding {
        self.cause = cause.into();
        self
    }
    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = help.into();
        self
    }
    /// Names the other place.
    pub fn and(mut self, other: Place) -> Finding {
        self.other = Some(other);
        self
    }
    /// Masks what follows on the line: the value of a key that we do not know may be anything.
    pub(super) fn hide_rest(mut self) -> Finding {
        self.hides_rest = true;
        self
    }
    /// What to do, in particular or in general.
    pub fn remedy(&self) -> &str {
        if self.help.is_empty() { self.code.action } else { &self.help }
    }
    fn to_json(&self) -> serde_json::Value {
        let mut json = json!({
            "level": self.level,
            "code": self.code.id,
            "line": self.place.line,
            "column": self.place.column,
            "message": self.what,
            "cause": self.cause,
            "help": self.remedy(),
            "excerpt": self.excerpt,
        });
        if let Some(other) = self.other {
            json["other"] = json!(other);
        }
        json
    }
}

/// Everything found in one configuration, in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    path: String,
    list: Vec<Finding>,
    dropped: usize,
}

impl Findings {
    /// Findings about a text that was read before, with the lines they speak of.
    pub fn of(source: &Source, list: Vec<Finding>) -> Findings {
        let mut report = Report::new(source);
        list.into_iter().for_each(|finding| report.push(finding));
        report.into_findings()
    }
    /// The findings in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// Number of errors, including those beyond the limit.
    pub fn errors(&self) -> usize {
        self.list.iter().filter(|f| f.level == Level::Error).count() + self.dropped
    }
    /// Number of warnings.
    pub fn warnings(&self) -> usize {
        self.list.iter().filter(|f| f.level == Level::Warning).count()
    }
    /// The long form for a person, one block per finding.
    pub fn render(&self, colour: bool) -> String {
        let mut out: Vec<String> = self.list.iter().map(|f| snippet::render(&self.path, f, colour)).collect();
        if self.dropped > 0 {
            out.push(format!("… and {} more\n", self.dropped));
        }
        out.join("\n")
    }
    /// The first error, with the number of the others: for places that hold one error only.
    pub fn to_error(&self) -> Error {
        let first = self.list.iter().find(|f| f.level == Level::Error);
        let Some(first) = first else {
            return Error::new(&tajo_core::codes::BUG, "A valid configuration was refused");
        };
        let at = format!("{}:{}:{}", self.path, first.place.line, first.place.column);
        let mut error = Error::new(first.code, first.what.clone()).note("at", at).help(first.remedy());
        if !first.cause.is_empty() {
            error = error.note("cause", first.cause.clone());
        }
        match self.errors() {
            1 => error,
            n => error.note("more", format!("{} further errors; `tajo config check` lists them", n - 1)),
        }
    }
    /// [`Findings::to_error`] as JSON, with all findings in `findings`.
    pub fn to_error_json(&self) -> serde_json::Value {
        let mut json = self.to_error().to_json();
        json["findings"] = self.list.iter().map(Finding::to_json).collect();
        json
    }
}

impl Serialize for Findings {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let list: Vec<_> = self.list.iter().map(Finding::to_json).collect();
        let mut map = to.serialize_map(Some(3))?;
        map.serialize_entry("errors", &self.errors())?;
        map.serialize_entry("warnings", &self.warnings())?;
        map.serialize_entry("findings", &list)?;
        map.end()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Findings {}

/// Collects findings while a text is read.
pub(super) struct Report<'s> {
    source: &'s Source,
    list: Vec<Finding>,
    dropped: usize,
}

impl<'s> Report<'s> {
    pub(super) fn new(source: &'s Source) -> Report<'s> {
        Report { source, list: Vec::new(), dropped: 0 }
    }
    pub(super) fn push(&mut self, finding: Finding) {
        if self.list.len() < FINDINGS_MAX {
            self.list.push(finding);
        } else {
            self.dropped += 1;
        }
    }
    /// Drops whatever was found before: this one explains it.
    pub(super) fn only(&mut self, finding: Finding) {
        self.list = vec![finding];
        self.dropped = 0;
    }
    /// The configuration with its warnings, or everything that is wrong with it.
    pub(super) fn finish(self, mut config: Config) -> Result<Config, Findings> {
        let findings = self.into_findings();
        if findings.errors() > 0 {
            return Err(findings);
        }
        config.warnings = findings;
        Ok(config)
    }
    pub(super) fn into_findings(mut self) -> Findings {
        self.list.sort_by_key(|f| f.place);
        let lines: Vec<&str> = self.source.text.lines().collect();
        let line = |place: Place| mask::line(lines.get(place.line.wrapping_sub(1)).copied().unwrap_or_default());
        for finding in &mut self.list {
            finding.excerpt = line(finding.place);
            if finding.hides_rest {
                finding.excerpt = mask::after(&finding.excerpt, finding.place.column - 1 + finding.place.width);
            }
            finding.other_excerpt = finding.other.map(line).unwrap_or_default();
        }
        Findings { path: self.source.path.clone(), list: self.list, dropped: self.dropped }
    }
}
