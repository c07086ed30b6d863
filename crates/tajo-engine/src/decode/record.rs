//! One record: a walk over its keys, guided by the tree of the table's columns.

use std::borrow::Cow;
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
pub(super) struct Node {
    slots: Vec<(String, Slot)>,
    /// Counts the nodes of a tree.
    number: usize,
}

#[derive(Debug)]
enum Slot {
    Column(usize, Kind),
    Object(Node),
    Link(usize),
}

impl Node {
    pub(super) fn of(table: &Table, links: &[Link]) -> Node {
        let mut root = Node::default();
        let mut nodes = 1;
        for (at, column) in table.columns.iter().enumerate() {
            if let Some((last, objects)) = column.path.split_last() {
                let mut node = &mut root;
                for key in objects {
                    node = node.object(key, &mut nodes);
                }
                node.slots.push((last.clone(), Slot::Column(at, column.kind)));
            }
        }
        for (at, link) in links.iter().enumerate() {
            root.slots.push((link.at.into(), Slot::Link(at)));
        }
        root
    }

    fn object(&mut self, key: &str, nodes: &mut usize) -> &mut Node {
        let at = self.slots.iter().position(|(k, _)| k == key).unwrap_or_else(|| {
            self.slots.push((key.into(), Slot::Object(Node { number: *nodes, ..Node::default() })));
            *nodes += 1;
            self.slots.len() - 1
        });
        match &mut self.slots[at].1 {
            Slot::Object(node) => node,
            _ => unreachable!("a key is a column or an object, never both: paths come from one schema"),
        }
    }

    /// Finds a key, first where `guess` says.
    fn find(&self, key: &str, guess: usize) -> Option<usize> {
        let is = |at: &usize| self.slots.get(*at).is_some_and(|(k, _)| k == key);
        if is(&guess) { Some(guess) } else { (0..self.slots.len()).find(is) }
    }
}

/// One row in the making.
pub(super) struct Scratch<'a> {
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) links: Vec<Option<Listed>>,
    extra: Vec<(Cow<'a, str>, &'a str)>,
    width: usize,
    /// Where the n-th key of a node's object was found last time: platforms send keys in the same order every time.
    order: Vec<Vec<usize>>,
}

impl<'a> Scratch<'a> {
    pub(super) fn new(columns: usize, links: usize) -> Scratch<'a> {
        Scratch { cells: vec![Cell::Null; columns], links: vec![None; links], extra: Vec::new(), width: links, order: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(Cell::Null);
        self.links.clear();
        self.links.resize(self.width, None);
        self.extra.clear();
    }

    /// The place where the n-th key of a node is remembered.
    fn remembered(&mut self, node: usize, nth: usize) -> &mut usize {
        if self.order.len() <= node {
            self.order.resize_with(node + 1, Vec::new);
        }
        let order = &mut self.order[node];
        if order.len() <= nth {
            order.resize(nth + 1, 0);
        }
        &mut order[nth]
    }

    /// Puts a value aside; of a repeated key the last one stays.
    fn overflow(&mut self, key: Cow<'a, str>, raw: &'a str) {
        match self.extra.iter_mut().find(|(k, _)| *k == key) {
            Some(slot) => slot.1 = raw,
            None => self.extra.push((key, raw)),
        }
    }

    /// The overflow as one JSON object; `None` where nothing overflowed.
    pub(super) fn take_extra(&mut self) -> Option<String> {
        if self.extra.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(self.extra.iter().map(|(k, raw)| k.len() + raw.len() + 4).sum::<usize>() + 2);
        for (at, (key, raw)) in self.extra.iter().enumerate() {
            out.push(if at == 0 { '{' } else { ',' });
            if key.contains(|c: char| c == '"' || c == '\\' || c.is_control()) {
                write!(out, "{}", serde_json::Value::from(key.as_ref())).expect("writing to a String does not fail");
            } else {
                out.extend(["\"", key, "\""]);
            }
            out.extend([":", raw]);
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
        let mut nth = 0;
        while let Some(key) = map.next_key_seed(Key)? {
            let raw = map.next_value::<&'a RawValue>()?.get();
            let found = node.find(&key, *into.remembered(node.number, nth));
            if let Some(at) = found {
                *into.remembered(node.number, nth) = at;
            }
            nth += 1;
            let taken = match found.map(|at| &node.slots[at].1) {
                Some(Slot::Column(at, kind)) => Cell::read(*kind, raw).map(|cell| into.cells[*at] = cell).is_some(),
                Some(Slot::Link(at)) => {
                    into.links[*at] = listed(raw, links[*at].items);
                    true
                }
                Some(Slot::Object(_)) if raw == "null" => true,
                Some(Slot::Object(inner)) if raw.starts_with('{') => {
                    walk(inner, raw, &join(path, &key), links, into).map_err(de::Error::custom)?;
                    true
                }
                _ => false,
            };
            if !taken {
                let key = if path.is_empty() { key } else { join(path, &key).into() };
                into.overflow(key, raw);
            }
        }
        Ok(())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}
