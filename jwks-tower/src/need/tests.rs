use super::*;
use crate::Reason;

fn token(scopes: &str, acr: &str, auth_time: Option<u64>) -> Seen {
    let mut seen = Seen { auth_time, ..Seen::default() };
    seen.scopes.push_text(scopes);
    if !acr.is_empty() {
        seen.acr.push(acr);
    }
    seen
}

fn check(need: &Need, seen: &Seen, now: u64) -> Result<(), Reason> {
    let pairs = [("write".into(), "read".into())];
    let now = || UNIX_EPOCH + Duration::from_secs(now);
    need.check(seen, &Hierarchy::new(&pairs), "", now).map_err(|refusal| refusal.reason())
}

#[test]
fn all_any_and_implied() {
    let missing = Err(Reason::InsufficientScope);
    let has = |need: &Need, scopes| check(need, &token(scopes, "", None), 0);
    let all = Need::all(["read", "list"]);
    assert_eq!(has(&all, "read list x"), Ok(()));
    assert_eq!(has(&all, "write list"), Ok(()));
    assert_eq!(has(&all, "read"), missing);
    assert_eq!(has(&all, ""), missing);
    let any = Need::any(["a", "b"]);
    assert_eq!(has(&any, "b"), Ok(()));
    assert_eq!(has(&any, "c"), missing);
    let both = Need::all(["read"]).and_any(["a", "b"]).and_any(["c"]);
    assert_eq!(has(&both, "read b c"), Ok(()));
    assert_eq!(has(&both, "read a b"), missing);
    assert_eq!(both.scopes().collect::<Vec<_>>(), ["read", "a", "c"]);
    assert_eq!(has(&Need::caller(), ""), Ok(()));
}

/// A mistake in the configuration must not let anybody in.
#[test]
fn what_cannot_be_had_is_never_met() {
    let missing = Err(Reason::InsufficientScope);
    for need in [Need::any([""; 0]), Need::any([""]), Need::all([""]), Need::all(["a b"])] {
        assert_eq!(check(&need, &token("a b", "", None), 0), missing, "{need:?}");
    }
    assert_eq!(Need::all(["a", "a b"]).wrong_scope(), Some("a b"));
    assert_eq!(Need::any([""]).wrong_scope(), Some(""));
    assert_eq!(Need::all(["a"]).and_any(["b"]).wrong_scope(), None);
}

#[test]
fn a_login_must_be_strong_and_recent() {
    let step_up = Err(Reason::InsufficientUserAuthentication);
    let strong = Need::caller().acr(["gold", "platinum"]);
    assert_eq!(check(&strong, &token("", "platinum", None), 0), Ok(()));
    assert_eq!(check(&strong, &token("", "silver", None), 0), step_up);
    assert_eq!(check(&strong, &token("", "", None), 0), step_up);
    let recent = Need::caller().max_age(Duration::from_secs(60));
    assert_eq!(check(&recent, &token("", "", Some(1000)), 1060), Ok(()));
    assert_eq!(check(&recent, &token("", "", Some(1000)), 1061), step_up);
    assert_eq!(check(&recent, &token("", "", Some(1000)), 900), Ok(()));
    assert_eq!(check(&recent, &token("", "", None), 1000), step_up);
    assert_eq!(check(&recent, &token("", "", Some(u64::MAX)), 0), step_up);
}

#[test]
fn scopes_of_several_are_named_once() {
    let needs = [Need::all(["a", "b"]), Need::any(["b", "c"]), Need::all(["d"])];
    assert_eq!(scopes_of(&needs), "a b d");
}
