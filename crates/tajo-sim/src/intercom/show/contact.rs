//! Contacts, with every documented key, `null` when unset.

use super::super::versions::Version;
use super::staff::admin;
use crate::dice::Dice;
use crate::json::{Ink, Json};
use crate::world::ids::Kind;
use crate::world::ledger::SUBSCRIPTIONS;
use crate::world::people::{Contact, person};
use crate::world::words::{BROWSERS, LANGUAGES, NOTES, PLACES, PLANS};
use crate::world::written::{Maybe, Stands, stands, text};
use crate::world::{Note, World};

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
    let phone = text(&row.written, "phone", || phone);
    let card = Card(&row.written);
    j.put("type", "contact");
    j.put("id", id.as_str());
    j.put("workspace_id", world.workspace_id());
    j.put("external_id", person.external_id);
    j.put("role", if row.is_lead() { "lead" } else { "user" });
    j.put("email", person.email.or_else(blank));
    j.put("email_domain", domain.or_else(blank));
    j.put("phone", &phone);
    j.put("formatted_phone", &phone);
    j.put("name", person.name);
    card.put(j, "avatar", None::<bool>);
    let owner = (world.options.admins > 0 && dice.per_mille(250)).then(|| dice.serial(world.options.admins));
    owner_id(j, row, owner, version);
    j.sub("social_profiles", |j| {
        j.put("type", "list");
        j.list("data", [(); 0], |_, ()| {});
    });
    card.flag(j, "has_hard_bounced", dice.per_mille(20));
    card.flag(j, "marked_email_as_spam", dice.per_mille(5));
    card.flag(j, "unsubscribed_from_emails", dice.per_mille(80));
    times(j, row, &mut dice);
    device(j, row, &mut dice);
    custom_attributes(j, row, &mut dice);
    embedded(j, world, row, &id);
    for key in ["utm_campaign", "utm_content", "utm_medium", "utm_source", "utm_term", "referrer"] {
        card.put(j, key, None::<bool>);
    }
    if version >= Version::V2_12 {
        j.null("enabled_push_messaging");
    }
    if world.options.unknown_fields {
        j.put("sim_unknown", row.serial);
    }
}

/// Puts what was written where it was, and the derived value elsewhere.
pub(super) struct Card<'a>(pub(super) &'a Maybe);

impl Card<'_> {
    pub(super) fn put(&self, j: &mut Json, key: &str, derived: impl Ink) {
        self.put_as(j, key, key, derived);
    }

    /// `field` is the dotted name, `key` its last part.
    pub(super) fn put_as(&self, j: &mut Json, field: &str, key: &str, derived: impl Ink) {
        match stands(self.0, field) {
            Stands::Written(value) => j.put(key, value),
            Stands::Unset => j.null(key),
            Stands::Derived => j.put(key, derived),
        }
    }

    /// A flag is never unset.
    fn flag(&self, j: &mut Json, key: &str, derived: bool) {
        self.or(j, key, derived, false);
    }

    /// What every record has, a plain one too.
    pub(super) fn always(&self, j: &mut Json, key: &str, value: i64) {
        self.or(j, key, value, value);
    }

    /// `bare` stands on a plain record.
    pub(super) fn or(&self, j: &mut Json, key: &str, derived: impl Ink, bare: impl Ink) {
        match stands(self.0, key) {
            Stands::Written(value) => j.put(key, value),
            Stands::Unset => j.put(key, bare),
            Stands::Derived => j.put(key, derived),
        }
    }

    /// A custom attribute; a derived `None` is absent.
    pub(super) fn own(&self, j: &mut Json, name: &str, derived: Option<impl Ink>) {
        match self.0.as_deref() {
            Some(all) if all.plain || all.custom.contains_key(name) => {}
            _ => derived.into_iter().for_each(|value| j.put(name, value)),
        }
    }

    /// The custom attributes that were written.
    pub(super) fn rest(&self, j: &mut Json) {
        for (name, value) in self.0.iter().flat_map(|all| &all.custom) {
            j.put(name, value);
        }
    }
}

