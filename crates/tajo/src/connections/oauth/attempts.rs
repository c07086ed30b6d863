//! Authorisations under way: who may start one, and to which browser its answer belongs. In memory; a restart ends them.

use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;
use tajo_core::{Error, Result, codes};
use tajo_intercom::oauth::OauthApp;
use tokio::sync::mpsc;

use super::super::random;
use super::super::{Connected, Ground, Wish};

/// How long an attempt is good.
pub const GOOD_FOR: Duration = Duration::from_secs(600);
/// Attempts kept at once; the oldest gives way.
const ATTEMPTS_MAX: usize = 64;
/// Results nobody has heard yet.
const UNHEARD_MAX: usize = 16;
/// Bytes of a ticket, a state, a cookie: 256 bits.
const SECRET: usize = 32;

/// What somebody wants to authorise.
#[derive(Clone)]
pub struct Plan {
    /// Which connection is to be made.
    pub wish: Wish,
    /// The app that asks.
    pub app: OauthApp,
    /// Where it is kept, and how Intercom is reached.
    pub ground: Ground,
    /// Where Intercom sends people back to: this very address is registered with the app.
    pub redirect_uri: String,
}

/// To whom an attempt's answer belongs.
enum Bound {
    /// Nobody has opened the start page yet; this ticket does.
    Ticket(String),
    /// The browser with this cookie.
    Browser { state: String, cookie: String },
    /// The terminal that began it and into which the answer is pasted.
    Terminal { state: String },
}

struct Attempt {
    born: Duration,
    bound: Bound,
    plan: Plan,
}

/// Which side brings an answer.
pub enum Bearer<'a> {
    /// A browser, with the cookie that it sent.
    Browser(Option<&'a str>),
    /// The terminal that began the attempt.
    Terminal,
}

/// What a browser is given when it starts.
pub struct Started {
    /// In the address of Intercom's page, and back from there.
    pub state: String,
    /// For the browser alone.
    pub cookie: String,
    /// What is to be authorised.
    pub plan: Plan,
}

/// How an attempt ended.
pub type Outcome = Result<Connected>;

/// The authorisations under way in one process.
pub struct Authorisations {
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    held: Mutex<Vec<Attempt>>,
    told: mpsc::Sender<Outcome>,
    heard: Mutex<Option<mpsc::Receiver<Outcome>>>,
}

impl Default for Authorisations {
    fn default() -> Authorisations {
        let begun = Instant::now();
        Authorisations::timed(move || begun.elapsed())
    }
}

impl Authorisations {
    /// With a clock of the caller's, which counts up from anything.
    pub fn timed(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Authorisations {
        let (told, heard) = mpsc::channel(UNHEARD_MAX);
        Authorisations { clock: Box::new(clock), held: Mutex::default(), told, heard: Mutex::new(Some(heard)) }
    }
    /// Where ended attempts are told; for one listener.
    pub fn outcomes(&self) -> Option<mpsc::Receiver<Outcome>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
    pub(super) fn tell(&self, outcome: Outcome) {
        // Nobody may be listening, and a full queue has listeners that do not care.
        let _ = self.told.try_send(outcome);
    }
    /// Begins an attempt: the ticket opens the start page, once.
    pub fn begin(&self, plan: Plan) -> Result<String> {
        plan.ground.admit(&plan.wish)?;
        let ticket = secret()?;
        self.keep(Bound::Ticket(ticket.clone()), plan);
        Ok(ticket)
    }
    /// Begins an attempt whose answer is pasted into the terminal: the state.
    pub fn begin_at_terminal(&self, plan: Plan) -> Result<String> {
        plan.ground.admit(&plan.wish)?;
        let state = secret()?;
        self.keep(Bound::Terminal { state: state.clone() }, plan);
        Ok(state)
    }
    /// Opens the start page with a ticket.
    pub fn start(&self, ticket: &str) -> Result<Started> {
        let attempt = self.take(|bound| match bound {
            Bound::Ticket(held) => same(held, ticket),
            _ => false,
        });
        let attempt = attempt.ok_or_else(|| refused("The address to start at is wrong, or was used already"))?;
        self.in_time(&attempt)?;
        let started = Started { state: secret()?, cookie: secret()?, plan: attempt.plan };
        let bound = Bound::Browser { state: started.state.clone(), cookie: started.cookie.clone() };
        // Its time goes on from when it began.
        self.lock().push(Attempt { born: attempt.born, bound, plan: started.plan.clone() });
        Ok(started)
    }
    /// What the answer with this state is about. The state is spent, whatever comes of it.
    pub fn answered(&self, state: &str, by: Bearer<'_>) -> Result<Plan> {
        let attempt = self.take(|bound| match bound {
            Bound::Browser { state: held, .. } | Bound::Terminal { state: held } => same(held, state),
            Bound::Ticket(_) => false,
        });
        let attempt = attempt.ok_or_else(|| refused("The state is missing, wrong or used already"))?;
        let fits = match (&attempt.bound, by) {
            (Bound::Browser { cookie, .. }, Bearer::Browser(Some(sent))) => same(cookie, sent),
            (Bound::Terminal { .. }, Bearer::Terminal) => true,
            _ => false,
        };
        let judged = match fits {
            true => self.in_time(&attempt),
            false => Err(refused("The answer came from another browser than the one that started")),
        };
        match judged {
            Ok(()) => Ok(attempt.plan),
            Err(error) => {
                let what = error.what().to_owned();
                self.tell(Err(error.note("attempt", "spent")));
                Err(refused(what))
            }
        }
    }

    fn keep(&self, bound: Bound, plan: Plan) {
        let now = (self.clock)();
        let mut held = self.lock();
        held.retain(|attempt| now.saturating_sub(attempt.born) < GOOD_FOR);
        if held.len() >= ATTEMPTS_MAX {
            held.remove(0);
        }
        held.push(Attempt { born: now, bound, plan });
    }
    /// Every attempt is looked at, in the same time each.
    fn take(&self, fits: impl Fn(&Bound) -> bool) -> Option<Attempt> {
        let mut held = self.lock();
        let found =
            held.iter().enumerate().fold(None, |found, (at, attempt)| if fits(&attempt.bound) { Some(at) } else { found });
        found.map(|at| held.remove(at))
    }
    fn in_time(&self, attempt: &Attempt) -> Result<()> {
        match (self.clock)().saturating_sub(attempt.born) < GOOD_FOR {
            true => Ok(()),
            false => Err(refused("The authorisation took longer than ten minutes")),
        }
    }
    fn lock(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn refused(what: impl Into<String>) -> Error {
    Error::new(&codes::SEC_OAUTH, format!("{}; nothing was stored", what.into().trim_end_matches("; nothing was stored")))
}

/// In constant time; lengths are no secret.
fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn secret() -> Result<String> {
    let mut out = String::with_capacity(2 * SECRET);
    for byte in random::<SECRET>()? {
        // Writing into a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    Ok(out)
}
