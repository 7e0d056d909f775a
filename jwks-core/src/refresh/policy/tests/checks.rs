use super::super::*;

const NEVER: Duration = Duration::MAX;
const NOTHING: Duration = Duration::ZERO;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn new() -> PolicyBuilder {
    Policy::builder()
}

/// Each case fails, names the field and the range, and works when this one field is mended, so
/// nothing else was wrong with it.
#[test]
fn each_check_alone() {
    let usage = new().strategy(Strategy::Usage);
    let http = new().http_freshness(true);
    let late = new().background_refresh_threshold(1.0);
    let cases: &[(PolicyBuilder, &str, &str, PolicyBuilder)] = &[
        (new().usages(0), "usages", "1 to 2305843009213693952", new().usages(1)),
        (new().usages((1 << 61) + 1), "usages", "1 to 2305843009213693952", new().usages(1 << 61)),
        (
            new().background_refresh_threshold(f64::NAN),
            "background_refresh_threshold",
            "0 to 1",
            new().background_refresh_threshold(0.0),
        ),
        (
            new().background_refresh_threshold(1.0 + f64::EPSILON),
            "background_refresh_threshold",
            "0 to 1",
            new().background_refresh_threshold(1.0),
        ),
        (
            new().background_refresh_threshold(-1e-300),
            "background_refresh_threshold",
            "0 to 1",
            new().background_refresh_threshold(-0.0),
        ),
        (new().jitter(f64::NAN), "jitter", "0 to 1", new().jitter(0.0)),
        (new().jitter(f64::INFINITY), "jitter", "0 to 1", new().jitter(1.0)),
        (new().jitter(-0.1), "jitter", "0 to 1", new().jitter(0.1)),
        (
            new().min_refresh_interval(micros(999)),
            "min_refresh_interval",
            "at least 1ms",
            new().min_refresh_interval(micros(1000)),
        ),
        (
            new().min_refresh_interval(secs(1201)),
            "min_refresh_interval",
            "1ms to 20m, the shortest lifetime by time",
            new().min_refresh_interval(secs(1200)),
        ),
        (
            http.min_refresh_interval(secs(31)),
            "min_refresh_interval",
            "1ms to 30s, the shortest lifetime by time",
            http.min_refresh_interval(secs(30)),
        ),
        (
            usage.min_refresh_interval(secs(23 * 3600 + 1)).background_refresh(false),
            "min_refresh_interval",
            "1ms to 23h, the shortest lifetime by time",
            usage.min_refresh_interval(secs(23 * 3600)).background_refresh(false),
        ),
        (
            new().unknown_kid_cooldown(micros(999)),
            "unknown_kid_cooldown",
            "at least 1ms",
            new().unknown_kid_cooldown(NEVER),
        ),
        (
            new().retry(NOTHING, secs(1)),
            "retry_initial",
            "at least 1ms",
            new().retry(micros(1000), secs(1)),
        ),
        (new().retry(secs(2), NOTHING), "retry_max", "at least 1ms", new().retry(secs(2), secs(2))),
        (
            new().retry(secs(2), secs(1)),
            "retry_max",
            "at least 2s, which is retry_initial",
            new().retry(secs(2), secs(2)),
        ),
        (
            new().fetch_timeout(NOTHING),
            "fetch_timeout",
            "at least 1ms",
            new().fetch_timeout(micros(1000)),
        ),
        (new().idle_after(Some(NOTHING)), "idle_after", "at least 1ms", new().idle_after(None)),
        (
            http.http_freshness_clamp(secs(2), secs(1)),
            "http_freshness_max",
            "at least 2s, which is http_freshness_min",
            http.http_freshness_clamp(secs(5), secs(5)),
        ),
        (new().max_body(0), "max_body", "at least 1", new().max_body(usize::MAX)),
        (new().max_keys(0), "max_keys", "at least 1", new().max_keys(1)),
        (new().min_keys(0), "min_keys", "1 to 256, which is max_keys", new().min_keys(256)),
        (new().min_keys(257), "min_keys", "1 to 256, which is max_keys", new().min_keys(256)),
        (
            new().max_waiting(10).max_waiting_undecided(11),
            "max_waiting_undecided",
            "0 to 10, which is max_waiting",
            new().max_waiting(10).max_waiting_undecided(10),
        ),
        (new().interval(micros(1999)), "interval", "at least 2ms", new().interval(micros(2000))),
        (
            new().interval(NOTHING).min_refresh_interval(micros(1000)),
            "interval",
            "at least 1ms",
            new().interval(micros(1000)).min_refresh_interval(micros(1000)),
        ),
        (
            http.http_freshness_clamp(NOTHING, secs(60)),
            "http_freshness_min",
            "at least 2ms",
            http.http_freshness_clamp(micros(2000), secs(60)),
        ),
        (
            usage.stale_if_error(secs(24 * 3600)),
            "stale_if_error",
            "at most 23h 59m 59s 998ms, so that the set has a lifetime",
            usage.stale_if_error(secs(24 * 3600) - micros(2000)),
        ),
        (
            usage.max_trust(secs(3600)),
            "max_trust",
            "at least 1h 2ms",
            usage.max_trust(secs(3600) + micros(2000)),
        ),
        (
            new().interval(secs(24 * 3600)),
            "interval",
            "at most 23h, which is max_trust less stale_if_error",
            new().interval(secs(23 * 3600)),
        ),
        (
            http.http_freshness_clamp(secs(30), secs(24 * 3600)),
            "http_freshness_max",
            "at most 23h, which is max_trust less stale_if_error",
            http.http_freshness_clamp(secs(30), secs(23 * 3600)),
        ),
        (
            new().stale_if_error(secs(24 * 3600)),
            "stale_if_error",
            "at most 23h 40m, which is max_trust less the lifetime",
            new().stale_if_error(secs(24 * 3600 - 1200)),
        ),
        (
            new().max_trust(secs(4799)),
            "max_trust",
            "at least 1h 20m, the lifetime and stale_if_error together",
            new().max_trust(secs(4800)),
        ),
        (
            late.fetch_timeout(secs(1801)),
            "fetch_timeout",
            "1ms to 30m, half of what is left after the latest refresh ahead until the set stops \
             serving",
            late.fetch_timeout(secs(1800)),
        ),
        (
            late.stale_if_error(NOTHING),
            "stale_if_error",
            "at least 10s, what the latest refresh ahead and one more attempt need past the lifetime",
            late.stale_if_error(secs(10)),
        ),
        (
            // 0.8 + 0.2 x 0.2 of 30 s leaves 4.8 s; of the interval alone it would be 192 s.
            http.stale_if_error(NOTHING),
            "stale_if_error",
            "at least 5s 200ms, what the latest refresh ahead and one more attempt need past the \
             lifetime",
            http.stale_if_error(Duration::from_millis(5200)),
        ),
        (
            http.stale_if_error(NOTHING).fetch_timeout(secs(5)),
            "fetch_timeout",
            "1ms to 2s 400ms, half of what is left after the latest refresh ahead until the set \
             stops serving",
            http.stale_if_error(NOTHING).fetch_timeout(Duration::from_millis(2400)),
        ),
    ];
    for (broken, field, allowed, mended) in cases {
        let error = broken.build().unwrap_err();
        assert_eq!((error.field(), error.allowed()), (*field, *allowed), "{error}");
        let text = format!("{field} is {}, allowed is {allowed}", error.value().unwrap());
        assert_eq!((error.to_string(), format!("{error:?}")), (text.clone(), text));
        assert!(mended.build().is_ok(), "{field}: {:?}", mended.build());
    }
}