/// A number until 2.15, a string from 2.16 on. Source: spec diff 2.15 to 2.16.
fn owner_id(j: &mut Json, row: &Contact, owner: Option<u32>, version: Version) {
    let owner = match stands(&row.written, "owner_id") {
        Stands::Written(value) => value.as_u64(),
        Stands::Unset => None,
        Stands::Derived => owner.map(|owner| Kind::Admin.number(owner)),
    };
    match owner {
        Some(owner) if version >= Version::V2_16 => j.put("owner_id", owner.to_string()),
        owner => j.put("owner_id", owner),
    }
}

fn times(j: &mut Json, row: &Contact, dice: &mut Dice) {
    let card = Card(&row.written);
    let mut maybe =
        |chance: u32, back: i64| dice.per_mille(chance).then(|| (row.seen_at - dice.between(0, back)).max(row.created_at));
    card.always(j, "created_at", row.created_at);
    j.put("updated_at", row.updated_at);
    card.put(j, "signed_up_at", (!row.origin.lead).then_some(row.created_at));
    card.put(j, "last_seen_at", row.seen_at);
    card.put(j, "last_replied_at", maybe(400, 10 * 86_400));
    card.put(j, "last_contacted_at", maybe(500, 20 * 86_400));
    card.put(j, "last_email_opened_at", maybe(300, 30 * 86_400));
    card.put(j, "last_email_clicked_at", maybe(150, 30 * 86_400));
}

fn device(j: &mut Json, row: &Contact, dice: &mut Dice) {
    let card = Card(&row.written);
    let (browser, version, os) = *dice.pick(&BROWSERS);
    let (country, code, continent, region, city) = *dice.pick(&PLACES);
    let known = dice.per_mille(850);
    card.put(j, "language_override", dice.per_mille(60).then(|| *dice.pick(&LANGUAGES)));
    card.put(j, "browser", known.then_some(browser));
    card.put(j, "browser_version", known.then_some(version));
    card.put(j, "browser_language", known.then(|| *dice.pick(&LANGUAGES)));
    card.put(j, "os", known.then_some(os));
    j.sub("location", |j| {
        j.put("type", "location");
        card.put_as(j, "location.country", "country", known.then_some(country));
        card.put_as(j, "location.region", "region", known.then_some(region));
        card.put_as(j, "location.city", "city", known.then_some(city));
        card.put_as(j, "location.country_code", "country_code", known.then_some(code));
        card.put_as(j, "location.continent_code", "continent_code", known.then_some(continent));
    });
    let (android, ios) = (dice.per_mille(70), dice.per_mille(90));
    let phone = |j: &mut Json, platform: &str, has: bool, values: [&str; 5]| {
        for (key, value) in ["app_name", "app_version", "device", "os_version", "sdk_version"].iter().zip(values) {
            card.put(j, &format!("{platform}_{key}"), has.then_some(value));
        }
        card.put(j, &format!("{platform}_last_seen_at"), has.then_some(row.seen_at));
    };
    phone(j, "android", android, ["Town", "5.2.0", "Pixel 9", "15", "15.11.4"]);
    phone(j, "ios", ios, ["Town", "5.2.1", "iPhone16,1", "18.2", "18.6.0"]);
}

/// One of each type, a name with a space and one beyond ASCII. They follow the data attributes.
fn custom_attributes(j: &mut Json, row: &Contact, dice: &mut Dice) {
    let card = Card(&row.written);
    j.sub("custom_attributes", |j| {
        card.own(j, "plan_tier", Some(PLANS[dice.below(4) as usize]));
        card.own(j, "feature_usage", Some(i64::from(row.revision) + dice.between(0, 400)));
        card.own(j, "mrr", Some(f64::from(u32::try_from(dice.below(90_000)).unwrap_or(0)) / 100.0));
        card.own(j, "onboarded", Some(dice.per_mille(700)));
        card.own(j, "Favourite colour", dice.per_mille(500).then(|| *dice.pick(&["teal", "brick \"red\"", "緑"])));
        card.own(j, "größe", Some(dice.per_mille(600).then(|| *dice.pick(&["klein", "groß"]))));
        card.own(j, "trial_ends_at", Some(dice.per_mille(300).then(|| row.created_at + 14 * 86_400)));
        card.rest(j);
    });
}

