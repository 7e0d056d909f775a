//! Explanations as text for a person.

use std::fmt;
use std::time::SystemTime;

use super::super::event::Instant;
use super::super::{Health, Trouble, relaxation};
use super::lately::Told;
use super::words::{At, For, Rate, because};
use super::{Explanation, HeldKey, KidExplanation, KidState, NextFetch};
use crate::keys::KeyId;
use crate::refresh::{Freshness, Reason};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdict(f)?;
        line(f, "source", &self.source)?;
        if !self.relaxations.is_empty() {
            line(f, "allowed", relaxation::Listed(&self.relaxations))?;
        }
        self.keys(f)?;
        self.ages(f)?;
        line(f, "next fetch", Next(&self.next_fetch, self))?;
        self.cost(f)?;
        self.failures(f)?;
        if self.waiting > 0 {
            line(f, "waiting", Count(self.waiting, "caller", "for keys"))?;
        }
        self.unknown_kids(f)?;
        for (n, episode) in self.recently.iter().enumerate() {
            line(f, if n == 0 { "recently" } else { "" }, Told(episode, self.at))?;
        }
        for hint in &self.hints {
            line(f, "hint", hint)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.at;
        write!(f, "{}: ", self.label)?;
        match &self.health {
            Health::Ready => f.write_str("keys serve, nothing is wrong"),
            Health::Starting if self.next_fetch.running_since.is_some() => {
                f.write_str("no keys yet, they are being fetched")
            }
            Health::Starting => f.write_str("no keys yet, nothing is wrong"),
            Health::Degraded { until, why, .. } => {
                let until = At { at: *until, now };
                write!(f, "keys serve, but cannot be renewed; they stop serving {until}: {why}")
            }
            Health::Down { since, why, .. } => {
                let since = At { at: *since, now };
                write!(f, "NO KEYS SERVE, every token is refused; since {since}: {why}")
            }
        }
    }

    fn keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "keys", Listed { all: &self.keys, none: "none" })?;
        for skipped in self.skipped.iter().take(MOST) {
            line(f, "skipped", skipped)?;
        }
        more(f, self.skipped.len())?;
        if !self.denied.is_empty() {
            line(f, "denied", Listed { all: &self.denied, none: "" })?;
        }
        Ok(())
    }

    fn ages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.at;
        let at = |at| At { at, now };
        if let Some(confirmed) = self.confirmed_at {
            line(f, "confirmed", at(confirmed))?;
            match self.changed_at {
                Some(changed) if changed == confirmed => f.write_str("; other keys came then")?,
                Some(changed) => write!(f, "; the keys last changed {}", at(changed))?,
                None => f.write_str("; the keys have not changed since the start")?,
            }
        }
        if let Some(stale) = self.stale_at {
            let over = self.freshness == Freshness::Stale;
            let lifetime = if over { "over since their uses or their time" } else { "ends" };
            line(f, "lifetime", format_args!("{lifetime} {}", at(stale)))?;
        }
        if let Some(until) = self.trust_until {
            line(f, "trust ends", format_args!("{}, if no fetch succeeds", at(until)))?;
        }
        Ok(())
    }

    fn cost(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hourly = Rate(self.fetches_per_hour);
        line(f, "cost", format_args!("{hourly} fetches an hour"))?;
        match self.accepted_per_second {
            Some(rate) => write!(f, ", at {} accepted tokens a second", Rate(rate))?,
            None => f.write_str(", as long as no tokens come")?,
        }
        let Some(pace) = self.pace else { return Ok(()) };
        write!(f, ": one every {}", For(pace.every))?;
        match pace.reason {
            Reason::AheadByUsage if pace.held_back => {
                f.write_str(", which only `min_refresh_interval` keeps from being more often")
            }
            Reason::AheadByUsage => f.write_str(", by usage"),
            _ => Ok(()),
        }
    }

    fn failures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(error) = &self.last_error else { return Ok(()) };
        line(f, "last error", error)?;
        let failures = Count(self.failures_in_a_row as usize, "failure", "in a row");
        line(f, "failing", failures)?;
        match self.failing_since {
            Some(since) => write!(f, ", the first {}", At { at: since, now: self.at }),
            None => Ok(()),
        }
    }

    fn unknown_kids(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids = &self.unknown_kids;
        let may = match kids.opens_at {
            _ if self.keys.is_empty() => {
                "as long as no keys are held, all wait for those".to_owned()
            }
            Some(at) => format!("may cause a fetch {}", At { at, now: self.at }),
            None => format!("may cause {} now", Count(kids.fetches_left as usize, "fetch", "")),
        };
        line(f, "unknown kids", may)?;
        write!(f, " (at most {}, then one per {})", kids.burst, For(kids.cooldown))?;
        write!(
            f,
            "; {} so far",
            Count(usize::try_from(kids.misses).unwrap_or(usize::MAX), "token", "")
        )?;
        match kids.absent {
            0 => Ok(()),
            absent => write!(f, ", {absent} of them just confirmed as unknown"),
        }
    }
}

