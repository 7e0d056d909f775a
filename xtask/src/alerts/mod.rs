//! `cargo xtask alerts`: the rules and the dashboard of `jwks-core/docs/operating`, checked by promtool
//! on series that `jwks simulate` makes; and the metrics that a service exports.

mod cases;
mod exported;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::debian::program;
use crate::process::{Step, root};
use cases::{Case, SIMULATED, WRITTEN};

/// Prometheus' own checks, and what fires when.
pub(crate) fn run() -> Result<()> {
    let promtool = program("promtool", "usr/bin/promtool", &["prometheus"])?;
    let folder = target().join("alerts");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::copy(operating("alerts.yml"), folder.join("alerts.yml"))?;
    fs::write(
        folder.join("queries.yml"),
        queries(&fs::read_to_string(operating("dashboard.json"))?)?,
    )?;
    Step::cargo(["build", "--quiet", "--workspace", "--bin=jwks", "--bin=jwks-services"]).run()?;
    exported::check(&promtool, &target().join("debug").join("jwks-services"))?;
    let mut tests = HEAD.to_owned();
    for case in SIMULATED {
        tests.push_str(&simulated(case, &folder)?);
    }
    tests.push_str(WRITTEN);
    fs::write(folder.join("tests.yml"), tests)?;
    let promtool = promtool.to_string_lossy();
    let shown = folder.to_string_lossy();
    let file = |name: &str| format!("{shown}/{name}");
    Step::program(&promtool, ["check", "rules", &file("alerts.yml"), &file("queries.yml")])
        .run()?;
    Step::program(&promtool, ["test", "rules", &file("tests.yml")]).run()
}

/// One run of the simulator, and what must fire at which of its times.
fn simulated(case: &Case, folder: &Path) -> Result<String> {
    let series = folder.join("series.yml");
    let path = series.to_string_lossy();
    let one = ["simulate", "--instances", "1", "--rps", "10", "--series", &path];
    let program = target().join("debug").join("jwks");
    let run =
        Step::program(&program.to_string_lossy(), one).arguments(case.arguments.iter().copied());
    let output = run.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&series)?;
    let (_, text) = text.split_once("tests:\n").context("the simulator's series have changed")?;
    let mut text = text.replacen("  - name: ", &format!("  - name: {}, by ", case.name), 1);
    text.push_str("    promql_expr_test:\n");
    for (time, alerts) in case.firing {
        // A text cannot fail to grow.
        let _ = writeln!(text, "      - expr: '{FIRING}'\n        eval_time: {time}");
        let mut alerts = alerts.to_vec();
        alerts.sort_unstable();
        for (place, alert) in alerts.iter().enumerate() {
            let begin = if place == 0 { "        exp_samples:\n" } else { "" };
            let _ = writeln!(
                text,
                "{begin}          - labels: '{{alertname=\"{alert}\"}}'\n            value: 1"
            );
        }
    }
    Ok(text)
}

/// Each query of the dashboard, as a rule.
fn queries(dashboard: &str) -> Result<String> {
    let dashboard: Value = serde_json::from_str(dashboard)?;
    let mut found = Vec::new();
    collect(&dashboard, &mut found);
    ensure!(found.len() > 20, "the dashboard has hardly a query: {}", found.len());
    let mut text = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (place, query) in found.iter().enumerate() {
        let query = Value::from(query.replace("$__rate_interval", "5m"));
        let _ = writeln!(text, "      - record: dashboard:query:{place}\n        expr: {query}");
    }
    Ok(text)
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(query)) = members.get("expr") {
                found.push(query.clone());
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        _ => {}
    }
}

fn operating(name: &str) -> PathBuf {
    root().join("jwks-core/docs/operating").join(name)
}

fn target() -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR");
    root().join(folder.map_or_else(|| "target".into(), PathBuf::from))
}

const FIRING: &str = r#"count by (alertname) (ALERTS{alertstate="firing"})"#;
const HEAD: &str = "rule_files: [alerts.yml]\nevaluation_interval: 15s\ntests:\n";
