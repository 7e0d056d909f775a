//! What can be wrong with the provider, by name.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use jwks_testkit::{AUDIENCE, IssuerServer};

/// A button of the provider's page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Switch {
    /// Nobody answers.
    Outage,
    /// Every answer takes three seconds.
    Slow,
    /// Strangers send tokens of a kid that nobody has.
    ForgedKids,
    /// Tokens are meant for another service.
    WrongAudience,
    /// The provider's clock is ten minutes fast.
    FastClock,
    /// A new key is published and signs at once; the old one stays published.
    Rotate,
    /// A new key takes the place of all others: an emergency.
    ReplaceKeys,
    /// A new key signs, and is published nowhere yet.
    SignAhead,
}

impl Switch {
    /// All of them: first what is on or off, then what is done once.
    pub const ALL: [Self; 8] = [
        Self::Outage,
        Self::Slow,
        Self::ForgedKids,
        Self::WrongAudience,
        Self::FastClock,
        Self::Rotate,
        Self::ReplaceKeys,
        Self::SignAhead,
    ];

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|switch| switch.name() == name)
    }

    /// Its name, in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Slow => "slow",
            Self::ForgedKids => "forged-kids",
            Self::WrongAudience => "wrong-audience",
            Self::FastClock => "fast-clock",
            Self::Rotate => "rotate",
            Self::ReplaceKeys => "replace-keys",
            Self::SignAhead => "sign-ahead",
        }
    }

    pub(super) const fn says(self) -> &'static str {
        match self {
            Self::Outage => "nobody answers",
            Self::Slow => "every answer takes 3 s",
            Self::ForgedKids => "strangers send tokens of kids that nobody has, 50 a second",
            Self::WrongAudience => "its tokens are meant for another service",
            Self::FastClock => "its clock is ten minutes fast",
            Self::Rotate => "a new key signs, published at once; the old one stays published",
            Self::ReplaceKeys => "a new key takes the place of all others: an emergency",
            Self::SignAhead => "a new key signs before it is published, until the next rotation",
        }
    }

    pub(super) const fn is_done_once(self) -> bool {
        matches!(self, Self::ReplaceKeys | Self::Rotate | Self::SignAhead)
    }
}

#[derive(Debug, Default)]
pub(super) struct Switches([AtomicBool; Switch::ALL.len()]);

impl Switches {
    pub(super) fn is_on(&self, switch: Switch) -> bool {
        self.0[switch as usize].load(Ordering::Relaxed)
    }

    pub(super) fn press(&self, switch: Switch, server: &IssuerServer) {
        let on =
            !switch.is_done_once() && !self.0[switch as usize].fetch_xor(true, Ordering::Relaxed);
        match switch {
            Switch::Outage if on => server.go_down(),
            Switch::Outage => server.come_up(),
            Switch::Slow => server.delay(if on { SLOW } else { Duration::ZERO }),
            Switch::ForgedKids => (),
            Switch::WrongAudience => server.set_audience(if on { "another-api" } else { AUDIENCE }),
            Switch::FastClock if on => {
                server.tokens_like(|token| {
                    let ahead = SystemTime::now() + FAST;
                    let seconds = ahead.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                    token.issued_at(ahead).claim("nbf", seconds.as_secs())
                });
            }
            Switch::FastClock => server.tokens_like(|token| token),
            Switch::Rotate => drop(server.rotate()),
            Switch::ReplaceKeys => drop(server.replace_keys()),
            Switch::SignAhead => {
                let key = server.add_key();
                server.withdraw(key.kid());
                server.sign_with(&key);
            }
        }
    }
}

const FAST: Duration = Duration::from_secs(600);
const SLOW: Duration = Duration::from_secs(3);
