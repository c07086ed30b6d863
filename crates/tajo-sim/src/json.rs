//! Writes JSON text in the vendor's key order. Rendering straight to bytes keeps a page of 150
//! contacts well under a millisecond, so the twin does not slow down what it measures.

use serde_json::Value;

/// A JSON document under construction.
pub(crate) struct Json {
    out: Vec<u8>,
    first: bool,
}

/// A value that can stand after a key.
pub(crate) trait Ink {
    fn ink(&self, out: &mut Vec<u8>);
}

impl Json {
    /// One object, filled by `fill`.
    pub(crate) fn object(fill: impl FnOnce(&mut Json)) -> Vec<u8> {
        let mut json = Json { out: Vec::with_capacity(256), first: true };
        json.braces(fill);
        json.out
    }

    fn braces(&mut self, fill: impl FnOnce(&mut Json)) {
        self.out.push(b'{');
        self.first = true;
        fill(self);
        self.first = false;
        self.out.push(b'}');
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn key(&mut self, key: &str) {
        self.comma();
        key.ink(&mut self.out);
        self.out.push(b':');
    }

    pub(crate) fn put(&mut self, key: &str, value: impl Ink) {
        self.key(key);
        value.ink(&mut self.out);
    }

    pub(crate) fn null(&mut self, key: &str) {
        self.key(key);
        self.out.extend_from_slice(b"null");
    }

    /// A nested object.
    pub(crate) fn sub(&mut self, key: &str, fill: impl FnOnce(&mut Json)) {
        self.key(key);
        self.braces(fill);
    }

    /// A nested object, or `null`.
    pub(crate) fn sub_or_null<T>(&mut self, key: &str, some: Option<T>, fill: impl FnOnce(&mut Json, T)) {
        match some {
            Some(value) => self.sub(key, |j| fill(j, value)),
            None => self.null(key),
        }
    }

    /// An array of objects.
    pub(crate) fn list<T>(&mut self, key: &str, items: impl IntoIterator<Item = T>, mut fill: impl FnMut(&mut Json, T)) {
        self.key(key);
        self.out.push(b'[');
        self.first = true;
        for item in items {
            self.comma();
            self.braces(|j| fill(j, item));
        }
        self.first = false;
        self.out.push(b']');
    }

    /// An array of plain values.
    pub(crate) fn values<T: Ink>(&mut self, key: &str, items: impl IntoIterator<Item = T>) {
        self.key(key);
        self.out.push(b'[');
        self.first = true;
        for item in items {
            self.comma();
            item.ink(&mut self.out);
        }
        self.first = false;
        self.out.push(b']');
    }
}

impl Ink for str {
    fn ink(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, self).expect("a Vec takes every byte");
    }
}

impl Ink for String {
    fn ink(&self, out: &mut Vec<u8>) {
        self.as_str().ink(out);
    }
}

impl Ink for bool {
    fn ink(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

macro_rules! ink_as_number {
    ($($kind:ty),*) => {$(
        impl Ink for $kind {
            fn ink(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.to_string().as_bytes());
            }
        }
    )*};
}
ink_as_number!(i64, u32, u64, usize, u16);

impl Ink for f64 {
    fn ink(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, self).expect("a Vec takes every byte");
    }
}

impl Ink for Value {
    fn ink(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, self).expect("a Vec takes every byte");
    }
}

impl<T: Ink> Ink for Option<T> {
    fn ink(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.ink(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Ink + ?Sized> Ink for &T {
    fn ink(&self, out: &mut Vec<u8>) {
        (**self).ink(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nests_and_separates() {
        let text = Json::object(|j| {
            j.put("a", 1i64);
            j.sub("b", |j| j.null("c"));
            j.list("d", [1i64, 2], |j, n| j.put("n", n));
            j.values("e", ["x", "\"y\""]);
            j.put("f", None::<bool>);
        });
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, r#"{"a":1,"b":{"c":null},"d":[{"n":1},{"n":2}],"e":["x","\"y\""],"f":null}"#);
    }
}