#[test]
fn the_ends_of_ranges_work() {
    for builder in [
        new().background_refresh(false).fetch_timeout(NEVER),
        new().wait_budget(NOTHING),
        new().wait_budget(NEVER),
        // Of the default, what is over the other limit has no effect.
        new().max_waiting(1),
    ] {
        assert!(builder.build().is_ok(), "{:?}", builder.build());
    }
}

#[test]
fn the_default_builds_to_itself() {
    assert_eq!(Policy::builder().build(), Ok(Policy::default()));
}

#[test]
fn presets_build() {
    let expected = [
        (Policy::high_traffic(), Strategy::Both, 1800, Some((10_000, 9_000)), 1620, 60_000),
        (Policy::high_security(), Strategy::Time, 300, None, 150, 60_000),
        (Policy::development(), Strategy::Usage, 82_800, Some((100, 80)), 66_240, 1_000),
        (Policy::fleet(), Strategy::Both, 1200, Some((1000, 800)), 960, 60_000),
    ];
    for (builder, strategy, lifetime, usages, point, least) in expected {
        let policy = builder.build().unwrap();
        assert_eq!(policy.strategy(), strategy);
        assert_eq!(policy.lifetime(), secs(lifetime));
        assert_eq!(policy.usages().zip(policy.usage_threshold()), usages);
        assert_eq!(policy.threshold_point(policy.lifetime()), secs(point));
        assert_eq!(policy.min_refresh_interval(), Duration::from_millis(least));
        assert_eq!(policy.background_refresh(), strategy != Strategy::Usage);
        assert_eq!(policy.spread_first_refresh(), builder == Policy::fleet());
    }
}
