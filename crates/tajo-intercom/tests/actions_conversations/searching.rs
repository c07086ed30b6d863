//! Searches: every condition, and all of them together, against a plain filter of what is there.

use serde_json::{Value, json};

use crate::town::{Options, Town, run};
use crate::{NOW, busy, quiet, refusal};

/// An input, and which conversations it means.
type Case = (Value, Box<dyn Fn(&Value) -> bool>);

fn text(row: &Value, path: &str) -> String {
    row.pointer(path).map(|at| at.as_str().map_or_else(|| at.to_string(), str::to_owned)).unwrap_or_default()
}

fn has(row: &Value, path: &str, id: &str) -> bool {
    row.pointer(path).unwrap().as_array().unwrap().iter().any(|at| at["id"] == id)
}

fn is(input: &str, path: &'static str, value: String) -> Case {
    (json!({input: value}), Box::new(move |row| text(row, path) == value))
}

fn lists(input: &str, path: &'static str, id: String) -> Case {
    (json!({input: id}), Box::new(move |row| has(row, path, &id)))
}

fn since(input: &str, key: &'static str, at: i64) -> Case {
    (json!({input: at}), Box::new(move |row| row[key].as_i64().unwrap() >= at))
}

fn takes(key: &'static str, operator: &'static str, seconds: i64) -> Case {
    let input = json!({format!("statistics_{key}"): {"operator": operator, "value": seconds}});
    let fits = move |at: i64| if operator == ">" { at > seconds } else { at < seconds };
    (input, Box::new(move |row| row["statistics"][key].as_i64().is_some_and(fits)))
}

/// A tagged conversation that somebody has, of somebody with an address.
fn sample(all: &[Value]) -> Value {
    let found = all.iter().find(|row| {
        row["tags"]["tags"].as_array().is_some_and(|tags| !tags.is_empty())
            && row["team_assignee_id"].is_number()
            && row["admin_assignee_id"].is_number()
            && row["source"]["author"]["email"].is_string()
    });
    found.expect("such a conversation").clone()
}

fn cases(all: &[Value]) -> Vec<Case> {
    let sample = sample(all);
    let part: String = text(&sample, "/source/author/name").chars().skip(1).take(4).collect();
    let (input, wanted) = (json!({"source_author_name": part}), part.to_lowercase());
    let named: Case = (input, Box::new(move |row| text(row, "/source/author/name").to_lowercase().contains(&wanted)));
    let ids: Vec<String> = all.iter().step_by(13).map(|row| text(row, "/id")).collect();
    let listed: Case = (json!({"ids": ids}), Box::new(move |row| ids.contains(&text(row, "/id"))));
    let unclosed = json!({"query": {"field": "state", "operator": "!=", "value": "closed"}});
    let together = [
        is("state", "/state", text(&sample, "/state")),
        lists("contact_id", "/contacts/contacts", text(&sample, "/contacts/contacts/0/id")),
        since("created_since", "created_at", sample["created_at"].as_i64().unwrap()),
        since("updated_since", "updated_at", sample["updated_at"].as_i64().unwrap()),
    ];
    let input = together.iter().flat_map(|(input, _)| input.as_object().unwrap().clone()).collect();
    let all_of: Case = (Value::Object(input), Box::new(move |row| together.iter().all(|(_, test)| test(row))));
    vec![
        listed,
        named,
        is("source_type", "/source/type", text(&sample, "/source/type")),
        is("source_author_email", "/source/author/email", text(&sample, "/source/author/email")),
        is("state", "/state", "snoozed".into()),
        (json!({"open": false}), Box::new(|row| row["open"] == false)),
        is("team_assignee_id", "/team_assignee_id", text(&sample, "/team_assignee_id")),
        is("admin_assignee_id", "/admin_assignee_id", text(&sample, "/admin_assignee_id")),
        lists("contact_id", "/contacts/contacts", text(&sample, "/contacts/contacts/0/id")),
        lists("tag_id", "/tags/tags", text(&sample, "/tags/tags/0/id")),
        since("created_since", "created_at", sample["created_at"].as_i64().unwrap()),
        since("updated_since", "updated_at", sample["updated_at"].as_i64().unwrap()),
        takes("time_to_admin_reply", ">", 3000),
        takes("time_to_assignment", "<", 3000),
        takes("time_to_first_close", ">", 9000),
        (unclosed, Box::new(|row| row["state"] != "closed")),
        all_of,
        (json!({}), Box::new(|_| true)),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_search_finds_what_meets_all_conditions() {
    let town = busy();
    let all: Vec<Value> = town.ids("conversations").iter().map(|id| town.record("conversations", id).unwrap()).collect();
    for (input, test) in cases(&all) {
        let mut expect: Vec<String> = all.iter().filter(|row| test(row)).map(|row| text(row, "/id")).collect();
        let (mut asked, mut found) = (input.clone(), Vec::new());
        loop {
            let answer = run(&town, "search_conversations", asked.clone()).await;
            let answer = answer.unwrap_or_else(|e| panic!("{input}: {e:?}")).answer;
            assert_eq!(answer["total_count"], expect.len(), "{input}");
            found.extend(answer["data"].as_array().unwrap().iter().map(|row| text(row, "/id")));
            if answer["next_cursor"].is_null() {
                break;
            }
            asked["starting_after"] = answer["next_cursor"].clone();
        }
        expect.sort();
        found.sort();
        assert_eq!(found, expect, "{input}");
        assert!(!expect.is_empty(), "{input} shows nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_moment_is_included_however_intercom_reads_greater_than() {
    for inclusive_ops in [false, true] {
        let town = Town::new(Options {
            contacts: 5,
            conversations: 20,
            rate_limit: 0,
            now: Some(NOW),
            inclusive_ops,
            ..Options::default()
        });
        let mut times: Vec<i64> = town
            .ids("conversations")
            .iter()
            .map(|id| town.record("conversations", id).unwrap()["created_at"].as_i64().unwrap())
            .collect();
        times.sort_unstable();
        let answer = run(&town, "conversations.search", json!({"created_since": times[10]})).await.unwrap().answer;
        assert_eq!(answer["total_count"], times.iter().filter(|at| **at >= times[10]).count());
    }
    let town = quiet();
    for (input, says) in [
        (
            json!({"query": {"field": "state", "operator": "=", "value": "open"}, "tag_id": "1"}),
            "cannot be combined with `tag_id`",
        ),
        (json!({"statistics_time_to_assignment": {"value": 3}}), "`statistics_time_to_assignment` must be"),
        (json!({"per_page": 151}), "from 1 to 150"),
        (json!({"state": "asleep"}), "takes open | closed | snoozed"),
        (json!({"created_since": "yesterday"}), "expected a time"),
    ] {
        let said = refusal(run(&town, "conversations.search", input.clone()).await);
        assert!(said.contains(says), "{input}: {said}");
    }
    assert_eq!(town.calls().len(), 0);
}
