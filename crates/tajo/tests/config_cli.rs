//! The commands around the configuration, through the program's own front door, in process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tajo::surface::cli::globals::Env;
use tajo::surface::cli::main_with;
use tajo::surface::cli::out::Out;

const TOKEN: &str = "dG9rOkNBTkFSWWNhbmFyeTEyMzQ=";

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Ran {
    exit: u8,
    out: String,
    err: String,
}

fn tajo_in(directory: &Path, token: bool, args: &[&str]) -> Ran {
    let (out, err) = (Page::default(), Page::default());
    let mut both = Out::new(Box::new(out.clone()), Box::new(err.clone()));
    let env = Env::new(move |name| (token && name == "INTERCOM_ACCESS_TOKEN").then(|| TOKEN.to_string()));
    let args: Vec<OsString> = std::iter::once("tajo").chain(args.iter().copied()).map(Into::into).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let exit = runtime.block_on(main_with(args, env, directory.to_path_buf(), &mut both));
    let text = |page: &Page| String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let ran = Ran { exit: exit.0, out: text(&out), err: text(&err) };
    assert!(!ran.out.contains("CANARY") && !ran.err.contains("CANARY"), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN));
    ran
}

fn in_file(text: &str, args: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tajo.yml"), text).unwrap();
    tajo_in(dir.path(), true, args)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn init_writes_a_file_that_works_as_it_is_and_never_overwrites() {
    let dir = tempfile::tempdir().unwrap();
    let ran = tajo_in(dir.path(), true, &["init", "--no-interactive", "--region", "eu"]);
    assert_eq!((ran.exit, ran.out.as_str()), (0, "wrote tajo.yml\n"));
    assert!(ran.err.contains("tajo connectors test intercom"));
    let ran = tajo_in(dir.path(), true, &["config", "check"]);
    assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (0, "✓ tajo.yml is valid\n", ""));
    let before = std::fs::read_to_string(dir.path().join("tajo.yml")).unwrap();
    assert!(before.contains("region: eu"));
    let shown = json(&tajo_in(dir.path(), true, &["config", "show", "--json"]).out);
    let sync = shown["connectors"]["intercom"]["sync"].as_object().unwrap();
    let known = tajo::config::Known::declared().resources;
    assert_eq!(sync.keys().count() + 1, known.len(), "every table of the declarations, without the events of Brevo");
    let ran = tajo_in(dir.path(), true, &["init", "--no-interactive"]);
    assert_eq!(ran.exit, 78);
    assert!(ran.err.contains("exists already and was not touched"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(dir.path().join("tajo.yml")).unwrap(), before);
    let ran = tajo_in(dir.path(), true, &["--config", "other.yml", "init", "--json"]);
    assert_eq!(json(&ran.out)["path"], "other.yml");
    assert!(dir.path().join("other.yml").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.path().join("tajo.yml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else reads it");
    }
}

#[test]
fn an_unset_variable_is_an_error_and_never_an_empty_token() {
    let dir = tempfile::tempdir().unwrap();
    tajo_in(dir.path(), false, &["init"]);
    let ran = tajo_in(dir.path(), false, &["config", "check"]);
    assert_eq!((ran.exit, ran.out.as_str()), (78, "✗ tajo.yml has 1 error\n"));
    assert!(
        ran.err.starts_with("error[TJ-CFG-ENV]: The environment variable INTERCOM_ACCESS_TOKEN is not set\n  ┌─ tajo.yml:9:21"),
        "{}",
        ran.err
    );
}

#[test]
fn check_reports_as_text_and_as_json() {
    let text = "connectors:\n  intercom:\n    acces_token: CANARY\n    region: mars\n";
    let ran = in_file(text, &["config", "check"]);
    assert_eq!((ran.exit, ran.out.as_str()), (78, "✗ tajo.yml has 2 errors\n"));
    let ran = in_file(text, &["config", "check", "--json"]);
    assert_eq!((ran.exit, ran.err.as_str()), (78, ""));
    let expect = serde_json::json!({
        "format_version": "1.0", "valid": false, "path": "tajo.yml", "errors": 2, "warnings": 0,
        "findings": [
            {
                "level": "error", "code": "TJ-CFG-KEY", "line": 3, "column": 5,
                "message": "There is no key `acces_token` in `connectors.intercom`", "cause": "did you mean `access_token`?",
                "help": "known keys: enabled, connection, access_token, region, api_version, base_url, client_id, client_secret, sync, direction, lists, \
                         field_mapping, tags, no_email, default_country, companies, company, facts, new_in_intercom, engagement, \
                         brakes, debug, log_level, log_webhooks, rate_limit, search_rate_limit, sync_every",
                "excerpt": "    acces_token: ••••••",
            },
            {
                "level": "error", "code": "TJ-CFG-REGION", "line": 4, "column": 13,
                "message": "`connectors.intercom.region` cannot be `mars`", "cause": "there is no such region",
                "help": "use one of: us, eu, au", "excerpt": "    region: mars",
            },
        ],
    });
    assert_eq!(json(&ran.out), expect);
    assert!(ran.out.starts_with("{\n  \"format_version\": \"1.0\","));
}

#[test]
fn show_prints_the_normal_form_with_masked_secrets() {
    let ran = in_file(
        "connectors:\n  intercom:\n    access_token: ${INTERCOM_ACCESS_TOKEN}\n    api_version: 2.11\n    sync: {tags: true}\n",
        &["config", "show"],
    );
    let expect = "\
connections:
  intercom:
    - name: intercom
      access_token: \"tok_…MzQ=\"
      region: us
      api_version: \"2.11\"
connectors:
  intercom:
    enabled: true
    connection: intercom
    sync:
      tags: true
";
    assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (0, expect, ""));
    let dir = tempfile::tempdir().unwrap();
    let ran = tajo_in(dir.path(), true, &["config", "show", "--json"]);
    assert_eq!(json(&ran.out)["connections"]["intercom"][0]["access_token"], "tok_…MzQ=");
    let ran = in_file("wat: 1\n", &["config", "show", "--json"]);
    assert_eq!((ran.exit, json(&ran.out)["error"]["findings"][0]["code"].clone()), (78, "TJ-CFG-KEY".into()));
}

