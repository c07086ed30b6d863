//! What is hung on contacts and companies: tags, companies, notes, data attributes.

use serde_json::json;

use crate::asking::{code, get, ids, post, post_as, town};
use crate::writes::{delete, empty, put};

#[tokio::test(start_paused = true)]
async fn contacts_are_tagged_and_untagged() {
    let town = empty();
    let (id, tag) = (town.add_person("user", None, Some("Ada")), town.add_tag("vip"));
    let path = format!("/contacts/{id}/tags");
    let put_on = post(&town, &path, &json!({"id": tag})).await;
    assert_eq!((&put_on.body["type"], &put_on.body["name"]), (&json!("tag"), &json!("vip")));
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    let again = post(&town, &path, &json!({"id": tag})).await;
    assert_eq!(again.body["applied_at"], put_on.body["applied_at"]);
    assert_eq!(ids(&get(&town, &path).await.body["data"]), std::slice::from_ref(&tag));
    assert_eq!(delete(&town, &format!("{path}/{tag}")).await.body["id"], tag.as_str());
    assert_eq!(delete(&town, &format!("{path}/{tag}")).await.status, 404);
    assert_eq!(code(&post(&town, &path, &json!({"id": "1"})).await), "not_found");
    assert_eq!(town.record("contacts", &id).unwrap()["updated_at"], town.now());
}

#[tokio::test(start_paused = true)]
async fn contacts_join_and_leave_companies() {
    let town = empty();
    let (id, company) = (town.add_person("user", None, Some("Ada")), town.add_named_company("Heron Glass", "Scale", 12));
    let path = format!("/contacts/{id}/companies");
    assert_eq!(code(&post(&town, &path, &json!({})).await), "parameter_not_found");
    assert_eq!(code(&post(&town, &path, &json!({"id": "x"})).await), "company_not_found");
    let joined = post(&town, &path, &json!({"id": company})).await.body;
    assert_eq!((&joined["name"], &joined["plan"]["name"], &joined["size"]), (&json!("Heron Glass"), &json!("Scale"), &json!(12)));
    assert_eq!(joined["user_count"], 1);
    assert_eq!(ids(&post(&town, "/companies/list", &json!({})).await.body["data"]), std::slice::from_ref(&company));
    assert_eq!(delete(&town, &format!("{path}/{company}")).await.body["user_count"], 0);
    assert_eq!(code(&delete(&town, &format!("{path}/{company}")).await), "company_not_found");
}

#[tokio::test(start_paused = true)]
async fn companies_are_made_or_changed_by_their_own_id() {
    let town = town(|_| {});
    let body = json!({"company_id": "acme-1", "name": "Acme", "plan": "Gold", "size": 5, "monthly_spend": 9.9,
        "remote_created_at": 1_600_000_000, "custom_attributes": {"account_owner": "north desk"}});
    let made = post(&town, "/companies", &body).await.body;
    assert_eq!((&made["plan"]["name"], &made["monthly_spend"], &made["user_count"]), (&json!("Gold"), &json!(9), &json!(0)));
    assert_eq!(made["remote_created_at"], 1_600_000_000);
    let again = post(&town, "/companies", &json!({"company_id": "acme-1", "size": 6})).await.body;
    assert_eq!((&again["id"], &again["size"], &again["name"]), (&made["id"], &json!(6), &json!("Acme")));
    let settled = post(&town, "/companies", &json!({"company_id": "org-103", "name": "Renamed"})).await.body;
    assert_eq!((settled["id"].as_str(), &settled["name"]), (Some(town.ids("companies")[3].as_str()), &json!("Renamed")));
    assert_eq!(get(&town, "/companies?name=Renamed").await.body["id"], settled["id"]);
    let bare = post(&town, "/companies", &json!({"company_id": "acme-2"})).await.body;
    assert_eq!((&bare["plan"], bare.get("name"), bare.get("size"), bare.get("last_request_at")), (&json!({}), None, None, None));
    assert_eq!(bare["remote_created_at"], bare["created_at"]);
    let path = format!("/companies/{}", made["id"].as_str().unwrap());
    let put_in = put(&town, &path, &json!({"industry": "Glass", "company_id": "other", "remote_created_at": 1})).await.body;
    assert_eq!((&put_in["industry"], &put_in["company_id"]), (&json!("Glass"), &json!("acme-1")));
    assert_eq!(put_in["remote_created_at"], 1_600_000_000);
    for wrong in [json!({"size": "big"}), json!({"custom_attributes": {"nope": 1}}), json!({"plan": {"name": "Gold"}})] {
        assert_eq!(code(&put(&town, &path, &wrong).await), "parameter_invalid", "{wrong}");
    }
    assert_eq!(delete(&town, &path).await.body, json!({"id": made["id"], "object": "company", "deleted": true}));
    assert_eq!(code(&get(&town, &path).await), "company_not_found");
    town.set_company(&town.ids("companies")[0], "plan", json!("Platinum"));
    assert_eq!(town.record("companies", &town.ids("companies")[0]).unwrap()["plan"]["name"], "Platinum");
}

