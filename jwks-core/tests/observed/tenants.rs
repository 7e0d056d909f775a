//! Metrics of issuers that come and go. The labels are those of the process, so this is one test.

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use jwks_core::adapter::{Action, Driver, Drivers, Env, Start};
use jwks_core::refresh::{Policy, Time};
use jwks_core::verify::{Issuer, Verifier};

use crate::listen::Meters;

const SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn issuer(label: &str, path: &str) -> Issuer {
    let url = format!("https://{label}.example.com/{path}");
    let issuer = Issuer::new(format!("https://{label}.example.com")).jwks_uri(url);
    let policy = Policy::builder().jitter(0.0).build().unwrap();
    issuer.any_audience().label(label).policy(policy)
}

/// Runs all drivers, as an adapter would, and drops those that have ended.
fn run(drivers: &mut Drivers, running: &mut Vec<Driver>) {
    running.extend(drivers.take_ready());
    running.retain_mut(|driver| {
        loop {
            match driver.poll(Time::from_origin(Duration::ZERO)) {
                Action::Fetch(fetch) => fetch.reply.send(Ok(Response::new(SET))),
                Action::Wait(_) => break true,
                Action::Stop => break false,
            }
        }
    });
}

/// The gauges of this issuer that are not zero.
fn gauges(meters: &Meters, label: &str) -> Vec<String> {
    let issuer = format!(" issuer={label} ");
    let is_gauge = |line: &String| {
        let name = line.split(' ').next().unwrap_or_default();
        !name.ends_with("_total") && !name.contains("duration")
    };
    let own = |line: &String| line.contains(&issuer) && is_gauge(line);
    meters.values().into_iter().filter(own).collect()
}

#[test]
fn issuers_that_come_and_go_leave_zeros_and_no_new_series() {
    let meters = Meters::default();
    metrics::with_local_recorder(&meters, || {
        let builder = Verifier::builder().may_be_empty();
        let (verifier, mut drivers) = builder.build(Env::new(|| UNIX_EPOCH)).unwrap();
        let (issuers, mut running) = (verifier.issuers(), Vec::new());
        issuers.add(issuer("tenant", "keys")).unwrap();
        run(&mut drivers, &mut running);
        let fresh = "jwks_freshness issuer=tenant state=fresh 1".to_owned();
        let before = gauges(&meters, "tenant");
        assert!(before.contains(&fresh) && before.len() > 5, "{before:?}");

        // At once, before its driver was polled, and although somebody holds its cache.
        let kept = verifier.cache("https://tenant.example.com").unwrap();
        assert!(issuers.remove("https://tenant.example.com"));
        assert_eq!(gauges(&meters, "tenant"), [""; 0]);
        run(&mut drivers, &mut running);
        assert_eq!((gauges(&meters, "tenant"), running.len()), (Vec::new(), 0));

        // The same label has the same series; what is left of the old one writes nothing into them.
        issuers.add(issuer("tenant", "keys")).unwrap();
        run(&mut drivers, &mut running);
        assert_eq!(gauges(&meters, "tenant"), before);
        drop(kept);
        assert_eq!(gauges(&meters, "tenant"), before);
        // Nor does one that has moved, whose driver ends after the new one has begun.
        issuers.set(issuer("tenant", "elsewhere")).unwrap();
        running.extend(drivers.take_ready());
        running.reverse();
        run(&mut drivers, &mut running);
        assert_eq!((gauges(&meters, "tenant"), running.len()), (before, 1));

        // More than there are labels for: no series for each of them, but counts by state.
        let many = |range: std::ops::Range<usize>| {
            range.map(|n| issuer(&format!("many-{n}"), "keys")).collect::<Vec<_>>()
        };
        issuers.apply(many(0..100)).unwrap();
        run(&mut drivers, &mut running);
        let named = || {
            let names = meters.names().into_iter();
            names.filter(|name| name.starts_with("jwks_keys issuer=")).count()
        };
        assert!(named() <= 64, "{}", named());
        let series = meters.names().len();
        let count = |issuers: usize| format!("jwks_freshness issuer=other state=fresh {issuers}");
        let shown = gauges(&meters, "other");
        // Other tests of this process have labels too.
        assert!((36..100).any(|others| shown == [count(others)]), "{shown:?}");
        // A label that is free goes to nobody else: its series could not be told from the new one's.
        issuers.apply(many(200..300)).unwrap();
        run(&mut drivers, &mut running);
        assert_eq!((meters.names().len(), running.len()), (series, 100));
        assert_eq!(gauges(&meters, "other"), [count(100)]);
        assert_eq!(gauges(&meters, "many-0"), [""; 0]);
        // Whoever has had one gets it again.
        issuers.apply(many(0..100)).unwrap();
        run(&mut drivers, &mut running);
        assert_eq!((meters.names().len(), gauges(&meters, "other")), (series, shown));
        issuers.apply(Vec::new()).unwrap();
        assert_eq!(gauges(&meters, "other"), [""; 0]);
    });
}
