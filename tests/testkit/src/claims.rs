//! What goes into a test token.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::Signer;

/// Claims of a token issued now: `iss`, `aud`, `sub`, `iat`, and `exp` after `lifetime`.
///
/// Times are whole seconds (RFC 7519, section 2, NumericDate): `iat` is rounded down, `exp` up, so
/// the token lives for `lifetime` at least and for less than a second longer. The value is an
/// object; add, change or remove members as the test needs.
pub fn claims(iss: &str, aud: &str, lifetime: Duration) -> Value {
    claims_at(SystemTime::now(), iss, aud, lifetime)
}

/// [`claims`] of a token issued at another time, for expired ones and those not yet valid.
pub fn claims_at(issued: SystemTime, iss: &str, aud: &str, lifetime: Duration) -> Value {
    let issued = issued.duration_since(UNIX_EPOCH).unwrap_or_default();
    let expires = issued.saturating_add(lifetime);
    let exp = expires.as_secs().saturating_add(u64::from(expires.subsec_nanos() > 0));
    json!({ "iss": iss, "aud": aud, "sub": "subject", "iat": issued.as_secs(), "exp": exp })
}

/// A token of these claims that is sound but for its key: ES256, a `kid` that nobody publishes
/// and that no other call has used, and a true signature of a key nobody knows.
pub fn unknown_kid_token(claims: &Value) -> String {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let signer = SIGNER.get_or_init(|| Signer::es256("unknown"));
    let mut header = signer.header();
    // Relaxed: only the numbers' being different matters.
    header["kid"] = format!("unknown-{}", COUNT.fetch_add(1, Ordering::Relaxed)).into();
    signer.sign_with_header(&header, claims)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn times_are_rounded_outward_to_whole_seconds() {
        let issued = UNIX_EPOCH + Duration::from_millis(1_700_000_000_900);
        let of = |millis| claims_at(issued, "i", "a", Duration::from_millis(millis));
        assert_eq!(of(100)["iat"], 1_700_000_000);
        assert_eq!(of(100)["exp"], 1_700_000_001);
        assert_eq!(of(101)["exp"], 1_700_000_002);
        assert_eq!(of(0)["iss"], "i");
        assert_eq!(of(0)["aud"], "a");
        assert_eq!(claims_at(issued, "i", "a", Duration::MAX)["exp"], u64::MAX);
    }

    #[test]
    fn now_is_between_issue_and_expiry() {
        let claims = claims("i", "a", Duration::from_secs(60));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!(claims["iat"].as_u64().unwrap() <= now);
        assert!(claims["exp"].as_u64().unwrap() >= now + 59);
    }

    #[test]
    fn unknown_kids_differ() {
        let kids: HashSet<String> = (0..50)
            .map(|_| {
                let token = unknown_kid_token(&json!({}));
                let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
                let header: Value = serde_json::from_slice(&header).unwrap();
                header["kid"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(kids.len(), 50);
    }
}
