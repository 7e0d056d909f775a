//! What `/metrics` of a running service says, judged by `promtool check metrics`: with the exporter's
//! recommended naming and without it, which must make no difference.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::service::{Service, get};

pub(super) fn check(promtool: &Path, program: &Path) -> Result<()> {
    let mut names = Vec::new();
    for naming in [&[][..], &["--recommended-naming"]] {
        let service = Service::start(program, naming)?;
        let text = loaded(&service)?;
        judge(promtool, &text)?;
        names.push(series(&text));
    }
    let [plain, recommended] = &names[..] else { bail!("two services") };
    let of_one: Vec<_> = plain.symmetric_difference(recommended).collect();
    ensure!(of_one.is_empty(), "the exporter's recommended naming changes {of_one:?}");
    println!(
        "{} metrics are named as promtool wants, with recommended naming and without",
        names[0].len()
    );
    Ok(())
}

/// Once keys are held, and honest callers were served.
fn loaded(service: &Service) -> Result<String> {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let text = get(&service.debug, "/metrics")?;
        let accepted =
            |line: &str| line.strip_prefix(ACCEPTED).is_some_and(|count| count.trim() != "0");
        if text.lines().any(accepted) {
            return Ok(text);
        }
        ensure!(Instant::now() < end, "no token was accepted: {text}");
        sleep(Duration::from_millis(50));
    }
}

fn judge(promtool: &Path, text: &str) -> Result<()> {
    let mut checks = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run promtool")?;
    checks.stdin.take().context("promtool reads")?.write_all(text.as_bytes())?;
    let output = checks.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "promtool check metrics: {said}");
    Ok(())
}

/// Names and labels of ours, without values.
fn series(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let names = lines.map(|(name, _)| name);
    let ours = names.filter(|name| name.starts_with("jwks_") || name.starts_with("jwt_"));
    ours.map(str::to_owned).collect()
}

const ACCEPTED: &str = r#"jwt_validations_total{issuer="embedded",result="ok"} "#;
