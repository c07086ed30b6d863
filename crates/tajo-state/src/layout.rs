//! The tables, format by format. A file of an older format is brought up to this one in a single transaction.

use rusqlite::{Connection, OptionalExtension};

/// Format of the file, kept in `user_version`.
pub const FORMAT: i64 = 5;
/// `TAJO` as a number: marks the file as ours.
pub const APPLICATION: i64 = 0x5441_4a4f;

const RUNS: &str = "CREATE TABLE runs (run_id TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, \
    started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, outcome TEXT NOT NULL, report JSON TEXT NOT NULL); \
    CREATE INDEX runs_latest ON runs (connection, started_at);";

/// What format 2 adds. Large texts stand last, so that a look at the columns before them does not read them.
const LEDGER: &str = "
CREATE TABLE scopes (scope INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE links (row INTEGER PRIMARY KEY, scope INTEGER NOT NULL, intercom_id TEXT NOT NULL, brevo_id INTEGER,
    state TEXT NOT NULL, dirty INTEGER NOT NULL, detail TEXT, base TEXT NOT NULL);
CREATE UNIQUE INDEX links_intercom ON links (scope, intercom_id);
CREATE UNIQUE INDEX links_brevo ON links (scope, brevo_id) WHERE brevo_id IS NOT NULL;
CREATE INDEX links_dirty ON links (scope, intercom_id) WHERE dirty;
CREATE INDEX links_state ON links (scope, state);
CREATE TABLE brevo_contacts (row INTEGER PRIMARY KEY, scope INTEGER NOT NULL, id INTEGER NOT NULL, seen INTEGER NOT NULL,
    dirty INTEGER NOT NULL, modified_at TEXT NOT NULL, email TEXT, ext_id TEXT, sms TEXT, body TEXT NOT NULL);
CREATE UNIQUE INDEX brevo_contacts_id ON brevo_contacts (scope, id);
CREATE INDEX brevo_contacts_email ON brevo_contacts (scope, email) WHERE email IS NOT NULL;
CREATE INDEX brevo_contacts_ext_id ON brevo_contacts (scope, ext_id) WHERE ext_id IS NOT NULL;
CREATE INDEX brevo_contacts_sms ON brevo_contacts (scope, sms) WHERE sms IS NOT NULL;
CREATE INDEX brevo_contacts_dirty ON brevo_contacts (scope, id) WHERE dirty;
CREATE TABLE effects (row INTEGER PRIMARY KEY, scope INTEGER NOT NULL, effect_id TEXT NOT NULL, run_id TEXT NOT NULL,
    seq INTEGER NOT NULL, kind TEXT NOT NULL, side TEXT NOT NULL, link TEXT NOT NULL, target TEXT NOT NULL,
    state TEXT NOT NULL, at TEXT NOT NULL, settled_at TEXT, detail TEXT, intent TEXT, pre_image TEXT);
CREATE UNIQUE INDEX effects_id ON effects (scope, effect_id);
CREATE INDEX effects_run ON effects (scope, run_id, seq);
CREATE INDEX effects_link ON effects (scope, link);
CREATE INDEX effects_state ON effects (scope, state);
CREATE TABLE imports (scope INTEGER NOT NULL, chunk TEXT NOT NULL, run_id TEXT NOT NULL, process_id INTEGER,
    state TEXT NOT NULL, rows INTEGER NOT NULL, detail TEXT, PRIMARY KEY (scope, chunk));
CREATE INDEX imports_open ON imports (scope) WHERE state IN ('planned', 'sent');
CREATE TABLE sent (scope INTEGER NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID;
CREATE TABLE conflicts (scope INTEGER NOT NULL, intercom_id TEXT NOT NULL, field TEXT NOT NULL, left_value TEXT NOT NULL,
    right_value TEXT NOT NULL, left_at INTEGER NOT NULL, right_at INTEGER NOT NULL, first_seen TEXT NOT NULL, choice TEXT,
    PRIMARY KEY (scope, intercom_id, field));
CREATE TABLE marks (scope INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE TABLE erased (scope INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (scope, hash)) WITHOUT ROWID;
CREATE TABLE salts (salt BLOB NOT NULL);
INSERT INTO salts (salt) VALUES (randomblob(32));
CREATE TABLE plans (scope INTEGER NOT NULL, plan_id TEXT NOT NULL, path TEXT NOT NULL, config_hash TEXT NOT NULL,
    created_at TEXT NOT NULL, state TEXT NOT NULL, summary TEXT NOT NULL, PRIMARY KEY (scope, plan_id));
";

/// What format 3 adds.
const COMPANIES: &str = "
CREATE TABLE companies (scope INTEGER NOT NULL, intercom_id TEXT NOT NULL, brevo_id TEXT, hash TEXT NOT NULL,
    PRIMARY KEY (scope, intercom_id)) WITHOUT ROWID;
CREATE TABLE company_contacts (scope INTEGER NOT NULL, intercom_id TEXT NOT NULL, brevo_id INTEGER NOT NULL,
    PRIMARY KEY (scope, intercom_id, brevo_id)) WITHOUT ROWID;
CREATE INDEX company_contacts_brevo ON company_contacts (scope, brevo_id);
";

/// What format 4 adds: who may ask, on which connections, and what was heard.
const DOORS: &str = "
CREATE TABLE keys (id TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, connection TEXT,
    created_at TEXT NOT NULL, expires_at TEXT, last_used_at TEXT, revoked_at TEXT) WITHOUT ROWID;
CREATE TABLE connections (name TEXT NOT NULL PRIMARY KEY, platform TEXT NOT NULL, kind TEXT NOT NULL, region TEXT,
    api_version TEXT, workspace_id TEXT, workspace TEXT, hint TEXT NOT NULL, connected_at TEXT NOT NULL,
    sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox (row INTEGER PRIMARY KEY, connection TEXT NOT NULL, delivery TEXT NOT NULL, topic TEXT NOT NULL,
    received_at TEXT NOT NULL, done_at TEXT, body TEXT NOT NULL);
CREATE UNIQUE INDEX inbox_delivery ON inbox (connection, delivery);
CREATE INDEX inbox_waiting ON inbox (connection, row) WHERE done_at IS NULL;
";

/// What format 5 adds: who waits for a phone number of somebody else is looked at when that one loses it, not before. Where
/// that one waits as well, the number is not theirs any more: they are looked at, to give it up.
const NUMBERS: &str = "
ALTER TABLE links ADD COLUMN waits_for TEXT;
CREATE INDEX links_waiting ON links (scope, waits_for) WHERE waits_for IS NOT NULL;
CREATE TRIGGER brevo_number_changed AFTER UPDATE OF sms ON brevo_contacts WHEN OLD.sms IS NOT NEW.sms BEGIN
    UPDATE links SET dirty = 1 WHERE scope = OLD.scope AND waits_for = OLD.sms AND state = 'live'; END;
CREATE TRIGGER brevo_number_gone AFTER DELETE ON brevo_contacts BEGIN
    UPDATE links SET dirty = 1 WHERE scope = OLD.scope AND waits_for = OLD.sms AND state = 'live'; END;
CREATE TRIGGER links_wait AFTER UPDATE OF waits_for ON links WHEN NEW.waits_for IS NOT OLD.waits_for BEGIN
    UPDATE links SET dirty = 1 WHERE scope = NEW.scope AND waits_for IS NOT NULL AND state = 'live'
    AND brevo_id IN (SELECT id FROM brevo_contacts WHERE scope = NEW.scope AND sms = NEW.waits_for); END;
CREATE TRIGGER links_wait_new AFTER INSERT ON links WHEN NEW.waits_for IS NOT NULL BEGIN
    UPDATE links SET dirty = 1 WHERE scope = NEW.scope AND waits_for IS NOT NULL AND state = 'live'
    AND brevo_id IN (SELECT id FROM brevo_contacts WHERE scope = NEW.scope AND sms = NEW.waits_for); END;
";

/// Tables and triggers by the format that brought them.
const TABLES: [(i64, &[&str]); 5] = [
    (1, &["runs"]),
    (2, &["scopes", "links", "brevo_contacts", "effects", "imports", "sent", "conflicts", "marks", "erased", "salts", "plans"]),
    (3, &["companies", "company_contacts"]),
    (4, &["keys", "connections", "inbox"]),
    (5, &["brevo_number_changed", "brevo_number_gone", "links_wait", "links_wait_new"]),
];

/// Brings a new or older file up to [`FORMAT`], inside the caller's transaction. False, with nothing done, where its
/// tables are not those of the format that it says it has.
pub fn bring_up(connection: &Connection) -> rusqlite::Result<bool> {
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mut known = connection.prepare("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'trigger') AND name = ?1")?;
    for (since, tables) in TABLES {
        for table in tables {
            let there = known.query_row([table], |_| Ok(())).optional()?.is_some();
            if there != (since <= format) {
                return Ok(false);
            }
        }
    }
    if format < 1 {
        connection.execute_batch(RUNS)?;
    }
    if format < 2 {
        connection.execute_batch(LEDGER)?;
    }
    if format < 3 {
        connection.execute_batch(COMPANIES)?;
    }
    if format < 4 {
        connection.execute_batch(DOORS)?;
    }
    if format < 5 {
        connection.execute_batch(NUMBERS)?;
        connection.execute_batch(&format!("PRAGMA user_version = {FORMAT}; PRAGMA application_id = {APPLICATION}"))?;
    }
    Ok(true)
}
