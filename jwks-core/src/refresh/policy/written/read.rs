//! What a value means to its setting.

use core::num::NonZeroUsize;
use core::time::Duration;

use super::super::field::Field;
use super::super::{Kidless, Policy, PolicyBuilder, Strategy};
use crate::refresh::settings::{Read, Setting, SettingValue, SettingsError};

/// The same settings with this one.
pub(super) fn read(
    set: PolicyBuilder,
    field: Field,
    setting: &Setting,
) -> Result<PolicyBuilder, SettingsError> {
    let duration = || setting.read(SettingValue::duration);
    let flag = || setting.read(SettingValue::flag);
    let number = || setting.read(SettingValue::number);
    let size = || setting.read(SettingValue::size);
    Ok(match field {
        Field::Strategy => set.strategy(setting.read(strategy)?),
        Field::Interval => set.interval(duration()?),
        Field::Usages => set.usages(setting.read(SettingValue::count)?),
        Field::BackgroundRefresh => set.background_refresh(flag()?),
        Field::BackgroundRefreshThreshold => set.background_refresh_threshold(number()?),
        Field::Jitter => set.jitter(number()?),
        Field::SpreadFirstRefresh => set.spread_first_refresh(flag()?),
        Field::MinRefreshInterval => set.min_refresh_interval(duration()?),
        Field::ConditionalRequests => set.conditional_requests(flag()?),
        Field::HttpFreshness => set.http_freshness(flag()?),
        Field::HttpFreshnessMin => {
            PolicyBuilder { http_freshness_min: duration()?, ..set }.marked(field)
        }
        Field::HttpFreshnessMax => {
            PolicyBuilder { http_freshness_max: duration()?, ..set }.marked(field)
        }
        Field::UnknownKidCooldown => set.unknown_kid_cooldown(duration()?),
        Field::UnknownKidBurst => set.unknown_kid_burst(setting.read(small)?),
        Field::RetryInitial => PolicyBuilder { retry_initial: duration()?, ..set }.marked(field),
        Field::RetryMax => PolicyBuilder { retry_max: duration()?, ..set }.marked(field),
        Field::ColdRetryMax => set.cold_retry_max(duration()?),
        Field::FetchTimeout => set.fetch_timeout(duration()?),
        Field::WaitBudget => set.wait_budget(duration()?),
        Field::StaleIfError => set.stale_if_error(duration()?),
        Field::MaxTrust => set.max_trust(duration()?),
        Field::IdleAfter => set.idle_after(setting.read(idle_after)?),
        Field::MaxBody => set.max_body(size()?),
        Field::MaxKeys => set.max_keys(size()?),
        Field::MinKeys => set.min_keys(size()?),
        Field::MaxWaiting => set.max_waiting(size()?),
        Field::MaxWaitingUndecided => set.max_waiting_undecided(size()?),
        Field::Kidless => set.kidless(setting.read(kidless)?),
    })
}

/// The settings for a common case.
pub(super) fn preset(value: &SettingValue) -> Read<PolicyBuilder> {
    match value.text().ok() {
        Some(text) if is(text, "development") => Some(Policy::development()),
        Some(text) if is(text, "fleet") => Some(Policy::fleet()),
        Some(text) if is(text, "high_security") => Some(Policy::high_security()),
        Some(text) if is(text, "high_traffic") => Some(Policy::high_traffic()),
        _ => None,
    }
    .ok_or("'development', 'fleet', 'high_security' or 'high_traffic'")
}

/// A duration, or never.
fn idle_after(value: &SettingValue) -> Read<Option<Duration>> {
    match value.text() {
        Ok(text) if is(text, NEVER) => Ok(None),
        _ => value
            .duration()
            .map(Some)
            .map_err(|_| "'never' or a duration with a unit, such as '30m'"),
    }
}

/// The choice for tokens without `kid`.
fn kidless(value: &SettingValue) -> Read<Kidless> {
    let try_all =
        |most: &SettingValue| Some(Kidless::TryAll(NonZeroUsize::new(most.size().ok()?)?));
    match value.text() {
        Ok(text) if is(text, ONLY_IF_UNIQUE) => Some(Kidless::OnlyIfUnique),
        Ok(text) if is(text, REJECT) => Some(Kidless::Reject),
        Ok(text) => text
            .split_once(':')
            .filter(|(name, _)| is(name, TRY_ALL))
            .and_then(|(_, most)| try_all(&most.into())),
        Err(_) => {
            value.entry().filter(|(name, _)| is(name, TRY_ALL)).and_then(|(_, most)| try_all(&most))
        }
    }
    .ok_or("'reject', 'only_if_unique', or 'try_all:N' with N at least 1")
}

/// A whole number that counts a few things.
fn small(value: &SettingValue) -> Read<u32> {
    u32::try_from(value.count()?).map_err(|_| "a whole number below 2^32")
}

/// The choice of strategy.
fn strategy(value: &SettingValue) -> Read<Strategy> {
    match value.text() {
        Ok(text) if is(text, BOTH) => Some(Strategy::Both),
        Ok(text) if is(text, TIME) => Some(Strategy::Time),
        Ok(text) if is(text, USAGE) => Some(Strategy::Usage),
        _ => None,
    }
    .ok_or("'time', 'usage' or 'both'")
}

fn is(text: &str, name: &str) -> bool {
    text.trim().eq_ignore_ascii_case(name)
}

pub(super) const BOTH: &str = "both";
pub(super) const NEVER: &str = "never";
pub(super) const ONLY_IF_UNIQUE: &str = "only_if_unique";
pub(super) const REJECT: &str = "reject";
pub(super) const TIME: &str = "time";
pub(super) const TRY_ALL: &str = "try_all";
pub(super) const USAGE: &str = "usage";
