//! `tajo config fmt`: the layout changes, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::path::Path;

use desk::{CANARY, Desk};
use tajo_sim::Options;

fn desk() -> Desk {
    Desk::new(Options { contacts: 0, companies: 0, conversations: 0, articles: 0, ..Options::default() })
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(name)).unwrap()
}

fn read(desk: &Desk) -> String {
    std::fs::read_to_string(desk.path("tajo.yml")).unwrap()
}

/// As somebody with another habit would have written it: so many spaces a level, blanks at the ends, empty lines.
fn untidy(text: &str, step: usize) -> String {
    let line = |line: &str| {
        let deep = (line.len() - line.trim_start().len()) / 2;
        format!("{}{}  \n{}", " ".repeat(deep * step), line.trim_start(), if line.contains('#') { "" } else { "\n\n\n" })
    };
    text.lines().map(line).collect()
}

// Shows: T-067.
#[test]
fn the_seeds_comment_groups_survive_byte_for_byte() {
    const GROUPS: [&str; 4] = ["# Standard fields", "# Engagement fields", "# Company fields", "# Custom attributes"];
    let desk = desk();
    let neat = fixture("seed000_mapping.yml");
    let groups = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| line.starts_with('#')).map(str::to_string).collect()
    };
    assert_eq!(groups(&neat), GROUPS);
    desk.config(&neat);
    assert_eq!(desk.tajo(&["config", "fmt"]).ended(0).out, "✓ tajo.yml is laid out already\n");
    assert_eq!(read(&desk), neat);
    for step in [1, 3, 4, 8] {
        desk.config(&untidy(&neat, step));
        let before = desk.tajo(&["config", "show"]).ended(0).out;
        assert_eq!(desk.tajo(&["config", "fmt"]).ended(0).out, "✓ tajo.yml was laid out anew, from line 1 on\n");
        let after = read(&desk);
        assert_eq!(groups(&after), GROUPS, "{step}");
        assert_eq!(after.replace("\n\n", "\n"), neat, "{step}");
        assert!(!after.contains("\n\n\n") && !after.contains(" \n") && after.ends_with("USAGE\n"), "{after}");
        assert_eq!(desk.tajo(&["config", "show"]).ended(0).out, before, "{step}");
        desk.tajo(&["config", "fmt", "--check"]).ended(0);
    }
}

#[test]
fn every_seed_and_what_init_writes_is_kept_as_it_is() {
    for name in ["seed000_basic.yml", "seed000_nested.yml", "seed000_debug.yml", "seed002_inline.yml", "everything.yml"] {
        let desk = desk();
        desk.fixture(name);
        desk.tajo(&["config", "fmt", "--check"]).ended(0);
    }
    let desk = desk();
    desk.tajo(&["init", "--no-interactive"]).ended(0);
    let before = read(&desk);
    desk.tajo(&["config", "fmt"]).ended(0);
    assert_eq!(read(&desk), before);
}

#[test]
fn check_and_stdout_write_nothing() {
    let desk = desk();
    let (untidy, neat) =
        ("# mine\nconnectors:\n    intercom:  {enabled: true}\n", "# mine\nconnectors:\n  intercom:  {enabled: true}\n");
    desk.config(untidy);
    let ran = desk.tajo(&["config", "fmt", "--check"]).ended(1);
    assert_eq!(ran.out, "✗ tajo.yml would be laid out anew, from line 3 on\n");
    assert_eq!(desk.tajo(&["config", "fmt", "--stdout"]).ended(0).out, neat);
    let told = desk.tajo(&["config", "fmt", "--check", "--json"]).ended(1).json();
    let expect =
        serde_json::json!({"format_version": "1.0", "path": "tajo.yml", "changed": true, "written": false, "first_line": 3});
    assert_eq!(told, expect);
    assert_eq!(desk.tajo(&["config", "fmt", "--stdout", "--json"]).ended(0).json()["text"], neat);
    assert_eq!(read(&desk), untidy);
    let told = desk.tajo(&["config", "fmt", "--json"]).ended(0).json();
    assert_eq!((told["changed"].as_bool(), told["written"].as_bool(), read(&desk).as_str()), (Some(true), Some(true), neat));
    let told = desk.tajo(&["config", "fmt", "--json"]).ended(0).json();
    assert_eq!((told["changed"].as_bool(), told["written"].as_bool()), (Some(false), Some(false)));
    desk.tajo(&["config", "fmt", "--check", "--stdout"]).ended(2);
}

