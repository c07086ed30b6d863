//! Searching contacts: what is asked for, what is refused, and that the answer is what an evaluator of its own finds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod town;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tajo_core::codes;
use town::{Options, Town, connect, run, run_on, town};

const ZONE: &str = "America/Los_Angeles";

/// Everybody a search finds, all pages of it.
async fn found(town: &Town, mut input: Value) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    loop {
        let said = run(town, "search_contacts", input.clone()).await.unwrap_or_else(|error| panic!("{input}: {error:?}")).answer;
        for row in said["data"].as_array().unwrap() {
            assert!(ids.insert(row["id"].as_str().unwrap().to_owned()), "{input}: found twice");
        }
        let Some(cursor) = said.get("next_cursor") else {
            assert_eq!(said["total_count"], ids.len(), "{input}");
            return ids;
        };
        input["starting_after"] = cursor.clone();
    }
}

// Shows: P-121, P-122, P-123.
#[tokio::test(start_paused = true)]
async fn what_is_given_becomes_the_query() {
    let town = town();
    let is = |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
    let ids: Vec<String> = town.ids("contacts").into_iter().take(17).collect();
    for (input, query) in [
        (json!({"role": "lead"}), is("role", "=", json!("lead"))),
        (json!({"name": "Ada"}), is("name", "=", json!("Ada"))),
        (json!({"name": "Ada", "contains": true}), is("name", "~", json!("Ada"))),
        (json!({"email": "ada@fisher.example"}), is("email", "=", json!("ada@fisher.example"))),
        (json!({"phone": "+15551234567"}), is("phone", "=", json!("+15551234567"))),
        (json!({"external_id": "u-1"}), is("external_id", "=", json!("u-1"))),
        (json!({"email_domain": "fisher.example"}), is("email_domain", "=", json!("fisher.example"))),
        (json!({"custom_attributes": {"mrr": null}}), is("custom_attributes.mrr", "=", Value::Null)),
        (json!({"ids": ids[..2]}), is("id", "IN", json!(ids[..2]))),
        (
            json!({"ids": ids}),
            json!({"operator": "OR", "value": [is("id", "IN", json!(ids[..15])), is("id", "IN", json!(ids[15..]))]}),
        ),
        (
            json!({"role": "user", "name": "Ada", "custom_attributes": {"plan_tier": "Scale", "onboarded": true}}),
            json!({"operator": "AND", "value": [
                is("role", "=", json!("user")),
                is("name", "=", json!("Ada")),
                is("custom_attributes.plan_tier", "=", json!("Scale")),
                is("custom_attributes.onboarded", "=", json!(true)),
            ]}),
        ),
        (json!({}), is("created_at", ">", json!(0))),
    ] {
        run(&town, "search_contacts", input.clone()).await.unwrap();
        let body = town.bodies("POST", "/contacts/search").pop().unwrap();
        assert_eq!(body, json!({"query": query, "pagination": {"per_page": 50}}), "{input}");
    }
    let rest =
        json!({"role": "user", "sort_field": "created_at", "sort_order": "ascending", "per_page": 3, "starting_after": "x"});
    assert_eq!(
        run(&town, "search_contacts", rest).await.unwrap_err().code(),
        &codes::INT_INVALID,
        "that cursor is Intercom's to judge"
    );
    let body = town.bodies("POST", "/contacts/search").pop().unwrap();
    assert_eq!(
        (&body["sort"], &body["pagination"]),
        (&json!({"field": "created_at", "order": "ascending"}), &json!({"per_page": 3, "starting_after": "x"}))
    );
    assert_eq!(found(&town, json!({"ids": ids})).await, ids.into_iter().collect());
    assert_eq!(found(&town, json!({"per_page": 7})).await.len(), 40);
}

