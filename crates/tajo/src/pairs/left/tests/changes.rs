//! Which changes of the mirror lead to which contacts.

use super::*;

async fn mirror() -> Mirror {
    let mirror = Mirror::new().await;
    mirror.put("companies", &[json!({"id": "k1", "name": "Zeta", "updated_at": 1}), json!({"id": "k2", "name": "Mu"})], 10).await;
    mirror.put("tags", &["t1", "t2", "t3"].map(|id| json!({"id": id, "name": id})), 10).await;
    let contacts = [
        contact("c1", 1, &["t1"], &[]),
        contact("c2", 1, &[], &["k1"]),
        contact("c3", 1, &[], &[]),
        contact("c4", 1, &["t3"], &["k2"]),
    ];
    mirror.put("contacts", &contacts, 10).await;
    mirror.put("conversations", &[conversation("v1", 1, &["c3"], &["t2"], json!({}))], 10).await;
    mirror
}

fn changed(mirror: &Mirror, since: i64) -> Vec<String> {
    mirror.reader(&mapping(EVERYTHING)).changed_since(since).expect("reads")
}

#[tokio::test]
async fn a_change_leads_to_the_contacts_it_touches_and_to_no_other() {
    let names = |names: [&str; 3]| -> Vec<Value> {
        ["t1", "t2", "t3"].iter().zip(names).map(|(id, name)| json!({"id": id, "name": name})).collect()
    };
    let mirror = mirror().await;
    assert_eq!(changed(&mirror, 10), ["c1", "c2", "c3", "c4"]);
    assert!(changed(&mirror, 11).is_empty());
    let quiet = mirror.put("contacts", &[contact("c1", 1, &["t1"], &[])], 20).await;
    assert_eq!(quiet, 0, "an equal record is not written");
    assert!(changed(&mirror, 11).is_empty());

    // A tag taken off: the record differs, so the row is written, and its links with it.
    mirror.put("contacts", &[contact("c1", 2, &[], &[])], 30).await;
    assert_eq!(changed(&mirror, 30), ["c1"]);
    let ada = mirror.reader(&mapping(EVERYTHING)).one("c1").expect("reads").expect("is there");
    assert_eq!(ada.tags, Some(vec![]));

    mirror.put("companies", &[json!({"id": "k1", "name": "Eta", "updated_at": 2})], 40).await;
    assert_eq!(changed(&mirror, 40), ["c2"]);

    mirror.put("conversations", &[conversation("v1", 2, &["c3"], &["t2"], json!({"state": "open"}))], 50).await;
    assert_eq!(changed(&mirror, 50), ["c3"]);
    // Whoever joins a conversation is seen with it.
    mirror.put("conversations", &[conversation("v1", 3, &["c3", "c4"], &["t2"], json!({}))], 60).await;
    assert_eq!(changed(&mirror, 60), ["c3", "c4"]);

    // A tag of contacts, then one of conversations, gets another name.
    mirror.put("tags", &names(["t1", "t2", "gold"]), 70).await;
    assert_eq!(changed(&mirror, 70), ["c4"]);
    mirror.put("tags", &names(["t1", "billing", "gold"]), 80).await;
    assert_eq!(changed(&mirror, 80), ["c3", "c4"]);

    // A tag is gone: its row cannot tell, so its contacts come each time until they are read without it.
    mirror.put("tags", &names(["t1", "billing", "gold"])[..2], 90).await;
    assert_eq!(changed(&mirror, 91), ["c4"]);
    mirror.put("contacts", &[contact("c4", 2, &[], &["k2"])], 100).await;
    assert!(changed(&mirror, 101).is_empty());
    assert_eq!(mirror.reader(&mapping(EVERYTHING)).newest_mark().expect("reads"), Some(100));
}

#[tokio::test]
async fn what_the_mapping_does_not_want_leads_to_nobody() {
    let mirror = mirror().await;
    let narrow = mapping("direction: intercom_to_brevo\nfacts: off\nfield_mapping: {name: FULLNAME}");
    mirror.put("companies", &[json!({"id": "k1", "name": "Eta", "updated_at": 2})], 40).await;
    mirror.put("tags", &[json!({"id": "t1", "name": "gold"})], 40).await;
    mirror.put("conversations", &[conversation("v1", 2, &["c3"], &[], json!({}))], 40).await;
    assert!(mirror.reader(&narrow).changed_since(40).expect("reads").is_empty());
}
