//! The process as the user and the system see it.

use std::io::BufRead;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tajo_core::{Error, codes};
use tokio::sync::watch;

use super::out::Out;
pub use crate::connect::intercom;

/// How often the user or the system asked the program to end. Heard for the whole life of the process from the first
/// call on: what is asked between two waits is not lost.
fn asked() -> watch::Receiver<u32> {
    static ASKED: OnceLock<watch::Receiver<u32>> = OnceLock::new();
    let begin = || {
        let (count, asked) = watch::channel(0);
        listen(count);
        asked
    };
    ASKED.get_or_init(begin).clone()
}

#[cfg(unix)]
fn listen(count: watch::Sender<u32>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    // Where signals cannot be heard, the run goes on to its end.
    if let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) {
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                count.send_modify(|n| *n += 1);
            }
        });
    }
}

#[cfg(not(unix))]
fn listen(count: watch::Sender<u32>) {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            count.send_modify(|n| *n += 1);
        }
    });
}

async fn asked_times(n: u32) {
    if asked().wait_for(|times| *times >= n).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Resolves when the user or the system asks, or asked, the program to end.
pub async fn interrupted() {
    asked_times(1).await;
}

fn interrupt() -> Error {
    Error::new(&codes::INTERRUPTED, "The command was interrupted")
}

/// Waits for work that may be cut short anywhere: it only reads, or takes notes of its own.
/// [`codes::INTERRUPTED`] where the user asks the program to end first.
pub async fn unless_interrupted<T, E: From<Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::select! {
        done = work => done,
        () = interrupted() => Err(interrupt().into()),
    }
}

/// Waits for work that writes to platforms. The first wish to end raises `stop`, so that what is under way comes to its
/// end; the second one does not wait, and the journal knows what was left open.
pub async fn to_its_end<T, E: From<Error>>(stop: &AtomicBool, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let insists = async {
        interrupted().await;
        stop.store(true, Ordering::Relaxed);
        Out::process().note("Stopping after the writes under way; once more ends at once.");
        asked_times(2).await;
    };
    tokio::select! {
        done = work => done,
        () = insists => Err(interrupt().into()),
    }
}

/// Asks a question of yes or no while signals are heard: who is asked can also end the program.
pub async fn confirmed(out: &mut Out, question: &str) -> Result<bool, Error> {
    out.ask(&format!("{question} [y/N] "));
    let (answer, answered) = tokio::sync::oneshot::channel();
    // No thread of the runtime: that would be waited for at the end.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
        let _ = answer.send(read > 0 && is_yes(&line));
    });
    unless_interrupted(async { Ok(answered.await.unwrap_or(false)) }).await
}

/// Anything but yes is no.
pub fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}
