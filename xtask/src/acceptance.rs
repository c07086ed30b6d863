//! The acceptance map: which test shows which promise.
//!
//! A test claims rows in a comment right above its attribute: `// Shows: B-14, T-101.` The list of ids is the product's own
//! (`xtask/acceptance.txt`); `--against` compares it with the team's table where that is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use crate::page::{Mode, put, root};

const PAGE: &str = "docs/reference/acceptance.md";
const IDS: &str = "xtask/acceptance.txt";
const MARK: &str = "// Shows:";

/// A test that claims rows.
struct Claim {
    rows: Vec<String>,
    file: String,
    test: String,
}

/// Writes or checks the page.
pub fn write(mode: Mode) -> Result<String, String> {
    let promises = promises()?;
    let claims = claims()?;
    let mut by_row: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    for claim in &claims {
        for row in &claim.rows {
            if !promises.contains_key(row) {
                return Err(format!("{} ({}) claims {row}, which is no row of {IDS}", claim.test, claim.file));
            }
            by_row.entry(row).or_default().push(claim);
        }
    }
    let mut text = String::from(
        "# Acceptance map\n\nGenerated from the tests by `cargo run -p xtask -- acceptance`. A row stands here when a test claims it; \
         CI fails when\na claimed row has no passing test. Rows that are absent are not shown by any test yet.\n\n| row | promise | test |\n| --- | --- | --- |\n",
    );
    for (row, promise) in &promises {
        if let Some(claims) = by_row.get(row.as_str()) {
            let tests: Vec<String> = claims.iter().map(|c| format!("`{}` ({})", c.test, c.file)).collect();
            writeln!(text, "| {row} | {promise} | {} |", tests.join("<br>")).map_err(|e| e.to_string())?;
        }
    }
    let counted = |area: char| {
        let all = promises.keys().filter(|id| id.starts_with(area)).count();
        let shown = by_row.keys().filter(|id| id.starts_with(area)).count();
        format!("{area}: {shown} of {all}")
    };
    let sums = ['T', 'B', 'P', 'A'].map(counted).join(", ");
    writeln!(text, "\nRows shown: {sums}.").map_err(|e| e.to_string())?;
    put(mode, PAGE, &text)?;
    Ok(format!("{PAGE}: {sums}"))
}

/// Fails where a claimed row has no passing test in the output of `cargo test`.
pub fn results(file: &str) -> Result<String, String> {
    let output = std::fs::read_to_string(file).map_err(|e| format!("{file} cannot be read: {e}"))?;
    let passed: BTreeSet<&str> = output.lines().filter_map(passed).collect();
    let claims = claims()?;
    let missing: Vec<String> = claims
        .iter()
        .filter(|c| !passed.contains(c.test.as_str()))
        .map(|c| format!("{} claims {} but did not pass ({})", c.test, c.rows.join(", "), c.file))
        .collect();
    match missing.is_empty() {
        true => Ok(format!("{} claiming tests passed", claims.len())),
        false => Err(missing.join("\n")),
    }
}

/// The test that a line says has passed: `test a::b ... ok` of Rust's runner, `ok 1 - b` or `✔ b (1ms)` of Node's.
fn passed(line: &str) -> Option<&str> {
    if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... ok")) {
        return Some(name.rsplit("::").next().unwrap_or(name).trim_end_matches(" - should panic"));
    }
    let line = line.trim();
    if let Some(name) = line.strip_prefix("✔ ") {
        return Some(name.rsplit_once(" (").map_or(name, |(name, _)| name));
    }
    line.strip_prefix("ok ")?.split_once(" - ").map(|(_, name)| name).filter(|name| !name.contains("# SKIP"))
}

/// Fails where the product's list of rows differs from the team's table.
pub fn against(file: &str) -> Result<String, String> {
    let table = std::fs::read_to_string(file).map_err(|e| format!("{file} cannot be read: {e}"))?;
    let theirs: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" | ").next())
        .filter(|id| is_row(id))
        .map(str::to_string)
        .collect();
    let ours: BTreeSet<String> = promises()?.into_keys().collect();
    let differing: Vec<_> = ours.symmetric_difference(&theirs).cloned().collect();
    match differing.is_empty() {
        true => Ok(format!("{} rows, the same as the table's", ours.len())),
        false => Err(format!("rows differ: {}", differing.join(", "))),
    }
}

fn is_row(id: &str) -> bool {
    id.split_once('-')
        .is_some_and(|(area, n)| ["T", "B", "P", "A"].contains(&area) && n.chars().all(|c| c.is_ascii_digit()) && !n.is_empty())
}

/// Row id -> promise in a few words.
fn promises() -> Result<BTreeMap<String, String>, String> {
    let text = std::fs::read_to_string(root().join(IDS)).map_err(|e| format!("{IDS} cannot be read: {e}"))?;
    Ok(text.lines().filter_map(|line| line.split_once('\t')).map(|(id, promise)| (id.to_string(), promise.to_string())).collect())
}

fn claims() -> Result<Vec<Claim>, String> {
    let mut out = Vec::new();
    for top in ["crates", "xtask", "sdk", "witness"] {
        walk(&root().join(top), &mut out)?;
    }
    out.sort_by(|a, b| (&a.file, &a.test).cmp(&(&b.file, &b.test)));
    Ok(out)
}

fn walk(directory: &Path, out: &mut Vec<Claim>) -> Result<(), String> {
    let entries = std::fs::read_dir(directory).map_err(|e| format!("{} cannot be read: {e}", directory.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|n| n != "target" && n != "node_modules") {
            walk(&path, out)?;
        } else if path.extension().is_some_and(|e| e == "rs" || e == "mjs" || e == "cjs") && !path.ends_with("src/acceptance.rs")
        {
            let text = std::fs::read_to_string(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
            let file = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            read(&text, &file, out)?;
        }
    }
    Ok(())
}

/// The name of a test of Node's runner: `test('…'`, or a witness's `check("…"`.
fn foreign(line: &str) -> Option<&str> {
    let rest = ["test(", "check(", "it("].iter().find_map(|call| line.strip_prefix(call))?;
    let quote = rest.chars().next().filter(|c| "'\"`".contains(*c))?;
    rest[1..].split(quote).next()
}

/// Finds the marks of one file and the test that follows each.
fn read(text: &str, file: &str, out: &mut Vec<Claim>) -> Result<(), String> {
    let mut rows: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(list) = line.strip_prefix(MARK) {
            rows.extend(list.split([',', ' ', '.']).filter(|r| !r.is_empty()).map(str::to_string));
        } else if let Some(name) = foreign(line).filter(|_| !rows.is_empty()) {
            out.push(Claim { rows: std::mem::take(&mut rows), file: file.into(), test: name.into() });
        } else if !rows.is_empty() && line.contains("fn ") {
            let name = line.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
            out.push(Claim { rows: std::mem::take(&mut rows), file: file.into(), test: name.trim().into() });
        }
    }
    match rows.is_empty() {
        true => Ok(()),
        false => Err(format!("{file}: {} stands above no test", rows.join(", "))),
    }
}