// Shows: P-124, T-072.
#[tokio::test(start_paused = true)]
async fn a_query_of_ones_own_is_checked_and_passed_on() {
    let town = town();
    let query = json!({"operator": "OR", "value": [
        {"field": "role", "operator": "=", "value": "lead"},
        {"operator": "AND", "value": [{"field": "name", "operator": "~", "value": "a"}, {"field": "created_at", "operator": ">", "value": 1}]},
    ]});
    for input in [json!({"query": query}), json!({"json_query": {"query": query}})] {
        assert!(run(&town, "search_contacts", input).await.unwrap().warnings.is_empty());
        assert_eq!(town.bodies("POST", "/contacts/search").pop().unwrap()["query"], query);
    }
    let both = run(&town, "search_contacts", json!({"query": query, "role": "user"})).await.unwrap();
    assert!(both.warnings.len() == 1 && town.bodies("POST", "/contacts/search").pop().unwrap()["query"] == query);
    let calls = town.calls().len();
    let date = |operator: &str| json!({"field": "updated_at", "operator": operator, "value": 1});
    let leaf = json!({"field": "name", "operator": "=", "value": "Ada"});
    let and = |filters: Value| json!({"operator": "AND", "value": filters});
    for (query, at) in [
        (and(json!([leaf, date(">=")])), "query.value[1].operator"),
        (and(json!([leaf, date("<=")])), "query.value[1].operator"),
        (date("!="), "query.operator"),
        (date("IN"), "query.operator"),
        (date("NIN"), "query.operator"),
        (and(json!([and(json!([and(json!([leaf]))]))])), "query.value[0].value[0]"),
        (and(json!(vec![leaf.clone(); 16])), "query.value"),
        (json!({"field": "name", "operator": "==", "value": "Ada"}), "query.operator"),
    ] {
        let error = run(&town, "search_contacts", json!({"query": query})).await.unwrap_err();
        assert_eq!((error.code(), error.noted("at")), (&codes::INPUT, Some(at)), "{query}: {error:?}");
        assert!(error.what().contains(at), "{error:?}");
    }
    for (field, input) in [
        ("per_page", json!({"per_page": 151})),
        ("per_page", json!({"per_page": 0})),
        ("contains", json!({"contains": true})),
        ("sort_order", json!({"sort_order": "ascending"})),
        ("sort_order", json!({"sort_field": "name", "sort_order": "desc"})),
        ("role", json!({"role": "visitor"})),
        ("custom_attributes", json!({"custom_attributes": {"plan_tier": ["Scale"]}})),
        ("query", json!({"query": {"query": leaf, "pagination": {"per_page": 5}}})),
        ("query", json!({"query": [leaf]})),
    ] {
        let error = run(&town, "search_contacts", input.clone()).await.unwrap_err();
        assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some(field)), "{input}: {error:?}");
    }
    assert_eq!(town.calls().len(), calls, "nothing was sent");
    let newer = run_on(&connect(&town, "2.17"), "search_contacts", json!({"query": date(">=")})).await.unwrap();
    assert_eq!(newer.answer["total_count"], 40, "from 2.17 on seconds count");
}

// Shows: P-125.
#[tokio::test(start_paused = true)]
async fn the_next_page_begins_where_the_answer_says() {
    let town = town();
    let mut input = json!({"per_page": 16, "sort_field": "created_at", "sort_order": "ascending"});
    let mut seen: Vec<Value> = Vec::new();
    for size in [16, 16, 8] {
        let said = run(&town, "search_contacts", input.clone()).await.unwrap().answer;
        let rows = said["data"].as_array().unwrap();
        assert_eq!(rows.len(), size);
        seen.extend(rows.iter().cloned());
        assert_eq!(said.get("next_cursor").is_none(), size == 8);
        input["starting_after_cursor"] = said["next_cursor"].clone();
    }
    assert!(seen.is_sorted_by_key(|row| row["created_at"].as_i64().unwrap()));
    let ids: BTreeSet<&str> = seen.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 40);
}

/// Chance, reproducible.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)) % n as u64).unwrap()
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// The workspace as the evaluator knows it.
struct People {
    rows: Vec<Value>,
    tags: HashMap<String, Vec<String>>,
    all_tags: Vec<String>,
}

