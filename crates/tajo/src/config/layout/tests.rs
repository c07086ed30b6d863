use super::*;

fn laid(text: &str) -> String {
    match laid_out(&Source::text("tajo.yml", text)) {
        Ok(out) => out,
        Err(findings) => panic!("{findings}\n{text}"),
    }
}

#[test]
fn levels_become_two_spaces_and_blanks_go() {
    for (text, expect) in [
        ("a:\n    b: 1   \n    c:\n        d: 2", "a:\n  b: 1\n  c:\n    d: 2\n"),
        ("\n\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
        ("  a: 1\n  b:\n     c: 2\n", "a: 1\nb:\n  c: 2\n"),
        ("a: 1\r\nb:\r\n   c: 2\r\n", "a: 1\nb:\n  c: 2\n"),
        // Lists may stand under their key; the dash is a level, and one blank comes after it.
        ("a:\n- b: 1\n  c: 2\n- d\ne: 3\n", "a:\n  - b: 1\n    c: 2\n  - d\ne: 3\n"),
        (
            "a:\n    -   b: 1\n        c:\n            - 1\n            -   - 2\n                - 3\n",
            "a:\n  - b: 1\n    c:\n      - 1\n      - - 2\n        - 3\n",
        ),
        ("a:\n    -\n        b: 1\n    - # why\n        c: 2\n", "a:\n  -\n    b: 1\n  - # why\n    c: 2\n"),
        ("---\na:\n    b: 1\n", "---\na:\n  b: 1\n"),
        ("", ""),
        ("# alone", "# alone\n"),
    ] {
        assert_eq!(laid(text), expect, "{text}");
    }
}

#[test]
fn quotes_braces_and_spaces_before_comments_stay_as_they_are() {
    let text = "a: \"x\"\nb: 'y'\nc: {d: 1,  e: \"2\"}   # why\n? f\n: g\n";
    assert_eq!(laid(text), text);
    let text = "x:\n    a: {b: 1, # one\n        c: 2}\n    d: \"first\n        second\"\n    e: plain\n        goes on\n    f: 'it''s # none'\n";
    let expect =
        "x:\n  a: {b: 1, # one\n      c: 2}\n  d: \"first\n      second\"\n  e: plain\n    goes on\n  f: 'it''s # none'\n";
    assert_eq!(laid(text), expect);
    assert_eq!(laid(expect), expect);
}

#[test]
fn block_scalars_keep_every_blank_of_their_text() {
    let text = "a:\n    b: |\n          one  \n            two\n\n\n          three\n\n\n\n    c: >-\n     folded\n     text\nd: |2\n    deep\ne: |+\n  kept\n\n\nf: 1\n";
    let expect = "a:\n  b: |\n    one  \n      two\n\n\n    three\n\n  c: >-\n    folded\n    text\nd: |2\n    deep\ne: |+\n  kept\n\n\nf: 1\n";
    assert_eq!(laid(text), expect);
    assert_eq!(laid(expect), expect);
}

#[test]
fn comments_stand_with_the_line_below_or_as_deep_as_the_one_above() {
    let text = "\
a:
        # of b
        b: 1   # beside b
   # of c
        c:
            d: 1
            # after d
        # after c

# of e
e: 2
#taken: out
        #  deeper: one
    # at the end
";
    let expect = "\
a:
  # of b
  b: 1   # beside b
  # of c
  c:
    d: 1
    # after d
  # after c

# of e
e: 2
#taken: out
        #  deeper: one
    # at the end
";
    assert_eq!(laid(text), expect);
    assert_eq!(laid(expect), expect);
}

#[test]
fn what_is_no_yaml_is_refused_with_its_position() {
    for (text, line) in [("a: 1\nb: [1\nc: 2\n", 3), ("a: 1\na: 2\n", 2), ("a: 1\n---\nb: 2\n", 2), ("a:\n\t- b\n", 2)] {
        let refused = laid_out(&Source::text("tajo.yml", text)).expect_err(text);
        let at = refused.iter().next().map(|finding| finding.place.line);
        assert!(at.is_some_and(|at| at.abs_diff(line) <= 1), "{text}: {refused}");
    }
}

/// Empty lines within plain text are part of it, and no blank is lost without a word.
#[test]
fn a_layout_that_would_change_a_value_is_refused() {
    let refused = laid_out(&Source::text("tajo.yml", "a: one\n\n\n\n  two\n")).expect_err("a value would change");
    assert!(refused.to_string().contains("cannot be laid out"), "{refused}");
}

#[test]
fn the_proof_notices_every_kind_of_loss() {
    let old = "a: 1 # one\nb: [x, y]\n";
    let source = Source::text("tajo.yml", old);
    let mut report = Report::new(&source);
    let before = tree::parse(old, &mut report).expect("it is YAML");
    let comments = Walk::over(old).1;
    assert_eq!(comments, ["# one"]);
    assert_eq!(differs(&before, old, &comments, "a:   1   # one\nb: [x, y]\n"), None);
    for new in [
        "a: 1\nb: [x, y]\n",
        "a: 2 # one\nb: [x, y]\n",
        "b: [x, y]\na: 1 # one\n",
        "a: 1 # one\nb: [y, x]\n",
        "a: 1 #  one\nb: [x, y]\n",
        "a: \"1\" # one\nb: [x, y]\n",
        "a: 1 # one\nb: [x\n",
    ] {
        assert!(differs(&before, old, &comments, new).is_some(), "{new}");
    }
}

#[test]
fn laying_out_twice_is_laying_out_once() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config");
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        // As somebody with other habits would have written it; what stands behind a dash cannot be moved so simply.
        let steps: &[usize] = if text.contains("- ") { &[2] } else { &[1, 2, 3, 4, 8] };
        for step in steps {
            let wide: String = text
                .lines()
                .map(|line| {
                    let deep = line.len() - line.trim_start().len();
                    format!("{}{}\n", " ".repeat(deep / 2 * step), line.trim_start())
                })
                .collect();
            let once = laid(&wide);
            assert_eq!(laid(&once), once, "{step}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen}");
}
