//! The page for people. maud escapes every text that it is given.

use std::time::{Duration, SystemTime};

use jwks_tokio::jwks_core::refresh::record::Line;
use jwks_tokio::{Health, KeyCache, Status};
use maud::{DOCTYPE, Markup, html};

use super::timeline::timeline;
use super::{Debug, short};
use crate::journal::Entry;
use crate::web::cut;

pub(super) fn page(debug: &Debug, now: SystemTime) -> Markup {
    let health = debug.verifier.health();
    let verdict = word(&health.verdict);
    let status = debug.verifier.status();
    let issuers = health.issuers.iter().zip(&status).zip(debug.verifier.caches()).enumerate();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content="5";
                meta name="viewport" content="width=device-width";
                title { "keys: " (verdict) }
                link rel="stylesheet" href="/debug/style.css";
            }
            body {
                h1 { "Keys " span class={ "state " (verdict) } { (verdict) } }
                p class="quiet" {
                    (time_of_day(now)) " UTC, anew every 5 s · "
                    a href="/debug/jwks.json" { "JSON" } " · " a href="/metrics" { "metrics" }
                }
                @for (place, ((issuer, status), cache)) in issuers {
                    (section(place, &issuer.health, status, &cache, now))
                }
                (events(&debug.journal.last()))
            }
        }
    }
}

fn section(
    place: usize,
    health: &Health,
    status: &Status,
    cache: &KeyCache,
    now: SystemTime,
) -> Markup {
    let state = word(&health.kind());
    let replay = cache.recording().replay();
    let lines: Vec<_> = replay.lines().collect();
    let first = lines.len().saturating_sub(SHOWN);
    html! {
        section {
            h2 { (cut(&status.label, 64)) " " span class={ "state " (state) } { (state) } }
            @if let Some(why) = health.why() {
                p class="why" { (cut(&why.to_string(), 400)) }
            }
            (timeline(status, now))
            // The first line says what stands above.
            pre { @for line in cache.explain().to_string().lines().skip(1) { (cut(line, 600)) "\n" } }
            p class="quiet" {
                (status.fetches) " fetches, of these failed " (status.failures) " · "
                (status.uses) " uses · " (status.misses) " tokens with an unknown kid · "
                (status.waiting) " callers wait"
            }
            details open {
                summary {
                    "What the refresh did, by its recorder"
                    @if first > 0 { span class="quiet" { " (" (first) " lines before)" } }
                }
                table {
                    @for line in &lines[first..] {
                        tr { td { (told_at(line)) } td { (cut(line.text(), 300)) } }
                    }
                }
            }
            p class="quiet" {
                a href={ "/debug/recording/" (place) } download { "recording" }
                ", to be told by " code { "jwks replay FILE" }
            }
        }
    }
}

fn events(entries: &[Entry]) -> Markup {
    html! {
        section {
            h2 { "Last events" }
            table {
                @for entry in entries {
                    tr class=[entry.warning.then_some("warning")] {
                        td { (time_of_day(entry.at)) }
                        td { (entry.issuer) }
                        td {
                            (entry.text)
                            @if entry.times > 1 { span class="quiet" { " × " (entry.times) } }
                        }
                    }
                }
            }
        }
    }
}

/// The name of a state as it is written in JSON.
fn word(state: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// On the wall clock, if the recorder has seen it; else since the process began.
fn told_at(line: &Line) -> String {
    line.time().map_or_else(|| format!("+ {}", short(line.at().since_origin())), time_of_day)
}

fn time_of_day(at: SystemTime) -> String {
    let at = at.min(SystemTime::UNIX_EPOCH + LAST);
    let text = humantime::format_rfc3339_seconds(at).to_string();
    text.split(['T', 'Z']).nth(1).unwrap_or_default().to_owned()
}

/// How many lines of the recorder are shown.
const SHOWN: usize = 24;

/// The last second that RFC 3339 can write.
const LAST: Duration = Duration::from_secs(253_402_300_799);
