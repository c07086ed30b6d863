//! What is read of a contact.

use super::*;
use crate::pairs::left::Facts;

async fn full() -> Mirror {
    let mirror = Mirror::new().await;
    let companies = [
        json!({"id": "k1", "name": "Zeta", "size": 5, "last_request_at": 10, "updated_at": 1}),
        json!({"id": "k2", "name": "alpha", "size": 500, "last_request_at": 20, "updated_at": 1}),
        json!({"id": "k3", "name": "Mu", "size": 50, "last_request_at": 30, "updated_at": 1}),
        json!({"id": "k0", "name": "Nu", "updated_at": 1}),
    ];
    mirror.put("companies", &companies, 100).await;
    mirror.put("tags", &[json!({"id": "t1", "name": "VIP"}), json!({"id": "t2", "name": "bug"})], 100).await;
    let contacts = [contact("c2", 1, &[], &[]), contact("c1", 7, &["t1"], &["k0", "k1", "k2", "k3"])];
    mirror.put("contacts", &contacts, 100).await;
    let rated = json!({
        "state": "snoozed", "conversation_rating": {"rating": 2, "created_at": 90}, "source": {"delivered_as": "automated"},
        "statistics": {"time_to_admin_reply": 600, "count_conversation_parts": 3},
        "ai_agent_participated": true, "ai_agent": {"resolution_state": "assumed_resolution", "rating": 5},
    });
    let last = json!({
        "state": "closed", "conversation_rating": {"rating": 4, "created_at": 80},
        "source": {"delivered_as": "customer_initiated"}, "statistics": {"count_conversation_parts": 4},
    });
    let conversations = [conversation("v1", 50, &["c1"], &["t1"], rated), conversation("v2", 60, &["c1"], &["t2", "t1"], last)];
    mirror.put("conversations", &conversations, 100).await;
    mirror
}

#[tokio::test]
async fn a_contact_comes_with_what_the_mapping_wants() {
    let mirror = full().await;
    let mapping = mapping(EVERYTHING);
    let reader = mirror.reader(&mapping);
    let found = all(&reader);
    assert_eq!(found.iter().map(|left| left.id.as_str()).collect::<Vec<_>>(), ["c1", "c2"]);
    let ada = &found[0];
    assert_eq!((ada.role.as_str(), ada.email.as_deref(), ada.updated_at), ("user", Some("c1@Mail.example"), 7));
    assert_eq!(ada.custom["plan_tier"], "pro");
    assert_eq!(ada.tags.as_deref(), Some(&["VIP".to_string()][..]));
    assert_eq!(
        ada.facts,
        Some(Facts {
            conversations: 2,
            open: 1,
            last_at: Some(60),
            last_channel: Some("customer_initiated".into()),
            last_tags: vec!["VIP".into(), "bug".into()],
            last_rating: Some(2),
            first_response: Some(600),
            messages: Some(7),
            fin_resolution: Some("assumed_resolution".into()),
            fin_rating: Some(5),
        })
    );
    let values = mapping.left(ada).values;
    for (key, expect) in [
        ("FULLNAME", json!("Ada c1")),
        ("SIGNUP", json!("2026-11-20")),
        ("COMPANY", json!("Mu")),
        ("SIZE", json!(50)),
        ("PLAN", json!("pro")),
        ("list:36", json!(true)),
        ("list:40", json!(true)),
    ] {
        assert_eq!(values[mapping.keys()[key]], expect, "{key}");
    }
    assert_eq!((found[1].company.as_ref(), found[1].facts.as_ref()), (None, Some(&Facts::default())));
    assert_eq!(reader.one("c1").expect("reads").as_ref(), Some(ada));
    assert_eq!(reader.one("none").expect("reads"), None);
    let mut some = Vec::new();
    let ids = ["c2".to_string(), "none".into(), "c1".into()];
    reader
        .some(&ids, &mut |left| {
            some.push(left.id);
            Ok(())
        })
        .expect("reads");
    assert_eq!(some, ["c2", "c1"]);
    assert_eq!((reader.count().expect("counts"), reader.newest_mark().expect("reads")), (2, Some(100)));
}

#[tokio::test]
async fn the_company_is_chosen_by_the_stated_rule() {
    let mirror = full().await;
    for (rule, name) in [("", "Mu"), ("company: newest\n", "Mu"), ("company: largest\n", "alpha"), ("company: first\n", "alpha")]
    {
        let mapping = mapping(&format!("{EVERYTHING}{rule}"));
        let ada = mirror.reader(&mapping).one("c1").expect("reads").expect("is there");
        assert_eq!(mapping.left(&ada).values[mapping.keys()["COMPANY"]], name, "{rule}");
    }
}

#[tokio::test]
async fn tables_that_are_not_there_read_as_nothing() {
    let mirror = Mirror::new().await;
    let mapping = mapping(EVERYTHING);
    let reader = mirror.reader(&mapping);
    assert!(all(&reader).is_empty());
    assert_eq!((reader.count().expect("counts"), reader.newest_mark().expect("reads")), (0, None));
    assert!(reader.by_email("c1@mail.example").expect("reads").is_empty() && reader.changed_since(0).expect("reads").is_empty());
    mirror.put("contacts", &[contact("c1", 1, &["t1"], &["k1"])], 100).await;
    let reader = mirror.reader(&mapping);
    let ada = all(&reader).remove(0);
    assert_eq!((ada.company.as_ref(), ada.tags.as_ref(), ada.facts.as_ref()), (None, None, None));
    let values = mapping.left(&ada).values;
    for key in ["COMPANY", "LAST_RATING", "list:36", "list:40"] {
        assert_eq!(values[mapping.keys()[key]], Value::Null, "{key}");
    }
    assert_eq!(reader.changed_since(100).expect("reads"), ["c1"]);
}

#[tokio::test]
async fn contacts_are_found_by_their_address_in_any_case() {
    let mirror = full().await;
    let same = json!({"id": "c3", "role": "lead", "email": "C1@MAIL.EXAMPLE", "updated_at": 1});
    mirror.put("contacts", &[same], 101).await;
    let reader = mirror.reader(&mapping(EVERYTHING));
    let found = reader.by_email("c1@mail.example").expect("reads");
    assert_eq!(found, [("c1".to_string(), "user".to_string()), ("c3".into(), "lead".into())]);
    assert!(reader.by_email("nobody@mail.example").expect("reads").is_empty());
    assert!(ensure_indexes(&mirror.path).expect("looks").is_empty(), "indexes are made once");
}
