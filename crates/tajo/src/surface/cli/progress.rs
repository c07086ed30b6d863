//! Progress of a run: a line per resource with its rate, what limits it and an estimate.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use tajo_core::rest::Pace;
use tajo_engine::extract::Gauge;
use tokio::task::JoinHandle;

use super::out::Out;
use crate::warehouse::Live;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Bars that are redrawn, on stderr.
    Bars,
    /// A line now and then, on stderr.
    Lines,
    /// One JSON object a line, on stdout.
    JsonLines,
    /// Nothing.
    Quiet,
}

impl Style {
    /// As the reader of this output wants it.
    pub fn of(out: &Out) -> Style {
        match (out.json(), out.terminal()) {
            (true, _) => Style::Quiet,
            (_, true) => Style::Bars,
            _ => Style::Lines,
        }
    }
}

const REDRAW: Duration = Duration::from_millis(120);
const LINE_EVERY: Duration = Duration::from_secs(10);
const JSON_EVERY: Duration = Duration::from_secs(1);

/// A running display; ends when dropped.
pub struct Progress(Option<JoinHandle<()>>, MultiProgress);

impl Progress {
    /// Shows the gauges until dropped.
    pub fn start(live: Live, style: Style) -> Progress {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let shown = bars.clone();
        let task = match style {
            Style::Quiet => None,
            Style::Bars => Some(tokio::spawn(async move { draw(&live, &shown).await })),
            Style::Lines => Some(tokio::spawn(async move { told(&live, LINE_EVERY, |line| eprintln_line(&line)).await })),
            Style::JsonLines => Some(tokio::spawn(async move { counted(&live).await })),
        };
        Progress(task, bars)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
        }
        // The bars give way to the table of results; a terminal that cannot be cleared loses nothing.
        let _ = self.1.clear();
    }
}

async fn draw(live: &Live, bars: &MultiProgress) {
    let style = ProgressStyle::with_template("{prefix:<20} {bar:20} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let drawn: Vec<ProgressBar> = live
        .gauges
        .iter()
        .map(|gauge| bars.add(ProgressBar::new(gauge.expected().max(1)).with_prefix(gauge.name).with_style(style.clone())))
        .collect();
    let begun = Instant::now();
    loop {
        for (gauge, bar) in live.gauges.iter().zip(&drawn) {
            let expected = if gauge.finished() { gauge.read().max(1) } else { gauge.expected().max(gauge.read() + 1) };
            bar.set_length(expected);
            bar.set_position(if gauge.finished() { expected } else { gauge.read() });
            bar.set_message(line(gauge, &live.pace, begun.elapsed()));
        }
        tokio::time::sleep(REDRAW).await;
    }
}

/// `12,300 of 20,000   1,480/s   waiting on the rate budget (0 of 1666 in 10 s)   eta 0:05`.
fn line(gauge: &Gauge, pace: &Pace, elapsed: Duration) -> String {
    let read = gauge.read();
    if gauge.finished() {
        return format!("{} done", grouped(read));
    }
    let seconds = elapsed.as_secs_f64().max(0.1);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for the eye")]
    let rate = (read as f64 / seconds) as u64;
    let of = if gauge.expected() > read { format!("{} of {}", grouped(read), grouped(gauge.expected())) } else { grouped(read) };
    let left = gauge.expected().saturating_sub(read).checked_div(rate).map(|s| format!("   eta {}:{:02}", s / 60, s % 60));
    format!("{of}   {}/s   {}{}", grouped(rate), limit(pace), left.unwrap_or_default())
}

/// What a run waits for.
fn limit(pace: &Pace) -> String {
    let gauge = pace.gauge();
    match (gauge.waiting, gauge.remaining, gauge.limit) {
        (1.., Some(0), Some(limit)) => format!("waiting on the rate budget (0 of {limit} in 10 s)"),
        (1.., ..) => "calls in flight at their limit".into(),
        (0, Some(remaining), Some(limit)) => format!("waiting on Intercom ({remaining} of {limit} calls left)"),
        _ => "waiting on Intercom".into(),
    }
}

async fn told(live: &Live, every: Duration, say: impl Fn(String)) {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(every).await;
        for gauge in live.gauges.iter().filter(|g| !g.finished()) {
            say(format!("{}: {}", gauge.name, line(gauge, &live.pace, begun.elapsed())));
        }
    }
}

async fn counted(live: &Live) {
    loop {
        tokio::time::sleep(JSON_EVERY).await;
        for gauge in live.gauges.iter().filter(|g| !g.finished()) {
            let event = json!({"type": "progress", "resource": gauge.name, "read": gauge.read(), "expected": gauge.expected()});
            print_line(&event.to_string());
        }
    }
}

#[allow(clippy::print_stderr, reason = "the display's own stream")]
fn eprintln_line(text: &str) {
    eprintln!("{text}");
}

/// A closed pipe ends the display, never the run.
fn print_line(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// `20000` as `20,000`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(n), text);
        }
    }
}
