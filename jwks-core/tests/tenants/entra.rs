//! One issuer with many tenants, with sets and tokens of the shape that Microsoft Entra gives them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwks_core::verify::{
    Error, ErrorKind, Issuer, Registered, Verified, Verifier, VerifierSettings,
};
use serde_json::{Value, json};

use crate::world::World;

const A: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const B: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const DOCUMENT: &str =
    "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration";
const KEYS: &str = "https://login.microsoftonline.com/common/discovery/v2.0/keys";

fn v2(tid: &str) -> String {
    TEMPLATE.replace("{tenantid}", tid)
}

fn v1(tid: &str) -> String {
    format!("https://sts.windows.net/{tid}/")
}

fn pair(kid: &str) -> Ed25519KeyPair {
    let mut seed = [3; 32];
    for (byte, letter) in seed.iter_mut().zip(kid.bytes()) {
        *byte = letter;
    }
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

fn key(kid: &str, issuer: Option<&str>) -> Value {
    let x = URL_SAFE_NO_PAD.encode(pair(kid).public_key().as_ref());
    let mut key = json!({"kty": "OKP", "use": "sig", "crv": "Ed25519", "kid": kid, "x": x});
    if let Some(issuer) = issuer {
        key["issuer"] = issuer.into();
    }
    key
}

/// As it is published for all tenants: keys of all, and the one of personal accounts.
fn keys() -> String {
    let keys = [
        key("all", Some(TEMPLATE)),
        key("personal", Some(&v2(PERSONAL))),
        key("plain", None),
        key("other", Some("https://login.microsoftonline.us/{tenantid}/v2.0")),
    ];
    json!({ "keys": keys }).to_string()
}

fn document(issuer: &str) -> String {
    json!({"issuer": issuer, "jwks_uri": KEYS}).to_string()
}

fn entra() -> Issuer {
    Issuer::entra().tenants([A, PERSONAL]).audience("api")
}

/// With this issuer added, whose document names this one.
fn world(issuer: Issuer, named: &str) -> World {
    let mut world = World::new(&["ordinary"]);
    world.publish_text(DOCUMENT, document(named));
    world.publish_text(KEYS, keys());
    world.verifier.issuers().add(issuer).unwrap();
    world.poll();
    world
}

fn sign(kid: &str, claims: &Value) -> String {
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}).to_string();
    let [header, claims] = [header, claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(pair(kid).sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

fn claims(iss: &str, tid: impl Into<Value>) -> Value {
    json!({"aud": "api", "exp": 1_900_000_000, "iss": iss, "tid": tid.into(), "oid": "o"})
}

fn token(kid: &str, iss: &str, tid: &str) -> String {
    sign(kid, &claims(iss, tid))
}

fn verify(verifier: &Verifier, token: &str) -> Result<Verified<Registered>, Error> {
    let usual = verifier.try_verify::<Registered>(token);
    // A check of one's own has the claims read step by step.
    let in_steps = verifier.call().check(|_| Ok(())).try_verify::<Registered>(token);
    let kind = |outcome: &Result<Verified<Registered>, Error>| {
        outcome.as_ref().map(|verified| verified.issuer().to_owned()).map_err(Error::kind)
    };
    assert_eq!(kind(&usual), kind(&in_steps));
    usual
}

fn kind(world: &World, kid: &str, iss: &str, tid: &str) -> Result<(), ErrorKind> {
    verify(&world.verifier, &token(kid, iss, tid)).map(drop).map_err(|error| error.kind())
}

#[test]
fn v1_and_v2_tokens_say_their_tenant_and_their_own_iss() {
    let world = world(entra(), TEMPLATE);
    for iss in [v2(A), v1(A)] {
        let verified = verify(&world.verifier, &token("all", &iss, A)).unwrap();
        assert_eq!((verified.issuer(), verified.tenant()), (&*iss, Some(A)));
        assert_eq!(verified.claims().iss, iss);
        let (_, rest) = verified.into_parts();
        assert_eq!((rest.issuer(), rest.tenant()), (&*iss, Some(A)));
        // So do checks of one's own.
        let expected = iss.clone();
        let call = world.verifier.call().check(move |token| {
            (token.issuer() == expected).then_some(()).ok_or_else(|| "another".into())
        });
        call.try_verify::<Registered>(&token("all", &iss, A)).unwrap();
    }
    // The header is known by now, and is that of both.
    let verified = verify(&world.verifier, &token("personal", &v2(PERSONAL), PERSONAL)).unwrap();
    assert_eq!((verified.issuer(), verified.tenant()), (&*v2(PERSONAL), Some(PERSONAL)));
    // One cache, whatever tenants there are.
    assert_eq!((world.running.len(), world.verifier.issuers().len()), (2, 2));
    assert_eq!(world.asked[1..], [DOCUMENT, KEYS]);
    let ordinary = world.verifier.try_verify::<Registered>(&world.token("ordinary")).unwrap();
    assert_eq!(ordinary.tenant(), None);
}

#[test]
fn iss_is_the_template_with_the_tokens_own_tid() {
    let alone = Verifier::builder().issuer(
        Issuer::new(TEMPLATE)
            .also("https://sts.windows.net/{tenantid}/")
            .any_tenant()
            .keys(keys())
            .audience("api"),
    );
    let worlds = [
        world(entra(), TEMPLATE),
        world(Issuer::entra().any_tenant().audience("api"), TEMPLATE),
        World::built(alone, &[], &[]),
    ];
    let upper = A.to_uppercase();
    let braces = format!("{{{A}}}");
    let percent = A.replacen('-', "%2d", 1);
    let long = format!("{A}0");
    for world in &worlds {
        assert_eq!(kind(world, "all", &v2(A), A), Ok(()));
        for (iss, tid) in [
            (v2(B), A),
            (v1(B), A),
            (v2(A), B),
            (v2(&upper), A),
            (v2(A), &upper),
            (v2(&upper), &upper),
            (v2(&braces), &braces),
            (v2(&braces), A),
            (v2(&percent), &percent),
            (v2(&percent), A),
            (v2(&long), &long),
            (v2(&long), A),
            (v2(&A[1..]), &A[1..]),
            (v2(""), ""),
            (v2("{tenantid}"), "{tenantid}"),
            (v2("common"), "common"),
            (v2("a/b"), "a/b"),
            (v2(&format!("{A}/{A}")), A),
            (format!("{}/", v2(A)), A),
            (v2(A).replace("v2.0", "v1.0"), A),
            (v2(A).replace("https", "http"), A),
            (v2(A).replace("login", "LOGIN"), A),
            (v2(A).replace(".com/", ".com:443/"), A),
            (v1(A).trim_end_matches('/').to_owned(), A),
            (A.to_owned(), A),
            (TEMPLATE.to_owned(), A),
            (String::new(), A),
        ] {
            let wrong = kind(world, "plain", &iss, tid);
            assert_eq!(wrong, Err(ErrorKind::WrongIssuer), "{iss} {tid}");
        }
    }
}

#[test]
fn a_token_without_a_tid_that_is_text_is_refused() {
    let world = world(entra(), TEMPLATE);
    let mut claims = claims(&v2(A), A);
    for (tid, kind, text) in [
        (json!(1), ErrorKind::Malformed, "malformed token: `tid` is not a string"),
        (json!(null), ErrorKind::Malformed, "malformed token: `tid` is not a string"),
        (json!([A]), ErrorKind::Malformed, "malformed token: `tid` is not a string"),
        (json!(B), ErrorKind::WrongIssuer, "the token's `iss` names another tenant than its `tid`"),
    ] {
        claims["tid"] = tid;
        let error = verify(&world.verifier, &sign("plain", &claims)).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    }
    claims.as_object_mut().unwrap().remove("tid");
    let error = verify(&world.verifier, &sign("plain", &claims)).unwrap_err();
    assert_eq!(error.to_string(), "the claim `tid` is missing");
}

#[test]
fn only_tenants_that_were_named_are_accepted() {
    let world = world(entra(), TEMPLATE);
    for iss in [v2(B), v1(B)] {
        let error = verify(&world.verifier, &token("all", &iss, B)).unwrap_err();
        assert_eq!((error.kind(), error.status_code().as_u16()), (ErrorKind::WrongIssuer, 401));
        let text = "the token is from a tenant of \
            `https://login.microsoftonline.com/{tenantid}/v2.0` that is not accepted (setting `tenants`)";
        assert_eq!(error.to_string(), text);
        // Nor is a key looked for that it might have.
        let error = verify(&world.verifier, &token("unknown", &iss, B)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongIssuer);
    }
    // Another list counts at once, and the keys stay.
    let issuers = world.verifier.issuers();
    let changes = issuers.set(Issuer::entra().tenants([B]).audience("api")).unwrap();
    assert_eq!(changes.to_string(), "0 added, 1 changed, 0 moved, 0 withdrawn, 0 unchanged");
    assert_eq!(kind(&world, "all", &v2(B), B), Ok(()));
    assert_eq!(kind(&world, "all", &v2(A), A), Err(ErrorKind::WrongIssuer));
    let changes = issuers.set(Issuer::entra().tenants([B, B]).audience("api")).unwrap();
    assert_eq!(changes.unchanged, 1);
}

#[test]
fn a_function_can_say_which_tenants_are_accepted() {
    let ours = Arc::new(Mutex::new(BTreeSet::from([A.to_owned()])));
    let theirs = Arc::clone(&ours);
    let issuer = Issuer::entra().tenants_where(move |tid| theirs.lock().unwrap().contains(tid));
    let world = world(issuer.audience("api"), TEMPLATE);
    assert_eq!(kind(&world, "all", &v2(A), A), Ok(()));
    assert_eq!(kind(&world, "all", &v1(B), B), Err(ErrorKind::WrongIssuer));
    *ours.lock().unwrap() = BTreeSet::from([B.to_owned()]);
    assert_eq!(kind(&world, "all", &v1(B), B), Ok(()));
    assert_eq!(kind(&world, "all", &v2(A), A), Err(ErrorKind::WrongIssuer));
}

#[test]
fn a_key_is_for_the_tenants_that_its_issuer_names() {
    let any = world(Issuer::entra().any_tenant().audience("api"), TEMPLATE);
    for (tid, iss) in [(A, v2(A)), (A, v1(A)), (B, v1(B)), (PERSONAL, v2(PERSONAL))] {
        // A key that is listed for v2 signs v1 tokens too; one without an issuer signs for all.
        assert_eq!(kind(&any, "all", &iss, tid), Ok(()), "{iss}");
        assert_eq!(kind(&any, "plain", &iss, tid), Ok(()), "{iss}");
        // That of personal accounts is for them alone, and that of another cloud for nobody here.
        let personal = if tid == PERSONAL { Ok(()) } else { Err(ErrorKind::NoUsableKey) };
        assert_eq!(kind(&any, "personal", &iss, tid), personal, "{iss}");
        assert_eq!(kind(&any, "other", &iss, tid), Err(ErrorKind::NoUsableKey), "{iss}");
    }
    // Who has the key of personal accounts can be nobody else by saying so.
    for (iss, tid) in [(v2(A), PERSONAL), (v1(A), PERSONAL), (v2(PERSONAL), A)] {
        let kind = kind(&any, "personal", &iss, tid);
        assert_eq!(kind, Err(ErrorKind::WrongIssuer), "{iss} {tid}");
    }
}

#[test]
fn a_document_of_a_template_is_for_this_template_alone() {
    let refused = |issuer: Issuer, named: &str| {
        let world = world(issuer, named);
        let status = world.verifier.status();
        assert!(!world.asked.contains(&KEYS.to_owned()), "{named}");
        status[1].last_error.as_ref().unwrap().clone()
    };
    for named in [v2(A), v2("{tenant}"), v1("{tenantid}"), TEMPLATE.replace("login.", "")] {
        let text = refused(entra(), &named);
        assert!(text.contains("is that of another issuer"), "{text}");
    }
    // Nor is it that of one tenant.
    let text = refused(Issuer::new(v2(A)).discovery_url(DOCUMENT).audience("api"), TEMPLATE);
    assert!(text.contains("is that of another issuer"), "{text}");
}

#[test]
fn a_tenant_can_be_an_issuer_of_its_own() {
    let mut world = world(entra(), TEMPLATE);
    let issuers = world.verifier.issuers();
    world.publish_text(
        "https://a.example.com/keys",
        json!({"keys": [key("own", None)]}).to_string(),
    );
    let own = Issuer::new(v2(A)).jwks_uri("https://a.example.com/keys").audience("api");
    issuers.add(own).unwrap();
    world.poll();
    assert_eq!(kind(&world, "own", &v2(A), A), Ok(()));
    assert_eq!(kind(&world, "all", &v2(A), A), Err(ErrorKind::UnknownKid));
    assert_eq!(kind(&world, "all", &v1(A), A), Ok(()));
    // Its name is that of this issuer, not of all tenants.
    assert!(issuers.remove(&v2(A)) && !issuers.remove(&v2(A)) && !issuers.remove(&v1(A)));
    assert_eq!(kind(&world, "all", &v2(A), A), Ok(()));
    assert!(issuers.contains(&v1(A)) && issuers.contains(&v2(PERSONAL)));
    assert!(!issuers.contains(&v1(B)) && !issuers.contains(TEMPLATE));
    let cache = world.verifier.cache(TEMPLATE).unwrap();
    assert_eq!(cache.label(), TEMPLATE);
    assert_eq!(world.verifier.cache(&v1(A)).unwrap().label(), TEMPLATE);
    assert!(issuers.add(entra()).is_err());
    assert!(issuers.remove("https://sts.windows.net/{tenantid}/"));
    assert_eq!(kind(&world, "all", &v2(A), A), Err(ErrorKind::WrongIssuer));
}

#[test]
fn templates_come_and_go_among_many_issuers() {
    let world = World::new(&["ordinary"]);
    let template = |n: usize| format!("https://{}.example.com/{{tenantid}}", "x".repeat(n));
    // Names of one length are found apart, and so are those of many lengths.
    let issuer = |n| {
        let issuer = Issuer::new(template(n)).also(format!("https://{n}.example.com/{{tenantid}}"));
        issuer.jwks_uri("https://k.example.com").tenants([A]).audience("api")
    };
    let all: Vec<_> = (1..=40).map(issuer).collect();
    let changed = world.verifier.issuers().apply(VerifierSettings::from(all)).unwrap();
    assert_eq!(changed.added.len(), 40);
    let has = |name: &str| world.verifier.issuers().contains(&name.replace("{tenantid}", A));
    for n in 1..=40 {
        assert!(has(&template(n)) && has(&format!("https://{n}.example.com/{{tenantid}}")), "{n}");
        assert!(!world.verifier.issuers().contains(&template(n).replace("{tenantid}", B)));
    }
    for n in 1..=40 {
        assert!(world.verifier.issuers().remove(&template(n)));
        assert!(!has(&template(n)));
        assert_eq!(has(&template(n % 40 + 1)), n < 40, "{n}");
    }
}
