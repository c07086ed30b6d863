//! A plan as a file: a heading, one line for each record that needs something, and a foot that proves it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Error, Result, codes};

use super::counts::Counts;
use super::mapping::CONSENT;
use super::right::digits;

/// Format of the file; another major number is refused.
pub const FORMAT: &str = "1.0";

/// First line of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heading {
    /// [`FORMAT`].
    pub format_version: String,
    /// Names the plan: `plan-1a2b3c`.
    pub plan_id: String,
    /// The connection it is for.
    pub connection: String,
    /// When it was made.
    pub created_at: String,
    /// What the mapping meant.
    pub config_hash: String,
    /// Rows of the mirror written before this moment have been seen by the plan, unix seconds.
    pub left_mark: Option<i64>,
    /// What it is for, where it is no plan of a sync: `heal` or `undo`. Such a plan says nothing about how far a sync is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Number in the plan, from 1.
    pub n: u64,
    /// Intercom's id; empty where Intercom does not have the record yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Brevo's id, where the contact exists there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brevo: Option<i64>,
    /// By what Brevo knows the person: e-mail address, or `ext_id:…`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// What is to be done.
    pub act: Act,
}

/// Why a contact is left alone for the sake of another one: it is looked at again by every pass until it is its turn.
const PARKED: [&str; 2] = ["shares_email", "two_candidates"];

impl Entry {
    /// Whether the contact waits for another one to give something up.
    pub fn is_parked(&self) -> bool {
        matches!(&self.act, Act::Skip(why) if PARKED.contains(&why.as_str()))
    }
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// An attribute is created in Brevo.
    Attribute {
        /// Its name.
        name: String,
        /// Its type in Brevo's words.
        kind: String,
        /// Where the mapping asks for it.
        needed_by: String,
    },
    /// A contact is brought in step.
    Contact(Box<Step>),
    /// A contact is deleted on one side for good. Only plans that somebody allowed to destroy have this.
    Delete {
        /// Where.
        side: Side,
        /// Fingerprint of what both sides showed when that was decided.
        ground: String,
    },
    /// A contact is left alone, and why.
    Skip(String),
}

/// Value and what stood there before.
pub type Pairing = [Value; 2];

/// What one contact needs. Fields by key; see [`super::mapping`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// It is created in Brevo (`brevo`) or in Intercom (`intercom`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Side>,
    /// Values to write to Brevo, with what stands there now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub right: BTreeMap<String, Pairing>,
    /// Values to write to Intercom, with what stands there now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left: BTreeMap<String, Pairing>,
    /// Fields on which both agree for the first time: left and right value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settled: BTreeMap<String, Pairing>,
    /// Fields that are empty on both sides, seen for the first time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<String>,
    /// Fields that both sides changed and that wait for a person: left and right value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conflicts: BTreeMap<String, Pairing>,
    /// What the mapping had to leave out or change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The phone number that is kept back because another contact has it, digits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// Whether the record is looked at again, whatever becomes of this step.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// When the record last changed on each side, unix seconds.
    pub changed_at: [i64; 2],
    /// Fingerprint of everything the entry was decided from.
    pub ground: String,
}

impl Step {
    /// Whether it writes to a platform.
    pub fn writes(&self) -> bool {
        !self.right.is_empty() || !self.left.is_empty() || self.new.is_some()
    }
    /// Keeps back the phone number for Brevo: another contact has it.
    pub fn leave_out_phone(&mut self) {
        let kept_back = self.right.remove("SMS");
        self.waits_for = kept_back.and_then(|[number, _]| number.as_str().map(digits));
        self.notes.push("SMS left out: another contact has this phone number".into());
    }
    /// Whether it tells Brevo of an opt-out.
    pub fn opts_out(&self) -> bool {
        self.right.contains_key(CONSENT) || self.left.contains_key(CONSENT)
    }
}

/// One of the two platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Left.
    Intercom,
    /// Right.
    Brevo,
}

/// Last line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Foot {
    entries: u64,
    counts: Counts,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    void: BTreeSet<String>,
}

/// A plan that lies complete on disk.
#[derive(Debug, Clone)]
pub struct PlanFile {
    /// Where.
    pub path: PathBuf,
    /// Its first line.
    pub heading: Heading,
    /// Its entries, counted.
    pub counts: Counts,
    /// How many entries there are.
    pub entries: u64,
    /// Contacts of Intercom that were found gone after their entries had been written; these are skipped.
    pub void: BTreeSet<String>,
}

/// Writes a plan, line by line; nothing is a plan before [`Draft::finish`].
pub struct Draft {
    to: BufWriter<File>,
    path: PathBuf,
    heading: Heading,
    entries: u64,
    void: BTreeSet<String>,
}

fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |cause| Error::new(&codes::DST_OPEN, format!("The plan {} cannot be written", path.display())).because(cause)
}

fn unreadable(path: &Path, why: &'static str) -> Error {
    Error::new(&codes::STA_PLAN, format!("{} cannot be read as a plan", path.display())).note("cause", why)
}

