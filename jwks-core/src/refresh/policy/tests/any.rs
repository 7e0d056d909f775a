use proptest::option;
use proptest::prelude::{Just, TestCaseError, any};
use proptest::strategy::Strategy as Any;
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::super::*;

const LEAST: Duration = Duration::from_millis(1);

proptest! {
    #![proptest_config(crate::proof::draws(4096))]

    #[test]
    fn any_input_builds_soundly_or_names_a_field(builder in any_builder(), given in any_duration()) {
        match builder.build() {
            Err(error) => {
                prop_assert!(PolicySettings::NAMES.contains(&error.field()));
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

/// Usually none, so that more than one policy in a thousand builds.
fn maybe<T: Clone + core::fmt::Debug>(value: impl Any<Value = T>) -> impl Any<Value = Option<T>> {
    option::weighted(0.2, value)
}

fn any_part() -> impl Any<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0, any::<f64>()]
}

/// Only some settings are given: most have no effect beside some choice of the others.
pub(super) fn any_builder() -> impl Any<Value = PolicyBuilder> {
    let strategy = prop_oneof![Just(Strategy::Both), Just(Strategy::Time), Just(Strategy::Usage)];
    let kidless = prop_oneof![
        Just(Kidless::OnlyIfUnique),
        Just(Kidless::Reject),
        any::<core::num::NonZeroUsize>().prop_map(Kidless::TryAll),
    ];
    let base = prop_oneof![
        4 => Just(Policy::builder()),
        1 => Just(Policy::high_traffic()),
        1 => Just(Policy::high_security()),
        1 => Just(Policy::development()),
        1 => Just(Policy::fleet()),
    ];
    let times = (
        maybe(any_duration()),
        maybe(any_duration()),
        maybe((any_duration(), any_duration())),
        maybe(any_duration()),
        maybe((any_duration(), any_duration())),
        maybe(any_duration()),
        maybe(any_duration()),
        maybe(any_duration()),
    );
    let more = (
        maybe(any_duration()),
        maybe(option::of(any_duration())),
        maybe(any_part()),
        maybe(any_part()),
        maybe(any::<u64>()),
        maybe(any::<usize>()),
        maybe(any::<usize>()),
        maybe(any::<usize>()),
    );
    let limits = (
        maybe(any::<u32>()),
        maybe(any_duration()),
        maybe(any::<usize>()),
        maybe(any::<usize>()),
        maybe(any::<bool>()),
    );
    let choices = (
        option::of(strategy),
        maybe(kidless),
        option::of(any::<bool>()),
        option::of(any::<bool>()),
        maybe(any::<bool>()),
    );
    (base, times, more, limits, choices).prop_map(|(base, times, more, limits, choices)| {
        let clamp = |set: PolicyBuilder, (min, max)| set.http_freshness_clamp(min, max);
        let set = with(base, times.0, PolicyBuilder::interval);
        let set = with(set, times.1, PolicyBuilder::min_refresh_interval);
        let set = with(set, times.2, clamp);
        let set = with(set, times.3, PolicyBuilder::unknown_kid_cooldown);
        let set = with(set, times.4, |set, (initial, max)| set.retry(initial, max));
        let set = with(set, times.5, PolicyBuilder::fetch_timeout);
        let set = with(set, times.6, PolicyBuilder::wait_budget);
        let set = with(set, times.7, PolicyBuilder::stale_if_error);
        let set = with(set, more.0, PolicyBuilder::max_trust);
        let set = with(set, more.1, PolicyBuilder::idle_after);
        let set = with(set, more.2, PolicyBuilder::background_refresh_threshold);
        let set = with(set, more.3, PolicyBuilder::jitter);
        let set = with(set, more.4, PolicyBuilder::usages);
        let set = with(set, more.5, PolicyBuilder::max_body);
        let set = with(set, more.6, PolicyBuilder::max_keys);
        let set = with(set, more.7, PolicyBuilder::min_keys);
        let set = with(set, limits.0, PolicyBuilder::unknown_kid_burst);
        let set = with(set, limits.1, PolicyBuilder::cold_retry_max);
        let set = with(set, limits.2, PolicyBuilder::max_waiting);
        let set = with(set, limits.3, PolicyBuilder::max_waiting_undecided);
        let set = with(set, limits.4, PolicyBuilder::conditional_requests);
        let set = with(set, choices.0, PolicyBuilder::strategy);
        let set = with(set, choices.1, PolicyBuilder::kidless);
        let set = with(set, choices.2, PolicyBuilder::background_refresh);
        let set = with(set, choices.3, PolicyBuilder::http_freshness);
        with(set, choices.4, PolicyBuilder::spread_first_refresh)
    })
}

fn with<T>(
    set: PolicyBuilder,
    value: Option<T>,
    setter: impl FnOnce(PolicyBuilder, T) -> PolicyBuilder,
) -> PolicyBuilder {
    match value {
        Some(value) => setter(set, value),
        None => set,
    }
}
