//! Contacts, with every documented key, `null` when unset.

use super::super::versions::Version;
use super::staff::admin;
use crate::dice::Dice;
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;
use crate::world::people::{Contact, person};
use crate::world::words::{BROWSERS, LANGUAGES, NOTES, PLACES, PLANS};

/// Embedded lists hold at most ten references; the rest is behind their `url`.
/// Source: spec, schemas `contact_tags`, `contact_companies`, `contact_notes`.
const EMBEDDED_MAX: usize = 10;

pub(crate) fn contact(j: &mut Json, world: &World, row: &Contact, version: Version) {
    let mut dice = Dice::of(world.seed, 71, row.serial);
    let id = Kind::Contact.id(row.serial);
    let person = person(world.seed, row);
    let domain = person.email.as_deref().and_then(|email| email.split('@').nth(1)).map(str::to_owned);
    let blank = || (!world.options.null_emails).then(String::new);
    let phone = dice.per_mille(400).then(|| format!("+1555{:07}", dice.below(10_000_000)));
    j.put("type", "contact");
    j.put("id", id.as_str());
    j.put("workspace_id", world.workspace_id());
    j.put("external_id", person.external_id);
    j.put("role", if row.origin.lead { "lead" } else { "user" });
    j.put("email", person.email.or_else(blank));
    j.put("email_domain", domain.or_else(blank));
    j.put("phone", &phone);
    j.put("formatted_phone", &phone);
    j.put("name", person.name);
    j.null("avatar");
    let owner = (world.options.admins > 0 && dice.per_mille(250)).then(|| dice.serial(world.options.admins));
    owner_id(j, owner, version);
    j.sub("social_profiles", |j| {
        j.put("type", "list");
        j.list("data", [(); 0], |_, ()| {});
    });
    j.put("has_hard_bounced", dice.per_mille(20));
    j.put("marked_email_as_spam", dice.per_mille(5));
    j.put("unsubscribed_from_emails", dice.per_mille(80));
    times(j, row, &mut dice);
    device(j, row, &mut dice);
    custom_attributes(j, row, &mut dice);
    embedded(j, world, row, &id);
    for key in ["utm_campaign", "utm_content", "utm_medium", "utm_source", "utm_term", "referrer"] {
        j.null(key);
    }
    if version >= Version::V2_12 {
        j.null("enabled_push_messaging");
    }
    if world.options.unknown_fields {
        j.put("sim_unknown", row.serial);
    }
}

/// A number until 2.15, a string from 2.16 on. Source: spec diff 2.15 to 2.16.
fn owner_id(j: &mut Json, owner: Option<u32>, version: Version) {
    match owner {
        Some(owner) if version >= Version::V2_16 => j.put("owner_id", Kind::Admin.id(owner)),
        Some(owner) => j.put("owner_id", Kind::Admin.number(owner)),
        None => j.null("owner_id"),
    }
}

