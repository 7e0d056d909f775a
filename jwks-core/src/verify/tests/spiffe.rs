//! JWT-SVIDs, known by the trust domain of their `sub`.

use super::calls::{issuer, load, serving, token};
use super::*;
use crate::built::built;
use crate::cache::{Action, Driver, Env, Relaxation};
use crate::keys::testing::{ED25519, P256, Signer, set_json};
use crate::refresh::{Kidless, Policy, Time};
use crate::verify::{Issuer, Registered, Step, Verifier};

const DOMAIN: &str = "spiffe://example.org";
const SVID: &str = r#"{"sub":"spiffe://example.org/payments","aud":["my-api"],"exp":2000}"#;

fn domain(name: &str) -> Issuer {
    let url = format!("https://{name}/bundle");
    Issuer::spiffe(name).jwks_uri(url).audience("my-api").leeway(Duration::ZERO)
}

/// With a bundle of this key, under the kid `a`, for all trust domains; other issuers come after.
fn serving_svids<const N: usize>(
    domains: [(Issuer, &Signer); N],
    others: impl IntoIterator<Item = Issuer>,
) -> (Verifier, Vec<Driver>) {
    let (issuers, signers): (Vec<_>, Vec<_>) = domains.into_iter().unzip();
    let builder = Verifier::builder().wall_clock(|| at(1500));
    let builder = issuers.into_iter().chain(others).fold(builder, |b, i| b.issuer(i));
    let (verifier, mut drivers): (_, Vec<Driver>) = built(builder);
    for (driver, signer) in drivers.iter_mut().zip(&signers) {
        answer(driver, &bundle(signer, ""));
    }
    drivers.iter_mut().skip(N).for_each(load);
    (verifier, drivers)
}