impl fmt::Display for KidExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, at: now, kid, state } = self;
        write!(f, "{label}: the kid `{kid}` is ")?;
        match state {
            KidState::Denied { published } => {
                f.write_str(
                    "denied by hand, with `deny_kid`: its tokens are refused, until `allow_kid`",
                )?;
                let published = if *published { "still publishes" } else { "does not publish" };
                line(f, "published", format_args!("the issuer {published} a key of this kid"))
            }
            KidState::Held { keys } => {
                f.write_str("held: its tokens are checked with")?;
                keys.iter().take(MOST).try_for_each(|key| line(f, "key", key))?;
                more(f, keys.len())
            }
            KidState::NoKeys { next_fetch } => {
                f.write_str("not known, because no keys are held at all")?;
                line(f, "next fetch", Planned(next_fetch, *now))
            }
            KidState::Skipped { why, opens_at, next_fetch } => {
                write!(f, "that of a key which cannot be used: {why}")?;
                asks(f, *opens_at, next_fetch, *now)
            }
            KidState::TooLong => f.write_str(
                "longer than 256 bytes: no key has such a kid, and nothing is fetched for it",
            ),
            KidState::Unknown { absent, opens_at, next_fetch } => {
                f.write_str("unknown: the held key set has no such key")?;
                if *absent {
                    line(f, "issuer", "was asked just now, and has no such key")?;
                }
                asks(f, *opens_at, next_fetch, *now)
            }
        }
    }
}

/// When a token that names a kid which is not held may cause a fetch, and when one comes anyway.
fn asks(
    f: &mut fmt::Formatter<'_>,
    opens_at: Option<SystemTime>,
    next: &NextFetch,
    now: SystemTime,
) -> fmt::Result {
    match opens_at {
        Some(at) => line(
            f,
            "asks again",
            format_args!(
                "a token that names it may cause a fetch {}; until then the budget of unknown kids is spent",
                At { at, now }
            ),
        )?,
        None if next.running_since.is_some() => {}
        None => line(f, "asks again", "the next token that names it causes a fetch at once")?,
    }
    line(f, "next fetch", Planned(next, now))
}

impl fmt::Display for HeldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, kty, algorithms, key_use, .. } = self;
        write!(f, "`{id}` ({kty}, {}, {key_use})", algorithms.join(" "))?;
        if let Some(issuer) = &self.only_issuer {
            write!(f, " only for tokens of `{issuer}`")?;
        }
        let dates = [("from", self.certificate_from), ("until", self.certificate_until)];
        let mut word = " by a certificate";
        for (name, date) in dates {
            if let Some(date) = date {
                write!(f, "{word} {name} {}", Instant(date))?;
                word = "";
            }
        }
        Ok(())
    }
}

/// The next fetch, and why none is planned if none is.
struct Next<'a>(&'a NextFetch, &'a Explanation);

impl fmt::Display for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(next, all) = self;
        let why = all.health.why();
        if matches!(why, Some(Trouble::Stopped)) {
            return f.write_str("none: the driver has stopped");
        }
        if matches!(why, Some(Trouble::Withdrawn)) {
            return f.write_str("none: the issuer was taken out of the verifier");
        }
        if next.at.is_some() || next.running_since.is_some() {
            return Planned(next, all.at).fmt(f);
        }
        f.write_str(if all.on_demand && all.keys.is_empty() {
            "when a caller asks for keys (background refresh is off)"
        } else if all.on_demand {
            "when a caller comes after the end of the lifetime (background refresh is off)"
        } else {
            "none planned: background refresh pauses until a token comes (`idle_after`)"
        })
    }
}

/// The next fetch.
struct Planned<'a>(&'a NextFetch, SystemTime);

impl fmt::Display for Planned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(next, now) = *self;
        match (next.running_since, next.at) {
            (Some(since), _) => {
                write!(f, "running, began {}", At { at: since, now })?;
                let until = next.running_until.map(|at| At { at, now });
                until.map_or(Ok(()), |until| write!(f, "; it ends at the latest {until}"))
            }
            (None, Some(at)) => {
                write!(f, "{}", At { at, now })?;
                next.reason.map_or(Ok(()), |reason| write!(f, ": {}", because(reason)))
            }
            (None, None) => f.write_str("none planned"),
        }
    }
}

/// The first few of many, in one line.
struct Listed<'a, T> {
    all: &'a [T],
    none: &'static str,
}

impl<T: Item> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, item) in self.all.iter().take(MOST).enumerate() {
            f.write_str(if n > 0 { ", " } else { "" })?;
            item.show(f)?;
        }
        match self.all.len().saturating_sub(MOST) {
            0 if self.all.is_empty() => f.write_str(self.none),
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

trait Item {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Item for HeldKey {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Item for KeyId {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

/// How many, in words.
struct Count(usize, &'static str, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, name, rest) = *self;
        let plural = match (count, name) {
            (1, _) => "",
            (_, "fetch") => "es",
            _ => "s",
        };
        let gap = if rest.is_empty() { "" } else { " " };
        write!(f, "{count} {name}{plural}{gap}{rest}")
    }
}

fn more(f: &mut fmt::Formatter<'_>, all: usize) -> fmt::Result {
    match all.saturating_sub(MOST) {
        0 => Ok(()),
        more => line(f, "", format_args!("and {more} more")),
    }
}

/// One line of the text, under its name.
pub(crate) fn line(f: &mut fmt::Formatter<'_>, name: &str, text: impl fmt::Display) -> fmt::Result {
    write!(f, "\n  {name:12}  {text}")
}

/// Shown of many.
const MOST: usize = 12;
