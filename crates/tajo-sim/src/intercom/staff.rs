//! What admins do besides answering: away mode, activity logs, messages.
//! Source: spec, `PUT /admins/{id}/away`, `GET /admins/activity_logs`, `POST /messages`.

use serde_json::{Map, Value};

use super::body::{Takes, fields, id as id_in, object, wrong};
use super::errors::Refusal;
use super::pages::{Sizes, host, page_number, slice};
use super::whom::{Whom, whom};
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;
use crate::world::ledger::{Activity, Away};

/// Source: spec example of `GET /admins/activity_logs`, 20; the greatest is assumed.
const LOGS: Sizes = Sizes(20, 60);
/// Ids of messages that began no conversation.
const MESSAGE_BASE: usize = 19_000_000;
/// Recipients of one message; not documented.
const RECIPIENTS_MAX: usize = 50;

/// Both switches are wanted. The change is an activity of the admin.
pub(super) fn away(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    let missing = || Refusal::new(404, "admin_not_found", "Admin for admin_id not found");
    let admin = Kind::Admin.serial(id).filter(|admin| (*admin as usize) < world.options.admins).ok_or_else(missing)?;
    let body = object(ask)?;
    let flag = |key: &str| {
        let value = body.get(key).ok_or_else(|| Refusal::new(400, "parameter_not_found", format!("{key} not specified")))?;
        value.as_bool().ok_or_else(|| wrong(key, "a boolean"))
    };
    let (enabled, reassign) = (flag("away_mode_enabled")?, flag("away_mode_reassign")?);
    let reason = fields(&body, &[("away_status_reason_id", Takes::Integer)])?.first().and_then(|(_, value)| value.as_i64());
    world.ledger.away.insert(admin, Away { enabled, reassign, reason });
    let metadata = [("away_mode", enabled.into()), ("reassign_conversations", reassign.into())];
    let activity = Activity {
        id: world.stamp.uuid(),
        at: ask.now_ms.div_euclid(1000),
        admin,
        kind: "admin_away_mode_change",
        metadata: metadata.into_iter().map(|(key, value): (&str, Value)| (key.to_owned(), value)).collect(),
        description: "An admin changed their away mode.".to_owned(),
    };
    world.ledger.activities.push(activity);
    Ok(Json::object(|j| show::admin(j, world, admin, ask.version)))
}

/// Newest first; `next` is a URL, whatever the schema says (connectors follow it as one).
pub(super) fn activity_logs(world: &World, ask: &Ask<'_>) -> Answer {
    let bound = |key: &'static str| {
        let read = |text: &str| text.parse::<i64>().map_err(|_| wrong(key, "a unix timestamp"));
        ask.query(key).map(read).transpose()
    };
    let after = bound("created_at_after")?;
    let after = after.ok_or_else(|| Refusal::new(400, "parameter_not_found", "created_at_after not specified"))?;
    let before = bound("created_at_before")?;
    let (per_page, page) = (LOGS.check(ask.query("per_page"))?, page_number(ask)?);
    let fits = |activity: &&Activity| activity.at >= after && before.is_none_or(|before| activity.at <= before);
    let all: Vec<&Activity> = world.ledger.activities.iter().rev().filter(fits).collect();
    let pages = all.len().div_ceil(per_page as usize);
    let upper = before.map(|before| format!("&created_at_before={before}")).unwrap_or_default();
    let host = host(&world.options.region);
    let next =
        format!("https://{host}/admins/activity_logs?created_at_after={after}{upper}&per_page={per_page}&page={}", page + 1);
    Ok(Json::object(|j| {
        j.put("type", "activity_log.list");
        j.sub("pages", |j| {
            j.put("type", "pages");
            j.put("next", (page < u64::try_from(pages).unwrap_or(0)).then_some(next));
            j.put("page", page);
            j.put("per_page", per_page);
            j.put("total_pages", pages);
        });
        j.list("activity_logs", slice(&all, page, per_page), |j, activity| show_activity(j, activity));
    }))
}