#[tokio::test(start_paused = true)]
async fn one_address_does_five_things_with_tags() {
    let town = empty();
    let (id, company) = (town.add_person("user", None, Some("Ada")), town.add_named_company("Heron", "Scale", 1));
    let made = post(&town, "/tags", &json!({"name": "Spring"})).await.body;
    assert_eq!(post(&town, "/tags", &json!({"name": "SPRING"})).await.body, made, "names have no case");
    let renamed = post(&town, "/tags", &json!({"id": made["id"], "name": "Summer"})).await.body;
    assert_eq!((&renamed["id"], &renamed["name"]), (&made["id"], &json!("Summer")));
    post(&town, "/tags", &json!({"name": "Summer", "users": [{"id": id}], "companies": [{"id": company}]})).await;
    assert_eq!(town.links("contact_tags").len(), 1);
    assert_eq!(town.record("companies", &company).unwrap()["tags"]["tags"][0]["name"], "Summer");
    let nobody = json!({"name": "Autumn", "users": [{"id": "nobody"}, {"id": id}]});
    assert_eq!(post(&town, "/tags", &nobody).await.status, 404);
    let told = post_as(&town, "2.16", "/tags", &nobody).await.body;
    assert_eq!(told["users"], json!([{"id": "nobody", "tagged": false}, {"id": id, "tagged": true}]));
    post(&town, "/tags", &json!({"name": "Summer", "companies": [{"id": company, "untag": true}]})).await;
    assert_eq!(town.record("companies", &company).unwrap()["tags"]["tags"], json!([]));
    assert_eq!(code(&post(&town, "/tags", &json!({})).await), "parameter_invalid");
    let path = format!("/tags/{}", made["id"].as_str().unwrap());
    let gone = delete(&town, &path).await;
    assert_eq!((gone.status, gone.body.is_null()), (200, true));
    assert_eq!(delete(&town, &path).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn notes_are_added_and_listed() {
    let town = town(|_| {});
    let id = town.ids("contacts")[1].clone();
    let admin = town.ids("admins")[2].clone();
    let before = town.record("contacts", &id).unwrap()["notes"]["total_count"].as_u64().unwrap();
    let path = format!("/contacts/{id}/notes");
    let made = post(&town, &path, &json!({"body": "Called back", "admin_id": admin})).await.body;
    assert_eq!((&made["body"], &made["author"]["id"]), (&json!("<p>Called back</p>"), &json!(admin)));
    assert_eq!(made["contact"]["id"], id.as_str());
    let list = get(&town, &path).await.body;
    assert_eq!((list["total_count"].as_u64(), list["data"].as_array().unwrap().last()), (Some(before + 1), Some(&made)));
    assert_eq!(code(&post(&town, &path, &json!({"body": "x", "admin_id": "9"})).await), "not_found");
    assert_eq!(code(&post(&town, &path, &json!({})).await), "parameter_not_found");
}

#[tokio::test(start_paused = true)]
async fn an_attribute_must_exist_before_it_is_written() {
    let town = empty();
    let id = town.add_person("user", None, Some("Ada"));
    let write = json!({"custom_attributes": {"shoe_size": 43}});
    assert_eq!(put(&town, &format!("/contacts/{id}"), &write).await.status, 400);
    let made =
        post(&town, "/data_attributes", &json!({"name": "shoe_size", "model": "contact", "data_type": "integer"})).await.body;
    assert_eq!((&made["full_name"], &made["custom"]), (&json!("custom_attributes.shoe_size"), &json!(true)));
    let list = get(&town, "/data_attributes?model=contact").await.body;
    assert!(list["data"].as_array().unwrap().contains(&made));
    let written = put(&town, &format!("/contacts/{id}"), &write).await.body;
    assert_eq!(written["custom_attributes"], json!({"shoe_size": 43}));
    let path = format!("/data_attributes/{}", made["id"]);
    let archived = put(&town, &path, &json!({"archived": true, "description": "EU sizes"})).await.body;
    assert_eq!((&archived["archived"], &archived["description"]), (&json!(true), &json!("EU sizes")));
    assert_eq!(put(&town, &format!("/contacts/{id}"), &write).await.status, 400);
    assert_eq!(code(&put(&town, "/data_attributes/1", &json!({})).await), "field_not_found");
    for wrong in [
        json!({"name": "shoe_size", "model": "company", "data_type": "integer"}),
        json!({"name": "a.b", "model": "contact", "data_type": "string"}),
        json!({"name": "ok", "model": "contact", "data_type": "list"}),
        json!({"name": "ok", "model": "conversation", "data_type": "string"}),
        json!({"name": "ok", "model": "contact", "data_type": "string", "options": [{"value": "one"}]}),
    ] {
        assert_eq!(code(&post(&town, "/data_attributes", &wrong).await), "parameter_invalid", "{wrong}");
    }
    let list = json!({"name": "mood", "model": "contact", "data_type": "string", "options": [{"value": "a"}, {"value": "b"}]});
    assert_eq!(post(&town, "/data_attributes", &list).await.body["options"], json!(["a", "b"]));
    let wrong = json!({"custom_attributes": {"mood": "c"}});
    assert_eq!(put(&town, &format!("/contacts/{id}"), &wrong).await.status, 400);
}
