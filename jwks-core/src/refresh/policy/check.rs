//! Which settings can work.

use core::time::Duration;

use super::field::Field;
use super::{Policy, PolicyBuilder, PolicyError, Strategy};
use crate::refresh::settings::shown::in_words as text;

/// The most validations a lifetime may have: leaves the countdown room on both sides.
pub(super) const MAX_USAGES: u64 = 1 << 61;

/// The most fetches that unknown kids may cause at once.
pub(super) const MAX_BURST: u32 = 1000;

/// Checks everything but the refresh ahead.
pub(super) fn check(set: &PolicyBuilder) -> Result<(), PolicyError> {
    check_counts(set)?;
    check_parts(set)?;
    check_durations(set)?;
    check_least_lifetime(set)?;
    check_trust(set)
}

/// Checks that the latest refresh ahead, and one more attempt, can run into their timeouts before
/// the set stops serving.
pub(super) fn check_refresh_ahead(set: &PolicyBuilder, policy: &Policy) -> Result<(), PolicyError> {
    if !set.background_refresh {
        return Ok(());
    }
    // What is left after the latest point grows with the lifetime, so the shortest is the worst.
    let lifetime = set.shortest_lifetime();
    let left = lifetime.saturating_sub(policy.latest_refresh_point(lifetime));
    let room = left.saturating_add(set.stale_if_error);
    if set.fetch_timeout <= room / 2 {
        return Ok(());
    }
    let (timeout, stale) = (Field::FetchTimeout, Field::StaleIfError);
    let is_stale = set.given.has(stale) && !set.given.has(timeout);
    if room / 2 >= LEAST && !is_stale {
        let allowed = format!(
            "{} to {}, half of what is left after the latest refresh ahead until the set stops serving",
            text(LEAST),
            text(room / 2)
        );
        return Err(PolicyError::duration(timeout, set.fetch_timeout, allowed));
    }
    let allowed = format!(
        "at least {}, what the latest refresh ahead and one more attempt need past the lifetime",
        text(set.fetch_timeout.saturating_mul(2).saturating_sub(left))
    );
    Err(PolicyError::duration(stale, set.stale_if_error, allowed))
}

impl PolicyBuilder {
    /// The shortest lifetime by time that a set can get.
    pub(super) fn shortest_lifetime(&self) -> Duration {
        self.lifetimes().0
    }

    /// The shortest and the longest lifetime by time.
    fn lifetimes(&self) -> (Duration, Duration) {
        match self.strategy {
            Strategy::Usage => {
                let lifetime = self.max_trust.saturating_sub(self.stale_if_error);
                (lifetime, lifetime)
            }
            Strategy::Both | Strategy::Time if self.http_freshness => (
                self.interval.min(self.http_freshness_min),
                self.interval.max(self.http_freshness_max),
            ),
            Strategy::Both | Strategy::Time => (self.interval, self.interval),
        }
    }
}

fn check_counts(set: &PolicyBuilder) -> Result<(), PolicyError> {
    if !(1..=MAX_USAGES).contains(&set.usages) {
        return Err(PolicyError::new(Field::Usages, set.usages, format!("1 to {MAX_USAGES}")));
    }
    if !(1..=MAX_BURST).contains(&set.unknown_kid_burst) {
        let allowed = format!("1 to {MAX_BURST}");
        return Err(PolicyError::new(Field::UnknownKidBurst, set.unknown_kid_burst, allowed));
    }
    for (field, value) in [
        (Field::MaxBody, set.max_body),
        (Field::MaxKeys, set.max_keys),
        (Field::MaxWaiting, set.max_waiting),
    ] {
        if value == 0 {
            return Err(PolicyError::new(field, value, "at least 1"));
        }
    }
    if !(1..=set.max_keys).contains(&set.min_keys) {
        let allowed = format!("1 to {}, which is {}", set.max_keys, Field::MaxKeys.name());
        return Err(PolicyError::new(Field::MinKeys, set.min_keys, allowed));
    }
    // The default may be more: it has an effect up to the other limit.
    let (undecided, field) = (set.max_waiting_undecided, Field::MaxWaitingUndecided);
    if undecided > set.max_waiting && set.given.has(field) {
        let allowed = format!("0 to {}, which is {}", set.max_waiting, Field::MaxWaiting.name());
        return Err(PolicyError::new(field, undecided, allowed));
    }
    Ok(())
}

fn check_parts(set: &PolicyBuilder) -> Result<(), PolicyError> {
    let threshold = (Field::BackgroundRefreshThreshold, set.background_refresh_threshold);
    for (field, value) in [threshold, (Field::Jitter, set.jitter)] {
        // NaN is in no range.
        if !(0.0..=1.0).contains(&value) {
            return Err(PolicyError::new(field, value, "0 to 1"));
        }
    }
    Ok(())
}

