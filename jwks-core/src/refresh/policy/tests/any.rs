use proptest::prelude::{Just, ProptestConfig, TestCaseError, any};
use proptest::strategy::Strategy as Any;
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::super::field::Field;
use super::super::*;

const LEAST: Duration = Duration::from_millis(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_input_builds_soundly_or_names_a_field(builder in any_builder(), given in any_duration()) {
        match builder.build() {
            Err(error) => {
                prop_assert!(Field::NAMES.contains(&error.field()));
                prop_assert!(!error.to_string().contains('\n'));
            }
            Ok(policy) => {
                for lifetime in [policy.lifetime(), policy.lifetime_for(Some(given)),
                    policy.lifetime_for(Some(Duration::MAX)), policy.lifetime_for(Some(Duration::from_micros(1)))] {
                    sound(&policy, lifetime)?;
                }
            }
        }
    }
}

fn sound(policy: &Policy, lifetime: Duration) -> Result<(), TestCaseError> {
    let (least, longest) = (policy.min_refresh_interval(), policy.max_trust());
    prop_assert!(LEAST <= least && least <= lifetime && lifetime <= longest);
    prop_assert!(lifetime.checked_add(policy.stale_if_error()).unwrap() <= longest);
    prop_assert_eq!(policy.trust_for(lifetime), lifetime + policy.stale_if_error());
    let (point, latest) = (policy.threshold_point(lifetime), policy.latest_refresh_point(lifetime));
    prop_assert!(least <= point && point <= latest && latest <= lifetime);
    if policy.background_refresh() {
        let left = policy.trust_for(lifetime) - latest;
        prop_assert!(policy.fetch_timeout() <= left / 2);
    }
    prop_assert!(LEAST <= policy.retry_initial());
    prop_assert!(policy.retry_initial() <= policy.retry_max());
    prop_assert!(1 <= policy.min_keys() && policy.min_keys() <= policy.max_keys());
    if let Some((usages, threshold)) = policy.usages().zip(policy.usage_threshold()) {
        prop_assert!(1 <= threshold && threshold <= usages && usages <= 1 << 61);
    }
    Ok(())
}

fn any_duration() -> impl Any<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
        1 => Just(Duration::from_nanos(1)),
        2 => (0u64..20_000).prop_map(Duration::from_micros),
        8 => (0u64..100_000).prop_map(Duration::from_secs),
        1 => (any::<u64>(), 0u32..1_000_000_000).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
    ]
}

/// Usually the default, so that more than one setting in a thousand builds.
fn maybe<T: Clone + core::fmt::Debug>(
    default: T,
    other: impl Any<Value = T>,
) -> impl Any<Value = T> {
    prop_oneof![4 => Just(default), 1 => other]
}

fn any_part() -> impl Any<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0, any::<f64>()]
}

pub(super) fn any_builder() -> impl Any<Value = PolicyBuilder> {
    let d = PolicyBuilder::new();
    let strategy = prop_oneof![Just(Strategy::Both), Just(Strategy::Time), Just(Strategy::Usage)];
    let kidless = prop_oneof![
        Just(Kidless::OnlyIfUnique),
        Just(Kidless::Reject),
        any::<core::num::NonZeroUsize>().prop_map(Kidless::TryAll),
    ];
    let times = (
        maybe(d.interval, any_duration()),
        maybe(None, any_duration().prop_map(Some)),
        maybe(d.http_freshness_min, any_duration()),
        maybe(d.http_freshness_max, any_duration()),
        maybe(d.unknown_kid_cooldown, any_duration()),
        maybe(d.retry_initial, any_duration()),
        maybe(d.retry_max, any_duration()),
        maybe(d.fetch_timeout, any_duration()),
        maybe(d.wait_budget, any_duration()),
        maybe(d.stale_if_error, any_duration()),
    );
    let more = (
        maybe(d.max_trust, any_duration()),
        maybe(None, any_duration().prop_map(Some)),
        maybe(d.background_refresh_threshold, any_part()),
        maybe(d.jitter, any_part()),
        maybe(d.usages, any::<u64>()),
        maybe(d.max_body, any::<usize>()),
        maybe(d.max_keys, any::<usize>()),
        maybe(d.min_keys, any::<usize>()),
    );
    let limits = (
        maybe(d.unknown_kid_burst, any::<u32>()),
        maybe(d.cold_retry_max, any_duration()),
        maybe(d.max_waiting, any::<usize>()),
        maybe(d.max_waiting_undecided, any::<usize>()),
        any::<bool>(),
    );
    let choices = (strategy, kidless, any::<bool>(), any::<bool>(), any::<bool>());
    (times, more, limits, choices).prop_map(move |(times, more, limits, choices)| {
        let builder = d
            .interval(times.0)
            .http_freshness_clamp(times.2, times.3)
            .unknown_kid_cooldown(times.4)
            .retry(times.5, times.6)
            .fetch_timeout(times.7)
            .wait_budget(times.8)
            .stale_if_error(times.9)
            .max_trust(more.0)
            .idle_after(more.1)
            .background_refresh_threshold(more.2)
            .jitter(more.3)
            .usages(more.4)
            .max_body(more.5)
            .max_keys(more.6)
            .min_keys(more.7)
            .unknown_kid_burst(limits.0)
            .cold_retry_max(limits.1)
            .max_waiting(limits.2)
            .max_waiting_undecided(limits.3)
            .conditional_requests(limits.4)
            .strategy(choices.0)
            .kidless(choices.1)
            .background_refresh(choices.2)
            .http_freshness(choices.3)
            .spread_first_refresh(choices.4);
        times.1.map_or(builder, |least| builder.min_refresh_interval(least))
    })
}