#[test]
fn what_does_not_parse_is_refused_with_its_position_and_stays() {
    let desk = desk();
    for (text, code, at) in [
        ("a: 1\nb: [1, 2\nc: 3\n", "TJ-CFG-SYNTAX", "tajo.yml:"),
        ("a: 1\nb: 2\na: 3\n", "TJ-CFG-TWICE", "tajo.yml:3:1"),
        // Empty lines within plain text are part of it.
        ("a: one\n\n\n\n  two\n", "TJ-CFG-SYNTAX", "tajo.yml:1:"),
    ] {
        desk.config(text);
        let ran = desk.tajo(&["config", "fmt"]).ended(78);
        assert!(ran.err.contains(code) && ran.err.contains(at), "{}", ran.err);
        assert_eq!(read(&desk), text);
        let told = desk.tajo(&["config", "fmt", "--json"]).ended(78).json();
        assert_eq!((&told["error"]["code"], told["error"]["findings"][0]["line"].is_u64()), (&code.into(), true), "{told}");
    }
    std::fs::remove_file(desk.path("tajo.yml")).unwrap();
    desk.tajo(&["config", "fmt"]).ended(78);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay_and_nothing_is_left_over() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = desk();
    let untidy = "connectors:\n    intercom: {}\n";
    let real = desk.path("real.yml");
    for mode in [0o600, 0o640, 0o644] {
        std::fs::write(&real, untidy).unwrap();
        std::fs::set_permissions(&real, PermissionsExt::from_mode(mode)).unwrap();
        let link = desk.path("link.yml");
        if !link.exists() {
            symlink(&real, &link).unwrap();
        }
        desk.tajo(&["--config", "link.yml", "config", "fmt"]).ended(0);
        let meta = std::fs::metadata(&real).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, mode);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "connectors:\n  intercom: {}\n");
    }
    std::fs::write(&real, untidy).unwrap();
    std::fs::set_permissions(&real, PermissionsExt::from_mode(0o400)).unwrap();
    let ran = desk.tajo(&["--config", "real.yml", "config", "fmt"]).ended(78);
    assert!(ran.err.contains("TJ-CFG-FILE") && ran.err.contains("read-only"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&real).unwrap(), untidy);
    let mut names: Vec<_> = std::fs::read_dir(desk.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["link.yml", "real.yml"]);
}

/// Everything printed has its secrets masked: it would not be the file any more.
#[test]
fn a_secret_is_laid_out_in_place_and_never_printed() {
    let desk = desk();
    let with = |text: &str| text.replace("TOKEN", CANARY);
    for (untidy, neat) in [
        ("connectors:\n    intercom:\n        access_token: TOKEN\n", "connectors:\n  intercom:\n    access_token: TOKEN\n"),
        // Of which the program knows nothing else: the file is not valid.
        ("wrong:\n    api_key: 'TOKEN'\n", "wrong:\n  api_key: 'TOKEN'\n"),
    ] {
        desk.config(&with(untidy));
        let ran = desk.tajo(&["config", "fmt", "--stdout"]).ended(78);
        assert!(ran.out.is_empty() && ran.err.contains("secrets are not printed"), "{}", ran.err);
        desk.tajo(&["config", "fmt"]).ended(0);
        assert_eq!(read(&desk), with(neat));
    }
}