fn embedded(j: &mut Json, world: &World, row: &Contact, id: &str) {
    let tags: Vec<String> =
        row.tags.iter().filter(|(tag, _)| world.tag_is_alive(*tag)).map(|(tag, _)| Kind::Tag.id(*tag)).collect();
    let notes: Vec<String> = (0..note_count(world, row)).map(|n| note_id(world, row, n)).collect();
    let alive = row.companies.iter().filter(|company| world.companies.primary(**company).is_some());
    let companies: Vec<String> = alive.map(|company| Kind::Company.id(*company)).collect();
    references(j, "tags", ("tag", "tags"), &tags, id);
    references(j, "notes", ("note", "notes"), &notes, id);
    references(j, "companies", ("company", "companies"), &companies, id);
    for (key, consent) in [("opted_out_subscription_types", "opt_out"), ("opted_in_subscription_types", "opt_in")] {
        let chosen = world.subscriptions_of(row.serial).iter().filter(|at| SUBSCRIPTIONS[**at as usize].consent == consent);
        let chosen: Vec<String> = chosen.map(|at| Kind::Subscription.id(*at)).collect();
        references(j, key, ("subscription", "subscriptions"), &chosen, id);
    }
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
fn derived_notes(world: &World, row: &Contact) -> u32 {
    if world.options.blank || row.written.as_ref().is_some_and(|written| written.plain) {
        return 0;
    }
    match Dice::of(world.seed, 72, row.serial).below(100) {
        0..=84 => 0,
        85..=98 => 2,
        _ => 12,
    }
}

/// How many notes a contact has.
pub(crate) fn note_count(world: &World, row: &Contact) -> u32 {
    let added = world.notes.get(&row.serial).map_or(0, Vec::len);
    derived_notes(world, row) + u32::try_from(added).unwrap_or(0)
}

fn added_note<'a>(world: &'a World, row: &Contact, n: u32) -> Option<&'a Note> {
    let place = n.checked_sub(derived_notes(world, row))?;
    world.notes.get(&row.serial)?.get(place as usize)
}

fn note_id(world: &World, row: &Contact, n: u32) -> String {
    added_note(world, row, n).map_or_else(|| Kind::Note.id(row.serial * 16 + n), |note| note.id.to_string())
}

/// A note by its id: its contact, and which of the contact's notes it is.
pub(crate) fn find_note<'a>(world: &'a World, id: &str) -> Option<(&'a Contact, u32)> {
    let added = world.notes.iter().find_map(|(contact, all)| {
        let place = all.iter().position(|note| note.id.to_string() == id)?;
        Some((*contact, u32::try_from(place).ok()?))
    });
    if let Some((contact, place)) = added {
        let row = world.contacts.primary(contact)?;
        return Some((row, derived_notes(world, row) + place));
    }
    let serial = Kind::Note.serial(id)?;
    let row = world.contacts.primary(serial / 16)?;
    (serial % 16 < derived_notes(world, row)).then_some((row, serial % 16))
}

pub(crate) fn note(j: &mut Json, world: &World, row: &Contact, n: u32, version: Version) {
    let mut dice = Dice::of(world.seed, 73 + u64::from(n), row.serial);
    let added = added_note(world, row, n);
    j.put("type", "note");
    j.put("id", note_id(world, row, n));
    j.put("created_at", added.map_or(row.created_at + i64::from(n) * 3600, |note| note.at));
    j.sub("contact", |j| {
        j.put("type", "contact");
        j.put("id", Kind::Contact.id(row.serial));
    });
    let author = (world.options.admins > 0).then(|| dice.serial(world.options.admins));
    j.sub_or_null("author", added.map_or(author, |note| note.admin), |j, author| admin(j, world, author, version));
    j.put("body", added.map_or_else(|| format!("<p>{}</p>", dice.pick(&NOTES)), |note| note.body.clone()));
}
