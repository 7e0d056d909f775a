//! What a set costs grows with its keys, and not with their square.

use super::super::testing::comparisons;
use super::*;

/// How often keys are looked at to read so many, and as many that are skipped, to compare the set
/// with another, and to find one.
fn work(count: usize, members: impl Fn(usize) -> String) -> usize {
    let good = (0..count).map(|i| Signer::new(Algorithm::ES256).jwk(&members(i)));
    let bad = (0..count).map(|i| format!(r#"{{"kty":"AKP",{}"own":{i}}}"#, comma(&members(i))));
    let jwks: Vec<_> = good.chain(bad).collect();
    let body = set_json(&jwks);
    let turned = set_json(&jwks.iter().rev().cloned().collect::<Vec<_>>());
    let limits = KeyLimits { max_keys: 2 * count, ..KeyLimits::default() };
    comparisons(|| {
        let keys = KeySet::parse(body.as_bytes(), &limits).unwrap();
        let other = KeySet::parse(turned.as_bytes(), &limits).unwrap();
        assert_eq!(keys.len(), count);
        assert!(keys == other && keys.diff(&other).is_empty());
        assert!(keys.newly_skipped(Some(&other)).next().is_none());
        assert_eq!(keys.contains("0"), keys.skipped_kid("0").is_some());
    })
}

fn comma(members: &str) -> String {
    if members.is_empty() { String::new() } else { format!("{members},") }
}

#[test]
fn eight_times_the_keys_are_not_sixty_four_times_the_work() {
    let named = |i| format!(r#""kid":"{i}""#);
    let same = |_| r#""kid":"a""#.to_owned();
    let none = |_| String::new();
    for (what, few, many) in [
        ("a kid each", work(64, named), work(512, named)),
        ("one kid", work(64, same), work(512, same)),
        ("no kid", work(64, none), work(512, none)),
    ] {
        assert!(few >= 64 && many < 16 * few, "{what}: {few}, {many}");
    }
}

#[test]
fn a_look_up_among_keys_of_one_kid_is_no_walk() {
    let jwks: Vec<_> =
        (0..256).map(|_| Signer::new(Algorithm::ES256).jwk(r#""kid":"a""#)).collect();
    let keys = set(&jwks);
    let looks = comparisons(|| assert_eq!(keys.with_kid("a").len(), 256));
    assert!(looks < 32, "{looks}");
}
