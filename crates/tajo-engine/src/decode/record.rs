//! One record: a walk over its keys, guided by the tree of the table's columns.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::de::{self, MapAccess, Visitor};
use serde_json::value::RawValue;
use tajo_core::table::Kind;
use tajo_core::{Link, Table};

use super::Listed;
use super::cell::Cell;
use super::key::{Key, listed};

/// The columns below one object of the record.
#[derive(Debug, Default)]
pub(super) struct Node(Vec<(String, Slot)>);

#[derive(Debug)]
enum Slot {
    Column(usize, Kind),
    Object(Node),
    Link(usize),
}

impl Node {
    pub(super) fn of(table: &Table, links: &[Link]) -> Node {
        let mut root = Node::default();
        for (at, column) in table.columns.iter().enumerate() {
            if let Some((last, objects)) = column.path.split_last() {
                let mut node = &mut root;
                for key in objects {
                    node = node.object(key);
                }
                node.0.push((last.clone(), Slot::Column(at, column.kind)));
            }
        }
        for (at, link) in links.iter().enumerate() {
            root.0.push((link.at.into(), Slot::Link(at)));
        }
        root
    }

    fn object(&mut self, key: &str) -> &mut Node {
        let at = self.0.iter().position(|(k, _)| k == key).unwrap_or_else(|| {
            self.0.push((key.into(), Slot::Object(Node::default())));
            self.0.len() - 1
        });
        match &mut self.0[at].1 {
            Slot::Object(node) => node,
            _ => unreachable!("a key is a column or an object, never both: paths come from one schema"),
        }
    }

    /// Finds a key, first where it is expected: platforms send keys in the same order every time.
    fn find(&self, key: &str, expected: usize) -> Option<(usize, &Slot)> {
        let n = self.0.len();
        (0..n).map(|step| (expected + step) % n).find(|at| self.0[*at].0 == key).map(|at| (at, &self.0[at].1))
    }
}

/// One row in the making.
pub(super) struct Scratch<'a> {
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) links: Vec<Option<Listed>>,
    extra: BTreeMap<String, &'a str>,
    width: usize,
}

impl<'a> Scratch<'a> {
    pub(super) fn new(columns: usize, links: usize) -> Scratch<'a> {
        Scratch { cells: vec![Cell::Null; columns], links: vec![None; links], extra: BTreeMap::new(), width: links }
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(Cell::Null);
        self.links.clear();
        self.links.resize(self.width, None);
        self.extra.clear();
    }

    /// The overflow as one JSON object; `None` where nothing overflowed.
    pub(super) fn take_extra(&mut self) -> Option<String> {
        if self.extra.is_empty() {
            return None;
        }
        let mut out = String::from("{");
        for (key, raw) in &self.extra {
            let comma = if out.len() > 1 { "," } else { "" };
            let key = serde_json::Value::from(key.as_str());
            write!(out, "{comma}{key}:{raw}").expect("writing to a String does not fail");
        }
        out.push('}');
        Some(out)
    }
}

/// Reads a record into the scratch row. The reason comes back where it is not a JSON object.
pub(super) fn read<'a>(node: &Node, raw: &'a str, links: &[Link], into: &mut Scratch<'a>) -> Result<(), String> {
    walk(node, raw, "", links, into)
}

fn walk<'a>(node: &Node, raw: &'a str, path: &str, links: &[Link], into: &mut Scratch<'a>) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_str(raw);
    de::Deserializer::deserialize_map(&mut reader, Walk { node, path, links, into })
        .map_err(|e| format!("a record is no object or broken at line {}, column {}", e.line(), e.column()))
}

struct Walk<'n, 'a, 's> {
    node: &'n Node,
    path: &'n str,
    links: &'n [Link],
    into: &'s mut Scratch<'a>,
}

impl<'a> Visitor<'a> for Walk<'_, 'a, '_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let Walk { node, path, links, into } = self;
        let mut expected = 0;
        while let Some(key) = map.next_key_seed(Key)? {
            let raw = map.next_value::<&'a RawValue>()?.get();
            let found = node.find(&key, expected);
            if let Some((at, _)) = found {
                expected = at + 1;
            }
            let taken = match found {
                Some((_, Slot::Column(at, kind))) => Cell::read(*kind, raw).map(|cell| into.cells[*at] = cell).is_some(),
                Some((_, Slot::Link(at))) => {
                    into.links[*at] = listed(raw, links[*at].items);
                    true
                }
                Some((_, Slot::Object(_))) if raw == "null" => true,
                Some((_, Slot::Object(inner))) if raw.starts_with('{') => {
                    walk(inner, raw, &join(path, &key), links, into).map_err(de::Error::custom)?;
                    true
                }
                _ => false,
            };
            if !taken {
                into.extra.insert(join(path, &key), raw);
            }
        }
        Ok(())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}