fn check_durations(set: &PolicyBuilder) -> Result<(), PolicyError> {
    for (field, value) in [
        (Field::MinRefreshInterval, set.min_refresh_interval),
        (Field::UnknownKidCooldown, Some(set.unknown_kid_cooldown)),
        (Field::RetryInitial, Some(set.retry_initial)),
        (Field::RetryMax, Some(set.retry_max)),
        (Field::ColdRetryMax, Some(set.cold_retry_max)),
        (Field::FetchTimeout, Some(set.fetch_timeout)),
        (Field::IdleAfter, set.idle_after),
    ] {
        if let Some(value) = value
            && value < LEAST
        {
            return Err(PolicyError::duration(field, value, format!("at least {}", text(LEAST))));
        }
    }
    for (low_field, low, high_field, high) in [
        (Field::RetryInitial, set.retry_initial, Field::RetryMax, set.retry_max),
        (
            Field::HttpFreshnessMin,
            set.http_freshness_min,
            Field::HttpFreshnessMax,
            set.http_freshness_max,
        ),
    ] {
        if high < low && set.given.has(low_field) && !set.given.has(high_field) {
            let allowed = format!("at most {}, which is {}", text(high), high_field.name());
            return Err(PolicyError::duration(low_field, low, allowed));
        }
        if high < low {
            let allowed = format!("at least {}, which is {}", text(low), low_field.name());
            return Err(PolicyError::duration(high_field, high, allowed));
        }
    }
    Ok(())
}

/// Checks that the shortest lifetime has room for the least time between refreshes.
fn check_least_lifetime(set: &PolicyBuilder) -> Result<(), PolicyError> {
    let shortest = set.shortest_lifetime();
    let needed = if set.min_refresh_interval.is_some() { LEAST } else { 2 * LEAST };
    if shortest < needed {
        return Err(too_short(set, needed));
    }
    match set.min_refresh_interval {
        Some(least) if least > shortest => {
            let allowed =
                format!("{} to {}, the shortest lifetime by time", text(LEAST), text(shortest));
            Err(PolicyError::duration(Field::MinRefreshInterval, least, allowed))
        }
        _ => Ok(()),
    }
}

fn too_short(set: &PolicyBuilder, needed: Duration) -> PolicyError {
    let at_least = |least| format!("at least {}", text(least));
    if set.strategy != Strategy::Usage {
        return if set.http_freshness && set.http_freshness_min < set.interval {
            let value = set.http_freshness_min;
            PolicyError::duration(Field::HttpFreshnessMin, value, at_least(needed))
        } else {
            PolicyError::duration(Field::Interval, set.interval, at_least(needed))
        };
    }
    match set.max_trust.checked_sub(needed) {
        Some(most) if set.given.has(Field::StaleIfError) => {
            let allowed = format!("at most {}, so that the set has a lifetime", text(most));
            PolicyError::duration(Field::StaleIfError, set.stale_if_error, allowed)
        }
        _ => {
            let least = set.stale_if_error.saturating_add(needed);
            PolicyError::duration(Field::MaxTrust, set.max_trust, at_least(least))
        }
    }
}

/// Checks that lifetime and stale window fit in the trust.
fn check_trust(set: &PolicyBuilder) -> Result<(), PolicyError> {
    let (_, longest) = set.lifetimes();
    // By subtraction, which is exact where the sum would overflow.
    let room = set.max_trust.checked_sub(longest);
    if room.is_some_and(|room| set.stale_if_error <= room) {
        return Ok(());
    }
    let most_lifetime = set.max_trust.checked_sub(set.stale_if_error).filter(|most| *most >= LEAST);
    let field = if set.http_freshness && set.interval < set.http_freshness_max {
        Field::HttpFreshnessMax
    } else {
        Field::Interval
    };
    if let Some(most) = most_lifetime
        && set.given.has(field)
    {
        let (trust, stale) = (Field::MaxTrust.name(), Field::StaleIfError.name());
        let allowed = format!("at most {}, which is {trust} less {stale}", text(most));
        return Err(PolicyError::duration(field, longest, allowed));
    }
    if let Some(room) = room
        && set.given.has(Field::StaleIfError)
    {
        let trust = Field::MaxTrust.name();
        let allowed = format!("at most {}, which is {trust} less the lifetime", text(room));
        return Err(PolicyError::duration(Field::StaleIfError, set.stale_if_error, allowed));
    }
    let least = longest.saturating_add(set.stale_if_error);
    let stale = Field::StaleIfError.name();
    let allowed = format!("at least {}, the lifetime and {stale} together", text(least));
    Err(PolicyError::duration(Field::MaxTrust, set.max_trust, allowed))
}

const LEAST: Duration = Duration::from_millis(1);