impl Draft {
    /// Begins a plan in a folder that is made, for its owner alone, where missing.
    pub fn begin(folder: &Path, heading: Heading) -> Result<Draft> {
        let path = folder.join(format!("{}.tajo", heading.plan_id));
        let open = || -> std::io::Result<File> {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            {
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            }
            builder.create(folder)?;
            options.open(&path)
        };
        let to = BufWriter::with_capacity(1 << 18, open().map_err(unwritable(&path))?);
        let mut draft = Draft { to, path, heading, entries: 0, void: BTreeSet::new() };
        let line = draft.heading.clone();
        draft.line(&line)?;
        Ok(draft)
    }
    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.to, value)
            .map_err(std::io::Error::from)
            .and_then(|()| self.to.write_all(b"\n"))
            .map_err(unwritable(&self.path))
    }
    /// Adds an entry and numbers it.
    pub fn push(&mut self, mut entry: Entry) -> Result<()> {
        self.entries += 1;
        entry.n = self.entries;
        self.line(&entry)
    }
    /// A contact of Intercom turned out to be gone: whatever was to be done for it is void.
    pub fn void(&mut self, intercom_id: &str) {
        self.void.insert(intercom_id.to_string());
    }
    /// Ends the plan.
    pub fn finish(mut self, counts: Counts) -> Result<PlanFile> {
        let foot = Foot { entries: self.entries, counts: counts.clone(), void: self.void.clone() };
        self.line(&foot)?;
        self.to.flush().map_err(unwritable(&self.path))?;
        Ok(PlanFile { path: self.path, heading: self.heading, counts, entries: self.entries, void: self.void })
    }
}

impl PlanFile {
    /// Opens a plan and makes sure that it is whole.
    pub fn open(path: &Path) -> Result<PlanFile> {
        let file = File::open(path)
            .map_err(|cause| Error::new(&codes::STA_PLAN, format!("There is no plan at {}", path.display())).because(cause))?;
        let mut lines = BufReader::new(file).lines();
        let mut next = || lines.next().transpose().map_err(|e| unreadable(path, "it is not text").because(e));
        let heading: Heading = next()?
            .and_then(|line| serde_json::from_str(&line).ok())
            .ok_or_else(|| unreadable(path, "its first line is not a heading"))?;
        if heading.format_version.split('.').next() != FORMAT.split('.').next() {
            return Err(unreadable(path, "it was written by another version of Tajo"));
        }
        let (mut last, mut count) = (None, 0u64);
        while let Some(line) = next()? {
            (last, count) = (Some(line), count + 1);
        }
        let foot: Foot = last
            .and_then(|line| serde_json::from_str(&line).ok())
            .ok_or_else(|| unreadable(path, "its last line is missing: the plan was not finished"))?;
        if foot.entries + 1 != count {
            return Err(unreadable(path, "lines are missing"));
        }
        Ok(PlanFile { path: path.to_path_buf(), heading, counts: foot.counts, entries: foot.entries, void: foot.void })
    }
    /// Its entries, in order, one at a time.
    pub fn entries(&self) -> Result<impl Iterator<Item = Result<Entry>> + use<>> {
        let (path, void) = (self.path.clone(), self.void.clone());
        let file = File::open(&path).map_err(|e| unreadable(&path, "it is gone").because(e))?;
        let lines = BufReader::with_capacity(1 << 18, file).lines().skip(1).take(self.entries as usize);
        Ok(lines.map(move |line| {
            let line = line.map_err(|e| unreadable(&path, "it is not text").because(e))?;
            let mut entry: Entry = serde_json::from_str(&line).map_err(|_| unreadable(&path, "a line is damaged"))?;
            if void.contains(&entry.id) {
                entry.act = Act::Skip("merged_or_deleted_in_intercom".into());
            }
            Ok(entry)
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heading() -> Heading {
        Heading {
            format_version: FORMAT.into(),
            plan_id: "plan-test".into(),
            connection: "intercom".into(),
            created_at: "2026-11-21T00:00:00Z".into(),
            config_hash: "abc".into(),
            left_mark: Some(7),
            purpose: None,
        }
    }

    #[test]
    fn a_plan_is_read_as_it_was_written_and_refused_when_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut draft = Draft::begin(folder.path(), heading()).expect("begins");
        let step = Step { right: [("FULLNAME".to_string(), [json!("Ada"), json!(null)])].into(), ..Step::default() };
        let entry =
            Entry { n: 0, id: "6a".into(), brevo: Some(4), who: "ada@mail.example".into(), act: Act::Contact(Box::new(step)) };
        draft.push(entry.clone()).expect("pushes");
        let file = draft.finish(Counts::default()).expect("ends");
        let again = PlanFile::open(&file.path).expect("opens");
        let read: Vec<Entry> = again.entries().expect("reads").collect::<Result<_>>().expect("whole");
        assert_eq!(read, [Entry { n: 1, ..entry }]);
        let text = std::fs::read_to_string(&file.path).expect("text");
        for cut in [0, 10, text.len() / 2, text.len() - 2] {
            std::fs::write(&file.path, &text[..cut]).expect("cuts");
            let error = PlanFile::open(&file.path).expect_err("is refused");
            assert_eq!(error.code(), &codes::STA_PLAN, "cut at {cut}");
        }
    }
}