fn bundle(signer: &Signer, more: &str) -> String {
    let set = set_json(&[signer.jwk(r#""kid":"a","use":"jwt-svid""#)]);
    set.replace("]}", &format!("]{more}}}"))
}

fn answer(driver: &mut Driver, body: &str) {
    let Action::Fetch(fetch) = driver.poll(Time::ZERO) else { panic!("no fetch") };
    fetch.reply.send(Ok(http::Response::new(body.to_owned())));
    driver.poll(Time::ZERO);
}

fn svid(signer: &Signer, payload: &str) -> String {
    signer.token(Algorithm::ES256, r#"{"alg":"ES256","kid":"a"}"#, payload)
}

fn kind_of(verifier: &Verifier, token: &str) -> Option<ErrorKind> {
    verifier.try_verify::<Value>(token).err().map(|error| error.kind())
}

#[test]
fn a_token_is_known_by_its_subject() {
    let (verifier, _drivers) = serving_svids([(domain("example.org"), &P256)], []);
    let verified = verifier.try_verify::<Registered>(&svid(&P256, SVID)).unwrap();
    assert_eq!(verified.issuer(), DOMAIN);
    let id = verified.spiffe_id().unwrap();
    assert_eq!((id.trust_domain(), id.path()), ("example.org", "/payments"));
    let (claims, rest) = verified.clone().into_parts();
    assert_eq!(claims.sub.as_deref(), Some(rest.spiffe_id().unwrap().as_str()));
    // An `iss` says nothing.
    for iss in ["https://oidc.example.org", "spiffe://other.example", ""] {
        let payload = SVID.replace('{', &format!(r#"{{"iss":"{iss}","#));
        assert_eq!(kind_of(&verifier, &svid(&P256, &payload)), None, "{iss}");
    }
    let checked = verifier.call().check(|token| match token.claim::<String>("sub").as_deref() {
        Some("spiffe://example.org/payments") => Ok(()),
        _ => Err("another".into()),
    });
    assert!(checked.try_verify::<Value>(&svid(&P256, SVID)).unwrap().spiffe_id().is_some());
    let status = &verifier.status()[0];
    assert_eq!((&*status.label, &*status.relaxations), (DOMAIN, &[Relaxation::Spiffe][..]));
}

#[test]
fn what_a_jwt_svid_must_be_is_checked() {
    let (verifier, _drivers) = serving_svids([(domain("example.org"), &P256)], []);
    for (one, other, kind) in [
        (r#""sub""#, r#""sup""#, ErrorKind::MissingClaim),
        ("example.org", "example.net", ErrorKind::WrongIssuer),
        ("example.org", "evil.example.org", ErrorKind::WrongIssuer),
        ("example.org", "example.org.evil", ErrorKind::WrongIssuer),
        ("example.org/", "example.org:443/", ErrorKind::WrongClaim),
        ("example.org/", "example.net@example.org/", ErrorKind::WrongClaim),
        ("example.org", "Example.org", ErrorKind::WrongClaim),
        ("spiffe:", "https:", ErrorKind::WrongClaim),
        ("/payments", "/payments?a=b", ErrorKind::WrongClaim),
        ("/payments", "/%70ayments", ErrorKind::WrongClaim),
        ("/payments", "/../payments", ErrorKind::WrongClaim),
        ("/payments", "/", ErrorKind::WrongClaim),
        (r#""spiffe://example.org/payments""#, "7", ErrorKind::Malformed),
        ("my-api", "elsewhere", ErrorKind::WrongAudience),
        (r#""aud""#, r#""aut""#, ErrorKind::MissingClaim),
        (r#""exp""#, r#""ex""#, ErrorKind::MissingClaim),
        ("2000", "1500", ErrorKind::Expired),
    ] {
        let payload = SVID.replace(one, other);
        assert_eq!(kind_of(&verifier, &svid(&P256, &payload)), Some(kind), "{payload}");
    }
    let typed = |typ: &str| {
        let header = format!(r#"{{"alg":"ES256","kid":"a","typ":"{typ}"}}"#);
        kind_of(&verifier, &P256.token(Algorithm::ES256, &header, SVID))
    };
    for good in ["JWT", "jwt", "JOSE", "application/jose"] {
        assert_eq!(typed(good), None, "{good}");
    }
    for bad in ["at+jwt", "", "JOSE+JSON", "wit+jwt"] {
        assert_eq!(typed(bad), Some(ErrorKind::TypeNotAllowed), "{bad}");
    }
    let (verifier, _drivers) = serving_svids([(domain("example.org"), &ED25519)], []);
    let kind = kind_of(&verifier, &token(SVID));
    assert_eq!(kind, Some(ErrorKind::AlgorithmNotAllowed));
}

#[test]
fn a_refusal_says_what_is_wrong_and_shows_no_id() {
    let (verifier, _drivers) = serving_svids([(domain("example.org"), &P256)], []);
    let payload = SVID.replace("/payments", "/pay ments");
    let error = verifier.try_verify::<Value>(&svid(&P256, &payload)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the claim `sub` is not a SPIFFE ID: its path has other than letters, digits, `.`, `-` and `_`"
    );
    let payload = SVID.replace("example.org", "other.example");
    let explained = verifier.explain(&svid(&P256, &payload));
    assert_eq!(explained.refused_by, Some(Step::Issuer));
    let shown = explained.to_string();
    assert!(shown.contains("compare the trust domain"), "{shown}");
    assert!(!shown.contains("payments"), "{shown}");
}

#[test]
fn several_trust_domains_stand_beside_ordinary_issuers() {
    let other = Signer::new(Algorithm::ES256);
    let domains = [(domain("example.org"), &*P256), (domain("partner.example"), &other)];
    let (verifier, _drivers) = serving_svids(domains, [issuer(ISSUER)]);
    let theirs = SVID.replace("example.org", "partner.example");
    let accepted = |token: &str| {
        verifier.try_verify::<Value>(token).map(|it| it.issuer().to_owned()).map_err(|it| it.kind())
    };
    assert_eq!(accepted(&svid(&P256, SVID)).as_deref(), Ok(DOMAIN));
    assert_eq!(accepted(&svid(&other, &theirs)).as_deref(), Ok("spiffe://partner.example"));
    assert_eq!(accepted(&token(PAYLOAD)).as_deref(), Ok(ISSUER));
    assert!(verifier.try_verify::<Value>(&token(PAYLOAD)).unwrap().spiffe_id().is_none());
    // Neither can speak for the other, nor for the issuer, nor that for them.
    assert_eq!(accepted(&svid(&P256, &theirs)), Err(ErrorKind::InvalidSignature));
    assert_eq!(accepted(&svid(&other, SVID)), Err(ErrorKind::InvalidSignature));
    let both = PAYLOAD.replace('{', r#"{"sub":"spiffe://example.org/payments","#);
    assert_eq!(accepted(&svid(&P256, &both)), Err(ErrorKind::NoUsableKey));
    let verified = verifier.try_verify::<Value>(&token(&both)).unwrap();
    assert_eq!((verified.issuer(), verified.spiffe_id()), (ISSUER, None));
    // An `iss` that nobody has does no harm, and does not help either.
    for iss in ["https://oidc.example.org", "https://id.example.com/"] {
        let payload = SVID.replace('{', &format!(r#"{{"iss":"{iss}","#));
        assert_eq!(accepted(&svid(&P256, &payload)).as_deref(), Ok(DOMAIN), "{iss}");
        let payload = payload.replace("spiffe://example.org", "spiffe://third.example");
        assert_eq!(accepted(&svid(&P256, &payload)), Err(ErrorKind::WrongIssuer), "{iss}");
    }
    // The name of a trust domain as `iss` leads there, and does not stand for the subject.
    let named = r#"{"iss":"spiffe://example.org","aud":"my-api","exp":2000,"sub":"me"}"#;
    assert_eq!(accepted(&svid(&P256, named)), Err(ErrorKind::WrongClaim));
    for (sub, kind) in [
        ("spiffe://third.example/a", ErrorKind::WrongIssuer),
        ("spiffe://example.org:1/a", ErrorKind::WrongIssuer),
        ("me", ErrorKind::MissingClaim),
        ("https://id.example.com", ErrorKind::MissingClaim),
    ] {
        let payload = SVID.replace("spiffe://example.org/payments", sub);
        assert_eq!(accepted(&svid(&P256, &payload)), Err(kind), "{sub}");
    }
    let call = verifier.call().issuer(DOMAIN);
    assert!(call.try_verify::<Value>(&svid(&P256, SVID)).is_ok());
    let kind = call.try_verify::<Value>(&svid(&other, &theirs)).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::InvalidSignature);
    let call = verifier.call().issuer(ISSUER);
    assert!(call.try_verify::<Value>(&svid(&P256, SVID)).is_err());
    assert_eq!(verifier.status_of(DOMAIN).unwrap().label, DOMAIN);
}

#[test]
fn a_trust_domain_comes_and_goes() {
    let (verifier, _drivers) = serving([issuer(ISSUER)]);
    let token = svid(&P256, SVID);
    // The only issuer judges every token, by its key.
    assert_eq!(kind_of(&verifier, &token), Some(ErrorKind::NoUsableKey));
    verifier.issuers().add(domain("example.org")).unwrap();
    // It is there, though nobody drives it here.
    assert_eq!(kind_of(&verifier, &token), Some(ErrorKind::Stopped));
    assert!(verifier.issuers().remove(DOMAIN));
    assert_eq!(kind_of(&verifier, &token), Some(ErrorKind::MissingClaim));
}

#[test]
fn a_doomed_token_fetches_nothing() {
    let (verifier, mut drivers) = serving_svids([(domain("example.org"), &P256)], []);
    let unknown =
        |payload: &str| P256.token(Algorithm::ES256, r#"{"alg":"ES256","kid":"b"}"#, payload);
    let theirs = SVID.replace("example.org", "other.example");
    let kind = kind_of(&verifier, &unknown(&theirs));
    assert_eq!(kind, Some(ErrorKind::WrongIssuer));
    let waits = |driver: &mut Driver| matches!(driver.poll(Time::ZERO), Action::Wait(_));
    assert!(waits(&mut drivers[0]));
    assert_eq!(kind_of(&verifier, &unknown(SVID)), Some(ErrorKind::UnknownKid));
    assert!(!waits(&mut drivers[0]));
}

#[test]
fn without_kid_the_policy_decides() {
    let nameless = P256.token(Algorithm::ES256, r#"{"alg":"ES256"}"#, SVID);
    let second = Signer::new(Algorithm::ES256);
    let keys =
        [P256.jwk(r#""kid":"a","use":"jwt-svid""#), second.jwk(r#""kid":"b","use":"jwt-svid""#)];
    for (kidless, one, two) in [
        (Kidless::OnlyIfUnique, None, Some(ErrorKind::MissingKid)),
        (Kidless::TryAll(4.try_into().unwrap()), None, None),
        (Kidless::Reject, Some(ErrorKind::MissingKid), Some(ErrorKind::MissingKid)),
    ] {
        for (keys, expected) in [(&keys[..1], one), (&keys[..], two)] {
            let policy = Policy::builder().kidless(kidless).build().unwrap();
            let builder = Verifier::builder().wall_clock(|| at(1500));
            let builder = builder.issuer(domain("example.org").policy(policy));
            let (verifier, mut drivers): (_, Vec<Driver>) = built(builder);
            answer(&mut drivers[0], &set_json(keys));
            assert_eq!(kind_of(&verifier, &nameless), expected, "{kidless:?}");
        }
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let text = |issuer: Issuer| {
        let builder = Verifier::builder().issuer(issuer);
        let built = builder.assemble(Env::new(|| at(0)));
        built.map(drop).unwrap_err().to_string()
    };
    for name in ["", "Example.org", "example.org/a", "example.org:1", "spiffe://example.org", "a b"]
    {
        let error = text(Issuer::spiffe(name).jwks_uri("https://a/b").audience("c"));
        assert!(error.contains("trust_domain cannot be used: "), "{error}");
    }
    for (issuer, setting) in [
        (Issuer::spiffe("example.org").jwks_uri("https://a/b").any_audience(), "any_audience"),
        (domain("a").max_age_without_exp(Duration::from_secs(9)), "max_age_without_exp"),
        (domain("a").any_sub(), "any_sub"),
        (domain("a").without_iss(), "without_iss"),
        (domain("a").also("https://oidc.example.org"), "also"),
        (Issuer::spiffe("example.org").discover().audience("c"), "discover"),
        (Issuer::spiffe("example.org").jwks_uri("https://a/b"), "audience"),
        (Issuer::spiffe("example.org").audience("c"), "jwks_uri"),
    ] {
        let error = text(issuer);
        assert!(error.contains(&format!(": {setting} ")), "{error}");
    }
    let read = |text: &str| toml::from_str::<crate::verify::VerifierSettings>(text);
    let settings = read("trust_domain = 'example.org'\njwks_uri = 'https://a/b'\naudience = 'c'");
    assert_eq!(settings.unwrap().issuers()[0].iss(), DOMAIN);
    let both = read("issuer = 'i'\ntrust_domain = 'example.org'\njwks_uri = 'https://a/b'");
    assert!(both.unwrap_err().to_string().contains("trust_domain and issuer are both given"));
}
