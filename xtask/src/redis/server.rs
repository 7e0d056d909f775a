//! A `redis-server`, and what is done to it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A `redis-server` on a free port, in a folder of its own.
pub(super) struct Redis {
    child: Child,
    folder: PathBuf,
    port: u16,
    program: PathBuf,
}

impl Redis {
    pub(super) fn start(program: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("jwks-redis-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let child = Self::spawn(program, port, &folder)?;
        Ok(Self { child, folder, port, program: program.to_owned() })
    }

    fn spawn(program: &Path, port: u16, folder: &Path) -> Result<Child> {
        let child = Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--loglevel", "warning"])
            .arg("--dir")
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start redis-server")?;
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > end {
                bail!("redis-server does not listen");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(child)
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn signal(&self, name: &str) -> Result<()> {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status()?;
        if status.success() { Ok(()) } else { bail!("`{command}` failed") }
    }

    pub(super) fn command(&self, text: &str) -> Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "{text}\r\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        if line.starts_with('+') { Ok(()) } else { bail!("redis answered {line}") }
    }

    pub(super) fn kill(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }

    pub(super) fn restart(&mut self) -> Result<()> {
        self.child = Self::spawn(&self.program, self.port, &self.folder)?;
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}
