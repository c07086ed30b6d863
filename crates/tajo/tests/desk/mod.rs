//! A desk with the program on it: the command line in process and as a process, a twin on a port, and a canary for a token.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use tajo::surface::cli::globals::Env;
use tajo::surface::cli::main_with;
use tajo::surface::cli::out::Out;
use tajo_dest::sqlite::SqliteDestination;
use tajo_sim::{Options, Town};
use tokio::runtime::Runtime;

/// In the shape of Intercom's tokens. Every output and file is searched for it.
pub const CANARY: &str = "dG9rOkNBTkFSWV8wMTIzNDU2Nzg5YWJjZGVm/Zz+canary==";
/// How it looks percent-encoded, and the two ways in which base64 may hold it.
pub const CANARY_FORMS: [&str; 4] = [
    CANARY,
    "dG9rOkNBTkFSWV8wMTIzNDU2Nzg5YWJjZGVm%2FZz%2Bcanary%3D%3D",
    "ZEc5ck9rTkJUa0ZTV1Y4d01USXpORFUyTnpnNVlXSmpaR1Zt",
    "Bearer dG9r",
];
/// Nothing here takes longer; a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("no single JSON document ({e}): {self:?}"))
    }
    /// Fails, with everything that was said, unless it ended so.
    #[track_caller]
    pub fn ended(self, exit: i32) -> Ran {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

pub struct Desk {
    pub town: Town,
    pub url: String,
    pub directory: tempfile::TempDir,
    runtime: Runtime,
    vars: Vec<(String, String)>,
}

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

/// A small town without a limit, at the real time.
pub fn small() -> Options {
    let now = Some(jiff::Timestamp::now().as_second());
    Options {
        contacts: 60,
        companies: 15,
        conversations: 25,
        articles: 8,
        rate_limit: 0,
        spread_days: 20,
        now,
        ..Options::default()
    }
}

impl Desk {
    pub fn new(options: Options) -> Desk {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let town = Town::new(options);
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (bound, serving) = runtime.block_on(tajo_sim::serve(town.clone(), any)).unwrap();
        runtime.spawn(serving);
        let directory = tempfile::tempdir().unwrap();
        let url = format!("http://{bound}");
        let home = directory.path().join("home").display().to_string();
        let vars = [("INTERCOM_ACCESS_TOKEN", CANARY), ("TAJO_INTERCOM_BASE_URL", &url), ("TAJO_HOME", &home)];
        let vars = vars.map(|(name, value)| (name.to_string(), value.to_string())).to_vec();
        Desk { town, url, directory, runtime, vars }
    }
    /// The same desk with a variable set, or unset.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.vars.retain(|(held, _)| held != name);
        self.vars.extend(value.map(|value| (name.to_string(), value.to_string())));
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
    /// Writes `tajo.yml`.
    pub fn config(&self, text: &str) {
        std::fs::write(self.path("tajo.yml"), text).unwrap();
    }
    /// One of the seeds' configurations, unchanged.
    pub fn fixture(&self, name: &str) {
        let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(name);
        self.config(&std::fs::read_to_string(at).unwrap());
    }
    /// Where rows go unless a test says otherwise.
    pub fn database(&self) -> PathBuf {
        self.path("home").join("intercom.db")
    }
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        self.query_in(&self.database(), sql)
    }
    pub fn query_in(&self, path: &Path, sql: &str) -> Vec<Vec<String>> {
        self.runtime.block_on(SqliteDestination::peek(path).unwrap().query(sql, usize::MAX)).unwrap().1
    }
    pub fn count(&self, table: &str) -> usize {
        self.query(&format!("SELECT count(*) FROM {table}"))[0][0].parse().unwrap()
    }
    pub fn wait_for<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }
    /// The program in process.
    pub fn tajo(&self, args: &[&str]) -> Ran {
        let (out, err) = (Page::default(), Page::default());
        let mut both = Out::new(Box::new(out.clone()), Box::new(err.clone()));
        let vars = self.vars.clone();
        let env = Env::new(move |name| vars.iter().find(|(held, _)| held == name).map(|(_, value)| value.clone()));
        let args: Vec<OsString> = std::iter::once("tajo").chain(args.iter().copied()).map(Into::into).collect();
        let exit = self.runtime.block_on(Box::pin(main_with(args, env, self.directory.path().into(), &mut both)));
        let text = |page: &Page| String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        let ran = Ran { exit: exit.0.into(), out: text(&out), err: text(&err) };
        self.no_secret(&ran);
        ran
    }
    /// The built program as a process of its own.
    pub fn spawn(&self, args: &[&str], more: &[(&str, &str)]) -> Running {
        Running::of(self.command(args, more))
    }
    /// The same, not started yet.
    pub fn command(&self, args: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tajo"));
        command.args(args).current_dir(self.directory.path()).env_clear();
        command.envs(self.vars.iter().map(|(name, value)| (name, value))).envs(more.iter().copied());
        command
    }
    /// The same, to its end.
    pub fn process(&self, args: &[&str], more: &[(&str, &str)]) -> Ran {
        let ran = self.spawn(args, more).finish();
        self.no_secret(&ran);
        ran
    }
    #[track_caller]
    fn no_secret(&self, ran: &Ran) {
        for form in CANARY_FORMS {
            assert!(!ran.out.contains(form), "the token stands in stdout: {}", ran.out);
            assert!(!ran.err.contains(form), "the token stands in stderr: {}", ran.err);
        }
    }
    /// Lets the vendor's minute pass for a scroll that a killed process left open.
    pub fn expire_scroll(&self) {
        use tower::ServiceExt;
        self.town.faults().once("/companies/scroll", tajo_sim::Fault::ScrollExpired);
        let request = http::Request::get("/companies/scroll?scroll_param=left").header("authorization", "Bearer any");
        let request = request.body(axum::body::Body::empty()).unwrap();
        self.wait_for(self.town.router().oneshot(request)).unwrap();
    }
    /// Waits until the town has answered so many requests whose path contains `part`.
    pub fn until_called(&self, part: &str, times: usize) {
        let begun = Instant::now();
        while self.town.count_calls(part) < times {
            assert!(begun.elapsed() < PATIENCE, "only {} calls of {part}", self.town.count_calls(part));
            std::thread::yield_now();
        }
    }
    /// The same of Brevo's twin, for calls of any path.
    pub fn until_called_in_brevo(&self, times: usize) {
        let begun = Instant::now();
        while self.town.brevo().calls().len() < times {
            assert!(begun.elapsed() < PATIENCE, "only {} calls of Brevo", self.town.brevo().calls().len());
            std::thread::yield_now();
        }
    }
}

/// A process that does not outlive its test.
pub struct Running {
    child: Child,
    out: mpsc::Receiver<String>,
    err: mpsc::Receiver<String>,
}

impl Running {
    pub fn of(mut command: Command) -> Running {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Running { child, out, err }
    }
    /// The next line on stdout.
    pub fn line(&self) -> String {
        self.out.recv_timeout(PATIENCE).expect("a line on stdout")
    }
    /// The next line on stderr.
    pub fn error_line(&self) -> String {
        self.err.recv_timeout(PATIENCE).expect("a line on stderr")
    }
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
    /// Waits for its end; a process that ended by signal n has the exit code 128 + n, as a shell has it.
    pub fn finish(mut self) -> Ran {
        let (out, err) = (rest(&self.out), rest(&self.err));
        let status = self.child.wait().unwrap();
        Ran { exit: code(status), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (to, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Everything up to the end of the stream.
fn rest(lines: &mpsc::Receiver<String>) -> String {
    let mut out = String::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => out += &(line + "\n"),
            Err(mpsc::RecvTimeoutError::Disconnected) => return out,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the process hangs; so far it said: {out}"),
        }
    }
}
