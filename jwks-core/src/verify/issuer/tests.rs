//! What cannot work is refused, each in its own words: this is what a person reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::cache::Env;
use crate::verify::{Verifier, VerifierBuilder};

const ISS: &str = "https://id.example.com";

fn nothing() -> Issuer {
    Issuer::new(ISS)
}

fn placed() -> Issuer {
    nothing().jwks_uri("https://id.example.com/keys")
}

fn sound() -> Issuer {
    placed().audience("my-api")
}

fn build(issuers: impl IntoIterator<Item = Issuer>) -> Result<Verifier, IssuerError> {
    let builder = issuers.into_iter().fold(Verifier::builder(), VerifierBuilder::issuer);
    builder.assemble(Env::new(|| std::time::UNIX_EPOCH)).map(|(verifier, _drivers)| verifier)
}

#[test]
fn each_refusal_says_what_to_do() {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let source = || Source::jwks_uri("https://id.example.com/keys").unwrap();
    for (issuer, setting, text) in [
        (
            placed(),
            "audience",
            "audience is missing: it must be the value that tokens for this service have in `aud`; \
             or say any_audience to accept tokens that are meant for others",
        ),
        (
            placed().audience(" "),
            "audience",
            "audience is empty: it must be the value that tokens for this service have in `aud`",
        ),
        (
            sound().any_audience(),
            "audience",
            "audience and any_audience are both given: keep audience to accept only tokens that are \
             meant for this service, or any_audience to accept those for others too",
        ),
        (
            placed().any_audience().audience("my-api"),
            "audience",
            "audience and any_audience are both given: keep audience to accept only tokens that are \
             meant for this service, or any_audience to accept those for others too",
        ),
        (
            nothing().audience("my-api"),
            "jwks_uri",
            "jwks_uri is missing: it must be the URL of the issuer's key set; or use discover if \
             the issuer has OpenID Connect Discovery",
        ),
        (
            sound().discover(),
            "jwks_uri",
            "jwks_uri and discover are both given: keep jwks_uri to name the place of the keys, or \
             discover to ask the issuer for it",
        ),
        (
            sound().source(source()),
            "jwks_uri",
            "jwks_uri and source are both given: keep one, for the keys come from one place",
        ),
        (
            nothing().any_audience().source(source()).allow_loopback_http(),
            "allow_loopback_http",
            "allow_loopback_http has no effect beside source: say it where the source is made, \
             with Source::builder",
        ),
        (
            nothing().any_audience().jwks_uri("http://id.example.com/keys?key=hush"),
            "jwks_uri",
            "jwks_uri cannot be used: the url is not https: plain http is for a host that is allowed it by name, as \
             `keys.internal:8080` with `allow_http_host`",
        ),
        (
            nothing().any_audience().jwks_uri("http://localhost:8080/keys?key=hush"),
            "jwks_uri",
            "jwks_uri cannot be used: the url is plain http to this machine, which has to be \
             allowed; for tests, allow it with `allow_loopback_http`",
        ),
        (sound().leeway(minutes(11)), "leeway", "leeway is 11m, allowed is 0s to 10m"),
        (
            sound().algorithms([]),
            "algorithms",
            "algorithms is empty: no token could pass; name at least one, or leave it out to allow \
             all that are supported",
        ),
        (
            sound().algorithms([Algorithm::RS256]).algorithms([Algorithm::ES256]),
            "algorithms",
            "algorithms is given twice: keep one list",
        ),
        (sound().types(["at+jwt"]).types(["JWT"]), "types", "types is given twice: keep one list"),
        (
            sound().types(["at+jwt"]).also_type("logout+jwt"),
            "types",
            "types and also_type are both given: types names all that pass, so add it there",
        ),
        (
            sound().types::<&str>([]),
            "types",
            "types is empty: it must be a `typ` that tokens have, such as `at+jwt`",
        ),
        (
            sound().also_type(""),
            "also_type",
            "also_type is empty: it must be a `typ` that tokens have, such as `at+jwt`",
        ),
        (
            sound().required_claim(""),
            "required_claim",
            "required_claim is empty: it must be the name of a claim, such as `sub`",
        ),
        (
            sound().azp("app").azp(""),
            "azp",
            "azp is empty: it must be the client id that ID tokens have in `azp`",
        ),
        (
            sound().label(" "),
            "label",
            "label is empty: it must be a name for this issuer in logs and metrics, or left out",
        ),
    ] {
        let error = build([issuer]).unwrap_err();
        assert_eq!(error.to_string(), format!("issuer `{ISS}`: {text}"));
        assert_eq!((error.issuer(), error.setting()), (Some(ISS), setting));
        // What a `main` that returns it prints; and nothing is left to say below it.
        assert_eq!(format!("{error:?}"), error.to_string());
        assert!(std::error::Error::source(&error).is_none());
    }
}

