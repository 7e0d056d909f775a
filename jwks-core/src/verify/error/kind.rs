//! What happened to a token, and the table of what to answer.

/// What happened to a token.
///
#[doc = include_str!("../errors.md")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Its `alg` is `none`, symmetric, unknown, or not among those configured.
    AlgorithmNotAllowed,
    /// It is valid, but a check of one's own refused it.
    CheckFailed,
    /// It is valid, but its claims do not fit the type that was asked for.
    ClaimsShape,
    /// Its header demands an extension (`crit`, `b64`); none is supported.
    CriticalHeader,
    /// Its `kid` was denied by hand ([`KeyCache::deny_kid`](crate::cache::KeyCache::deny_kid)).
    DeniedKid,
    /// Its `exp` has come.
    Expired,
    /// None of the keys it may be signed with made its signature.
    InvalidSignature,
    /// It is not a signed JWT in compact form, or a part of it has the wrong shape.
    Malformed,
    /// It lacks a claim that is needed.
    MissingClaim,
    /// It has no `kid`, and which key to use is not decided by the configured rule.
    MissingKid,
    /// Its key is known, but is not for its `alg`, or cannot be used.
    NoUsableKey,
    /// Its `nbf` has not come.
    NotYetValid,
    /// No keys are held, and nobody fetches any more: the driver is gone.
    Stopped,
    /// Its `typ` is not one of those allowed.
    TypeNotAllowed,
    /// No keys could be had to judge it by.
    Unavailable,
    /// The issuer's set has no key with its `kid`.
    UnknownKid,
    /// Its `aud` has none of the audiences configured.
    WrongAudience,
    /// A claim that was asked for by name, `nonce` or `azp`, has another value.
    WrongClaim,
    /// Its `iss` is none of the issuers configured.
    WrongIssuer,
}

impl ErrorKind {
    /// Every kind there is.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::AlgorithmNotAllowed,
        Self::CheckFailed,
        Self::ClaimsShape,
        Self::CriticalHeader,
        Self::DeniedKid,
        Self::Expired,
        Self::InvalidSignature,
        Self::Malformed,
        Self::MissingClaim,
        Self::MissingKid,
        Self::NoUsableKey,
        Self::NotYetValid,
        Self::Stopped,
        Self::TypeNotAllowed,
        Self::Unavailable,
        Self::UnknownKid,
        Self::WrongAudience,
        Self::WrongClaim,
        Self::WrongIssuer,
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::SystemTime;

    use super::super::Error;
    use super::*;
    use crate::keys::{KeyLimits, KeySet};

    /// Kind, whose fault, whether it is worth another try, and what to answer, as the table has it.
    fn rows() -> Vec<[&'static str; 4]> {
        let table = include_str!("../errors.md").lines().filter(|line| line.starts_with("| "));
        let cells = |line: &'static str| line.trim_matches('|').split(" | ").map(str::trim);
        table
            .skip(1)
            .map(|line| match cells(line).collect::<Vec<_>>()[..] {
                [_, kind, fault, retryable, answer] => [kind, fault, retryable, answer],
                _ => panic!("{line}"),
            })
            .collect()
    }

    #[test]
    fn the_table_has_every_kind_and_answers_by_the_predicates() {
        for kind in ErrorKind::ALL {
            let name = format!("`{kind:?}`");
            assert!(rows().iter().any(|row| row[0] == name), "{name}");
        }
        for [kind, fault, _, answer] in rows() {
            assert_eq!(fault == "no", answer.starts_with("503"), "{kind}");
        }
    }

    /// What can be decided now, later, or not at all for want of keys.
    #[test]
    fn the_table_has_each_degree_of_certainty() {
        let set = br#"{"keys":[{"kty":"AKP","kid":"s"},{"kty":"OKP","crv":"Ed25519",
            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let set = KeySet::parse(set, &KeyLimits::default()).unwrap();
        let retry_at = Some(SystemTime::UNIX_EPOCH);
        let errors = [
            Error::invalid_signature(),
            Error::no_usable_key(Some("k"), "ES256"),
            Error::skipped_key("s", &set.skipped()[0]),
            Error::unknown_kid("k"),
            Error::unavailable(retry_at, None),
            Error::stopped("stopped".into()),
        ];
        let left_open = errors.iter().flat_map(|error| {
            let failed = error.clone().failed(retry_at, "status 503".into());
            [error.clone(), error.clone().undecided(retry_at), failed]
        });
        let mut seen = BTreeSet::new();
        for error in left_open {
            let word = |yes| if yes { "yes" } else { "no" };
            let name = format!("`{:?}`", error.kind());
            let row = [&name, word(error.is_caller_fault()), word(error.is_retryable())];
            let there = rows().iter().any(|[kind, fault, retryable, _]| {
                [*kind, *fault, *retryable] == row.map(|cell: &str| cell)
            });
            assert!(there, "{row:?}");
            seen.insert(format!("{row:?}"));
            let undecided = error.is_caller_fault() && error.is_retryable();
            assert_eq!(error.is_undecided(), undecided);
        }
        assert_eq!(seen.len(), 10, "{seen:#?}");
    }
}
