//! A contact as the API gives it.

use crate::brevo::account::Account;
use crate::brevo::account::contact::Key;
use crate::brevo::account::people::Row;
use crate::brevo::contacts::engagement;
use crate::brevo::stamp::iso;
use crate::json::Json;

/// Writes the members of one contact. E-mail and empty attributes are left out where there is
/// nothing (facts §4.1); only the single answer has statistics.
pub(in crate::brevo) fn contact(account: &Account, row: &Row, statistics: bool, j: &mut Json) {
    let contact = &row.contact;
    if let Some(email) = contact.key(Key::Email) {
        j.put("email", email.as_ref());
    }
    j.put("id", row.id);
    j.put("emailBlacklisted", contact.email_blocked);
    j.put("smsBlacklisted", contact.sms_blocked);
    j.put("whatsappBlacklisted", false);
    j.put("createdAt", iso(contact.created));
    j.put("modifiedAt", iso(row.modified));
    j.sub("attributes", |j| {
        for key in Key::ALL.into_iter().filter(|key| *key != Key::Email) {
            if let Some(value) = contact.key(key) {
                j.put(key.attribute(), value.as_ref());
            }
        }
        for (number, value) in &contact.values {
            if let Some(name) = account.registry.name(*number) {
                j.put(name, value);
            }
        }
    });
    j.values("listIds", contact.lists.iter().copied());
    if statistics {
        j.sub("statistics", |j| engagement::show(account, row.id, j));
    }
}