#[test]
fn an_issuer_that_cannot_be_asked_is_refused() {
    for (iss, text) in [
        (
            "id.example.com",
            "discover cannot be used: the url is relative: it must begin with `https://` and a host; \
             if `iss` is right, name the place of its keys with jwks_uri",
        ),
        (
            "http://id.example.com",
            "discover cannot be used: the url is not https: plain http is for a host that is allowed it by name, as \
             `keys.internal:8080` with `allow_http_host`; if `iss` is right, name the place of its \
             keys with jwks_uri",
        ),
        (
            "http://localhost:9000",
            "discover cannot be used: the url is plain http to this machine, which has to be \
             allowed; for tests, allow it with `allow_loopback_http`",
        ),
    ] {
        let error = build([Issuer::new(iss).any_audience().discover()]).unwrap_err();
        assert_eq!(error.to_string(), format!("issuer `{iss}`: {text}"));
    }
}

#[test]
fn without_an_issuer_nothing_is_built() {
    for (issuers, text) in [
        (
            vec![],
            "issuer is missing: without an issuer no token could pass, so configure at least one, or \
             allow none with `may_be_empty`",
        ),
        (
            vec![Issuer::new(" ").any_audience().jwks_uri("https://id.example.com/keys")],
            "issuer ` `: issuer is empty: it must be the `iss` of the tokens, such as \
             `https://id.example.com`",
        ),
        (
            vec![Issuer::new("").any_audience().jwks_uri("https://id.example.com/keys")],
            "issuer is empty: it must be the `iss` of the tokens, such as `https://id.example.com`",
        ),
        (
            vec![sound(), sound()],
            "issuer `https://id.example.com`: issuer is configured twice: keep one, with all that \
             its tokens must be like",
        ),
    ] {
        assert_eq!(build(issuers).unwrap_err().to_string(), text);
    }
    let builder = Verifier::builder().issuer(sound()).max_token_len(0);
    let error = builder.assemble(Env::new(|| std::time::UNIX_EPOCH)).unwrap_err();
    assert_eq!(error.to_string(), "max_token_len is 0, allowed is at least 1: no token could pass");
    let builder = Verifier::builder().issuer(sound()).remember_signatures((1 << 24) + 1);
    let error = builder.assemble(Env::new(|| std::time::UNIX_EPOCH)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "remember_signatures is 16777217, allowed is 0 (none) to 16777216 (512 MiB)"
    );
}

#[test]
fn the_leeway_is_60_seconds_and_can_be_read() {
    let leeway = |issuer| build([issuer]).unwrap().expectations().next().unwrap().leeway();
    assert_eq!(leeway(sound()), Duration::from_secs(60));
    assert_eq!(leeway(sound().leeway(Duration::ZERO)), Duration::ZERO);
    assert_eq!(leeway(sound().leeway(Duration::from_secs(600))), Duration::from_secs(600));
}

#[test]
fn the_last_of_one_kind_counts() {
    let issuer = sound().jwks_uri("https://id.example.com/moved").leeway(Duration::ZERO);
    let verifier = build([issuer.leeway(Duration::from_secs(1))]).unwrap();
    assert_eq!(verifier.status()[0].source, "https://id.example.com/moved");
    assert_eq!(verifier.expectations().next().unwrap().leeway(), Duration::from_secs(1));
}

