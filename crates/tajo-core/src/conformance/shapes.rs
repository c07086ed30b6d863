//! Tables that grow, and names and values that other programs stumble over.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Open, Place, expected, load, table, things};
use crate::destination::{Held, Mode::Merge};
use crate::table::{HASH, Kind, Table};

/// New columns are null in old rows; preparing again changes nothing.
pub async fn widening_keeps_old_rows(place: &dyn Place) {
    let narrow = things();
    let on = Open::new(place, &[&narrow, &narrow]).await;
    let old = [json!(["a", 10, "A", 1, 1]), json!(["b", 10, "B", 2, 2])];
    on.load(vec![load(&narrow, Merge, &old)]).await;
    let mut wide = Table::clone(&narrow);
    wide.columns.insert(1, table("", &[("new", Kind::Number)], &[], None).columns.remove(0));
    let wide = Arc::new(wide.with_flag("done", "A flag."));
    on.to.prepare(&wide).await.expect("a table can be widened");
    on.to.prepare(&wide).await.expect("twice");
    on.load(vec![load(&wide, Merge, &[json!(["b", 2.5, 11, "B", 2, 3, true])])]).await;
    assert_eq!(
        on.rows(&wide).await,
        expected(&[json!(["a", null, 10, "A", 1, 1, null]), json!(["b", 2.5, 11, "B", 2, 3, true])])
    );
    on.to.prepare(&narrow).await.expect("a narrower declaration is no reason to drop columns");
    on.load(vec![load(&narrow, Merge, &[json!(["b", 12, "BB", 2, 4])])]).await;
    assert_eq!(on.rows(&wide).await[1], expected(&[json!(["b", 2.5, 12, "BB", 2, 4, true])])[0]);
}

/// Quotes, SQL, capitals, emoji, right-to-left, reserved, very long and nearly equal names of tables and columns.
pub async fn hostile_names_round_trip(place: &dyn Place) {
    let long = "long ".repeat(60);
    let longer = format!("{long}x");
    let names: Vec<&str> = vec![
        "Name",
        "name",
        "NAME",
        "select",
        "from",
        "order by",
        "a\"b",
        "a'b",
        "a`b",
        "[x]",
        "a;drop table x;--",
        "ünï",
        "🦀",
        "اسم",
        "",
        " ",
        "a.b",
        "?1",
        ":x",
        "$x",
        "rowid",
        "\u{200b}",
        "a\nb",
        "a\0b",
        "%s",
        &long,
        &longer,
    ];
    let mut columns = vec![("Id", Kind::Text)];
    columns.extend(names.iter().map(|name| (*name, Kind::Text)));
    columns.push((HASH, Kind::Integer));
    for name in ["Table", "select", "x\"; drop table y; --", "sqlite_x", "_tajo_state", "🦀", "a'b"] {
        let odd = Arc::new(table(name, &columns, &["Id"], None));
        let on = Open::new(place, &[&odd, &odd]).await;
        let mut row = vec![json!("1")];
        row.extend((0..names.len()).map(|n| json!(format!("value {n}"))));
        row.push(json!(1));
        assert_eq!(on.load(vec![load(&odd, Merge, &[Value::Array(row.clone())])]).await, [(1, 0)], "{name}");
        assert_eq!(on.rows(&odd).await, [row], "{name}");
        assert_eq!(on.to.count(name).await.ok(), Some(1), "{name}");
    }
}

