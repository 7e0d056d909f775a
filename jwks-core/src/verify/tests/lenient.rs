//! Tokens that do not keep to RFC 7519: refused, unless it is written out that they are not.

use std::sync::Mutex;

use super::calls::{HEADER, issuer, load, refused, serving, token};
use super::*;
use crate::cache::{Env, EventKind, Relaxation};
use crate::keys::testing::{ED25519, Signer};
use crate::refresh::Time;
use crate::verify::{Issuer, Registered, Step, Verifier};

const OTHER: &str = "https://other.example.com";
const NAMELESS: &str = r#"{"aud":"my-api","exp":2000,"sub":"s"}"#;

fn endless(iat: &str) -> String {
    format!(r#"{{"iss":"https://id.example.com","aud":"my-api","iat":{iat}}}"#)
}

fn about(sub: &str) -> String {
    format!(r#"{{"iss":"https://id.example.com","aud":"my-api","exp":2000,"sub":{sub}}}"#)
}

fn aged() -> Issuer {
    issuer(ISSUER).max_age_without_exp(Duration::from_secs(300))
}

#[test]
fn by_the_book_nothing_of_it_passes() {
    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    for (payload, kind) in [
        (NAMELESS, ErrorKind::MissingClaim),
        (&endless("1400"), ErrorKind::MissingClaim),
        (&about("7"), ErrorKind::Malformed),
        (&about("null"), ErrorKind::Malformed),
    ] {
        assert_eq!(refused(&verifier.call(), payload), Some(kind), "{payload}");
        // Nor does naming the issuer help.
        assert_eq!(refused(&verifier.call().issuer(ISSUER), payload), Some(kind), "{payload}");
    }
}

#[test]
fn without_iss_the_only_issuer_judges() {
    let (verifier, _drivers) = serving([issuer(ISSUER).without_iss()]);
    let verified = verifier.try_verify::<Registered>(&token(NAMELESS)).unwrap();
    assert_eq!((verified.issuer(), &*verified.claims().iss), (ISSUER, ""));
    assert_eq!(verified.claims().sub.as_deref(), Some("s"));
    // Its own checks take the other way.
    let checked = verifier.call().check(|token| match token.issuer() {
        ISSUER => Ok(()),
        _ => Err("no issuer".into()),
    });
    assert_eq!(refused(&checked, NAMELESS), None);
    assert_eq!(refused(&verifier.call(), PAYLOAD), None);
    for (one, other, kind) in [
        ("}", r#","iss":"https://other.example.com"}"#, ErrorKind::WrongIssuer),
        ("}", r#","iss":null}"#, ErrorKind::Malformed),
        ("}", r#","iss":["https://id.example.com"]}"#, ErrorKind::Malformed),
        ("my-api", "elsewhere", ErrorKind::WrongAudience),
        ("2000", "1500", ErrorKind::Expired),
        (r#""exp""#, r#""ex""#, ErrorKind::MissingClaim),
    ] {
        let payload = NAMELESS.replace(one, other);
        assert_eq!(refused(&verifier.call(), &payload), Some(kind), "{payload}");
    }
    assert_eq!(refused(&verifier.call().issuer(OTHER), NAMELESS), Some(ErrorKind::MissingClaim));
    let wanted = verifier.call().required_claim("iss");
    assert_eq!(refused(&wanted, NAMELESS), Some(ErrorKind::MissingClaim));
}

#[test]
fn of_several_issuers_the_call_names_one() {
    let lenient = [issuer(ISSUER).without_iss(), issuer(OTHER).without_iss()];
    let (verifier, _drivers) = serving(lenient);
    assert_eq!(refused(&verifier.call(), NAMELESS), Some(ErrorKind::MissingClaim));
    let explained = verifier.explain(&token(NAMELESS));
    assert_eq!(explained.refused_by, Some(Step::Issuer));
    assert!(explained.to_string().contains("each call has to name that one"), "{explained}");
    for iss in [ISSUER, OTHER] {
        let call = verifier.call().issuer(iss);
        assert_eq!(call.try_verify::<Value>(&token(NAMELESS)).unwrap().issuer(), iss);
        assert!(call.explain(&token(NAMELESS)).accepted);
    }
    // It narrows too.
    let other = verifier.call().issuer(OTHER);
    assert_eq!(refused(&other, PAYLOAD), Some(ErrorKind::WrongIssuer));
    assert_eq!(refused(&other, &PAYLOAD.replace(ISSUER, OTHER)), None);
    for iss in ["https://third.example.com", ""] {
        let call = verifier.call().issuer(iss);
        assert_eq!(refused(&call, NAMELESS), Some(ErrorKind::MissingClaim));
        assert_eq!(refused(&call, PAYLOAD), Some(ErrorKind::WrongIssuer));
    }
    // One that is left alone judges again.
    assert!(verifier.issuers().remove(OTHER));
    assert_eq!(refused(&verifier.call(), NAMELESS), None);
    assert_eq!(
        refused(&verifier.call(), &PAYLOAD.replace(ISSUER, OTHER)),
        Some(ErrorKind::WrongIssuer)
    );
}

#[test]
fn a_call_names_a_template_or_one_tenant_of_it() {
    const A: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    const B: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let template = "https://login.example.com/{tenantid}/";
    let of = |tenant: &str| template.replace("{tenantid}", tenant);
    let tenants = issuer(template).any_tenant();
    let (verifier, _drivers) = serving([tenants, issuer(OTHER).without_iss()]);
    let claims = |tenant: &str| {
        let iss = format!(r#"{}","tid":"{tenant}"#, of(tenant));
        PAYLOAD.replace(ISSUER, &iss)
    };
    let all = verifier.call().issuer(template);
    let one = verifier.call().issuer(of(A));
    assert_eq!([refused(&all, &claims(A)), refused(&all, &claims(B))], [None, None]);
    assert_eq!(refused(&one, &claims(A)), None);
    assert_eq!(refused(&one, &claims(B)), Some(ErrorKind::WrongIssuer));
    assert_eq!(refused(&all, NAMELESS), Some(ErrorKind::MissingClaim));
    assert_eq!(refused(&one, NAMELESS), Some(ErrorKind::MissingClaim));
    assert_eq!(refused(&all, &PAYLOAD.replace(ISSUER, OTHER)), Some(ErrorKind::WrongIssuer));
}

#[test]
fn one_of_several_that_wants_iss_is_not_named_in_its_place() {
    let (verifier, _drivers) = serving([issuer(ISSUER), issuer(OTHER).without_iss()]);
    let strict = verifier.call().issuer(ISSUER);
    assert_eq!(refused(&strict, NAMELESS), Some(ErrorKind::MissingClaim));
    assert_eq!(refused(&verifier.call().issuer(OTHER), NAMELESS), None);
    // No key of its is tried.
    let forged = Signer::new(Algorithm::EdDSA).token(Algorithm::EdDSA, HEADER, NAMELESS);
    assert_eq!(strict.try_verify::<Value>(&forged).unwrap_err().kind(), ErrorKind::MissingClaim);
}

#[test]
fn without_exp_the_age_counts() {
    let (verifier, _drivers) = serving([aged()]);
    for (iat, kind) in [
        ("1201", None),
        ("1200.5", None),
        ("1500", None),
        ("1200", Some(ErrorKind::Expired)),
        ("-5", Some(ErrorKind::Expired)),
        ("1501", Some(ErrorKind::NotYetValid)),
        ("1500.001", Some(ErrorKind::NotYetValid)),
        ("9e300", Some(ErrorKind::NotYetValid)),
        ("null", Some(ErrorKind::Malformed)),
        (r#""1400""#, Some(ErrorKind::Malformed)),
    ] {
        let payload = endless(iat);
        assert_eq!(refused(&verifier.call(), &payload), kind, "{payload}");
        // Checks of its own take the other way.
        assert_eq!(refused(&verifier.call().check(|_| Ok(())), &payload), kind, "{payload}");
    }
    let verified = verifier.try_verify::<Value>(&token(&endless("1400"))).unwrap();
    assert_eq!(verified.expires_at(), Some(at(1700)));
    let without_both = endless("1400").replace("iat", "x");
    let error = verifier.try_verify::<Value>(&token(&without_both)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingClaim);
    let text = "the token has neither `exp` nor `iat`, and one of them is required (setting \
        `max_age_without_exp`)";
    assert_eq!(error.to_string(), text);
    assert_eq!(verifier.explain(&token(&without_both)).refused_by, Some(Step::Expiry));
    // `nbf` counts as ever.
    let later = endless("1400").replace('}', r#","nbf":1501}"#);
    assert_eq!(refused(&verifier.call(), &later), Some(ErrorKind::NotYetValid));
}

#[test]
fn with_exp_the_age_does_not_count() {
    let (verifier, _drivers) = serving([aged()]);
    let with = |iat: &str, exp: &str| endless(iat).replace('}', &format!(r#","exp":{exp}}}"#));
    assert_eq!(refused(&verifier.call(), &with("1", "2000")), None);
    assert_eq!(refused(&verifier.call(), &with("1600", "2000")), None);
    assert_eq!(refused(&verifier.call(), &with("1400", "1500")), Some(ErrorKind::Expired));
    assert_eq!(refused(&verifier.call(), &with("1400", "null")), Some(ErrorKind::Malformed));
}

#[test]
fn the_leeway_counts_for_the_age_at_both_ends() {
    let (verifier, _drivers) = serving([aged().leeway(Duration::from_secs(60))]);
    for (iat, kind) in [
        ("1141", None),
        ("1140", Some(ErrorKind::Expired)),
        ("1560", None),
        ("1561", Some(ErrorKind::NotYetValid)),
    ] {
        assert_eq!(refused(&verifier.call(), &endless(iat)), kind, "{iat}");
    }
    let old = verifier.try_verify::<Value>(&token(&endless("1"))).unwrap_err().to_string();
    let text = "the token has expired: it has no `exp`, and by its `iat` is older than 5m and a \
        leeway of 1m";
    assert_eq!(old, text);
}

#[test]
fn an_unknown_kid_asks_nobody_for_a_token_that_is_too_old() {
    let (verifier, _drivers) = serving([aged()]);
    let header = r#"{"alg":"EdDSA","kid":"new"}"#;
    let by = |iat| {
        let token = ED25519.token(Algorithm::EdDSA, header, &endless(iat));
        verifier.try_verify::<Value>(&token).unwrap_err().kind()
    };
    assert_eq!(by("1200"), ErrorKind::Expired);
    assert_eq!(by("1501"), ErrorKind::NotYetValid);
    assert_eq!(by("1400"), ErrorKind::UnknownKid);
}

#[test]
fn sub_of_any_type_is_read_by_the_callers_own_type() {
    #[derive(Debug, serde::Deserialize)]
    struct Own<T> {
        sub: T,
    }
    let (verifier, _drivers) = serving([issuer(ISSUER).any_sub()]);
    let own = token(&about("7"));
    assert_eq!(verifier.try_verify::<Own<u64>>(&own).unwrap().claims().sub, 7);
    let error = verifier.try_verify::<Own<String>>(&own).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClaimsShape);
    let object = token(&about(r#"{"id":[1]}"#));
    let own = verifier.try_verify::<Own<Value>>(&object).unwrap();
    assert_eq!(own.claims().sub["id"][0], 1);
    for sub in ["7", "-7", "7.5", "true", "null", "[1,[2]]", r#"{"a":{"b":1}}"#] {
        let token = token(&about(sub));
        let verified = verifier.try_verify::<Registered>(&token).unwrap();
        assert_eq!(verified.claims().sub, None, "{sub}");
        assert!(verifier.call().check(|_| Ok(())).try_verify::<Registered>(&token).is_ok());
    }
    // The text of a number is not the number.
    for sub in ["7", "\\u0037"] {
        let token = token(&about(&format!(r#""{sub}""#)));
        let verified = verifier.try_verify::<Registered>(&token).unwrap();
        assert_eq!(verified.claims().sub.as_deref(), Some("7"));
    }
    assert_eq!(
        refused(&verifier.call().required_claim("sub"), &about("null")),
        Some(ErrorKind::MissingClaim)
    );
    assert_eq!(refused(&verifier.call().required_claim("sub"), &about("7")), None);
    let twice = about("7").replace('}', r#","sub":8}"#);
    assert_eq!(refused(&verifier.call(), &twice), Some(ErrorKind::Malformed));
}

#[test]
fn types_of_ones_own_shut_out_the_others() {
    let typed = |typ: &str| {
        let header = format!(r#"{{"alg":"EdDSA","kid":"a"{typ}}}"#);
        ED25519.token(Algorithm::EdDSA, &header, PAYLOAD)
    };
    let (verifier, _drivers) = serving([issuer(ISSUER).types(["device+jwt", "application/x+jwt"])]);
    let passes = |typ: &str| verifier.try_verify::<Value>(&typed(typ)).is_ok();
    for typ in ["device+jwt", "DEVICE+jwt", "application/device+jwt", "X+JWT"] {
        assert!(passes(&format!(r#","typ":"{typ}""#)), "{typ}");
    }
    for typ in ["at+jwt", "application/at+jwt", "JWT", "x", "text/device+jwt", "application/", ""] {
        assert!(!passes(&format!(r#","typ":"{typ}""#)), "{typ}");
    }
    assert!(!passes(""));
}

#[test]
fn each_is_seen_by_its_name() {
    let seen = Mutex::new(Vec::new());
    let seen = Arc::new(seen);
    let told = Arc::clone(&seen);
    let all = aged().without_iss().any_sub().types(["x+jwt"]).observer(move |event| {
        if let EventKind::Relaxed { relaxations } = event.kind() {
            told.lock().unwrap().extend(relaxations.clone());
        }
    });
    let (verifier, _drivers) = serving([all, issuer(OTHER).also_type("y+jwt")]);
    let relaxations = [
        Relaxation::AnySub,
        Relaxation::MaxAgeWithoutExp,
        Relaxation::Types,
        Relaxation::WithoutIss,
    ];
    let status = verifier.status();
    assert_eq!(status[0].relaxations, relaxations);
    assert_eq!(status[1].relaxations, [Relaxation::AlsoType]);
    assert_eq!(verifier.health().issuers[0].relaxations, relaxations);
    assert_eq!(*seen.lock().unwrap(), relaxations);
    let page = verifier.cache(ISSUER).unwrap().explain();
    assert_eq!(page.relaxations, relaxations);
    let line = "allowed       any_sub, max_age_without_exp, types, without_iss";
    assert!(page.to_string().contains(line), "{page}");
    let expected = verifier.expectations().next().unwrap().to_string();
    for text in
        ["`iss` may be missing", "`exp` may be missing, until 5m after `iat`", "`sub` of any"]
    {
        assert!(expected.contains(text), "{expected}");
    }
}

#[test]
fn by_the_book_nothing_is_seen() {
    let (verifier, _drivers) = serving([issuer(ISSUER).types(["JWT", "application/at+jwt"])]);
    assert!(verifier.status()[0].relaxations.is_empty());
    assert!(!verifier.caches().next().unwrap().explain().to_string().contains("allowed"));
}

#[test]
fn what_is_allowed_while_it_runs_is_seen_and_keeps_the_keys() {
    let builder = Verifier::builder().wall_clock(|| at(1500)).issuer(issuer(ISSUER));
    let (verifier, mut drivers) = builder.assemble(Env::new(|| at(1500))).unwrap();
    let mut running = drivers.take_ready();
    running.iter_mut().for_each(load);
    let mut set = |issuer| {
        let changes = verifier.issuers().set(issuer).unwrap();
        assert_eq!(changes.changed, [ISSUER]);
        for mut driver in drivers.take_ready() {
            driver.poll(Time::ZERO);
            running.push(driver);
        }
    };
    set(issuer(ISSUER).without_iss());
    assert_eq!(verifier.status()[0].relaxations, [Relaxation::WithoutIss]);
    assert_eq!(refused(&verifier.call(), NAMELESS), None);
    set(issuer(ISSUER));
    assert!(verifier.status()[0].relaxations.is_empty());
    assert_eq!(refused(&verifier.call(), NAMELESS), Some(ErrorKind::MissingClaim));
    assert_eq!(refused(&verifier.call(), PAYLOAD), None);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let refusal = |issuer: Issuer| {
        let builder = Verifier::builder().issuer(issuer);
        builder.assemble(Env::new(|| at(0))).unwrap_err().to_string()
    };
    let age = |age| refusal(issuer(ISSUER).max_age_without_exp(age));
    for wrong in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(365 * 86_400 + 1)]
    {
        assert!(age(wrong).contains("allowed is 1s to 365d"), "{}", age(wrong));
    }
    let templated = Issuer::entra().any_tenant().audience("my-api").without_iss();
    assert!(
        refusal(templated).contains("without_iss has no effect on an `iss` that is a template")
    );
    let both = refusal(issuer(ISSUER).without_iss().required_claim("iss"));
    assert!(both.contains("required_claim and without_iss are both given"), "{both}");
    let both = refusal(aged().required_claim("exp"));
    assert!(both.contains("required_claim and max_age_without_exp are both given"), "{both}");
}
