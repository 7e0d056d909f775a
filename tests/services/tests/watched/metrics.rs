//! What `/metrics` exports is what the guide's page says, and the other way round.

use std::collections::{BTreeMap, BTreeSet};

use jwks_testkit::{IssuerServer, Signer};

use crate::routes::settings;
use crate::service::Service;

/// By name, without a histogram's endings: each series' labels.
type Series = BTreeMap<String, Vec<BTreeMap<String, String>>>;

/// All that has a metric happens once: also a key that is skipped, and one that comes later.
#[test]
fn each_metric_is_in_the_guide_and_each_of_the_guide_is_there() {
    let issuer = IssuerServer::start();
    let jwk = |kid: &str| Signer::es256(kid).public_jwk();
    let published = issuer.signer().public_jwk();
    let set = |more: &str| format!(r#"{{"keys":[{published},{{"kty":"AKP","kid":"pq"}}{more}]}}"#);
    issuer.publish_json(set(""));
    let service = Service::with(&settings(&issuer, "staff"));
    assert_eq!(service.orders(&issuer.token().scopes(["orders:read"]).sign()).status, 200);
    assert_eq!(service.orders(&issuer.token().issuer("https://other.example").sign()).status, 401);
    issuer.publish_json(set(&format!(",{}", jwk("later"))));
    let unknown = issuer.token().kid("unknown").forged().sign();
    service.until(|it| {
        assert_eq!(it.orders(&unknown).status, 401);
        it.debug("/metrics").body.contains(r#"jwks_keys{issuer="staff"} 2"#)
    });
    let scraped = service.debug("/metrics");
    assert_eq!(scraped.header("content-type").unwrap(), "text/plain; version=0.0.4; charset=utf-8");
    for secret in ["unknown\"", "other.example", "eyJ", "alice"] {
        assert!(!scraped.body.contains(secret), "{secret} is a label");
    }
    let (series, page) = (series(&scraped.body), guide());
    for (name, all) in &series {
        let Some(allowed) = page.get(name) else {
            assert!(name.starts_with("orders_"), "{name} is not in the guide");
            continue;
        };
        for labels in all {
            let names: BTreeSet<_> = labels.keys().map(String::as_str).collect();
            assert_eq!(names, allowed.keys().map(String::as_str).collect(), "labels of {name}");
            for (label, value) in labels {
                let values = &allowed[label];
                assert!(
                    values.is_empty() || values.contains(value),
                    "{name}: the guide does not list {label}=\"{value}\""
                );
            }
        }
    }
    for (name, labels) in &page {
        let Some(all) = series.get(name) else { panic!("{name} of the guide is not exported") };
        for (label, values) in labels {
            // The reasons of skipped keys are many, and come when they are seen.
            let seen: BTreeSet<_> = all.iter().map(|series| series[label].clone()).collect();
            let lazy = name == "jwks_keys_skipped" || values.is_empty();
            assert!(lazy || seen == *values, "{name}, {label}: {seen:?} are exported");
        }
    }
}

/// The `le` of a bucket is the exporter's, and no label of ours.
fn series(text: &str) -> Series {
    let mut series = Series::new();
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let kinds: BTreeMap<_, _> = kinds.collect();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, _value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = key.split_once('{').unwrap_or((key, "}"));
        let whole = ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end));
        let name = whole.into_iter().find(|name| kinds.get(name) == Some(&"histogram"));
        let name = name.unwrap_or_else(|| key.split('{').next().unwrap());
        let labels = labels.trim_end_matches('}').split(',').filter(|it| !it.is_empty());
        let labels = labels.map(|label| label.split_once('=').unwrap());
        let labels = labels.filter(|(name, _)| *name != "le");
        let labels = labels.map(|(name, value)| (name.into(), value.trim_matches('"').into()));
        series.entry(name.to_owned()).or_default().push(labels.collect());
    }
    series
}

/// The table of the page: names, labels, and their values where the page lists them.
fn guide() -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let page = include_str!("../../../../jwks-tokio/docs/guide/metrics.md");
    let mut metrics = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `jw")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let mut labels = BTreeMap::new();
        if !cells[3].contains("no `issuer`") {
            labels.insert("issuer".to_owned(), BTreeSet::new());
        }
        // `label`: `value`, `value`; and what else there is to say
        let own = cells[3].split(';').next().unwrap();
        let mut label = "";
        for (word, end) in ticked(own) {
            if label.is_empty() || !own.contains("`:") || own[end..].starts_with("`:") {
                label = word;
                labels.entry(label.to_owned()).or_default();
            } else {
                labels.get_mut(label).unwrap().insert(word.to_owned());
            }
        }
        // The names of a public type, which jwks-core compares with it.
        labels.values_mut().filter(|it| it.contains("snake_case")).for_each(BTreeSet::clear);
        let (name, _) = ticked(cells[1]).next().unwrap();
        metrics.insert(name.to_owned(), labels);
    }
    listed(page, &mut metrics, "`reason` of a fetch", "jwks_fetches_total", "reason");
    listed(page, &mut metrics, "`error_type`", "jwks_fetch_errors_total", "error_type");
    metrics
}

/// Values that are listed below the table, at a point that begins so.
fn listed(
    page: &str,
    metrics: &mut BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    begin: &str,
    metric: &str,
    label: &str,
) {
    let point = page.split("\n- ").find(|point| point.starts_with(begin)).unwrap();
    let values = ticked(point).skip(1).map(|(value, _)| value.to_owned());
    metrics.get_mut(metric).unwrap().insert(label.to_owned(), values.collect());
}

/// What stands between backticks, and where it ends.
fn ticked(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut ticks = text.match_indices('`').map(|(at, _)| at);
    std::iter::from_fn(move || {
        let (begin, end) = (ticks.next()?, ticks.next()?);
        Some((&text[begin + 1..end], end))
    })
}