#[test]
fn neither_the_url_nor_its_query_is_shown() {
    let issuer = nothing().any_audience().jwks_uri("ftp://id.example.com/keys?key=hush");
    assert!(!format!("{issuer:?}").contains("hush"));
    let error = build([issuer]).unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[test]
fn a_template_wants_its_tenants_said() {
    let nothing = || Issuer::new("https://id.example.com/{tenantid}");
    let placed = || nothing().jwks_uri("https://id.example.com/keys").audience("my-api");
    let id = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    for (issuer, setting, text) in [
        (
            placed(),
            "tenants",
            "tenants is missing: the `iss` is a template, so it must be the ids of the tenants whose \
             tokens are accepted; or say any_tenant to accept those of everybody who has an account \
             there",
        ),
        (
            placed().tenants([""; 0]),
            "tenants",
            "tenants is missing: the `iss` is a template, so it must be the ids of the tenants whose \
             tokens are accepted; or say any_tenant to accept those of everybody who has an account \
             there",
        ),
        (
            placed().tenants([id]).any_tenant(),
            "tenants",
            "tenants and any_tenant are both given: keep one of them to say which tenants are accepted",
        ),
        (
            placed().any_tenant().tenants_where(|_| true),
            "any_tenant",
            "any_tenant and tenants_where are both given: keep one of them to say which tenants are \
             accepted",
        ),
        (
            placed().tenants([id, "contoso.onmicrosoft.com"]),
            "tenants",
            "tenants is `contoso.onmicrosoft.com`: it must be the id of a tenant, a GUID such as \
             `72f988bf-86f1-41af-91ab-2d7cd011db47`",
        ),
        (
            placed().any_tenant().also("https://id.example.com/7"),
            "also",
            "also is not of the kind of the first `iss`: either all of them have `{tenantid}` in them, \
             or none",
        ),
        (
            sound().also("https://id.example.com/{tenantid}"),
            "also",
            "also is not of the kind of the first `iss`: either all of them have `{tenantid}` in them, \
             or none",
        ),
        (
            sound().tenants([id]),
            "tenants",
            "tenants has no effect: the `iss` is no template, with `{tenantid}` in the place of the \
             tenant",
        ),
        (
            sound().any_tenant(),
            "any_tenant",
            "any_tenant has no effect: the `iss` is no template, with `{tenantid}` in the place of the \
             tenant",
        ),
        (
            nothing().any_tenant().audience("my-api").discover(),
            "discover",
            "discover cannot be used: the `iss` is a template, which cannot be asked; give the URL of \
             the discovery document with discovery_url",
        ),
    ] {
        let iss = issuer.iss().to_owned();
        let error = build([issuer]).unwrap_err();
        assert_eq!(error.setting(), setting, "{error}");
        assert_eq!(error.to_string(), format!("issuer `{iss}`: {text}"));
    }
    // People may write a tenant in upper case.
    build([placed().tenants([id, &id.to_uppercase()])]).unwrap();
}

#[test]
fn keys_are_called_as_they_are_given() {
    let pem = include_str!("../../keys/tests/pem/short.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap();
    let keys = |issuer: Issuer| {
        let verifier = build([issuer.audience("a")]).map_err(|error| error.to_string())?;
        let keys = verifier.status().remove(0).keys;
        Ok::<_, String>(keys.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let partner = || Issuer::new("https://partner.example.com");
    assert_eq!(keys(partner().key("one \"", pem).key("two", &der)).unwrap(), [r#"one \""#, "two"]);
    let error = keys(partner().key("one", pem).key("one", pem)).unwrap_err();
    assert!(error.contains("key cannot be used: the keys cannot be used: "), "{error}");
    let error = keys(partner().key("one", pem).keys(pem)).unwrap_err();
    assert!(error.contains("key and keys are both given"), "{error}");
    for private in
        [&b"\x30\x03\x02\x01\x00"[..], pem.replace("CERTIFICATE", "PRIVATE KEY").as_bytes()]
    {
        let error = keys(partner().key("one", private)).unwrap_err();
        assert!(error.contains("a private key (PRIVATE KEY)"), "{error}");
    }
    let error = keys(partner().key("one", "MIIB")).unwrap_err();
    assert!(error.contains("not a public key in DER"), "{error}");
}
