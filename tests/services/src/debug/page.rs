//! The page for people. maud escapes every text that it is given.

use std::time::{Duration, SystemTime};

use jwks_tokio::{Health, Status};
use maud::{DOCTYPE, Markup, html};

use super::timeline::timeline;
use super::{Debug, short};
use crate::journal::Entry;
use crate::web::cut;

pub(super) fn page(debug: &Debug, now: SystemTime) -> Markup {
    let health = debug.verifier.health();
    let verdict = word(&health.verdict);
    let issuers = health.issuers.iter().zip(debug.verifier.status());
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
                @for (issuer, status) in issuers { (section(&issuer.health, &status, now)) }
                (events(&debug.journal.last()))
            }
        }
    }
}

fn section(health: &Health, status: &Status, now: SystemTime) -> Markup {
    let state = word(&health.kind());
    html! {
        section {
            h2 { (cut(&status.label, 64)) " " span class={ "state " (state) } { (state) } }
            p class="quiet" { "keys from " (cut(&status.source, 200)) }
            @if let Some(why) = health.why() {
                p class="why" { (cut(&why.to_string(), 400)) }
            }
            (timeline(status, now))
            dl {
                (line("freshness", &word(&status.freshness)))
                (line("confirmed", &ago(status.confirmed_at, now)))
                (line("keys serve until", &ahead(status.trust_until, now)))
                (line("next fetch", &next(status, now)))
                (line("fetches", &format!("{}, of these failed {}, in a row {}",
                    status.fetches, status.failures, status.failures_in_a_row)))
                (line("uses", &status.uses.to_string()))
                (line("tokens with an unknown kid", &status.misses.to_string()))
                (line("callers who wait", &status.waiting.to_string()))
                @if let Some(error) = &status.last_error {
                    (line("last error", &cut(error, 400)))
                }
            }
            h3 { "keys " span class="quiet" { (status.keys.len()) } }
            ul class="keys" {
                @for key in status.keys.iter().take(SHOWN) { li { code { (cut(&key.to_string(), 80)) } } }
                @if status.keys.len() > SHOWN { li { "and " (status.keys.len() - SHOWN) " more" } }
                @for kid in status.denied.iter().take(SHOWN) {
                    li { code { (cut(&kid.to_string(), 80)) } " denied by hand" }
                }
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

fn line(name: &str, value: &str) -> Markup {
    html! { dt { (name) } dd { (value) } }
}

/// The name of a state as it is written in JSON.
fn word(state: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn next(status: &Status, now: SystemTime) -> String {
    if status.refreshing {
        return "now".to_owned();
    }
    let reason = status.next_refresh_reason.map(|reason| format!(" ({reason})"));
    ahead(status.next_refresh_at, now) + &reason.unwrap_or_default()
}

fn ago(at: Option<SystemTime>, now: SystemTime) -> String {
    let Some(at) = at else { return "never, or not any more".to_owned() };
    let age = now.duration_since(at).unwrap_or_default();
    format!("{} ago, at {}", short(age), time_of_day(at))
}

fn ahead(at: Option<SystemTime>, now: SystemTime) -> String {
    let Some(at) = at else { return "–".to_owned() };
    let rest = at.duration_since(now).unwrap_or_default();
    format!("in {}, at {}", short(rest), time_of_day(at))
}

fn time_of_day(at: SystemTime) -> String {
    let at = at.min(SystemTime::UNIX_EPOCH + LAST);
    let text = humantime::format_rfc3339_seconds(at).to_string();
    text.split(['T', 'Z']).nth(1).unwrap_or_default().to_owned()
}

/// How many keys are listed.
const SHOWN: usize = 20;

/// The last second that RFC 3339 can write.
const LAST: Duration = Duration::from_secs(253_402_300_799);
