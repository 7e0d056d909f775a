//! A service in a process of its own, which can be stopped, or run out of files, alone.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _, stdin};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use jwks_conformance::Adapter;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::scene::{Local, Seen, Service, Terms, Traffic, often, short};

/// The process, as its parent sees it. Dropping it ends the process.
pub(crate) struct Process {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The first line that the process is told.
#[derive(Debug, Deserialize, Serialize)]
struct Begin {
    adapter: String,
    terms: Terms,
    is_short: bool,
}

/// What it is asked afterwards; each is answered by one line.
#[derive(Debug, Deserialize, Serialize)]
enum Ask {
    WarmUp,
    Traffic(Duration),
    Seen,
    /// Open files until the system gives no more.
    Exhaust,
    /// Close them.
    Release,
}

impl Process {
    /// `wrapper`: a command that runs the rest of its line as a program.
    pub(crate) fn start(
        adapter: &dyn Adapter,
        terms: Terms,
        is_short: bool,
        wrapper: &[&str],
    ) -> Self {
        let own = std::env::current_exe().expect("a program");
        let own = own.to_string_lossy();
        let line: Vec<&str> = wrapper.iter().copied().chain([&*own, CHILD]).collect();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let asks = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut process = Self { child, asks, answers };
        process.tell(&Begin { adapter: adapter.name().to_owned(), terms, is_short });
        process
    }

    pub(crate) fn exhaust(&mut self) {
        self.ask(&Ask::Exhaust)
    }

    pub(crate) fn release(&mut self) {
        self.ask(&Ask::Release)
    }

    /// `STOP` or `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let (signal, id) = (format!("-{name}"), self.child.id().to_string());
        let done = Command::new("kill").args([signal, id]).status().expect("the command `kill`");
        assert!(done.success(), "kill -{name}");
    }

    /// Begins while nobody waits for the answer: [`Self::answer`] takes it.
    pub(crate) fn begin_traffic(&mut self, time: Duration) {
        self.tell(&Ask::Traffic(time));
    }

    pub(crate) fn answer<T: DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a line of the process");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    fn ask<T: DeserializeOwned>(&mut self, ask: &Ask) -> T {
        self.tell(ask);
        self.answer()
    }

    fn tell(&mut self, what: &impl Serialize) {
        let line = serde_json::to_string(what).expect("it can be written");
        writeln!(self.asks, "{line}").expect("a process that reads");
    }
}

impl Service for Process {
    fn warm_up(&mut self) {
        self.ask(&Ask::WarmUp)
    }

    fn traffic(&mut self, time: Duration) -> Traffic {
        self.ask(&Ask::Traffic(time))
    }

    fn seen(&mut self) -> Seen {
        self.ask(&Ask::Seen)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The process itself.
#[expect(clippy::print_stdout, reason = "read by the parent")]
pub(crate) fn run(adapters: &[&dyn Adapter]) {
    let mut lines = stdin().lines().map_while(Result::ok);
    let Some(begin) = lines.next() else { return };
    let Begin { adapter, terms, is_short } = serde_json::from_str(&begin).expect("the first line");
    let adapter = adapters.iter().find(|it| it.name() == adapter).expect("an adapter");
    let policy = if is_short { short() } else { often() };
    let mut service = Local::start(*adapter, &terms, policy);
    let mut files = Vec::new();
    for line in lines {
        let answer = match serde_json::from_str(&line).expect("a question") {
            Ask::WarmUp => {
                service.warm_up();
                json(&())
            }
            Ask::Traffic(time) => json(&service.traffic(time)),
            Ask::Seen => json(&service.seen()),
            Ask::Exhaust => {
                take_all(&mut files);
                // What a fetch had open, and has closed by now, is taken too.
                thread::sleep(Duration::from_secs(1));
                take_all(&mut files);
                json(&())
            }
            Ask::Release => {
                files.clear();
                json(&())
            }
        };
        println!("{answer}");
    }
}

fn take_all(files: &mut Vec<File>) {
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
}

fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).expect("it can be written")
}

/// The argument by which this program is such a process.
pub(crate) const CHILD: &str = "--child";
