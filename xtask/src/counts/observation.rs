//! What the features `metrics` and `tracing` cost a validation: the same program with them and
//! without them.

use super::figures::TIMES;

/// Whole validations, the check of the signature included. What refuses a token before that is told,
/// and has no limit: it is short.
pub(super) fn lines(plain: &[(String, u64)], observed: &[(String, u64)]) -> Vec<String> {
    let pairs = plain.iter().zip(observed).filter(|((name, _), _)| !name.starts_with("check"));
    let line = |((name, before), (_, now)): (&(String, u64), &(String, u64))| {
        let more = i128::from(*now) - i128::from(*before);
        let name = name.trim_end_matches(CHECK);
        format!("observed {name} {:+} of {}", more / i128::from(TIMES), before / TIMES)
    };
    pairs.map(line).collect()
}

pub(super) fn faults(plain: &[(String, u64)], observed: &[(String, u64)]) -> Vec<String> {
    let names = |counted: &[(String, u64)]| -> Vec<String> {
        counted.iter().map(|(name, _)| name.clone()).collect()
    };
    if names(plain) != names(observed) {
        return vec!["with the features other things are counted than without them".to_owned()];
    }
    let pairs = plain.iter().zip(observed).filter(|((name, _), _)| name.ends_with(CHECK));
    let dear = pairs.filter(|((_, before), (_, now))| now * 100 > before * (100 + LIMIT));
    dear.map(|((name, before), (_, now))| {
        format!("{name}: {now} instructions with metrics and tracing, {before} without: more than {LIMIT} %")
    })
    .collect()
}

const CHECK: &str = " + check";

/// In per cent.
const LIMIT: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn whole_validations_may_cost_one_per_cent_more() {
        let plain = counted(&[("a + check", 10_000), ("check", 9_000), ("look-up", 100)]);
        let within = counted(&[("a + check", 10_100), ("check", 9_000), ("look-up", 200)]);
        assert_eq!(faults(&plain, &within), [""; 0]);
        assert_eq!(lines(&plain, &within), ["observed a +1 of 100", "observed look-up +1 of 1"]);

        let beyond = counted(&[("a + check", 10_101), ("check", 9_000), ("look-up", 100)]);
        assert_eq!(faults(&plain, &beyond).len(), 1);
    }

    #[test]
    fn other_subjects_are_a_fault() {
        let (plain, other) = (counted(&[("a + check", 1)]), counted(&[("b + check", 1)]));
        assert_eq!(faults(&plain, &other).len(), 1);
    }
}
