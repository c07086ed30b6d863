//! How webhooks reach their receivers: waits, repeats, what is given up. Source: facts §11.3.
//!
//! The twin opens no connections. Whoever holds it takes what is due and says what the receiver answered.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::handle::Brevo;
use super::webhooks::Webhook;

/// Waits before the second to the fifth attempt, in milliseconds.
const REPEATS_MS: [i64; 4] = [600_000, 3_600_000, 7_200_000, 28_800_000];
/// A receiver that does not answer is left alone so long, in milliseconds.
const PAUSE_MS: i64 = 600_000;
/// Batched events are gathered so long, in milliseconds.
const WINDOW_MS: i64 = 300_000;
/// Events in one batch at most.
const BATCH_MAX: usize = 500;
/// An event made late comes after what happens in this time, in milliseconds.
const LATE_MS: i64 = 60_000;
/// Posts that wait at most; the oldest are lost first.
const WAITING_MAX: usize = 100_000;

/// One POST to a receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Id of the webhook.
    pub webhook: u64,
    /// Where to.
    pub url: String,
    /// `authorization`, where the webhook has a token, and its own headers.
    pub headers: Vec<(String, String)>,
    /// One payload; for a batched webhook an array of them.
    pub body: Value,
    /// The how-manieth attempt, from 1.
    pub attempt: u32,
}

/// What may become of an event on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostFault {
    /// It is told twice.
    Twice,
    /// It is told after others that came later.
    Late,
}

/// Payloads on their way to one receiver.
#[derive(Debug)]
pub(crate) struct Parcel {
    webhook: u64,
    batched: bool,
    payloads: Vec<Value>,
    due: i64,
    attempt: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Posts {
    waiting: VecDeque<Parcel>,
    /// How many events to let pass first.
    faults: Vec<(usize, PostFault)>,
    /// Until when receivers that did not answer are left alone.
    paused: HashMap<u64, i64>,
    discarded: usize,
}

impl Posts {
    /// An event for a receiver.
    pub(crate) fn take_in(&mut self, webhook: u64, batched: bool, payload: &Value, now: i64) {
        let fault = self.faults.iter().position(|(skip, _)| *skip == 0).map(|at| self.faults.remove(at).1);
        self.faults.iter_mut().for_each(|(skip, _)| *skip = skip.saturating_sub(1));
        let late = if fault == Some(PostFault::Late) { LATE_MS } else { 0 };
        for _ in 0..if fault == Some(PostFault::Twice) { 2 } else { 1 } {
            let open = |parcel: &&mut Parcel| {
                parcel.webhook == webhook && parcel.attempt == 1 && parcel.due > now && parcel.payloads.len() < BATCH_MAX
            };
            match self.waiting.iter_mut().rev().find(open).filter(|_| batched) {
                Some(parcel) => parcel.payloads.push(payload.clone()),
                None => {
                    let due = now + late + if batched { WINDOW_MS } else { 0 };
                    self.waiting.push_back(Parcel { webhook, batched, payloads: vec![payload.clone()], due, attempt: 1 });
                }
            }
        }
        while self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
        }
    }

    /// The parcel that is due first. Those of webhooks that were deleted are dropped.
    fn next(&mut self, webhooks: &[Webhook], now: i64) -> Option<(Parcel, Post)> {
        self.waiting.retain(|parcel| webhooks.iter().any(|webhook| webhook.id == parcel.webhook));
        let goes = |parcel: &Parcel| parcel.due.max(self.paused.get(&parcel.webhook).copied().unwrap_or(i64::MIN));
        let due = self.waiting.iter().enumerate().map(|(at, parcel)| (goes(parcel), at)).min().filter(|(due, _)| *due <= now);
        let parcel = self.waiting.remove(due?.1)?;
        let webhook = webhooks.iter().find(|webhook| webhook.id == parcel.webhook)?;
        let body = match parcel.payloads.as_slice() {
            [one] if !parcel.batched => one.clone(),
            many => Value::Array(many.to_vec()),
        };
        let post =
            Post { webhook: parcel.webhook, url: webhook.url(), headers: webhook.headers(), body, attempt: parcel.attempt };
        Some((parcel, post))
    }

    /// Only silence and 429 bring a repeat; any other refusal, 5xx too, discards the event for good.
    fn settle(&mut self, parcel: Parcel, status: u16, now: i64) {
        match (status, REPEATS_MS.get(parcel.attempt as usize - 1)) {
            (200..=299, _) => {}
            (0 | 429, Some(wait)) => {
                if status == 0 {
                    self.paused.insert(parcel.webhook, now + PAUSE_MS);
                }
                self.waiting.push_back(Parcel { due: now + wait, attempt: parcel.attempt + 1, ..parcel });
            }
            _ => self.discarded += parcel.payloads.len(),
        }
    }
}

impl Brevo {
    /// Posts what is due by now; `receive` says the receiver's status, 0 where it did not answer. Gives the number of posts.
    pub fn post(&self, mut receive: impl FnMut(&Post) -> u16) -> usize {
        let mut posted = 0;
        loop {
            let now = self.now_ms();
            let next = {
                let mut account = self.account();
                let account = &mut *account;
                account.posts.next(&account.webhooks, now)
            };
            // The lock is free meanwhile: a receiver may ask back.
            let Some((parcel, post)) = next else { return posted };
            let status = receive(&post);
            self.account().posts.settle(parcel, status, now);
            posted += 1;
        }
    }

    /// The `nth` event for a receiver, counted from 1, from now, meets this.
    pub fn script_post(&self, nth: usize, fault: PostFault) {
        self.account().posts.faults.push((nth.saturating_sub(1), fault));
    }

    /// Events that were given up, after a refusal or five attempts.
    pub fn discarded(&self) -> usize {
        self.account().posts.discarded
    }
}
