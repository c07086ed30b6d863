use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tajo_sim::BrevoFault;

use crate::asking::{after, twin};

#[tokio::test(start_paused = true)]
async fn an_import_waits_works_and_ends() {
    let twin = twin(|_| {});
    let id = twin.import(json!([{"email": "ada@a.example", "attributes": {"FIRSTNAME": "Ada"}}]), json!({})).await;
    let path = format!("/processes/{id}");
    assert_eq!(twin.get(&path).await.body["status"], "queued");
    assert!(twin.brevo.is_empty());
    after(600).await;
    assert_eq!(twin.get(&path).await.body["status"], "in_process");
    assert_eq!(twin.get("/processes?limit=50").await.body["processes"][0]["status"], "processing");
    after(1400).await;
    let done = twin.get(&path).await.body;
    assert_eq!((&done["name"], &done["status"]), (&json!("IMPORTUSER"), &json!("completed")));
    let files = done["info"]["import"].as_object().unwrap();
    assert!(files.len() == 7 && files.values().all(Value::is_null), "{files:?}");
    let ada = twin.brevo.contact_by_email("ada@a.example").unwrap();
    assert_eq!((&ada["listIds"], &ada["attributes"]["FIRSTNAME"]), (&json!([35]), &json!("Ada")));
    assert_eq!(ada["createdAt"], "2026-09-21T14:13:22.000Z");
    assert_eq!(twin.get("/processes/1").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn imports_run_one_after_the_other() {
    let twin = twin(|o| o.import_ms = 1000);
    for email in ["a@a.example", "b@a.example", "c@a.example"] {
        twin.import(json!([{"email": email}]), json!({})).await;
    }
    after(2000).await;
    assert_eq!(twin.brevo.len(), 2);
    let list = twin.get("/processes").await.body;
    let statuses: Vec<&str> = list["processes"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!((statuses, &list["count"]), (vec!["queued", "completed", "completed"], &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_refused_whole_or_not_at_all() {
    let twin = twin(|_| {});
    let row = json!([{"email": "ada@a.example"}]);
    for (body, code) in [
        (json!({"jsonBody": row}), "missing_parameter"),
        (json!({"jsonBody": row, "listIds": [99]}), "invalid_parameter"),
        (json!({"jsonBody": [], "listIds": [35]}), "invalid_parameter"),
        (json!({"listIds": [35]}), "missing_parameter"),
        (json!({"fileBody": "NAME;AGE\nx;1", "listIds": [35]}), "invalid_parameter"),
    ] {
        let refused = twin.post("/contacts/import", body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{body}");
    }
    let large = json!([{"email": "ada@a.example", "attributes": {"FIRSTNAME": "x".repeat(10_000_000)}}]);
    assert_eq!(twin.post("/contacts/import", json!({"jsonBody": large, "listIds": [35]})).await.code(), "invalid_parameter");
    assert_eq!(twin.get("/processes").await.body["count"], 0);
}

#[tokio::test(start_paused = true)]
async fn rows_that_collide_are_reported_by_identifier() {
    let twin = twin(|_| {});
    twin.contact(json!({"email": "x@a.example", "ext_id": "u-1", "attributes": {"SMS": "4915100000001"}})).await;
    let process = twin
        .imported(
            json!([
                {"email": "no address"},
                {"email": "a@a.example", "attributes": {"SMS": "4915100000001"}},
                {"email": "b@a.example", "attributes": {"EXT_ID": "u-1"}},
                {"email": "c@a.example", "attributes": {"SMS": "4915100000002"}},
                {"email": "d@a.example", "attributes": {"SMS": "+4915100000002"}},
                {"email": "c@a.example", "attributes": {"FIRSTNAME": "Second"}},
                {"email": "e@a.example", "attributes": {"SMS": "nonsense", "WHATSAPP": "4915100000003"}},
                {"attributes": {"EXT_ID": "u-2"}},
                {"attributes": {"FIRSTNAME": "Nobody"}},
            ]),
            json!({"notifyUrl": "http://127.0.0.1:9/done"}),
        )
        .await;
    assert_eq!(process["status"], "completed");
    assert_eq!(twin.failed(&process, "invalid_emails").await, ["no address"]);
    assert_eq!(twin.failed(&process, "duplicate_phone_id").await, ["4915100000001", "4915100000002"]);
    assert_eq!(twin.failed(&process, "duplicate_ext_id").await, ["u-1"]);
    assert_eq!(twin.failed(&process, "duplicate_email_id").await, ["c@a.example"]);
    assert!(process["info"]["import"]["duplicate_whatsapp_id"].is_null());
    let held: Vec<Value> = twin.brevo.contacts().into_iter().map(|one| one["email"].clone()).collect();
    assert_eq!(held, [json!("x@a.example"), json!("c@a.example"), json!("e@a.example"), Value::Null]);
    let told = "new_emails=3&emails_exists=0&invalid_email=1&duplicates_email=1".to_owned();
    assert_eq!(twin.brevo.notified(), [("http://127.0.0.1:9/done".to_owned(), told)]);
}

#[tokio::test(start_paused = true)]
async fn the_blocklist_flag_counts_for_every_row_and_never_unblocks() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "out@a.example", "emailBlacklisted": true})).await;
    twin.imported(json!([{"email": "out@a.example", "attributes": {"FIRSTNAME": "O"}}]), json!({"emailBlacklist": false})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["emailBlacklisted"], true);
    twin.imported(json!([{"email": "a@a.example"}, {"email": "b@a.example"}]), json!({"emailBlacklist": true})).await;
    assert!(twin.brevo.contacts().iter().all(|one| one["emailBlacklisted"] == true));
    assert!(twin.brevo.resubscribed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn existing_people_and_empty_fields_follow_the_flags() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example", "attributes": {"FIRSTNAME": "Ada", "LASTNAME": "B"}})).await;
    let row = json!([{"email": "ada@a.example", "attributes": {"FIRSTNAME": "", "LASTNAME": "C"}}]);
    twin.imported(row.clone(), json!({"updateExistingContacts": false})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({"FIRSTNAME": "Ada", "LASTNAME": "B"}));
    twin.imported(row.clone(), json!({})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({"FIRSTNAME": "Ada", "LASTNAME": "C"}));
    twin.imported(row, json!({"emptyContactsAttributes": true})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({"LASTNAME": "C"}));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_taken_with_semicolons_and_a_new_list_is_made() {
    let twin = twin(|o| o.attributes.push(("VIP".to_owned(), "boolean".to_owned())));
    let file = "email;FIRSTNAME;VIP;OTHER\nada@a.example;\"Ada; B\";yes;x\n";
    let body = json!({"fileBody": file, "newList": {"listName": "fresh", "folderId": 1}});
    assert_eq!(twin.post("/contacts/import", body).await.status, 202);
    after(2000).await;
    let ada = twin.brevo.contact_by_email("ada@a.example").unwrap();
    assert_eq!((&ada["attributes"], &ada["listIds"]), (&json!({"FIRSTNAME": "Ada; B", "VIP": true}), &json!([41])));
    assert_eq!(twin.get("/contacts/lists/41").await.body["name"], "fresh");
}

#[tokio::test(start_paused = true)]
async fn files_take_no_credentials() {
    let twin = twin(|_| {});
    let process = twin.imported(json!([{"email": "x"}]), json!({})).await;
    let address = process["info"]["import"]["invalid_emails"].as_str().unwrap();
    let with_key = Request::get(address).header("api-key", "k").body(Body::empty()).unwrap();
    assert_eq!(twin.send(with_key).await.status, 400);
    assert_eq!(twin.failed(&process, "invalid_emails").await, ["x"]);
    let headed = crate::asking::twin(|o| o.report_header = true);
    let process = headed.imported(json!([{"email": "x"}]), json!({})).await;
    assert_eq!(headed.failed(&process, "invalid_emails").await, ["EMAIL", "x"]);
    assert_eq!(twin.send(Request::get("/imports/78/other.csv").body(Body::empty()).unwrap()).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn imports_can_hang_fail_or_lose_rows() {
    let twin = twin(|_| {});
    let rows: Vec<Value> = (0..6).map(|n| json!({"email": format!("p{n}@a.example")})).collect();
    for (fault, status, held) in [
        (BrevoFault::ImportStuck, "in_process", 0),
        (BrevoFault::ImportFailed, "failed", 0),
        (BrevoFault::ImportHalf, "completed", 4),
    ] {
        twin.brevo.faults().script("POST", "/contacts/import", 1, fault);
        let process = twin.imported(json!(rows), json!({})).await;
        assert_eq!((process["status"].as_str(), twin.brevo.len()), (Some(status), held));
    }
    assert_eq!(twin.brevo.faults().fired(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_same_import_twice_is_two_processes() {
    let twin = twin(|_| {});
    let rows = json!([{"email": "ada@a.example"}]);
    let (first, second) = (twin.import(rows.clone(), json!({})).await, twin.import(rows, json!({})).await);
    after(4000).await;
    assert_ne!(first, second);
    assert_eq!((twin.brevo.len(), twin.brevo.creations()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_export_holds_a_list() {
    let twin = twin(|_| {});
    twin.contact(json!({"email": "ada@a.example", "attributes": {"FIRSTNAME": "Ada"}, "listIds": [35]})).await;
    twin.contact(json!({"email": "b@a.example"})).await;
    let body = json!({"customContactFilter": {"actionForContacts": "allContacts", "listId": 35}, "exportAttributes": ["fname", "firstname"]});
    let id = twin.post("/contacts/export", body).await.body["processId"].clone();
    after(2000).await;
    let process = twin.get(&format!("/processes/{id}")).await.body;
    let file = twin.send(Request::get(process["export_url"].as_str().unwrap()).body(Body::empty()).unwrap()).await;
    let text = file.raw.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("FNAME;FIRSTNAME") && lines[1].ends_with(";;Ada"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn eight_megabytes_are_taken_at_once() {
    let twin = twin(|o| o.import_ms = 0);
    let row = |n: usize| {
        let text = "a value of some length, as people write them";
        json!({"email": format!("person{n}@a.example"), "attributes": {"FIRSTNAME": text, "LASTNAME": text, "JOB_TITLE": text, "LINKEDIN": text, "EXT_ID": n.to_string()}})
    };
    let rows: Vec<Value> = (0..28_000).map(row).collect();
    assert!(json!(rows).to_string().len() > 7_500_000);
    twin.import(json!(rows), json!({})).await;
    assert_eq!(twin.brevo.len(), 28_000);
}