fn times(j: &mut Json, row: &Contact, dice: &mut Dice) {
    let mut maybe =
        |chance: u32, back: i64| dice.per_mille(chance).then(|| (row.seen_at - dice.between(0, back)).max(row.created_at));
    j.put("created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    j.put("signed_up_at", (!row.origin.lead).then_some(row.created_at));
    j.put("last_seen_at", row.seen_at);
    j.put("last_replied_at", maybe(400, 10 * 86_400));
    j.put("last_contacted_at", maybe(500, 20 * 86_400));
    j.put("last_email_opened_at", maybe(300, 30 * 86_400));
    j.put("last_email_clicked_at", maybe(150, 30 * 86_400));
}

fn device(j: &mut Json, row: &Contact, dice: &mut Dice) {
    let (browser, version, os) = *dice.pick(&BROWSERS);
    let (country, code, continent, region, city) = *dice.pick(&PLACES);
    let known = dice.per_mille(850);
    j.put("language_override", dice.per_mille(60).then(|| *dice.pick(&LANGUAGES)));
    j.put("browser", known.then_some(browser));
    j.put("browser_version", known.then_some(version));
    j.put("browser_language", known.then(|| *dice.pick(&LANGUAGES)));
    j.put("os", known.then_some(os));
    j.sub("location", |j| {
        j.put("type", "location");
        j.put("country", known.then_some(country));
        j.put("region", known.then_some(region));
        j.put("city", known.then_some(city));
        j.put("country_code", known.then_some(code));
        j.put("continent_code", known.then_some(continent));
    });
    let (android, ios) = (dice.per_mille(70), dice.per_mille(90));
    let mut phone = |platform: &str, has: bool, values: [&str; 5]| {
        for (key, value) in ["app_name", "app_version", "device", "os_version", "sdk_version"].iter().zip(values) {
            j.put(&format!("{platform}_{key}"), has.then_some(value));
        }
        j.put(&format!("{platform}_last_seen_at"), has.then_some(row.seen_at));
    };
    phone("android", android, ["Town", "5.2.0", "Pixel 9", "15", "15.11.4"]);
    phone("ios", ios, ["Town", "5.2.1", "iPhone16,1", "18.2", "18.6.0"]);
}

/// One of each type, a name with a space and one beyond ASCII. They follow the data attributes.
fn custom_attributes(j: &mut Json, row: &Contact, dice: &mut Dice) {
    j.sub("custom_attributes", |j| {
        j.put("plan_tier", PLANS[dice.below(4) as usize]);
        j.put("feature_usage", i64::from(row.revision) + dice.between(0, 400));
        j.put("mrr", f64::from(u32::try_from(dice.below(90_000)).unwrap_or(0)) / 100.0);
        j.put("onboarded", dice.per_mille(700));
        if dice.per_mille(500) {
            j.put("Favourite colour", *dice.pick(&["teal", "brick \"red\"", "緑"]));
        }
        j.put("größe", dice.per_mille(600).then(|| *dice.pick(&["klein", "groß"])));
        j.put("trial_ends_at", dice.per_mille(300).then(|| row.created_at + 14 * 86_400));
    });
}

fn embedded(j: &mut Json, world: &World, row: &Contact, id: &str) {
    let tags: Vec<String> =
        row.tags.iter().filter(|(tag, _)| world.tag_is_alive(*tag)).map(|(tag, _)| Kind::Tag.id(*tag)).collect();
    let notes: Vec<String> = (0..note_count(world, row)).map(|n| note_id(row, n)).collect();
    let alive = row.companies.iter().filter(|company| world.companies.primary(**company).is_some());
    let companies: Vec<String> = alive.map(|company| Kind::Company.id(*company)).collect();
    references(j, "tags", ("tag", "tags"), &tags, id);
    references(j, "notes", ("note", "notes"), &notes, id);
    references(j, "companies", ("company", "companies"), &companies, id);
    references(j, "opted_out_subscription_types", ("subscription", "subscriptions"), &[], id);
    references(j, "opted_in_subscription_types", ("subscription", "subscriptions"), &[], id);
}

fn references(j: &mut Json, key: &str, (kind, path): (&str, &str), ids: &[String], contact: &str) {
    j.sub(key, |j| {
        j.put("type", "list");
        j.list("data", ids.iter().take(EMBEDDED_MAX), |j, id| {
            j.put("id", id);
            j.put("type", kind);
            j.put("url", format!("/{path}/{id}"));
        });
        j.put("url", format!("/contacts/{contact}/{path}"));
        j.put("total_count", ids.len());
        j.put("has_more", ids.len() > EMBEDDED_MAX);
    });
}

/// Most contacts have no note, some two, a few more than are embedded.
pub(crate) fn note_count(world: &World, row: &Contact) -> u32 {
    match Dice::of(world.seed, 72, row.serial).below(100) {
        0..=84 => 0,
        85..=98 => 2,
        _ => 12,
    }
}

fn note_id(row: &Contact, n: u32) -> String {
    Kind::Note.id(row.serial * 16 + n)
}

pub(crate) fn note(j: &mut Json, world: &World, row: &Contact, n: u32, version: Version) {
    let mut dice = Dice::of(world.seed, 73 + u64::from(n), row.serial);
    j.put("type", "note");
    j.put("id", note_id(row, n));
    j.put("created_at", row.created_at + i64::from(n) * 3600);
    j.sub("contact", |j| {
        j.put("type", "contact");
        j.put("id", Kind::Contact.id(row.serial));
    });
    let author = (world.options.admins > 0).then(|| dice.serial(world.options.admins));
    j.sub_or_null("author", author, |j, author| admin(j, world, author, version));
    j.put("body", format!("<p>{}</p>", dice.pick(&NOTES)));
}
