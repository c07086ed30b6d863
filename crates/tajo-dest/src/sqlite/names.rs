//! Names as SQLite keeps them, and the one function that puts an identifier into SQL text.

use std::borrow::Cow;

/// Longest name kept as it is, in bytes.
const NAME_MAX: usize = 120;

/// The column (or key) of this name. A pure function of the name, so it is the same in every run and every file: SQLite
/// ignores case and ends SQL text at NUL, so names with capitals or NUL, empty and very long ones get a hash of the
/// original as suffix; all others are kept.
pub fn column(name: &str) -> Cow<'_, str> {
    let plain = !name.is_empty() && name.len() <= NAME_MAX && !name.bytes().any(|b| b == 0 || b.is_ascii_uppercase());
    if plain { name.into() } else { suffixed(name).into() }
}

/// The table of this name; also keeps clear of SQLite's and Tajo's own tables.
pub fn table(name: &str) -> Cow<'_, str> {
    let taken = name.starts_with("sqlite_") || name.starts_with("_tajo_") || name.starts_with("pragma_");
    if taken { format!("t_{}", suffixed(name)).into() } else { column(name) }
}

/// An identifier in SQL text.
pub fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    for c in name.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
    out
}

fn suffixed(name: &str) -> String {
    let kept = name.chars().filter(|c| *c != '\0').map(|c| c.to_ascii_lowercase());
    let mut out: String = kept.take(24).collect();
    out.push_str(&format!("_{:08x}", hash([name.as_bytes()]) as u32));
    out
}

/// FNV-1a over the parts, each closed by a byte that UTF-8 never holds.
pub fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> i64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.iter().chain(&[0xff]) {
            h = (h ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    h as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sqlite_would_confuse_stay_apart() {
        let names = ["name", "Name", "NAME", "", "a\0b", "a", "\0", "näme", "🦀", "select", "a\"b", "sqlite_x"];
        for (at, name) in names.iter().enumerate() {
            let got = column(name);
            assert_eq!(column(&got), got, "{name:?}: idempotent");
            assert!(names[..at].iter().all(|other| !column(other).eq_ignore_ascii_case(&got)), "{name:?} is {got}");
        }
        assert_eq!(column("plan_name"), "plan_name");
        assert_eq!(table("contacts"), "contacts");
        assert!(table("sqlite_master").starts_with("t_sqlite_master_"));
        assert!(table("_tajo_state").starts_with("t__tajo_state_"));
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
