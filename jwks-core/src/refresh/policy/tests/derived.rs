use super::super::*;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn min_refresh_interval_follows_the_shortest_lifetime() {
    let http = Policy::builder().http_freshness(true);
    for (builder, least) in [
        (Policy::builder(), secs(60)),
        (Policy::builder().interval(secs(20)), secs(10)),
        (Policy::builder().interval(secs(12)), secs(6)),
        (http, secs(15)),
        (http.http_freshness_clamp(secs(4), secs(8)), secs(2)),
        (Policy::builder().strategy(Strategy::Usage), secs(60)),
        (Policy::builder().min_refresh_interval(secs(1200)), secs(1200)),
    ] {
        assert_eq!(builder.build().unwrap().min_refresh_interval(), least);
    }
}

#[test]
fn lifetime_of_a_response() {
    let http = Policy::builder().http_freshness(true);
    let (off, on) = (Policy::default(), http.build().unwrap());
    let usage = Policy::builder().strategy(Strategy::Usage).build().unwrap();
    for (given, when_on) in [
        (None, 1200),
        (Some(0), 1200),
        (Some(1), 30),
        (Some(31), 31),
        (Some(43_200), 43_200),
        (Some(u64::MAX), 43_200),
    ] {
        assert_eq!(off.lifetime_for(given.map(secs)), secs(1200));
        assert_eq!(on.lifetime_for(given.map(secs)), secs(when_on));
        assert_eq!(usage.lifetime_for(given.map(secs)), secs(23 * 3600));
    }
}

#[test]
fn points_by_time() {
    let policy = |threshold, jitter| {
        let builder = Policy::builder().background_refresh_threshold(threshold).jitter(jitter);
        builder.min_refresh_interval(secs(60)).build().unwrap()
    };
    for (threshold, jitter, lifetime, point, latest) in [
        (0.8, 0.2, 1200, 960, 1008),
        (0.7, 0.1, 1200, 840, 876),
        (0.0, 0.0, 1200, 60, 60),
        (0.0, 1.0, 1200, 60, 1200),
        (1.0, 1.0, 1200, 1200, 1200),
        // A lifetime that the policy itself never gives.
        (0.8, 0.2, 10, 60, 60),
    ] {
        let policy = policy(threshold, jitter);
        assert_eq!(policy.threshold_point(secs(lifetime)), secs(point));
        assert_eq!(policy.latest_refresh_point(secs(lifetime)), secs(latest));
        assert_eq!(policy.jitter(), jitter);
        assert!(policy.latest_refresh_point(Duration::MAX) <= Duration::MAX);
    }
}

#[test]
fn points_by_usage() {
    for (threshold, usages, point) in [
        (0.8, 1000, 800),
        (0.8, 1, 1),
        (0.8, 3, 3),
        (0.7, 10, 7),
        (0.1, 30, 3),
        (0.0, 1000, 1),
        (1.0, 1 << 61, 1 << 61),
        (0.5, 1 << 61, 1 << 60),
        (0.9, (1 << 61) - 1, 2_075_258_708_292_324_556),
    ] {
        let builder = Policy::builder().background_refresh_threshold(threshold).usages(usages);
        assert_eq!(builder.build().unwrap().usage_threshold(), Some(point), "{threshold} {usages}");
        let time = Policy::builder().strategy(Strategy::Time).build().unwrap();
        assert_eq!((time.usages(), time.usage_threshold()), (None, None));
    }
}

#[test]
fn trust_ends_with_the_stale_window_or_earlier() {
    let policy = Policy::default();
    assert_eq!(policy.trust_for(secs(1200)), secs(4800));
    assert_eq!(policy.trust_for(secs(24 * 3600)), secs(24 * 3600));
    assert_eq!(policy.trust_for(Duration::MAX), secs(24 * 3600));
}

#[test]
fn the_whole_range_of_durations_works() {
    let policy = Policy::builder()
        .interval(Duration::MAX)
        .stale_if_error(Duration::ZERO)
        .max_trust(Duration::MAX)
        .fetch_timeout(secs(1))
        .build()
        .unwrap();
    assert_eq!(policy.lifetime(), Duration::MAX);
    assert_eq!(policy.trust_for(Duration::MAX), Duration::MAX);
    assert!(policy.latest_refresh_point(Duration::MAX) < Duration::MAX);
}