#[cfg(unix)]
#[test]
fn a_secret_in_a_file_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tajo.yml");
    std::fs::write(&path, "connectors: {intercom: {access_token: CANARYCANARY}}\n").unwrap();
    for (mode, warned) in [(0o644, true), (0o640, true), (0o600, false)] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let ran = tajo_in(dir.path(), true, &["config", "check"]);
        assert_eq!((ran.exit, ran.err.contains("other users can read")), (0, warned), "{mode:o} {}", ran.err);
    }
}

#[test]
fn codes_are_explained() {
    let all = in_file("", &["explain"]);
    assert_eq!(all.out.lines().count(), tajo_core::codes::CODES.len() + 1);
    assert!(all.out.starts_with("CODE "), "{}", all.out);
    let one = json(&in_file("", &["explain", "tj-cfg-env", "--json"]).out);
    assert_eq!((one["code"].as_str(), one["exit"].as_u64()), (Some("TJ-CFG-ENV"), Some(78)));
    let none = in_file("", &["explain", "TJ-CFG-EVN"]);
    assert_eq!(none.exit, 2);
    assert!(none.err.contains("TJ-CFG-ENV"), "{}", none.err);
}

#[test]
fn completion_knows_every_shell_and_its_alias() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        for command in ["completion", "completions"] {
            let ran = in_file("", &[command, shell]);
            assert!(ran.exit == 0 && ran.out.contains("connectors"), "{shell}");
        }
    }
}

#[test]
fn help_names_every_command_and_usage_errors_exit_2() {
    use clap::CommandFactory;
    let ran = in_file("", &["--help"]);
    assert_eq!((ran.exit, ran.err.as_str()), (0, ""));
    for command in tajo::surface::cli::args::Cli::command().get_subcommands() {
        assert!(ran.out.contains(&format!("\n  {}", command.get_name())), "{}", command.get_name());
    }
    for word in
        ["INTERCOM_ACCESS_TOKEN", "TAJO_HOME", "NO_COLOR", "Exit codes", " 78  ", "130  ", "Examples:", "never taken as a flag"]
    {
        assert!(ran.out.contains(word), "{word}");
    }
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    for (args, says) in [
        (&["conectors"][..], "connectors"),
        (&["connectors", "snyc", "intercom"], "sync"),
        (&["connectors", "sync"], "<NAME>"),
        (&["connectors", "sync", "intercom", "--token", "x"], "unexpected argument"),
        (&["connectors", "sync", "intercom", "--since", "soon"], "2026-01-31"),
        (&["connectors", "sync", "intercom", "--since", "2026-01-01", "--interval-start", "2026-01-01"], "cannot be used with"),
        (&["--region", "mars", "tables"], "possible values: us, eu, au"),
        (&[], "Usage: tajo"),
    ] {
        let ran = in_file("", args);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(says), "{args:?}: {}", ran.err);
        assert!(args.is_empty() || ran.err.starts_with("error[TJ-CFG-USAGE]:"), "{}", ran.err);
    }
    let ran = in_file("", &["conectors", "--json"]);
    assert_eq!((ran.exit, json(&ran.out)["error"]["code"].clone()), (2, "TJ-CFG-USAGE".into()));
}

#[test]
fn missing_and_unreadable_files_say_so() {
    let dir = tempfile::tempdir().unwrap();
    for args in [&["config", "check"][..], &["--config", "none.yml", "config", "show"], &["--config", ".", "config", "check"]] {
        let ran = tajo_in(dir.path(), true, args);
        assert_eq!((ran.exit, ran.out.as_str()), (78, ""), "{args:?}");
        assert!(ran.err.starts_with("error[TJ-CFG-FILE]: "), "{}", ran.err);
    }
    std::fs::write(dir.path().join("latin.yml"), b"a: \xff\n").unwrap();
    assert!(tajo_in(dir.path(), true, &["--config", "latin.yml", "config", "check"]).err.contains("not UTF-8"));
    std::fs::write(dir.path().join("large.yml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(tajo_in(dir.path(), true, &["--config", "large.yml", "config", "check"]).err.contains("1 MiB"));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let run = |to: Box<dyn Write + Send>| {
        let err = Page::default();
        let mut out = Out::new(to, Box::new(err.clone()));
        let exit = runtime.block_on(main_with(["tajo", "explain"], Env::new(|_| None), "/".into(), &mut out));
        (exit.0, err.0.lock().unwrap().is_empty())
    };
    assert_eq!(run(Box::new(Closed)), (0, true));
    assert_eq!(run(Box::new(Full)), (74, false));
}
