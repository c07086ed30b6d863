//! How fast contacts are read and projected. Prints; run with `--release -- --ignored --nocapture`.

use super::*;

const CONTACTS: usize = 50_000;

/// CPU seconds of this process; 0 where the system does not say.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

#[tokio::test]
#[ignore = "a measurement, for release builds"]
async fn contacts_per_cpu_second() {
    let mirror = Mirror::new().await;
    let companies: Vec<Value> = (0..2000)
        .map(|n| json!({"id": format!("k{n}"), "name": format!("Company {n}"), "size": n, "plan": {"name": "Scale"}, "updated_at": 1}))
        .collect();
    mirror.put("companies", &companies, 1).await;
    mirror.put("tags", &(0..50).map(|n| json!({"id": format!("t{n}"), "name": format!("tag {n}")})).collect::<Vec<_>>(), 1).await;
    for chunk in (0..CONTACTS).collect::<Vec<_>>().chunks(5000) {
        let contacts: Vec<Value> = chunk
            .iter()
            .map(|n| {
                let (tag, company) = (format!("t{}", n % 50), format!("k{}", n % 2000));
                let mut record = contact(&format!("6a{:022x}", n * 7919 % CONTACTS), 1, &[&tag], &[&company]);
                record["phone"] = json!(format!("+49 176 {n:07}"));
                record["last_seen_at"] = json!(1_795_000_000 + n);
                record["custom_attributes"] =
                    json!({"plan_tier": "pro", "feature_usage": n, "note": "x".repeat(80), "d": 4, "e": 5});
                record["social_profiles"] = json!({"data": [{"name": "x", "url": "y".repeat(300)}]});
                record["browser"] = json!("z".repeat(200));
                record
            })
            .collect();
        mirror.put("contacts", &contacts, 1).await;
        // Two conversations for each contact, with bodies that spill over.
        let conversations: Vec<Value> = chunk
            .iter()
            .flat_map(|n| [*n, n + CONTACTS])
            .map(|n| {
                let person = format!("6a{:022x}", n % CONTACTS);
                let more = json!({
                    "source": {"delivered_as": "customer_initiated", "body": "b".repeat(600)},
                    "statistics": {"time_to_admin_reply": 60, "count_conversation_parts": 5},
                    "conversation_rating": {"rating": 4, "created_at": 5},
                });
                conversation(&n.to_string(), 1_795_000_000, &[&person], &["t1"], more)
            })
            .collect();
        mirror.put("conversations", &conversations, 1).await;
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the fixture is there");
    let text = read("seed000_basic.yml").replace("${INTERCOM_ACCESS_TOKEN}", "t") + &read("seed000_mapping.yml");
    let mapping = mapping(&text);
    let reader = mirror.reader(&mapping);
    for round in 0..2 {
        let (before, mut values) = (cpu(), 0);
        let read = reader.all(&mut |left| {
            values += mapping.left(&left).values.iter().filter(|value| !value.is_null()).count();
            Ok(())
        });
        let read = read.expect("reads") as f64;
        let spent = cpu() - before;
        println!("round {round}: {read} contacts, {:.1} values each, {:.0} per CPU second", values as f64 / read, read / spent);
    }
    let before = cpu();
    let ids = reader.changed_since(1).expect("reads").len();
    println!("changed_since: {ids} ids in {:.2} CPU seconds", cpu() - before);
}