impl People {
    fn of(town: &Town) -> People {
        let mut tags: HashMap<String, Vec<String>> = HashMap::new();
        town.links("contact_tags").into_iter().for_each(|(contact, tag)| tags.entry(contact).or_default().push(tag));
        let rows = town.ids("contacts").iter().map(|id| town.record("contacts", id).unwrap()).collect();
        People { rows, tags, all_tags: town.ids("tags") }
    }
    /// The values of a field: of tags any number, of others one.
    fn values(&self, row: &Value, field: &str) -> Vec<Value> {
        if field == "tag_id" {
            return self.tags.get(row["id"].as_str().unwrap()).into_iter().flatten().map(|tag| json!(tag)).collect();
        }
        let found = field.split_once('.').map_or_else(|| row.get(field), |(outer, inner)| row[outer].get(inner));
        found.filter(|value| !value.is_null()).cloned().into_iter().collect()
    }
    fn matching(&self, query: &Value) -> BTreeSet<String> {
        let fitting = self.rows.iter().filter(|row| self.holds(row, query));
        fitting.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
    fn holds(&self, row: &Value, query: &Value) -> bool {
        let (operator, value) = (query["operator"].as_str().unwrap(), &query["value"]);
        match operator {
            "AND" => return value.as_array().unwrap().iter().all(|part| self.holds(row, part)),
            "OR" => return value.as_array().unwrap().iter().any(|part| self.holds(row, part)),
            _ => {}
        }
        let field = query["field"].as_str().unwrap();
        let have = self.values(row, field);
        if field.ends_with("_at") {
            return have.first().is_some_and(|at| by_day(at.as_i64().unwrap(), operator, value.as_i64().unwrap()));
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned).to_lowercase();
        let is = |value: &Value| if value.is_null() { have.is_empty() } else { have.iter().any(|own| text(own) == text(value)) };
        let among = || value.as_array().unwrap().iter().any(is);
        let words = |test: fn(&str, &str) -> bool| have.iter().any(|own| test(&text(own), &text(value)));
        let number = |test: fn(f64, f64) -> bool| have.iter().any(|own| test(own.as_f64().unwrap(), value.as_f64().unwrap()));
        match operator {
            "=" => is(value),
            "!=" => !is(value),
            "IN" => among(),
            "NIN" => !among(),
            "~" => words(|own, part| own.contains(part)),
            "!~" => !words(|own, part| own.contains(part)),
            "^" => words(|own, part| own.starts_with(part)),
            "$" => words(|own, part| own.ends_with(part)),
            ">" => number(|own, than| own > than),
            "<" => number(|own, than| own < than),
            ">=" => number(|own, than| own >= than),
            "<=" => number(|own, than| own <= than),
            other => panic!("{other}"),
        }
    }
    /// A filter that somebody fits.
    fn leaf(&self, dice: &mut Dice) -> Value {
        const KINDS: [(&str, &[&str]); 13] = [
            ("role", &["=", "!="]),
            ("name", &["=", "!=", "~", "!~", "^", "$"]),
            ("email", &["=", "!=", "$", "IN", "NIN"]),
            ("email_domain", &["=", "IN"]),
            ("external_id", &["=", "^"]),
            ("id", &["IN", "NIN", "="]),
            ("tag_id", &["=", "!="]),
            ("unsubscribed_from_emails", &["=", "!="]),
            ("custom_attributes.plan_tier", &["=", "!=", "IN"]),
            ("custom_attributes.feature_usage", &["=", ">", "<", ">=", "<="]),
            ("created_at", &["=", ">", "<"]),
            ("updated_at", &["=", ">", "<"]),
            ("last_seen_at", &["=", ">", "<"]),
        ];
        let (field, operators) = dice.pick(&KINDS);
        let operator = dice.pick(operators);
        let one = |dice: &mut Dice| match field {
            "tag_id" => json!(dice.pick(&self.all_tags)),
            _ => self.values(&dice.pick(&self.rows), field).pop().unwrap_or(Value::Null),
        };
        let mut value = one(dice);
        if matches!(operator, "IN" | "NIN") {
            value = (0..=dice.below(4)).map(|_| one(dice)).filter(|value| !value.is_null()).collect();
        }
        if let (Some(text), "~" | "!~" | "^" | "$") = (value.as_str(), operator) {
            let letters: Vec<char> = text.chars().collect();
            let keep = letters.len().min(1 + dice.below(6));
            let part = if operator == "$" { &letters[letters.len() - keep..] } else { &letters[..keep] };
            value = part.iter().collect::<String>().into();
        }
        let is_askable = match operator {
            "=" | "!=" => !value.is_null() || !field.ends_with("_at"),
            "IN" | "NIN" => value.as_array().is_some_and(|all| !all.is_empty()),
            _ => !value.is_null(),
        };
        if is_askable { json!({"field": field, "operator": operator, "value": value}) } else { self.leaf(dice) }
    }
    fn query(&self, dice: &mut Dice, depth: usize) -> Value {
        if depth == 2 || dice.below(3) == 0 {
            return self.leaf(dice);
        }
        let filters: Vec<Value> = (0..=dice.below(4)).map(|_| self.query(dice, depth + 1)).collect();
        json!({"operator": dice.pick(&["AND", "OR"]), "value": filters})
    }
    /// Inputs of the action, and the query that they mean.
    fn fields(&self, dice: &mut Dice) -> (Value, Value) {
        let row = dice.pick(&self.rows);
        let (mut input, mut filters) = (json!({}), Vec::new());
        for field in ["role", "name", "email", "email_domain", "external_id"] {
            if let (Some(text), 0) = (row[field].as_str(), dice.below(3)) {
                let contains = field == "name" && dice.below(2) == 0;
                let text: String = if contains { text.chars().take(3).collect() } else { text.to_owned() };
                filters.push(json!({"field": field, "operator": if contains { "~" } else { "=" }, "value": text}));
                input[field] = text.into();
                if contains {
                    input["contains"] = true.into();
                }
            }
        }
        if dice.below(2) == 0 {
            let tier = &row["custom_attributes"]["plan_tier"];
            input["custom_attributes"] = json!({"plan_tier": tier});
            filters.push(json!({"field": "custom_attributes.plan_tier", "operator": "=", "value": tier}));
        }
        if dice.below(4) == 0 {
            let ids: Vec<Value> = (0..1 + dice.below(40)).map(|_| dice.pick(&self.rows)["id"].clone()).collect();
            filters.push(json!({"field": "id", "operator": "IN", "value": ids}));
            input["ids"] = ids.into();
        }
        (input, json!({"operator": "AND", "value": filters}))
    }
}

/// Days of the workspace's zone compare, up to 2.16.
fn by_day(at: i64, operator: &str, than: i64) -> bool {
    let zone = TimeZone::get(ZONE).unwrap();
    let day = |seconds: i64| Timestamp::from_second(seconds).unwrap().to_zoned(zone.clone()).date();
    match operator {
        "=" => day(at) == day(than),
        ">" => day(at) > day(than),
        "<" => day(at) < day(than),
        other => panic!("{other}"),
    }
}

// Shows: P-119, T-072.
#[tokio::test(start_paused = true)]
async fn a_search_finds_who_an_evaluator_of_its_own_finds() {
    const SEARCHES: usize = 45;
    const MANY: usize = 300;
    let town =
        Town::new(Options { contacts: 1000, conversations: 0, rate_limit: 0, timezone: ZONE.into(), ..Options::default() });
    let people = People::of(&town);
    let mut dice = Dice(1815);
    let (mut some, mut all) = (0, 0);
    for n in 0..SEARCHES {
        let (mut input, query) = if n % 3 == 0 {
            people.fields(&mut dice)
        } else {
            let query = people.query(&mut dice, 0);
            // A filter alone is a query too, and so is a group.
            (json!({"query": query}), query)
        };
        input["per_page"] = dice.pick(&[150, 150, 90]).into();
        let expect = people.matching(&query);
        if expect.len() > MANY && n % 4 != 0 {
            // All their pages would say no more than their number does, and take their time.
            input["per_page"] = 1.into();
            let said = run(&town, "search_contacts", input.clone()).await.unwrap().answer;
            assert_eq!(said["total_count"], expect.len(), "search {n}: {input}");
        } else {
            assert_eq!(found(&town, input.clone()).await, expect, "search {n}: {input}");
        }
        some += usize::from(!expect.is_empty() && expect.len() < 1000);
        all += expect.len();
    }
    assert!(some > SEARCHES / 3 && all > 1000, "searches that find nobody or everybody show little: {some}, {all}");
}
