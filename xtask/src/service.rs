//! The service to watch, `tests/services`, as a process.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// Killed when dropped.
pub(crate) struct Service {
    process: Child,
    /// Host and port of the debug pages.
    pub(crate) debug: String,
    /// Host and port of the embedded provider's page.
    pub(crate) provider: String,
}

impl Service {
    pub(crate) fn start(program: &Path, more: &[&str]) -> Result<Self> {
        let mut process = Command::new(program)
            .args(["--service=127.0.0.1:0", "--debug=127.0.0.1:0", "--provider=127.0.0.1:0"])
            .args(more)
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let output = process.stdout.take().context("it has a standard output")?;
        let mut started = Self { process, debug: String::new(), provider: String::new() };
        let mut lines = BufReader::new(output).lines();
        said(&mut lines, "service")?;
        started.debug = said(&mut lines, "debug")?;
        started.provider = said(&mut lines, "provider")?;
        Ok(started)
    }

    /// A button of the provider's page.
    pub(crate) fn press(&self, button: &str) -> Result<()> {
        let (status, _) = ask("POST", &self.provider, &format!("/press/{button}"))?;
        ensure!(status == "303", "the button {button} answers {status}");
        Ok(())
    }
}

pub(crate) fn get(host: &str, path: &str) -> Result<String> {
    let (status, body) = ask("GET", host, path)?;
    ensure!(status == "200", "{path}: {status}");
    Ok(body)
}

fn ask(method: &str, host: &str, path: &str) -> Result<(String, String)> {
    let mut stream = TcpStream::connect(host).with_context(|| format!("cannot reach {host}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    write!(stream, "{head}connection: close\r\ncontent-length: 0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("it answers by HTTP")?;
    Ok((head.split(' ').nth(1).unwrap_or_default().to_owned(), body.to_owned()))
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ended = (self.process.kill(), self.process.wait());
    }
}

fn said(lines: &mut Lines<BufReader<ChildStdout>>, name: &str) -> Result<String> {
    let line = lines.next().context("it has ended")??;
    let url = line.strip_prefix(name).with_context(|| format!("it does not say its {name}"))?;
    let url = url.trim().trim_start_matches("http://");
    Ok(url.split('/').next().unwrap_or_default().to_owned())
}
