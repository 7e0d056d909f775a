//! Random policies that can be built, from milliseconds to the largest duration.

use std::time::Duration;

use jwks_core::refresh::{Policy, PolicyBuilder, Strategy};
use proptest::option;
use proptest::prelude::{Just, any};
use proptest::strategy::Strategy as Any;
use proptest::{prop_oneof, sample};

/// Any policy that can be built.
pub(crate) fn any_policy() -> impl Any<Value = Policy> {
    let scaled = scaled(any::<bool>(), option::weighted(0.3, 1_u32..64));
    prop_oneof![10 => scaled, 1 => extreme(), 1 => presets()]
}

/// Background refresh on, and never idle.
pub(crate) fn background() -> impl Any<Value = Policy> {
    scaled(Just(true), Just(None))
}

/// Background refresh off.
pub(crate) fn on_demand() -> impl Any<Value = Policy> {
    scaled(Just(false), Just(None))
}

/// Sets that last, so that a `Retry-After` is all that happens.
pub(crate) fn lasting() -> impl Any<Value = Policy> {
    let burst = 1_u32..4;
    (any::<bool>(), burst).prop_filter_map("settings that can work", |(background, burst)| {
        Policy::builder()
            .background_refresh(background)
            .interval(Duration::from_secs(36_000))
            .strategy(Strategy::Time)
            .unknown_kid_burst(burst)
            .build()
            .ok()
    })
}

/// All durations small multiples of one unit, so that they meet and cross each other.
fn scaled(
    background: impl Any<Value = bool>,
    idle_after: impl Any<Value = Option<u32>>,
) -> impl Any<Value = Policy> {
    let unit = prop_oneof![
        6 => Just(Duration::from_millis(1)),
        4 => Just(Duration::from_secs(1)),
        2 => Just(Duration::from_secs(60)),
        1 => Just(Duration::from_secs(1 << 40)),
    ];
    let least = option::of(1_u32..=8);
    let durations = (unit, 2_u32..=64, least, 0_u32..=64, 0_u32..=32, 1_u32..=16);
    let retry = (1_u32..=4, sample::select(vec![1_u32, 2, 16, 64]), 1_u32..=16);
    let misses = (1_u32..=4, 1_u32..=16);
    let http = option::weighted(0.3, (1_u32..=8, 0_u32..=64));
    let parts = (any_part(), any_part(), any::<bool>(), any::<bool>());
    let choices = (any_strategy(), any_usages(), background, idle_after);
    (durations, retry, misses, http, parts, choices).prop_filter_map(
        "settings that can work",
        |(durations, retry, misses, http, parts, choices)| {
            let (unit, lifetime, least, stale, spare, timeout) = durations;
            let (threshold, jitter, spread, conditional) = parts;
            let (strategy, usages, background, idle_after) = choices;
            let longest = http.map_or(lifetime, |(min, more)| lifetime.max(min * 2 + more));
            let mut builder = Policy::builder()
                .strategy(strategy)
                .interval(unit * lifetime)
                .usages(usages)
                .background_refresh(background)
                .background_refresh_threshold(threshold)
                .jitter(jitter)
                .spread_first_refresh(spread)
                .conditional_requests(conditional)
                .http_freshness(http.is_some())
                .unknown_kid_burst(misses.0)
                .unknown_kid_cooldown(unit * misses.1)
                .retry(unit * retry.0, unit * retry.0 * retry.1)
                .cold_retry_max(unit * retry.2)
                .fetch_timeout(unit * timeout)
                .stale_if_error(unit * stale)
                .max_trust(unit * (longest + stale + spare))
                .idle_after(idle_after.map(|periods| unit * periods));
            if let Some((min, more)) = http {
                builder = builder.http_freshness_clamp(unit * (min * 2), unit * (min * 2 + more));
            }
            if let Some(least) = least {
                builder = builder.min_refresh_interval(unit * least);
            }
            builder.only_effective().build().ok()
        },
    )
}

/// Each duration is the least or near the largest that there is.
fn extreme() -> impl Any<Value = Policy> {
    let wild = || sample::select(vec![LEAST, LEAST * 3, Duration::MAX / 4, Duration::MAX]);
    let durations = (wild(), wild(), wild(), wild(), option::of(wild()), wild(), wild());
    let parts = (any_part(), any_part(), any::<bool>(), any::<bool>());
    (durations, parts, any_strategy(), any_usages()).prop_filter_map(
        "settings that can work",
        |(durations, parts, strategy, usages)| {
            let (interval, timeout, cooldown, retry_max, idle_after, stale, cold) = durations;
            let stale = stale.min(Duration::MAX / 4);
            Policy::builder()
                .strategy(strategy)
                .interval(interval.min(Duration::MAX - stale))
                .usages(usages)
                .background_refresh(parts.2)
                .background_refresh_threshold(parts.0)
                .jitter(parts.1)
                .spread_first_refresh(parts.3)
                .unknown_kid_cooldown(cooldown)
                .retry(LEAST, retry_max)
                .cold_retry_max(cold)
                .fetch_timeout(timeout)
                .stale_if_error(stale)
                .max_trust(Duration::MAX)
                .idle_after(idle_after)
                .only_effective()
                .build()
                .ok()
        },
    )
}

fn presets() -> impl Any<Value = Policy> {
    let presets = vec![
        PolicyBuilder::new(),
        Policy::development(),
        Policy::fleet(),
        Policy::high_security(),
        Policy::high_traffic(),
    ];
    sample::select(presets).prop_filter_map("presets that can be built", |preset| {
        preset.conditional_requests(true).only_effective().build().ok()
    })
}

fn any_strategy() -> impl Any<Value = Strategy> {
    sample::select(vec![Strategy::Both, Strategy::Time, Strategy::Usage])
}

fn any_usages() -> impl Any<Value = u64> {
    prop_oneof![Just(1_u64), 2_u64..=20, Just(1000_u64), Just(1_u64 << 61)]
}

fn any_part() -> impl Any<Value = f64> {
    prop_oneof![1 => Just(0.0), 1 => Just(1.0), 2 => Just(0.5), 2 => 0.0..=1.0]
}

const LEAST: Duration = Duration::from_millis(1);
