//! One process of the fleet.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use jwks_testkit::IssuerServer;

use super::fleet::Size;
use super::server::Redis;

pub(super) struct Process {
    child: Child,
    pub(super) input: std::process::ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    pub(super) fn start(
        size: &Size,
        issuer: &IssuerServer,
        redis: Option<&Redis>,
        count: u32,
    ) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["redis-instances", "--issuer", issuer.base(), "--jwks", &issuer.url()]);
        command.args(["--count", &count.to_string()]);
        command.args(["--lifetime-ms", &size.lifetime.as_millis().to_string()]);
        command.args(["--time-limit-ms", &size.time_limit.as_millis().to_string()]);
        if let Some(redis) = redis {
            command.args(["--redis", &redis.url()]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().context("a standard input")?;
        let output = BufReader::new(child.stdout.take().context("a standard output")?);
        Ok(Self { child, input, output })
    }

    pub(super) fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("a process of the fleet has ended");
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
