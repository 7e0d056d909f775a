//! The demo against a real provider: one token, one answer.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use jwks_core::keys::KeyId;
use jwks_tokio::{Event, KeyCache, Verified, Verifier};
use serde::de::IgnoredAny;
use tokio::runtime;

use super::log::Log;
use super::question::{Question, WAIT_BUDGET};

/// An error is an argument that cannot work.
pub(super) fn run(question: Question) -> Result<ExitCode> {
    let token = question.token(io::stdin())?;
    let log = Log::start(1);
    let answer = {
        let line = log.line();
        ask(&question, &token, move |event| line.write("cache", event.kind()))
    };
    log.finish();
    let answer = answer?;
    println!("{answer}");
    Ok(answer.exit_code())
}

/// What became of the token.
#[derive(Debug)]
enum Answer {
    Accepted(Accepted),
    Refused(String),
    Unavailable(String),
}

/// What is told of a token that passed: never a claim's value.
#[derive(Debug)]
struct Accepted {
    alg: &'static str,
    kid: Option<KeyId>,
    typ: Option<String>,
    claims: Vec<String>,
    key: String,
    age: Option<Duration>,
    next_refresh: Option<String>,
}

/// Fetches the keys, and judges the token by them.
fn ask(
    question: &Question,
    token: &str,
    observer: impl Fn(&Event) + Send + Sync + 'static,
) -> Result<Answer> {
    // First what can be wrong without an event: a driver tells of its end.
    let client = question.client()?;
    let builder = question.verifier(observer)?;
    // One thread: when the waiting task goes on, the driver has written its status.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let verifier = jwks_tokio::Starter::new().client(client).start(builder)?;
        Ok(judge(&verifier, token).await)
    })
}

async fn judge(verifier: &Verifier, token: &str) -> Answer {
    let cache = verifier.caches().next();
    // First the keys, whatever the token: without them nothing is judged.
    if let Some(cache) = cache
        && let Err(error) = cache.ready(WAIT_BUDGET).await
    {
        return Answer::Unavailable(chain(&error));
    }
    match verifier.verify::<Names>(token).await {
        Ok(verified) => Answer::Accepted(Accepted::new(&verified, cache)),
        Err(error) if error.is_caller_fault() => Answer::Refused(chain(&error)),
        Err(error) => Answer::Unavailable(chain(&error)),
    }
}

impl Accepted {
    fn new(verified: &Verified<Names>, cache: Option<&KeyCache>) -> Self {
        let now = SystemTime::now();
        let status = cache.map(KeyCache::status);
        let next_refresh = status.as_ref().and_then(|status| {
            let after = status.next_refresh_at?.duration_since(now).unwrap_or_default();
            let reason = status.next_refresh_reason?;
            Some(format!("in {} s ({reason})", after.as_secs()))
        });
        Self {
            alg: verified.algorithm().name(),
            kid: verified.kid().map(named),
            typ: verified.typ().map(shown),
            claims: verified.claims().keys().map(|name| shown(name)).collect(),
            key: cache
                .and_then(|cache| key(verified, cache))
                .unwrap_or_else(|| format!("the only one for {}", verified.algorithm())),
            age: status.and_then(|status| status.age(now)),
            next_refresh,
        }
    }
}

impl Answer {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Accepted(_) => ExitCode::SUCCESS,
            Self::Refused(_) => ExitCode::from(1),
            Self::Unavailable(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(accepted) => accepted.fmt(f),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::Unavailable(reason) => write!(f, "unavailable: {reason}"),
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "accepted")?;
        write!(f, "header: alg={}", self.alg)?;
        if let Some(kid) = &self.kid {
            write!(f, " kid={kid}")?;
        }
        if let Some(typ) = &self.typ {
            write!(f, " typ={typ}")?;
        }
        writeln!(f, "\nclaims: {}", self.claims.join(" "))?;
        writeln!(f, "key: {}", self.key)?;
        match self.age {
            Some(age) => writeln!(f, "age: {:.3} s", age.as_secs_f64())?,
            None => writeln!(f, "age: unknown")?,
        }
        write!(f, "next refresh: {}", self.next_refresh.as_deref().unwrap_or("not planned"))
    }
}

/// The names of a token's claims; their values are not kept.
type Names = BTreeMap<String, IgnoredAny>;

/// The key that checked the signature. None: it cannot be named, for the token does not.
fn key(verified: &Verified<Names>, cache: &KeyCache) -> Option<String> {
    let keys = cache.try_with_keys(verified.kid()?, |keys| {
        let fitting = keys.filter(|key| key.fits(verified.algorithm()));
        let named = fitting.map(|key| format!("{} (thumbprint {})", key.id(), key.thumbprint()));
        named.collect::<Vec<_>>().join(" or ")
    });
    keys.ok()
}

fn named(kid: &str) -> KeyId {
    KeyId::Kid(kid.into())
}

/// Foreign text, fit for a line.
fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String =
        characters.by_ref().take(SHOWN).flat_map(char::escape_default).collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// An error and all that caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

const SHOWN: usize = 64;

#[cfg(test)]
mod tests;
