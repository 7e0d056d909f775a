//! Which known name a misspelt one was meant for.

/// The known name that is likely meant, if one is.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let written = plain(name);
    if let Some((_, meant)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == written) {
        return known.iter().copied().find(|known| known == meant);
    }
    let scored = known.iter().filter_map(|known| Some((score(&written, &plain(known))?, *known)));
    scored.min_by_key(|(score, _)| *score).map(|(_, known)| known)
}

/// Less is nearer; the second number tells ties apart.
fn score(written: &str, known: &str) -> Option<(usize, usize)> {
    let (short, long) = (written.len().min(known.len()), written.len().max(known.len()));
    // `issuer_url`, `cache_interval`; `aud`, `iss`; `refresh_interval`.
    let inside = known.len() >= 5 && (written.starts_with(known) || written.ends_with(known));
    let begun = written.len() >= 3 && known.starts_with(written);
    let ended = written.len() >= 4 && known.ends_with(written);
    let part = (inside || begun || ended).then_some(3);
    let score = misspelt(written, known).into_iter().chain(part).min()?;
    Some((score, long - short))
}

/// Twice the number of slips, if they are few for names of this length.
fn misspelt(written: &str, known: &str) -> Option<usize> {
    let most = (written.len().min(known.len()) / 4).clamp(1, MOST_SLIPS);
    // What is missing or too many is a slip each; so nobody's long text is compared letter by letter.
    if written.len().abs_diff(known.len()) > most {
        return None;
    }
    let distance = edit_distance(written, known);
    (distance <= most && distance < written.len().min(known.len())).then_some(2 * distance)
}

/// Without case, and without what stands between words.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// How many letters are wrong, missing, or too many; two that changed places count as one.
fn edit_distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before = vec![0; other.len() + 1];
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut row = before.clone();
    for (i, a) in one.iter().enumerate() {
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let mut least = (above[j] + usize::from(a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above.last().copied().unwrap_or_default()
}

/// In the longest names.
const MOST_SLIPS: usize = 3;

/// What other libraries call it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("cachettl", "interval"),
    ("clockskew", "leeway"),
    ("clocktolerance", "leeway"),
    ("skew", "leeway"),
    ("ttl", "interval"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: &[&str] = &[
        "issuer",
        "jwks_uri",
        "discover",
        "audience",
        "audiences",
        "algorithms",
        "leeway",
        "interval",
        "min_refresh_interval",
        "retry_max",
        "azp",
    ];

    #[test]
    fn the_name_that_is_meant() {
        for (written, meant) in [
            ("audiance", Some("audience")),
            ("audinece", Some("audience")),
            ("audiencs", Some("audience")),
            ("Jwks-Uri", Some("jwks_uri")),
            ("jwksUri", Some("jwks_uri")),
            ("jwks_url", Some("jwks_uri")),
            ("isuer", Some("issuer")),
            ("issuer_url", Some("issuer")),
            ("iss", Some("issuer")),
            ("aud", Some("audience")),
            ("alg", Some("algorithms")),
            ("algorithm", Some("algorithms")),
            ("jwks_cache_interval", Some("interval")),
            ("min_refresh_intreval", Some("min_refresh_interval")),
            ("discovery", Some("discover")),
            ("refresh_interval", Some("min_refresh_interval")),
            ("uri", None),
            ("clock_skew", Some("leeway")),
            ("client_secret", None),
            ("port", None),
            ("x", None),
            ("", None),
            ("min_refresh_intervallll", Some("min_refresh_interval")),
            ("refreshed_min_intervals", None),
        ] {
            assert_eq!(nearest(written, KNOWN), meant, "{written}");
        }
    }

    proptest! {
        #![proptest_config(crate::proof::draws(256))]

        #[test]
        fn a_name_with_one_slip_is_found(at in 0..8_usize, letter in "[a-z]") {
            let mut written = "audience".to_owned();
            written.replace_range(at..=at, &letter);
            prop_assert_eq!(nearest(&written, KNOWN), Some("audience"));
        }

        #[test]
        fn slips_are_a_distance(one in "[ab]{0,6}", other in "[ab]{0,6}") {
            prop_assert_eq!(edit_distance(&one, &other), edit_distance(&other, &one));
            prop_assert_eq!(edit_distance(&one, &other) == 0, one == other);
        }
    }
}
