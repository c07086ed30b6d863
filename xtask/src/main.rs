//! Repository tasks: `cargo run -p xtask -- docs|openapi|acceptance [--check] …`.
//!
//! Reference pages are folds over the program's own lists; `--check` fails where a page is stale.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task speaks to its terminal")]

mod acceptance;
mod docs;
mod openapi;
mod page;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["docs"] => docs::write(page::Mode::Write),
        ["docs", "--check"] => docs::write(page::Mode::Check),
        ["openapi"] => openapi::write(page::Mode::Write),
        ["openapi", "--check"] => openapi::write(page::Mode::Check),
        ["acceptance"] => acceptance::write(page::Mode::Write),
        ["acceptance", "--check"] => acceptance::write(page::Mode::Check),
        ["acceptance", "--results", file] => acceptance::results(file),
        ["acceptance", "--against", file] => acceptance::against(file),
        _ => {
            Err("usage: xtask docs [--check] | openapi [--check] | acceptance [--check | --results <cargo test output> | --against <acceptance.md>]"
                .into())
        }
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
