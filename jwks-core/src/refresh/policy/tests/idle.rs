//! A setting that is given has an effect, or is refused with the other one.

use super::super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn usage() -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Usage)
}

fn time() -> PolicyBuilder {
    Policy::builder().strategy(Strategy::Time)
}

fn on_demand() -> PolicyBuilder {
    Policy::builder().background_refresh(false)
}

#[test]
fn what_has_no_effect_is_refused_with_what_it_has_none_beside() {
    let by_usage = "has no effect with strategy = usage: by `usage`, a lifetime ends after `usages` \
        validations, and at `max_trust` at the latest; leave it out, or choose `time` or `both`";
    let by_time = "has no effect with strategy = time: by `time`, validations end no lifetime; \
        leave it out, or choose `usage` or `both`";
    let on_demand_only = "has no effect with background_refresh = false: nothing is refreshed \
        ahead; leave it out, or switch `background_refresh` on";
    let no_freshness = "has no effect with http_freshness = false: the response's own lifetime is \
        not looked at; leave it out, or switch `http_freshness` on";
    for (builder, field, with, words) in [
        (usage().interval(MINUTE), "interval", "strategy", by_usage),
        (
            Policy::builder().interval(MINUTE * 20).strategy(Strategy::Usage),
            "interval",
            "strategy",
            by_usage,
        ),
        (usage().http_freshness(true), "http_freshness", "strategy", by_usage),
        (usage().http_freshness_clamp(MINUTE, MINUTE), "http_freshness_min", "strategy", by_usage),
        (time().usages(5), "usages", "strategy", by_time),
        (time().usages(1000), "usages", "strategy", by_time),
        (
            on_demand().background_refresh_threshold(0.5),
            "background_refresh_threshold",
            "background_refresh",
            on_demand_only,
        ),
        (on_demand().jitter(0.1), "jitter", "background_refresh", on_demand_only),
        (
            on_demand().spread_first_refresh(true),
            "spread_first_refresh",
            "background_refresh",
            on_demand_only,
        ),
        (on_demand().idle_after(Some(MINUTE)), "idle_after", "background_refresh", on_demand_only),
        (
            Policy::builder().http_freshness_clamp(MINUTE, MINUTE),
            "http_freshness_min",
            "http_freshness",
            no_freshness,
        ),
        (
            time().http_freshness(false).http_freshness_clamp(MINUTE, MINUTE),
            "http_freshness_min",
            "http_freshness",
            no_freshness,
        ),
        // A preset is adjusted, and the rest of it is not what was asked for.
        (Policy::high_security().usages(5), "usages", "strategy", by_time),
        (Policy::development().interval(MINUTE), "interval", "strategy", by_usage),
        (
            Policy::fleet().background_refresh(false).jitter(0.5),
            "jitter",
            "background_refresh",
            on_demand_only,
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.to_string(), format!("{field} {words}"));
        assert_eq!((error.field(), error.no_effect_with()), (field, Some(with)));
        assert!(builder.only_effective().build().is_ok(), "{error}");
        assert_eq!(error.value(), None);
        assert!(words.ends_with(error.allowed()), "{error}");
    }
}

#[test]
fn what_is_switched_off_needs_no_effect() {
    for builder in [
        usage().http_freshness(false),
        on_demand().jitter(0.0),
        on_demand().spread_first_refresh(false),
        on_demand().idle_after(None),
        // These have an effect everywhere.
        usage().stale_if_error(MINUTE).max_trust(MINUTE * 60).min_refresh_interval(MINUTE),
        time().http_freshness(true).http_freshness_clamp(MINUTE, MINUTE * 2),
        on_demand().conditional_requests(true).unknown_kid_burst(1).cold_retry_max(MINUTE),
        // And what a preset brings.
        Policy::high_traffic().strategy(Strategy::Time),
        Policy::high_traffic().strategy(Strategy::Usage),
        Policy::high_traffic().background_refresh(false),
        Policy::high_security().strategy(Strategy::Usage),
        Policy::development().strategy(Strategy::Time),
        Policy::fleet().background_refresh(false),
    ] {
        assert!(builder.build().is_ok(), "{:?}", builder.build());
    }
}

#[test]
fn policies_that_do_the_same_are_equal() {
    let adjusted = Policy::high_traffic().strategy(Strategy::Time).build().unwrap();
    let plain = time().interval(MINUTE * 30).background_refresh_threshold(0.9).build().unwrap();
    assert_eq!(adjusted, plain);
    assert_eq!(on_demand().jitter(0.0).build(), on_demand().build());
    assert_eq!(on_demand().build().unwrap().jitter(), 0.0);
    assert_eq!(Policy::builder().usages(1000).build().unwrap(), Policy::default());
}