/// Every kind at its extremes; as keys too.
pub async fn hostile_values_round_trip(place: &dyn Place) {
    let kinds = [("id", Kind::Text), ("text", Kind::Text), ("integer", Kind::Integer), ("number", Kind::Number)];
    let more = [("flag", Kind::Boolean), ("at", Kind::Timestamp), ("json", Kind::Json), (HASH, Kind::Integer)];
    let odd = Arc::new(table("values", &[kinds, more].concat(), &["id"], None));
    let long = "x".repeat(100_000);
    let texts = [
        "",
        " ",
        "'",
        "\"",
        "'; drop table values; --",
        "\0",
        "a\0b",
        "null",
        "NULL",
        "0",
        "00123",
        "1.0",
        "1e5",
        "0x10",
        "true",
        "🦀",
        "e\u{301}",
        "é",
        "\u{202e}rtl",
        "עברית",
        "\u{feff}",
        "\u{10ffff}",
        "a\r\nb",
        "\\",
        "%",
        "?",
        "-0",
        "9223372036854775808",
        &long,
    ];
    let integers = [i64::MIN, -1, 0, 1, (1 << 53) + 1, i64::MAX];
    let numbers = [f64::MIN, -1.5, f64::MIN_POSITIVE, 5e-324, 0.1, 1.0, 9_007_199_254_740_993.0, 1e300, f64::MAX];
    let moments = [i64::MIN, -62_167_219_201, -2_208_988_800, -1, 0, 1_795_170_600, 253_402_300_799, 253_402_300_800, i64::MAX];
    let jsons = ["{}", "[]", "null", "1.0", "\"\\u0000\"", "123456789012345678901234567890", "{\"a\":\"'\"}"];
    let row = |n: usize, text: &&str| {
        let (integer, number) = (integers[n % integers.len()], numbers[n % numbers.len()]);
        json!([text, text, integer, number, n.is_multiple_of(2), moments[n % moments.len()], jsons[n % jsons.len()], integer])
    };
    let mut rows: Vec<Value> = texts.iter().enumerate().map(|(n, text)| row(n, text)).collect();
    rows.push(json!(["all null", null, null, null, null, null, null, null]));
    let on = Open::new(place, &[&odd]).await;
    assert_eq!(on.load(vec![load(&odd, Merge, &rows)]).await, [(rows.len() as u64, 0)]);
    assert_eq!(on.load(vec![load(&odd, Merge, &rows)]).await, [(0, 0)]);
    let got = on.rows(&odd).await;
    for (got, want) in got.iter().zip(&expected(&rows)) {
        let id = want[0].to_string();
        assert_eq!(got, want, "{}", id.chars().take(40).collect::<String>());
    }
    assert_eq!(got.len(), rows.len());
}

/// `count` and `held`; a table that is not there is empty.
pub async fn counts_and_lookups_are_exact(place: &dyn Place) {
    let things = Arc::new(Table::clone(&things()).with_flag("done", "A flag."));
    let on = Open::new(place, &[]).await;
    let ids: Vec<String> = ["b", "nobody", "a", "b", "c", "'"].map(String::from).to_vec();
    assert_eq!(on.to.count("things").await.ok(), Some(0));
    assert_eq!(on.to.held(&things, Some("done"), &ids).await.ok(), Some(vec![None; 6]));
    on.to.prepare(&things).await.expect("it can be prepared");
    let rows = [json!(["a", 10, "A", 1, 1, true]), json!(["b", -5, "B", 1, -2, false]), json!(["c", null, "C", 1, null, null])];
    on.load(vec![load(&things, Merge, &rows)]).await;
    assert_eq!(on.to.count("things").await.ok(), Some(3));
    let got = on.to.held(&things, Some("done"), &ids).await.expect("it can be asked");
    let a = Some(Held { newest: Some(10), hash: Some(1), flag: Some(true) });
    let b = Some(Held { newest: Some(-5), hash: Some(-2), flag: Some(false) });
    let c = Some(Held { newest: None, hash: None, flag: None });
    // Knowing nothing is allowed, knowing something wrong is not.
    assert!(got == [b, None, a, b, c, None] || got == vec![None; 6], "{got:?}");
    let got = on.to.held(&things, None, &ids[..1]).await.expect("without a flag");
    assert!(got == [None] || got == [b.map(|b| Held { flag: None, ..b })], "{got:?}");
    let got = on.to.held(&things, Some("other"), &ids[..1]).await.expect("with a flag that is not there");
    assert!(got == [None] || got == [b.map(|b| Held { flag: None, ..b })], "{got:?}");
    assert_eq!(on.to.held(&things, None, &[]).await.ok(), Some(vec![]));
}