fn show_activity(j: &mut Json, activity: &Activity) {
    j.put("id", &activity.id);
    j.sub("performed_by", |j| {
        j.put("type", "admin");
        j.put("id", Kind::Admin.id(activity.admin));
        j.put("email", show::admin_email(activity.admin));
        j.put("ip", "198.51.100.7");
    });
    j.put("metadata", Value::Object(activity.metadata.clone()));
    j.put("created_at", activity.at);
    j.put("activity_type", activity.kind);
    j.put("activity_description", &activity.description);
}

/// The receivers: each must be in the index, which learns of a new contact late.
/// Source: spec, `POST /messages`, "There can be a short delay".
fn receivers(world: &World, ask: &Ask<'_>, body: &Map<String, Value>) -> Result<Vec<u32>, Refusal> {
    let missing = || Refusal::new(400, "parameter_not_found", "to not specified");
    let all = match body.get("to").ok_or_else(missing)? {
        Value::Array(all) if !all.is_empty() && all.len() <= RECIPIENTS_MAX => all.as_slice(),
        Value::Array(_) => return Err(wrong("to", "1 to 50 recipients")),
        one => std::slice::from_ref(one),
    };
    let one = |named: &Value| {
        let named = named.as_object().ok_or_else(|| wrong("to", "a recipient"))?;
        match whom(world, ask, named, ["id", "user_id", "email"])? {
            Whom::Known(serial) if world.contacts.shown(serial).is_some() => Ok(serial),
            _ => Err(Refusal::not_found("User Not Found")),
        }
    };
    all.iter().map(one).collect()
}

/// From an admin. There is no conversation until the contact answers, unless one is asked for.
pub(super) fn message(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let is_email = match body.get("message_type").and_then(Value::as_str) {
        Some("email") => true,
        Some("in_app" | "inapp") => false,
        _ => return Err(Refusal::invalid("message_type must be in_app or email")),
    };
    let said = body.get("body").and_then(Value::as_str).filter(|said| !said.trim().is_empty());
    let said = said.ok_or_else(|| Refusal::invalid("Body is required"))?.to_owned();
    let subject = body.get("subject").and_then(Value::as_str).filter(|subject| !subject.is_empty()).map(str::to_owned);
    if is_email && subject.is_none() {
        return Err(Refusal::new(422, "parameter_not_found", "No subject supplied for email message"));
    }
    let from = body.get("from").and_then(Value::as_object);
    let from = from.ok_or_else(|| Refusal::new(400, "parameter_not_found", "from not specified"))?;
    if from.get("type").and_then(Value::as_str) != Some("admin") {
        return Err(Refusal::invalid("from.type must be admin"));
    }
    let admin = id_in(from, "id").and_then(|id| Kind::Admin.serial(&id)).filter(|at| (*at as usize) < world.options.admins);
    let admin = admin.ok_or_else(|| Refusal::new(404, "admin_not_found", "Admin not found"))?;
    let to = receivers(world, ask, &body)?;
    let at = body.get("created_at").and_then(Value::as_i64).unwrap_or(ask.now_ms.div_euclid(1000));
    let opens = body.get("create_conversation_without_contact_reply") == Some(&Value::Bool(true));
    let conversation = opens.then(|| {
        world.open_conversation(ask.now_ms, 0, |row| {
            (row.contacts, row.ai, row.admin, row.team, row.created_at) = (to.clone(), false, Some(admin), None, at);
            let happened = row.note();
            happened.started_by = Some(admin);
            happened.written.set("source.body", super::conversation_writes::html(&said).into());
            happened.written.set("source.subject", subject.clone().unwrap_or_default().into());
        })
    });
    world.ledger.messages += 1;
    let id = conversation.map_or(MESSAGE_BASE + world.ledger.messages, |serial| 403_000_000 + serial as usize);
    Ok(Json::object(|j| {
        j.put("type", "admin_message");
        j.put("id", id.to_string());
        j.put("created_at", at);
        subject.iter().for_each(|subject| j.put("subject", subject));
        j.put("body", said);
        j.put("message_type", if is_email { "email" } else { "inapp" });
        conversation.into_iter().for_each(|serial| j.put("conversation_id", Kind::Conversation.id(serial)));
        j.sub("owner", |j| show::admin(j, world, admin, ask.version));
    }))
}
