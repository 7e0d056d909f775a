//! The program, and its callers.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Killed when dropped.
pub(crate) struct Service {
    process: Child,
    /// Host and port of each.
    pub(crate) service: String,
    pub(crate) debug: String,
    pub(crate) provider: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Service {
    /// Beside its own provider.
    pub(crate) fn start() -> Self {
        Self::started(&["--provider=127.0.0.1:0"])
    }

    /// With these settings.
    pub(crate) fn with(settings: &str) -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let file = file.join(format!("settings-{}-{number}.toml", std::process::id()));
        std::fs::write(&file, settings).unwrap();
        let service = Self::started(&["--settings", file.to_str().unwrap()]);
        std::fs::remove_file(file).unwrap();
        service
    }

    fn started(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_jwks-services"))
            .args(["--service=127.0.0.1:0", "--debug=127.0.0.1:0"])
            .args(arguments)
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = |name: &str| {
            let line = lines.next().unwrap().unwrap();
            let url = line.strip_prefix(name).unwrap().trim().strip_prefix("http://").unwrap();
            url.split('/').next().unwrap().to_owned()
        };
        let (service, debug) = (said("service"), said("debug"));
        let own = arguments.iter().any(|argument| argument.starts_with("--provider"));
        let provider = if own { said("provider") } else { String::new() };
        let started = Self { process, service, debug, provider };
        // All that comes before the listeners' loops is over once one has answered.
        started.until(|it| it.debug("/metrics").status == 200);
        started
    }

    pub(crate) fn debug(&self, path: &str) -> Answer {
        get(&self.debug, path, &[])
    }

    /// What the protected route says to this token.
    pub(crate) fn orders(&self, token: &str) -> Answer {
        get(&self.service, "/orders", &[("authorization", &format!("Bearer {token}"))])
    }

    /// A token of its own provider, as it makes them now.
    pub(crate) fn token(&self) -> String {
        let answer = ask("POST", &self.provider, "/token", &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    pub(crate) fn press(&self, button: &str) {
        let answer = ask("POST", &self.provider, &format!("/press/{button}"), &[]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{button}");
    }

    /// Waits until this is so.
    pub(crate) fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < end, "in vain; the page says: {}", self.debug("/").body);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ended = (self.process.kill(), self.process.wait());
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(of, _)| of.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }
}

pub(crate) fn get(host: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask("GET", host, path, headers)
}

/// Written by hand, so that every header can be anything. `host` among them replaces the true one.
pub(crate) fn ask(method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if headers.iter().all(|(name, _)| *name != "host") {
        write!(request, "host: {host}\r\n").unwrap();
    }
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    request.push_str("content-length: 0\r\n\r\n");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_ascii_lowercase().contains("\r\ntransfer-encoding:"), "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

const PATIENCE: Duration = Duration::from_secs(60);
