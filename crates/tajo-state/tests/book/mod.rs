//! Rows to write into a ledger, with names invented here.

#![allow(dead_code, reason = "each test file uses a part of it")]

use tajo_core::trip::Trip;
use tajo_state::{BrevoRow, Conflict, Effect, EffectState, Ledger, Link, LinkState, Plan};

pub fn ledger() -> Ledger {
    Ledger::in_memory(Trip::default()).unwrap()
}

pub fn link(intercom_id: &str, brevo_id: Option<i64>) -> Link {
    Link {
        intercom_id: intercom_id.into(),
        brevo_id,
        state: if brevo_id.is_some() { LinkState::Live } else { LinkState::Pending },
        detail: None,
        base: format!(r#"{{"FULLNAME":"{intercom_id}"}}"#),
        dirty: false,
        waits_for: None,
    }
}

pub fn contact(id: i64, email: &str, body: &str) -> BrevoRow {
    BrevoRow {
        id,
        email: Some(email.into()),
        ext_id: Some(format!("x{id}")),
        sms: Some(format!("1555{id:04}")),
        modified_at: "2026-11-20T10:00:00.000Z".into(),
        body: body.into(),
        dirty: false,
    }
}

pub fn effect(id: &str, run: &str, seq: i64, link: &str) -> Effect {
    Effect {
        effect_id: id.into(),
        run_id: run.into(),
        seq,
        kind: "update".into(),
        side: "brevo".into(),
        link: link.into(),
        target: seq.to_string(),
        intent: Some(r#"{"FULLNAME":"Ada"}"#.into()),
        before: Some(r#"{"FULLNAME":"A."}"#.into()),
        state: EffectState::Planned,
        detail: None,
        at: "2026-11-20T10:00:00Z".into(),
        settled_at: None,
    }
}

pub fn conflict(intercom_id: &str, left: &str, first_seen: &str) -> Conflict {
    Conflict {
        intercom_id: intercom_id.into(),
        field: "FULLNAME".into(),
        left: left.into(),
        right: "\"b\"".into(),
        left_at: 1,
        right_at: 2,
        first_seen: first_seen.into(),
        choice: None,
    }
}

pub fn plan(id: &str, created_at: &str) -> Plan {
    Plan {
        plan_id: id.into(),
        path: format!("/plans/{id}.ndjson"),
        config_hash: "h".into(),
        created_at: created_at.into(),
        state: "open".into(),
        summary: "{}".into(),
    }
}
