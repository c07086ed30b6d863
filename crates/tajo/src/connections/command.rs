//! A command of the user's whose output is the key: `secret-tool lookup …`, `security find-generic-password -w`, a vault.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tajo_core::{Error, Result, codes};

use super::key::TEXT_MAX;

/// Long enough to unlock a keyring by hand.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// What the command prints. It runs in a shell, without stdin, which may belong to another program's protocol.
pub(super) fn output(line: &str) -> Result<Vec<u8>> {
    let failed = |what: &'static str| {
        Error::new(&codes::SEC_SEAL, what)
            .help("Run the command of TAJO_MASTER_KEY_COMMAND by hand: it must print the key and end with 0.")
    };
    let mut child = shell(line)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|e| failed("TAJO_MASTER_KEY_COMMAND could not be started").because(e))?;
    let (told, heard) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut out = Vec::new();
            let read = stdout.take(TEXT_MAX as u64 + 1).read_to_end(&mut out);
            // Nobody listens any more after the time is up.
            let _ = told.send(read.map(|_| out));
        });
    }
    let out = match heard.recv_timeout(WAIT_MAX) {
        Ok(Ok(out)) if out.len() <= TEXT_MAX => out,
        ended => {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return Err(match ended {
                Ok(Ok(_)) => failed("TAJO_MASTER_KEY_COMMAND printed more than a key"),
                Ok(Err(e)) => failed("The output of TAJO_MASTER_KEY_COMMAND could not be read").because(e),
                Err(_) => failed("TAJO_MASTER_KEY_COMMAND did not end in time"),
            });
        }
    };
    match child.wait() {
        Ok(status) if status.success() => Ok(out),
        Ok(status) => Err(failed("TAJO_MASTER_KEY_COMMAND failed").note("status", status.to_string())),
        Err(e) => Err(failed("TAJO_MASTER_KEY_COMMAND failed").because(e)),
    }
}

fn shell(line: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut command = Command::new(program);
    command.args([flag, line]);
    command
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints_counts_only_if_it_ends_well() {
        assert_eq!(output("printf 'a b'").unwrap(), b"a b");
        for line in ["exit 3", "printf key; exit 1", "no-such-command-of-ours 2>/dev/null", "head -c 5000 /dev/zero"] {
            let error = output(line).unwrap_err();
            assert_eq!(error.code(), &codes::SEC_SEAL, "{line}");
            assert!(!format!("{error:?}").contains(line), "the command line may hold a secret");
        }
    }
}
